//! Attempts to sign in: failed ones are limited for each address and for each network, by delay and never by lockout.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Who has failed to sign in how often.
///
/// Every attempt pays beforehand, so that many at once get no further than one after the other; one that succeeds is
/// paid back, so that an office behind one address can sign in in the morning. No rate limiter of the registry pays
/// back, which is why the buckets are our own.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<Payer, Bucket>>);

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Payer {
    /// A network, for whatever addresses.
    Network(String),
    /// A network, for one address: nobody can lock out its owner from elsewhere.
    AddressAt(String, String),
    /// An address, from all networks from which its owner has not signed in yet. So many guess no faster than one, and the owner goes
    /// on where they have been.
    Strangers(String),
    /// Codes for an address, from wherever: whoever types one knows the password, and it has no more than six digits.
    Codes(String),
}

impl Payer {
    /// How many failures may come at once, and after how long there may be one more.
    fn limit(&self) -> (f64, Duration) {
        match self {
            Payer::Network(_) => (30.0, Duration::from_secs(20)),
            Payer::AddressAt(..) | Payer::Codes(_) => (10.0, Duration::from_secs(20)),
            // In the first hour 30.
            Payer::Strangers(_) => (10.0, Duration::from_secs(180)),
        }
    }
}

/// Failures that have not been forgiven yet, as of a moment.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    failures: f64,
    at: Instant,
}

impl Bucket {
    fn now(self, grow_back: Duration) -> Self {
        let forgiven = self.at.elapsed().as_secs_f64() / grow_back.as_secs_f64();
        Self { failures: (self.failures - forgiven).max(0.0), at: Instant::now() }
    }
}

/// An attempt that was let through.
#[must_use = "an attempt that succeeds is paid back"]
pub struct Attempt(Vec<Payer>);

impl Attempts {
    /// Lets an attempt through and counts it as failed until told otherwise. The error is how many seconds to wait. `known` says whether
    /// whoever has the address has been at the client's network before.
    pub fn admit(&self, address: &str, client: IpAddr, known: bool) -> Result<Attempt, u32> {
        let mut payers = payers(address, client);
        if !known {
            payers.push(Payer::Strangers(address.to_lowercase()));
        }
        self.pay(payers)
    }

    /// The same for a search for servers, whosever they are.
    pub fn admit_search(&self, client: IpAddr) -> Result<Attempt, u32> {
        self.pay(vec![Payer::Network(network(client))])
    }

    /// The same for the code of a second step.
    pub fn admit_code(&self, address: &str, client: IpAddr) -> Result<Attempt, u32> {
        let mut payers = payers(address, client);
        payers.push(Payer::Codes(address.to_lowercase()));
        self.pay(payers)
    }

    fn pay(&self, payers: Vec<Payer>) -> Result<Attempt, u32> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut paid = Vec::new();
        for payer in &payers {
            let (most, grow_back) = payer.limit();
            let fresh = Bucket { failures: 0.0, at: Instant::now() };
            let bucket = buckets.get(payer).map_or(fresh, |known| known.now(grow_back));
            let failures = bucket.failures + 1.0;
            if failures > most {
                let wait = grow_back.mul_f64(failures - most).as_secs_f64().ceil();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 180")]
                return Err(wait.max(1.0) as u32);
            }
            paid.push(Bucket { failures, ..bucket });
        }
        buckets.extend(payers.iter().cloned().zip(paid));
        Ok(Attempt(payers))
    }

    /// The password was right.
    pub fn pay_back(&self, attempt: Attempt) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for payer in attempt.0 {
            if let Some(bucket) = buckets.get_mut(&payer) {
                bucket.failures = (bucket.failures - 1.0).max(0.0);
            }
        }
    }

    /// Forgets whoever has been forgiven, or the table only grows.
    pub fn forget_old(&self) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.retain(|payer, bucket| bucket.now(payer.limit().1).failures > 0.0);
        buckets.shrink_to_fit();
    }
}

/// Who pays for any attempt.
fn payers(address: &str, client: IpAddr) -> Vec<Payer> {
    let network = network(client);
    vec![Payer::Network(network.clone()), Payer::AddressAt(address.to_lowercase(), network)]
}

/// Whether two clients, the first of them in writing, count as one network.
pub fn is_one_network(client: &str, other: IpAddr) -> bool {
    client.parse().is_ok_and(|client: IpAddr| network(client) == network(other))
}

/// The network that a client counts for: its address, or for IPv6 the /64 that it has to itself.
pub fn network(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUESSER: &str = "192.0.2.1";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn guessing_is_slowed_for_the_guesser_and_not_for_the_owner() {
        let attempts = Attempts::default();
        for _ in 0..10 {
            assert!(attempts.admit("ana@example.org", ip(GUESSER), true).is_ok());
        }
        assert_eq!(attempts.admit("Ana@example.org", ip(GUESSER), true).err(), Some(20));
        assert!(attempts.admit("ana@example.org", ip("198.51.100.1"), true).is_ok());
        assert!(attempts.admit("boris@example.org", ip(GUESSER), true).is_ok());
        tokio::time::advance(Duration::from_secs(19)).await;
        assert_eq!(attempts.admit("ana@example.org", ip(GUESSER), true).err(), Some(1));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(attempts.admit("ana@example.org", ip(GUESSER), true).is_ok());
        assert!(attempts.admit("ana@example.org", ip(GUESSER), true).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_that_guesses_at_many_addresses_is_slowed() {
        let attempts = Attempts::default();
        for number in 0..30 {
            assert!(attempts.admit(&format!("{number}@example.org"), ip(GUESSER), true).is_ok());
        }
        assert!(attempts.admit("another@example.org", ip(GUESSER), true).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_office_behind_one_address_signs_in_in_the_morning() {
        let attempts = Attempts::default();
        for number in 0..500 {
            let attempt = attempts.admit(&format!("{number}@example.org"), ip(GUESSER), true).ok().unwrap();
            attempts.pay_back(attempt);
        }
        attempts.forget_old();
        assert!(attempts.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_right_password_does_not_forgive_wrong_ones() {
        let attempts = Attempts::default();
        for _ in 0..9 {
            drop(attempts.admit("ana@example.org", ip(GUESSER), true).ok());
        }
        let right = attempts.admit("ana@example.org", ip(GUESSER), true).ok().unwrap();
        attempts.pay_back(right);
        assert!(attempts.admit("ana@example.org", ip(GUESSER), true).is_ok());
        assert!(attempts.admit("ana@example.org", ip(GUESSER), true).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn codes_are_guessed_no_faster_from_many_networks() {
        let attempts = Attempts::default();
        for number in 0..10 {
            assert!(attempts.admit_code("ana@example.org", ip(&format!("192.0.2.{number}"))).is_ok());
        }
        assert_eq!(attempts.admit_code("Ana@example.org", ip("198.51.100.1")).err(), Some(20));
        assert!(attempts.admit("ana@example.org", ip("198.51.100.1"), true).is_ok(), "a password is another matter");
        assert!(attempts.admit_code("boris@example.org", ip("198.51.100.1")).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn many_networks_guess_no_faster_than_one_and_the_owner_goes_on() {
        let attempts = Attempts::default();
        let mut reached = 0;
        for second in 0..10_000_u32 {
            let [_, _, high, low] = second.to_be_bytes();
            reached += u32::from(attempts.admit("Ana@example.org", ip(&format!("203.0.{high}.{low}")), false).is_ok());
            if second % 100 == 0 {
                let owner = attempts.admit("ana@example.org", ip("198.51.100.1"), true);
                attempts.pay_back(owner.ok().unwrap());
            }
            tokio::time::advance(Duration::from_millis(360)).await;
        }
        assert!((29..=30).contains(&reached), "{reached} in the first hour");
        assert!(attempts.admit("boris@example.org", ip("203.0.1.1"), false).is_ok());
    }

    #[test]
    fn clients_of_one_network_are_one() {
        assert!(
            is_one_network("2001:db8:1:2::1", ip("2001:db8:1:2:3::4"))
                && is_one_network("192.0.2.1", ip("::ffff:192.0.2.1"))
        );
        assert!(
            !is_one_network("2001:db8:1:2::1", ip("2001:db8:1:3::1")) && !is_one_network("192.0.2.1", ip("192.0.2.2"))
        );
        assert!(!is_one_network("", ip("192.0.2.2")));
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        assert_eq!(network(ip("2001:db8:1:2::1")), network(ip("2001:db8:1:2:ffff::9")));
        assert_eq!(network(ip("::ffff:192.0.2.1")), "192.0.2.1");
    }
}
