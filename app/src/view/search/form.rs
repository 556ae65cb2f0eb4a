//! A form that writes what can be typed into the search box.

use leptos::{ev, html, prelude::*};

use crate::{
    Client,
    i18n::*,
    state::State,
    view::{handler, words::Words},
};

/// Fields of text, and what each writes before its value.
const TEXTS: [(&str, Label); 4] = [
    ("", |i18n| t_string!(i18n, search.form_words)),
    ("from:", |i18n| t_string!(i18n, view.from)),
    ("to:", |i18n| t_string!(i18n, view.to)),
    ("subject:", |i18n| t_string!(i18n, search.form_subject)),
];

const DAYS: [(&str, Label); 2] =
    [("since:", |i18n| t_string!(i18n, search.form_since)), ("before:", |i18n| t_string!(i18n, search.form_before))];

const MARKS: [(&str, Label); 3] = [
    ("is:unread", |i18n| t_string!(i18n, filter.unread)),
    ("is:starred", |i18n| t_string!(i18n, filter.starred)),
    ("has:attachment", |i18n| t_string!(i18n, filter.attachment)),
];

type Label = fn(Words) -> &'static str;

/// Starts a search when it is sent off.
#[component]
pub fn SearchForm() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let everywhere = RwSignal::new(state.list.query.with_untracked(|query| query.everywhere));
    let field = |(operator, words): (&'static str, Label), kind: &'static str| {
        let node = NodeRef::<html::Input>::new();
        let view = view! {
            <label class="field">
                <span>{move || words(i18n)}</span>
                <input node_ref=node type=kind autocomplete="off" maxlength="200" data-testid=format!("search-{operator}") />
            </label>
        };
        (view, (operator, node))
    };
    let (texts, mut nodes): (Vec<_>, Vec<_>) = TEXTS.into_iter().map(|one| field(one, "text")).unzip();
    let (days, of_days): (Vec<_>, Vec<_>) = DAYS.into_iter().map(|one| field(one, "date")).unzip();
    nodes.extend(of_days);
    let (marks, boxes): (Vec<_>, Vec<_>) = MARKS
        .into_iter()
        .map(|(operator, words)| {
            let on = RwSignal::new(false);
            let view = view! {
                <label class="search-mark">
                    <input
                        type="checkbox"
                        data-testid=format!("search-{operator}")
                        prop:checked=on
                        on:change=handler(move |_| on.update(|on| *on = !*on))
                    />
                    <span>{move || words(i18n)}</span>
                </label>
            };
            (view, (operator, on))
        })
        .unzip();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let written = nodes.iter().filter_map(|(operator, node)| term(operator, &node.get_untracked()?.value()));
        let marked = boxes.iter().filter(|(_, on)| on.get_untracked()).map(|(operator, _)| (*operator).to_owned());
        let search = written.chain(marked).collect::<Vec<_>>().join(" ");
        if !search.is_empty() {
            state.dialog.set(None);
            client.search(&search, everywhere.get_untracked());
        }
    };
    view! {
        <form class="folder-form search-form" on:submit=handler(submit)>
            {texts}
            <div class="search-days">{days}</div>
            {marks}
            <label class="search-mark">
                <input
                    type="checkbox"
                    prop:checked=everywhere
                    on:change=handler(move |_| everywhere.update(|everywhere| *everywhere = !*everywhere))
                />
                <span>{move || t_string!(i18n, search.everywhere)}</span>
            </label>
            <div class="dialog-actions">
                <button type="submit" class="button button-primary" data-testid="search-go">
                    {move || t_string!(i18n, help.search)}
                </button>
            </div>
        </form>
    }
}

/// `from:anna`, `subject:"two words"`; words without an operator stay as they were written.
fn term(operator: &str, value: &str) -> Option<String> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    if operator.is_empty() {
        return Some(value.to_owned());
    }
    let plain = value.replace('"', " ");
    let plain = plain.trim();
    Some(if plain.contains(char::is_whitespace) {
        format!("{operator}\"{plain}\"")
    } else {
        format!("{operator}{plain}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_becomes_a_term() {
        assert_eq!(term("from:", " anna "), Some("from:anna".to_owned()));
        assert_eq!(term("subject:", "big \"deal\""), Some("subject:\"big  deal\"".to_owned()));
        assert_eq!(term("", "one \"two three\""), Some("one \"two three\"".to_owned()));
        assert_eq!(term("to:", "  "), None);
    }
}
