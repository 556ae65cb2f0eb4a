// Speaks WebDriver BiDi (W3C): commands and events over one WebSocket, to a browser that geckodriver has started.

import { spawn } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import { WebSocket } from "ws";

type Value = any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a browser answers is JSON

/** How long a browser may take to start or to answer. */
const PATIENCE_MS = 60_000;

export class Bidi {
  private serial = 0;
  private readonly waiting = new Map<number, { resolve: (value: Value) => void; reject: (error: Error) => void }>();
  private readonly listeners = new Map<string, (event: Value) => void>();

  private constructor(
    private readonly socket: WebSocket,
    private readonly end: () => Promise<void>,
  ) {
    let reason = "";
    socket.on("message", (data) => this.receive(JSON.parse(String(data))));
    socket.on("error", (error) => (reason = error.message));
    socket.on("close", (code) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the browser has gone: ${code} ${reason}`));
    });
  }

  /** Starts geckodriver, and by it a browser of these capabilities with this in its environment. */
  static async start(env: Record<string, string>, capabilities: object): Promise<Bidi> {
    const driver = spawn("geckodriver", ["--port", "0", "--websocket-port", "0"], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"] });
    const gone = new Promise<void>((resolve) => driver.once("exit", () => resolve()));
    // It would outlive a run that is broken off, and the browser with it.
    const end = () => driver.kill("SIGTERM");
    process.once("exit", end);
    const stop = async () => {
      process.off("exit", end);
      end();
      await gone;
    };
    try {
      const host = await listening(driver.stdout);
      const response = await fetch(`http://${host}/session`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ capabilities: { alwaysMatch: { webSocketUrl: true, ...capabilities } } }), signal: AbortSignal.timeout(PATIENCE_MS) });
      const { value } = (await response.json()) as Value;
      if (!value.sessionId) throw new Error(`no browser: ${value.message}`);
      const socket = new WebSocket(value.capabilities.webSocketUrl);
      await once(socket, "open");
      return new Bidi(socket, async () => {
        await fetch(`http://${host}/session/${value.sessionId}`, { method: "DELETE" }).finally(stop);
      });
    } catch (error) {
      await stop();
      throw error;
    }
  }

  send(method: string, params: object): Promise<Value> {
    this.serial += 1;
    const id = this.serial;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), PATIENCE_MS);
      const ended = <T>(how: (value: T) => void) => (value: T) => {
        clearTimeout(timer);
        how(value);
      };
      this.waiting.set(id, { resolve: ended(resolve), reject: ended(reject) });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** From now on, events of this name are told. */
  async on(event: string, listener: (params: Value) => void): Promise<void> {
    this.listeners.set(event, listener);
    await this.send("session.subscribe", { events: [event] });
  }

  async close(): Promise<void> {
    await this.end();
    this.socket.close();
  }

  private receive(message: Value): void {
    if (message.type === "event") return this.listeners.get(message.method)?.(message.params);
    const command = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.type === "success") command?.resolve(message.result);
    else command?.reject(new Error(`${message.error}: ${message.message}`));
  }
}

/** Where a geckodriver that chose a port itself listens. */
async function listening(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of readline.createInterface({ input: output })) {
    const host = /Listening on (\S+)/.exec(line)?.[1];
    if (host) {
      // What it says later is nobody's, but must be taken from it.
      output.resume();
      return host;
    }
  }
  throw new Error("geckodriver does not start");
}
