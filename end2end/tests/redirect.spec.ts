// Part 8: a message that goes on as it is, and a draft that is written on in two places.

import { App, expect, test } from "../fixtures";

test("a message is redirected as it is, and what waits can be taken back @both", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  await mail.deliver({ subject: "The plan", from: "carla@example.org", text: "See the file", attachments: [{ name: "plan.txt", type: "text/plain", bytes: Buffer.from("the plan\n") }] });
  await app.choose("undo-send", "60");
  await app.messageList.open("The plan");
  await app.message.act("redirect");
  const dialog = app.page.getByRole("dialog").filter({ has: app.page.getByTestId("redirect-to") });
  // Nobody is named yet.
  await dialog.getByTestId("redirect-send").click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await dialog.getByTestId("redirect-to").fill(friend.address);
  await dialog.getByTestId("redirect-to").press("Enter");
  await dialog.getByTestId("redirect-send").click();
  await expect(dialog).toBeHidden();
  await app.toasts.undo();
  await expect(dialog).toContainText(friend.address);
  await app.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(app.page.getByTestId("outbox-open")).toHaveCount(0);
  // For good.
  await app.page.goto(`${app.url}/mail/INBOX`);
  await app.live();
  await app.choose("undo-send", "0");
  await app.messageList.open("The plan");
  await app.message.act("redirect");
  await dialog.getByTestId("redirect-to").fill(friend.address);
  await dialog.getByTestId("redirect-to").press("Enter");
  await dialog.getByTestId("redirect-send").click();
  await expect.poll(() => friend.subjects()).toEqual(["The plan"]);
  const source = await friend.source("The plan");
  expect(source).toContain(`Resent-To: <${friend.address}>`);
  expect(source).toMatch(/^From: .*carla@example\.org/m);
  expect(source).toContain(Buffer.from("the plan\n").toString("base64"));
  await expect.poll(() => mail.subjects("Sent")).toEqual(["The plan"]);
  await expect.poll(() => mail.flags("The plan")).toContain("$Forwarded");
  await friend.close();
});

test("a draft that is open elsewhere says so, is taken over, and no text is lost", async ({ app, mail, browser, pismo, problems }) => {
  problems.expect(/ERR_INTERNET_DISCONNECTED|WebSocket/);
  await app.composer.open();
  await app.composer.fill({ to: "friend@pismo.test", subject: "Shared", body: "From the laptop" });
  await app.composer.saved();
  const context = await browser.newContext();
  const other = new App(await context.newPage(), pismo.url);
  await other.signIn(mail);
  await other.mailboxList.open("Drafts");
  await other.messageList.open("Shared");
  await expect(other.page.getByTestId("draft-state")).toContainText(/Being edited on another device \(.* on .*\) since/);
  const question = other.page.getByRole("alertdialog");
  await other.message.act("edit");
  await expect(question).toContainText("Being edited");
  await question.getByRole("button", { name: "Only read" }).click();
  await expect(other.composer.compose).toBeHidden();
  await other.message.act("edit");
  await question.getByTestId("dialog-yes").click();
  await expect(other.composer.body).toHaveValue(/^From the laptop\s*$/);
  // Here it is no longer to be written on, until it is taken back.
  await expect(app.page.getByTestId("compose-lost")).toContainText("Being edited");
  await other.composer.fill({ body: "From the phone" });
  await other.composer.saved();
  await app.page.getByTestId("compose-take-back").click();
  await expect(app.composer.body).toHaveValue(/^From the phone\s*$/);
  await expect(app.page.getByTestId("compose-lost")).toHaveCount(0);
  await expect(other.page.getByTestId("compose-lost")).toBeVisible();
  await app.composer.fill({ body: "From both" });
  await app.composer.saved();
  await expect.poll(() => mail.subjects("Drafts")).toEqual(["Shared"]);
  expect(await mail.source("Shared", "Drafts")).toContain("From both");

  // What is not saved when it is taken becomes a draft of its own.
  await app.offline(true);
  await app.composer.fill({ body: "Written on the train" });
  await other.page.getByTestId("compose-take-back").click();
  await expect(other.composer.body).toHaveValue(/^From both\s*$/);
  await other.composer.fill({ body: "Written at home" });
  await other.composer.saved();
  await app.offline(false);
  await expect.poll(() => mail.subjects("Drafts")).toEqual(["Shared", "Shared"]);
  await expect(app.toasts.info.filter({ hasText: "kept as a draft of its own" })).toBeAttached();
  await context.close();
});
