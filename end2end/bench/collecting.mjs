// How fast an account is brought here from another server, beside a raw copier between the same two servers in the same run:
// UID FETCH from one, MULTIAPPEND of 64 into the other, over as many pairs of connections. And beside other programs, where these
// are installed.

import fs from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { Imap } from "../mailserver/imap.mjs";
import { startMailServer } from "../mailserver/run.mjs";
import { random } from "../mailserver/seed.mjs";
import { Bench, PASSWORD, middle } from "./bench.mjs";
import { doveadm, mbsync } from "./peers.mjs";
import { signIn } from "./socket.mjs";
import { processor } from "./windows.mjs";

const SOURCE = "there@pismo.test";
const MESSAGES = 10_000;
const FOLDERS = 17;
const ROUNDS = 3;
/** As many as a collector has by itself. */
const PAIRS = 2;

export const COLLECTING = {
  name: "collecting",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, { settings: { PISMO_COLLECT_PRIVATE: "1" } });
    const dir = path.join(bench.folder, "source");
    const source = await startMailServer({ dir, users: [`*@pismo.test:${PASSWORD}`], args: ["--no-smtp", "--set", "namespace inbox {\n  separator=.\n}"] });
    try {
      const octets = await fill(source.imap);
      const taken = { bare: [], ours: [], share: [], effort: [], time: [], memory: [], again: [], changes: [] };
      for (let round = 0; round < ROUNDS; round++) {
        const before = process.cpuUsage();
        const floor = await clocked(() => copy(source.imap, bench.mail.imap, `floor${round}@pismo.test`));
        const spent = process.cpuUsage(before);
        taken.effort.push((spent.user + spent.system) / 1000);
        const person = await Person.of(bench, `here${round}@pismo.test`);
        const [grown, time] = [peakSince(bench.process.pid), processor(bench.process.pid)];
        const ours = await clocked(() => person.bring(source.imap));
        taken.bare.push(floor);
        taken.ours.push(ours);
        taken.share.push(ours / floor);
        taken.time.push(processor(bench.process.pid) - time);
        taken.memory.push(grown());
        taken.again.push(await clocked(() => person.look()));
        await change(source.imap, round);
        taken.changes.push(await clocked(() => person.look()));
        await person.remove();
      }
      const peers = await others(bench, source);
      const person = await Person.of(bench, "drop@pismo.test");
      const drop = await clocked(() => person.bring(source.pop3, "pop3+insecure"));
      const seconds = (values) => `${(middle(values) / 1000).toFixed(2)} s`;
      const each = MESSAGES / (middle(taken.ours) / 1000);
      return [
        { what: `${MESSAGES} messages, ${Math.round(octets / 1e6)} MB, ${PAIRS} pairs`, floor: seconds(taken.bare), peer: peers.clock, aim: "≤ 1.2 × the floor", value: `${seconds(taken.ours)}, ${Math.round(each)} a second (${middle(taken.share).toFixed(2)})` },
        { what: "processor time, memory more than at rest", floor: seconds(taken.effort), peer: peers.processor, aim: "≤ 0.8 s, ≤ 40 MB", value: `${seconds(taken.time)}, ${Math.round(middle(taken.memory))} MB` },
        { what: "nothing new; 100 new, 500 flags and 50 gone; with the page that says so", peer: peers.again, aim: "≤ 30 ms, ≤ 200 ms", value: `${Math.round(middle(taken.again))} ms, ${Math.round(middle(taken.changes))} ms` },
        { what: "over POP3, the inbox of these with its dates", peer: "23 s (getmail)", aim: "≤ 5 s", value: seconds([drop]) },
      ];
    } finally {
      await bench.stop();
      await source.stop();
    }
  },
};

/** What other programs take, as the table has it; where they are not installed, what they took elsewhere. */
async function others(bench, source) {
  const account = (port, user) => ({ port, user, password: PASSWORD });
  // Each needs a mailbox that is there.
  for (const user of ["mbsync@pismo.test", "doveadm@pismo.test"]) (await Imap.login(bench.mail.imap, user, PASSWORD)).close();
  const there = account(source.imap, SOURCE);
  const sync = await mbsync(path.join(bench.folder, "mbsync"), there, account(bench.mail.imap, "mbsync@pismo.test"));
  const backup = await doveadm(path.join(bench.folder, "mail", "dovecot.conf"), there, "doveadm@pismo.test");
  if (!sync || !backup) return { clock: "13.8 s (mbsync)", processor: "0.8 s, 103 MB", again: "66 ms, 270 ms" };
  return {
    clock: `${sync.all.clock.toFixed(1)} s (mbsync), ${backup.clock.toFixed(1)} s (doveadm)`,
    processor: `${sync.all.processor.toFixed(2)} s, ${backup.processor.toFixed(2)} s`,
    again: `${Math.round(sync.again.clock * 1000)} ms (mbsync)`,
  };
}

/** Somebody who is signed in and has mail brought. */
export class Person {
  static async of(bench, address, more = {}) {
    // Nobody is at the door without a mailbox.
    (await Imap.login(bench.mail.imap, address, PASSWORD)).close();
    return Object.assign(new Person(), { bench, cookie: await signIn(bench.port, address, PASSWORD, more) });
  }

  /** Has everything brought; answers when it is here. */
  async bring(port, protocol = "imap+insecure") {
    await this.begin(port, SOURCE, {}, protocol);
    // A page takes some milliseconds of processor, and is not what is measured; a browser asks for it more seldom still.
    await this.until(({ state, copied, total, successes }) => state === "idle" && total > 0 && copied === total && successes, 100);
  }

  /** Adds a collector. */
  async begin(port, address, more = {}, protocol = "imap+insecure") {
    await this.post("add", { address, password: PASSWORD, server: `${protocol}://127.0.0.1:${port}`, ...more });
  }

  async run() {
    const { number } = await this.page();
    await this.post(`${number}/run`);
  }

  /** Has the source looked at; answers when that is done. */
  async look() {
    await this.run();
    // It is due from the moment on at which it was asked for.
    await this.until(({ state, due }) => state === "idle" && !due, 3);
  }

  async remove() {
    const { number } = await this.page();
    await this.post(`${number}/remove`);
  }

  async post(what, fields = {}) {
    const headers = { cookie: this.cookie, origin: this.bench.url };
    const answer = await fetch(`${this.bench.url}/collectors/${what}`, { method: "POST", redirect: "manual", headers, body: new URLSearchParams(fields) });
    if (answer.status !== 303) throw new Error(`${what}: ${answer.status} ${(await answer.text()).slice(-2000)}`);
  }

  async page() {
    const text = await (await fetch(`${this.bench.url}/collectors`, { headers: { cookie: this.cookie, "accept-encoding": "identity" } })).text();
    const attribute = (name) => new RegExp(`data-${name}="([^"]*)"`).exec(text)?.[1];
    return {
      number: /\/collectors\/(\d+)\/run/.exec(text)?.[1],
      state: attribute("state"),
      copied: Number(attribute("copied")),
      total: Number(attribute("total")),
      successes: text.includes("Everything was here"),
      due: text.includes("About to look"),
    };
  }

  /** Looks at the page, so many milliseconds apart. */
  async until(is, pause) {
    const begun = performance.now();
    while (performance.now() - begun < 120_000) {
      if (is(await this.page())) return;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    throw new Error(`it does not come about: ${JSON.stringify(await this.page())}`);
  }
}

async function clocked(action) {
  const begun = performance.now();
  await action();
  return performance.now() - begun;
}

/** How much more memory a process has had at most, from now until it is asked, in MB. */
export function peakSince(pid) {
  fs.writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const before = peak(pid);
  return () => peak(pid) - before;
}

/** The most memory that a process has had since it was last asked to forget that, in MB. */
function peak(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

const folders = () => ["INBOX", ...Array.from({ length: FOLDERS - 2 }, (_, number) => `Folder${number}`), "Big.Sub"];

/** Mail of sizes as people have it: half of it below 10 kB, some of it a megabyte. Answers with the octets of all. */
async function fill(port) {
  const imap = await Imap.login(port, SOURCE, PASSWORD);
  const dice = random(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - dice.next())) * Math.cos(2 * Math.PI * dice.next());
  let octets = 0;
  for (const folder of folders()) {
    if (folder !== "INBOX") await imap.command(`CREATE "${folder}"`);
    const count = folder === "INBOX" ? MESSAGES * 0.36 : (MESSAGES * 0.64) / (FOLDERS - 1);
    for (let from = 0; from < count; from += 64) {
      const messages = Array.from({ length: Math.min(64, count - from) }, (_, at) => {
        const id = `${folder}.${from + at}`;
        const line = `${id} ${Math.floor(dice.next() * 1e12)} the quick brown fox jumps over the lazy dog\r\n`;
        const lines = Math.min(2_000_000, Math.exp(9.2 + normal())) / line.length + 1;
        const raw = Buffer.from(`From: a@example.org\r\nTo: b@example.org\r\nSubject: ${id}\r\nMessage-ID: <${id}@example.org>\r\nDate: Mon, 23 Nov 2020 10:00:00 +0000\r\n\r\n${line.repeat(lines)}`);
        octets += raw.length;
        return { raw, flags: ["\\Seen", "\\Answered", "\\Flagged", "work"].filter(() => dice.next() < 0.3), date: new Date(Date.UTC(2000 + (from % 20), 3, 1 + (at % 28))) };
      });
      await imap.append(folder, messages);
    }
  }
  await imap.logout();
  return octets;
}

/** What happens at the source between two looks. */
async function change(port, round) {
  const imap = await Imap.login(port, SOURCE, PASSWORD);
  await imap.select("INBOX");
  await imap.command(`STORE 1:500 +FLAGS.SILENT (round${round})`);
  await imap.command("STORE 600:649 +FLAGS.SILENT (\\Deleted)");
  await imap.command("EXPUNGE");
  await imap.append("Folder3", Array.from({ length: 100 }, (_, at) => ({ raw: Buffer.from(`Subject: fresh ${round} ${at}\r\n\r\nfresh\r\n`), flags: ["\\Seen"] })));
  await imap.logout();
}

/** The floor. */
async function copy(from, to, address) {
  const queue = folders();
  const pair = async () => {
    const source = await Imap.login(from, SOURCE, PASSWORD);
    const target = await Imap.login(to, address, PASSWORD);
    for (let folder = queue.shift(); folder; folder = queue.shift()) {
      const name = folder.replace(".", "/");
      if (folder !== "INBOX") await target.command(`CREATE "${name}"`);
      await source.command(`EXAMINE "${folder}"`);
      const found = (await source.command("UID SEARCH ALL")).find((line) => line.startsWith("* SEARCH"));
      const uids = found.split(" ").slice(2).filter(Boolean);
      let saved = Promise.resolve();
      for (let first = 0; first < uids.length; first += 64) {
        const fetched = await source.command(`UID FETCH ${uids[first]}:${uids[Math.min(first + 64, uids.length) - 1]} (FLAGS INTERNALDATE BODY.PEEK[])`);
        const messages = fetched.filter((line) => line.includes("BODY[]")).map(told);
        await saved;
        // The next is read while this is saved.
        saved = target.append(name, messages);
      }
      await saved;
    }
    await Promise.all([source.logout(), target.logout()]);
  };
  await Promise.all(Array.from({ length: PAIRS }, pair));
}

function told(line) {
  const [head, octets] = /\{(\d+)\}\r\n/.exec(line);
  const start = line.indexOf(head) + head.length;
  const flags = /FLAGS \(([^)]*)\)/.exec(line)[1].split(" ").filter((flag) => flag && flag !== "\\Recent");
  return { raw: Buffer.from(line.slice(start, start + Number(octets)), "latin1"), flags, date: new Date(/INTERNALDATE "([^"]*)"/.exec(line)[1]) };
}
