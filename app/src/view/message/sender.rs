//! Who wrote the open message: why to look twice, and what the mail server found out.

use leptos::prelude::*;

use crate::{
    i18n::*,
    view::{icon::Icon, words::Words},
    wire::{Check, Checks, Outcome, Suspicion},
};

/// Why to look twice, a line for each reason. Nothing where there is none.
#[component]
pub fn SenderWarning(suspicions: Vec<Suspicion>) -> impl IntoView {
    let i18n = use_i18n();
    (!suspicions.is_empty()).then(|| {
        let lines = suspicions.into_iter().map(|suspicion| {
            let reason = suspicion.name();
            view! { <li data-reason=reason>{move || suspicion_text(i18n, &suspicion)}</li> }
        });
        view! {
            <aside class="sender-warning" role="note" data-testid="sender-warning">
                <Icon name="warning" />
                <div>
                    <p>{move || t_string!(i18n, sender.look)}</p>
                    <ul>{lines.collect_view()}</ul>
                </div>
            </aside>
        }
    })
}

fn suspicion_text(i18n: Words, suspicion: &Suspicion) -> String {
    match suspicion.clone() {
        Suspicion::Unproven { domain, by } => t_string!(i18n, sender.unproven, domain = domain, by = by).to_string(),
        Suspicion::LooksLike { domain, meant } => {
            t_string!(i18n, sender.looks_like, domain = domain, meant = meant).to_string()
        }
        Suspicion::MixedDomain { domain, ascii } => {
            t_string!(i18n, sender.mixed_domain, domain = domain, ascii = ascii).to_string()
        }
        Suspicion::MixedName { name } => t_string!(i18n, sender.mixed_name, name = name).to_string(),
        Suspicion::OtherAddress { claimed, email } => {
            t_string!(i18n, sender.other_address, claimed = claimed, email = email).to_string()
        }
        Suspicion::SeveralSenders { emails } => t_string!(i18n, sender.several, emails = emails.join(", ")).to_string(),
        Suspicion::RepliesElsewhere { domain, email } => {
            t_string!(i18n, sender.replies_elsewhere, domain = domain, email = email).to_string()
        }
    }
}

/// What the mail server found out, as a line of the details.
#[component]
pub fn Found(checks: Checks) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <dt>{move || t_string!(i18n, sender.checked_by)}</dt>
        <dd data-testid="message-checks">{move || checks_text(i18n, &checks)}</dd>
    }
}

fn checks_text(i18n: Words, checks: &Checks) -> String {
    let dkim = checks.dkim.iter().filter_map(|Check { outcome, domain }| {
        let domain = domain.clone();
        match outcome {
            Outcome::Passed => Some(t_string!(i18n, sender.dkim_passed, domain = domain).to_string()),
            Outcome::Failed => Some(t_string!(i18n, sender.dkim_failed, domain = domain).to_string()),
            Outcome::Unclear => None,
        }
    });
    let spf = checks.spf.iter().filter_map(|Check { outcome, domain }| {
        let domain = domain.clone();
        match outcome {
            Outcome::Passed => Some(t_string!(i18n, sender.spf_passed, domain = domain).to_string()),
            Outcome::Failed => Some(t_string!(i18n, sender.spf_failed, domain = domain).to_string()),
            Outcome::Unclear => None,
        }
    });
    let dmarc = checks.dmarc.iter().filter_map(|check| match check.outcome {
        Outcome::Passed => Some(t_string!(i18n, sender.dmarc_passed).to_string()),
        Outcome::Failed => Some(t_string!(i18n, sender.dmarc_failed).to_string()),
        Outcome::Unclear => None,
    });
    let mut found: Vec<String> = dkim.chain(spf).chain(dmarc).collect();
    if found.is_empty() {
        found.push(t_string!(i18n, sender.nothing_proven).to_string());
    }
    format!("{}: {}", checks.by, found.join(", "))
}
