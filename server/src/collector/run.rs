//! One run of a collector: all that is new at its source comes here.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use app::wire::{CollectorKind, CollectorLook, CollectorRun, CollectorTrouble, SpecialUse, UidValidity};
use futures_util::future::join_all;
use tokio::try_join;
use tracing::{error, info};

use super::{
    files,
    folders::{Side, Wishes, holds_mail, place},
    gone::{notice, sweep},
    kind::kind,
    looking::look,
    maildrop,
    manners::Front,
    passing::pass,
    quirks::{Quirk, quirk},
    sameness::is_same_account,
};
use crate::{
    endpoint::Endpoint,
    error::to_wire,
    imap::{Code, Credentials, Error, Listed, Names, Session, View, connect_by},
    net::Dialer,
    store::{Entry, FolderRow, Lease, Store, StoredCollector, now},
};

/// What a run is about to go on from. For tests that end it there, as a power cut does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The source has told what it has.
    Listed,
    /// It is decided where mailboxes go.
    Placed,
    /// The mailbox of the target is there.
    Made,
    /// Some messages were read from the source.
    Read,
    /// It was found which of them are here already.
    Found,
    /// What is about to be sent was written down.
    Recorded,
    /// The target has taken it, and it was not written down yet.
    Appended,
    /// It was: with what was sent next, or at the end.
    Bound,
    /// It was found what became of what was being sent.
    Recovered,
    /// Some messages were found in a target that has another UIDVALIDITY.
    Rebound,
    /// Flags were set in the target, and it was not written down yet.
    Flagged,
    /// Messages were moved in the target, and it was not written down yet.
    Moved,
    /// A mailbox was gone through.
    Done,
}

pub const STEPS: [Step; 13] = [
    Step::Listed,
    Step::Placed,
    Step::Made,
    Step::Read,
    Step::Found,
    Step::Recorded,
    Step::Appended,
    Step::Bound,
    Step::Recovered,
    Step::Rebound,
    Step::Flagged,
    Step::Moved,
    Step::Done,
];

/// Says whether a run may go on from a step.
pub type Watch = Arc<dyn Fn(Step) -> bool + Send + Sync>;

/// Why a run, or what it did with one mailbox, ended early.
#[derive(Debug)]
pub enum Stop {
    /// Of one mailbox. The others are brought.
    Folder(CollectorTrouble),
    Run(CollectorTrouble),
    /// The right to run was lost: to a person who paused it, or to another node.
    Lost,
}

impl Stop {
    pub fn of_source(error: Error) -> Stop {
        Stop::of(error, CollectorTrouble::Source)
    }

    pub fn of_target(error: Error) -> Stop {
        Stop::of(error, CollectorTrouble::Target)
    }

    /// None if it is only that the right to run was lost.
    pub(super) fn trouble(&self) -> Option<&CollectorTrouble> {
        match self {
            Stop::Folder(trouble) | Stop::Run(trouble) => Some(trouble),
            Stop::Lost => None,
        }
    }

    fn of(error: Error, side: fn(app::wire::Error) -> CollectorTrouble) -> Stop {
        // No mailbox takes anything when there is no room.
        let of_all = matches!(error, Error::Refused { code: Some(Code::OverQuota), .. });
        let of_one = error.is_refusal() && !of_all;
        let trouble = side(to_wire(error));
        if of_one { Stop::Folder(trouble) } else { Stop::Run(trouble) }
    }
}

/// Whether something was written: it is not for whoever has lost the lease.
pub(super) fn held(written: bool) -> Result<(), Stop> {
    if written { Ok(()) } else { Err(Stop::Lost) }
}

/// A fault of our own.
impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Stop {
        error!(error = format!("{error:#}"), "A collector has a fault");
        Stop::Run(CollectorTrouble::Internal)
    }
}

/// One side of a run.
#[derive(Debug, Clone)]
pub struct End {
    /// Which addresses may be called for it.
    pub dialer: Dialer,
    pub endpoint: Endpoint,
    pub credentials: Credentials,
}

impl End {
    fn is(&self, other: &End) -> bool {
        // Whether letters count in names is up to each server; hardly any has two people whose names differ by them alone.
        let same_user = self.credentials.user.eq_ignore_ascii_case(&other.credentials.user);
        let same_host = self.endpoint.host.eq_ignore_ascii_case(&other.endpoint.host);
        // The same person's mailbox over POP3 is at another port.
        let same_port = self.endpoint.port == other.endpoint.port || self.endpoint.protocol != other.endpoint.protocol;
        same_host && same_port && same_user
    }
}

/// Where mail comes from.
#[derive(Debug, Clone)]
pub enum Source {
    Server(End),
    /// The folder of files.
    Files(PathBuf),
}

/// All that a run needs.
pub struct Job {
    pub store: Store,
    pub collector: StoredCollector,
    /// In whose name the lease is held.
    pub holder: String,
    pub source: Source,
    pub target: End,
    /// Which mailboxes the person has chosen for a use.
    pub uses: BTreeMap<SpecialUse, String>,
    /// The folder for files without a name.
    pub spool: PathBuf,
    pub watch: Option<Watch>,
    /// How long is waited for what a target was sent before the line to it broke.
    pub grace: Duration,
    /// Set to have the run end as soon as it knows what became of all that it has sent. A large message that it is at comes
    /// to its end before.
    pub ending: AtomicBool,
    pub brought: Brought,
    pub leaving: Leaving,
    /// Who comes before it.
    pub front: Front,
}

/// What a run knows of what has left the source.
#[derive(Debug, Default)]
pub struct Leaving {
    /// Whether anything has.
    pub(super) some: AtomicBool,
    /// Whether a mailbox could not be gone through: what has left another one may be in it.
    pub(super) troubled: AtomicBool,
    /// Held by who moves messages here.
    pub(super) moving: tokio::sync::Mutex<()>,
}

/// What has come with a run so far.
#[derive(Debug, Default)]
pub struct Brought {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Brought {
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl From<CollectorRun> for Brought {
    fn from(run: CollectorRun) -> Self {
        Self { messages: u64::from(run.messages).into(), bytes: run.bytes.into() }
    }
}

impl Job {
    /// The server of the source. Files have none.
    pub(super) fn server(&self) -> Result<&End, Stop> {
        match &self.source {
            Source::Server(end) => Ok(end),
            Source::Files(_) => Err(Stop::Run(CollectorTrouble::Internal)),
        }
    }

    /// What is particular to the source.
    pub(super) fn quirk(&self, source: &Session) -> &'static Quirk {
        quirk(source, self.server().map_or("", |end| &end.endpoint.host))
    }

    pub(super) fn step(&self, step: Step) -> Result<(), Stop> {
        if self.watch.as_ref().is_none_or(|watch| watch(step)) { Ok(()) } else { Err(Stop::Lost) }
    }

    /// Whether something new may be begun.
    pub(super) fn go_on(&self) -> Result<(), Stop> {
        if self.ending.load(Ordering::Relaxed) { Err(Stop::Lost) } else { Ok(()) }
    }

    /// Writes what has become of messages, if we still may.
    pub(super) async fn record(&self, folder: i64, validity: UidValidity, entries: &[Entry]) -> Result<(), Stop> {
        held(self.store.record(self.lease(), folder, validity, entries).await?)
    }

    pub(super) fn lease(&self) -> Lease<'_> {
        Lease { collector: self.collector.id, holder: &self.holder }
    }

    /// Writes what has been brought so far, for whoever looks on.
    pub(super) async fn note_brought(&self) -> anyhow::Result<()> {
        let bytes = self.brought.bytes.load(Ordering::Relaxed);
        self.store.note_run(self.lease(), self.brought.messages(), bytes).await
    }
}

/// Two sessions that work on one mailbox at a time.
pub struct Pair {
    pub source: Session,
    pub target: Session,
}

/// What is still to be gone through.
type Queue = Mutex<VecDeque<(FolderRow, Listed)>>;

/// See [`Job::grace`].
pub const GRACE: Duration = Duration::from_secs(30);

/// Brings all that is new; of a source that is to be looked at first, finds out what there is and brings nothing. The future may
/// be dropped at any moment; the next run is quicker where it was not, but ended by [`Job::ending`].
pub async fn collect(job: &Job) -> Result<(), Stop> {
    let looks = job.collector.look == CollectorLook::Wanted;
    let source = match &job.source {
        Source::Files(folder) if looks => return files::look(job, folder).await,
        Source::Files(folder) => return files::collect(job, folder).await,
        Source::Server(end) => end,
    };
    if source.is(&job.target) {
        return Err(Stop::Run(CollectorTrouble::SameAccount));
    }
    if looks {
        return look(job).await;
    }
    if job.collector.kind == CollectorKind::Pop3 {
        return maildrop::collect(job).await;
    }
    let mut source = open_source(job).await?;
    let there = source.list().await.map_err(Stop::of_source)?;
    let labels = job.quirk(&source).labels;
    let there = if labels { list_views_first(&mut source, there).await? } else { there };
    job.step(Step::Listed)?;
    let rows = job.store.folder_rows(job.collector.id).await?;
    // A message with several labels has not left the source with one of them.
    let follows = job.collector.options.follow_gone && !labels;
    let rows = if follows { notice(job, &mut source, &there, rows).await? } else { rows };
    let changed = changed(&there, &rows, job.collector.options.follow_flags, labels);
    if changed.is_empty() {
        source.logout().await;
        return sweep(job).await;
    }
    let mut target = open_target(job).await?;
    let queue = queue(job, (&mut source, &there), &mut target, rows, changed).await?;
    bring(job, Pair { source, target }, queue).await?;
    sweep(job).await
}

pub(super) async fn open_source(job: &Job) -> Result<Session, Stop> {
    let _turn = job.front.give_way().await;
    let mut source = open(job.server()?).await.map_err(Stop::of_source)?;
    source.count_labels();
    Ok(source)
}

pub(super) async fn open_target(job: &Job) -> Result<Session, Stop> {
    let _turn = job.front.give_way().await;
    open(&job.target).await.map_err(Stop::of_target)
}

pub(super) async fn open(end: &End) -> Result<Session, Error> {
    connect_by(&end.dialer, &end.endpoint, &end.credentials).await
}

/// What is there, as the first of two lists has those mailboxes that show what is in others: whatever is in these is in the others
/// of the second, which was made later.
async fn list_views_first(source: &mut Session, first: Vec<Listed>) -> Result<Vec<Listed>, Stop> {
    let mut there = source.list().await.map_err(Stop::of_source)?;
    there.retain(|listed| listed.view.is_none() || first.iter().any(|other| other.path == listed.path));
    for listed in there.iter_mut().filter(|listed| listed.view.is_some()) {
        listed.status = first.iter().find(|other| other.path == listed.path).and_then(|other| other.status);
    }
    Ok(there)
}

/// Those mailboxes that are not as they were when they were last gone through.
fn changed<'a>(there: &'a [Listed], rows: &[FolderRow], follow_flags: bool, labels: bool) -> Vec<&'a Listed> {
    let known: HashMap<&str, &FolderRow> = rows.iter().map(|row| (row.source.as_str(), row)).collect();
    let is_as_it_was = |listed: &Listed| {
        let (Some(row), Some(status)) = (known.get(listed.path.as_str()), &listed.status) else { return false };
        let same = row.settled == 1
            && row.uid_validity == i64::from(status.uid_validity)
            && row.uid_next == i64::from(status.uid_next)
            && row.messages == i64::from(status.messages);
        same && match status.highest_modseq {
            Some(modseq) => i64::try_from(modseq).is_ok_and(|modseq| modseq == row.modseq),
            // Without CONDSTORE nothing tells of flags but the flags.
            None => !follow_flags || !super::comparing::flags_are_due(row, now()),
        }
    };
    there.iter().filter(|listed| holds_mail(listed, labels) && !is_as_it_was(listed)).collect()
}

/// What is to be gone through, with a place here for each: INBOX first and then the largest. A message with several labels
/// comes with the first mailbox that has it: where labels count, the largest comes after those that are for a use, and what
/// shows all comes last.
async fn queue(
    job: &Job,
    (source, there): (&mut Session, &[Listed]),
    target: &mut Session,
    rows: Vec<FolderRow>,
    changed: Vec<&Listed>,
) -> Result<VecDeque<(FolderRow, Listed)>, Stop> {
    let labels = job.quirk(source).labels;
    let rows = places(job, (source, there), target, rows).await?;
    job.step(Step::Placed)?;
    let mut rows: HashMap<String, FolderRow> = rows.into_iter().map(|row| (row.source.clone(), row)).collect();
    let row_of = |listed: &Listed| rows.remove(&listed.path).map(|row| (row, listed.clone()));
    let mut queue: Vec<(FolderRow, Listed)> = changed.into_iter().filter_map(row_of).collect();
    queue.sort_by_key(|(_, listed)| {
        let messages = listed.status.map_or(0, |status| status.messages);
        let (all, usual) = (listed.view == Some(View::All), labels && listed.said_use.is_none());
        (listed.path != "INBOX", all, usual, std::cmp::Reverse(messages))
    });
    Ok(queue.into())
}

/// The rows of all mailboxes of the source, those that are new included: it is decided for good where these go.
pub(super) async fn places(
    job: &Job,
    (source, there): (&mut Session, &[Listed]),
    target: &mut Session,
    mut rows: Vec<FolderRow>,
) -> Result<Vec<FolderRow>, Stop> {
    let labels = job.quirk(source).labels;
    let is_new = |listed: &&Listed| holds_mail(listed, labels) && !rows.iter().any(|row| row.source == listed.path);
    let new = there.iter().any(|listed| is_new(&listed));
    // An account in which nothing is can only be told from another one when something is in it.
    let told_apart = job.store.is_told_apart(job.collector.id).await?;
    let here = if new || !told_apart { target.list().await.map_err(Stop::of_target)? } else { Vec::new() };
    if !told_apart && is_same_account(source, there, target, &here).await? {
        return Err(Stop::Run(CollectorTrouble::SameAccount));
    }
    if new {
        let known = rows.iter().map(|row| (row.source.clone(), row.target.clone())).collect();
        let sides = (
            Side { mailboxes: there, personal: source.personal_prefix().unwrap_or_default(), labels },
            Side { mailboxes: &here, personal: target.personal_prefix().unwrap_or_default(), labels: false },
        );
        let wishes = Wishes { prefix: &job.collector.options.prefix, uses: &job.uses };
        for (from, to) in place(sides.0, sides.1, &known, &wishes) {
            let status = there.iter().find(|listed| listed.path == from).and_then(|listed| listed.status);
            let messages = status.map_or(0, |status| status.messages);
            rows.push(job.store.add_folder(job.lease(), &from, &to, messages).await?.ok_or(Stop::Lost)?);
        }
    }
    Ok(rows)
}

/// Goes through the mailboxes with as many pairs of sessions as are wanted and to be had.
async fn bring(job: &Job, first: Pair, queue: VecDeque<(FolderRow, Listed)>) -> Result<(), Stop> {
    let most = usize::try_from(job.collector.options.at_once.max(1)).unwrap_or(1);
    let wanted = most.min(job.quirk(&first.source).pairs).min(queue.len());
    let names = (first.source.names(), first.target.names());
    let queue: Queue = Mutex::new(queue);
    let mut first = Some(first);
    let workers = (0..wanted).map(|_| {
        let pair = first.take();
        let (queue, names) = (&queue, &names);
        async move {
            let pair = match pair {
                Some(pair) => pair,
                // One more is a help and no need.
                None => match open_pair(job, names).await {
                    Ok(pair) => pair,
                    Err(stop) => {
                        let trouble = stop.trouble().map(kind);
                        info!(
                            collector.id = job.collector.id.0,
                            trouble, "A collector makes do with fewer connections"
                        );
                        return Ok(());
                    }
                },
            };
            let ended = work(job, pair, queue, names).await;
            if ended.is_err() {
                // The others end in order: what they have sent is worth more with its answer.
                job.ending.store(true, Ordering::Relaxed);
            }
            ended
        }
    });
    let mut ended = join_all(workers.collect::<Vec<_>>()).await;
    // Whoever ended for the sake of another one says so, and not why.
    ended.sort_by_key(|ended| matches!(ended, Ok(()) | Err(Stop::Lost)));
    let first = ended.into_iter().find(Result::is_err);
    first.unwrap_or(Ok(()))
}

/// How mailboxes are called on both sides.
type BothNames = (Names, Names);

async fn open_pair(job: &Job, names: &BothNames) -> Result<Pair, Stop> {
    let (mut source, mut target) = try_join!(open_source(job), open_target(job))?;
    source.learn_names(&names.0);
    target.learn_names(&names.1);
    Ok(Pair { source, target })
}

async fn work(job: &Job, mut pair: Pair, queue: &Queue, names: &BothNames) -> Result<(), Stop> {
    let mut troubled = false;
    while let Some((row, listed)) = next(queue) {
        job.go_on()?;
        if troubled && listed.view.is_some() {
            // What another mailbox has not brought has to wait for it.
            continue;
        }
        if pair.source.is_over() || pair.target.is_over() {
            pair = open_pair(job, names).await?;
        }
        let folder = row.id;
        let trouble = match pass(job, &mut pair, row, &listed).await {
            Ok(()) => None,
            Err(Stop::Folder(trouble)) => Some(trouble),
            Err(stop) => return Err(stop),
        };
        troubled |= trouble.is_some();
        job.leaving.troubled.fetch_or(trouble.is_some(), Ordering::Relaxed);
        if let Some(trouble) = &trouble {
            let trouble = kind(trouble);
            info!(collector.id = job.collector.id.0, folder.id = folder, trouble, "A mailbox could not be brought");
        }
        held(job.store.set_folder_trouble(job.lease(), folder, trouble.as_ref()).await?)?;
    }
    let Pair { source, target } = pair;
    tokio::join!(source.logout(), target.logout());
    Ok(())
}

fn next(queue: &Queue) -> Option<(FolderRow, Listed)> {
    // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}
