// How many windows of a list are served in a second, beside how many Dovecot gives out by itself when it is asked for the same
// rows over as many connections.

import fs from "node:fs";
import net from "node:net";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { PASSWORD, middle } from "./bench.mjs";
import { Tab, isReply, signIn } from "./socket.mjs";

/** What the bridge asks for, too. */
const ROW = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW (LAZY))";
const PEOPLE = 4;
/** Windows that each person has under way. */
const AHEAD = 4;
const SECONDS = 5;
const ROUNDS = 3;
const COUNT = 50;

export const WINDOWS = {
  name: "windows",
  async measure(bench) {
    const people = Array.from({ length: PEOPLE }, (_, number) => `window${number}@pismo.test`);
    // What rows are made of goes into Dovecot's cache as mail comes in, once somebody has asked for it: as in daily use.
    for (const address of people) {
      await bench.deliver("The first", address);
      const line = await select(bench.mail.imap, address);
      line.end(`w FETCH 1 ${ROW}\r\nw FETCH 1 (PREVIEW)\r\nw LOGOUT\r\n`);
      await new Promise((resolve) => line.resume().once("close", resolve));
      for (let count = 1; count < 60; count++) await bench.deliver(`Window ${count}`, address);
    }
    // Each scrolling as fast as answers come.
    const tabs = await Promise.all(people.map(async (address) => Tab.open(bench.port, await signIn(bench.port, address, PASSWORD))));
    const lists = await Promise.all(tabs.map(async (tab) => (await tab.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: COUNT })).listing.list));
    const lines = await Promise.all(people.map((address) => select(bench.mail.imap, address)));
    const bare = [];
    const served = [];
    const spent = { mail: 0, bridge: 0, measuring: 0 };
    const clocks = () => ({ mail: family(bench.mail.pid).reduce((sum, pid) => sum + processor(pid), 0), bridge: processor(bench.process.pid), measuring: processor(process.pid) });
    // Turn by turn, so that both have the same of what else the machine does.
    for (let round = -1; round < ROUNDS; round++) {
      const floor = (await Promise.all(lines.map(fetchWindows))).reduce((sum, count) => sum + count, 0);
      const before = clocks();
      const count = (await Promise.all(tabs.map((tab, index) => askWindows(tab, lists[index])))).reduce((sum, each) => sum + each, 0);
      if (round < 0) continue;
      bare.push(floor / SECONDS);
      served.push(count / SECONDS);
      const after = clocks();
      for (const name of Object.keys(spent)) spent[name] += (after[name] - before[name]) / count / ROUNDS;
    }
    for (const tab of tabs) tab.close();
    for (const line of lines) line.destroy();
    const [all, ours] = [middle(bare), middle(served)];
    return [
      { what: `windows of ${COUNT} rows, ${PEOPLE} people at once`, floor: `${Math.round(all)} a second`, peer: "149 a second", aim: "1,000 a second", value: `${Math.round(ours)} a second (${(ours / all).toFixed(2)})` },
      { what: "processor time of one: mail server + Pismo + measuring", value: `${Object.values(spent).map((time) => time.toFixed(2)).join(" + ")} ms` },
    ];
  },
};

/** How many windows come in the time. */
function askWindows(tab, list) {
  return new Promise((resolve, reject) => {
    let [count, waiting] = [0, AHEAD];
    const until = performance.now() + SECONDS * 1000;
    tab.onEnd = () => reject(new Error("the socket ended"));
    tab.onFrame = (frame) => {
      if (!isReply(frame)) return;
      count += 1;
      if (performance.now() < until) tab.say({ do: "window", list, from: count % 10, count: COUNT });
      else if (--waiting === 0) resolve(count);
    };
    for (let ahead = 0; ahead < AHEAD; ahead++) tab.say({ do: "window", list, from: 0, count: COUNT });
  });
}

/** A bare connection that has selected the inbox. */
async function select(port, address) {
  const line = net.connect(port, "127.0.0.1").setNoDelay(true);
  line.write(`a LOGIN ${address} ${PASSWORD}\r\nw SELECT INBOX\r\n`);
  await new Promise((resolve, reject) => {
    let said = "";
    line.on("error", reject).on("data", (chunk) => {
      said += chunk;
      if (said.includes("\r\nw OK")) resolve();
    });
  });
  line.removeAllListeners("data");
  return line;
}

/** The same by FETCH: nothing is read but where an answer ends. */
function fetchWindows(line) {
  return new Promise((resolve) => {
    const end = Buffer.from("\r\nw OK");
    const until = performance.now() + SECONDS * 1000;
    let [count, waiting, last] = [0, AHEAD, Buffer.alloc(0)];
    const ask = (from) => line.write(`w FETCH ${11 - from}:${60 - from} ${ROW}\r\n`);
    const hear = (chunk) => {
      const text = Buffer.concat([last, chunk]);
      let at = 0;
      for (let found = text.indexOf(end); found >= 0; found = text.indexOf(end, at)) {
        at = found + end.length;
        count += 1;
        if (performance.now() < until) ask(count % 10);
        else waiting -= 1;
      }
      last = text.subarray(Math.max(at, text.length - end.length + 1));
      if (waiting > 0) return;
      line.off("data", hear);
      resolve(count);
    };
    line.on("data", hear);
    for (let ahead = 0; ahead < AHEAD; ahead++) ask(0);
  });
}

/** Milliseconds of processor time that a process has used, in steps of ten; none once it is gone. */
export function processor(pid) {
  const fields = stat(pid);
  return fields ? (Number(fields[11]) + Number(fields[12])) * 10 : 0;
}

/** A process and all that came of it. */
function family(pid) {
  const parents = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), Number(stat(name)?.[1])]);
  const found = [pid];
  for (const member of found) found.push(...parents.filter(([, parent]) => parent === member).map(([child]) => child));
  return found;
}

/** What the kernel says of a process, from its state on (proc(5)). */
function stat(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  } catch {
    return null;
  }
}
