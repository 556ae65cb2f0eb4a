//! Messages in and out: decoding what arrives, building what is sent. Pure.

pub mod authentic;
pub mod body;
pub mod build;
pub mod charset;
pub mod compose;
pub mod header;
pub mod html;
mod lines;
pub mod reading;
pub mod receipt;
pub mod recipient;
pub mod report;
pub mod resent;
pub mod safe;
pub mod shown;
pub mod structure;
mod subject;
pub mod text;
pub mod unsubscribe;

pub use body::{PartDecoder, decode_body, decode_bytes};
pub use header::Headers;
pub use lines::LineEnds;
pub use recipient::parse_recipient;
pub use safe::{inline_type, is_safe_image};
pub use subject::{base_subject, split_subject};
pub use text::{html_to_preview, preview};
