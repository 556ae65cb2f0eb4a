//! The way out: a folder as mbox, or folders as a zip of Maildirs, made while it is downloaded.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use app::wire::{Error, Right, Uid};
use axum::{
    body::{Body, Bytes},
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::{runtime::Handle, sync::mpsc, time::timeout};
use zip::{
    ZipWriter,
    result::ZipResult,
    write::{FullFileOptions, SimpleFileOptions, StreamWriter},
};

use super::{login::SignedIn, message::disposition};
use crate::{
    account::{DOWNLOAD_PATIENCE, Exported, Head, Pieces},
    archive::{maildir::Maildir, mbox},
    bridge::Bridge,
    error::HttpError,
    imap::Listed,
    store::{Login, now},
};

/// How much of a zip is gathered before it goes out.
const GATHERED: usize = 64 * 1024;

/// Mail is mostly text, which even the quickest level makes a third of.
const LEVEL: i64 = 1;

/// The Info-ZIP extended timestamp, in UTC: what zip itself has is two seconds coarse, and of no known zone.
const TIMESTAMP: u16 = 0x5455;

#[derive(serde::Deserialize)]
pub struct Asked {
    /// The path of the folder; without it, all of one's own.
    mailbox: Option<String>,
}

pub async fn as_mbox(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let path = asked.mailbox.ok_or_else(|| Error::BadRequest { text: "Which folder?".to_owned() })?;
    let (name, pieces) = begin(&bridge, &login, Some(path)).await?;
    let begin = Some((pieces, mbox::Writer::default(), false));
    let bytes = stream::unfold(begin, |state| async move {
        let (mut pieces, mut writer, begun) = state?;
        let (out, begun) = match pieces.receiver.recv().await {
            Some(Ok(Exported::Mailbox { .. })) => (Vec::new(), begun),
            Some(Ok(Exported::Message(Head { date, flags, .. }))) => {
                let mut out = if begun { writer.end() } else { Vec::new() };
                out.extend(writer.begin(date, &flags));
                (out, true)
            }
            Some(Ok(Exported::Bytes(bytes))) => (writer.write(&bytes), begun),
            Some(Ok(Exported::Missing { uid: Some(uid), text })) => {
                let mut out = if begun { writer.end() } else { Vec::new() };
                out.extend(writer.begin(now(), &[]));
                out.extend(writer.write(missing(uid, &text).as_bytes()));
                (out, true)
            }
            Some(Ok(Exported::Missing { uid: None, text })) => {
                return Some((Err(broken(Some(&Error::Refused { text }))), None));
            }
            Some(Ok(Exported::End)) => (if begun { writer.end() } else { Vec::new() }, false),
            Some(Ok(Exported::All)) => return None,
            Some(Err(error)) => return Some((Err(broken(Some(&error))), None)),
            None => return Some((Err(broken(None)), None)),
        };
        Some((Ok(Bytes::from(out)), Some((pieces, writer, begun))))
    });
    answer(&format!("{name}.mbox"), "application/mbox", Body::from_stream(bytes))
}

pub async fn as_zip(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let (name, pieces) = begin(&bridge, &login, asked.mailbox).await?;
    let (sender, mut chunks) = mpsc::channel(1);
    // Packing is work for a thread of its own; it ends when the pieces do, or when nobody takes the chunks.
    tokio::task::spawn_blocking(move || {
        if let Err(error) = pack(pieces, &sender) {
            // Whoever has gone needs no reason.
            let _ = send(&sender, Err(error));
        }
    });
    let bytes = stream::poll_fn(move |context| chunks.poll_recv(context));
    answer(&format!("{name}.zip"), "application/zip", Body::from_stream(bytes))
}

/// What the file is called, and what is to go into it.
async fn begin(bridge: &Bridge, login: &Login, path: Option<String>) -> Result<(String, Pieces), HttpError> {
    let record = bridge.store.account(login.account).await?.ok_or(Error::SignedOut)?;
    let credentials = bridge.credentials(&record)?;
    let account = bridge.account(login).await?;
    let listed = account.folders(None).await?.listed;
    let may_read = |mailbox: &Listed| mailbox.rights.as_ref().is_none_or(|rights| rights.may(Right::Read));
    let wanted = |mailbox: &Listed| match &path {
        Some(path) => mailbox.path == *path,
        None => mailbox.shared.is_none(),
    };
    let mailboxes: Vec<_> = listed
        .into_iter()
        .filter(|mailbox| mailbox.selectable && may_read(mailbox) && wanted(mailbox))
        .map(|mailbox| (mailbox.path, mailbox.delimiter))
        .collect();
    let name = match (&path, mailboxes.first()) {
        (None, _) => record.address.clone(),
        (Some(_), Some((path, delimiter))) => {
            delimiter.and_then(|delimiter| path.rsplit(delimiter).next()).unwrap_or(path).to_owned()
        }
        (Some(_), None) => return Err(Error::Gone.into()),
    };
    let pieces = account.export(&record, &credentials, mailboxes, bridge.presence.watch(&login.token))?;
    Ok((name, pieces))
}

fn answer(name: &str, content_type: &'static str, body: Body) -> Result<Response, HttpError> {
    let headers =
        [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition(false, name))];
    Ok((headers, body).into_response())
}

/// Breaks the download off: half a file must not look like a whole one.
fn broken(error: Option<&Error>) -> io::Error {
    tracing::warn!(?error, "An export was broken off");
    io::Error::other("the mail server did not give all of it")
}

type Chunks = mpsc::Sender<io::Result<Bytes>>;

/// What stands in place of a message.
fn missing(uid: Uid, text: &str) -> String {
    format!(
        "Subject: A message is missing here\n\nThe mail server does not give out message {} of this folder. {text}\n",
        uid.0
    )
}

/// Waits until the chunk is wanted, but not for ever: this is a thread.
fn send(chunks: &Chunks, chunk: io::Result<Bytes>) -> io::Result<()> {
    let sent = timeout(DOWNLOAD_PATIENCE, chunks.send(chunk));
    match Handle::current().block_on(sent) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

fn pack(mut pieces: Pieces, chunks: &Chunks) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(Out { chunks: chunks.clone(), gathered: Vec::new() });
    let (mut maildir, mut taken) = (Maildir::default(), HashSet::new());
    let (mut at, mut not_here) = (String::new(), String::new());
    loop {
        let piece = pieces.receiver.blocking_recv().ok_or_else(|| broken(None))?;
        match piece.map_err(|error| broken(Some(&error)))? {
            Exported::Mailbox { path, delimiter } => {
                maildir = Maildir::new(&path, delimiter, &mut taken);
                at = path;
                for folder in maildir.folders() {
                    zip.add_directory(folder, SimpleFileOptions::default()).map_err(io::Error::from)?;
                }
            }
            Exported::Message(Head { uid_validity, uid, date, flags }) => {
                begin_file(&mut zip, &maildir.file(date, (uid_validity, uid), &flags), date)
                    .map_err(io::Error::from)?;
            }
            Exported::Bytes(bytes) => zip.write_all(&bytes)?,
            Exported::Missing { uid, text } => {
                let uid = uid.map_or_else(String::new, |uid| format!(" {}", uid.0));
                not_here.push_str(&format!("{at}{uid}: {text}\n"));
            }
            Exported::All => break,
            Exported::End => {
                if let Some((name, text)) = maildir.keywords() {
                    begin_file(&mut zip, &name, 0).map_err(io::Error::from)?;
                    zip.write_all(text.as_bytes())?;
                }
            }
        }
    }
    if !not_here.is_empty() {
        // What the mail server does not give out, and why.
        begin_file(&mut zip, "NOT-HERE.txt", now()).map_err(io::Error::from)?;
        zip.write_all(not_here.as_bytes())?;
    }
    zip.finish().map_err(io::Error::from)?.into_inner().flush()
}

fn begin_file(zip: &mut ZipWriter<StreamWriter<Out>>, name: &str, date: i64) -> ZipResult<()> {
    let mut options = FullFileOptions::default().compression_level(Some(LEVEL)).unix_permissions(0o600);
    // 32 bits are all that it has.
    if let Ok(date) = i32::try_from(date) {
        let mut field = vec![1];
        field.extend_from_slice(&date.to_le_bytes());
        options.add_extra_field(TIMESTAMP, field, false)?;
    }
    zip.start_file(name, options)
}

/// Sends what is written on, and waits until it is wanted.
struct Out {
    chunks: Chunks,
    gathered: Vec<u8>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= GATHERED {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let chunk = Bytes::from(std::mem::take(&mut self.gathered));
        send(&self.chunks, Ok(chunk))
    }
}
