// What a message that was made to do harm costs whoever opens it, and somebody else who reads meanwhile.

import { once } from "node:events";
import { get } from "node:http";
import { performance } from "node:perf_hooks";
import { Imap } from "../mailserver/imap.mjs";
import { Bench, PASSWORD, percentile, until } from "./bench.mjs";
import { Person, peakSince } from "./collecting.mjs";
import { Reader } from "./reader.mjs";
import { Tab } from "./socket.mjs";

const VICTIM = "victim@pismo.test";
const QUIET_MS = 10_000;
/** How often all are opened. */
const ROUNDS = 20;
const MB = 1000 * 1000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

const head = (type, more = "") => `From: someone@example.org\r\nTo: ${VICTIM}\r\nSubject: bomb\r\nMIME-Version: 1.0\r\n${more}Content-Type: ${type}\r\n\r\n`;
const nested = (depth) => Array.from({ length: depth }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`).join("");
const html = (body) => head("text/html; charset=utf-8") + body;

/** Each is made when it is its turn: together they are large. */
const BOMBS = [
  ["messages in messages, 1,000 deep", () => `${head("message/rfc822").repeat(1000)}${head("text/plain")}the end\r\n`],
  ["multiparts in multiparts, 100,000 deep", () => `From: someone@example.org\r\nSubject: bomb\r\nMIME-Version: 1.0\r\n${nested(100_000)}\r\nthe end\r\n`],
  ["1,000,000 parts", () => `${head("multipart/mixed; boundary=b")}${"--b\r\n\r\nx\r\n".repeat(1_000_000)}--b--\r\n`],
  ["200,000 recipients", () => head("text/plain", `Cc: ${Array.from({ length: 200_000 }, (_, at) => `<a${at}@example.org>`).join(",\r\n ")}\r\n`)],
  ["a header of 5 MB of comments", () => head("text/plain", `Reply-To: ${"(".repeat(2.5 * MB)}${")".repeat(2.5 * MB)} a@example.org\r\n`)],
  ["100,000 references", () => head("text/plain", `References: ${Array.from({ length: 100_000 }, (_, at) => `<${at}@example.org>`).join("\r\n ")}\r\n`)],
  ["HTML, 500,000 elements deep", () => html(`${"<div>".repeat(500_000)}the end`)],
  ["HTML, a table of 10 MB", () => html(`<table>${"<tr><td style=color:red>x".repeat(400_000)}</table>`)],
  ["HTML, 5 MB of rules", () => html(`<style>${Array.from({ length: 200_000 }, (_, at) => `.a${at} b{color:red}`).join("")}</style><b>x</b>`)],
  ["HTML, 5 MB of one attribute", () => html(`<p style="${"color:red;".repeat(0.5 * MB)}">x`)],
  ["plain text, 20 MB on one line", () => head("text/plain") + "x ".repeat(10 * MB)],
];

export const BOMBS_OPENED = {
  name: "bombs",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, {});
    try {
      const reader = await Reader.of(bench);
      const victim = await Person.of(bench, VICTIM);
      const imap = await Imap.login(bench.mail.imap, VICTIM, PASSWORD);
      for (const [, message] of BOMBS) await imap.append("INBOX", [{ raw: Buffer.from(message()), flags: [], date: new Date() }]);
      await imap.logout();
      const tab = await Tab.open(bench.port, victim.cookie);
      const grown = peakSince(bench.process.pid);
      const begun = performance.now();
      let messages = [];
      // What takes the mail server longer than a moment comes later.
      await until(async () => {
        const { listing } = await tab.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: BOMBS.length });
        messages = listing.rows.map(({ message }) => message).sort((one, other) => one.uid - other.uid);
        return messages.length === BOMBS.length;
      });
      const listed = performance.now() - begun;
      const quiet = await reader.readUntil(pause(QUIET_MS));
      const lines = [];
      const busy = await reader.readUntil((async () => {
        for (const [at, [what]] of BOMBS.entries()) lines.push({ what, aim: "≤ 2 s", value: await opened(bench, victim, tab, messages[at]) });
        // Of a hundred times that another waits the worst is looked at: that takes many hundred.
        for (let round = 1; round < ROUNDS; round++) for (const message of messages) await opened(bench, victim, tab, message);
      })());
      tab.close();
      reader.close();
      const [floor, value] = [quiet, busy].map((taken) => percentile(taken, 0.99));
      return [
        { what: "the list of all of these", aim: "≤ 2 s", value: ms(listed) },
        ...lines,
        { what: "another's message opened meanwhile, p99", floor: ms(floor), aim: "≤ 1.5 × the floor", value: `${ms(value)} (${(value / floor).toFixed(2)})` },
        { what: "the same, median", floor: ms(percentile(quiet, 0.5)), value: ms(percentile(busy, 0.5)) },
        { what: "growth of the bridge's memory", aim: "≤ 256 MB", value: `${Math.round(grown())} MB` },
      ];
    } finally {
      await bench.stop();
    }
  },
};

/** How long it takes to open a message as a tab does, and what comes of it. */
async function opened(bench, { cookie }, tab, message) {
  const begun = performance.now();
  const told = [];
  const ask = async (command) => {
    try {
      await tab.ask(command);
    } catch (error) {
      told.push(error.message.slice(0, 80));
    }
  };
  await ask({ do: "read", message });
  await ask({ do: "gather", message });
  const { account, uid_validity: validity, uid, mailbox } = message;
  const { status, length } = await received(`${bench.url}/message/${account}/${validity}/${uid}/body?mailbox=${mailbox}&theme=light`, cookie);
  const taken = performance.now() - begun;
  return `${ms(taken)}; body ${status}, ${Math.ceil(length / 1000)} kB${told.map((text) => `; ${text}`).join("")}`;
}

/** Asks as a browser does, and looks at nothing that comes: what this process has to do is not the bridge's. */
async function received(url, cookie) {
  const [answer] = await once(get(url, { headers: { cookie, "accept-encoding": "gzip, deflate, br" } }), "response");
  let length = 0;
  for await (const { byteLength } of answer) length += byteLength;
  return { status: answer.statusCode, length };
}
