//! The mail server says by itself that something has changed.

use std::path::PathBuf;

use app::wire::{Command, Flag, Reply};

use crate::{
    http_client::{self, Answer},
    mail_server::MailServer,
    masking_proxy::{Mask, MaskingProxy},
    recording_proxy::RecordingProxy,
    tab::Tab,
    test_bridge::{TestBridge, imap},
};

const SECRET: &str = "a secret of the hook's own";

/// A bridge that can hear of changes by the hook alone: no IDLE, no NOTIFY, and nobody in front of a list.
struct Deaf {
    bridge: TestBridge,
    recording: RecordingProxy,
    #[expect(dead_code, reason = "it works for as long as it is held")]
    masking: MaskingProxy,
}

impl Deaf {
    async fn start(server: &'static MailServer) -> Deaf {
        let recording = RecordingProxy::start(server.imap_port()).await;
        let masking = MaskingProxy::start(recording.port, Mask::Without(&["IDLE", "NOTIFY"])).await;
        let bridge = TestBridge::on(server, |config| {
            config.imap = Some(imap(masking.port));
            config.hook_secret = Some(SECRET.to_owned().into());
        })
        .await;
        Deaf { bridge, recording, masking }
    }

    /// What was said to the mail server since the last time: on the session that works, and on the others.
    fn said(&self) -> (String, String) {
        let mut said = self.recording.lines().into_iter().map(|line| line.take_said());
        (said.next().expect("the session that was signed in with"), said.collect())
    }

    async fn post(&self, secret: &str, user: &str) -> Answer {
        let authorization = format!("Bearer {secret}");
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", "text/plain; charset=utf-8")];
        http_client::send(self.bridge.address, "POST", "/hook", &headers, user.as_bytes()).await
    }
}

/// Dovecot with the two lines that the README asks for, and where it expects the script.
fn dovecot() -> (&'static MailServer, PathBuf) {
    let script = std::env::temp_dir().join(format!("pismo-hook-{}.lua", std::process::id()));
    let driver = format!("plugin {{\n  push_notification_driver=lua:file={}\n}}", script.display());
    let plugins = "mail_plugins=$mail_plugins mail_lua notify push_notification push_notification_lua";
    // The server ends with this process.
    (Box::leak(Box::new(MailServer::start(&["--set", plugins, "--set", &driver]))), script)
}

#[tokio::test]
async fn dovecot_tells_of_every_change_and_pismo_looks() {
    let (server, script) = dovecot();
    let deaf = Deaf::start(server).await;
    let lua = include_str!("../../src/hook.lua")
        .replace("http://127.0.0.1:3000", &format!("http://{}", deaf.bridge.address))
        .replace("what PISMO_HOOK_SECRET says", SECRET);
    std::fs::write(&script, lua).expect("the script");
    let mut mail = deaf.bridge.mail("ana");
    let mut uid = mail.append("INBOX", "first").await;
    let mut tab = deaf.bridge.sign_in("ana").await.open("INBOX").await;

    // All mailboxes are looked at now and then, and that could be what finds a change. Not each of many, though.
    let mut by_hook = [false; 4];
    for number in 1..=30 {
        for (change, by_hook) in by_hook.iter_mut().enumerate() {
            deaf.said();
            let subject = format!("letter {number}");
            match change {
                0 => {
                    mail.deliver(&subject).await;
                    tab.until("the delivery", |view| view.subjects().first() == Some(&subject.as_str())).await;
                }
                1 => {
                    mail.store("INBOX", uid, Flag::Flagged, true).await;
                    tab.until("the flag", |view| view.has(uid, &Flag::Flagged)).await;
                }
                2 => {
                    mail.expunge("INBOX", uid).await;
                    tab.until("it is gone", |view| view.row(uid).is_none()).await;
                }
                _ => {
                    uid = mail.append("INBOX", "another").await;
                    tab.until("it is there", |view| view.row(uid).is_some()).await;
                }
            }
            let (work, others) = deaf.said();
            *by_hook |= work.contains("NOOP") && !work.contains("LIST") && others.is_empty();
        }
        if by_hook == [true; 4] {
            break;
        }
    }
    assert_eq!(by_hook, [true; 4], "deliveries, flags, what is erased, what is put there");
    std::fs::remove_file(&script).expect("the script");
}

/// Whether the account has looked at the open mailbox since the last time. It does one thing at a time, so what came in
/// before this question is done with.
async fn looked(deaf: &Deaf, tab: &mut Tab) -> bool {
    assert_eq!(tab.ask(Command::Attend { front: false }).await, Reply::Done);
    deaf.said().0.contains("NOOP")
}

#[tokio::test]
async fn only_who_knows_the_secret_makes_an_account_look() {
    let deaf = Deaf::start(MailServer::shared_with_smtp()).await;
    let address = deaf.bridge.address_of("ana");
    let mut tab = deaf.bridge.sign_in("ana").await.open("INBOX").await;
    // The account also looks by itself, when its watch begins and now and then; a word that it obeys makes it look each time.
    let mut looks = 0;
    for _ in 0..10 {
        for secret in
            ["", "a secret of the hook's", "a secret of the hook's own and more", "A SECRET OF THE HOOK'S OWN"]
        {
            let answer = deaf.post(secret, &address).await;
            assert_eq!((answer.status, answer.body.len()), (401, 0), "{secret}");
        }
        let unsigned = http_client::send(deaf.bridge.address, "POST", "/hook", &[], address.as_bytes()).await;
        assert_eq!(unsigned.status, 401);
        // Whether somebody of a name is here shows in nothing.
        let stranger = deaf.post(SECRET, "nobody-of-this-name@pismo.test").await;
        assert_eq!((stranger.status, stranger.body.len()), (204, 0));
        looks += u32::from(looked(&deaf, &mut tab).await);
    }
    assert!(looks < 10);
    for _ in 0..10 {
        let known = deaf.post(SECRET, &address).await;
        assert_eq!((known.status, known.body.len()), (204, 0));
        assert!(looked(&deaf, &mut tab).await);
    }

    assert_eq!(deaf.post(SECRET, &"x".repeat(2000)).await.status, 413);
    let elsewhere = [("Origin", "https://elsewhere.example")];
    let answer = http_client::send(deaf.bridge.address, "POST", "/hook", &elsewhere, address.as_bytes()).await;
    assert_eq!(answer.status, 403, "a browser on another site");
}

#[tokio::test]
async fn without_a_secret_there_is_no_hook() {
    let bridge = TestBridge::start().await;
    for authorization in ["Bearer ", "Bearer x"] {
        let headers = [("Authorization", authorization)];
        let answer = http_client::send(bridge.address, "POST", "/hook", &headers, b"ana").await;
        assert_eq!(answer.status, 404);
    }
}
