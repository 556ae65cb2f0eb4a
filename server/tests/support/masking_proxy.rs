//! A line to a mail server that hides some of what the server can do, and notes when a client makes use of it all the same.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Instant,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What is hidden.
#[derive(Debug, Clone, Copy)]
pub enum Mask {
    /// These capabilities, and those that begin so and go on with `=`.
    Without(&'static [&'static str]),
    /// All but the protocol itself (RFC 3501).
    Bare,
}

impl Mask {
    pub fn hides(self, capability: &str) -> bool {
        let name = capability.split('=').next().unwrap_or(capability).to_ascii_uppercase();
        match self {
            Mask::Without([]) => false,
            // RFC 9051 has most extensions in it, so it cannot be shown without them.
            Mask::Without(hidden) => name == "IMAP4REV2" || hidden.contains(&name.as_str()),
            Mask::Bare => name != "IMAP4REV1",
        }
    }

    /// A line of the server's as it is shown.
    fn shown(self, line: &str) -> String {
        let mut line = line.to_owned();
        for (before, end) in [("* CAPABILITY ", "\r"), ("[CAPABILITY ", "]")] {
            if let Some((head, rest)) = line.split_once(before)
                && let Some((words, tail)) = rest.split_once(end)
            {
                let words: Vec<&str> = words.split(' ').filter(|word| !self.hides(word)).collect();
                line = format!("{head}{before}{}{end}{tail}", words.join(" "));
            }
        }
        let codes = [
            ("UIDPLUS", "COPYUID"),
            ("UIDPLUS", "APPENDUID"),
            ("CONDSTORE", "HIGHESTMODSEQ"),
            ("CONDSTORE", "NOMODSEQ"),
        ];
        for (_, code) in codes.iter().filter(|(capability, _)| self.hides(capability)) {
            if let Some((head, rest)) = line.split_once(&format!("[{code}"))
                && let Some((_, tail)) = rest.split_once("] ")
            {
                line = format!("{head}{tail}");
            }
        }
        if self.hides("SPECIAL-USE")
            && let Some(rest) = line.strip_prefix("* LIST (")
            && let Some((attributes, tail)) = rest.split_once(')')
        {
            let uses = ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash"];
            let left: Vec<&str> = attributes.split(' ').filter(|word| !uses.contains(word)).collect();
            line = format!("* LIST ({}){tail}", left.join(" "));
        }
        line
    }

    /// Which of the hidden capabilities a command needs. `words` are its words in upper case, without strings; literals
    /// stand as `{5}` or `{5+}`.
    fn trespass(self, words: &[&str]) -> Option<&'static str> {
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
        let verb = match words {
            ["UID", verb, ..] => verb,
            [verb, ..] => verb,
            [] => return None,
        };
        let by_verb = match *verb {
            "NOTIFY" => Some("NOTIFY"),
            "IDLE" => Some("IDLE"),
            "MOVE" => Some("MOVE"),
            "SORT" => Some("SORT"),
            "THREAD" => Some("THREAD"),
            "UNSELECT" => Some("UNSELECT"),
            "NAMESPACE" => Some("NAMESPACE"),
            "ID" => Some("ID"),
            "GETACL" | "SETACL" | "DELETEACL" | "LISTRIGHTS" | "MYRIGHTS" => Some("ACL"),
            "LIST" if has(&["MYRIGHTS"]) && self.hides("LIST-MYRIGHTS") => Some("LIST-MYRIGHTS"),
            "ENABLE" => Some("ENABLE"),
            "AUTHENTICATE" if words.len() > 2 => Some("SASL-IR"),
            "EXPUNGE" if words.len() > 1 => Some("UIDPLUS"),
            "SEARCH" if has(&["RETURN"]) => Some("ESEARCH"),
            "LIST" if has(&["STATUS"]) && self.hides("LIST-STATUS") => Some("LIST-STATUS"),
            "LIST" if has(&["SPECIAL-USE"]) && self.hides("SPECIAL-USE") => Some("SPECIAL-USE"),
            "LIST" if has(&["RETURN"]) && self.hides("LIST-STATUS") => Some("LIST-EXTENDED"),
            "CREATE" if has(&["USE"]) => Some("CREATE-SPECIAL-USE"),
            "FETCH" if has(&["PREVIEW"]) => Some("PREVIEW"),
            _ => None,
        };
        let by_words = [
            ("CONDSTORE", &["CONDSTORE", "QRESYNC", "MODSEQ", "HIGHESTMODSEQ", "CHANGEDSINCE", "UNCHANGEDSINCE"][..]),
            ("BINARY", &["BINARY", "BINARY.PEEK"]),
        ];
        let by_words = by_words.iter().filter(|(_, wanted)| has(wanted)).map(|(capability, _)| *capability);
        let length = |word: &&str| word.strip_prefix('{')?.strip_suffix("+}")?.parse::<usize>().ok();
        let literals = words.iter().filter_map(length).filter_map(|length| {
            let allowed = !self.hides("LITERAL+") || (!self.hides("LITERAL-") && length <= 4096);
            (!allowed).then_some("LITERAL+")
        });
        by_verb.into_iter().chain(by_words).chain(literals).find(|capability| self.hides(capability))
    }
}

/// Listens on a port of its own, for any number of lines.
pub struct MaskingProxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    mask: Mask,
    trespasses: Mutex<BTreeSet<String>>,
    /// Lines that were opened before this many cuts are closed; while it is odd, new ones are closed at once.
    cuts: watch::Sender<u32>,
    /// Since when what passes is shown, for whoever looks into a failing test with `PISMO_TRACE=1`.
    trace: Option<Instant>,
}

impl MaskingProxy {
    pub async fn start(server: u16, mask: Mask) -> MaskingProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let trace = std::env::var_os("PISMO_TRACE").map(|_| Instant::now());
        let shared = Arc::new(Shared { mask, trespasses: Mutex::default(), cuts: watch::Sender::new(0), trace });
        let of_all = shared.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *of_all.cuts.borrow() % 2 == 1 {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                tokio::spawn(pass(client, server, of_all.clone()));
            }
        });
        MaskingProxy { port, shared }
    }

    /// What was made use of although it was hidden.
    pub fn trespasses(&self) -> Vec<String> {
        self.shared.trespasses.lock().expect("what was noted").iter().cloned().collect()
    }

    /// Closes all lines, and each new one at once, until [`restore`](Self::restore).
    pub fn take_down(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub fn restore(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Shared {
    fn note(&self, command: &str) {
        let words: Vec<&str> =
            command.split([' ', '(', ')', '[', ']', '\r', '\n']).filter(|word| !word.is_empty()).collect();
        let Some((_tag, words)) = words.split_first() else { return };
        if let Some(capability) = self.mask.trespass(words) {
            let text = format!("{capability} was hidden and used: {}", words.join(" "));
            self.trespasses.lock().expect("what was noted").insert(text);
        }
    }

    fn trace(&self, direction: &str, bytes: &[u8]) {
        if let Some(since) = self.trace {
            for text in String::from_utf8_lossy(bytes).lines() {
                eprintln!("{:8.3} {direction} {text}", since.elapsed().as_secs_f64());
            }
        }
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, shared: Arc<Shared>) {
    let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    let (mut commands, mut responses) = (Pieces::default(), Pieces::default());
    let mut command = String::new();
    let mut cuts = shared.cuts.subscribe();
    let opened = *cuts.borrow_and_update();
    loop {
        tokio::select! {
            _ = cuts.changed() => {
                if *cuts.borrow_and_update() != opened { return; }
            }
            read = client.read(&mut from_client) => match read {
                Ok(length) if length > 0 => {
                    let said = &from_client[..length];
                    shared.trace("→", said);
                    commands.held.extend(said);
                    while let Some(piece) = commands.next() {
                        let Piece::Line { bytes, goes_on, .. } = piece else { continue };
                        command.push_str(&without_strings(&String::from_utf8_lossy(&bytes)).to_ascii_uppercase());
                        if !goes_on {
                            shared.note(&std::mem::take(&mut command));
                        }
                    }
                    if server.write_all(said).await.is_err() { return; }
                }
                _ => return,
            },
            read = server.read(&mut from_server) => match read {
                Ok(length) if length > 0 => {
                    responses.held.extend(&from_server[..length]);
                    let mut said = Vec::new();
                    while let Some(piece) = responses.next() {
                        match piece {
                            Piece::Literal(bytes) => said.extend(bytes),
                            Piece::Line { bytes, begins: true, .. } => match std::str::from_utf8(&bytes) {
                                Ok(line) => said.extend(shared.mask.shown(line).into_bytes()),
                                Err(_) => said.extend(bytes),
                            },
                            Piece::Line { bytes, .. } => said.extend(bytes),
                        }
                    }
                    shared.trace("←", &said);
                    if client.write_all(&said).await.is_err() { return; }
                }
                _ => return,
            },
        }
    }
}

/// One direction of a line, cut at line ends and literals.
#[derive(Default)]
struct Pieces {
    held: Vec<u8>,
    /// What is still to come of a literal, in bytes.
    literal: usize,
    /// The next line goes on with a command or a response.
    amid: bool,
}

enum Piece {
    /// With its line end. `begins` a command or a response; `goes_on` after a literal.
    Line { bytes: Vec<u8>, begins: bool, goes_on: bool },
    /// A piece of a literal.
    Literal(Vec<u8>),
}

impl Pieces {
    fn next(&mut self) -> Option<Piece> {
        if self.literal > 0 {
            let length = self.literal.min(self.held.len());
            self.literal -= length;
            return (length > 0).then(|| Piece::Literal(self.held.drain(..length).collect()));
        }
        let end = self.held.iter().position(|byte| *byte == b'\n')?;
        let bytes: Vec<u8> = self.held.drain(..=end).collect();
        let length = literal(&bytes);
        let begins = !std::mem::replace(&mut self.amid, length.is_some());
        self.literal = length.unwrap_or(0);
        Some(Piece::Line { bytes, begins, goes_on: length.is_some() })
    }
}

/// The length that a line announces at its end: `{5}` or `{5+}`.
fn literal(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line.strip_suffix(b"}\r\n")?).ok()?;
    let (_, length) = text.rsplit_once('{')?;
    length.strip_suffix('+').unwrap_or(length).parse().ok()
}

/// A command without its quoted strings.
fn without_strings(line: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    line.chars()
        .filter(|letter| {
            let inside = quoted;
            match letter {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ => {}
            }
            !inside && *letter != '"'
        })
        .collect()
}

#[test]
fn what_is_hidden_is_not_shown() {
    let few = Mask::Without(&["MOVE", "UIDPLUS", "CONDSTORE", "SORT", "SPECIAL-USE"]);
    for (said, shown) in [
        ("* CAPABILITY IMAP4rev1 MOVE SORT SORT=DISPLAY IDLE\r\n", "* CAPABILITY IMAP4rev1 IDLE\r\n"),
        ("* OK [CAPABILITY IMAP4rev1 MOVE] ready\r\n", "* OK [CAPABILITY IMAP4rev1] ready\r\n"),
        ("p1 OK [COPYUID 1 2 3] done\r\n", "p1 OK done\r\n"),
        ("p1 OK [HIGHESTMODSEQ 7] done\r\n", "p1 OK done\r\n"),
        ("* LIST (\\HasNoChildren \\Trash) \"/\" Bin\r\n", "* LIST (\\HasNoChildren) \"/\" Bin\r\n"),
    ] {
        assert_eq!(few.shown(said), shown);
        assert_eq!(Mask::Without(&[]).shown(said), said);
    }
    assert_eq!(Mask::Bare.shown("a OK [CAPABILITY IMAP4rev1 ID] in\r\n"), "a OK [CAPABILITY IMAP4rev1] in\r\n");
}

#[test]
fn what_is_hidden_and_used_is_noted() {
    for (command, capability) in [
        ("a UID MOVE 1 \"x\"", "MOVE"),
        ("a UID EXPUNGE 1", "UIDPLUS"),
        ("a SELECT \"x\" (CONDSTORE)", "CONDSTORE"),
        ("a UID FETCH 1:* (FLAGS) (CHANGEDSINCE 7)", "CONDSTORE"),
        ("a STATUS x (HIGHESTMODSEQ)", "CONDSTORE"),
        ("a UID SEARCH RETURN (ALL) SEEN", "ESEARCH"),
        ("a LIST \"\" \"*\" RETURN (SUBSCRIBED)", "LIST-EXTENDED"),
        ("a LIST \"\" \"*\" RETURN (STATUS (MESSAGES))", "LIST-STATUS"),
        ("a NOTIFY SET (SELECTED (MessageNew))", "NOTIFY"),
        ("a IDLE", "IDLE"),
        ("a APPEND x {5+}", "LITERAL+"),
        ("a NAMESPACE", "NAMESPACE"),
        ("a AUTHENTICATE PLAIN AGEAYg==", "SASL-IR"),
        ("a UID FETCH 1 (PREVIEW)", "PREVIEW"),
    ] {
        let upper = without_strings(command).to_ascii_uppercase();
        let words: Vec<&str> = upper.split([' ', '(', ')']).filter(|word| !word.is_empty()).skip(1).collect();
        assert_eq!(Mask::Bare.trespass(&words), Some(capability), "{command}");
        assert_eq!(Mask::Without(&[]).trespass(&words), None, "{command}");
    }
    let plain = [
        "AUTHENTICATE PLAIN",
        "SELECT \"MOVE\"",
        "UID SEARCH SUBJECT \"RETURN\"",
        "EXPUNGE",
        "UID COPY 1 {5}",
        "LIST \"\" \"*\"",
    ];
    for command in plain {
        let upper = without_strings(command).to_ascii_uppercase();
        let words: Vec<&str> = upper.split([' ', '(', ')']).filter(|word| !word.is_empty()).collect();
        assert_eq!(Mask::Bare.trespass(&words), None, "{command}");
    }
}
