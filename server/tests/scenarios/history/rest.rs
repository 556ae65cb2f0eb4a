//! Quiet: nobody does anything, and the lines are good. Then all are equal, and the ledger is balanced.

use std::collections::BTreeSet;

use app::wire::{Command, Flag, Query, UndoId};
use tokio::time::{Duration, Instant};

use super::{
    History,
    ledger::{FOLDERS, Found, Truth},
    person::{Person, What},
};
use crate::view::View;

/// How long the longest wait may be, however busy the machine. What is aimed at is ten seconds; how long it took is among
/// the figures.
pub const PATIENCE: Duration = Duration::from_secs(200);

/// Mailboxes that are always there.
const ALWAYS: [&str; 6] = ["INBOX", "Archive", "Trash", "Drafts", "Sent", "Junk"];

impl History {
    /// Waits until every command was answered.
    pub async fn wait_for_answers(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.people.iter().any(|person| !person.pending.is_empty()) {
            if Instant::now() > deadline {
                self.fail("hang: a command is not answered");
            }
            for at in 0..self.people.len() {
                self.listen(at, Duration::from_millis(10)).await;
            }
        }
    }

    /// Comes to rest, and compares everything with everything.
    pub async fn rest(&mut self) {
        self.proxy.calm();
        let quiet = Instant::now();
        self.log.push("quiet".to_owned());
        self.wait_for_answers().await;
        // What a tab asked that came back as another is done by the time that this is refused: nothing overtakes.
        for at in 0..self.people.len() {
            let tab = &mut self.people[at].tab;
            let answer = tab.send(Command::Undo { undo: UndoId(u64::MAX) }).await;
            assert!(answer.is_err(), "{answer:?}");
        }
        self.open_what_is_not_shown(quiet + PATIENCE).await;
        self.save_what_is_doubtful().await;
        let truth = self.wait_until_equal(quiet + PATIENCE).await;
        self.figures.equal_after(quiet.elapsed());
        self.compare_all_rows(&truth).await;
        self.balance(truth).await;
    }

    /// Each tab shows a whole mailbox. A line may be lost for the last time when it is quiet already, and with it an answer.
    async fn open_what_is_not_shown(&mut self, deadline: Instant) {
        loop {
            let shows_none = |person: &Person| person.searching || person.tab.view.list == 0;
            let wanting: Vec<usize> = (0..self.people.len()).filter(|at| shows_none(&self.people[*at])).collect();
            if wanting.is_empty() {
                return;
            }
            if Instant::now() > deadline {
                self.fail("not equal: a list cannot be opened");
            }
            for at in wanting {
                let query = Query { mailbox: self.people[at].folder.to_owned(), ..Query::default() };
                self.say(at, Command::Open { query, from: 0, count: 50 }, What::Look).await;
            }
            self.wait_for_answers().await;
        }
    }

    /// Waits until both tabs show what the server has, and nothing else.
    async fn wait_until_equal(&mut self, deadline: Instant) -> Truth {
        loop {
            let truth = self.truth().await;
            let views = self.people.iter().map(|person| (&person.tab.view, person.folder));
            let quarrel = views.enumerate().find_map(|(at, (view, folder))| {
                let of = quarrel(view, &truth[folder])
                    .or_else(|| miscount(view, &truth))
                    .or_else(|| mistree(view, &truth, &self.unsettled));
                of.map(|quarrel| format!("tab {at} at {folder}: {quarrel}"))
            });
            let Some(quarrel) = quarrel else { return truth };
            if Instant::now() > deadline {
                self.fail(&format!("not equal: {quarrel}"));
            }
            for at in 0..self.people.len() {
                self.listen(at, Duration::from_millis(50)).await;
            }
        }
    }

    /// What is not on the screen agrees as well.
    async fn compare_all_rows(&mut self, truth: &Truth) {
        for at in 0..self.people.len() {
            let list = self.people[at].tab.view.list;
            self.say(at, Command::Window { list, from: 0, count: 200 }, What::Look).await;
        }
        self.wait_for_answers().await;
        for at in 0..self.people.len() {
            let (view, there) = (&self.people[at].tab.view, &truth[self.people[at].folder]);
            if let Some(quarrel) = quarrel(view, there) {
                self.fail(&format!("not equal: tab {at}, all of it: {quarrel}"));
            }
            if view.rows.iter().flatten().count() != there.len() {
                self.fail(&format!("not equal: tab {at} has not every row"));
            }
            self.people[at].tab.forget_events();
        }
    }

    /// Compares with what was done, and begins anew from here.
    async fn balance(&mut self, mut truth: Truth) {
        let drafts = truth.remove("Drafts").unwrap_or_default();
        let mut quarrels = self.drafts.settle(drafts.into_iter().map(|found| found.subject).collect());
        let others: BTreeSet<String> = truth.keys().filter(|path| !ALWAYS.contains(&path.as_str())).cloned().collect();
        quarrels.extend(self.tree.settle(others));
        quarrels.extend(self.ledger.settle(&truth));
        self.undos.clear();
        self.wholes.clear();
        if !quarrels.is_empty() {
            self.fail(&quarrels.join("\n"));
        }
    }

    /// All there is on the server.
    pub async fn truth(&mut self) -> Truth {
        let mut truth = Truth::new();
        let listed = self.mail.paths().await;
        let shown =
            self.people.iter().flat_map(|person| &person.tab.view.mailboxes).map(|mailbox| mailbox.path.clone());
        let paths: BTreeSet<String> = listed.iter().cloned().chain(shown).chain(self.tree.names()).collect();
        self.unsettled.clear();
        for path in paths {
            // Of what was made, renamed or deleted in quick succession Dovecot (2.3.19, 2026-11) may say one thing by LIST
            // and another by SELECT: it spoils its index of mailboxes ("Corrupted mailbox list index", says its log), and
            // sessions that have it open are told what was before. SELECT is believed, also of mailboxes that only may be
            // there, and nobody is blamed for what LIST says.
            let found = self.mail.subjects(&path).await;
            if found.is_some() != listed.contains(&path) {
                self.log.push(format!(
                    "truth: {path} is listed: {}, is selected: {}",
                    listed.contains(&path),
                    found.is_some()
                ));
                self.unsettled.insert(path.clone());
            }
            let Some(found) = found else { continue };
            let found = found.into_iter().map(|(uid, subject, flags)| Found { uid: uid.0, subject, flags }).collect();
            truth.insert(path, found);
        }
        assert!(FOLDERS.iter().all(|folder| truth.contains_key(*folder)), "{:?}", truth.keys());
        truth
    }
}

/// In what the open list differs from the server's.
fn quarrel(view: &View, there: &[Found]) -> Option<String> {
    if view.total() != there.len() {
        return Some(format!("{} messages are shown of {}", view.total(), there.len()));
    }
    for (position, (row, found)) in view.rows.iter().zip(there.iter().rev()).enumerate() {
        let Some(row) = row else { continue };
        let shown: BTreeSet<Flag> = row.flags.iter().cloned().collect();
        if (row.message.uid.0, &row.subject, &shown) != (found.uid, &found.subject, &found.flags) {
            return Some(format!("position {position}: {row:?} is shown, {found:?} is there"));
        }
    }
    None
}

/// Which mailbox is counted wrongly.
fn miscount(view: &View, truth: &Truth) -> Option<String> {
    truth.iter().find_map(|(path, found)| {
        let unseen = found.iter().filter(|found| !found.flags.contains(&Flag::Seen)).count();
        let counted = view.counts(path)?;
        let there = (u32::try_from(found.len()).ok()?, u32::try_from(unseen).ok()?);
        (counted != there).then(|| format!("{path} is counted {counted:?} and has {there:?}"))
    })
}

/// In what the mailboxes differ from the server's, those aside of which it says one thing and another.
fn mistree(view: &View, truth: &Truth, unsettled: &BTreeSet<String>) -> Option<String> {
    let settled = |path: &&String| !unsettled.contains(*path);
    let shown: BTreeSet<&String> = view.mailboxes.iter().map(|mailbox| &mailbox.path).filter(settled).collect();
    let there: BTreeSet<&String> = truth.keys().filter(settled).collect();
    (shown != there).then(|| format!("the mailboxes {shown:?} are shown, {there:?} are there"))
}
