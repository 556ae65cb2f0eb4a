//! Hosts that nobody may have Pismo call, in every spelling, at every door that calls what somebody else has named.

#[path = "support/name_server.rs"]
mod name_server;

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hickory_resolver::proto::rr::{RData, Record, RecordType};
use name_server::answering;
use pismo::{
    endpoint::{Endpoint, Protocol, Security},
    net::{Dialer, Error, Reach, fetch, picture, post},
};
use tokio::net::TcpListener;

/// This machine, networks of one's own, link-local (where clouds tell their secrets), shared, multicast, reserved.
const FORBIDDEN: &[[u8; 4]] = &[
    [127, 0, 0, 1],
    [127, 8, 9, 10],
    [10, 1, 2, 3],
    [172, 16, 0, 1],
    [192, 168, 1, 1],
    [169, 254, 169, 254],
    [100, 64, 0, 1],
    [0, 0, 0, 0],
    [224, 0, 0, 1],
    [255, 255, 255, 255],
];

const NAMES: &[&str] = &[
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ｌｏｃａｌｈｏｓｔ",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[fe80::1]",
    "[fc00::1]",
];

/// As people and parsers write an address.
fn spellings([a, b, c, d]: [u8; 4]) -> Vec<String> {
    let whole = u32::from_be_bytes([a, b, c, d]);
    let (last_two, last_three) = (u16::from_be_bytes([c, d]), u32::from_be_bytes([0, b, c, d]));
    let plain = Ipv4Addr::new(a, b, c, d).to_string();
    let wide =
        |from: char| plain.replace(|letter: char| letter.is_ascii_digit(), "\u{1}").replace('.', &from.to_string());
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let with_digits = |pattern: &str, zero: u32| {
        let mut digits = digits.chars();
        let of = |digit: char| char::from_u32(zero + digit.to_digit(10).unwrap_or(0)).expect("a digit");
        pattern.chars().map(|one| if one == '\u{1}' { digits.next().map_or(one, of) } else { one }).collect::<String>()
    };
    vec![
        plain.clone(),
        format!("{plain}."),
        format!("{a}.{b}.{last_two}"),
        format!("{a}.{last_three}"),
        format!("{whole}"),
        format!("0x{whole:x}"),
        format!("0X{whole:08X}"),
        format!("0{whole:o}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0{a:o}.{b}.{c}.0x{d:x}"),
        plain.replace('.', "%2e"),
        plain.replace('.', "。"),
        with_digits(&wide('.'), 0xff10),
        with_digits(&wide('．'), 0x1d7ce),
        format!("user@{plain}"),
        format!("example.org@{plain}"),
        format!("example.org:80@{plain}"),
        format!("[::ffff:{plain}]"),
        format!("[::ffff:{:x}:{last_two:x}]", u16::from_be_bytes([a, b])),
        format!("[::{plain}]"),
        format!("[64:ff9b::{plain}]"),
        format!("[2002:{:x}:{last_two:x}::1]", u16::from_be_bytes([a, b])),
        format!("[0:0:0:0:0:FFFF:{plain}]"),
    ]
}

/// Nothing was called: there was no such host, or no host at all, or it was refused.
fn was_refused(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<Error>() {
        Some(error) => matches!(error, Error::Private { .. } | Error::UnknownHost { .. }),
        // The address is none, or has something in it that no address of a picture has.
        None => {
            let text = format!("{error:#}").to_ascii_lowercase();
            ["invalid", "address", "host", "port", "domain"].iter().any(|word| text.contains(word))
        }
    }
}

/// Counts who calls it at a port of this machine.
async fn canary(address: &str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    (port, calls)
}

#[tokio::test]
async fn no_spelling_of_a_forbidden_host_is_called() {
    let (port, calls) = canary("127.0.0.1:0").await;
    let dialer = Dialer::new(Reach::Public);
    let hosts: Vec<String> = FORBIDDEN
        .iter()
        .flat_map(|address| spellings(*address))
        .chain(NAMES.iter().map(|name| (*name).to_owned()))
        .collect();
    assert!(hosts.len() >= 240, "{}", hosts.len());
    for host in &hosts {
        for place in [host.clone(), format!("{host}:{port}")] {
            for url in [format!("http://{place}/x.png"), format!("https://{place}/x.png")] {
                let error = picture(&dialer, &url).await.err().unwrap_or_else(|| panic!("a picture of {url}"));
                assert!(was_refused(&error), "{url}: {error:#}");
            }
            assert!(fetch(&dialer, &format!("https://{place}/")).await.is_none(), "{place}");
            let error = post(&dialer, &format!("https://{place}/"), "x=y").await.err();
            let error = error.unwrap_or_else(|| panic!("posted to {place}"));
            assert!(was_refused(&error), "{place}: {error:#}");
        }
        for protocol in [Protocol::Imap, Protocol::Pop3, Protocol::Smtp] {
            for security in [Security::Tls, Security::StartTls] {
                let bare = host.trim_matches(['[', ']']);
                let endpoint = Endpoint::new(protocol, security, bare, port);
                let error = dialer.dial(&endpoint).await.err().unwrap_or_else(|| panic!("a line to {host}"));
                assert!(matches!(error, Error::Private { .. } | Error::UnknownHost { .. }), "{host}: {error}");
            }
        }
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0, "calls to this machine");
    // The canary sings.
    let endpoint = Endpoint::new(Protocol::Imap, Security::Tls, "127.0.0.1", port);
    Dialer::new(Reach::Anywhere).dial(&endpoint).await.expect("a line");
}

/// A name that leads to one address when it is asked for and to another a moment later (DNS rebinding): what is judged is what is
/// called, since nobody asks twice.
#[tokio::test]
async fn a_name_is_asked_for_once_and_what_it_says_is_judged() {
    let (port, calls) = canary("127.0.0.1:0").await;
    let (asked, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, turns) = (asked.clone(), told.clone());
    // Each answer is another one, and good for no time at all.
    let names = answering(move |query| {
        if query.query_type() != RecordType::A {
            return Vec::new();
        }
        counted.fetch_add(1, Ordering::Relaxed);
        let forbidden = FORBIDDEN[turns.fetch_add(1, Ordering::Relaxed) % FORBIDDEN.len()];
        vec![Record::from_rdata(query.name().clone(), 0, RData::A(Ipv4Addr::from(forbidden).into()))]
    })
    .await;
    let dialer = Dialer::new(Reach::Public).asking(names.clone());
    let private = |error: Option<anyhow::Error>| {
        let error = error.expect("a call");
        assert!(matches!(error.downcast_ref(), Some(Error::Private { .. })), "{error:#}");
    };
    for _ in 0..FORBIDDEN.len() {
        private(picture(&dialer, "http://turns.example/x.png").await.err());
        private(picture(&dialer, "https://turns.example/x.png").await.err());
        private(post(&dialer, "https://turns.example/", "x=y").await.err());
        assert!(fetch(&dialer, "https://turns.example/").await.is_none());
        let endpoint = Endpoint::new(Protocol::Imap, Security::Tls, "turns.example", port);
        private(dialer.dial(&endpoint).await.err().map(Into::into));
    }
    assert_eq!((asked.load(Ordering::Relaxed), calls.load(Ordering::Relaxed)), (5 * FORBIDDEN.len(), 0));

    // Whoever may call all gets what the first answer says, and not the second.
    told.store(0, Ordering::Relaxed);
    let endpoint = Endpoint::new(Protocol::Imap, Security::Tls, "turns.example", port);
    let line = Dialer::new(Reach::Anywhere).asking(names).dial(&endpoint).await.expect("a line");
    assert_eq!(line.peer_addr().expect("a peer").ip(), Ipv4Addr::LOCALHOST);
    assert_eq!(asked.load(Ordering::Relaxed), 5 * FORBIDDEN.len() + 1);
}

/// A name with many forbidden addresses is no better than one with one.
#[tokio::test]
async fn a_name_of_many_forbidden_addresses_is_not_called() {
    let (port, calls) = canary("127.0.0.1:0").await;
    let names = answering(|query| {
        let of =
            |address: [u8; 4]| Record::from_rdata(query.name().clone(), 0, RData::A(Ipv4Addr::from(address).into()));
        if query.query_type() == RecordType::A { FORBIDDEN.iter().copied().map(of).collect() } else { Vec::new() }
    })
    .await;
    let endpoint = Endpoint::new(Protocol::Imap, Security::Tls, "many.example", port);
    let error = Dialer::new(Reach::Public).asking(names).dial(&endpoint).await.expect_err("none may be called");
    assert_eq!(error, Error::Private { host: "many.example".to_owned() });
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}
