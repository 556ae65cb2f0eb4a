// Part 4: the list of a folder.

import { expect, test } from "../fixtures";
import { pdf } from "../mailserver/message.mjs";

test("rows show sender, subject, preview, marks; the newest is on top @both", async ({ visitor, mail }) => {
  await mail.append(
    "INBOX",
    { subject: "Oldest", from: { name: "Клара Новак", address: "klara@example.org" }, text: "Первые слова письма", flags: ["\\Seen"] },
    { subject: "Starred", flags: ["\\Seen", "\\Flagged"] },
    { subject: "Answered", flags: ["\\Seen", "\\Answered"] },
    { subject: "With a file", attachments: [{ name: "plan.pdf", type: "application/pdf", bytes: pdf(["plan"]) }] },
  );
  await visitor.signIn(mail);
  expect(await visitor.messageList.subjects()).toEqual(["With a file", "Answered", "Starred", "Oldest"]);
  const oldest = visitor.messageList.row("Oldest");
  await expect(oldest).toContainText("Клара Новак");
  await expect(oldest).toContainText("Первые слова письма");
  await visitor.messageList.expectSeen("Oldest", true);
  await visitor.messageList.expectSeen("With a file", false);
  await visitor.messageList.expectFlagged("Starred", true);
  await expect(visitor.messageList.row("Answered")).toHaveAttribute("data-answered", "true");
  await expect(visitor.messageList.row("With a file").getByTitle("Has an attachment").or(visitor.messageList.row("With a file").getByLabel("Has an attachment")).or(visitor.messageList.row("With a file").getByText("Has an attachment")).first()).toBeAttached();
});

test("subjects in old charsets are readable", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Привет из КОИ-8", charset: "koi8-r" }, { subject: "Привет из 1251", charset: "windows-1251" });
  await visitor.signIn(mail);
  await expect(visitor.messageList.row("Привет из КОИ-8")).toBeVisible();
  await expect(visitor.messageList.row("Привет из 1251")).toBeVisible();
});

test("dates are in the person's own time zone", async ({ visitor, mail }) => {
  // 23:30 UTC on the 4th is already the 5th in Belgrade.
  await mail.append("INBOX", { subject: "Around midnight", date: new Date("2026-03-04T23:30:00Z"), flags: ["\\Seen"] });
  await visitor.signIn(mail);
  const date = visitor.messageList.row("Around midnight").getByTestId("row-date");
  await expect(date).toContainText("5");
  await expect(date).toContainText(/Mar/);
});

test("a folder of 10,000 messages is one list that can be scrolled anywhere @both", async ({ visitor, mail }) => {
  test.slow();
  await mail.fill("Many", 10_000);
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Many");
  await visitor.messageList.expectTotal(10_000);
  await expect(visitor.messageList.at(0)).toContainText("· 9999");
  await visitor.messageList.scrollTo(5_000);
  await expect(visitor.messageList.at(5_000)).toContainText("· 4999");
  await visitor.messageList.scrollTo(9_990);
  await expect(visitor.messageList.at(9_990)).toContainText("· 9");
  // The document holds what can be seen and a little more, never all of it.
  expect(await visitor.messageList.rows.count()).toBeLessThan(200);
});

test("an empty folder says so @both", async ({ visitor, mail }) => {
  await visitor.signIn(mail);
  await visitor.mailboxList.open("Junk");
  await visitor.messageList.expectTotal(0);
  await expect(visitor.page.getByText("This folder is empty")).toBeVisible();
});

test("the signed-in page has folders and rows before any script runs", async ({ app, mail, pismo }) => {
  await mail.append("INBOX", { subject: "In the HTML" });
  await expect(app.messageList.row("In the HTML")).toBeVisible();
  const cookies = await app.page.context().cookies();
  const html = await (await fetch(`${pismo.url}/mail/INBOX`, { headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") } })).text();
  const markup = html.replaceAll(/<script[^]*?<\/script>/g, "");
  expect(markup).toContain("In the HTML");
  expect(markup).toContain('data-path="Trash"');
});
