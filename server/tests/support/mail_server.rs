//! A real mail server of the tests' own, Dovecot unless told otherwise, and a plain hand on it that shares no code with what is tested.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    io::{BufRead, BufReader as SyncReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// The password of everybody.
pub const PASSWORD: &str = "secret";

/// Every name is a mailbox.
const EVERYBODY: [&str; 2] = ["--user", "*@pismo.test:secret"];

/// How the folders of the servers begin; the number of the process follows.
const FOLDER: &str = "pismo-test-";

/// Names the ports and the folder of a server that runs for all test programs: to start one takes as long as most tests do. Without
/// it each program starts its own.
const RUNNING: &str = "PISMO_TEST_MAIL";

/// One of the test program's own runs until dropped; when this process ends however it ends, its end of the pipe closes and the
/// server stops.
pub struct MailServer {
    child: Option<Child>,
    dir: PathBuf,
    base: u16,
}

impl MailServer {
    /// The one server that all tests share. Each takes a user of its own.
    pub fn shared() -> &'static MailServer {
        static SERVER: OnceLock<MailServer> = OnceLock::new();
        SERVER.get_or_init(|| MailServer::running().unwrap_or_else(|| MailServer::start(&[])))
    }

    /// The same with submission: what is sent to `…@pismo.test` is delivered, but for addresses that begin with `nobody`.
    pub fn shared_with_smtp() -> &'static MailServer {
        static SERVER: OnceLock<MailServer> = OnceLock::new();
        SERVER.get_or_init(|| MailServer::running().unwrap_or_else(|| MailServer::launch(&EVERYBODY)))
    }

    fn running() -> Option<MailServer> {
        let told = std::env::var(RUNNING).ok()?;
        let (base, dir) = told.split_once(' ').expect("ports and a folder");
        Some(MailServer { child: None, dir: dir.into(), base: base.parse().expect("a port") })
    }

    /// One where people open folders to each other, and with public folders below `public`, which all tests of a file share.
    pub fn with_sharing() -> &'static MailServer {
        static SERVER: OnceLock<MailServer> = OnceLock::new();
        SERVER.get_or_init(|| MailServer::start(&["--sharing"]))
    }

    /// Starts a server of its own with further arguments, such as `["--set", "imap_idle_notify_interval=1s"]`.
    pub fn start(arguments: &[&str]) -> MailServer {
        MailServer::launch(&[&["--no-smtp"], &EVERYBODY[..], arguments].concat())
    }

    /// Starts a server for this user alone, whose password [`set_password`](Self::set_password) changes.
    pub fn start_for(address: &str) -> MailServer {
        MailServer::launch(&["--user", &format!("{address}:{PASSWORD}")])
    }

    /// Starts a server for these users alone, each with a password.
    pub fn start_with(users: &[(&str, &str)]) -> MailServer {
        let users: Vec<String> = users.iter().map(|(address, password)| format!("{address}:{password}")).collect();
        MailServer::launch(&users.iter().flat_map(|user| ["--user", user]).collect::<Vec<_>>())
    }

    /// Starts another program than Dovecot: `cyrus`, or `courier`, which has POP3 as well. Mail comes by APPEND.
    pub fn start_other(name: &str) -> MailServer {
        MailServer::launch(&[&["--server", name], &EVERYBODY[..]].concat())
    }

    fn launch(arguments: &[&str]) -> MailServer {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        remove_what_is_left();
        let dir = std::env::temp_dir().join(format!("{FOLDER}{}-{number}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder for the mail");
        // Tests run in the folder of their package, which need not be where they were built.
        let mut child = Command::new("node")
            .arg("../end2end/mailserver/start.mjs")
            .args(["--ports", "0", "--dir"])
            .arg(&dir)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        let words = child.stdout.take().expect("its words");
        let mut server = MailServer { child: Some(child), dir, base: 0 };
        for line in SyncReader::new(words).lines() {
            let line = line.expect("words");
            if let Some(port) = line.strip_prefix("ports ") {
                server.base = port.parse().expect("a port");
            }
            if line == "ready" {
                return server;
            }
        }
        panic!("the mail server did not start; it says above why");
    }

    /// Gives the user of [`start_for`](Self::start_for) another password.
    pub async fn set_password(&self, address: &str, password: &str) {
        let users = self.dir.join("users");
        let text = std::fs::read_to_string(&users).expect("the users");
        let (before, rest) = text.split_once("{PLAIN}").expect("a password");
        let (_, after) = rest.split_once(':').expect("more fields");
        // Written beside and put in its place: Dovecot must never see half of it.
        let fresh = self.dir.join("users.new");
        std::fs::write(&fresh, format!("{before}{{PLAIN}}{password}:{after}")).expect("the users");
        std::fs::rename(&fresh, &users).expect("the users");
        // Dovecot looks at the file now and then, and hangs up on whoever is wrong too often.
        loop {
            let stream = TcpStream::connect(("127.0.0.1", self.imap_port())).await.expect("IMAP");
            let mut hand = Hand { line: BufReader::new(stream), tag: 0, last: String::new() };
            hand.read_line().await;
            if !hand.try_run(&format!("LOGIN {address} {password}")).await.1.starts_with("NO") {
                return;
            }
        }
    }

    /// Lets a user, who has signed in before, have their mail by another address, too. Dovecot alone.
    pub fn let_be_called(&self, user: &str, other: &str) {
        let folder = |address: &str| {
            let (name, domain) = address.split_once('@').expect("an address");
            self.dir.join("mail").join(domain).join(name)
        };
        std::os::unix::fs::symlink(folder(user), folder(other)).expect("another name");
    }

    /// How many IMAP sessions of a user are open. Dovecot alone.
    pub fn sessions(&self, user: &str) -> usize {
        let mut asking = Command::new("doveadm");
        let told = asking.arg("-c").arg(self.dir.join("dovecot.conf")).args(["who", "-1", user]).output();
        let told = String::from_utf8(told.expect("doveadm").stdout).expect("its words");
        told.lines().filter(|line| line.starts_with(user)).count()
    }

    pub fn imap_port(&self) -> u16 {
        self.base
    }

    pub fn imaps_port(&self) -> u16 {
        self.base + 1
    }

    pub fn lmtp_port(&self) -> u16 {
        self.base + 2
    }

    pub fn submission_port(&self) -> u16 {
        self.base + 3
    }

    pub fn pop3_port(&self) -> u16 {
        self.base + 4
    }

    /// Dovecot alone.
    pub fn pop3s_port(&self) -> u16 {
        self.base + 5
    }

    /// The authority that signed the server's certificate, which nobody trusts by itself.
    pub fn authority() -> PathBuf {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache");
        cache.unwrap_or_else(home).join("pismo/mailserver-tls/ca.pem")
    }

    /// An address nobody else uses.
    pub fn new_user(&self) -> String {
        format!("user-{}@pismo.test", mark())
    }

    /// A hand on the mailbox of a user.
    pub async fn hand(&self, user: &str) -> Hand {
        Hand::log_in(self.imap_port(), user).await
    }

    /// Delivers a message by LMTP, as mail from outside comes.
    pub async fn deliver(&self, user: &str, message: &str) {
        let mut line = BufReader::new(TcpStream::connect(("127.0.0.1", self.lmtp_port())).await.expect("LMTP"));
        let body = message.replace("\r\n", "\n").replace('\n', "\r\n").replace("\r\n.", "\r\n..");
        expect(&mut line, "220").await;
        for (said, answer) in [
            ("LHLO test\r\n".to_owned(), "250 "),
            ("MAIL FROM:<sender@pismo.test>\r\n".to_owned(), "250 "),
            (format!("RCPT TO:<{user}>\r\n"), "250 "),
            ("DATA\r\n".to_owned(), "354"),
            (format!("{body}\r\n.\r\n"), "250 "),
            ("QUIT\r\n".to_owned(), "221"),
        ] {
            line.write_all(said.as_bytes()).await.expect("LMTP");
            expect(&mut line, answer).await;
        }
    }
}

/// What nobody else has, neither in this process nor in any other: a number of a process comes again.
pub fn mark() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    static BEGUN: OnceLock<u128> = OnceLock::new();
    let begun = BEGUN.get_or_init(|| SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_micros());
    format!("{}-{begun:x}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Reads lines up to the one that begins so.
async fn expect(line: &mut BufReader<TcpStream>, beginning: &str) {
    loop {
        let mut text = String::new();
        line.read_line(&mut text).await.expect("an answer");
        if text.starts_with(beginning) {
            return;
        }
        assert!(text.get(3..4) == Some("-"), "expected {beginning}, got {text:?}");
    }
}

/// A shared server outlives the test process by a moment, so its folder is left to the next one.
fn remove_what_is_left() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(FOLDER)?.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        drop(child.stdin.take());
        let _ = child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A raw IMAP connection: says what it is told and gives back what it hears.
pub struct Hand {
    line: BufReader<TcpStream>,
    tag: u32,
    /// What was heard last, for when nothing more is.
    last: String,
}

impl Hand {
    async fn log_in(port: u16, user: &str) -> Hand {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("IMAP");
        let mut hand = Hand { line: BufReader::new(stream), tag: 0, last: String::new() };
        hand.read_line().await;
        hand.run(&format!("LOGIN {user} {PASSWORD}")).await;
        hand
    }

    async fn read_line(&mut self) -> String {
        let mut bytes = Vec::new();
        self.line.read_until(b'\n', &mut bytes).await.expect("a line");
        assert!(!bytes.is_empty(), "the server hung up after {:?}", self.last);
        self.last = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        self.last.clone()
    }

    /// Runs a command that must succeed. Gives back the untagged lines; literals are put in as they are.
    pub async fn run(&mut self, command: &str) -> Vec<String> {
        let (lines, end) = self.try_run(command).await;
        assert!(end.starts_with("OK"), "{command}: {end}");
        lines
    }

    /// Runs a command. Gives back the untagged lines, and the end without its tag.
    pub async fn try_run(&mut self, command: &str) -> (Vec<String>, String) {
        self.tag += 1;
        let tag = format!("h{}", self.tag);
        self.line.write_all(format!("{tag} {command}\r\n").as_bytes()).await.expect("a line out");
        self.answer(&tag).await
    }

    async fn answer(&mut self, tag: &str) -> (Vec<String>, String) {
        let mut lines = Vec::new();
        loop {
            let mut line = self.read_line().await;
            while let Some(length) = literal(&line) {
                let mut bytes = vec![0; length];
                self.line.read_exact(&mut bytes).await.expect("a literal");
                line.push_str(&String::from_utf8_lossy(&bytes));
                line.push_str(&self.read_line().await);
            }
            match line.strip_prefix(tag) {
                Some(end) => return (lines, end.trim_start().to_owned()),
                None => lines.push(line),
            }
        }
    }

    /// Puts a message into a mailbox and gives back its UID.
    pub async fn append(&mut self, mailbox: &str, flags: &str, message: &[u8]) -> u32 {
        self.append_with(mailbox, &format!("({flags})"), message).await
    }

    /// The same with what APPEND takes beside the flags: `(\Seen) "01-Jan-2020 10:00:00 +0000"`.
    pub async fn append_with(&mut self, mailbox: &str, options: &str, message: &[u8]) -> u32 {
        self.tag += 1;
        let tag = format!("h{}", self.tag);
        let head = format!("{tag} APPEND \"{mailbox}\" {options} {{{}}}\r\n", message.len());
        self.line.write_all(head.as_bytes()).await.expect("a line out");
        // Not every server takes a literal that it was not asked to take (RFC 7888).
        loop {
            let line = self.read_line().await;
            assert!(!line.starts_with(&tag), "{head}: {line}");
            if line.starts_with('+') {
                break;
            }
        }
        self.line.write_all(&[message, b"\r\n"].concat()).await.expect("a message out");
        let (_, end) = self.answer(&tag).await;
        let uid = end.strip_prefix("OK [APPENDUID ").and_then(|rest| rest.split([' ', ']']).nth(1));
        uid.and_then(|uid| uid.parse().ok()).unwrap_or_else(|| panic!("{end}"))
    }
}

fn literal(line: &str) -> Option<usize> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}

/// A plain message with `\r\n` line ends.
pub fn letter(subject: &str, body: &str) -> Vec<u8> {
    let head = "From: Ana <ana@pismo.test>\r\nTo: Bo <bo@pismo.test>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n";
    format!("{head}Subject: {subject}\r\nMessage-ID: <{subject}@pismo.test>\r\n\r\n{body}\r\n").into_bytes()
}
