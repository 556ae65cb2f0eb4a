// Formatted text: written, quoted, pasted, kept and sent.

import { png } from "../mailserver/message.mjs";
import { expect, test } from "../fixtures";

const SEA = png(120, 80, [[0, 90, 160], [200, 230, 250]]);

/** The lines of a part put together again, as RFC 2045 §6.7 has them. */
const joined = (source: string) => source.replaceAll(/=\r?\n/g, "").replaceAll("=3D", "=");

test("formatted text goes out as it looks, with its words beside it @both", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  await app.composer.open();
  await app.composer.fill({ to: friend.address, subject: "Plans", body: "Hello" });
  await app.composer.format();
  await expect(app.composer.text).toHaveText("Hello");
  await app.composer.text.press("Control+a");
  await app.composer.button("bold").click();
  await expect(app.composer.button("bold")).toHaveAttribute("aria-pressed", "true");
  await app.composer.text.press("Control+End");
  await app.composer.text.press("Enter");
  await app.composer.button("bold").click();
  await app.composer.text.pressSequentially("bread");
  await app.composer.button("bullets").click();
  await app.composer.text.press("Enter");
  await app.composer.text.pressSequentially("milk");
  await app.composer.saved();
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Plans"]);
  const source = joined(await friend.source("Plans"));
  expect(source).toContain("multipart/alternative");
  expect(source).toMatch(/<b>Hello<\/b>/);
  expect(source).toMatch(/<ul><li dir="auto">bread<\/li><li dir="auto">milk/);
  expect(source).toContain(Buffer.from("Hello\r\n\r\n• bread\r\n• milk\r\n").toString("base64"));
  await friend.close();
});

test("an answer keeps the look and the pictures of what it quotes, and fetches nothing", async ({ app, mail, page }) => {
  const friend = await mail.another("friend");
  const asked: string[] = [];
  page.on("request", (request) => {
    // What is in the browser already comes from nowhere.
    if (!request.url().startsWith(app.url) && !request.url().startsWith("blob:")) asked.push(request.url());
  });
  await mail.deliver({
    subject: "Newsletter",
    from: { name: "Shop", address: friend.address },
    html: `<style>.price{color:#c00000}body{background:#ffe}.hid{display:none}</style><div class="hid">track me</div><p class="price" onclick="top.hacked=1">Cheap</p>
<table border="1"><tr><td>cell</td></tr></table><img src="cid:sea@example.org" alt="the sea"><img src="http://127.0.0.1:9/pixel.png" alt="pixel"><script>top.hacked=1</script>`,
    text: "Cheap",
    inline: [{ name: "sea.png", type: "image/png", cid: "sea@example.org", bytes: SEA }],
  });
  await app.messageList.open("Newsletter");
  await app.message.act("reply");
  await expect(app.composer.text.locator("blockquote .price, blockquote [onclick], script")).toHaveCount(0);
  await expect(app.composer.text.locator("blockquote p")).toHaveCSS("color", "rgb(192, 0, 0)");
  await expect(app.composer.text).toContainText("Shop wrote:");
  // It is shown from bytes that came with the message.
  await expect.poll(() => app.composer.text.getByAltText("the sea").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(120);
  await expect(app.composer.compose).toHaveAttribute("data-state", "clean");
  await app.composer.text.press("Control+Home");
  await app.composer.text.pressSequentially("Two, please.");
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Re: Newsletter"]);
  const raw = await friend.source("Re: Newsletter");
  const source = joined(raw);
  expect(source).toContain("Two, please.");
  expect(source).toMatch(/<p style="color: ?(#c00000|rgb\(192, 0, 0\));?">Cheap/);
  expect(source).toContain('src="http://127.0.0.1:9/pixel.png"');
  expect(raw.replaceAll(/\r?\n/g, "")).toContain(SEA.toString("base64"));
  expect(source).toMatch(/Content-ID: <[0-9a-f]{32}@/);
  expect(source).not.toMatch(/onclick|<script|hacked/);
  expect(source).toMatch(/^> Cheap/m);
  expect(source).not.toMatch(/^> track me/m);
  expect(asked).toEqual([]);
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  await friend.close();
});

test("what is pasted is made harmless first, and keeps its look", async ({ app, page }) => {
  await app.composer.open();
  await app.composer.format();
  await app.composer.text.evaluate((element) => {
    const data = new DataTransfer();
    data.setData("text/html", `<html><head><style>td{font-weight:bold}</style></head><body><!--StartFragment--><p class=MsoNormal style='mso-fareast-language:EN'>From Word<o:p></o:p></p>
<table><tr><td>Sum</td><td>12</td></tr></table><img src=x onerror="top.hacked=1"><svg onload="top.hacked=1"></svg><a href="javascript:top.hacked=1">go</a><!--EndFragment--></body></html>`);
    data.setData("text/plain", "From Word");
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await expect(app.composer.text.locator("td").first()).toHaveCSS("font-weight", "700");
  await expect(app.composer.text).toContainText("From Word");
  await expect(app.composer.text.locator("svg, [onerror], [class], a[href^=javascript]")).toHaveCount(0);
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  await app.composer.saved();
});

test("a picture stands in the text, and is there when the draft is opened again", async ({ app, mail }) => {
  const friend = await mail.another("friend");
  await app.composer.open();
  await app.composer.fill({ to: friend.address, subject: "At the sea", body: "Look:" });
  await app.composer.format();
  await app.composer.text.press("Control+End");
  await app.composer.picture.setInputFiles({ name: "sea.png", mimeType: "image/png", buffer: SEA });
  await expect(app.composer.text.locator("img[data-blob]")).toHaveCount(1);
  // It is no file beside the text.
  await expect(app.composer.attachments).toHaveCount(0);
  await app.composer.saved();
  await app.composer.close();
  await app.mailboxList.open("Drafts");
  await app.messageList.open("At the sea");
  await app.page.getByRole("button", { name: "Go on writing" }).first().click();
  await expect(app.composer.text).toContainText("Look:");
  await expect.poll(() => app.composer.text.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(120);
  await app.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["At the sea"]);
  const source = await friend.source("At the sea");
  expect(source).toContain("multipart/related");
  expect(source.replaceAll(/\r?\n/g, "")).toContain(SEA.toString("base64"));
  await friend.close();
});

test("formatted text becomes plain, and what was written is kept through a reload", async ({ app }) => {
  await app.composer.open();
  await app.composer.fill({ subject: "Both ways", body: "One\n\n> two\n" });
  await app.composer.format();
  await expect(app.composer.text.locator("blockquote")).toHaveText("two");
  await app.composer.text.press("Control+Home");
  await app.composer.text.pressSequentially("Zero ");
  await app.composer.saved();
  await app.reload();
  await expect(app.composer.text).toContainText("Zero One");
  await app.composer.plain.click();
  await expect(app.composer.body).toHaveValue(/^Zero One\n\n> two\n/);
});

test("a link is set and taken away with the keyboard @both", async ({ app }) => {
  await app.composer.open();
  await app.composer.fill({ body: "here" });
  await app.composer.format();
  await app.composer.text.press("Control+a");
  await app.composer.text.press("Control+k");
  const field = app.composer.compose.getByTestId("compose-link");
  await expect(field).toBeFocused();
  await field.fill("example.org/a");
  await field.press("Enter");
  await expect(app.composer.text.locator("a")).toHaveAttribute("href", "https://example.org/a");
  await expect(app.composer.text).toBeFocused();
});
