// Opens what was made to do harm, first by IMAP itself and then by the bridge; for each it is told to begin. It does so in a thread
// that gives way to all others: whoever opens it has a machine of their own, and what that one has to do is not the bridge's.

import { once } from "node:events";
import { get } from "node:http";
import os from "node:os";
import { performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import { Imap } from "../mailserver/imap.mjs";
import { PASSWORD, until } from "./bench.mjs";
import { Tab } from "./socket.mjs";

const { url, port, imapPort, user, cookie, count, fetchMs, rounds } = workerData;
/** As much of a text and of a header as the bridge takes, in bytes. */
const TEXT = 1024 * 1024;
const HEADER = 256 * 1024;

// Of this thread alone, on Linux.
os.setPriority(os.constants.priority.PRIORITY_LOW);
const tab = await Tab.open(port, cookie);
const begun = performance.now();
let messages = [];
// What takes the mail server longer than a moment comes later.
await until(async () => {
  const { listing } = await tab.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count });
  messages = listing.rows.map(({ message }) => message).sort((one, other) => one.uid - other.uid);
  return messages.length === count;
});
parentPort.postMessage({ listed: performance.now() - begun });
await once(parentPort, "message");
const imap = await Imap.login(imapPort, user, PASSWORD);
await imap.command("SELECT INBOX");
const fetched = performance.now() + fetchMs;
while (performance.now() < fetched) {
  for (const { uid } of messages) {
    await imap.command(`UID FETCH ${uid} (BODYSTRUCTURE BODY.PEEK[HEADER]<0.${HEADER}>)`);
    await imap.command(`UID FETCH ${uid} (BODY.PEEK[1]<0.${TEXT}>)`);
  }
}
await imap.logout();
parentPort.postMessage({ fetched: true });
await once(parentPort, "message");
for (let round = 0; round < rounds; round++) {
  for (const [at, message] of messages.entries()) parentPort.postMessage({ at, opened: await opened(message) });
}
tab.close();
parentPort.close();

/** How long it takes to open a message as a tab does, in milliseconds, and what comes of it. */
async function opened(message) {
  const { account, uid_validity: validity, uid, mailbox } = message;
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
  const body = await received(`${url}/message/${account}/${validity}/${uid}/body?mailbox=${mailbox}&theme=light`);
  return { taken: performance.now() - begun, told, ...body };
}

/** Asks as a browser does, and looks at nothing that comes. */
async function received(address) {
  const [answer] = await once(get(address, { headers: { cookie, "accept-encoding": "gzip, deflate, br" } }), "response");
  let length = 0;
  for await (const { byteLength } of answer) length += byteLength;
  return { status: answer.statusCode, length };
}
