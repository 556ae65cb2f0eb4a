// Part 7: acting on messages.

import { App, expect, Mail, Pismo, test } from "../fixtures";

test("a star is shown at once and set on the server @both", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Bright" });
  await visitor.signIn(mail);
  await visitor.messageList.row("Bright").getByTestId("row-flag").click();
  await visitor.messageList.expectFlagged("Bright", true);
  await expect.poll(() => mail.flags("Bright")).toContain("\\Flagged");
  await visitor.messageList.row("Bright").getByTestId("row-flag").click();
  await visitor.messageList.expectFlagged("Bright", false);
  await expect.poll(() => mail.flags("Bright")).not.toContain("\\Flagged");
});

for (const { name, folder } of [{ name: "archive", folder: "Archive" }, { name: "delete", folder: "Trash" }, { name: "junk", folder: "Junk" }]) {
  test(`${name} moves the open message to ${folder}, and undo brings it back @both`, async ({ visitor, mail }) => {
    await mail.append("INBOX", { subject: "Here I am" }, { subject: "Other" });
    await visitor.signIn(mail);
    await visitor.messageList.open("Here I am");
    await visitor.message.act(name);
    await expect.poll(() => mail.subjects(folder)).toEqual(["Here I am"]);
    expect(await mail.subjects("INBOX")).toEqual(["Other"]);
    await visitor.toasts.undo();
    await expect.poll(() => mail.subjects("INBOX")).toHaveLength(2);
    expect(await mail.subjects(folder)).toEqual([]);
    if (name === "junk") expect(await mail.flags("Here I am")).not.toContain("$Junk");
  });
}

test("several messages, chosen by click and shift-click, are archived together", async ({ visitor, mail }) => {
  await mail.append("INBOX", ...["five", "four", "three", "two", "one"].map((subject) => ({ subject })));
  await visitor.signIn(mail);
  await visitor.messageList.select("two");
  await visitor.messageList.row("four").getByTestId("row-select").click({ modifiers: ["Shift"] });
  for (const subject of ["two", "three", "four"]) await expect(visitor.messageList.row(subject)).toHaveAttribute("aria-selected", "true");
  await visitor.message.act("archive");
  await expect.poll(() => mail.subjects("Archive")).toHaveLength(3);
  expect(await mail.subjects("INBOX")).toEqual(["five", "one"]);
  await visitor.messageList.expectTotal(2);
  await visitor.toasts.undo();
  await visitor.messageList.expectTotal(5);
});

test("select all takes the whole folder, not only what is loaded", async ({ visitor, mail }) => {
  await mail.fill("Many", 700);
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Many");
  await visitor.page.getByRole("checkbox", { name: "Select all" }).click();
  await visitor.message.act("archive");
  await visitor.messageList.expectTotal(0);
  await expect.poll(async () => (await mail.list("Archive")).length).toBe(700);
});

test("unread and read again", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Back to unread" });
  await visitor.signIn(mail);
  await visitor.messageList.open("Back to unread");
  await visitor.messageList.expectSeen("Back to unread", true);
  await visitor.message.act("unread");
  await visitor.messageList.expectSeen("Back to unread", false);
  await expect.poll(() => mail.flags("Back to unread")).not.toContain("\\Seen");
});

test("moving by the menu @both", async ({ visitor, mail }) => {
  await mail.createFolder("Проекты", "Проекты/2026");
  await mail.append("INBOX", { subject: "To be filed" });
  await visitor.signIn(mail);
  await visitor.messageList.open("To be filed");
  await visitor.message.moveTo("2026");
  await expect.poll(() => mail.subjects("Проекты/2026")).toEqual(["To be filed"]);
});

test("among many folders the one to move to is found by its name @both", async ({ visitor, mail, page }) => {
  const years = Array.from({ length: 12 }, (_, at) => `Проекты/${2010 + at}`);
  await mail.createFolder("Проекты", ...years, "Работа", "Работа/2015");
  await mail.append("INBOX", { subject: "To be filed" });
  await visitor.signIn(mail);
  await visitor.messageList.open("To be filed");
  await visitor.message.act("move");
  const menu = page.getByRole("dialog");
  // From the end of the list, too, what is found stands at the top.
  await menu.getByTestId("move-find").press("ArrowUp");
  await expect(menu.getByRole("button").last()).toBeFocused();
  await menu.getByTestId("move-find").fill("20");
  await expect(menu.getByRole("button").first()).toBeInViewport();
  await menu.getByTestId("move-find").fill("2015 проек");
  await expect(menu.getByRole("button")).toHaveText([/2015.*Проекты/]);
  await menu.getByTestId("move-find").fill("nowhere");
  await expect(menu).toContainText("No such folder");
  await menu.getByTestId("move-find").fill("2015");
  await expect(menu.getByRole("button")).toHaveCount(2);
  await menu.getByTestId("move-find").press("Enter");
  await expect.poll(() => mail.subjects("Проекты/2015")).toEqual(["To be filed"]);
});

test("moving by drag", async ({ visitor, mail }) => {
  await mail.createFolder("Работа");
  await mail.append("INBOX", { subject: "Dragged" }, { subject: "Not dragged" });
  await visitor.signIn(mail);
  await visitor.messageList.row("Dragged").dragTo(visitor.mailboxList.mailbox("Работа"));
  await expect.poll(() => mail.subjects("Работа")).toEqual(["Dragged"]);
  await expect(visitor.messageList.row("Dragged")).toHaveCount(0);
});

test("in Trash, deleting asks and then erases", async ({ visitor, mail }) => {
  await mail.append("Trash", { subject: "Away with it", flags: ["\\Seen"] }, { subject: "Kept", flags: ["\\Seen"] });
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Trash");
  await visitor.messageList.open("Away with it");
  await visitor.message.act("delete");
  const question = visitor.page.getByRole("alertdialog");
  await question.getByRole("button", { name: "Cancel" }).click();
  expect(await mail.subjects("Trash")).toEqual(["Away with it", "Kept"]);
  await visitor.message.act("delete");
  await question.getByRole("button", { name: "Delete forever" }).click();
  await expect.poll(() => mail.subjects("Trash")).toEqual(["Kept"]);
});

test("with no Trash, deleting asks first", async ({ browser }) => {
  const pismo = await Pismo.start({ mailArguments: ["--no-special"] });
  const mail = await Mail.create(pismo);
  await mail.append("INBOX", { subject: "Nowhere to go" });
  const page = await browser.newPage({ locale: "en-GB" });
  const app = new App(page, pismo.url);
  await app.signIn(mail);
  await app.messageList.open("Nowhere to go");
  await app.message.act("delete");
  await expect(page.getByRole("alertdialog")).toContainText("cannot be undone");
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  expect(await mail.subjects("INBOX")).toEqual(["Nowhere to go"]);
  await app.messageList.open("Nowhere to go");
  await app.message.act("delete");
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete forever" }).click();
  await expect.poll(() => mail.subjects("INBOX")).toEqual([]);
  await page.close();
  await mail.close();
  await pismo.stop();
});

test("not junk brings a message back to the inbox", async ({ visitor, mail }) => {
  await mail.append("Junk", { subject: "Innocent", flags: ["$Junk"] });
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Junk");
  await visitor.messageList.open("Innocent");
  await visitor.message.act("junk");
  await expect.poll(() => mail.flags("Innocent")).toContain("$NotJunk");
});
