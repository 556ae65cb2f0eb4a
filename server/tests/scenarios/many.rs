//! More folders than most people have, and deeper than most are.

use app::wire::{Action, Command, Selection};

use crate::test_bridge::TestBridge;

const FOLDERS: usize = 1000;
const DEPTH: usize = 50;

#[tokio::test]
async fn a_thousand_folders_and_fifty_levels_are_all_there() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let wide: Vec<String> = (1..=FOLDERS).map(|number| format!("Project {number}")).collect();
    for path in &wide {
        mail.create(path).await;
    }
    let deep: Vec<String> = (1..=DEPTH).map(|depth| vec!["d"; depth].join("/")).collect();
    for path in &deep {
        mail.create(path).await;
    }
    let deepest = deep.last().expect("the deepest");
    mail.append(deepest, "at the bottom").await;
    mail.append(&wide[FOLDERS - 1], "in the last").await;

    let mut tab = bridge.sign_in("ana").await.open(deepest).await;
    assert_eq!(tab.view.subjects(), ["at the bottom"]);
    for path in wide.iter().chain(&deep) {
        assert!(tab.view.mailbox(path).is_some(), "{path} is missing");
    }
    assert_eq!(tab.view.mailbox(deepest).expect("the deepest").depth(), DEPTH - 1);
    assert_eq!(tab.view.counts(&wide[FOLDERS - 1]), Some((1, 1)));

    // What happens in one of them is told; the whole tree goes where its root goes.
    mail.append(&wide[500], "news").await;
    tab.until("news", |view| view.counts(&wide[500]) == Some((1, 1))).await;
    let message = tab.messages()[0].clone();
    let action = Action::Move { to: wide[0].clone() };
    tab.send(Command::Act { selection: Selection::Messages(vec![message]), action }).await.expect("a move");
    tab.until("moved", |view| view.counts(&wide[0]) == Some((1, 1))).await;
    mail.rename("d", "Elsewhere").await;
    let moved = deepest.replacen('d', "Elsewhere", 1);
    tab.until("the tree at its new place", |view| view.mailbox(&moved).is_some() && view.mailbox("d/d").is_none())
        .await;
    assert_eq!(tab.open(&moved).await.total, 0);
}
