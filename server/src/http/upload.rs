//! Forms with files, from senders who may be slow or gone.

use std::time::Duration;

use app::wire::Error;
use axum::{
    body::Bytes,
    extract::{Multipart, multipart::Field},
};
use tokio::time::timeout;

/// A sender that says nothing for this long has gone.
const SILENCE: Duration = Duration::from_secs(60);

/// The next field of a form.
pub async fn next_field(parts: &mut Multipart) -> Result<Option<Field<'_>>, Error> {
    timeout(SILENCE, parts.next_field()).await.map_err(cut)?.map_err(cut)
}

/// More of a field.
pub async fn next_chunk(part: &mut Field<'_>) -> Result<Option<Bytes>, Error> {
    timeout(SILENCE, part.chunk()).await.map_err(cut)?.map_err(cut)
}

/// Whatever it was, the sender has gone.
fn cut<E>(_: E) -> Error {
    Error::BadRequest { text: "The upload was cut".to_owned() }
}
