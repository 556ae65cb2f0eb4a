//! The executable: `pismo serve` (or nothing), `pismo healthcheck`, `pismo migrate`,
//! `pismo rotate-key`, `pismo hook`.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};
use pismo::{
    config::{Config, log_filter},
    store::{Resealed, Store},
};
use rustix::{
    fs::Mode,
    process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, umask},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

/// A parser that meets deep nesting before a limit stops it needs more than the usual 2 MiB.
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let subcommand = std::env::args().nth(1).unwrap_or_else(|| "serve".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(&subcommand)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pismo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(subcommand: &str) -> Result<()> {
    keep_private()?;
    open_many_files();
    let config = Config::from_env()?;
    match subcommand {
        "serve" => serve(config).await,
        "healthcheck" => healthcheck(&config).await,
        "migrate" => {
            tokio::fs::create_dir_all(&config.data).await.context("PISMO_DATA")?;
            Store::open(&config.data, config.database.as_ref()).await?.close().await;
            Ok(())
        }
        "rotate-key" => rotate_key(&config).await,
        "hook" => {
            print!("{}", include_str!("hook.lua"));
            Ok(())
        }
        other => bail!("There is no subcommand {other:?}; there are serve, healthcheck, migrate, rotate-key and hook"),
    }
}

/// Seals everything with another key.
async fn rotate_key(config: &Config) -> Result<()> {
    if config.secret.is_none() && healthcheck(config).await.is_ok() {
        bail!("Pismo is running, and would go on with the old key. Stop it, give this command again, and start it");
    }
    let Resealed { done, closed } = pismo::rotation::rotate(config).await?;
    println!("{done} passwords and secrets are sealed with the new key.");
    if closed > 0 {
        println!(
            "{closed} opened neither with this key nor with the one before, and stayed as they were: \
             whose they are will be asked for them again."
        );
    }
    Ok(())
}

/// What this process holds in memory is for nobody: it leaves no core dump, and no other process of the same user reads it. What it
/// writes is for its user alone.
fn keep_private() -> Result<()> {
    umask(Mode::RWXG | Mode::RWXO);
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).context("Cannot switch core dumps off")?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).context("Cannot switch core dumps off")
}

/// A line of a tab or to a mail server is a file. A process may have many (the hard limit), but is given few at first, lest it uses
/// select(2), which nothing here does.
fn open_many_files() {
    let files = getrlimit(Resource::Nofile);
    // Where that is refused, there are fewer lines.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files });
}

async fn serve(config: Config) -> Result<()> {
    let wanted = std::env::var("PISMO_LOG").unwrap_or_default();
    let filter = log_filter(if wanted.is_empty() { "info" } else { &wanted }).context("PISMO_LOG")?;
    tracing_subscriber::registry().with(filter).with(tracing_subscriber::fmt::layer()).init();
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("PISMO_LISTEN: cannot listen on {}", config.listen))?;
    tracing::info!("Pismo serves http://{}", listener.local_addr()?);
    let shutdown = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
        tracing::info!("Stopping");
        token.cancel();
    });
    pismo::serve(listener, config, shutdown).await
}

/// Asks the running Pismo whether it can serve: for containers.
async fn healthcheck(config: &Config) -> Result<()> {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = timeout(Duration::from_secs(5), asked).await.context("Pismo does not answer")??;
    let status = answer.split(|byte| *byte == b' ').nth(1);
    if status == Some(b"200") { Ok(()) } else { bail!("Pismo cannot serve now") }
}
