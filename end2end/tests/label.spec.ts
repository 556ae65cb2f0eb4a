// Part 7: labels, which are the keywords of IMAP.

import { App, expect, test } from "../fixtures";

const CLIENTS = "&BBoEOwQ4BDUEPQRCBEs-";

test("a label is set by the menu, shown at once, kept on the server, and undone @both", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "To be labelled" }, { subject: "Other" });
  await visitor.signIn(mail);
  await visitor.messageList.open("To be labelled");
  await visitor.message.label("Work");
  await expect(visitor.message.labels).toHaveText(["Work"]);
  await expect.poll(() => mail.flags("To be labelled")).toContain("$label2");
  await visitor.toasts.undo();
  await expect(visitor.message.labels).toHaveCount(0);
  await expect.poll(() => mail.flags("To be labelled")).not.toContain("$label2");
});

test("several messages are labelled together, and a set label is taken away by the same menu", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "three" }, { subject: "two", flags: ["$label1"] }, { subject: "one" });
  await visitor.signIn(mail);
  await visitor.messageList.select("one", "two");
  await visitor.message.label("Important");
  for (const subject of ["one", "two"]) {
    await expect(visitor.messageList.labels(subject)).toHaveText(["Important"]);
    await expect.poll(() => mail.flags(subject)).toContain("$label1");
  }
  await visitor.message.act("label");
  await expect(visitor.message.labelItem("Important")).toHaveAttribute("aria-pressed", "true");
  await visitor.message.labelItem("Important").click();
  for (const subject of ["one", "two"]) await expect.poll(() => mail.flags(subject)).not.toContain("$label1");
  await expect(visitor.page.getByTestId("label")).toHaveCount(0);
});

test("all that match are labelled, not only what is loaded", async ({ visitor, mail }) => {
  await mail.fill("Many", 300);
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Many");
  await visitor.page.getByRole("checkbox", { name: "Select all" }).click();
  await visitor.message.label("Later");
  await expect.poll(async () => (await mail.list("Many")).filter(({ flags }) => flags.includes("$label5")).length).toBe(300);
});

test("a new label is made by typing its name, and offered from then on @both", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Second" }, { subject: "First" });
  await visitor.signIn(mail);
  await visitor.messageList.open("First");
  await visitor.message.act("label");
  await visitor.message.newLabel.fill("$$$");
  await visitor.message.newLabel.press("Enter");
  await expect(visitor.page.getByRole("alert")).toContainText("cannot be called this");
  await visitor.message.newLabel.fill("Клиенты");
  await visitor.message.newLabel.press("Enter");
  await expect(visitor.message.labels).toHaveText(["Клиенты"]);
  await expect.poll(() => mail.flags("First")).toContain(CLIENTS);
  if (visitor.isPhone) await visitor.page.goBack();
  await visitor.messageList.open("Second");
  await visitor.message.label("Клиенты");
  await expect.poll(() => mail.flags("Second")).toContain(CLIENTS);
});

test("labels of other programs appear by themselves; their own words do not", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Here", flags: ["$Forwarded", "NonJunk", "$MDNSent", "my_project", "$label4", "$label1"] });
  await visitor.signIn(mail);
  await expect(visitor.messageList.labels("Here")).toHaveText(["Important", "To Do"]);
  await expect(visitor.messageList.row("Here").locator(".label-more")).toHaveText("+1my project");
  await mail.store("Here", "-FLAGS", "$label1 $label4");
  await expect(visitor.messageList.labels("Here")).toHaveText(["my project"]);
  // As Thunderbird writes a Russian name.
  await mail.store("Here", "+FLAGS", CLIENTS.toLowerCase());
  await expect(visitor.messageList.labels("Here")).toHaveText([/my project|Клиенты/, /my project|Клиенты/]);
});

test("a press on a label finds all that have it, and does not open the message @both", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Plain" }, { subject: "Mine", flags: ["$label3"] }, { subject: "Ours", flags: ["my_project"] });
  await visitor.signIn(mail);
  await visitor.messageList.labels("Mine").click();
  await expect(visitor.search.input).toHaveValue("label:Personal");
  await visitor.messageList.expectTotal(1);
  await expect(visitor.messageList.row("Mine")).toBeVisible();
  await visitor.search.find("-label:Personal");
  await visitor.messageList.expectTotal(2);
  await visitor.messageList.labels("Ours").click();
  await expect(visitor.search.input).toHaveValue('label:"my project"');
  await visitor.messageList.expectTotal(1);
});

test("by keyboard alone: l opens the menu, arrows choose, digits toggle", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Older" }, { subject: "Newest" });
  await visitor.signIn(mail);
  await visitor.press("j", "l");
  await expect(visitor.message.labelItem("Important")).toBeFocused();
  await visitor.press("ArrowDown", "Enter");
  await expect(visitor.messageList.labels("Newest")).toHaveText(["Work"]);
  await visitor.press("Escape", "3");
  await expect(visitor.messageList.labels("Newest")).toHaveText(["Work", "Personal"]);
  await visitor.press("2");
  await expect(visitor.messageList.labels("Newest")).toHaveText(["Personal"]);
  await expect.poll(() => mail.flags("Newest")).toEqual(["$label3"]);
  // Up from the first is the field; what is typed there does nothing else.
  await visitor.press("l", "ArrowUp");
  await expect(visitor.message.newLabel).toBeFocused();
  await visitor.page.keyboard.type("jest 12");
  await visitor.press("Enter");
  await expect(visitor.messageList.labels("Newest")).toHaveText(["Personal", "jest 12"]);
  await visitor.press("l", "Escape");
  await expect(visitor.message.newLabel).toHaveCount(0);
});

test("the five are called as in Thunderbird, in Russian too", async ({ browser, mail, pismo }) => {
  await mail.append("INBOX", { subject: "Письмо", flags: ["$label1"] });
  const page = await browser.newPage({ locale: "ru-RU" });
  const app = new App(page, pismo.url);
  await app.signIn(mail);
  await expect(app.messageList.labels("Письмо")).toHaveText(["Важное"]);
  await app.messageList.open("Письмо");
  await app.message.act("label");
  await expect(page.getByTestId("label-item")).toHaveText(["Важное1", "Работа2", "Личное3", "К исполнению4", "Позже5"]);
  await app.message.labelItem("Важное").click();
  await expect.poll(() => mail.flags("Письмо")).not.toContain("$label1");
  await app.search.find("-label:важное");
  await app.messageList.expectTotal(1);
  await page.close();
});
