//! Plain text as people wrote it: paragraphs, links, folded quotes, a dim signature. Text nodes only.

mod blocks;
mod links;

use crate::view::handler;
use leptos::{ev, prelude::*};

use crate::{
    Client,
    i18n::*,
    route::decode,
    view::{icon::Icon, recipients, words::counted},
};
use blocks::{Block, blocks};
use links::{Piece, pieces};

/// Quotes of at most this many lines are not folded.
const SHORT: u32 = 4;

/// The text of a message.
#[component]
pub fn PlainText(text: String) -> impl IntoView {
    let i18n = use_i18n();
    let rendered = RwSignal::new(false);
    Effect::new(move |_| request_animation_frame(move || rendered.set(true)));
    let content = if text.trim().is_empty() {
        view! { <p class="message-signature">{move || t_string!(i18n, view.empty_body)}</p> }.into_any()
    } else {
        blocks_view(&blocks(&text), true)
    };
    view! {
        <div
            class="message-text"
            dir="auto"
            data-testid="message-body"
            data-rendered=move || rendered.get().to_string()
        >
            {content}
        </div>
    }
}

fn blocks_view(blocks: &[Block<'_>], top: bool) -> AnyView {
    let last = blocks.iter().rposition(|block| matches!(block, Block::Text(_)));
    let views = blocks.iter().enumerate().map(|(index, block)| match block {
        Block::Text(text) => paragraphs(text, ""),
        Block::Signature(text) => paragraphs(text, "message-signature"),
        Block::Quote { lines, inside } => {
            // A quote that is answered below, or is all there is, belongs to what is read.
            let answered = top && last.is_none_or(|last| index < last);
            quote(inside, *lines, answered || *lines <= SHORT)
        }
    });
    views.collect_view().into_any()
}

fn quote(inside: &[Block<'_>], lines: u32, open: bool) -> AnyView {
    let i18n = use_i18n();
    let content = blocks_view(inside, false);
    view! {
        <details class="message-quote" open=open>
            <summary>
                <Icon name="quote" />
                {move || counted!(i18n, view.quote, lines)}
            </summary>
            <blockquote>{content}</blockquote>
        </details>
    }
    .into_any()
}

fn paragraphs(text: &str, class: &'static str) -> AnyView {
    text.split("\n\n")
        .map(|paragraph| paragraph.trim_matches('\n'))
        .filter(|paragraph| !paragraph.trim().is_empty())
        .map(|paragraph| view! { <p class=class>{pieces(paragraph).into_iter().map(piece).collect_view()}</p> })
        .collect_view()
        .into_any()
}

fn piece(piece: Piece<'_>) -> AnyView {
    match piece {
        Piece::Text(text) => text.to_owned().into_any(),
        Piece::Link { href, text } if href.starts_with("mailto:") => {
            let client = expect_context::<Client>();
            let target = href.clone();
            let write = move |event: ev::MouseEvent| {
                event.prevent_default();
                write_to(client, &target);
            };
            view! {
                <a href=href on:click=handler(write)>
                    {text.to_owned()}
                </a>
            }
            .into_any()
        }
        Piece::Link { href, text } => view! {
            <a href=href target="_blank" rel="noopener noreferrer nofollow">
                {text.to_owned()}
            </a>
        }
        .into_any(),
    }
}

/// Opens the composer for the address of a `mailto:` link (RFC 6068 §2), without its fields: they are someone else's
/// words.
fn write_to(client: Client, href: &str) {
    let address = href.trim_start_matches("mailto:").split('?').next().and_then(decode).unwrap_or_default();
    client.compose_new();
    client.state.composer.to.update(|to| to.extend(recipients::parse(&address)));
    client.edited();
}
