// A tab without a browser: signs in by the form and speaks the protocol over a bare websocket (RFC 6455). It reads no more of
// a frame than it is asked to, so that what is measured is the server and not the one who measures.

import { randomBytes } from "node:crypto";
import http from "node:http";

/** Signs in, with more in the form where there is more to fill in; answers with the cookie. */
export function signIn(port, address, password, more = {}) {
  const form = new URLSearchParams({ address, password, ...more }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": form.length };
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path: "/login", method: "POST", headers, agent: false }, (response) => {
      response.resume();
      const cookie = response.headers["set-cookie"]?.map((text) => text.split(";")[0]).find((text) => text.startsWith("pismo="));
      if (cookie) resolve(cookie);
      else reject(new Error(`signing in as ${address} was answered with ${response.statusCode}`));
    });
    request.on("error", reject).end(form);
  });
}

/** One tab: commands by {@link Tab.ask}, everything the server says as `onFrame`. */
export class Tab {
  #socket;
  #pieces = [];
  #length = 0;
  #id = 0;
  #waiting = new Map();
  /** Called with each frame as bytes. @type {(frame: Buffer) => void} */
  onFrame = () => {};
  /** Called when the socket has ended without being asked to. @type {() => void} */
  onEnd = () => {};
  /** What the tab was told of when it came. */
  welcome = null;

  /** Opens a socket and attaches a new tab. */
  static async open(port, cookie) {
    const tab = new Tab();
    const headers = {
      host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}`, cookie, connection: "Upgrade", upgrade: "websocket",
      "sec-websocket-version": "13", "sec-websocket-key": randomBytes(16).toString("base64"),
    };
    tab.#socket = await new Promise((resolve, reject) => {
      const request = http.request({ host: "127.0.0.1", port, path: "/socket", headers, agent: false });
      request.on("error", reject).on("response", ({ statusCode }) => reject(new Error(`the socket was answered with ${statusCode}`)));
      request.on("upgrade", (_, socket, head) => {
        socket.setNoDelay(true);
        socket.unshift(head);
        resolve(socket);
      });
      request.end();
    });
    tab.#socket.on("data", (chunk) => tab.#take(chunk));
    tab.#socket.on("error", () => tab.#socket.destroy());
    tab.#socket.on("close", () => {
      for (const { reject } of tab.#waiting.values()) reject(new Error("the socket has ended"));
      tab.#waiting.clear();
      tab.onEnd();
    });
    tab.welcome = (await tab.ask({ do: "attach", resume: null })).attached.welcome;
    return tab;
  }

  /** Sends a command without waiting for what is answered. */
  say(command) {
    const payload = Buffer.from(JSON.stringify({ id: ++this.#id, command }));
    // A client's frames are masked (§5.3); a mask of zeros leaves them as they are.
    const head = payload.length < 126 ? Buffer.from([0x81, 0x80 | payload.length]) : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff]);
    this.#socket.write(Buffer.concat([head, Buffer.alloc(4), payload]));
    return this.#id;
  }

  /** Sends a command; answers with its result, or throws what went wrong. */
  ask(command) {
    return new Promise((resolve, reject) => this.#waiting.set(this.say(command), { resolve, reject }));
  }

  /** Ends the socket. */
  close() {
    this.onEnd = () => {};
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#length < 2) return;
      const head = this.#pieces[0].length < 10 ? this.#whole() : this.#pieces[0];
      const short = head[1] & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#length < start) return;
      const length = short < 126 ? short : short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
      if (this.#length < start + length) return;
      const whole = this.#whole();
      this.#pieces = whole.length > start + length ? [whole.subarray(start + length)] : [];
      this.#length -= start + length;
      if ((whole[0] & 0x0f) === 1) this.#frame(whole.subarray(start, start + length));
    }
  }

  #whole() {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0];
  }

  #frame(frame) {
    if (this.#waiting.size > 0 && isReply(frame)) {
      const { id, result } = JSON.parse(frame).reply;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (result.Ok !== undefined) waiting?.resolve(result.Ok);
      else waiting?.reject(new Error(JSON.stringify(result.Err)));
      if (waiting) return;
    }
    this.onFrame(frame);
  }
}

const REPLY = Buffer.from('{"reply"');

/** Whether a frame answers a command. */
export function isReply(frame) {
  return frame.subarray(0, REPLY.length).equals(REPLY);
}
