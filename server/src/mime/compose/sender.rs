//! As whom an answer is written.

use app::wire::{Address, Identity};

use crate::mime::Headers;

/// Fields in which servers note for whom a message was before they looked up whose mailbox that is: Postfix, Exim, others.
const ENVELOPE: [&str; 3] = ["X-Original-To", "Envelope-To", "X-Envelope-To"];

/// The address of the person to which a message came, or from which they sent it, with the name of the identity; details and
/// addresses of a whole domain are kept as they are. None if it tells of none.
pub fn sender(headers: &Headers, identities: &[Identity]) -> Option<Address> {
    // Anybody may have an address of the person's domain: only what was for the person says that it is theirs.
    let of = |field: &str, any: bool| {
        let addresses = headers.addresses(field);
        let own = addresses.iter().find(|address| Identity::owns(identities, &address.email));
        own.or_else(|| {
            addresses.iter().filter(|_| any).find(|address| Identity::of(identities, &address.email).is_some())
        })
        .map(|address| address.email.clone())
    };
    let email = of("From", false)
        .or_else(|| of("To", false))
        .or_else(|| of("Cc", false))
        .or_else(|| ENVELOPE.iter().find_map(|field| of(field, true)))
        .or_else(|| of("To", true))
        .or_else(|| of("Cc", true))
        .or_else(|| of("Delivered-To", true))?;
    let name = Identity::of(identities, &email)?.choices.name.clone();
    Some(Address { name, email })
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
        let all = [identity("ana@x.org", "Ana"), identity("old@y.org", "Ana B."), identity("*@z.org", "Shop")];
        for (header, expected) in [
            ("From: a@b.c\nTo: ana@x.org", Some(("ana@x.org", "Ana"))),
            ("From: a@b.c\nTo: b@b.c, Old@Y.org\nCc: ana@x.org", Some(("Old@Y.org", "Ana B."))),
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
            assert_eq!(sender(&Headers::parse(header.as_bytes()), &all), expected, "{header}");
        }
    }
}
