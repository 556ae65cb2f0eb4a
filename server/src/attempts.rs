//! Attempts to sign in: limited for each address and for each network, by delay and never by lockout.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

/// Attempts that may come at once, and how fast they grow back.
const PER_ADDRESS: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
const PER_NETWORK: NonZeroU32 = NonZeroU32::new(30).expect("not zero");
const GROW_BACK: Duration = Duration::from_secs(20);

/// Who has tried to sign in how often.
pub struct Attempts {
    addresses: DefaultKeyedRateLimiter<(String, String)>,
    networks: DefaultKeyedRateLimiter<String>,
}

impl Default for Attempts {
    fn default() -> Self {
        let quota = |burst| Quota::with_period(GROW_BACK).map(|quota| quota.allow_burst(burst));
        // A period that is not zero always makes a quota.
        let quota = |burst| quota(burst).unwrap_or(Quota::per_minute(burst));
        Self { addresses: RateLimiter::keyed(quota(PER_ADDRESS)), networks: RateLimiter::keyed(quota(PER_NETWORK)) }
    }
}

impl Attempts {
    /// Counts a failed attempt's ticket beforehand. The error is how many seconds to wait.
    ///
    /// The address is limited per network, so that nobody can lock out its owner from elsewhere.
    pub fn admit(&self, address: &str, client: IpAddr) -> Result<(), u32> {
        let network = network(client);
        let wait = |error: governor::NotUntil<_>| {
            let wait = error.wait_time_from(governor::clock::DefaultClock::default().now());
            u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1)
        };
        self.networks.check_key(&network).map_err(wait)?;
        self.addresses.check_key(&(address.to_lowercase(), network)).map_err(wait)
    }

    /// Forgets whoever has not tried for a while, or the tables only grow.
    pub fn forget_old(&self) {
        self.addresses.retain_recent();
        self.networks.retain_recent();
    }
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

    #[test]
    fn guessing_is_slowed_for_the_guesser_and_not_for_the_owner() {
        let attempts = Attempts::default();
        let (guesser, owner) = ("192.0.2.1".parse().unwrap(), "198.51.100.1".parse().unwrap());
        for _ in 0..PER_ADDRESS.get() {
            assert!(attempts.admit("ana@example.org", guesser).is_ok());
        }
        assert!(attempts.admit("Ana@example.org", guesser).is_err());
        assert!(attempts.admit("ana@example.org", owner).is_ok());
        assert!(attempts.admit("boris@example.org", guesser).is_ok());
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        assert_eq!(network("2001:db8:1:2::1".parse().unwrap()), network("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1");
    }
}
