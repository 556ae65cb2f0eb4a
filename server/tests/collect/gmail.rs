//! Gmail, where a message is in every mailbox whose label it has, and in All Mail besides: a Dovecot behind a line that tells
//! Dovecot's keywords as Gmail's labels. No server that can be had speaks Gmail's IMAP.

use std::collections::BTreeSet;

use app::wire::CollectorOptions;
use pismo::collector::Step;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpStream, tcp},
};

use crate::{
    lab::{Lab, Side},
    mail_server::MailServer,
    raw::{Raw, Seen},
    relay::relay,
};

/// The number of a message and its labels, as keywords: `gm-id-7`, `gm-l-Work`, `gm-s-Inbox` for `\Inbox`.
const ID: &str = "gm-id-";
const LABEL: &str = "gm-l-";
const SYSTEM: &str = "gm-s-";

const ALL: &str = "[Gmail]/All Mail";

/// What the server says of its mailboxes.
const USES: [(&str, &str); 6] = [
    (ALL, "\\All"),
    ("[Gmail]/Important", "\\Important"),
    ("[Gmail]/Sent Mail", "\\Sent"),
    ("[Gmail]/Spam", "\\Junk"),
    ("[Gmail]/Starred", "\\Flagged"),
    ("[Gmail]/Trash", "\\Trash"),
];

async fn gmail_before(server: u16) -> u16 {
    relay("127.0.0.1", server, |client, server| {
        tokio::spawn(carry(client, server));
    })
    .await
}

async fn carry(client: TcpStream, server: TcpStream) {
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = lines(from_client, to_server, as_dovecot) => {}
        () = lines(from_server, to_client, as_gmail) => {}
    }
}

/// Passes on line by line, changed; literals stay as they are.
async fn lines(from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, change: fn(&str) -> String) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        if !matches!(from.read_until(b'\n', &mut line).await, Ok(1..)) {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let length = text
            .trim_end()
            .strip_suffix('}')
            .and_then(|text| text.rsplit_once('{')?.1.trim_end_matches('+').parse().ok());
        let mut said = change(&text).into_bytes();
        if let Some(length) = length {
            let mut literal = vec![0; length];
            if from.read_exact(&mut literal).await.is_err() {
                return;
            }
            said.extend(literal);
        }
        if to.write_all(&said).await.is_err() {
            return;
        }
    }
}

fn as_dovecot(line: &str) -> String {
    line.replace(" X-GM-MSGID", "").replace(" X-GM-LABELS", "")
}

fn as_gmail(line: &str) -> String {
    let line = line.replace("IMAP4rev1 ", "IMAP4rev1 X-GM-EXT-1 ");
    if let Some((attributes, name)) = line.strip_prefix("* LIST (").and_then(|rest| rest.split_once(") ")) {
        // What every mailbox of the test server has; Gmail has others for these.
        let last = name.trim_end().rsplit(' ').next().unwrap_or_default().trim_matches('"');
        if ["Archive", "Drafts", "Junk", "Sent", "Trash"].contains(&last) {
            return String::new();
        }
        let known = USES.iter().find(|(path, _)| name.trim_end().trim_end_matches('"').ends_with(path));
        let own = attributes.split(' ').filter(|word| !USES.iter().any(|(_, shown)| shown == word));
        let all: Vec<&str> = own.chain(known.map(|(_, shown)| *shown)).collect();
        return format!("* LIST ({}) {name}", all.join(" "));
    }
    let (Some((head, rest)), true) = (line.split_once("FLAGS ("), line.contains(" FETCH (")) else { return line };
    let Some((flags, tail)) = rest.split_once(')') else { return line };
    let (ours, others): (Vec<&str>, Vec<&str>) = flags.split(' ').partition(|flag| flag.starts_with("gm-"));
    let id = ours.iter().find_map(|flag| flag.strip_prefix(ID)).unwrap_or("0");
    let label = |flag: &&str| {
        let label = flag.strip_prefix(LABEL).map(|label| format!("\"{label}\""));
        label.or_else(|| Some(format!("\"\\\\{}\"", flag.strip_prefix(SYSTEM)?)))
    };
    let labels: Vec<String> = ours.iter().filter_map(label).collect();
    format!("{head}FLAGS ({}) X-GM-MSGID {id} X-GM-LABELS ({}){tail}", others.join(" "), labels.join(" "))
}

/// A message in its mailboxes; the label of each is not said in it.
async fn put(raw: &mut Raw, number: u64, flags: &str, places: &[&str]) {
    let message =
        format!("Subject: message {number}\r\nMessage-ID: <{number}@gmail.test>\r\n\r\nThe text of {number}.\r\n");
    for place in places {
        let labels = places.iter().filter(|other| *other != place && !other.starts_with('['));
        let labels: Vec<String> = labels
            .map(|label| if *label == "INBOX" { format!("{SYSTEM}Inbox") } else { format!("{LABEL}{label}") })
            .collect();
        let flags = format!("{flags} {ID}{number} {}", labels.join(" "));
        assert!(raw.append(place, flags.trim(), "03-Mar-2023 03:03:03 +0000", message.as_bytes()).await);
    }
}

async fn lab() -> (Lab, Raw) {
    let server = MailServer::shared();
    let side = |port| Side { port, user: server.new_user(), prefix: "", delimiter: '/' };
    let (source, target) = (side(gmail_before(server.imap_port()).await), side(server.imap_port()));
    // Behind Gmail's back.
    let mut raw = Side { port: server.imap_port(), ..source.clone() }.raw().await;
    for mailbox in USES.iter().map(|(path, _)| *path).chain(["Work", "&BBQEPgQ8-"]) {
        raw.run(&format!("CREATE \"{mailbox}\"")).await;
    }
    put(&mut raw, 1, "", &["INBOX", ALL]).await;
    put(&mut raw, 2, "\\Seen", &["INBOX", "Work", ALL, "[Gmail]/Important"]).await;
    put(&mut raw, 3, "\\Flagged", &["Work", "&BBQEPgQ8-", ALL, "[Gmail]/Starred"]).await;
    put(&mut raw, 4, "\\Seen", &["[Gmail]/Sent Mail", "Work", ALL]).await;
    put(&mut raw, 5, "\\Seen", &[ALL]).await;
    put(&mut raw, 6, "", &["[Gmail]/Trash"]).await;
    put(&mut raw, 18_446_744_073_709_551_615, "", &["&BBQEPgQ8-", ALL]).await;
    (Lab::new(&source, &target).await, raw)
}

/// What is in a mailbox here: the numbers of its messages, and which flags each has.
async fn here(lab: &Lab, mailbox: &str) -> Vec<(String, Vec<String>)> {
    let mut raw = lab.target.raw().await;
    let (_, said) = raw.try_run(&format!("EXAMINE \"{mailbox}\"")).await;
    if !said.starts_with("OK") {
        return Vec::new();
    }
    let seen: Vec<Seen> = raw.mailbox(mailbox).await;
    let mut found = Vec::new();
    for Seen { uid, flags, .. } in seen {
        let said = raw.run(&format!("UID FETCH {uid} BODY.PEEK[HEADER.FIELDS (Subject)]")).await;
        let text = said
            .iter()
            .flat_map(|(_, literals)| literals)
            .map(|bytes| String::from_utf8_lossy(bytes))
            .collect::<String>();
        let number = text.trim().rsplit(' ').next().expect("a number").to_owned();
        found.push((number, flags.into_iter().collect()));
    }
    found
}

/// The number of a message, and its flags.
type Told<'a> = (&'a str, &'a [&'a str]);

fn told(expected: &[Told]) -> Vec<(String, Vec<String>)> {
    let words =
        |flags: &[&str]| flags.iter().map(|flag| (*flag).to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
    expected.iter().map(|(number, flags)| ((*number).to_owned(), words(flags))).collect()
}

const LARGEST: &str = "18446744073709551615";

async fn assert_once(lab: &Lab, when: &str) {
    let expected: [(&str, &[Told]); 6] = [
        ("INBOX", &[("1", &[]), ("2", &["\\Seen", "Work"])]),
        ("Sent", &[("4", &["\\Seen", "Work"])]),
        ("Work", &[("3", &["\\Flagged", "&BBQEPgQ8-"])]),
        ("&BBQEPgQ8-", &[(LARGEST, &[])]),
        ("Archive", &[("5", &["\\Seen"])]),
        ("Trash", &[("6", &[])]),
    ];
    for (mailbox, messages) in expected {
        assert_eq!(here(lab, mailbox).await, told(messages), "{when}: {mailbox}");
    }
    let others = ["[Gmail]/All Mail", "[Gmail]/Important", "[Gmail]/Starred", "All Mail"];
    for mailbox in others {
        assert_eq!(here(lab, mailbox).await, [], "{when}: {mailbox}");
    }
}

#[tokio::test]
async fn each_message_comes_once_with_its_labels() {
    let (mut lab, mut raw) = lab().await;
    assert_eq!(lab.run().await, 7);
    assert_once(&lab, "the first run").await;
    assert_eq!(lab.run().await, 0);
    assert_once(&lab, "a second run").await;
    let folders = lab.store.collector_folders(lab.collector).await.expect("a store");
    for folder in folders {
        assert_eq!(folder.copied, folder.messages, "{}", folder.source);
    }

    // A label more, one less, and what is new.
    raw.run("SELECT INBOX").await;
    raw.run(&format!("STORE 1 +FLAGS ({LABEL}Later)")).await;
    raw.run(&format!("STORE 2 -FLAGS ({LABEL}Work)")).await;
    put(&mut raw, 8, "", &["INBOX", "Work", ALL]).await;
    put(&mut raw, 9, "", &[ALL]).await;
    assert_eq!(lab.run().await, 2);
    let inbox: &[Told] = &[("1", &["Later"]), ("2", &["\\Seen"]), ("8", &["Work"])];
    assert_eq!(here(&lab, "INBOX").await, told(inbox));
    assert_eq!(here(&lab, "Work").await.len(), 1);
    assert_eq!(here(&lab, "Archive").await, told(&[("5", &["\\Seen"]), ("9", &[])]));

    // Archived there, it is where it was here, and nowhere else besides.
    raw.run("SELECT INBOX").await;
    raw.run("STORE 1 +FLAGS (\\Deleted)").await;
    raw.run("EXPUNGE").await;
    assert_eq!(lab.run().await, 0);
    lab.lose_the_ledger().await;
    lab.run().await;
    assert_eq!(here(&lab, "INBOX").await.len(), 3);
    assert_eq!(here(&lab, "Work").await.len(), 1);
}

#[tokio::test]
async fn stopped_anywhere_each_message_still_comes_once() {
    for step in [Step::Read, Step::Recorded, Step::Appended, Step::Done] {
        for times in [1, 2, 3] {
            let (lab, _) = lab().await;
            lab.run_to(step, times).await;
            lab.run().await;
            assert_once(&lab, &format!("stopped at {step:?}, {times}")).await;
        }
    }
}

#[tokio::test]
async fn what_comes_amid_a_run_goes_where_it_belongs() {
    let (lab, _) = lab().await;
    // The mailboxes are listed; then a message comes, while INBOX is done and All Mail is not.
    let server = MailServer::shared();
    let late = Side { port: server.imap_port(), ..lab.source.clone() };
    let (stop, mut done) = tokio::sync::mpsc::unbounded_channel::<()>();
    let watch: pismo::collector::Watch = std::sync::Arc::new(move |step| {
        if step == Step::Done {
            let _ = stop.send(());
        }
        true
    });
    let job = lab.job(Some(watch)).await;
    let coming = async {
        done.recv().await.expect("INBOX is done");
        put(&mut late.raw().await, 10, "", &["INBOX", ALL]).await;
    };
    let (ended, ()) = tokio::join!(pismo::collector::collect(&job), coming);
    ended.expect("a run");
    lab.run().await;
    assert!(here(&lab, "INBOX").await.iter().any(|(number, _)| number == "10"));
    assert!(here(&lab, "Archive").await.iter().all(|(number, _)| number != "10"));
}

#[tokio::test]
async fn what_was_left_to_another_mailbox_comes_when_it_does_not_come_there() {
    let (lab, mut raw) = lab().await;
    let message = format!("Subject: message 11\r\n\r\n{}", "a line of text\r\n".repeat(2000));
    for place in ["INBOX", ALL] {
        let label = if place == ALL { format!(" {SYSTEM}Inbox") } else { String::new() };
        let date = "03-Mar-2023 03:03:03 +0000";
        assert!(raw.append(place, &format!("{ID}11{label}"), date, message.as_bytes()).await);
    }
    // It was read and not sent, and All Mail leaves it to INBOX.
    assert!(lab.run_to(Step::Recorded, 1).await);
    // Then it is archived at Gmail.
    raw.run("SELECT INBOX").await;
    raw.run("STORE 3 +FLAGS (\\Deleted)").await;
    raw.run("EXPUNGE").await;
    lab.run().await;
    lab.run().await;
    let archived = here(&lab, "Archive").await;
    assert!(archived.iter().any(|(number, _)| number == "11"), "{archived:?}");
    assert!(here(&lab, "INBOX").await.iter().all(|(number, _)| number != "11"));
}

#[tokio::test]
async fn a_look_counts_each_message_once() {
    let (lab, _) = lab().await;
    lab.store.want_look(lab.collector).await.expect("a store");
    lab.run().await;
    let folders = lab.store.collector_folders(lab.collector).await.expect("a store");
    let counted: u32 = folders.iter().filter(|folder| folder.octets.is_some()).map(|folder| folder.messages).sum();
    assert_eq!(counted, 7, "{folders:?}");
    assert_eq!(here(&lab, "INBOX").await, [], "nothing was brought");
    assert!(lab.store.resume_collector(lab.account, lab.collector).await.expect("a store"));
    lab.run().await;
    assert_once(&lab, "after the look").await;
    let options = CollectorOptions { at_once: 4, ..Default::default() };
    assert!(lab.store.set_collector_options(lab.account, lab.collector, &options).await.expect("a store"));
    assert_eq!(lab.run().await, 0);
}
