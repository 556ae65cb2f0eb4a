//! How a draft begins: an answer, a forwarded message, or a draft that was put away.

mod sender;
mod subject;

use std::collections::HashSet;

use app::wire::{Address, DraftKind, Head, Identity, Wishes};

use super::{
    Headers,
    build::{DRAFT_FIELD, read_wishes},
    recipient,
};
use crate::identity::{closest, owns};
pub use sender::sender;
pub use subject::{forward_subject, reply_subject};

/// The longest text that is quoted.
const MAX_QUOTE: usize = 256 * 1024;
/// How many recipients an answer is made for.
const MAX_RECIPIENTS: usize = 500;

/// The fields of a draft that come from a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beginning {
    /// The draft's name, if the message was saved from one.
    pub draft: Option<String>,
    /// As whom it is written: an address of the writer's; none if the message tells of none.
    pub from: Option<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    pub body: String,
    /// Message-IDs without angle brackets, the message answered last.
    pub references: Vec<String>,
    /// What was asked for with it.
    pub wishes: Wishes,
}

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// As whom they may write.
    pub identities: &'a [Identity],
    /// The message was sent from here.
    pub has_sent: bool,
}

/// Begins a draft from a message: its header, and its text as a reader sees it (decoded, unflowed, `\n` line ends).
pub fn begin(headers: &Headers, text: &str, kind: DraftKind, own: Writer) -> Beginning {
    match kind {
        DraftKind::Reply | DraftKind::ReplyAll => reply(headers, text, kind == DraftKind::ReplyAll, own),
        DraftKind::Forward => Beginning {
            from: sender(headers, own),
            subject: forward_subject(&headers.text("Subject")),
            body: format!("{}\n", super::text::cut(text.trim_matches('\n'), MAX_QUOTE)),
            ..Beginning::default()
        },
        DraftKind::ForwardAsFile => Beginning {
            from: sender(headers, own),
            subject: forward_subject(&headers.text("Subject")),
            ..Beginning::default()
        },
        DraftKind::Redirect => {
            Beginning { from: sender(headers, own), subject: headers.text("Subject"), ..Beginning::default() }
        }
        DraftKind::Again => {
            let again = edit(headers, text, own.identities);
            Beginning { draft: None, references: Vec::new(), ..again }
        }
        DraftKind::Edit => edit(headers, text, own.identities),
    }
}

fn reply(headers: &Headers, text: &str, all: bool, own: Writer) -> Beginning {
    let from = headers.addresses("From");
    let mut answer_to = headers.addresses("Reply-To");
    if answer_to.is_empty() {
        answer_to.clone_from(&from);
    }
    let is_own = |address: &Address| owns(own.identities, &address.email);
    let has_sent =
        |address: &Address| is_own(address) || own.has_sent && closest(own.identities, &address.email).is_some();
    // Answering what one wrote oneself goes on to the same people.
    let to_whom = headers.addresses("To");
    let mine = !from.is_empty() && from.iter().all(has_sent);
    let mut to = if mine && to_whom.iter().any(|address| !is_own(address)) { Vec::new() } else { answer_to };
    let mut cc = Vec::new();
    if all || to.is_empty() {
        to.extend(to_whom);
    }
    if all {
        cc = headers.addresses("Cc");
    }
    let mut seen = HashSet::new();
    let mut keep = |list: Vec<Address>, drop_own: bool| -> Vec<Address> {
        let fresh = |address: &Address| seen.insert(address.email.to_lowercase());
        let real = list.into_iter().filter(|address| address.email.contains('@') && !(drop_own && is_own(address)));
        real.filter(fresh).take(MAX_RECIPIENTS).collect()
    };
    let others = to.iter().chain(&cc).any(|address| !is_own(address));
    let to = keep(to, others);
    let cc = keep(cc, true);
    Beginning {
        from: sender(headers, own),
        to,
        cc,
        subject: reply_subject(&headers.text("Subject")),
        body: quote(text),
        references: references(headers),
        ..Beginning::default()
    }
}

/// Whom an answer to these people leaves out: who else an answer to all would reach.
pub fn left_out(headers: &Headers, to: &[Address], own: Writer) -> Vec<Address> {
    let Beginning { to: all, cc, .. } = reply(headers, "", true, own);
    let is_there = |one: &Address| to.iter().any(|other| other.email.eq_ignore_ascii_case(&one.email));
    // Who writes to themselves alone leaves nobody out.
    all.into_iter().chain(cc).filter(|one| !is_there(one) && !owns(own.identities, &one.email)).collect()
}

/// What stands in the header of a message that is forwarded, for the block above its words: the browser writes it in the reader's
/// language.
pub fn head(headers: &Headers) -> Head {
    let people = |name: &str| headers.addresses(name).into_iter().take(MAX_RECIPIENTS).collect();
    Head { subject: headers.text("Subject"), to: people("To"), cc: people("Cc") }
}

fn edit(headers: &Headers, text: &str, own: &[Identity]) -> Beginning {
    let mut references = headers.message_ids("References");
    if let Some(answered) = headers.message_ids("In-Reply-To").pop()
        && references.last() != Some(&answered)
    {
        references.retain(|id| *id != answered);
        references.push(answered);
    }
    Beginning {
        draft: Some(headers.text(DRAFT_FIELD)).filter(|name| !name.is_empty()),
        // What another program has written may be from whoever.
        from: headers.addresses("From").into_iter().next().and_then(|from| {
            let (_, email) = closest(own, &from.email)?;
            Some(Address { email, ..from })
        }),
        // It is not in sight, and what is no address could not be sent.
        reply_to: headers.addresses("Reply-To").into_iter().filter(|to| recipient::check(&to.email).is_ok()).collect(),
        to: headers.addresses("To"),
        cc: headers.addresses("Cc"),
        bcc: headers.addresses("Bcc"),
        subject: headers.text("Subject"),
        // The line end that closes every message is not part of what was written.
        body: text.strip_suffix('\n').unwrap_or(text).to_owned(),
        references,
        wishes: read_wishes(headers),
    }
}

/// The thread an answer belongs to (RFC 5322 §3.6.4): what the message referred to, and the message itself.
fn references(headers: &Headers) -> Vec<String> {
    let mut references = headers.message_ids("References");
    if references.is_empty() {
        // An In-Reply-To of several ids does not say which of them is the parent.
        references = headers.message_ids("In-Reply-To");
        if references.len() > 1 {
            references.clear();
        }
    }
    if let Some(id) = headers.message_ids("Message-ID").into_iter().next() {
        references.retain(|other| *other != id);
        references.push(id);
    }
    references
}

/// Every line with a mark before it; the signature is left out.
fn quote(text: &str) -> String {
    let text = super::text::cut(text, MAX_QUOTE);
    without_signature(text)
        .trim_matches('\n')
        .lines()
        .map(|line| match line {
            "" => ">\n".to_owned(),
            line if line.starts_with('>') => format!(">{line}\n"),
            line => format!("> {line}\n"),
        })
        .collect()
}

/// The text above its signature. The last separator counts: what a mailing list appends comes after a signature of its own.
fn without_signature(text: &str) -> &str {
    let end = if text.starts_with("-- \n") { Some(0) } else { text.rfind("\n-- \n") };
    match end.and_then(|end| text.split_at_checked(end)) {
        // Many sign above what they quote: that is no part of a signature.
        Some((own, signature)) if !signature.lines().any(|line| line.starts_with('>')) => own,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use app::wire::{IdentityChoices, IdentityId, Priority};

    use super::*;

    fn address(email: &str) -> Address {
        Address { name: String::new(), email: email.to_owned() }
    }

    const NOBODY: Writer = Writer { identities: &[], has_sent: false };

    fn me() -> Identity {
        Identity { id: IdentityId(1), email: "me@x".to_owned(), choices: IdentityChoices::default() }
    }

    fn emails(list: &[Address]) -> Vec<&str> {
        list.iter().map(|address| address.email.as_str()).collect()
    }

    fn begun(header: &str, kind: DraftKind) -> Beginning {
        begin(&Headers::parse(header.as_bytes()), "text", kind, Writer { identities: &[me()], has_sent: false })
    }

    #[test]
    fn an_answer_goes_to_whom_it_should() {
        for (header, kind, to, cc) in [
            ("From: a@x\nTo: me@x, b@x\nCc: c@x", DraftKind::Reply, vec!["a@x"], vec![]),
            ("From: a@x\nTo: ME@x, b@x\nCc: c@x, A@x", DraftKind::ReplyAll, vec!["a@x", "b@x"], vec!["c@x"]),
            ("From: a@x\nReply-To: list@x\nTo: me@x", DraftKind::Reply, vec!["list@x"], vec![]),
            (
                "From: a@x\nReply-To: list@x\nTo: list@x, b@x\nCc: b@x",
                DraftKind::ReplyAll,
                vec!["list@x", "b@x"],
                vec![],
            ),
            // One's own message.
            ("From: me@x\nTo: b@x, c@x\nCc: d@x", DraftKind::Reply, vec!["b@x", "c@x"], vec![]),
            ("From: me@x\nTo: b@x\nCc: d@x", DraftKind::ReplyAll, vec!["b@x"], vec!["d@x"]),
            ("From: me@x\nTo: me@x", DraftKind::Reply, vec!["me@x"], vec![]),
            ("From: me@x\nTo: me@x\nCc: c@x", DraftKind::ReplyAll, vec![], vec!["c@x"]),
            ("To: me@x", DraftKind::Reply, vec!["me@x"], vec![]),
            ("From: nobody\nTo: me@x", DraftKind::Reply, vec![], vec![]),
        ] {
            let begun = begun(header, kind);
            assert_eq!((emails(&begun.to), emails(&begun.cc)), (to, cc), "{header} {kind:?}");
        }
    }

    #[test]
    fn an_answer_to_one_leaves_the_others_out() {
        for (header, others) in [
            ("From: a@x\nTo: me@x, b@x\nCc: c@x, A@x", vec!["b@x", "c@x"]),
            ("From: a@x\nTo: me@x", vec![]),
            ("From: a@x\nReply-To: list@x\nTo: list@x\nCc: ME@x", vec![]),
            ("From: me@x\nTo: b@x, c@x\nCc: d@x, me@x", vec!["d@x"]),
            ("From: me@x\nTo: me@x", vec![]),
        ] {
            let headers = Headers::parse(header.as_bytes());
            let own = Writer { identities: &[me()], has_sent: false };
            let begun = begun(header, DraftKind::Reply);
            assert_eq!(emails(&left_out(&headers, &begun.to, own)), others, "{header}");
        }
    }

    #[test]
    fn an_answer_belongs_to_the_thread() {
        let references = |header: &str| begun(header, DraftKind::Reply).references;
        assert_eq!(references("References: <a@x> <b@x>\nMessage-ID: <c@x>"), ["a@x", "b@x", "c@x"]);
        assert_eq!(references("In-Reply-To: <b@x>\nMessage-ID: <c@x>"), ["b@x", "c@x"]);
        assert_eq!(references("In-Reply-To: <a@x> <b@x>\nMessage-ID: <c@x>"), ["c@x"]);
        assert!(references("Subject: x").is_empty());
    }

    #[test]
    fn a_quote_has_no_signature() {
        for (text, quoted) in [
            ("one\n\ntwo\n", "> one\n>\n> two\n"),
            ("> old\nnew", ">> old\n> new\n"),
            ("text\n-- \nAna\nPhone", "> text\n"),
            ("\n\ntext\n\n\n-- \nAna", "> text\n"),
            ("-- \nAna", ""),
            ("yes\n-- \nAna\n\nYou wrote:\n> so?\n", "> yes\n> -- \n> Ana\n>\n> You wrote:\n>> so?\n"),
            ("", ""),
        ] {
            assert_eq!(quote(text), quoted, "{text:?}");
        }
    }

    #[test]
    fn a_forwarded_message_tells_where_it_is_from() {
        let header = "From: =?utf-8?B?0JDQvdCw?= <a@x>\nTo: b@x\nSubject: Hi\nDate: Fri, 21 Nov 2025 10:05:00 +0300\nMessage-ID: <1@x>";
        let headers = Headers::parse(header.as_bytes());
        let begun = begin(&headers, "text\n-- \nAna\n", DraftKind::Forward, NOBODY);
        assert_eq!(begun.body, "text\n-- \nAna\n");
        assert_eq!(head(&headers), Head { subject: "Hi".to_owned(), to: vec![address("b@x")], cc: Vec::new() });
        assert_eq!(begun.subject, "Fwd: Hi");
        assert!(begun.to.is_empty() && begun.references.is_empty());
    }

    #[test]
    fn a_draft_comes_back_as_it_was() {
        use crate::mime::build::{Outgoing, build_to_vec};
        let (from, to, bcc) = (address("me@x.example"), [address("a@x.example")], [address("b@x.example")]);
        let references = ["1@x".to_owned(), "2@x".to_owned()];
        let wishes = Wishes { receipt: true, delivery: true, priority: Priority::Low };
        let outgoing = Outgoing {
            from: &from,
            reply_to: &[],
            to: &to,
            cc: &[],
            bcc: &bcc,
            subject: "Тема",
            date: 0,
            message_id: "3@x",
            references: &references,
            body: "line\n",
            html: None,
            attachments: &[],
            draft: Some("abc"),
            wishes,
        };
        let message = build_to_vec(&outgoing).expect("built");
        let begun = begin(&Headers::parse(&message), "line\n", DraftKind::Edit, NOBODY);
        let expected = Beginning {
            draft: Some("abc".to_owned()),
            from: None,
            reply_to: Vec::new(),
            to: to.to_vec(),
            cc: Vec::new(),
            bcc: bcc.to_vec(),
            subject: "Тема".to_owned(),
            body: "line".to_owned(),
            references: references.to_vec(),
            wishes,
        };
        assert_eq!(begun, expected);
    }
}
