//! Texts to write with, and what is said of recipients.

use app::wire::{Address, Command, Doubt, DraftKind, Error, Reply, TemplateId};

use crate::{draft::compose, tab::Tab, test_bridge::TestBridge};

async fn names(tab: &mut Tab) -> Vec<String> {
    let Reply::Templates { templates } = tab.ask(Command::Templates).await else { panic!("templates") };
    templates.into_iter().map(|(_, name)| name).collect()
}

async fn number(tab: &mut Tab, name: &str) -> TemplateId {
    let Reply::Templates { templates } = tab.ask(Command::Templates).await else { panic!("templates") };
    templates.into_iter().find(|(_, other)| other == name).expect("a template").0
}

fn keep(name: &str, text: &str, formatted: bool) -> Command {
    let (name, text) = (name.to_owned(), text.to_owned());
    Command::KeepTemplate { name, subject: "Счёт за {date}".to_owned(), text, formatted }
}

fn used(template: TemplateId, to: Option<Address>, formatted: bool) -> Command {
    Command::UseTemplate { template, to, from: None, subject: String::new(), date: "1 мая".to_owned(), formatted }
}

#[tokio::test]
async fn a_template_is_kept_once_and_filled_in() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let text = "<p onclick=\"x()\">{first_name}, {number}: {subject}</p><script>x()</script>";
    for _ in 0..2 {
        assert_eq!(tab.ask(keep("Счёт", text, true)).await, Reply::Done, "twice is no trouble");
    }
    assert_eq!(tab.send(keep("Счёт", "other", false)).await, Err(Error::TemplateExists));
    assert!(matches!(tab.send(keep(" ", "text", false)).await, Err(Error::BadRequest { .. })));
    let large = "x".repeat(70 * 1024);
    assert!(matches!(tab.send(keep("Large", &large, false)).await, Err(Error::TextTooLong { .. })));
    assert_eq!(names(&mut tab).await, ["Счёт"]);

    let template = number(&mut tab, "Счёт").await;
    let anna = Address { name: "Анна <b> П.".to_owned(), email: "anna@pismo.test".to_owned() };
    let expected = |text: &str| Reply::Template {
        subject: "Счёт за 1 мая".to_owned(),
        to: Vec::new(),
        text: text.to_owned(),
        open: vec!["number".to_owned()],
    };
    assert_eq!(
        tab.ask(used(template, Some(anna.clone()), true)).await,
        expected("<p>Анна, {number}: Счёт за 1 мая</p>")
    );
    assert_eq!(tab.ask(used(template, Some(anna), false)).await, expected("Анна, {number}: Счёт за 1 мая"));

    // The page has it, and changes it.
    let page = browser.get(&format!("/templates/{}", template.0)).await.text();
    assert!(page.contains("{first_name}, {number}") && !page.contains("onclick"), "{page}");
    let path = format!("/templates/{}", template.0);
    let fields =
        [("name", "Привет"), ("subject", ""), ("to", "\"Б, Я\" <b@pismo.test>"), ("text", "{name}\r\n{me}\r\n")];
    assert_eq!(browser.submit(&path, &fields).await.status, 303);
    assert_eq!(names(&mut tab).await, ["Привет"]);
    let Reply::Template { subject, to, text, open } = tab.ask(used(template, None, false)).await else {
        panic!("text")
    };
    let me = bridge.address_of("ana").split('@').next().expect("a name").to_owned();
    assert_eq!((subject.as_str(), text), ("", format!("Б, Я\n{me}")));
    assert_eq!((to[0].email.as_str(), open.len()), ("b@pismo.test", 0));
    // Another cannot be called so.
    assert_eq!(browser.submit("/templates/add", &[("name", "Второй"), ("text", "x")]).await.status, 303);
    let second = number(&mut tab, "Второй").await;
    let answer = browser.submit(&format!("/templates/{}", second.0), &[("name", "Привет"), ("text", "x")]).await;
    assert_eq!(answer.status, 409);
    assert_eq!(browser.submit("/templates/add", &[("name", "x"), ("to", "nobody")]).await.status, 400);

    // Somebody else sees none of it, and changes nothing.
    let stranger = bridge.sign_in("boris").await;
    let mut others = stranger.open("INBOX").await;
    assert!(names(&mut others).await.is_empty());
    assert_eq!(others.send(used(template, None, false)).await, Err(Error::Gone));
    assert_eq!(stranger.get(&path).await.status, 303);
    assert_eq!(stranger.submit(&path, &[("name", "x"), ("text", "x")]).await.status, 404);
    assert_eq!(stranger.submit(&format!("{path}/remove"), &[]).await.status, 404);
    assert!(!stranger.get("/templates").await.text().contains("Привет"));
    assert_eq!(browser.submit(&format!("{path}/remove"), &[]).await.status, 303);
    assert_eq!(names(&mut tab).await, ["Второй"]);
}

#[tokio::test]
async fn an_address_that_may_be_a_slip_is_pointed_out() {
    let bridge = TestBridge::start().await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let boris = bridge.address_of("boris");
    let ask =
        |emails: &[&str]| Command::CheckRecipients { emails: emails.iter().map(|one| (*one).to_owned()).collect() };
    let doubt =
        |email: &str, meant: &str| Doubt { email: email.to_owned(), meant: Some(meant.to_owned()), ascii: None };
    let Reply::Checked { doubts, inside } =
        tab.ask(ask(&["anna@gmial.com", &boris, "c@psimo.test", "d@example.org", "e"])).await
    else {
        panic!("an answer")
    };
    // One's own domain is known as the great ones are.
    assert_eq!(doubts, [doubt("anna@gmial.com", "anna@gmail.com"), doubt("c@psimo.test", "c@pismo.test")]);
    assert_eq!(inside, [boris.as_str()]);
}

#[tokio::test]
async fn an_answer_to_one_knows_whom_it_leaves_out() {
    let bridge = TestBridge::start().await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let (own, boris) = (bridge.address_of("ana"), bridge.address_of("boris"));
    let letter = format!(
        "From: {boris}\r\nTo: {own}, Carla <carla@x.example>\r\nCc: d@x.example\r\nList-Id: <team.x.example>\r\n\
         Subject: all\r\n\r\nHi\r\n"
    );
    let uid = bridge.mail("ana").append_message("INBOX", "", &letter).await;
    tab.row(uid).await;
    let message = tab.message(uid);
    let one = compose(&mut tab, message.clone(), DraftKind::Reply).await.original.expect("an original");
    let others: Vec<_> = one.others.iter().map(|other| other.email.as_str()).collect();
    assert_eq!((others, one.list), (vec!["carla@x.example", "d@x.example"], true));
    let all = compose(&mut tab, message, DraftKind::ReplyAll).await.original.expect("an original");
    assert!(all.others.is_empty());
}
