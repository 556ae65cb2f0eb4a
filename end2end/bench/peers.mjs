// Other programs that bring mail from one account into another, between the same two servers in the same run.

import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How long a program takes: seconds on the clock, and of the processor. Nothing where it is not installed. */
async function timed(command, args) {
  const found = await run("sh", ["-c", `command -v ${command}`]).then(() => true, () => false);
  if (!found) return undefined;
  const { stderr } = await run("bash", ["-c", 'TIMEFORMAT="took %R %U %S"; time "$@" >/dev/null 2>&1 || echo failed >&2', "bash", command, ...args], { timeout: 300_000 });
  if (stderr.includes("failed")) throw new Error(`${command} failed`);
  const [, clock, user, system] = /took ([\d.]+) ([\d.]+) ([\d.]+)/.exec(stderr);
  return { clock: Number(clock), processor: Number(user) + Number(system) };
}

/** mbsync (Debian's isync): all, and then once more with nothing new. */
export async function mbsync(dir, source, target) {
  fs.mkdirSync(path.join(dir, "state"), { recursive: true });
  const store = (name, { port, user, password }) => `IMAPAccount ${name}\nHost 127.0.0.1\nPort ${port}\nUser ${user}\nPass "${password}"\nSSLType None\nAuthMechs LOGIN\n\nIMAPStore ${name}\nAccount ${name}\n\n`;
  const rules = `Channel all\nFar :there:\nNear :here:\nPatterns *\nCreate Near\nSync Pull\nCopyArrivalDate yes\nSyncState ${dir}/state/\n`;
  const file = path.join(dir, "mbsyncrc");
  fs.writeFileSync(file, store("there", source) + store("here", target) + rules);
  const all = await timed("mbsync", ["-c", file, "-a"]);
  return all && { all, again: await timed("mbsync", ["-c", file, "-a"]) };
}

/** `doveadm backup`, which reads over IMAP and writes into the mailbox without it. */
export async function doveadm(config, source, user) {
  const settings = { imapc_host: "127.0.0.1", imapc_port: source.port, imapc_user: source.user, imapc_password: source.password };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return timed("doveadm", ["-c", config, ...options, "backup", "-R", "-u", user, "imapc:"]);
}
