// Filters, orders and the way to a day; and searches that take their time.

import { expect, test } from "../fixtures";
import { pdf } from "../mailserver/message.mjs";

test.describe("a few messages", () => {
  test.beforeEach(async ({ mail }) => {
    await mail.append(
      "INBOX",
      { subject: "Zebra", from: { name: "Anna", address: "anna@example.org" }, flags: ["\\Seen"], date: new Date("2026-01-10T10:00:00Z") },
      { subject: "Re: Apple", from: { name: "Viktor", address: "viktor@example.org" }, flags: ["\\Flagged"], date: new Date("2026-02-10T10:00:00Z") },
      { subject: "Мел", from: { name: "Boris", address: "boris@example.org" }, flags: ["\\Seen"], date: new Date("2026-03-10T10:00:00Z"), attachments: [{ name: "t.pdf", type: "application/pdf", bytes: pdf(["t"]) }] },
    );
  });

  test("one press shows what is unread, starred, or with a file; another shows all again @both", async ({ visitor, mail }) => {
    await visitor.signIn(mail);
    for (const [filter, finds] of [
      ["filter-unread", "Re: Apple"],
      ["filter-starred", "Re: Apple"],
      ["filter-attachment", "Мел"],
    ] as const) {
      const button = visitor.page.getByTestId(filter);
      await expect(button).toHaveAttribute("aria-pressed", "false");
      await button.click();
      await expect(button).toHaveAttribute("aria-pressed", "true");
      await visitor.messageList.expectTotal(1);
      expect(await visitor.messageList.subjects()).toEqual([finds]);
      await button.click();
      await visitor.messageList.expectTotal(3);
    }
    // Two at once, beside words.
    await visitor.search.find("apple");
    await visitor.page.getByTestId("filter-unread").click();
    await expect(visitor.search.input).toHaveValue("apple is:unread");
    await visitor.page.getByTestId("filter-starred").click();
    await visitor.messageList.expectTotal(1);
    await visitor.page.getByTestId("filter-attachment").click();
    await visitor.messageList.expectTotal(0);
  });

  test("a folder is shown in another order, which has an address @both", async ({ visitor, mail }) => {
    await visitor.signIn(mail);
    const sort = visitor.page.getByTestId("sort");
    for (const [order, subjects] of [
      ["oldest", ["Zebra", "Re: Apple", "Мел"]],
      ["subject", ["Re: Apple", "Zebra", "Мел"]],
      ["sender", ["Zebra", "Мел", "Re: Apple"]],
      ["newest", ["Мел", "Re: Apple", "Zebra"]],
    ] as const) {
      await sort.click();
      await visitor.page.locator(`[data-sort="${order}"]`).click();
      await expect(visitor.messageList.at(0)).toContainText(subjects[0]);
      await visitor.messageList.expectTotal(3);
      expect(await visitor.messageList.subjects()).toEqual(subjects);
    }
    await sort.click();
    await expect(visitor.page.locator('[data-sort="newest"]')).toHaveAttribute("aria-checked", "true");
    await visitor.page.locator('[data-sort="sender"]').click();
    await expect(visitor.page).toHaveURL(/sort=sender/);
    await visitor.reload();
    await visitor.messageList.expectTotal(3);
    expect(await visitor.messageList.subjects()).toEqual(["Zebra", "Мел", "Re: Apple"]);
    // What comes goes where it belongs.
    await mail.append("INBOX", { subject: "Middle", from: { name: "Carla", address: "carla@example.org" } });
    await visitor.messageList.expectTotal(4);
    await expect(visitor.messageList.at(2)).toContainText("Middle");
  });
});

test("the mail of a day is one step away @both", async ({ visitor, mail }) => {
  const days = Array.from({ length: 90 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day, 10)));
  await mail.append("INBOX", ...days.map((date) => ({ subject: `mail of ${date.toISOString().slice(0, 10)}`, date, flags: ["\\Seen"] })));
  await visitor.signIn(mail);
  await visitor.page.getByTestId("sort").click();
  await visitor.page.getByTestId("go-to-day").click();
  await visitor.page.getByTestId("day").fill("2026-01-20");
  await visitor.page.getByTestId("day-go").click();
  const row = visitor.messageList.row("mail of 2026-01-20");
  await expect(row).toBeInViewport();
  await expect(visitor.page.getByRole("dialog")).toHaveCount(0);
});

test("a search that takes long says how far it is, and can be stopped @both", async ({ visitor, mail }) => {
  test.slow();
  await mail.fill("Many", 20_000);
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Many");
  await visitor.search.input.fill("body:nowhere-in-any-of-them");
  await visitor.search.input.press("Enter");
  const progress = visitor.page.getByTestId("search-progress");
  await visitor.page.getByTestId("search-stop").click();
  await expect(progress).toHaveAttribute("data-state", "ended");
  await expect(progress).toContainText(/Not everything was searched.*Searched .* of 20.000/);
  await visitor.search.clear.click();
  await expect(progress).toHaveCount(0);
  await visitor.messageList.expectTotal(20_000);
});
