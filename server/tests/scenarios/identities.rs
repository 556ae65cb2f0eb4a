//! Writing as several addresses: aliases of one's own, those of other accounts, and those that are somebody else's.

use app::wire::{Address, Command, DraftKind, Error, Reply, SubmissionState, When};

use crate::{
    browser::Browser,
    draft::{compose, draft_to},
    http_client::Answer,
    mail_server::{MailServer, PASSWORD},
    recording_proxy::RecordingProxy,
    send::{refusals, until_state},
    tab::Tab,
    test_bridge::{TestBridge, smtp},
};

pub async fn add(browser: &Browser, email: &str, more: &[(&str, &str)]) -> Answer {
    browser.submit("/identities/add", &[&[("email", email)], more].concat()).await
}

/// The number of the identity of this address, as the page has it.
async fn number_of(tab: &mut Tab, email: &str) -> i64 {
    tab.until("the identity", |view| view.identities.iter().any(|one| one.email == email)).await;
    tab.view.identities.iter().find(|one| one.email == email).expect("an identity").id.0
}

fn named(name: &str, email: &str) -> Option<Address> {
    Some(Address { name: name.to_owned(), email: email.to_owned() })
}

#[tokio::test]
async fn an_answer_goes_out_from_the_address_the_message_came_to() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let (own, alias, boris) = (bridge.address_of("ana"), bridge.address_of("alias"), bridge.address_of("boris"));
    assert_eq!(tab.view.identities.len(), 1);
    let more = [("name", "Ана, «Б»"), ("reply_to", "\"Desk, the\" <desk@pismo.test>"), ("signature", "Ана\r\n+7")];
    assert_eq!(add(&browser, &alias, &more).await.status, 303);
    let id = number_of(&mut tab, &alias).await;
    let choices = &tab.view.identities[1].choices;
    assert_eq!((choices.signature.as_str(), choices.reply_to.len()), ("Ана\n+7", 1), "{choices:?}");
    assert_eq!(add(&browser, &alias.to_uppercase(), &[]).await.status, 409, "once is enough");
    // A formatted one does nothing, and has its words beside it.
    let html = "<p onclick=\"x()\">Ана, <b>лавка</b></p><script>x()</script>";
    let formatted = [more[0], more[1], ("signature_html", html)];
    assert_eq!(browser.submit(&format!("/identities/{id}"), &formatted).await.status, 303);
    tab.until("the signature", |view| view.identities[1].choices.signature_html.is_some()).await;
    let choices = &tab.view.identities[1].choices;
    let signature = (choices.signature.as_str(), choices.signature_html.as_deref());
    assert_eq!(signature, ("Ана, лавка", Some("<p>Ана, <b>лавка</b></p>")));
    let large = [("signature_html", "x".repeat(20_000))];
    let large = large.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert_eq!(browser.submit(&format!("/identities/{id}"), &large).await.status, 413);

    let detailed = alias.replace('@', "+shop@");
    let letter = format!("From: {boris}\r\nTo: {own}, {detailed}\r\nSubject: to two\r\n\r\nHi\r\n");
    let to_two = bridge.mail("ana").append_message("INBOX", "", &letter).await;
    let to_one = bridge.mail("ana").append_message("INBOX", "", &letter.replace(&format!("{own}, "), "")).await;
    tab.row(to_one).await;
    let message = tab.message(to_two);
    let answer = compose(&mut tab, message, DraftKind::ReplyAll).await;
    assert_eq!(answer.from, named("", &own));
    assert_eq!((answer.to.len(), answer.cc.len()), (1, 0), "nobody writes to themselves: {answer:?}");
    let message = tab.message(to_one);
    let mut answer = compose(&mut tab, message, DraftKind::Reply).await;
    assert_eq!(answer.from, named("Ана, «Б»", &detailed));
    answer.reply_to = tab.view.identities[1].choices.reply_to.clone();
    let kept = tab.save(&answer).await;
    let again = compose(&mut tab, kept, DraftKind::Edit).await;
    assert_eq!((&again.from, &again.reply_to), (&answer.from, &answer.reply_to), "a draft keeps them");
    let sent = tab.submit(&again).await;
    until_state(&mut tab, sent, SubmissionState::Sent).await;
    let (uid, source) = bridge.mail("boris").only("INBOX").await;
    assert!(source.contains(&format!("Return-Path: <{detailed}>")), "{source}");
    let mut seen = bridge.sign_in("boris").await.open("INBOX").await;
    let read = seen.read(uid).await;
    assert_eq!(read.from[0], named("Ана, «Б»", &detailed).expect("an address"));
    assert_eq!(read.reply_to[0].name, "Desk, the");

    // What goes out without a word of the sender is from the first.
    assert_eq!(browser.submit(&format!("/identities/{id}/prefer"), &[]).await.status, 303);
    tab.until("the other first", |view| view.identities[0].email == alias).await;
    let sent = tab.submit(&draft_to(&[&boris], "as the first")).await;
    until_state(&mut tab, sent, SubmissionState::Sent).await;
    seen.until("two", |view| view.rows.len() == 2).await;
    assert_eq!(seen.view.rows[0].as_ref().expect("a row").from[0].email, alias);
    let page = browser.get(&format!("/identities/{id}")).await.text();
    assert!(page.contains("Ана, «Б»") && page.contains("&quot;Desk, the&quot; &lt;desk@pismo.test&gt;"), "{page}");
}

#[tokio::test]
async fn nobody_writes_as_somebody_else() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let (boris, foreign) = (bridge.address_of("boris"), bridge.address_of("owned-carla"));
    let mut draft = draft_to(&[&boris], "not mine");
    draft.from = named("", &foreign);
    assert_eq!(
        tab.send(Command::Send { draft, when: When::Now }).await,
        Err(Error::NotYourAddress { email: foreign.clone() }),
        "an address that was never added"
    );
    let answer = add(&browser, &foreign, &[("name", "Carla")]).await;
    assert_eq!(answer.status, 502);
    assert!(
        answer.text().contains("not owned by user") && answer.text().contains("value=\"Carla\""),
        "{}",
        answer.text()
    );
    let elsewhere = smtp(bridge.server.submission_port()).to_string();
    let other = [("other", "1"), ("server", elsewhere.as_str()), ("password", "wrong")];
    assert_eq!(add(&browser, &foreign, &other).await.status, 401);
    // Whose account is here alone writes as its address, whatever the server lets pass.
    bridge.sign_in("boris").await;
    assert_eq!(add(&browser, &boris, &[]).await.status, 502);
    for (bad, status) in
        [("", 400), ("carla", 400), ("*@", 400), ("a@b@c d", 400), ("c@x\r\ny", 400), ("*@gmail.com", 400)]
    {
        assert_eq!(add(&browser, bad, &[]).await.status, status, "{bad:?}");
    }
    assert_eq!(add(&browser, &bridge.address_of("alias"), &[("bcc", "nobody")]).await.status, 400);
    assert_eq!(tab.view.identities.len(), 1);
    let own = number_of(&mut tab, &bridge.address_of("ana")).await;
    assert_eq!(browser.submit(&format!("/identities/{own}/remove"), &[]).await.status, 404, "one's own stays");
    // What is another person's cannot be seen or changed.
    let stranger = bridge.sign_in("dora").await;
    assert_eq!(stranger.get(&format!("/identities/{own}")).await.status, 303);
    assert_eq!(stranger.submit(&format!("/identities/{own}"), &[("name", "x")]).await.status, 404);
    assert_eq!(stranger.submit(&format!("/identities/{own}/prefer"), &[]).await.status, 404);
}

#[tokio::test]
async fn mail_of_another_account_goes_through_its_own_server() {
    let bridge = TestBridge::start().await;
    let elsewhere = RecordingProxy::start(bridge.server.submission_port()).await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let (boris, other) = (bridge.address_of("boris"), bridge.address_of("owned-carla"));
    let server = smtp(elsewhere.port).to_string();
    let more = [("other", "1"), ("server", server.as_str()), ("password", PASSWORD), ("sent", "Work")];
    bridge.mail("ana").create("Work").await;
    tab.until("the folder", |view| view.mailboxes.iter().any(|mailbox| mailbox.path == "Work")).await;
    let answer = add(&browser, &other, &more).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let id = number_of(&mut tab, &other).await;
    assert!(
        !elsewhere.lines().iter().any(|line| line.take_said().contains("DATA")),
        "nothing is sent to find that out"
    );

    let before = elsewhere.lines().len();
    let mut draft = draft_to(&[&boris], "from there");
    draft.from = named("Карла", &other);
    let sent = tab.submit(&draft).await;
    until_state(&mut tab, sent, SubmissionState::Sent).await;
    assert_eq!(elsewhere.lines().len(), before + 1);
    let (_, source) = bridge.mail("boris").only("INBOX").await;
    assert!(source.contains(&format!("Return-Path: <{other}>")), "{source}");
    bridge.mail("ana").until("Work", |messages| messages.len() == 1).await;
    assert!(bridge.mail("ana").messages("Sent").await.is_empty());

    // The page shows it, and never the password; what is not typed again stays.
    let page = browser.get(&format!("/identities/{id}")).await.text();
    assert!(page.contains(&server) && !page.contains(PASSWORD), "{page}");
    let same = [("name", "Карла К."), ("other", "1"), ("server", server.as_str()), ("user", other.as_str())];
    let lines = elsewhere.lines().len();
    assert_eq!(browser.submit(&format!("/identities/{id}"), &same).await.status, 303);
    assert_eq!(elsewhere.lines().len(), lines, "nothing has to be found out");
    // Not through a server that does not let her.
    let answer = browser.submit(&format!("/identities/{id}"), &[("name", "Карла")]).await;
    assert_eq!(answer.status, 502, "{}", answer.text());

    // An address that was taken away: what waits does not go out, and says so.
    elsewhere.take_down();
    draft.id.0 = format!("{:032x}", 77);
    let waits = tab.submit(&draft).await;
    until_state(&mut tab, waits, SubmissionState::Retrying).await;
    assert_eq!(browser.submit(&format!("/identities/{id}/remove"), &[]).await.status, 303);
    tab.ask(Command::RetrySubmission { submission: waits }).await;
    until_state(&mut tab, waits, SubmissionState::Rejected).await;
    assert_eq!(refusals(&tab, waits)[0].error, Some(Error::NotYourAddress { email: other }));
    let Reply::Draft(back) = tab.ask(Command::EditSubmission { submission: waits }).await else { panic!("a draft") };
    assert_eq!(back.subject, "from there");
}

#[tokio::test]
async fn a_collected_account_is_written_from_with_its_own_password() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let old = "owned-old@pismo.test".to_owned();
    let elsewhere = MailServer::start_for(&old);
    let imap = crate::test_bridge::imap(elsewhere.imap_port()).to_string();
    let smtp = smtp(elsewhere.submission_port()).to_string();
    let fields = [("address", old.as_str()), ("password", PASSWORD), ("server", &imap)];
    assert_eq!(browser.submit("/collectors/add", &fields).await.status, 303);
    let page = browser.get("/collectors").await.text();
    let place = page.split("href=\"/identities/add?").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let form = browser.get(&format!("/identities/add?{place}")).await.text();
    assert!(form.contains(&format!("value=\"{old}\"")), "{form}");
    let collector = place.strip_prefix("collector=").expect("a number").to_owned();
    let more = [("other", "1"), ("server", smtp.as_str()), ("collector", collector.as_str())];
    let answer = add(&browser, &old, &more).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    number_of(&mut tab, &old).await;
    // Nobody may send with the password of another person's collector.
    let stranger = bridge.sign_in("dora").await;
    assert_eq!(add(&stranger, &old, &more).await.status, 400);

    let mut draft = draft_to(&[&old], "from the old address");
    draft.from = named("", &old);
    let sent = tab.submit(&draft).await;
    until_state(&mut tab, sent, SubmissionState::Sent).await;
    bridge.mail("ana").until("Sent", |messages| messages.len() == 1).await;

    // With a new password there, it goes on once the collector has it.
    elsewhere.set_password(&old, "another").await;
    draft.id.0 = format!("{:032x}", 78);
    let waits = tab.submit(&draft).await;
    until_state(&mut tab, waits, SubmissionState::Retrying).await;
    let answer = browser.submit(&format!("/collectors/{collector}/password"), &[("password", "another")]).await;
    assert_eq!(answer.status, 303);
    tab.ask(Command::RetrySubmission { submission: waits }).await;
    until_state(&mut tab, waits, SubmissionState::Sent).await;
    // Without the collector it stays.
    assert_eq!(browser.submit(&format!("/collectors/{collector}/remove"), &[]).await.status, 303);
    draft.id.0 = format!("{:032x}", 79);
    let last = tab.submit(&draft).await;
    until_state(&mut tab, last, SubmissionState::Sent).await;
}
