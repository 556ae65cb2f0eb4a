//! One message's structure and text, and a small memory of those just read.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use anyhow::Context;
use app::wire::{
    Body, DraftKind, Error, Flag, Message, MessageRef, Priority, ReceiptAsked, Remote, Report, Stripped, Suspicion,
    Uid, Unsubscribe,
};
use tokio::{task::spawn_blocking, time::Instant};

use super::{
    actor::{Actor, Failure},
    senders::Sender,
    texts::ASIDE,
};
use crate::{
    imap::{FetchedMessage, Session},
    mime::{
        self,
        authentic::Authentic,
        build::read_wishes,
        header::Headers,
        reading::Reading,
        report,
        shown::{self, Shown},
        structure::Node,
    },
};

/// The longest text that is shown, in bytes as transferred.
const MAX_TEXT: u32 = 1024 * 1024;

/// What is remembered of messages just read, at most.
const REMEMBERED: usize = 16;
const REMEMBERED_BYTES: usize = 2 * 1024 * 1024;
const REMEMBERED_SECONDS: u64 = 120;

/// Texts longer than this, in bytes as transferred, are fetched on the side.
const LONG: u32 = 64 * 1024;

/// Plain texts longer than this, in bytes as transferred, are read on a thread where that holds nobody up; shorter ones are done sooner
/// than handed over. What HTML costs, its size does not tell.
const HANDED_OVER: usize = 16 * 1024;

/// How far the loading of a message came.
pub(super) enum Loading {
    Done(Arc<Loaded>),
    /// Its text is long.
    Long(Box<Begun>),
}

/// A message without its text.
pub(super) struct Begun {
    pub message: MessageRef,
    fetched: FetchedMessage,
    shown: Shown,
}

impl Begun {
    /// The sections of its text, and of the report in it, and how much of each is read at most.
    pub fn wanted(&self) -> impl Iterator<Item = (&str, u32)> {
        let report = report::find(&self.fetched.structure);
        let status = report.map(|place| (place.status.section.as_str(), report::MAX_STATUS));
        let returned = report.and_then(|place| place.returned);
        let returned = returned.map(|node| (node.section.as_str(), report::MAX_RETURNED));
        self.shown.texts().map(|leaf| (leaf.section.as_str(), MAX_TEXT)).chain(status).chain(returned)
    }

    fn is_long(&self) -> bool {
        self.shown.texts().map(|leaf| leaf.size.min(MAX_TEXT)).sum::<u32>() > LONG
    }

    pub fn set_flags(&mut self, flags: Vec<Flag>) {
        self.fetched.flags = flags;
    }
}

/// A message as read: its structure, its header and the text that is shown of it.
#[derive(Debug)]
pub struct Loaded {
    pub message: MessageRef,
    pub headers: Headers,
    pub structure: Node,
    pub shown: Shown,
    /// All of the text, decoded; HTML as it came.
    pub text: String,
    /// The same in plain text, where its sender wrote both.
    pub alternative: Option<String>,
    pub truncated: bool,
    /// What an HTML body has on the net, whether or not it may be shown.
    pub remote: Remote,
    /// What is taken out of an HTML body before it is shown.
    pub stripped: BTreeMap<Stripped, u32>,
    /// What an HTML body is like; none where it is shown as text.
    pub outline: Option<Arc<mime::html::Outline>>,
    pub flags: Vec<Flag>,
    /// The Date field in seconds since 1970 UTC, else INTERNALDATE.
    pub date: i64,
    /// What it says of a message that was sent from here.
    pub report: Option<Report>,
    /// Whom to tell that it was read.
    pub receipt: Option<ReceiptAsked>,
    /// What is to be believed of who sent it.
    pub authentic: Option<Authentic>,
    /// Why to look twice at who wrote it.
    pub suspicions: Vec<Suspicion>,
    /// How to get no more of it.
    pub unsubscribe: Option<Unsubscribe>,
}

impl Loaded {
    /// Whether the text is HTML.
    pub fn is_html(&self) -> bool {
        self.shown.has_html()
    }

    /// The words a draft begins with: of HTML those that were shown. Its alternative in plain text nobody has seen, and it may say
    /// anything; that of a draft is the person's own. Heavy, where it is HTML.
    pub fn words(&self, kind: DraftKind) -> String {
        match &self.alternative {
            Some(text) if kind == DraftKind::Edit => text.clone(),
            _ if self.is_html() => mime::html::to_quote(&self.text),
            _ => self.text.clone(),
        }
    }

    /// As a tab gets it, with what is on the net or not.
    pub fn to_wire(&self, allowed: bool) -> Message {
        let body = if self.is_html() {
            Body::Html(Remote { allowed, ..self.remote })
        } else {
            Body::Text { text: self.text.clone(), truncated: self.truncated }
        };
        Message {
            message: self.message.clone(),
            from: self.headers.addresses("From"),
            to: self.headers.addresses("To"),
            cc: self.headers.addresses("Cc"),
            bcc: self.headers.addresses("Bcc"),
            reply_to: self.headers.addresses("Reply-To"),
            subject: self.headers.text("Subject"),
            date: self.date,
            flags: self.flags.clone(),
            body,
            attachments: self.shown.attachments.clone(),
            important: read_wishes(&self.headers).priority == Priority::High,
            report: self.report.clone(),
            receipt: self.receipt.clone(),
            suspicions: self.suspicions.clone(),
            checks: self.authentic.as_ref().map(|authentic| authentic.checks.clone()),
            stripped: self.stripped.clone(),
            simplified: self.is_html() && self.outline.is_none(),
            left_out: self.shown.left_out,
            unsubscribe: self.unsubscribe.clone(),
        }
    }

    fn bytes(&self) -> usize {
        let outline = self.outline.as_ref().map_or(0, |outline| outline.bytes());
        self.text.len() + self.alternative.as_ref().map_or(0, String::len) + outline + 4096
    }
}

/// Messages just read, the latest last.
#[derive(Default)]
pub(super) struct Cache(VecDeque<Remembered>);

struct Remembered {
    used: Instant,
    loaded: Arc<Loaded>,
    /// What the server said of its flags last.
    flags: Vec<Flag>,
    /// Which selection of its mailbox they are from.
    selects: u64,
}

impl Cache {
    fn get(&mut self, message: &MessageRef) -> Option<Arc<Loaded>> {
        let at = self.0.iter().position(|known| known.loaded.message == *message)?;
        let known = self.0.remove(at)?;
        let loaded = known.loaded.clone();
        self.0.push_back(Remembered { used: Instant::now(), ..known });
        Some(loaded)
    }

    fn put(&mut self, loaded: Arc<Loaded>, selects: u64) {
        let flags = loaded.flags.clone();
        self.0.push_back(Remembered { used: Instant::now(), loaded, flags, selects });
        while self.0.len() > REMEMBERED
            || self.0.iter().map(|known| known.loaded.bytes()).sum::<usize>() > REMEMBERED_BYTES
        {
            self.0.pop_front();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The flags of a message that is remembered.
    pub fn flags(&self, message: &MessageRef) -> Option<&[Flag]> {
        self.0.iter().find(|known| known.loaded.message == *message).map(|known| known.flags.as_slice())
    }

    /// Messages of the selected mailbox have these flags now.
    pub fn set_flags(&mut self, path: &str, flags: &[(Uid, Vec<Flag>)]) {
        for known in self.0.iter_mut().filter(|known| known.loaded.message.mailbox == path) {
            let uid = known.loaded.message.uid;
            if let Some((_, flags)) = flags.iter().rev().find(|(of, _)| *of == uid) {
                known.flags.clone_from(flags);
            }
        }
    }

    /// Forgets a message whose mailbox was left since: nobody has told what happened to its flags.
    pub fn forget_unwatched(&mut self, message: &MessageRef, selects: u64) {
        self.0.retain(|known| known.loaded.message != *message || known.selects == selects);
    }

    /// Forgets what was not asked for in a while: an idle account holds no mail.
    pub fn forget_old(&mut self) {
        self.0.retain(|known| known.used.elapsed().as_secs() < REMEMBERED_SECONDS);
        if self.0.is_empty() {
            self.0.shrink_to_fit();
        }
    }
}

impl Actor {
    /// Selects the message's mailbox, and refuses a reference of an earlier UIDVALIDITY.
    pub(super) async fn select_for(&mut self, session: &mut Session, message: &MessageRef) -> Result<(), Failure> {
        if message.account != self.record.id {
            return Err(Error::Gone.into());
        }
        let selected = self.select(session, &message.mailbox).await?;
        if selected.uid_validity != message.uid_validity {
            return Err(Error::Gone.into());
        }
        Ok(())
    }

    /// The message, from memory or in two round trips.
    pub(super) async fn load(&mut self, session: &mut Session, message: &MessageRef) -> Result<Arc<Loaded>, Failure> {
        match self.load_unless_long(session, message).await? {
            Loading::Done(loaded) => Ok(loaded),
            Loading::Long(begun) => self.load_rest(session, *begun).await,
        }
    }

    /// The same, but for what has a long text.
    pub(super) async fn load_unless_long(
        &mut self,
        session: &mut Session,
        message: &MessageRef,
    ) -> Result<Loading, Failure> {
        if let Some(loaded) = self.cache.get(message) {
            return Ok(Loading::Done(loaded));
        }
        self.select_for(session, message).await?;
        let fetched = session.fetch_message(message.uid).await?.ok_or(Error::Gone)?;
        self.tell_flags(&message.mailbox, vec![(message.uid, fetched.flags.clone())]);
        let begun = Begun { message: message.clone(), shown: shown::choose(&fetched.structure), fetched };
        if begun.is_long() && self.aside < ASIDE {
            return Ok(Loading::Long(Box::new(begun)));
        }
        self.load_rest(session, begun).await.map(Loading::Done)
    }

    /// Fetches the text of a message in the selected mailbox.
    pub(super) async fn load_rest(&mut self, session: &mut Session, begun: Begun) -> Result<Arc<Loaded>, Failure> {
        let wanted: Vec<(&str, u32)> = begun.wanted().collect();
        let sections = if wanted.is_empty() {
            Vec::new()
        } else {
            session.fetch_sections(begun.message.uid, &wanted).await?.ok_or(Error::Gone)?
        };
        self.finish_loading(session, begun, sections).await
    }

    /// Makes what is shown of a message from its text: the sections in the order of [`Begun::wanted`].
    pub(super) async fn finish_loading(
        &mut self,
        session: &mut Session,
        begun: Begun,
        sections: Vec<Vec<u8>>,
    ) -> Result<Arc<Loaded>, Failure> {
        let Begun { message, fetched, shown } = begun;
        let mut sections = sections.into_iter();
        let texts: Vec<Vec<u8>> = sections.by_ref().take(shown.texts().count()).collect();
        let truncated = shown.body.as_ref().is_some_and(|leaf| leaf.size > MAX_TEXT);
        let headers = Headers::parse(&fetched.header);
        let told = report::find(&fetched.structure).and_then(|place| {
            let status = sections.next().unwrap_or_default();
            let returned = place.returned.and_then(|_| sections.next()).unwrap_or_default();
            report::read(place, &status, &returned, &headers)
        });
        let report = match told {
            Some(told) => self.report_in(session, &message, told).await?,
            None => None,
        };
        let receipt = self.receipt_asked(&message, &headers, &fetched).await;
        let Sender { authentic, suspicions, unsubscribe } = self.look_at_sender(&message, &headers).await;
        let is_html = shown.texts().any(|leaf| leaf.html);
        let aside = is_html || texts.iter().map(Vec::len).sum::<usize>() > HANDED_OVER;
        let read = move || Reading::of(shown, texts);
        let reading = if aside { spawn_blocking(read).await.context("Cannot read a text")? } else { read() };
        let Reading { shown, text, alternative, survey } = reading;
        let loaded = Arc::new(Loaded {
            message,
            date: headers.date().unwrap_or(fetched.date),
            headers,
            truncated,
            text,
            remote: Remote { pictures: survey.remote, allowed: false, trackers: survey.trackers },
            stripped: survey.stripped,
            outline: survey.outline.map(Arc::new),
            alternative,
            structure: fetched.structure,
            shown,
            flags: fetched.flags,
            report,
            receipt,
            authentic,
            suspicions,
            unsubscribe,
        });
        self.cache.put(loaded.clone(), self.selects);
        Ok(loaded)
    }
}
