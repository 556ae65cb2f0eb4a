//! A message on paper, its header fields, and as it came.

use crate::view::handler;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::fetched::FetchedText;
use crate::{
    Client,
    i18n::*,
    route,
    view::{dialog::Modal, icon::Icon},
    wire::{DraftKind, MessageRef},
};

/// The element that leads to the page to print.
const PRINT: &str = "print";

/// Follows the way to the printer, if a message is open.
pub fn print() -> bool {
    let link = document().get_element_by_id(PRINT).and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
    link.map(|link| link.click()).is_some()
}

/// The ways to them.
#[component]
pub fn Papers(message: MessageRef, remote: RwSignal<bool>) -> impl IntoView {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Paper {
        Headers,
        Source,
    }
    let (i18n, client) = (use_i18n(), expect_context::<Client>());
    let open = RwSignal::new(None::<Paper>);
    let again = {
        let message = message.clone();
        move |kind: DraftKind| client.compose(&message, kind)
    };
    let forward = again.clone();
    let redirected = message.clone();
    let (headers, source) = (route::headers_url(&message), route::source_url(&message));
    view! {
        <div class="message-papers">
            <a
                class="icon-button"
                id=PRINT
                href=move || route::print_url(&message, remote.get())
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
                on:click=handler(move |_| open.set(Some(Paper::Headers)))
            >
                <Icon name="info" />
            </button>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, action.source)
                title=move || t_string!(i18n, action.source)
                data-testid="action-source"
                on:click=handler(move |_| open.set(Some(Paper::Source)))
            >
                <Icon name="source" />
            </button>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, action.forward_file)
                title=move || t_string!(i18n, action.forward_file)
                data-testid="action-forward-file"
                on:click=handler(move |_| forward(DraftKind::ForwardAsFile))
            >
                <Icon name="file" />
            </button>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, action.redirect)
                title=move || t_string!(i18n, action.redirect)
                data-testid="action-redirect"
                on:click=handler(move |_| client.redirect(&redirected))
            >
                <Icon name="redirect" />
            </button>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, action.again)
                title=move || t_string!(i18n, action.again)
                data-testid="action-again"
                on:click=handler(move |_| again(DraftKind::Again))
            >
                <Icon name="pen" />
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
                        <Modal title=title size="full" on_close=move || open.set(None)>
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
                        </Modal>
                    }
                })
        }}
    }
}
