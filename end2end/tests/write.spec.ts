// Part 8: writing, keeping, sending.

import { expect, test } from "../fixtures";

test("a letter reaches its recipient and lands in Sent @both", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  await app.composer.open();
  await app.composer.fill({ to: friend.address, subject: "Привет с моря", body: "Первая строка\n\n.точка в начале\nПоследняя" });
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Привет с моря"]);
  await expect.poll(() => mail.subjects("Sent")).toEqual(["Привет с моря"]);
  expect(await mail.flags("Привет с моря", "Sent")).toContain("\\Seen");
  await expect.poll(() => mail.subjects("Drafts")).toEqual([]);
  const source = await friend.source("Привет с моря");
  expect(source).not.toMatch(/^Bcc:/im);
  expect(source).toMatch(new RegExp(`^From: .*${mail.address}`, "im"));
  await friend.close();
});

test("a reply lands in Sent, quotes, threads, and marks the original", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  const id = await mail.deliver({ subject: "Lunch?", from: { name: "Friend", address: friend.address }, text: "At noon?\n" });
  await app.messageList.open("Lunch?");
  await app.message.act("reply");
  await expect(app.composer.subject).toHaveValue("Re: Lunch?");
  await expect(app.composer.compose).toContainText("Friend");
  await expect(app.composer.body).toHaveValue(/> At noon\?/);
  await app.composer.body.press("Control+Home");
  await app.composer.body.pressSequentially("Gladly.\n");
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Re: Lunch?"]);
  const source = await friend.source("Re: Lunch?");
  expect(source).toMatch(new RegExp(`In-Reply-To:\\s*<${id}>`, "i"));
  expect(source).toMatch(new RegExp(`References:[^]*<${id}>`, "i"));
  await expect.poll(() => mail.flags("Lunch?")).toContain("\\Answered");
  await expect(app.messageList.row("Lunch?")).toHaveAttribute("data-answered", "true");
  await friend.close();
});

test("a long quote stays out of the field until it is asked for, and goes along whole @both", async ({ app, mail, page }) => {
  const friend = await mail.another("friend");
  const lines = Array.from({ length: 1500 }, (_, number) => `line ${number} of a long letter`);
  await mail.deliver({ subject: "Long", from: { name: "Friend", address: friend.address }, text: `${lines.join("\n")}\n` });
  await app.messageList.open("Long");
  await app.message.act("reply");
  await expect(app.composer.body).toHaveValue(/^\s*$/);
  await app.composer.body.pressSequentially("Read.");
  await expect(app.composer.compose).toHaveAttribute("data-state", "saved");
  const show = page.getByTestId("compose-quote-show");
  await show.click();
  await expect(show).toBeHidden();
  await expect(app.composer.body).toHaveValue(/^Read\.[^]*> line 0 [^]*> line 1499 of a long letter\s*$/);
  // A draft that is opened again has its quote aside once more.
  await page.reload();
  await expect(app.composer.body).toHaveValue(/^Read\.[^>]*$/);
  await expect(show).toBeVisible();
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Re: Long"]);
  const source = await friend.source("Re: Long");
  expect(source).toMatch(/Read\.[^]*> line 0 of a long letter[^]*> line 1499 of a long letter/);
  await friend.close();
});

test("reply to all writes to everybody but oneself", async ({ app, mail }) => {
  const [one, two] = await Promise.all([mail.another("one"), mail.another("two")]);
  await mail.deliver({ subject: "All of us", from: one.address, to: [mail.address, two.address] });
  await app.messageList.open("All of us");
  await app.message.act("reply-all");
  await expect(app.composer.compose).toContainText(one.address);
  await expect(app.composer.compose).toContainText(two.address);
  await app.composer.sendAndWait();
  await expect.poll(() => one.subjects()).toEqual(["Re: All of us"]);
  await expect.poll(() => two.subjects()).toEqual(["Re: All of us"]);
  expect(await mail.subjects("INBOX")).toEqual(["All of us"]);
  await Promise.all([one.close(), two.close()]);
});

test("forwarding takes the attachments along and marks the original", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  await mail.deliver({ subject: "The plan", text: "See the file", attachments: [{ name: "план.txt", type: "text/plain", bytes: Buffer.from("тайный план\n") }] });
  await app.messageList.open("The plan");
  await app.message.act("forward");
  await expect(app.composer.attachments).toHaveCount(1);
  await app.composer.fill({ to: friend.address });
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Fwd: The plan"]);
  expect(await friend.source("Fwd: The plan")).toContain(Buffer.from("тайный план\n").toString("base64"));
  await expect.poll(() => mail.flags("The plan")).toContain("$Forwarded");
  await friend.close();
});

test("a file goes along, its progress shown", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  const bytes = Buffer.alloc(600_000, "pismo ");
  await app.composer.open();
  await app.composer.fill({ to: friend.address, subject: "Big file", body: "There" });
  await app.composer.attach.setInputFiles({ name: "большой.bin", mimeType: "application/octet-stream", buffer: bytes });
  await expect(app.composer.attachments).toContainText("большой.bin");
  // Send while a file is on its way up only says so.
  await expect(app.composer.attachments).toHaveAttribute("data-state", "here");
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Big file"]);
  const source = (await friend.source("Big file")).replaceAll(/\r?\n/g, "");
  expect(source).toContain(bytes.subarray(0, 3000).toString("base64"));
  await friend.close();
});

test("the draft is saved as one draft and survives a reload", async ({ app, mail }) => {
  await app.composer.open();
  await app.composer.fill({ to: "friend@pismo.test", subject: "Unfinished", body: "The beginning" });
  await app.composer.saved();
  await expect.poll(() => mail.subjects("Drafts")).toEqual(["Unfinished"]);
  await app.composer.fill({ body: "The beginning and the middle" });
  await app.composer.saved();
  await expect.poll(() => mail.source("Unfinished", "Drafts")).toContain("the middle");
  expect(await mail.subjects("Drafts")).toEqual(["Unfinished"]);
  await app.reload();
  await expect(app.composer.subject).toHaveValue("Unfinished");
  await expect(app.composer.body).toHaveValue("The beginning and the middle");
});

test("a fault of the app's own is told, and what was being written is not lost", async ({ app, mail, page, problems }) => {
  problems.expect(/./);
  await app.composer.open();
  await app.composer.fill({ subject: "Unfinished", body: "The beginning" });
  await expect(page.getByTestId("broken")).toBeHidden();
  // From now on it cannot make anything, and does not expect that.
  await page.evaluate(() => {
    const fail = () => { throw new Error("no memory"); };
    document.createElement = fail;
    Node.prototype.cloneNode = fail;
  });
  await mail.deliver({ subject: "Anything", text: "A row for it is to be made" });
  await expect(page.getByTestId("broken")).toBeVisible();
  await page.getByTestId("broken").getByRole("link").click();
  await expect(app.composer.subject).toHaveValue("Unfinished");
  await expect(app.composer.body).toHaveValue("The beginning");
  await expect(page.getByTestId("broken")).toBeHidden();
});

test("a draft can be taken up again from Drafts, and discarded", async ({ app, mail }) => {
  await app.composer.open();
  await app.composer.fill({ to: "friend@pismo.test", subject: "Later", body: "Words" });
  await app.composer.saved();
  await app.press("Escape");
  await expect(app.composer.compose).toBeHidden();
  await app.mailboxList.open("Drafts");
  await app.messageList.row("Later").click();
  if (!(await app.composer.compose.isVisible())) await app.page.getByRole("button", { name: "Go on writing" }).first().click();
  await expect(app.composer.body).toHaveValue("Words");
  await app.composer.discard();
  await app.page.getByRole("alertdialog").getByRole("button", { name: "Discard" }).click();
  await expect(app.composer.compose).toBeHidden();
  await expect.poll(() => mail.subjects("Drafts")).toEqual([]);
});

test("a refusal names the recipient, says why in plain words, and in the server's own", async ({ app, mail }) => {
  await app.composer.open();
  await app.composer.fill({ to: "nobody.here@pismo.test", subject: "To nobody", body: "Hello?" });
  await app.composer.send();
  await app.page.getByRole("button", { name: /Outbox/ }).or(app.page.getByRole("link", { name: /Outbox/ })).first().click();
  const submission = app.composer.submissions.first();
  await expect(submission).toHaveAttribute("data-state", "rejected");
  await expect(submission).toContainText("nobody.here@pismo.test");
  await expect(submission).toContainText("no such mailbox");
  await expect(submission).toContainText("User unknown");
  expect(await mail.subjects("Sent")).toEqual([]);
});

test("addresses are checked as they become chips", async ({ app }) => {
  await app.composer.open();
  await app.composer.fill({ to: "Friend <friend@pismo.test>", subject: "Check" });
  await expect(app.composer.compose.getByText("Friend", { exact: true })).toBeVisible();
  await app.composer.to.fill("not-an-address");
  await app.composer.to.press("Enter");
  await app.composer.send();
  await expect(app.page.getByText(/no @ in the address|is not a mail address/).first()).toBeVisible();
  await expect(app.composer.compose).toBeVisible();
});

test("Bcc recipients get the letter and nobody sees them", async ({ app, mail }) => {
  const [open, hidden] = await Promise.all([mail.another("open"), mail.another("hidden")]);
  await app.composer.open();
  await app.composer.fill({ to: open.address, bcc: hidden.address, subject: "Discreet", body: "Psst" });
  await app.composer.sendAndWait();
  await expect.poll(() => hidden.subjects()).toEqual(["Discreet"]);
  expect(await open.source("Discreet")).not.toContain(hidden.address);
  await Promise.all([open.close(), hidden.close()]);
});
