//! The bytes of uploaded files: one file each in the data folder, named by its id.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use app::wire::{AccountId, BlobId};
use tokio::fs::{self, File};

use crate::store::{Store, now};

/// A blob that no message took within this time is forgotten, in seconds.
const PATIENCE: i64 = 7 * 24 * 3600;

/// Where the bytes of a blob are. None for what cannot be an id: it never names another file.
pub fn path(data: &Path, id: &BlobId) -> Option<PathBuf> {
    let valid = id.0.len() == 32 && id.0.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| data.join("blobs").join(&id.0))
}

/// Makes the file of a new blob.
pub async fn create(data: &Path, id: &BlobId) -> Result<File> {
    let path = path(data, id).context("A blob's id is not ours")?;
    File::create_new(&path).await.context("Cannot make the file of a blob")
}

/// Removes the bytes of a blob, if they are there.
pub async fn remove(data: &Path, id: &BlobId) {
    let Some(path) = path(data, id) else { return };
    if let Err(error) = fs::remove_file(&path).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "The file of a blob cannot be removed");
    }
}

/// Forgets a blob of this account.
pub async fn forget(store: &Store, data: &Path, account: AccountId, id: &BlobId) -> Result<()> {
    if store.forget_blob(account, id).await? {
        remove(data, id).await;
    }
    Ok(())
}

/// Forgets blobs that no message took in time, and files of which nobody knows: those of somebody who died between two steps.
pub async fn forget_old(store: &Store, data: &Path) -> Result<()> {
    for id in store.forget_blobs_before(now() - PATIENCE).await? {
        remove(data, &id).await;
    }
    let mut files = fs::read_dir(data.join("blobs")).await.context("Cannot read the folder of blobs")?;
    while let Some(file) = files.next_entry().await.context("Cannot read the folder of blobs")? {
        let age = file.metadata().await.ok().and_then(|file| file.modified().ok()?.elapsed().ok());
        let id = BlobId(file.file_name().to_string_lossy().into_owned());
        if age.is_some_and(|age| age.as_secs() > PATIENCE.unsigned_abs()) && !store.has_blob(&id).await? {
            remove(data, &id).await;
        }
    }
    Ok(())
}
