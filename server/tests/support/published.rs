//! What domains publish of their mail servers: records, and documents over HTTPS.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use hickory_resolver::{
    TokioResolver,
    proto::rr::{Name, RData, Record, rdata::SRV},
};
use pismo::net::{Dialer, Reach};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::{mail_server::MailServer, name_server::answering};

/// A name server that knows these records and no others.
pub async fn name_server(records: Vec<(&'static str, RData)>) -> TokioResolver {
    answering(move |query| {
        let known = records.iter().map(|(name, data)| (Name::from_ascii(name).expect("a name"), data));
        let asked = known.filter(|(name, data)| name == query.name() && data.record_type() == query.query_type());
        asked.map(|(name, data)| Record::from_rdata(name, 60, data.clone())).collect()
    })
    .await
}

/// A place of a service (RFC 2782).
pub fn service(priority: u16, port: u16, target: &str) -> RData {
    RData::SRV(SRV::new(priority, 0, port, Name::from_ascii(target).expect("a name")))
}

/// A web server that has these documents, each as a whole answer. Gives back its port and what it was asked for.
pub async fn web_server(documents: HashMap<&'static str, String>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let (port, asked, _) = listening_web_server(documents).await;
    (port, asked)
}

/// The same, with all that was said to it.
pub async fn listening_web_server(
    documents: HashMap<&'static str, String>,
) -> (u16, Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<String>>>) {
    // It is made with the mail server's first start.
    MailServer::shared();
    let folder = MailServer::authority().parent().expect("a folder").to_owned();
    let certificates = vec![CertificateDer::from_pem_file(folder.join("cert.pem")).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("TLS").with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(certificates, key).expect("a certificate")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let said = Arc::<Mutex<Vec<String>>>::default();
    let (heard, all, documents) = (asked.clone(), said.clone(), Arc::new(documents));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, documents) = (acceptor.clone(), documents.clone());
            let (heard, all) = (heard.clone(), all.clone());
            tokio::spawn(async move {
                // Who does not trust us leaves.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let mut stream = BufReader::new(stream);
                let mut first = String::new();
                stream.read_line(&mut first).await.expect("a request");
                let path = first.split(' ').nth(1).expect("a path").to_owned();
                heard.lock().expect("paths").push(path.clone());
                if first.starts_with("POST ") {
                    let request = first + &rest_of(&mut stream).await;
                    all.lock().expect("requests").push(request);
                }
                let nothing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned();
                let answer = documents.get(path.as_str()).unwrap_or(&nothing);
                // Whoever has had enough closes the line.
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    (port, asked, said)
}

/// The fields of a request in small letters, and its body.
async fn rest_of(stream: &mut (impl AsyncBufReadExt + Unpin)) -> String {
    let mut fields = String::new();
    while !fields.ends_with("\r\n\r\n") && stream.read_line(&mut fields).await.expect("a field") > 2 {}
    let fields = fields.to_lowercase();
    let length = fields.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.expect("a length").parse().expect("a number")];
    stream.read_exact(&mut body).await.expect("a body");
    fields + &String::from_utf8(body).expect("text")
}

/// The answer with a document.
pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Trusts the web server above, and the mail servers of the tests.
pub fn trusting(reach: Reach) -> Dialer {
    let authority = CertificateDer::from_pem_file(MailServer::authority()).expect("an authority");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
    Dialer::new(reach).trusting(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
