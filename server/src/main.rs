//! The executable: `pismo serve` (or nothing), `pismo healthcheck`, `pismo migrate`, `pismo hook`.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};
use pismo::{config::Config, store::Store};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

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
    let config = Config::from_env()?;
    match subcommand {
        "serve" => serve(config).await,
        "healthcheck" => healthcheck(&config).await,
        "migrate" => {
            tokio::fs::create_dir_all(&config.data).await.context("PISMO_DATA")?;
            Store::open(&config.data, config.database.as_ref()).await?.close().await;
            Ok(())
        }
        "hook" => {
            print!("{}", include_str!("hook.lua"));
            Ok(())
        }
        other => bail!("There is no subcommand {other:?}; there are serve, healthcheck, migrate and hook"),
    }
}

async fn serve(config: Config) -> Result<()> {
    let filter = match std::env::var("PISMO_LOG") {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(&text).context("PISMO_LOG")?,
        Ok(_) | Err(_) => EnvFilter::new("info"),
    };
    // async-imap writes whole commands at trace, with the password in them, whatever the setting says.
    let filter = filter.add_directive("async_imap=debug".parse()?);
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
