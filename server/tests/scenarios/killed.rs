//! Pismo in a process of its own that dies without a word while somebody writes and sends: at each named step, and at any
//! moment. Then it starts again, and the world is compared with what was promised.

use std::{
    collections::BTreeMap,
    process::{Child, Command as Process, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use app::wire::{Attachment, Command, Draft, DraftKind, Flag, Reply, SubmissionState, Uid, When};
use pismo::{
    step::{STEPS, Step, watch},
    store::Store,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    browser::Browser,
    draft::compose,
    random::Random,
    tab::{PATIENCE, Tab},
    test_bridge::{TestBridge, settings},
};

/// What the other process has to know, in this order: its folder, its address, the ports of the mail server, the step at which
/// it dies, and how often it comes to it before.
const TOLD: &str = "PISMO_KILLED";

/// How often a draft is saved before it is sent.
const VERSIONS: u32 = 3;

/// How Pismo dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// As it comes to a step for the n-th time.
    At(Step, u32),
    /// So long after somebody has begun to write.
    After(Duration),
}

#[tokio::test]
#[ignore = "what the others start in a process of its own"]
async fn a_pismo_of_its_own() {
    let Ok(told) = std::env::var(TOLD) else { return };
    let told: Vec<&str> = told.split('\n').collect();
    let [data, listen, imap, submission, step, times] = told[..] else { panic!("{told:?}") };
    let number = |text: &str| text.parse::<u16>().expect("a number");
    let (step, times) = (STEPS.get(usize::from(number(step))).copied(), u32::from(number(times)));
    let seen = AtomicU32::default();
    watch(move |at| {
        if Some(at) == step && seen.fetch_add(1, Ordering::Relaxed) + 1 == times {
            // Nothing is put in order any more.
            std::process::abort();
        }
    });
    let listener = TcpListener::bind(listen).await.expect("the port");
    let config = settings(data.into(), number(imap), number(submission));
    pismo::serve(listener, config, CancellationToken::new()).await.expect("a Pismo");
}

struct Victim(Child);

impl Victim {
    async fn start(bridge: &TestBridge, death: Death) -> Victim {
        let (step, times) = match death {
            Death::At(step, times) => (STEPS.iter().position(|one| *one == step).expect("a step"), times),
            Death::After(_) => (STEPS.len(), 0),
        };
        let told = [
            bridge.data().display().to_string(),
            bridge.address.to_string(),
            bridge.server.imap_port().to_string(),
            bridge.server.submission_port().to_string(),
            step.to_string(),
            times.to_string(),
        ];
        let child = Process::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "killed::a_pismo_of_its_own", "--ignored", "--nocapture"])
            .env(TOLD, told.join("\n"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let victim = Victim(child.expect("a process"));
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(bridge.address).await.is_err() {
            assert!(Instant::now() < deadline, "it does not start");
            sleep(Duration::from_millis(5)).await;
        }
        victim
    }

    async fn end(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.0.try_wait().expect("a process").is_none() {
            assert!(Instant::now() < deadline, "it does not come to that step");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What somebody was told while Pismo lived.
#[derive(Debug, Default)]
struct Told {
    /// The last version of the draft that is kept.
    saved: u32,
    /// It is on its way.
    sent: bool,
}

fn version(draft: &Draft, number: u32) -> Draft {
    Draft { body: format!("Version {number}.\n"), ..draft.clone() }
}

/// Writes and sends, as long as somebody answers.
async fn write(tab: &mut Tab, draft: &Draft, told: &mut Told) -> Option<()> {
    for number in told.saved + 1..=VERSIONS {
        let saved = tab.send_if_it_lives(Command::SaveDraft { draft: version(draft, number), base: None }).await?;
        assert!(matches!(saved, Ok(Reply::Saved { .. })), "{saved:?}");
        told.saved = number;
    }
    if !told.sent {
        let sent = tab.send_if_it_lives(Command::Send { draft: version(draft, VERSIONS), when: When::Now }).await?;
        assert!(matches!(sent, Ok(Reply::Submitted { .. })), "{sent:?}");
        told.sent = true;
    }
    Some(())
}

/// Somebody who writes to Boris, in front of a Pismo that dies again and again.
struct Story {
    bridge: TestBridge,
    browser: Browser,
    boris: String,
    number: u32,
    /// How often Boris must have each subject in the end: once, or at most once where that cannot be known.
    promised: BTreeMap<String, bool>,
}

impl Story {
    async fn begin() -> Story {
        let mut bridge = TestBridge::start().await;
        let browser = bridge.sign_in("ana").await;
        let boris = bridge.address_of("boris");
        bridge.stop().await;
        Story { bridge, browser, boris, number: 0, promised: BTreeMap::new() }
    }

    /// Pismo dies while an answer with a file is written and sent. Somebody who comes back goes on where no answer was heard.
    async fn die(&mut self, death: Death, comes_back: bool) {
        self.number += 1;
        let subject = format!("letter {}", self.number);
        let what = format!("{death:?}, comes back: {comes_back}");
        let answered = self.bridge.mail("ana").append("INBOX", &subject).await;
        let mut victim = Victim::start(&self.bridge, death).await;
        let mut tab = self.browser.open("INBOX").await;
        let file = self.browser.upload("a file", "application/octet-stream", subject.as_bytes()).await;
        let draft = self.answer_to(&mut tab, answered, file.expect("an upload")).await;
        let mut told = Told::default();
        match death {
            Death::At(..) => {
                write(&mut tab, &draft, &mut told).await;
            }
            Death::After(time) => {
                tokio::select! {
                    biased;
                    () = sleep(time) => {}
                    () = async { write(&mut tab, &draft, &mut told).await; std::future::pending().await } => {}
                }
                victim.0.kill().expect("a process");
            }
        }
        victim.end().await;
        let account = tab.welcome.as_ref().expect("a welcome").account;
        drop(tab);
        let store = Store::open(&self.bridge.data(), self.bridge.config.database.as_ref()).await.expect("the store");
        let is_stored = store.has_submission(account, &draft.id).await.expect("the store");
        // What a node does that is alone; among several the lease of a dead one ends by itself.
        store.end_leases().await.expect("the store");
        store.close().await;
        assert!(is_stored || !told.sent, "{what}: a promise was not kept");

        self.bridge.start_again().await;
        let mut tab = self.browser.open("INBOX").await;
        if comes_back {
            write(&mut tab, &draft, &mut told).await.expect("answers");
        }
        if is_stored || comes_back {
            self.is_sent(&mut tab, &draft, answered, death, &what).await;
        } else {
            let kept = self.drafts(&draft).await.pop().map_or(0, |(_, text)| {
                (1..=VERSIONS).find(|number| text.contains(&format!("Version {number}."))).expect("a version")
            });
            assert!(kept >= told.saved, "{what}: {kept} is older than {told:?}");
            assert_eq!(tab.ask(Command::DiscardDraft { draft: draft.id.clone() }).await, Reply::Done);
        }
        assert!(self.drafts(&draft).await.is_empty(), "{what}");
        self.bridge.stop().await;
    }

    async fn answer_to(&self, tab: &mut Tab, answered: Uid, file: Attachment) -> Draft {
        tab.row(answered).await;
        let message = tab.message(answered);
        let mut draft = compose(tab, message, DraftKind::Reply).await;
        draft.to = vec![app::wire::Address { name: String::new(), email: self.boris.clone() }];
        draft.attachments.push(file);
        draft
    }

    /// It was sent, and all is as it should be; or nobody can know, and that is shown.
    async fn is_sent(&mut self, tab: &mut Tab, draft: &Draft, answered: Uid, death: Death, what: &str) {
        let (mut sent, mut doubt) = (0, None);
        let deadline = Instant::now() + PATIENCE;
        while sent == 0 && doubt.is_none() {
            assert!(Instant::now() < deadline, "{what}: it is not sent");
            let submissions = tab.view.submissions.iter();
            doubt = submissions
                .filter(|one| one.draft == draft.id && one.state == SubmissionState::Unknown)
                .map(|one| one.id)
                .next();
            tab.listen_for(Duration::from_millis(20)).await;
            sent = self.count("ana", "Sent", &draft.subject).await;
        }
        if let Some(submission) = doubt {
            let is_unknowable =
                matches!(death, Death::At(Step::SubmissionAnnounced | Step::SubmissionTaken, _) | Death::After(_));
            assert!(is_unknowable, "{what}: that can be known");
            assert_eq!(self.drafts(draft).await.len(), 1, "{what}: what is in doubt is kept");
            assert_eq!(tab.ask(Command::DropSubmission { submission }).await, Reply::Done);
            assert_eq!(tab.ask(Command::DiscardDraft { draft: draft.id.clone() }).await, Reply::Done);
        } else {
            let mut mail = self.bridge.mail("ana");
            mail.until("Drafts", |messages| messages.is_empty()).await;
            assert_eq!(sent, 1, "{what}");
            assert!(mail.flags("INBOX", answered).await.expect("it").contains(&Flag::Answered), "{what}");
        }
        self.promised.insert(draft.subject.clone(), doubt.is_none());
    }

    async fn drafts(&self, draft: &Draft) -> Vec<(Uid, String)> {
        let mut mail = self.bridge.mail("ana");
        let mut found = Vec::new();
        for uid in mail.messages("Drafts").await.into_keys() {
            found.push((uid, mail.source("Drafts", uid).await));
        }
        assert!(found.len() <= 1, "one draft is one message: {}", draft.subject);
        found
    }

    async fn count(&self, name: &str, mailbox: &str, subject: &str) -> usize {
        let subjects = self.bridge.mail(name).subjects(mailbox).await.unwrap_or_default();
        subjects.into_iter().filter(|(_, one, _)| one == subject).count()
    }

    /// Nothing is lost and nothing doubled. Says how many were sent, and of how many nobody can know.
    async fn end(mut self) -> (usize, usize) {
        // What is still under way comes before this.
        self.bridge.start_again().await;
        let mut tab = self.browser.open("INBOX").await;
        tab.submit(&crate::draft::draft_to(&[&self.boris], "the last")).await;
        self.bridge.mail("ana").until("Drafts", |messages| messages.is_empty()).await;
        let deadline = Instant::now() + PATIENCE;
        while self.count("boris", "INBOX", "the last").await == 0 {
            assert!(Instant::now() < deadline, "nothing arrives");
        }
        for (subject, is_known) in &self.promised {
            let arrived = self.count("boris", "INBOX", subject).await;
            assert!(arrived == 1 || (arrived == 0 && !is_known), "{subject} has arrived {arrived} times");
            assert_eq!(self.count("ana", "Sent", subject).await, usize::from(*is_known), "{subject}");
        }
        let known = self.promised.values().filter(|is_known| **is_known).count();
        (known, self.promised.len() - known)
    }
}

#[tokio::test]
async fn pismo_can_die_at_any_step() {
    let mut story = Story::begin().await;
    for step in STEPS {
        // The first save has nothing to erase.
        let times = if matches!(step, Step::DraftBegun | Step::DraftPut | Step::DraftKept) { 2 } else { 1 };
        for comes_back in [true, false] {
            story.die(Death::At(step, times), comes_back).await;
        }
    }
    let (sent, doubtful) = story.end().await;
    assert_eq!(doubtful, 4, "that the server was about to get, or has got: {sent} are known to be sent");
}

#[tokio::test]
async fn pismo_can_die_at_any_moment() {
    let kills: u32 = std::env::var("PISMO_SEND_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let seed = std::env::var("PISMO_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut random = Random::of(&[43, seed]);
    let mut story = Story::begin().await;
    for number in 0..kills {
        let moment = Duration::from_millis(u64::try_from(random.below(150)).expect("a number"));
        story.die(Death::After(moment), number % 2 == 0).await;
    }
    let (sent, doubtful) = story.end().await;
    println!("killed: {kills} times at any moment; {sent} sent, {doubtful} in doubt, none lost, none doubled");
}
