// Part 9: searching, on the server.

import { expect, test } from "../fixtures";
import { pdf } from "../mailserver/message.mjs";

test.beforeEach(async ({ mail }) => {
  await mail.append(
    "INBOX",
    { subject: "Lighthouse keeper", from: { name: "Clara", address: "clara@example.org" }, text: "The lamp needs oil", flags: ["\\Seen"], date: new Date("2026-02-03T10:00:00Z") },
    { subject: "Oil prices", from: "market@example.org", text: "Up again", flags: ["\\Flagged"], date: new Date("2026-05-03T10:00:00Z") },
    { subject: "Билеты на паром", from: "ferry@example.org", text: "Отправление в восемь", date: new Date("2026-06-03T10:00:00Z"), attachments: [{ name: "t.pdf", type: "application/pdf", bytes: pdf(["t"]) }] },
  );
  await mail.append("Archive", { subject: "Oil painting", text: "A harbour", flags: ["\\Seen"] });
});

const cases = [
  { search: "oil", finds: ["Lighthouse keeper", "Oil prices"] },
  { search: "subject:oil", finds: ["Oil prices"] },
  { search: "body:oil", finds: ["Lighthouse keeper"] },
  { search: "from:clara", finds: ["Lighthouse keeper"] },
  { search: "паром", finds: ["Билеты на паром"] },
  { search: "is:unread", finds: ["Oil prices", "Билеты на паром"] },
  { search: "is:starred", finds: ["Oil prices"] },
  { search: "has:attachment", finds: ["Билеты на паром"] },
  { search: "since:2026-05-01 before:2026-06-01", finds: ["Oil prices"] },
  { search: "nothing-like-that", finds: [] },
];

test("words, parts of a message, dates, marks: each finds what it should @both", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  for (const { search, finds } of cases) {
    await test.step(search, async () => {
      await visitor.search.find(search);
      await visitor.messageList.expectTotal(finds.length);
      expect((await visitor.messageList.subjects()).sort()).toEqual([...finds].sort());
    });
  }
  await visitor.search.clear.click();
  await visitor.messageList.expectTotal(3);
});

test("all folders are searched when asked", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.search.find("oil");
  await visitor.search.scope("everywhere");
  await visitor.messageList.expectTotal(3);
  await expect(visitor.messageList.row("Oil painting")).toBeVisible();
  await visitor.messageList.open("Oil painting");
  await expect(visitor.message.body).toContainText("A harbour");
});

test("a search has an address and survives a reload", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.search.find("subject:oil");
  await visitor.reload();
  await expect(visitor.search.input).toHaveValue("subject:oil");
  await visitor.messageList.expectTotal(1);
});

// An open search is a snapshot: what fits and comes later is not added yet.
test("new mail that fits appears in the open results", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.search.find("subject:oil");
  await visitor.messageList.expectTotal(1);
  await mail.deliver({ subject: "More oil" });
  await visitor.messageList.expectTotal(2);
});

test("a search is kept under a name, found again elsewhere, renamed and removed @both", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  const { search, mailboxList, page } = visitor;
  await search.find("subject:oil");
  await search.keep("Oil news");
  await mailboxList.open("Archive");
  await visitor.messageList.expectTotal(1);
  await visitor.reload();
  await mailboxList.show();
  await search.saved("Oil news").click();
  await expect(search.input).toHaveValue("subject:oil");
  await expect(page).toHaveURL(/INBOX/);
  await visitor.messageList.expectTotal(1);

  await search.keep("News of oil");
  await mailboxList.show();
  await expect(search.saved("Oil news")).toHaveCount(0);
  await expect(search.saved("News of oil")).toHaveAttribute("aria-current", "page");
  await search.saved("News of oil").click();
  await search.forget();
  await expect(search.saved("News of oil")).toHaveCount(0);
  await visitor.messageList.expectTotal(1);
});
