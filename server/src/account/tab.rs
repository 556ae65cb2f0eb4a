//! A tab: one browser page, what it looks at, and the one queue through which it learns everything.

use std::{collections::VecDeque, sync::Arc};

use app::wire::{Device, Error, Event, Listing, Progress, Query, Reply, Row, ServerFrame, TabId, UidValidity, Writer};
use tokio::{sync::mpsc, time::Instant};

use super::{found::Searching, hits::Hits};

/// Events kept for a tab that may come back.
const REPLAY: usize = 512;

/// Replies kept for commands that may be sent again.
const REPLIES: usize = 64;

/// Bytes of all events that are kept, and of all replies, as they are told. A tab that has missed more begins anew.
const KEPT: usize = 1024 * 1024;

/// What is longer than this, in bytes, only shows something: whoever asks for it again gets it anew. What tells that something was done
/// is shorter, and kept, so that it is not done twice.
const SHOWING: usize = 4 * 1024;

/// One browser page.
pub(super) struct Tab {
    pub id: TabId,
    /// The login it belongs to.
    pub login: Vec<u8>,
    pub device: Device,
    /// What it was told of drafts that are written on in other tabs.
    pub writers: Vec<Writer>,
    pub generation: u64,
    /// Where its frames go; none while it has no socket.
    frames: Option<mpsc::Sender<Arc<ServerFrame>>>,
    /// Since when it has had no socket.
    pub detached: Option<Instant>,
    seq: u64,
    replay: VecDeque<Told>,
    replies: VecDeque<Replied>,
    pub view: Option<View>,
    /// The search under way, whose results `view` shows as soon as there are some.
    pub searching: Option<Searching>,
    /// Whether the person looks at it.
    pub in_front: bool,
    /// The number of the newest list of this tab.
    pub list: u32,
}

/// An event, its number, and how long it is as it is told, in bytes.
struct Told {
    seq: u64,
    frame: Arc<ServerFrame>,
    length: usize,
}

/// A command that was answered.
struct Replied {
    id: u32,
    /// The number of the last event before the answer.
    after: u64,
    /// Shared with the queue: a list is as long as a window.
    frame: Arc<ServerFrame>,
    /// As it is told, in bytes.
    length: usize,
}

impl Replied {
    /// Whether it shows a list as it was at that moment: told again after what has happened since, it would undo that.
    fn is_snapshot(&self) -> bool {
        matches!(*self.frame, ServerFrame::Reply { result: Ok(Reply::Listing(_)), .. })
    }
}

/// The list a tab shows.
pub(super) struct View {
    pub list: u32,
    pub query: Query,
    pub total: u32,
    /// The rows asked for last.
    pub from: u32,
    pub count: u32,
    pub source: Source,
    /// The results were changed and the tab was not told yet: positions in them mean nothing to it.
    pub untold: bool,
    /// How far the search is; none when all is found.
    pub progress: Option<Progress>,
}

impl View {
    /// Some of the list, as it is told.
    pub fn listing(&self, from: u32, rows: Vec<Row>) -> Listing {
        let View { list, query, total, progress, .. } = self;
        Listing { list: *list, query: query.clone(), total: *total, from, rows, progress: progress.clone() }
    }
}

/// Where a list's rows come from.
pub(super) enum Source {
    /// A whole mailbox, by sequence number: position 0 is the highest.
    Mailbox { uid_validity: UidValidity },
    /// What a search found.
    Hits(Hits),
}

impl Tab {
    pub fn new(id: TabId, login: Vec<u8>) -> Self {
        Self {
            id,
            login,
            device: Device::default(),
            writers: Vec::new(),
            generation: 0,
            frames: None,
            detached: Some(Instant::now()),
            seq: 0,
            replay: VecDeque::new(),
            replies: VecDeque::new(),
            view: None,
            searching: None,
            in_front: false,
            list: 0,
        }
    }

    /// Gives the tab a socket. Returns its generation.
    pub fn attach(&mut self, frames: mpsc::Sender<Arc<ServerFrame>>) -> u64 {
        self.frames = Some(frames);
        // It says so again by every socket.
        self.in_front = false;
        self.detached = None;
        self.generation += 1;
        self.generation
    }

    pub fn detach(&mut self) {
        self.frames = None;
        self.detached.get_or_insert_with(Instant::now);
    }

    pub fn is_attached(&self) -> bool {
        self.frames.is_some()
    }

    /// Whether everything after event `seq` can still be told.
    pub fn can_resume(&self, seq: u64) -> bool {
        seq <= self.seq && self.replay.front().map_or(seq == self.seq, |first| first.seq <= seq + 1)
    }

    /// Tells what came after event `seq`, lists that were answered where they belong among the events.
    pub fn replay(&mut self, seq: u64) {
        let told = self.replay.iter().filter(|told| told.seq > seq);
        let mut missed: Vec<_> = told.map(|told| (told.seq, told.frame.clone())).collect();
        // One that follows the last event that was heard may have been heard as well: a tab passes over what it does not
        // wait for.
        let lists = self.replies.iter().filter(|replied| replied.is_snapshot() && replied.after >= seq);
        missed.extend(lists.map(|replied| (replied.after, replied.frame.clone())));
        missed.sort_by_key(|(after, _)| *after);
        for (_, frame) in missed {
            self.push(frame);
        }
    }

    /// Tells the tab of an event; one without a socket hears of it when it is back.
    pub fn tell(&mut self, event: Event) {
        self.seq += 1;
        let frame = Arc::new(ServerFrame::Event { seq: self.seq, event });
        self.replay.push_back(Told { seq: self.seq, length: length(&frame), frame: frame.clone() });
        let mut kept: usize = self.replay.iter().map(|told| told.length).sum();
        while self.replay.len() > REPLAY || kept > KEPT {
            kept -= self.replay.pop_front().map_or(kept, |oldest| oldest.length);
        }
        self.push(frame);
    }

    /// Answers a command.
    pub fn reply(&mut self, id: u32, result: Result<Reply, Error>) {
        let frame = Arc::new(ServerFrame::Reply { id, result });
        self.replies.push_back(Replied { id, after: self.seq, length: length(&frame), frame: frame.clone() });
        if self.replies.len() > REPLIES {
            self.replies.pop_front();
        }
        let mut kept: usize = self.replies.iter().map(|replied| replied.length).sum();
        while kept > KEPT
            && let Some(at) = self.replies.iter().position(|replied| replied.length > SHOWING)
        {
            kept -= self.replies.remove(at).map_or(kept, |shown| shown.length);
        }
        self.push(frame);
    }

    /// Answers a command that was answered before the same way. False if it was not.
    pub fn reply_again(&mut self, id: u32) -> bool {
        let Some(replied) = self.replies.iter().find(|replied| replied.id == id) else { return false };
        // A list was told again when the tab came back.
        if !replied.is_snapshot() {
            let frame = replied.frame.clone();
            self.push(frame);
        }
        true
    }

    fn push(&mut self, frame: Arc<ServerFrame>) {
        let Some(frames) = &self.frames else { return };
        // A tab that does not keep up loses its socket; it comes back and resumes, or starts from a snapshot.
        if frames.try_send(frame).is_err() {
            self.detach();
        }
    }
}

/// How long a frame is as it is told, in bytes.
fn length(frame: &ServerFrame) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What cannot be written is told to nobody.
    match serde_json::to_writer(&mut count, frame) {
        Ok(()) => count.0,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use app::wire::Connectivity;

    use super::*;

    fn event() -> Event {
        Event::Connectivity { connectivity: Connectivity::Live }
    }

    #[test]
    fn a_tab_that_comes_back_hears_what_it_missed() {
        let mut tab = Tab::new(TabId("t".into()), Vec::new());
        for _ in 0..5 {
            tab.tell(event());
        }
        let (sender, mut frames) = mpsc::channel(16);
        tab.attach(sender);
        assert!(tab.can_resume(3));
        tab.replay(3);
        let heard: Vec<_> = std::iter::from_fn(|| frames.try_recv().ok()).collect();
        let numbers = heard.iter().map(|frame| if let ServerFrame::Event { seq, .. } = **frame { seq } else { 0 });
        assert_eq!(numbers.collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn what_is_kept_for_a_tab_is_bounded() {
        let mut tab = Tab::new(TabId("t".into()), Vec::new());
        let large = || Event::Connectivity {
            connectivity: Connectivity::Offline { error: Error::Refused { text: "x".repeat(KEPT / 4) } },
        };
        tab.reply(100, Ok(Reply::Done));
        for id in 0..9 {
            tab.tell(large());
            tab.reply(id, Err(Error::Refused { text: "x".repeat(KEPT / 4) }));
        }
        assert_eq!((tab.replay.len(), tab.replies.len()), (3, 4));
        assert!(tab.can_resume(6) && !tab.can_resume(5) && tab.reply_again(8) && !tab.reply_again(5));
        assert!(tab.reply_again(100), "what was done is not done twice");
        // One that is too much by itself is not kept, and whoever missed it begins anew.
        let most = Error::Refused { text: "x".repeat(KEPT) };
        tab.tell(Event::Connectivity { connectivity: Connectivity::Offline { error: most } });
        assert!(tab.replay.is_empty());
        assert!(tab.can_resume(10) && !tab.can_resume(9));
    }

    #[test]
    fn a_list_is_told_again_where_it_belongs() {
        let listing = app::wire::Listing {
            list: 1,
            query: Query::default(),
            total: 0,
            from: 0,
            rows: Vec::new(),
            progress: None,
        };
        let mut tab = Tab::new(TabId("t".into()), Vec::new());
        for id in 1..=3 {
            tab.tell(event());
            tab.reply(id, Ok(Reply::Listing(listing.clone())));
        }
        tab.reply(4, Ok(Reply::Done));
        let (sender, mut frames) = mpsc::channel(16);
        tab.attach(sender);
        tab.replay(2);
        assert!(tab.reply_again(2) && tab.reply_again(3) && tab.reply_again(4) && !tab.reply_again(5));
        let heard: Vec<_> = std::iter::from_fn(|| frames.try_recv().ok()).collect();
        let heard: Vec<(u64, u32)> = heard
            .iter()
            .map(|frame| match **frame {
                ServerFrame::Event { seq, .. } => (seq, 0),
                ServerFrame::Reply { id, .. } => (0, id),
                ServerFrame::Heartbeat => (0, 0),
            })
            .collect();
        assert_eq!(heard, [(0, 2), (3, 0), (0, 3), (0, 4)]);
    }

    #[test]
    fn a_tab_that_missed_too_much_cannot_resume() {
        let mut tab = Tab::new(TabId("t".into()), Vec::new());
        for _ in 0..=REPLAY {
            tab.tell(event());
        }
        assert!(!tab.can_resume(0));
        assert!(tab.can_resume(1));
        assert!(!tab.can_resume(REPLAY as u64 + 2));
    }

    #[test]
    fn a_tab_that_does_not_keep_up_loses_its_socket() {
        let mut tab = Tab::new(TabId("t".into()), Vec::new());
        let (sender, _frames) = mpsc::channel(1);
        tab.attach(sender);
        tab.tell(event());
        assert!(tab.is_attached());
        tab.tell(event());
        assert!(!tab.is_attached());
    }
}
