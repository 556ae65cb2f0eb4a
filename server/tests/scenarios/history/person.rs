//! A person at a tab: begins one thing after the other, without waiting for each to be answered.

use app::wire::{Action, Arrangement, Command, Error, Event, ListChange, Query, Reply, Selection, Sort, UndoId};
use tokio::time::{Duration, Instant};

use super::{
    History,
    explain::{BLUE, DELETED, Deed, FLAGGED, Folder, Marks, SEEN, Whom},
    ledger::{FOLDERS, letter_of, subject},
};
use crate::tab::Tab;

/// Commands that wait for their answers, at most.
const AT_ONCE: usize = 4;

/// Undos that are offered; Pismo keeps some more, and for a minute.
const OFFERED: usize = 20;
const OFFERED_FOR: Duration = Duration::from_secs(40);

pub struct Person {
    pub tab: Tab,
    /// The mailbox in front.
    pub folder: Folder,
    /// What is in front is the result of a search, or in another order.
    pub searching: bool,
    pub pending: Vec<Pending>,
}

/// A command that was not answered yet.
pub struct Pending {
    pub id: u32,
    pub command: Command,
    pub what: What,
    /// How many lines had broken when it was sent.
    broken: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Look,
    /// To read this letter.
    Read(u32),
    Act {
        act: u32,
        /// A first try of which nobody heard: only of what has no fixed messages, and where a line broke meanwhile.
        first_try: Option<u32>,
        way_back: Option<WayBack>,
    },
    Undo {
        act: u32,
        undo: Undoable,
    },
    Save {
        draft: usize,
    },
    Discard {
        draft: usize,
    },
    Arrange(Arrangement),
}

/// How an act is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayBack {
    Mark { marks: Marks, set: bool },
    Move { from: Folder },
}

/// An act that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    pub undo: UndoId,
    pub act: u32,
    way_back: WayBack,
    /// It was made with one try, so that the undo is for all of it.
    whole: bool,
    since: Instant,
}

/// An act on all of a mailbox that was not answered yet.
pub struct Whole {
    /// The first try, of which nobody may have heard, and the second.
    pub acts: [u32; 2],
    pub whom: Whom,
    pub deeds: Vec<Deed>,
    /// Messages that need not be among those it is for.
    pub spared: Vec<u32>,
}

impl Person {
    pub fn new(tab: Tab, folder: Folder) -> Person {
        Person { tab, folder, searching: false, pending: Vec::new() }
    }

    fn is_searching_still(&self) -> bool {
        let searches = |pending: &Pending| matches!(&pending.command, Command::Open { query, .. } if !query.is_whole());
        self.pending.iter().any(searches)
    }
}

impl History {
    /// Somebody at a tab begins something; if too much is begun already, waits for some of it first.
    pub async fn person_acts(&mut self, at: usize) {
        while self.people[at].pending.len() >= AT_ONCE {
            self.listen(at, Duration::from_millis(20)).await;
        }
        let (tab, searching) = (&self.people[at].tab, self.people[at].is_searching_still());
        match self.random.below(100) {
            _ if tab.view.list == 0 && !searching => self.open(at).await,
            0..8 if !searching => self.open(at).await,
            8..11 if !searching => self.search(at).await,
            11..19 => {
                let from = u32::try_from(self.random.below(tab.view.total().max(1))).expect("a position");
                let list = tab.view.list;
                self.say(at, Command::Window { list, from, count: 20 }, What::Look).await;
            }
            19..24 => self.read(at).await,
            24..34 => self.undo(at).await,
            34..36 => self.lose_socket(at).await,
            36..42 => self.write_draft(at).await,
            42..44 => self.arrange_in(at).await,
            _ => self.act(at).await,
        }
        self.listen(at, Duration::ZERO).await;
    }

    pub async fn say(&mut self, at: usize, command: Command, what: What) {
        self.log.push(format!("tab {at}: {command:?}"));
        let broken = self.proxy.broken();
        let person = &mut self.people[at];
        let id = person.tab.say(command.clone()).await;
        person.pending.push(Pending { id, command, what, broken });
    }

    pub async fn open(&mut self, at: usize) {
        let mailbox = self.random.one_of(&FOLDERS).expect("a mailbox").to_owned();
        let query = Query { mailbox, ..Query::default() };
        self.say(at, Command::Open { query, from: 0, count: 50 }, What::Look).await;
    }

    async fn search(&mut self, at: usize) {
        let mailbox = self.random.one_of(&FOLDERS).expect("a mailbox").to_owned();
        let everywhere = self.random.chance(30);
        let search =
            self.random.one_of(&["subject:letter", "is:unread", "is:flagged", ""]).expect("a search").to_owned();
        let sort = self.random.one_of(&Sort::ALL).expect("an order");
        let query = Query { mailbox, everywhere: everywhere && !search.is_empty(), search, sort, threaded: false };
        self.say(at, Command::Open { query, from: 0, count: 50 }, What::Look).await;
    }

    async fn read(&mut self, at: usize) {
        let rows: Vec<_> = self.people[at].tab.view.rows.iter().flatten().cloned().collect();
        let Some(row) = self.random.one_of(&rows) else { return };
        // A draft that a search found is no letter.
        let Some(letter) = letter_of(&row.subject) else { return };
        self.say(at, Command::Read { message: row.message }, What::Read(letter)).await;
    }

    async fn lose_socket(&mut self, at: usize) {
        self.log.push(format!("tab {at} loses its socket"));
        let tab = &mut self.people[at].tab;
        tab.drop_line();
        tab.come_back().await;
        let Person { tab, pending, .. } = &mut self.people[at];
        if tab.welcome.is_none() {
            for Pending { id, command, .. } in pending {
                tab.say_again(*id, command.clone()).await;
            }
        } else {
            // A tab of its own now: what became of the other's commands nobody will say.
            for Pending { what, .. } in std::mem::take(pending) {
                self.forget(&what);
            }
        }
    }

    async fn undo(&mut self, at: usize) {
        self.undos.retain(|undo| undo.since.elapsed() < OFFERED_FOR);
        let Some(undo) = self.random.one_of(&self.undos) else { return };
        self.undos.retain(|known| *known != undo);
        let act = self.ledger.new_act();
        for (letter, step) in self.ledger.steps_of(undo.act) {
            let (whom, deed) = match undo.way_back {
                WayBack::Move { from } => (Whom::MovedBy(undo.act), Deed::Move { to: from }),
                WayBack::Mark { marks, set } if undo.whole => {
                    (Whom::ChangedBy(undo.act), Deed::Mark { marks, set: !set })
                }
                WayBack::Mark { marks, set } => (step.whom, Deed::Mark { marks, set: !set }),
            };
            self.ledger.begin(letter, act, whom, &[deed]);
        }
        self.say(at, Command::Undo { undo: undo.undo }, What::Undo { act, undo }).await;
    }

    async fn act(&mut self, at: usize) {
        let tab = &self.people[at].tab;
        let rows: Vec<_> =
            tab.view.rows.iter().flatten().filter(|row| letter_of(&row.subject).is_some()).cloned().collect();
        let list = tab.view.list;
        let mut chosen = Vec::new();
        for _ in 0..=self.random.below(3) {
            let row = self.random.one_of(&rows);
            chosen.extend(row.filter(|row| !chosen.contains(row)));
        }
        let Some(first) = chosen.first() else { return };
        let here = folder(&first.message.mailbox);
        let few = self.ledger.letters().len() < 15;
        let (action, deeds, way_back) = match self.random.below(12) {
            0 | 1 => (Action::Archive, vec![Deed::Move { to: "Archive" }], Some(WayBack::Move { from: here })),
            2 | 3 => (Action::Delete, vec![Deed::Move { to: "Trash" }], Some(WayBack::Move { from: here })),
            4 | 5 => {
                let to = self.random.one_of(&FOLDERS).expect("a mailbox");
                let way_back = WayBack::Move { from: here };
                (Action::Move { to: to.to_owned() }, vec![Deed::Move { to }], Some(way_back))
            }
            6 if !few => (Action::Erase, vec![Deed::Mark { marks: DELETED, set: true }, Deed::Expunge], None),
            _ => {
                let marks = self.random.one_of(&[SEEN, FLAGGED, BLUE]).expect("a mark");
                let (flag, set) = (super::writer::flag(marks), self.random.chance(50));
                (Action::Flag { flag, set }, vec![Deed::Mark { marks, set }], Some(WayBack::Mark { marks, set }))
            }
        };
        let act = self.ledger.new_act();
        let erases = action == Action::Erase;
        let person = &self.people[at];
        let (whole, in_front) =
            (self.random.chance(4) && !person.searching && !person.is_searching_still(), person.folder);
        if !whole {
            // Everywhere found what is in more than one: each group has its own way back, which is left to other tests.
            chosen.retain(|row| row.message.mailbox == here);
            for row in &chosen {
                let letter = letter_of(&row.subject).expect("a letter");
                self.ledger.begin(letter, act, Whom::At((here, row.message.uid.0)), &deeds);
            }
            let selection = Selection::Messages(chosen.into_iter().map(|row| row.message).collect());
            let what = What::Act { act, first_try: None, way_back };
            return self.say(at, Command::Act { selection, action }, what).await;
        }
        if person.pending.iter().any(|pending| matches!(pending.command, Command::Open { .. })) {
            // Which list it would be for is not known.
            return;
        }
        let (selection, here, whom, spared) = if erases || self.random.chance(20) {
            let trash = person.tab.view.whole("Trash");
            let Selection::Mailbox { uid_next, .. } = trash else { panic!("{trash:?} is no whole mailbox") };
            (trash, "Trash", Whom::Below("Trash", uid_next.0), Vec::new())
        } else {
            let except: Vec<_> = chosen.iter().map(|row| row.message.clone()).collect();
            // Of a message that has just come Pismo's session need not know (RFC 9051 §5.2), and nobody means what is not
            // shown: it may be left where it is.
            let meant: Vec<_> = rows.iter().filter(|row| !chosen.contains(row)).map(|row| &row.subject).collect();
            let is_spared = |letter: &u32| !meant.contains(&&subject(*letter));
            let spared = self.ledger.letters().into_iter().filter(is_spared).collect();
            (Selection::All { list, except }, in_front, Whom::In(in_front), spared)
        };
        let way_back = match way_back {
            Some(WayBack::Move { .. }) => Some(WayBack::Move { from: here }),
            way_back => way_back,
        };
        let first_try = self.ledger.new_act();
        for letter in self.ledger.letters() {
            for act in [first_try, act] {
                self.ledger.begin(letter, act, whom, &deeds);
            }
        }
        self.wholes.push(Whole { acts: [first_try, act], whom, deeds, spared });
        self.say(at, Command::Act { selection, action }, What::Act { act, first_try: Some(first_try), way_back }).await;
    }

    /// Takes in what a tab is told within this time, and what it was answered.
    pub async fn listen(&mut self, at: usize, time: Duration) {
        self.people[at].tab.listen_for(time).await;
        let events = self.people[at].tab.take_events();
        events.iter().for_each(|event| self.log.push(format!("tab {at} hears {}", short(event))));
        let mut answered = Vec::new();
        let Person { tab, pending, .. } = &mut self.people[at];
        pending.retain_mut(|pending| match tab.take_answer(pending.id) {
            Some(answer) => {
                answered.push((pending.command.clone(), pending.what.clone(), pending.broken, answer));
                false
            }
            None => true,
        });
        for (command, what, broken, answer) in answered {
            let whole = self.proxy.broken() == broken;
            self.hear(at, &command, what, whole, answer);
        }
        self.look_at_rows(at);
    }

    /// An answer. `whole` says that no line has broken since the question.
    fn hear(&mut self, at: usize, command: &Command, what: What, whole: bool, answer: Result<Reply, Error>) {
        self.figures.answered(&answer);
        let short = match &answer {
            Ok(Reply::Listing(listing)) => format!("{} rows of {}", listing.rows.len(), listing.total),
            other => format!("{other:?}"),
        };
        self.log.push(format!("tab {at}: {command:?}: {short}"));
        if let Err(error) = &answer
            && !self.may_be_told(error)
        {
            self.fail(&format!("tab {at} was told {error:?} of {command:?}"));
        }
        match (what, answer) {
            // Of two answers that come at once the later one is shown.
            (What::Look, Ok(Reply::Listing(listing))) if listing.list == self.people[at].tab.view.list => {
                self.people[at].folder = folder(&listing.query.mailbox);
                self.people[at].searching = !listing.query.is_whole();
            }
            (What::Read(letter), Ok(Reply::Message(message))) if letter_of(&message.subject) != Some(letter) => {
                self.fail(&format!("wrong message: letter {letter} was opened, {:?} is shown", message.subject));
            }
            (What::Act { act, first_try, way_back }, Ok(Reply::Acted { undo, .. })) => {
                let ended = self.wholes.extract_if(.., |whole| whole.acts.contains(&act)).next();
                let spared = ended.map(|whole| whole.spared).unwrap_or_default();
                self.ledger.end(act, |letter, _| !spared.contains(&letter));
                match first_try {
                    Some(first_try) if whole => self.ledger.retract(first_try),
                    Some(first_try) => self.ledger.end(first_try, |_, _| false),
                    None => {}
                }
                if let (Some(undo), Some(way_back)) = (undo, way_back) {
                    self.undos.push(Undoable { undo, act, way_back, whole, since: Instant::now() });
                    if self.undos.len() > OFFERED {
                        self.undos.remove(0);
                    }
                }
            }
            (What::Act { act, first_try, .. }, Err(_)) => {
                self.wholes.retain(|whole| !whole.acts.contains(&act));
                self.ledger.end(act, |_, _| false);
                first_try.into_iter().for_each(|first_try| self.ledger.end(first_try, |_, _| false));
            }
            (What::Undo { act, undo }, Ok(Reply::Done)) => self.ledger.end(act, |_, _| undo.whole),
            (What::Undo { undo, .. }, Err(Error::Gone)) if undo.since.elapsed() < OFFERED_FOR => {
                self.fail(&format!("lost: {undo:?} was offered and is gone"));
            }
            (What::Undo { act, .. }, Err(_)) => self.ledger.end(act, |_, _| false),
            (What::Save { draft }, answer) => self.drafts.saved(draft, answer.is_ok()),
            (What::Discard { draft }, answer) => self.drafts.discarded(draft, answer.is_ok()),
            (What::Arrange(change), answer) => self.tree.arranged(&change, answer.is_ok()),
            (What::Look, Err(_)) if matches!(command, Command::Open { .. }) => {
                // Pismo tells the tab nothing more of the list before it. At rest it is asked for again.
                self.people[at].tab.view.without_list();
                self.people[at].searching = false;
            }
            (What::Look | What::Read(_), _) => {}
            (what, answer) => self.fail(&format!("{answer:?} is no answer to {what:?}")),
        }
    }

    /// A command whose answer nobody will hear.
    fn forget(&mut self, what: &What) {
        match what {
            What::Save { draft } => self.drafts.saved(*draft, false),
            What::Discard { draft } => self.drafts.discarded(*draft, false),
            What::Arrange(change) => self.tree.arranged(change, false),
            // It may still be done at any time before the next rest, as the ledger has it.
            What::Look | What::Read(_) | What::Act { .. } | What::Undo { .. } => {}
        }
    }

    /// No row is ever of a message that nobody made, of another than it says, or in the wrong place.
    fn look_at_rows(&mut self, at: usize) {
        let person = &self.people[at];
        let mut above = u32::MAX;
        for row in person.tab.view.rows.iter().flatten() {
            if letter_of(&row.subject).is_none() && row.subject.starts_with("draft ") {
                continue;
            }
            if let Err(quarrel) = self.ledger.see(row) {
                self.fail(&quarrel);
            }
            if !person.searching && !person.is_searching_still() && row.message.uid.0 >= above {
                self.fail(&format!("wrong row: {:?} is shown below {above}", row.message.uid));
            }
            above = row.message.uid.0;
        }
    }
}

/// One of the mailboxes of a history; searches name the one they began from.
pub fn folder(path: &str) -> Folder {
    FOLDERS.into_iter().find(|folder| *folder == path).unwrap_or_else(|| panic!("nobody opened {path}"))
}

/// An event in a few words.
fn short(event: &Event) -> String {
    match event {
        Event::Messages { list, change } => match change {
            ListChange::Added { count, .. } => format!("list {list}: {count} added"),
            ListChange::Vanished { positions } => format!("list {list}: {positions:?} vanished"),
            ListChange::Flags { mailbox, flags } => format!("list {list}: {mailbox}: {flags:?}"),
            ListChange::Replaced { listing } => format!("list {list}: replaced, {} messages", listing.total),
            ListChange::Found { listing } => format!("list {list}: {} found", listing.total),
            ListChange::Previews { .. } => format!("list {list}: previews"),
            ListChange::Threads { .. } => format!("list {list}: threads"),
        },
        Event::Mailboxes { .. } => "of the mailboxes".to_owned(),
        other => format!("{other:?}"),
    }
}
