//! Addresses say what is on the screen, and back.

use app::{
    route::{Route, body_url, decode, encode, part_url},
    wire::{AccountId, MessageRef, Query, Sort, Uid, UidValidity},
};
use proptest::prelude::*;

#[test]
fn addresses_are_readable() {
    let route = Route {
        query: Query {
            mailbox: "INBOX".to_owned(),
            search: "from:anna привет".to_owned(),
            everywhere: true,
            sort: Sort::Oldest,
            threaded: false,
        },
        message: Some((UidValidity(7), Uid(42))),
        at: None,
    };
    assert_eq!(route.url(), "/mail/INBOX/7.42?q=from%3Aanna%20%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82&in=all&sort=oldest");
    let sorted = Query { mailbox: "INBOX".to_owned(), sort: Sort::Sender, ..Query::default() };
    let elsewhere =
        MessageRef { account: AccountId(1), mailbox: "Sent".into(), uid_validity: UidValidity(3), uid: Uid(4) };
    let route = Route::to(sorted.clone(), Some(&elsewhere));
    assert_eq!(route.url(), "/mail/INBOX/3.4?sort=sender&at=Sent");
    assert_eq!(route.message(AccountId(1)), Some(elsewhere));
    assert_eq!(Route::to(sorted, None).url(), "/mail/INBOX?sort=sender");
}

#[test]
fn what_is_not_ours_names_nothing() {
    for path in ["/mailbox", "/mail/a/1", "/mail/a/1.2.3", "/mail/a/x.y", "/mail/a/1.2/3", "/mail/%FF", "/mail/%4", "/"]
    {
        assert_eq!(Route::parse(path, ""), None, "{path}");
    }
    assert_eq!(Route::parse("/mail", ""), Some(Route::default()));
    assert_eq!(Route::parse("/mail/a/", "?q=a+b&x").map(|route| route.query.search), Some("a b".to_owned()));
}

#[test]
fn addresses_of_parts_name_the_mailbox_in_full() {
    let message =
        MessageRef { account: AccountId(1), mailbox: "A&B/Ю".to_owned(), uid_validity: UidValidity(7), uid: Uid(42) };
    assert_eq!(body_url(&message, "dark", true), "/message/1/7/42/body?mailbox=A%26B%2F%D0%AE&theme=dark&remote=1");
    assert_eq!(part_url(&message, "1.2", true), "/message/1/7/42/part/1.2?mailbox=A%26B%2F%D0%AE&inline=1");
}

proptest! {
    #[test]
    fn every_route_comes_back(mailbox: String, search in "\\PC{0,20}", everywhere: bool, threaded: bool, sort in 0..6usize, message: Option<(u32, u32)>, at: Option<String>) {
        let everywhere = everywhere && !search.is_empty();
        let message = message.map(|(uid_validity, uid)| (UidValidity(uid_validity), Uid(uid)));
        let at = at.filter(|at| message.is_some() && *at != mailbox);
        let route = Route { query: Query { mailbox, search, everywhere, sort: Sort::ALL[sort], threaded }, message, at };
        let url = route.url();
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        prop_assert_eq!(Route::parse(path, query), Some(route));
    }

    #[test]
    fn every_text_survives_encoding(text: String) {
        let encoded = encode(&text);
        prop_assert!(encoded.is_ascii());
        prop_assert_eq!(decode(&encoded), Some(text));
    }

    #[test]
    fn no_address_is_too_odd(path in "/mail[/%.0-9a-zA-Я]{0,20}", query: String) {
        let _ = Route::parse(&path, &query);
    }
}
