//! How a session opens, and what hinders it.

use super::*;

/// Trusts the authority of the test server.
fn trusting() -> Arc<rustls::ClientConfig> {
    use rustls::pki_types::pem::PemObject;
    let authority = rustls::pki_types::CertificateDer::from_pem_file(MailServer::authority()).expect("an authority");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

#[tokio::test]
async fn a_session_opens_under_tls_and_starttls() {
    let server = MailServer::shared();
    for endpoint in [endpoint(Security::Tls, server.imaps_port()), endpoint(Security::StartTls, server.imap_port())] {
        let credentials = credentials(&server.new_user(), PASSWORD);
        let mut session = imap::connect_trusting(&endpoint, &credentials, Some(trusting())).await.expect("a session");
        assert!(session.capabilities().idle && session.capabilities().notify);
        session.noop().await.expect("a NOOP");
        session.logout().await;
    }
}

#[tokio::test]
async fn what_is_said_in_clear_is_shown_to_nobody() {
    for said in ["* BYE [ALERT] ring 555 now\r\n", "* NO ring 555 now\r\n"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let here = endpoint(Security::StartTls, listener.local_addr().expect("an address").port());
        let saying = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a line");
            tokio::io::AsyncWriteExt::write_all(&mut stream, said.as_bytes()).await.expect("said");
            stream
        });
        let error = imap::connect(&here, &credentials("a@pismo.test", PASSWORD)).await.expect_err("no session");
        assert!(matches!(&error, Error::Unavailable { text } if text.is_empty()), "{error:?}");
        saying.abort();
    }
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_refused() {
    let server = MailServer::shared();
    for endpoint in [endpoint(Security::Tls, server.imaps_port()), endpoint(Security::StartTls, server.imap_port())] {
        let error = imap::connect(&endpoint, &credentials(&server.new_user(), PASSWORD)).await.expect_err("no session");
        let fault = CertificateFault::UnknownIssuer;
        assert!(
            matches!(&error, Error::Net(net::Error::Certificate { fault: found, .. }) if *found == fault),
            "{error:?}"
        );
    }
    let proxy = RecordingProxy::start_on("127.0.0.2", server.imaps_port()).await;
    let other_name = Endpoint::new(Protocol::Imap, Security::Tls, "127.0.0.2", proxy.port);
    let result = imap::connect_trusting(&other_name, &credentials("a@pismo.test", PASSWORD), Some(trusting())).await;
    let fault = CertificateFault::WrongName;
    assert!(
        matches!(&result, Err(Error::Net(net::Error::Certificate { fault: found, .. })) if *found == fault),
        "{result:?}"
    );
}

#[tokio::test]
async fn what_hinders_a_login_is_told_apart() {
    let server = MailServer::shared();
    let here = endpoint(Security::Insecure, server.imap_port());
    let user = server.new_user();
    let wrong = imap::connect(&here, &credentials(&user, "wrong")).await;
    assert!(matches!(wrong, Err(Error::Credentials { .. })), "{wrong:?}");
    let not_ascii = imap::connect(&here, &credentials(&user, "пароль")).await;
    assert!(matches!(not_ascii, Err(Error::Credentials { .. })), "{not_ascii:?}");
    let line_end = imap::connect(&here, &credentials(&user, "a\r\nb LOGOUT")).await;
    assert!(matches!(line_end, Err(Error::Credentials { .. })), "{line_end:?}");
    let nobody = Endpoint::new(Protocol::Imap, Security::Tls, "no-such-host.invalid", 993);
    let unknown = imap::connect(&nobody, &credentials(&user, PASSWORD)).await;
    assert!(matches!(unknown, Err(Error::Net(net::Error::UnknownHost { .. }))), "{unknown:?}");
    let closed = imap::connect(&endpoint(Security::Insecure, 9), &credentials(&user, PASSWORD)).await;
    assert!(matches!(closed, Err(Error::Net(net::Error::Unreachable { .. }))), "{closed:?}");
    let clear = imap::connect(&endpoint(Security::Tls, server.imap_port()), &credentials(&user, PASSWORD)).await;
    assert!(matches!(clear, Err(Error::Net(net::Error::NoTls { .. }))), "{clear:?}");
}

#[tokio::test]
async fn a_password_that_is_not_ascii_opens_a_session() {
    let server = MailServer::start(&["--user", "julia@pismo.test:пароль"]);
    // It goes along with AUTHENTICATE or waits for the server, as the server can.
    for (mask, said) in [(Mask::Without(&[]), " PLAIN AGp1bGlh"), (Mask::Without(&["SASL-IR"]), " PLAIN\r\nAGp1bGlh")] {
        let recording = RecordingProxy::start(server.imap_port()).await;
        let masking = MaskingProxy::start(recording.port, mask).await;
        let here = endpoint(Security::Insecure, masking.port);
        let mut session = imap::connect(&here, &credentials("julia@pismo.test", "пароль")).await.expect("a session");
        session.noop().await.expect("the session lives");
        session.logout().await;
        let line = recording.lines().first().expect("a line").take_said();
        assert!(line.contains(said), "{mask:?}");
        assert_eq!(masking.trespasses(), Vec::<String>::new());
        let wrong = imap::connect(&here, &credentials("julia@pismo.test", "слово")).await;
        assert!(matches!(wrong, Err(Error::Credentials { .. })), "{wrong:?}");
    }
}

#[tokio::test]
async fn one_connection_too_many_is_told_as_that() {
    let server = MailServer::start(&["--max-connections", "2"]);
    let (_first, _hand, user) = session_on(&server).await;
    let here = endpoint(Security::Insecure, server.imap_port());
    let result = imap::connect(&here, &credentials(&user, PASSWORD)).await;
    assert!(matches!(result, Err(Error::TooManyConnections { .. })), "{result:?}");
}
