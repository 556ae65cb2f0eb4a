// What a mail server that means harm costs the bridge while somebody is signed in there, and somebody else who reads meanwhile.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Bench, percentile } from "./bench.mjs";
import { peakSince } from "./collecting.mjs";
import { MALICE } from "./malice.mjs";
import { Reader } from "./reader.mjs";
import { processor } from "./windows.mjs";

const WATCHED_MS = 8_000;
/** How long somebody is at each server. */
const LASTING_MS = 3_000;
/** How long the bridge has to notice that they have gone, and how long it is watched then. */
const GONE_MS = 300;
const AFTER_MS = 500;
/** How often somebody is at the honest one: of a hundred times that another waits the worst is looked at. */
const HONEST = 4;
/** What is left behind of one server, in MB, from which on it would hide what the next one costs. */
const HIDING = 16;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const median = (taken) => percentile(taken, 0.5);
const p99 = (taken) => percentile(taken, 0.99);

export const HOSTILE = {
  name: "hostile",
  alone: true,
  async measure(browser) {
    // Everybody names a server of their own.
    const bench = await Bench.open(browser, { settings: { PISMO_IMAP: undefined, PISMO_LOGIN_PRIVATE: "1", PISMO_COLLECT_PRIVATE: "1" } });
    const { url, port } = bench;
    const guest = new Worker(new URL("./guest.mjs", import.meta.url), { workerData: { url, port, lastingMs: LASTING_MS, watchedMs: WATCHED_MS } });
    try {
      let state = await begin(bench, guest);
      const quiet = await state.reader.readUntil(pause(WATCHED_MS));
      const honest = [];
      for (let time = 0; time < HONEST; time++) honest.push(await visit(bench, guest, state, 0));
      const hostile = [];
      for (let number = 1; number < MALICE.length; number++) {
        if ((hostile.at(-1)?.kept ?? 0) > HIDING) {
          state.reader.close();
          await bench.restart();
          state = await begin(bench, guest);
        }
        hostile.push(await visit(bench, guest, state, number));
      }
      const sent = hostile.reduce((sum, visit) => sum + visit.sent, 0);
      guest.postMessage({ bytes: (sent * 1000) / (hostile.length * LASTING_MS) });
      const forgotten = await state.reader.readUntil(once(guest, "message"));
      state.reader.close();
      const alive = await fetch(`${url}/healthz`).then(({ ok }) => ok, () => false);
      const taken = (visits) => visits.flatMap((visit) => visit.taken);
      const beside = (what, of, floor, aim) => {
        const value = of(taken(hostile));
        return { what, floor: ms(of(floor)), aim, value: `${ms(value)} (${(value / of(floor)).toFixed(2)})` };
      };
      return [
        ...[honest[0], ...hostile].map(({ taken, grown, kept, spent }, number) => ({
          what: MALICE[number][0],
          aim: number > 0 ? "≤ 32 MB; idle" : undefined,
          value: `${Math.round(grown)} MB; then ${Math.round(kept)} MB, ${Math.round((spent / AFTER_MS) * 100)} % (p99 ${ms(p99(taken))})`,
        })),
        beside("another's message opened meanwhile, p99; floor: while they are at the honest one", p99, taken(honest), "≤ 1.5 × the floor"),
        beside("the same; floor: while a socket forgets as many bytes", p99, forgotten),
        beside("the same; floor: while nothing happens", p99, quiet),
        beside("the same, median", median, quiet, "≤ 1.5 × the floor"),
        { what: "the bridge after all of these", aim: "alive", value: alive ? "alive" : "gone" },
      ];
    } finally {
      await guest.terminate();
      await bench.stop();
    }
  },
};

/** Somebody begins to read; and what the program needs when every part has been used once is not counted as any server's. */
async function begin(bench, guest) {
  const reader = await Reader.of(bench, { imap: `imap+insecure://127.0.0.1:${bench.mail.imap}` });
  await visit(bench, guest, { reader, rest: 0 }, 0);
  return { reader, rest: bench.memory() };
}

/**
 * What comes of it that somebody is at one of the servers: how long the reader waits, memory in MB more than at rest, at most and when
 * they have gone, and milliseconds of processor time then.
 */
async function visit(bench, guest, { reader, rest }, number) {
  const { pid } = bench.process;
  const before = bench.memory() - rest;
  const grown = peakSince(pid);
  guest.postMessage({ number });
  const taken = await reader.readUntil(once(guest, "message"));
  const peak = before + grown();
  await pause(GONE_MS);
  const time = processor(pid);
  await pause(AFTER_MS);
  const [spent, kept] = [processor(pid) - time, bench.memory() - rest];
  guest.postMessage({});
  const [{ sent }] = await once(guest, "message");
  return { taken, grown: peak, kept, spent, sent };
}
