// What hostile messages did, and which of them.

/** A word in a browser's console that says a script of a payload has run. */
export const HACKED = "hacked by";

/** Runs before the scripts of every page: whatever a payload calls says so. */
export const CANARY_SCRIPT = `for (const name of ["alert", "confirm", "prompt", "print", "msgbox"]) window[name] = () => { console.error("${HACKED} " + name); };`;

/** What an open app asks of its own server. */
const APPS = /^\/(login|mail\/.*|static\/.*|socket|message\/\d+\/\d+\/\d+\/body|favicon\.(ico|svg)|icon.*|manifest\.webmanifest)$/;

/** Collects findings, each under the name of the message that was open. */
export class Findings {
  readonly list: string[] = [];
  /** Whether the person has asked for the pictures of the open message: then they come, by way of our server. */
  pictures = false;
  private readonly opened: { from: number; name: string }[] = [{ from: 0, name: "before any message" }];

  constructor(private readonly own: string) {}

  /** The message that is open. */
  get name(): string {
    return this.opened.at(-1)?.name ?? "";
  }

  /** From now on this message is open. */
  open(name: string): void {
    this.opened.push({ from: Date.now(), name });
    this.pictures = false;
  }

  /** Something happened: now, or at a moment that a browser's log tells. */
  add(what: string, at = Date.now()): void {
    const { name } = this.opened.findLast(({ from }) => from <= at) ?? { name: "somewhere" };
    this.list.push(`${name}: ${what}`);
  }

  /** A request of the browser, which is a finding unless the app makes it. */
  request(url: string): void {
    const { origin, protocol, pathname, search } = new URL(url);
    if (["data:", "about:", "blob:"].includes(protocol)) return;
    if (origin.replace(/^ws:/, "http:") !== this.own) this.add(`asked for ${url}`);
    else if (!APPS.test(pathname) && !(this.pictures && pathname.startsWith("/remote/"))) this.add(`asked our own server for ${pathname}${search}`);
  }

  /** All so far, and none of it any more. */
  take(): string[] {
    return this.list.splice(0);
  }
}
