//! A name server of the tests' own, asked as programs ask one.

use std::net::{IpAddr, Ipv4Addr};

use hickory_resolver::{
    TokioResolver,
    config::{NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::{
        op::{Message, Query},
        rr::Record,
    },
};
use tokio::net::UdpSocket;

/// One that gives these answers, and who asks it.
pub async fn answering(mut answers: impl FnMut(&Query) -> Vec<Record> + Send + 'static) -> TokioResolver {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let port = socket.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let mut bytes = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            let asked = Message::from_vec(&bytes[..length]).expect("a question");
            let query = asked.queries.first().expect("a question").clone();
            let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
            for record in answers(&query) {
                answer.add_answer(record);
            }
            answer.add_query(query);
            socket.send_to(&answer.to_vec().expect("an answer"), from).await.expect("an answer");
        }
    });
    let mut server = NameServerConfig::udp(IpAddr::V4(Ipv4Addr::LOCALHOST));
    for connection in &mut server.connections {
        connection.port = port;
    }
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build().expect("a resolver")
}
