// Where a person is signed in: seen, ended from elsewhere, and guarded by a second step.

import { createHmac } from "node:crypto";
import type { Page } from "@playwright/test";
import { App, expect, PASSWORD, test } from "../fixtures";

/** Goes to the page by the settings, as people do. */
async function openLogins(app: App, page: Page): Promise<void> {
  if (app.isPhone) await page.goto(`${app.url}/logins`);
  else {
    await page.getByTestId("settings-open").click();
    await page.getByTestId("logins-open").click();
  }
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Where you are signed in");
}

/** What an authenticator shows (RFC 6238), so many half minutes from now. */
function code(secret: string, steps = 0): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const digest = createHmac("sha1", key).update(counter).digest();
  const at = digest[19]! & 15;
  return ((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).toString().padStart(6, "0");
}

test("another browser is seen and signed out, and its tab says so at once @both", async ({ app, mail, page, browser }) => {
  const context = await browser.newContext({ ...test.info().project.use });
  const other = new App(await context.newPage(), app.url);
  await other.signIn(mail);
  await openLogins(app, page);
  await expect(page.getByTestId("login")).toHaveCount(2);
  await expect(page.locator('[data-testid="login"][data-here="true"]')).toContainText("This browser");
  await expect(page.getByTestId("sign-in")).toHaveCount(2);
  await page.getByTestId("login-end").click();
  await expect(page.getByTestId("login")).toHaveCount(1);
  await expect(other.login.address).toBeVisible();
  await context.close();
});

test("signing out everywhere leads to the form, here and elsewhere", async ({ app, mail, page, browser }) => {
  const context = await browser.newContext({ ...test.info().project.use });
  const other = new App(await context.newPage(), app.url);
  await other.signIn(mail);
  await openLogins(app, page);
  await page.getByTestId("logins-end-all").click();
  await expect(app.login.address).toBeVisible();
  await expect(other.login.address).toBeVisible();
  await context.close();
});

test("what a login that was ended elsewhere has read is not there for who comes next", async ({ app, mail, page, browser, problems }) => {
  problems.expect(/status of 4\d\d/);
  await mail.append("INBOX", { subject: "In confidence", html: "<p>Nobody else's</p>" });
  const context = await browser.newContext({ ...test.info().project.use });
  const shared = new App(await context.newPage(), app.url);
  await shared.signIn(mail);
  await shared.messageList.open("In confidence");
  await expect(shared.message.html.getByText("Nobody else's")).toBeVisible();
  const address = (await shared.message.body.getAttribute("src")) ?? "";
  const asked = async () => {
    const answer = shared.page.waitForResponse((response) => response.url().endsWith(address));
    await shared.page.evaluate((address) => {
      const frame = document.createElement("iframe");
      frame.src = address;
      document.body.append(frame);
    }, address);
    return (await answer).status();
  };
  expect(await asked()).toBe(200);
  await openLogins(app, page);
  await page.getByTestId("login-end").click();
  await expect(shared.login.address).toBeVisible();
  await shared.signIn(await mail.another("next"));
  expect(await asked()).toBe(404);
  await context.close();
});

test("who tried to sign in is told", async ({ visitor, mail, page, problems }) => {
  problems.expect(/status of 4\d\d/);
  // What is kept of failures is of people who have been here.
  await visitor.signIn(mail);
  await visitor.signOut();
  await visitor.login.open();
  await visitor.login.signIn(mail.address, "not the password");
  await expect(visitor.login.error).toBeVisible();
  await visitor.signIn(mail);
  await openLogins(visitor, page);
  await expect(page.locator('[data-testid="sign-in"][data-outcome="password"]')).toContainText("Wrong password");
});

test("a second step is turned on, asked for, and turned off with a recovery code @both", async ({ app, mail, page, problems }) => {
  problems.expect(/status of 4\d\d/);
  await openLogins(app, page);
  await page.getByTestId("step-set-up").click();
  await expect(page.getByTestId("step-picture")).toBeVisible();
  const secret = (await page.getByTestId("step-secret").textContent()) ?? "";
  await page.getByTestId("step-code").fill("12345");
  await page.getByTestId("step-confirm").click();
  await expect(page.getByTestId("step-error")).toContainText("This code is not right");
  await page.getByTestId("step-code").fill(code(secret));
  await page.getByTestId("step-confirm").click();
  await expect(page.getByTestId("recovery-code")).toHaveCount(10);
  const recovery = (await page.getByTestId("recovery-code").first().textContent()) ?? "";
  await page.getByTestId("step-kept").click();
  await expect(page.getByTestId("step")).toHaveAttribute("data-on", "true");

  await page.getByTestId("logins-end-all").click();
  await app.login.signIn(mail.address, PASSWORD);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Enter the code");
  await page.getByTestId("step-code").fill("000000");
  await page.getByTestId("step-submit").click();
  await expect(page.getByTestId("step-error")).toBeVisible();
  await page.getByTestId("step-code").fill(code(secret, 1));
  await page.getByTestId("step-submit").click();
  await app.live();

  await page.goto(`${app.url}/logins`);
  await page.getByTestId("step-turn-off").click();
  await page.getByTestId("step-lost").click();
  await page.getByTestId("step-recovery").fill(recovery);
  await page.getByTestId("step-turn-off-yes").click();
  await expect(page.getByTestId("step")).toHaveAttribute("data-on", "false");
});
