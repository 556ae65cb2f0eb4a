//! Searching, on a session of its own: piece by piece, the newest first, so that what is found is shown while the server
//! still looks, and nobody waits for what nobody wants any more. Searches of one account take turns.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use app::wire::{Error, Progress, SearchEnd, Sort, Uid, UidValidity};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Input,
    actor::Failure,
    budget::Budget,
    gather::{Gather, Gatherer},
    hits::{Hit, MAX_HITS, Searched},
    listing::Baseline,
    side::Side,
    sought::{Report, Search},
};
use crate::{
    conversation::ConversationId,
    error::to_wire,
    imap::{self, Credentials, Session, UidSet},
    store::{AccountRecord, Conversations},
};

/// Searches that may wait to begin.
const JOBS: usize = 64;

/// Messages of the first piece.
const FIRST_PIECE: u32 = 500;

/// Messages of the smallest piece: each costs a round trip.
const SMALLEST_PIECE: u32 = 50;

/// Messages of the largest piece: what is found in it is in memory, as numbers and as the server says them.
const LARGEST_PIECE: u32 = 100_000;

/// How long a piece is to take: a search that is not wanted any more goes on for so long.
const PIECE: Duration = Duration::from_millis(100);

/// What was found is told this often.
const REPORT: Duration = Duration::from_millis(100);

/// How long a search under way may keep the session from being closed.
const REST_PATIENCE: Duration = Duration::from_secs(2);

enum Job {
    Search(Search),
    Gather(Gather),
    /// The session is closed until it is needed again.
    Rest {
        done: oneshot::Sender<()>,
    },
}

/// A handle to the task; it ends with its handle.
pub(super) struct Searcher {
    jobs: mpsc::Sender<Job>,
}

impl Searcher {
    pub fn start(
        record: &AccountRecord,
        credentials: &Credentials,
        account: (Budget, mpsc::WeakSender<Input>),
        index: &Conversations,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (sender, mut jobs) = mpsc::channel(JOBS);
        let (budget, inputs) = account;
        let mut worker = Worker {
            gatherer: Gatherer::new(record.id, index.clone()),
            side: Side::new(record, credentials, budget),
            inputs,
            running: VecDeque::new(),
        };
        tasks.spawn(async move {
            stop.run_until_cancelled(worker.run(&mut jobs)).await;
            drop(jobs);
            worker.side.close().await;
        });
        Self { jobs: sender }
    }

    /// Begins a search; its reports come to the actor.
    pub fn begin(&self, search: Search) -> Result<(), Error> {
        self.jobs.try_send(Job::Search(search)).map_err(|_| Error::Busy)
    }

    /// Gathers a conversation; it comes to the actor as an input.
    pub fn gather(&self, gather: Gather) -> Result<(), Error> {
        self.jobs.try_send(Job::Gather(gather)).map_err(|_| Error::Busy)
    }

    /// Closes the session until it is needed again.
    pub async fn rest(&self) {
        let (done, closed) = oneshot::channel();
        // A task that has stopped has no session; one that is too busy must not hold up whoever asks.
        if self.jobs.try_send(Job::Rest { done }).is_ok() {
            timeout(REST_PATIENCE, closed).await.ok();
        }
    }
}

struct Worker {
    side: Side,
    gatherer: Gatherer,
    inputs: mpsc::WeakSender<Input>,
    running: VecDeque<Running>,
}

/// A search under way.
struct Running {
    search: Search,
    /// What is still to be searched. The first is next.
    places: VecDeque<Place>,
    several: bool,
    begun: u16,
    found: usize,
    looked: u32,
    of: u32,
    /// Messages of the next piece.
    piece: u32,
    /// The line was lost since the last piece.
    lost: bool,
    /// Conversations of which one message was found.
    threads: HashSet<ConversationId>,
    /// These messages, the newest first.
    stand: Vec<Uid>,
    failed: Option<Error>,
    report: Report,
    reported: Instant,
}

/// A mailbox that is to be searched.
struct Place {
    path: String,
    begun: Option<Begun>,
}

/// A mailbox that is being searched.
#[derive(Clone, Copy)]
struct Begun {
    number: u16,
    uid_validity: UidValidity,
    /// What is left: UIDs from the first to the last.
    first: u32,
    last: u32,
    /// UIDs for each message, about.
    spread: u64,
}

impl Worker {
    async fn run(&mut self, jobs: &mut mpsc::Receiver<Job>) {
        loop {
            let job = if self.running.is_empty() {
                // The index grows while there is nothing else to do, and no more than half of the time.
                let next = match self.gatherer.rest() {
                    Some(rest) => match timeout(rest, self.side.next(jobs)).await {
                        Ok(job) => job,
                        Err(_) => {
                            self.gatherer.grow(&mut self.side).await;
                            continue;
                        }
                    },
                    None => self.side.next(jobs).await,
                };
                match next {
                    Some(job) => Some(job),
                    None => break,
                }
            } else {
                self.side.give_way().await;
                match jobs.try_recv() {
                    Err(mpsc::error::TryRecvError::Disconnected) => break,
                    job => job.ok(),
                }
            };
            match job {
                Some(Job::Search(search)) => self.running.push_back(Running::new(search)),
                Some(Job::Gather(gather)) => self.gatherer.gather(&mut self.side, gather).await,
                Some(Job::Rest { done }) => {
                    self.side.close().await;
                    // Whoever asked may have lost patience.
                    let _ = done.send(());
                }
                None => {
                    if let Some(mut running) = self.running.pop_front()
                        && self.step(&mut running).await
                    {
                        self.running.push_back(running);
                    }
                }
            }
        }
    }

    /// Searches one piece more. Whether there is anything left to do.
    async fn step(&mut self, running: &mut Running) -> bool {
        if running.search.stop.is_cancelled() {
            return false;
        }
        match self.piece(running).await {
            Ok(()) => running.lost = false,
            // A line that died while it was silent is replaced once.
            Err(error) if !running.lost && !is_final(&error) => running.lost = true,
            Err(error) => {
                running.failed = Some(to_wire(error));
                running.places.clear();
            }
        }
        let over = running.places.is_empty();
        if over || running.reported.elapsed() >= REPORT {
            let report = running.report(over);
            let Some(inputs) = self.inputs.upgrade() else { return false };
            return inputs.send(Input::Found(report)).await.is_ok() && !over;
        }
        true
    }

    async fn piece(&mut self, running: &mut Running) -> Result<(), imap::Error> {
        let mut session = self.side.take().await?;
        if let Some(place) = running.places.front().filter(|_| !running.search.around.is_empty()) {
            let around = std::mem::take(&mut running.search.around);
            let result = match self.gatherer.catch_up(&mut session, &place.path, &around).await {
                Err(Failure::Lost(error)) => Err(error),
                // What binds them is not known: each stands for itself.
                Err(Failure::Told(_)) | Ok(_) => Ok(()),
            };
            self.side.put_back(session, &result);
            return result;
        }
        let result = if running.search.sort.is_by_time() {
            running.look(&mut session, &self.gatherer).await
        } else {
            self.sorted(running, &mut session).await
        };
        self.side.put_back(session, &result);
        result
    }

    /// What cannot be done piece by piece.
    async fn sorted(&mut self, running: &mut Running, session: &mut Session) -> Result<(), imap::Error> {
        let Some(begun) = running.open(session).await? else { return Ok(()) };
        let (keys, sort, stop) = (running.search.keys.clone(), running.search.sort, running.search.stop.clone());
        let sorting = session.sort(&keys, sort);
        tokio::pin!(sorting);
        let in_time = tokio::select! {
            result = &mut sorting => Some(result),
            () = sleep(2 * REPORT) => None,
        };
        let result = match in_time {
            Some(result) => result,
            None => {
                let report = running.report(false);
                if let Some(inputs) = self.inputs.upgrade() {
                    // An actor that has stopped wants no results either.
                    let _ = inputs.send(Input::Found(report)).await;
                }
                match stop.run_until_cancelled(sorting).await {
                    Some(result) => result,
                    // The session is over: there is no other way to stop a server in the middle of a command.
                    None => return Err(imap::Error::Closed),
                }
            }
        };
        match result {
            Err(error) if error.is_refusal() => running.skip(to_wire(error)),
            result => {
                let found = result?;
                running.found(found.into_iter().map(|uid| Hit { place: begun.number, uid, date: 0 }));
                running.done();
            }
        }
        Ok(())
    }
}

impl Running {
    fn new(search: Search) -> Self {
        let of = search.mailboxes.iter().fold(0u32, |sum, (_, total)| sum.saturating_add(*total));
        let places: VecDeque<Place> =
            search.mailboxes.iter().map(|(path, _)| Place { path: path.clone(), begun: None }).collect();
        Self {
            several: places.len() > 1,
            places,
            begun: 0,
            found: 0,
            looked: 0,
            of,
            piece: FIRST_PIECE,
            lost: false,
            threads: HashSet::new(),
            stand: Vec::new(),
            failed: None,
            report: Report::of(&search),
            search,
            reported: Instant::now(),
        }
    }

    /// Looks through the next piece.
    async fn look(&mut self, session: &mut Session, gatherer: &Gatherer) -> Result<(), imap::Error> {
        let Some(begun) = self.open(session).await? else { return Ok(()) };
        if begun.first > begun.last {
            self.done();
            return Ok(());
        }
        let length = u64::from(self.piece).saturating_mul(begun.spread).max(1);
        let length = u32::try_from(length - 1).unwrap_or(u32::MAX);
        let newest_first = self.search.sort == Sort::Newest;
        let (first, last) = if newest_first {
            (begun.last.saturating_sub(length).max(begun.first), begun.last)
        } else {
            (begun.first, begun.first.saturating_add(length).min(begun.last))
        };
        let started = Instant::now();
        let found = match session.search(&self.search.keys, Some(&UidSet::range(Uid(first), Uid(last)))).await {
            Err(error) if error.is_refusal() => {
                self.skip(to_wire(error));
                return Ok(());
            }
            result => result?,
        };
        let found = if self.search.threaded {
            let all = self.search.keys.is_empty();
            let range = (Uid(first), Uid(last));
            let newest = gatherer.newest_of_each(session, range, all, found, &mut self.threads).await?;
            self.stand.extend(&newest);
            newest
        } else {
            found
        };
        self.adapt(started.elapsed());
        let hit = |uid, date| Hit { place: begun.number, uid, date };
        if self.several && !found.is_empty() {
            let dates = session.fetch_dates(&found.into_iter().collect()).await?;
            self.found(dates.into_iter().map(|(uid, date)| hit(uid, u32::try_from(date.max(0)).unwrap_or(u32::MAX))));
        } else {
            self.found(found.into_iter().map(|uid| hit(uid, 0)));
        }
        self.looked =
            self.looked.saturating_add(u32::try_from((u64::from(last - first) + 1) / begun.spread).unwrap_or(0));
        let left = if newest_first {
            Begun { last: first - 1, ..begun }
        } else {
            Begun { first: last.saturating_add(1), ..begun }
        };
        // The last UID of all has none behind it.
        if left.first > left.last || last == u32::MAX && !newest_first {
            if self.search.threaded {
                // What is older has shown that they belong together.
                self.report.superseded = gatherer.superseded(session, &self.stand).await;
            }
            self.done();
        } else if let Some(mut place) = self.places.pop_front() {
            place.begun = Some(left);
            // All mailboxes in turn: what is new in any of them is found early.
            self.places.push_back(place);
        }
        Ok(())
    }

    /// Sees to it that the next mailbox is selected. None when it is to be left out, or nothing is left.
    async fn open(&mut self, session: &mut Session) -> Result<Option<Begun>, imap::Error> {
        let Some(place) = self.places.front() else { return Ok(None) };
        let selected = match session.selected().filter(|selected| selected.path == place.path && place.begun.is_some())
        {
            Some(selected) => selected.clone(),
            None => match session.select(&place.path).await {
                Err(error) if error.is_refusal() => {
                    self.skip(to_wire(error));
                    return Ok(None);
                }
                result => result?,
            },
        };
        if let Some(begun) = place.begun {
            if begun.uid_validity != selected.uid_validity {
                self.skip(Error::Gone);
                return Ok(None);
            }
            return Ok(Some(begun));
        }
        let begun = Begun {
            number: self.begun,
            uid_validity: selected.uid_validity,
            first: 1,
            // A server that does not say what comes next is searched as far as there can be anything.
            last: if selected.uid_next.0 == 0 { u32::MAX } else { selected.uid_next.0 - 1 },
            spread: u64::from(selected.uid_next.0).checked_div(u64::from(selected.exists)).unwrap_or(0).max(1),
        };
        let begun = if selected.exists == 0 { Begun { last: 0, ..begun } } else { begun };
        let begun = if begun.last == u32::MAX { Begun { spread: u64::from(u32::MAX), ..begun } } else { begun };
        self.begun = self.begun.saturating_add(1);
        let Some(place) = self.places.front_mut() else { return Ok(None) };
        place.begun = Some(begun);
        self.report.searched.push(Searched {
            mailbox: Arc::from(place.path.as_str()),
            uid_validity: selected.uid_validity,
            baseline: Baseline::from(&selected),
            selects: None,
        });
        Ok(Some(begun))
    }

    fn found(&mut self, hits: impl Iterator<Item = Hit>) {
        let room = MAX_HITS.saturating_sub(self.found);
        let before = self.report.found.len();
        self.report.found.extend(hits.take(room));
        self.found += self.report.found.len() - before;
        if self.found >= MAX_HITS {
            // Nothing more would be shown.
            self.places.clear();
        }
    }

    /// So much in a piece that it takes as long as it should.
    fn adapt(&mut self, took: Duration) {
        let fitting = u128::from(self.piece) * PIECE.as_micros() / took.as_micros().max(1);
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX);
        let near = fitting.clamp(self.piece / 4, self.piece.saturating_mul(8));
        self.piece = near.clamp(SMALLEST_PIECE, LARGEST_PIECE);
    }

    /// The mailbox at hand is done.
    fn done(&mut self) {
        self.places.pop_front();
    }

    /// The mailbox at hand cannot be searched. It does not spoil the rest.
    fn skip(&mut self, error: Error) {
        self.places.pop_front();
        self.failed = Some(error);
    }

    fn report(&mut self, over: bool) -> Report {
        self.reported = Instant::now();
        let mut report = std::mem::replace(&mut self.report, Report::of(&self.search));
        let end = self.failed.clone().filter(|_| over).map(|error| SearchEnd::Failed { error });
        report.progress =
            (!over || end.is_some()).then(|| Progress { looked: self.looked.min(self.of), of: self.of, end });
        report
    }
}

/// Whether trying again at once is of no use.
fn is_final(error: &imap::Error) -> bool {
    use imap::Error::{Credentials, Throttled, TooManyConnections};
    matches!(error, Credentials { .. } | Throttled { .. } | TooManyConnections { .. })
}
