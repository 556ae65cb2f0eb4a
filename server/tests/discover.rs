//! Finding mail servers, with a name server and a web server of the tests' own.

#[path = "support/mail_server.rs"]
mod mail_server;
#[path = "support/name_server.rs"]
mod name_server;
#[path = "support/published.rs"]
mod published;

use std::{collections::HashMap, sync::Arc};

use app::wire::{FoundBy, SourceAdvice};
use hickory_resolver::{
    TokioResolver,
    proto::rr::{Name, RData, rdata::MX},
};
use pismo::{
    discover::{Candidate, Discovery, Places, Way},
    net::{Dialer, Reach, fetch, post},
};
use published::{listening_web_server, name_server, ok, service, trusting, web_server};

fn config(host: &str) -> String {
    format!(
        "<clientConfig version=\"1.1\"><emailProvider id=\"x\">\
         <incomingServer type=\"imap\"><hostname>{host}</hostname><port>993</port><socketType>SSL</socketType>\
         <username>%EMAILLOCALPART%</username></incomingServer>\
         <outgoingServer type=\"smtp\"><hostname>smtp.{host}</hostname><port>465</port><socketType>SSL</socketType>\
         </outgoingServer></emailProvider></clientConfig>"
    )
}

fn discovery(names: TokioResolver, port: u16) -> Discovery {
    let places = Places { https: port, ispdb: format!("https://localhost:{port}/v1.1/") };
    Discovery::new(trusting(Reach::Anywhere)).asking(names).looking_at(places)
}

fn endpoints(candidates: &[Candidate]) -> Vec<(String, FoundBy)> {
    candidates.iter().map(|candidate| (candidate.endpoint.to_string(), candidate.found_by)).collect()
}

#[tokio::test]
async fn a_known_provider_is_found_without_asking_anybody() {
    let (port, asked) = web_server(HashMap::new()).await;
    let discovery = discovery(name_server(Vec::new()).await, port);
    let found = discovery.discover("ana@gmail.com", Way::In).await;
    let expected = [
        ("imaps://imap.gmail.com:993".to_owned(), FoundBy::Preset),
        ("pop3s://pop.gmail.com:995".to_owned(), FoundBy::Preset),
    ];
    assert_eq!(endpoints(&found), expected);
    assert_eq!(found[0].advice, Some(SourceAdvice::AppPassword));
    assert_eq!(found[0].users, ["ana@gmail.com"]);
    assert!(found[0].password_page.is_some_and(|page| page.starts_with("https://")));
    let found = discovery.discover("ana@outlook.com", Way::In).await;
    assert_eq!(found[0].advice, Some(SourceAdvice::NoPasswords));
    assert_eq!(*asked.lock().expect("paths"), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_domain_publishes_is_found() {
    let documents = HashMap::from([("/.well-known/autoconfig/mail/config-v1.1.xml", ok(&config("imap.own.example")))]);
    let (port, _) = web_server(documents).await;
    let found = discovery(name_server(Vec::new()).await, port).discover("ana@localhost", Way::In).await;
    assert_eq!(endpoints(&found), [("imaps://imap.own.example:993".to_owned(), FoundBy::Autoconfig)]);
    assert_eq!(found[0].users, ["ana", "ana@localhost"]);
}

#[tokio::test]
async fn the_list_of_providers_is_asked_by_domain_and_by_who_takes_the_mail() {
    let documents = HashMap::from([("/v1.1/hoster.test", ok(&config("imap.hoster.test")))]);
    let (port, asked) = web_server(documents).await;
    let exchanger = |host| RData::MX(MX::new(10, Name::from_ascii(host).expect("a name")));
    let names = name_server(vec![
        ("pismo.test.", exchanger("mx1.mail.hoster.test.")),
        ("at-google.test.", exchanger("aspmx.l.google.com.")),
    ])
    .await;
    let discovery = discovery(names, port);
    let found = discovery.discover("ana@pismo.test", Way::In).await;
    assert_eq!(endpoints(&found), [("imaps://imap.hoster.test:993".to_owned(), FoundBy::Autoconfig)]);
    let mut asked = asked.lock().expect("paths").clone();
    asked.sort();
    assert_eq!(asked, ["/v1.1/hoster.test", "/v1.1/mail.hoster.test", "/v1.1/pismo.test"]);
    let found = discovery.discover("ana@at-google.test", Way::In).await;
    assert_eq!(endpoints(&found)[0], ("imaps://imap.gmail.com:993".to_owned(), FoundBy::Preset));
    assert_eq!(found[0].users, ["ana@at-google.test"]);
}

#[tokio::test]
async fn services_in_dns_are_found_and_imap_comes_first() {
    let (port, _) = web_server(HashMap::new()).await;
    let names = name_server(vec![
        ("_pop3s._tcp.pismo.test.", service(0, 995, "pop.pismo.test.")),
        ("_imaps._tcp.pismo.test.", service(20, 993, "second.pismo.test.")),
        ("_imaps._tcp.pismo.test.", service(10, 1993, "first.pismo.test.")),
        ("_imap._tcp.pismo.test.", service(0, 0, ".")),
    ])
    .await;
    let found = discovery(names, port).discover("ana@pismo.test", Way::In).await;
    let expected = ["imaps://first.pismo.test:1993", "imaps://second.pismo.test:993", "pop3s://pop.pismo.test:995"];
    assert_eq!(endpoints(&found), expected.map(|text| (text.to_owned(), FoundBy::Srv)));
    assert_eq!(found[0].users, ["ana@pismo.test", "ana"]);
}

#[tokio::test]
async fn nothing_is_found_where_there_is_nothing() {
    let (port, _) = web_server(HashMap::new()).await;
    let discovery = Arc::new(discovery(name_server(Vec::new()).await, port));
    for address in ["ana@nothing.invalid", "ana", "ana@127.0.0.1", "ana@[::1]", ""] {
        let discovery = discovery.clone();
        // Handlers of requests may do this, too.
        let found = tokio::spawn(async move { discovery.discover(address, Way::In).await }).await.expect("an end");
        assert_eq!(found, Vec::new(), "{address}");
    }
}

#[tokio::test]
async fn documents_are_fetched_within_bounds() {
    let to = |location: &str| format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    let documents = HashMap::from([
        ("/found", ok("hello")),
        ("/closed", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello".to_owned()),
        ("/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_owned()),
        ("/cut", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello".to_owned()),
        ("/sent-on", to("/found")),
        ("/for-ever", to("/for-ever")),
        ("/to-http", to("http://localhost/found")),
        ("/large", ok(&"x".repeat(2 * 1024 * 1024))),
        ("/error", "HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\nhello".to_owned()),
        ("/not-http", "hello\r\n\r\n".to_owned()),
    ]);
    let (port, asked) = web_server(documents).await;
    let url = |path: &str| format!("https://localhost:{port}{path}");
    let dialer = trusting(Reach::Anywhere);
    for path in ["/found", "/closed", "/chunked", "/sent-on"] {
        assert_eq!(fetch(&dialer, &url(path)).await.as_deref(), Some(b"hello".as_slice()), "{path}");
    }
    for path in ["/cut", "/for-ever", "/to-http", "/large", "/error", "/not-http", "/nothing"] {
        assert_eq!(fetch(&dialer, &url(path)).await, None, "{path}");
    }
    let count = asked.lock().expect("paths").len();
    // Not who is not public, not whose certificate is not trusted, and never without TLS.
    assert_eq!(fetch(&trusting(Reach::Public), &url("/found")).await, None);
    assert_eq!(fetch(&Dialer::default(), &url("/found")).await, None);
    assert_eq!(fetch(&dialer, &format!("http://localhost:{port}/found")).await, None);
    assert_eq!(fetch(&dialer, &format!("https://127.0.0.2:{port}/found")).await, None);
    assert_eq!(asked.lock().expect("paths").len(), count);
}

#[tokio::test]
async fn a_form_is_posted_once_and_to_nobody_else() {
    let documents = HashMap::from([
        ("/u?t=1", ok("gone")),
        ("/away", "HTTP/1.1 302 Found\r\nLocation: /u?t=1\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n".to_owned()),
        ("/endless", "HTTP/1.1 202 Accepted\r\nContent-Length: 99999999\r\n\r\nx".to_owned()),
        ("/not-http", "hello\r\n\r\n".to_owned()),
    ]);
    let (port, asked, said) = listening_web_server(documents).await;
    let url = |path: &str| format!("https://localhost:{port}{path}");
    let dialer = trusting(Reach::Anywhere);
    for (path, status) in [("/u?t=1", 200), ("/away", 302), ("/endless", 202), ("/nothing", 404)] {
        let answer = post(&dialer, &url(path), "List-Unsubscribe=One-Click").await.expect(path);
        assert_eq!(answer.as_u16(), status, "{path}");
    }
    assert!(post(&dialer, &url("/not-http"), "x=y").await.is_err());
    assert_eq!(asked.lock().expect("paths").len(), 5, "nowhere is gone to from there");
    let said = said.lock().expect("requests").clone();
    assert!(said[0].starts_with("POST /u?t=1 HTTP/1.1\r\n"), "{}", said[0]);
    assert!(said[0].contains("content-type: application/x-www-form-urlencoded\r\n"), "{}", said[0]);
    assert!(said[0].ends_with("\r\n\r\nList-Unsubscribe=One-Click"), "{}", said[0]);
    for request in &said {
        assert!(["cookie", "authorization", "referer"].iter().all(|field| !request.contains(field)), "{request}");
    }
    // Not who is not public, not whose certificate is not trusted, and never without TLS.
    for (dialer, url) in [
        (trusting(Reach::Public), url("/u?t=1")),
        (Dialer::default(), url("/u?t=1")),
        (dialer.clone(), format!("http://localhost:{port}/u?t=1")),
    ] {
        assert!(post(&dialer, &url, "x=y").await.is_err(), "{url}");
    }
    assert_eq!(asked.lock().expect("paths").len(), 5);
}
