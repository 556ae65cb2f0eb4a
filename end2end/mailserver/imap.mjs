// A small IMAP client of its own kind: what a second program at the same mailbox does in tests, in the seed and in benchmarks.
// It shares nothing with the bridge, so that both can be wrong only independently.

import net from "node:net";

const WAIT_MS = 120_000;

/** One connection. Commands may be sent without waiting for earlier ones; the server answers them in order. */
export class Imap {
  #socket;
  #received = Buffer.alloc(0);
  #parts = [];
  #literal = 0;
  #waiting = [];
  #untagged = [];
  #tag = 0;
  #ended = null;
  /**
   * Called with each untagged response as text (Latin-1).
   * @type {((response: string) => void) | null}
   */
  onUntagged = null;

  /**
   * Connects to a loopback port and signs in.
   * @param {number} port
   * @param {string} address
   * @param {string} password
   * @returns {Promise<Imap>}
   */
  static async login(port, address, password) {
    const imap = await Imap.connect(port);
    await imap.command(`LOGIN ${quote(address)} ${quote(password)}`);
    return imap;
  }

  /**
   * Connects to a loopback port and waits for the greeting.
   * @param {number} port
   * @returns {Promise<Imap>}
   */
  static connect(port) {
    const imap = new Imap();
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, "127.0.0.1");
      imap.#socket = socket;
      imap.#waiting.push({ tag: null, resolve: () => resolve(imap), reject });
      socket.setNoDelay(true);
      socket.on("data", (chunk) => imap.#take(chunk));
      socket.on("error", (error) => imap.#end(error));
      socket.on("close", () => imap.#end(new Error("the IMAP server closed the connection")));
    });
  }

  /**
   * Sends a command; answers with its untagged responses as text (Latin-1), or throws what NO and BAD say.
   * @param {string} text
   * @returns {Promise<string[]>}
   */
  command(text) {
    return this.#send([text]);
  }

  /**
   * Appends messages in one MULTIAPPEND (RFC 3502) with non-synchronising literals (RFC 7888).
   * @param {string} mailbox
   * @param {{ raw: Buffer, flags?: string[], date?: Date }[]} messages
   * @returns {Promise<string[]>}
   */
  append(mailbox, messages) {
    const pieces = [`APPEND ${quote(utf7(mailbox))}`];
    for (const { raw, flags = [], date } of messages) {
      const bytes = Buffer.isBuffer(raw) ? raw : Buffer.from(raw);
      const when = date ? ` "${internalDate(date)}"` : "";
      pieces.push(` (${flags.join(" ")})${when} {${bytes.length}+}\r\n`, bytes);
    }
    return this.#send(pieces);
  }

  /**
   * Opens a mailbox given by its decoded name.
   * @param {string} mailbox
   * @returns {Promise<string[]>}
   */
  select(mailbox) {
    return this.command(`SELECT ${quote(utf7(mailbox))}`);
  }

  /** Runs IDLE until `done` is called. */
  idle() {
    const finished = this.command("IDLE");
    return { finished, done: () => this.#socket.write("DONE\r\n") };
  }

  /** Says goodbye and closes. */
  async logout() {
    if (this.#ended) return;
    await this.command("LOGOUT").catch(() => {});
    this.#socket.destroy();
  }

  /** Closes without a word. */
  close() {
    this.#socket.destroy();
  }

  #send(pieces) {
    if (this.#ended) return Promise.reject(this.#ended);
    const tag = `a${++this.#tag}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end(new Error(`the IMAP server did not answer: ${String(pieces[0]).slice(0, 60)}`)), WAIT_MS);
      timer.unref();
      const settle = (then) => (value) => {
        clearTimeout(timer);
        then(value);
      };
      this.#waiting.push({ tag, resolve: settle(resolve), reject: settle(reject) });
      this.#socket.write(Buffer.concat([`${tag} `, ...pieces, "\r\n"].map((piece) => (Buffer.isBuffer(piece) ? piece : Buffer.from(piece)))));
    });
  }

  #take(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      if (this.#literal > 0) {
        if (this.#received.length < this.#literal) return;
        this.#parts.push(this.#received.subarray(0, this.#literal).toString("latin1"));
        this.#received = this.#received.subarray(this.#literal);
        this.#literal = 0;
      }
      const end = this.#received.indexOf("\r\n");
      if (end < 0) return;
      const line = this.#received.subarray(0, end).toString("latin1");
      this.#received = this.#received.subarray(end + 2);
      this.#parts.push(line);
      const literal = /\{(\d+)\}$/.exec(line);
      if (literal) {
        this.#parts.push("\r\n");
        this.#literal = Number(literal[1]);
        continue;
      }
      const response = this.#parts.join("");
      this.#parts = [];
      this.#respond(response);
    }
  }

  #respond(response) {
    const first = this.#waiting[0];
    if (first?.tag === null) {
      this.#waiting.shift();
      return first.resolve();
    }
    if (first && response.startsWith(`${first.tag} `)) {
      this.#waiting.shift();
      const untagged = this.#untagged;
      this.#untagged = [];
      const text = response.slice(first.tag.length + 1);
      return text.startsWith("OK") ? first.resolve(Object.assign(untagged, { text })) : first.reject(new Error(text));
    }
    this.onUntagged?.(response);
    if (first) this.#untagged.push(response);
    return undefined;
  }

  #end(error) {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#socket.destroy();
  }
}

/** An IMAP quoted string. */
export function quote(text) {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** A mailbox name in modified UTF-7 (RFC 3501 §5.1.3). */
export function utf7(name) {
  return name.replaceAll("&", "&-").replaceAll(/[^\x20-\x7e]+/g, (run) => {
    const bytes = Buffer.from(run, "utf16le").swap16();
    return `&${bytes.toString("base64").replaceAll("=", "").replaceAll("/", ",")}-`;
  });
}

/** The other way round. */
export function fromUtf7(name) {
  return name.replaceAll(/&([^-]*)-/g, (_, run) => (run === "" ? "&" : Buffer.from(run.replaceAll(",", "/"), "base64").swap16().toString("utf16le")));
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function internalDate(date) {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${two(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}
