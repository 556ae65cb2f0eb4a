//! Submission to a server that fails at any step of the dialogue, in six ways, and is tried again as the outbox does: no message
//! is lost, none is delivered twice, and what nobody can know is said to be so. `PISMO_SENDS` sets how many messages, `PISMO_SEED`
//! where the sequence begins.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use pismo::{
    endpoint::{Credentials, Endpoint, Protocol, Security},
    smtp::{Envelope, Limits, Outcome, Transport},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

#[path = "support/random.rs"]
mod random;

use random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    Hello,
    Auth,
    Mail,
    Recipient,
    Data,
    /// Amid the message.
    Text,
    /// After the dot.
    Dot,
    Quit,
}

const STEPS: [Step; 9] = [
    Step::Connect,
    Step::Hello,
    Step::Auth,
    Step::Mail,
    Step::Recipient,
    Step::Data,
    Step::Text,
    Step::Dot,
    Step::Quit,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Reset,
    Close,
    BlackHole,
    Slow,
    Temporary,
    Garbage,
}

const WAYS: [Way; 6] = [Way::Reset, Way::Close, Way::BlackHole, Way::Slow, Way::Temporary, Way::Garbage];

#[derive(Debug, Clone, Copy)]
struct Fault {
    step: Step,
    way: Way,
    /// Whether a message was stored when the line failed after its dot.
    stored: bool,
}

/// What a dialogue came to, as the server knows it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    /// All of the message has come and is in the server's hands.
    stored: bool,
    /// The dot was refused: the message is nowhere.
    refused: bool,
    text: Vec<u8>,
}

/// Ends of a dialogue.
struct Over;

struct Peer {
    stream: BufReader<TcpStream>,
    fault: Option<Fault>,
    told: Told,
}

impl Peer {
    async fn talk(&mut self) -> Result<(), Over> {
        self.say(Step::Connect, "220 peer ESMTP\r\n").await?;
        loop {
            let line = self.line().await?;
            let word = line.split(|byte| matches!(byte, b' ' | b'\r')).next().unwrap_or_default();
            let (step, answer) = match word {
                b"EHLO" => (Step::Hello, "250-peer\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n"),
                b"AUTH" => (Step::Auth, "235 2.7.0 welcome\r\n"),
                b"MAIL" => (Step::Mail, "250 2.1.0 ok\r\n"),
                b"RCPT" => (Step::Recipient, "250 2.1.5 ok\r\n"),
                b"DATA" => (Step::Data, "354 go on\r\n"),
                b"QUIT" => (Step::Quit, "221 2.0.0 bye\r\n"),
                _ => return Err(Over),
            };
            let said = self.say(step, answer).await?;
            match step {
                Step::Data if said => self.take().await?,
                Step::Quit => return Ok(()),
                _ => {}
            }
        }
    }

    /// Says it, unless this is where it fails. Says whether it was said.
    async fn say(&mut self, step: Step, words: &str) -> Result<bool, Over> {
        let Some(fault) = self.fault.filter(|fault| fault.step == step) else {
            self.write(words.as_bytes()).await?;
            return Ok(true);
        };
        match fault.way {
            Way::Slow => {
                for byte in words.as_bytes() {
                    self.write(&[*byte]).await?;
                    sleep(Duration::from_millis(1)).await;
                }
                Ok(true)
            }
            Way::Temporary => {
                self.write(b"451 4.3.0 later\r\n").await?;
                Ok(false)
            }
            Way::Garbage => {
                self.write(b"\xff\x00 what\r\n\r\n999999\r\n").await?;
                Ok(false)
            }
            way => Err(self.end(way).await),
        }
    }

    async fn end(&mut self, way: Way) -> Over {
        match way {
            Way::Reset => drop(self.stream.get_ref().set_zero_linger()),
            Way::BlackHole => {
                let mut nothing = [0; 4096];
                while self.stream.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
            }
            _ => {}
        }
        Over
    }

    /// Takes the message.
    async fn take(&mut self) -> Result<(), Over> {
        loop {
            let line = self.line().await?;
            if line == b".\r\n" && (self.told.text.is_empty() || self.told.text.ends_with(b"\r\n")) {
                break;
            }
            self.told.text.extend(line.strip_prefix(b".").unwrap_or(&line));
            if let Some(fault) = self.fault.filter(|fault| fault.step == Step::Text) {
                match fault.way {
                    Way::Slow => sleep(Duration::from_millis(1)).await,
                    way => return Err(self.end(way).await),
                }
            }
        }
        let fault = self.fault.filter(|fault| fault.step == Step::Dot);
        self.told.refused = fault.is_some_and(|fault| fault.way == Way::Temporary);
        self.told.stored = match fault {
            Some(Fault { way: Way::Temporary, .. }) => false,
            Some(Fault { way: Way::Slow, .. }) | None => true,
            Some(fault) => fault.stored,
        };
        self.say(Step::Dot, "250 2.0.0 queued\r\n").await?;
        Ok(())
    }

    async fn line(&mut self) -> Result<Vec<u8>, Over> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line).await {
            Ok(read) if read > 0 && line.ends_with(b"\n") => Ok(line),
            _ => Err(Over),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.stream.write_all(bytes).await.map_err(|_| Over)
    }
}

/// One try of one message.
async fn attempt(fault: Option<Fault>, text: &[u8]) -> (Outcome, Told) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let peer = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut peer = Peer { stream: BufReader::new(stream), fault, told: Told::default() };
        let _: Result<(), Over> = peer.talk().await;
        peer.told
    });
    let limits = Limits {
        command: Duration::from_millis(400),
        end_of_data: Duration::from_millis(400),
        whole: Duration::from_secs(20),
    };
    let endpoint = Endpoint::new(Protocol::Smtp, Security::Insecure, "127.0.0.1", port);
    let credentials = Credentials { user: "ana@pismo.test".to_owned(), password: "secret".to_owned().into() };
    let envelope = Envelope { from: "ana@pismo.test".to_owned(), to: vec!["boris@pismo.test".to_owned()] };
    let outcome = Transport::new(endpoint).limited(limits).submit(&credentials, &envelope, text, async || Ok(())).await;
    (outcome, peer.await.expect("the peer"))
}

/// One message, tried as often as the outbox would. Says how often it was delivered, and how it ended.
async fn send(seed: u64, number: u64) -> (usize, Outcome) {
    let mut random = Random::of(&[seed, number]);
    let lines = random.below(40);
    let line = ["Hello", ".", "..", ".dot", "", "From here", "слово", "a\tb "];
    let mut text = format!("Subject: {number}\r\n\r\n");
    for _ in 0..lines {
        text.push_str(random.one_of(&line).unwrap_or_default());
        text.push_str("\r\n");
    }
    let mut delivered = 0;
    for _ in 0..12 {
        let fault = random.chance(80).then(|| Fault {
            step: random.one_of(&STEPS).unwrap_or(Step::Dot),
            way: random.one_of(&WAYS).unwrap_or(Way::Close),
            stored: random.chance(50),
        });
        let (outcome, told) = attempt(fault, text.as_bytes()).await;
        if told.stored {
            assert_eq!(told.text, text.as_bytes(), "{number}: another message arrived, {fault:?}");
            delivered += 1;
        }
        match &outcome {
            Outcome::Sent | Outcome::SentUnreported => {
                assert!(told.stored, "{number}: said to be sent and is not there, {fault:?} {told:?}")
            }
            Outcome::Rejected(why) => panic!("{number}: nobody has refused it for good, {fault:?} {why:?}"),
            Outcome::Retry(_) => {
                assert!(!told.stored, "{number}: is there and would be sent again, {fault:?}");
                continue;
            }
            Outcome::Unknown(_) => assert!(!told.refused, "{number}: it is known not to be there, {fault:?}"),
        }
        return (delivered, outcome);
    }
    let (outcome, told) = attempt(None, text.as_bytes()).await;
    (delivered + usize::from(told.stored), outcome)
}

fn number(name: &str, usual: u64) -> u64 {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_a_server_that_fails_anywhere() {
    let (sends, seed) = (number("PISMO_SENDS", 500), number("PISMO_SEED", 1));
    let (sent, unknown) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (mut under_way, mut next) = (JoinSet::new(), 0);
    while next < sends || !under_way.is_empty() {
        while next < sends && under_way.len() < 32 {
            let (sent, unknown, this) = (sent.clone(), unknown.clone(), next);
            under_way.spawn(async move {
                let (delivered, outcome) = send(seed, this).await;
                match outcome {
                    Outcome::Sent | Outcome::SentUnreported => {
                        assert_eq!(delivered, 1, "{this}");
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                    Outcome::Unknown(_) => {
                        assert!(delivered <= 1, "{this}");
                        unknown.fetch_add(1, Ordering::Relaxed);
                    }
                    other => panic!("{this}: with nothing in its way it ends as {other:?}"),
                }
            });
            next += 1;
        }
        if let Some(ended) = under_way.join_next().await {
            ended.expect("a message");
        }
    }
    let (sent, unknown) = (sent.load(Ordering::Relaxed), unknown.load(Ordering::Relaxed));
    println!("{sends} messages: {sent} sent once, {unknown} in doubt and not sent again, none lost, none doubled");
    assert!(sent > 0 && (unknown > 0 || sends < 100));
}
