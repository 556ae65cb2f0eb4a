//! Secrets are where they are needed and nowhere else, and the key that seals them can be changed.

use std::{
    fs,
    io::Write,
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, chown},
    },
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use pismo::{
    config::log_filter,
    rotation::rotate,
    seal::{KEY, NEXT_KEY},
    store::Resealed,
};
use tokio::time::sleep;

use app::wire::{Command, DraftKind};

use crate::{
    browser::Browser,
    collectors::first,
    draft::draft_to,
    http_client,
    identities::add,
    mail_server::{MailServer, PASSWORD},
    second_step::turn_on_in,
    test_bridge::{TestBridge, imap, smtp},
};

/// What is logged, in memory.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

/// Adds another account to collect from, at this password.
async fn collect(browser: &Browser, bridge: &TestBridge, address: &str, password: &str) -> u16 {
    let server = imap(bridge.server.imap_port()).to_string();
    let fields = [("address", address), ("password", password), ("server", &server), ("prefix", "")];
    browser.submit("/collectors/add", &fields).await.status
}

#[tokio::test]
async fn no_secret_is_in_the_data_the_log_the_pages_or_the_metrics() {
    let log = Logged::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_env_filter(log_filter("trace").expect("a filter"))
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    // Each is unlike any other text.
    let [own, collected, mistyped, sending, refused] = ["Own", "Collected", "Mistyped", "Sending", "Refused"]
        .map(|name| format!("Canary{name}5eC{}", std::process::id()));
    let mut secrets: Vec<String> = [&own, &collected, &mistyped, &sending, &refused].map(Clone::clone).into();
    let (ana, boris) = ("ana@pismo.test", "boris@pismo.test");
    let server = Box::leak(Box::new(MailServer::start_with(&[(ana, &own), (boris, &collected)])));
    // At an address of its own, or another test could take the port meanwhile.
    let free = std::net::TcpListener::bind("127.0.0.77:0").expect("a port").local_addr().expect("an address");
    let bridge = TestBridge::on(server, |config| config.metrics_listen = Some(free)).await;

    let mut browser = Browser::new(bridge.address, ana);
    assert_eq!(browser.fill_in(&mistyped, &[]).await.status, 401);
    assert_eq!(browser.fill_in(&own, &[]).await.status, 303);
    assert_eq!(collect(&browser, &bridge, boris, &refused).await, 401);
    assert_eq!(collect(&browser, &bridge, boris, &collected).await, 303);
    let server = smtp(bridge.server.submission_port()).to_string();
    let elsewhere = [("email", boris), ("other", "1"), ("server", &server), ("password", &sending)];
    assert_eq!(browser.submit("/identities/add", &elsewhere).await.status, 401, "it was tried");
    let careful = turn_on_in(browser.clone()).await;
    secrets.push(careful.authenticator.secret().to_base32());
    secrets.extend(careful.recovery.iter().cloned());
    let answer = Browser::new(bridge.address, ana).submit("/login", &[("address", ana), ("password", &own)]).await;
    for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
        secrets.extend(cookie.split([';', '=']).nth(1).map(str::to_owned));
    }
    secrets.extend(browser.cookie.as_deref().and_then(|cookie| cookie.split('=').nth(1)).map(str::to_owned));
    let key = fs::read_to_string(bridge.data().join(KEY)).expect("the key");
    secrets.push(key.trim().to_owned());
    assert!(secrets.len() >= 18 && secrets.iter().all(|secret| secret.len() > 8), "{secrets:?}");

    // What is written and read is no secret of ours to keep from the data; in the log it has no business.
    let words = ["subject", "text", "friend@canary.test"].map(|word| format!("CanaryOfTheLetter{word}"));
    let mut tab = browser.open("INBOX").await;
    let mut draft = draft_to(&[&words[2]], &words[0]);
    draft.body.clone_from(&words[1]);
    let kept = tab.save(&draft).await;
    tab.ask(Command::Compose { message: kept.clone(), kind: DraftKind::Edit }).await;
    tab.ask(Command::Read { message: kept }).await;

    for path in ["/logins", "/collectors", "/identities", "/pictures", "/templates", "/server", "/mail/INBOX"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(secrets.iter().find(|secret| holds(&page.body, secret)), None, "in {path}");
    }
    let metrics = http_client::send(free, "GET", "/metrics", &[], b"").await;
    assert!(metrics.status == 200 && metrics.text().contains("pismo_accounts"));
    assert_eq!(secrets.iter().chain(&words).find(|secret| holds(&metrics.body, secret)), None, "in the metrics");
    let mut files = 0;
    let mut folders = vec![bridge.data()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(KEY) {
                files += 1;
                let bytes = fs::read(&path).expect("a file");
                assert_eq!(secrets.iter().find(|secret| holds(&bytes, secret)), None, "in {}", path.display());
            }
        }
    }
    assert!(files >= 2, "the database and what is written ahead of it");
    let log = log.0.lock().expect("the log");
    assert!(log.len() > 10_000, "much is logged: {}", log.len());
    let lines = String::from_utf8_lossy(&log);
    let line = lines.lines().find(|line| secrets.iter().chain(&words).any(|secret| line.contains(secret.as_str())));
    assert_eq!(line, None, "in the log");
}

#[tokio::test]
async fn a_changed_key_opens_all_that_the_old_one_sealed() {
    let mut bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    bridge.mail("boris").append("INBOX", "to be brought").await;
    assert_eq!(collect(&browser, &bridge, &bridge.address_of("boris"), PASSWORD).await, 303);
    let server = smtp(bridge.server.submission_port()).to_string();
    let way_out = [("other", "1"), ("server", &server), ("password", PASSWORD)];
    assert_eq!(add(&browser, &bridge.address_of("owned-carla"), &way_out).await.status, 303);
    let careful = turn_on_in(browser.clone()).await;
    let mut ana = bridge.mail("ana");
    ana.until("INBOX", |messages| messages.len() == 1).await;
    bridge.stop().await;
    let (key, next) = (bridge.data().join(KEY), bridge.data().join(NEXT_KEY));
    let old = fs::read_to_string(&key).expect("the key");

    let all = Resealed { done: 4, closed: 0 };
    assert_eq!(rotate(&bridge.config).await.expect("a rotation"), all);
    let new = fs::read_to_string(&key).expect("the key");
    assert!(new != old && !next.exists());
    // Cut off before the new key took the place of the old one.
    fs::write(&key, &old).expect("the old key");
    fs::write(&next, &new).expect("the new key");
    bridge.start_again().await;
    browser.open("INBOX").await;
    bridge.mail("boris").append("INBOX", "brought meanwhile").await;
    let collector = first(&browser.get("/collectors").await.text());
    assert_eq!(browser.submit(&format!("{collector}/run"), &[]).await.status, 303);
    ana.until("INBOX", |messages| messages.len() == 2).await;
    bridge.stop().await;
    assert_eq!(rotate(&bridge.config).await.expect("a rotation"), all);
    assert!(fs::read_to_string(&key).expect("the key") == new && !next.exists());
    bridge.start_again().await;
    browser.open("INBOX").await;
    let off = browser.submit("/logins/step/off", &[("recovery", &careful.recovery[0])]).await;
    assert_eq!(off.status, 303, "{}", off.text());
    bridge.stop().await;

    // From the file to a setting, and with a key that never was one.
    let all = Resealed { done: 3, closed: 0 };
    bridge.config.secret = Some("a secret of the operator's own".to_owned().into());
    assert!(rotate(&bridge.config).await.expect_err("no key of before").to_string().contains("PISMO_SECRET_BEFORE"));
    bridge.config.secret_before = Some(new.into());
    assert_eq!(rotate(&bridge.config).await.expect("a rotation"), all);
    bridge.config.secret_before = None;
    bridge.start_again().await;
    browser.open("INBOX").await;
    bridge.stop().await;
    bridge.config.secret = Some("no such key".to_owned().into());
    bridge.config.secret_before = Some("nor this".to_owned().into());
    assert_eq!(rotate(&bridge.config).await.expect("a look"), Resealed { done: 0, closed: 3 });
}

#[tokio::test]
async fn of_a_running_pismo_nobody_reads_the_memory_or_the_files() {
    let data = std::env::temp_dir().join(format!("pismo-core-{}", std::process::id()));
    fs::create_dir_all(&data).expect("a folder");
    // Where it was built may be closed to others.
    let executable = fs::File::open(env!("CARGO_BIN_EXE_pismo")).expect("a Pismo");
    let mut program = tokio::process::Command::new(format!("/proc/self/fd/{}", executable.as_raw_fd()));
    program.env("PISMO_DATA", &data).env("PISMO_LISTEN", "127.0.0.1:0").stdout(Stdio::null()).kill_on_drop(true);
    let own = fs::metadata("/proc/self").expect("this process").uid();
    // Whose is what Linux tells of a process is seen where that is not root's anyway.
    let whose = if own == 0 { NOBODY } else { own };
    if own == 0 {
        chown(&data, Some(NOBODY), Some(NOBODY)).expect("a folder of its own");
        program.uid(NOBODY).gid(NOBODY);
    }
    let mut pismo = program.spawn().expect("a Pismo");
    let process = PathBuf::from(format!("/proc/{}", pismo.id().expect("a running one")));
    let none = |text: String| {
        let line = text.lines().find(|line| line.starts_with("Max core file size"));
        line.is_some_and(|line| line.split_whitespace().skip(4).take(2).eq(["0", "0"]))
    };
    // proc(5): what could be read of it by those of the same user is root's, as soon as it is not dumpable.
    let closed = || fs::metadata(process.join("environ")).is_ok_and(|file| file.uid() == 0);
    while !(fs::read_to_string(process.join("limits")).is_ok_and(none) && closed()) {
        assert!(pismo.try_wait().expect("a process").is_none(), "it ended");
        sleep(Duration::from_millis(10)).await;
    }
    let status = fs::read_to_string(process.join("status")).expect("its status");
    assert!(status.contains(&format!("\nUid:\t{whose}\t")), "it is root's, and everything is: {status}");
    while !data.join("conversations.db-wal").exists() {
        assert!(pismo.try_wait().expect("a process").is_none(), "it ended");
        sleep(Duration::from_millis(10)).await;
    }
    for entry in fs::read_dir(&data).expect("its folder") {
        let path = entry.expect("a file").path();
        // A journal comes and goes.
        let Ok(about) = fs::metadata(&path) else { continue };
        assert_eq!(about.mode() & 0o077, 0, "{} is open to others: {:o}", path.display(), about.mode());
    }
    pismo.kill().await.expect("its end");
    let _ = fs::remove_dir_all(data);
}

/// A user who is nobody (Debian's base-passwd).
const NOBODY: u32 = 65534;
