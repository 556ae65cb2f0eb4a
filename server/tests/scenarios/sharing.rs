//! Folders that people open to each other, and those that are kept for all.

use std::time::Duration;

use app::{
    view::sharing::url,
    wire::{Action, Arrangement, Command, Error, Flag, Right, Selection, Shared, SpecialUse},
};
use tokio::time::Instant;

use crate::{
    browser::Browser,
    http_client::Answer,
    mail::Mail,
    mail_server::MailServer,
    masking_proxy::{Mask, MaskingProxy},
    tab::{PATIENCE, Tab},
    test_bridge::{TestBridge, imap},
};

/// Ana's folder `Team` with two messages, opened to Bo with these rights; and how Bo's programs call it.
async fn team(rights: &str) -> (TestBridge, Mail, String) {
    let bridge = TestBridge::on(MailServer::with_sharing(), |_| {}).await;
    let mut ana = bridge.mail("ana");
    ana.create("Team").await;
    ana.fill("Team", 2).await;
    open_to(&mut ana, "Team", &bridge.address_of("bo"), rights).await;
    let path = format!("shared/{}/Team", ana.address);
    (bridge, ana, path)
}

async fn open_to(mail: &mut Mail, mailbox: &str, whom: &str, rights: &str) {
    mail.run(&format!("SETACL \"{mailbox}\" {whom} {rights}")).await;
}

async fn act(tab: &mut Tab, action: Action) -> Result<(), Error> {
    let selection = Selection::Messages(vec![tab.messages()[0].clone()]);
    tab.send(Command::Act { selection, action }).await.map(drop)
}

fn lacks(right: Right) -> Result<(), Error> {
    Err(Error::NoRight { right: Some(right), text: String::new() })
}

#[tokio::test]
async fn what_another_person_shares_is_shown_as_theirs_and_is_for_nothing() {
    let (bridge, mut ana, path) = team("lrs").await;
    open_to(&mut ana, "Trash", &bridge.address_of("bo"), "lrswite").await;
    let tab = bridge.sign_in("bo").await.open("INBOX").await;
    let mailbox = tab.view.mailbox(&path).expect("Ana's folder");
    let owner = Some(ana.address.clone());
    assert_eq!(mailbox.shared, Some(Shared { owner: owner.clone(), above: 1 }));
    assert_eq!((mailbox.depth(), mailbox.total, mailbox.unseen), (1, 2, 2));
    assert!(mailbox.may(Right::Seen) && !mailbox.may(Right::Write));
    // Her Trash is not his.
    let trash = tab.view.mailbox(&format!("shared/{}/Trash", ana.address)).expect("Ana's Trash");
    assert_eq!(trash.special_use, None);
    assert_eq!(tab.view.mailbox("Trash").expect("his own").special_use, Some(SpecialUse::Trash));
    // She stands above them, and nothing stands above her.
    let place = tab.view.mailbox(&format!("shared/{}", ana.address)).expect("Ana");
    assert_eq!((place.selectable, place.depth()), (false, 0));
    assert!(tab.view.mailbox("shared").is_none() && tab.view.mailbox("public").is_none());
    let mut paths: Vec<&str> = tab.view.mailboxes.iter().map(|mailbox| mailbox.path.as_str()).collect();
    let own = tab.view.mailboxes.iter().take_while(|mailbox| mailbox.shared.is_none()).count();
    assert!(paths[own..].iter().all(|path| path.starts_with("shared/") || path.starts_with("public/")), "{paths:?}");
    let all = paths.len();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), all, "each once");
}

#[tokio::test]
async fn new_mail_in_a_shared_folder_comes_live() {
    let (bridge, mut ana, path) = team("lrs").await;
    let mut tab = bridge.sign_in("bo").await.open(&path).await;
    ana.append("Team", "fresh").await;
    tab.until("the message", |view| view.subjects() == ["fresh", "message 2", "message 1"]).await;
    // Where it is not open either.
    tab.open("INBOX").await;
    ana.append("Team", "more").await;
    tab.until("the count", |view| view.counts(&path) == Some((4, 4))).await;
    // A folder for all, made by one of them.
    let board = format!("public/Board of {}", ana.address);
    ana.create(&board).await;
    load_until(&bridge, &mut tab, "the board", |tab| tab.view.mailbox(&board).is_some()).await;
    assert_eq!(tab.view.mailbox(&board).expect("it").shared, Some(Shared { owner: None, above: 1 }));
    tab.open(&board).await;
    ana.append(&board, "for all").await;
    tab.until("the message", |view| view.subjects() == ["for all"]).await;
}

/// Loads the page, as people do who miss something, until it is there.
async fn load_until(bridge: &TestBridge, tab: &mut Tab, what: &str, shown: impl Fn(&Tab) -> bool) {
    let browser = bridge.sign_in("bo").await;
    let deadline = Instant::now() + 2 * PATIENCE;
    while !shown(tab) {
        assert!(Instant::now() < deadline, "not shown in time: {what}");
        browser.get("/mail/INBOX").await;
        tab.listen_for(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn what_is_opened_later_appears_and_what_is_closed_vanishes() {
    let bridge = TestBridge::on(MailServer::with_sharing(), |_| {}).await;
    let mut ana = bridge.mail("ana");
    ana.create("Late").await;
    let (path, bo) = (format!("shared/{}/Late", ana.address), bridge.address_of("bo"));
    let mut tab = bridge.sign_in("bo").await.open("INBOX").await;
    assert!(tab.view.mailbox(&path).is_none());
    // To the session that Pismo has Dovecot does not tell that Ana has begun to share.
    open_to(&mut ana, "Late", &bo, "lr").await;
    load_until(&bridge, &mut tab, "Ana's folder", |tab| tab.view.mailbox(&path).is_some()).await;
    tab.open(&path).await;
    ana.append("Late", "fresh").await;
    tab.until("the message", |view| view.subjects() == ["fresh"]).await;
    ana.run(&format!("DELETEACL Late {bo}")).await;
    tab.patience = 2 * PATIENCE;
    load_until(&bridge, &mut tab, "it goes", |tab| tab.view.mailbox(&path).is_none()).await;
    let open = Command::Open { query: app::wire::Query { mailbox: path, ..Default::default() }, from: 0, count: 10 };
    assert_eq!(tab.send(open).await, Err(Error::Gone));
}

#[tokio::test]
async fn what_is_forbidden_is_refused_in_plain_words_and_nothing_is_changed() {
    let (bridge, mut ana, path) = team("lr").await;
    let mut tab = bridge.sign_in("bo").await.open(&path).await;
    let flag = |flag| Action::Flag { flag, set: true };
    assert_eq!(act(&mut tab, flag(Flag::Seen)).await, lacks(Right::Seen));
    assert_eq!(act(&mut tab, flag(Flag::Flagged)).await, lacks(Right::Write));
    assert_eq!(act(&mut tab, Action::Delete).await, lacks(Right::DeleteMessages));
    assert_eq!(act(&mut tab, Action::Move { to: "INBOX".to_owned() }).await, lacks(Right::DeleteMessages));
    assert_eq!(act(&mut tab, Action::Erase).await, lacks(Right::DeleteMessages));
    // Reading is what it is open for.
    let uid = tab.messages()[0].uid;
    assert_eq!(tab.read(uid).await.subject, "message 2");
    let messages = ana.messages("Team").await;
    assert!(messages.len() == 2 && messages.values().all(|flags| flags.is_empty()), "{messages:?}");
    assert_eq!(tab.view.quarrel(&messages), None);

    tab.open("INBOX").await;
    let mut bo = bridge.mail("bo");
    bo.append("INBOX", "his own").await;
    tab.until("it", |view| view.total() == 1).await;
    assert_eq!(act(&mut tab, Action::Move { to: path.clone() }).await, lacks(Right::Insert));
    assert_eq!(bo.messages("INBOX").await.len(), 1);
    for change in [
        Arrangement::Create { parent: Some(path.clone()), name: "Inside".to_owned() },
        Arrangement::Rename { path: path.clone(), parent: None, name: "Mine".to_owned() },
        Arrangement::Delete { path: path.clone() },
    ] {
        let right = if matches!(change, Arrangement::Create { .. }) { Right::Create } else { Right::DeleteMailbox };
        assert_eq!(tab.send(Command::Arrange { change }).await.map(drop), lacks(right));
    }
    assert!(ana.has("Team").await);
}

#[tokio::test]
async fn what_is_forbidden_is_known_without_acl_as_well() {
    let (bridge, mut ana, path) = team("lr").await;
    let masking = MaskingProxy::start(bridge.server.imap_port(), Mask::Without(&["ACL"])).await;
    let masked = TestBridge::on(bridge.server, |config| config.imap = Some(imap(masking.port))).await;
    open_to(&mut ana, "Team", &masked.address_of("bo"), "lr").await;
    let mut tab = masked.sign_in("bo").await.open(&path).await;
    assert_eq!(tab.view.mailbox(&path).expect("Ana's folder").rights, None);
    // SELECT has said READ-ONLY.
    for (action, right) in [
        (Action::Flag { flag: Flag::Seen, set: true }, Right::Seen),
        (Action::Flag { flag: Flag::Flagged, set: true }, Right::Write),
        (Action::Move { to: "INBOX".to_owned() }, Right::DeleteMessages),
    ] {
        assert_eq!(act(&mut tab, action).await, lacks(right));
    }
    let change = Arrangement::Create { parent: Some(path.clone()), name: "Inside".to_owned() };
    let refused = tab.send(Command::Arrange { change }).await;
    assert!(matches!(&refused, Err(Error::NoRight { right: None, text }) if !text.is_empty()), "{refused:?}");
    assert_eq!(tab.view.quarrel(&ana.messages("Team").await), None);
    assert!(masking.trespasses().is_empty(), "{:?}", masking.trespasses());
}

#[tokio::test]
async fn what_nobody_subscribed_to_is_hidden_with_whoever_shares_it() {
    let (bridge, ana, path) = team("lrs").await;
    let browser = bridge.sign_in("bo").await;
    let mut tab = browser.open("INBOX").await;
    let place = format!("shared/{}", ana.address);
    let only = [("only", "1"), ("listed", path.as_str())];
    assert_eq!(browser.submit("/folders", &only).await.status, 303);
    tab.until("it is hidden", |view| view.mailbox(&path).is_none() && view.mailbox(&place).is_none()).await;
    assert_eq!(browser.submit("/folders", &[&only[..], &[("shown", path.as_str())]].concat()).await.status, 303);
    tab.until("it is shown", |view| view.mailbox(&path).is_some() && view.mailbox(&place).is_some()).await;
}

#[tokio::test]
async fn what_is_allowed_is_done() {
    let (bridge, mut ana, path) = team("lrswite").await;
    let mut tab = bridge.sign_in("bo").await.open(&path).await;
    let uid = tab.messages()[0].uid;
    tab.flag(uid, Flag::Seen, true).await;
    tab.flag(uid, Flag::Flagged, true).await;
    let flags = ana.flags("Team", uid).await.expect("it");
    assert!(flags.contains(&Flag::Seen) && flags.contains(&Flag::Flagged), "{flags:?}");
    // Into his own Trash, and back.
    let undo = tab.act(uid, Action::Delete).await;
    assert_eq!(ana.messages("Team").await.len(), 1);
    assert_eq!(bridge.mail("bo").messages("Trash").await.len(), 1);
    tab.undo(undo).await;
    assert_eq!(ana.messages("Team").await.len(), 2);
    // A folder that he makes is his own.
    let change = Arrangement::Create { parent: None, name: "Mine".to_owned() };
    tab.ask(Command::Arrange { change }).await;
    assert!(tab.view.mailbox("Mine").expect("it").shared.is_none());
}

/// What the page about a folder says of each who has rights: the identifier and the letters.
async fn people(browser: &Browser, folder: &str) -> Vec<(String, String)> {
    let page = browser.get(&url(folder)).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let entry = |entry: &str| {
        let value = |name: &str| {
            let (_, rest) = entry.split_once(&format!("{name}=\"")).expect("an attribute");
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        (value("data-who"), value("data-rights"))
    };
    page.text().split("data-testid=\"sharing-entry\"").skip(1).map(entry).collect()
}

async fn save(browser: &Browser, folder: &str, who: &str, does: &str, role: &str) -> Answer {
    browser.submit("/sharing", &[("folder", folder), ("who", who), ("do", does), ("role", role)]).await
}

#[tokio::test]
async fn a_person_opens_a_folder_to_another_and_closes_it() {
    let bridge = TestBridge::on(MailServer::with_sharing(), |_| {}).await;
    let mut ana = bridge.mail("ana");
    let (folder, on_the_wire) = ("Дела", "&BBQENQQ7BDA-");
    ana.create(on_the_wire).await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    assert!(tab.view.mailbox(folder).expect("hers").shareable);
    assert!(browser.get("/folders").await.text().contains(&format!("href=\"{}\"", url(folder))));
    let (me, bo) = (bridge.address_of("ana"), bridge.address_of("bo"));
    let mine = "lrwstipekxacd".to_owned();
    assert_eq!(people(&browser, folder).await, [(me.clone(), mine.clone())]);

    let saved = save(&browser, folder, &bo, "give", "file").await;
    assert_eq!(saved.header("location"), Some(format!("{}&saved=1", url(folder))), "{}", saved.text());
    let of_bo =
        |people: Vec<(String, String)>| people.into_iter().find(|(who, _)| *who == bo).map(|(_, rights)| rights);
    let mut rights: Vec<char> = of_bo(people(&browser, folder).await).expect("him").chars().collect();
    rights.sort_unstable();
    assert_eq!(rights, ['i', 'l', 'r', 's', 'w']);
    let path = format!("shared/{me}/{folder}");
    let bo_tab = bridge.sign_in("bo").await.open("INBOX").await;
    let mailbox = bo_tab.view.mailbox(&path).expect("what was opened to him");
    assert!(mailbox.may(Right::Insert) && !mailbox.may(Right::DeleteMessages) && !mailbox.shareable);

    // What nobody asked to change stays as it is, in words.
    ana.run(&format!("SETACL \"{on_the_wire}\" {bo} lrt")).await;
    let page = browser.get(&url(folder)).await.text();
    assert!(page.contains("Something else") && page.contains("see the folder, read, delete messages"), "{page}");
    save(&browser, folder, &bo, "give", "").await;
    // Dovecot says `d` as well, for the sake of older programs (RFC 4314 §2.1.1).
    let mut rights: Vec<char> = of_bo(people(&browser, folder).await).expect("him").chars().collect();
    rights.sort_unstable();
    assert_eq!(rights, ['d', 'l', 'r', 't']);

    save(&browser, folder, &bo, "take", "").await;
    assert_eq!(people(&browser, folder).await, [(me.clone(), mine)]);
    tab.open(folder).await;

    // Nobody shuts themselves out unasked.
    let asked = save(&browser, folder, &me, "give", "read").await;
    assert!(asked.status == 200 && asked.text().contains("sharing-warning"), "{}", asked.text());
    assert_eq!(people(&browser, folder).await[0].1, "lrwstipekxacd");
    let sure = [("folder", folder), ("who", &me), ("do", "give"), ("role", "read"), ("sure", "1")];
    assert_eq!(browser.submit("/sharing", &sure).await.status, 303);
    // Dovecot leaves the owner that right whatever she gives up.
    assert_eq!(people(&browser, folder).await[0].1.len(), 4);
}

#[tokio::test]
async fn what_the_server_refuses_is_told_in_its_words() {
    let (bridge, _ana, path) = team("lrs").await;
    let browser = bridge.sign_in("bo").await;
    let refused = browser.get(&url(&path)).await;
    assert!(refused.status == 403 && refused.text().contains("administrator privileges"), "{}", refused.text());
    let refused = save(&browser, "INBOX", "anyone", "give", "read").await;
    assert!(refused.status == 502 && refused.text().contains("identifier is disallowed"), "{}", refused.text());
    assert!(refused.text().contains("sharing-entry"), "how things are is shown with it");
    let gone = browser.get(&url("Nowhere")).await;
    assert_eq!(gone.status, 404, "{}", gone.text());
    let stranger = bridge.browser("ana");
    let login = stranger.get(&url("A&B")).await.header("location");
    assert_eq!(login.as_deref(), Some("/login?next=%2Fsharing%3Ffolder%3DA%2526B"));
    assert_eq!(save(&stranger, "INBOX", "bo", "give", "all").await.status, 401);
}

#[tokio::test]
async fn a_server_that_lets_nobody_share_says_so_and_nothing_is_offered() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let tab = browser.open("INBOX").await;
    assert!(tab.view.mailboxes.iter().all(|mailbox| !mailbox.shareable && mailbox.shared.is_none()));
    assert!(!browser.get("/folders").await.text().contains("/sharing"));
    let page = browser.get(&url("INBOX")).await.text();
    assert!(page.contains("does not let people share") && !page.contains("<form"), "{page}");
}
