// Texts to write with, emoji, and what is asked about recipients before a message goes out.

import { expect, test } from "../fixtures";

test("a template is made on its page, filled in where one writes, and what is still open is pointed out @both", async ({ visitor, mail, page }) => {
  const friend = await mail.another("friend");
  await visitor.signIn(mail);
  if (visitor.isPhone) await page.goto(`${visitor.url}/templates`);
  else {
    await page.getByTestId("settings-open").click();
    await page.getByTestId("templates-open").click();
  }
  await expect(page.getByTestId("template-placeholders")).toContainText("{first_name}");
  await page.getByTestId("template-add").click();
  await page.getByTestId("template-name").fill("Счёт");
  await page.getByTestId("template-subject").fill("Счёт для {name}");
  await page.getByTestId("template-text").fill("{first_name}, добрый день! </textarea>&copy\nЗаказ {order}.");
  await page.getByTestId("template-save").click();
  await expect(page.getByTestId("template")).toHaveCount(1);
  // It comes back as it was typed.
  await page.getByTestId("template-edit").click();
  await expect(page.getByTestId("template-text")).toHaveValue("{first_name}, добрый день! </textarea>&copy\nЗаказ {order}.");
  await page.getByTestId("template-save").click();

  await page.getByRole("link", { name: /Back/ }).click();
  await visitor.live();
  const { composer } = visitor;
  await composer.open();
  await composer.fill({ to: `Анна Петрова <${friend.address}>`, body: "P. S." });
  await composer.body.press("Control+Home");
  await page.getByTestId("compose-templates").click();
  await page.getByTestId("compose-template").click();
  await expect(composer.body).toHaveValue("Анна, добрый день! </textarea>&copy\nЗаказ {order}.P. S.");
  await expect(composer.body).toBeFocused();
  await expect(composer.subject).toHaveValue("Счёт для Анна Петрова");
  await composer.send();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("{order}");
  await question.getByRole("button", { name: "Go back" }).click();
  await expect(question).toBeHidden();

  // What is written becomes one, under a name that no other has; formatted, too.
  await composer.body.fill("<b>Всего доброго</b>");
  await composer.format();
  await composer.text.press("Control+a");
  await composer.button("italic").click();
  await expect(composer.text.locator("i")).toHaveText("<b>Всего доброго</b>");
  await page.getByTestId("compose-templates").click();
  const keep = page.getByTestId("compose-template-keep");
  await keep.fill("Счёт");
  await keep.press("Enter");
  await expect(page.locator(".template-menu").getByRole("alert")).toBeVisible();
  await keep.fill("Прощание");
  await keep.press("Enter");
  await expect(keep).toBeHidden();
  await page.getByTestId("compose-templates").click();
  await expect(page.getByTestId("compose-template")).toHaveText(["Прощание", "Счёт"]);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("compose-template")).toHaveCount(0);
  await expect(page.getByTestId("compose-templates")).toBeFocused();
  await composer.text.press("Control+a");
  await composer.text.press("Delete");
  await page.getByTestId("compose-templates").click();
  await page.getByTestId("compose-template").first().click();
  await expect(composer.text.locator("i")).toHaveText("<b>Всего доброго</b>");
  if (!visitor.isPhone) {
    // Signs go in where the cursor is, by keys alone.
    await composer.text.press("Control+End");
    await page.getByTestId("compose-emoji").press("Enter");
    await expect(page.getByRole("menuitem", { name: "😀" })).toBeFocused();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await expect(composer.text).toContainText("доброго</b>😂");
  }
  await composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Счёт для Анна Петрова"]);
  await friend.close();
});

test("recipients are looked at: slips, whom an answer leaves out, who sees whom", async ({ app, mail, page }) => {
  const { composer } = app;
  await composer.open();
  await composer.fill({ to: "anna@gmial.com", subject: "Hello", body: "Text" });
  const doubt = page.getByTestId("recipient-doubt");
  await expect(doubt).toContainText("anna@gmail.com");
  // Whoever does not look is asked.
  await composer.send();
  const question = page.getByRole("alertdialog");
  await expect(question).toContainText("anna@gmail.com");
  await question.getByRole("button", { name: "Go back" }).click();
  await page.getByTestId("recipient-correct").click();
  await expect(doubt).toHaveCount(0);
  await expect(composer.compose.getByText("anna@gmail.com")).toBeVisible();

  // Six who need not know of each other, pasted as a list.
  await composer.to.evaluate((field) => {
    const data = new DataTransfer();
    data.setData("text/plain", "Team: A <a@x.example>, b@x.example;\nC\tc@y.example\nd@y.example e@z.example a@x.example");
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await expect(composer.compose.locator(".recipient")).toHaveCount(6);
  await composer.send();
  await expect(question).toContainText("6 people");
  await question.getByTestId("dialog-yes").click();
  await expect(composer.compose).toBeHidden();
  // This server takes nothing for others; whom it was for can be seen there.
  const submission = await composer.outbox();
  await expect(submission).toHaveAttribute("data-state", "rejected");
  await submission.getByTestId("submission-edit").click();
  await expect(composer.bcc).toBeVisible();
  await expect(composer.compose.getByRole("list", { name: "Bcc" }).getByRole("listitem")).toHaveCount(6);
  await composer.discard();
  await question.getByTestId("dialog-yes").click();
  await expect(composer.compose).toBeHidden();

  const [one, two] = await Promise.all([mail.another("one"), mail.another("two")]);
  await mail.deliver({ subject: "All of us", from: one.address, to: [mail.address, two.address] });
  await app.messageList.open("All of us");
  await app.message.act("reply");
  const hint = page.getByTestId("compose-reply-all-hint");
  await expect(hint).toContainText(two.address);
  await hint.getByRole("button").click();
  await expect(hint).toHaveCount(0);
  await composer.sendAndWait();
  await expect.poll(() => one.subjects()).toEqual(["Re: All of us"]);
  await expect.poll(() => two.subjects()).toEqual(["Re: All of us"]);
  await Promise.all([one.close(), two.close()]);
});
