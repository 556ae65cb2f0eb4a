// What a person does in the page before the app has taken it over.

import { expect, test } from "../fixtures";
import type { App } from "../fixtures";

/** Opens a page of whoever is signed in, without the app; it comes when what is returned is called. */
async function withoutApp({ page, url }: App, path = "/mail/INBOX"): Promise<() => void> {
  let come = () => {};
  const wanted = new Promise<void>((resolve) => { come = resolve; });
  await page.route(/\.wasm/, async (route) => {
    await wanted;
    await route.continue();
  });
  await page.goto(`${url}${path}`, { waitUntil: "commit" });
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

test("what is ticked, however often one tries, and a shortcut", async ({ visitor, mail, page }) => {
  await mail.append("INBOX", { subject: "One", text: "x" }, { subject: "Two", text: "x" });
  await visitor.signIn(mail);
  const come = await withoutApp(visitor);
  const all = page.getByRole("checkbox", { name: "Select all" });
  for (let time = 0; time < 2; time++) await all.click();
  await expect(all, "nothing is selected yet").not.toBeChecked();
  await page.keyboard.press("?");
  come();
  await expect(page.getByRole("dialog")).toBeVisible();
  for (const subject of ["One", "Two"]) await expect(visitor.messageList.row(subject)).toHaveAttribute("aria-selected", "true");
});

test("what the browser does with Ctrl is not done again by the app", async ({ visitor, mail, page }) => {
  await mail.append("INBOX", { subject: "One", text: "x" }, { subject: "Two", text: "x" });
  await visitor.signIn(mail);
  const come = await withoutApp(visitor);
  await expect(visitor.messageList.row("One")).toBeVisible();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("?");
  come();
  await expect(page.getByRole("dialog")).toBeVisible();
  await expect(page.locator('[data-testid="message-row"][aria-selected="true"]')).toHaveCount(0);
});

test("what is open is deleted once, however often one tries", async ({ visitor, mail, page }) => {
  await mail.append("INBOX", ...["one", "two", "three"].map((subject) => ({ subject, text: subject })));
  await visitor.signIn(mail);
  await visitor.messageList.open("two");
  const come = await withoutApp(visitor, new URL(page.url()).pathname);
  for (let time = 0; time < 3; time++) await visitor.message.act("delete");
  come();
  await expect.poll(() => mail.subjects("Trash")).toEqual(["two"]);
  await visitor.messageList.expectTotal(2);
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

test("a search without a folder is one of the inbox", async ({ visitor, mail, page }) => {
  await mail.append("INBOX", { subject: "One", text: "x" }, { subject: "Two", text: "x" });
  await visitor.signIn(mail);
  await page.goto(`${visitor.url}/mail/?q=subject%3Aone&in=`);
  await expect(page).toHaveURL(/INBOX[?]q=subject/);
  await visitor.messageList.expectTotal(1);
});
