// Figures of searching a large folder without a full-text index.

import { performance } from "node:perf_hooks";
import { inPage } from "./bench.mjs";

const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** Types into the search box and sends it off; answers when `done` holds. */
function search(page, text, done) {
  return inPage(
    page,
    (text) => {
      const input = document.querySelector('[data-testid="search-input"]');
      input.value = text;
      input.form.requestSubmit();
    },
    done,
    text,
  );
}

const ENDED = (text) => {
  const list = document.querySelector('[data-testid="message-list"]');
  const here = new URL(location.href).searchParams.get("q") === text && list.dataset.loaded === "true";
  return here && list.querySelector('[data-testid="message-row"], .empty') !== null && document.querySelector('[data-testid="search-progress"]') === null;
};

const BEGUN = (text) => new URL(location.href).searchParams.get("q") === text && document.querySelector('[data-testid="message-row"]') !== null;

export const SEARCHES = [
  {
    name: "search",
    async measure(bench, signedIn, openFolder) {
      const total = bench.large;
      await bench.imap.select("Hundred");
      const page = await signedIn(bench);
      await openFolder(page, "Hundred", total - 1);
      const lines = [];
      const what = `of ${total.toLocaleString("en")}`;
      const clear = () => page.evaluate(() => document.querySelector('[data-testid="search-clear"]').click());
      // Each a word of its own, so that nothing is remembered from the round before; both sides find every message of a kind.
      const subject = await bench.median((round) => bench.time(() => bench.imap.command(`UID SEARCH SUBJECT "· 99${round + 1}"`)));
      const bySubject = await bench.median(async (round) => {
        const taken = await search(page, `subject:"· 99${round + 1}"`, ENDED);
        await clear();
        return taken;
      });
      lines.push({ what: `subject, ${what}`, floor: ms(subject), peer: "–", aim: "floor + 40 ms", value: ms(bySubject) });
      const body = await bench.time(() => bench.imap.command('UID SEARCH BODY "99"'));
      const first = await search(page, "body:99", BEGUN);
      await page.waitForFunction(ENDED, "body:99", { timeout: 120_000 });
      await clear();
      const begun = performance.now();
      await search(page, "body:98", BEGUN);
      await page.waitForFunction(ENDED, "body:98", { timeout: 120_000, polling: 20 });
      const whole = performance.now() - begun;
      lines.push({ what: `bodies, ${what} → the newest hits`, floor: ms(body), peer: "13.9 s", aim: "500 ms", value: ms(first) });
      lines.push({ what: `bodies, ${what} → all`, floor: ms(body), peer: "13.9 s", aim: "floor + 5 %", value: `${ms(whole)} (${(whole / body).toFixed(2)})` });
      await page.context().close();
      return lines;
    },
  },
];
