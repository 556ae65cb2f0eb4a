// A server that .ci/install.sh has unpacked and not installed: where it is, and as whom it runs.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";

/** Whoever has no rights and a name, on every machine; only root can become that. */
const NOBODY = "nobody";

/** The folder of a server of this name; throws an Error with a sentence when it is not there. */
export function unpacked(name) {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  const folder = path.join(process.env.TOOLS ?? path.join(cache, "pismo", "tools"), "servers", name);
  if (!fs.existsSync(path.join(folder, "complete"))) throw new Error(`there is no ${name} in ${folder}: run .ci/install.sh servers`);
  return folder;
}

/** What its programs have to find in their environment: the libraries that came with it, and one that spares the disk. */
export function environment(folder) {
  const inside = [path.join(folder, "lib"), path.join(folder, "usr", "lib")].filter((place) => fs.existsSync(place));
  const named = inside.flatMap((place) => fs.readdirSync(place).filter((name) => name.includes("-linux-gnu")).map((name) => path.join(place, name)));
  return {
    LD_LIBRARY_PATH: [path.join(folder, "usr", "lib"), ...named].join(":"),
    // Nobody keeps this mail: nothing waits until it is safely on the disk.
    LD_PRELOAD: "libeatmydata.so",
  };
}

/** The user it runs as. None of these servers serves mail as root. */
export function user() {
  if (process.getuid() !== 0) return { name: os.userInfo().username, uid: process.getuid(), gid: process.getgid() };
  const number = (option) => Number(spawnSync("id", [option, NOBODY]).stdout);
  return { name: NOBODY, uid: number("-u"), gid: number("-g") };
}

/** Copies it to a place where that user can walk: a home folder is closed to others. */
export function within(folder, place) {
  const copy = path.join(place, "program");
  fs.cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** Makes folders of that user. */
export function folders({ uid, gid }, ...names) {
  for (const name of names) {
    fs.mkdirSync(name, { recursive: true });
    fs.chownSync(name, uid, gid);
  }
}
