//! What must not be in a log is not in a log, however much is logged.

#[path = "support/mail_server.rs"]
mod mail_server;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use mail_server::{MailServer, letter};
use pismo::{
    endpoint::{Endpoint, Protocol, Security},
    imap::{self, Credentials, search},
};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_passwords_nor_mail_reach_a_log() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).init();
    tracing::trace!("this is logged");
    let server = MailServer::start(&["--user", "vera@pismo.test:Trüstno1", "--user", "ana@pismo.test:hunter2"]);
    let endpoint = Endpoint::new(Protocol::Imap, Security::Insecure, "127.0.0.1", server.imap_port());
    let logins = [("vera@pismo.test", "Trüstno1"), ("ana@pismo.test", "hunter2"), ("ana@pismo.test", "wrong-guess")];
    for (user, password) in logins {
        let credentials = Credentials { user: user.to_owned(), password: password.to_owned().into() };
        assert!(!format!("{credentials:?}").contains(password));
        if let Ok(mut session) = imap::connect(&endpoint, &credentials).await {
            let message = letter("confidential", "classified");
            session.append("INBOX", &[], message.len() as u64, &mut &message[..]).await.expect("an append");
            session.select("INBOX").await.expect("the inbox");
            session.fetch_rows(1..=9).await.expect("rows");
            session.search(&search::parse("classified").keys, None).await.expect("a search");
            session.logout().await;
        }
    }
    let log = String::from_utf8_lossy(&log.0.lock().expect("the log")).into_owned();
    assert!(log.contains("this is logged"));
    // The beginning of what AUTHENTICATE PLAIN says, in base64.
    let encoded = "AHZlcmFAcGlzbW8";
    for secret in ["hunter2", "Trüstno1", encoded, "wrong-guess", "confidential", "classified", "ana@pismo.test"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
