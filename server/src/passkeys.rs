//! Passkeys as a second step after the password (W3C Web Authentication Level 3): what a browser is asked for, what it answers, and
//! what is remembered in between.
//!
//! They are what the library calls security keys, which stand beside a password: an authenticator that can tell who holds it does so
//! (user verification “preferred”), and one that cannot, such as a plain USB key, is still something the person has. What the library
//! calls passkeys, which stand alone, would shut these out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result};
use tokio::time::Instant;
use webauthn_rs::prelude::{
    CreationChallengeResponse, PublicKeyCredential, RegisterPublicKeyCredential, RequestChallengeResponse, SecurityKey,
    SecurityKeyAuthentication, SecurityKeyRegistration, Url, Uuid, Webauthn, WebauthnBuilder,
};

use crate::{
    bridge::Bridge,
    pending::PATIENCE,
    seal::random_hex,
    store::{Added, Login, NewPasskey},
};

/// Letters of a passkey's name.
pub const LONGEST_NAME: usize = 60;

/// Browsers of which something is remembered at once.
const MOST: usize = 1024;

/// An address of Pismo, as a browser knows it. A passkey is good at the host where it was added.
#[derive(Debug, Clone)]
pub struct Site {
    /// The host (WebAuthn §5.1.2, rp.id).
    pub host: String,
    origin: Url,
}

impl Site {
    /// None where the origin is named by a number: passkeys are bound to a domain (WebAuthn §5.1.3, step 7).
    pub fn of(origin: &str) -> Option<Site> {
        let origin = Url::parse(origin).ok()?;
        let host = origin.domain()?.to_owned();
        Some(Site { host, origin })
    }

    fn library(&self) -> Result<Webauthn> {
        let builder = WebauthnBuilder::new(&self.host, &self.origin).context("An address for passkeys")?;
        builder.rp_name("Pismo").timeout(PATIENCE).build().context("An address for passkeys")
    }
}

/// Something of each of many browsers, by what is kept of its cookie: good once, for five minutes.
struct Remembered<T>(Mutex<HashMap<Vec<u8>, (Instant, T)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Remembered<T> {
    fn with<R>(&self, work: impl FnOnce(&mut HashMap<Vec<u8>, (Instant, T)>) -> R) -> R {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (until, _)| *until > Instant::now());
        work(&mut known)
    }

    /// In place of what was there.
    fn put(&self, token: &[u8], what: T) {
        self.with(|known| {
            known.remove(token);
            if known.len() >= MOST {
                let oldest = known.iter().min_by_key(|(_, (until, _))| *until).map(|(token, _)| token.clone());
                oldest.and_then(|oldest| known.remove(&oldest));
            }
            known.insert(token.to_owned(), (Instant::now() + PATIENCE, what));
        });
    }

    fn take(&self, token: &[u8]) -> Option<T> {
        self.with(|known| known.remove(token).map(|(_, what)| what))
    }

    fn has(&self, token: &[u8]) -> bool {
        self.with(|known| known.contains_key(token))
    }
}

/// What is under way with passkeys on this node. Nothing of it is in a browser, where it could be played again.
#[derive(Default)]
pub struct Passkeys {
    /// Challenges for a new one, by login.
    adding: Remembered<(Site, SecurityKeyRegistration)>,
    /// Challenges for one that is here, by login, or by whoever is half-way in.
    asked: Remembered<(Site, SecurityKeyAuthentication)>,
    /// Logins that have just shown the second step that they have, and may add another one.
    proven: Remembered<()>,
}

impl Passkeys {
    /// Whoever has this login has shown its second step.
    pub fn prove(&self, login: &Login) {
        self.proven.put(&login.token, ());
    }

    pub fn is_proven(&self, login: &Login) -> bool {
        self.proven.has(&login.token)
    }

    /// The one thing that it was shown for is done.
    pub fn close(&self, login: &Login) {
        self.proven.take(&login.token);
    }
}

impl Bridge {
    /// Begins to add a passkey. Gives back what the browser is to ask an authenticator for.
    pub async fn begin_passkey(&self, site: Site, login: &Login) -> Result<CreationChallengeResponse> {
        let fresh = Uuid::new_v4();
        let handle = self.store.handle(login.user, fresh.as_bytes()).await?;
        let handle = Uuid::from_slice(&handle).context("A handle")?;
        let known = self.keys(&site, login.user).await?.iter().map(|key| key.cred_id().clone()).collect();
        let (mut asked, state) = site
            .library()?
            .start_securitykey_registration(handle, &login.address, &login.address, Some(known), None, None)
            .context("A challenge for a new passkey")?;
        // The library hints at keys on USB; a phone or the computer itself will do. What it asks of the key beyond (to sign for
        // nobody unverified) would make one without a PIN useless.
        asked.public_key.hints = None;
        asked.public_key.extensions = None;
        self.passkeys.adding.put(&login.token, (site, state));
        Ok(asked)
    }

    /// Adds the passkey with which the browser has answered, with what is kept of the recovery codes if it is the first second step.
    pub async fn finish_passkey(&self, login: &Login, name: &str, answer: &str, codes: &[Vec<u8>]) -> Result<Added> {
        let Some((site, state)) = self.passkeys.adding.take(&login.token) else { return Ok(Added::No) };
        let verified = parsed::<RegisterPublicKeyCredential>(answer)
            .and_then(|answer| Ok(site.library()?.finish_securitykey_registration(&answer, &state)?));
        let key = match verified {
            Ok(key) => key,
            Err(error) => {
                tracing::info!(error = format!("{error:#}"), "A passkey is not added");
                return Ok(Added::No);
            }
        };
        let known = serde_json::to_string(&key).context("A passkey for the store")?;
        let passkey = NewPasskey {
            id: &random_hex(16)?,
            name,
            site: &site.host,
            credential: key.cred_id(),
            known: &known,
            // What it has counted so far, the first answer tells.
            counter: 0,
        };
        self.store.add_passkey(login.user, &passkey, codes).await
    }

    /// Asks whoever has the cookie of this token for a passkey of this user: gives back what the browser is to have signed. None
    /// where the user has none that is good at this site.
    pub async fn ask_passkey(&self, site: Site, token: &[u8], user: i64) -> Result<Option<RequestChallengeResponse>> {
        let keys = self.keys(&site, user).await?;
        if keys.is_empty() {
            return Ok(None);
        }
        let (mut asked, state) =
            site.library()?.start_securitykey_authentication(&keys).context("A challenge for a passkey")?;
        asked.public_key.hints = None;
        self.passkeys.asked.put(token, (site, state));
        Ok(Some(asked))
    }

    /// Whether the browser has answered with a passkey of this user what it was asked. Whatever it answers, it is asked anew then.
    pub async fn take_passkey(&self, token: &[u8], user: i64, answer: &str) -> Result<bool> {
        let Some((site, state)) = self.passkeys.asked.take(token) else { return Ok(false) };
        let verified = parsed::<PublicKeyCredential>(answer).and_then(|answer| {
            let result = site.library()?.finish_securitykey_authentication(&answer, &state)?;
            Ok((answer, result))
        });
        let (answer, result) = match verified {
            Ok(verified) => verified,
            Err(error) => {
                tracing::info!(error = format!("{error:#}"), "A passkey is not taken");
                return Ok(false);
            }
        };
        // Removed meanwhile, it is good for nothing.
        let Some((known, handle)) = self.store.passkey(user, result.cred_id()).await? else { return Ok(false) };
        // WebAuthn §7.2, step 6: an authenticator that says for whom it signs says it of this user.
        if answer.get_user_unique_id().is_some_and(|said| !said.is_empty() && said != handle) {
            return Ok(false);
        }
        let mut key: SecurityKey = serde_json::from_str(&known).context("A stored passkey")?;
        key.update_credential(&result);
        let known = serde_json::to_string(&key).context("A passkey for the store")?;
        self.store.use_passkey(user, result.cred_id(), &known, result.counter()).await
    }

    /// The keys of a user that are good at a site.
    async fn keys(&self, site: &Site, user: i64) -> Result<Vec<SecurityKey>> {
        let stored = self.store.passkeys(user).await?;
        let here = stored.into_iter().filter(|passkey| passkey.site == site.host);
        here.map(|passkey| serde_json::from_str(&passkey.known).context("A stored passkey")).collect()
    }
}

fn parsed<T: serde::de::DeserializeOwned>(answer: &str) -> Result<T> {
    serde_json::from_str(answer).context("An answer that is none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_a_name() {
        for (origin, host) in [
            ("https://mail.example.org", Some("mail.example.org")),
            ("https://mail.example.org:8443", Some("mail.example.org")),
            ("http://localhost:3000", Some("localhost")),
            ("https://почта.рф", Some("xn--80a1acny.xn--p1ai")),
            ("http://127.0.0.1:3000", None),
            ("http://2130706433", None),
            ("https://[::1]", None),
            ("null", None),
            ("", None),
        ] {
            let site = Site::of(origin);
            assert_eq!(site.as_ref().map(|site| site.host.as_str()), host, "{origin}");
            assert!(site.is_none_or(|site| site.library().is_ok()), "{origin}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_good_once_and_not_for_long() {
        let remembered = Remembered::default();
        remembered.put(b"a", 1);
        remembered.put(b"a", 2);
        assert_eq!((remembered.take(b"b"), remembered.take(b"a"), remembered.take(b"a")), (None, Some(2), None));
        remembered.put(b"a", 3);
        tokio::time::advance(PATIENCE).await;
        assert!(!remembered.has(b"a"));
        for number in 0..=MOST {
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
            remembered.put(&number.to_be_bytes(), number);
        }
        assert_eq!((remembered.has(&0usize.to_be_bytes()), remembered.take(&MOST.to_be_bytes())), (false, Some(MOST)));
    }
}
