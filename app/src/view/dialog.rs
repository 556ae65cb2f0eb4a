//! Questions and sheets in front of everything else, in the browser's own `<dialog>`.

use crate::view::handler;
use leptos::{ev, html, prelude::*};

use super::{
    composer::{Ask, LaterForm},
    filter::DayForm,
    help::Help,
    icon::Icon,
    mailbox_list::FolderForm,
    outbox::OutboxList,
    redirect::RedirectForm,
    search::{KeepForm, SearchForm},
    settings::SettingsSheet,
    words::{counted, folder_name},
    writers::writer_text,
};
use crate::{
    Client,
    i18n::*,
    state::{Dialog, State},
    wire::Selection,
};

/// Whatever [`State::dialog`] asks for.
#[component]
pub fn Dialogs() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let close = move || state.dialog.set(None);
    move || {
        state.dialog.get().map(|dialog| match dialog {
            Dialog::Erase { selection, count } => {
                let in_trash =
                    untrack(|| client.only_in_trash(&selection)) || matches!(selection, Selection::Mailbox { .. });
                let text = move || {
                    if in_trash {
                        counted!(i18n, ask.erase_text, count)
                    } else {
                        counted!(i18n, ask.no_trash_text, count)
                    }
                };
                let yes = move || client.erase(selection.clone());
                view! {
                    <Question
                        title=move || t_string!(i18n, ask.erase_title).to_string()
                        text=text
                        yes=move || t_string!(i18n, ask.erase).to_string()
                        no=move || t_string!(i18n, app.cancel).to_string()
                        danger=true
                        on_yes=yes
                        on_close=close
                    />
                }
                .into_any()
            }
            Dialog::Folder { path, parent } => {
                let title = {
                    let is_new = path.is_none();
                    move || {
                        if is_new { t_string!(i18n, folder.create) } else { t_string!(i18n, folder.rename_title) }
                            .to_owned()
                    }
                };
                view! {
                    <Modal title size="small" on_close=close>
                        <FolderForm path parent />
                    </Modal>
                }
                .into_any()
            }
            Dialog::DeleteFolder { path } => {
                let folder = untrack(|| state.mailboxes.by_path(&path));
                let inside = untrack(|| client.inside(&path));
                let messages = untrack(|| {
                    folder.iter().chain(&inside).map(|folder| state.counts(folder).total).fold(0, u32::saturating_add)
                });
                let inside = u32::try_from(inside.len()).unwrap_or(u32::MAX);
                let text = move || {
                    let mut text = counted!(i18n, ask.delete_folder_text, messages);
                    if inside > 0 {
                        text = format!("{text} {}", counted!(i18n, ask.delete_folder_inside, inside));
                    }
                    format!("{text} {}", t_string!(i18n, ask.for_good))
                };
                let name = folder.map(|folder| folder_name(i18n, &folder.mailbox)).unwrap_or_default();
                view! {
                    <Question
                        title=move || t_string!(i18n, ask.delete_folder_title, name = name.clone()).to_string()
                        text=text
                        yes=move || t_string!(i18n, ask.delete_folder).to_string()
                        no=move || t_string!(i18n, app.cancel).to_string()
                        danger=true
                        on_yes=move || client.delete_folder(&path)
                        on_close=close
                    />
                }
                .into_any()
            }
            Dialog::Discard => view! {
                <Question
                    title=move || t_string!(i18n, compose.discard_title).to_string()
                    text=move || t_string!(i18n, compose.discard_text).to_string()
                    yes=move || t_string!(i18n, compose.discard_yes).to_string()
                    no=move || t_string!(i18n, compose.discard_no).to_string()
                    danger=true
                    on_yes=move || client.discard()
                    on_close=close
                />
            }
            .into_any(),
            Dialog::Check { check, at } => view! { <Ask check at /> }.into_any(),
            Dialog::Later => {
                // Another question may have taken its place before it hears that it is closed.
                let close = move || {
                    if state.dialog.with_untracked(|dialog| *dialog == Some(Dialog::Later)) {
                        close();
                    }
                };
                view! {
                    <Modal title=move || t_string!(i18n, compose.later).to_string() size="small" on_close=close>
                        <LaterForm />
                    </Modal>
                }
                .into_any()
            }
            Dialog::TakeDraft { message } => {
                let writer = untrack(|| state.writer_at(&message));
                let text = move || {
                    let who = writer.as_ref().map(|writer| writer_text(i18n, state, writer)).unwrap_or_default();
                    format!("{who}. {}", t_string!(i18n, compose.take_text))
                };
                view! {
                    <Question
                        title=move || t_string!(i18n, compose.take_title).to_string()
                        text=text
                        yes=move || t_string!(i18n, compose.go_on_here).to_string()
                        no=move || t_string!(i18n, compose.only_read).to_string()
                        on_yes=move || client.take_draft(&message)
                        on_close=close
                    />
                }
                .into_any()
            }
            Dialog::Redirect { draft, problem } => {
                let asked = draft.clone();
                view! {
                    <Modal
                        title=move || t_string!(i18n, compose.redirect).to_string()
                        size="small"
                        on_close=move || client.close_redirect(&asked)
                    >
                        <RedirectForm draft problem />
                    </Modal>
                }
                .into_any()
            }
            Dialog::Unsubscribe { message, host } => view! {
                <Question
                    title=move || t_string!(i18n, leave.title).to_string()
                    text=move || t_string!(i18n, leave.text, host = host.clone()).to_string()
                    yes=move || t_string!(i18n, leave.button).to_string()
                    no=move || t_string!(i18n, app.cancel).to_string()
                    on_yes=move || client.unsubscribe(&message)
                    on_close=close
                />
            }
            .into_any(),
            Dialog::Search => view! {
                <Modal title=move || t_string!(i18n, search.form).to_string() size="small" on_close=close>
                    <SearchForm />
                </Modal>
            }
            .into_any(),
            Dialog::KeepSearch => view! {
                <Modal title=move || t_string!(i18n, search.keep).to_string() size="small" on_close=close>
                    <KeepForm />
                </Modal>
            }
            .into_any(),
            Dialog::Day => view! {
                <Modal title=move || t_string!(i18n, filter.day).to_string() size="small" on_close=close>
                    <DayForm />
                </Modal>
            }
            .into_any(),
            Dialog::Help => view! { <Help /> }.into_any(),
            Dialog::Outbox => view! {
                <Modal title=move || t_string!(i18n, outbox.title).to_string() size="wide" on_close=close>
                    <OutboxList />
                </Modal>
            }
            .into_any(),
            Dialog::Settings => view! {
                <Modal title=move || t_string!(i18n, settings.title).to_string() size="small" on_close=close>
                    <SettingsSheet />
                </Modal>
            }
            .into_any(),
        })
    }
}

/// A box in front of the page, with a title and a way to close it. Open as long as it is there.
#[component]
pub fn Modal(
    #[prop(into)] title: Signal<String>,
    /// `small`, `wide` or `full`.
    size: &'static str,
    #[prop(into)] on_close: Callback<()>,
    children: Children,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<html::Dialog>::new();
    show(node);
    view! {
        <dialog
            node_ref=node
            class=format!("dialog dialog-{size}")
            aria-labelledby="dialog-title"
            on:close=handler(move |_| on_close.run(()))
            // The keys are for what is in front.
            on:keydown=handler(|event: ev::KeyboardEvent| event.stop_propagation())
            on:click=handler(move |event: ev::MouseEvent| close_from_beside(node, &event))
        >
            <div class="dialog-head">
                <h2 id="dialog-title">{title}</h2>
                <button
                    type="button"
                    class="icon-button"
                    aria-label=move || t_string!(i18n, app.close)
                    title=move || t_string!(i18n, app.close)
                    on:click=handler(move |_| close(node))
                >
                    <Icon name="x" />
                </button>
            </div>
            <div class="dialog-content" tabindex="0" role="group" aria-labelledby="dialog-title">
                {children()}
            </div>
        </dialog>
    }
}

/// A question with two answers, or three; the second, closing and Esc are all no.
#[component]
pub fn Question(
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] yes: Signal<String>,
    #[prop(into)] no: Signal<String>,
    /// Whether yes cannot be taken back.
    #[prop(optional)]
    danger: bool,
    /// Another answer between the two.
    #[prop(default = None)]
    also: Option<(Signal<String>, Callback<()>)>,
    #[prop(into)] on_yes: Callback<()>,
    #[prop(into)] on_close: Callback<()>,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    show(node);
    let also = also.map(|(words, on_also)| {
        let chosen = move |_| {
            close(node);
            on_also.run(());
        };
        view! {
            <button type="button" class="button" data-testid="dialog-also" on:click=handler(chosen)>
                {words}
            </button>
        }
    });
    view! {
        <dialog
            node_ref=node
            class="dialog"
            role="alertdialog"
            aria-labelledby="question-title"
            aria-describedby="question-text"
            on:close=handler(move |_| on_close.run(()))
            // The keys are for what is in front.
            on:keydown=handler(|event: ev::KeyboardEvent| event.stop_propagation())
            on:click=handler(move |event: ev::MouseEvent| close_from_beside(node, &event))
        >
            <div class="dialog-head">
                <h2 id="question-title">{title}</h2>
            </div>
            <div class="dialog-content">
                <p id="question-text">{text}</p>
            </div>
            <div class="dialog-actions">
                <button type="button" class="button" autofocus=danger on:click=handler(move |_| close(node))>
                    {no}
                </button>
                {also}
                <button
                    type="button"
                    class="button"
                    class:button-danger=danger
                    class:button-primary=!danger
                    autofocus=!danger
                    data-testid="dialog-yes"
                    on:click=handler(move |_| {
                        close(node);
                        on_yes.run(());
                    })
                >
                    {yes}
                </button>
            </div>
        </dialog>
    }
}

/// In front as soon as it is in the document; the focus goes back to where it was when it goes.
fn show(node: NodeRef<html::Dialog>) {
    Effect::new(move |_| {
        if let Some(dialog) = node.get().filter(|dialog| !dialog.open()) {
            // Fails only when it is not in the document any more.
            drop(dialog.show_modal());
        }
    });
    on_cleanup(move || close(node));
}

fn close(node: NodeRef<html::Dialog>) {
    if let Some(dialog) = node.try_get_untracked().flatten() {
        dialog.close();
    }
}

/// A press on what is behind closes: it is reported on the dialog itself.
fn close_from_beside(node: NodeRef<html::Dialog>, event: &ev::MouseEvent) {
    if event.target() == event.current_target() {
        close(node);
    }
}
