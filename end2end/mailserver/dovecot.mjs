// Dovecot's configuration: IMAP, POP3 and LMTP on loopback, made for speed and not for keeping mail.

/** With several owners of mail, this many people each belong to one of them. */
const EACH = 100;

/** The passwd-file of the mailboxes that are named. */
export function dovecotUsers({ users, place, owners }) {
  const line = ({ name, domain, address, password }) =>
    `${address}:{PLAIN}${password}:${place.owner.uid}:${place.owner.gid}::${place.mail}/${domain}/${name}::\n`;
  const person = ({ domain, password }) => (_, index) =>
    `person${index}@${domain}:{PLAIN}${password}:${place.owner.uid + 1 + (index % owners)}:${place.owner.gid}::${place.mail}/person${index}::\n`;
  const people = users.filter(({ name }) => name === "*").flatMap((all) => Array.from({ length: owners * EACH }, person(all)));
  return [...users.filter(({ name }) => name !== "*").map(line), ...people].join("");
}

/** The text of dovecot.conf. */
export function dovecotConf({ ports, place, users, special: wanted, maxConnections, hibernate, quota, sharing, set, tls }) {
  const everybody = users.find(({ name }) => name === "*");
  const listener = (name, port, extra = "") => `inet_listener ${name} {\n    address = 127.0.0.1\n    port = ${port}\n${extra}  }`;
  const special = (name) => `  mailbox ${name} {\n    special_use = \\${name}\n    auto = subscribe\n  }`;
  const specials = wanted ? ["Drafts", "Sent", "Junk", "Trash", "Archive"].map(special).join("\n") : "";
  const plugins = [quota && "quota", sharing && "acl"].filter(Boolean).join(" ");
  const imapPlugins = [quota && "imap_quota", sharing && "imap_acl"].filter(Boolean).map((name) => ` ${name}`).join("");
  return `
base_dir = ${place.run}/dovecot
state_dir = ${place.run}/dovecot-state
log_path = ${place.log}/dovecot.log
auth_verbose = no
listen = 127.0.0.1
protocols = imap pop3 lmtp
hostname = mail.pismo.test
postmaster_address = postmaster@pismo.test

mail_location = sdbox:~/mail
mail_uid = ${place.owner.uid}
mail_gid = ${place.owner.gid}
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
mailbox_list_index = yes
mail_max_keyword_length = 100
mail_max_userip_connections = ${maxConnections}
recipient_delimiter = +
default_vsz_limit = 0

disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
ssl = yes
ssl_cert = <${tls.cert}
ssl_key = <${tls.key}

passdb {
  driver = passwd-file
  args = username_format=%u ${place.dir}/users
}
userdb {
  driver = passwd-file
  args = username_format=%u ${place.dir}/users
}
${everybody ? `passdb {
  driver = static
  args = password=${everybody.password}
}
userdb {
  driver = static
  args = uid=${place.owner.uid} gid=${place.owner.gid} home=${place.mail}/%d/%n allow_all_users=yes
}
` : ""}
mail_plugins = ${plugins}
${quota ? `plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=${quota}
}
` : ""}${sharing ? shared(place) : ""}
namespace inbox {
  inbox = yes
  separator = /
${specials}
}

protocol imap {
  imap_hibernate_timeout = ${hibernate}
  imap_max_line_length = 1M
  mail_max_userip_connections = ${maxConnections}
}
protocol pop3 {
  mail_max_userip_connections = ${maxConnections}
  # One program at a time, as most servers have it.
  pop3_lock_session = yes
}
protocol lmtp {
  postmaster_address = postmaster@pismo.test
}

# One process serves many logins, and two are kept warm, so that tests wait for nothing.
service imap-login {
  service_count = 0
  process_min_avail = 1
  client_limit = 10000
  ${listener("imap", ports.imap)}
  ${listener("imaps", ports.imaps, "    ssl = yes\n")}
}
service imap {
  process_limit = 10000
  process_min_avail = 2
  unix_listener imap-master {
    user = dovecot
  }
}
service pop3-login {
  service_count = 0
  client_limit = 10000
  ${listener("pop3", ports.pop3)}
  ${listener("pop3s", ports.pop3s, "    ssl = yes\n")}
}
service pop3 {
  process_limit = 10000
}
service imap-hibernate {
  unix_listener imap-hibernate {
    mode = 0666
  }
}
service lmtp {
  process_min_avail = 1
  ${listener("lmtp", ports.lmtp)}
}
service auth {
  client_limit = 30000
  unix_listener ${place.run}/sasl {
    mode = 0666
  }
}
service anvil {
  client_limit = 30000
  # A wrong password in one test must not slow down the next login.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  client_limit = 30000
  unix_listener stats-reader {
    mode = 0666
  }
  unix_listener stats-writer {
    mode = 0666
  }
}
${set.join("\n")}

# After whatever was set: what is here is added to that.
protocol imap {
  mail_plugins = $mail_plugins${imapPlugins}
}
`;
}

/** Who may do what in the public folders: everybody all but to give rights. */
export const dovecotAcl = "public authenticated lrk\npublic/* authenticated lrwstipekx\n";

/** Folders that people open to each other, and some that belong to nobody (RFC 4314, RFC 2342). */
function shared({ dir, mail }) {
  return `plugin {
  acl = vfile:${dir}/acl:cache_secs=0
  acl_shared_dict = file:${mail}/shared
}
namespace {
  type = shared
  separator = /
  prefix = shared/%%u/
  location = sdbox:${mail}/%%d/%%n/mail
  subscriptions = no
  list = children
}
namespace {
  type = public
  separator = /
  prefix = public/
  location = sdbox:${mail}/public:INDEXPVT=~/public
  subscriptions = no
  list = children
}
`;
}
