// What mail servers say that mean harm: what each is, and its answers in place of those of an honest one.

import { performance } from "node:perf_hooks";
import { fetched, items, numbers } from "./impostor.mjs";

const MB = 1000 * 1000;
/** The largest number of IMAP. */
const MOST = 2 ** 32 - 1;
const PIECE = 64 * 1024;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const many = (count, of) => Array.from({ length: count }, (_, at) => of(at)).join("");

/** The same for ever. */
function* endless(text, first = "") {
  yield first;
  const piece = Buffer.from(text.repeat(Math.ceil(PIECE / text.length)));
  for (;;) yield piece;
}

/** Lines for ever, of which no two are the same. */
function* ever(line) {
  for (let from = 0; ; from += 500) yield many(500, (at) => line(from + at));
}

/** So many bytes of it. */
function* some(bytes, pieces) {
  for (const piece of pieces) {
    yield piece;
    bytes -= piece.length;
    if (bytes <= 0) return;
  }
}

/** One line with so many bytes of the same in it. */
function* long(first, text, bytes, last) {
  yield* some(bytes, endless(text, first));
  yield last;
}

/** A letter a second. */
async function* dripping(text) {
  for (;;) {
    for (const letter of text) {
      await pause(1000);
      yield letter;
    }
  }
}

const idling = (pieces) => function* () {
  yield "+ idling\r\n";
  yield* pieces();
};

/** Has something to tell as soon as somebody listens. */
const telling = (news) => async function* ({ heard }) {
  yield `+ idling\r\n${news}`;
  await heard();
};

/** Answers that way where something is asked for, else honestly. */
const where = (wanted, answer) => (asked) => (asked.line.includes(wanted) ? answer(asked) : undefined);

/** Has these items in each row. They are made when they are asked for: together all of this is large. */
const rows = (make) => {
  let made;
  return ({ rest, exists }) => numbers(rest, exists).map((number) => fetched(number, items(number, rest, (made ??= make()))));
};

/** Has them in the first row alone. */
const first = (make) => {
  let made;
  return ({ rest, exists }) => numbers(rest, exists).map((number, at) => fetched(number, items(number, rest, at === 0 ? (made ??= make()) : {})));
};

const bytes = (text) => Buffer.from(`{${text.length}}\r\n${text}`);
const keywords = (count, length) => many(count, (at) => `k${at}${"x".repeat(length)} `);
const address = (length) => `("${"n".repeat(length)}" NIL "${"a".repeat(length)}" "${"h".repeat(length)}")`;
const flagged = (at) => `* ${at + 1} FETCH (UID ${at + 1} FLAGS (${many(200, (number) => `${at}.${number}${"x".repeat(60)} `)}))\r\n`;
const whole = (at) => fetched(at + 1, items(at + 1, "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE")).toString("latin1");

/** A text with a hundred pictures in it. */
const pictures = () => {
  const picture = (at) => `("image" "png" NIL "<c${at}>" NIL "base64" 0)`;
  return { BODYSTRUCTURE: `BODYSTRUCTURE (("text" "html" NIL NIL NIL "7bit" 9000 1)${many(100, picture)} "related") `, BODY: (length) => bytes(many(100, (at) => `<img src="cid:c${at}">`).padEnd(length, "AAAA")) };
};
const smaller = rows(() => ({ "RFC822.SIZE": "RFC822.SIZE 400000 " }));
/** As many of them as are listened to. */
const larger = ({ rest, exists }) => numbers(rest, exists).slice(0, 9).map((number) => fetched(number, [`BODY[] {${7 * MB}}\r\n`, Buffer.alloc(7 * MB, "x")]));
const others = () => {
  const names = many(10_000, (at) => `* LIST () "/" ${performance.now()}.${at}\r\n`);
  return [`${names}* LIST () "/" INBOX\r\n`];
};

/** What each is, what is different about it, and whether it is one that mail is collected from. */
export const MALICE = [
  ["an honest one, for comparison", {}],
  ["a greeting that does not come for lines", { greeting: () => endless("* 1 EXISTS\r\n") }],
  ["a greeting without an end", { greeting: () => endless("x", "* OK ") }],
  ["LOGIN: go on, for ever", { answers: { LOGIN: () => endless("+\n") } }],
  ["LOGIN: what it can do, in words without number", { answers: { LOGIN: () => endless(`* CAPABILITY ${"a ".repeat(65_000)}\r\n`) } }],
  ["CAPABILITY: one word after the other, for ever", { answers: { CAPABILITY: () => endless("X-NEWS ", "* CAPABILITY ") } }],
  ["NAMESPACE and ID: 14 MB", { answers: { ID: () => some(6 * MB, endless(`* ID (${'"a" "b" '.repeat(20_000)})\r\n`)), NAMESPACE: () => some(8 * MB, endless(`* NAMESPACE (${'("x/" "/")'.repeat(20_000)}) NIL NIL\r\n`)) } }],
  ["QUOTA: 14 MB", { answers: { GETQUOTAROOT: () => some(14 * MB, endless(`* QUOTA "" (${"A 1 2 ".repeat(20_000)})\r\n`)) } }],
  ["LIST: a name of 4 GB", { answers: { LIST: () => endless("x", '* LIST () "/" {4294967295}\r\n') } }],
  ["LIST: folders without end", { answers: { LIST: () => ever((at) => `* LIST () "/" folder${at}\r\n`) } }],
  ["LIST: 30 MB of attributes", { answers: { LIST: () => some(30 * MB, endless(`* LIST (${"\\a ".repeat(65_000)}) "/" INBOX\r\n`)) } }],
  ["LIST: 30 MB of names", { answers: { LIST: () => some(30 * MB, ever((at) => `* LIST () "/" "&-${at}${"x".repeat(3000)}"\r\n`)) } }],
  ["LIST: 10,000 other folders each time", { answers: { LIST: others, IDLE: telling('* LIST () "/" another\r\n') } }],
  ["STATUS: folders that nobody asked for, for ever", { answers: { STATUS: where("MESSAGES", () => ever((at) => `* STATUS folder${at} (MESSAGES ${at} UIDNEXT 5)\r\n`)) } }],
  ["STATUS: a name for ever of 250 kB", { answers: { STATUS: where("GUID", () => [`* STATUS INBOX (X-GUID "${"x".repeat(250_000)}")\r\n`]) } }],
  ["SELECT: OK, for ever", { answers: { SELECT: () => endless("* OK still here\r\n") } }],
  ["SELECT: 1,000,000 flags, 3,000 of them to keep", { answers: { SELECT: () => [...long("* FLAGS (", keywords(1000, 4), 10 * MB, ")\r\n"), `* OK [PERMANENTFLAGS (${keywords(3000, 60)})] these\r\n* 1000 EXISTS\r\n* OK [UIDVALIDITY 7] it\r\n* OK [UIDNEXT 1001] it\r\n`] } }],
  ["4,294,967,295 messages, all of them found", { exists: MOST }],
  // No more than these: where each of them is kept, the machine lives through it.
  ["400,000,000 messages, with neither ESEARCH, SORT nor UIDPLUS", { exists: 400 * MB, without: ["ESEARCH", "SORT", "UIDPLUS"], answers: { SEARCH: ({ exists }) => [`* ESEARCH UID ALL 1:${exists}\r\n`] } }],
  ["SEARCH: a million numbers", { exists: 2 * MB, answers: { SEARCH: () => [`* SEARCH ${many(1e6, (at) => `${2 * at + 1} `)}\r\n`] } }],
  ["SEARCH: 30 MB of small numbers", { exists: MOST, answers: { SEARCH: () => some(30 * MB, endless(`* SEARCH ${"1 3 ".repeat(3.7 * MB)}\r\n`)) } }],
  ["an order by hand: 100 MB of sizes at a time", { exists: 2 * MB, without: ["SORT"], answers: { FETCH: where("(UID RFC822.SIZE)", () => some(100 * MB, endless("* 1 FETCH (UID 1 RFC822.SIZE 1)\r\n"))) } }],
  ["FETCH: rows that nobody asked for, for ever", { answers: { FETCH: where("ENVELOPE", () => ever(whole)) } }],
  ["FETCH: a subject of 250 kB and 100,000 addresses", { answers: { FETCH: where("ENVELOPE", first(() => ({ ENVELOPE: `ENVELOPE (NIL "${"s".repeat(250_000)}" (${address(1).repeat(100_000)}) NIL NIL NIL NIL NIL NIL NIL) ` }))) } }],
  ["FETCH: rows as large as they may be", { answers: { FETCH: where("ENVELOPE", rows(() => ({ ENVELOPE: `ENVELOPE (NIL "${"s".repeat(300)}" (${address(300).repeat(8)}) NIL NIL (${address(300).repeat(8)}) NIL NIL NIL NIL) ` }))) } }],
  ["FETCH: a structure 100,000 deep", { answers: { FETCH: where("BODYSTRUCTURE", first(() => ({ BODYSTRUCTURE: `BODYSTRUCTURE ${"(".repeat(1e5)}${")".repeat(1e5)} ` }))) } }],
  ["FETCH: a structure of 1,000,000 parts", { answers: { FETCH: where("BODYSTRUCTURE", first(() => ({ BODYSTRUCTURE: `BODYSTRUCTURE (${'("a" "b")'.repeat(1e6)} "mixed") ` }))) } }],
  ["FETCH: 200 flags of 1 kB for each message", { answers: { FETCH: where("FLAGS", rows(() => ({ FLAGS: `FLAGS (${keywords(200, 1000)}) ` }))) } }],
  ["FETCH: a text of 4 GB", { answers: { FETCH: where("BODY.PEEK[1]", () => endless("x", "* 1 FETCH (UID 1 BODY[1] {4294967295}\r\n")) } }],
  ["FETCH: as much text as is taken", { answers: { FETCH: where("BODY.PEEK", rows(() => ({ BODY: (length) => bytes("x".repeat(length || MB)) }))) } }],
  ["FETCH: 100,000 sections for one", { answers: { FETCH: where("BODY.PEEK[1]", ({ rest }) => some(MB, endless(`* 1 FETCH (UID ${rest.split(" ")[0]} ${"BODY[1] a ".repeat(20_000)})\r\n`))) } }],
  ["FETCH: 100 pictures of 4 MB in a text, said to be of no bytes", { answers: { FETCH: where("BODY", rows(pictures)) } }],
  ["FETCH: 64 kB of references in each message", { answers: { FETCH: where("REFERENCES", rows(() => ({ BODY: () => bytes(`References: ${many(4000, (at) => `<${at}@x.y> `)}\r\n\r\n`) }))) } }],
  ["FETCH: a line without an end", { answers: { FETCH: () => endless("x", "* 1 FETCH (UID 1 ") } }],
  ["MOVE: gone to 2,000,000 ranges of all there is", { answers: { MOVE: () => some(15 * MB, endless(`* OK [COPYUID 7 1:4294967295${",1".repeat(60_000)} 1:4294967295${",1".repeat(60_000)}] gone\r\n`)) } }],
  ["VANISHED (EARLIER) 1:4294967295, for ever", { answers: { NOOP: () => endless("* VANISHED (EARLIER) 1:4294967295\r\n"), IDLE: idling(() => endless("* VANISHED 1:4294967295\r\n")) } }],
  ["NOOP and IDLE: ALERT, for ever", { answers: { NOOP: () => endless("* OK [ALERT] Attention!\r\n"), IDLE: idling(() => endless("* OK [ALERT] Attention!\r\n")) } }],
  ["NOOP and IDLE: go on, for ever", { answers: { NOOP: () => endless("+\n"), IDLE: idling(() => endless("+\n")) } }],
  ["NOOP: EXPUNGE, for ever", { answers: { NOOP: () => endless("* 1 EXPUNGE\r\n") } }],
  ["NOOP: 900 messages with 200 flags of 70 bytes, at every news", { answers: { NOOP: () => [many(900, flagged)], IDLE: telling("* 1 FETCH (FLAGS ())\r\n") } }],
  ["IDLE: a folder more, whenever somebody listens", { answers: { IDLE: telling('* LIST () "/" another\r\n') } }],
  ["IDLE: one comes and one goes, whenever somebody listens", { answers: { IDLE: telling("* 1 EXPUNGE\r\n* 1000 EXISTS\r\n") } }],
  ["a letter a second", { answers: { LIST: () => dripping('* LIST () "/" INBOX\r\n'), SELECT: () => dripping("* OK\r\n"), NOOP: () => dripping("* OK\r\n") } }],
  ["collected from: 4,294,967,295 messages", { exists: MOST }, true],
  ["collected from: texts for ever", { answers: { FETCH: where("BODY.PEEK[]", ({ rest }) => endless(`* 1 FETCH (UID ${rest.split(/[:, ]/)[0]} BODY[] {65536}\r\n${"x".repeat(65_536)})\r\n`)) } }, true],
  ["collected from: texts of 7 MB, said to be of 400 kB", { answers: { FETCH: (asked) => (asked.line.includes("BODY.PEEK[]") ? larger : smaller)(asked) } }, true],
];
