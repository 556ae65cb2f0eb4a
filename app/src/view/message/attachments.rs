//! Files that came with a message: to download, and to look at where a browser can.

use crate::view::{Show, handler};
use leptos::prelude::*;

use super::fetched::FetchedText;
use crate::{
    i18n::*,
    route::part_url,
    view::{
        dialog::Modal,
        icon::Icon,
        words::{counted, size},
    },
    wire::{MessageRef, Part},
};

/// The list of files, and the one that is looked at.
#[component]
pub fn Attachments(message: MessageRef, parts: Vec<Part>) -> impl IntoView {
    let i18n = use_i18n();
    if parts.is_empty() {
        return ().into_any();
    }
    let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let looked_at = RwSignal::new(None::<Part>);
    let items = {
        let message = message.clone();
        move || {
            parts
                .iter()
                .map(|part| view! { <File message=message.clone() part=part.clone() looked_at=looked_at /> })
                .collect_view()
        }
    };
    view! {
        <section class="message-attachments" aria-labelledby="attachments-title">
            <h3 id="attachments-title">{move || counted!(i18n, view.attachments, count)}</h3>
            <ul>{items()}</ul>
        </section>
        {move || {
            looked_at
                .get()
                .map(|part| {
                    let name = part.name.clone();
                    let message = message.clone();
                    view! {
                        <Modal title=move || name.clone() size="full" on_close=move || looked_at.set(None)>
                            <Preview message=message part=part />
                        </Modal>
                    }
                })
        }}
    }
    .into_any()
}

#[component]
fn File(message: MessageRef, part: Part, looked_at: RwSignal<Option<Part>>) -> impl IntoView {
    let i18n = use_i18n();
    let Part { name, size: bytes, .. } = part.clone();
    let kind = Kind::of(&part.content_type);
    let (named, download, title, shown) = (name.clone(), name.clone(), name.clone(), name.clone());
    let url = part_url(&message, &part.section, false);
    let preview = kind.is_shown().then(|| {
        view! {
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, view.preview, name = named.clone()).to_string()
                title=move || t_string!(i18n, view.preview, name = "").trim().to_owned()
                data-testid="attachment-preview"
                on:click=handler(move |_| looked_at.set(Some(part.clone())))
            >
                <Icon name="eye" />
            </button>
        }
    });
    view! {
        <li class="attachment">
            {kind.icon()}
            <a
                class="attachment-link"
                href=url
                download=download
                title=title
                data-testid="message-attachment"
                data-name=name
                data-size=bytes.to_string()
            >
                <span class="attachment-name">{shown}</span>
                <span class="attachment-size">{move || size(i18n, u64::from(bytes))}</span>
            </a>
            {preview}
        </li>
    }
}

/// A file in front of the page. Text is fetched and shown as text, whatever is in it.
#[component]
fn Preview(message: MessageRef, part: Part) -> impl IntoView {
    let i18n = use_i18n();
    let url = part_url(&message, &part.section, true);
    let download = part_url(&message, &part.section, false);
    let name = part.name.clone();
    let content = match Kind::of(&part.content_type) {
        Kind::Picture => view! { <Picture url=url name=part.name.clone() /> }.into_any(),
        Kind::Text => view! { <FetchedText url=url /> }.into_any(),
        Kind::Pdf => view! { <iframe class="dialog-frame" title=part.name.clone() src=url></iframe> }.into_any(),
        _ => ().into_any(),
    };
    view! {
        <p>
            <a class="button button-small" href=download download=name>
                <Icon name="download" />
                {move || t_string!(i18n, view.download_short)}
            </a>
        </p>
        {content}
    }
}

#[component]
fn Picture(url: String, name: String) -> impl IntoView {
    let i18n = use_i18n();
    let broken = RwSignal::new(false);
    view! {
        <Show
            when=move || !broken.get()
            fallback=move || view! { <p role="alert">{move || t_string!(i18n, view.preview_failed)}</p> }
        >
            <img class="dialog-picture" src=url.clone() alt=name.clone() on:error=handler(move |_| broken.set(true)) />
        </Show>
    }
}

/// What a file is, for its picture and for looking at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Text,
    Pdf,
    Archive,
    Audio,
    Video,
    Calendar,
    Contact,
    Message,
    Other,
}

impl Kind {
    fn of(content_type: &str) -> Kind {
        match content_type {
            // Not SVG: it can carry scripts, and a picture of it says little.
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "image/bmp" => Kind::Picture,
            "application/pdf" => Kind::Pdf,
            "text/calendar" => Kind::Calendar,
            "text/vcard" | "text/x-vcard" => Kind::Contact,
            "text/plain" | "text/csv" | "text/markdown" | "text/x-diff" | "text/x-patch" | "application/json" => {
                Kind::Text
            }
            "message/rfc822" => Kind::Message,
            "application/zip"
            | "application/gzip"
            | "application/x-7z-compressed"
            | "application/vnd.rar"
            | "application/x-rar-compressed"
            | "application/x-tar" => Kind::Archive,
            _ if content_type.starts_with("audio/") => Kind::Audio,
            _ if content_type.starts_with("video/") => Kind::Video,
            _ => Kind::Other,
        }
    }

    fn is_shown(self) -> bool {
        matches!(self, Kind::Picture | Kind::Text | Kind::Pdf)
    }

    fn icon(self) -> AnyView {
        match self {
            Kind::Picture => view! { <Icon name="image" /> },
            Kind::Text | Kind::Pdf => view! { <Icon name="text" /> },
            Kind::Archive => view! { <Icon name="zip" /> },
            Kind::Audio => view! { <Icon name="audio" /> },
            Kind::Video => view! { <Icon name="video" /> },
            Kind::Calendar => view! { <Icon name="calendar" /> },
            Kind::Contact => view! { <Icon name="contact" /> },
            Kind::Message => view! { <Icon name="mail" /> },
            Kind::Other => view! { <Icon name="file" /> },
        }
        .into_any()
    }
}
