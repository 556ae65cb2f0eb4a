//! People from a file: seen first, taken in, joined, taken back, and on their way out again.

use std::time::Duration;

use app::wire::{Address, Command, Reply, SubmissionState};

use crate::{
    browser::Browser, draft::draft_to, http_client::Answer, send::until_state, tab::Tab, test_bridge::TestBridge,
};

async fn give(browser: &Browser, name: &str, text: &[u8]) -> Answer {
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    let body = [head.as_bytes(), text, b"\r\n--edge--\r\n"].concat();
    browser.request("POST", "/contacts", &[("content-type", "multipart/form-data; boundary=edge")], &body).await
}

/// Where the page of a file is that was taken.
pub async fn given(browser: &Browser, name: &str, text: &str) -> String {
    let answer = give(browser, name, text.as_bytes()).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").expect("a place").to_owned()
}

async fn people(browser: &Browser, sought: &str) -> Vec<String> {
    let text = browser.get(&format!("/contacts?q={sought}")).await.text();
    let rows = text.split("data-testid=\"contact\"").skip(1);
    rows.map(|row| {
        row.split("scope=\"row\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a name").to_owned()
    })
    .collect()
}

pub const CARDS: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Анна Соколова\r\nEMAIL:anna@pismo.test\r\nX-ODD:kept\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:4.0\r\nFN:<b>Boris</b> %_\r\nEMAIL:boris@pismo.test\r\nTEL:+7 900 1\r\nEND:VCARD\r\n";

const TABLE: &str = "First Name,Last Name,E-mail Address,E-mail 2 Address,Mobile Phone\r\n\
    Anna,Sokolova,ANNA@pismo.test,anna@work.test,5\r\nVera,K,vera@pismo.test,,\r\n,,boris@pismo.test,,+79001\r\n";

#[tokio::test]
async fn people_are_seen_first_joined_and_taken_back() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let place = given(&browser, "people.vcf", CARDS).await;
    let seen = browser.get(&place).await.text();
    assert!(seen.contains(">2 new<") && seen.contains("anna@pismo.test"), "{seen}");
    assert!(seen.contains("&lt;b&gt;Boris") && !seen.contains("<b>Boris"), "what came in a file is only ever text");
    assert_eq!(people(&browser, "").await, Vec::<String>::new(), "nothing is done yet");
    assert_eq!(browser.submit(&format!("{place}/take"), &[]).await.status, 303);
    assert_eq!(people(&browser, "").await, ["&lt;b&gt;Boris&lt;/b&gt; %_", "Анна Соколова"]);
    assert_eq!(
        browser.submit(&format!("{place}/take"), &[]).await.status,
        404,
        "a second time there is nothing to take"
    );

    // Looked for in any letters, by words of the name and by address; signs of the database mean themselves.
    for (sought, found) in
        [("%D0%A1%D0%9E%D0%9A", 1), ("anna%40", 1), ("%25_", 1), ("%25", 1), ("nobody", 0), ("b+p", 1)]
    {
        assert_eq!(people(&browser, sought).await.len(), found, "{sought}");
    }

    let second = given(&browser, "people.csv", TABLE).await;
    let seen = browser.get(&second).await.text();
    assert!(seen.contains("1 new, 1 gets more, 1 is here already"), "{seen}");
    assert_eq!(browser.submit(&format!("{second}/take"), &[]).await.status, 303);
    assert_eq!(people(&browser, "anna%40work").await, ["Анна Соколова"], "a name that is here stays");
    let before = browser.get("/contacts/export").await.text();
    assert!(before.contains("X-ODD:kept") && before.matches("BEGIN:VCARD").count() == 3, "{before}");

    // Only the last one can be taken back, and then the one before it.
    assert_eq!(browser.submit(&format!("{place}/undo"), &[]).await.status, 404);
    assert_eq!(browser.submit(&format!("{second}/undo"), &[]).await.status, 303);
    assert_eq!((people(&browser, "anna%40work").await.len(), people(&browser, "").await.len()), (0, 2));
    assert_eq!(browser.submit(&format!("{place}/undo"), &[]).await.status, 303);
    assert_eq!(people(&browser, "").await.len(), 0);

    // What was exported is what was there.
    let again = given(&browser, "contacts.vcf", &before).await;
    assert_eq!(browser.submit(&format!("{again}/take"), &[]).await.status, 303);
    assert_eq!(browser.get("/contacts/export").await.text(), before);
}

#[tokio::test]
async fn a_file_without_people_is_refused_in_words_and_one_can_be_left_alone() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    for nothing in [&b""[..], b"%PDF-1.7", b"a,b\n1,2\n", &[0xff, 0xfe, 0x00]] {
        let answer = give(&browser, "x.csv", nothing).await;
        assert!(answer.status == 400 && answer.text().contains("nobody in it"), "{}", answer.text());
    }
    let place = given(&browser, "people.vcf", CARDS).await;
    assert_eq!(browser.submit(&format!("{place}/drop"), &[]).await.status, 303);
    assert_eq!(browser.get(&place).await.status, 303);
    assert_eq!(browser.submit(&format!("{place}/take"), &[]).await.status, 404);
    assert_eq!(people(&browser, "").await.len(), 0);
}

#[tokio::test]
async fn people_are_their_owners() {
    let bridge = TestBridge::start().await;
    let (browser, other) = (bridge.sign_in("ana").await, bridge.sign_in("boris").await);
    let place = given(&browser, "people.vcf", CARDS).await;
    assert_eq!(other.get(&place).await.status, 303);
    for what in ["take", "drop", "undo"] {
        assert_eq!(other.submit(&format!("{place}/{what}"), &[]).await.status, 404, "{what}");
    }
    assert_eq!(browser.submit(&format!("{place}/take"), &[]).await.status, 303);
    let text = browser.get("/contacts").await.text();
    let id = text
        .split("/contacts/")
        .find_map(|rest| rest.strip_suffix("/remove\"").or(rest.split_once("/remove").map(|(id, _)| id)));
    let remove = format!("/contacts/{}/remove", id.expect("somebody"));
    assert_eq!(other.submit(&remove, &[]).await.status, 404);
    assert_eq!(people(&browser, "").await.len(), 2);
    assert_eq!(browser.submit(&remove, &[]).await.status, 303);
    assert_eq!(people(&browser, "").await.len(), 1);
    assert_eq!(other.get("/contacts/export").await.text(), "");
    // Who was removed does not come back by taking the file back.
    assert_eq!(browser.submit(&format!("{place}/undo"), &[]).await.status, 303);
    assert_eq!(people(&browser, "").await.len(), 0);
}

#[tokio::test]
async fn people_are_offered_to_their_owner_as_a_name_is_typed() {
    let bridge = TestBridge::start().await;
    let (browser, other) = (bridge.sign_in("ana").await, bridge.sign_in("boris").await);
    let place = given(&browser, "people.vcf", CARDS).await;
    assert_eq!(browser.submit(&format!("{place}/take"), &[]).await.status, 303);
    let (mut tab, mut others) = (browser.open("INBOX").await, other.open("INBOX").await);
    let long = "a".repeat(10_000);
    for (words, expected) in [
        ("СОК", vec!["anna@pismo.test"]),
        ("b", vec!["boris@pismo.test"]),
        ("pismo.test", vec!["boris@pismo.test", "anna@pismo.test"]),
        (" ", vec![]),
        ("%", vec!["boris@pismo.test"]),
        (long.as_str(), vec![]),
    ] {
        let Reply::People { people } = tab.ask(Command::Suggest { words: words.to_owned() }).await else {
            panic!("{words}")
        };
        assert_eq!(people.iter().map(|one| one.email.as_str()).collect::<Vec<_>>(), expected, "{words}");
    }
    assert_eq!(others.ask(Command::Suggest { words: "b".to_owned() }).await, Reply::People { people: vec![] });
}

#[tokio::test]
async fn who_was_written_to_and_heard_from_is_offered_until_forgotten() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let boris = bridge.address_of("boris");
    let mut draft = draft_to(&[&boris], "Hello");
    draft.to[0].name = "Борис".to_owned();
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    let mut mail = bridge.mail("ana");
    for (from, folder) in
        [("Vera <Vera@pismo.test>", "INBOX"), ("no-reply@pismo.test", "INBOX"), ("Spam <spam@pismo.test>", "Junk")]
    {
        let uid = mail.append_message(folder, "", &format!("From: {from}\r\nSubject: x\r\n\r\nx\r\n")).await;
        tab.open(folder).await;
        tab.row(uid).await;
        tab.read(uid).await;
    }
    let offered = async |tab: &mut Tab, words: &str| match tab.ask(Command::Suggest { words: words.to_owned() }).await {
        Reply::People { people } => people,
        other => panic!("people, not {other:?}"),
    };
    // It is noted beside the answer.
    let mut vera = offered(&mut tab, "ver").await;
    while vera.is_empty() {
        tab.listen_for(Duration::from_millis(20)).await;
        vera = offered(&mut tab, "ver").await;
    }
    assert_eq!(vera, [Address { name: "Vera".to_owned(), email: "vera@pismo.test".to_owned() }]);
    assert_eq!(offered(&mut tab, "бор").await, [Address { name: "Борис".to_owned(), email: boris.clone() }]);
    // Whoever was written to comes before who was heard from.
    let emails: Vec<String> = offered(&mut tab, "pismo.test").await.into_iter().map(|one| one.email).collect();
    assert_eq!(emails, [boris.as_str(), "vera@pismo.test"]);
    let mut others = bridge.sign_in("boris").await.open("INBOX").await;
    assert!(offered(&mut others, "ver").await.is_empty(), "people are their owner's");

    let page = browser.get("/contacts").await.text();
    assert_eq!(page.matches("data-testid=\"correspondent\"").count(), 2, "{page}");
    assert_eq!(browser.submit("/contacts/known", &[("email", &boris)]).await.status, 303);
    assert!(offered(&mut tab, "бор").await.is_empty());
    assert_eq!(browser.submit("/contacts/known", &[]).await.status, 303);
    assert!(offered(&mut tab, "ver").await.is_empty());
}
