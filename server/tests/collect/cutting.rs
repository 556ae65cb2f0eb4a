//! A line that is cut at a chosen place.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::relay::relay;

/// Where lines are cut next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// After so many bytes that the server has said.
    Said,
    /// Just before the so-manieth answer passes that tells where messages were put: they are there, and nobody hears of it.
    Put,
}

pub struct Cutting {
    pub port: u16,
    /// What is still to pass before the cut; no cut while it is below 0.
    rest: Arc<AtomicI64>,
}

impl Cutting {
    pub async fn start(server: u16, cut: Cut) -> Cutting {
        let rest = Arc::new(AtomicI64::new(-1));
        let of_all = rest.clone();
        let port = relay("127.0.0.1", server, move |client, server| {
            tokio::spawn(carry(client, server, of_all.clone(), cut));
        })
        .await;
        Cutting { port, rest }
    }

    /// Cuts once, after this much from now on.
    pub fn cut_after(&self, much: i64) {
        self.rest.store(much, Ordering::SeqCst);
    }

    /// Whether the cut that was asked for has been made.
    pub fn has_cut(&self) -> bool {
        self.rest.load(Ordering::SeqCst) < 0
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, rest: Arc<AtomicI64>, cut: Cut) {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => match read {
                Ok(length @ 1..) if server.write_all(&up[..length]).await.is_ok() => {}
                _ => return,
            },
            read = server.read(&mut down) => {
                let Ok(length @ 1..) = read else { return };
                let said = &down[..length];
                let pass = passes(said, &rest, cut);
                if client.write_all(&said[..pass]).await.is_err() { return; }
                if pass < length {
                    let _ = (client.set_zero_linger(), server.set_zero_linger());
                    return;
                }
            }
        }
    }
}

/// How much of what was said passes.
fn passes(said: &[u8], rest: &AtomicI64, cut: Cut) -> usize {
    let left = rest.load(Ordering::SeqCst);
    if left < 0 {
        return said.len();
    }
    let length = i64::try_from(said.len()).expect("a length");
    let amount = match cut {
        Cut::Said => length,
        Cut::Put => i64::from(said.windows(11).any(|window| window == b"[APPENDUID ")),
    };
    if amount == 0 || left > amount || (left == amount && cut == Cut::Said) {
        rest.store(left - amount, Ordering::SeqCst);
        return said.len();
    }
    rest.store(-1, Ordering::SeqCst);
    match cut {
        Cut::Said => usize::try_from(left).expect("a length"),
        Cut::Put => 0,
    }
}
