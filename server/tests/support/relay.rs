//! Stands between clients and a server of this machine: what the proxies have in common.

use tokio::net::{TcpListener, TcpStream};

/// Listens at this address and hands over each line to a client together with one to the server. Returns the port; runs
/// until the test ends.
pub async fn relay(address: &str, server: u16, mut take: impl FnMut(TcpStream, TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind((address, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
            // Small packets go out at once, as on a line without a proxy.
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            take(client, server);
        }
    });
    port
}
