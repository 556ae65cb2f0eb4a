//! Where a person is signed in, and who has tried to sign in: a page of its own that needs no script, but for passkeys.

use leptos::prelude::*;

use super::{
    date::{date_on_paper, iso},
    passkeys::{PasskeyCard, Ways},
    second_step,
    server::back,
    words::{Words, counted},
    writers::device_name,
};
use crate::{i18n::*, state::Theme, wire::Device};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct LoginsPage {
    /// The one that was used last first.
    pub cards: Vec<LoginCard>,
    /// The newest first.
    pub history: Vec<PastSignIn>,
    /// How many recovery codes are left, if the second step is on.
    pub recovery_left: Option<u32>,
    /// The oldest first.
    pub passkeys: Vec<PasskeyCard>,
    /// With what it is shown who somebody is, before it is changed.
    pub ways: Ways,
    /// What was asked for last could not be done.
    pub trouble: Option<Trouble>,
    /// Seconds that the person's clock is ahead of UTC, where that is known.
    pub clock: Option<i32>,
    pub language: Locale,
    pub theme: Theme,
}

/// A browser that is signed in. Times are in seconds since 1970 UTC.
#[derive(Debug, Clone)]
pub struct LoginCard {
    /// Names it.
    pub id: String,
    pub device: Device,
    pub network: String,
    pub begun: i64,
    pub seen: i64,
    /// It is the browser that shows the page.
    pub here: bool,
}

/// Somebody who signed in, or tried to.
#[derive(Debug, Clone)]
pub struct PastSignIn {
    pub at: i64,
    pub device: Device,
    pub network: String,
    pub outcome: Outcome,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    In,
    /// The mail server did not take the password.
    Password,
    /// Nobody was asked: there had been too many failures.
    Attempts,
    /// The password was right, and what was shown as the second step was not.
    Code,
}

impl Outcome {
    const ALL: [Outcome; 4] = [Outcome::In, Outcome::Password, Outcome::Attempts, Outcome::Code];

    /// For the database, and for tests.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::In => "in",
            Outcome::Password => "password",
            Outcome::Attempts => "attempts",
            Outcome::Code => "code",
        }
    }

    pub fn from_name(name: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such login any more.
    Gone,
    /// The code of the second step is not right, or was used before.
    WrongCode,
    /// What a passkey has signed is not what was asked.
    WrongPasskey,
    /// A passkey could not be added.
    NotAdded,
    /// There is no such passkey any more.
    GonePasskey,
    /// There were too many failures.
    Wait { seconds: u32 },
}

/// The page. Buttons post to `/logins/{id}/end`, `/logins/end-others` and `/logins/end-all`.
#[component]
pub fn Logins(page: LoginsPage) -> impl IntoView {
    let i18n = use_i18n();
    let LoginsPage { cards, history, recovery_left, passkeys, ways, trouble, clock, .. } = page;
    let several = cards.len() > 1;
    let trouble =
        trouble.map(|trouble| view! { <div role="alert" class="notice">{trouble_text(i18n, &trouble)}</div> });
    let cards = cards.into_iter().map(|card| shown(i18n, clock, card));
    let utc = clock.is_none().then(|| view! { <p>{t_string!(i18n, logins.utc)}</p> });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, logins.title)}</h1>
            <p>{t_string!(i18n, logins.about)}</p>
            {utc}
            {trouble}
            {cards.collect_view()}
            <div class="collector-actions">
                {several
                    .then(|| button("/logins/end-others", "logins-end-others", t_string!(i18n, logins.end_others)))}
                {button("/logins/end-all", "logins-end-all", t_string!(i18n, logins.end_all))}
            </div>
            <p class="collector-source">{t_string!(i18n, logins.end_about)}</p>
            {second_step::section(i18n, clock, recovery_left, &ways, passkeys)}
            <History history clock />
        </main>
    }
}

fn shown(i18n: Words, clock: Option<i32>, card: LoginCard) -> impl IntoView + use<> {
    let LoginCard { id, device, network, begun, seen, here } = card;
    let name = device_name(i18n, &device).unwrap_or_else(|| t_string!(i18n, logins.unknown).to_owned());
    let heading = format!("login-{id}");
    let labelled_by = heading.clone();
    let end = (!here).then(|| button(&format!("/logins/{id}/end"), "login-end", t_string!(i18n, logins.end)));
    let moment = |seconds| date_on_paper(i18n.get_locale(), clock.unwrap_or_default(), seconds);
    view! {
        <section
            class="collector"
            data-testid="login"
            data-here=here.to_string()
            aria-labelledby=labelled_by
        >
            <h2 id=heading>{name}</h2>
            {here.then(|| view! { <p data-testid="login-here">{t_string!(i18n, logins.here)}</p> })}
            <p class="collector-source" data-testid="login-network">
                {t_string!(i18n, logins.network, network = network).to_string()}
            </p>
            <p class="collector-source">
                <time datetime=iso(begun) data-testid="login-begun">
                    {t_string!(i18n, logins.begun, time = moment(begun)).to_string()}
                </time>
                " · "
                <time datetime=iso(seen) data-testid="login-seen">
                    {t_string!(i18n, logins.seen, time = moment(seen)).to_string()}
                </time>
            </p>
            {end}
        </section>
    }
}

pub(super) fn button(action: &str, test: &'static str, words: &'static str) -> impl IntoView + use<> {
    view! {
        <form method="post" action=action.to_owned()>
            <button type="submit" class="button" data-testid=test>{words}</button>
        </form>
    }
}

#[component]
fn History(history: Vec<PastSignIn>, clock: Option<i32>) -> impl IntoView {
    let i18n = use_i18n();
    let row = |past: PastSignIn| {
        let PastSignIn { at, device, network, outcome } = past;
        let name = device_name(i18n, &device).unwrap_or_else(|| t_string!(i18n, logins.unknown).to_owned());
        let moment = date_on_paper(i18n.get_locale(), clock.unwrap_or_default(), at);
        view! {
            <tr data-testid="sign-in" data-outcome=outcome.name()>
                <td>
                    <time datetime=iso(at)>{moment}</time>
                </td>
                <td>{outcome_text(i18n, outcome)}</td>
                <td>{name} <small>{network}</small></td>
            </tr>
        }
    };
    let rows = history.into_iter().map(row).collect_view();
    view! {
        <section aria-labelledby="sign-ins">
            <h2 id="sign-ins">{t_string!(i18n, logins.history)}</h2>
            <p class="collector-source">{t_string!(i18n, logins.history_about)}</p>
            <table class="server-table logins-history">
                <thead>
                    <tr>
                        <th scope="col">{t_string!(i18n, logins.time)}</th>
                        <th scope="col">{t_string!(i18n, logins.outcome)}</th>
                        <th scope="col">{t_string!(i18n, logins.place)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn outcome_text(i18n: Words, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::In => t_string!(i18n, logins.outcome_in),
        Outcome::Password => t_string!(i18n, logins.outcome_password),
        Outcome::Attempts => t_string!(i18n, logins.outcome_attempts),
        Outcome::Code => t_string!(i18n, logins.outcome_code),
    }
}

pub(super) fn trouble_text(i18n: Words, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Gone => t_string!(i18n, logins.gone).to_owned(),
        Trouble::WrongCode => t_string!(i18n, step.wrong).to_owned(),
        Trouble::WrongPasskey => t_string!(i18n, passkey.wrong).to_owned(),
        Trouble::NotAdded => t_string!(i18n, passkey.not_added).to_owned(),
        Trouble::GonePasskey => t_string!(i18n, passkey.gone).to_owned(),
        Trouble::Wait { seconds } => counted!(i18n, error.too_many_attempts, *seconds),
    }
}
