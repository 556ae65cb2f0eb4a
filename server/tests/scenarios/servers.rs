//! Where nobody has named a mail server: it is found by the address, and only what can be trusted is shown a password.

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use hickory_resolver::proto::rr::{RData, rdata::A};
use pismo::{discover::Places, endpoint::Endpoint, net::Reach};

use crate::{
    browser::Browser,
    http_client::Answer,
    mail_server::{MailServer, PASSWORD},
    published::{listening_web_server, name_server, ok, service, trusting},
    test_bridge::TestBridge,
};

/// A Pismo whose operator has named no server, where so much is published; and all that was sent to who publishes it.
async fn house(
    documents: HashMap<&'static str, String>,
    records: Vec<(&'static str, RData)>,
) -> (TestBridge, Arc<Mutex<Vec<String>>>) {
    let server = MailServer::shared_with_smtp();
    let (port, asked, _) = listening_web_server(documents).await;
    let names = name_server([records, vec![("localhost.", RData::A(A(Ipv4Addr::LOCALHOST)))]].concat()).await;
    let bridge = TestBridge::on(server, |config| {
        config.imap = None;
        config.dialer = trusting(Reach::Anywhere).asking(names);
        config.places = Places { https: port, ispdb: format!("https://localhost:{port}/list/") };
    })
    .await;
    (bridge, asked)
}

/// What a provider publishes of its servers: how each is called, its port, and how lines to it are protected.
fn document(servers: &[(u16, &str)]) -> String {
    let server = |(port, socket): &(u16, &str)| {
        format!(
            "<incomingServer type=\"imap\"><hostname>localhost</hostname><port>{port}</port>\
             <socketType>{socket}</socketType><authentication>password-cleartext</authentication></incomingServer>"
        )
    };
    let servers: String = servers.iter().map(server).collect();
    ok(&format!("<clientConfig version=\"1.1\"><emailProvider id=\"x\">{servers}</emailProvider></clientConfig>"))
}

/// What stands in a field of the form.
fn field(answer: &Answer, name: &str) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no {name} in {text}"));
    let (tag, _) = rest.split_once('>').expect("an end");
    tag.split_once("value=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(value, _)| value).to_owned()
}

fn says(answer: &Answer, words: &str) {
    let text = answer.text();
    let (_, rest) = text.split_once("data-testid=\"login-error\"").unwrap_or_else(|| panic!("no error in {text}"));
    assert!(rest.split("</div>").next().expect("an end").contains(words), "{rest}");
}

#[tokio::test]
async fn the_server_of_an_address_is_found_by_what_is_published() {
    let tls = MailServer::shared_with_smtp().imaps_port();
    let (bridge, asked) = house(HashMap::from([("/list/pismo.test", document(&[(tls, "SSL")]))]), Vec::new()).await;
    let mut browser = bridge.browser("ana");
    let wrong = browser.fill_in("wrong", &[]).await;
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    assert_eq!(browser.fill_in(PASSWORD, &[]).await.status, 303);
    assert_eq!(browser.open("INBOX").await.view.total(), 0);
    // It is the account that whoever types the same server has.
    let logins = async |browser: &Browser| browser.get("/logins").await.text().matches("/logins/end").count();
    let before = logins(&browser).await;
    let mut typed = bridge.browser("ana");
    let server = Endpoint::to_string(&format!("imaps://localhost:{tls}").parse().expect("a server"));
    assert_eq!(typed.fill_in(PASSWORD, &[("imap", &server)]).await.status, 303);
    assert_eq!(logins(&browser).await, before + 1);
    // Whoever publishes is told where, at most, and never by what somebody signs in.
    let asked = asked.lock().expect("paths").join(" ");
    assert!(asked.contains("/list/pismo.test") && !asked.contains(PASSWORD) && !asked.contains("wrong"), "{asked}");
}

#[tokio::test]
async fn a_server_that_dns_alone_names_is_shown_before_it_is_told_the_password() {
    let tls = MailServer::shared_with_smtp().imaps_port();
    let records = vec![("_imaps._tcp.pismo.test.", service(0, tls, "localhost."))];
    let (bridge, _) = house(HashMap::new(), records).await;
    let mut browser = bridge.browser("ana");
    let asked = browser.fill_in(PASSWORD, &[]).await;
    assert_ne!(asked.status, 303);
    let server = format!("imaps://localhost:{tls}");
    says(&asked, &server);
    assert_eq!(field(&asked, "imap"), server);
    assert_eq!(field(&asked, "password"), "");
    assert!(!browser.get("/logins").await.status.eq(&200), "nobody is signed in");
    // Whoever sends the form again has seen it.
    assert_eq!(browser.fill_in(PASSWORD, &[("imap", &field(&asked, "imap"))]).await.status, 303);
    assert_eq!(browser.open("INBOX").await.view.total(), 0);
    // Who was there before may have been anybody: each time it is asked, and each time paid for.
    for _ in 1..30 {
        says(&bridge.browser("ana").fill_in(PASSWORD, &[]).await, &server);
    }
    assert_eq!(bridge.browser("ana").fill_in(PASSWORD, &[]).await.status, 429);
}

#[tokio::test]
async fn a_server_without_encryption_is_told_nothing() {
    let clear = MailServer::shared_with_smtp().imap_port();
    let (bridge, _) = house(HashMap::from([("/list/pismo.test", document(&[(clear, "plain")]))]), Vec::new()).await;
    let refused = bridge.browser("ana").fill_in(PASSWORD, &[]).await;
    assert_eq!(refused.status, 400);
    says(&refused, "clear text");
}

#[tokio::test]
async fn where_nothing_is_found_it_is_said_and_nobody_searches_without_end() {
    let (bridge, _) = house(HashMap::new(), Vec::new()).await;
    let mut browser = bridge.browser("ana");
    let unknown = browser.fill_in(PASSWORD, &[]).await;
    assert_eq!(unknown.status, 400);
    says(&unknown, "does not find the mail server");
    let text = unknown.text();
    let details = text.split("<details").nth(1).and_then(|rest| rest.split('>').next()).expect("fields for it");
    assert!(details.contains(" open"), "the fields for it are not open: {details}");
    for _ in 1..30 {
        assert_eq!(browser.fill_in(PASSWORD, &[]).await.status, 400);
    }
    let refused = browser.fill_in(PASSWORD, &[]).await;
    assert_eq!(refused.status, 429);
    says(&refused, "Too many attempts to sign in");
}
