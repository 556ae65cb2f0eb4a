// Ten thousand folders, and one inside another fifty times: how soon they are there, in a tab and in a browser, how soon a tab hears of
// what changes in one of them, and what they cost the bridge.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { Imap } from "../mailserver/imap.mjs";
import { Bench, PASSWORD, inPage, middle } from "./bench.mjs";
import { peakSince } from "./collecting.mjs";
import { Tab, signIn } from "./socket.mjs";

const ADDRESS = "folders@pismo.test";
const GROUPS = 100;
const EACH = 99;
const DEEP = 50;
/** Every so many folders one has a message in it. */
const FILLED = 10;
/** Messages that come into folders nobody looks at. */
const COMING = 10;
const LIST = 'LIST "" "*" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ))';
const NOTIFY = "NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge FlagChange)) (PERSONAL (MessageNew MessageExpunge FlagChange MailboxName))";
const PATIENCE_MS = 20_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ms = (value) => (Number.isFinite(value) ? `${value < 10 ? value.toFixed(1) : Math.round(value)} ms` : `not in ${PATIENCE_MS / 1000} s`);
const MB = (value) => `${Math.round(value)} MB`;

/** A group stands for itself and holds the others. */
const FOLDERS_MADE = [
  ...Array.from({ length: GROUPS }, (_, group) => [`Group ${group}`, ...Array.from({ length: EACH }, (_, at) => `Group ${group}/Folder ${at}`)]).flat(),
  ...Array.from({ length: DEEP }, (_, depth) => Array.from({ length: depth + 1 }, (_, at) => `Deep ${at}`).join("/")),
];

export const FOLDERS = {
  name: "folders",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, { inMemory: true, prepare });
    try {
      // What the bridge needs when every part has been used once is not theirs.
      const other = await Tab.open(bench.port, await signIn(bench.port, await withMail(bench, "one@pismo.test"), PASSWORD));
      await other.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: 50 });
      other.close();
      const floor = await seed(bench);
      const grown = peakSince(bench.process.pid);
      const before = bench.memory();
      const came = await enter(bench);
      const [rest, most] = [bench.memory() - before, grown()];
      const told = await follow(bench, came);
      const seen = await look(bench, came);
      return [
        { what: `${FOLDERS_MADE.length.toLocaleString("en")} folders: from signing in until a tab has all; how many of them; memory at most, at rest`, floor: ms(floor.all), aim: "≤ floor + 300 ms; all; ≤ 64 MB", value: `${ms(came.taken)}; ${came.paths.length - floor.usual}, ${(came.length / 2 ** 20).toFixed(1)} MiB; ${MB(most)}, ${MB(rest)}` },
        { what: `a message in a folder that nobody looks at → told, median of ${COMING}; memory that each leaves, with two tabs`, floor: ms(told.bare), aim: "≤ floor + 1 s; ≤ 0.1 MB", value: `${ms(told.elsewhere)}; ${told.memory.toFixed(1)} MB` },
        { what: "another folder made: answered; told in another tab", floor: ms(floor.all), aim: "≤ floor + 300 ms", value: `${ms(told.made)}; ${ms(told.heard)}` },
        { what: "a message in the inbox → told; one gathered with what belongs to it, for the first time and again", aim: "≤ 1 s each", value: `${ms(told.inbox)}; ${ms(told.gathered)}, ${ms(told.again)}` },
        { what: "the page of the inbox", floor: ms(floor.all), aim: "≤ 300 ms; ≤ 1 MB", value: `${ms(seen.page)}; ${(seen.bytes / 1e6).toFixed(1)} MB` },
        { what: "in Chromium: sign in → rows, live; a folder unfolded, one opened; the longest frame while folders are scrolled", aim: "≤ 2 s, ≤ 3 s; ≤ 100 ms, ≤ 300 ms; ≤ 100 ms", value: `${ms(seen.rows)}, ${ms(seen.live)}; ${ms(seen.unfolded)}, ${ms(seen.opened)}; ${ms(seen.frame)}` },
        { what: "in Chromium: another folder made elsewhere → in the side bar; a folder opened after that", aim: "≤ floor + 1 s; ≤ 300 ms", value: `${ms(seen.another)}; ${ms(seen.after)}` },
      ];
    } finally {
      await bench.stop();
    }
  },
};

/** Makes the folders as Dovecot keeps them: by CREATE it writes its list of all of them anew for each, which takes minutes. */
function prepare(dir) {
  const home = path.join(dir, "mail/pismo.test/folders");
  for (const folder of FOLDERS_MADE) fs.mkdirSync(path.join(home, "mail/mailboxes", folder, "dbox-Mails"), { recursive: true });
  // Dovecot never serves mail as root: see mailOwner in start.mjs.
  if (process.getuid() === 0) execFileSync("chown", ["-R", "5000:5000", path.join(dir, "mail")]);
}

async function withMail(bench, address) {
  await bench.deliver("The first", address);
  return address;
}

/** Puts messages into some; answers with how long the mail server takes to tell of all, and how many of them were not made here. */
async function seed(bench) {
  await withMail(bench, ADDRESS);
  const imap = await Imap.login(bench.mail.imap, ADDRESS, PASSWORD);
  await Promise.all(FOLDERS_MADE.filter((_, at) => at % FILLED === 0).map((folder, at) => imap.append(folder, [letter(`kept ${at}`)])));
  const usual = (await imap.command(LIST)).filter((line) => line.startsWith("* LIST")).length - FOLDERS_MADE.length;
  const all = middle([await bench.time(() => imap.command(LIST)), await bench.time(() => imap.command(LIST)), await bench.time(() => imap.command(LIST))]);
  await imap.logout();
  return { all, usual };
}

function letter(subject) {
  return { raw: Buffer.from(`From: a@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(" ", ".")}@example.org>\r\n\r\nHello\r\n`) };
}

/** Signs in; answers when a tab has been told of folders. */
async function enter(bench) {
  const begun = performance.now();
  const cookie = await signIn(bench.port, ADDRESS, PASSWORD);
  const tab = await Tab.open(bench.port, cookie);
  let { length } = JSON.stringify(tab.welcome);
  let paths = tab.welcome.mailboxes.map(({ path }) => path);
  if (paths.length === 0) {
    await heard(tab, (frame) => {
      if (!frame.includes('"mailboxes":[')) return false;
      ({ length } = frame);
      paths = JSON.parse(frame).event.event.mailboxes.mailboxes.map(({ path }) => path);
      return true;
    });
  }
  return { cookie, tab, paths, length, taken: performance.now() - begun };
}

/** What a tab hears of what happens in folders, and the mail server's own client in the same moment. */
async function follow(bench, { cookie, tab, paths }) {
  const { listing } = await tab.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: 50 });
  const [{ message }] = listing.rows;
  const second = await Tab.open(bench.port, cookie);
  const imap = await Imap.login(bench.mail.imap, ADDRESS, PASSWORD);
  const watch = await Imap.login(bench.mail.imap, ADDRESS, PASSWORD);
  await watch.command(NOTIFY);
  const watching = watch.idle();
  const there = new Set(paths);
  const empty = FOLDERS_MADE.filter((folder, at) => at % FILLED === 7 && there.has(folder));
  const before = bench.memory();
  const [elsewhere, bare] = [[], []];
  for (let at = 0; at < COMING; at++) {
    const folder = empty[Math.floor((at * empty.length) / COMING)];
    const hearing = heard(tab, (frame) => totals(frame).find(({ path }) => path === folder)?.total === 1);
    const noticed = new Promise((resolve) => {
      watch.onUntagged = (line) => line.includes(`"${folder}"`) && resolve(performance.now());
      setTimeout(resolve, PATIENCE_MS, Infinity);
    });
    await imap.append(folder, [letter(`come ${at}`)]);
    const sent = performance.now();
    elsewhere.push(Math.max(0, (await hearing) - sent));
    bare.push(Math.max(0, (await noticed) - sent));
  }
  const memory = (bench.memory() - before) / COMING;
  watching.done();
  await Promise.all([watch.logout(), imap.logout()]);
  const begun = performance.now();
  const hearing = heard(second, (frame) => frame.includes("Made by a tab"));
  await tab.ask({ do: "arrange", change: { arrange: "create", parent: null, name: "Made by a tab" } });
  const made = performance.now() - begun;
  const told = (await hearing) - begun;
  second.close();
  const news = heard(tab, (frame) => frame.includes("News of the inbox"));
  const sent = performance.now();
  await bench.deliver("News of the inbox", ADDRESS);
  const inbox = (await news) - sent;
  const gathered = await bench.time(() => tab.ask({ do: "gather", message }));
  const again = await bench.time(() => tab.ask({ do: "gather", message }));
  return { made, heard: told, elsewhere: middle(elsewhere), bare: middle(bare), memory, inbox, gathered, again };
}

/** The counts of folders that a frame tells. */
function totals(frame) {
  if (!frame.includes('"counts":[') && !frame.includes('"mailboxes":[')) return [];
  const { counts, mailboxes } = JSON.parse(frame).event?.event ?? {};
  return counts?.counts ?? mailboxes?.mailboxes ?? [];
}

/** When a frame comes that is waited for; never, if it does not within patience. */
function heard(tab, isIt) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS, Infinity);
    tab.onFrame = (frame) => {
      if (!isIt(frame)) return;
      clearTimeout(timer);
      resolve(performance.now());
    };
  });
}

/** The same in a browser. */
async function look(bench, { cookie, tab }) {
  let bytes = 0;
  const page = await bench.time(async () => {
    const answer = await fetch(`${bench.url}/mail/INBOX`, { headers: { cookie, "accept-encoding": "identity" } });
    bytes = (await answer.arrayBuffer()).byteLength;
  });
  const visitor = await bench.visitor();
  try {
    const rows = await bench.signIn(visitor, ADDRESS);
    const shown = performance.now();
    const live = rows + (await within(bench.live(visitor).then(() => performance.now() - shown)));
    const unfolded = await unfold(visitor, "Group 50");
    const opened = await openFolder(visitor, "Group 50/Folder 7");
    const frame = await within(longestFrame(visitor));
    await openFolder(visitor, "INBOX");
    const begun = performance.now();
    await tab.ask({ do: "arrange", change: { arrange: "create", parent: null, name: "Made elsewhere" } });
    const row = visitor.locator('[data-testid="mailbox"][data-path="Made elsewhere"]');
    const another = await within(row.waitFor({ state: "attached" }).then(() => performance.now() - begun));
    await unfold(visitor, "Group 70");
    const after = await openFolder(visitor, "Group 70/Folder 7");
    return { page, bytes, rows, live, unfolded, opened, frame, another, after };
  } finally {
    await visitor.context().close();
  }
}

/** Milliseconds from pressing what unfolds a folder until what is inside is there. */
function unfold(page, folder) {
  return within(inPage(
    page,
    (folder) => document.querySelector(`[data-testid="mailbox"][data-path="${folder}"] ~ [data-testid="mailbox-fold"]`).click(),
    (folder) => document.querySelector(`[data-testid="mailbox"][data-path="${folder}/Folder 7"]`) !== null,
    folder,
  ));
}

/** Milliseconds from pressing a folder until it is shown. */
function openFolder(page, folder) {
  return within(inPage(
    page,
    (folder) => document.querySelector(`[data-testid="mailbox"][data-path="${folder}"]`).click(),
    (folder) => {
      const list = document.querySelector('[data-testid="message-list"]');
      return list.dataset.loaded === "true" && decodeURIComponent(location.pathname).endsWith(folder);
    },
    folder,
  ));
}

/** Scrolls through the folders, a screen at each frame; answers with the longest that one took. */
function longestFrame(page) {
  return page.evaluate(async () => {
    let bar = document.querySelector(".mailbox-list");
    while (bar && bar.scrollHeight <= bar.clientHeight + 1) bar = bar.parentElement;
    let [longest, last] = [0, performance.now()];
    for (let step = 0; step < 100; step++) {
      bar.scrollTop = (bar.scrollHeight * step) / 100;
      const now = await new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
      if (step > 1) longest = Math.max(longest, now - last);
      last = now;
    }
    return longest;
  });
}

function within(taken) {
  return Promise.race([taken.catch(() => Infinity), pause(PATIENCE_MS).then(() => Infinity)]);
}
