// Hostile messages are opened one after the other: no script of theirs runs, nothing is asked of the net, and nothing outside of
// the message looks another way. `make corpus` opens all of our own in Firefox as well, `make corpus DIR=…` any
// folder of payloads or messages; see ../corpus/letters.ts.

import path from "node:path";
import { expect, test as base } from "../fixtures";
import type { Mail } from "../fixtures/mail";
import { Problems } from "../fixtures/problems";
import { Canary } from "../corpus/canary";
import { chromium } from "../corpus/chromium";
import { Findings } from "../corpus/findings";
import { firefox } from "../corpus/firefox";
import { folderName, letters, payloads } from "../corpus/letters";
import { Person, deaf, outsideTheTrap } from "../corpus/open";

/** Folders and files of payloads and messages. */
const CHOSEN = process.env.PISMO_CORPUS?.split(path.delimiter);
const OWN = ["../../server/tests/mime_html/vectors", "../corpus/eml"].map((folder) => path.resolve(import.meta.dirname, folder));
const BROWSERS = (process.env.PISMO_CORPUS_BROWSERS ?? "chromium").split(" ");
/** Where none is chosen: of our own, each of so many. */
const SOME = 32;
/** One message of so many is looked at for a while: browsers do some things ahead of time, and those only at leisure. */
const LEISURELY = 21;
/** One payload of so many is the name of a folder as well. */
const FOLDERS = 5;
/** So many payloads are opened in one browser and are in one mailbox. Then it is told how far it is, and what was found. */
const STRETCH = 100;

// The browsers here are the tests' own, and so is what they complain of.
const test = base.extend({ problems: async ({}, use) => use(new Problems()) });

/** Firefox measures what a page fetches ahead by `default-src`, which is closed: it refuses what the page for signing in asks for.
 * That is our own page's doing, and no message's. */
const KNOWN = /^signing in: .*Content-Security-Policy: .*\(default-src\) at \S+\/pkg\/pismo\.(js|wasm) /;

const found = (findings: Findings) => outsideTheTrap(findings.list).filter((finding) => !KNOWN.test(finding));

// A trace of so many messages is of no use, and makes it slow.
test.use({ trace: "off" });
// What was seen once was seen.
test.describe.configure({ retries: 0 });

for (const name of BROWSERS) {
  test(`hostile messages do nothing in ${name}`, async ({ pismo, mail, playwright, launchOptions }) => {
    const all = (CHOSEN ?? OWN).flatMap(payloads).filter((_, number) => CHOSEN || number % SOME === 0);
    const count = all.flatMap((payload) => letters(payload, mail.address)).length;
    test.setTimeout(120_000 + count * 4_000);
    const findings = new Findings(pismo.url);
    const canary = await Canary.listen(findings);
    let [opened, pictures, told] = [0, 0, 0];

    /** Opens messages in a browser of their own, that are all there is in a mailbox of their own. */
    const open = async (some: typeof all, mailbox: Mail) => {
      const hostile = some.flatMap((payload) => letters(payload, mailbox.address));
      for (const { raw } of hostile) await mailbox.deliverRaw(raw);
      // Some are names of folders as well, which are beside the list all the time.
      const names = new Set(some.filter(({ whole }, number) => !whole && number % FOLDERS === 0).map(folderName));
      names.delete("");
      await mailbox.createFolder(...names);
      // Two that mean no harm, by which the app is seen at rest.
      for (const subject of ["Harmless", "First"]) await mailbox.deliver({ subject, text: "Nothing" });
      // What is read already changes no number beside the list.
      const imap = await mailbox.imap();
      await imap.select("INBOX");
      await imap.command("UID STORE 1:* +FLAGS.SILENT (\\Seen)");
      const reader = await (name === "firefox" ? firefox : chromium(playwright, launchOptions))(canary, findings);
      try {
        const person = new Person(reader, findings);
        await person.stepIntoTheTrap();
        await person.signIn(pismo.url, mailbox.address, mailbox.password, hostile.length + 2);
        const usual = await person.look();
        for (const [number, { payload }] of hostile.toReversed().entries()) {
          findings.open(payload);
          // The newest is on top.
          await person.next(hostile.length - number);
          opened += 1;
          if (opened % LEISURELY === 0) await person.linger();
          await person.compare(usual, "without pictures");
          if (await person.showPictures()) {
            pictures += 1;
            await person.compare(usual, "with pictures");
          }
        }
      } finally {
        await reader.close();
        await mailbox.close();
      }
    };
    try {
      for (let from = 0; from < all.length; from += STRETCH) {
        await open(all.slice(from, from + STRETCH), await mail.another(`hostile${from}`));
        const known = found(findings);
        console.log([`${name}: ${opened} of ${count} messages, ${known.length} findings`, ...known.slice(told)].join("\n"));
        told = known.length;
      }
    } catch (error) {
      // What was found until then is not lost.
      console.log([`With ${findings.name} open:`, ...found(findings)].join("\n"));
      throw error;
    } finally {
      canary.close();
    }
    expect(deaf(findings.list), "canaries that did not sing when they should").toEqual([]);
    expect(found(findings), "scripts, windows, requests, look-ups and other looks").toEqual([]);
    console.log(`${name}: ${opened} messages of ${all.length} payloads were opened, ${pictures} of them with pictures as well: scripts 0, requests 0, look-ups 0, pixels 0`);
  });
}
