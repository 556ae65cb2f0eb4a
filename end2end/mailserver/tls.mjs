// The certificate of the test mail server: made once by a throw-away authority of its own, for localhost.
// Whoever should trust it is given the authority (`ca.pem`); nobody else does, which is what tests of bad certificates want.

import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";

const openssl = (...args) => promisify(execFile)("openssl", args);

/** Files of the cached certificate, made when there is none yet; safe when several processes ask at once. */
export async function certificate() {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "pismo");
  const folder = path.join(cache, "mailserver-tls");
  const files = { ca: path.join(folder, "ca.pem"), cert: path.join(folder, "cert.pem"), key: path.join(folder, "key.pem") };
  if (fs.existsSync(files.cert)) return files;
  fs.mkdirSync(cache, { recursive: true });
  const making = fs.mkdtempSync(path.join(cache, "mailserver-tls-"));
  fs.chmodSync(making, 0o755);
  const at = (name) => path.join(making, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl("req", "-x509", ...key, "-days", "3650", "-subj", "/CN=Pismo test authority", "-keyout", at("ca-key.pem"), "-out", at("ca.pem"),
    "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign");
  await openssl("req", "-new", ...key, "-subj", "/CN=localhost", "-keyout", at("key.pem"), "-out", at("request.pem"));
  fs.writeFileSync(at("extensions"), "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n");
  await openssl("x509", "-req", "-in", at("request.pem"), "-CA", at("ca.pem"), "-CAkey", at("ca-key.pem"), "-CAcreateserial", "-days", "3600",
    "-extfile", at("extensions"), "-out", at("cert.pem"));
  try {
    fs.renameSync(making, folder);
  } catch {
    fs.rmSync(making, { recursive: true, force: true }); // Another process was faster; its certificate serves as well.
  }
  return files;
}
