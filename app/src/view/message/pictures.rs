//! Pictures on the net: that they are not shown, whose are to be, and what never is.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    view::{handler, icon::Icon},
    wire::{Address, Message, PicturesOf, Remote, Suspicion},
};

/// What there is to say and to choose of them.
#[component]
pub fn PicturesBar(message: Arc<Message>, has: Remote, remote: RwSignal<bool>) -> impl IntoView {
    let (i18n, client) = (use_i18n(), expect_context::<Client>());
    let target = message.message.clone();
    let show = move |of| {
        remote.set(true);
        client.allow_pictures(&target, of);
    };
    // Of several senders none is known, nor is one who may be anybody.
    let is_unproven = message.suspicions.iter().any(|one| matches!(one, Suspicion::Unproven { .. }));
    let sender = match message.from.as_slice() {
        [Address { email, .. }] if !is_unproven => {
            email.rsplit_once('@').map(|(_, domain)| (email.clone(), domain.to_owned()))
        }
        _ => None,
    };
    let choices = move || {
        let show = show.clone();
        let always = sender.clone().map(|(sender, domain)| {
            let (of_sender, of_domain) = (show.clone(), show.clone());
            view! {
                <button
                    type="button"
                    class="button button-small"
                    data-testid="show-remote-sender"
                    on:click=handler(move |_| of_sender(PicturesOf::Sender))
                >
                    {move || t_string!(i18n, view.remote_sender, sender = &sender).to_string()}
                </button>
                <button
                    type="button"
                    class="button button-small"
                    data-testid="show-remote-domain"
                    on:click=handler(move |_| of_domain(PicturesOf::Domain))
                >
                    {move || t_string!(i18n, view.remote_domain, domain = &domain).to_string()}
                </button>
            }
        });
        view! {
            <div class="message-remote" data-testid="remote-blocked">
                <Icon name="image-off" />
                <p>
                    {move || t_string!(i18n, view.remote_blocked)} " "
                    <span>{move || t_string!(i18n, view.remote_why)}</span>
                </p>
                <div class="message-remote-choices">
                    <button
                        type="button"
                        class="button button-small"
                        data-testid="show-remote"
                        on:click=handler(move |_| show(PicturesOf::Message))
                    >
                        {move || t_string!(i18n, view.remote_show)}
                    </button>
                    {always}
                </div>
            </div>
        }
    };
    view! {
        <Show when=move || has.pictures && !remote.get()>{choices.clone()}</Show>
        <Show when=move || has.trackers != 0>
            <p class="message-note" data-testid="trackers">
                {move || t_string!(i18n, view.trackers, count = has.trackers).to_string()}
            </p>
        </Show>
    }
}
