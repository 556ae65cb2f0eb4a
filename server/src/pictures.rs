//! Pictures on the net that messages show: who may have them fetched.
//!
//! A body is a document of an origin of its own, so that its requests carry no cookie. The address that stands in a body in place
//! of a picture's own says by itself that it came from us: for whom, in which message, and until when (`seal.rs` signs it).

use app::{route::encode, wire::MessageRef};
use sha2::{Digest, Sha256};

use crate::seal::{Seal, hex};

/// Where pictures are had.
pub const ROUTE: &str = "/remote/{account}/{until}/{of}/{signature}";

/// What the addresses of pictures begin with.
pub const PATH: &str = "/remote/";

/// Addresses are good until the end of the next day, so that a message that is opened again names the same ones, which the
/// browser has kept.
const DAY: i64 = 24 * 3600;

/// The longest address of a picture, in octets.
const LONGEST: usize = 8 * 1024;

/// What the address of a picture says of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Ticket {
    pub account: i64,
    /// In seconds since 1970 UTC.
    pub until: i64,
    /// Stands for the message.
    pub of: String,
    pub signature: String,
}

impl Ticket {
    /// Makes the addresses of pictures of a message; these begin with `base`.
    pub fn issue(
        seal: &Seal,
        message: &MessageRef,
        base: String,
        now: i64,
    ) -> impl Fn(&str) -> String + Send + Sync + use<> {
        let (seal, account, until) = (seal.clone(), message.account.0, (now / DAY + 2) * DAY);
        let name = format!("{}\n{}\n{}", message.uid_validity.0, message.uid.0, message.mailbox);
        let of = hex(Sha256::digest(name).get(..8).unwrap_or_default());
        move |url| {
            let signature = seal.sign(&signed(account, until, &of, url));
            format!("{base}{account}/{until}/{of}/{signature}?url={}", encode(url))
        }
    }

    /// Whether we have issued this for a picture, and it is still good.
    pub fn is_good(&self, seal: &Seal, url: &str, now: i64) -> bool {
        let Self { account, until, of, signature } = self;
        now < *until && url.len() <= LONGEST && seal.has_signed(&signed(*account, *until, of, url), signature)
    }
}

fn signed(account: i64, until: i64, of: &str, url: &str) -> String {
    // The address is last, and holds no line end: a URL has none.
    format!("picture\n{account}\n{until}\n{of}\n{url}")
}

#[cfg(test)]
mod tests {
    use app::wire::{AccountId, Uid, UidValidity};

    use super::*;

    const URL: &str = "https://pictures.example/a?b=c&d=%20";

    fn ticket(seal: &Seal, now: i64) -> (Ticket, String) {
        let message = MessageRef {
            account: AccountId(7),
            mailbox: "INBOX".to_owned(),
            uid_validity: UidValidity(1),
            uid: Uid(2),
        };
        let path = Ticket::issue(seal, &message, PATH.to_owned(), now)(URL);
        let rest = path.strip_prefix(PATH).unwrap().to_owned();
        let (place, url) = rest.split_once("?url=").unwrap();
        let [account, until, of, signature] = place.split('/').collect::<Vec<_>>().try_into().unwrap();
        let url = percent_encoding::percent_decode_str(url).decode_utf8().unwrap().into_owned();
        let (account, until) = (account.parse().unwrap(), until.parse().unwrap());
        (Ticket { account, until, of: of.to_owned(), signature: signature.to_owned() }, url)
    }

    #[test]
    fn only_what_was_issued_is_good_and_only_for_a_while() {
        let seal = Seal::new(&"one".to_owned().into());
        let now = 20_000 * DAY + 17;
        let (good, url) = ticket(&seal, now);
        assert_eq!(url, URL);
        assert!(good.is_good(&seal, URL, now) && good.is_good(&seal, URL, now + DAY));
        assert!(!good.is_good(&seal, URL, now + 2 * DAY), "expired");
        assert!(!good.is_good(&Seal::new(&"two".to_owned().into()), URL, now), "another key");
        assert!(!good.is_good(&seal, "https://pictures.example/b", now), "another picture");
        for forged in [
            Ticket { account: 8, ..good.clone() },
            Ticket { until: good.until + DAY, ..good.clone() },
            Ticket { of: "0".repeat(16), ..good.clone() },
            Ticket { signature: String::new(), ..good.clone() },
            Ticket { signature: good.signature.to_uppercase(), ..good.clone() },
        ] {
            assert!(!forged.is_good(&seal, URL, now), "{forged:?}");
        }
        // The same message names the same addresses all day.
        assert_eq!(ticket(&seal, now), ticket(&seal, now + 3600));
    }
}
