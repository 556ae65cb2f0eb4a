// A listener to which a browser is led whatever host it wants. Whoever calls is found out.

import net from "node:net";
import type { AddressInfo } from "node:net";
import type { Findings } from "./findings";

/** Where browsers call for themselves: for forms, updates, accounts. No payload of ours names these. */
export const BROWSERS_OWN = ["*.google.com", "*.googleapis.com", "*.gstatic.com", "*.gvt1.com", "*.mozilla.org", "*.mozilla.com", "*.mozilla.net", "*.firefox.com"];

export function isBrowsersOwn(name: string): boolean {
  return BROWSERS_OWN.some((pattern) => name.endsWith(pattern.slice(1)));
}

export class Canary {
  private constructor(
    readonly port: number,
    private readonly server: net.Server,
  ) {}

  static async listen(findings: Findings): Promise<Canary> {
    const server = net.createServer((socket) => {
      let asked = false;
      socket.on("data", (data) => {
        // A name is in the first that is said, in the clear: Host, or the server's name of TLS.
        if (asked) return;
        asked = true;
        const said = data.toString("latin1").replace(/^[A-Z]+ \S+ HTTP\/1\.1/, "");
        const names = said.match(/[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{3,}/gi) ?? [];
        const name = names.sort((one, other) => other.length - one.length)[0] ?? "somebody";
        if (!isBrowsersOwn(name)) findings.add(`a connection to ${name}`);
        socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      });
      // A connection made ahead says nothing, and is a call all the same.
      socket.on("close", () => {
        if (!asked) findings.add("a connection without a word");
      });
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Canary((server.address() as AddressInfo).port, server);
  }

  close(): void {
    this.server.close();
  }
}
