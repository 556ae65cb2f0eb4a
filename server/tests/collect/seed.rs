//! An account with every oddity that mail has. The same each time.

use crate::{random::Random, raw::Raw, raw::quoted};

/// With `.` between levels, as names travel.
pub const MAILBOXES: [&str; 14] = [
    "INBOX",
    "Work",
    "Work.2026.Q1",
    "&BB8EQAQ+BDUEOgRCBEs-",
    "&BB8EQAQ+BDUEOgRCBEs-.&ZeVnLA-",
    "R&-D",
    "quote\"d \\x",
    "a/b",
    "a_b",
    "Case",
    "case",
    "Empty",
    "&2D3eAA- smile",
    "Sent",
];

const DATES: [&str; 9] = [
    "01-Jan-1970 00:00:01 +0000",
    "31-Dec-1999 23:59:59 -0330",
    "29-Feb-2024 12:00:00 +0545",
    "17-Jul-1996 02:44:25 -0700",
    "19-Jan-2038 03:14:06 +0000",
    "23-Nov-2026 10:00:00 +0300",
    "01-Apr-2011 04:05:06 +1400",
    "05-May-2005 05:05:05 -1200",
    "31-Oct-2021 02:30:00 +0100",
];

const FLAGS: [&str; 8] =
    ["\\Seen", "\\Answered", "\\Flagged", "\\Draft", "$Forwarded", "work", "$label1", "Keyword-of-Some-Length_9"];

/// How many messages there are, and the octets of the largest.
#[derive(Clone, Copy)]
pub struct Size {
    pub inbox: usize,
    pub other: usize,
    pub large: usize,
}

/// Fills an account whose server divides levels by `delimiter` and begins all names but INBOX with `prefix`.
pub async fn fill(raw: &mut Raw, seed: u64, size: Size, prefix: &str, delimiter: char, leave_out: &[&str]) {
    let mut random = Random::of(&[seed]);
    for mailbox in MAILBOXES.iter().filter(|mailbox| !leave_out.contains(mailbox)) {
        let name = match *mailbox {
            "INBOX" => "INBOX".to_owned(),
            other => format!("{prefix}{}", other.replace('.', &delimiter.to_string())),
        };
        if name != "INBOX" {
            // Some are there by themselves.
            raw.try_run(&format!("CREATE {}", quoted(&name))).await;
        }
        let count = match *mailbox {
            "INBOX" => size.inbox,
            "Empty" => 0,
            _ => size.other,
        };
        for number in 0..count {
            let flags: Vec<&str> = FLAGS.into_iter().filter(|_| random.chance(25)).collect();
            let date = random.one_of(&DATES).expect("a date");
            let message = message(&mut random, number, mailbox, size.large);
            raw.append(&name, &flags.join(" "), date, &message).await;
            if random.chance(10) {
                // An equal twin.
                raw.append(&name, &flags.join(" "), date, &message).await;
            }
        }
    }
    // Marked to be erased, and not erased.
    raw.run("SELECT INBOX").await;
    raw.run("STORE 3 +FLAGS (\\Deleted)").await;
    // So that UIDs have gaps.
    raw.run("STORE 5 +FLAGS (\\Deleted)").await;
    raw.run("UID EXPUNGE 5").await;
    raw.run("UNSELECT").await;
}

fn message(random: &mut Random, number: usize, mailbox: &str, large: usize) -> Vec<u8> {
    let kind = if number < 13 { number } else { random.below(11) };
    let head = format!(
        "From: Ana <ana@pismo.test>\r\nTo: Bo <bo@pismo.test>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\
         Subject: {number} in {}\r\n",
        mailbox.len()
    );
    let id = format!("Message-ID: <{number}.{}@pismo.test>\r\n", random.below(1_000_000));
    let words = |random: &mut Random, count: usize| {
        (0..count).map(|_| format!("{:x}", random.below(65536))).collect::<Vec<_>>().join(" ")
    };
    let text = match kind {
        1 => format!("{head}Message-ID: <always@pismo.test>\r\n\r\n{}\r\n", words(random, 20)),
        2 => format!("{head}\r\nno Message-ID {}\r\n", words(random, 5)),
        3 => format!("\r\nno header at all {}\r\n", words(random, 5)),
        4 => format!(
            "{head}{id}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\n\
             Content-Type: text/plain; charset=\"utf-8\r\n\r\nnever closed {}\r\n--y--\r\n",
            words(random, 30)
        ),
        5 => format!("{head}{id}\r\n{}\r\n", "long ".repeat(60_000)),
        6 => format!("{head}{id}\r\n"),
        7 => format!("{head}{id}"),
        8 => format!("{head}X-No-Line-End: {}", words(random, 3)),
        // The same header, size and hour, and another text.
        9 | 10 => {
            format!("From: x@pismo.test\r\nMessage-ID: <same@pismo.test>\r\n\r\n{:05}\r\n", random.below(100_000))
        }
        11 if mailbox == "INBOX" => {
            format!("{head}{id}\r\n{}\r\n", format!("{}\r\n", words(random, 12)).repeat(large / 60 + 1))
        }
        12 => format!("{head}{id}X-Mailer: \t odd \r\n folded\r\n\t\r\n\r\nalone: \r in the midst\r\n.\r\n..\r\n"),
        _ => {
            let count = 5 + random.below(300);
            format!("{head}{id}\r\n{}\r\n", words(random, count))
        }
    };
    let mut bytes = text.into_bytes();
    if kind == 0 {
        // Raw octets where ASCII belongs.
        let at = bytes.iter().position(|byte| *byte == b'S').expect("a subject") + 9;
        bytes.splice(at..at, [0xd0, 0x9f, 0xff, 0xfe, 0xe9]);
    }
    bytes
}
