// Passkeys as the second step, with the virtual authenticator of Chromium (WebAuthn §11).

import type { CDPSession, Page } from "@playwright/test";
import { App, expect, type Mail, PASSWORD, type Pismo, test } from "../fixtures";

/** By its name: passkeys know no numbers. */
function named(page: Page, pismo: Pismo): App {
  return new App(page, pismo.url.replace("127.0.0.1", "localhost"));
}

/** Puts an authenticator into the browser, such as a phone or a computer has. */
async function authenticator(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return session;
}

/** Adds a passkey; gives back the first recovery code. */
async function add(app: App, page: Page, name: string): Promise<string> {
  await page.goto(`${app.url}/logins`);
  await page.getByTestId("passkey-add").click();
  await page.getByTestId("passkey-name").fill(name);
  await page.getByTestId("passkey-create").click();
  await expect(page.getByTestId("recovery-code")).toHaveCount(10);
  const code = (await page.getByTestId("recovery-code").first().textContent()) ?? "";
  await page.getByTestId("step-kept").click();
  await expect(page.getByTestId("step")).toHaveAttribute("data-on", "true");
  return code;
}

async function enterPassword(app: App, page: Page, mail: Mail): Promise<void> {
  await page.goto(`${app.url}/logins`);
  await page.getByTestId("logins-end-all").click();
  await app.login.signIn(mail.address, PASSWORD);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Use your passkey");
}

test("a passkey is added, asked for after the password, and removed @both", async ({ page, pismo, mail }) => {
  const app = named(page, pismo);
  await authenticator(page);
  await app.signIn(mail);
  await add(app, page, "My phone");
  await expect(page.getByTestId("passkey")).toContainText("My phone");
  await expect(page.getByTestId("passkey")).toContainText("Not used yet");

  await enterPassword(app, page, mail);
  // The way in that is offered first is under the finger.
  await expect(page.getByTestId("step-passkey")).toBeFocused();
  await page.getByTestId("step-passkey").click();
  await app.live();

  await page.goto(`${app.url}/logins`);
  await expect(page.getByTestId("passkey-used")).toBeVisible();
  await page.getByTestId("passkey-remove").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Remove passkey “My phone”");
  await page.getByTestId("step-passkey").click();
  await expect(page.getByTestId("step")).toHaveAttribute("data-on", "false");
  await expect(page.getByTestId("passkey")).toHaveCount(0);
});

test("a passkey that is not at hand is replaced by a recovery code @both", async ({ page, pismo, mail, problems }) => {
  problems.expect(/status of 4\d\d/);
  const app = named(page, pismo);
  const session = await authenticator(page);
  await app.signIn(mail);
  const code = await add(app, page, "My phone");
  // The same authenticator makes no second one.
  await page.getByTestId("passkey-add").click();
  await page.getByTestId("step-passkey").click();
  await page.getByTestId("passkey-create").click();
  await expect(page.getByTestId("passkey-known")).toBeVisible();

  await enterPassword(app, page, mail);
  await session.send("WebAuthn.disable");
  // What would send nothing, and count as a wrong code, is not to be pressed.
  await expect(page.getByTestId("step-submit")).toBeHidden();
  await page.getByTestId("step-lost").click();
  await page.getByTestId("step-recovery").fill("0000-0000-0000-0000");
  await page.getByTestId("step-submit").click();
  await expect(page.getByTestId("step-error")).toBeVisible();
  await page.getByTestId("step-lost").click();
  await page.getByTestId("step-recovery").fill(code);
  await page.getByTestId("step-submit").click();
  await app.live();
});

test("where passkeys cannot be, the page says why", async ({ app, page }) => {
  await page.goto(`${app.url}/logins/passkeys/add`);
  await expect(page.getByTestId("passkey-number")).toContainText("Open Pismo by its name");
  await expect(page.getByTestId("passkey-create")).toBeHidden();
});

test("a browser without passkeys is told so", async ({ page, pismo, mail }) => {
  await page.addInitScript(() => Object.defineProperty(window, "PublicKeyCredential", { value: undefined }));
  const app = named(page, pismo);
  await app.signIn(mail);
  await page.goto(`${app.url}/logins/passkeys/add`);
  await expect(page.getByTestId("passkey-insecure")).toBeVisible();
  await expect(page.getByTestId("passkey-create")).toBeHidden();
});
