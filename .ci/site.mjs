// Builds what a browser loads into target/site: the wasm module and its loader, the style sheet, the files of public/, and
// beside each of them its compressed forms. The steps are those of cargo-leptos, whose metadata the workspace carries; but
// that takes a newcomer's machine twenty minutes to compile, and the version for this toolchain follows no `@import` of a
// style sheet and ships one with a mistake as it is.
//
//   node site.mjs          the release
//   node site.mjs --dev    unoptimised and uncompressed, as fast as it goes; `--dev style` the style sheet and public/ alone

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import zlib from "node:zlib";

import { trim } from "./trim.mjs";

const { ROOT, TOOLS, CARGO_TARGET_DIR } = process.env;
const SITE = path.join(ROOT, "target", "site");
const require = createRequire(path.join(TOOLS, "node", "package.json"));
const dev = process.argv.includes("--dev");
const PROFILE = dev ? "dev" : "wasm-release";

function run(program, ...args) {
  const begun = Date.now();
  const { status, error } = spawnSync(program, args, { stdio: "inherit", cwd: ROOT });
  if (error || status !== 0) {
    console.error(`${program} failed${error ? `: ${error.message}` : ""}`);
    process.exit(1);
  }
  console.log(`(${program}: ${((Date.now() - begun) / 1000).toFixed(1)} s)`);
}

/** The wasm module and the script that loads it. */
async function code(folder) {
  const build = ["build", "--locked", "-p", "frontend", "--lib", "--target", "wasm32-unknown-unknown", "--profile", PROFILE];
  if (dev) run("cargo", ...build);
  else {
    // The standard library built for size, and panics that say what but not where: together a fifteenth of the module.
    // These switches are not stable, and the pinned toolchain takes them only so.
    process.env.RUSTC_BOOTSTRAP = "1";
    process.env.RUSTFLAGS = `${process.env.RUSTFLAGS ?? ""} -Zlocation-detail=none -Zfmt-debug=none`;
    run("cargo", ...build, "-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size");
  }
  const raw = path.join(CARGO_TARGET_DIR, "wasm32-unknown-unknown", dev ? "debug" : PROFILE, "frontend.wasm");
  const bound = fs.mkdtempSync(path.join(CARGO_TARGET_DIR, "bound-"));
  run("wasm-bindgen", "--target", "web", "--no-typescript", "--out-name", "pismo", "--out-dir", bound, raw);
  // The page calls these two; what else the libraries offer to scripts goes.
  const entry = path.join(bound, "entry.js");
  fs.writeFileSync(entry, 'export { default, hydrate } from "./pismo.js";\n');
  const bundle = (minify) => {
    const { buildSync } = require("esbuild");
    const { outputFiles } = buildSync({ entryPoints: [entry], bundle: true, write: false, minify, format: "esm", target: "es2022" });
    return outputFiles[0].text.replaceAll("pismo_bg.wasm", "pismo.wasm");
  };
  const unbound = path.join(bound, "pismo_bg.wasm");
  const module = path.join(folder, "pismo.wasm");
  if (dev) fs.copyFileSync(unbound, module);
  else {
    const trimmed = path.join(bound, "trimmed.wasm");
    fs.writeFileSync(trimmed, await trim(fs.readFileSync(unbound), bundle(false)));
    // What rustc 1.95 emits by default; without them wasm-opt refuses the module.
    const features = ["bulk-memory", "sign-ext", "mutable-globals", "nontrapping-float-to-int", "reference-types", "multivalue"].map((feature) => `--enable-${feature}`);
    // What counts is the size in Brotli, which knows how to write down what is alike: inlining makes it different (+36 kB),
    // ordering by use tears it apart (+13 kB), and ordering by name puts copies of one generic function side by side (-2 kB).
    const passes = ["-Os", ...["inlining", "inlining-optimizing", "reorder-functions"].map((pass) => `--skip-pass=${pass}`), "--reorder-functions-by-name"];
    run("wasm-opt", ...features, ...passes, trimmed, "-o", module);
    if (!WebAssembly.validate(fs.readFileSync(module))) throw new Error("the module makes use of what browsers do not know");
  }
  fs.writeFileSync(path.join(folder, "pismo.js"), bundle(!dev));
  fs.rmSync(bound, { recursive: true, force: true });
}

/** The page in which formatted text is written: its script is within it, since it has no origin that could load one. */
function editor() {
  const { buildSync } = require("esbuild");
  const folder = path.join(ROOT, "frontend", "editor");
  const nodePaths = [path.join(TOOLS, "node", "node_modules")];
  const entryPoints = [path.join(folder, "editor.js")];
  const { outputFiles } = buildSync({ entryPoints, nodePaths, bundle: true, write: false, minify: !dev, format: "iife", target: "es2022", legalComments: "none" });
  const licence = fs.readFileSync(path.join(nodePaths[0], "squire-rte", "LICENSE"), "utf8").trim();
  // What ends a script within a page, wherever it stands.
  const script = outputFiles[0].text.replaceAll("</script", "<\\/script");
  const page = fs.readFileSync(path.join(folder, "editor.html"), "utf8");
  fs.writeFileSync(path.join(SITE, "editor.html"), page.replace("</body>", () => `<!-- With Squire:\n${licence}\n--><script>${script}</script></body>`));
}

/** The style sheet, with what it imports. A mistake in it ends the build. */
function style(folder) {
  const { bundle } = require("lightningcss");
  const version = (major, minor = 0) => (major << 16) | (minor << 8);
  const targets = { chrome: version(111), firefox: version(114), safari: version(16, 4) };
  const { code: css, warnings } = bundle({ filename: path.join(ROOT, "style", "main.css"), minify: true, targets });
  for (const warning of warnings) console.warn(`style: ${warning.message}`);
  fs.writeFileSync(path.join(folder, "pismo.css"), css);
}

/** Writes file.br and file.gz where that makes a file smaller, and prints what a visitor loads. */
function compress() {
  for (const name of fs.readdirSync(SITE, { recursive: true }).sort()) {
    const file = path.join(SITE, name);
    if (!fs.statSync(file).isFile()) continue;
    const bytes = fs.readFileSync(file);
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
    const compressed = {
      br: zlib.brotliCompressSync(bytes, { params: { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
      gz: zlib.gzipSync(bytes, { level: 9 }),
    };
    for (const [extension, smaller] of Object.entries(compressed)) {
      if (smaller.length < bytes.length * 0.95) fs.writeFileSync(`${file}.${extension}`, smaller);
    }
    console.log(`${name}: ${bytes.length} bytes, ${compressed.br.length} in Brotli, ${compressed.gz.length} in gzip`);
  }
}

const folder = path.join(SITE, "pkg");
if (!dev) fs.rmSync(SITE, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });
fs.cpSync(path.join(ROOT, "public"), SITE, { recursive: true });
style(folder);
editor();
if (!process.argv.includes("style")) await code(folder);
if (!dev) compress();
