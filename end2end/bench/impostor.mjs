// A mail server that seems to be one, but for the answers that somebody has put in place of its own. It sends no faster than
// what it says is taken, so that what an answer without end costs is what it costs whoever listens.

import { once } from "node:events";
import net from "node:net";

const EXISTS = 1000;
const CAPABILITIES = "IMAP4rev1 LITERAL+ ID IDLE NAMESPACE CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE UIDPLUS MOVE UNSELECT ENABLE CONDSTORE ESEARCH SORT QUOTA";
const VALIDITY = 7;
const TEXT = Buffer.from(`From: Ana <ana@pismo.test>\r\nSubject: Hello\r\nMessage-ID: <hello@pismo.test>\r\nContent-Type: text/plain\r\n\r\n${"Hello there. ".repeat(200)}\r\n`);
/** No answer of ours has more rows. */
const MOST = 2000;

/** What it answers before the line that ends a command. Each gets what was asked and gives pieces of text or bytes. */
const OWN = {
  CAPABILITY: ({ words }) => [`* CAPABILITY ${words}\r\n`],
  LOGIN: () => [],
  ID: () => ["* ID NIL\r\n"],
  NAMESPACE: () => ['* NAMESPACE (("" "/")) NIL NIL\r\n'],
  LIST: ({ exists }) => ["INBOX", "Sent", "Trash"].map((name) => `* LIST (\\HasNoChildren${name === "INBOX" ? "" : ` \\${name}`}) "/" ${name}\r\n* STATUS ${name} ${counts(exists)}\r\n`),
  LSUB: () => ['* LSUB () "/" INBOX\r\n'],
  STATUS: ({ exists, rest }) => [`* STATUS ${rest.split(" ")[0]} ${counts(exists)}\r\n`],
  SELECT: ({ exists }) => [
    `* FLAGS (\\Seen \\Flagged \\Deleted)\r\n* OK [PERMANENTFLAGS (\\Seen \\Flagged \\Deleted \\*)] these\r\n* ${exists} EXISTS\r\n`,
    `* OK [UIDVALIDITY ${VALIDITY}] it\r\n* OK [UIDNEXT ${next(exists)}] it\r\n* OK [HIGHESTMODSEQ 9] it\r\n`,
  ],
  FETCH: ({ exists, rest }) => numbers(rest, exists).map((number) => fetched(number, items(number, rest))),
  SEARCH({ exists, line, rest }) {
    const within = / UID ([\d:,]+)/.exec(` ${rest}`)?.[1] ?? `1:${exists}`;
    return [line.includes("RETURN") ? `* ESEARCH (TAG "${line.split(" ")[0]}") UID ALL ${within}\r\n` : `* SEARCH ${numbers(within, exists).join(" ")}\r\n`];
  },
  SORT: ({ exists }) => [`* SORT ${numbers(`1:${exists}`, exists).join(" ")}\r\n`],
  GETQUOTAROOT: () => ['* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE 10 1000)\r\n'],
  async *IDLE({ heard }) {
    yield "+ idling\r\n";
    await heard();
  },
  LOGOUT: () => ["* BYE\r\n"],
};

/**
 * Listens at a port of its own. `answers` stand in place of its own by the name of the command, `greeting` in place of what is said first;
 * it can do all but what it is `without`, and has so many messages. `onSent` hears of the bytes that were taken.
 */
export async function impostor({ answers = {}, greeting, without = [], exists = EXISTS }, onSent) {
  const words = CAPABILITIES.split(" ").filter((word) => !without.includes(word)).join(" ");
  const sockets = new Set();
  const server = net.createServer(async (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true).on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    const say = async (pieces) => {
      for await (const piece of pieces) {
        await taken(socket, piece);
        onSent(piece.length);
      }
    };
    try {
      await say(greeting?.() ?? ["* OK hello\r\n"]);
      const lines = commands(socket);
      const heard = async () => (await lines.next()).value;
      for (let line = await heard(); line !== undefined; line = await heard()) {
        const [, tag, name, rest] = /^(\S+) (?:UID )?(\S+) ?(.*)$/is.exec(line) ?? [];
        const known = name?.toUpperCase().replace("EXAMINE", "SELECT");
        const asked = { exists, words, line, rest, heard, code: known === "MOVE" || known === "COPY" ? copied(rest) : "" };
        const answer = answers[known]?.(asked) ?? OWN[known]?.(asked) ?? [];
        await say(answer);
        await say([`${tag} OK ${asked.code}done\r\n`]);
        if (known === "LOGOUT") socket.end();
      }
    } catch {
      // The line is gone.
      socket.destroy();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: server.address().port, stop };
}

/** Says something; answers when the other side has taken it. */
export function taken(socket, piece) {
  return new Promise((resolve, reject) => socket.write(piece, (error) => (error ? reject(error) : resolve())));
}

/** Commands, with their literals as strings. */
async function* commands(socket) {
  const chunks = socket[Symbol.asyncIterator]();
  let text = "";
  const upTo = async (is) => {
    for (;;) {
      const end = is();
      if (end >= 0) {
        const taken = text.slice(0, end);
        text = text.slice(end);
        return taken;
      }
      const { value, done } = await chunks.next();
      if (done) throw new Error("the line has ended");
      text += value.toString("latin1");
    }
  };
  for (let command = ""; ; ) {
    command += await upTo(() => text.indexOf("\r\n"));
    text = text.slice(2);
    const [announced, length] = /\{(\d+)\+?\}$/.exec(command) ?? [];
    if (announced === undefined) {
      yield command;
      command = "";
      continue;
    }
    if (!announced.endsWith("+}")) socket.write("+ go on\r\n");
    command = `${command.slice(0, -announced.length)}"${await upTo(() => (text.length < Number(length) ? -1 : Number(length)))}"`;
  }
}

const next = (exists) => Math.min(exists + 1, 2 ** 32 - 1);
const counts = (exists) => `(MESSAGES ${exists} UNSEEN 1 UIDNEXT ${next(exists)} UIDVALIDITY ${VALIDITY} HIGHESTMODSEQ 9)`;
const copied = (rest) => `[COPYUID ${VALIDITY} ${rest.split(" ")[0]} ${rest.split(" ")[0]}] `;

/** The messages of a set: their numbers are their UIDs. */
export function numbers(rest, exists) {
  const found = [];
  for (const range of rest.split(" ")[0].split(",")) {
    const [first, last = first] = range.split(":").map((text) => (text === "*" ? exists : Number(text)));
    const [low, high] = [Math.min(first, last), Math.min(Math.max(first, last), exists)];
    for (let number = low; number <= high && found.length < MOST; number++) found.push(number);
  }
  return found;
}

/** One line of a FETCH. */
export function fetched(number, items) {
  return Buffer.concat([`* ${number} FETCH (UID ${number} `, ...items, ")\r\n"].map((piece) => Buffer.from(piece)));
}

/** What is asked for of a message; what `instead` has by the name of an item stands in place of it. */
export function items(number, rest, instead = {}) {
  const all = {
    FLAGS: "FLAGS (\\Seen) ",
    INTERNALDATE: 'INTERNALDATE "23-Nov-2026 10:00:00 +0000" ',
    "RFC822.SIZE": `RFC822.SIZE ${TEXT.length} `,
    ENVELOPE: `ENVELOPE ("Mon, 23 Nov 2026 10:00:00 +0000" "Hello ${number}" (("Ana" NIL "ana" "pismo.test")) NIL NIL (("Bo" NIL "bo" "pismo.test")) NIL NIL NIL "<${number}@pismo.test>") `,
    BODYSTRUCTURE: `BODYSTRUCTURE ("text" "plain" ("charset" "utf-8") NIL NIL "7bit" ${TEXT.length} 9 NIL NIL NIL NIL) `,
    ...instead,
  };
  const parts = [...rest.matchAll(/BODY\.PEEK(\[[^\]]*\])(?:<(\d+)\.(\d+)>)?/g)].flatMap(([, section, from, length]) => {
    if (instead.BODY !== undefined) return [`BODY${section}${from === undefined ? "" : `<${from}>`} `, instead.BODY(Number(length)), " "];
    const bytes = from === undefined ? TEXT : TEXT.subarray(Number(from), Number(from) + Number(length));
    return [`BODY${section}${from === undefined ? "" : `<${from}>`} {${bytes.length}}\r\n`, bytes, " "];
  });
  return [...Object.keys(all).filter((name) => name !== "BODY" && rest.includes(name)).map((name) => all[name]), ...parts];
}
