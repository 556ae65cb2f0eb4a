// Part 3: the folders.

import { App, expect, Mail, Pismo, test } from "../fixtures";

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

test("a folder is folded and says what is unread inside; other devices see it so, and a reload @both", async ({ visitor, mail, page }) => {
  await mail.createFolder("Work", "Work/2026", "Work/2026/May", "Workshop");
  await mail.append("Work/2026/May", { subject: "one" }, { subject: "two" });
  await visitor.signIn(mail);
  await visitor.mailboxList.show();
  const { mailboxList } = visitor;
  await expect(mailboxList.mailbox("Work/2026/May")).toContainText("2");
  await expect(mailboxList.foldOf("Workshop")).toHaveCount(0);
  await mailboxList.foldOf("Work").click();
  for (const path of ["Work/2026", "Work/2026/May"]) await expect(mailboxList.mailbox(path)).toHaveCount(0);
  await expect(mailboxList.foldOf("Work")).toHaveAttribute("aria-expanded", "false");
  await expect(mailboxList.mailbox("Work")).toContainText("2 unread messages");
  await mail.append("Work/2026", { subject: "three" });
  await expect(mailboxList.mailbox("Work")).toContainText("3 unread messages");

  const other = await page.context().newPage();
  await other.goto(`${visitor.url}/mail/Work%2F2026%2FMay`);
  await expect(other.getByTestId("mailbox-fold")).toHaveCount(2);
  // The open folder is shown, and the way to it.
  for (const path of ["Work/2026", "Work/2026/May"]) await expect(other.locator(`[data-testid="mailbox"][data-path="${path}"]`)).toBeAttached();
  await page.reload();
  await visitor.live();
  await mailboxList.show();
  await expect(mailboxList.mailbox("Work/2026")).toHaveCount(0);
  await mailboxList.mailbox("Work").focus();
  await page.keyboard.press("ArrowRight");
  await expect(mailboxList.mailbox("Work/2026/May")).toBeVisible();
  await page.keyboard.press("ArrowLeft");
  await expect(mailboxList.mailbox("Work/2026")).toHaveCount(0);
  // What is made inside is seen.
  await mailboxList.choose("Work", "create-inside");
  await mailboxList.fill("2027");
  await expect(mailboxList.mailbox("Work/2027")).toBeVisible();
});

test("a folded folder unfolds when something is held over it", async ({ visitor, mail, page }) => {
  await mail.createFolder("Work", "Work/2026");
  await mail.append("INBOX", { subject: "Dragged" });
  await visitor.signIn(mail);
  await visitor.mailboxList.foldOf("Work").click();
  await expect(visitor.mailboxList.mailbox("Work/2026")).toHaveCount(0);
  await visitor.messageList.row("Dragged").hover();
  await page.mouse.down();
  await visitor.mailboxList.mailbox("Work").hover();
  await visitor.mailboxList.mailbox("Work").hover({ position: { x: 60, y: 10 } });
  await expect(visitor.mailboxList.mailbox("Work/2026")).toBeVisible();
  await visitor.mailboxList.mailbox("Work/2026").hover();
  await page.mouse.up();
  await expect.poll(() => mail.subjects("Work/2026")).toContain("Dragged");
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

test("a folder is made, renamed, moved and deleted with what is in it @both", async ({ app, mail }) => {
  await app.mailboxList.show();
  await app.page.getByTestId("mailbox-create").click();
  await app.mailboxList.fill("Проекты");
  await expect(app.mailboxList.mailbox("Проекты")).toBeAttached();
  await app.mailboxList.choose("Проекты", "create-inside");
  await app.mailboxList.fill("2026");
  await expect(app.mailboxList.mailbox("Проекты/2026")).toBeAttached();
  await mail.append("Проекты/2026", { subject: "The plan" });
  await app.mailboxList.open("Проекты/2026");
  await expect(app.messageList.row("The plan")).toBeVisible();

  await app.mailboxList.choose("Проекты", "rename");
  await expect(app.page.getByTestId("folder-name")).toHaveValue("Проекты");
  await app.mailboxList.fill("Дела", "Archive");
  await expect(app.mailboxList.mailbox("Archive/Дела/2026")).toHaveAttribute("aria-current", "page");
  await expect(app.page).toHaveURL(/Archive%2F%D0%94%D0%B5%D0%BB%D0%B0%2F2026$/);
  await expect(app.messageList.row("The plan")).toBeVisible();
  await expect(app.mailboxList.mailbox("Проекты")).toHaveCount(0);

  await app.mailboxList.choose("Archive/Дела", "delete");
  const question = app.page.getByRole("alertdialog");
  await expect(question).toContainText("1 message goes with it. So does 1 folder inside.");
  await question.getByTestId("dialog-yes").click();
  await expect(app.mailboxList.mailbox("Archive/Дела")).toHaveCount(0);
  await expect(app.mailboxList.mailbox("INBOX")).toHaveAttribute("aria-current", "page");
  await expect(app.messageList.list).toHaveAttribute("data-loaded", "true");
});

test("a name that is taken or impossible is told, and what was typed stays", async ({ app, mail }) => {
  await mail.createFolder("Plans");
  await expect(app.mailboxList.mailbox("Plans")).toBeAttached();
  await app.page.getByTestId("mailbox-create").click();
  await app.mailboxList.fill("Plans");
  await expect(app.page.getByRole("alert")).toContainText("There is a folder of this name already");
  await app.mailboxList.fill("a/b");
  await expect(app.page.getByRole("alert")).toContainText("A folder cannot be called this");
  await expect(app.page.getByTestId("folder-name")).toHaveValue("a/b");
  await app.mailboxList.fill("Plans", "Archive");
  await expect(app.page.getByRole("dialog")).toBeHidden();
  await expect(app.mailboxList.mailbox("Archive/Plans")).toBeAttached();
});

test("a folder is marked read as a whole, and Junk is emptied after a question", async ({ app, mail }) => {
  await mail.fill("Junk", 12);
  // Every fourth of them is unread.
  await app.mailboxList.expectUnseen("Junk", 3);
  await app.mailboxList.choose("Junk", "read");
  await app.mailboxList.expectUnseen("Junk", 0);
  await app.toasts.undo();
  await app.mailboxList.expectUnseen("Junk", 3);
  await app.mailboxList.open("Junk");
  await app.mailboxList.choose("Junk", "empty");
  const question = app.page.getByRole("alertdialog");
  await expect(question).toContainText("12 messages");
  await question.getByTestId("dialog-yes").click();
  await app.messageList.expectTotal(0);
  expect(await mail.subjects("Junk")).toEqual([]);
});

test("the menu of a folder is worked by keys, and special folders stay what they are", async ({ app }) => {
  const { page } = app;
  await app.mailboxList.mailbox("Sent").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "New folder inside" })).toBeFocused();
  await expect(page.getByTestId("mailbox-delete")).toHaveCount(0);
  await expect(page.getByTestId("mailbox-rename")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menu")).toHaveCount(0);
  await app.mailboxList.mailbox("Archive").click({ button: "right" });
  await expect(page.getByRole("menu")).toBeVisible();
});

test("a gauge tells how full the mailbox is, and warns when it is nearly full @both", async ({ browser, isMobile, viewport }) => {
  const pismo = await Pismo.start({ mailArguments: ["--quota", "1M"] });
  for (const { lines, words, percent } of [
    { lines: 16_000, words: /^5\d\d kB of 1 MB$/, percent: /^5\d$/ },
    { lines: 30_000, words: /nearly full.*9\d\d kB of 1 MB$/, percent: /^9\d$/ },
  ]) {
    const mail = await Mail.create(pismo);
    await mail.append("INBOX", { subject: "Large", text: "A line of thirty-two letters, .\n".repeat(lines) });
    const page = await browser.newPage({ locale: "en-GB", isMobile, viewport });
    const app = new App(page, pismo.url);
    await app.signIn(mail);
    await app.mailboxList.show();
    await expect(page.getByTestId("quota")).toHaveText(words);
    await expect(page.getByTestId("quota")).toHaveAttribute("data-percent", percent);
    await page.close();
    await mail.close();
  }
  await pismo.stop();
});

test("where the server sets no limit there is no gauge", async ({ app }) => {
  await app.mailboxList.show();
  // Whatever follows the first list has been done when the next one is here.
  await app.mailboxList.open("Archive");
  await expect(app.page.getByTestId("quota")).toHaveCount(0);
});
