//! Another mail program on the same account: it does one thing at a time, past Pismo, and knows at once that it is done.

use app::wire::{Arrangement, Command, Flag};

use super::{
    History,
    explain::{BLUE, DELETED, Deed, FLAGGED, Folder, Marks, SEEN, Whom},
    ledger::{FOLDERS, letter_of, subject},
    person::What,
};
use crate::mail::letter;

/// Messages of a history; with more of them none is made, with fewer none is erased.
const MANY: usize = 60;
const FEW: usize = 20;

pub fn flag(mark: Marks) -> Flag {
    match mark {
        SEEN => Flag::Seen,
        FLAGGED => Flag::Flagged,
        DELETED => Flag::Deleted,
        BLUE => Flag::Keyword("blue".to_owned()),
        _ => panic!("{mark} is more than one mark"),
    }
}

impl History {
    pub async fn writer_acts(&mut self) {
        let count = self.ledger.letters().len();
        let folder = self.random.one_of(&FOLDERS).expect("a mailbox");
        match self.random.below(20) {
            0..4 if count < MANY => self.bring(folder).await,
            4 if count < MANY => self.deliver().await,
            5..8 if count > FEW => self.expunge(folder).await,
            8..11 => self.move_on(folder).await,
            11 => self.arrange_elsewhere().await,
            _ => self.mark(folder).await,
        }
    }

    /// Puts a new message into a mailbox.
    pub async fn bring(&mut self, folder: Folder) {
        let (number, act, marks) = (self.ledger.new_letter(), self.ledger.new_act(), self.random.below(2));
        let flags = if marks == 0 { "" } else { "\\Seen" };
        let uid = self.mail.append_message(folder, flags, &letter(&subject(number))).await;
        self.log.push(format!("writer: letter {number} into {folder} as {uid:?}"));
        let deeds = [
            Deed::Arrive { folder, uid: Some(uid.0) },
            Deed::Mark { marks: if marks == 0 { 0 } else { SEEN }, set: true },
        ];
        // Under its name nobody can have done anything to it before.
        self.ledger.begin(number, act, Whom::In(folder), &deeds);
        self.ledger.end(act, |_, _| true);
        self.may_be_meant_too(number);
    }

    /// Acts on whole mailboxes that are under way may be for a message that has just come.
    fn may_be_meant_too(&mut self, number: u32) {
        for whole in &mut self.wholes {
            whole.spared.push(number);
            for act in whole.acts {
                self.ledger.begin(number, act, whole.whom, &whole.deeds);
            }
        }
    }

    async fn deliver(&mut self) {
        let (number, act) = (self.ledger.new_letter(), self.ledger.new_act());
        self.ledger.begin(number, act, Whom::In("INBOX"), &[Deed::Arrive { folder: "INBOX", uid: None }]);
        self.mail.deliver(&subject(number)).await;
        self.log.push(format!("writer: letter {number} is delivered"));
        self.ledger.end(act, |_, _| true);
        self.may_be_meant_too(number);
    }

    async fn mark(&mut self, folder: Folder) {
        let Some((number, uid)) = self.choose(folder).await else { return };
        let marks = self.random.one_of(&[SEEN, FLAGGED, BLUE]).expect("a mark");
        let set = self.random.chance(50);
        let command = format!("UID STORE {uid} {}FLAGS ({})", if set { '+' } else { '-' }, flag(marks).as_str());
        self.do_to(number, (folder, uid), &[(command, Deed::Mark { marks, set })]).await;
    }

    /// Moves a message to another mailbox. None that Pismo may be moving: of two that move one message at once Dovecot
    /// (2.3) leaves a copy to each.
    async fn move_on(&mut self, folder: Folder) {
        let Some((number, uid)) = self.choose(folder).await else { return };
        let to = self.random.one_of(&FOLDERS).expect("a mailbox");
        if to == folder || self.is_being_moved(number) {
            return;
        }
        let command = format!("UID MOVE {uid} \"{to}\"");
        self.do_to(number, (folder, uid), &[(command, Deed::Move { to })]).await;
    }

    async fn expunge(&mut self, folder: Folder) {
        let Some((number, uid)) = self.choose(folder).await else { return };
        if self.is_being_moved(number) {
            return;
        }
        let mark = (format!("UID STORE {uid} +FLAGS (\\Deleted)"), Deed::Mark { marks: DELETED, set: true });
        let erase = (format!("UID EXPUNGE {uid}"), Deed::Expunge);
        self.do_to(number, (folder, uid), &[mark, erase]).await;
    }

    /// One of the messages of a mailbox, and its UID.
    async fn choose(&mut self, folder: Folder) -> Option<(u32, u32)> {
        let mut there = self.mail.subjects(folder).await?;
        // Of a message that Pismo takes away just then the server tells its UID and its flags, and no more.
        there.retain(|(_, subject, _)| !subject.is_empty());
        let (uid, subject, _) = self.random.one_of(&there)?;
        match letter_of(&subject) {
            Some(number) => Some((number, uid.0)),
            None => self.fail(&format!("phantom: nobody made {subject:?} in {folder}")),
        }
    }

    async fn do_to(&mut self, number: u32, place: (Folder, u32), commands: &[(String, Deed)]) {
        let act = self.ledger.new_act();
        let deeds: Vec<Deed> = commands.iter().map(|(_, deed)| *deed).collect();
        self.ledger.begin(number, act, Whom::At(place), &deeds);
        let mut done = true;
        for (command, _) in commands {
            done = done && self.mail.try_in(place.0, command).await;
            self.log.push(format!("writer: {} in {}: {done}", command, place.0));
        }
        // Refused where the message has gone a moment before.
        self.ledger.end(act, |_, _| done);
    }

    /// Whether something is under way in Pismo that may take the message from where it is.
    fn is_being_moved(&self, number: u32) -> bool {
        let acts = self.people.iter().flat_map(|person| &person.pending).filter_map(|pending| match pending.what {
            What::Act { act, .. } | What::Undo { act, .. } => Some(act),
            _ => None,
        });
        acts.flat_map(|act| self.ledger.steps_of(act)).any(|(letter, step)| {
            letter == number && !matches!(step.deed, Deed::Mark { marks, .. } if marks != DELETED)
        })
    }

    async fn arrange_elsewhere(&mut self) {
        let Some(change) = self.tree.draw(&mut self.random, "Plan") else { return };
        let command = match &change {
            Arrangement::Create { name, .. } => format!("CREATE \"{name}\""),
            Arrangement::Rename { path, name, .. } => format!("RENAME \"{path}\" \"{name}\""),
            Arrangement::Delete { path } => format!("DELETE \"{path}\""),
        };
        self.mail.try_in("INBOX", "NOOP").await;
        let done = self.mail.try_run(&command).await;
        self.log.push(format!("writer: {command}: {done}"));
        self.tree.arranged(&change, done);
    }

    /// The same at a tab.
    pub async fn arrange_in(&mut self, at: usize) {
        let Some(change) = self.tree.draw(&mut self.random, "Idea") else { return };
        self.say(at, Command::Arrange { change: change.clone() }, What::Arrange(change)).await;
    }
}
