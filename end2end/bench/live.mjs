// Two thousand people who have Pismo open while mail comes in: how soon each hears of theirs, whether anybody misses any, and
// what a person costs the bridge. Dovecot hibernates whoever idles, as a server with so many connections would be set up to.

import { performance } from "node:perf_hooks";
import process from "node:process";
import { Bench, PASSWORD, middle, percentile } from "./bench.mjs";
import { Tab, signIn } from "./socket.mjs";

const PEOPLE = Number(process.env.PISMO_BENCH_PEOPLE ?? 2_000);
const DELIVERIES_A_SECOND = 20;
const SECONDS = 30;
/** People who sign in at the same time. */
const AT_ONCE = 8;
/** How long a delivery that nobody heard of is waited for. */
const PATIENCE_MS = 30_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const now = () => performance.timeOrigin + performance.now();

export const LIVE_USERS = {
  name: "many people",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, { args: ["--no-smtp", "--hibernate", "1s", "--owners", String(Math.ceil(PEOPLE / 100))], inMemory: true });
    const people = [];
    try {
      // What the bridge needs when every part has been used once is not counted as anybody's.
      await enter(bench, people);
      await pause(5_000);
      const before = bench.memory();
      await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        while (people.length < PEOPLE) await enter(bench, people);
      }));
      // The last to come are asleep by then.
      await pause(15_000);
      const each = ((bench.memory() - before) * 1024) / (people.length - 1);
      const { delays, missed } = await deliver(bench, people);
      const after = ((bench.memory() - before) * 1024) / (people.length - 1);
      const gone = people.filter(({ gone }) => gone).length;
      const count = people.length.toLocaleString("en");
      return [
        { what: `${count}, ${DELIVERIES_A_SECOND} deliveries a second → event, median and p99`, aim: "p99 1.5 s", value: `${Math.round(middle(delays))} and ${Math.round(percentile(delays, 0.99))} ms` },
        { what: `events missed, of ${delays.length + missed}; sockets lost`, aim: "0; 0", value: `${missed}; ${gone}` },
        { what: "bridge memory for each, at rest and after it", aim: "300 KiB", value: `${Math.round(each)} and ${Math.round(after)} KiB` },
      ];
    } finally {
      for (const { tab } of people) tab?.close();
      await bench.stop();
    }
  },
};

/** One more person signs in, opens the inbox and looks at it. */
async function enter(bench, people) {
  const person = { address: `person${people.length}@pismo.test`, heard: new Map(), gone: false };
  people.push(person);
  person.tab = await Tab.open(bench.port, await signIn(bench.port, person.address, PASSWORD));
  person.tab.onEnd = () => { person.gone = true; };
  person.tab.onFrame = (frame) => {
    for (const [subject, resolve] of person.heard) if (frame.includes(subject)) resolve(now());
  };
  await person.tab.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: 50 });
  await person.tab.ask({ do: "attend", front: true });
}

/** Delivers to one after the other at an even pace. How long each event took, and how many did not come. */
async function deliver(bench, people) {
  const delays = [];
  let missed = 0;
  const waiting = [];
  const begun = now();
  for (let count = 0; count < DELIVERIES_A_SECOND * SECONDS; count++) {
    await pause(begun + (count * 1000) / DELIVERIES_A_SECOND - now());
    // A step that has no divisor in common with the number of people goes round them all.
    const person = people[(count * 733) % people.length];
    waiting.push(one(bench, person, `Delivery ${count}.`).then((delay) => (delay === null ? missed++ : delays.push(delay))));
  }
  await Promise.all(waiting);
  return { delays, missed };
}

/** From the moment the mail server has a message until the tab hears of it, in milliseconds; null when it never does. */
async function one(bench, person, subject) {
  const heard = new Promise((resolve) => person.heard.set(subject, resolve));
  const sent = await bench.deliver(subject, person.address);
  const at = await Promise.race([heard, pause(PATIENCE_MS).then(() => null)]);
  person.heard.delete(subject);
  // The event can be here before the mail server has said that it has the message.
  return at === null ? null : Math.max(0, at - sent);
}
