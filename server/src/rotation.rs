//! The change of the key that seals credentials: `pismo rotate-key`.
//!
//! With `secret.key` the next key is in a file of its own before anything is sealed with it, and takes the place of the old one when
//! all is: cut off at any moment, both keys open until the command is given again.

use std::fs;

use anyhow::{Context, Result, bail};
use secrecy::SecretString;

use crate::{
    config::Config,
    seal::{KEY, NEXT_KEY, Seal, read, read_or_make, sync_folder},
    store::{Resealed, Store},
};

/// Seals everything with the next key: `PISMO_SECRET`, where what was sealed with `PISMO_SECRET_BEFORE` opens as well; without these
/// a new one in the data folder.
pub async fn rotate(config: &Config) -> Result<Resealed> {
    match (&config.secret, &config.secret_before) {
        (Some(secret), Some(before)) => reseal(config, secret, before).await,
        (Some(_), None) => bail!(
            "Set PISMO_SECRET to the new secret and PISMO_SECRET_BEFORE to the one that it was until now, and try again"
        ),
        (None, Some(_)) => bail!("PISMO_SECRET_BEFORE is set and PISMO_SECRET, the new secret, is not; set both"),
        (None, None) => {
            let (key, next) = (config.data.join(KEY), config.data.join(NEXT_KEY));
            let Some(before) = read(&key)? else { bail!("There is no {}: nothing was sealed here yet", key.display()) };
            let done = reseal(config, &read_or_make(&next)?, &before).await?;
            fs::rename(&next, &key).with_context(|| format!("Cannot replace {}", key.display()))?;
            sync_folder(&config.data).map(|()| done)
        }
    }
}

async fn reseal(config: &Config, secret: &SecretString, before: &SecretString) -> Result<Resealed> {
    let (new, both) = (Seal::new(secret), Seal::new(secret).or(before));
    let store = Store::open(&config.data, config.database.as_ref()).await?;
    let anew = |owner: &str, sealed: &[u8]| both.open(owner, sealed).ok().map(|one| new.seal(owner, &one)).transpose();
    let done = store.reseal(anew).await;
    store.close().await;
    done
}
