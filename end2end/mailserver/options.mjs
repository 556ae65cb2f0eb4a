// The command line of the test mail server.

export const USAGE = `
  node start.mjs --dir DIR --ports BASE --user NAME@DOMAIN:PASSWORD [--user …] [options]

  --dir DIR              where configuration and mail are kept
  --ports BASE           IMAP = BASE, IMAPS = BASE+1, LMTP = BASE+2, submission = BASE+3; 0 chooses free ones
  --user ADDRESS:SECRET  a mailbox; *@DOMAIN:SECRET makes every name a mailbox, but for those that begin with "nobody"
  --server NAME          dovecot (the default), or cyrus or courier: IMAP alone, as .ci/install.sh servers has unpacked it
  --no-smtp              Dovecot alone
  --no-special           no Drafts, Sent, Junk, Trash and Archive by itself
  --max-connections N    IMAP connections for one user from one address (default 1000)
  --hibernate TIME       imap_hibernate_timeout, as in "5s" (default 0: never)
  --owners N             the mail of person0@DOMAIN and so on belongs to N system users by turns: Linux gives each 128 inotify
                         instances, and every IDLE takes one (default 0: all belongs to one)
  --quota SIZE           room for each mailbox, as in "1M" (default: no limit, and no QUOTA)
  --sharing              people open folders to each other (ACL), and there are public ones
  --message-size BYTES   the largest message that Postfix takes (default 26214400)
  --set KEY=VALUE        one more Dovecot setting, as often as needed
  --tls-cert FILE --tls-key FILE   instead of the cached certificate of the project's own test authority`;

/** Reads the arguments; throws an Error with a sentence when they make no sense. */
export function options(args) {
  const settings = { server: "dovecot", dir: null, ports: null, users: [], smtp: true, special: true, maxConnections: 1000, hibernate: "0", quota: null, sharing: false, owners: 0, messageSize: 26_214_400, set: [], tls: null };
  const tls = {};
  const value = (index) => {
    if (args[index + 1] === undefined) throw new Error(`${args[index]} needs a value.`);
    return args[index + 1];
  };
  const number = (index) => {
    const parsed = Number(value(index));
    if (!Number.isInteger(parsed) || parsed < 0) throw new Error(`${args[index]} needs a whole number.`);
    return parsed;
  };
  for (let index = 0; index < args.length; index += 2) {
    switch (args[index]) {
      case "--dir": settings.dir = value(index); break;
      case "--server": settings.server = value(index); break;
      case "--ports": settings.ports = number(index); break;
      case "--user": settings.users.push(user(value(index))); break;
      case "--max-connections": settings.maxConnections = number(index); break;
      case "--hibernate": settings.hibernate = value(index); break;
      case "--quota": settings.quota = value(index); break;
      case "--message-size": settings.messageSize = number(index); break;
      case "--set": settings.set.push(value(index).replace("=", " = ")); break;
      case "--tls-cert": tls.cert = value(index); break;
      case "--tls-key": tls.key = value(index); break;
      case "--tls-ca": tls.ca = value(index); break;
      case "--no-smtp": settings.smtp = false; index -= 1; break;
      case "--owners": settings.owners = number(index); break;
      case "--sharing": settings.sharing = true; index -= 1; break;
      case "--no-special": settings.special = false; index -= 1; break;
      default: throw new Error(`unknown argument ${args[index]}.`);
    }
  }
  if (settings.dir === null || settings.ports === null) throw new Error("--dir and --ports are needed.");
  if (!["dovecot", "cyrus", "courier"].includes(settings.server)) throw new Error(`there is no server ${settings.server}.`);
  if (settings.users.length === 0) throw new Error("at least one --user is needed.");
  if (tls.cert && tls.key) settings.tls = { ca: tls.cert, ...tls };
  return settings;
}

function user(text) {
  const parts = /^([^\s:@]+)@([^\s:@]+):([^\s:]+)$/.exec(text);
  if (!parts) throw new Error(`--user ${text} is not NAME@DOMAIN:PASSWORD.`);
  return { name: parts[1], domain: parts[2], address: `${parts[1]}@${parts[2]}`, password: parts[3] };
}
