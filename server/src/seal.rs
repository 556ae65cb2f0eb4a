//! Credentials at rest: sealed with XChaCha20-Poly1305 (RFC 8439 with a 192-bit nonce) under a key that is
//! not in the database, and bound to the row they belong to.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tempfile::NamedTempFile;
use zeroize::{Zeroize, Zeroizing};

const NONCE: usize = 24;

/// Bytes of a signature: nobody guesses 128 bits.
const SIGNED: usize = 16;

/// Seals and opens secrets, and signs what we give out to know it again. Cheap to clone.
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
    /// What was sealed under another key opens as well: while the key changes.
    other: Option<XChaCha20Poly1305>,
    signer: Hmac<Sha256>,
}

/// A key that is shorter than a block ends in zeros (RFC 2104 §2).
fn hmac(key: &[u8]) -> Hmac<Sha256> {
    let block: [u8; 64] = std::array::from_fn(|at| key.get(at).copied().unwrap_or(0));
    Hmac::new(&block.into())
}

impl Seal {
    /// The key is the SHA-256 of the given secret, which should be long and random.
    pub fn new(secret: &SecretString) -> Self {
        let key = key_of(secret);
        // A key for one purpose only (NIST SP 800-108): what is signed says nothing of what is sealed.
        let signer = hmac(&hmac(&key).chain_update(b"pismo: signatures").finalize().into_bytes());
        Self { cipher: XChaCha20Poly1305::new(&key), other: None, signer }
    }

    /// Opens what was sealed under this secret as well.
    pub fn or(self, other: &SecretString) -> Self {
        Self { other: Some(XChaCha20Poly1305::new(&key_of(other))), ..self }
    }

    /// Reads the secret from `secret.key` in the data folder, made there the first time. Where a change of the key was cut off, both
    /// keys open.
    pub fn from_folder(data: &Path) -> Result<Self> {
        let seal = Self::new(&read_or_make(&data.join(KEY))?);
        Ok(match read(&data.join(NEXT_KEY))? {
            Some(next) => seal.or(&next),
            None => seal,
        })
    }

    /// Seals `secret` for the row that `owner` names; it opens for no other.
    pub fn seal(&self, owner: &str, secret: &SecretString) -> Result<Vec<u8>> {
        let mut nonce = [0u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| anyhow::anyhow!("No randomness: {error}"))?;
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: owner.as_bytes() };
        let Ok(sealed) = self.cipher.encrypt(&XNonce::from(nonce), payload) else { bail!("Cannot seal a credential") };
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same owner.
    pub fn open(&self, owner: &str, sealed: &[u8]) -> Result<SecretString> {
        let Some((nonce, sealed)) = sealed.split_first_chunk::<NONCE>() else { bail!("A sealed credential is cut") };
        let (nonce, payload) = (XNonce::from(*nonce), || Payload { msg: sealed, aad: owner.as_bytes() });
        let ciphers = [Some(&self.cipher), self.other.as_ref()];
        let Some(secret) = ciphers.into_iter().flatten().find_map(|cipher| cipher.decrypt(&nonce, payload()).ok())
        else {
            bail!("A sealed credential does not open: was PISMO_SECRET or secret.key changed?")
        };
        match String::from_utf8(secret) {
            Ok(secret) => Ok(secret.into()),
            Err(error) => {
                // The error would carry it on.
                error.into_bytes().zeroize();
                bail!("A sealed credential is no text")
            }
        }
    }
}

/// The file of the secret in the data folder, and that of the next one while it is changed.
pub const KEY: &str = "secret.key";
pub const NEXT_KEY: &str = "secret.key.next";

fn key_of(secret: &SecretString) -> Key {
    Sha256::digest(secret.expose_secret().as_bytes())
}

/// The secret in a file; none where there is no such file.
pub fn read(path: &Path) -> Result<Option<SecretString>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("Cannot read {}", path.display())),
    };
    let secret = text.trim();
    // Anybody could open what is sealed with nothing.
    ensure!(!secret.is_empty(), "{} is empty: put it back from a backup", path.display());
    Ok(Some(secret.to_owned().into()))
}

/// The secret in a file. Where there is no such file, a new one is in it from now on: it is there whole, and stays there, before
/// anything can be sealed with it.
pub fn read_or_make(path: &Path) -> Result<SecretString> {
    if let Some(secret) = read(path)? {
        return Ok(secret);
    }
    let cannot = || format!("Cannot make {}", path.display());
    let secret = SecretString::from(random_hex(32)?);
    let folder = path.parent().with_context(cannot)?;
    // Only the owner reads it.
    let mut file = NamedTempFile::new_in(folder).with_context(cannot)?;
    io::Write::write_all(&mut file, secret.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(folder).map(|()| secret),
        // Another node was quicker.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => read(path)?.with_context(cannot),
        Err(error) => Err(error.error).with_context(cannot),
    }
}

/// Has the disk keep which files are in a folder.
pub fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)?.sync_all().with_context(|| format!("Cannot keep what is in {}", folder.display()))
}

impl Seal {
    /// What shows that a text came from us: HMAC-SHA256 (RFC 2104), the first half of it, in hexadecimal.
    pub fn sign(&self, text: &str) -> String {
        let mac = self.signer.clone().chain_update(text).finalize().into_bytes();
        hex(mac.get(..SIGNED).unwrap_or_default())
    }

    /// Whether a text has this signature of ours. Takes as long whatever is wrong with it.
    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        self.sign(text).as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

/// Random bytes in hexadecimal: names that cannot be guessed.
pub fn random_hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0u8; bytes];
    getrandom::fill(&mut buffer).map_err(|error| anyhow::anyhow!("No randomness: {error}"))?;
    Ok(hex(&buffer))
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_for_its_owner_only() {
        let seal = Seal::new(&"key".to_owned().into());
        let sealed = seal.seal("account:1", &"hunter2".to_owned().into()).expect("seals");
        assert_eq!(seal.open("account:1", &sealed).expect("opens").expose_secret(), "hunter2");
        assert!(seal.open("account:2", &sealed).is_err());
        assert!(Seal::new(&"other".to_owned().into()).open("account:1", &sealed).is_err());
        assert!(seal.open("account:1", &sealed[..10]).is_err());
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
    }

    #[test]
    fn a_secret_in_a_file_is_made_once_and_never_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(KEY);
        let secret = read_or_make(&path).expect("a secret");
        assert_eq!(secret.expose_secret().len(), 64);
        assert_eq!(read_or_make(&path).expect("the secret").expose_secret(), secret.expose_secret());
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).expect("a file").permissions()) & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
        fs::write(&path, "\n").expect("a cut file");
        assert!(read_or_make(&path).expect_err("nothing").to_string().contains("is empty"));
        assert!(Seal::from_folder(folder.path()).is_err());
    }
}
