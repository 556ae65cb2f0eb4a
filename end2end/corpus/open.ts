// Opens hostile messages one after the other, as a person does who goes down the list, and looks whether anything happens.

import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Findings } from "./findings";
import { differing } from "./pixels";
import type { Reader } from "./reader";

/** Where the app is, whatever is open: the folders, and what stands above all. */
const APPS_OWN = [
  { x: 0, y: 0, width: 236, height: 900 },
  { x: 236, y: 0, width: 1204, height: 56 },
];
/** How long the app may take for one step. */
const PATIENCE_MS = 60_000;
/** How long a message is looked at, if for a while. */
const LEISURE_MS = 2_000;
/** What the trap's findings are under. */
const TRAP = "the trap";

/** A person who reads in this browser. */
export class Person {
  constructor(
    private readonly reader: Reader,
    private readonly findings: Findings,
  ) {}

  /** Opens a page that does everything no message may do: a canary that does not sing here is deaf. */
  async stepIntoTheTrap(): Promise<void> {
    const page = '<link rel="icon" href="data:,"><link rel="dns-prefetch" href="//ahead.example"><img src="http://picture.example/"><script>alert(1)</script>';
    const server = http.createServer((_, response) => response.setHeader("Content-Type", "text/html").end(page));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.findings.open(TRAP);
    await this.reader.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    server.close();
  }

  /** Signs in, and opens the two newest messages, which mean no harm. */
  async signIn(url: string, address: string, password: string, messages: number): Promise<void> {
    this.findings.open("signing in");
    await this.reader.goto(`${url}/login`);
    await this.reader.evaluate(`(() => {
      const field = (name) => document.querySelector(\`[data-testid="login-\${name}"]\`);
      field("address").value = ${JSON.stringify(address)};
      field("password").value = ${JSON.stringify(password)};
      field("submit").click();
      return "";
    })()`);
    await this.until(`${attribute("connection-state", "data-state")} === "live"`);
    await this.until(`${attribute("message-list", "data-loaded")} === "true" && ${attribute("message-list", "data-total")} === "${messages}"`);
    // Rows are made anew just after the line stands, and a click on an old one leads nowhere.
    await this.until(`(${element("message-row")}.click(), ${element("message-view")} !== null)`);
    await this.next(messages - 1);
  }

  /** Opens the next message of the list, which has this UID. */
  async next(uid: number): Promise<void> {
    await this.reader.press("j");
    await this.until(`${attribute("message-view", "data-uid")} === "${uid}"`);
    await this.shown();
  }

  /** Lets the open message have its pictures from the net, if it wants any. */
  async showPictures(): Promise<boolean> {
    if ((await this.reader.evaluate(`String(${element("show-remote")} !== null)`)) === "false") return false;
    this.findings.pictures = true;
    await this.reader.evaluate(`(${element("show-remote")}.click(), "")`);
    await this.until(`${element("show-remote")} === null`);
    await this.shown();
    return true;
  }

  /** Does nothing for a while. */
  linger(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, LEISURE_MS));
  }

  async look(): Promise<Buffer[]> {
    const pictures = [];
    for (const box of APPS_OWN) pictures.push(await this.reader.screenshot(box));
    return pictures;
  }

  /** Finds out whether the app looks another way. */
  async compare(usual: Buffer[], when: string): Promise<void> {
    const now = await this.look();
    const pixels = usual.reduce((sum, picture, at) => sum + differing(picture, now[at] ?? picture), 0);
    if (pixels > 0) this.findings.add(`${pixels} pixels of the app look another way ${when}`);
  }

  private shown(): Promise<void> {
    return this.until(`${attribute("message-body", "data-rendered")} === "true"`);
  }

  private async until(condition: string): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
      // While one page takes the other's place there is none.
      if ((await this.reader.evaluate(`String(${condition})`).catch(() => "")) === "true") return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`it never came to be that ${condition}`);
  }
}

/** What the trap has caught, of what each canary is for. */
export function deaf(findings: string[]): string[] {
  const caught = findings.filter((finding) => finding.startsWith(`${TRAP}: `));
  return ["hacked by alert", "asked for http://picture.example/", "a connection to picture.example", "was looked up"].filter((sign) => !caught.some((finding) => finding.includes(sign)));
}

export function outsideTheTrap(findings: string[]): string[] {
  return findings.filter((finding) => !finding.startsWith(`${TRAP}: `));
}

const element = (name: string) => `document.querySelector('[data-testid="${name}"]')`;
const attribute = (name: string, which: string) => `${element(name)}?.getAttribute("${which}")`;
