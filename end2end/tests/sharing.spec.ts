// Folders that people open to each other. The mail server of these tests has sharing; a Pismo of their own is in front of it.

import { App, expect, Mail, Pismo, test } from "../fixtures";

let sharing: Pismo;

test.beforeAll(async () => {
  sharing = await Pismo.start({ mailArguments: ["--sharing"] });
});

test.afterAll(async () => {
  await sharing.stop();
});

test("a folder is opened to another person, who reads it and is told what they may not do @both", async ({ page, browser }) => {
  const anna = await Mail.create(sharing, "anna");
  const boris = await Mail.create(sharing, "boris");
  await anna.createFolder("Праздник");
  await anna.append("Праздник", { subject: "The plan", text: "Boats first." });
  const path = `shared/${anna.address}/Праздник`;

  // Anna shares it from the folder's menu.
  const app = new App(page, sharing.url);
  await app.signIn(anna);
  await expect(page.getByTestId("mailboxes-shared")).toBeHidden();
  await app.mailboxList.choose("Праздник", "share");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Who can use “Праздник”");
  await page.getByLabel("Address or user name").fill(boris.address);
  await page.getByTestId("sharing-add").click();
  await expect(page.getByRole("status")).toHaveText("Saved.");
  const entry = page.locator(`[data-testid="sharing-entry"][data-who="${boris.address}"]`);
  await expect(entry.getByRole("combobox")).toHaveValue("read");

  // Boris finds it under a heading of its own, and her new mail comes by itself.
  const context = await browser.newContext({ ...test.info().project.use });
  const other = new App(await context.newPage(), sharing.url);
  await other.signIn(boris);
  await other.mailboxList.show();
  const shared = other.page.getByTestId("mailboxes-shared");
  await expect(shared.getByRole("heading")).toHaveText("Shared with you");
  await expect(shared).toContainText(anna.address);
  await other.mailboxList.open(path);
  await expect(other.messageList.row("The plan")).toBeVisible();
  await anna.append("Праздник", { subject: "A second thought", text: "Cake first." });
  await expect(other.messageList.row("A second thought")).toBeVisible();

  // What he may not do is not offered, and refused where it can be asked for all the same.
  await other.messageList.open("The plan");
  await expect(other.page.getByTestId("action-delete").last()).toBeHidden();
  await expect(other.page.getByTestId("action-label")).toHaveCount(0);
  await expect.poll(() => anna.flags("The plan", "Праздник")).toContain("\\Seen");
  await other.page.keyboard.press("s");
  await expect(other.toasts.errors).toContainText(["You are not allowed to star or label messages in this folder."]);
  expect(await anna.flags("The plan", "Праздник")).toEqual(["\\Seen"]);

  // Anna thinks better of it, and does not shut herself out by a slip.
  await entry.getByRole("combobox").selectOption("file");
  await entry.getByRole("button", { name: "Save" }).click();
  await expect(entry.getByRole("combobox")).toHaveValue("file");
  const own = page.locator(`[data-testid="sharing-entry"][data-who="${anna.address}"]`);
  await own.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByTestId("sharing-warning")).toContainText("no longer be able to change");
  await page.getByRole("link", { name: "Leave it as it is" }).click();
  await entry.getByRole("button", { name: "Remove" }).click();
  await expect(entry).toHaveCount(0);
  await context.close();
  await anna.close();
  await boris.close();
});
