// Firefox as Debian ships it, by geckodriver.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Bidi } from "./bidi";
import { isBrowsersOwn, type Canary } from "./canary";
import { CANARY_SCRIPT, HACKED, type Findings } from "./findings";
import { WINDOW, type Start } from "./reader";

export const firefox: Start = async (canary, findings) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pismo-corpus-"));
  // The resolver names what it is asked for.
  const bidi = await Bidi.start({ MOZ_LOG: "timestamp,nsHostResolver:5", MOZ_LOG_FILE: path.join(folder, "net") }, {
    unhandledPromptBehavior: "dismiss",
    "moz:firefoxOptions": {
      args: ["-headless", "-width", String(WINDOW.width), "-height", String(WINDOW.height)],
      prefs: preferences(canary),
    },
  });
  await bidi.on("network.beforeRequestSent", ({ request }) => findings.request(request.url));
  await bidi.on("log.entryAdded", ({ type, text }) => {
    // What our server could not fetch is refused to the frame: there is nothing to look at either way.
    if (/^The resource at “http:\/\/127\.0\.0\.1:\d+\/remote\/.* was blocked due to its Cross-Origin-Resource-Policy/.test(text)) return;
    // It complains of the shape of an image map among what scripts do.
    if (/^The “coords” attribute of the <area /.test(text)) return;
    if (type === "javascript") findings.add(`a script, ${text}`);
    else if (text?.includes(HACKED)) findings.add(text);
  });
  await bidi.on("browsingContext.userPromptOpened", ({ message }) => findings.add(`a dialog, ${message}`));
  await bidi.on("browsingContext.downloadWillBegin", () => findings.add("a download"));
  const { contexts } = await bidi.send("browsingContext.getTree", {});
  const { context } = contexts[0];
  await bidi.on("browsingContext.contextCreated", (created) => {
    // The first is told of, too.
    if (created.parent === null && created.context !== context) findings.add("a window");
  });
  await bidi.send("script.addPreloadScript", { functionDeclaration: `() => { ${CANARY_SCRIPT} }` });
  await bidi.send("browsingContext.setViewport", { context, viewport: WINDOW });
  return {
    goto: (url) => bidi.send("browsingContext.navigate", { context, url, wait: "complete" }),
    press: (key) => bidi.send("input.performActions", { context, actions: [{ type: "key", id: "keyboard", actions: [{ type: "keyDown", value: key }, { type: "keyUp", value: key }] }] }),
    evaluate: async (expression) => {
      const { result, exceptionDetails } = await bidi.send("script.evaluate", { expression, target: { context }, awaitPromise: true });
      if (exceptionDetails) throw new Error(exceptionDetails.text);
      return result.value;
    },
    screenshot: async (clip) => Buffer.from((await bidi.send("browsingContext.captureScreenshot", { context, clip: { type: "box", ...clip } })).data, "base64"),
    close: async () => {
      await bidi.close();
      for (const name of fs.readdirSync(folder)) lookedUp(fs.readFileSync(path.join(folder, name), "latin1"), findings);
      fs.rmSync(folder, { recursive: true });
    },
  };
};

/** Names are looked up and end at the canary. What Firefox does ahead of time it does as for anybody: the driver's own preferences
 * would turn it off. */
function preferences({ port }: Canary): Record<string, string | number | boolean> {
  return {
    "network.dns.native-is-localhost": true,
    "network.socket.forcePort": `80=${port};443=${port}`,
    "network.dns.disablePrefetch": false,
    "network.dns.disablePrefetchFromHTTPS": false,
    "network.predictor.enabled": true,
    "network.prefetch-next": true,
    "network.http.speculative-parallel-limit": 20,
    "intl.accept_languages": "en-GB, en",
    "layout.css.prefers-color-scheme.content-override": 1,
    "ui.prefersReducedMotion": 1,
  };
}

/** Reads the resolver's log: each name that was looked up, be it only ahead of time. */
function lookedUp(log: string, findings: Findings): void {
  for (const [, time, name] of log.matchAll(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC.*Resolving host \[([^\]]+)\]/gm)) {
    if (time && name && !/^[\d.:]+$|^localhost$/.test(name) && !isBrowsersOwn(name)) findings.add(`${name} was looked up`, Date.parse(`${time.replace(" ", "T").slice(0, 23)}Z`));
  }
}
