//! Bodies and files of people, whatever they are in: decoded the same in pieces and at once, and what is shown of them is text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pismo::mime::{
    PartDecoder, decode_body, decode_bytes, html_to_preview, preview,
    structure::Encoding,
    text::unflow,
};

/// As far as a decoder looks ahead; what goes on for longer may be taken literally where a piece ends.
const LOOKAHEAD: usize = 1024;

/// Of each kind that is decoded in its own way; a number beyond them stands for none.
const CHARSETS: [&str; 9] =
    ["utf-8", "us-ascii", "koi8-r", "iso-2022-jp", "utf-7", "gb18030", "utf-16le", "windows-1251", "x-nobody-knows"];

fuzz_target!(|input: (u8, bool, u8, u8, &[u8])| {
    let (encoding, delsp, charset, piece, bytes) = input;
    let charset = CHARSETS.get(usize::from(charset % 10)).copied();
    let encoding = [Encoding::Identity, Encoding::QuotedPrintable, Encoding::Base64][usize::from(encoding % 3)];
    let whole = decode_bytes(bytes, encoding);
    if bytes.len() < LOOKAHEAD {
        let mut decoder = PartDecoder::new(encoding);
        let mut decoded: Vec<u8> = bytes.chunks(usize::from(piece).max(1)).flat_map(|piece| decoder.push(piece)).collect();
        decoded.extend(decoder.finish());
        assert_eq!(decoded, whole, "in pieces of {piece}");
    }
    let text = decode_body(bytes, encoding, charset);
    assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n' && letter != '\t'));
    let _ = unflow(&text, delsp);
    for line in [preview(&text), html_to_preview(&text)] {
        assert!(!line.contains('\n') && line.chars().count() <= 201, "{line:?}");
    }
    if let Ok(found) = pismo::contacts::read(&whole) {
        for card in found.cards {
            let kept = card.to_text();
            assert!(pismo::contacts::Card::stored(&kept).is_some(), "{kept}");
        }
    }
});
