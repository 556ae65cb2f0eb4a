//! Files on their way into a message: streamed to the data folder.

use app::wire::{Attachment, BlobId, Error};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use percent_encoding::percent_decode_str;
use tokio::{io::AsyncWriteExt, time::timeout};
use tokio_util::io::ReaderStream;

use super::login::SignedIn;
use crate::{blobs, bridge::Bridge, error::HttpError, mime, seal::random_hex, store::Blob};

/// A sender that says nothing for this long has gone.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Takes a file: its bytes as the body, its name percent-encoded in `x-file-name`.
pub async fn upload(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Attachment>, HttpError> {
    let limit = bridge.config.upload_limit;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Error::TooLarge { limit }.into());
    }
    let id = BlobId(random_hex(16)?);
    let size = match write(&bridge, &id, body, limit).await {
        Ok(size) => size,
        Err(error) => {
            blobs::remove(&bridge.config.data, &id).await;
            return Err(error);
        }
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = mime::shown::clean_name(&percent_decode_str(text("x-file-name")).decode_utf8_lossy());
    let content_type = text("content-type").to_ascii_lowercase();
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    let is_type = |text: &str| {
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        text.split_once('/').is_some_and(|(kind, subtype)| word(kind) && word(subtype))
    };
    let content_type = if is_type(content_type) { content_type } else { "application/octet-stream" };
    let blob = Blob {
        id: id.clone(),
        name: if name.is_empty() { "file".to_owned() } else { name },
        content_type: content_type.to_owned(),
        size,
    };
    bridge.store.add_blob(login.account, &blob).await?;
    Ok(Json(Attachment { blob: id, name: blob.name, content_type: blob.content_type, size, inline: false }))
}

async fn write(bridge: &Bridge, id: &BlobId, body: Body, limit: u64) -> Result<u64, HttpError> {
    let mut file = blobs::create(&bridge.config.data, id).await?;
    let mut size = 0u64;
    let mut chunks = body.into_data_stream();
    loop {
        let chunk = match timeout(SILENCE, chunks.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => {
                return Err(Error::BadRequest { text: "The upload was cut".to_owned() }.into());
            }
        };
        size += chunk.len() as u64;
        if size > limit {
            return Err(Error::TooLarge { limit }.into());
        }
        file.write_all(&chunk).await.map_err(anyhow::Error::from)?;
    }
    file.sync_all().await.map_err(anyhow::Error::from)?;
    Ok(size)
}

/// Pictures that are given out again: nothing that a browser could take for a document.
const PICTURES: [&str; 6] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"];

/// Gives a picture out again that stands in what its owner is writing.
pub async fn picture(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let blob = bridge.store.blob(login.account, &BlobId(id)).await?.ok_or(Error::Gone)?;
    let content_type = PICTURES.into_iter().find(|kind| *kind == blob.content_type).ok_or(Error::Gone)?;
    let path = blobs::path(&bridge.config.data, &blob.id).ok_or(Error::Gone)?;
    let file = tokio::fs::File::open(path).await.map_err(anyhow::Error::from)?;
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_LENGTH, blob.size.to_string()),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}

/// Forgets an uploaded file.
pub async fn forget(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path(id): Path<String>,
) -> Result<Json<()>, HttpError> {
    blobs::forget(&bridge.store, &bridge.config.data, login.account, &BlobId(id)).await?;
    Ok(Json(()))
}
