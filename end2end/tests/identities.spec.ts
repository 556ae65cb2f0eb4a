// Writing as several addresses: added, chosen, signed, answered from.

import { expect, test } from "../fixtures";

test("an address is added, and what is written from it has its name and signature @both", async ({ visitor, mail, page, problems }) => {
  // A server that does not let one write as somebody else says so.
  problems.expect(/502/);
  const friend = await mail.another("friend");
  const alias = mail.address.replace("@", "-alias@");
  await visitor.signIn(mail);
  if (visitor.isPhone) await page.goto(`${visitor.url}/identities`);
  else {
    await page.getByTestId("settings-open").click();
    await page.getByTestId("identities-open").click();
  }
  await expect(page.getByTestId("identity")).toHaveCount(1);
  await page.getByTestId("identity-add").click();
  await page.getByTestId("identity-email").fill("owned-by-another@pismo.test");
  await page.getByTestId("identity-save").click();
  await expect(page.getByRole("alert")).toContainText("not owned by user");
  await page.getByTestId("identity-email").fill(alias);
  await page.getByTestId("identity-name").fill("Ана из лавки");
  await page.getByTestId("identity-signature").fill("Лавка\nс 9 до 18 </textarea>&copy");
  await page.getByTestId("identity-save").click();
  await expect(page.getByTestId("identity")).toHaveCount(2);
  // It comes back as it was typed.
  await page.getByTestId("identity-edit").last().click();
  await expect(page.getByTestId("identity-signature")).toHaveValue("Лавка\nс 9 до 18 </textarea>&copy");
  await page.getByTestId("identity-save").click();
  await expect(page.getByTestId("identity")).toHaveCount(2);

  await page.getByRole("link", { name: /Back/ }).click();
  await visitor.live();
  await visitor.composer.open();
  const from = page.getByTestId("compose-from");
  await expect(from).toHaveValue(mail.address);
  await visitor.composer.fill({ to: friend.address, subject: "Лавка открыта", body: "Приходите" });
  await from.selectOption(alias);
  await expect(visitor.composer.body).toHaveValue("Приходите\n\n-- \nЛавка\nс 9 до 18 </textarea>&copy\n");
  await from.selectOption(mail.address);
  await expect(visitor.composer.body).toHaveValue("Приходите");
  await from.selectOption(alias);
  await visitor.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Лавка открыта"]);
  const sent = await friend.source("Лавка открыта");
  expect(sent).toMatch(new RegExp(`^Return-Path: <${alias}>`, "im"));
  expect(sent).toMatch(new RegExp(`^From: =\\?utf-8\\?\\S+\\s+<${alias}>`, "im"));

  // An answer goes out from the address the message came to, with its detail.
  const detailed = alias.replace("@", "+boots@");
  await mail.deliver({ subject: "Сапоги есть?", from: friend.address, to: [detailed], text: "Есть?\n" });
  await visitor.messageList.open("Сапоги есть?");
  await visitor.message.act("reply");
  await expect(from).toHaveValue(detailed);
  await expect(visitor.composer.body).toHaveValue(/^\n\n.*\n> Есть\?\n\n-- \nЛавка\nс 9 до 18 <\/textarea>&copy\n$/);
  await visitor.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toContain("Re: Сапоги есть?");
  expect(await friend.source("Re: Сапоги есть?")).toMatch(new RegExp(`^Return-Path: <${detailed.replace("+", "\\+")}>`, "im"));

  // Formatted text has the formatted signature, and loses it with the address.
  await page.goto(`${visitor.url}/identities`);
  await page.getByTestId("identity-edit").last().click();
  await page.getByTestId("identity-signature-open").click();
  await page.getByTestId("identity-signature-html").fill("<b onclick='x()'>Лавка</b><br>с 9 до 18");
  await page.getByTestId("identity-save").click();
  await expect(page.getByTestId("identity")).toHaveCount(2);
  await page.goto(`${visitor.url}/mail/`);
  await visitor.live();
  await visitor.composer.open();
  await from.selectOption(alias);
  await visitor.composer.format();
  const signature = visitor.composer.text.locator(".pismo-signature");
  await expect(signature.locator("b")).toHaveText("Лавка");
  await from.selectOption(mail.address);
  await expect(signature).toHaveCount(0);
  await friend.close();
});

test("a collected account is written from in three clicks, and any address of a domain can be typed", async ({ visitor, mail, pismo, page }) => {
  const old = await mail.another("owned-old");
  const friend = await mail.another("friend");
  await visitor.signIn(mail);
  await page.goto(`${visitor.url}/collectors/add`);
  await page.getByTestId("collector-address").fill(old.address);
  await page.getByTestId("collector-password").fill(old.password);
  await page.locator("summary").click();
  await page.getByTestId("collector-server").fill(`imap+insecure://127.0.0.1:${pismo.mail.imap}`);
  await page.getByTestId("collector-save").click();
  await page.getByTestId("collector-write-as").click();
  await expect(page.getByTestId("identity-email")).toHaveValue(old.address);
  await page.getByTestId("identity-server").fill(`smtp+insecure://127.0.0.1:${pismo.mail.submission}`);
  await page.getByTestId("identity-save").click();
  await expect(page.getByTestId("identity")).toHaveCount(2);
  await page.getByTestId("identity-add").click();
  await page.getByTestId("identity-email").fill("*@pismo.test");
  await page.getByTestId("identity-save").click();
  await expect(page.getByTestId("identity")).toHaveCount(3);

  await page.goto(`${visitor.url}/mail/`);
  await visitor.live();
  await visitor.composer.open();
  await visitor.composer.fill({ to: friend.address, subject: "From the old address" });
  await page.getByTestId("compose-from").selectOption(old.address);
  await visitor.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["From the old address"]);
  expect(await friend.source("From the old address")).toContain(`Return-Path: <${old.address}>`);

  await visitor.composer.open();
  await visitor.composer.fill({ to: friend.address, subject: "From anywhere" });
  await page.getByTestId("compose-from").selectOption("*@pismo.test");
  await expect(page.getByTestId("compose-from-local")).toBeFocused();
  // Half an address is none.
  await page.getByTestId("compose-send").click();
  await expect(visitor.composer.compose.getByRole("alert")).toContainText("@pismo.test");
  await page.getByTestId("compose-from-local").pressSequentially("books");
  await page.getByTestId("compose-from-local").press("Control+Enter");
  await expect(visitor.composer.compose).toBeHidden();
  await expect.poll(() => friend.subjects()).toContain("From anywhere");
  expect(await friend.source("From anywhere")).toContain("Return-Path: <books@pismo.test>");
  await Promise.all([old.close(), friend.close()]);
});
