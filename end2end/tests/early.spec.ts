// What a person does in the page before the app has taken it over.

import { expect, test } from "../fixtures";
import type { App } from "../fixtures";

/** Opens the inbox of whoever is signed in, without the app; it comes when what is returned is called. */
async function withoutApp({ page, url }: App): Promise<() => void> {
  let come = () => {};
  const wanted = new Promise<void>((resolve) => { come = resolve; });
  await page.route(/\.wasm/, async (route) => {
    await wanted;
    await route.continue();
  });
  await page.goto(`${url}/mail/INBOX`, { waitUntil: "commit" });
  return come;
}

test("what is pressed and typed before the app is there is not lost @both", async ({ visitor, mail, page }) => {
  await mail.append("INBOX", { subject: "Plain", text: "x" });
  await visitor.signIn(mail);
  const come = await withoutApp(visitor);
  await visitor.search.input.pressSequentially("plain");
  await page.getByTestId("compose-open").filter({ visible: true }).first().click();
  come();
  await expect(visitor.composer.compose).toBeVisible();
  await expect(visitor.search.input).toHaveValue("plain");
  await visitor.composer.fill({ to: "friend@pismo.test" });
});

test("what is ticked, and a shortcut", async ({ visitor, mail, page }) => {
  await mail.append("INBOX", { subject: "One", text: "x" }, { subject: "Two", text: "x" });
  await visitor.signIn(mail);
  const come = await withoutApp(visitor);
  const all = page.getByRole("checkbox", { name: "Select all" });
  await all.click();
  await expect(all, "nothing is selected yet").not.toBeChecked();
  await page.keyboard.press("?");
  come();
  await expect(page.getByRole("dialog")).toBeVisible();
  for (const subject of ["One", "Two"]) await expect(visitor.messageList.row(subject)).toHaveAttribute("aria-selected", "true");
});

test("a search", async ({ visitor, mail, page }) => {
  await mail.append("INBOX", { subject: "One", text: "x" }, { subject: "Two", text: "x" });
  await visitor.signIn(mail);
  const come = await withoutApp(visitor);
  await visitor.search.input.fill("subject:one");
  await visitor.search.input.press("Enter");
  come();
  await expect(page).toHaveURL(/INBOX[?]q=subject/);
  await visitor.messageList.expectTotal(1);
});

test("a search is found at the address that any form leads to", async ({ visitor, mail, page }) => {
  await mail.append("INBOX", { subject: "One", text: "x" }, { subject: "Two", text: "x" });
  await visitor.signIn(mail);
  await page.goto(`${visitor.url}/mail/?q=subject%3Aone&in=`);
  await expect(page).toHaveURL(/INBOX[?]q=subject/);
  await visitor.messageList.expectTotal(1);
});
