#!/usr/bin/env node
// `make demo` and `make dev`: a mail server with two people's mail, and Pismo in front of it. Ends all it started.

import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startMailServer } from "./mailserver/run.mjs";
import { seedPeople, seedShared } from "./mailserver/seed.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const FOLDER = path.join(ROOT, "target", "demo");
const LISTEN = process.env.PISMO_LISTEN || "127.0.0.1:3000";
const MAIL_PORT = Number(process.env.PISMO_DEMO_MAIL_PORT || 10143);
const PASSWORD = "pismo";
const dev = process.argv.includes("--dev");

let pismo;
let mail;
let ending = false;

async function end(code) {
  if (ending) return;
  ending = true;
  if (pismo && pismo.exitCode === null) {
    const gone = new Promise((resolve) => pismo.once("exit", resolve));
    pismo.kill("SIGTERM");
    await gone;
  }
  await mail?.stop();
  process.exit(code);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(0));

await refuseBusyPort();
fs.rmSync(FOLDER, { recursive: true, force: true });
fs.mkdirSync(FOLDER, { recursive: true });
try {
  mail = await startMailServer({
    dir: path.join(FOLDER, "mail"),
    base: MAIL_PORT,
    users: [`anna@pismo.test:${PASSWORD}`, `boris@pismo.test:${PASSWORD}`],
    args: ["--sharing"],
    // Ctrl-C reaches every process of a terminal; this one decides when the mail server goes.
    onExit: () => {
      if (!ending) console.error("The mail server stopped, so the demo ends.");
      end(1);
    },
  });
  await seedPeople(mail.imap, PASSWORD);
  await seedShared(mail.imap, PASSWORD);
} catch (error) {
  console.error(`The demo cannot start: ${error.message}`);
  await end(1);
}

const program = dev ? path.join(process.env.CARGO_TARGET_DIR, "debug", "pismo") : path.join(ROOT, "target", "dist", "pismo");
startPismo();
await answers();
console.log(`
  Pismo runs on http://${LISTEN}

    anna@pismo.test    password: ${PASSWORD}
    boris@pismo.test   password: ${PASSWORD}

  They can write to each other. Any mail program may look at the same mail:
  IMAP 127.0.0.1:${mail.imap}, submission 127.0.0.1:${mail.submission}, no encryption.

  Ctrl-C stops everything.
`);

if (dev) watch();

function startPismo() {
  const child = spawn(program, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    // Ctrl-C reaches every process of a terminal; this script decides who ends when.
    detached: true,
    env: {
      ...process.env,
      PISMO_LISTEN: LISTEN,
      PISMO_IMAP: `imap+insecure://127.0.0.1:${mail.imap}`,
      // So that Boris can have his mail brought to Anna.
      PISMO_COLLECT_PRIVATE: "1",
      PISMO_PICTURES_PRIVATE: "1",
      PISMO_SMTP: `smtp+insecure://127.0.0.1:${mail.submission}`,
      PISMO_DATA: path.join(FOLDER, "data"),
      ...(dev ? { PISMO_SITE: path.join(ROOT, "target", "site") } : {}),
    },
  });
  pismo = child;
  child.on("error", (error) => {
    console.error(`${program} does not start: ${error.message}`);
    end(1);
  });
  child.on("exit", (code) => {
    if (ending || pismo !== child) return;
    console.error(`Pismo stopped by itself (${code}).`);
    if (!dev) end(code ?? 1);
  });
}

/** Builds again what a changed file belongs to, and starts Pismo anew where that is needed. */
function watch() {
  const changed = new Set();
  let timer;
  let building = false;
  const build = async () => {
    if (building) return;
    building = true;
    while (changed.size > 0) {
      const folders = [...changed];
      changed.clear();
      const has = (...names) => names.some((name) => folders.includes(name));
      const site = has("app", "frontend") ? [] : ["style"];
      let good = !has("app", "frontend", "style", "public") || (await run("node", ".ci/site.mjs", "--dev", ...site));
      if (good && has("app", "server")) {
        good = await run("cargo", "build", "--locked", "-p", "server", "--bin", "pismo");
        if (good) {
          const old = pismo;
          pismo = undefined;
          if (old.exitCode === null) await new Promise((resolve) => old.once("exit", resolve) && old.kill("SIGTERM"));
          startPismo();
        }
      }
      console.log(good ? "Ready: reload the page." : "That did not build.");
    }
    building = false;
  };
  for (const folder of ["app", "frontend", "server", "style", "public"]) {
    fs.watch(path.join(ROOT, folder), { recursive: true }, () => {
      changed.add(folder);
      clearTimeout(timer);
      timer = setTimeout(build, 150);
    });
  }
}

function run(command, ...args) {
  return new Promise((resolve) => {
    spawn(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] }).on("exit", (code) => resolve(code === 0));
  });
}

/** Says which setting to change when somebody listens on our address already. */
async function refuseBusyPort() {
  const [, host, port] = /^(.*):(\d+)$/.exec(LISTEN) ?? [];
  const busy = await new Promise((resolve) => {
    const probe = net.createServer().once("error", () => resolve(true));
    probe.listen(Number(port), host, () => probe.close(() => resolve(false)));
  });
  if (!busy) return;
  console.error(`${LISTEN} is in use. Stop what listens there, or choose another address: PISMO_LISTEN=127.0.0.1:3100 make demo`);
  process.exit(1);
}

async function answers() {
  for (let attempt = 0; attempt < 200; attempt++) {
    const ready = await fetch(`http://${LISTEN}/healthz`).then((response) => response.ok, () => false);
    if (ready || ending) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.error("Pismo does not answer after ten seconds.");
  await end(1);
}
