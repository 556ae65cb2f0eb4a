//! How full the person's space is, beneath the folders. Nothing where the server sets no limit.

use leptos::prelude::*;

use super::{
    icon::Icon,
    words::{number, size_in_1024},
};
use crate::{i18n::*, state::State, wire::Usage};

/// From this on, in percent, it is said that it gets full.
const NEARLY_FULL: u64 = 90;

#[component]
pub fn QuotaGauge() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    move || {
        let quota = state.quota.get();
        let of_messages = quota.messages.map(|usage| (percent(&usage), usage, true));
        let of_storage = quota.storage.map(|usage| (percent(&usage), usage, false));
        // The one that is reached first.
        let (percent, Usage { used, limit }, counts) =
            of_messages.into_iter().chain(of_storage).max_by_key(|(percent, ..)| *percent)?;
        let count = |value: u64| number(u32::try_from(value).unwrap_or(u32::MAX));
        let words = move || match counts {
            true => t_string!(i18n, quota.messages, used = count(used), limit = count(limit)).to_string(),
            false => {
                let (used, limit) = (size_in_1024(i18n, used), size_in_1024(i18n, limit));
                t_string!(i18n, quota.storage, used = used, limit = limit).to_string()
            }
        };
        let warning = (percent >= NEARLY_FULL).then(|| {
            let full = percent >= 100;
            view! {
                <p class="quota-warning">
                    <Icon name="warning" />
                    <span>
                        {move || if full { t_string!(i18n, quota.full) } else { t_string!(i18n, quota.nearly_full) }}
                    </span>
                </p>
            }
        });
        Some(view! {
            <div class="quota" data-testid="quota" data-percent=percent.to_string() role="status">
                {warning}
                <p class="quota-words">{words}</p>
                // An attribute: the page's policy has no inline style.
                <svg class="quota-bar" aria-hidden="true" focusable="false">
                    <rect width=format!("{}%", percent.min(100)) height="100%"></rect>
                </svg>
            </div>
        })
    }
}

/// How much of a limit is used up, in percent.
fn percent(usage: &Usage) -> u64 {
    usage.used.saturating_mul(100).checked_div(usage.limit).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_no_room() {
        for (used, limit, expected) in [(0, 10, 0), (1, 3, 33), (9, 10, 90), (12, 10, 120), (0, 0, 100)] {
            assert_eq!(percent(&Usage { used, limit }), expected, "{used} of {limit}");
        }
    }
}
