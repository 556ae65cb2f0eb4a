//! Labels of messages as small coloured signs, each with its name in it. A press finds all that have it.

mod menu;

use crate::view::handler;
use leptos::{ev, prelude::*};

use super::words::Words;
use crate::{Client, i18n::*, label, wire::Flag};
pub use menu::LabelMenu;

/// The labels among these flags; `most` of them, in a row, where the others are only counted. Reactive.
pub fn labels(i18n: Words, client: Client, flags: &[Flag], most: Option<usize>) -> Option<AnyView> {
    let mut keywords: Vec<&str> = flags
        .iter()
        .filter_map(|flag| match flag {
            Flag::Keyword(keyword) if label::is_label(keyword) => Some(&**keyword),
            _ => None,
        })
        .collect();
    if keywords.is_empty() {
        return None;
    }
    // Thunderbird's first, in its order.
    keywords.sort_by_key(|keyword| label::known(keyword).unwrap_or(usize::MAX));
    let title = |keyword: &&str| label::title(i18n.get_locale(), keyword);
    let others = most.map_or(&[][..], |most| keywords.get(most..).unwrap_or_default());
    let more = (!others.is_empty()).then(|| {
        let names = others.iter().map(title).collect::<Vec<_>>().join(", ");
        view! {
            <span class="label label-more" title=names.clone()>
                <span aria-hidden="true">{format!("+{}", others.len())}</span>
                <span class="visually-hidden">{names.clone()}</span>
            </span>
        }
    });
    let sign = |keyword: &&str| {
        let name = title(keyword);
        let what = t_string!(i18n, label.find, name = name.clone()).to_string();
        let search = label::search(i18n.get_locale(), keyword);
        let find = move |event: ev::MouseEvent| {
            // The row beneath would open its message.
            event.stop_propagation();
            let everywhere = client.state.list.query.with_untracked(|query| query.everywhere);
            client.search(&search, everywhere);
        };
        view! {
            <button
                type="button"
                class="label"
                // In a list the keyboard goes from row to row.
                tabindex=most.map(|_| "-1")
                data-testid="label"
                data-keyword=keyword.to_string()
                data-colour=label::colour(keyword).to_string()
                title=what
                on:click=handler(find)
            >
                {name}
            </button>
        }
    };
    let shown = keywords.iter().take(most.unwrap_or(usize::MAX)).map(sign).collect_view();
    Some(view! { <span class="labels">{shown}{more}</span> }.into_any())
}
