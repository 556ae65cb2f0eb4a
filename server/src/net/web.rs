//! One request to a web server that somebody else has named, and the beginning of its answer.

use std::error::Error;

use anyhow::Result;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::AbortOnDropHandle;

/// The largest header of an answer, in bytes.
const HEADER: usize = 64 * 1024;

/// Drives a connection for as long as it is held: without it nothing more of the answer comes.
pub type Driven = AbortOnDropHandle<()>;

/// Sends a request over a line. Whoever calls this limits how long it may take.
pub async fn exchange<T, B>(line: T, request: Request<B>) -> Result<(Response<Incoming>, Driven)>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut client = http1::Builder::new();
    client.max_buf_size(HEADER);
    let (mut sender, connection) = client.handshake(TokioIo::new(line)).await?;
    // How it ends is seen by who reads.
    let driven = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    Ok((sender.send_request(request).await?, driven))
}
