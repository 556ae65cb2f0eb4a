//! Where a story happens: a new person, their tab in Pismo, and another mail program of theirs that goes past Pismo.

use std::{sync::Arc, time::Duration};

use app::wire::{Command, Uid};
use tokio::time::Instant;

use crate::{
    browser::Browser,
    cell::Cell,
    mail::Mail,
    masking_proxy::MaskingProxy,
    tab::Tab,
    test_bridge::{TestBridge, imap},
    view::View,
};

/// A sweep comes every 20 s; what waits for one is given this long.
const SWEPT: Duration = Duration::from_secs(60);

pub struct Desk {
    pub proxy: Arc<MaskingProxy>,
    #[expect(dead_code, reason = "it runs for as long as it is held")]
    bridge: TestBridge,
    pub browser: Browser,
    pub tab: Tab,
    pub mail: Mail,
    /// Of the messages in the inbox, oldest first.
    pub uids: Vec<Uid>,
    prefix: &'static str,
}

impl Cell {
    /// A person with a Trash and with so many messages in the inbox, who has it open.
    pub async fn desk(&self, messages: u32) -> Desk {
        self.desk_with(messages, async |_| {}).await
    }

    /// The same, where the other program has been at work before.
    pub async fn desk_with(&self, messages: u32, before: impl AsyncFnOnce(&mut Mail)) -> Desk {
        let proxy = Arc::new(MaskingProxy::start(self.server.imap_port(), self.mask).await);
        self.proxies.lock().expect("the lines").push(proxy.clone());
        let bridge = TestBridge::on(self.server, |config| config.imap = Some(imap(proxy.port))).await;
        let mut mail = bridge.mail("ana");
        // Without one nothing can be deleted, and Pismo makes none by itself.
        let trash = format!("{}Trash", self.prefix);
        if !mail.has(&trash).await {
            mail.create(&trash).await;
            mail.run(&format!("SUBSCRIBE \"{trash}\"")).await;
        }
        let uids = mail.fill("INBOX", messages).await;
        before(&mut mail).await;
        let browser = bridge.sign_in("ana").await;
        let tab = browser.open("INBOX").await;
        Desk { proxy, bridge, browser, tab, mail, uids, prefix: self.prefix }
    }
}

impl Desk {
    /// The person looks at the open list, which is then asked often. Few stories need that, and all at once are too much for
    /// a small machine.
    pub async fn attend(&mut self) {
        self.tab.ask(Command::Attend { front: true }).await;
    }

    /// The path of a mailbox at the top.
    pub fn top(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Waits until the tab shows this, for as long as it takes to be swept: no server has to tell sooner.
    pub async fn until(&mut self, what: &str, shown: impl FnMut(&View) -> bool) {
        show(&mut self.tab, what, shown).await;
    }

    /// Waits until the tab shows of this open mailbox and counts in these what the server has, and nothing else.
    pub async fn agree(&mut self, open: &str, counted: &[&str]) {
        let deadline = Instant::now() + SWEPT;
        loop {
            let list = self.mail.messages(open).await;
            let mut truth = vec![(open, list.clone())];
            for mailbox in counted {
                truth.push((*mailbox, self.mail.messages(mailbox).await));
            }
            let quarrel = self.tab.view.quarrel(&list).or_else(|| self.tab.view.miscount(&truth));
            let Some(quarrel) = quarrel else { return };
            assert!(Instant::now() < deadline, "{open}: {quarrel}");
            self.tab.listen_for(Duration::from_millis(100)).await;
        }
    }
}

/// The same for another tab.
pub async fn show(tab: &mut Tab, what: &str, mut shown: impl FnMut(&View) -> bool) {
    let deadline = Instant::now() + SWEPT;
    while !shown(&tab.view) {
        assert!(Instant::now() < deadline, "not shown in time: {what}; it shows {:?}", tab.view.subjects());
        tab.listen_for(Duration::from_millis(100)).await;
    }
}
