// A folder of a million messages: how soon it is open, and how soon any place in it. It is made once and kept in the cache
// folder, as Dovecot's own files.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { Imap } from "../mailserver/imap.mjs";
import { startMailServer } from "../mailserver/run.mjs";
import { Bench, PASSWORD, inPage, percentile } from "./bench.mjs";

const TOTAL = 1_000_000;
const FOLDER = "Million";
const ADDRESS = "million@pismo.test";
/** Opened so often cold, and so often warm. */
const OPENED = 20;
const JUMPS = 40;
/** Many messages in one file: a million files would take longer to copy than to measure. */
const STORAGE = ["--no-smtp", "--set", "mail_location=mdbox:~/mail", "--set", "mdbox_rotate_size=512M"];
const ROW = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)";

const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

export const MILLION = {
  name: "a million messages",
  alone: true,
  async measure(browser) {
    const kept = await seeded();
    let home = "";
    const prepare = async (dir) => {
      home = path.join(dir, "mail/pismo.test/million");
      fs.cpSync(kept, home, { recursive: true, preserveTimestamps: true });
      // Dovecot never serves mail as root: see mailOwner in start.mjs.
      if (process.getuid() === 0) execFileSync("chown", ["-R", "5000:5000", path.join(dir, "mail")]);
    };
    const bench = await Bench.open(browser, { args: STORAGE, prepare });
    try {
      const floor = await bare(bench, home);
      const [cold, grown] = await openedCold(bench, home);
      const page = await bench.visitor();
      await bench.signIn(page, ADDRESS);
      await bench.live(page);
      const warm = [];
      for (let round = 0; round < OPENED; round++) {
        warm.push(await openFolder(page));
        await openInbox(page);
      }
      await openFolder(page);
      await bench.live(page);
      const jumps = [];
      for (let round = 0; round < JUMPS; round++) jumps.push(await jump(page, place(round)));
      await page.context().close();
      const most = Math.max(grown.most, bench.memory()) - grown.before;
      const p95 = (values) => ms(percentile(values, 0.95));
      return [
        { what: "open, cold, p95", floor: ms(floor.cold), peer: "–", aim: "1,000 ms", value: p95(cold) },
        { what: "open, warm, p95", floor: ms(floor.open), peer: "–", aim: "300 ms", value: p95(warm) },
        { what: "jump anywhere, p95", floor: ms(floor.jump), peer: "–", aim: "500 ms", value: p95(jumps) },
        { what: "growth of the bridge's memory by all of it", aim: "64 MiB", value: `${most.toFixed(1)} MiB` },
      ];
    } finally {
      await bench.stop();
    }
  },
};

/** The folder's files in the cache, made when they are not there. */
async function seeded() {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "pismo/bench");
  const kept = path.join(cache, "million-1");
  if (fs.existsSync(kept)) return kept;
  process.stderr.write("making a folder of a million messages, once …\n");
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "pismo-seed-"));
  fs.chmodSync(dir, 0o755);
  const mail = await startMailServer({ dir, users: [`*@pismo.test:${PASSWORD}`], args: STORAGE });
  try {
    await seed(mail.imap);
  } finally {
    await mail.stop();
  }
  fs.mkdirSync(cache, { recursive: true });
  fs.cpSync(path.join(dir, "mail/pismo.test/million"), `${kept}.part`, { recursive: true, preserveTimestamps: true });
  fs.renameSync(`${kept}.part`, kept);
  fs.rmSync(dir, { recursive: true, force: true });
  return kept;
}

async function seed(port) {
  const imap = await Imap.login(port, ADDRESS, PASSWORD);
  await imap.append("INBOX", [message(0)]);
  await imap.command(`CREATE ${FOLDER}`);
  // What a mail program reads goes into Dovecot's cache as it comes in, once somebody has asked for it.
  await imap.append(FOLDER, [message(0)]);
  await imap.select(FOLDER);
  await imap.command(`FETCH 1 ${ROW}`);
  await imap.command("FETCH 1 (PREVIEW)");
  await imap.select("INBOX");
  const size = 2_000;
  const waiting = [];
  for (let from = 1; from < TOTAL; from += size) {
    waiting.push(imap.append(FOLDER, Array.from({ length: Math.min(size, TOTAL - from) }, (_, offset) => message(from + offset))));
    if (waiting.length > 2) await waiting.shift();
  }
  await Promise.all(waiting);
  await imap.logout();
}

function message(index) {
  const date = new Date(Date.UTC(2026, 0, 1) - (TOTAL - index) * 60_000);
  const sender = index % 997;
  const raw = `From: Sender ${sender} <s${sender}@example.org>\r\nTo: ${ADDRESS}\r\nSubject: Message · ${index}\r\nDate: ${date.toUTCString()}\r\nMessage-ID: <m${index}@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nThis is number ${index} of many.\r\n`;
  return { raw: Buffer.from(raw), flags: index % 5 ? ["\\Seen"] : [], date };
}

/** What Dovecot itself takes for the same. */
async function bare(bench, home) {
  const newest = `${TOTAL - 49}:${TOTAL}`;
  const times = { cold: [], open: [], jump: [] };
  for (let round = 0; round < OPENED; round++) {
    const imap = await Imap.login(bench.mail.imap, ADDRESS, PASSWORD);
    const open = () => bench.time(() => Promise.all([imap.select(FOLDER), imap.command(`FETCH ${newest} ${ROW}`)]));
    forget(home);
    times.cold.push(await open());
    await imap.select("INBOX");
    times.open.push(await open());
    const first = TOTAL - place(round) - 49;
    times.jump.push(await bench.time(() => imap.command(`FETCH ${first}:${first + 49} ${ROW}`)));
    await imap.logout();
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, percentile(values, 0.95)]));
}

/** Opens the folder over new sessions, none of its files in memory. The times, and how the bridge's memory grew. */
async function openedCold(bench, home) {
  const times = [];
  const page = await bench.visitor();
  let [before, most] = [0, 0];
  for (let round = -1; round < OPENED; round++) {
    await bench.signIn(page, ADDRESS);
    await bench.live(page);
    // What every part needs when it is used for the first time is not this folder's.
    if (round < 0) before = bench.memory();
    else {
      forget(home);
      times.push(await openFolder(page));
      most = Math.max(most, bench.memory());
    }
    // Signing out ends the sessions at the mail server, too.
    await Promise.all([page.waitForURL(/\/login/), page.evaluate(() => { fetch("/logout", { method: "POST" }); })]);
    await page.waitForLoadState();
  }
  await page.context().close();
  return [times, { before, most }];
}

/** Makes the kernel forget what it has read of these files (posix_fadvise, which dd can ask for). */
function forget(folder) {
  for (const name of fs.readdirSync(folder, { recursive: true })) {
    const file = path.join(folder, name);
    if (fs.statSync(file).isFile()) execFileSync("dd", [`if=${file}`, "iflag=nocache", "count=0", "status=none"]);
  }
}

/** A place in the list: far from the one before it, and another one each time. */
function place(round) {
  return (173_207 + round * 618_033) % (TOTAL - 100);
}

function openFolder(page) {
  return inPage(
    page,
    (folder) => document.querySelector(`[data-testid="mailbox"][data-path="${folder}"]`).click(),
    () => {
      const list = document.querySelector('[data-testid="message-list"]');
      return list?.dataset.loaded === "true" && document.querySelector('[data-testid="message-row"][data-position="0"]')?.textContent.includes("· 999999");
    },
    FOLDER,
  );
}

function openInbox(page) {
  return inPage(
    page,
    () => document.querySelector('[data-testid="mailbox"][data-path="INBOX"]').click(),
    () => document.querySelector('[data-testid="message-list"]')?.dataset.loaded === "true" && document.querySelector('[data-testid="message-row"][data-position="0"]')?.textContent.includes("· 0"),
  );
}

/** Scrolls to about a position, as somebody does who drags the scroll bar; answers when rows are there. */
function jump(page, position) {
  return inPage(
    page,
    ({ position, total }) => {
      const list = document.querySelector('[data-testid="message-list"]');
      list.scrollTop = (list.scrollHeight * position) / total;
    },
    ({ position }) => {
      const list = document.querySelector('[data-testid="message-list"]');
      if (list.dataset.loaded !== "true") return false;
      const box = list.getBoundingClientRect();
      const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.closest('[data-testid="message-row"]');
      return middle !== null && middle !== undefined && Math.abs(Number(middle.dataset.position) - position) < 1_000;
    },
    { position, total: TOTAL },
  );
}
