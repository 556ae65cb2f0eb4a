// What a message that was made to do harm costs whoever opens it, and somebody else who reads meanwhile.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Imap } from "../mailserver/imap.mjs";
import { Bench, PASSWORD, percentile } from "./bench.mjs";
import { Person, peakSince } from "./collecting.mjs";
import { Reader } from "./reader.mjs";

const VICTIM = "victim@pismo.test";
const WATCHED_MS = 10_000;
/** How often all are opened: of a hundred times that another waits the worst is looked at, and that takes many hundred. */
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
      const { cookie } = await Person.of(bench, VICTIM);
      const imap = await Imap.login(bench.mail.imap, VICTIM, PASSWORD);
      for (const [, message] of BOMBS) await imap.append("INBOX", [{ raw: Buffer.from(message()), flags: [], date: new Date() }]);
      await imap.logout();
      const grown = peakSince(bench.process.pid);
      const { url, port, mail } = bench;
      const workerData = { url, port, imapPort: mail.imap, user: VICTIM, cookie, count: BOMBS.length, fetchMs: WATCHED_MS, rounds: ROUNDS };
      const victim = new Worker(new URL("./victim.mjs", import.meta.url), { workerData });
      const [{ listed }] = await once(victim, "message");
      const quiet = await reader.readUntil(pause(WATCHED_MS));
      victim.postMessage("fetch");
      const fetched = await reader.readUntil(once(victim, "message"));
      const first = new Map();
      victim.on("message", ({ at, opened }) => {
        if (!first.has(at)) first.set(at, opened);
      });
      victim.postMessage("open");
      const opened = await reader.readUntil(once(victim, "exit"));
      reader.close();
      const worst = (taken) => percentile(taken, 0.99);
      const median = (taken) => percentile(taken, 0.5);
      const beside = (what, of, floor, value, aim) => ({ what, floor: ms(of(floor)), aim, value: `${ms(of(value))} (${(of(value) / of(floor)).toFixed(2)})` });
      return [
        { what: "the list of all of these", aim: "≤ 2 s", value: ms(listed) },
        ...BOMBS.map(([what], at) => ({ what, aim: "≤ 2 s", value: inWords(first.get(at)) })),
        beside("another's message opened while these are fetched by IMAP itself, p99; floor: while nothing is", worst, quiet, fetched),
        beside("the same while these are opened, p99; floor: while they are fetched", worst, fetched, opened, "≤ 1.5 × the floor"),
        beside("the same, median; floor: while nothing is", median, quiet, opened, "≤ 1.5 × the floor"),
        { what: "growth of the bridge's memory", aim: "≤ 256 MB", value: `${Math.round(grown())} MB` },
      ];
    } finally {
      await bench.stop();
    }
  },
};

function inWords({ taken, status, length, told }) {
  return `${ms(taken)}; body ${status}, ${Math.ceil(length / 1000)} kB${told.map((text) => `; ${text}`).join("")}`;
}
