//! The open message. What it says is shown as text nodes here, or as HTML in a frame that can do nothing.

mod attachments;
mod fetched;
mod plain;

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    date::{full_date, iso},
    explain::Explained,
    icon::Icon,
    words::counted,
};
use crate::{
    Client,
    i18n::*,
    route,
    state::State,
    wire::{Address, Body, Error, Message, MessageRef},
};
use attachments::Attachments;
use fetched::FetchedText;
use plain::PlainText;

/// The reading pane: nothing, a message on its way, why it did not come, or the message.
#[component]
pub fn MessageView() -> impl IntoView {
    let state = expect_context::<State>();
    let opened = state.opened;
    let target = Memo::new(move |_| opened.target.get());
    // The same message with other flags is not shown anew.
    let here =
        Memo::new(move |_| opened.message.with(|message| message.as_ref().map(|message| message.message.clone())));
    let waiting = move || target.get().is_some() && here.get().is_none();
    view! {
        <Show when=move || target.get().is_none()>
            <NothingOpen />
        </Show>
        <Show when=waiting>
            {move || match opened.problem.get() {
                Some(error) => view! { <Trouble error=error /> }.into_any(),
                None => view! { <Skeleton /> }.into_any(),
            }}
        </Show>
        // Keyed, so that nothing of one message (an open fold, a frame and its history) stays for the next.
        <For each=move || here.get() key=MessageRef::clone let:message>
            {untrack(|| opened.message.get())
                .filter(|opened| opened.message == message)
                .map(|message| view! { <Article message=message /> })}
        </For>
    }
}

#[component]
fn NothingOpen() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="empty">
            <Icon name="mail-open" />
            <h2>{move || t_string!(i18n, list.nothing_open_title)}</h2>
            <p>{move || t_string!(i18n, list.nothing_open_text)}</p>
        </div>
    }
}

#[component]
fn Skeleton() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="message-skeleton" role="status" aria-label=move || t_string!(i18n, app.loading)>
            {(0..8).map(|_| view! { <span class="skeleton"></span> }).collect_view()}
        </div>
    }
}

#[component]
fn Trouble(error: Error) -> impl IntoView {
    let (i18n, client) = (use_i18n(), expect_context::<Client>());
    let is_gone = error == Error::Gone;
    view! {
        <div class="empty" role="alert">
            <Icon name="warning" />
            <h2>
                {move || {
                    if is_gone { t_string!(i18n, view.gone_title) } else { t_string!(i18n, view.error_title) }
                }}
            </h2>
            {if is_gone {
                view! { <p>{move || t_string!(i18n, view.gone_text)}</p> }.into_any()
            } else {
                view! { <Explained error=error /> }.into_any()
            }}
            <button type="button" class="button" on:click=move |_| client.retry_message()>
                <Icon name="retry" />
                {move || t_string!(i18n, app.retry)}
            </button>
        </div>
    }
}

#[component]
fn Article(message: Arc<Message>) -> impl IntoView {
    let i18n = use_i18n();
    let target = message.message.clone();
    let uid = target.uid.0.to_string();
    let is_html = matches!(message.body, Body::Html { .. });
    let body = match &message.body {
        Body::Html { remote } => view! { <HtmlBody message=target.clone() has_remote=*remote /> }.into_any(),
        Body::Text { text, truncated } => {
            let source = truncated.then(|| route::source_url(&target));
            view! {
                <PlainText text=text.clone() />
                {source
                    .map(|source| {
                        view! {
                            <p class="message-note">
                                <span>{move || t_string!(i18n, view.truncated)}</span>
                                <a href=source download="message.eml">
                                    {move || t_string!(i18n, view.whole)}
                                </a>
                            </p>
                        }
                    })}
            }
            .into_any()
        }
    };
    view! {
        <article class="message" class:message-html=is_html data-testid="message-view" data-uid=uid>
            <div class="message-scroll" tabindex=(!is_html).then_some("0")>
                <Header message=message.clone() />
                {body}
                <Attachments message=target parts=message.attachments.clone() />
            </div>
        </article>
    }
}

#[component]
fn Header(message: Arc<Message>) -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let subject = message.subject.clone();
    let date = message.date;
    let initial: String = message.from.first().and_then(|from| from.display().chars().next()).into_iter().collect();
    view! {
        <header class="message-header">
            <h2 class="message-subject" data-testid="message-subject">
                {move || {
                    if subject.trim().is_empty() {
                        t_string!(i18n, list.no_subject).to_owned()
                    } else {
                        subject.clone()
                    }
                }}
            </h2>
            <span class="message-initial" aria-hidden="true">
                {initial}
            </span>
            <p class="message-from" data-testid="message-from">
                {message.from.iter().map(sender).collect_view()}
            </p>
            <time class="message-date" data-testid="message-date" datetime=iso(date)>
                {move || full_date(state, date)}
            </time>
            <People message=message.clone() />
            <Papers message=message.message.clone() />
        </header>
    }
}

/// The name, and always the address: a name alone can claim anything.
fn sender(from: &Address) -> impl IntoView + use<> {
    let Address { name, email } = from.clone();
    if name.is_empty() || name == email {
        view! { <strong>{email}</strong> }.into_any()
    } else {
        view! {
            <strong>{name}</strong>
            " "
            <span>{format!("<{email}>")}</span>
        }
        .into_any()
    }
}

/// Whom it was sent to, in one line; all addresses on request.
#[component]
fn People(message: Arc<Message>) -> impl IntoView {
    const NAMED: usize = 3;
    let i18n = use_i18n();
    let receivers: Vec<String> =
        message.to.iter().chain(&message.cc).map(|address| address.display().to_owned()).collect();
    let more = u32::try_from(receivers.len().saturating_sub(NAMED)).unwrap_or(u32::MAX);
    let names = receivers.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let line = move || {
        if names.is_empty() {
            return t_string!(i18n, list.no_recipient).to_owned();
        }
        let line = t_string!(i18n, view.to_line, names = names.clone()).to_string();
        if more == 0 { line } else { format!("{line} {}", counted!(i18n, view.and_more, more)) }
    };
    let row = |word: Signal<&'static str>, addresses: &[Address]| {
        (!addresses.is_empty()).then(|| {
            view! {
                <dt>{word}</dt>
                <dd>{addresses.iter().map(whole).collect::<Vec<_>>().join(", ")}</dd>
            }
        })
    };
    view! {
        <details class="message-people">
            <summary title=move || t_string!(i18n, view.details)>
                <span class="message-to" data-testid="message-to">
                    {line}
                </span>
                <Icon name="chevron-down" />
            </summary>
            <dl>
                {row(Signal::derive(move || t_string!(i18n, view.from)), &message.from)}
                {row(Signal::derive(move || t_string!(i18n, view.to)), &message.to)}
                {row(Signal::derive(move || t_string!(i18n, view.cc)), &message.cc)}
                {row(Signal::derive(move || t_string!(i18n, view.bcc)), &message.bcc)}
                {row(Signal::derive(move || t_string!(i18n, view.reply_to)), &message.reply_to)}
            </dl>
        </details>
    }
}

fn whole(address: &Address) -> String {
    let Address { name, email } = address;
    if name.is_empty() { email.clone() } else { format!("{name} <{email}>") }
}

/// The message on paper, its header fields, and as it came.
#[component]
fn Papers(message: MessageRef) -> impl IntoView {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Paper {
        Headers,
        Source,
    }
    let i18n = use_i18n();
    let open = RwSignal::new(None::<Paper>);
    let (headers, source) = (route::headers_url(&message), route::source_url(&message));
    view! {
        <div class="message-papers">
            <a
                class="icon-button"
                href=route::print_url(&message)
                target="_blank"
                rel="noopener"
                aria-label=move || t_string!(i18n, action.print)
                title=move || t_string!(i18n, action.print)
                data-testid="action-print"
            >
                <Icon name="print" />
            </a>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, action.headers)
                title=move || t_string!(i18n, action.headers)
                data-testid="action-headers"
                on:click=move |_| open.set(Some(Paper::Headers))
            >
                <Icon name="info" />
            </button>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, action.source)
                title=move || t_string!(i18n, action.source)
                data-testid="action-source"
                on:click=move |_| open.set(Some(Paper::Source))
            >
                <Icon name="source" />
            </button>
        </div>
        {move || {
            open.get()
                .map(|paper| {
                    let title = move || match paper {
                        Paper::Headers => t_string!(i18n, view.headers_title).to_owned(),
                        Paper::Source => t_string!(i18n, view.source_title).to_owned(),
                    };
                    let url = match paper {
                        Paper::Headers => headers.clone(),
                        Paper::Source => source.clone(),
                    };
                    let is_source = paper == Paper::Source;
                    view! {
                        <super::dialog::Modal title=title size="full" on_close=move || open.set(None)>
                            {is_source
                                .then(|| {
                                    view! {
                                        <p>
                                            <a href=url.clone() download="message.eml">
                                                {move || t_string!(i18n, view.whole)}
                                            </a>
                                        </p>
                                    }
                                })}
                            <FetchedText url=url.clone() />
                        </super::dialog::Modal>
                    }
                })
        }}
    }
}

/// The frame that a body in HTML lives in: no scripts, no forms, not our origin (it is cleaned besides, and comes
/// with a policy of its own). Links open in new tabs.
#[component]
fn HtmlBody(message: MessageRef, has_remote: bool) -> impl IntoView {
    let (i18n, client) = (use_i18n(), expect_context::<Client>());
    let remote = RwSignal::new(false);
    let rendered = RwSignal::new(false);
    let url = Memo::new(move |_| client.body_url(&message, remote.get()));
    view! {
        <Show when=move || has_remote && !remote.get()>
            <div class="message-remote">
                <Icon name="image-off" />
                <p>{move || t_string!(i18n, view.remote_blocked)}</p>
                <button
                    type="button"
                    class="button button-small"
                    data-testid="show-remote"
                    on:click=move |_| {
                        rendered.set(false);
                        remote.set(true);
                    }
                >
                    {move || t_string!(i18n, view.remote_show)}
                </button>
            </div>
        </Show>
        // A new address means a new frame: one that only changed its address would grow the browser's history.
        <For each=move || [url.get()] key=String::clone let:url>
            <iframe
                class="message-frame"
                sandbox="allow-popups allow-popups-to-escape-sandbox"
                referrerpolicy="no-referrer"
                title=move || t_string!(i18n, view.body)
                src=url
                data-testid="message-body"
                data-rendered=move || rendered.get().to_string()
                on:load=move |_| rendered.set(true)
            ></iframe>
        </For>
    }
}
