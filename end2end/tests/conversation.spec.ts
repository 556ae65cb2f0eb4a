// Conversations: the messages that belong together, one's own among them, wherever they are.

import { expect, test } from "../fixtures";

const at = (day: number) => new Date(Date.UTC(2026, 4, day, 9));

test.beforeEach(async ({ mail }) => {
  const anna = { name: "Anna", address: "anna@example.org" };
  await mail.append(
    "INBOX",
    { messageId: "one@x", subject: "Lunch", from: anna, text: "Shall we eat on Friday?", date: at(1), flags: ["\\Seen"] },
    { messageId: "three@x", references: ["one@x", "two@x"], inReplyTo: "two@x", subject: "Re: Lunch", from: anna, text: "At one then", date: at(3) },
    { messageId: "other@x", subject: "Something else", from: anna, text: "Alone", date: at(4) },
  );
  await mail.append("Sent", { messageId: "two@x", references: ["one@x"], inReplyTo: "one@x", subject: "Re: Lunch", from: mail.address, to: anna, text: "Gladly, when?", date: at(2), flags: ["\\Seen"] });
});

test("one's own reply is shown among the others, and opens in their place @both", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.messageList.open("Re: Lunch");
  const { message } = visitor;
  await expect(message.beside).toHaveCount(2);
  await expect(message.beside.nth(0)).toContainText("Anna");
  await expect(message.beside.nth(0)).toContainText("Shall we eat on Friday?");
  await expect(message.beside.nth(1)).toContainText("Gladly, when?");
  await expect(message.beside.nth(1)).toContainText(/Me|Я/);
  await expect(message.beside.nth(1)).toHaveAttribute("data-mailbox", "Sent");

  await message.beside.nth(1).click();
  await expect(message.body).toContainText("Gladly, when?");
  await expect(message.beside).toHaveCount(2);
  await expect(message.beside.nth(1)).toContainText("At one then");
  // It has an address of its own, of a folder that is not the one of the list.
  await visitor.reload();
  await expect(message.body).toContainText("Gladly, when?");
  await expect(message.beside).toHaveCount(2);
  await visitor.page.goBack();
  await expect(message.body).toContainText("At one then");
});

test("a message that belongs to nothing stands alone", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.messageList.open("Re: Lunch");
  await expect(visitor.message.beside).toHaveCount(2);
  await visitor.messageList.open("Something else");
  await expect(visitor.message.body).toContainText("Alone");
  await expect(visitor.message.beside).toHaveCount(0);
});

test("a reply that comes while one reads is added, and marked as unread", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.messageList.open("Lunch");
  await expect(visitor.message.beside).toHaveCount(2);
  await mail.deliver({ references: ["three@x"], inReplyTo: "three@x", subject: "Re: Lunch", text: "Make it two" });
  await expect(visitor.message.beside).toHaveCount(3);
  await expect(visitor.message.beside.nth(2)).toContainText("Make it two");
  await expect(visitor.message.beside.nth(2)).toHaveAttribute("data-seen", "false");
  await visitor.message.beside.nth(2).click();
  await expect(visitor.message.body).toContainText("Make it two");
  await expect(visitor.message.beside).toHaveCount(3);
});

test("the person says whether and in which order they are shown", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.messageList.open("Re: Lunch");
  await expect(visitor.message.beside.first()).toContainText("Shall we eat on Friday?");
  await visitor.choose("threading", "newest");
  await expect(visitor.message.beside.first()).toContainText("Gladly, when?");
  await visitor.reload();
  await expect(visitor.message.beside.first()).toContainText("Gladly, when?");
  await visitor.choose("threading", "off");
  await expect(visitor.message.beside).toHaveCount(0);
  await visitor.reload();
  await expect(visitor.message.body).toContainText("At one then");
  await expect(visitor.message.beside).toHaveCount(0);
});

test("what is far away in a long exchange is folded", async ({ visitor, mail }) => {
  for (let day = 5; day < 12; day += 1) {
    await mail.append("INBOX", { messageId: `${day}@x`, references: ["one@x"], subject: "Re: Lunch", text: `Letter ${day}`, date: at(day), flags: ["\\Seen"] });
  }
  await visitor.signIn(mail);
  await visitor.messageList.at(0).click();
  await expect(visitor.message.body).toContainText("Letter 11");
  await expect(visitor.message.beside).toHaveCount(3);
  await expect(visitor.message.beside.last()).toContainText("Letter 10");
  await visitor.page.getByTestId("conversation-more").click();
  await expect(visitor.message.beside).toHaveCount(9);
});

test("a list shows each conversation once, when it is asked to @both", async ({ visitor, mail }) => {
  await mail.append("INBOX", { messageId: "four@x", references: ["three@x"], subject: "Re: Lunch", text: "Good", date: at(5), flags: ["\\Seen"] });
  await visitor.signIn(mail);
  await visitor.messageList.expectTotal(4);
  await visitor.group();
  await visitor.messageList.expectTotal(2);
  expect(await visitor.messageList.subjects()).toEqual(["Re: Lunch", "Something else"]);
  const row = visitor.messageList.at(0);
  await expect(row.getByTestId("row-count")).toHaveText("3");
  // One of them has not been read, though the newest has.
  await expect(row).toHaveAttribute("data-seen", "false");

  await row.click();
  await expect(visitor.message.body).toContainText("Good");
  await expect(visitor.message.beside).toHaveCount(3);
  await visitor.message.beside.nth(2).click();
  await expect(visitor.message.body).toContainText("At one then");
  if (visitor.isPhone) await visitor.page.goBack();
  if (visitor.isPhone) await visitor.page.goBack();
  await expect(row).toHaveAttribute("data-seen", "true");

  // It is remembered, and can be taken back.
  await visitor.page.goto(new URL("/mail/INBOX", visitor.url).href);
  await visitor.messageList.expectTotal(2);
  await visitor.group();
  await visitor.messageList.expectTotal(4);
});

test("what is done to the row of a conversation is done to all of it", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.group();
  await visitor.messageList.expectTotal(2);
  await visitor.messageList.select("Re: Lunch");
  await visitor.message.act("archive");
  await visitor.messageList.expectTotal(1);
  await expect.poll(async () => (await mail.list("Archive")).length).toBe(2);
  await visitor.toasts.undo();
  await visitor.messageList.expectTotal(2);
  // One that comes is told to belong to the others.
  await mail.deliver({ references: ["three@x"], subject: "Re: Lunch", text: "Make it two" });
  await expect(visitor.messageList.at(0).getByTestId("row-count")).toHaveText("3");
  await visitor.messageList.expectTotal(2);
});

test("what a message in HTML quotes beneath itself is folded", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Quoting", html: "<p>Yes, gladly.</p><blockquote type=cite><p>Would you come?</p></blockquote>", date: at(9) });
  await visitor.signIn(mail);
  await visitor.messageList.open("Quoting");
  const { html } = visitor.message;
  await expect(html.getByText("Yes, gladly.")).toBeVisible();
  await expect(html.getByText("Would you come?")).toBeHidden();
  await html.getByText("Quoted text").click();
  await expect(html.getByText("Would you come?")).toBeVisible();
});
