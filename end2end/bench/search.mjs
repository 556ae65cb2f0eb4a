// Figures of searching a large folder without a full-text index, and of serving windows of a list.

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
  {
    name: "windows",
    async measure(bench, signedIn) {
      // Four people at once, each scrolling as fast as answers come, over sockets of their own.
      const people = await Promise.all(
        [0, 1, 2, 3].map(async (number) => {
          const address = `window${number}@pismo.test`;
          for (let count = 0; count < 60; count++) await bench.deliver(`Window ${count}`, address);
          return signedIn(bench, address);
        }),
      );
      const seconds = 5;
      const counts = await Promise.all(people.map((page) => page.evaluate(windows, seconds)));
      await Promise.all(people.map((page) => page.context().close()));
      const served = counts.reduce((sum, count) => sum + count, 0) / seconds;
      return [{ what: "windows of 50 rows, four people at once", peer: "149 a second", aim: "1,000 a second", value: `${Math.round(served)} a second` }];
    },
  },
];

/** In a page: opens a socket beside the app's and asks for windows, four under way at a time. How many came. */
function windows(seconds) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/socket`);
    let [id, list, count, until] = [0, 0, 0, 0];
    const say = (command) => socket.send(JSON.stringify({ id: ++id, command }));
    socket.onopen = () => say({ do: "attach", resume: null });
    socket.onerror = () => reject(new Error("the socket failed"));
    socket.onmessage = ({ data }) => {
      // Reading the frames is the page's work, and not what is measured: only how they begin is looked at.
      if (!data.startsWith('{"reply"')) return;
      if (id === 1) return say({ do: "open", query: { mailbox: "INBOX" }, from: 0, count: 50 });
      if (list === 0) {
        list = JSON.parse(data).reply.result.Ok.listing.list;
        until = performance.now() + seconds * 1000;
        for (let ahead = 0; ahead < 4; ahead++) say({ do: "window", list, from: 0, count: 50 });
        return;
      }
      count += 1;
      if (performance.now() < until) say({ do: "window", list, from: count % 10, count: 50 });
      else {
        socket.close();
        resolve(count);
      }
    };
  });
}
