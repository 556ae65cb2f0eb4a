// Cyrus IMAP: everything below INBOX with a dot between, as it comes.

import fs from "node:fs";
import path from "node:path";
import { environment, folders, unpacked, user, within } from "./unpacked.mjs";

/** What to start. Any password is right: Cyrus asks SASL, which has no store of passwords here. */
export function cyrus({ ports, place }) {
  const program = within(unpacked("cyrus"), place.run);
  const owner = user();
  const home = path.join(place.run, "cyrus");
  const at = (...names) => path.join(home, ...names);
  folders(owner, home, at("conf"), at("conf", "db"), at("conf", "socket"), at("spool"), at("run"), place.memory);
  const conf = at("imapd.conf");
  fs.writeFileSync(conf, `
configdirectory: ${at("conf")}
defaultpartition: default
partition-default: ${at("spool")}
proc_path: ${path.join(place.memory, "proc")}
mboxname_lockpath: ${path.join(place.memory, "lock")}
idlesocket: ${at("run", "idle")}
admins: nobody-is-admin
sasl_mech_list: PLAIN
sasl_pwcheck_method: alwaystrue
allowplaintext: yes
altnamespace: no
unixhierarchysep: no
virtdomains: userid
defaultdomain: pismo.local
autocreate_quota: 0
`);
  const bin = (name, rest = "") => `"${path.join(program, "usr/lib/cyrus/bin", name)} -C ${conf} ${rest}"`;
  fs.writeFileSync(at("cyrus.conf"), `
START {
  recover cmd=${bin("ctl_cyrusdb", "-r")}
  idled cmd=${bin("idled")}
}
SERVICES {
  imap cmd=${bin("imapd", "-U 1000")} listen="127.0.0.1:${ports.imap}" prefork=4
}
EVENTS {
}
`);
  const args = ["-D", "-C", conf, "-M", at("cyrus.conf"), "-p", at("run", "pid")];
  return [{
    name: "cyrus",
    args: [path.join(program, "usr/sbin/cyrmaster"), ...args],
    env: { ...environment(program), CYRUS_USER: owner.name },
    user: { uid: owner.uid, gid: owner.gid },
    remedy: "run .ci/install.sh servers",
  }];
}
