//! Whose mailboxes are whose, by how their names begin (RFC 2342).

use app::{utf7, wire::Shared};

use super::value::Value;

/// The beginnings of names, as NAMESPACE tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespaces {
    personal: Vec<Namespace>,
    others: Vec<Namespace>,
    shared: Vec<Namespace>,
}

/// One beginning of names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Namespace {
    /// Decoded, with the delimiter at its end: `shared/`. Empty at the top.
    prefix: String,
    delimiter: Option<char>,
}

/// What is no mail, or more than anybody looks at: the newsgroups and the public files of old servers (RFC 2342 §5).
const NO_MAIL: [&str; 2] = ["#news.", "#ftp/"];

/// Beginnings kept of each kind; Cyrus IMAP and Dovecot have one or two.
const MOST: usize = 16;

impl Namespaces {
    /// RFC 2342 §5: `(("" "/")) (("shared/" "/")) NIL`
    pub fn read(values: &[Value]) -> Self {
        let kind = |at: usize| {
            let list = values.get(at).map(Value::list).unwrap_or_default();
            list.iter().filter_map(Namespace::read).take(MOST).collect()
        };
        Self { personal: kind(0), others: kind(1), shared: kind(2) }
    }

    /// How the names of the person's own mailboxes begin. Of several beginnings, new mailboxes belong to the one that is
    /// empty, else to that of the inbox.
    pub fn own_prefix(&self) -> Option<&str> {
        let prefixes = || self.personal.iter().map(|namespace| namespace.prefix.as_str());
        let is_inbox = |prefix: &&str| prefix.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("INBOX"));
        prefixes().find(|prefix| prefix.is_empty()).or_else(|| prefixes().find(is_inbox)).or_else(|| prefixes().next())
    }

    /// Whether other people can share their mailboxes.
    pub fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// The patterns by which LIST gives the mailboxes of others; not every server gives them when asked for `*`.
    pub fn patterns(&self) -> Vec<String> {
        let elsewhere = self.others.iter().chain(&self.shared);
        let named = elsewhere.filter(|namespace| !namespace.prefix.is_empty());
        named.map(|namespace| format!("{}*", namespace.prefix)).collect()
    }

    /// Whose the mailbox of this path is; nothing where it is the person's own.
    pub fn whose(&self, path: &str) -> Option<Shared> {
        // RFC 9051 §5.1: INBOX is everybody's own, whatever the beginnings are.
        if path == "INBOX" {
            return None;
        }
        let longest = |kind: &'_ [Namespace]| {
            let fitting = kind.iter().filter(|namespace| path.starts_with(&namespace.prefix));
            fitting.max_by_key(|namespace| namespace.prefix.len()).cloned()
        };
        let length = |found: &Option<Namespace>| found.as_ref().map(|namespace| namespace.prefix.len());
        let (personal, others, shared) = (longest(&self.personal), longest(&self.others), longest(&self.shared));
        // Cyrus IMAP gives the empty beginning to what is shared, and `INBOX.` to the person.
        if length(&personal) >= length(&others).max(length(&shared)) {
            return None;
        }
        if length(&others) >= length(&shared) {
            let namespace = others?;
            let rest = path.get(namespace.prefix.len()..).unwrap_or_default();
            let owner = namespace.delimiter.map_or(rest, |delimiter| rest.split(delimiter).next().unwrap_or(rest));
            return Some(Shared { owner: Some(owner.to_owned()), above: namespace.depth() });
        }
        Some(Shared { owner: None, above: shared?.depth() })
    }

    /// The path of the mailbox that stands for a person, if this one is inside of it: where all theirs are.
    pub fn above(&self, path: &str, shared: &Shared) -> Option<(String, Option<char>)> {
        let fitting = self.others.iter().filter(|namespace| path.starts_with(&namespace.prefix));
        let namespace = fitting.max_by_key(|namespace| namespace.prefix.len())?;
        let owner = shared.owner.as_ref().filter(|owner| !owner.is_empty())?;
        let top = format!("{}{owner}", namespace.prefix);
        (top != path).then_some((top, namespace.delimiter))
    }

    /// Whether a path is but the beginning of others', and no mailbox.
    pub fn is_prefix(&self, path: &str) -> bool {
        let elsewhere = self.others.iter().chain(&self.shared);
        let bare = |namespace: &'_ Namespace| {
            namespace.prefix.trim_end_matches(|sign| Some(sign) == namespace.delimiter).len()
        };
        elsewhere
            .clone()
            .any(|namespace| !namespace.prefix.is_empty() && namespace.prefix.get(..bare(namespace)) == Some(path))
    }
}

impl Namespace {
    fn read(value: &Value) -> Option<Self> {
        let [prefix, delimiter, ..] = value.list() else { return None };
        let prefix = prefix.bytes()?;
        let prefix = utf7::decode(prefix).unwrap_or_else(|| String::from_utf8_lossy(prefix).into_owned());
        let delimiter = delimiter.text().and_then(|text| text.chars().next());
        (!NO_MAIL.contains(&prefix.as_str())).then_some(Self { prefix, delimiter })
    }

    /// How many parts of a path the beginning is.
    fn depth(&self) -> u8 {
        let count = self.delimiter.map_or(0, |delimiter| self.prefix.matches(delimiter).count());
        u8::try_from(count).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::value;

    fn read(said: &str) -> Namespaces {
        Namespaces::read(value::read(said.as_bytes(), 0, &[], &bumpalo::Bump::new()))
    }

    #[test]
    fn new_mailboxes_belong_where_the_person_has_the_inbox() {
        for (said, prefix) in [
            ("((\"INBOX.\" \".\")) NIL ((\"#shared.\" \".\"))", Some("INBOX.")),
            ("((\"\" \"/\")) NIL NIL", Some("")),
            ("((\"virtual/\" \"/\")(\"\" \"/\")) NIL NIL", Some("")),
            ("((\"archive/\" \"/\")(\"Inbox/\" \"/\")) NIL NIL", Some("Inbox/")),
            ("((\"#mh/\" \"/\" \"X-PARAM\" (\"FLAG1\"))) NIL NIL", Some("#mh/")),
            ("NIL NIL NIL", None),
            ("((NIL)) NIL", None),
            ("", None),
        ] {
            assert_eq!(read(said).own_prefix(), prefix, "{said}");
        }
    }

    #[test]
    fn mailboxes_are_somebodys() {
        let dovecot = "((\"\" \"/\")) ((\"shared/\" \"/\")) ((\"public/\" \"/\"))";
        let cyrus = "((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" \".\"))";
        let alternative = "((\"\" \"/\")) ((\"Other Users/\" \"/\")) ((\"Shared Folders/\" \"/\"))";
        let of = |owner: &str, above| Some(Shared { owner: Some(owner.to_owned()), above });
        let ours = |above| Some(Shared { owner: None, above });
        for (said, path, whose) in [
            (dovecot, "INBOX", None),
            (dovecot, "Team", None),
            (dovecot, "shared", None),
            (dovecot, "shared/ana@pismo.test/Team/Deep", of("ana@pismo.test", 1)),
            (dovecot, "shared/ana@pismo.test", of("ana@pismo.test", 1)),
            (dovecot, "public/Board", ours(1)),
            (cyrus, "INBOX", None),
            (cyrus, "INBOX.Team", None),
            (cyrus, "user.ana", of("ana", 1)),
            (cyrus, "user.ana.Team", of("ana", 1)),
            (cyrus, "board", ours(0)),
            (alternative, "Other Users/ана/Дела", of("ана", 1)),
            (alternative, "Shared Folders/board", ours(1)),
            (alternative, "Team", None),
            ("NIL NIL NIL", "Team", None),
        ] {
            assert_eq!(read(said).whose(path), whose, "{path} of {said}");
        }
        assert_eq!(read(dovecot).patterns(), ["shared/*", "public/*"]);
        assert_eq!(read(cyrus).patterns(), ["user.*"]);
        assert!(read("NIL NIL ((\"#news.\" \".\")(\"#ftp/\" \"/\"))").patterns().is_empty());
        assert!(
            read(dovecot).is_prefix("shared") && !read(dovecot).is_prefix("shared/ana") && !read(cyrus).is_prefix("")
        );
    }
}
