// What large attachments cost the bridge, and how quickly a key is dealt with in a long answer.

import { performance } from "node:perf_hooks";
import { Imap } from "../mailserver/imap.mjs";
import { Bench, PASSWORD, percentile, until } from "./bench.mjs";
import { peakSince } from "./collecting.mjs";
import { Tab, signIn } from "./socket.mjs";

const WRITER = "writer@pismo.test";
const READER = "reader@pismo.test";
const MIB = 1024 * 1024;
/** How long the message is that is answered. */
const QUOTED = 200 * 1000;
const KEYS = 200;

export const WRITING = {
  name: "writing",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, { args: ["--message-size", String(100 * MIB)], settings: { PISMO_UPLOAD_LIMIT: String(64 * MIB) } });
    try {
      const lines = [];
      // What is used for the first time is not what is measured.
      await attached(bench, 1);
      for (const size of [25, 50]) lines.push(await attached(bench, size));
      lines.push(...(await typed(bench)));
      return lines;
    } finally {
      await bench.stop();
    }
  },
};

/** Uploads a file of so many MiB, keeps it in Drafts, sends it, and waits until it is in Sent. */
async function attached(bench, size) {
  const cookie = await signIn(bench.port, WRITER, PASSWORD);
  const tab = await Tab.open(bench.port, cookie);
  const imap = await Imap.login(bench.mail.imap, READER, PASSWORD);
  const grown = peakSince(bench.process.pid);
  const begun = performance.now();
  const headers = { cookie, origin: bench.url, "content-type": "application/octet-stream", "x-file-name": "large" };
  const file = await (await fetch(`${bench.url}/blobs`, { method: "POST", headers, body: pieces(size), duplex: "half" })).json();
  const uploaded = grown();
  const id = `${size}`.padStart(32, "0");
  const draft = { id, to: [{ name: "", email: READER }], cc: [], bcc: [], subject: `${size} MiB`, body: "Here it is.", attachments: [file], original: null, references: [] };
  await tab.ask({ do: "save_draft", draft });
  const kept = grown();
  await tab.ask({ do: "send", draft });
  const own = await Imap.login(bench.mail.imap, WRITER, PASSWORD);
  await until(async () => (await has(imap, "INBOX", id)) && (await has(own, "Sent", id)) && !(await has(own, "Drafts", id)));
  const sent = grown();
  const clock = performance.now() - begun;
  for (const one of [imap, own]) await one.logout();
  tab.close();
  const mib = (value) => `${value.toFixed(1)}`;
  return { what: `a file of ${size} MiB uploaded, kept in Drafts, sent and filed (${(clock / 1000).toFixed(1)} s): growth of the bridge's memory`, aim: "< 8 MiB", value: `${mib(uploaded)}, ${mib(kept)}, ${mib(sent)} MiB` };
}

async function has(imap, mailbox, id) {
  await imap.select(mailbox);
  return (await imap.command(`UID SEARCH HEADER Message-ID ${id}@`)).some((line) => /^\* SEARCH \d/.test(line));
}

function pieces(size) {
  const piece = new Uint8Array(MIB).map((_, at) => (at * 31) % 251);
  let left = size;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(piece);
      else controller.close();
    },
  });
}

/** Answers a long message, as plain and as formatted text, and types in the middle of a word. */
async function typed(bench) {
  const words = "The quick brown fox jumps over the lazy dog. ";
  const paragraphs = Math.ceil(QUOTED / (words.length * 8));
  const imap = await Imap.login(bench.mail.imap, WRITER, PASSWORD);
  const message = (type, body) => Buffer.from(`From: ann@example.org\r\nTo: ${WRITER}\r\nSubject: long ${type}\r\nMIME-Version: 1.0\r\nContent-Type: text/${type}; charset=utf-8\r\n\r\n${body}`);
  const plain = Array.from({ length: paragraphs }, () => `${words.repeat(8).trimEnd()}\r\n\r\n`.replace(/(.{60,75}) /g, "$1\r\n")).join("");
  const html = Array.from({ length: paragraphs }, (_, at) => `<p style="margin:4px"><b>${at}</b> ${words.repeat(8)}</p>\r\n`).join("");
  await imap.append("INBOX", [{ raw: message("plain", plain), flags: [], date: new Date() }, { raw: message("html", html), flags: [], date: new Date() }]);
  await imap.logout();
  const lines = [];
  for (const type of ["plain", "html"]) {
    const page = await bench.visitor();
    await bench.signIn(page, WRITER);
    await bench.live(page);
    await page.getByTestId("message-row").filter({ hasText: `long ${type}` }).first().click();
    await page.getByTestId("action-reply").first().click();
    const body = page.getByTestId("compose-body");
    await body.waitFor();
    const text = type === "html" ? page.getByTestId("compose").frameLocator("#compose-frame").getByRole("textbox") : body;
    await text.waitFor();
    // A long quote of plain text is not in the field; a formatted one is in the frame.
    if (type === "html") await until(async () => (await text.evaluate((element) => element.textContent.length)) > QUOTED);
    else await page.getByTestId("compose-quote-show").waitFor();
    await text.evaluate(NOTE_KEYS);
    await page.evaluate(NOTE_MESSAGES);
    await text.press("Control+Home");
    await page.keyboard.type("word ".repeat(KEYS / 5), { delay: 30 });
    const keys = await text.evaluate(() => window.keysTook);
    const app = await page.evaluate(() => window.messagesTook);
    const bare = await typedBare(page.context(), type, type === "html" ? html : "");
    const shown = (values) => (values.length ? `${percentile(values, 0.5).toFixed(1)}, ${percentile(values, 0.99).toFixed(1)}` : "–");
    lines.push({ what: `a key in an answer to ${QUOTED / 1000} kB of ${type}, to the end of its layout: median, p99`, floor: `${shown(bare)} ms`, aim: "< 16 ms", value: `${shown(keys)} ms${type === "html" ? ` (the app beside it: ${shown(app)})` : ""}` });
    await page.context().close();
  }
  return lines;
}

/** The floor: the same keys in a field with the same text on a page that has nothing else. */
async function typedBare(context, type, html) {
  const page = await context.newPage();
  await page.setContent(type === "html" ? `<div id="field" contenteditable style="outline:0">${html}</div>` : `<textarea id="field" style="width:40em;height:30em"></textarea>`);
  const field = page.locator("#field");
  await field.evaluate(NOTE_KEYS);
  await field.press("Control+Home");
  await page.keyboard.type("word ".repeat(KEYS / 5), { delay: 30 });
  return field.evaluate(() => window.keysTook);
}

/** Notes how long each key takes, from its press until what it has changed is laid out. */
const NOTE_KEYS = (element) => {
  window.keysTook = [];
  let pressed = 0;
  const { ownerDocument: document } = element;
  document.addEventListener("keydown", () => { pressed = performance.now(); }, true);
  document.addEventListener("input", () => setTimeout(() => {
    document.body.getBoundingClientRect();
    element.getBoundingClientRect();
    window.keysTook.push(performance.now() - pressed);
  }), true);
};

/** Notes how long the app has to do with what the editor tells it. */
const NOTE_MESSAGES = () => {
  window.messagesTook = [];
  window.addEventListener("message", () => {
    const begun = performance.now();
    setTimeout(() => {
      document.body.getBoundingClientRect();
      window.messagesTook.push(performance.now() - begun);
    });
  }, true);
};
