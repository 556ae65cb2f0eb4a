#!/usr/bin/env node
// `make bench`: the built release in a real headless Chromium against a real Dovecot, and raw IMAP at the same mailbox in the
// same run as the floor. Prints medians beside the best peer and the aim. Asserts nothing: a slow machine is no failure.
//
//   node run.mjs [--only NAME] [--rounds 7] [--small]      --small leaves out the folder of 100,000 messages

import { execFileSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { FIGURES } from "./figures.mjs";
import { Bench } from "./bench.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));

function option(name, fallback) {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? fallback : (process.argv[index + 1] ?? fallback);
}

const only = option("only", "");
const rounds = Number(option("rounds", "7"));
const large = process.argv.includes("--small") ? 10_000 : 100_000;

const browser = await chromium.launch({
  executablePath: execFileSync(path.join(HERE, "../../.ci/chromium.sh"), { encoding: "utf8" }).trim(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const lines = [];

async function measure(figure, subject) {
  process.stderr.write(`${figure.name} …\n`);
  try {
    for (const line of await figure.measure(subject)) lines.push({ figure: figure.name, ...line });
  } catch (error) {
    lines.push({ figure: figure.name, what: "could not be measured", value: String(error.message).split("\n")[0] });
  }
}

const wanted = FIGURES.filter(({ name }) => name.includes(only));
// Those that stand alone bring a mail server and a Pismo of their own.
const together = wanted.filter(({ alone }) => !alone);
try {
  if (together.length > 0) {
    const bench = await Bench.start(browser, { rounds, large });
    try {
      for (const figure of together) await measure(figure, bench);
    } finally {
      await bench.stop();
    }
  }
  for (const figure of wanted.filter(({ alone }) => alone)) await measure(figure, browser);
} finally {
  await browser.close();
}

const columns = ["figure", "what", "floor", "peer", "aim", "value"];
const titles = { figure: "Figure", what: "", floor: "Floor", peer: "Best peer", aim: "Aim", value: "Pismo" };
const table = [titles, Object.fromEntries(columns.map((column) => [column, "---"])), ...lines];
const width = Object.fromEntries(columns.map((column) => [column, Math.max(...table.map((line) => String(line[column] ?? "–").length))]));
for (const line of table) console.log(`| ${columns.map((column) => String(line[column] ?? "–").padEnd(width[column])).join(" | ")} |`);
