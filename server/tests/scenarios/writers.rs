//! A draft that is written on in several places: everybody knows, and no text is lost.

use app::wire::{
    Action, Command, Device, Draft, DraftId, DraftKind, Error, MessageRef, Reply, Selection, When, Writer,
};
use pismo::store::now;

use crate::{
    browser::Browser,
    draft::{compose, draft_to},
    send::until_state,
    tab::Tab,
    test_bridge::TestBridge,
};

const PHONE: &str =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
const LAPTOP: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// Ana's laptop and phone.
async fn two() -> (TestBridge, Browser, Browser) {
    let bridge = TestBridge::start().await;
    let laptop = Browser { agent: LAPTOP, ..bridge.sign_in("ana").await };
    let phone = Browser { agent: PHONE, ..bridge.sign_in("ana").await };
    (bridge, laptop, phone)
}

fn device(phone: bool, browser: &str, system: &str) -> Device {
    Device { phone, browser: browser.to_owned(), system: system.to_owned() }
}

/// Who else writes on the draft, once that is so.
async fn until_writer(tab: &mut Tab, what: &str, wanted: impl Fn(&Writer) -> bool) -> Writer {
    tab.until(what, |view| view.writers.iter().any(&wanted)).await;
    tab.view.writers.iter().find(|writer| wanted(writer)).expect("a writer").clone()
}

async fn until_nobody(tab: &mut Tab) {
    tab.until("nobody else writes", |view| view.writers.is_empty()).await;
}

fn with_text(draft: &Draft, text: &str) -> Draft {
    Draft { body: format!("{text}\n"), ..draft.clone() }
}

fn apart(draft: &Draft) -> Draft {
    Draft { id: DraftId(draft.id.0.chars().rev().collect()), ..draft.clone() }
}

async fn refused(tab: &mut Tab, draft: &Draft, base: &MessageRef) {
    let result = tab.send(Command::SaveDraft { draft: draft.clone(), base: Some(base.clone()) }).await;
    assert_eq!(result, Err(Error::DraftChanged));
}

/// The texts that Drafts has.
async fn texts(bridge: &TestBridge, texts: &[&str]) {
    let mut mail = bridge.mail("ana");
    let mut sources = Vec::new();
    for uid in mail.messages("Drafts").await.into_keys() {
        sources.push(mail.source("Drafts", uid).await);
    }
    assert_eq!(sources.len(), texts.len(), "{sources:?}");
    for text in texts {
        assert!(sources.iter().any(|source| source.contains(text)), "{text} is not in {sources:?}");
    }
}

#[tokio::test]
async fn a_draft_that_is_taken_over_elsewhere_loses_no_text() {
    let (bridge, laptop, phone) = two().await;
    let (mut at_laptop, mut beside, mut at_phone) = (laptop.tab().await, laptop.tab().await, phone.tab().await);
    let draft = with_text(&draft_to(&["boris@pismo.test"], "shared"), "first");
    let first = at_laptop.save(&draft).await;
    let writer = until_writer(&mut at_phone, "the laptop writes", |_| true).await;
    assert_eq!((&writer.draft, writer.taken), (&draft.id, false));
    assert_eq!(writer.device, Some(device(false, "Firefox", "Linux")));
    assert_eq!(writer.messages, std::slice::from_ref(&first));
    let writer = until_writer(&mut beside, "another tab writes", |_| true).await;
    assert_eq!(writer.device, None, "it is the same browser");
    assert!(at_laptop.view.writers.is_empty(), "of oneself nobody is told");
    let later = bridge.sign_in("ana").await.tab().await;
    assert_eq!(later.view.writers.len(), 1, "whoever comes later knows");

    let second = at_laptop.save_over(&with_text(&draft, "second"), Some(first.clone())).await;
    until_writer(&mut at_phone, "where it is now", |writer| writer.messages.ends_with(std::slice::from_ref(&second)))
        .await;
    // From what was in front, which is not there any more.
    let opened = compose(&mut at_phone, first, DraftKind::Edit).await;
    assert_eq!((&opened.id, opened.body.trim_end()), (&draft.id, "second"));
    let writer = until_writer(&mut at_laptop, "it was taken", |writer| writer.taken).await;
    assert_eq!(writer.device, Some(device(true, "Chrome", "Android")));
    until_nobody(&mut at_phone).await;
    // What was not saved becomes a draft of its own.
    let unsaved = with_text(&draft, "third, unsaved");
    refused(&mut at_laptop, &unsaved, &second).await;
    at_laptop.save(&apart(&unsaved)).await;
    let third = at_phone.save_over(&with_text(&opened, "of the phone"), Some(second.clone())).await;
    texts(&bridge, &["third, unsaved", "of the phone"]).await;

    // The phone is put away. What the laptop still has in front is older all the same, until it goes on.
    at_phone.ask(Command::CloseDraft { draft: draft.id.clone() }).await;
    at_laptop.until("the phone does not write", |view| view.writers.is_empty()).await;
    refused(&mut at_laptop, &unsaved, &second).await;
    let back = compose(&mut at_laptop, third.clone(), DraftKind::Edit).await;
    assert_eq!(back.body.trim_end(), "of the phone");
    at_laptop.save_over(&with_text(&back, "of both"), Some(third)).await;
    texts(&bridge, &["third, unsaved", "of both"]).await;
    until_writer(&mut at_phone, "the laptop writes again", |writer| writer.draft == draft.id).await;
    at_laptop.ask(Command::DiscardDraft { draft: draft.id.clone() }).await;
    at_phone.until("it is gone", |view| view.writers.iter().all(|writer| writer.draft != draft.id)).await;
}

#[tokio::test]
async fn what_was_changed_while_a_tab_was_away_is_not_saved_over() {
    let (mut bridge, laptop, phone) = two().await;
    let mut at_laptop = laptop.tab().await;
    let draft = with_text(&draft_to(&["boris@pismo.test"], "shared"), "first");
    let first = at_laptop.save(&draft).await;
    // The answer to a save was lost: the same browser goes on from a copy before its last.
    let second = at_laptop.save_over(&with_text(&draft, "second"), Some(first.clone())).await;
    let third = at_laptop.save_over(&with_text(&draft, "third"), Some(first)).await;
    assert_ne!(second, third);
    at_laptop.drop_line();
    let mut at_phone = phone.open("Drafts").await;
    let opened = compose(&mut at_phone, third.clone(), DraftKind::Edit).await;
    at_phone.save_over(&with_text(&opened, "of the phone"), Some(third.clone())).await;
    at_phone.ask(Command::CloseDraft { draft: draft.id.clone() }).await;
    // Nobody remembers who wrote; the store does.
    bridge.stop().await;
    bridge.start_again().await;
    let mut at_laptop = laptop.tab().await;
    refused(&mut at_laptop, &with_text(&draft, "stale"), &third).await;
    at_laptop.save(&apart(&with_text(&draft, "stale"))).await;
    texts(&bridge, &["of the phone", "stale"]).await;
}

#[tokio::test]
async fn what_another_program_has_put_in_place_of_a_draft_stays() {
    let (bridge, laptop, _) = two().await;
    let mut tab = laptop.tab().await;
    let mut mail = bridge.mail("ana");
    let draft = with_text(&draft_to(&["boris@pismo.test"], "shared"), "first");
    let first = tab.save(&draft).await;
    // Erased, and nothing in its place.
    mail.expunge("Drafts", first.uid).await;
    let again = tab.save_over(&draft, Some(first)).await;
    mail.append_message("Drafts", "\\Draft", "Subject: shared\n\nof another program\n").await;
    mail.expunge("Drafts", again.uid).await;
    let ours = with_text(&draft, "of ours");
    refused(&mut tab, &ours, &again).await;
    tab.save(&apart(&ours)).await;
    texts(&bridge, &["of another program", "of ours"]).await;
}

#[tokio::test]
async fn a_scheduled_draft_that_is_deleted_does_not_go_out() {
    let (bridge, laptop, _) = two().await;
    let mut tab = laptop.open("Drafts").await;
    let mut other = laptop.tab().await;
    let (mut mail, boris) = (bridge.mail("ana"), bridge.address_of("boris"));
    for (action, kept) in [(Action::Delete, 1), (Action::Erase, 0)] {
        let draft = draft_to(&[&boris], "Perhaps");
        let place = tab.save(&draft).await;
        let bystander = tab.save(&draft_to(&[&boris], "Another")).await;
        tab.row(place.uid).await;
        // What was handed over is newer than what Drafts has.
        let id = tab.submit_for(&with_text(&draft, "the last words"), When::At(now() + 24 * 3600)).await;
        other.until("it waits", |view| view.submission(id).is_some()).await;
        let selection = Selection::Messages(vec![place, bystander]);
        let acted = tab.ask(Command::Act { selection, action }).await;
        assert!(matches!(acted, Reply::Acted { count: 2, called_off: 1, .. }), "{acted:?}");
        other.until("it is out of the outbox", |view| view.submission(id).is_none()).await;
        assert!(mail.messages("Drafts").await.is_empty());
        let mut sources = Vec::new();
        for uid in mail.messages("Trash").await.into_keys() {
            sources.push(mail.source("Trash", uid).await);
        }
        assert_eq!(sources.len(), 2 * kept, "{sources:?}");
        assert_eq!(sources.iter().filter(|source| source.contains("the last words")).count(), kept, "{sources:?}");
        for uid in mail.messages("Trash").await.into_keys() {
            mail.expunge("Trash", uid).await;
        }
    }
    let last = tab.submit(&draft_to(&[&boris], "something else")).await;
    until_state(&mut tab, last, app::wire::SubmissionState::Sent).await;
    assert!(bridge.mail("boris").only("INBOX").await.1.contains("something else"));
}
