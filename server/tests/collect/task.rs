//! The task of a node: what is due runs, what is told to stop stops.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use app::wire::{
    AccountId, Collector, CollectorId, CollectorKind, CollectorOptions, CollectorState, CollectorTrouble, Error, Uid,
    UidValidity,
};
use pismo::{
    bridge::Bridge,
    collector::{self, NewCollector},
    config::Config,
    discover::Places,
    imap::Credentials,
    net::Dialer,
    store::{Entry, FolderRow, Lease, Place},
};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    lab::{Side, endpoint},
    mail_server::PASSWORD,
    peer,
    recording_proxy::RecordingProxy,
    seed::{Size, fill},
    sides,
};

const SIZE: Size = Size { inbox: 30, other: 3, large: 1000 };

struct Node {
    bridge: Bridge,
    folder: PathBuf,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Node {
    async fn start(name: &str) -> Node {
        let folder = std::env::temp_dir().join(format!("pismo-node-{}-{name}", std::process::id()));
        let config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: folder.clone(),
            database: None,
            imap: None,
            smtp: None,
            secret: None,
            secret_before: None,
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics_listen: None,
            allow_insecure: false,
            upload_limit: 0,
            hook_secret: None,
            login_private: true,
            authserv: Vec::new(),
            lines: pismo::lines::Limits::of_this_process(),
            collect_private: true,
            ports: Vec::new(),
            dialer: Dialer::default(),
            places: Places::default(),
            pictures_private: true,
        };
        let stop = CancellationToken::new();
        let bridge = Bridge::open(config, stop.clone()).await.expect("a bridge");
        let task = Some(tokio::spawn(collector::run(bridge.clone())));
        Node { bridge, folder, stop, task }
    }

    /// An account of this person, with its password.
    async fn account(&self, target: &Side) -> AccountId {
        let record =
            self.bridge.store.account_for(&target.user, &endpoint(target.port), None).await.expect("an account");
        let credentials = Credentials { user: target.user.clone(), password: PASSWORD.to_owned().into() };
        self.bridge.keep_password(&record, &credentials).await.expect("a password");
        record.id
    }

    async fn add(&self, account: AccountId, port: u16, user: &str, password: &str) -> CollectorId {
        let fresh = NewCollector {
            kind: CollectorKind::Imap,
            endpoint: endpoint(port),
            user: user.to_owned(),
            password: password.to_owned().into(),
            options: CollectorOptions::default(),
            look: false,
        };
        self.bridge.add_collector(account, fresh).await.expect("a collector")
    }

    /// The collector as soon as it is so.
    async fn until(&self, account: AccountId, id: CollectorId, is_so: impl Fn(&Collector) -> bool) -> Collector {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let stored = self.bridge.store.collector(account, id).await.expect("a store").expect("a collector");
            let collector = stored.to_wire();
            if is_so(&collector) {
                return collector;
            }
            assert!(Instant::now() < patience, "it does not come about: {collector:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
    /// Waits until so many messages are in the INBOX of the target.
    async fn until_there(&self, target: &Side, count: usize) {
        let patience = Instant::now() + Duration::from_secs(60);
        let mut raw = target.raw().await;
        while raw.mailbox("INBOX").await.len() != count {
            assert!(Instant::now() < patience, "it does not come");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn a_collector_begins_at_once_and_runs_again_when_told() {
    let node = Node::start("begins").await;
    let (source, target) = sides();
    fill(&mut source.raw().await, 21, SIZE, "", '.', &[]).await;
    let account = node.account(&target).await;
    let id = node.add(account, source.port, &source.user, PASSWORD).await;
    let done = node.until(account, id, |collector| collector.last_success.is_some()).await;
    assert_eq!((done.state, &done.trouble), (CollectorState::Idle, &None));
    let there = source.raw().await.account().await["INBOX"].len();
    assert_eq!(target.raw().await.account().await["INBOX"].len(), there);

    assert!(source.raw().await.append("INBOX", "", "03-Mar-2023 03:03:03 +0000", b"Subject: new\r\n\r\nnew\r\n").await);
    let due = done.due;
    node.bridge.run_collector(account, id).await.expect("it runs");
    node.until(account, id, |collector| collector.state == CollectorState::Idle && collector.due >= due).await;
    let mut raw = target.raw().await;
    let come = raw.account().await["INBOX"].len();
    assert_eq!(come, there + 1);

    node.bridge.remove_collector(account, id).await.expect("it goes");
    assert_eq!(node.bridge.run_collector(account, id).await, Err(Error::Gone));
    assert_eq!(raw.account().await["INBOX"].len(), there + 1);
}

#[tokio::test]
async fn new_mail_at_the_source_comes_before_its_time() {
    let node = Node::start("listens").await;
    let (source, target) = sides();
    fill(&mut source.raw().await, 24, SIZE, "", '.', &[]).await;
    let account = node.account(&target).await;
    let id = node.add(account, source.port, &source.user, PASSWORD).await;
    let first = node.until(account, id, |collector| collector.last_success.is_some()).await;
    let there = target.raw().await.account().await["INBOX"].len();
    for number in 1..=2 {
        assert!(
            source.raw().await.append("INBOX", "", "03-Mar-2023 03:03:03 +0000", b"Subject: new\r\n\r\nnew\r\n").await
        );
        // It is due in some minutes only.
        node.until_there(&target, there + number).await;
    }
    node.until(account, id, |collector| collector.due >= first.due).await;
    node.bridge.pause_collector(account, id).await.expect("it stops");
}

#[tokio::test]
async fn a_source_that_says_nothing_slows_nobody_and_can_be_paused() {
    let mut node = Node::start("silent").await;
    let (source, target) = sides();
    fill(&mut source.raw().await, 22, SIZE, "", '.', &[]).await;
    let (_, other) = sides();
    let (account, of_other) = (node.account(&target).await, node.account(&other).await);
    let silent = node.add(of_other, peer::silent().await, "x", "y").await;
    node.until(of_other, silent, |collector| collector.state == CollectorState::Running).await;
    let id = node.add(account, source.port, &source.user, PASSWORD).await;
    node.until(account, id, |collector| collector.last_success.is_some()).await;
    // It is given up for a while now and then.
    node.until(of_other, silent, |collector| collector.state == CollectorState::Running).await;

    node.bridge.pause_collector(of_other, silent).await.expect("it stops");
    // It is stopped, and stays so.
    assert_eq!(node.until(of_other, silent, |_| true).await.state, CollectorState::Paused);
    node.bridge.run_collector(of_other, silent).await.expect("it runs");
    node.until(of_other, silent, |collector| collector.state == CollectorState::Running).await;
    // The end of the node gives it back.
    node.stop.cancel();
    node.task.take().expect("a task").await.expect("an end");
    let given_back = node.until(of_other, silent, |_| true).await;
    assert_eq!(given_back.state, CollectorState::Idle);
    assert!(node.bridge.store.claim_collector("another node", 600).await.expect("a store").is_some());
}

#[tokio::test]
async fn nobody_stops_what_is_another_persons() {
    let node = Node::start("others").await;
    let (source, target) = sides();
    let proxy = RecordingProxy::start(source.port).await;
    proxy.slow_down(Duration::from_millis(300));
    let (account, stranger) = (node.account(&target).await, node.account(&sides().1).await);
    let id = node.add(account, proxy.port, &source.user, PASSWORD).await;
    node.until(account, id, |collector| collector.state == CollectorState::Running).await;
    for tried in [
        node.bridge.pause_collector(stranger, id).await,
        node.bridge.remove_collector(stranger, id).await,
        node.bridge.run_collector(stranger, id).await,
        node.bridge.retry_refused(stranger, id).await,
        node.bridge.set_collector_password(stranger, id, &"x".to_owned().into()).await,
    ] {
        assert_eq!(tried, Err(Error::Gone));
    }
    node.until(account, id, |collector| {
        assert!(collector.state == CollectorState::Running || collector.last_success.is_some(), "{collector:?}");
        collector.last_success.is_some()
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_waits_for_the_person() {
    let node = Node::start("password").await;
    let (source, target) = sides();
    fill(&mut source.raw().await, 23, SIZE, "", '.', &[]).await;
    let account = node.account(&target).await;
    let id = node.add(account, source.port, &source.user, "wrong").await;
    let failed = node.until(account, id, |collector| collector.trouble.is_some()).await;
    assert_eq!(failed.state, CollectorState::Failed);
    let refused = |trouble: &Option<CollectorTrouble>| {
        matches!(trouble, Some(CollectorTrouble::Source(Error::Credentials { .. })))
    };
    assert!(refused(&failed.trouble), "{failed:?}");
    node.bridge.set_collector_password(account, id, &PASSWORD.to_owned().into()).await.expect("a password");
    let done = node.until(account, id, |collector| collector.last_success.is_some()).await;
    assert_eq!((done.state, done.trouble), (CollectorState::Idle, None));
}

#[tokio::test]
async fn one_collector_of_each_account_is_claimed_and_whoever_lost_it_writes_nothing() {
    let node = Node::start("claims").await;
    node.stop.cancel();
    let (store, (_, first), (_, second)) = (&node.bridge.store, sides(), sides());
    let (first, second) = (node.account(&first).await, node.account(&second).await);
    for (account, user) in [(first, "x"), (first, "y"), (second, "x")] {
        node.add(account, 9, user, "secret").await;
    }
    let claim = async |holder: &str, seconds| store.claim_collector(holder, seconds).await.expect("a store");
    let of_first = claim("a", 600).await.expect("one of the first account");
    let of_second = claim("b", -10).await.expect("one of the second account");
    assert_eq!([of_first.account, of_second.account], [first, second]);
    // The second one's lease was over as it began, so it is there for somebody else; the first account has its turn.
    assert_eq!(claim("c", 600).await.expect("the same again").id, of_second.id);
    assert!(claim("d", 600).await.is_none());
    let collector = of_second.id;
    fn lease(collector: CollectorId, holder: &str) -> Lease<'_> {
        Lease { collector, holder }
    }
    assert_eq!(store.add_folder(lease(collector, "b"), "INBOX", "INBOX", 1).await.expect("a store"), None);
    let folder =
        store.add_folder(lease(collector, "c"), "INBOX", "INBOX", 1).await.expect("a store").expect("the lease");
    let entry = Entry {
        uid: Uid(1),
        size: 1,
        raw: 1,
        date: None,
        hash: "x".to_owned(),
        flags: String::new(),
        place: Place::Nowhere,
        attempts: 0,
        email: None,
    };
    let record = async |holder: &str| {
        let entries = std::slice::from_ref(&entry);
        store.record(lease(collector, holder), folder.id, UidValidity(1), entries).await.expect("a store")
    };
    assert!(!record("b").await);
    assert!(record("c").await);
    assert!(!store.renew_collector(lease(collector, "b"), 600).await.expect("a store"));
    // Whoever has lost the lease changes nothing else either.
    let moved = FolderRow { target: "elsewhere".to_owned(), ..folder.clone() };
    assert!(!store.set_folder(lease(collector, "b"), &moved).await.expect("a store"));
    assert!(!store.close_folder(lease(collector, "b"), &moved).await.expect("a store"));
    assert!(!store.set_folder_trouble(lease(collector, "b"), folder.id, None).await.expect("a store"));
    assert!(!store.add_to_folder(lease(collector, "b"), folder.id, 1, 1).await.expect("a store"));
    store.forget_open(lease(collector, "b"), folder.id, UidValidity(1), &[Uid(1)]).await.expect("a store");
    store.forget_former(lease(collector, "b"), folder.id, UidValidity(2)).await.expect("a store");
    assert_eq!(store.folder_rows(of_second.id).await.expect("a store"), std::slice::from_ref(&folder));
    let known = store.entries(folder.id, UidValidity(1), &[Uid(1), Uid(2)]).await.expect("a store");
    assert_eq!(known, std::slice::from_ref(&entry));
}
