//! Mozilla's clientConfig documents, version 1.1. Pure.
//!
//! They come from anybody, so they are read for what is needed, within bounds, and without a document type: no entity means
//! anything but those of XML itself.

use app::wire::{FoundBy, SourceAdvice};
use quick_xml::{Reader, events::Event};

use super::{Address, Candidate, Found};
use crate::endpoint::{Endpoint, Protocol, Security};

/// The most servers of one document.
const MOST: usize = 20;

/// How deep elements may be nested.
const DEEPEST: usize = 32;

/// The longest text of an element, in bytes.
const LONGEST: usize = 1024;

/// One `incomingServer` or `outgoingServer`.
#[derive(Debug, Default)]
struct Server {
    kind: String,
    incoming: bool,
    hostname: String,
    port: String,
    socket: String,
    username: String,
    authentication: Vec<String>,
}

/// The servers that a document names for an address. Nothing where it is no such document.
pub fn read(document: &str, address: &Address) -> Found {
    let Some(servers) = servers(document) else { return Found::default() };
    let mut found = Found::default();
    for server in servers {
        let Some(endpoint) = endpoint(&server, address) else { continue };
        if !address.way.has(endpoint.protocol) {
            continue;
        }
        let clear = endpoint.security == Security::Insecure;
        let advice = match (clear, takes_passwords(&server.authentication)) {
            (true, _) => Some(SourceAdvice::ClearText),
            (false, false) => Some(SourceAdvice::NoPasswords),
            (false, true) => None,
        };
        found.candidates.push(Candidate {
            endpoint,
            users: users(&server.username, address),
            found_by: FoundBy::Autoconfig,
            advice,
            password_page: None,
        });
    }
    // What cannot be used is named only where there is nothing else, so that a person is told why.
    if found.candidates.iter().any(|candidate| candidate.advice.is_none()) {
        found.candidates.retain(|candidate| candidate.advice.is_none());
    }
    found
}

fn servers(document: &str) -> Option<Vec<Server>> {
    let mut reader = Reader::from_str(document);
    // Providers' documents are not always well-formed, and one bare ampersand is no reason to go without them.
    reader.config_mut().allow_dangling_amp = true;
    let (mut servers, mut path, mut text) = (Vec::new(), Vec::<String>::new(), String::new());
    let mut open: Option<Server> = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if let ("incomingServer" | "outgoingServer", true) =
                    (name.as_str(), path.last().is_some_and(|last| last == "emailProvider"))
                {
                    let kind = start.try_get_attribute("type").ok()?.map(|kind| kind.value.to_ascii_lowercase());
                    let kind = kind.unwrap_or_default();
                    open = Some(Server { kind, incoming: name == "incomingServer", ..Server::default() });
                }
                path.push(name);
                text.clear();
                if path.len() > DEEPEST {
                    return None;
                }
            }
            Event::Text(piece) => text.push_str(&piece),
            Event::CData(piece) => text.push_str(&piece),
            Event::GeneralRef(reference) => {
                if let Ok(Some(letter)) = reference.resolve_char_ref() {
                    text.push(letter);
                } else if let Some(letter) = quick_xml::escape::resolve_predefined_entity(&reference) {
                    text.push_str(letter);
                }
            }
            Event::End(_) => {
                let name = path.pop()?;
                if let Some(server) = &mut open {
                    if path.last().is_some_and(|last| last == "incomingServer" || last == "outgoingServer") {
                        server.take(&name, text.trim());
                    } else if name == "incomingServer" || name == "outgoingServer" {
                        servers.extend(open.take());
                    }
                }
                text.clear();
                if servers.len() > MOST {
                    return None;
                }
            }
            Event::DocType(_) => return None,
            Event::Eof => return Some(servers),
            _ => {}
        }
        if text.len() > LONGEST {
            return None;
        }
    }
}

impl Server {
    fn take(&mut self, name: &str, text: &str) {
        // Where something is said twice, the first counts.
        let field = match name {
            "hostname" => &mut self.hostname,
            "port" => &mut self.port,
            "socketType" => &mut self.socket,
            "username" => &mut self.username,
            "authentication" => {
                self.authentication.push(text.to_ascii_lowercase());
                return;
            }
            _ => return,
        };
        if field.is_empty() {
            text.clone_into(field);
        }
    }
}

fn endpoint(server: &Server, address: &Address) -> Option<Endpoint> {
    let (protocol, scheme) = match (server.incoming, server.kind.as_str()) {
        (true, "imap") => (Protocol::Imap, "imap"),
        (true, "pop3") => (Protocol::Pop3, "pop3"),
        (false, "smtp") => (Protocol::Smtp, "smtp"),
        _ => return None,
    };
    let (security, suffix) = match server.socket.to_ascii_uppercase().as_str() {
        "SSL" | "TLS" => (Security::Tls, "s"),
        "STARTTLS" => (Security::StartTls, "+starttls"),
        "PLAIN" => (Security::Insecure, "+insecure"),
        _ => return None,
    };
    // A colon would make an IPv6 address of it, and hosts are named.
    let host = filled(&server.hostname, address).filter(|host| !host.contains(':'))?.to_ascii_lowercase();
    let port: u16 = server.port.parse().ok().filter(|port| *port > 0)?;
    // Only what can be read as an endpoint is one.
    let endpoint: Endpoint = format!("{scheme}{suffix}://{host}:{port}").parse().ok()?;
    (endpoint == Endpoint::new(protocol, security, &host, port)).then_some(endpoint)
}

/// Whether a password does. Where nothing is said, it does.
fn takes_passwords(authentication: &[String]) -> bool {
    let does = |method: &String| {
        matches!(method.as_str(), "password-cleartext" | "plain" | "password-encrypted" | "secure" | "none")
    };
    authentication.is_empty() || authentication.iter().any(does)
}

/// The name that the document wants first, then the likeliest other.
fn users(pattern: &str, address: &Address) -> Vec<String> {
    let mut users: Vec<String> = filled(pattern, address).into_iter().collect();
    users.extend(address.users());
    let mut once: Vec<String> = Vec::new();
    for user in users {
        if !once.contains(&user) {
            once.push(user);
        }
    }
    once.truncate(2);
    once
}

/// A text with the placeholders filled in. None where it is empty or has others.
fn filled(text: &str, address: &Address) -> Option<String> {
    let filled = text
        .replace("%EMAILADDRESS%", &address.email)
        .replace("%EMAILLOCALPART%", &address.local)
        .replace("%EMAILDOMAIN%", &address.domain);
    let strange = filled.is_empty() || filled.contains(char::is_control) || filled.contains("%REALNAME%");
    (!strange).then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Way;

    fn address() -> Address {
        Address::new("ana.b@example.org", Way::In).expect("an address")
    }

    fn document(servers: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"example.org\">\
             <domain>example.org</domain><!-- x --><displayName>A &amP; B & C</displayName>{servers}</emailProvider>\
             <incomingServer type=\"imap\"><hostname>elsewhere.example</hostname></incomingServer></clientConfig>"
        )
    }

    fn server(tag: &str, kind: &str, rest: &str) -> String {
        format!("<{tag} type=\"{kind}\">{rest}</{tag}>")
    }

    fn incoming(kind: &str, host: &str, port: u16, socket: &str, rest: &str) -> String {
        let rest = format!("<hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType>{rest}");
        server("incomingServer", kind, &rest)
    }

    fn endpoints(found: &Found) -> Vec<String> {
        found.candidates.iter().map(|candidate| candidate.endpoint.to_string()).collect()
    }

    #[test]
    fn servers_are_read_with_their_placeholders() {
        let name = "<username>%EMAILLOCALPART%</username><authentication>OAuth2</authentication>\
                    <authentication>password-cleartext</authentication>";
        let text = document(&format!(
            "{}{}{}{}",
            incoming("imap", "imap.%EMAILDOMAIN%", 993, "SSL", name),
            incoming("pop3", " POP.example.org\n", 110, "STARTTLS", "<username>%EMAILADDRESS%</username>"),
            incoming("exchange", "x.example.org", 443, "SSL", ""),
            server(
                "outgoingServer",
                "smtp",
                "<hostname>smtp.example.org</hostname><port>465</port><socketType>SSL</socketType>"
            ),
        ));
        let found = read(&text, &address());
        assert_eq!(endpoints(&found), ["imaps://imap.example.org:993", "pop3+starttls://pop.example.org:110"]);
        assert_eq!(found.candidates[0].users, ["ana.b", "ana.b@example.org"]);
        assert_eq!(found.candidates[1].users, ["ana.b@example.org", "ana.b"]);
        let out = read(&text, &Address { way: Way::Out, ..address() });
        assert_eq!(endpoints(&out), ["smtps://smtp.example.org:465"]);
    }

    #[test]
    fn what_cannot_be_used_is_named_only_alone() {
        let oauth = incoming("imap", "a.example", 993, "SSL", "<authentication>OAuth2</authentication>");
        let clear = incoming("imap", "b.example", 143, "plain", "");
        let good = incoming("pop3", "c.example", 995, "SSL", "");
        let advice = |text: &str| {
            let found = read(&document(text), &address());
            found.candidates.iter().map(|candidate| candidate.advice).collect::<Vec<_>>()
        };
        assert_eq!(advice(&oauth), [Some(SourceAdvice::NoPasswords)]);
        assert_eq!(advice(&clear), [Some(SourceAdvice::ClearText)]);
        assert_eq!(advice(&format!("{oauth}{clear}{good}")), [None]);
    }

    /// Entities that are made of entities, ten times ten times: a gigabyte, if anybody were to write them out.
    #[test]
    fn entities_mean_nothing() {
        let entity = |level: u8| format!("<!ENTITY e{} \"{}\">", level + 1, format!("&e{level};").repeat(10));
        let entities: String = (0..9).map(entity).collect();
        let (good, host) =
            (incoming("imap", "a.example", 993, "SSL", ""), incoming("imap", "a&e9;.example", 993, "SSL", ""));
        for subset in
            [format!("[<!ENTITY e0 \"lol\">{entities}]"), "SYSTEM \"file:///etc/passwd\"".to_owned(), String::new()]
        {
            let text =
                document(&host).replace("<clientConfig", &format!("<!DOCTYPE clientConfig {subset}><clientConfig"));
            assert_eq!(endpoints(&read(&text, &address())), Vec::<String>::new(), "{subset}");
        }
        // Without any definition they are left out of what is read, and all else is.
        assert_eq!(endpoints(&read(&document(&format!("{host}{good}")), &address()))[0], "imaps://a.example:993");
    }

    #[test]
    fn strange_documents_name_nobody() {
        let good = incoming("imap", "a.example", 993, "SSL", "");
        assert_eq!(endpoints(&read(&document(&good), &address())).len(), 1);
        for text in [
            String::new(),
            "<html><body>Not found</body></html>".to_owned(),
            document(&good).replace("<clientConfig", "<!DOCTYPE x [<!ENTITY a \"b\">]><clientConfig"),
            document(&incoming("imap", "a.example/x", 993, "SSL", "")),
            document(&incoming("imap", "a.example:1", 993, "SSL", "")),
            document(&incoming("imap", "u@a.example", 993, "SSL", "")),
            document(&incoming("imap", "%REALNAME%", 993, "SSL", "")),
            document(&incoming("imap", "", 993, "SSL", "")),
            document(&incoming("imap", "a.example", 0, "SSL", "")),
            document(&incoming("imap", "a.example", 993, "magic", "")),
            document(&incoming(
                "imap",
                "a.example",
                993,
                "SSL",
                &format!("<username>{}</username>", "x".repeat(LONGEST + 1)),
            )),
            document(&good.repeat(MOST + 2)),
            document(&format!("{}{good}", "<a>".repeat(DEEPEST))),
            good.clone(),
            document(&good).replace("</emailProvider>", "</wrong>"),
        ] {
            assert_eq!(endpoints(&read(&text, &address())), Vec::<String>::new(), "{text}");
        }
    }
}
