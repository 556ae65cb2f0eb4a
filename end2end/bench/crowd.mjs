// Two hundred people whose mail comes from elsewhere at once, and one who reads meanwhile: how much longer a message takes to open.
// And what a folder of a hundred thousand costs the bridge that is brought from elsewhere.

import path from "node:path";
import { performance } from "node:perf_hooks";
import { Imap } from "../mailserver/imap.mjs";
import { startMailServer } from "../mailserver/run.mjs";
import { seedBulk } from "../mailserver/seed.mjs";
import { Bench, PASSWORD, percentile } from "./bench.mjs";
import { Person, peakSince } from "./collecting.mjs";
import { Tab } from "./socket.mjs";

const SOURCES = 200;
const EACH = 100;
const FOLDER = 100_000;
/** A system user may watch so many mailboxes only. */
const OWNERS = ["--owners", "4"];
/** Messages that are opened in turn: more than the bridge remembers. */
const READ = 100;
const QUIET_MS = 10_000;
/** How long is looked at a message. */
const LOOK_MS = 10;

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

/** Somebody who opens one message after the other. */
class Reader {
  static async of(bench) {
    await seedBulk(bench.mail.imap, "reader@pismo.test", PASSWORD, "INBOX", READ);
    const person = await Person.of(bench, "reader@pismo.test");
    const tab = await Tab.open(bench.port, person.cookie);
    const { listing } = await tab.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: READ });
    return Object.assign(new Reader(), { tab, messages: listing.rows.map(({ message }) => message), next: 0 });
  }

  /** How long each took to open, until something has come about. */
  async readUntil(done) {
    const taken = [];
    let over = false;
    const end = done.finally(() => { over = true; });
    while (!over) {
      const begun = performance.now();
      await this.tab.ask({ do: "read", message: this.messages[this.next++ % READ] });
      taken.push(performance.now() - begun);
      await pause(LOOK_MS);
    }
    await end;
    return taken;
  }

  close() {
    this.tab.close();
  }
}
