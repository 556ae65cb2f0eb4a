// Part 6: reading a message, safely.

import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "../fixtures";
import { pdf, png } from "../mailserver/message.mjs";

test("a plain text is shown with links and folded quotes @both", async ({ visitor, mail }) => {
  const quote = Array.from({ length: 12 }, (_, line) => `> quoted line ${line}`).join("\n");
  await mail.append("INBOX", { subject: "Plain", from: { name: "Клара", address: "klara@example.org" }, text: `See https://example.org/a?b=1&c=2.\n\nBye <script>alert(1)</script>\n\n${quote}\n` });
  await visitor.signIn(mail);
  await visitor.messageList.open("Plain");
  await visitor.message.rendered();
  await expect(visitor.message.from).toContainText("Клара");
  await expect(visitor.message.body).toContainText("Bye <script>alert(1)</script>");
  const link = visitor.message.body.getByRole("link", { name: "https://example.org/a?b=1&c=2" });
  await expect(link).toHaveAttribute("href", "https://example.org/a?b=1&c=2");
  await expect(link).toHaveAttribute("rel", /noopener/);
  await expect(visitor.message.body.getByText("quoted line 7")).toBeHidden();
  await visitor.message.body.locator("summary").first().click();
  await expect(visitor.message.body.getByText("quoted line 7")).toBeVisible();
});

test("opening marks as read, here and on the server", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Unread so far" });
  await visitor.signIn(mail);
  await visitor.messageList.open("Unread so far");
  await visitor.messageList.expectSeen("Unread so far", true);
  await visitor.mailboxList.expectUnseen("INBOX", 0);
  await expect.poll(() => mail.flags("Unread so far")).toContain("\\Seen");
});

for (const [charset, text] of [["koi8-r", "Съешь ещё этих мягких французских булок"], ["windows-1251", "Широкая электрификация южных губерний"], ["iso-8859-2", "Příliš žluťoučký kůň"], ["utf-8", "日本語のメール"]] as const) {
  test(`a body in ${charset} is right`, async ({ visitor, mail }) => {
    await mail.append("INBOX", { subject: `In ${charset}`, text, charset, encoding: charset === "utf-8" ? "base64" : "8bit" });
    await visitor.signIn(mail);
    await visitor.messageList.open(`In ${charset}`);
    await expect(visitor.message.body).toContainText(text);
  });
}

test("HTML is framed in a sandbox, without scripts, under a policy that starts at nothing", async ({ visitor, mail }) => {
  await mail.append("INBOX", {
    subject: "Hostile",
    html: `<p onclick="top.hacked=1">Hello <b>there</b></p><script>top.hacked = 1</script><img src=x onerror="top.hacked=1"><a href="javascript:top.hacked=1">press</a>
      <form action="https://evil.example"><input name=p><button>Go</button></form><iframe src="https://evil.example"></iframe><style>p{color:red}</style><svg><script>top.hacked=1</script></svg>`,
  });
  await visitor.signIn(mail);
  await visitor.messageList.open("Hostile");
  await visitor.message.rendered();
  const sandbox = await visitor.message.body.getAttribute("sandbox");
  expect(sandbox).not.toBeNull();
  expect(sandbox).not.toContain("allow-scripts");
  await expect(visitor.message.html.getByText("there")).toBeVisible();
  await expect(visitor.message.html.locator("script, form, iframe, [onclick], [onerror], a[href^=javascript]")).toHaveCount(0);
  expect(await visitor.page.evaluate(() => "hacked" in window)).toBe(false);

  const source = await visitor.message.body.getAttribute("src");
  if (source) {
    const response = await visitor.page.request.get(new URL(source, visitor.url).href);
    expect(response.headers()["content-security-policy"]).toContain("default-src 'none'");
    expect(response.headers()["content-security-policy"]).toContain("sandbox");
  } else {
    expect(await visitor.message.body.getAttribute("srcdoc")).toContain("default-src 'none'");
  }
});

test("remote content is loaded only when asked for", async ({ visitor, mail, problems }) => {
  problems.expect(/Content Security Policy|ERR_/);
  const asked: string[] = [];
  const tracker = http.createServer((request, response) => {
    asked.push(request.url ?? "");
    response.setHeader("content-type", "image/png").end(png(40, 40, [[200, 0, 0], [0, 0, 200]]));
  });
  await new Promise<void>((resolve) => tracker.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(tracker.address() as AddressInfo).port}`;
  await mail.append("INBOX", { subject: "Newsletter", html: `<p style="background:url(${origin}/background.png)">Sale</p><img src="${origin}/pixel.png" alt="tracking"><link rel=stylesheet href="${origin}/style.css">` });
  await visitor.signIn(mail);
  await visitor.messageList.open("Newsletter");
  await visitor.message.rendered();
  await expect(visitor.message.html.getByText("Sale")).toBeVisible();
  await expect(visitor.message.showRemote).toBeVisible();
  expect(asked).toEqual([]);
  await visitor.message.showRemote.click();
  await expect.poll(() => asked).toContain("/pixel.png");
  expect(asked).not.toContain("/style.css");
  // What a style puts in is a picture like any other.
  await expect.poll(() => asked).toContain("/background.png");
  tracker.close();
});

test("pictures inside a message are shown", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "With a picture", html: '<p>Look:</p><img src="cid:sea@example.org" alt="the sea">', text: "Look", inline: [{ name: "sea.png", type: "image/png", cid: "sea@example.org", bytes: png(120, 80, [[0, 90, 160], [200, 230, 250]]) }] });
  await visitor.signIn(mail);
  await visitor.messageList.open("With a picture");
  await visitor.message.rendered();
  const picture = visitor.message.html.getByAltText("the sea");
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(120);
});

test("a message goes to the printer whole, by button and by key, with its pictures when they were asked for", async ({ visitor, mail, problems }) => {
  problems.expect(/ERR_/);
  const { page } = visitor;
  await page.context().addInitScript(() => {
    window.print = () => document.documentElement.setAttribute("data-printed", "yes");
  });
  await mail.append("INBOX", { subject: "Paper & <ink>", html: '<p>To keep</p><img src="http://127.0.0.1:9/seal.png" alt="seal"><script>document.documentElement.dataset.printed = "no"</script>' });
  await visitor.signIn(mail);
  await visitor.messageList.open("Paper & <ink>");
  await visitor.message.rendered();
  const [byButton] = await Promise.all([page.context().waitForEvent("page"), page.getByTestId("action-print").click()]);
  await expect(byButton.locator("html")).toHaveAttribute("data-printed", "yes");
  await expect(byButton).toHaveTitle("Paper & <ink>");
  await expect(byButton.getByText("To keep")).toBeVisible();
  await expect(byButton.getByRole("rowheader", { name: "Date" })).toBeVisible();
  expect(byButton.url()).not.toContain("remote");
  await byButton.close();

  await visitor.message.showRemote.click();
  await visitor.messageList.row("Paper & <ink>").focus();
  const [byKey] = await Promise.all([page.context().waitForEvent("page"), page.keyboard.press("Control+p")]);
  await expect(byKey.locator("html")).toHaveAttribute("data-printed", "yes");
  expect(byKey.url()).toContain("remote=1");
});

test("attachments are listed, and downloaded byte by byte as they were", async ({ visitor, mail }) => {
  const bytes = pdf(["A page"]);
  await mail.append("INBOX", {
    subject: "Files",
    text: "Here",
    attachments: [{ name: "Счёт № 5.pdf", type: "application/pdf", bytes }, { name: "notes.txt", type: "text/plain", bytes: Buffer.from("заметки\n") }, { name: "evil.html", type: "text/html", bytes: Buffer.from("<script>alert(1)</script>") }],
  });
  await visitor.signIn(mail);
  await visitor.messageList.open("Files");
  await expect(visitor.message.attachments).toHaveCount(3);
  const [download] = await Promise.all([visitor.page.waitForEvent("download"), visitor.message.attachment("Счёт № 5.pdf").click()]);
  expect(download.suggestedFilename()).toBe("Счёт № 5.pdf");
  expect(fs.readFileSync(await download.path())).toEqual(bytes);
  // A page from a stranger must never open as one of ours.
  const href = await visitor.message.attachment("evil.html").getAttribute("href");
  const response = await visitor.page.request.get(new URL(href ?? "", visitor.url).href);
  expect(response.headers()["content-disposition"]).toContain("attachment");
  expect(response.headers()["x-content-type-options"]).toBe("nosniff");
});

test("images and texts are previewed", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Previews", text: "Here", attachments: [{ name: "photo.png", type: "image/png", bytes: png(300, 200, [[10, 90, 60], [240, 220, 90]]) }, { name: "notes.txt", type: "text/plain; charset=utf-8", bytes: Buffer.from("записка для тебя\n") }] });
  await visitor.signIn(mail);
  await visitor.messageList.open("Previews");
  await visitor.page.getByRole("button", { name: "Preview photo.png" }).click();
  const dialog = visitor.page.getByRole("dialog");
  await expect.poll(() => dialog.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(300);
  await visitor.press("Escape");
  await expect(dialog).toBeHidden();
  await visitor.page.getByRole("button", { name: "Preview notes.txt" }).click();
  await expect(dialog).toContainText("записка для тебя");
});

test("the source and all headers are there on request", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "With headers", headers: [["X-Walrus", "tusks"]], text: "Hi" });
  await visitor.signIn(mail);
  await visitor.messageList.open("With headers");
  await visitor.message.act("source");
  await expect(visitor.page.getByRole("dialog")).toContainText("X-Walrus: tusks");
});

test("Back closes the message on a phone and leaves the list where it was @phone", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "First" }, { subject: "Second" });
  await visitor.signIn(mail);
  await visitor.messageList.open("First");
  await expect(visitor.messageList.row("Second")).toBeHidden();
  await visitor.page.goBack();
  await expect(visitor.messageList.row("Second")).toBeVisible();
});

test("a message's address can be opened by itself", async ({ visitor, mail }) => {
  await mail.append("INBOX", { subject: "Deep link", text: "Straight to here" });
  await visitor.signIn(mail);
  await visitor.messageList.open("Deep link");
  await visitor.message.rendered();
  await visitor.page.reload();
  await expect(visitor.message.subject).toHaveText("Deep link");
  await expect(visitor.message.body).toContainText("Straight to here");
});

test("malformed messages are shown as far as they go", async ({ visitor, mail, pismo }) => {
  await mail.deliverRaw(Buffer.from("Subject: No end\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=no-such-charset\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybGQ@@@\r\n--b\r\nContent-Type: image/png\r\n"));
  await mail.deliverRaw(Buffer.from(`Subject: =?utf-8?Q?=FF=FE?= raw \xff\r\nFrom: <<>>\r\nDate: yesterday\r\n\r\n${"x".repeat(5000)}`, "latin1"));
  await visitor.signIn(mail);
  await visitor.messageList.open("No end");
  await visitor.message.rendered();
  await visitor.messageList.expectTotal(2);
  await visitor.messageList.at(0).click();
  await visitor.message.rendered();
  expect(pismo.printed()).not.toMatch(/panicked/);
});

test("a message of more parts than are listed says so", async ({ visitor, mail }) => {
  const part = (number: number) => `--b\r\nContent-Type: application/octet-stream; name=${number}.bin\r\n\r\nx\r\n`;
  const parts = Array.from({ length: 1100 }, (_, number) => part(number)).join("");
  await mail.deliverRaw(Buffer.from(`From: a@example.org\r\nSubject: Many parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`));
  await mail.deliver({ subject: "One part", text: "x" });
  await visitor.signIn(mail);
  await visitor.messageList.open("Many parts");
  await expect(visitor.page.getByTestId("message-left-out")).toContainText("more parts than can be listed");
  await expect(visitor.page.getByTestId("message-left-out").getByRole("link")).toHaveAttribute("download", "message.eml");
  await visitor.messageList.open("One part");
  await expect(visitor.message.body).toBeVisible();
  await expect(visitor.page.getByTestId("message-left-out")).toHaveCount(0);
});
