//! Where messages are written: a card at the foot of the page, or all of a phone.

mod ask;
mod check;
mod files;
mod formats;
mod hint;
mod insert;
mod later;
mod options;
mod sender;

use crate::view::{Item, Show, each, handler};
use leptos::{ev, html, prelude::*};

use super::{
    explain::Explained,
    icon::Icon,
    recipients::Recipients,
    signature::is_blank,
    words::{Words, size},
    writers::Lost,
};
use crate::{
    Client,
    i18n::*,
    state::{Dialog, DraftStatus, State},
    wire::{DraftId, DraftKind},
};
pub use ask::Ask;
use check::{Around, Obstacle, obstacle};
pub use files::has_files;
use files::{Files, Memory};
use formats::{Editor, Formats};
use hint::LeftOut;
use insert::{EmojiButton, PLAIN, TemplatesButton};
use later::LaterButton;
pub use later::LaterForm;
use options::OptionsButton;
use sender::Sender;

/// The composer, while something is being written.
#[component]
pub fn Composer() -> impl IntoView {
    let state = expect_context::<State>();
    // Keyed by what was opened: another draft, or the same as it is now in Drafts, gets fresh fields.
    each(move || {
        let item =
            |id: DraftId| Item::new(format!("{} {}", state.composer.opened.get_value(), id.0), || view! { <Card /> });
        state.composer.id.get().into_iter().map(item).collect()
    })
}

#[component]
fn Card() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let full = RwSignal::new(false);
    let dragged_over = RwSignal::new(false);
    let memory = Memory::new();
    let size_name = move || match (composer.minimised.get(), full.get()) {
        (true, _) => "bar",
        (false, true) => "full",
        (false, false) => "card",
    };
    let open = move || !composer.minimised.get();
    let on_keydown = move |event: ev::KeyboardEvent| {
        if event.default_prevented() || event.is_composing() {
            return;
        }
        match event.key().as_str() {
            "Enter" if event.ctrl_key() || event.meta_key() => {
                event.prevent_default();
                send(state, client, None);
            }
            "Escape" => {
                event.prevent_default();
                client.close_composer();
            }
            _ => {}
        }
    };
    let on_drag = move |event: ev::DragEvent| {
        if files::has_files(&event) {
            event.prevent_default();
            dragged_over.set(true);
        }
    };
    let on_drop = move |event: ev::DragEvent| {
        dragged_over.set(false);
        if let Some(dropped) = event.data_transfer().and_then(|data| data.files()).filter(|files| files.length() > 0) {
            event.prevent_default();
            memory.attach(client, &dropped);
        }
    };
    let limit = move || limits(i18n, state);
    view! {
        <section
            class="compose"
            role="dialog"
            aria-labelledby="compose-title"
            data-testid="compose"
            data-state=move || composer.status.get().name()
            data-size=size_name
            on:keydown=handler(on_keydown)
            on:dragenter=handler(on_drag)
            on:dragover=handler(on_drag)
            on:dragleave=handler(move |event: ev::DragEvent| {
                if event.target() == event.current_target() {
                    dragged_over.set(false);
                }
            })
            on:drop=handler(on_drop)
        >
            <Bar full=full />
            // Out of sight only: the editor keeps what is in it, and what can be taken back.
            <Lost />
            <div class="compose-open-part" hidden=move || !open() inert=move || composer.lost.with(Option::is_some)>
                <Fields memory=memory />
                <Show when=move || composer.problem.with(Option::is_some)>
                    <div class="compose-problem" role="alert">
                        {move || composer.problem.get().map(|error| view! { <Explained error=error /> })}
                    </div>
                </Show>
                <Files memory=memory />
                <Foot memory=memory />
            </div>
            <Show when=move || dragged_over.get()>
                <div class="compose-drop">
                    <p>{move || t_string!(i18n, compose.drop)}</p>
                    <p>{limit}</p>
                </div>
            </Show>
        </section>
    }
}

/// The title, and the size of the card.
#[component]
fn Bar(full: RwSignal<bool>) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let title = move || {
        let subject = composer.subject.get();
        if !subject.trim().is_empty() {
            return subject;
        }
        match composer.original.with(|original| original.as_ref().map(|original| original.kind)) {
            Some(DraftKind::Reply | DraftKind::ReplyAll) => t_string!(i18n, compose.title_reply),
            Some(DraftKind::Forward | DraftKind::ForwardAsFile) => t_string!(i18n, compose.title_forward),
            Some(DraftKind::Edit | DraftKind::Again | DraftKind::Redirect) | None => t_string!(i18n, compose.title_new),
        }
        .to_owned()
    };
    let minimise_words = move || {
        if composer.minimised.get() { t_string!(i18n, compose.restore) } else { t_string!(i18n, compose.minimize) }
    };
    let size_words = move || {
        if full.get() { t_string!(i18n, compose.unmaximize) } else { t_string!(i18n, compose.maximize) }
    };
    view! {
        <div class="compose-bar">
            <h2 id="compose-title">{title}</h2>
            <button
                type="button"
                class="icon-button"
                aria-label=minimise_words
                title=minimise_words
                aria-expanded=move || (!composer.minimised.get()).to_string()
                on:click=handler(move |_| composer.minimised.update(|minimised| *minimised = !*minimised))
            >
                <Show when=move || composer.minimised.get() fallback=|| view! { <Icon name="minimize" /> }>
                    <Icon name="up" />
                </Show>
            </button>
            <button
                type="button"
                class="icon-button compose-size"
                aria-label=size_words
                title=size_words
                on:click=handler(move |_| full.update(|full| *full = !*full))
            >
                <Show when=move || full.get() fallback=|| view! { <Icon name="maximize" /> }>
                    <Icon name="restore" />
                </Show>
            </button>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, help.set_aside)
                title=move || t_string!(i18n, help.set_aside)
                data-testid="compose-close"
                on:click=handler(move |_| client.close_composer())
            >
                <Icon name="x" />
            </button>
        </div>
    }
}

#[component]
fn Fields(memory: Memory) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let to = NodeRef::<html::Input>::new();
    let has_more = untrack(|| !composer.cc.with(Vec::is_empty) || !composer.bcc.with(Vec::is_empty));
    let more = RwSignal::new(has_more);
    // An identity can bring hidden copies: nobody writes to whom they do not see.
    let shown = move || more.get() || !composer.bcc.with(Vec::is_empty);
    // An answer begins above what is quoted; anything else with whom it is for.
    Effect::new(move |_| {
        if let Some(to) = to.get().filter(|_| !composer.begins_in_text.get_value()) {
            request_animation_frame(move || drop(to.focus()));
        }
    });
    view! {
        <Sender />
        <div class="compose-recipients">
            <Recipients
                field=composer.to
                label=Signal::derive(move || t_string!(i18n, compose.to))
                id="compose-to"
                node=to
            />
            <Show when=move || !shown()>
                <button type="button" class="button button-quiet button-small" on:click=handler(move |_| more.set(true))>
                    {move || t_string!(i18n, compose.show_cc)}
                </button>
            </Show>
        </div>
        <Show when=shown>
            <Recipients
                field=composer.cc
                label=Signal::derive(move || t_string!(i18n, compose.cc))
                id="compose-cc"
            />
            <Recipients
                field=composer.bcc
                label=Signal::derive(move || t_string!(i18n, compose.bcc))
                id="compose-bcc"
            />
        </Show>
        <LeftOut />
        <div class="compose-field">
            <label for="compose-subject">{move || t_string!(i18n, compose.subject)}</label>
            <input
                id="compose-subject"
                type="text"
                autocomplete="off"
                maxlength="2000"
                data-testid="compose-subject"
                prop:value=move || composer.subject.get()
                prop:disabled=move || composer.sending.get()
                on:input:target=move |event| {
                    composer.subject.set(event.target().value());
                    client.edited();
                }
            />
        </div>
        <Show when=move || composer.is_formatted() fallback=move || view! { <Plain memory=memory /> }>
            <Formats />
            <Editor />
        </Show>
    }
}

/// Plain text.
#[component]
fn Plain(memory: Memory) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let body = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        if let Some(body) = body.get() {
            request_animation_frame(move || {
                if composer.begins_in_text.get_value() {
                    drop(body.focus());
                }
                drop(body.set_selection_range(0, 0));
                body.set_scroll_top(0);
            });
        }
    });
    let on_paste = move |event: ev::ClipboardEvent| {
        if let Some(pasted) = event.clipboard_data().and_then(|data| data.files()).filter(|files| files.length() > 0) {
            event.prevent_default();
            memory.attach(client, &pasted);
        }
    };
    view! {
        <textarea
            node_ref=body
            id=PLAIN
            class="compose-body"
            dir="auto"
            aria-label=move || t_string!(i18n, compose.body)
            data-testid="compose-body"
            prop:value=move || composer.in_field()
            prop:readOnly=move || composer.sending.get()
            on:input:target=move |event| {
                composer.write(event.target().value());
                client.edited();
            }
            on:paste=handler(on_paste)
        ></textarea>
        <Show when=move || composer.octets_aside() != 0>
            <div class="compose-hint">
                <span>
                    {move || t_string!(i18n, compose.aside, size = size(i18n, composer.octets_aside() as u64)).to_string()}
                </span>
                <button
                    type="button"
                    class="button button-small"
                    data-testid="compose-quote-show"
                    on:click=handler(move |_| composer.take_in())
                >
                    {move || t_string!(i18n, compose.aside_show)}
                </button>
            </div>
        </Show>
    }
}

#[component]
fn Foot(memory: Memory) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let saved = move || match (composer.status.get(), composer.problem.with(Option::is_some)) {
        (DraftStatus::Clean, _) => "",
        (DraftStatus::Dirty, true) => t_string!(i18n, compose.state_failed),
        (DraftStatus::Dirty, false) => t_string!(i18n, compose.state_dirty),
        (DraftStatus::Saving, _) => t_string!(i18n, compose.state_saving),
        (DraftStatus::Saved, _) => t_string!(i18n, compose.state_saved),
    };
    let limit = move || limits(i18n, state);
    let discard = move |_| {
        let is_empty = composer.draft().is_none_or(|draft| {
            is_blank(&draft.body, &composer.choices.get_value())
                && draft.subject.trim().is_empty()
                && draft.attachments.is_empty()
        });
        if is_empty {
            client.discard();
        } else {
            state.dialog.set(Some(Dialog::Discard));
        }
    };
    view! {
        <div class="compose-foot">
            <button
                type="button"
                class="button button-primary"
                title="Ctrl+Enter"
                data-testid="compose-send"
                prop:disabled=move || composer.sending.get()
                on:click=handler(move |_| send(state, client, None))
            >
                <Icon name="sent" />
                {move || {
                    if composer.sending.get() {
                        t_string!(i18n, compose.sending)
                    } else {
                        t_string!(i18n, compose.send)
                    }
                }}
            </button>
            <LaterButton />
            <span class="icon-button compose-attach" title=limit>
                <Icon name="paperclip" />
                <input
                    type="file"
                    multiple
                    aria-label=move || format!("{}. {}", t_string!(i18n, compose.attach), limit())
                    data-testid="compose-attach"
                    on:change:target=move |event| {
                        if let Some(chosen) = event.target().files() {
                            memory.attach(client, &chosen);
                        }
                        event.target().set_value("");
                    }
                />
            </span>
            <Show when=move || !composer.is_formatted()>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || t_string!(i18n, format.title)
                    title=move || t_string!(i18n, format.title)
                    data-testid="compose-formatted"
                    prop:disabled=move || composer.sending.get()
                    on:click=handler(move |_| client.write_formatted())
                >
                    <Icon name="letters" />
                </button>
            </Show>
            <TemplatesButton />
            <EmojiButton />
            <OptionsButton />
            <span class="compose-state" role="status">
                {saved}
            </span>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, compose.discard)
                title=move || t_string!(i18n, compose.discard)
                data-testid="compose-discard"
                on:click=handler(discard)
            >
                <Icon name="trash" />
            </button>
        </div>
    }
}

/// Sends, at this moment where one was chosen, unless something is missing; what may be meant so is asked.
pub(crate) fn send(state: State, client: Client, at: Option<i64>) {
    client.when_checked(move || client.when_said(move || send_now(state, client, at)));
}

fn send_now(state: State, client: Client, at: Option<i64>) {
    let composer = state.composer;
    let Some(draft) = composer.draft() else {
        return;
    };
    let around = Around {
        copies: composer.choices.get_value().bcc,
        failed: untrack(|| composer.files.with(|all| all.iter().any(files::has_failed))),
        uploading: untrack(|| composer.is_uploading()),
        doubts: composer.doubts.get_untracked(),
        inside: composer.inside.get_value(),
        together: composer.together.get_value(),
        unfilled: composer.unfilled.get_value(),
        answered: composer.answered.get_untracked(),
    };
    match obstacle(&draft, &around) {
        None => client.send_draft(at),
        Some(Obstacle::Error(error)) => composer.problem.set(Some(error)),
        Some(Obstacle::Files) => files::point_out(),
        Some(Obstacle::Ask(check)) => state.dialog.set(Some(Dialog::Check { check, at })),
    }
}

/// How large files may be.
fn limits(i18n: Words, state: State) -> String {
    let each = size(i18n, state.upload_limit.get());
    match state.files_limit.get() {
        Some(all) => t_string!(i18n, compose.attach_limit_of_all, size = each, all = size(i18n, all)).to_string(),
        None => t_string!(i18n, compose.attach_limit, size = each).to_string(),
    }
}
