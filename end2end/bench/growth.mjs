// Whether a message that is twice as long costs twice as much: of each kind of hostile header and text a short one and one of twice its
// length, up to what the bridge reads of it and beyond. Each is opened by somebody who has no other mail, so that nothing is remembered.

import { performance } from "node:perf_hooks";
import { Imap } from "../mailserver/imap.mjs";
import { Bench, PASSWORD, middle, until } from "./bench.mjs";
import { BODIES, HEADERS, ORDINARY } from "./costly.mjs";
import { Tab, signIn } from "./socket.mjs";
import { processor } from "./windows.mjs";

const MB = 1000 * 1000;
/** Short and long: half of what the bridge reads of it and all of that; what goes far beyond, of one kind for each field. */
const within = ({ limit }) => [Math.floor(limit / 2), limit];
const beyond = () => [5 * MB, 10 * MB];
const fieldOf = (name) => name.split(",")[0];
const FIRST = new Set(Object.keys(HEADERS).filter((name, at, all) => all.findIndex((other) => fieldOf(other) === fieldOf(name)) === at));
const KINDS = Object.entries({ ...HEADERS, ...BODIES }).map(([name, kind]) => [name, kind, FIRST.has(name) ? [within, beyond] : [within]]);
/** More than twice is more than it takes, but for this much of a measurement's own. */
const TWICE = 2.3;
const SLOW_MS = 1_000;
const AIM = `≤ ${TWICE} times, ≤ 1 s`;
/** Processor time comes in steps of ten, and what is less than this may as well be something else. */
const NOISE_MS = 50;
/** How often what seems to be too much is looked at; what takes this long is not in doubt, and what takes longer is not waited for. */
const TIMES = 3;
const CERTAIN_MS = 3_000;
const PATIENCE_MS = 30_000;

const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const kB = (size) => (size >= MB ? `${Math.round(size / MB)} MB` : `${Math.round(size / 1024)} KiB`);

export const GROWTH = {
  name: "growth",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, { args: ["--no-smtp"], inMemory: true, settings: { PISMO_AUTHSERV_ID: "mx.pismo.test" } });
    try {
      const readers = new Readers(bench);
      // What every part needs when it is used for the first time is nobody's.
      await readers.cost(ORDINARY, 0, 3);
      const plain = await readers.cost(ORDINARY, 0, 5);
      const [lines, all, failures] = [[], [], new Map()];
      for (const [name, kind, pairs] of KINDS) {
        for (const pair of pairs) {
          const sizes = pair(kind);
          const what = `${name}, ${sizes.map(kB).join(" → ")}`;
          try {
            let short, long, growth;
            for (const times of [1, TIMES]) {
              [short, long] = [await readers.cost(kind, sizes[0], times), await readers.cost(kind, sizes[1], times)];
              growth = grown(short, long, plain);
              // Only what seems to be too much is measured as if it mattered.
              if (growth <= TWICE && long.clock <= SLOW_MS) break;
            }
            all.push({ growth, ...long });
            if (growth > TWICE || long.clock > SLOW_MS) {
              const value = `${ms(short.clock)} → ${ms(long.clock)}, of the processor ${ms(short.effort)} → ${ms(long.effort)} (${growth.toFixed(1)})`;
              lines.push({ what, floor: ms(long.floor), aim: AIM, value });
            }
          } catch (error) {
            failures.set(error.message, [...(failures.get(error.message) ?? []), what]);
          }
        }
      }
      for (const [error, what] of failures) lines.push({ what: `${what[0]}${what.length > 1 ? ` and ${what.length - 1} more` : ""}`, aim: AIM, value: error.slice(0, 60) });
      const worst = (measure) => Math.max(...all.map(measure));
      lines.push({
        what: `${KINDS.length} kinds of headers and texts: the most that twice the length cost, the longest to open`,
        floor: ms(worst(({ floor }) => floor)), aim: AIM, value: `${worst(({ growth }) => growth).toFixed(1)} times, ${ms(worst(({ clock }) => clock))}`,
      });
      return lines;
    } finally {
      await bench.stop();
    }
  },
};

/** How many times as much the long one costs, beside what every message does. */
function grown(short, long, plain) {
  const own = ({ effort }) => effort - plain.effort;
  return own(long) < 2 * NOISE_MS ? 1 : own(long) / Math.max(own(short), NOISE_MS);
}

/** People who each open one message. */
class Readers {
  count = 0;

  constructor(bench) {
    this.bench = bench;
  }

  /** What it costs to open one of this kind and size: the median of so many. */
  async cost({ make }, size, times) {
    const raw = Buffer.from(make(size));
    const taken = [];
    for (let time = 0; time < times; time++) {
      taken.push(await this.one(raw));
      if (taken[0].clock > CERTAIN_MS) break;
    }
    return Object.fromEntries(["clock", "effort", "floor"].map((of) => [of, middle(taken.map((one) => one[of]))]));
  }

  async one(raw) {
    const { port, mail, process, url } = this.bench;
    const address = `reader${this.count++}@pismo.test`;
    const imap = await Imap.login(mail.imap, address, PASSWORD);
    await imap.append("INBOX", [{ raw }]);
    await imap.select("INBOX");
    // What the mail server finds out once, it has found out before.
    await bare(imap);
    const floor = await this.bench.time(() => bare(imap));
    await imap.logout();
    const cookie = await signIn(port, address, PASSWORD);
    const tab = await Tab.open(port, cookie);
    try {
      await tab.ask({ do: "open", query: { mailbox: "Drafts" }, from: 0, count: 50 });
      const spent = processor(process.pid);
      const begun = performance.now();
      await withPatience(open(tab, url, cookie));
      return { clock: performance.now() - begun, effort: processor(process.pid) - spent, floor };
    } finally {
      tab.close();
      await fetch(`${url}/logout`, { method: "POST", redirect: "manual", headers: { cookie, origin: url } });
    }
  }
}

/** What a tab does: the list, the message with what belongs to it, its text, its source. */
async function open(tab, url, cookie) {
  let message;
  // What takes the mail server longer than a moment comes later.
  await until(async () => {
    const { listing } = await tab.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: 50 });
    message = listing.rows[0]?.message;
    return message;
  });
  await tab.ask({ do: "read", message });
  await tab.ask({ do: "gather", message });
  for (const what of ["body", "source"]) {
    const { account, uid_validity: validity, uid } = message;
    const answer = await fetch(`${url}/message/${account}/${validity}/${uid}/${what}?mailbox=INBOX&theme=light`, { headers: { cookie } });
    if (answer.status !== 200) throw new Error(`${what}: ${answer.status}`);
    await answer.arrayBuffer();
  }
}

/** The same bytes by IMAP itself. */
async function bare(imap) {
  await imap.command("FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW)");
  await imap.command("FETCH 1 (BODYSTRUCTURE BODY.PEEK[HEADER]<0.262144>)");
  await imap.command("FETCH 1 (BODY.PEEK[1]<0.1048576>)");
  await imap.command("FETCH 1 (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES SUBJECT)])");
  await imap.command("FETCH 1 (BODY.PEEK[])");
}

function withPatience(done) {
  let timer;
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it is not open after ${PATIENCE_MS / 1000} seconds`)), PATIENCE_MS);
  });
  return Promise.race([done, over]).finally(() => clearTimeout(timer));
}
