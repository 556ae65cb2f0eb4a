//! What is being written. One message at a time.

use futures_util::future::AbortHandle;
use leptos::prelude::*;

use super::Check;
use crate::wire::{
    Address, Attachment, BlobId, Doubt, Draft, DraftId, Error, IdentityChoices, MessageRef, Original, Wishes, Writer,
};

/// The composer. Open while `id` is there. After any change by the person call [`crate::Client::edited`].
#[derive(Clone, Copy)]
pub struct Composer {
    pub id: RwSignal<Option<DraftId>>,
    /// None for the first of the identities.
    pub from: RwSignal<Option<Address>>,
    pub to: RwSignal<Vec<Address>>,
    pub cc: RwSignal<Vec<Address>>,
    pub bcc: RwSignal<Vec<Address>>,
    pub subject: RwSignal<String>,
    /// Where the text is formatted, the person's own words, as far as they are known.
    pub body: RwSignal<String>,
    /// The end of a plain body that is not in its field, as it is long and quoted: a field of 200 kB takes a browser longer to lay
    /// out than people take for a key. Nothing is set aside where the body does not end in it.
    aside: RwSignal<String>,
    /// Formatted text; none where it is plain.
    pub html: RwSignal<Option<String>>,
    /// What formatted text is at the cursor: names that [`crate::Client::format`] takes.
    pub looks: RwSignal<Vec<String>>,
    /// The person is asked where a link leads.
    pub linking: RwSignal<bool>,
    /// Counts the drafts that were opened: an answer that comes late is for another one.
    pub(crate) opened: StoredValue<u32>,
    /// Writing begins in the text, and not with whom it is for.
    pub(crate) begins_in_text: StoredValue<bool>,
    pub files: RwSignal<Vec<File>>,
    pub wishes: RwSignal<Wishes>,
    /// For `data-state`.
    pub status: RwSignal<DraftStatus>,
    /// Why it could not be saved or sent.
    pub problem: RwSignal<Option<Error>>,
    /// It is on its way out: nothing can be changed.
    pub sending: RwSignal<bool>,
    /// Somebody goes on with it elsewhere, and it is not saved from here any more.
    pub lost: RwSignal<Option<Writer>>,
    /// The copy in Drafts that it goes on from.
    pub(crate) base: StoredValue<Option<MessageRef>>,
    /// Out of the way, at the edge of the screen.
    pub minimised: RwSignal<bool>,
    /// Counts the changes by the person, so that a save knows whether it is the last.
    pub(crate) edits: RwSignal<u32>,
    pub(crate) original: RwSignal<Option<Original>>,
    references: StoredValue<Vec<String>>,
    pub(crate) reply_to: StoredValue<Vec<Address>>,
    /// As whom it was written when it was opened.
    pub(crate) begun_as: StoredValue<Option<Address>>,
    /// What of an identity is in it: the signature, hidden copies.
    pub(crate) choices: StoredValue<IdentityChoices>,
    /// What is quoted, as it was when the draft was begun.
    pub(crate) quoted: StoredValue<String>,
    /// What there is to say about recipients.
    pub doubts: RwSignal<Vec<Doubt>>,
    /// What was asked about this draft.
    pub answered: RwSignal<Vec<Check>>,
    /// Recipients of the person's own domains.
    pub(crate) inside: StoredValue<Vec<String>>,
    /// Who have each other's addresses from what is answered.
    pub(crate) together: StoredValue<Vec<Address>>,
    /// Names of placeholders that a template came with and that were not filled in.
    pub(crate) unfilled: StoredValue<Vec<String>>,
    next: StoredValue<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftStatus {
    /// As it was opened.
    Clean,
    /// Changed since it was last saved.
    Dirty,
    Saving,
    Saved,
}

impl DraftStatus {
    /// For `data-state`.
    pub fn name(self) -> &'static str {
        match self {
            DraftStatus::Clean => "clean",
            DraftStatus::Dirty => "dirty",
            DraftStatus::Saving => "saving",
            DraftStatus::Saved => "saved",
        }
    }
}

/// A file of the draft, on its way up or there.
#[derive(Debug, Clone)]
pub struct File {
    /// Unique in this tab.
    pub key: u32,
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Bytes that are sent.
    pub sent: RwSignal<u64>,
    pub state: RwSignal<FileState>,
    pub(crate) cancel: Option<AbortHandle>,
    /// A picture that stands within the formatted text.
    pub inline: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FileState {
    Uploading,
    Here(Attachment),
    Failed(Error),
}

impl File {
    /// What the server calls it, once it is there.
    pub fn attachment(&self) -> Option<Attachment> {
        self.state.with(|state| match state {
            FileState::Here(attachment) => Some(attachment.clone()),
            _ => None,
        })
    }

    /// It is not going along.
    pub(crate) fn has_failed(&self) -> bool {
        self.state.with_untracked(|state| matches!(state, FileState::Failed(_)))
    }

    pub(crate) fn blob(&self) -> Option<BlobId> {
        untrack(|| self.attachment()).map(|attachment| attachment.blob)
    }
}

/// From so many octets on a quote is set aside.
const LONG: usize = 32 * 1024;

/// Where in a text the quote begins in which it ends: this one with a signature beneath it, or, where that is not known any more,
/// lines that begin with `>`.
fn quote_at(text: &str, quoted: &str) -> Option<usize> {
    if !quoted.is_empty() {
        return text.rfind(quoted);
    }
    let text = text.trim_end();
    let octets: usize = text.rsplit('\n').take_while(|line| line.starts_with('>')).map(|line| line.len() + 1).sum();
    (octets > 0).then(|| (text.len() + 1).saturating_sub(octets))
}

impl Composer {
    pub(super) fn new() -> Composer {
        Composer {
            id: RwSignal::new(None),
            from: RwSignal::new(None),
            to: RwSignal::new(Vec::new()),
            cc: RwSignal::new(Vec::new()),
            bcc: RwSignal::new(Vec::new()),
            subject: RwSignal::new(String::new()),
            body: RwSignal::new(String::new()),
            aside: RwSignal::new(String::new()),
            html: RwSignal::new(None),
            looks: RwSignal::new(Vec::new()),
            linking: RwSignal::new(false),
            begins_in_text: StoredValue::new(false),
            opened: StoredValue::new(0),
            files: RwSignal::new(Vec::new()),
            wishes: RwSignal::new(Wishes::default()),
            status: RwSignal::new(DraftStatus::Clean),
            problem: RwSignal::new(None),
            sending: RwSignal::new(false),
            lost: RwSignal::new(None),
            base: StoredValue::new(None),
            minimised: RwSignal::new(false),
            edits: RwSignal::new(0),
            original: RwSignal::new(None),
            references: StoredValue::new(Vec::new()),
            reply_to: StoredValue::new(Vec::new()),
            begun_as: StoredValue::new(None),
            choices: StoredValue::new(IdentityChoices::default()),
            quoted: StoredValue::new(String::new()),
            doubts: RwSignal::new(Vec::new()),
            answered: RwSignal::new(Vec::new()),
            inside: StoredValue::new(Vec::new()),
            together: StoredValue::new(Vec::new()),
            unfilled: StoredValue::new(Vec::new()),
            next: StoredValue::new(0),
        }
    }

    /// Whether something is being written. Reactive.
    pub fn is_open(&self) -> bool {
        self.id.with(Option::is_some)
    }

    /// Whether it has the name of a draft with which somebody goes on elsewhere. Not reactive.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.with_untracked(|lost| {
            lost.as_ref().is_some_and(|lost| self.id.with_untracked(|id| id.as_ref() == Some(&lost.draft)))
        })
    }

    /// Learns who writes elsewhere on what is open here, or was taken from here: whom `takes` says it belongs to now.
    pub(super) fn heed(&self, writers: &[Writer], takes: impl Fn(&Writer) -> bool) {
        let lost = self.lost.with_untracked(|lost| lost.as_ref().map(|lost| lost.draft.clone()));
        let Some(draft) = lost.or_else(|| self.id.get_untracked()) else { return };
        if let Some(writer) = writers.iter().find(|writer| writer.draft == draft && takes(writer)) {
            self.lost.set(Some(writer.clone()));
        }
    }

    /// What of a plain body is in its field. Reactive.
    pub fn in_field(&self) -> String {
        self.body.with(|body| self.aside.with(|aside| body.strip_suffix(aside.as_str()).unwrap_or(body).to_owned()))
    }

    /// How many octets of a plain body are not in its field. Reactive.
    pub fn octets_aside(&self) -> usize {
        self.body.with(|body| self.aside.with(|aside| if body.ends_with(aside.as_str()) { aside.len() } else { 0 }))
    }

    /// Takes what is in the field of a plain body.
    pub(crate) fn write(&self, mut text: String) {
        self.body.update(|body| {
            self.aside.with_untracked(|aside| {
                if body.ends_with(aside.as_str()) {
                    text.push_str(aside);
                }
            });
            *body = text;
        });
    }

    /// Puts all of a plain body into its field.
    pub(crate) fn take_in(&self) {
        self.aside.set(String::new());
    }

    /// Sets a long quote aside that a plain body ends in.
    pub(crate) fn set_aside(&self) {
        let start = self.quoted.with_value(|quoted| self.body.with_untracked(|body| quote_at(body, quoted)));
        let aside = start.and_then(|start| self.body.with_untracked(|body| body.get(start..).map(str::to_owned)));
        self.aside.set(aside.filter(|aside| aside.len() >= LONG).unwrap_or_default());
    }

    /// Whether the text is formatted. Reactive.
    pub fn is_formatted(&self) -> bool {
        self.html.with(Option::is_some)
    }

    /// Whether a picture within the text is still on its way up. Reactive.
    pub fn is_placing(&self) -> bool {
        let is_placing = |file: &File| file.inline && file.state.with(|state| *state == FileState::Uploading);
        self.files.with(|files| files.iter().any(is_placing))
    }

    /// Whether a file is still on its way up. Reactive.
    pub fn is_uploading(&self) -> bool {
        self.files.with(|files| files.iter().any(|file| file.state.with(|state| *state == FileState::Uploading)))
    }

    /// All of it, with the files that are there. Not reactive.
    pub fn draft(&self) -> Option<Draft> {
        untrack(|| {
            Some(Draft {
                id: self.id.get()?,
                from: self.from.get(),
                reply_to: self.reply_to.get_value(),
                to: self.to.get(),
                cc: self.cc.get(),
                bcc: self.bcc.get(),
                subject: self.subject.get(),
                body: self.body.get(),
                html: self.html.get(),
                attachments: self.files.with(|files| files.iter().filter_map(File::attachment).collect()),
                original: self.original.get(),
                references: self.references.get_value(),
                wishes: self.wishes.get(),
            })
        })
    }

    /// Opens a draft, in place of what was open. In it is what these choices brought.
    pub(crate) fn open(&self, draft: Draft, choices: IdentityChoices) {
        let Draft { id, from, reply_to, to, cc, bcc, subject, body, html, attachments, original, references, wishes } =
            draft;
        self.opened.update_value(|opened| *opened = opened.wrapping_add(1));
        self.begun_as.set_value(from.clone());
        self.choices.set_value(choices);
        self.from.set(from);
        self.reply_to.set_value(reply_to);
        self.quoted.set_value(String::new());
        self.doubts.set(Vec::new());
        self.answered.set(Vec::new());
        self.inside.set_value(Vec::new());
        self.unfilled.set_value(Vec::new());
        // What is forwarded answers nobody.
        let together = if references.is_empty() {
            Vec::new()
        } else {
            let others = original.iter().flat_map(|original| &original.others);
            to.iter().chain(&cc).chain(others).cloned().collect()
        };
        self.together.set_value(together);
        self.to.set(to);
        self.cc.set(cc);
        self.bcc.set(bcc);
        self.subject.set(subject);
        self.body.set(body);
        self.set_aside();
        self.looks.set(Vec::new());
        self.linking.set(false);
        self.begins_in_text.set_value(original.is_some() && untrack(|| self.to.with(|to| !to.is_empty())));
        self.html.set(html);
        self.references.set_value(references);
        self.wishes.set(wishes);
        self.original.set(original);
        let files = attachments.into_iter().map(|attachment| self.file_here(attachment)).collect();
        self.files.set(files);
        self.status.set(DraftStatus::Clean);
        self.problem.set(None);
        self.sending.set(false);
        self.lost.set(None);
        self.base.set_value(None);
        self.minimised.set(false);
        self.edits.set(0);
        self.id.set(Some(id));
    }

    /// Whether this was asked and answered. Reactive.
    pub fn has_answered(&self, check: &Check) -> bool {
        self.answered.with(|all| all.iter().any(|other| other.is_same(check)))
    }

    /// Puts the address that is meant in place of one that is in doubt.
    pub(crate) fn correct(&self, doubt: &Doubt) {
        let Some(meant) = &doubt.meant else { return };
        for field in [self.to, self.cc, self.bcc] {
            if field.with_untracked(|all| all.iter().any(|one| one.email == doubt.email)) {
                field.update(|all| {
                    let is_there = all.iter().any(|one| one.email.eq_ignore_ascii_case(meant));
                    all.retain(|one| !is_there || one.email != doubt.email);
                    for one in all.iter_mut().filter(|one| one.email == doubt.email) {
                        one.email.clone_from(meant);
                    }
                });
            }
        }
    }

    /// Has nobody see who else gets the message.
    pub(crate) fn hide_recipients(&self) {
        let seen: Vec<Address> = [self.to, self.cc].iter().flat_map(RwSignal::get_untracked).collect();
        self.bcc.update(|bcc| {
            bcc.retain(|one| seen.iter().all(|other| !other.email.eq_ignore_ascii_case(&one.email)));
            bcc.splice(0..0, seen);
        });
        self.to.set(Vec::new());
        self.cc.set(Vec::new());
    }

    pub(crate) fn close(&self) {
        self.id.set(None);
        self.html.set(None);
        self.files.set(Vec::new());
        self.lost.set(None);
        self.sending.set(false);
        self.problem.set(None);
    }

    pub(crate) fn file_here(&self, attachment: Attachment) -> File {
        let mut file = self.file(attachment.name.clone(), attachment.size, None);
        file.sent = RwSignal::new(attachment.size);
        file.inline = attachment.inline;
        file.state = RwSignal::new(FileState::Here(attachment));
        file
    }

    pub(crate) fn file(&self, name: String, size: u64, cancel: Option<AbortHandle>) -> File {
        let key = self.next.get_value();
        self.next.set_value(key.wrapping_add(1));
        File {
            key,
            name,
            size,
            sent: RwSignal::new(0),
            state: RwSignal::new(FileState::Uploading),
            cancel,
            inline: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quote_at;

    #[test]
    fn a_quote_begins_where_it_was_put_or_with_its_marks() {
        assert_eq!(quote_at("mine\n\nAnn wrote:\n> a\n\n-- \nBen", "Ann wrote:\n> a\n"), Some(6));
        assert_eq!(quote_at("mine", "Ann wrote:\n> a\n"), None);
        assert_eq!(quote_at("mine\n> a\n>\n> b\n\n", ""), Some(5));
        assert_eq!(quote_at("> a", ""), Some(0));
        for text in ["", "mine", "> a\nmine", "> a\n\n-- \nBen"] {
            assert_eq!(quote_at(text, ""), None, "{text}");
        }
    }
}
