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

test("folders made, renamed and removed elsewhere appear by themselves", async ({ app, mail }) => {
  await mail.createFolder("Made elsewhere");
  await expect(app.mailboxList.mailbox("Made elsewhere")).toBeAttached();
  await mail.renameFolder("Made elsewhere", "Переименована");
  await expect(app.mailboxList.mailbox("Переименована")).toBeAttached();
  await expect(app.mailboxList.mailbox("Made elsewhere")).toHaveCount(0);
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
