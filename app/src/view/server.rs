//! What the person's mail server can do, and what Pismo does about it. A page of its own that needs no script: whoever never
//! looks at it never loads its words.

use leptos::prelude::*;

use super::{
    icon::Icon,
    words::{Words, counted},
};
use crate::{i18n::*, state::Theme};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct ServerPage {
    /// The server's name.
    pub host: String,
    /// None when there is no line to it at the moment, else the names of what it offers, as far as this page knows them (RFC 9051 §7.2.2).
    pub offers: Option<Vec<&'static str>>,
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
            {back(i18n)}
            <h1>{t_string!(i18n, server.title)}</h1>
            <p>{t_string!(i18n, server.about, host = host).to_string()}</p>
            {connections}
            {table}
        </main>
    }
}

/// The way from a page of its own back to the mail.
pub(super) fn back(i18n: Words) -> impl IntoView {
    view! {
        <p>
            <a href="/mail/" class="server-back">
                <Icon name="back" />
                {t_string!(i18n, server.back)}
            </a>
        </p>
    }
}

/// A feature by its name, its RFC, what it is for, and what Pismo does with it and without it.
struct Feature(&'static str, u16, &'static str, &'static str, &'static str);

#[component]
fn Table(offers: Vec<&'static str>) -> impl IntoView {
    let i18n = use_i18n();
    let (yes, no) = (t_string!(i18n, server.yes), t_string!(i18n, server.no));
    let row = |Feature(name, rfc, what, with, without)| {
        let offered = offers.contains(&name);
        let link = format!("https://www.rfc-editor.org/rfc/rfc{rfc}");
        view! {
            <tr data-testid="feature" data-feature=name data-offered=offered.to_string()>
                <th scope="row">
                    {what}
                    <small>
                        <a href=link target="_blank" rel="noopener noreferrer">
                            {name}
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
            <tbody>{features(i18n).into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

/// All rows: first what Pismo makes use of, then what it does without.
fn features(i18n: Words) -> Vec<Feature> {
    macro_rules! used {
        ($name:literal, $rfc:literal, $what:ident, $with:ident, $without:ident) => {
            Feature(
                $name,
                $rfc,
                t_string!(i18n, server.$what),
                t_string!(i18n, server.$with),
                t_string!(i18n, server.$without),
            )
        };
    }
    macro_rules! unused {
        ($name:literal, $rfc:literal, $what:ident, $why:ident) => {
            used!($name, $rfc, $what, $why, $why)
        };
    }
    vec![
        used!("NOTIFY", 5465, notify, notify_with, notify_without),
        used!("IDLE", 2177, idle, idle_with, idle_without),
        used!("CONDSTORE", 7162, condstore, condstore_with, condstore_without),
        used!("LIST-STATUS", 5819, list_status, list_status_with, list_status_without),
        used!("LIST-EXTENDED", 5258, list_extended, list_extended_with, list_extended_without),
        used!("SPECIAL-USE", 6154, special_use, special_use_with, special_use_without),
        used!("NAMESPACE", 2342, namespace, namespace_with, namespace_without),
        used!("ACL", 4314, acl, acl_with, acl_without),
        used!("LIST-MYRIGHTS", 8440, list_myrights, list_myrights_with, list_myrights_without),
        used!("MOVE", 6851, moving, moving_with, moving_without),
        used!("UIDPLUS", 4315, uidplus, uidplus_with, uidplus_without),
        used!("PREVIEW", 8970, preview, preview_with, preview_without),
        used!("ESEARCH", 4731, esearch, esearch_with, esearch_without),
        used!("SORT", 5256, sort, sort_with, sort_without),
        used!("QUOTA", 9208, quota, quota_with, quota_without),
        used!("APPENDLIMIT", 7889, appendlimit, appendlimit_with, appendlimit_without),
        used!("REPLACE", 8508, replace, replace_with, replace_without),
        used!("LITERAL+", 7888, literals, literals_with, literals_without),
        used!("SASL-IR", 4959, sasl_ir, sasl_ir_with, sasl_ir_without),
        used!("ID", 2971, id, id_with, id_without),
        used!("IMAP4rev2", 9051, rev2, rev2_with, rev2_without),
        unused!("QRESYNC", 7162, qresync, qresync_unused),
        unused!("ENABLE", 5161, enable, enable_unused),
        unused!("UTF8=ACCEPT", 6855, utf8, utf8_unused),
        unused!("COMPRESS=DEFLATE", 4978, compress, compress_unused),
        unused!("OBJECTID", 8474, objectid, objectid_unused),
        unused!("BINARY", 3516, binary, binary_unused),
        unused!("METADATA", 5464, metadata, metadata_unused),
        unused!("THREAD=REFERENCES", 5256, thread, thread_unused),
        unused!("MULTISEARCH", 7377, multisearch, multisearch_unused),
        unused!("SEARCH=FUZZY", 6203, fuzzy, fuzzy_unused),
        unused!("WITHIN", 5032, within, within_unused),
    ]
}
