//! Two tabs and another mail program at once do what comes into their heads; at rest all agree with the server.

use app::wire::{Action, Command, Error, Flag, Query, Selection, Uid, UndoId};
use tokio::time::{Duration, Instant};

use crate::{
    mail::Mail,
    tab::{PATIENCE, Tab},
    test_bridge::TestBridge,
};

/// Actions of one history. More of them, and more histories, by `PISMO_ACTIONS` and `PISMO_HISTORIES`.
const ACTIONS: u32 = 60;
const HISTORIES: u32 = 4;

const MAILBOXES: [&str; 3] = ["INBOX", "Archive", "Trash"];

/// A sequence that the seed decides (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
    }

    fn one_of<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        (!items.is_empty()).then(|| items[self.below(items.len())].clone())
    }
}

fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test]
async fn two_tabs_and_another_program_agree_at_rest() {
    let first = u64::from(setting("PISMO_SEED", 1));
    for seed in first..first + u64::from(setting("PISMO_HISTORIES", HISTORIES)) {
        eprintln!("history {seed}");
        history(seed).await;
    }
}

async fn history(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.fill("INBOX", 30).await;
    mail.fill("Archive", 5).await;
    let browser = bridge.sign_in("ana").await;
    let mut tabs = [browser.open("INBOX").await, browser.open("INBOX").await];
    let mut opened = ["INBOX", "INBOX"];
    let mut undos: Vec<UndoId> = Vec::new();
    for step in 0..setting("PISMO_ACTIONS", ACTIONS) {
        match random.below(3) {
            0 => act_outside(&mut random, &mut mail, step).await,
            tab => {
                let tab = tab - 1;
                act_in(&mut random, &mut tabs[tab], &mut opened[tab], &mut undos).await;
            }
        }
        if random.below(15) == 0 {
            for (tab, mailbox) in tabs.iter_mut().zip(opened) {
                agree(tab, &mut mail, mailbox, &format!("history {seed}, step {step}")).await;
            }
        }
    }
    for (tab, mailbox) in tabs.iter_mut().zip(opened) {
        agree(tab, &mut mail, mailbox, &format!("history {seed}, the end")).await;
    }
}

async fn act_outside(random: &mut Random, mail: &mut Mail, step: u32) {
    let mailbox = random.one_of(&MAILBOXES).expect("a mailbox");
    let uids: Vec<Uid> = mail.messages(mailbox).await.into_keys().collect();
    let uid = random.one_of(&uids);
    match (random.below(6), uid) {
        (0, _) => mail.deliver(&format!("delivered {step}")).await,
        (1, _) | (_, None) => drop(mail.append(mailbox, &format!("appended {step}")).await),
        (2, Some(uid)) => mail.expunge(mailbox, uid).await,
        (3, Some(uid)) => {
            let to = random.one_of(&MAILBOXES).expect("a mailbox");
            if to != mailbox {
                mail.move_to(mailbox, uid, to).await;
            }
        }
        (_, Some(uid)) => {
            let flag = random.one_of(&[Flag::Seen, Flag::Flagged, Flag::Keyword("blue".to_owned())]).expect("a flag");
            let set = random.below(2) == 0;
            mail.store(mailbox, uid, flag, set).await;
        }
    }
}

async fn act_in(random: &mut Random, tab: &mut Tab, opened: &mut &'static str, undos: &mut Vec<UndoId>) {
    let choice = random.below(10);
    if choice == 0 {
        *opened = random.one_of(&MAILBOXES).expect("a mailbox");
        tab.open(opened).await;
        return;
    }
    if choice == 1 {
        let from = u32::try_from(random.below(tab.view.total().max(1))).expect("a position");
        tab.window(from, 20).await;
        return;
    }
    if choice == 2
        && let Some(undo) = random.one_of(undos)
    {
        undos.retain(|known| *known != undo);
        may_be_gone(tab.send(Command::Undo { undo }).await);
        return;
    }
    if choice == 3 {
        // Loses its socket and comes back.
        tab.drop_line();
        tab.come_back().await;
        return;
    }
    let messages = tab.messages();
    let mut chosen = Vec::new();
    for _ in 0..=random.below(3) {
        chosen.extend(random.one_of(&messages));
    }
    let action = match random.below(7) {
        0 => Action::Archive,
        1 => Action::Delete,
        2 => Action::Move { to: random.one_of(&MAILBOXES).expect("a mailbox").to_owned() },
        3 => Action::Erase,
        _ => {
            let flag = random.one_of(&[Flag::Seen, Flag::Flagged]).expect("a flag");
            Action::Flag { flag, set: random.below(2) == 0 }
        }
    };
    let selection = match random.below(20) {
        0 if !matches!(action, Action::Erase) => Selection::All { list: tab.view.list, except: chosen },
        _ => Selection::Messages(chosen),
    };
    match tab.send(Command::Act { selection, action }).await {
        Ok(app::wire::Reply::Acted { undo, .. }) => undos.extend(undo),
        other => may_be_gone(other),
    }
}

/// What was aimed at may have been moved or erased by another hand; nothing else may go wrong.
fn may_be_gone(result: Result<app::wire::Reply, Error>) {
    assert!(matches!(result, Ok(_) | Err(Error::Gone | Error::NoTrash)), "{result:?}");
}

/// Waits until the tab shows what the server has, and nothing else.
async fn agree(tab: &mut Tab, mail: &mut Mail, mailbox: &str, when: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut truth = Vec::new();
        for mailbox in MAILBOXES {
            truth.push((mailbox, mail.messages(mailbox).await));
        }
        let open = &truth.iter().find(|(name, _)| *name == mailbox).expect("the open mailbox").1;
        let quarrel = tab.view.quarrel(open).or_else(|| tab.view.miscount(&truth));
        let Some(quarrel) = quarrel else { break };
        assert!(Instant::now() < deadline, "{when}: {mailbox}: {quarrel}");
        tab.listen_for(Duration::from_millis(100)).await;
    }
    // What is not on the screen agrees as well.
    let truth = mail.messages(mailbox).await;
    tab.ask(Command::Window { list: tab.view.list, from: 0, count: 200 }).await;
    assert_eq!(tab.view.quarrel(&truth), None, "{when}: {mailbox}, all of it");
    let known = tab.view.rows.iter().flatten().count();
    assert_eq!(known, truth.len().min(200), "{when}: {mailbox}: every row is here");
    let again = Query { mailbox: mailbox.to_owned(), ..Query::default() };
    assert!(tab.view.rows.iter().flatten().all(|row| row.message.mailbox == again.mailbox));
}
