//! The second step of signing in: codes of an authenticator (RFC 6238), and recovery codes for whoever has nothing at hand. Passkeys
//! are in `passkeys.rs`.

use anyhow::Result;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

use crate::{
    bridge::Bridge,
    seal::random_hex,
    store::{StoredSecondStep, now},
};

/// Recovery codes that a person gets.
const CODES: usize = 10;

/// Letters of a recovery code: 64 bits.
const RECOVERY: usize = 16;

/// A new secret, in base32 as authenticators take it. RFC 4226 §4 wants 160 bits.
pub fn fresh_secret() -> Result<SecretString> {
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("No randomness: {error}"))?;
    Ok(Secret::from(bytes).to_base32().into())
}

fn totp(secret: &SecretString, address: &str) -> Result<Totp> {
    let secret = Secret::try_from_base32(secret.expose_secret()).map_err(|error| anyhow::anyhow!("{error}"))?;
    // A colon would end the issuer's name.
    let builder = Builder::new().with_secret(secret).with_account_name(address.replace(':', "_"));
    builder.with_issuer(Some("Pismo")).build().map_err(|error| anyhow::anyhow!("{error}"))
}

/// A picture of the secret for an authenticator to look at, as a `data:` address.
pub fn picture(secret: &SecretString, address: &str) -> Result<String> {
    let png = totp(secret, address)?.to_qr_base64().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(format!("data:image/png;base64,{png}"))
}

/// The number of the half minute of which this is the code, if it is about now.
pub fn step_of(secret: &SecretString, code: &str, at: i64) -> Result<Option<i64>> {
    let step = totp(secret, "-")?.check(code, u64::try_from(at)?);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// New recovery codes, as they are shown.
pub fn fresh_codes() -> Result<Vec<String>> {
    let shown = |code: String| {
        let letters: Vec<char> = code.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    };
    (0..CODES).map(|_| random_hex(RECOVERY / 2).map(shown)).collect()
}

/// What is kept of a recovery code. It has so many bits that nothing slower is needed.
pub fn kept(user: i64, code: &str) -> Vec<u8> {
    let letters = code.chars().filter(char::is_ascii_hexdigit).map(|letter| letter.to_ascii_lowercase());
    Sha256::digest(format!("recovery:{user}:{}", letters.collect::<String>()).as_bytes()).to_vec()
}

/// What a person has typed.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Code(String),
    Recovery(String),
}

/// Spaces and hyphens are for people.
fn read(text: &str) -> Option<Typed> {
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(100).collect();
    if plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Typed::Code(plain));
    }
    let is_recovery = plain.len() == RECOVERY && plain.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_recovery.then_some(Typed::Recovery(plain))
}

/// What a sealed secret is bound to.
pub fn owner(user: i64) -> String {
    format!("second-step:{user}")
}

impl Bridge {
    /// Whether the code that was typed is right for the second step of a user. If it is, it never is again.
    pub async fn take_second_step(&self, user: i64, stored: &StoredSecondStep, text: &str) -> Result<bool> {
        match read(text) {
            Some(Typed::Code(code)) => {
                let Some(secret) = &stored.secret else { return Ok(false) };
                let secret = self.seal.open(&owner(user), secret)?;
                // RFC 6238 §5.2: no code is good twice, nor is one before the last.
                match step_of(&secret, &code, now())? {
                    Some(step) => self.store.take_step(user, step).await,
                    None => Ok(false),
                }
            }
            Some(Typed::Recovery(code)) => self.store.take_recovery_code(user, &kept(user, &code)).await,
            None => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_its_half_minute_and_those_beside_it() {
        let secret = fresh_secret().expect("a secret");
        assert_eq!(secret.expose_secret().len(), 32);
        let at = 1_800_000_000;
        let code = totp(&secret, "ana@example.org").expect("a generator").generate(at).to_string();
        for (offset, known) in [(0, true), (29, true), (30, true), (-30, true), (90, false), (-90, false)] {
            let step = step_of(&secret, &code, at as i64 + offset).expect("a step");
            assert_eq!(step, known.then_some(60_000_000), "{offset}");
        }
        assert!(picture(&secret, "ana:x@example.org").expect("a picture").starts_with("data:image/png;base64,iVBOR"));
    }

    #[test]
    fn what_is_typed_may_have_gaps() {
        assert_eq!(read(" 123 456 "), Some(Typed::Code("123456".to_owned())));
        let codes = fresh_codes().expect("codes");
        assert_eq!(codes.len(), CODES);
        let plain = codes[0].replace('-', "");
        assert_eq!((codes[0].len(), read(&codes[0])), (19, Some(Typed::Recovery(plain.clone()))));
        assert_eq!(kept(1, &codes[0]), kept(1, &plain.to_uppercase()));
        assert_ne!(kept(1, &plain), kept(2, &plain));
        for text in ["", "12345", "1234567", "१२३४५६", "zzzz-zzzz-zzzz-zzzz"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
