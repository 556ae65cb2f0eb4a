// Courier with Debian's settings, over IMAP and POP3: everything below INBOX with a dot between, few extensions, and IDLE that
// looks once a minute.

import fs from "node:fs";
import path from "node:path";
import { environment, folders, unpacked, user, within } from "./unpacked.mjs";

/**
 * What to start. Courier's own program for logging in asks a daemon at a path that is compiled in
 * (/run/courier/authdaemon), which only root may make and which this machine's own Courier may hold. So the login is a
 * script of ours; it hands over to Courier's imapd the way that program does.
 */
export function courier({ ports, place, users }) {
  const program = within(unpacked("courier"), place.run);
  const owner = user();
  const home = path.join(place.run, "courier");
  folders(owner, home);
  const at = (name) => path.join(program, name);
  const login = path.join(home, "login");
  fs.writeFileSync(login, `#!/bin/sh
set -a
. ${at("etc/courier/imapd")}
set +a
printf '* OK [CAPABILITY %s] Courier-IMAP ready.\\r\\n' "$IMAP_CAPABILITY"
while read -r tag word user password; do
  case $word in
    LOGIN)
      user=$(echo "$user" | tr -d '"')
      if [ "$(echo "$password" | tr -d '"\\r')" = '${users[0].password}' ]; then
        cd ${home}
        mkdir -p "$user" && cd "$user" && { [ -d Maildir ] || ${at("usr/bin/maildirmake.courier")} Maildir 2>/dev/null || [ -d Maildir/cur ]; }
        export IMAPLOGINTAG="$tag" AUTHENTICATED="$user" AUTHADDR="$user" AUTHFULLNAME= AUTHOPTIONS= HOME="$PWD" PROTOCOL=IMAP
        exec ${at("usr/bin/imapd")} Maildir
      fi
      printf '%s NO Login failed.\\r\\n' "$tag"
      ;;
    *) printf '* CAPABILITY %s\\r\\n%s OK done\\r\\n' "$IMAP_CAPABILITY" "$tag" ;;
  esac
done
`, { mode: 0o755 });
  const pop3Login = path.join(home, "pop3-login");
  fs.writeFileSync(pop3Login, `#!/bin/sh
printf '+OK Hello there.\\r\\n'
while read -r word argument; do
  argument=$(echo "$argument" | tr -d '\\r')
  case $(echo "$word" | tr -d '\\r') in
    CAPA) printf '+OK Here is what I can do:\\r\\nTOP\\r\\nUSER\\r\\nLOGIN-DELAY 10\\r\\nPIPELINING\\r\\nUIDL\\r\\n.\\r\\n' ;;
    USER)
      user=$argument
      printf '+OK Password required.\\r\\n'
      ;;
    PASS)
      if [ "$argument" = '${users[0].password}' ]; then
        cd ${home}
        mkdir -p "$user" && cd "$user" && { [ -d Maildir ] || ${at("usr/bin/maildirmake.courier")} Maildir 2>/dev/null || [ -d Maildir/cur ]; }
        export AUTHENTICATED="$user" AUTHADDR="$user" AUTHFULLNAME= AUTHOPTIONS= HOME="$PWD" PROTOCOL=POP3
        exec ${at("usr/lib/courier/courier/courierpop3d")} Maildir
      fi
      printf '%s Login failed.\\r\\n' -ERR
      ;;
    QUIT) exit ;;
    *) printf '%s Invalid command.\\r\\n' -ERR ;;
  esac
done
`, { mode: 0o755 });
  // Both find each other by this name.
  const env = { ...environment(program), GAM_CLIENT_ID: path.basename(place.run) };
  const common = { env, user: { uid: owner.uid, gid: owner.gid }, remedy: "run .ci/install.sh servers" };
  const many = ["-maxprocs=1000", "-maxperip=1000", "-nodnslookup", "-noidentlookup"];
  return [
    { name: "gamin", args: [at("usr/libexec/gam_server"), "--notimeout"], ...common },
    { name: "courier", args: [at("usr/sbin/couriertcpd"), "-address=127.0.0.1", ...many, String(ports.imap), login], ...common },
    { name: "courier-pop3", args: [at("usr/sbin/couriertcpd"), "-address=127.0.0.1", ...many, String(ports.pop3), pop3Login], ...common },
  ];
}
