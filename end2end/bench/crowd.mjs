// Two hundred people whose mail comes from elsewhere at once, and one who reads meanwhile: how much longer a message takes to open.
// And what a folder of a hundred thousand costs the bridge that is brought from elsewhere.

import path from "node:path";
import { performance } from "node:perf_hooks";
import { Imap } from "../mailserver/imap.mjs";
import { startMailServer } from "../mailserver/run.mjs";
import { seedBulk } from "../mailserver/seed.mjs";
import { Bench, PASSWORD, percentile } from "./bench.mjs";
import { Person, peakSince } from "./collecting.mjs";
import { Reader } from "./reader.mjs";

const SOURCES = 200;
const EACH = 100;
const FOLDER = 100_000;
/** A system user may watch so many mailboxes only. */
const OWNERS = ["--owners", "4"];
const QUIET_MS = 10_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

export const CROWD = {
  name: "many collectors",
  alone: true,
  async measure(browser) {
    const bench = await Bench.open(browser, { args: OWNERS, settings: { PISMO_COLLECT_PRIVATE: "1" }, inMemory: true });
    const source = await startMailServer({ dir: path.join(bench.folder, "source"), users: [`*@pismo.test:${PASSWORD}`], args: ["--no-smtp", ...OWNERS] });
    try {
      await seedBulk(source.imap, "large@pismo.test", PASSWORD, "INBOX", FOLDER);
      const mover = await Person.of(bench, "large@pismo.test");
      const grown = peakSince(bench.process.pid);
      await mover.begin(source.imap, "large@pismo.test");
      await mover.until(({ state, copied, successes }) => state === "idle" && copied === FOLDER && successes, 250);
      const memory = grown();

      const reader = await Reader.of(bench);
      const people = [];
      for (let number = 0; number < SOURCES; number++) {
        const user = `there${number}@pismo.test`;
        await seedBulk(source.imap, user, PASSWORD, "INBOX", EACH);
        const person = await Person.of(bench, `here${number}@pismo.test`);
        await person.begin(source.imap, user, { look: "1" });
        people.push(person);
      }
      for (const person of people) await person.until(({ state }) => state === "paused", 50);
      const quiet = await reader.readUntil(pause(QUIET_MS));
      const begun = performance.now();
      const all = (async () => {
        for (const person of people) await person.run();
        for (const person of people) await person.until(({ state, copied, successes }) => state === "idle" && copied === EACH && successes, 200);
      })();
      const busy = await reader.readUntil(all);
      const seconds = (performance.now() - begun) / 1000;
      for (const person of people) await person.remove();
      reader.close();
      const p99 = [quiet, busy].map((taken) => percentile(taken, 0.99));
      const middle = [quiet, busy].map((taken) => percentile(taken, 0.5));
      return [
        { what: `a message opened, p99, while ${SOURCES} accounts of ${EACH} messages are brought`, floor: ms(p99[0]), aim: "≤ 1.5 × the floor", value: `${ms(p99[1])} (${(p99[1] / p99[0]).toFixed(2)})` },
        { what: "the same, median; all have come after", floor: ms(middle[0]), value: `${ms(middle[1])}; ${seconds.toFixed(1)} s` },
        { what: `memory more than at rest, a folder of ${FOLDER.toLocaleString("en")}`, aim: "≤ 40 MB", value: `${Math.round(memory)} MB` },
      ];
    } finally {
      await bench.stop();
      await source.stop();
    }
  },
};
