//! What holds of every message, however it is made.

use app::{
    legible::{is_turning, legible},
    wire::{Address, DraftKind},
};
use pismo::mime::{
    Headers, PartDecoder,
    build::{Outgoing, build_to_vec, flow},
    charset,
    compose::{Writer, begin},
    decode_body, decode_bytes,
    header::{addresses, decode_text, parameter, parameters},
    html_to_preview, parse_recipient, preview,
    structure::Encoding,
    text::unflow,
};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Bytes that header parsers trip over.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "=?",
        "?=",
        "=?utf-8?Q?",
        "=?koi8-r?B?",
        "=?utf-8?B?0J8=?=",
        "0J8",
        "=D0",
        "=",
        "?",
        "\"",
        "\\",
        "(",
        ")",
        "<",
        ">",
        ",",
        ";",
        ":",
        "@",
        "\r\n ",
        "\r\n",
        "\n",
        "\r",
        "\0",
        " ",
        "a@b",
        "filename*0*=",
        "utf-8''%D0",
        "filename*=",
        "%",
        "'",
        "*",
        "\u{41f}",
        "Group:",
        "mailto:",
    ];
    let piece = prop_oneof![
        3 => prop::sample::select(pieces.map(|piece| piece.as_bytes().to_vec()).to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop::sample::select(vec![Encoding::Identity, Encoding::QuotedPrintable, Encoding::Base64])
}

/// Text as a person may type it: any letters, long words, quotes, dots, signatures.
fn typed() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[a-zа-яё]{1,12}",
        1 => prop::sample::select(vec!["From", ">", ">>", ".", "--", "=", "=3D", "-- ", "\t", "𝕏", "é", "\u{feff}"]).prop_map(str::to_owned),
        1 => "[!-~]{1,120}",
        1 => " {1,3}".prop_map(|spaces| spaces),
    ];
    let line = prop::collection::vec(word, 0..30).prop_map(|words| words.join(" "));
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

/// The text as it is kept: no spaces at line ends, quotes with a space after their marks.
fn kept(text: &str) -> String {
    let line = |line: &str| -> String {
        let rest = line.trim_start_matches('>');
        let marks = &line[..line.len() - rest.len()];
        let rest = if marks.is_empty() { rest } else { rest.strip_prefix(' ').unwrap_or(rest) };
        let rest = if rest == "-- " { rest } else { rest.trim_end_matches(' ') };
        let space = if marks.is_empty() || rest.is_empty() { "" } else { " " };
        format!("{marks}{space}{rest}")
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn decoded_fields_are_one_clean_line(value in hostile()) {
        let text = decode_text(&value);
        prop_assert!(!text.chars().any(char::is_control), "{text:?}");
        prop_assert!(!text.chars().any(is_turning), "{text:?}");
        prop_assert_eq!(text.trim(), text.as_str());
        for address in addresses(&value) {
            prop_assert!(!address.name.chars().chain(address.email.chars()).any(char::is_control));
            prop_assert!(!(address.name.is_empty() && address.email.is_empty()));
        }
        let (_, params) = parameters(&value);
        if let Some(name) = parameter(&params, "filename") {
            prop_assert!(!name.chars().any(char::is_control), "{name:?}");
        }
        let headers = Headers::parse(&value);
        headers.date();
        headers.message_ids("References");
        begin(&headers, "text", DraftKind::ReplyAll, Writer { identities: &[], has_sent: false });
        let _ = parse_recipient(&String::from_utf8_lossy(&value));
    }

    #[test]
    fn a_stream_decodes_like_the_whole(bytes in hostile(), encoding in encoding(), sizes in prop::collection::vec(1usize..9, 1..20)) {
        let whole = decode_bytes(&bytes, encoding);
        let mut decoder = PartDecoder::new(encoding);
        let mut decoded = Vec::new();
        let mut rest = bytes.as_slice();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            decoded.extend(decoder.push(chunk));
            rest = after;
        }
        decoded.extend(decoder.finish());
        prop_assert_eq!(decoded, whole);
    }

    #[test]
    fn any_bytes_become_text(bytes in prop::collection::vec(any::<u8>(), 0..300), encoding in encoding(), label in "[a-z0-9-]{0,14}") {
        for label in [None, Some(label.as_str()), Some("koi8-r"), Some("utf-7"), Some("utf-16"), Some("iso-2022-jp"), Some("gb18030")] {
            let text = decode_body(&bytes, encoding, label);
            prop_assert!(!text.contains(['\r', '\0']));
            prop_assert!(preview(&text).chars().count() <= 200);
            prop_assert!(html_to_preview(&text).chars().count() <= 200);
            unflow(&text, true);
        }
        charset::guess(&bytes);
    }

    #[test]
    fn russian_comes_back_from_every_charset(text in "[А-Яа-я]{2,9}( [а-я]{2,9}){3,12}") {
        for (label, encoding) in [
            ("koi8-r", encoding_rs::KOI8_R),
            ("windows-1251", encoding_rs::WINDOWS_1251),
            ("ibm866", encoding_rs::IBM866),
            ("iso-8859-5", encoding_rs::ISO_8859_5),
            ("x-mac-cyrillic", encoding_rs::X_MAC_CYRILLIC),
        ] {
            let (bytes, _, lost) = encoding.encode(&text);
            prop_assert!(!lost);
            prop_assert_eq!(charset::decode(&bytes, Some(label)), text.as_str(), "{}", label);
        }
    }

    #[test]
    fn flowed_text_comes_back(text in typed()) {
        let back = unflow(&flow(&text).replace("\r\n", "\n"), false);
        let expected = kept(&text);
        prop_assert_eq!(back.trim_end_matches('\n'), expected.trim_end_matches('\n'));
    }

    #[test]
    fn a_message_comes_back(subject in "\\PC{0,120}", name in "\\PC{0,60}", body in typed(), references in prop::collection::vec("[a-z0-9.]{1,60}@[a-z]{1,20}", 0..50)) {
        let from = Address { name: name.clone(), email: "ana@pismo.test".to_owned() };
        let message = build_to_vec(&Outgoing {
            from: &from, reply_to: &[], to: std::slice::from_ref(&from), cc: &[], bcc: &[], subject: &subject, date: 1_700_000_000,
            message_id: "1@pismo.test", references: &references, body: &body, attachments: &[], draft: None, wishes: app::wire::Wishes::default(),
            html: None,
        }).expect("built");
        prop_assert!(message.is_ascii());
        let text = String::from_utf8(message.clone()).expect("ASCII");
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        let headers = Headers::parse(&message);
        let fields: Vec<&str> = headers.iter().map(|(name, _)| name).collect();
        prop_assert!(fields.iter().all(|name| ["from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version",
            "content-type", "content-transfer-encoding"].contains(name)), "{:?}", fields);
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        // What nobody sees, or what turns others round, is not shown when it comes.
        prop_assert_eq!(squeezed(&headers.text("Subject")), squeezed(&legible(&subject)));
        let to = headers.addresses("To");
        prop_assert_eq!(to.len(), 1);
        prop_assert_eq!(to[0].email.as_str(), "ana@pismo.test");
        let answered = headers.message_ids("In-Reply-To");
        prop_assert_eq!(answered.first(), references.last());
        let (_, raw) = text.split_once("\r\n\r\n").expect("a body");
        let encoding = match headers.text("Content-Transfer-Encoding").as_str() {
            "base64" => Encoding::Base64,
            "quoted-printable" => Encoding::QuotedPrintable,
            _ => Encoding::Identity,
        };
        let read = unflow(&decode_body(raw.as_bytes(), encoding, Some("utf-8")), false);
        let expected = kept(body.trim_start_matches('\u{feff}'));
        prop_assert_eq!(read.trim_end_matches('\n'), expected.trim_end_matches('\n'));
    }
}

#[test]
fn hostile_headers_are_read_in_linear_time() {
    let seconds = |unit: &str, count: usize| {
        let value = unit.repeat(count);
        let started = std::time::Instant::now();
        decode_text(value.as_bytes());
        addresses(value.as_bytes());
        let (_, params) = parameters(value.as_bytes());
        parameter(&params, "filename");
        let headers = Headers::parse(value.as_bytes());
        headers.message_ids("References");
        headers.addresses("To");
        preview(&value);
        html_to_preview(&value);
        unflow(&value, false);
        flow(&value);
        started.elapsed().as_secs_f64()
    };
    for unit in [
        "=?",
        "=?a?Q?",
        "=?a?Q?x?= ",
        "=?a?B?eA==?=\r\n ",
        "(",
        "((a)",
        "\"",
        "\\",
        "<",
        "<a",
        "<\"",
        "a@b,",
        "a@b ",
        "@ ",
        ":",
        "a:",
        ";",
        "filename*0*=a;",
        "filename*=utf-8''%41;",
        "\r\n ",
        "a: b\r\n",
        "To: a@b\r\n",
        "<a@b> ",
        "> ",
        "word ",
        "a \n",
        "<style>",
        "<!--",
        "&lt;",
        "\u{200b}",
    ] {
        // What grows with the square of the length takes minutes here, what grows with the length well below a second.
        let seconds = seconds(unit, 400_000 / unit.len());
        assert!(seconds < 15.0, "{unit:?}: {seconds} s");
    }
}
