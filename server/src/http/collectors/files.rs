//! The form that takes mail in files: streamed into the data folder, where a collector finds them.

use std::{io, path::Path};

use app::{
    page::render_files_form,
    view::collectors::FilesPage,
    wire::{CollectorKind, CollectorOptions, CollectorState, Error},
};
use axum::{
    extract::{Multipart, Query, State, multipart::Field},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use tokio::io::AsyncWriteExt;

use super::MOST;
use crate::{
    bridge::{Bridge, internal},
    collector::files,
    error::{HttpError, status},
    http::{
        login::{SignedIn, Visitor},
        page::{Person, site, with_policy},
        upload::{next_chunk, next_field},
    },
    mime::shown::clean_name,
    store::{Login, StoredCollector},
};

/// Octets of files that are taken at once, together.
const FILES: u64 = 32 * 1024 * 1024 * 1024;

/// Files of one account that may wait to be brought.
const WAITING: usize = 3;

/// The longest name of a folder, in bytes.
const PREFIX: usize = 1000;

/// For which folder the form is.
#[derive(serde::Deserialize)]
pub struct Place {
    #[serde(default)]
    prefix: String,
}

pub async fn form(_: Visitor, headers: HeaderMap, Query(place): Query<Place>) -> Result<Response, HttpError> {
    Ok(filled_form(&headers, place.prefix, None))
}

fn filled_form(headers: &HeaderMap, prefix: String, error: Option<Error>) -> Response {
    let Person { language, theme, .. } = Person::of(headers);
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let page = FilesPage { prefix, error, language, theme };
    with_policy(|_| render_files_form(&page, &site()), code)
}

pub async fn add(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    parts: Multipart,
) -> Result<Response, HttpError> {
    // One after the other: they may be large.
    let Some(_turn) = bridge.collectors.begin_upload(login.account) else {
        return Ok(filled_form(&headers, String::new(), Some(Error::Busy)));
    };
    let (name, folder) = files::make_folder(&bridge.config.data).await?;
    let mut unfinished = files::Unfinished::new(folder.clone());
    let mut taken = Taken::default();
    let added = match take_files(&bridge, &login, parts, &folder, &mut taken).await {
        Ok(()) => {
            // From here on they are the collector's, even if whoever sent them goes in this moment.
            unfinished.keep();
            let options = CollectorOptions { prefix: taken.prefix.clone(), ..CollectorOptions::default() };
            bridge.add_files(login.account, (&name, &taken.title()), &options, taken.look).await
        }
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(Redirect::to("/collectors").into_response()),
        Err(error) => {
            files::remove(&bridge.config.data, &name).await;
            Ok(filled_form(&headers, taken.prefix, Some(error)))
        }
    }
}

/// What came with the form of files.
#[derive(Default)]
struct Taken {
    prefix: String,
    look: bool,
    names: Vec<String>,
    bytes: u64,
}

impl Taken {
    /// How they are called on the page.
    fn title(&self) -> String {
        match self.names.as_slice() {
            [] => String::new(),
            [name] => name.clone(),
            [first, others @ ..] => format!("{first} + {}", others.len()),
        }
    }
}

async fn take_files(
    bridge: &Bridge,
    login: &Login,
    mut parts: Multipart,
    folder: &Path,
    taken: &mut Taken,
) -> Result<(), Error> {
    let others = bridge.store.collectors(login.account).await.map_err(internal)?;
    if others.len() >= MOST {
        return Err(Error::TooManyCollectors { limit: MOST as u32 });
    }
    let waits = |other: &StoredCollector| other.kind == CollectorKind::Files && other.state != CollectorState::Done;
    if others.iter().filter(|other| waits(other)).count() >= WAITING {
        return Err(Error::Busy);
    }
    while let Some(mut part) = next_field(&mut parts).await? {
        match part.name() {
            Some("prefix") => {
                let mut text = Vec::new();
                while let Some(chunk) = next_chunk(&mut part).await? {
                    text.extend_from_slice(&chunk);
                    if text.len() > PREFIX {
                        return Err(Error::MailboxName);
                    }
                }
                taken.prefix = String::from_utf8_lossy(&text).trim().to_owned();
            }
            Some("look") => taken.look = true,
            // A browser sends one without a name where none was chosen.
            Some("files") if part.file_name().is_some_and(|name| !name.is_empty()) => {
                take_file(part, folder, taken).await?;
            }
            _ => {}
        }
    }
    if taken.names.is_empty() { Err(Error::NoMail) } else { Ok(()) }
}

async fn take_file(mut part: Field<'_>, folder: &Path, taken: &mut Taken) -> Result<(), Error> {
    if taken.names.len() >= files::MOST {
        return Err(Error::BadRequest { text: format!("More than {} files", files::MOST) });
    }
    let name = clean_name(part.file_name().unwrap_or_default());
    let path = folder.join(files::file_name(taken.names.len(), &name));
    taken.names.push(name);
    let mut file = tokio::fs::File::create_new(&path).await.map_err(|error| internal(error.into()))?;
    let written = |taken: &Taken, error: io::Error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::TooLarge { limit: taken.bytes },
        _ => internal(error.into()),
    };
    while let Some(chunk) = next_chunk(&mut part).await? {
        taken.bytes += chunk.len() as u64;
        if taken.bytes > FILES {
            return Err(Error::TooLarge { limit: FILES });
        }
        file.write_all(&chunk).await.map_err(|error| written(taken, error))?;
    }
    file.sync_all().await.map_err(|error| written(taken, error))
}
