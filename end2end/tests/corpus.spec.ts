// Hostile messages are opened one after the other: no script of theirs runs, nothing is asked of the net. `make corpus DIR=…` takes any folder of payloads or messages; see ../corpus/letters.ts.

import net from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { App, expect, test } from "../fixtures";
import { letters, payloads } from "../corpus/letters";

const DIR = process.env.PISMO_CORPUS;
const OWN = path.resolve(import.meta.dirname, "../../server/tests/mime_html/vectors.txt");
/** Without a folder, of our own payloads each of so many. */
const SOME = 12;

test("hostile messages do nothing", async ({ pismo, mail, playwright, launchOptions }) => {
  const all = payloads(DIR ?? OWN).filter((_, number) => DIR || number % SOME === 0);
  const hostile = all.flatMap((payload) => letters(payload, mail.address));
  test.setTimeout(60_000 + hostile.length * 4_000);
  for (const { raw } of hostile) await mail.deliverRaw(raw);
  // What is read already changes no number beside the list.
  const imap = await mail.imap();
  await imap.select("INBOX");
  await imap.command("UID STORE 1:* +FLAGS.SILENT (\\Seen)");
  // Whatever name is looked up leads here, and whoever calls is counted.
  const called: string[] = [];
  const canary = net.createServer((socket) => {
    socket.once("data", (data) => called.push(data.toString("latin1").split("\r\n")[0] ?? ""));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
  const port = (canary.address() as AddressInfo).port;
  const own = new URL(pismo.url).host;
  const browser = await playwright.chromium.launch({ ...launchOptions, args: [...(launchOptions.args ?? []), `--host-resolver-rules=MAP * 127.0.0.1:${port}, EXCLUDE 127.0.0.1`] });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const found: string[] = [];
  let at = "signing in";
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
  await app.messageList.expectTotal(hostile.length);
  await app.messageList.rows.first().click();
  // The newest is on top.
  for (const [number, { payload }] of hostile.toReversed().entries()) {
    at = payload;
    if (number > 0) await app.press("j");
    await expect(app.message.view).toHaveAttribute("data-uid", String(hostile.length - number));
    await app.message.rendered();
    if (await app.message.showRemote.isVisible()) {
      await app.message.showRemote.click();
      await app.message.rendered();
    }
  }
  await browser.close();
  canary.close();
  expect(found, "scripts, windows and requests").toEqual([]);
  expect(called, "calls to other hosts").toEqual([]);
  console.log(`${hostile.length} messages of ${all.length} payloads were opened: scripts 0, requests 0`);
});
