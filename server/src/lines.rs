//! The lines of browsers and proxies: each is served until it ends, and none keeps its place without asking for anything.
//!
//! `axum::serve` gives hyper no clock, so that whoever sends half a header holds a descriptor for as long as they like.

mod places;

use std::{
    io::{IoSlice, Result},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    serve::Listener,
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::timeout::RequestBodyTimeoutLayer;

use places::Place;
pub use places::{Limits, Places};

/// Serves whoever calls until `stop` is cancelled, and ends when all that was being answered then has its answer. Websockets
/// end by themselves.
pub async fn serve<L>(mut listener: L, router: Router, places: Places, stop: CancellationToken)
where
    L: Listener<Addr = SocketAddr>,
{
    let limits = *places.limits();
    // What is sent may not stop coming either. As axum does it, everything becomes a route once, and not for each request.
    let router = router.layer(RequestBodyTimeoutLayer::new(limits.idle)).with_state(());
    let lines = TaskTracker::new();
    loop {
        // Who comes when all places are taken waits in the system's queue, which costs no descriptor: lines without a request end
        // soon, and whoever would be turned away comes back at once. When descriptors run out all the same, axum's `accept`
        // waits a second and goes on.
        let next = async { (places.free().await, listener.accept().await) };
        let (free, (io, peer)) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => break,
        };
        // One network that has too many cannot wait there: behind it would wait everybody else. It is hung up on.
        let Some(place) = places.take(free, peer.ip()) else { continue };
        lines.spawn(answer(Held { io, place }, peer, router.clone(), limits, stop.clone()));
    }
    drop(listener);
    lines.close();
    lines.wait().await;
}

/// Answers what is asked on one line, until it ends or becomes a websocket.
///
/// It is served by HTTP/1 and nothing else, as axum without its feature `http2` does it. hyper-util's `auto` would first wait, without
/// a limit, for the bytes by which it tells the versions apart.
async fn answer<Io>(io: Held<Io>, peer: SocketAddr, router: Router, limits: Limits, stop: CancellationToken)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asked = Arc::new(AtomicBool::new(false));
    let (routes, heard) = (TowerToHyperService::new(router), asked.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        heard.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.call(request)
    });
    let mut builder = http1::Builder::new();
    // hyper has one limit for a header that is awaited and for one that is coming, and begins it anew after each answer. It has to be
    // the longer one; the first header has its own below.
    builder.timer(TokioTimer::new()).header_read_timeout(limits.idle);
    let mut line = pin!(builder.serve_connection(TokioIo::new(io), service).with_upgrades());
    let mut first = pin!(sleep(limits.header));
    let (mut is_first, mut stopping) = (true, false);
    loop {
        tokio::select! {
            // What has come is read before anybody looks at the clock: it may be us who are late.
            biased;
            ended = line.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "A line ended early");
                }
                return;
            }
            () = first.as_mut(), if is_first => {
                if !asked.load(Ordering::Relaxed) {
                    return;
                }
                is_first = false;
            }
            () = stop.cancelled(), if !stopping => {
                if !asked.load(Ordering::Relaxed) {
                    return;
                }
                stopping = true;
                line.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A line and its place. The place is given back when the line is closed: by hyper, or by the websocket that it has become.
struct Held<Io> {
    io: Io,
    #[expect(dead_code, reason = "it is taken for as long as it is held")]
    place: Place,
}

impl<Io: AsyncRead + Unpin> AsyncRead for Held<Io> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Held<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
