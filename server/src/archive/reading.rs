//! Mail out of files: messages as they are (`.eml`), mailboxes as one text (mbox, in all its dialects), and zips of these and of
//! Maildirs. A file is gone through once to find out what is where; then each message can be had by itself.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use app::wire::Flag;
use zip::{ExtraField, ZipArchive};

use super::{
    message::{self, Cleaner, MARK, arrival_date, from_date, is_beginning, is_mbox, is_message, known},
    naming::{cleaned, folder_of, has_ending, is_of_system, maildir, maildir_flags},
};

/// The longest piece of a line, in octets, that is looked at as a whole.
const LINE: u64 = 1024 * 1024;

/// Messages of all files together, at most.
const MOST: usize = 5_000_000;

/// Octets that all mailboxes in zips may have together when they are unpacked: a bomb must not fill the disk.
const UNPACKED: u64 = 64 * 1024 * 1024 * 1024;

/// Zips at once. Each is open for as long as it is needed.
const ZIPS: usize = 100;

/// What there is in some files.
pub struct Archive {
    files: Vec<Opened>,
    /// By their paths.
    pub folders: Vec<Folder>,
    /// Files that are no mail.
    pub others: u64,
    messages: usize,
    /// Where each folder is in `folders`.
    by_path: HashMap<String, usize>,
    unpacked: u64,
}

enum Opened {
    /// Opened anew each time: there may be more than can be open at once.
    At(PathBuf),
    /// What was unpacked.
    Spooled(File),
    Zip(Box<ZipArchive<File>>),
}

pub struct Folder {
    /// With `/` between levels. Empty for messages that were in none.
    pub path: String,
    pub messages: Vec<Place>,
    /// Octets as the files have them.
    pub octets: u64,
}

/// Where a message is.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    file: u32,
    /// Of an mbox, the octet at which it begins; of a zip, the number of its entry.
    at: u64,
    /// Octets as the file has them.
    pub length: u64,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Mbox,
    Single,
    Entry,
}

/// What is known of a message beside its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub flags: Vec<Flag>,
    /// When it came, in seconds since 1970 UTC.
    pub date: Option<i64>,
}

/// Makes a file without a name, for what has to be unpacked.
pub type Spool<'a> = &'a dyn Fn() -> io::Result<File>;

impl Archive {
    /// Goes through files, in this order, each with its own name and where it is. `keep_names`: an mbox is a folder of its own
    /// name; else it is in none, as a single message is.
    pub fn open(files: Vec<(String, PathBuf)>, keep_names: bool, spool: Spool<'_>) -> io::Result<Archive> {
        let mut archive = Archive {
            files: Vec::new(),
            folders: Vec::new(),
            others: 0,
            messages: 0,
            by_path: HashMap::new(),
            unpacked: 0,
        };
        let mut zips = 0;
        for (name, path) in files {
            let mut file = File::open(&path)?;
            let beginning = beginning(&mut file)?;
            if beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(b"PK\x05\x06") {
                zips += 1;
                if zips > ZIPS {
                    return Err(io::Error::other("more zips than can be taken in at once"));
                }
                archive.take_zip(file, spool)?;
            } else if is_mbox(&beginning) {
                let folder = if keep_names { folder_of(&name) } else { String::new() };
                archive.take_mbox(&mut BufReader::with_capacity(BUFFER, file), 0, &folder)?;
                archive.files.push(Opened::At(path));
            } else if is_message(&beginning) {
                let length = file.metadata()?.len();
                let place = Place { file: archive.number(), at: 0, length, form: Form::Single };
                archive.files.push(Opened::At(path));
                archive.add("", place)?;
            } else {
                archive.others += 1;
            }
        }
        archive.folders.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(archive)
    }

    /// Gives folders other names; those that have the same then are one.
    pub fn rename(&mut self, name: impl Fn(&str) -> String) {
        let before = std::mem::take(&mut self.folders);
        self.by_path.clear();
        for folder in before {
            let path = name(&folder.path);
            let at = self.folder(&path);
            if let Some(known) = self.folders.get_mut(at) {
                known.messages.extend(folder.messages);
                known.octets += folder.octets;
            }
        }
    }

    fn folder(&mut self, path: &str) -> usize {
        if let Some(at) = self.by_path.get(path) {
            return *at;
        }
        let at = self.folders.len();
        self.folders.push(Folder { path: path.to_owned(), messages: Vec::new(), octets: 0 });
        self.by_path.insert(path.to_owned(), at);
        at
    }

    fn number(&self) -> u32 {
        u32::try_from(self.files.len()).unwrap_or(u32::MAX)
    }

    fn add(&mut self, path: &str, place: Place) -> io::Result<()> {
        self.messages += 1;
        if self.messages > MOST {
            return Err(io::Error::other("more messages than can be taken in at once"));
        }
        let at = self.folder(path);
        if let Some(folder) = self.folders.get_mut(at) {
            folder.messages.push(place);
            folder.octets += place.length;
        }
        Ok(())
    }

    /// Finds the messages of an mbox, which begins at this octet of the file that is added next.
    fn take_mbox(&mut self, reader: &mut impl BufRead, begins: u64, path: &str) -> io::Result<()> {
        let number = self.number();
        let (mut line, mut at, mut blank) = (Vec::new(), begins, true);
        let mut open: Option<(u64, Cleaner)> = None;
        let mut unused = Vec::new();
        loop {
            line.clear();
            let read = reader.by_ref().take(LINE).read_until(b'\n', &mut line)?;
            if read == 0 || (blank && is_beginning(&line)) {
                if let Some((begun, cleaner)) = open.take() {
                    let folder = known(&cleaner.head, message::Form::Mbox).folder;
                    let path = folder.map_or_else(|| path.to_owned(), |folder| cleaned(folder.split('/')));
                    self.add(&path, Place { file: number, at: begun, length: at - begun, form: Form::Mbox })?;
                }
                if read == 0 {
                    break;
                }
                open = Some((at, Cleaner::new(message::Form::Mbox)));
            } else if let Some((_, cleaner)) = &mut open {
                unused.clear();
                cleaner.line(&line, &mut unused);
            }
            blank = line.trim_ascii().is_empty();
            at += read as u64;
        }
        Ok(())
    }

    fn take_zip(&mut self, file: File, spool: Spool<'_>) -> io::Result<()> {
        let mut zip = ZipArchive::new(file)?;
        if zip.len() > MOST {
            return Err(io::Error::other("more files in a zip than can be taken in"));
        }
        let number = self.number();
        // All of them one after the other.
        let (mut unpacked, mut mailboxes): (Option<File>, Vec<(String, u64)>) = (None, Vec::new());
        let mut end = 0;
        let mut singles = Vec::new();
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index)?;
            let name = entry.name().map_err(io::Error::from)?.replace('\\', "/");
            if entry.is_dir() || is_of_system(&name) {
                continue;
            }
            let place = Place { file: number, at: index as u64, length: entry.size(), form: Form::Entry };
            if let Some((folder, _)) = maildir(&name) {
                singles.push((folder, place));
                continue;
            }
            let mut start = Vec::new();
            entry.by_ref().take(BEGINNING).read_to_end(&mut start)?;
            if is_mbox(&start) {
                let file = match &mut unpacked {
                    Some(file) => file,
                    None => unpacked.insert(spool()?),
                };
                file.write_all(&start)?;
                let left = UNPACKED.saturating_sub(self.unpacked);
                let length = start.len() as u64 + io::copy(&mut entry.take(left), file)?;
                self.unpacked += length;
                if self.unpacked >= UNPACKED {
                    return Err(io::Error::other("the mailboxes in zips are too large"));
                }
                end += length;
                mailboxes.push((folder_of(&name), end));
            } else if is_message(&start) && has_ending(&name, &["eml", "txt", "mht", ""]) {
                let above = name.rsplit_once('/').map_or("", |(above, _)| above);
                singles.push((cleaned(above.split('/')), place));
            } else {
                self.others += 1;
            }
        }
        self.files.push(Opened::Zip(Box::new(zip)));
        for (path, place) in singles {
            self.add(&path, place)?;
        }
        let Some(mut unpacked) = unpacked else { return Ok(()) };
        let mut begins = 0;
        for (path, end) in mailboxes {
            unpacked.seek(SeekFrom::Start(begins))?;
            let mut reader = BufReader::with_capacity(BUFFER, (&unpacked).take(end - begins));
            self.take_mbox(&mut reader, begins, &path)?;
            begins = end;
        }
        self.files.push(Opened::Spooled(unpacked));
        Ok(())
    }

    /// Writes a message as a mail server would have it, and says what else is known of it.
    pub fn message(&mut self, place: Place, out: &mut dyn Write) -> io::Result<Known> {
        let opened = self.files.get_mut(place.file as usize).ok_or(io::ErrorKind::NotFound)?;
        match opened {
            Opened::At(path) => piece(&mut File::open(path)?, place, out),
            Opened::Spooled(file) => piece(file, place, out),
            Opened::Zip(zip) => {
                let index = usize::try_from(place.at).unwrap_or(usize::MAX);
                let keywords = keywords(zip, index)?;
                let entry = zip.by_index(index)?;
                let name = entry.name().map_err(io::Error::from)?.replace('\\', "/");
                let date = entry.extra_data_fields().find_map(|field| match field {
                    ExtraField::ExtendedTimestamp(times) => times.mod_time().map(i64::from),
                    _ => None,
                });
                let of_maildir = maildir(&name);
                let form = if of_maildir.is_some() { message::Form::Maildir } else { message::Form::Single };
                let mut known = copy(BufReader::with_capacity(BUFFER, entry), form, out)?;
                if let Some((_, file)) = of_maildir {
                    known.flags = maildir_flags(file, &keywords);
                    known.date = date.filter(|date| *date > 0).or(known.date);
                }
                Ok(known)
            }
        }
    }
}

/// How much is read at once.
const BUFFER: usize = 64 * 1024;

/// How much of a file tells what it is.
const BEGINNING: u64 = 4096;

fn beginning(file: &mut File) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.rewind()?;
    (&*file).take(BEGINNING).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start)
}

fn piece(file: &mut File, place: Place, out: &mut dyn Write) -> io::Result<Known> {
    file.seek(SeekFrom::Start(place.at))?;
    let form = if place.form == Form::Mbox { message::Form::Mbox } else { message::Form::Single };
    copy(BufReader::with_capacity(BUFFER, (&*file).take(place.length)), form, out)
}

fn copy(mut reader: impl BufRead, form: message::Form, out: &mut dyn Write) -> io::Result<Known> {
    let mut cleaner = Cleaner::new(form);
    let mbox = form == message::Form::Mbox;
    let (mut line, mut pending, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let mut date = None;
    let mut first = true;
    loop {
        line.clear();
        if reader.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if std::mem::take(&mut first) {
            if mbox {
                date = from_date(&line);
                continue;
            }
            if line.starts_with(MARK) {
                line.drain(..MARK.len());
            }
        }
        // The empty line before the next message belongs to neither.
        let hold = mbox && matches!(&*line, b"\n" | b"\r\n");
        bytes.clear();
        if !pending.is_empty() {
            cleaner.line(&std::mem::take(&mut pending), &mut bytes);
        }
        if hold {
            pending.clone_from(&line);
        } else {
            cleaner.line(&line, &mut bytes);
        }
        out.write_all(&bytes)?;
    }
    let date = date.or_else(|| arrival_date(&cleaner.head));
    Ok(Known { flags: known(&cleaner.head, form).flags, date })
}

/// Which keyword each letter stands for in the Maildir of an entry, if it says so as Dovecot does.
fn keywords(zip: &mut ZipArchive<File>, index: usize) -> io::Result<HashMap<char, String>> {
    let name = zip.name_for_index(index).and_then(Result::ok).unwrap_or_default().into_owned();
    let above = name.rsplit_once('/').and_then(|(above, _)| above.rsplit_once('/')).map_or("", |(above, _)| above);
    let path = if above.is_empty() { "dovecot-keywords".to_owned() } else { format!("{above}/dovecot-keywords") };
    let Some(index) = zip.index_for_name(&path) else { return Ok(HashMap::new()) };
    let mut text = String::new();
    zip.by_index(index)?.take(LINE).read_to_string(&mut text)?;
    let pair = |line: &str| {
        let (number, word) = line.split_once(' ')?;
        let letter = char::from_u32(u32::from(b'a').checked_add(number.parse().ok()?)?)?;
        Some((letter, word.trim().to_owned()))
    };
    Ok(text.lines().filter_map(pair).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;
    use crate::archive::mbox;

    fn nameless() -> io::Result<File> {
        crate::spool::nameless(&std::env::temp_dir())
    }

    /// A file in a folder of its own, which is removed with it.
    struct Given(PathBuf);

    impl Given {
        fn new(bytes: &[u8]) -> Given {
            let name = crate::seal::random_hex(8).expect("a name");
            let path = std::env::temp_dir().join(format!("pismo-archive-{name}"));
            std::fs::write(&path, bytes).expect("a file");
            Given(path)
        }
    }

    impl Drop for Given {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// A folder, and each of its messages with what is known of it.
    type Found = (String, Vec<(String, Known)>);

    fn all(files: &[(&str, &[u8])], keep_names: bool) -> Vec<Found> {
        let given: Vec<Given> = files.iter().map(|(_, bytes)| Given::new(bytes)).collect();
        let named = files.iter().zip(&given).map(|((name, _), given)| ((*name).to_owned(), given.0.clone()));
        let mut archive = Archive::open(named.collect(), keep_names, &nameless).expect("mail");
        let folders: Vec<(String, Vec<Place>)> =
            archive.folders.iter().map(|folder| (folder.path.clone(), folder.messages.clone())).collect();
        let mut read = |place: Place| {
            let mut text = Vec::new();
            let known = archive.message(place, &mut text).expect("a message");
            (String::from_utf8_lossy(&text).into_owned(), known)
        };
        folders.into_iter().map(|(path, places)| (path, places.into_iter().map(&mut read).collect())).collect()
    }

    #[test]
    fn a_message_by_itself_is_in_no_folder() {
        let text = b"\xef\xbb\xbfX-Mozilla-Status: 0001\r\nStatus: open\r\n\r\nFrom me\r\n>From you";
        let found = all(&[("a.eml", text)], true);
        let known = Known { flags: vec![Flag::Seen], date: None };
        // What is no note of Thunderbird's is the message's own.
        assert_eq!(found, [(String::new(), vec![("Status: open\r\n\r\nFrom me\r\n>From you".to_owned(), known)])]);
    }

    #[test]
    fn what_is_no_mail_is_counted() {
        let given = [Given::new(b"%PDF-1.7\n"), Given::new(b"")];
        let files = given.iter().map(|given| ("a".to_owned(), given.0.clone())).collect();
        let archive = Archive::open(files, true, &nameless).expect("files");
        assert_eq!((archive.folders.len(), archive.others), (0, 2));
    }

    #[test]
    fn a_zip_of_many_programs_is_read() {
        let mut zip = ZipWriter::new(nameless().expect("a file"));
        let add = |zip: &mut ZipWriter<File>, name: &str, text: &str| {
            zip.start_file(name, SimpleFileOptions::default()).expect("an entry");
            zip.write_all(text.as_bytes()).expect("written");
        };
        add(&mut zip, "Work/2026/cur/1795670244.7_1.pismo:2,FSb", "X-Keywords: mine\n\na\n");
        add(&mut zip, "Work/2026/dovecot-keywords", "0 none\n1 urgent\n");
        add(&mut zip, ".Plans.Far/new/1.x", "Subject: b\r\n\r\nb\r\n");
        add(
            &mut zip,
            "Mail/INBOX.sbd/Lists",
            "From - Thu Nov 26 05:17:24 2026\nX-Mozilla-Status: 0004\nSubject: c\n\nc\n\n",
        );
        add(&mut zip, "Old.mbox/mbox", "From x Thu Nov 26 05:17:24 2026\nSubject: d\n\nd\n\n");
        add(&mut zip, "../../etc/e.eml", "Subject: e\n\ne\n");
        add(&mut zip, "readme.html", "<html>");
        add(&mut zip, "__MACOSX/._e.eml", "Subject: not\n\n");
        let mut bytes = Vec::new();
        let mut made = zip.finish().expect("a zip");
        made.rewind().expect("a file");
        made.read_to_end(&mut bytes).expect("a file");
        let found = all(&[("mail.zip", &bytes)], true);
        let words: Vec<(&str, &str, Vec<&str>)> = found
            .iter()
            .flat_map(|(path, messages)| {
                messages
                    .iter()
                    .map(|(text, known)| (path.as_str(), text.as_str(), known.flags.iter().map(Flag::as_str).collect()))
            })
            .collect();
        let expected = [
            ("Mail/INBOX/Lists", "Subject: c\r\n\r\nc\r\n", vec!["\\Flagged"]),
            ("Old", "Subject: d\r\n\r\nd\r\n", vec![]),
            ("Plans/Far", "Subject: b\r\n\r\nb\r\n", vec![]),
            ("Work/2026", "X-Keywords: mine\r\n\r\na\r\n", vec!["\\Flagged", "\\Seen", "urgent"]),
            ("_/_/etc", "Subject: e\r\n\r\ne\r\n", vec![]),
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn labels_of_a_takeout_are_folders() {
        let text = b"From 1@xxx Thu Nov 26 05:17:24 +0000 2026\r\nX-GM-THRID: 1\r\nX-Gmail-Labels: Inbox,Unread,Work\r\nSubject: a\r\n\r\na\r\n\r\n\
            From 2@xxx Thu Nov 26 05:17:25 +0000 2026\r\nX-Gmail-Labels: Archived,Opened\r\nSubject: b\r\n\r\nb\r\n\r\n";
        let found = all(&[("All mail.mbox", text)], true);
        let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["Archive", "INBOX"]);
        assert_eq!(found[1].1[0].0, "Subject: a\r\n\r\na\r\n");
        assert_eq!(found[1].1[0].1, Known { flags: vec![Flag::Keyword("Work".to_owned())], date: Some(1_795_670_244) });
    }

    proptest! {
        /// What is written as an mbox is read as it was, but that each line has an end, and the last one, too.
        #[test]
        fn an_mbox_comes_back(bodies in proptest::collection::vec("(From x 10:00 2026|>From |\r\n|a|b ){0,20}", 1..6)) {
            let mut writer = mbox::Writer::default();
            let mut text = Vec::new();
            let flags = [Flag::Seen, Flag::Keyword("work".to_owned())];
            let messages: Vec<String> = bodies.iter().map(|body| format!("Subject: x\r\n\r\n{body}\r\n")).collect();
            for message in &messages {
                text.extend(writer.begin(1_795_670_244, &flags));
                text.extend(writer.write(message.as_bytes()));
                text.extend(writer.end());
            }
            let found = all(&[("Work.mbox", &text)], true);
            prop_assert_eq!(found.len(), 1);
            let (path, read) = &found[0];
            prop_assert_eq!(path.as_str(), "Work");
            let texts: Vec<&str> = read.iter().map(|(text, _)| text.as_str()).collect();
            prop_assert_eq!(texts, messages.iter().map(String::as_str).collect::<Vec<_>>());
            for (_, known) in read {
                prop_assert_eq!(known, &Known { flags: flags.to_vec(), date: Some(1_795_670_244) });
            }
        }
    }
}
