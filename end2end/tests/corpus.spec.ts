// Hostile messages are opened one after the other: no script of theirs runs, nothing is asked of the net, and nothing outside of
// the message looks another way. `make corpus DIR=…` takes any folder of payloads or messages; see ../corpus/letters.ts.

import net from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Page } from "@playwright/test";
import { App, expect, test } from "../fixtures";
import { letters, payloads } from "../corpus/letters";

const DIR = process.env.PISMO_CORPUS;
const OWN = path.resolve(import.meta.dirname, "../../server/tests/mime_html/vectors.txt");
/** Where the app is, whatever is open. */
const ASIDE = { x: 0, y: 0, width: 200, height: 900 };
/** Where the browser calls for itself: for forms, updates, accounts. No payload of ours names these. */
const BROWSERS_OWN = /(content-autofill|update|optimizationguide-pa|safebrowsing)\.googleapis\.com|accounts\.google\.com|clients\d\.google\.com/;
/** Without a folder, of our own payloads each of so many. */
const SOME = 12;

test("hostile messages do nothing", async ({ pismo, mail, playwright, launchOptions }) => {
  const all = payloads(DIR ?? OWN).filter((_, number) => DIR || number % SOME === 0);
  const hostile = all.flatMap((payload) => letters(payload, mail.address));
  test.setTimeout(60_000 + hostile.length * 4_000);
  for (const { raw } of hostile) await mail.deliverRaw(raw);
  // Two that mean no harm, by which the app is seen at rest.
  for (const subject of ["Harmless", "First"]) await mail.deliver({ subject, text: "Nothing" });
  // What is read already changes no number beside the list.
  const imap = await mail.imap();
  await imap.select("INBOX");
  await imap.command("UID STORE 1:* +FLAGS.SILENT (\\Seen)");
  // Whatever name is looked up leads here, and whoever calls is counted.
  let at = "signing in";
  const called: string[] = [];
  const canary = net.createServer((socket) => {
    // A name is in the first that is said, in the clear: Host, or the server's name of TLS.
    socket.once("data", (data) => {
      const name = /[a-z0-9-]+(\.[a-z0-9-]+)+/i.exec(data.toString("latin1").replace(/^[A-Z]+ \S+ HTTP\/1\.1/, ""))?.[0] ?? "somebody";
      if (!BROWSERS_OWN.test(data.toString("latin1"))) called.push(`${at}: ${name}`);
    });
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
  const port = (canary.address() as AddressInfo).port;
  const own = new URL(pismo.url).host;
  const browser = await playwright.chromium.launch({ ...launchOptions, args: [...(launchOptions.args ?? []), `--host-resolver-rules=MAP * 127.0.0.1:${port}, EXCLUDE 127.0.0.1`] });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const found: string[] = [];
  page.on("dialog", (dialog) => {
    found.push(`${at}: a dialog, ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => found.push(`${at}: a script, ${error.message}`));
  page.on("popup", () => found.push(`${at}: a window`));
  page.on("console", (entry) => {
    // What the policy has to stop was not stopped before; that the test looks into a frame is its own doing.
    if (/Content Security Policy|Refused to|Blocked script|hacked/.test(entry.text()) && !/Blocked script execution in '[^']*\/message\//.test(entry.text())) found.push(`${at}: ${entry.text()}`);
  });
  context.on("request", (request) => {
    const { host, protocol } = new URL(request.url());
    if (!["data:", "about:", "blob:"].includes(protocol) && host !== own) found.push(`${at}: asked for ${request.url()}`);
  });
  await page.addInitScript(() => {
    for (const name of ["alert", "confirm", "prompt", "print"] as const) window[name] = () => { console.error(`hacked by ${name}`); return undefined as never; };
  });

  const app = new App(page, pismo.url);
  await app.signIn(mail);
  await app.messageList.expectTotal(hostile.length + 2);
  const look = () => page.screenshot({ clip: ASIDE, animations: "disabled" });
  // The newest is on top.
  await app.messageList.rows.first().click();
  await expect(app.message.subject).toHaveText("First");
  await app.press("j");
  await expect(app.message.subject).toHaveText("Harmless");
  const usual = await look();
  const judge = await context.newPage();
  for (const [number, { payload }] of hostile.toReversed().entries()) {
    at = payload;
    await app.press("j");
    await expect(app.message.view).toHaveAttribute("data-uid", String(hostile.length - number));
    await app.message.rendered();
    if (await app.message.showRemote.isVisible()) {
      await app.message.showRemote.click();
      await app.message.rendered();
    }
    const pixels = await differing(judge, usual, await look());
    if (pixels > 0) found.push(`${at}: ${pixels} pixels of the app look another way`);
  }
  await browser.close();
  canary.close();
  expect(found, "scripts, windows, requests and other looks").toEqual([]);
  expect(called, "calls to other hosts").toEqual([]);
  console.log(`${hostile.length} messages of ${all.length} payloads were opened: scripts 0, requests 0, pixels 0`);
});

/** How many pixels of two pictures of one size differ by more than the browser's own edges of round corners do from time to time. */
function differing(judge: Page, one: Buffer, other: Buffer): Promise<number> {
  return judge.evaluate(
    async (pictures) => {
      const [first, second] = await Promise.all(
        pictures.map(async (picture) => {
          const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
          const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
          canvas?.drawImage(bitmap, 0, 0);
          return canvas?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
        }),
      );
      if (!first || !second || first.length !== second.length) return Infinity;
      let pixels = 0;
      for (let at = 0; at < first.length; at += 4) {
        if ([0, 1, 2].some((channel) => Math.abs((first[at + channel] ?? 0) - (second[at + channel] ?? 0)) > 8)) pixels += 1;
      }
      return pixels;
    },
    [one.toString("base64"), other.toString("base64")],
  );
}
