//! Hosts that nobody may have Pismo call, in every spelling, at every door that calls what somebody else has named.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

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

#[tokio::test]
async fn no_spelling_of_a_forbidden_host_is_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
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
