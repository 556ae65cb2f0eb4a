//! How full the person's space is (RFC 9208, RFC 2087).

use app::wire::{Quota, Usage};

use super::{Error, Limits, Response, Session};

impl Session {
    /// The limits that mail in the inbox comes up against, and how near they are. Nothing where the server sets none.
    pub async fn quota(&mut self) -> Result<Quota, Error> {
        if !self.capabilities.quota {
            return Ok(Quota::default());
        }
        let mut quota = Quota::default();
        let command = self.mailbox_command("GETQUOTAROOT", "INBOX")?;
        self.run(command, Limits::SHORT, |response| match response {
            Response::Quota(resources) => {
                for (resource, used, limit) in resources {
                    match resource.as_str() {
                        // RFC 9208 §5.1: in units of 1024 octets.
                        "STORAGE" => keep(&mut quota.storage, used.saturating_mul(1024), limit.saturating_mul(1024)),
                        "MESSAGE" => keep(&mut quota.messages, used, limit),
                        _ => {}
                    }
                }
                None
            }
            other => Some(other),
        })
        .await?;
        Ok(quota)
    }
}

/// Of several limits, say of the person and of the whole domain, the one that leaves the least room counts.
fn keep(known: &mut Option<Usage>, used: u64, limit: u64) {
    let room = |usage: &Usage| usage.limit.saturating_sub(usage.used);
    let usage = Usage { used, limit };
    if known.as_ref().is_none_or(|known| room(&usage) < room(known)) {
        *known = Some(usage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_with_the_least_room_counts() {
        let mut usage = None;
        for (used, limit) in [(10, 100), (950, 1000), (0, 90), (5, 4)] {
            keep(&mut usage, used, limit);
        }
        assert_eq!(usage, Some(Usage { used: 5, limit: 4 }));
    }
}
