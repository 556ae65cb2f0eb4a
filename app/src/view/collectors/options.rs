//! What can be chosen of a collector, and what it asks.

use leptos::prelude::*;

use super::Card;
use crate::{
    i18n::*,
    view::words::{Words, counted},
    wire::{Collector, CollectorKind, CollectorOptions, CollectorState},
};

/// The least often that a source can be looked at, in minutes.
const SELDOM: u32 = 7 * 24 * 60;

impl Card {
    /// What can be chosen, also after it was added.
    pub(super) fn options(&self, i18n: Words, action: String) -> impl IntoView + use<> {
        let Collector { id, kind, ref options, .. } = self.collector;
        let CollectorOptions { follow_flags, follow_gone, minutes, at_once, seen, delete_after, .. } = *options;
        let number =
            move |name: &'static str, words: &'static str, about: Option<&'static str>, most: u32, value: String| {
                view! {
                    <label class="field">
                        <span>{words}</span>
                        <input
                            name=name
                            type="number"
                            inputmode="numeric"
                            min=if name == "delete_after" { "0" } else { "1" }
                            max=most.to_string()
                            required=name != "delete_after"
                            value=value
                            data-testid=format!("collector-{}", name.replace('_', "-"))
                        />
                        {about.map(|about| view! { <small>{about}</small> })}
                    </label>
                }
            };
        let tick = move |name: &'static str, words: &'static str, about: Option<&'static str>, checked: bool| {
            view! {
                <label class="choice">
                    <input
                        type="checkbox"
                        name=name
                        value="1"
                        checked=checked
                        data-testid=format!("collector-{}", name.replace('_', "-"))
                    />
                    <span>{words} {about.map(|about| view! { <small>{about}</small> })}</span>
                </label>
            }
        };
        let of_its_kind = match kind {
            CollectorKind::Imap => view! {
                {tick("follow_flags", t_string!(i18n, collect.follow), None, follow_flags)}
                {tick(
                    "follow_gone",
                    t_string!(i18n, collect.follow_gone),
                    Some(t_string!(i18n, collect.follow_gone_about)),
                    follow_gone,
                )}
                {number(
                    "at_once",
                    t_string!(i18n, collect.at_once),
                    Some(t_string!(i18n, collect.at_once_about)),
                    4,
                    at_once.to_string(),
                )}
            }
            .into_any(),
            CollectorKind::Pop3 => view! {
                {tick("seen", t_string!(i18n, collect.seen), None, seen)}
                {number(
                    "delete_after",
                    t_string!(i18n, collect.delete_after),
                    Some(t_string!(i18n, collect.delete_about)),
                    3650,
                    delete_after.map_or_else(String::new, |days| days.to_string()),
                )}
            }
            .into_any(),
            CollectorKind::Files => ().into_any(),
        };
        view! {
            <details class="collector-options" id=format!("options-{}", id.0)>
                <summary data-testid="collector-options">{t_string!(i18n, collect.options)}</summary>
                <form method="post" action=action>
                    {number("minutes", t_string!(i18n, collect.every), None, SELDOM, minutes.to_string())}
                    {of_its_kind}
                    <p>
                        <button type="submit" class="button" data-testid="collector-options-save">
                            {t_string!(i18n, collect.save)}
                        </button>
                    </p>
                </form>
            </details>
        }
    }

    /// What became of messages there that are still here, where that is for the person to decide.
    pub(super) fn gone(&self, i18n: Words, action: &str) -> Option<impl IntoView + use<>> {
        let asks = self.collector.options.follow_gone && self.collector.state != CollectorState::Running;
        let count = Some(self.gone).filter(|count| *count > 0 && asks)?;
        let button = |what: &'static str, words: &'static str| {
            view! {
                <form method="post" action=action.to_owned()>
                    <input type="hidden" name="count" value=count.to_string() />
                    <button
                        type="submit"
                        class="button"
                        name="what"
                        value=what
                        data-testid=format!("collector-gone-{what}")
                    >
                        {words}
                    </button>
                </form>
            }
        };
        Some(view! {
            <div class="collector-asks" data-testid="collector-gone">
                <p>{counted!(i18n, collect.gone, count)}</p>
                <div class="collector-actions">
                    {button("trash", t_string!(i18n, collect.gone_trash))}
                    {button("keep", t_string!(i18n, collect.gone_keep))}
                </div>
            </div>
        })
    }
}
