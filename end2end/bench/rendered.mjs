// What a browser does with a message that somebody has made to keep it busy: whether twice the text takes twice as long to show. Each
// is shown in a page of its own to somebody who has no other mail.

import { Imap } from "../mailserver/imap.mjs";
import { Bench, PASSWORD, inPage } from "./bench.mjs";
import { BODIES, HEADERS, ORDINARY } from "./costly.mjs";

const KIB = 1024;
/** Texts that the app itself shows, and names and addresses. HTML is Chromium's alone. */
const TEXTS = Object.entries(BODIES).filter(([name]) => name.startsWith("text"));
const NAMES = ["To, groups", "From, letters that nobody sees", "Subject, folded at each letter"];
const KINDS = [
  ...TEXTS.map(([name, kind]) => [name, kind, [[32 * KIB, 64 * KIB], [512 * KIB, 1024 * KIB]]]),
  ...NAMES.map((name) => [name, HEADERS[name], [[125 * KIB, 250 * KIB]]]),
];
const TWICE = 2.3;
const SLOW_MS = 1_000;
const AIM = `≤ ${TWICE} times, ≤ 1 s`;
/** Less than this more than an ordinary message is nothing to be seen. */
const NOISE_MS = 100;
/** How often what seems to take too long is looked at. */
const TIMES = 3;
const PATIENCE_MS = 10_000;

const ms = (value) => (value === Infinity ? `not in ${PATIENCE_MS / 1000} s` : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);
const kB = (size) => `${Math.round(size / KIB)} KiB`;

export const RENDERED = {
  name: "growth in the browser",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, { args: ["--no-smtp"], inMemory: true });
    try {
      await shown(bench, ORDINARY, 0);
      const plain = await shown(bench, ORDINARY, 0);
      const lines = [];
      let [worst, slowest] = [1, 0];
      for (const [name, kind, pairs] of KINDS) {
        for (const [less, more] of pairs) {
          let [short, long, growth] = [Infinity, Infinity, Infinity];
          for (let time = 0; time < TIMES; time++) {
            // What else the machine does makes it longer, and never shorter.
            short = Math.min(short, await shown(bench, kind, less));
            long = Math.min(long, await shown(bench, kind, more));
            growth = long === Infinity ? Infinity : own(long, plain) / own(short, plain);
            if (long === Infinity || (growth <= TWICE && long <= SLOW_MS)) break;
          }
          if (growth > TWICE || long > SLOW_MS) lines.push({ what: `${name}, ${kB(less)} → ${kB(more)}`, floor: ms(plain), aim: AIM, value: `${ms(short)} → ${ms(long)}` });
          [worst, slowest] = [Math.max(worst, growth), Math.max(slowest, long)];
          if (long === Infinity) break;
        }
      }
      lines.push({ what: `${KINDS.length} kinds of texts and names: the most that twice the length took, the longest to show; floor: an ordinary one`, floor: ms(plain), aim: AIM, value: `${worst === Infinity ? "any number of" : worst.toFixed(1)} times, ${ms(slowest)}` });
      return lines;
    } finally {
      await bench.stop();
    }
  },
};

const own = (taken, plain) => Math.max(taken - plain, NOISE_MS);

let count = 0;

/** Milliseconds from pressing a message until it is shown; infinitely many if it is not within patience. */
async function shown(bench, { make }, size) {
  const address = `shown${count++}@pismo.test`;
  const imap = await Imap.login(bench.mail.imap, address, PASSWORD);
  await imap.append("INBOX", [{ raw: Buffer.from(make(size)), flags: ["\\Seen"] }]);
  await imap.logout();
  const page = await bench.visitor();
  try {
    await bench.signIn(page, address);
    await bench.live(page);
    const taken = inPage(
      page,
      () => document.querySelector('[data-testid="message-row"]').click(),
      () => document.querySelector('[data-testid="message-view"] [data-testid="message-body"]')?.dataset.rendered === "true",
    );
    return await Promise.race([taken.catch(() => Infinity), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, Infinity))]);
  } finally {
    // Where its script does not end, the page does not either by being asked.
    await page.context().close();
  }
}
