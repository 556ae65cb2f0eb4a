// The page on which a person says what folders are for and which are shown.

import { expect, test } from "../fixtures";

test("a folder is chosen for what is thrown away, and others are hidden @both", async ({ visitor, mail, page }) => {
  await mail.createFolder("Мусор", "Noise");
  await mail.append("Мусор", { subject: "Old", text: "x" });
  await mail.append("Noise", { subject: "Noise", text: "x" });
  await mail.append("INBOX", { subject: "To be thrown away", text: "x" });
  await visitor.signIn(mail);
  if (visitor.isPhone) await page.goto(`${visitor.url}/folders`);
  else {
    await page.getByTestId("settings-open").click();
    await page.getByTestId("folders-page").click();
  }
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Folders");
  await page.locator("select[name=trash]").selectOption("Мусор");
  for (const folder of ["INBOX", "Мусор"]) await page.getByRole("checkbox", { name: folder, exact: true }).check();
  await page.getByRole("checkbox", { name: "Noise", exact: true }).uncheck();
  await page.getByLabel("Show only the folders ticked here").check();
  await page.getByTestId("folders-save").click();
  await expect(page.getByTestId("folders-saved")).toBeVisible();
  await expect(page.locator("select[name=trash]")).toHaveValue("Мусор");

  await page.getByRole("link", { name: /Back/ }).click();
  await visitor.live();
  await visitor.messageList.open("To be thrown away");
  await visitor.message.act("delete");
  await expect.poll(() => mail.subjects("Мусор")).toContain("To be thrown away");
  await expect(page.locator('[data-testid="mailbox"][data-path="Noise"]')).toHaveCount(0);
  await expect(page.locator('[data-testid="mailbox"][data-path="Мусор"]')).toHaveCount(1);
});
