// What the mail server can do, told to whoever wants to know.

import { expect, Pismo, PASSWORD, App, test } from "../fixtures";

test("the page says what the mail server offers and what Pismo does about it @both", async ({ app }) => {
  const { page } = app;
  if (app.isPhone) await page.goto(`${app.url}/server`);
  else {
    await page.getByTestId("settings-open").filter({ visible: true }).first().click();
    await page.getByTestId("server-page").click();
  }
  await expect(page.getByRole("heading", { name: "What your mail server can do" })).toBeVisible();
  const feature = (name: string) => page.locator(`[data-testid="feature"][data-feature="${name}"]`);
  // Dovecot 2.3 has these, and has no SPECIAL-USE unless it is told.
  for (const name of ["NOTIFY", "IDLE", "CONDSTORE", "LIST-STATUS", "MOVE", "UIDPLUS", "PREVIEW", "ESEARCH", "LITERAL+"]) {
    await expect(feature(name)).toHaveAttribute("data-offered", "true");
  }
  await expect(feature("MOVE")).toContainText("Messages are moved in one step.");
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.getByRole("link", { name: "Back to the mail" }).click();
  await app.live();
});

test("a server that lacks something is told about too", async ({ page }) => {
  const pismo = await Pismo.start({ mailArguments: ["--set", "imap_capability=IMAP4rev1 SASL-IR IDLE UIDPLUS LITERAL+"] });
  const app = new App(page, pismo.url);
  await app.login.open();
  await app.login.signIn(`few-${Date.now()}@pismo.test`, PASSWORD);
  await app.live();
  await page.goto(`${pismo.url}/server`);
  const feature = (name: string) => page.locator(`[data-testid="feature"][data-feature="${name}"]`);
  await expect(feature("IDLE")).toHaveAttribute("data-offered", "true");
  await expect(feature("MOVE")).toHaveAttribute("data-offered", "false");
  await expect(feature("MOVE")).toContainText("Messages are copied, then erased where they were.");
  await pismo.stop();
});

test("a stranger is sent to the form, and comes back to the page", async ({ visitor, mail }) => {
  await visitor.page.goto(`${visitor.url}/server`);
  await expect(visitor.login.address).toBeVisible();
  await visitor.login.signIn(mail.address, PASSWORD);
  await expect(visitor.page).toHaveURL(/\/server$/);
});
