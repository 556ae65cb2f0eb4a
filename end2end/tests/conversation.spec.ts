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
