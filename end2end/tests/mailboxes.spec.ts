// Part 3: the folders.

import { expect, test } from "../fixtures";

test("special folders come first, nested ones stand under their parents, names are decoded @both", async ({ visitor, mail }) => {
  await mail.createFolder("Проекты", "Проекты/2026", "Работа & дом", "Lists", "Lists/rust");
  await visitor.signIn(mail);
  await visitor.mailboxList.show();
  const paths = await visitor.mailboxList.paths();
  expect(paths[0]).toBe("INBOX");
  const special = ["Drafts", "Sent", "Archive", "Junk", "Trash"].map((name) => paths.indexOf(name));
  const own = ["Lists", "Lists/rust", "Проекты", "Проекты/2026", "Работа & дом"].map((name) => paths.indexOf(name));
  expect(Math.min(...special)).toBeGreaterThan(0);
  expect(Math.min(...own)).toBeGreaterThan(Math.max(...special));
  expect(own).toEqual([...own].sort((a, b) => a - b));
  await expect(visitor.mailboxList.mailbox("Проекты/2026")).toContainText("2026");
  await expect(visitor.mailboxList.mailbox("Работа & дом")).toContainText("Работа & дом");
});

test("every folder shows how many messages are unread", async ({ visitor, mail }) => {
  await mail.createFolder("Работа");
  await mail.append("Работа", { subject: "one" }, { subject: "two" }, { subject: "three", flags: ["\\Seen"] });
  await mail.append("INBOX", { subject: "four" });
  await visitor.signIn(mail);
  await visitor.mailboxList.expectUnseen("Работа", 2);
  await expect(visitor.mailboxList.mailbox("Работа")).toHaveAttribute("data-total", "3");
  await visitor.mailboxList.expectUnseen("INBOX", 1);
});

test("folders made and renamed elsewhere appear by themselves", async ({ app, mail }) => {
  test.setTimeout(150_000);
  // Dovecot does not always tell of what happens to a folder just made; then the next look at all folders shows it.
  const soon = { timeout: 30_000 };
  await mail.createFolder("Made elsewhere");
  await expect(app.mailboxList.mailbox("Made elsewhere")).toBeAttached(soon);
  await mail.renameFolder("Made elsewhere", "Переименована");
  await expect(app.mailboxList.mailbox("Переименована")).toBeAttached(soon);
  await expect(app.mailboxList.mailbox("Made elsewhere")).toHaveCount(0, soon);
});

test("a folder removed elsewhere goes by itself", async ({ app, mail }) => {
  await mail.createFolder("Short-lived");
  await expect(app.mailboxList.mailbox("Short-lived")).toBeAttached();
  await mail.deleteFolder("Short-lived");
  await expect(app.mailboxList.mailbox("Short-lived")).toHaveCount(0);
});

// Made, renamed and then removed at once: every other time it stays on the screen for half a minute and more.
test.fixme("a folder that was just renamed goes by itself", async ({ app, mail }) => {
  await mail.createFolder("Made elsewhere");
  await expect(app.mailboxList.mailbox("Made elsewhere")).toBeAttached();
  await mail.renameFolder("Made elsewhere", "Переименована");
  await expect(app.mailboxList.mailbox("Переименована")).toBeAttached();
  await mail.deleteFolder("Переименована");
  await expect(app.mailboxList.mailbox("Переименована")).toHaveCount(0);
});

test("opening a folder changes the address, and Back returns @both", async ({ visitor, mail }) => {
  await mail.append("Sent", { subject: "I wrote this", flags: ["\\Seen"] });
  await mail.append("INBOX", { subject: "They wrote this" });
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Sent");
  await expect(visitor.page).toHaveURL(/\/mail\/Sent$/);
  await expect(visitor.messageList.row("I wrote this")).toBeVisible();
  await visitor.page.goBack();
  await expect(visitor.messageList.row("They wrote this")).toBeVisible();
});
