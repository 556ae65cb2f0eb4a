//! Folders.

use std::sync::Arc;

use app::wire::{Arrangement, Command, Error, Reply};

use crate::{cell::Cell, tab::Tab};

pub async fn arrange(tab: &mut Tab, change: Arrangement) -> Result<Option<String>, Error> {
    match tab.send(Command::Arrange { change }).await? {
        Reply::Arranged { path } => Ok(path),
        other => panic!("{other:?}"),
    }
}

pub fn create(parent: Option<&str>, name: &str) -> Arrangement {
    Arrangement::Create { parent: parent.map(str::to_owned), name: name.to_owned() }
}

pub async fn folders_made_renamed_deleted(cell: Arc<Cell>) {
    let mut desk = cell.desk(1).await;
    let tab = &mut desk.tab;
    let [plans, projects] = ["Plans", "Проекты"].map(|name| format!("{}{name}", cell.prefix));
    assert_eq!(arrange(tab, create(None, "Plans")).await, Ok(Some(plans.clone())));
    assert_eq!(arrange(tab, create(None, "Проекты")).await, Ok(Some(projects.clone())));
    assert_eq!(arrange(tab, create(None, "Plans")).await, Err(Error::MailboxExists));
    let year = format!("{projects}{}2026", cell.delimiter);
    assert_eq!(arrange(tab, create(Some(&projects), "2026")).await, Ok(Some(year.clone())));
    for path in [&plans, &projects, &year] {
        assert!(tab.view.mailbox(path).is_some(), "{path} is told before the answer");
    }
    // As IMAP calls them (RFC 3501 §5.1.3).
    let raw = format!("{}&BB8EQAQ+BDUEOgRCBEs-", cell.prefix);
    let uid = desk.mail.append(&raw, "a project").await;
    assert!(desk.mail.run("LSUB \"\" \"*\"").await.join("\n").contains(&raw), "other programs show it");
    desk.mail.append(&format!("{raw}{}2026", cell.delimiter), "of this year").await;

    let ideas = format!("{}Идеи", cell.prefix);
    let rename = Arrangement::Rename { path: projects.clone(), parent: None, name: "Идеи".to_owned() };
    assert_eq!(arrange(tab, rename).await, Ok(Some(ideas.clone())));
    assert!(tab.view.mailbox(&projects).is_none() && tab.view.mailbox(&year).is_none());
    let listing = tab.open(&ideas).await;
    assert_eq!((listing.total, listing.rows[0].message.uid), (1, uid));
    let year = format!("{ideas}{}2026", cell.delimiter);
    assert_eq!(tab.open(&year).await.rows[0].subject, "of this year");

    tab.open("INBOX").await;
    assert_eq!(arrange(tab, Arrangement::Delete { path: ideas.clone() }).await, Ok(None));
    for path in [&ideas, &year] {
        assert!(tab.view.mailbox(path).is_none(), "{path}");
    }
    assert_eq!(arrange(tab, Arrangement::Delete { path: plans.clone() }).await, Ok(None));
    assert!(!desk.mail.has(&plans).await);
    let listed = desk.mail.run("LIST \"\" \"*\"").await.join("\n");
    assert!(!listed.contains("&B"), "{listed}");
    desk.agree("INBOX", &[]).await;
}
