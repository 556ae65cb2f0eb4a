// Part 8: sending in a moment or in a month, and thinking better of it.

import { expect, test } from "../fixtures";

const FILE = { name: "plan.txt", mimeType: "text/plain", buffer: Buffer.from("the plan\n") };

test("a message can be taken back for as long as was chosen, and is as it was", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  await app.choose("undo-send", "60");
  await app.composer.open();
  await app.composer.fill({ to: friend.address, subject: "Too soon", body: "Dear friend" });
  await app.composer.attach.setInputFiles(FILE);
  await expect(app.composer.attachments).toHaveAttribute("data-state", "here");
  await app.composer.sendAndWait();
  await expect(app.toasts.info.filter({ hasText: "Goes out in a moment" })).toBeVisible();
  await app.toasts.undo();
  await expect(app.composer.subject).toHaveValue("Too soon");
  await expect(app.composer.body).toHaveValue("Dear friend");
  await expect(app.composer.compose).toContainText(friend.address);
  await expect(app.composer.attachments).toContainText("plan.txt");
  await expect(app.page.getByTestId("outbox-open")).toHaveCount(0);
  await expect(app.page.getByTestId("toast-undo")).toHaveCount(0);
  // Only now does it go out.
  await app.composer.fill({ subject: "In time" });
  await app.choose("undo-send", "0");
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["In time"]);
  expect(await friend.source("In time")).toContain("plan.txt");
  await friend.close();
});

test("z takes it back as well, and the time to do so is remembered", async ({ app }) => {
  await app.choose("undo-send", "30");
  await app.reload();
  await app.page.getByTestId("settings-open").click();
  const group = app.page.getByTestId("undo-send");
  await expect(group.locator('input[value="30"]')).toBeChecked();
  await app.press("Escape");
  await app.composer.open();
  await app.composer.fill({ to: "friend@pismo.test", subject: "By the keys", body: "Hello" });
  await app.composer.sendAndWait();
  await expect(app.page.getByTestId("toast-undo")).toBeVisible();
  await app.press("z");
  await expect(app.composer.subject).toHaveValue("By the keys");
});

test("what is held goes out by itself when the tab is closed", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  await app.choose("undo-send", "5");
  await app.composer.open();
  await app.composer.fill({ to: friend.address, subject: "On its own", body: "Hello" });
  await app.composer.sendAndWait();
  await app.page.goto("about:blank");
  await expect.poll(() => friend.subjects(), { timeout: 30_000 }).toEqual(["On its own"]);
  await expect.poll(() => mail.subjects("Sent")).toEqual(["On its own"]);
  await friend.close();
});

test("a message is sent later, at a time that is offered @both", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  await app.composer.open();
  await app.composer.fill({ to: friend.address, body: "Good morning" });
  await app.composer.later();
  await app.page.getByTestId("compose-later-tomorrow").click();
  // What would be asked before sending now is asked before sending later.
  await app.page.getByRole("alertdialog").getByTestId("dialog-yes").click();
  await expect(app.composer.compose).toBeHidden();
  await expect(app.toasts.info.filter({ hasText: /Goes out on .*08:00/ })).toBeVisible();
  await app.toasts.undo();
  await expect(app.composer.body).toHaveValue("Good morning");
  await app.composer.fill({ subject: "Good morning" });
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Good morning"]);
  await friend.close();
});

test("a message waits for a day of one's own choice, by one's own clock, and is sent sooner after all", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  const year = new Date().getFullYear() + 1;
  await app.composer.open();
  await app.composer.fill({ to: friend.address, subject: "Summer", body: "Hello" });
  await app.composer.later();
  await expect(app.page.getByRole("dialog").filter({ has: app.page.getByTestId("compose-later-at") })).toContainText("Europe/Belgrade");
  await app.page.getByTestId("compose-later-at").fill(`${year}-07-01T08:30`);
  await app.page.getByTestId("compose-later-send").click();
  await expect(app.composer.compose).toBeHidden();
  await app.reload();
  const submission = await app.composer.outbox();
  await expect(submission).toHaveAttribute("data-state", "waiting");
  await expect(submission).toContainText(new RegExp(`Goes out on .*1\\sJul ${year}, 08:30`));
  await submission.getByTestId("submission-now").click();
  await expect.poll(() => friend.subjects()).toEqual(["Summer"]);
  await friend.close();
});

test("what waits can be written on or called off, and is in Drafts then", async ({ app, mail }) => {
  await app.composer.open();
  await app.composer.fill({ to: "friend@pismo.test", subject: "Perhaps", body: "Hello" });
  await app.composer.later();
  await app.page.getByTestId("compose-later-tomorrow").click();
  await expect(app.composer.compose).toBeHidden();
  await (await app.composer.outbox()).getByTestId("submission-edit").click();
  await expect(app.composer.body).toHaveValue("Hello");
  await app.composer.fill({ body: "Hello again" });
  await app.composer.later();
  await app.page.getByTestId("compose-later-tomorrow").click();
  await expect(app.composer.compose).toBeHidden();
  await (await app.composer.outbox()).getByTestId("submission-drop").click();
  await expect(app.composer.submissions).toHaveCount(0);
  await expect(app.toasts.info.filter({ hasText: "The message is in Drafts" })).toBeAttached();
  await app.press("Escape");
  await expect.poll(() => mail.subjects("Drafts")).toEqual(["Perhaps"]);
  expect(await mail.source("Perhaps", "Drafts")).toContain("Hello again");
});
