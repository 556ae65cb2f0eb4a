//! A section of a message as the body of an answer, decoded piece by piece, whole or a range of it (RFC 9110 §14).

use std::{num::NonZero, ops::RangeInclusive};

use app::wire::{Error, MessageRef};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http_range_header::parse_range_header_with_max_ranges;

use crate::{
    account::Account,
    error::HttpError,
    mime::{PartDecoder, structure::Encoding},
    presence::Watched,
};

/// How much is fetched at a time, in bytes as transferred.
const CHUNK: u32 = 256 * 1024;

/// What to stream.
#[derive(Clone)]
pub struct Section {
    pub account: Account,
    /// The download ends with it.
    pub login: Watched,
    pub message: MessageRef,
    /// RFC 9051 §6.4.5; empty for the whole message.
    pub section: String,
    pub encoding: Encoding,
}

impl Section {
    /// Streams it, or the range that was asked for: no more than a piece is ever held.
    pub async fn answer(self, asked: &HeaderMap) -> Result<Response, HttpError> {
        let tag = self.tag();
        let mut response = match self.range(asked, &tag).await? {
            Range::All => Reader::at(self, 0).stream(u64::MAX).await?.into_response(),
            Range::Part(range, total) => {
                let (start, length) = (*range.start(), range.end() - range.start() + 1);
                let body = Reader::at(self, start).stream(length).await?;
                let content_range = format!("bytes {start}-{}/{total}", range.end());
                let headers = [(header::CONTENT_RANGE, content_range), (header::CONTENT_LENGTH, length.to_string())];
                (StatusCode::PARTIAL_CONTENT, headers, body).into_response()
            }
            Range::Outside(total) => {
                let headers = [(header::CONTENT_RANGE, format!("bytes */{total}"))];
                return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
            }
        };
        let headers = response.headers_mut();
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(anyhow::Error::from)?);
        Ok(response)
    }

    /// The bytes of a UID never change (RFC 9051 §2.3.1.1), so that a broken download goes on where it stopped.
    fn tag(&self) -> String {
        let MessageRef { uid_validity, uid, .. } = &self.message;
        format!("\"{}.{}.{}\"", uid_validity.0, uid.0, self.section)
    }

    /// Only one range at a time: for more, as for what makes no sense, the whole is answered.
    async fn range(&self, asked: &HeaderMap, tag: &str) -> Result<Range, Error> {
        if asked.get(header::IF_RANGE).is_some_and(|known| known != tag) {
            return Ok(Range::All);
        }
        let text = asked.get(header::RANGE).and_then(|value| value.to_str().ok());
        let Some(ranges) = text.and_then(|text| parse_range_header_with_max_ranges(text, NonZero::<usize>::MIN).ok())
        else {
            return Ok(Range::All);
        };
        let total = self.clone().length().await?;
        Ok(match ranges.validate(total).ok().and_then(|ranges| ranges.into_iter().next()) {
            Some(range) => Range::Part(range, total),
            None => Range::Outside(total),
        })
    }

    /// Its length in bytes. The mail server knows it only before decoding, and some servers are wrong about that: it is counted.
    async fn length(self) -> Result<u64, Error> {
        let mut reader = Reader::at(self, 0);
        let mut total = 0;
        while let Some(piece) = reader.next().await? {
            total += piece.len() as u64;
        }
        Ok(total)
    }
}

enum Range {
    All,
    /// These bytes of so many.
    Part(RangeInclusive<u64>, u64),
    /// Asked for what is past the end of so many bytes.
    Outside(u64),
}

/// Reads a section from a place on.
struct Reader {
    section: Section,
    decoder: PartDecoder,
    /// Of the next piece, as transferred.
    offset: u32,
    /// Decoded bytes that still come before the place.
    skip: u64,
    done: bool,
}

impl Reader {
    fn at(section: Section, start: u64) -> Self {
        let decoder = PartDecoder::new(section.encoding);
        // What is not encoded is fetched from there; the rest has to be decoded from its beginning.
        let (offset, skip) = match (section.encoding, u32::try_from(start)) {
            (Encoding::Identity, Ok(offset)) => (offset, 0),
            _ => (0, start),
        };
        Self { section, decoder, offset, skip, done: false }
    }

    /// The next decoded bytes, or nothing after the last.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.done {
            let Section { account, login, message, section, .. } = &self.section;
            let stretch = Some((self.offset, CHUNK));
            let fetching = account.parts().section(message.clone(), section, stretch);
            let chunk = login.over.run_until_cancelled(fetching).await.ok_or(Error::SignedOut)??;
            let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            self.offset = self.offset.saturating_add(length);
            // A server that always has more is not followed beyond what IMAP can number.
            self.done = length < CHUNK || self.offset == u32::MAX;
            let mut bytes = self.decoder.push(&chunk);
            if self.done {
                bytes.extend(self.decoder.finish());
            }
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
            self.skip -= skipped as u64;
            if skipped < bytes.len() {
                return Ok(Some(Bytes::from(bytes).slice(skipped..)));
            }
        }
        Ok(None)
    }

    /// As many bytes as `length`, or fewer when there are no more.
    async fn stream(mut self, length: u64) -> Result<Body, Error> {
        // The first piece is fetched before the answer begins, so that what fails fails with a status.
        let first = self.next().await?;
        let pieces = stream::unfold((self, first, length), |(mut reader, fetched, left)| async move {
            let piece = match fetched {
                _ if left == 0 => return None,
                Some(piece) => Ok(piece),
                None => reader.next().await.transpose()?,
            };
            let Ok(piece) = piece else {
                // A cut answer is the only way to say so now.
                return Some((Err(std::io::Error::other("The mail server stopped")), (reader, None, 0)));
            };
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            Some((Ok(piece.slice(..wanted)), (reader, None, left - wanted as u64)))
        });
        Ok(Body::from_stream(pieces))
    }
}
