//! Pismo stops and starts again with the same data: logins stay, and what was handed over is sent.

use app::wire::{Reply, SubmissionState};
use pismo::store::{Store, now};

use crate::{draft::draft_to, test_bridge::TestBridge};

#[tokio::test]
async fn logins_survive_a_restart() {
    let mut bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.append("INBOX", "before").await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let file = browser.upload("kept.txt", "text/plain", b"kept").await.expect("an upload");
    let mut draft = draft_to(&["boris@pismo.test"], "half-written");
    tab.save(&draft).await;
    bridge.stop().await;
    assert_eq!(tab.end().await, Some(1012), "the tab is told that it is a restart");
    bridge.start_again().await;

    tab.come_back().await;
    assert!(tab.welcome.is_some(), "nobody knows the tab any more, but the browser is still signed in");
    assert_eq!(tab.open("INBOX").await.rows[0].subject, "before");
    draft.attachments.push(file);
    tab.save(&draft).await;
    assert_eq!(mail.messages("Drafts").await.len(), 1, "the draft is still the same one");
    mail.append("INBOX", "after").await;
    tab.until("mail", |view| view.total() == 2).await;
}

#[tokio::test]
async fn what_was_handed_over_is_sent_after_a_restart() {
    let mut bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let account = tab.welcome.as_ref().expect("a welcome").account;
    let boris = bridge.address_of("boris");
    let draft = draft_to(&[&boris], "survivor");
    tab.save(&draft).await;
    bridge.stop().await;
    // As if Pismo had died between storing it and sending it.
    let store = Store::open(&bridge.data(), None).await.expect("the store");
    store.add_submission(account, &draft, now()).await.expect("a submission");
    store.close().await;
    bridge.start_again().await;
    bridge.mail("boris").only("INBOX").await;
    let mut mail = bridge.mail("ana");
    assert_eq!(mail.until("Sent", |messages| !messages.is_empty()).await.len(), 1);
    mail.until("Drafts", |messages| messages.is_empty()).await;
}

#[tokio::test]
async fn what_the_server_was_about_to_get_when_pismo_died_is_in_doubt() {
    let mut bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let account = browser.tab().await.welcome.expect("a welcome").account;
    bridge.stop().await;
    let boris = bridge.address_of("boris");
    let (doubtful, filed_not) = (draft_to(&[&boris], "doubtful"), draft_to(&[&boris], "sent and not filed"));
    let store = Store::open(&bridge.data(), None).await.expect("the store");
    store.add_submission(account, &doubtful, now()).await.expect("a submission");
    let claimed = store.claim_submission(600).await.expect("the store").expect("a submission");
    assert!(store.announce_submission(claimed.id, claimed.attempts).await.expect("the store"));
    assert!(!store.announce_submission(claimed.id, claimed.attempts + 1).await.expect("the store"), "not in hand");
    let (sent, _) = store.add_submission(account, &filed_not, now()).await.expect("a submission");
    store.set_submission(sent.id, SubmissionState::Sent, &[], 0).await.expect("the store");
    store.close().await;
    bridge.start_again().await;

    let mut tab = browser.open("INBOX").await;
    tab.until("the doubt", |view| view.submission(claimed.id) == Some(SubmissionState::Unknown)).await;
    let (_, source) = bridge.mail("ana").only("Sent").await;
    assert!(source.contains("sent and not filed"));
    assert!(bridge.mail("boris").messages("INBOX").await.is_empty(), "what is in doubt is not sent again");
    // The person decides.
    let retry = app::wire::Command::RetrySubmission { submission: claimed.id };
    assert_eq!(tab.ask(retry).await, Reply::Done);
    tab.until("sent", |view| view.submission(claimed.id) == Some(SubmissionState::Sent)).await;
    assert!(bridge.mail("boris").only("INBOX").await.1.contains("doubtful"));
}

#[tokio::test]
async fn a_stop_is_quick_with_tabs_open() {
    let mut bridge = TestBridge::start().await;
    let mut tabs = Vec::new();
    for name in ["ana", "boris", "carla"] {
        tabs.push(bridge.sign_in(name).await.open("INBOX").await);
    }
    let begun = tokio::time::Instant::now();
    bridge.stop().await;
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    for tab in &mut tabs {
        assert_eq!(tab.end().await, Some(1012));
    }
}

#[tokio::test]
async fn passwords_are_not_in_the_data_folder() {
    let bridge = TestBridge::start().await;
    let mut browser = bridge.browser("ana");
    browser.sign_in().await;
    let cookie = browser.cookie.clone().expect("a cookie");
    let (_, token) = cookie.split_once('=').expect("a token");
    let mut files = 0;
    for entry in std::fs::read_dir(bridge.data()).expect("the folder").flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let bytes = std::fs::read(entry.path()).expect("a file");
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!holds(token), "{:?} has the cookie in it", entry.path());
            assert!(!holds(crate::mail_server::PASSWORD), "{:?} has the password in it", entry.path());
            files += 1;
        }
    }
    assert!(files > 0);
}
