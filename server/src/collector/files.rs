//! One run of a collector whose source is files that a person has given: the ledger, and the half that writes, are those of
//! other sources. The UIDs of a folder are the places of its messages in the files, which are the same each time.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use app::wire::{CollectorTrouble, Error, Flag, RefusedReason, Uid, UidValidity};
use tokio::task::spawn_blocking;

use super::{
    digest::{Digest, Digester},
    folders::{Side, Wishes, place},
    making::make,
    outlet::{Fresh, Outlet, Text},
    passing::{begin, exchange},
    reading::{LARGE, LARGEST, SUSPICIOUS, WINDOW},
    run::{Job, Step, Stop, held, open_target},
    writing::Writing,
};
use crate::{
    archive::reading::{self as archive, Archive},
    imap::{Listed, Session, usual_use},
    seal::random_hex,
    spool::nameless,
    store::{Entry, FolderRow, Place, Store},
};

/// The UIDs of files never begin anew.
const VALIDITY: UidValidity = UidValidity(1);

/// Messages that are looked up at once.
const AT_ONCE: usize = 1000;

/// A folder that is younger may be of an upload that is under way.
const YOUNG: Duration = Duration::from_secs(24 * 3600);

/// Octets that a message may have more than its file says twice: little ones are not worth a word.
const SLACK: u64 = 64 * 1024;

/// Files of one collector, at most.
pub const MOST: usize = 10_000;

/// The folder of the files of a collector.
pub fn folder(data: &Path, name: &str) -> Option<PathBuf> {
    let valid = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| data.join("files").join(name))
}

/// Makes a folder for files to be. Gives its name.
pub async fn make_folder(data: &Path) -> anyhow::Result<(String, PathBuf)> {
    let name = random_hex(16)?;
    let path = folder(data, &name).context("A name of ours")?;
    tokio::fs::create_dir_all(&path).await.with_context(|| format!("Cannot make {}", path.display()))?;
    Ok((name, path))
}

/// The folder of files that are on their way: it is removed, however that ends, unless it is kept.
pub struct Unfinished(Option<PathBuf>);

impl Unfinished {
    pub fn new(folder: PathBuf) -> Unfinished {
        Unfinished(Some(folder))
    }

    pub fn keep(&mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take()
            && let Err(error) = std::fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "The files of an upload that was cut cannot be removed");
        }
    }
}

/// The longest name of a file, in bytes; file systems have 255.
const NAME: usize = 200;

/// How the file is called that is the so-manieth: in their order, and with its own name, or its end where that is long.
pub fn file_name(nth: usize, name: &str) -> String {
    let from = name.ceil_char_boundary(name.len().saturating_sub(NAME));
    format!("{nth:06}-{}", name.get(from..).unwrap_or_default())
}

/// Removes the files of a collector, which are of no more use.
pub async fn remove(data: &Path, name: &str) {
    let Some(path) = folder(data, name) else { return };
    if let Err(error) = tokio::fs::remove_dir_all(&path).await
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "The files of a collector cannot be removed");
    }
}

/// Removes the files of collectors that are no more, or that were never made. Uploads that are under way are young.
pub async fn forget_orphans(store: &Store, data: &Path) -> anyhow::Result<()> {
    let known: HashSet<String> = store.folders_of_files().await?.into_iter().collect();
    let Ok(mut folders) = tokio::fs::read_dir(data.join("files")).await else { return Ok(()) };
    while let Some(entry) = folders.next_entry().await? {
        let name = entry.file_name().to_string_lossy().into_owned();
        let age = entry.metadata().await?.modified().ok().and_then(|at| at.elapsed().ok());
        if !known.contains(&name) && age.is_some_and(|age| age > YOUNG) {
            remove(data, &name).await;
        }
    }
    Ok(())
}

/// Counts what there is, without bringing any of it.
pub async fn look(job: &Job, files: &Path) -> Result<(), Stop> {
    let archive = read(job, files).await?;
    let mut target = open_target(job).await?;
    let rows = places(job, &mut target, &archive).await?;
    target.logout().await;
    for (folder, row) in archive.folders.iter().zip(rows) {
        let messages = u32::try_from(folder.messages.len()).unwrap_or(u32::MAX);
        held(job.store.note_look(job.lease(), row.id, messages, Some(folder.octets)).await?)?;
    }
    Ok(())
}

/// Brings all that is not here.
pub async fn collect(job: &Job, files: &Path) -> Result<(), Stop> {
    let mut archive = read(job, files).await?;
    job.step(Step::Listed)?;
    let mut target = open_target(job).await?;
    let rows = places(job, &mut target, &archive).await?;
    job.step(Step::Placed)?;
    let mut first = None;
    // To find out what is where can take as long as a turn: something comes in each.
    let mut came = false;
    for (nth, row) in rows.into_iter().enumerate() {
        let folder = row.id;
        let (back, ended) = bring(job, &mut target, row, (archive, nth), &mut came).await;
        let trouble = match ended {
            Ok(()) => None,
            Err(Stop::Folder(trouble)) => Some(trouble),
            Err(stop) => return Err(stop),
        };
        held(job.store.set_folder_trouble(job.lease(), folder, trouble.as_ref()).await?)?;
        // The others are brought all the same.
        first = first.or(trouble);
        archive = match back {
            Some(archive) => archive,
            // It went down with what failed.
            None => read(job, files).await?,
        };
    }
    target.logout().await;
    // What is not here is still wanted: the files are kept.
    first.map_or(Ok(()), |trouble| Err(Stop::Run(trouble)))
}

async fn read(job: &Job, files: &Path) -> Result<Archive, Stop> {
    let (files, spool) = (files.to_owned(), job.spool.clone());
    let prefix = job.collector.options.prefix.trim_matches('/').to_owned();
    let keep_names = prefix.is_empty();
    let read = spawn_blocking(move || {
        let mut names: Vec<PathBuf> =
            std::fs::read_dir(&files)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        names.sort();
        let mut opened = Vec::new();
        for path in names {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let name = name.split_once('-').map_or(name.as_str(), |(_, name)| name).to_owned();
            opened.push((name, path));
        }
        let mut archive = Archive::open(opened, keep_names, &|| nameless(&spool))?;
        archive.rename(|path| full_name(&prefix, path));
        Ok(archive)
    });
    let archive = read.await.context("Files of a collector")?.map_err(of_files)?;
    if archive.folders.is_empty() { Err(Stop::Run(CollectorTrouble::Source(Error::NoMail))) } else { Ok(archive) }
}

/// Where a folder goes, with `/` between levels.
fn full_name(prefix: &str, path: &str) -> String {
    let parts: Vec<&str> = [prefix, path].into_iter().filter(|part| !part.is_empty()).collect();
    let path = parts.join("/");
    // RFC 9051 §5.1: whatever its letters.
    if path.is_empty() || path.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { path }
}

/// What is the matter with files that cannot be read.
fn of_files(error: io::Error) -> Stop {
    let error = match error.kind() {
        io::ErrorKind::NotFound => Error::Gone,
        _ if is_of_file(&error) => Error::BadFile { text: error.to_string() },
        _ => return anyhow::Error::from(error).context("Files of a collector").into(),
    };
    Stop::Run(CollectorTrouble::Source(error))
}

/// Whether it is what a file holds that is wrong, and not our disk, which may be full, or have too many files open.
fn is_of_file(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof, Unsupported};
    matches!(error.kind(), InvalidData | InvalidInput | Other | UnexpectedEof | Unsupported)
}

/// Where the folders of the files go, in their order.
async fn places(job: &Job, target: &mut Session, archive: &Archive) -> Result<Vec<FolderRow>, Stop> {
    let known = job.store.folder_rows(job.collector.id).await?;
    let with_uses = job.collector.options.prefix.trim_matches('/').is_empty();
    let listed: Vec<Listed> = archive.folders.iter().map(|folder| listed(&folder.path, with_uses)).collect();
    let here = target.list().await.map_err(Stop::of_target)?;
    let personal = target.personal_prefix().unwrap_or_default();
    let sides =
        (Side { mailboxes: &listed, personal: "", labels: false }, Side { mailboxes: &here, personal, labels: false });
    let before = known.iter().map(|row| (row.source.clone(), row.target.clone())).collect();
    let placed: HashMap<String, String> =
        place(sides.0, sides.1, &before, &Wishes { prefix: "", uses: &job.uses }).into_iter().collect();
    let mut rows = Vec::new();
    for folder in &archive.folders {
        let path = &folder.path;
        let row = match known.iter().find(|row| row.source == *path) {
            Some(row) => row.clone(),
            None => {
                let messages = u32::try_from(folder.messages.len()).unwrap_or(u32::MAX);
                let to = placed.get(path).unwrap_or(path);
                job.store.add_folder(job.lease(), path, to, messages).await?.ok_or(Stop::Lost)?
            }
        };
        rows.push(row);
    }
    Ok(rows)
}

/// A folder of files as a mailbox of a source. Those of usual names go to the mailboxes for that use.
fn listed(path: &str, with_uses: bool) -> Listed {
    let said_use = if with_uses { usual_use(path, Some('/')) } else { None };
    Listed { said_use, ..Listed::of(path, Some('/')) }
}

async fn bring(
    job: &Job,
    target: &mut Session,
    mut row: FolderRow,
    (archive, nth): (Archive, usize),
    came: &mut bool,
) -> (Option<Archive>, Result<(), Stop>) {
    let places = archive.folders.get(nth).map(|folder| folder.messages.clone()).unwrap_or_default();
    let all: Vec<Uid> = (1..=u32::try_from(places.len()).unwrap_or(u32::MAX)).map(Uid).collect();
    let mut reading = Reading { job, folder: row.id, places, archive: Some(archive), came };
    let ended = async {
        let here = make(job, target, &mut row).await?;
        job.step(Step::Made)?;
        let mut writing = Writing::new(job, target, &row, VALIDITY, here).await?;
        let begun = begin(job, &mut writing).await?;
        let (outlet, taken) = Outlet::new();
        exchange(&mut writing, taken, reading.read(&all, outlet)).await?;
        let last = all.last().map_or(0, |uid| uid.0);
        let messages = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let done = FolderRow { uid_next: i64::from(last) + 1, messages, ..begun };
        held(job.store.close_folder(job.lease(), &done).await?)?;
        job.step(Step::Done)
    }
    .await;
    (reading.archive, ended)
}

/// The half of a run that reads files.
struct Reading<'a> {
    job: &'a Job,
    /// The row of the folder.
    folder: i64,
    /// Where its messages are.
    places: Vec<archive::Place>,
    /// None while it is read on another thread.
    archive: Option<Archive>,
    /// Something was read in this run.
    came: &'a mut bool,
}

/// A message that is to be read.
#[derive(Clone, Copy)]
struct Wanted {
    uid: Uid,
    place: archive::Place,
    attempts: i64,
}

impl Reading<'_> {
    async fn read(&mut self, uids: &[Uid], outlet: Outlet) -> Result<(), Stop> {
        for some in uids.chunks(AT_ONCE) {
            let known = self.job.store.entries(self.folder, VALIDITY, some).await?;
            let attempts: HashMap<Uid, i64> = known.iter().map(|entry| (entry.uid, entry.attempts)).collect();
            let is_done = |entry: &&Entry| matches!(entry.place, Place::Here { .. } | Place::Refused(_));
            let done: HashSet<Uid> = known.iter().filter(is_done).map(|entry| entry.uid).collect();
            let mut window: Vec<Wanted> = Vec::new();
            let mut bytes = 0;
            for uid in some.iter().copied().filter(|uid| !done.contains(uid)) {
                let Some(place) = self.places.get(uid.0 as usize - 1).copied() else { continue };
                let attempts = attempts.get(&uid).copied().unwrap_or(0);
                // RFC 3502 has no message of no bytes among several.
                let alone = attempts >= SUSPICIOUS || place.length > LARGE || place.length == 0;
                if !window.is_empty()
                    && (alone || window.len() >= self.job.front.window(WINDOW) || bytes + place.length > LARGE)
                {
                    self.read_window(std::mem::take(&mut window), &outlet).await?;
                    bytes = 0;
                }
                window.push(Wanted { uid, place, attempts });
                bytes += place.length;
                if alone {
                    self.read_window(std::mem::take(&mut window), &outlet).await?;
                    bytes = 0;
                }
            }
            self.read_window(window, &outlet).await?;
        }
        Ok(())
    }

    async fn read_window(&mut self, window: Vec<Wanted>, outlet: &Outlet) -> Result<(), Stop> {
        if window.is_empty() {
            return Ok(());
        }
        if *self.came {
            self.job.go_on()?;
        }
        let Some(mut archive) = self.archive.take() else { return Ok(()) };
        let spool = self.job.spool.clone();
        let read = spawn_blocking(move || {
            let mut read = Vec::new();
            for wanted in window {
                let mut keeper = Keeper::new(&spool, wanted.place.length);
                let known = archive.message(wanted.place, &mut keeper);
                match known.and_then(|known| Ok((known, keeper.finish()?))) {
                    Err(error) if !is_of_file(&error) => return (archive, Err(error)),
                    one => read.push((wanted, one)),
                }
            }
            (archive, Ok(read))
        });
        let turn = self.job.front.give_way().await;
        let (archive, read) = read.await.context("Files of a collector")?;
        self.archive = Some(archive);
        let read = read.context("A large message")?;
        *self.came = true;
        self.job.step(Step::Read)?;
        let (mut fresh, mut left_out) = (Vec::new(), Vec::new());
        for (Wanted { uid, attempts, place }, read) in read {
            match read {
                Ok((known, Kept::Whole(digest, text))) => {
                    let flags: Vec<Flag> = known.flags;
                    let alone = matches!(text, Text::Filed(_)) || digest.raw == 0;
                    let one = Fresh { uid, date: known.date, flags, email: None, digest, text, attempts };
                    if alone {
                        outlet.messages(std::mem::take(&mut fresh), None).await;
                        outlet.messages(vec![one], None).await;
                    } else {
                        fresh.push(one);
                    }
                }
                Ok((_, Kept::TooLarge(limit))) => {
                    left_out.push(refused(uid, place, RefusedReason::TooLarge { limit }));
                }
                Err(error) => {
                    left_out.push(refused(uid, place, RefusedReason::Unreadable { text: error.to_string() }));
                }
            }
        }
        outlet.messages(fresh, turn).await;
        outlet.note(left_out).await;
        Ok(())
    }
}

fn refused(uid: Uid, place: archive::Place, reason: RefusedReason) -> Entry {
    let (size, hash, flags) = (place.length, String::new(), String::new());
    Entry { uid, size, raw: size, date: None, hash, flags, place: Place::Refused(reason), attempts: 0, email: None }
}

enum Kept {
    Whole(Digest, Text),
    /// Octets that were the limit.
    TooLarge(u64),
}

/// Takes a message: into memory, or into a file where it is large.
struct Keeper<'a> {
    spool: &'a Path,
    bytes: Vec<u8>,
    file: Option<File>,
    digester: Digester,
    size: u64,
    /// The most that it may have, in octets.
    limit: u64,
}

impl<'a> Keeper<'a> {
    /// `said`: the octets that the file says it has. With every line end counted as two it has twice as many at most; a zip
    /// that says otherwise is a bomb.
    fn new(spool: &'a Path, said: u64) -> Self {
        let limit = LARGEST.min(said.saturating_mul(2).saturating_add(SLACK));
        Self { spool, bytes: Vec::new(), file: None, digester: Digester::default(), size: 0, limit }
    }

    fn finish(self) -> io::Result<Kept> {
        if self.size > self.limit {
            return Ok(Kept::TooLarge(self.limit));
        }
        let text = match self.file {
            Some(mut file) => {
                file.rewind()?;
                Text::Filed(tokio::fs::File::from_std(file))
            }
            None => Text::Held(self.bytes),
        };
        Ok(Kept::Whole(self.digester.finish(), text))
    }
}

impl Keeper<'_> {
    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(bytes)?,
            None if self.size <= LARGE => self.bytes.extend_from_slice(bytes),
            None => {
                let mut file = nameless(self.spool)?;
                file.write_all(&self.bytes)?;
                file.write_all(bytes)?;
                self.bytes = Vec::new();
                self.file = Some(file);
            }
        }
        Ok(())
    }
}

impl Write for Keeper<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            // The rest is passed over: the message is left out.
            return Ok(bytes.len());
        }
        self.digester.push(bytes);
        self.keep(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_fits_into_a_file_system_and_keeps_its_end() {
        let name = file_name(3, &format!("{}.mbox", "я".repeat(150)));
        assert!(name.len() <= 255 && name.starts_with("000003-я") && name.ends_with("я.mbox"), "{name}");
        assert_eq!(file_name(0, "a.eml"), "000000-a.eml");
    }

    #[test]
    fn what_is_larger_than_its_file_says_is_not_kept() {
        let spool = std::env::temp_dir();
        let mut keeper = Keeper::new(&spool, 10);
        for _ in 0..100 {
            keeper.write_all(&[b'x'; 1024]).expect("it is passed over");
        }
        assert!(keeper.bytes.len() as u64 <= SLACK + 1024 && matches!(keeper.finish(), Ok(Kept::TooLarge(_))));
        let mut keeper = Keeper::new(&spool, 5 * 1024 * 1024);
        keeper.write_all(&vec![b'x'; 5 * 1024 * 1024]).expect("room");
        assert!(matches!(keeper.finish(), Ok(Kept::Whole(_, Text::Filed(_)))));
    }

    #[test]
    fn a_full_disk_is_no_fault_of_a_file() {
        assert!(!is_of_file(&io::ErrorKind::StorageFull.into()) && !is_of_file(&io::Error::from_raw_os_error(24)));
        assert!(is_of_file(&io::ErrorKind::UnexpectedEof.into()) && is_of_file(&io::ErrorKind::InvalidData.into()));
    }
}
