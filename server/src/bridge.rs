//! What every handler is given: the settings, the store, the accounts, the outbox, the collectors.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use app::wire::{AccountId, Error};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use crate::{
    account::{Account, Accounts},
    attempts::Attempts,
    collector::Collectors,
    config::Config,
    discover::Discovery,
    endpoint::Endpoint,
    imap::Credentials,
    passkeys::Passkeys,
    pending::Pending,
    presence::Presence,
    seal::Seal,
    store::{AccountRecord, Conversations, Login, Store},
    submission::Outbox,
    turns::Turns,
};

/// The shared parts of a running Pismo. Cheap to clone.
#[derive(Clone)]
pub struct Bridge {
    pub config: Arc<Config>,
    pub store: Store,
    pub index: Conversations,
    pub seal: Seal,
    pub accounts: Accounts,
    pub outbox: Outbox,
    pub collectors: Collectors,
    /// Finds the servers of an address, for collectors.
    pub discovery: Arc<Discovery>,
    /// The same for those who sign in.
    pub own_discovery: Arc<Discovery>,
    pub attempts: Arc<Attempts>,
    /// Pictures on the net that are fetched at once.
    pub pictures: Turns,
    /// Lists that are left at once.
    pub leaving: Turns,
    /// Bodies that are made harmless at once: hostile ones take long.
    pub bodies: Turns,
    pub presence: Arc<Presence>,
    pub pending: Arc<Pending>,
    pub passkeys: Arc<Passkeys>,
    pub shutdown: CancellationToken,
}

impl Bridge {
    /// Opens the data folder and the database.
    pub async fn open(config: Config, shutdown: CancellationToken) -> Result<Self> {
        let data = &config.data;
        for folder in [data.clone(), data.join("blobs")] {
            tokio::fs::create_dir_all(&folder)
                .await
                .with_context(|| format!("PISMO_DATA: cannot make the folder {}", folder.display()))?;
        }
        let seal = match &config.secret {
            Some(secret) => match &config.secret_before {
                Some(before) => Seal::new(secret).or(before),
                None => Seal::new(secret),
            },
            None => Seal::from_folder(data)?,
        };
        let store = Store::open(data, config.database.as_ref()).await?;
        let index = Conversations::open(data).await.context("PISMO_DATA: the index of conversations")?;
        let folder: Arc<Path> = data.as_path().into();
        let servers = (config.server_dialer(), config.imap.is_some());
        let accounts =
            Accounts::new((store.clone(), index.clone()), folder, config.upload_limit, servers, shutdown.clone())
                .believing(&config.authserv);
        let discovery = |dialer| Arc::new(Discovery::new(dialer).looking_at(config.places.clone()));
        let (discovery, own_discovery) = (discovery(config.source_dialer()), discovery(config.server_dialer()));
        Ok(Self {
            config: Arc::new(config),
            store,
            index,
            seal,
            accounts,
            outbox: Outbox::default(),
            collectors: Collectors::default(),
            discovery,
            own_discovery,
            attempts: Arc::default(),
            pictures: Turns::new(8, 96),
            leaving: Turns::new(1, 8),
            bodies: Turns::new(2, std::thread::available_parallelism().map_or(2, usize::from).max(2)),
            pending: Arc::default(),
            passkeys: Arc::default(),
            presence: Arc::new(Presence::new(shutdown.clone())),
            shutdown,
        })
    }

    /// The account of a login, started if it is not running.
    pub async fn account(&self, login: &Login) -> Result<Account, Error> {
        if let Some(account) = self.accounts.running(login.account) {
            return Ok(account);
        }
        let record = self.store.account(login.account).await.map_err(internal)?.ok_or(Error::SignedOut)?;
        let credentials = self.credentials(&record)?;
        Ok(self.accounts.start(&record, credentials))
    }

    /// With what an account signs in.
    pub fn credentials(&self, record: &AccountRecord) -> Result<Credentials, Error> {
        let sealed = record.password.as_ref().ok_or(Error::SignedOut)?;
        let password = self.seal.open(&owner(record), sealed).map_err(|error| {
            tracing::error!(account.id = record.id.0, error = format!("{error:#}"), "A password cannot be opened");
            // Signing in seals it anew.
            Error::SignedOut
        })?;
        Ok(Credentials { user: record.address.clone(), password })
    }

    /// Whether another password than this is kept of an account, or one that cannot be read any more.
    pub fn keeps_other_password(&self, record: &AccountRecord, credentials: &Credentials) -> bool {
        let kept = record.password.as_ref().map(|sealed| self.seal.open(&owner(record), sealed));
        let is_this = |kept: SecretString| kept.expose_secret() == credentials.password.expose_secret();
        kept.is_some_and(|kept| !kept.is_ok_and(is_this))
    }

    /// Keeps the password of an account.
    pub async fn keep_password(&self, record: &AccountRecord, credentials: &Credentials) -> Result<()> {
        let sealed = self.seal.seal(&owner(record), &credentials.password)?;
        self.store.set_password(record.id, &sealed).await
    }
}

/// What a sealed password is bound to: it opens neither in another row nor for another server.
fn owner(record: &AccountRecord) -> String {
    account_owner(record.id, &record.imap)
}

/// The same for the account of this number at this server.
pub fn account_owner(account: AccountId, imap: &Endpoint) -> String {
    format!("account:{}:{imap}", account.0)
}

pub fn internal(error: anyhow::Error) -> Error {
    tracing::error!(error = format!("{error:#}"), "A request failed by our own fault");
    Error::Internal
}
