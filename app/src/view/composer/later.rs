//! When a message goes out, if not now.

use std::time::Duration;

use leptos::{ev, html, prelude::*};

use super::send;
use crate::{
    Client,
    i18n::*,
    state::{Dialog, State},
    view::{
        date::{full_date, iso, moment, now, wall},
        handler,
        icon::Icon,
        words::Words,
    },
    wire::When,
};

/// A day, an hour, and a week, in seconds.
const DAY: i64 = 24 * HOUR;
const HOUR: i64 = 3600;
const WEEK: i64 = 7 * DAY;

/// Asks when to send.
#[component]
pub fn LaterButton() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    view! {
        <button
            type="button"
            class="icon-button"
            aria-haspopup="dialog"
            aria-label=move || t_string!(i18n, compose.later)
            title=move || t_string!(i18n, compose.later)
            data-testid="compose-later"
            prop:disabled=move || state.composer.sending.get()
            on:click=handler(move |_| state.dialog.set(Some(Dialog::Later)))
        >
            <Icon name="clock" />
        </button>
    }
}

/// Times to choose from, and a field for any other.
#[component]
pub fn LaterForm() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let input = NodeRef::<html::Input>::new();
    let choose = move |at: i64| {
        state.dialog.set(None);
        // What is asked before sending comes when this is away: it would be closed with it.
        client.platform().after(Duration::ZERO, Box::new(move || send(state, client, Some(at))));
    };
    let shown = wall(now());
    let choices = choices(shown).into_iter().map(|choice| {
        let Choice { wall, testid, words } = choice;
        let at = moment(wall);
        view! {
            <button
                type="button"
                class="menu-item later-choice"
                data-testid=testid
                on:click=handler(move |_| choose(at))
            >
                <Icon name="clock" />
                <span>{move || words(i18n)}</span>
                <span class="later-date">{move || full_date(state, at)}</span>
            </button>
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let chosen = input.get_untracked().map(|input| input.value_as_number()).filter(|at| at.is_finite());
        #[expect(clippy::cast_possible_truncation, reason = "JavaScript counts in doubles")]
        if let Some(chosen) = chosen {
            choose(moment((chosen / 1000.0) as i64));
        }
    };
    let field = |wall: i64| iso(wall).trim_end_matches('Z').to_owned();
    let zone = client.platform().zone();
    view! {
        <div>{choices.collect_view()}</div>
        <form class="folder-form" on:submit=handler(submit)>
            <label class="field">
                <span>{move || t_string!(i18n, compose.later_at)}</span>
                <input
                    node_ref=input
                    type="datetime-local"
                    required
                    data-testid="compose-later-at"
                    min=field(shown)
                    max=field(shown + When::FURTHEST - DAY)
                    value=field(morning(shown + DAY))
                />
                <small>{move || t_string!(i18n, compose.later_zone, zone = zone.clone())}</small>
            </label>
            <div class="dialog-actions">
                <button type="submit" class="button button-primary" data-testid="compose-later-send">
                    {move || t_string!(i18n, compose.later_send)}
                </button>
            </div>
        </form>
    }
}

/// A time to choose.
struct Choice {
    /// What the person's clock shows then, as in [`wall`].
    wall: i64,
    testid: &'static str,
    words: fn(Words) -> &'static str,
}

/// What is offered where the person's clock shows this. Pure.
fn choices(shown: i64) -> Vec<Choice> {
    let today = shown - shown.rem_euclid(DAY);
    let tomorrow = morning(shown + DAY);
    // As many days later as make it a Monday. 1970 began with a Thursday.
    let monday = tomorrow + (3 * DAY - today).rem_euclid(WEEK);
    let mut choices = Vec::new();
    if shown < today + 17 * HOUR {
        let words: fn(Words) -> _ = |i18n| t_string!(i18n, compose.later_evening);
        choices.push(Choice { wall: today + 18 * HOUR, testid: "compose-later-evening", words });
    }
    let words: fn(Words) -> _ = |i18n| t_string!(i18n, compose.later_tomorrow);
    choices.push(Choice { wall: tomorrow, testid: "compose-later-tomorrow", words });
    if monday != tomorrow {
        let words: fn(Words) -> _ = |i18n| t_string!(i18n, compose.later_monday);
        choices.push(Choice { wall: monday, testid: "compose-later-monday", words });
    }
    choices
}

/// Eight o'clock of a day.
fn morning(shown: i64) -> i64 {
    shown - shown.rem_euclid(DAY) + 8 * HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23, a Monday, at midnight.
    const MONDAY: i64 = 1_795_392_000;

    fn offered(shown: i64) -> Vec<String> {
        choices(shown).iter().map(|choice| iso(choice.wall)).collect()
    }

    #[test]
    fn the_evening_is_offered_until_it_is_near() {
        let three = ["2026-11-23T18:00Z", "2026-11-24T08:00Z", "2026-11-30T08:00Z"];
        assert_eq!(offered(MONDAY), three);
        assert_eq!(offered(MONDAY + 17 * HOUR - 1), three);
        assert_eq!(offered(MONDAY + 17 * HOUR), three[1..]);
        assert_eq!(offered(MONDAY + DAY - 1), three[1..]);
    }

    #[test]
    fn monday_is_the_next_one_and_offered_once() {
        assert_eq!(offered(MONDAY - DAY), ["2026-11-22T18:00Z", "2026-11-23T08:00Z"]);
        for days in 0..6 {
            assert!(offered(MONDAY + days * DAY).contains(&"2026-11-30T08:00Z".to_owned()), "{days}");
        }
    }
}
