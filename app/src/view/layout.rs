//! The page of someone who is signed in: header, folders, list, message; and what comes in front of them.

use crate::view::{Show, handler};
use leptos::{ev, prelude::*};

use super::{
    composer::Composer,
    dialog::Dialogs,
    explain::error_text,
    icon::Icon,
    keyboard,
    mailbox_list::MailboxList,
    message::MessageView,
    message_list::MessageList,
    outbox::Outbox,
    quota::QuotaGauge,
    search::{Search, SearchProgress},
    toast::Toasts,
    toolbar::{ListToolbar, ReaderToolbar, list_title},
    words::{Words, path_name},
};
use crate::{
    Client, i18n,
    i18n::*,
    state::{Connection, Dialog, State},
    wire::SpecialUse,
};

/// The element of the page that says that the app has met with a fault of its own.
pub const BROKEN: &str = "broken";

/// All of it. Needs [`State`] and [`Client`] in its context.
#[component]
pub fn App() -> impl IntoView {
    let state = expect_context::<State>();
    i18n::provide(state.language.into());
    let i18n = use_i18n();
    let client = expect_context::<Client>();
    keyboard::listen(state, client);
    follow(i18n, state);
    Effect::new(move |_| {
        if state.signed_out.get() {
            client.leave_for_login();
        }
    });
    let opened = Memo::new(move |_| state.opened.target.with(Option::is_some));
    let pane = move || match (state.drawer.get(), opened.get()) {
        (true, _) => "mailboxes",
        (false, true) => "message",
        (false, false) => "list",
    };
    view! {
        <div class="layout" data-pane=pane>
            <a class="skip-link" href="#messages">{move || t_string!(i18n, app.skip)}</a>
            <ConnectionBar />
            <header class="layout-header">
                <button
                    type="button"
                    class="icon-button layout-menu"
                    aria-label=move || t_string!(i18n, app.menu)
                    aria-expanded=move || state.drawer.get().to_string()
                    on:click=handler(move |_| state.drawer.update(|drawer| *drawer = !*drawer))
                >
                    <Icon name="menu" />
                </button>
                <a class="brand" href="/" on:click=handler(move |event: ev::MouseEvent| go_home(&event, state, client))>
                    <Icon name="pismo" />
                    <span>"Pismo"</span>
                </a>
                <Search />
                <ConnectionState />
                <Account />
            </header>
            <div class="layout-sidebar">
                <button
                    type="button"
                    class="button button-primary compose-open"
                    data-testid="compose-open"
                    on:click=handler(move |_| client.compose_new())
                >
                    <Icon name="pen" />
                    <span>{move || t_string!(i18n, action.compose)}</span>
                </button>
                <MailboxList />
                <Outbox />
                <QuotaGauge />
            </div>
            <button
                type="button"
                class="layout-scrim"
                tabindex="-1"
                aria-label=move || t_string!(i18n, app.close)
                on:click=handler(move |_| state.drawer.set(false))
            ></button>
            <main class="layout-main">
                <h1 class="visually-hidden">{move || list_title(i18n, state)}</h1>
                <section class="layout-list" aria-label=move || t_string!(i18n, app.messages)>
                <ListToolbar />
                <SearchProgress />
                <MessageList />
                <button
                    type="button"
                    class="compose-fab"
                    data-testid="compose-open"
                    aria-label=move || t_string!(i18n, action.compose)
                    on:click=handler(move |_| client.compose_new())
                >
                    <Icon name="pen" />
                </button>
                </section>
                <section class="layout-reader" aria-label=move || t_string!(i18n, app.message)>
                <Show when=move || opened.get()>
                    <ReaderToolbar />
                </Show>
                <MessageView />
                </section>
            </main>
        </div>
        <Composer />
        <Dialogs />
        <Toasts />
    }
}

/// The document as a whole: its title, language and colours.
fn follow(i18n: Words, state: State) {
    let inbox = Memo::new(move |_| state.mailboxes.by_use(SpecialUse::Inbox));
    let title = move || {
        let unseen = inbox.with(|inbox| inbox.as_ref().map_or(0, |inbox| state.counts(inbox).unseen));
        let place = state.list.query.with(|query| path_name(i18n, state, &query.mailbox));
        let count = if unseen > 0 { format!("({unseen}) ") } else { String::new() };
        format!("{count}{place} — Pismo")
    };
    Effect::new(move |_| document().set_title(&title()));
    let set = |name: &str, value: &str| {
        if let Some(root) = document().document_element() {
            drop(root.set_attribute(name, value));
        }
    };
    Effect::new(move |_| set("lang", i18n::tag(state.language.get())));
    Effect::new(move |_| set("data-theme", state.theme.get().name()));
}

fn go_home(event: &ev::MouseEvent, state: State, client: Client) {
    let inbox = untrack(|| state.mailboxes.by_use(SpecialUse::Inbox));
    if let Some(inbox) = inbox.filter(|_| super::mailbox_list::is_plain(event)) {
        event.prevent_default();
        client.open_mailbox(&inbox.mailbox.path);
    }
}

/// One word on the line to the mail server.
#[component]
fn ConnectionState() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let connection = Memo::new(move |_| state.connection());
    let words = move || match connection.get() {
        Connection::Live => t_string!(i18n, connection.live),
        Connection::Connecting => t_string!(i18n, connection.connecting),
        Connection::Offline(_) => t_string!(i18n, connection.offline),
    };
    view! {
        <span
            class="layout-status"
            role="status"
            data-testid="connection-state"
            data-state=move || connection.with(Connection::name)
            title=words
        >
            <span class="layout-status-text">{words}</span>
        </span>
    }
}

/// What it means that there is no line. There only while there is none.
#[component]
fn ConnectionBar() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let connection = Memo::new(move |_| state.connection());
    move || {
        let Connection::Offline(reason) = connection.get() else {
            return None;
        };
        let here = reason.is_none();
        let words = move || match &reason {
            None => t_string!(i18n, connection.offline_bar).to_owned(),
            Some(error) => error_text(i18n, error),
        };
        Some(view! {
            <div class="connection-bar" role="status" data-state="offline">
                <Icon name="offline" />
                <span>{words}</span>
                {here.then(|| view! {
                    <button type="button" class="button button-quiet button-small" on:click=handler(move |_| client.reconnect())>
                        {move || t_string!(i18n, connection.retry)}
                    </button>
                })}
            </div>
        })
    }
}

/// Help, settings, and the way out.
#[component]
fn Account() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let client = expect_context::<Client>();
    let show = move |dialog: Dialog| state.dialog.set(Some(dialog));
    view! {
        <div class="layout-account">
            <button
                type="button"
                class="icon-button layout-help"
                aria-label=move || t_string!(i18n, app.help)
                title=move || t_string!(i18n, app.help)
                on:click=handler(move |_| show(Dialog::Help))
            >
                <Icon name="help" />
            </button>
            <button
                type="button"
                class="icon-button"
                data-testid="settings-open"
                aria-label=move || t_string!(i18n, settings.title)
                title=move || t_string!(i18n, settings.title)
                on:click=handler(move |_| show(Dialog::Settings))
            >
                <Icon name="user" />
            </button>
            <form method="post" action="/logout" on:submit=handler(move |_| client.platform().forget_drafts())>
                <button
                    type="submit"
                    class="icon-button"
                    data-testid="sign-out"
                    aria-label=move || t_string!(i18n, app.sign_out)
                    title=move || t_string!(i18n, app.sign_out)
                >
                    <Icon name="sign-out" />
                </button>
            </form>
        </div>
    }
}
