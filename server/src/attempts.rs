//! Attempts to sign in: failed ones are limited for each address and for each network, by delay and never by lockout.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Failures that may come at once, from one client for one address and from one network for all.
const PER_ADDRESS: f64 = 10.0;
const PER_NETWORK: f64 = 30.0;

/// In place of a network, for codes.
const EVERYWHERE: &str = "*";

/// One more after this long.
const GROW_BACK: Duration = Duration::from_secs(20);

/// Who has failed to sign in how often.
///
/// Every attempt pays beforehand, so that many at once get no further than one after the other; one that succeeds is
/// paid back, so that an office behind one address can sign in in the morning. No rate limiter of the registry pays
/// back, which is why the buckets are our own.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<Payer, Bucket>>);

/// Who pays: an address at a network, or the network as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Payer {
    address: Option<String>,
    network: String,
}

/// Failures that have not been forgiven yet, as of a moment.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    failures: f64,
    at: Instant,
}

impl Bucket {
    fn now(self) -> Self {
        let forgiven = self.at.elapsed().as_secs_f64() / GROW_BACK.as_secs_f64();
        Self { failures: (self.failures - forgiven).max(0.0), at: Instant::now() }
    }
}

/// An attempt that was let through.
#[must_use = "an attempt that succeeds is paid back"]
pub struct Attempt(Vec<Payer>);

impl Attempts {
    /// Lets an attempt through and counts it as failed until told otherwise. The error is how many seconds to wait.
    ///
    /// The address is limited per network, so that nobody can lock out its owner from elsewhere.
    pub fn admit(&self, address: &str, client: IpAddr) -> Result<Attempt, u32> {
        self.pay(payers(address, client).into())
    }

    /// The same for the code of a second step. It is limited for the address wherever it comes from as well: whoever types it knows
    /// the password, and a code has no more than six digits.
    pub fn admit_code(&self, address: &str, client: IpAddr) -> Result<Attempt, u32> {
        let everywhere = Payer { address: Some(address.to_lowercase()), network: EVERYWHERE.to_owned() };
        let mut payers = Vec::from(payers(address, client));
        payers.push((everywhere, PER_ADDRESS));
        self.pay(payers)
    }

    fn pay(&self, payers: Vec<(Payer, f64)>) -> Result<Attempt, u32> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let paid: Vec<Bucket> = payers
            .iter()
            .map(|(payer, _)| {
                let fresh = Bucket { failures: 0.0, at: Instant::now() };
                let bucket = buckets.get(payer).map_or(fresh, |known| known.now());
                Bucket { failures: bucket.failures + 1.0, ..bucket }
            })
            .collect();
        let (payers, limits): (Vec<Payer>, Vec<f64>) = payers.into_iter().unzip();
        for (bucket, limit) in paid.iter().zip(limits) {
            if bucket.failures > limit {
                let wait = GROW_BACK.mul_f64(bucket.failures - limit).as_secs_f64().ceil();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 20")]
                return Err(wait.max(1.0) as u32);
            }
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
        buckets.retain(|_, bucket| bucket.now().failures > 0.0);
        buckets.shrink_to_fit();
    }
}

/// Who pays for an attempt, and how many failures each may have.
fn payers(address: &str, client: IpAddr) -> [(Payer, f64); 2] {
    let network = network(client);
    let address = Some(address.to_lowercase());
    [(Payer { address: None, network: network.clone() }, PER_NETWORK), (Payer { address, network }, PER_ADDRESS)]
}

/// The network that a client counts for: its address, or for IPv6 the /64 that it has to itself.
fn network(client: IpAddr) -> String {
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
            assert!(attempts.admit("ana@example.org", ip(GUESSER)).is_ok());
        }
        assert_eq!(attempts.admit("Ana@example.org", ip(GUESSER)).err(), Some(20));
        assert!(attempts.admit("ana@example.org", ip("198.51.100.1")).is_ok());
        assert!(attempts.admit("boris@example.org", ip(GUESSER)).is_ok());
        tokio::time::advance(Duration::from_secs(19)).await;
        assert_eq!(attempts.admit("ana@example.org", ip(GUESSER)).err(), Some(1));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(attempts.admit("ana@example.org", ip(GUESSER)).is_ok());
        assert!(attempts.admit("ana@example.org", ip(GUESSER)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_that_guesses_at_many_addresses_is_slowed() {
        let attempts = Attempts::default();
        for number in 0..30 {
            assert!(attempts.admit(&format!("{number}@example.org"), ip(GUESSER)).is_ok());
        }
        assert!(attempts.admit("another@example.org", ip(GUESSER)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_office_behind_one_address_signs_in_in_the_morning() {
        let attempts = Attempts::default();
        for number in 0..500 {
            let attempt = attempts.admit(&format!("{number}@example.org"), ip(GUESSER)).ok().unwrap();
            attempts.pay_back(attempt);
        }
        attempts.forget_old();
        assert!(attempts.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_right_password_does_not_forgive_wrong_ones() {
        let attempts = Attempts::default();
        for _ in 0..9 {
            drop(attempts.admit("ana@example.org", ip(GUESSER)).ok());
        }
        let right = attempts.admit("ana@example.org", ip(GUESSER)).ok().unwrap();
        attempts.pay_back(right);
        assert!(attempts.admit("ana@example.org", ip(GUESSER)).is_ok());
        assert!(attempts.admit("ana@example.org", ip(GUESSER)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn codes_are_guessed_no_faster_from_many_networks() {
        let attempts = Attempts::default();
        for number in 0..10 {
            assert!(attempts.admit_code("ana@example.org", ip(&format!("192.0.2.{number}"))).is_ok());
        }
        assert_eq!(attempts.admit_code("Ana@example.org", ip("198.51.100.1")).err(), Some(20));
        assert!(attempts.admit("ana@example.org", ip("198.51.100.1")).is_ok(), "a password is another matter");
        assert!(attempts.admit_code("boris@example.org", ip("198.51.100.1")).is_ok());
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        assert_eq!(network(ip("2001:db8:1:2::1")), network(ip("2001:db8:1:2:ffff::9")));
        assert_eq!(network(ip("::ffff:192.0.2.1")), "192.0.2.1");
    }
}
