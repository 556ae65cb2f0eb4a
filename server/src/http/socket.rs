//! The websocket of a tab: commands up, frames down.

use std::{sync::Arc, time::Duration};

use app::wire::{ClientFrame, Command, Error, MAX_FRAME, MAX_TOLD, Reply, ServerFrame, Template, TemplateId};
use axum::{
    Extension,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    http::{HeaderMap, header},
    response::Response,
};
use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{Instant, interval_at, timeout, timeout_at},
};

use super::{guard::Client, login::SignedIn};
use crate::{
    account::{Account, Browser, TAB_FRAMES},
    bridge::{Bridge, internal},
    contacts, device, doubt,
    error::HttpError,
    letter::is_draft_id,
    mime::html::writing,
    store::Login,
    templates::Use,
};

/// A tab hears from us at least this often.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// People who were written to or heard from, of whom the likeliest are offered.
const OFFERED_OF: i64 = 200;

/// Addresses that are looked at, at once.
const MOST_CHECKED: usize = 500;

/// How long a tab may take to say who it is, and to take one frame.
const PATIENCE: Duration = Duration::from_secs(10);

/// Room for a row as it travels, in bytes; few have more.
const ROW: usize = 640;

/// How long a tab whose login has ended is still told what the account has to say of it.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Frames that make no sense, after which a tab is not listened to any more.
const NONSENSE: u32 = 20;

/// The tab did not keep up; it comes back and resumes.
const FELL_BEHIND: u16 = 4000;
/// The login has ended.
const SIGNED_OUT: u16 = 4001;

pub async fn upgrade(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, HttpError> {
    let account = bridge.account(&login).await?;
    tracing::debug!(account.id = login.account.0, secure = client.secure, "A tab opens its socket");
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let browser = Browser { login: login.token.clone(), device: device::of(agent) };
    // The defaults are 128 KiB of buffers for each connection, and 64 MiB for a message.
    let upgrade = upgrade
        .read_buffer_size(8 * 1024)
        .write_buffer_size(8 * 1024)
        .max_write_buffer_size(2 * MAX_TOLD)
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let farewell = serve(&bridge, &login, account, browser, socket).await;
        tracing::debug!(account.id = login.account.0, farewell, "A tab's socket has ended");
    }))
}

/// Serves one socket to its end. Says why it ended.
async fn serve(
    bridge: &Bridge,
    login: &Login,
    account: Account,
    browser: Browser,
    mut socket: WebSocket,
) -> &'static str {
    let watched = bridge.presence.watch(&login.token);
    let first = match timeout(PATIENCE, socket.recv()).await {
        Ok(Some(Ok(Message::Text(text)))) => read(&text),
        Ok(Some(Ok(_))) => Err((0, "The first frame has to be text".to_owned())),
        Ok(Some(Err(_)) | None) | Err(_) => return "nothing was said",
    };
    let (id, resume) = match first {
        Ok(ClientFrame { id, command: Command::Attach { resume } }) => (id, resume),
        Ok(ClientFrame { id, .. }) => {
            return refuse(socket, id, "The first command on a socket is attach".to_owned()).await;
        }
        Err((id, text)) => return refuse(socket, id, text).await,
    };
    let (sender, mut frames) = mpsc::channel(TAB_FRAMES);
    let Some(attached) = account.attach(id, resume, browser, sender.clone()).await else {
        return refuse(socket, id, "Too many tabs are open".to_owned()).await;
    };
    // Only the actor's sender keeps the queue open: when it lets go, the socket ends.
    let replies = sender.downgrade();
    drop(sender);
    if watched.over.is_cancelled() {
        // The account was told before the tab was there.
        account.signed_out(&login.token).await;
    }
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    // Not put off by what the tab hears meanwhile.
    let mut looking = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    let mut nonsense = 0;
    let mut signed_out = false;
    let farewell = loop {
        tokio::select! {
            frame = frames.recv() => {
                let Some(frame) = frame else {
                    let code = if signed_out { SIGNED_OUT } else { FELL_BEHIND };
                    close(socket, code, "").await;
                    break "the account let go";
                };
                signed_out |= matches!(*frame, ServerFrame::Event { event: app::wire::Event::SignedOut, .. });
                heartbeat.reset();
                if !send(&mut socket, &frame).await {
                    break "the tab took no more";
                }
            }
            _ = heartbeat.tick() => {
                if !send(&mut socket, &ServerFrame::Heartbeat).await {
                    break "the tab took no heartbeat";
                }
            }
            _ = looking.tick() => {
                let (bridge, login) = (bridge.clone(), login.clone());
                // A tab does not wait for the database; if the login has ended, `watched` tells. Ends by itself.
                tokio::spawn(async move { bridge.look_after(&login).await });
            }
            () = watched.over.cancelled() => {
                if bridge.shutdown.is_cancelled() {
                    close(socket, close_code::RESTART, "Pismo is being restarted").await;
                    break "shutdown";
                }
                let deadline = Instant::now() + LAST_WORDS;
                while let Ok(Some(frame)) = timeout_at(deadline, frames.recv()).await {
                    if !send(&mut socket, &frame).await {
                        break;
                    }
                }
                close(socket, SIGNED_OUT, "").await;
                break "the login has ended";
            }
            message = socket.recv() => {
                let text = match message {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Binary(_))) => {
                        close(socket, close_code::UNSUPPORTED, "Frames are text").await;
                        break "a binary frame";
                    }
                    Some(Ok(Message::Close(_))) | None => break "the tab closed",
                    Some(Err(_)) => break "the line or the tab failed",
                };
                match read(&text) {
                    Ok(frame) => {
                        bridge.note_use(login);
                        let Some(replies) = replies.upgrade() else { break "the account let go" };
                        if !handle(bridge, login, &account, &attached.tab, frame, &replies).await {
                            close(socket, close_code::RESTART, "").await;
                            break "the account has stopped";
                        }
                    }
                    Err((id, text)) => {
                        nonsense += 1;
                        let result = Err(Error::BadRequest { text });
                        if nonsense > NONSENSE || !send(&mut socket, &ServerFrame::Reply { id, result }).await {
                            break "too much nonsense";
                        }
                    }
                }
            }
        }
    };
    account.detach(attached).await;
    farewell
}

/// One match decides who answers. False when the account has stopped.
async fn handle(
    bridge: &Bridge,
    login: &Login,
    account: &Account,
    tab: &app::wire::TabId,
    frame: ClientFrame,
    frames: &mpsc::Sender<Arc<ServerFrame>>,
) -> bool {
    bridge.collectors.front().ask();
    let ClientFrame { id, command } = frame;
    let result = match command {
        Command::Tidy { html } => tidied(html).await,
        Command::Send { draft, when } => {
            bridge.submit(login, draft, when).await.map(|submission| Reply::Submitted { submission })
        }
        Command::RetrySubmission { submission } => {
            bridge.retry_submission(login, submission).await.map(|()| Reply::Done)
        }
        Command::EditSubmission { submission } => {
            let asked = (tab.clone(), id);
            bridge.edit_submission(login, asked, submission).await.map(|draft| Reply::Draft(Box::new(draft)))
        }
        Command::FilesLimit => {
            // A server may take its time to say it; nothing else has to wait for that.
            let (bridge, login, frames) = (bridge.clone(), login.clone(), frames.clone());
            tokio::spawn(async move {
                let result = bridge.files_limit(&login).await.map(|limit| Reply::FilesLimit { limit });
                let _ = frames.try_send(Arc::new(ServerFrame::Reply { id, result }));
            });
            return true;
        }
        Command::Unsubscribe { message } => {
            // Whose server it is takes its time.
            let (bridge, login, frames) = (bridge.clone(), login.clone(), frames.clone());
            tokio::spawn(async move {
                let result = bridge.unsubscribe(&login, message).await.map(|()| Reply::Done);
                let _ = frames.try_send(Arc::new(ServerFrame::Reply { id, result }));
            });
            return true;
        }
        Command::DropSubmission { submission } => match bridge.drop_submission(login, submission).await {
            Ok(true) => Ok(Reply::Done),
            Ok(false) => return account.command(tab, ClientFrame { id, command }).await,
            Err(error) => Err(error),
        },
        Command::DropBlob { blob } => crate::blobs::forget(&bridge.store, &bridge.config.data, login.account, &blob)
            .await
            .map(|()| Reply::Done)
            .map_err(internal),
        Command::KeepSearch { search, before } => {
            bridge.keep_search(login, search, before.as_deref()).await.map(|()| Reply::Done)
        }
        Command::Suggest { words } if words.trim().is_empty() => Ok(Reply::People { people: Vec::new() }),
        Command::Suggest { words } => suggest(bridge, login, &words).await.map_err(internal),
        Command::CheckRecipients { emails } => check(bridge, login, &emails).await.map_err(internal),
        Command::Templates => bridge
            .store
            .template_names(login.account)
            .await
            .map(|templates| Reply::Templates { templates })
            .map_err(internal),
        Command::UseTemplate { template, to, from, subject, date, formatted } => {
            bridge.use_template(login, Use { template, to, from, subject, date, formatted }).await
        }
        Command::KeepTemplate { name, subject, text, formatted } => {
            let template = Template { id: TemplateId(0), name, subject, to: Vec::new(), text, formatted };
            bridge.keep_template(login, template).await.map(|()| Reply::Done)
        }
        Command::ForgetSearch { name } => bridge.forget_search(login, &name).await.map(|()| Reply::Done),
        Command::Attach { .. } => Err(Error::BadRequest { text: "This socket is attached already".to_owned() }),
        command => return account.command(tab, ClientFrame { id, command }).await,
    };
    // A tab that has fallen so far behind loses its socket by the actor; the command is sent again.
    let _ = frames.try_send(Arc::new(ServerFrame::Reply { id, result }));
    true
}

/// Who may be meant: people of the address book, and those who were written to or heard from.
async fn suggest(bridge: &Bridge, login: &Login, words: &str) -> anyhow::Result<Reply> {
    let found = bridge.store.contacts(login.account, words, i64::MAX).await?;
    let known = bridge.store.correspondents(login.account, words, OFFERED_OF).await?;
    Ok(Reply::People { people: contacts::ranked(found, known, words) })
}

/// Which of these addresses may be a slip or a trick, by what domains the person has to do with.
async fn check(bridge: &Bridge, login: &Login, emails: &[String]) -> anyhow::Result<Reply> {
    let emails = emails.get(..MOST_CHECKED).unwrap_or(emails);
    let identities = bridge.store.identities(login.account).await?.into_iter();
    let own = identities.filter_map(|one| Some(one.identity.email.rsplit_once('@')?.1.to_owned()));
    let own: Vec<String> = own.collect();
    let mut familiar = bridge.store.domains_written_to(login.account).await?;
    familiar.extend(own.iter().cloned());
    Ok(Reply::Checked { doubts: doubt::doubts(emails, &familiar), inside: doubt::inside(emails, &own) })
}

/// HTML that a person has pasted or written, with nothing in it that does anything.
async fn tidied(html: String) -> Result<Reply, Error> {
    let too_long = Error::TextTooLong { limit: writing::MAX_WRITTEN as u64 };
    // Pictures of the draft keep their names; what else a page calls so is not here.
    let made = spawn_blocking(move || {
        let html = writing::tidy(&html, |blob| is_draft_id(blob).then(|| blob.to_owned()))?;
        let text = writing::plain(&html);
        let reply = Reply::Tidied { html, text };
        // As a frame it is longer.
        serde_json::to_string(&reply).is_ok_and(|json| json.len() < MAX_FRAME - 1024).then_some(reply)
    });
    made.await.map_err(|error| internal(error.into()))?.ok_or(too_long)
}

/// Reads a frame; an error carries the number of the command, as far as it can be made out.
fn read(text: &Utf8Bytes) -> Result<ClientFrame, (u32, String)> {
    #[derive(serde::Deserialize)]
    struct Numbered {
        id: u32,
    }
    serde_json::from_str(text).map_err(|error| {
        let id = serde_json::from_str::<Numbered>(text).map_or(0, |numbered| numbered.id);
        (id, format!("This frame makes no sense: {error}"))
    })
}

async fn send(socket: &mut WebSocket, frame: &ServerFrame) -> bool {
    let Ok(json) = written(frame) else { return false };
    matches!(timeout(PATIENCE, socket.send(Message::Text(json.into()))).await, Ok(Ok(())))
}

/// The frame as it travels.
fn written(frame: &ServerFrame) -> serde_json::Result<String> {
    // A list is as long as its rows, and grows into its room many times otherwise.
    let rows = match frame {
        ServerFrame::Reply { result: Ok(Reply::Listing(listing)), .. } => listing.rows.len(),
        _ => 0,
    };
    let mut json = Vec::with_capacity(256 + rows * ROW);
    serde_json::to_writer(&mut json, frame)?;
    String::from_utf8(json).map_err(serde::ser::Error::custom)
}

async fn refuse(mut socket: WebSocket, id: u32, text: String) -> &'static str {
    send(&mut socket, &ServerFrame::Reply { id, result: Err(Error::BadRequest { text }) }).await;
    close(socket, close_code::POLICY, "").await;
    "it began wrongly"
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    // Whoever is gone cannot be told.
    let _ = timeout(Duration::from_secs(1), socket.send(Message::Close(Some(frame)))).await;
}
