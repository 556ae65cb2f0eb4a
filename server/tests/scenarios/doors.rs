//! Every door by which a person names a server, when private networks are not for them: nobody there is called.

use app::{
    route,
    wire::{Address, Error, SubmissionState},
};
use tokio::net::TcpListener;

use crate::{
    collectors::first,
    draft::draft_to,
    identities::add,
    mail_server::PASSWORD,
    send::refusals,
    test_bridge::{TestBridge, imap, smtp},
};

const PRIVATE: &str = "in a private network";

/// A server of this machine that nobody should call.
struct Silent(TcpListener);

impl Silent {
    async fn start() -> (Silent, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        (Silent(listener), port)
    }

    /// What had called it until now would wait in the queue of its port.
    fn assert_silent(self, what: &str) {
        let listener = self.0.into_std().expect("a listener");
        let called = listener.accept().map_err(|error| error.kind());
        assert_eq!(called.err(), Some(std::io::ErrorKind::WouldBlock), "{what}: it was called");
    }
}

#[tokio::test]
async fn nobody_in_a_private_network_is_called_for_whoever_names_a_server() {
    let bridge = TestBridge::with(|config| {
        (config.login_private, config.collect_private, config.pictures_private) = (false, false, false);
    })
    .await;
    let browser = bridge.sign_in("ana").await;
    let boris = bridge.address_of("boris");
    let (silent, port) = Silent::start().await;
    for server in [
        format!("imaps://127.0.0.1:{port}"),
        format!("imap+starttls://localhost:{port}"),
        format!("pop3s://[::ffff:127.0.0.1]:{port}"),
        format!("pop3+starttls://0.0.0.0:{port}"),
    ] {
        let fields = [("address", boris.as_str()), ("password", PASSWORD), ("server", &server)];
        let answer = browser.submit("/collectors/add", &fields).await;
        assert!((400..600).contains(&answer.status) && answer.text().contains(PRIVATE), "{server}: {}", answer.text());
    }
    for server in [format!("smtps://127.0.0.1:{port}"), format!("smtp+starttls://localhost:{port}")] {
        let answer = add(&browser, &boris, &[("other", "1"), ("server", &server), ("password", PASSWORD)]).await;
        assert!((400..600).contains(&answer.status) && answer.text().contains(PRIVATE), "{server}: {}", answer.text());
    }
    // A picture.
    let picture = format!("http://127.0.0.1:{port}/a.png");
    let html = format!("Subject: x\r\nContent-Type: text/html\r\n\r\n<img width=300 height=300 src=\"{picture}\">\r\n");
    let uid = bridge.mail("ana").append_message("INBOX", "", &html).await;
    let mut tab = browser.open("INBOX").await;
    tab.row(uid).await;
    let body = browser.get(&route::body_url(&tab.message(uid), "light", true)).await.text();
    let proxied = body.split('"').find(|text| text.contains("/remote/")).expect("a picture by our way").to_owned();
    let path = proxied.find("/remote/").map(|at| proxied[at..].replace("&amp;", "&")).expect("a path");
    assert_ne!(browser.get(&path).await.status, 200);
    silent.assert_silent("a server that was typed, or a picture");
}

/// What was set up before the operator closed the network is not gone on with.
#[tokio::test]
async fn nobody_in_a_private_network_is_called_for_what_was_named_before() {
    let mut bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let (boris, other) = (bridge.address_of("boris"), bridge.address_of("owned-carla"));
    bridge.mail("boris").append("INBOX", "to be brought").await;
    let server = imap(bridge.server.imap_port()).to_string();
    let fields = [("address", boris.as_str()), ("password", PASSWORD), ("server", &server)];
    assert_eq!(browser.submit("/collectors/add", &fields).await.status, 303);
    let way = smtp(bridge.server.submission_port()).to_string();
    assert_eq!(add(&browser, &other, &[("other", "1"), ("server", &way), ("password", PASSWORD)]).await.status, 303);
    bridge.mail("ana").until("INBOX", |messages| messages.len() == 1).await;
    bridge.stop().await;
    bridge.config.collect_private = false;
    bridge.start_again().await;

    bridge.mail("boris").append("INBOX", "not to be brought").await;
    let collector = first(&browser.get("/collectors").await.text());
    assert_eq!(browser.submit(&format!("{collector}/run"), &[]).await.status, 303);
    let deadline = tokio::time::Instant::now() + crate::tab::PATIENCE;
    while !browser.get("/collectors").await.text().contains(PRIVATE) {
        assert!(tokio::time::Instant::now() < deadline, "it does not say why");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(bridge.mail("ana").messages("INBOX").await.len(), 1);

    let mut tab = browser.open("INBOX").await;
    let mut draft = draft_to(&[&boris], "by the other way");
    draft.from = Some(Address { name: String::new(), email: other });
    let waits = tab.submit(&draft).await;
    tab.until("an end", |view| {
        matches!(view.submission(waits), Some(SubmissionState::Rejected | SubmissionState::Retrying))
    })
    .await;
    let error = refusals(&tab, waits).first().and_then(|refusal| refusal.error.clone());
    assert!(matches!(error, Some(Error::PrivateHost { .. })), "{error:?}");
    assert_eq!(bridge.mail("boris").messages("INBOX").await.len(), 2, "nothing came");
}
