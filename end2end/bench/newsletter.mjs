// What it costs to make a newsletter harmless: the whole answer for its body, beside that for a short one of the same kind, and beside
// its source, whose bytes are fetched and sent as they came.

import { performance } from "node:perf_hooks";
import { Imap } from "../mailserver/imap.mjs";
import { Bench, PASSWORD, middle } from "./bench.mjs";
import { signIn } from "./socket.mjs";
import { processor } from "./windows.mjs";

const READER = "newsletter@pismo.test";
const SIZE = 100 * 1000;
const TIMES = 200;

/** Tables within tables, each cell styled by itself, links that count readers: as programs for newsletters write them. */
function newsletter(size) {
  const row = (at) => `<table width="600" cellpadding="0" cellspacing="0" border="0" align="center" style="border-collapse:collapse;mso-table-lspace:0pt;background-color:#ffffff"><tr><td class="column" style="padding:12px 24px;font-family:Arial,'Helvetica Neue',sans-serif;font-size:14px;line-height:21px;color:#333333"><a href="https://shop.example.org/item/${at}?utm_source=mail&amp;utm_campaign=${at}" style="color:#1155cc;text-decoration:none" target="_blank"><img src="https://img.example.org/${at}.png" width="200" height="120" alt="Item ${at}" style="display:block;border:0"></a><p style="margin:0 0 8px 0">Item ${at}: the quick brown fox jumps over the lazy dog.</p></td></tr></table>\r\n`;
  let body = "";
  for (let at = 0; body.length < size; at++) body += row(at);
  return `<html><head><style>body{margin:0}.column{width:100%}@media (max-width:600px){.column{padding:8px!important}}</style></head><body bgcolor="#eeeeee">${body}</body></html>`;
}

export const NEWSLETTER = {
  name: "newsletter",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, {});
    try {
      const imap = await Imap.login(bench.mail.imap, READER, PASSWORD);
      const message = (size) => ({ raw: Buffer.from(`From: shop@example.org\r\nTo: ${READER}\r\nSubject: ${size}\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${newsletter(size)}`), flags: [], date: new Date() });
      await imap.append("INBOX", [message(500), message(SIZE)]);
      const validity = /UIDVALIDITY (\d+)/.exec((await imap.command("STATUS INBOX (UIDVALIDITY)")).join("\n"))[1];
      await imap.logout();
      const cookie = await signIn(bench.port, READER, PASSWORD);
      const account = /"account":(\d+)/.exec(await (await fetch(`${bench.url}/mail/INBOX`, { headers: { cookie } })).text())[1];
      const open = async (uid, what = "body") => {
        const answer = await fetch(`${bench.url}/message/${account}/${validity}/${uid}/${what}?mailbox=INBOX&theme=light`, { headers: { cookie, "accept-encoding": "identity" } });
        const text = await answer.text();
        if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
      };
      const cost = async (uid, what) => {
        for (let time = 0; time < 20; time++) await open(uid, what);
        const [spent, taken] = [processor(bench.process.pid), []];
        for (let time = 0; time < TIMES; time++) {
          const begun = performance.now();
          await open(uid, what);
          taken.push(performance.now() - begun);
        }
        return { clock: middle(taken), effort: (processor(bench.process.pid) - spent) / TIMES };
      };
      const [short, plain, long, source] = [await cost(1), await cost(1, "source"), await cost(2), await cost(2, "source")];
      const ms = (value) => `${value.toFixed(2)} ms`;
      return [
        { what: "the body of one of 0.5 kB beside its source as it came: median", floor: ms(plain.clock), aim: "≤ 1.1 × the floor", value: `${ms(short.clock)} (${(short.clock / plain.clock).toFixed(2)})` },
        { what: `the body of one of ${SIZE / 1000} kB beside one of 0.5 kB: median`, floor: ms(short.clock), aim: "≤ floor + 5 ms", value: ms(long.clock) },
        { what: "the same: processor time of the bridge", floor: ms(short.effort), aim: "≤ floor + 5 ms", value: ms(long.effort) },
        { what: "the same beside its source as it came: median", floor: ms(source.clock), aim: "≤ floor + 5 ms", value: ms(long.clock) },
        { what: "the same: processor time of the bridge", floor: ms(source.effort), aim: "≤ floor + 5 ms", value: ms(long.effort) },
      ];
    } finally {
      await bench.stop();
    }
  },
};
