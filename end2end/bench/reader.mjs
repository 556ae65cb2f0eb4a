// Somebody who goes on reading while something else is at work.

import { performance } from "node:perf_hooks";
import { seedBulk } from "../mailserver/seed.mjs";
import { PASSWORD } from "./bench.mjs";
import { Person } from "./collecting.mjs";
import { Tab } from "./socket.mjs";

/** Messages that are opened in turn: more than the bridge remembers. */
const READ = 100;
/** How long is looked at a message. */
const LOOK_MS = 10;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Somebody who opens one message after the other. */
export class Reader {
  static async of(bench, more = {}) {
    await seedBulk(bench.mail.imap, "reader@pismo.test", PASSWORD, "INBOX", READ);
    const person = await Person.of(bench, "reader@pismo.test", more);
    const tab = await Tab.open(bench.port, person.cookie);
    const { listing } = await tab.ask({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: READ });
    return Object.assign(new Reader(), { tab, messages: listing.rows.map(({ message }) => message), next: 0 });
  }

  /** How long each took to open, until something has come about. */
  async readUntil(done) {
    const taken = [];
    let over = false;
    const end = done.finally(() => { over = true; });
    // How it ends is seen below, whatever is waited for meanwhile.
    end.catch(() => {});
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
