// Chromium, by Playwright.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import type { LaunchOptions, PlaywrightWorkerArgs } from "@playwright/test";
import { BROWSERS_OWN } from "./canary";
import { CANARY_SCRIPT, HACKED, type Findings } from "./findings";
import { WINDOW, type Start } from "./reader";

/** Where the browser's own calls go: nobody listens on the port for discarding (RFC 863). */
const NOBODY = "127.0.0.1:9";

export function chromium(playwright: PlaywrightWorkerArgs["playwright"], options: LaunchOptions): Start {
  return async (canary, findings) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pismo-corpus-"));
    const log = path.join(folder, "net.json");
    const elsewhere = BROWSERS_OWN.map((name) => `MAP ${name} ${NOBODY}`);
    const args = [
      `--host-resolver-rules=${[...elsewhere, `MAP * 127.0.0.1:${canary.port}`, "EXCLUDE 127.0.0.1"].join(", ")}`,
      `--log-net-log=${log}`,
    ];
    const browser = await playwright.chromium.launch({ ...options, args: [...(options.args ?? []), ...args] });
    const context = await browser.newContext({ viewport: WINDOW, locale: "en-GB" });
    const page = await context.newPage();
    page.on("dialog", (dialog) => {
      findings.add(`a dialog, ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => findings.add(`a script, ${error.message}`));
    page.on("popup", () => findings.add("a window"));
    page.on("download", () => findings.add("a download"));
    page.on("crash", () => findings.add("the page crashed"));
    page.on("console", (entry) => {
      const text = entry.text();
      // What the policy has to stop was not stopped before; that the test looks into a frame is its own doing.
      const stopped = /Content Security Policy|Refused to|Blocked script/.test(text) && !/Blocked script execution in '[^']*\/message\//.test(text);
      if (stopped || text.includes(HACKED)) findings.add(text);
    });
    context.on("request", (request) => findings.request(request.url()));
    await page.addInitScript(CANARY_SCRIPT);
    return {
      goto: async (url) => void (await page.goto(url)),
      press: (key) => page.keyboard.press(key),
      evaluate: (expression) => page.evaluate(expression),
      screenshot: (clip) => page.screenshot({ clip, animations: "disabled" }),
      close: async () => {
        await browser.close();
        await lookedUp(log, canary.port, findings);
        fs.rmSync(folder, { recursive: true });
      },
    };
  };
}

/** Reads the browser's log of its net: a name that is looked up, be it only ahead of time, stands there as what it was led to. */
async function lookedUp(log: string, port: number, findings: Findings): Promise<void> {
  let type = -1;
  let offset = 0;
  for await (const line of readline.createInterface({ input: fs.createReadStream(log) })) {
    if (type === -1) {
      const { constants } = JSON.parse(`${line.replace(/,\s*$/, "")}}`);
      type = constants.logEventTypes.HOST_RESOLVER_MANAGER_REQUEST;
      offset = Number(constants.timeTickOffset);
    } else if (line.includes(`"type":${type}}`) && line.includes(`127.0.0.1:${port}"`)) {
      const time = Number(/"time":"(\d+)"/.exec(line)?.[1] ?? 0);
      findings.add("a name was looked up", offset + time);
    }
  }
}
