//! Words about the servers from which mail is collected: what to know before, and how far a test came.

use super::words::Words;
use crate::{
    i18n::*,
    wire::{ProbeStep, SourceAdvice},
};

/// What a person has to know of a provider before typing a password. Reactive.
pub fn advice_text(i18n: Words, advice: SourceAdvice) -> &'static str {
    match advice {
        SourceAdvice::AppPassword => t_string!(i18n, source.app_password),
        SourceAdvice::AppPasswordAndSwitchOn => t_string!(i18n, source.app_password_and_switch_on),
        SourceAdvice::SwitchOn => t_string!(i18n, source.switch_on),
        SourceAdvice::AppPasswordWithTwoFactors => t_string!(i18n, source.app_password_with_two_factors),
        SourceAdvice::NoPasswords => t_string!(i18n, source.no_passwords),
        SourceAdvice::Bridge => t_string!(i18n, source.bridge),
        SourceAdvice::Paid => t_string!(i18n, source.paid),
        SourceAdvice::ClearText => t_string!(i18n, source.clear_text),
    }
}

/// What a step of a test is called. Reactive.
pub fn step_text(i18n: Words, step: ProbeStep) -> &'static str {
    match step {
        ProbeStep::Name => t_string!(i18n, source.step_name),
        ProbeStep::Line => t_string!(i18n, source.step_line),
        ProbeStep::Tls => t_string!(i18n, source.step_tls),
        ProbeStep::Greeting => t_string!(i18n, source.step_greeting),
        ProbeStep::Login => t_string!(i18n, source.step_login),
        ProbeStep::Capability => t_string!(i18n, source.step_capability),
    }
}
