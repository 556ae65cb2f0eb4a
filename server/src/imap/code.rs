//! The machine-readable part of a status response (RFC 9051 §7.1, RFC 5530, RFC 4315, RFC 7162).

use app::wire::{Flag, ModSeq, Uid, UidValidity};

use super::{
    UidSet,
    value::{self, Value},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    Alert,
    AlreadyExists,
    AuthenticationFailed,
    AuthorizationFailed,
    BadCharset,
    Cannot,
    Capability(Vec<String>),
    Closed,
    ContactAdmin,
    Expired,
    ExpungeIssued,
    HighestModSeq(ModSeq),
    InUse,
    Limit,
    NoModSeq,
    NonExistent,
    NoPerm,
    /// RFC 5465 §5.8
    NotificationOverflow,
    OverQuota,
    /// The flags that can be set for good, and whether new keywords can be made (`\*`).
    PermanentFlags {
        flags: Vec<Flag>,
        new: bool,
    },
    PrivacyRequired,
    ReadOnly,
    ReadWrite,
    ServerBug,
    TooBig,
    TryCreate,
    UidNext(Uid),
    UidNotSticky,
    UidValidity(UidValidity),
    Unavailable,
    /// Where the appended messages went.
    AppendUid(UidValidity, UidSet),
    /// Where which messages went.
    CopyUid {
        uid_validity: UidValidity,
        source: UidSet,
        destination: UidSet,
    },
    /// Any other, by its name in upper case.
    Other(String),
}

impl Code {
    /// Whether the same may succeed later without anybody doing anything (RFC 5530 §3).
    pub fn is_passing(&self) -> bool {
        matches!(self, Code::Unavailable | Code::InUse | Code::Limit | Code::ServerBug)
    }

    /// Splits `[CODE …] text` into the two.
    pub fn split(text: &[u8]) -> (Option<Code>, &[u8]) {
        let Some(rest) = text.strip_prefix(b"[") else { return (None, text) };
        let mut quoted = false;
        let mut escaped = false;
        let end = rest.iter().position(|&byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ => {}
            }
            byte == b']' && !quoted
        });
        match end.and_then(|end| rest.split_at_checked(end)) {
            Some((inside, after)) => {
                let after = after.get(1..).unwrap_or_default();
                (Self::read(inside), after.strip_prefix(b" ").unwrap_or(after))
            }
            None => (None, text),
        }
    }

    fn read(inside: &[u8]) -> Option<Code> {
        let room = bumpalo::Bump::new();
        let values = value::read(inside, 0, &[], &room);
        let (name, arguments) = values.split_first()?;
        let name = name.text()?.to_ascii_uppercase();
        let first = arguments.first();
        let number = || first.and_then(Value::number32);
        let code = match name.as_str() {
            "ALERT" => Code::Alert,
            "ALREADYEXISTS" => Code::AlreadyExists,
            "AUTHENTICATIONFAILED" => Code::AuthenticationFailed,
            "AUTHORIZATIONFAILED" => Code::AuthorizationFailed,
            "BADCHARSET" => Code::BadCharset,
            "CANNOT" => Code::Cannot,
            "CAPABILITY" => Code::Capability(value::words(arguments)),
            "CLOSED" => Code::Closed,
            "CONTACTADMIN" => Code::ContactAdmin,
            "EXPIRED" => Code::Expired,
            "EXPUNGEISSUED" => Code::ExpungeIssued,
            "HIGHESTMODSEQ" => Code::HighestModSeq(ModSeq(first.and_then(Value::number)?)),
            "INUSE" => Code::InUse,
            "LIMIT" => Code::Limit,
            "NOMODSEQ" => Code::NoModSeq,
            "NONEXISTENT" => Code::NonExistent,
            "NOPERM" => Code::NoPerm,
            "NOTIFICATIONOVERFLOW" => Code::NotificationOverflow,
            "OVERQUOTA" => Code::OverQuota,
            "PERMANENTFLAGS" => {
                let words = first.map(Value::list).unwrap_or_default();
                Code::PermanentFlags { flags: flags(words), new: words.iter().any(|word| word.is("\\*")) }
            }
            "PRIVACYREQUIRED" => Code::PrivacyRequired,
            "READ-ONLY" => Code::ReadOnly,
            "READ-WRITE" => Code::ReadWrite,
            "SERVERBUG" => Code::ServerBug,
            "TOOBIG" => Code::TooBig,
            "TRYCREATE" => Code::TryCreate,
            "UIDNEXT" => Code::UidNext(Uid(number()?)),
            "UIDNOTSTICKY" => Code::UidNotSticky,
            "UIDVALIDITY" => Code::UidValidity(UidValidity(number()?)),
            "UNAVAILABLE" => Code::Unavailable,
            "APPENDUID" => Code::AppendUid(UidValidity(number()?), set(arguments.get(1))?),
            "COPYUID" => Code::CopyUid {
                uid_validity: UidValidity(number()?),
                source: set(arguments.get(1))?,
                destination: set(arguments.get(2))?,
            },
            _ => Code::Other(name),
        };
        Some(code)
    }
}

fn set(value: Option<&Value>) -> Option<UidSet> {
    UidSet::parse(value?.text()?)
}

/// The largest number of flags kept of one message, the longest of them and all together, in bytes.
const MAX_FLAGS: usize = 200;
const LONGEST_FLAG: usize = 255;
const FLAGS_TOGETHER: usize = 8 * 1024;

/// Flags as a list has them, without `\Recent` (which is a session's own) and `\*` (which is none).
pub(super) fn flags(words: &[Value]) -> Vec<Flag> {
    let texts = words.iter().filter_map(Value::text);
    let lasting = texts.filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("\\Recent") && *text != "\\*");
    let mut together = 0;
    lasting
        .filter(|text| text.len() <= LONGEST_FLAG)
        .take(MAX_FLAGS)
        .take_while(|text| {
            together += text.len();
            together <= FLAGS_TOGETHER
        })
        .map(Flag::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_read_and_the_text_is_left() {
        let uids = |text| UidSet::parse(text).unwrap();
        for (text, code, rest) in [
            ("[ALERT] Привет", Some(Code::Alert), "Привет"),
            ("[alert]Привет", Some(Code::Alert), "Привет"),
            ("no code", None, "no code"),
            ("[unclosed", None, "[unclosed"),
            ("[]x", None, "x"),
            ("[BADCHARSET (\"a]b\")] x", Some(Code::BadCharset), "x"),
            ("[UIDVALIDITY 5] ok", Some(Code::UidValidity(UidValidity(5))), "ok"),
            ("[UIDVALIDITY x] ok", None, "ok"),
            ("[APPENDUID 3 7] ok", Some(Code::AppendUid(UidValidity(3), uids("7"))), "ok"),
            (
                "[COPYUID 3 1:2,9 5:7] ok",
                Some(Code::CopyUid { uid_validity: UidValidity(3), source: uids("1:2,9"), destination: uids("5:7") }),
                "ok",
            ),
            (
                "[PERMANENTFLAGS (\\Seen work \\*)]",
                Some(Code::PermanentFlags { flags: vec![Flag::Seen, Flag::Keyword("work".into())], new: true }),
                "",
            ),
            ("[X-NEW 1 2] y", Some(Code::Other("X-NEW".into())), "y"),
        ] {
            assert_eq!(Code::split(text.as_bytes()), (code, rest.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_split_without_panic(text: Vec<u8>) {
            Code::split(&text);
            Code::split(&[b"[COPYUID ".as_slice(), &text, b"]"].concat());
        }
    }
}
