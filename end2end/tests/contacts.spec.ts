// People from a file: seen first, taken in, found, and taken back.

import { expect, test } from "../fixtures";

const TABLE = [
  "Имя;Фамилия;Адрес эл. почты;Мобильный телефон",
  "Анна;Соколова;anna@pismo.test;+7 900 000-00-01",
  "Борис;Левин;boris@pismo.test;",
].join("\r\n");

const CARDS = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna\r\nEMAIL:anna@pismo.test\r\nEMAIL:anna@work.test\r\nEND:VCARD\r\n";

test("contacts come from a file, are joined with those who are here, and go again @both", async ({ visitor, mail, page }) => {
  await visitor.signIn(mail);
  if (visitor.isPhone) await page.goto(`${visitor.url}/contacts`);
  else {
    await page.getByTestId("settings-open").click();
    await page.getByTestId("contacts-open").click();
  }
  const give = async (name: string, text: string) => {
    await page.getByTestId("contacts-file").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
    await page.getByTestId("contacts-look").click();
  };
  await give("people.csv", TABLE);
  await expect(page.getByTestId("contact-brought")).toHaveCount(2);
  await expect(page.getByTestId("contacts-plan")).toContainText("2 new");
  await page.getByTestId("contacts-take").click();
  await expect(page.getByTestId("contact")).toHaveCount(2);

  await give("people.vcf", CARDS);
  await expect(page.getByTestId("contacts-plan")).toContainText("1 gets more");
  await page.getByTestId("contacts-take").click();
  await page.getByTestId("contact-search").fill("соколова");
  await page.getByTestId("contact-search").press("Enter");
  await expect(page.getByTestId("contact")).toHaveCount(1);
  await expect(page.getByTestId("contact")).toContainText("anna@work.test");
  const download = page.waitForEvent("download");
  await page.getByTestId("contacts-export").click();
  expect((await download).suggestedFilename()).toBe("contacts.vcf");

  await page.goto(`${visitor.url}/contacts`);
  await page.getByTestId("contacts-undo").click();
  await expect(page.getByText("anna@work.test")).toHaveCount(0);
  await expect(page.getByTestId("contact")).toHaveCount(2);
  await page.getByTestId("contacts-undo").click();
  await expect(page.getByTestId("contact")).toHaveCount(0);
});

test("people of the address book are offered where a message is written @both", async ({ visitor, mail, page }) => {
  const friend = await mail.another("friend");
  await visitor.signIn(mail);
  await page.goto(`${visitor.url}/contacts`);
  const cards = `BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Жанна Аннина\r\nEMAIL:${friend.address}\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:4.0\r\nFN:Susanna\r\nEMAIL:s@pismo.test\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:4.0\r\nFN:Susan Two\r\nEMAIL:two@pismo.test\r\nEND:VCARD\r\n`;
  await page.getByTestId("contacts-file").setInputFiles({ name: "people.vcf", mimeType: "text/vcard", buffer: Buffer.from(cards) });
  await page.getByTestId("contacts-look").click();
  await page.getByTestId("contacts-take").click();
  await page.getByRole("link", { name: /Back/ }).click();
  await visitor.live();
  await visitor.composer.open();
  const to = visitor.composer.to;
  const offered = page.getByTestId("suggestion").filter({ visible: true });
  await to.pressSequentially("ан");
  await expect(offered).toHaveCount(1);
  await expect(to).toHaveAttribute("aria-expanded", "true");
  await to.press("Escape");
  await expect(offered).toHaveCount(0);
  await expect(visitor.composer.compose).toBeVisible();

  await to.fill("");
  await to.pressSequentially("ann");
  await expect(offered).toContainText(["Susanna"]);
  await to.press("Enter");
  await expect(page.locator(".recipient")).toHaveText([/Susanna/]);
  await to.pressSequentially("жан");
  await offered.first().click();
  await expect(page.locator(".recipient")).toHaveText([/Susanna/, /Жанна Аннина/]);
  // Who is there already is not offered again, and whoever types an address means it.
  await to.pressSequentially("sus");
  await expect(offered).toHaveText([/Susan Two/]);
  await to.fill("");
  await to.pressSequentially("o@pismo.test");
  await expect(offered).toHaveText([/Susan Two/]);
  await expect(to).not.toHaveAttribute("aria-activedescendant");
  await to.press("Enter");
  await expect(page.locator(".recipient")).toHaveText([/Susanna/, /Жанна Аннина/, /^o@pismo.test/]);
  await visitor.composer.subject.fill("Offered");
  await visitor.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Offered"]);
  await friend.close();
});
