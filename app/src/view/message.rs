//! The open message. What it says is shown as text nodes here, or as HTML in a frame that can do nothing.

mod attachments;
mod conversation;
mod fetched;
mod header;
mod papers;
mod pictures;
mod plain;
mod report;
mod sender;
mod stripped;
mod unsubscribe;

use std::sync::Arc;

use crate::view::{Item, Show, each, handler};
use leptos::prelude::*;

use super::{explain::Explained, icon::Icon, words::Words, writers::writer_text};
use crate::{
    Client,
    i18n::*,
    state::State,
    wire::{Body, Error, Message, MessageRef, Remote, SpecialUse},
};
use attachments::Attachments;
use conversation::Beside;
use header::Header;
pub use papers::print;
use pictures::PicturesBar;
use plain::PlainText;
use report::{ReceiptBar, ReportCard};
use sender::SenderWarning;
use stripped::NotAll;

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
        <Beside above=true />
        // Keyed, so that nothing of one message (an open fold, a frame and its history) stays for the next.
        {each(move || {
            here.track();
            let message = untrack(|| opened.message.get());
            let item = message.map(|message| {
                let MessageRef { mailbox, uid_validity, uid, .. } = message.message.clone();
                let key = format!("{}.{} {mailbox}", uid_validity.0, uid.0);
                Item::new(key, || view! { <Article message=message /> })
            });
            item.into_iter().collect()
        })}
        <Beside above=false />
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
            <button type="button" class="button" on:click=handler(move |_| client.retry_message())>
                <Icon name="retry" />
                {move || t_string!(i18n, app.retry)}
            </button>
        </div>
    }
}

#[component]
fn Article(message: Arc<Message>) -> impl IntoView {
    let target = message.message.clone();
    let uid = target.uid.0.to_string();
    let is_html = matches!(message.body, Body::Html(_));
    // Whether the person wants what is on the net.
    let remote = RwSignal::new(matches!(message.body, Body::Html(Remote { allowed: true, .. })));
    let body = match &message.body {
        Body::Html(has) => view! {
            <PicturesBar message=message.clone() has=*has remote />
            {message
                .simplified
                .then(|| {
                    let words = |i18n: Words| t_string!(i18n, stripped.layout);
                    view! { <NotAll message=target.clone() name="message-simplified" words /> }
                })}
            <HtmlBody message=target.clone() remote />
        }
        .into_any(),
        Body::Text { text, truncated } => {
            let cut = truncated.then(|| {
                let words = |i18n: Words| t_string!(i18n, view.truncated);
                view! { <NotAll message=target.clone() name="message-truncated" words /> }
            });
            view! {
                <PlainText text=text.clone() />
                {cut}
            }
            .into_any()
        }
    };
    let left_out = message.left_out.then(|| {
        let words = |i18n: Words| t_string!(i18n, stripped.parts);
        view! { <NotAll message=target.clone() name="message-left-out" words /> }
    });
    let report = message.report.clone().map(|report| view! { <ReportCard report /> });
    let receipt = message.receipt.clone().map(|asked| view! { <ReceiptBar message=target.clone() asked /> });
    view! {
        <article class="message" class:message-html=is_html data-testid="message-view" data-uid=uid>
            <div class="message-scroll" tabindex=(!is_html).then_some("0")>
                <Header message=message.clone() remote />
                <SenderWarning suspicions=message.suspicions.clone() />
                <Unsent message=target.clone() />
                {receipt}
                {report}
                {body}
                <Attachments message=target parts=message.attachments.clone() />
                {left_out}
            </div>
        </article>
    }
}

/// What is in Drafts is not read but written on.
#[component]
fn Unsent(message: MessageRef) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let mailbox = message.mailbox.clone();
    let is_draft = Memo::new(move |_| state.mailboxes.use_of(&mailbox) == Some(SpecialUse::Drafts));
    let message = StoredValue::new(message);
    view! {
        <Show when=move || is_draft.get()>
            <div class="message-remote">
                <Icon name="drafts" />
                <p data-testid="draft-state">
                    {move || match message.with_value(|message| state.writer_at(message)) {
                        Some(writer) => writer_text(i18n, state, &writer),
                        None => t_string!(i18n, view.draft).to_owned(),
                    }}
                </p>
                <button
                    type="button"
                    class="button button-primary button-small"
                    data-testid="action-edit"
                    on:click=handler(move |_| message.with_value(|message| client.edit_draft(message)))
                >
                    {move || t_string!(i18n, action.edit_draft)}
                </button>
            </div>
        </Show>
    }
}

/// The frame that a body in HTML lives in: no scripts, no forms, not our origin (it is cleaned besides, and comes
/// with a policy of its own). Links open in new tabs.
#[component]
fn HtmlBody(message: MessageRef, remote: RwSignal<bool>) -> impl IntoView {
    let (i18n, client) = (use_i18n(), expect_context::<Client>());
    let rendered = RwSignal::new(false);
    let url = Memo::new(move |_| client.body_url(&message, remote.get()));
    view! {
        // A new address means a new frame: one that only changed its address would grow the browser's history.
        {each(move || {
            let url = url.get();
            rendered.set(false);
            let frame = Item::new(url.clone(), move || view! {
                <iframe
                    class="message-frame"
                    sandbox="allow-popups allow-popups-to-escape-sandbox"
                    referrerpolicy="no-referrer"
                    title=move || t_string!(i18n, view.body)
                    src=url
                    data-testid="message-body"
                    data-rendered=move || rendered.get().to_string()
                    on:load=handler(move |_| rendered.set(true))
                ></iframe>
            });
            vec![frame]
        })}
    }
}
