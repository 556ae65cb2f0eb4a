//! To whom a message goes on as it is.

use crate::view::{Show, handler};
use leptos::{html, prelude::*};

use super::{explain::Explained, icon::Icon, recipients::Recipients};
use crate::{
    Client,
    i18n::*,
    state::State,
    wire::{Draft, Error},
};

/// The form in the dialog.
#[component]
pub fn RedirectForm(draft: Box<Draft>, problem: Option<Error>) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let to = RwSignal::new(draft.to.clone());
    let problem = RwSignal::new(problem);
    let node = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = node.get() {
            request_animation_frame(move || drop(input.focus()));
        }
    });
    let from = draft.from.clone().or_else(|| state.identity_of(None).map(|identity| identity.address()));
    let from = from.map(|from| from.email).unwrap_or_default();
    let send = move |_| {
        if to.with_untracked(Vec::is_empty) {
            problem.set(Some(Error::NoRecipient));
        } else {
            client.send_redirect(draft.clone(), to.get_untracked());
        }
    };
    view! {
        <div class="redirect">
            <p>{move || t_string!(i18n, compose.redirect_text, email = from.clone()).to_string()}</p>
            <Recipients
                field=to
                label=Signal::derive(move || t_string!(i18n, compose.to))
                id="redirect-to"
                node
                apart=true
            />
            <Show when=move || problem.with(Option::is_some)>
                <div class="redirect-problem" role="alert">
                    {move || problem.get().map(|error| view! { <Explained error=error /> })}
                </div>
            </Show>
            <div class="dialog-actions">
                <button
                    type="button"
                    class="button button-primary"
                    data-testid="redirect-send"
                    on:click=handler(send)
                >
                    <Icon name="sent" />
                    {move || t_string!(i18n, compose.redirect)}
                </button>
            </div>
        </div>
    }
}
