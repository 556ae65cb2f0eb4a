#!/usr/bin/env node
// A real mail server of one's own for demos, tests and benchmarks: Debian's Dovecot and Postfix, run in the
// foreground from a folder, on loopback ports, and gone without a trace when this process ends. For the tests of other
// servers there are Cyrus IMAP and Courier IMAP (--server), IMAP alone.
// It reads and writes nothing of the system's own mail configuration.

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { courier } from "./courier.mjs";
import { cyrus } from "./cyrus.mjs";
import { dovecotAcl, dovecotConf, dovecotUsers } from "./dovecot.mjs";
import { options, USAGE } from "./options.mjs";
import { postfixConf } from "./postfix.mjs";
import { certificate } from "./tls.mjs";

const READY_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5_000;

/** Says in one sentence why the mail server cannot run, and ends. */
function fail(sentence) {
  console.error(`mailserver: ${sentence}`);
  process.exit(1);
}

const settings = (() => {
  try {
    return options(process.argv.slice(2));
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`);
  }
})();

const others = { cyrus, courier };
const dovecot = settings.server === "dovecot";
if (dovecot) settings.tls ??= await certificate();
if (process.getuid() === 0 || !dovecot) await serve();
else await serveAsRoot();

/** Dovecot drops to one user per process and Postfix's master must be root, so everybody else goes through sudo. */
async function serveAsRoot() {
  if (spawnSync("sudo", ["--version"]).status !== 0) {
    fail("Dovecot and Postfix switch users, which only root may do: run this as root, or install sudo.");
  }
  const again = [process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const tls = ["--tls-cert", settings.tls.cert, "--tls-key", settings.tls.key, "--tls-ca", settings.tls.ca];
  const child = spawn("sudo", [...again, ...tls], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill("SIGTERM"));
  child.on("exit", (code) => process.exit(code ?? 1));
}

/** Writes the configuration, starts the daemons, and stays until told to stop. */
async function serve() {
  const ports = await freePorts(settings.ports, dovecot ? (settings.smtp ? 4 : 3) : 1);
  const place = places(settings.dir);
  const children = [];
  let stopping = false;

  const stop = async (code) => {
    if (stopping) return;
    stopping = true;
    await Promise.all(children.map(end));
    for (const folder of [place.run, place.memory]) fs.rmSync(folder, { recursive: true, force: true });
    process.exit(code);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => stop(0));
  // A parent that dies takes its end of the pipe with it; a terminal or /dev/null says nothing.
  const stdin = fs.fstatSync(0, { throwIfNoEntry: false });
  if (stdin?.isFIFO() || stdin?.isSocket()) process.stdin.on("end", () => stop(0)).on("error", () => stop(0)).resume();

  if (settings.owners) fs.chmodSync(place.mail, 0o1777);
  const watched = guard(place);
  const start = (name, command) => {
    const out = fs.openSync(path.join(place.log, `${name}.out`), "a");
    const [program, ...args] = command.args;
    const child = spawn(program, args, {
      stdio: ["ignore", out, out],
      env: { PATH: process.env.PATH, ...command.env },
      detached: true,
      ...(process.getuid() === 0 ? command.user : {}),
    });
    child.on("error", (error) => fail(`${program} does not start (${error.code}): ${command.remedy}`));
    child.on("exit", () => {
      child.ended = true;
      if (stopping) return;
      console.error(`mailserver: ${name} stopped by itself; the end of its log:`);
      console.error(tail(path.join(place.log, `${name}.out`)) + tail(path.join(place.log, `${name}.log`)));
      stop(1);
    });
    children.push(child);
    if (child.pid) watched(child.pid);
  };

  const shared = { ...settings, ports, place };
  try {
    if (dovecot) await serveDovecot(shared, start);
    else {
      for (const command of others[settings.server](shared)) start(command.name, command);
      await greets(ports.imap, true);
    }
  } catch (error) {
    console.error(`mailserver: ${error.message}`);
    await stop(1);
  }
  console.log(`ports ${ports.imap}`);
  if (dovecot) console.log(`conf ${path.join(place.dir, "dovecot.conf")}`);
  console.log("ready");
}

/** Starts Dovecot, and then Postfix if it is wanted. */
async function serveDovecot(shared, start) {
  const { ports, place } = shared;
  const remedy = "install Debian's dovecot-imapd, dovecot-lmtpd and postfix.";
  fs.writeFileSync(path.join(place.dir, "users"), dovecotUsers(shared), { mode: 0o644 });
  if (shared.sharing) fs.writeFileSync(path.join(place.dir, "acl"), dovecotAcl, { mode: 0o644 });
  fs.writeFileSync(path.join(place.dir, "dovecot.conf"), dovecotConf(shared));
  const { submission, ...others } = ports;
  start("dovecot", { args: ["/usr/sbin/dovecot", "-F", "-c", path.join(place.dir, "dovecot.conf")], env: {}, remedy });
  await Promise.all(Object.entries(others).map(([name, port]) => greets(port, name !== "imaps")));
  if (!shared.smtp) return;
  // Only now: an smtpd that finds no SASL socket ends, and Postfix then lets nobody in for a minute.
  const conf = postfixConf(shared);
  start("postfix", { args: ["/usr/lib/postfix/sbin/master", "-c", conf, "-d"], env: { MAIL_CONFIG: conf }, remedy });
  await greets(submission, true);
}

/**
 * Leaves a shell behind that ends the daemons it was told of, should this process be killed outright: its end of the pipe
 * closes then. Answers with a function that tells it of one more.
 */
function guard({ run, memory }) {
  const script = `while read -r pid; do pids="$pids $pid"; groups="$groups -$pid"; done; kill -TERM $pids; sleep 1; kill -KILL -- $groups; rm -rf '${run}' '${memory}'`;
  const shell = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true }).on("error", () => {});
  shell.unref();
  return (pid) => shell.stdin?.write(`${pid}\n`);
}

/**
 * Makes the folders: what must be kept in `dir`, sockets and queues under a short path (socket names hold 108 bytes), and in
 * memory, where there is such a place, the small files that a server writes anew with every command.
 */
function places(dir) {
  fs.mkdirSync(dir, { recursive: true });
  dir = fs.realpathSync(dir);
  const run = fs.mkdtempSync(path.join(os.tmpdir(), "pismo-mail-"));
  const memory = fs.mkdtempSync(path.join(fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir(), "pismo-mail-"));
  for (const folder of [run, memory]) fs.chmodSync(folder, 0o755);
  const owner = mailOwner(dir);
  const mail = path.join(reachable(dir, owner) ? dir : run, "mail");
  const log = path.join(run, "log");
  for (const folder of [mail, log]) fs.mkdirSync(folder, { recursive: true });
  fs.chownSync(mail, owner.uid, owner.gid);
  return { dir, run, memory, mail, log, owner };
}

/** The user whose files the mail is: whoever called sudo, else the folder's owner; Dovecot never serves mail as root. */
function mailOwner(dir) {
  const { uid, gid } = fs.statSync(dir);
  const sudo = { uid: Number(process.env.SUDO_UID ?? 0), gid: Number(process.env.SUDO_GID ?? 0) };
  if (sudo.uid > 0) return sudo;
  return uid > 0 ? { uid, gid } : { uid: 5000, gid: 5000 };
}

/** Whether a user who is not root may walk down to this folder. */
function reachable(folder, owner) {
  for (let at = folder; ; at = path.dirname(at)) {
    const { mode, uid, gid } = fs.statSync(at);
    const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if (!(mode & bit)) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** Names the ports from `base` on, or from a free base when it is 0. */
async function freePorts(base, count) {
  const names = ["imap", "imaps", "lmtp", "submission"].slice(0, count);
  for (let attempt = 0; attempt < (base === 0 ? 200 : 1); attempt++) {
    // Below what Linux gives to outgoing connections: one of those may take a port between this look and the server's own.
    const first = base || 12_000 + 4 * Math.floor(Math.random() * 5_000);
    const ports = Object.fromEntries(names.map((name, index) => [name, first + index]));
    const busy = (await Promise.all(Object.values(ports).map(async (port) => ((await free(port)) ? [] : [port])))).flat();
    if (busy.length === 0) return ports;
    if (base !== 0) fail(`port ${busy.join(", ")} on 127.0.0.1 is in use: stop what listens there, or choose another --ports.`);
  }
  return fail("found no four free ports in a row.");
}

/** Whether nobody listens on this loopback port. */
function free(port) {
  return new Promise((resolve) => {
    const probe = net.createServer().once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** Waits until the port takes connections, and, where the server speaks first in clear text, until it has greeted. */
async function greets(port, speaks) {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; await pause(15)) {
    const answered = await new Promise((resolve) => {
      const socket = net.connect(port, "127.0.0.1");
      const settle = (answered) => () => {
        socket.destroy();
        resolve(answered);
      };
      socket.once(speaks ? "data" : "connect", settle(true)).once("error", settle(false)).once("close", settle(false));
      socket.setTimeout(2_000, settle(false));
    });
    if (answered) return;
  }
  throw new Error(`nothing answers on port ${port} after ${READY_WITHIN_MS / 1000} seconds.`);
}

/** Asks a daemon to stop, then makes its whole process group stop. */
async function end(child) {
  if (!child.pid) return;
  const group = (signal) => {
    try {
      process.kill(-child.pid, signal);
      return true;
    } catch {
      return false;
    }
  };
  if (!child.ended) child.kill("SIGTERM");
  const until = Date.now() + STOP_WITHIN_MS;
  while (!child.ended && Date.now() < until) await pause(10);
  if (group("SIGTERM")) await pause(50);
  group("SIGKILL");
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function tail(file) {
  try {
    return fs.readFileSync(file, "utf8").split("\n").slice(-15).join("\n");
  } catch {
    return "";
  }
}
