// Somebody who signs in at hostile servers and does there what a tab does, whatever comes of it. It is done in a thread that gives way to
// all others: it stands for machines of others, the hostile servers' own among them.

import { once } from "node:events";
import net from "node:net";
import os from "node:os";
import { performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import { PASSWORD } from "./bench.mjs";
import { impostor, taken } from "./impostor.mjs";
import { MALICE } from "./malice.mjs";
import { Tab, signIn } from "./socket.mjs";

const { url, port, lastingMs } = workerData;
const COUNT = 50;
const WINDOWS = 8;
/** How long somebody looks at what a search finds. */
const SEARCHED_MS = 500;
/** How long one answer is waited for. */
const PATIENCE_MS = 1500;
/** Between two pieces that are sent to be forgotten. */
const STEP_MS = 10;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const within = (milliseconds, promise) => Promise.race([promise, pause(milliseconds).then(() => Promise.reject(new Error("it takes too long")))]);
const at = (server) => `imap+insecure://127.0.0.1:${server.port}`;

// Of this thread alone, on Linux.
os.setPriority(os.constants.priority.PRIORITY_LOW);
for (;;) {
  const [{ number, bytes }] = await once(parentPort, "message");
  parentPort.postMessage(bytes ? await discard(bytes) : await visit(number));
}

/** Is at a server for a while and goes; signs out when told to. Answers with how many bytes it has sent. */
async function visit(number) {
  const [, hostile, collected] = MALICE[number];
  let sent = 0;
  const servers = [await impostor(hostile, (length) => { sent += length; })];
  if (collected) servers.unshift(await impostor({ exists: 0 }, () => {}));
  const until = performance.now() + lastingMs;
  const guest = {};
  try {
    guest.cookie = await within(lastingMs, signIn(port, `guest${number}@pismo.test`, PASSWORD, { imap: at(servers[0]) }));
    if (collected) await post(guest, "collectors/add", { address: "there@pismo.test", password: PASSWORD, server: at(servers[1]) });
    guest.tab = await within(lastingMs, Tab.open(port, guest.cookie));
    // Mail is collected while nobody asks for anything else.
    while (!collected && performance.now() < until) await within(until - performance.now(), look(guest));
  } catch {
    // What comes of it is seen in the bridge.
  }
  await pause(Math.max(0, until - performance.now()));
  guest.tab?.close();
  parentPort.postMessage("gone");
  await once(parentPort, "message");
  if (guest.cookie) await post(guest, "logout").catch(() => null);
  for (const server of servers) server.stop();
  return { sent };
}

function post({ cookie }, what, fields = {}) {
  return fetch(`${url}/${what}`, { method: "POST", redirect: "manual", headers: { cookie, origin: url }, body: new URLSearchParams(fields), signal: AbortSignal.timeout(lastingMs) });
}

/** What a tab does, once. */
async function look({ tab, cookie }) {
  const ask = (command) => within(PATIENCE_MS, tab.ask(command)).catch(() => null);
  const open = (query) => ask({ do: "open", query: { mailbox: "INBOX", ...query }, from: 0, count: COUNT });
  const got = (path) => received(`${url}/${path}`, cookie).catch(() => null);
  await got("mail/INBOX");
  await ask({ do: "attend", front: true });
  const listing = (await open({}))?.listing;
  const message = listing?.rows[0]?.message;
  if (message) {
    const { account, uid_validity: validity, uid, mailbox } = message;
    const act = (action) => ask({ do: "act", selection: { messages: [message] }, action });
    await ask({ do: "read", message });
    for (const part of ["body", "source"]) await got(`message/${account}/${validity}/${uid}/${part}?mailbox=${mailbox}&theme=light`);
    await ask({ do: "gather", message });
    await act({ flag: { flag: "\\Seen", set: true } });
    await act({ move: { to: "Sent" } });
    await act("erase");
    for (let window = 1; window <= WINDOWS; window++) await ask({ do: "window", list: listing.list, from: window * COUNT, count: COUNT });
  }
  for (const query of [{ search: "hello" }, { sort: "smallest" }, { threaded: true }]) {
    await open(query);
    // What comes next ends it.
    await pause(SEARCHED_MS);
  }
}

/** Asks as a browser does, and looks at nothing that comes. */
async function received(address, cookie) {
  const { body } = await fetch(address, { headers: { cookie }, signal: AbortSignal.timeout(PATIENCE_MS) });
  for await (const piece of body) void piece;
}

/** Sends so many bytes a second to a socket that reads and forgets them. */
async function discard(bytes) {
  const piece = Buffer.alloc((bytes * STEP_MS) / 1000, "x");
  const server = net.createServer(async (socket) => {
    socket.on("error", () => socket.destroy());
    while (!socket.destroyed) await Promise.all([taken(socket, piece), pause(STEP_MS)]).catch(() => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = net.connect(server.address().port, "127.0.0.1").resume();
  await pause(workerData.watchedMs);
  socket.destroy();
  server.close();
}
