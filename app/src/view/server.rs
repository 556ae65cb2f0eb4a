//! What the person's mail server can do, and what Pismo does about it. A page of its own that needs no script: whoever never
//! looks at it never loads its words.

use leptos::prelude::*;

use super::{icon::Icon, words::counted};
use crate::{i18n::*, state::Theme};

/// What a server offers of what Pismo makes use of (RFC 9051 §7.2.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offers {
    /// RFC 5465
    pub notify: bool,
    /// RFC 2177
    pub idle: bool,
    /// RFC 7162
    pub condstore: bool,
    /// RFC 5819
    pub list_status: bool,
    /// RFC 6154
    pub special_use: bool,
    /// RFC 6851
    pub r#move: bool,
    /// RFC 4315
    pub uidplus: bool,
    /// RFC 8970
    pub preview: bool,
    /// RFC 4731
    pub esearch: bool,
    /// RFC 7888, either of the two.
    pub literals: bool,
}

/// What the page shows.
#[derive(Debug, Clone)]
pub struct ServerPage {
    /// The server's name.
    pub host: String,
    /// None when there is no line to it at the moment.
    pub offers: Option<Offers>,
    /// Sessions that Pismo opens for the account, at most.
    pub connections: Option<usize>,
    pub language: Locale,
    pub theme: Theme,
}

/// The page.
#[component]
pub fn Server(server: ServerPage) -> impl IntoView {
    let i18n = use_i18n();
    let ServerPage { host, offers, connections, .. } = server;
    let connections = connections.and_then(|most| u32::try_from(most).ok());
    let connections =
        connections.map(|most| view! { <p data-testid="connections">{counted!(i18n, server.connections, most)}</p> });
    let table = match offers {
        Some(offers) => view! { <Table offers /> }.into_any(),
        None => view! { <p role="status">{t_string!(i18n, server.no_line)}</p> }.into_any(),
    };
    view! {
        <main class="server">
            <p>
                <a href="/mail/" class="server-back">
                    <Icon name="back" />
                    {t_string!(i18n, server.back)}
                </a>
            </p>
            <h1>{t_string!(i18n, server.title)}</h1>
            <p>{t_string!(i18n, server.about, host = host).to_string()}</p>
            {connections}
            {table}
        </main>
    }
}

#[component]
fn Table(offers: Offers) -> impl IntoView {
    let i18n = use_i18n();
    let row = |feature: &'static str,
               rfc: &'static str,
               what: &'static str,
               offered: bool,
               with: &'static str,
               without: &'static str| {
        let link = format!("https://www.rfc-editor.org/rfc/rfc{rfc}");
        let (yes, no) = (t_string!(i18n, server.yes), t_string!(i18n, server.no));
        view! {
            <tr data-testid="feature" data-feature=feature data-offered=offered.to_string()>
                <th scope="row">
                    {what}
                    <small>
                        <a href=link target="_blank" rel="noopener noreferrer">
                            {feature}
                        </a>
                    </small>
                </th>
                <td class="server-offered">{if offered { yes } else { no }}</td>
                <td>{if offered { with } else { without }}</td>
            </tr>
        }
    };
    view! {
        <table class="server-table">
            <thead>
                <tr>
                    <th scope="col">{t_string!(i18n, server.feature)}</th>
                    <th scope="col">{t_string!(i18n, server.offered)}</th>
                    <th scope="col">{t_string!(i18n, server.does)}</th>
                </tr>
            </thead>
            <tbody>
                {row(
                    "NOTIFY",
                    "5465",
                    t_string!(i18n, server.notify),
                    offers.notify,
                    t_string!(i18n, server.notify_with),
                    t_string!(i18n, server.notify_without),
                )}
                {row(
                    "IDLE",
                    "2177",
                    t_string!(i18n, server.idle),
                    offers.idle,
                    t_string!(i18n, server.idle_with),
                    t_string!(i18n, server.idle_without),
                )}
                {row(
                    "CONDSTORE",
                    "7162",
                    t_string!(i18n, server.condstore),
                    offers.condstore,
                    t_string!(i18n, server.condstore_with),
                    t_string!(i18n, server.condstore_without),
                )}
                {row(
                    "LIST-STATUS",
                    "5819",
                    t_string!(i18n, server.list_status),
                    offers.list_status,
                    t_string!(i18n, server.list_status_with),
                    t_string!(i18n, server.list_status_without),
                )}
                {row(
                    "SPECIAL-USE",
                    "6154",
                    t_string!(i18n, server.special_use),
                    offers.special_use,
                    t_string!(i18n, server.special_use_with),
                    t_string!(i18n, server.special_use_without),
                )}
                {row(
                    "MOVE",
                    "6851",
                    t_string!(i18n, server.moving),
                    offers.r#move,
                    t_string!(i18n, server.moving_with),
                    t_string!(i18n, server.moving_without),
                )}
                {row(
                    "UIDPLUS",
                    "4315",
                    t_string!(i18n, server.uidplus),
                    offers.uidplus,
                    t_string!(i18n, server.uidplus_with),
                    t_string!(i18n, server.uidplus_without),
                )}
                {row(
                    "PREVIEW",
                    "8970",
                    t_string!(i18n, server.preview),
                    offers.preview,
                    t_string!(i18n, server.preview_with),
                    t_string!(i18n, server.preview_without),
                )}
                {row(
                    "ESEARCH",
                    "4731",
                    t_string!(i18n, server.esearch),
                    offers.esearch,
                    t_string!(i18n, server.esearch_with),
                    t_string!(i18n, server.esearch_without),
                )}
                {row(
                    "LITERAL+",
                    "7888",
                    t_string!(i18n, server.literals),
                    offers.literals,
                    t_string!(i18n, server.literals_with),
                    t_string!(i18n, server.literals_without),
                )}
            </tbody>
        </table>
    }
}
