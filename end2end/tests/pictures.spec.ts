// Pictures on the net: not shown until they are asked for, then by way of Pismo, and remembered for whom that was wished.

import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "../fixtures";
import { png } from "../mailserver/message.mjs";

/** A web server on the net, and what it was asked, with the header of each request. */
async function web(): Promise<{ origin: string; asked: http.IncomingMessage[]; close: () => void }> {
  const asked: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request);
    response.setHeader("content-type", "image/png").end(png(300, 120, [[200, 0, 0], [0, 0, 200]]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close: () => server.close() };
}

test("pictures of a sender are shown once and for all, by way of Pismo, and trackers never @both", async ({ visitor, mail, page, problems }) => {
  // A picture that stays away is said in the console.
  problems.expect(/Content Security Policy|ERR_/);
  const net = await web();
  const shop = { name: "Shop", address: "news@shop.example" };
  const html = (number: number) => `<p>Sale ${number}</p><img src="${net.origin}/${number}.png" alt="offer"><img src="${net.origin}/pixel" width="1" height="1">`;
  for (const number of [1, 2]) await mail.append("INBOX", { subject: `Sale ${number}`, from: shop, html: html(number) });
  await mail.append("INBOX", { subject: "Other", from: { name: "Other", address: "x@other.example" }, html: html(3) });
  await visitor.signIn(mail);
  await visitor.messageList.open("Sale 1");
  await visitor.message.rendered();
  await expect(page.getByTestId("remote-blocked")).toBeVisible();
  await expect(page.getByTestId("trackers")).toContainText("1");
  expect(net.asked).toHaveLength(0);

  const outside: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(visitor.url) && !request.url().startsWith("data:")) outside.push(request.url());
  });
  await page.getByTestId("show-remote-sender").click();
  await expect(page.getByTestId("remote-blocked")).toBeHidden();
  const offer = visitor.message.html.getByAltText("offer");
  await expect.poll(() => offer.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(300);
  expect(net.asked.map(({ url }) => url)).toEqual(["/1.png"]);
  for (const field of ["cookie", "referer", "x-forwarded-for"]) expect(net.asked[0]?.headers[field]).toBeUndefined();
  expect(outside).toEqual([]);

  // Of the same sender without a question, of another one not.
  if (visitor.isPhone) await page.goBack();
  await visitor.messageList.open("Sale 2");
  await expect.poll(() => offer.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(300);
  await expect(page.getByTestId("remote-blocked")).toBeHidden();
  if (visitor.isPhone) await page.goBack();
  await visitor.messageList.open("Other");
  await expect(page.getByTestId("remote-blocked")).toBeVisible();
  expect(net.asked.map(({ url }) => url)).toEqual(["/1.png", "/2.png"]);

  await page.goto(`${visitor.url}/pictures`);
  await expect(page.getByTestId("pictures-allowed")).toHaveCount(1);
  await expect(page.getByTestId("pictures-allowed")).toContainText("news@shop.example");
  await page.getByTestId("pictures-forget").click();
  await expect(page.getByTestId("pictures-allowed")).toHaveCount(0);
  await page.getByRole("link", { name: /Back/ }).click();
  await visitor.live();
  await visitor.messageList.open("Sale 1");
  await expect(page.getByTestId("remote-blocked")).toBeVisible();
  net.close();
});

test("an answer shows the pictures that its reader has asked for, and they go out as they were", async ({ visitor, mail, page, problems }) => {
  problems.expect(/Content Security Policy|ERR_/);
  const net = await web();
  const friend = await mail.another("friend");
  const shop = (address: string) => ({ name: "Shop", address });
  const html = `<p>Sale</p><img src="${net.origin}/a.png" alt="offer"><img src="${net.origin}/pixel" width="1" height="1" alt="">`;
  await mail.append("INBOX", { subject: "Shown", from: shop(friend.address), html });
  await mail.append("INBOX", { subject: "Not shown", from: shop("news@other.example"), html: html.replace("a.png", "b.png") });
  await visitor.signIn(mail);
  const outside: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(visitor.url) && !/^(data|blob):/.test(request.url())) outside.push(request.url());
  });
  const offer = visitor.composer.text.getByAltText("offer");

  await visitor.messageList.open("Not shown");
  const refused = page.waitForResponse(/\/pictures\?/);
  await visitor.message.act("reply");
  expect(await (await refused).json()).toEqual([]);
  await expect(offer).not.toHaveAttribute("src");
  await visitor.composer.text.press("Escape");
  await expect(visitor.composer.compose).toBeHidden();
  expect(net.asked).toHaveLength(0);

  await visitor.messageList.open("Shown");
  await page.getByTestId("show-remote").click();
  await expect(page.getByTestId("remote-blocked")).toBeHidden();
  await visitor.message.act("reply");
  await expect.poll(() => offer.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(300);
  // What is shown of itself is no change of the person's.
  await expect(visitor.composer.compose).toHaveAttribute("data-state", "clean");
  await visitor.composer.text.press("Control+Home");
  await visitor.composer.text.pressSequentially("Two, please.");
  await visitor.composer.sendAndWait();
  await expect.poll(() => friend.subjects()).toEqual(["Re: Shown"]);
  const raw = (await friend.source("Re: Shown")).replaceAll(/=\r?\n/g, "").replaceAll("=3D", "=");
  expect(raw).toContain(`src="${net.origin}/a.png"`);
  expect(raw).not.toMatch(/blob:|\/remote\//);
  expect(new Set(net.asked.map(({ url }) => url))).toEqual(new Set(["/a.png"]));
  expect(outside).toEqual([]);
  await friend.close();
  net.close();
});
