//! From whom a person writes (RFC 8621 §6).

use serde::{Deserialize, Serialize};

use super::Address;

/// Names an identity of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdentityId(pub i64);

/// A From address, and what goes with messages that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub id: IdentityId,
    /// An address; `*@domain` stands for any of the domain.
    pub email: String,
    pub choices: IdentityChoices,
}

/// What a person has chosen for an identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentityChoices {
    /// The name beside the address; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where answers are wanted, if not at the address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Address>,
    /// Who gets a copy that the others do not see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Address>,
    /// Plain text with `\n` line ends; may be empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub signature: String,
    /// The same as HTML, where it is formatted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_html: Option<String>,
    /// The signature stands above what is quoted, and not at the end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub signature_above: bool,
    /// The path of the mailbox in which what was sent is kept; none for Sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
}

impl Identity {
    /// Identities that one account may have.
    pub const MOST: usize = 50;
    /// The longest signature, in characters.
    pub const MAX_SIGNATURE: usize = 5000;
    /// The longest formatted signature, in bytes.
    pub const MAX_SIGNATURE_HTML: usize = 16 * 1024;

    /// Whether it stands for all addresses of a domain.
    pub fn is_of_domain(&self) -> bool {
        self.email.starts_with("*@")
    }

    /// The address with its name.
    pub fn address(&self) -> Address {
        Address { name: self.choices.name.clone(), email: self.email.clone() }
    }

    /// How closely an address belongs to it; none if a person may not write as that address by it.
    pub fn closeness(&self, email: &str) -> Option<Closeness> {
        Closeness::of(&self.email, email)
    }

    /// Whether an address is one of these, and not only of their domain, where others may have one as well.
    pub fn owns(identities: &[Identity], email: &str) -> bool {
        identities.iter().any(|identity| identity.closeness(email).is_some_and(|close| close > Closeness::Domain))
    }

    /// The one by which a person may write as this address: the closest.
    pub fn of<'a>(identities: &'a [Identity], email: &str) -> Option<&'a Identity> {
        let close = identities.iter().filter_map(|one| Some((one.closeness(email)?, one)));
        // Of several the first.
        close.rev().max_by_key(|(closeness, _)| *closeness).map(|(_, one)| one)
    }
}

/// How an address belongs to an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// It is any of the identity's domain.
    Domain,
    /// The identity's with a detail, `user+detail@domain` (RFC 5233): the more of it is the identity's own, the closer.
    Detail(usize),
    /// The very address, whatever its letters' case.
    Same,
}

impl Closeness {
    /// Of an address to that of an identity.
    pub fn of(own: &str, email: &str) -> Option<Closeness> {
        let (local, domain) = email.rsplit_once('@')?;
        let (own_local, own_domain) = own.rsplit_once('@')?;
        if domain.to_lowercase() != own_domain.to_lowercase() {
            return None;
        }
        let (local, own) = (local.to_lowercase(), own_local.to_lowercase());
        match () {
            // The star itself is no address. The part before the @ may still be to come.
            () if own == "*" => (local != "*").then_some(Closeness::Domain),
            () if local.is_empty() => None,
            () if local == own => Some(Closeness::Same),
            () if local.strip_prefix(&own).is_some_and(|rest| rest.starts_with('+')) => {
                Some(Closeness::Detail(own.len()))
            }
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(id: i64, email: &str) -> Identity {
        Identity { id: IdentityId(id), email: email.to_owned(), choices: IdentityChoices::default() }
    }

    #[test]
    fn an_address_belongs_to_the_closest() {
        let all = [identity(1, "*@example.org"), identity(2, "ana@example.org"), identity(3, "ana+work@example.org")];
        for (email, expected) in [
            ("ana@example.org", Some(2)),
            ("Ana@Example.ORG", Some(2)),
            ("ana+shop@example.org", Some(2)),
            ("ana+work@example.org", Some(3)),
            ("ana+work+2@example.org", Some(3)),
            ("anastasia@example.org", Some(1)),
            ("*@example.org", None),
            ("@example.org", Some(1)),
            ("ana@sub.example.org", None),
            ("ana", None),
        ] {
            assert_eq!(Identity::of(&all, email).map(|one| one.id.0), expected, "{email}");
        }
    }
}
