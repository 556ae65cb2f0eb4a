// Conversations that nobody leads: a hundred thousand messages that answer each other in ways that make work. How soon a folder of them is
// there by conversation, how soon one more of them, and what it costs the bridge.

import { performance } from "node:perf_hooks";
import { Imap } from "../mailserver/imap.mjs";
import { Bench, PASSWORD } from "./bench.mjs";
import { peakSince } from "./collecting.mjs";
import { Tab, signIn } from "./socket.mjs";

const TOTAL = Number(process.env.PISMO_BENCH_THREADS ?? 100_000);
/** Many messages in one file: as many files would take longer to make than to measure. */
const STORAGE = ["--no-smtp", "--set", "mail_location=mdbox:~/mail", "--set", "mdbox_rotate_size=512M"];
const FIELDS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES SUBJECT)]";
const ROWS = 50;
/** Messages that come at once. */
const MANY = 100;
const PATIENCE_MS = 20_000;

const ms = (value) => (value === Infinity ? `not in ${PATIENCE_MS / 1000} s` : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);
const before = (at, count) => Array.from({ length: Math.min(at, count) }, (_, back) => at - Math.min(at, count) + back);

/** Which message comes at a place, and which it answers. */
const SHAPES = {
  "a chain": (at) => ({ id: at, references: before(at, 2) }),
  "a chain, 20 references each": (at) => ({ id: at, references: before(at, 20) }),
  "a chain that came in no order": (at) => ({ id: (at * 61_803) % TOTAL, references: before((at * 61_803) % TOTAL, 1) }),
  "a star": (at) => ({ id: at, references: at ? [0] : [] }),
  "loops of two": (at) => ({ id: at, references: [at ^ 1] }),
  // What is looked at first says of half of them that they are small conversations; the others have each take in all that there is.
  "a large one that small ones take in": (at) => (at < TOTAL / 2 ? { id: at, references: ["all"] } : { id: at, references: [at - TOTAL / 2] }),
};

export const THREADS = {
  name: "threads",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, { args: STORAGE, inMemory: true });
    try {
      const lines = [];
      const worst = { opened: 0, grown: 0 };
      for (const [number, [shape, message]] of Object.entries(SHAPES).entries()) {
        const address = `thread${number}@pismo.test`;
        const floor = await seed(bench, address, message);
        const grown = peakSince(bench.process.pid);
        const taken = await followed(bench, address, message);
        const memory = grown();
        const { page, all, again, middle, gathered, one, many, surplus } = taken;
        lines.push({
          what: `${shape}: first rows, all, again, its middle, one gathered; one more, ${MANY} more; rows too many at first; memory`,
          floor: ms(floor), aim: "≤ 2 s each; 0", value: `${[page, all, again, middle, gathered].map(ms).join(", ")}; ${ms(one)}, ${ms(many)}; ${surplus}; ${Math.round(memory)} MB`,
        });
        worst.opened = Math.max(worst.opened, page, again, middle, gathered, one, many);
        worst.grown = Math.max(worst.grown, memory);
      }
      lines.push({ what: `${Object.keys(SHAPES).length} shapes of ${TOTAL.toLocaleString("en")} messages: the longest that anybody waits, memory more than before`, aim: "≤ 2 s, ≤ 64 MB", value: `${ms(worst.opened)}, ${Math.round(worst.grown)} MB` });
      return lines;
    } finally {
      await bench.stop();
    }
  },
};

/** Puts the messages into an inbox; answers with how long the mail server takes to say what binds them. */
async function seed(bench, address, message) {
  const imap = await Imap.login(bench.mail.imap, address, PASSWORD);
  // What a mail program reads goes into Dovecot's cache as it comes in, once somebody has asked for it.
  await imap.append("Drafts", [raw(0, { id: 0, references: [] })]);
  await imap.select("Drafts");
  await imap.command(`FETCH 1 (ENVELOPE BODYSTRUCTURE PREVIEW ${FIELDS})`);
  await imap.command("UNSELECT");
  const waiting = [];
  for (let from = 0; from < TOTAL; from += 1_000) {
    waiting.push(imap.append("INBOX", Array.from({ length: Math.min(1_000, TOTAL - from) }, (_, offset) => raw(from + offset, message(from + offset)))));
    if (waiting.length > 2) await waiting.shift();
  }
  await Promise.all(waiting);
  await imap.select("INBOX");
  const floor = await bench.time(() => imap.command(`UID FETCH 1:* (UID INTERNALDATE ${FIELDS})`));
  await imap.logout();
  return floor;
}

function raw(at, { id, references }) {
  const date = new Date(Date.UTC(2026, 0, 1) + at * 1000);
  const named = references.length > 0 ? `References: ${references.map((one) => `<${one}@example.org>`).join("\r\n ")}\r\n` : "";
  return { raw: Buffer.from(`From: a@example.org\r\nSubject: number ${at}.\r\nDate: ${date.toUTCString()}\r\nMessage-ID: <${id}@example.org>\r\n${named}\r\nHello\r\n`), flags: ["\\Seen"], date };
}

/** Somebody opens the inbox by conversation for the first time and again, scrolls, and gets mail. */
async function followed(bench, address, message) {
  const cookie = await signIn(bench.port, address, PASSWORD);
  const tab = await Tab.open(bench.port, cookie);
  const imap = await Imap.login(bench.mail.imap, address, PASSWORD);
  try {
    await tab.ask({ do: "open", query: { mailbox: "Drafts" }, from: 0, count: ROWS });
    const first = await opened(tab);
    const again = await opened(tab);
    const middle = await clocked(() => tab.ask({ do: "window", list: again.list, from: Math.floor(again.total / 2), count: ROWS }));
    const gathered = await clocked(() => tab.ask({ do: "gather", message: again.message }));
    const come = async (from, count) => {
      const last = `number ${from + count - 1}.`;
      const heard = new Promise((resolve) => {
        tab.onFrame = (frame) => { if (frame.includes(last)) resolve(); };
      });
      await imap.append("INBOX", Array.from({ length: count }, (_, offset) => raw(from + offset, message(from + offset))));
      return clocked(() => heard);
    };
    const one = await come(TOTAL, 1);
    const many = await come(TOTAL + 1, MANY);
    return { page: first.page, all: first.all, again: again.all, middle, gathered, one, many, surplus: first.total - again.total };
  } finally {
    tab.close();
    await imap.logout();
    await fetch(`${bench.url}/logout`, { method: "POST", redirect: "manual", headers: { cookie, origin: bench.url } });
  }
}

/** Opens the list; when its first rows are here, when all is found, and how many rows it has then. */
async function opened(tab) {
  const begun = performance.now();
  let ended;
  const over = new Promise((resolve) => { ended = resolve; });
  let total = 0;
  tab.onFrame = (frame) => {
    if (!frame.includes('"found"') && !frame.includes('"replaced"')) return;
    // Where doubles have gone, all that is shown is told anew.
    const { found, replaced } = JSON.parse(frame).event?.event?.messages?.change ?? {};
    const listing = (found ?? replaced)?.listing;
    if (!listing) return;
    total = listing.total;
    if (!listing.progress) ended();
  };
  const { listing } = await tab.ask({ do: "open", query: { mailbox: "INBOX", threaded: true }, from: 0, count: ROWS });
  const page = performance.now() - begun;
  total = Math.max(total, listing.total);
  if (!listing.progress) ended();
  const all = (await clocked(() => over)) + page;
  return { page, all, list: listing.list, total, message: listing.rows[0].message };
}

/** Milliseconds until something has come about, infinitely many where it does not. */
async function clocked(action) {
  const begun = performance.now();
  let timer;
  const over = new Promise((resolve) => { timer = setTimeout(resolve, PATIENCE_MS, Infinity); });
  const taken = await Promise.race([action().then(() => performance.now() - begun), over]);
  clearTimeout(timer);
  return taken;
}
