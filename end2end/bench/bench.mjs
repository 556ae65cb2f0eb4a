// What the figures stand on: a seeded mail server, the release, a browser, and clocks.

import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { Imap } from "../mailserver/imap.mjs";
import { startMailServer } from "../mailserver/run.mjs";
import { seedBulk } from "../mailserver/seed.mjs";

const PROGRAM = fileURLToPath(new URL("../../target/dist/pismo", import.meta.url));
export const PASSWORD = "secret";
export const ADDRESS = "bench@pismo.test";

export class Bench {
  /**
   * A mail server of its own, with these arguments, and Pismo in front of it, with these settings. `prepare` is told its folder before it starts;
   * with `inMemory` that is not on a disk, if there is room elsewhere.
   */
  static async open(browser, { args = [], prepare = async () => {}, inMemory = false, settings = {} } = {}) {
    const bench = Object.assign(new Bench(), { browser, settings });
    bench.folder = fs.mkdtempSync(path.join(inMemory && hasRoom(MEMORY) ? MEMORY : os.tmpdir(), "pismo-bench-"));
    fs.chmodSync(bench.folder, 0o755);
    const dir = path.join(bench.folder, "mail");
    await prepare(dir);
    bench.mail = await startMailServer({ dir, users: [`*@pismo.test:${PASSWORD}`], args });
    bench.port = await freePort();
    bench.url = `http://127.0.0.1:${bench.port}`;
    await bench.launch();
    return bench;
  }

  /** The same with the folders that most figures are about. */
  static async start(browser, { rounds, large }) {
    const bench = Object.assign(await Bench.open(browser), { rounds, large });
    process.stderr.write("filling folders …\n");
    await Promise.all([
      seedBulk(bench.mail.imap, ADDRESS, PASSWORD, "INBOX", 1_000),
      seedBulk(bench.mail.imap, ADDRESS, PASSWORD, "Ten", 10_000),
      seedBulk(bench.mail.imap, ADDRESS, PASSWORD, "Hundred", large),
    ]);
    bench.imap = await Imap.login(bench.mail.imap, ADDRESS, PASSWORD);
    return bench;
  }

  async launch() {
    this.process = spawn(PROGRAM, [], {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env.PATH,
        PISMO_LOG: "warn",
        PISMO_LISTEN: `127.0.0.1:${this.port}`,
        PISMO_IMAP: `imap+insecure://127.0.0.1:${this.mail.imap}`,
        PISMO_SMTP: `smtp+insecure://127.0.0.1:${this.mail.submission}`,
        PISMO_DATA: path.join(this.folder, "data"),
        ...this.settings,
      },
    });
    await until(() => fetch(`${this.url}/healthz`).then(({ ok }) => ok, () => false));
  }

  /** Ends the program and starts it again. */
  async restart() {
    await this.quit();
    await this.launch();
  }

  async quit() {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await gone;
  }

  async stop() {
    await this.imap?.logout();
    await this.quit();
    await this.mail.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** A new browser profile with one page that notes when rows are shown. */
  async visitor() {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
    const page = await context.newPage();
    await page.addInitScript(NOTE_ROWS);
    return page;
  }

  /** Signs in; answers with milliseconds from pressing the button to rows on the screen. */
  async signIn(page, address = ADDRESS) {
    await page.goto(`${this.url}/login`);
    await page.getByTestId("login-address").fill(address);
    await page.getByTestId("login-password").fill(PASSWORD);
    // Headless Chromium may still be compiling wasm for the form; a person is slower than that.
    await page.waitForLoadState("networkidle");
    const pressed = await page.evaluate(() => {
      const now = performance.timeOrigin + performance.now();
      document.querySelector('[data-testid="login-submit"]').click();
      return now;
    });
    return (await rowsShown(page)) - pressed;
  }

  /** Waits until the app is live, so that a figure is of the app at rest. */
  async live(page) {
    await page.locator('[data-testid="connection-state"][data-state="live"]').waitFor({ state: "attached" });
    await page.locator('[data-testid="message-list"][data-loaded="true"]').waitFor();
  }

  /** Medians of `measure` over the rounds, after one that is not counted. */
  async median(measure) {
    const values = [];
    await measure(-1);
    for (let round = 0; round < this.rounds; round++) values.push(await measure(round));
    return middle(values);
  }

  /** Milliseconds that a function takes. */
  async time(action) {
    const begun = performance.now();
    await action();
    return performance.now() - begun;
  }

  /** Delivers a message by LMTP; answers when the server has it. */
  deliver(subject, address = ADDRESS) {
    return new Promise((resolve, reject) => {
      const steps = ["LHLO bench", "MAIL FROM:<sender@example.org>", `RCPT TO:<${address}>`, "DATA", `From: sender@example.org\r\nSubject: ${subject}\r\n\r\nHello\r\n.`, "QUIT"];
      const socket = net.connect(this.mail.lmtp, "127.0.0.1").on("error", reject);
      let text = "";
      socket.on("data", (data) => {
        text += data;
        if (!/^\d{3} [^\r]*\r\n$/m.test(text)) return;
        text = "";
        const next = steps.shift();
        if (next === "QUIT") resolve(performance.timeOrigin + performance.now());
        if (next) socket.write(`${next}\r\n`);
      });
    });
  }

  /** Resident memory of the program in MB. */
  memory() {
    const status = fs.readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
  }
}

const MEMORY = "/dev/shm";

/** Whether a folder is there and has room for two gigabytes. */
function hasRoom(folder) {
  if (!fs.existsSync(folder)) return false;
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize > 2 ** 31;
}

/** In every document: notes the moment at which the first real rows are laid out and visible, looking at every frame. */
const NOTE_ROWS = () => {
  const look = () => {
    const row = document.querySelector('[data-testid="message-row"]');
    if (row?.checkVisibility() && row.getBoundingClientRect().height > 0) window.rowsShownAt = performance.timeOrigin + performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
};

/** When the rows of this document were shown. */
export async function rowsShown(page) {
  const handle = await page.waitForFunction(() => document.querySelector('[data-testid="message-list"]') && window.rowsShownAt, undefined, { polling: 20 });
  return handle.jsonValue();
}

/**
 * Runs `act` in the page and answers with the milliseconds until `done` holds at the end of a frame; both get `argument`.
 * Nothing of the test's own lies between the two clocks.
 */
export function inPage(page, act, done, argument) {
  return page.evaluate(
    async ([actText, doneText, argument]) => {
      const act = new Function(`return (${actText})`)();
      const done = new Function(`return (${doneText})`)();
      const begun = performance.now();
      act(argument);
      return new Promise((resolve, reject) => {
        const look = () => {
          if (done(argument)) resolve(performance.now() - begun);
          else if (performance.now() - begun > 20_000) reject(new Error("nothing came of it in 20 seconds"));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      });
    },
    [act.toString(), done.toString(), argument],
  );
}

/** When, on the common clock, `done` holds in the page. */
export function momentInPage(page, done, argument) {
  return page.evaluate(
    ([doneText, argument]) => {
      const done = new Function(`return (${doneText})`)();
      return new Promise((resolve, reject) => {
        const begun = performance.now();
        const look = () => {
          if (done(argument)) resolve(performance.timeOrigin + performance.now());
          else if (performance.now() - begun > 70_000) reject(new Error("nothing came of it in 70 seconds"));
          else requestAnimationFrame(look);
        };
        look();
      });
    },
    [done.toString(), argument],
  );
}

export function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The value that this share of the values does not exceed. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Asks again, after a pause in milliseconds, until it holds. */
export async function until(condition, pause = 25) {
  const begun = performance.now();
  while (performance.now() - begun < 15_000) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error("it did not happen in 15 seconds");
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
