// The figures, in the order of the table. Each answers with its lines.

import { performance } from "node:perf_hooks";
import { Imap } from "../mailserver/imap.mjs";
import { COLLECTING } from "./collecting.mjs";
import { CROWD } from "./crowd.mjs";
import { EXTREMES } from "./extremes.mjs";
import { LIVE_USERS } from "./live.mjs";
import { MILLION } from "./million.mjs";
import { NEWSLETTER } from "./newsletter.mjs";
import { SEARCHES } from "./search.mjs";
import { WINDOWS } from "./windows.mjs";
import { WRITING } from "./writing.mjs";
import { ADDRESS, PASSWORD, inPage, middle, momentInPage, rowsShown, until } from "./bench.mjs";

const ROW = "(UID FLAGS INTERNALDATE ENVELOPE BODYSTRUCTURE)";
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

export const FIGURES = [
  {
    name: "first visit",
    async measure(bench) {
      const bytes = [];
      const requests = [];
      for (let round = 0; round < 3; round++) {
        const page = await bench.visitor();
        const session = await page.context().newCDPSession(page);
        await session.send("Network.enable");
        let sum = 0;
        let count = 0;
        session.on("Network.loadingFinished", ({ encodedDataLength }) => { sum += encodedDataLength; });
        // What the browser's cache answers does not go over the wire.
        session.on("Network.requestWillBeSent", ({ request }) => { count += request.url.startsWith("http") ? 1 : 0; });
        session.on("Network.requestServedFromCache", () => { count -= 1; });
        session.on("Network.responseReceived", ({ response }) => { count -= response.fromDiskCache || response.fromPrefetchCache ? 1 : 0; });
        session.on("Network.webSocketCreated", () => { count += 1; });
        await bench.signIn(page);
        await bench.live(page);
        await page.waitForLoadState("networkidle");
        bytes.push(sum / 1000);
        requests.push(count);
        await page.context().close();
      }
      return [{ what: "bytes, requests", peer: "361 kB, 18", aim: "≤ 300 kB, ≤ 10", value: `${Math.round(middle(bytes))} kB, ${middle(requests)}` }];
    },
  },
  {
    name: "sign in → rows",
    async measure(bench) {
      const floor = await bench.median(() => bench.time(async () => {
        const imap = await Imap.login(bench.mail.imap, ADDRESS, PASSWORD);
        await imap.select("INBOX");
        await imap.command(`FETCH 951:1000 ${ROW}`);
        imap.close();
      }));
      const cold = await bench.median(async () => {
        const page = await bench.visitor();
        const taken = await bench.signIn(page);
        await page.context().close();
        return taken;
      });
      const page = await bench.visitor();
      const warm = await bench.median(async () => {
        const taken = await bench.signIn(page);
        await bench.live(page);
        await page.context().clearCookies();
        return taken;
      });
      await page.context().close();
      return [
        { what: "cold cache", floor: ms(floor), peer: "284 ms", aim: "150 ms", value: ms(cold) },
        { what: "warm cache", floor: ms(floor), peer: "211 ms", aim: "100 ms", value: ms(warm) },
      ];
    },
  },
  {
    name: "reload",
    async measure(bench) {
      await bench.imap.select("INBOX");
      const floor = await bench.median(() => bench.time(() => bench.imap.command(`FETCH 951:1000 ${ROW}`)));
      const page = await signedIn(bench);
      const value = await bench.median(async () => {
        await page.goto(`${bench.url}/mail/INBOX`, { waitUntil: "commit" });
        const started = await page.evaluate(() => performance.timeOrigin);
        const taken = (await rowsShown(page)) - started;
        await bench.live(page);
        return taken;
      });
      await page.context().close();
      return [{ what: "signed in, warm → rows", floor: ms(floor), peer: "254 ms", aim: "100 ms", value: ms(value) }];
    },
  },
  {
    name: "open a folder",
    async measure(bench) {
      const page = await signedIn(bench);
      const lines = [];
      for (const [folder, total, peer] of [["Ten", 10_000, "85 ms"], ["Hundred", bench.large, "91 ms"]]) {
        const floor = await bench.median(() => bench.time(async () => {
          await Promise.all([bench.imap.select(folder), bench.imap.command(`FETCH ${total - 49}:${total} ${ROW}`)]);
        }));
        const value = await bench.median(async () => {
          const taken = await openFolder(page, folder, total - 1);
          await openFolder(page, "INBOX", 999);
          return taken;
        });
        lines.push({ what: `${total.toLocaleString("en")} messages`, floor: ms(floor), peer, aim: "30 ms", value: ms(value) });
      }
      await page.context().close();
      return lines;
    },
  },
  {
    name: "jump to the middle",
    async measure(bench) {
      const total = bench.large;
      await bench.imap.select("Hundred");
      const floor = await bench.median(() => bench.time(() => bench.imap.command(`FETCH ${total / 2}:${total / 2 + 49} ${ROW}`)));
      const page = await signedIn(bench);
      await openFolder(page, "Hundred", total - 1);
      await bench.live(page);
      const value = await bench.median(async (round) => {
        const position = total / 2 + round * 500;
        const taken = await inPage(
          page,
          ({ position, total }) => {
            const list = document.querySelector('[data-testid="message-list"]');
            list.scrollTop = (list.scrollHeight * position) / total;
          },
          ({ position }) => document.querySelector('[data-testid="message-list"]').dataset.loaded === "true" && document.querySelector(`[data-testid="message-row"][data-position="${position + 3}"]`) !== null,
          { position, total },
        );
        await page.evaluate(() => { document.querySelector('[data-testid="message-list"]').scrollTop = 0; });
        await page.locator('[data-testid="message-row"][data-position="0"]').waitFor();
        return taken;
      });
      await page.context().close();
      return [{ what: `of ${total.toLocaleString("en")} → rows`, floor: ms(floor), peer: "112 ms", aim: "40 ms", value: ms(value) }];
    },
  },
  {
    name: "open a message",
    async measure(bench) {
      await bench.imap.select("INBOX");
      const floor = await bench.median((round) => bench.time(() => bench.imap.command(`FETCH ${900 + round} (BODY.PEEK[])`)));
      const page = await signedIn(bench);
      const open = (position) => inPage(
        page,
        (position) => document.querySelector(`[data-testid="message-row"][data-position="${position}"]`).click(),
        (position) => {
          const row = document.querySelector(`[data-testid="message-row"][data-position="${position}"]`);
          const view = document.querySelector('[data-testid="message-view"]');
          return view?.dataset.uid === row?.dataset.uid && view?.querySelector('[data-testid="message-body"]')?.dataset.rendered === "true";
        },
        position,
      );
      // Every third, so that no neighbour was fetched ahead by the one before.
      const places = [1, 4, 7, 10];
      const first = [];
      const again = [];
      for (const place of places) {
        first.push(await open(place));
        await open(0);
        again.push(await open(place));
      }
      await page.context().close();
      return [
        { what: "for the first time", floor: ms(floor), peer: "158 ms", aim: "50 ms", value: ms(middle(first)) },
        { what: "again", floor: ms(floor), peer: "156 ms", aim: "30 ms", value: ms(middle(again)) },
      ];
    },
  },
  {
    name: "star",
    async measure(bench) {
      await bench.imap.select("INBOX");
      const floor = await bench.median((round) => bench.time(() => bench.imap.command(`STORE 1 ${round % 2 ? "+" : "-"}FLAGS.SILENT (\\Flagged)`)));
      const page = await signedIn(bench);
      const shown = [];
      const stored = [];
      for (let round = 0; round < bench.rounds + 1; round++) {
        const uid = await page.locator('[data-testid="message-row"][data-position="2"]').getAttribute("data-uid");
        const before = await page.locator('[data-testid="message-row"][data-position="2"]').getAttribute("data-flagged");
        const wanted = before === "true" ? "false" : "true";
        const pressed = performance.now();
        const [taken] = await Promise.all([
          inPage(
            page,
            () => document.querySelector('[data-testid="message-row"][data-position="2"] [data-testid="row-flag"]').click(),
            (wanted) => document.querySelector('[data-testid="message-row"][data-position="2"]').dataset.flagged === wanted,
            wanted,
          ),
          until(async () => (await bench.imap.command(`UID FETCH ${uid} (FLAGS)`)).some((line) => line.includes("\\Flagged") === (wanted === "true") && line.includes("FETCH")), 0).then(() => stored.push(performance.now() - pressed)),
        ]);
        shown.push(taken);
      }
      await page.context().close();
      return [
        { what: "→ shown", floor: ms(floor), peer: "16 ms", aim: "16 ms", value: ms(middle(shown)) },
        { what: "→ on the server (polled without a pause)", floor: ms(floor), peer: "24 ms", aim: "20 ms", value: ms(middle(stored)) },
      ];
    },
  },
  {
    name: "live",
    async measure(bench) {
      const page = await signedIn(bench);
      const idle = await Imap.login(bench.mail.imap, ADDRESS, PASSWORD);
      await idle.select("INBOX");
      const floors = [];
      const delivered = [];
      for (let round = 0; round < bench.rounds; round++) {
        const subject = `bench delivery ${Date.now()}`;
        const heard = new Promise((resolve) => {
          idle.onUntagged = (line) => /EXISTS/.test(line) && resolve(performance.timeOrigin + performance.now());
        });
        const waiting = idle.idle();
        const shown = momentInPage(page, (subject) => document.querySelector('[data-testid="message-row"][data-position="0"]')?.textContent.includes(subject), subject);
        const sent = await bench.deliver(subject);
        floors.push((await heard) - sent);
        delivered.push((await shown) - sent);
        waiting.done();
        await waiting.finished;
      }
      await idle.logout();
      await bench.imap.select("INBOX");
      const flagged = [];
      for (let round = 0; round < bench.rounds; round++) {
        const uid = await page.locator('[data-testid="message-row"][data-position="1"]').getAttribute("data-uid");
        const seen = await page.locator('[data-testid="message-row"][data-position="1"]').getAttribute("data-seen");
        const wanted = seen === "true" ? "false" : "true";
        const shown = momentInPage(page, ([uid, wanted]) => document.querySelector(`[data-testid="message-row"][data-uid="${uid}"]`)?.dataset.seen === wanted, [uid, wanted]);
        await bench.imap.command(`UID STORE ${uid} ${wanted === "true" ? "+" : "-"}FLAGS.SILENT (\\Seen)`);
        const sent = performance.timeOrigin + performance.now();
        flagged.push((await shown) - sent);
      }
      await page.context().close();
      return [
        { what: "delivery by LMTP → row", floor: ms(middle(floors)), peer: "0–60 s", aim: "550 ms", value: ms(middle(delivered)) },
        { what: "flag set elsewhere → row", floor: ms(middle(floors)), peer: "0–60 s", aim: "550 ms", value: ms(middle(flagged)) },
      ];
    },
  },
  ...SEARCHES.map(({ name, measure }) => ({ name, measure: (bench) => measure(bench, signedIn, openFolder) })),
  WINDOWS,
  {
    name: "server memory",
    async measure(bench) {
      await bench.restart();
      const count = 40;
      const pages = [];
      const one = async () => {
        const address = `user${pages.length}@pismo.test`;
        await bench.deliver("Something to show", address);
        const page = await bench.visitor();
        await bench.signIn(page, address);
        await bench.live(page);
        pages.push(page);
      };
      // Fixed is what stands when every part has been used once: the program's own pages are read in as they are needed.
      await one();
      await pause(5_000);
      const fixed = bench.memory();
      while (pages.length <= count) await one();
      await pause(5_000);
      const each = (bench.memory() - fixed) / count;
      await Promise.all(pages.map((page) => page.context().close()));
      return [{ what: `fixed, per idle user (of ${count})`, peer: "42 MB fixed", aim: "20 MB + 0.1 MB", value: `${fixed.toFixed(1)} MB + ${each.toFixed(2)} MB` }];
    },
  },
  MILLION,
  LIVE_USERS,
  COLLECTING,
  CROWD,
  WRITING,
  NEWSLETTER,
  ...EXTREMES,
];

async function signedIn(bench, address = ADDRESS) {
  const page = await bench.visitor();
  await bench.signIn(page, address);
  await bench.live(page);
  return page;
}

/** Opens a folder by its link; the number in its newest subject tells that its rows are there. */
function openFolder(page, folder, newest) {
  return inPage(
    page,
    ({ folder }) => document.querySelector(`[data-testid="mailbox"][data-path="${folder}"]`).click(),
    ({ newest }) => document.querySelector('[data-testid="message-list"]').dataset.loaded === "true" && [...document.querySelectorAll('[data-testid="message-row"]')].some((row) => row.textContent.includes(`· ${newest}`)),
    { folder, newest },
  );
}
