//! As whom an answer is written.

use app::wire::{Address, Identity};

use super::Writer;
use crate::{identity::closest, mime::Headers};

/// Fields in which servers note for whom a message was before they looked up whose mailbox that is: Postfix, Exim, others.
const ENVELOPE: [&str; 3] = ["X-Original-To", "Envelope-To", "X-Envelope-To"];

/// The address of the person to which a message came, or from which they sent it, with the name of the identity; details and
/// addresses of a whole domain are kept as they are. None if it tells of none.
pub fn sender(headers: &Headers, writer: Writer) -> Option<Address> {
    let identities = writer.identities;
    // Anybody may have an address of the person's domain: only what was for the person says that it is theirs.
    let found = |field: &str, wanted: &dyn Fn(&Identity) -> bool| {
        let addresses = headers.addresses(field);
        let close = addresses.iter().filter_map(|address| closest(identities, &address.email));
        close.into_iter().find(|(identity, _)| wanted(identity))
    };
    let own = |field: &str| found(field, &|identity| !identity.is_of_domain());
    let any = |field: &str| found(field, &|_| true);
    let from = if writer.has_sent { any("From") } else { own("From") };
    let (identity, email) = from
        .or_else(|| own("To"))
        .or_else(|| own("Cc"))
        .or_else(|| ENVELOPE.iter().find_map(|field| any(field)))
        .or_else(|| {
            let of_domain = any("To").or_else(|| any("Cc"));
            // With an own address in that domain it may have been for somebody else there.
            let delivered = own("Delivered-To").filter(|(_, email)| {
                of_domain.as_ref().is_none_or(|(_, other)| domain(other).eq_ignore_ascii_case(domain(email)))
            });
            delivered.or(of_domain)
        })
        .or_else(|| any("Delivered-To"))?;
    Some(Address { name: identity.choices.name.clone(), email })
}

fn domain(email: &str) -> &str {
    email.rsplit_once('@').map_or("", |(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use app::wire::{IdentityChoices, IdentityId};

    use super::*;

    #[test]
    fn an_answer_is_from_whom_the_message_was_for() {
        let identity = |email: &str, name: &str| {
            let choices = IdentityChoices { name: name.to_owned(), ..IdentityChoices::default() };
            Identity { id: IdentityId(1), email: email.to_owned(), choices }
        };
        let all = [
            identity("ana@x.org", "Ana"),
            identity("old@y.org", "Ana B."),
            identity("*@z.org", "Shop"),
            identity("me@z.org", "Me"),
            identity("ana@почта.рф", ""),
        ];
        for (header, expected) in [
            ("From: a@b.c\nTo: ana@x.org", Some(("ana@x.org", "Ana"))),
            ("From: a@b.c\nTo: b@b.c, Old@Y.org\nCc: ana@x.org", Some(("old@y.org", "Ana B."))),
            ("From: a@b.c\nTo: ana+1@xn--80a1acny.xn--p1ai", Some(("ana+1@почта.рф", ""))),
            // For somebody else of the domain, and delivered to the person by another name.
            ("From: a@b.c\nTo: boss@z.org\nDelivered-To: me@z.org", Some(("me@z.org", "Me"))),
            ("From: a@b.c\nTo: ana+shop@x.org", Some(("ana+shop@x.org", "Ana"))),
            ("From: a@b.c\nTo: list@b.c\nDelivered-To: old@y.org", Some(("old@y.org", "Ana B."))),
            // A catch-all is delivered to the person's own mailbox.
            ("From: a@b.c\nTo: books@z.org\nDelivered-To: ana@x.org", Some(("books@z.org", "Shop"))),
            (
                "From: a@b.c\nTo: list@b.c\nX-Original-To: books@z.org\nDelivered-To: ana@x.org",
                Some(("books@z.org", "Shop")),
            ),
            // Somebody else of that domain has written, or got it too.
            ("From: boss@z.org\nTo: ana@x.org", Some(("ana@x.org", "Ana"))),
            ("From: boss@z.org\nTo: staff@b.c", None),
            // One's own message.
            ("From: old@y.org\nTo: ana@x.org", Some(("old@y.org", "Ana B."))),
            ("From: a@b.c\nTo: undisclosed-recipients:;", None),
        ] {
            let expected = expected.map(|(email, name)| Address { name: name.to_owned(), email: email.to_owned() });
            let writer = Writer { identities: &all, has_sent: false };
            assert_eq!(sender(&Headers::parse(header.as_bytes()), writer), expected, "{header}");
        }
        // One's own message from any address of a domain.
        let headers = Headers::parse(b"From: books@z.org\nTo: a@b.c");
        assert_eq!(sender(&headers, Writer { identities: &all, has_sent: false }), None);
        let own = sender(&headers, Writer { identities: &all, has_sent: true });
        assert_eq!(own.map(|own| own.email).as_deref(), Some("books@z.org"));
    }
}
