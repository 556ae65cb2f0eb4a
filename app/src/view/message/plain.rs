//! Plain text as people wrote it: paragraphs, links, folded quotes, a dim signature. Text nodes only.

mod blocks;
mod links;

use leptos::prelude::*;

use crate::{
    i18n::*,
    view::{icon::Icon, words::counted},
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
        Piece::Link { href, text } => view! {
            <a href=href target="_blank" rel="noopener noreferrer nofollow">
                {text.to_owned()}
            </a>
        }
        .into_any(),
    }
}
