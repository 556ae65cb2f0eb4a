// Starts and stops the test mail server from another script: `startMailServer({ dir, base, users })`.

import { spawn } from "node:child_process";
import fs from "node:fs";
import process from "node:process";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

const START = fileURLToPath(new URL("./start.mjs", import.meta.url));

/**
 * Resolves when every port answers. `base` 0 takes free ports.
 * @param {{ dir: string, base?: number, users: string[], args?: string[], onExit?: (code: number | null) => void }} options
 * @returns {Promise<{ imap: number, imaps: number, lmtp: number, submission: number, pop3: number, pid: number | undefined, stop: () => Promise<void> }>}
 */
export function startMailServer({ dir, base = 0, users, args = [], onExit = () => {} }) {
  // Made here, so that it belongs to the one who calls and not to root.
  fs.mkdirSync(dir, { recursive: true });
  const child = spawn(process.execPath, [START, "--dir", dir, "--ports", String(base), ...users.flatMap((user) => ["--user", user]), ...args], {
    // The pipe tells it to stop should this process die.
    stdio: ["pipe", "pipe", "inherit"],
    // In a group of its own Ctrl-C does not reach it before us; but sudo could not ask for a password there.
    detached: process.getuid?.() === 0,
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.stdin.end();
    await gone;
  };
  return new Promise((resolve, reject) => {
    let port;
    let ready = false;
    child.once("error", reject);
    child.once("exit", (code) => {
      if (ready) onExit(code);
      else reject(new Error(`the mail server ended with ${code}`));
    });
    readline.createInterface({ input: child.stdout }).on("line", (line) => {
      const [word, value] = line.split(" ");
      if (word === "ports") port = Number(value);
      if (word !== "ready") return;
      ready = true;
      resolve({ imap: port, imaps: port + 1, lmtp: port + 2, submission: port + 3, pop3: port + 4, pid: child.pid, stop });
    });
  });
}
