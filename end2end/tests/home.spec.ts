// Part 10: any device, any hand, any language.

import fs from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import { App, expect, test } from "../fixtures";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds against WCAG 2.2 A and AA. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (context: Document, options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const result = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], iframes: false });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  });
}

test.describe("for everybody", () => {
  test.use({ bypassCSP: true });
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe-core finds nothing on any screen, ${colorScheme} @both`, async ({ visitor, mail, problems }) => {
      test.slow();
      problems.expect(/401/);
      const { page } = visitor;
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await mail.createFolder("Проекты", "Проекты/2026");
      await mail.append("INBOX", { subject: "Plain", text: "Hello\n\n> quoted\n> lines\n" }, { subject: "Marked", flags: ["\\Seen", "\\Flagged", "\\Answered", "$label1", "urgent"], html: "<p>Hi</p>", attachments: [{ name: "a.txt", type: "text/plain", bytes: Buffer.from("a") }] });
      const screen = (name: string) => test.step(name, async () => expect(await violations(page), name).toEqual([]));
      await visitor.login.open();
      await screen("login");
      await visitor.login.signIn(mail.address, "wrong");
      await expect(page.getByTestId("login-error")).toBeVisible();
      await screen("login refused");
      await visitor.login.open();
      await visitor.signIn(mail);
      await screen("inbox");
      await visitor.mailboxList.show();
      await screen("folders");
      await visitor.mailboxList.openMenu("Проекты");
      await screen("menu of a folder");
      await page.getByTestId("mailbox-rename").click();
      await visitor.mailboxList.fill("a/b");
      await expect(page.getByRole("alert")).toBeVisible();
      await screen("name of a folder");
      await visitor.press("Escape");
      await visitor.mailboxList.choose("Проекты", "delete");
      await expect(page.getByRole("alertdialog")).toBeVisible();
      await screen("question about a folder");
      await visitor.press("Escape");
      await visitor.mailboxList.open("Junk");
      await screen("empty folder");
      await visitor.mailboxList.open("INBOX");
      await visitor.messageList.open("Marked");
      await visitor.message.rendered();
      await screen("message");
      await page.goto(`${visitor.url}/mail/INBOX`);
      await visitor.live();
      await visitor.messageList.select("Plain");
      await screen("selection");
      await visitor.message.act("label");
      await expect(visitor.message.newLabel).toBeVisible();
      await visitor.message.newLabel.fill("$");
      await visitor.message.newLabel.press("Enter");
      await expect(page.getByRole("alert")).toBeVisible();
      await screen("labels");
      await visitor.press("Escape");
      await visitor.messageList.select("Plain");
      await visitor.press("?");
      await expect(page.getByRole("dialog")).toBeVisible();
      await screen("shortcuts");
      await visitor.press("Escape");
      await page.getByTestId("settings-open").filter({ visible: true }).first().click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await screen("settings");
      await page.getByTestId("server-page").click();
      await expect(page.getByTestId("feature").first()).toBeVisible();
      await screen("what the server can do");
      await page.goto(`${visitor.url}/mail/INBOX`);
      await visitor.live();
      await visitor.search.find("nothing-like-that");
      await screen("no results");
      // A phone has no room for the button beside what is searched.
      await page.goto(`${visitor.url}/mail/INBOX`);
      await visitor.live();
      await visitor.composer.open();
      await visitor.composer.fill({ to: "friend@pismo.test", subject: "S", body: "B" });
      await screen("composer");
    });
  }
});

test.describe("with the keyboard alone", () => {
  test("a person reads, stars, archives, undoes and searches", async ({ visitor, mail }) => {
    await mail.append("INBOX", { subject: "third" }, { subject: "second" }, { subject: "first" });
    await visitor.signIn(mail);
    await visitor.press("j", "j", "Enter");
    await expect(visitor.message.subject).toHaveText("second");
    await visitor.press("s");
    await expect.poll(() => mail.flags("second")).toContain("\\Flagged");
    await visitor.press("e");
    await expect.poll(() => mail.subjects("Archive")).toEqual(["second"]);
    await expect(visitor.toasts.info.filter({ hasText: "Archive" })).toBeVisible();
    await visitor.press("z");
    await expect.poll(() => mail.subjects("INBOX")).toHaveLength(3);
    await visitor.press("/");
    await expect(visitor.search.input).toBeFocused();
    await visitor.page.keyboard.type("first");
    await visitor.press("Enter");
    await visitor.messageList.expectTotal(1);
  });

  test("a person goes to another folder, writes and sends", async ({ app, mail }) => {
    const friend = await mail.another("friend");
    await app.press("g", "t");
    await expect(app.page).toHaveURL(/\/mail\/Sent$/);
    await app.press("c");
    await expect(app.composer.to).toBeFocused();
    await app.page.keyboard.type(`${friend.address},`);
    await app.composer.subject.focus();
    await app.page.keyboard.type("By keys");
    await app.press("Tab");
    await app.page.keyboard.type("No mouse was moved.");
    await app.press("Control+Enter");
    await expect.poll(() => friend.subjects()).toEqual(["By keys"]);
    await friend.close();
  });

  test("? lists the shortcuts", async ({ app }) => {
    await app.press("?");
    await expect(app.page.getByRole("dialog")).toContainText("Keyboard shortcuts");
    await app.press("Escape");
    await expect(app.page.getByRole("dialog")).toBeHidden();
  });

  test("signing in needs no mouse", async ({ visitor, mail }) => {
    await visitor.login.open();
    await visitor.login.address.focus();
    await visitor.page.keyboard.type(mail.address);
    await visitor.press("Tab");
    await visitor.page.keyboard.type(mail.password);
    await visitor.press("Enter");
    await visitor.live();
  });
});

test.describe("in Russian", () => {
  test.use({ locale: "ru-RU" });
  test("a browser that asks for Russian gets it from the first byte @both", async ({ visitor, mail }) => {
    await visitor.login.open();
    await expect(visitor.page.locator("html")).toHaveAttribute("lang", "ru");
    await expect(visitor.login.submit).toHaveText(/Войти/);
    await visitor.login.signIn(mail.address, mail.password);
    await visitor.live();
    await expect(visitor.mailboxList.mailbox("INBOX")).toContainText("Входящие");
    await visitor.reload();
    await expect(visitor.mailboxList.mailbox("INBOX")).toContainText("Входящие");
  });
});

test("a person chooses the language, and it stays chosen", async ({ app }) => {
  await app.page.getByRole("button", { name: "Settings" }).click();
  await app.page.getByText("Русский").click();
  await expect(app.mailboxList.mailbox("INBOX")).toContainText("Входящие");
  await app.reload();
  await expect(app.page.locator("html")).toHaveAttribute("lang", "ru");
  await expect(app.mailboxList.mailbox("INBOX")).toContainText("Входящие");
});

test("a person chooses dark, and it stays dark", async ({ app }) => {
  const background = () => app.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await app.page.getByRole("button", { name: "Settings" }).click();
  await app.page.getByText("Dark", { exact: true }).click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await app.reload();
  expect(await background()).toBe(dark);
});

test("nothing is wider than the screen @phone", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: `A very ${"long ".repeat(40)}subject`, text: "wide ".repeat(300), from: { name: "Someone with quite a long name indeed", address: "long@example.org" } }, { subject: "Wide HTML", html: `<table width="1200"><tr><td>${"x".repeat(500)}</td></tr></table>` });
  await visitor.signIn(mail);
  const overflow = () => visitor.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await overflow()).toBeLessThanOrEqual(0);
  await visitor.messageList.open("Wide HTML");
  await visitor.message.rendered();
  expect(await overflow()).toBeLessThanOrEqual(0);
});

test("two windows of two people do not mix", async ({ browser, pismo, mail }) => {
  const friend = await mail.another("friend");
  await mail.append("INBOX", { subject: "Mine" });
  await friend.append("INBOX", { subject: "Theirs" });
  const apps = await Promise.all([mail, friend].map(async (owner) => {
    const app = new App(await (await browser.newContext({ locale: "en-GB" })).newPage(), pismo.url);
    await app.signIn(owner);
    return app;
  }));
  await expect(apps[0]!.messageList.row("Mine")).toBeVisible();
  await expect(apps[1]!.messageList.row("Theirs")).toBeVisible();
  await expect(apps[1]!.messageList.row("Mine")).toHaveCount(0);
  await Promise.all(apps.map((app) => app.page.context().close()));
  await friend.close();
});
