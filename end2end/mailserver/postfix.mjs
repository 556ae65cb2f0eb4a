// Postfix's configuration: submission for logged-in senders, delivery of the local domains to Dovecot, nothing else.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const QUEUES = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"];

/** Writes main.cf, master.cf, the tables, and the queue's folders; answers with the configuration folder. */
export function postfixConf(settings) {
  const { place } = settings;
  const conf = path.join(place.run, "postfix");
  const spool = path.join(place.run, "spool");
  const owner = account("postfix");
  fs.mkdirSync(conf, { recursive: true });
  for (const name of [...QUEUES, "pid", "public", "maildrop"]) fs.mkdirSync(path.join(spool, name), { recursive: true });
  for (const name of [...QUEUES, "public", "maildrop"]) fs.chownSync(path.join(spool, name), owner.uid, owner.gid);
  fs.mkdirSync(path.join(place.run, "postfix-state"), { recursive: true });
  fs.chownSync(path.join(place.run, "postfix-state"), owner.uid, owner.gid);
  const files = { "main.cf": mainCf(settings, conf, spool), "master.cf": masterCf(settings), mailboxes: mailboxes(settings.users), recipients: recipients(settings.users), owners: OWNERS, aliases: ALIASES, transports: TRANSPORTS };
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(conf, name);
    fs.writeFileSync(file, text);
    // Postfix waits until a file has been left alone for a second before it believes it.
    const before = new Date(Date.now() - 60_000);
    fs.utimesSync(file, before, before);
  }
  return conf;
}

function account(name) {
  const id = (flag) => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

function domains(users) {
  return [...new Set(users.map(({ domain }) => domain))];
}

function quoted(text) {
  return text.replaceAll(/[.+*?^$()[\]{}|\\]/g, "\\$&");
}

/** Which addresses of the local domains are mailboxes. */
function mailboxes(users) {
  const line = ({ name, domain }) =>
    name === "*"
      ? `if !/^nobody/\n/@${quoted(domain)}$/ mailbox\nendif\n`
      : `/^${quoted(name)}(\\+[^@]*)?@${quoted(domain)}$/ mailbox\n`;
  return users.map(line).join("");
}

/** As whom those who have logged in may not write: an address that begins so is for its own user alone. */
const OWNERS = "/^(owned-[^@]+@.+)$/ $1\n";

/** Mail to an address that begins so is taken and cannot be delivered: it comes back. */
const ALIASES = "/^bounces(-?[^@]*@.+)$/ refused$1\n";
const TRANSPORTS = "/^refused[^@]*@/ error:5.1.1 There is no such mailbox here\n";

/** Mail for the rest of the world is refused, in words that a person can read. */
function recipients(users) {
  const local = domains(users).map((domain) => `/@${quoted(domain)}$/ DUNNO\n`);
  return `${local.join("")}/./ 550 5.7.1 This server sends no mail to other domains\n`;
}

function mainCf({ ports, place, users, messageSize, tls }, conf, spool) {
  return `
compatibility_level = 3.6
queue_directory = ${spool}
data_directory = ${place.run}/postfix-state
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${place.log}/postfix.log
maillog_file_prefixes = ${place.run}
myhostname = mail.pismo.test
mydomain = pismo.test
myorigin = pismo.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_banner = mail.pismo.test ESMTP ready
smtpd_peername_lookup = no
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = ${domains(users).join(", ")}
virtual_mailbox_maps = regexp:${conf}/mailboxes
virtual_alias_maps = regexp:${conf}/aliases
transport_maps = regexp:${conf}/transports
virtual_transport = lmtp:inet:127.0.0.1:${ports.lmtp}
# What Dovecot does not take at once is offered again in a second, not in five minutes.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 5s
recipient_delimiter = +
message_size_limit = ${messageSize}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = ${place.run}/sasl
smtpd_sasl_security_options = noanonymous
smtpd_tls_security_level = may
smtpd_tls_cert_file = ${tls.cert}
smtpd_tls_key_file = ${tls.key}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sender_login_maps = regexp:${conf}/owners
smtpd_sender_restrictions = reject_known_sender_login_mismatch
smtpd_recipient_restrictions = check_recipient_access regexp:${conf}/recipients, reject_unlisted_recipient, permit_sasl_authenticated, reject
smtpd_reject_unlisted_recipient = yes
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 2000
smtp_dns_support_level = disabled
disable_vrfy_command = yes
biff = no
append_dot_mydomain = no
`;
}

function masterCf({ ports }) {
  return `
127.0.0.1:${ports.submission} inet n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
proxywrite unix - - n - 1 proxymap
lmtp      unix  - - n - - lmtp
smtp      unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
showq     unix  n - n - - showq
postlog   unix-dgram n - n - 1 postlogd
`;
}
