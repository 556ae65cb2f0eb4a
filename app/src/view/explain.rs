//! What went wrong, in the person's words; beneath them, the server's.

use leptos::prelude::*;

use super::words::{Words, counted, size};
use crate::{
    i18n::*,
    wire::{CertificateFault, Error, Refusal, Right},
};

/// An error in words, with what to do about it. Reactive.
pub fn error_text(i18n: Words, error: &Error) -> String {
    match error {
        Error::Credentials { .. } => t_string!(i18n, error.credentials).to_string(),
        Error::UnknownHost { host } => t_string!(i18n, error.unknown_host, host = host.clone()).to_string(),
        Error::Unreachable { host } => t_string!(i18n, error.unreachable, host = host.clone()).to_string(),
        Error::PrivateHost { host } => t_string!(i18n, error.private_host, host = host.clone()).to_string(),
        Error::PortNotAllowed { host, port } => {
            t_string!(i18n, error.port_not_allowed, host = host.clone(), port = port.to_string()).to_string()
        }
        Error::NoEncryption { host } => t_string!(i18n, error.no_encryption, host = host.clone()).to_string(),
        Error::Certificate { host, fault } => certificate_text(i18n, host.clone(), fault),
        Error::ImapDisabled { .. } => t_string!(i18n, error.imap_disabled).to_string(),
        Error::Pop3Disabled { .. } => t_string!(i18n, error.pop3_disabled).to_string(),
        Error::AppPassword { .. } => t_string!(i18n, error.app_password).to_string(),
        Error::NoPasswords { .. } => t_string!(i18n, error.no_passwords).to_string(),
        Error::MailboxInUse { .. } => t_string!(i18n, error.mailbox_in_use).to_string(),
        Error::TooManyConnections { .. } => t_string!(i18n, error.too_many_connections).to_string(),
        Error::TooManyAttempts { seconds } => counted!(i18n, error.too_many_attempts, *seconds),
        Error::Throttled { minutes, .. } => counted!(i18n, error.throttled, *minutes),
        Error::Unavailable { .. } => t_string!(i18n, error.unavailable).to_string(),
        Error::Refused { .. } => t_string!(i18n, error.refused).to_string(),
        Error::NoRight { right, .. } => not_allowed(i18n, *right).to_string(),
        Error::OverQuota { .. } => t_string!(i18n, error.over_quota).to_string(),
        Error::Gone => t_string!(i18n, error.gone).to_string(),
        Error::MailboxExists => t_string!(i18n, error.mailbox_exists).to_string(),
        Error::MailboxName => t_string!(i18n, error.mailbox_name).to_string(),
        Error::NoLabel => t_string!(i18n, error.no_label).to_string(),
        Error::NoTrash => t_string!(i18n, error.no_trash).to_string(),
        Error::ServerNotKnown => t_string!(i18n, error.server_not_known).to_string(),
        Error::BadServer { text } => t_string!(i18n, error.bad_server, text = text.clone()).to_string(),
        Error::ClearText { host } => t_string!(i18n, error.clear_text, host = host.clone()).to_string(),
        Error::BadRequest { .. } => t_string!(i18n, error.bad_request).to_string(),
        Error::TooLarge { limit } => t_string!(i18n, error.too_large, size = size(i18n, *limit)).to_string(),
        Error::TextTooLong { limit } => t_string!(i18n, error.text_too_long, size = size(i18n, *limit)).to_string(),
        Error::FilesTooLarge { limit } => t_string!(i18n, error.files_too_large, size = size(i18n, *limit)).to_string(),
        Error::MessageTooLarge { limit } => {
            t_string!(i18n, error.message_too_large, size = size(i18n, *limit)).to_string()
        }
        Error::BadAddress { text } => t_string!(i18n, error.bad_address, text = text.clone()).to_string(),
        Error::NotYourAddress { email } => t_string!(i18n, error.not_your_address, email = email.clone()).to_string(),
        Error::SenderRefused { .. } => t_string!(i18n, error.sender_refused).to_string(),
        Error::NoSenderCheck { host } => t_string!(i18n, error.no_sender_check, host = host.clone()).to_string(),
        Error::WayOutPassword { email } => t_string!(i18n, error.way_out_password, email = email.clone()).to_string(),
        Error::PasswordForServer { host } => {
            t_string!(i18n, error.password_for_server, host = host.clone()).to_string()
        }
        Error::PasswordMissing => t_string!(i18n, error.password_missing).to_string(),
        Error::IdentityExists => t_string!(i18n, error.identity_exists).to_string(),
        Error::TooManyIdentities { limit } => counted!(i18n, error.too_many_identities, *limit),
        Error::NoWayOut => t_string!(i18n, error.no_way_out).to_string(),
        Error::NoRecipient => t_string!(i18n, error.no_recipient).to_string(),
        Error::TooManyRecipients { limit } => counted!(i18n, error.too_many_recipients, *limit),
        Error::ConfirmServer { server } => t_string!(i18n, error.confirm_server, server = server.clone()).to_string(),
        Error::TooManyCollectors { limit } => counted!(i18n, error.too_many_collectors, *limit),
        Error::CollectorExists => t_string!(i18n, error.collector_exists).to_string(),
        Error::CollectorLoop => t_string!(i18n, error.collector_loop).to_string(),
        Error::NoMail => t_string!(i18n, error.no_mail).to_string(),
        Error::BadFile { .. } => t_string!(i18n, error.bad_file).to_string(),
        Error::NoContacts => t_string!(i18n, error.no_contacts).to_string(),
        Error::TooManyContacts { limit } => counted!(i18n, error.too_many_contacts, *limit),
        Error::SearchExists => t_string!(i18n, error.search_exists).to_string(),
        Error::TooManySearches { limit } => counted!(i18n, error.too_many_searches, *limit),
        Error::TemplateExists => t_string!(i18n, error.template_exists).to_string(),
        Error::TooManyTemplates { limit } => counted!(i18n, error.too_many_templates, *limit),
        Error::TooFarAhead => t_string!(i18n, error.too_far_ahead).to_string(),
        Error::BeingSent => t_string!(i18n, error.being_sent).to_string(),
        Error::AlreadySent => t_string!(i18n, error.already_sent).to_string(),
        Error::NoDeliveryReports => t_string!(i18n, error.no_delivery_reports).to_string(),
        Error::DraftChanged => t_string!(i18n, compose.kept_apart).to_string(),
        Error::RedirectLoop => t_string!(i18n, error.redirect_loop).to_string(),
        Error::NotUnsubscribed { host } => t_string!(i18n, error.not_unsubscribed, host = host.clone()).to_string(),
        Error::BlobGone { name } => t_string!(i18n, error.blob_gone, name = name.clone()).to_string(),
        Error::Busy => t_string!(i18n, error.busy).to_string(),
        Error::SignedOut => t_string!(i18n, error.signed_out).to_string(),
        Error::Internal => t_string!(i18n, error.internal).to_string(),
    }
}

/// What the person may not do in a folder that is not theirs. Reactive.
fn not_allowed(i18n: Words, right: Option<Right>) -> &'static str {
    match right {
        Some(Right::Seen) => t_string!(i18n, error.no_right_seen),
        Some(Right::Write) => t_string!(i18n, error.no_right_write),
        Some(Right::Insert) => t_string!(i18n, error.no_right_insert),
        Some(Right::Create) => t_string!(i18n, error.no_right_create),
        Some(Right::DeleteMailbox) => t_string!(i18n, error.no_right_delete_mailbox),
        Some(Right::DeleteMessages | Right::Expunge) => t_string!(i18n, error.no_right_delete_messages),
        Some(Right::Lookup | Right::Read | Right::Post | Right::Administer) | None => t_string!(i18n, error.no_right),
    }
}

/// What is wrong with a certificate, and who can do something about it. Reactive.
fn certificate_text(i18n: Words, host: String, fault: &CertificateFault) -> String {
    match fault {
        CertificateFault::Expired => t_string!(i18n, error.certificate_expired, host = host).to_string(),
        CertificateFault::NotYetValid => t_string!(i18n, error.certificate_not_yet_valid, host = host).to_string(),
        CertificateFault::WrongName => t_string!(i18n, error.certificate_wrong_name, host = host).to_string(),
        CertificateFault::UnknownIssuer => t_string!(i18n, error.certificate_unknown_issuer, host = host).to_string(),
        CertificateFault::Revoked | CertificateFault::Missing | CertificateFault::Other { .. } => {
            t_string!(i18n, error.certificate, host = host).to_string()
        }
    }
}

/// What the server itself said about it.
pub fn server_words(error: &Error) -> Option<&str> {
    let text = match error {
        Error::Credentials { text }
        | Error::Certificate { fault: CertificateFault::Other { text }, .. }
        | Error::ImapDisabled { text }
        | Error::Pop3Disabled { text }
        | Error::AppPassword { text }
        | Error::NoPasswords { text }
        | Error::MailboxInUse { text }
        | Error::TooManyConnections { text }
        | Error::Throttled { text, .. }
        | Error::Unavailable { text }
        | Error::Refused { text }
        | Error::SenderRefused { text }
        | Error::NoRight { text, .. }
        | Error::OverQuota { text }
        | Error::BadFile { text }
        | Error::BadRequest { text } => text.trim(),
        Error::UnknownHost { .. }
        | Error::Unreachable { .. }
        | Error::PrivateHost { .. }
        | Error::PortNotAllowed { .. }
        | Error::NoEncryption { .. }
        | Error::Certificate { .. }
        | Error::TooManyAttempts { .. }
        | Error::Gone
        | Error::MailboxExists
        | Error::MailboxName
        | Error::NoLabel
        | Error::NoTrash
        | Error::ServerNotKnown
        | Error::BadServer { .. }
        | Error::ClearText { .. }
        | Error::TooManyRecipients { .. }
        | Error::TooManySearches { .. }
        | Error::SearchExists
        | Error::TooManyTemplates { .. }
        | Error::TemplateExists
        | Error::NoMail
        | Error::NoContacts
        | Error::TooManyContacts { .. }
        | Error::TooManyCollectors { .. }
        | Error::CollectorExists
        | Error::CollectorLoop
        | Error::ConfirmServer { .. }
        | Error::TooLarge { .. }
        | Error::FilesTooLarge { .. }
        | Error::TextTooLong { .. }
        | Error::MessageTooLarge { .. }
        | Error::BadAddress { .. }
        | Error::NoRecipient
        | Error::NotYourAddress { .. }
        | Error::NoSenderCheck { .. }
        | Error::WayOutPassword { .. }
        | Error::PasswordForServer { .. }
        | Error::PasswordMissing
        | Error::IdentityExists
        | Error::TooManyIdentities { .. }
        | Error::NoWayOut
        | Error::TooFarAhead
        | Error::BeingSent
        | Error::AlreadySent
        | Error::NoDeliveryReports
        | Error::DraftChanged
        | Error::RedirectLoop
        | Error::NotUnsubscribed { .. }
        | Error::BlobGone { .. }
        | Error::Busy
        | Error::SignedOut
        | Error::Internal => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// An error in words, and the server's own beneath.
#[component]
pub fn Explained(error: Error) -> impl IntoView {
    let i18n = use_i18n();
    let quoted = server_words(&error).map(|text| {
        view! {
            <p class="visually-hidden">{move || t_string!(i18n, error.server_said)}</p>
            <p class="server-words">{text.to_owned()}</p>
        }
    });
    view! {
        <p>{move || error_text(i18n, &error)}</p>
        {quoted}
    }
}

/// Why an SMTP server did not take a message or a recipient, as far as its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    UnknownUser,
    UnknownHost,
    Relay,
    Spam,
    Size,
    Quota,
    Auth,
    NotOwned,
    Greylisted,
    TooMany,
    Blocked,
    BadAddress,
    Disabled,
    Temporary,
    Connection,
    Tls,
    Policy,
    Other,
}

/// A refusal in words. Reactive.
pub fn refusal_text(i18n: Words, refusal: &Refusal) -> String {
    match &refusal.error {
        Some(error) => error_text(i18n, error),
        None => reason_text(i18n, reason(refusal)).to_owned(),
    }
}

fn reason_text(i18n: Words, reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownUser => t_string!(i18n, refusal.unknown_user),
        Reason::UnknownHost => t_string!(i18n, refusal.unknown_host),
        Reason::Relay => t_string!(i18n, refusal.relay),
        Reason::Spam => t_string!(i18n, refusal.spam),
        Reason::Size => t_string!(i18n, refusal.size),
        Reason::Quota => t_string!(i18n, refusal.quota),
        Reason::Auth => t_string!(i18n, refusal.auth),
        Reason::NotOwned => t_string!(i18n, refusal.not_owned),
        Reason::Greylisted => t_string!(i18n, refusal.greylisted),
        Reason::TooMany => t_string!(i18n, refusal.too_many),
        Reason::Blocked => t_string!(i18n, refusal.blocked),
        Reason::BadAddress => t_string!(i18n, refusal.bad_address),
        Reason::Disabled => t_string!(i18n, refusal.disabled),
        Reason::Temporary => t_string!(i18n, refusal.temporary),
        Reason::Connection => t_string!(i18n, refusal.connection),
        Reason::Tls => t_string!(i18n, refusal.tls),
        Reason::Policy => t_string!(i18n, refusal.policy),
        Reason::Other => t_string!(i18n, refusal.other),
    }
}

/// The most telling first: what the words say, then the enhanced status code (RFC 3463), then the reply code.
pub fn reason(refusal: &Refusal) -> Reason {
    let text = refusal.text.to_ascii_lowercase();
    if let Some((_, reason)) = PHRASES.iter().find(|(phrase, _)| text.contains(phrase)) {
        return *reason;
    }
    let enhanced = text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(by_status);
    enhanced.unwrap_or_else(|| by_code(refusal.code))
}

/// Words that servers use, in lower case. Order matters: the first that is found decides.
const PHRASES: &[(&str, Reason)] = &[
    ("not owned by", Reason::NotOwned),
    ("not authorized to send", Reason::NotOwned),
    ("not allowed to send as", Reason::NotOwned),
    ("sendasdenied", Reason::NotOwned),
    ("sender address rejected: access denied", Reason::Auth),
    ("send auth command first", Reason::Auth),
    ("authentication required", Reason::Auth),
    ("authentication failed", Reason::Auth),
    ("authentication credentials invalid", Reason::Auth),
    ("must issue a starttls", Reason::Tls),
    ("relay access denied", Reason::Relay),
    ("relaying denied", Reason::Relay),
    ("relay not permitted", Reason::Relay),
    ("unable to relay", Reason::Relay),
    ("greylist", Reason::Greylisted),
    ("graylist", Reason::Greylisted),
    ("grey-list", Reason::Greylisted),
    ("try again later", Reason::Temporary),
    ("suspicion of spam", Reason::Spam),
    ("spam message", Reason::Spam),
    ("considered spam", Reason::Spam),
    ("looks like spam", Reason::Spam),
    ("detected as spam", Reason::Spam),
    ("unsolicited mail", Reason::Spam),
    ("spam content", Reason::Spam),
    ("blacklist", Reason::Blocked),
    ("blocklist", Reason::Blocked),
    ("blocked using", Reason::Blocked),
    ("poor reputation", Reason::Blocked),
    ("mailbox full", Reason::Quota),
    ("mailbox is full", Reason::Quota),
    ("quota exceeded", Reason::Quota),
    ("over quota", Reason::Quota),
    ("overquota", Reason::Quota),
    ("out of storage", Reason::Quota),
    ("message size exceeds", Reason::Size),
    ("message too large", Reason::Size),
    ("message too big", Reason::Size),
    ("exceeds size limit", Reason::Size),
    ("too many recipients", Reason::TooMany),
    ("too many messages", Reason::TooMany),
    ("rate limit", Reason::TooMany),
    ("user unknown", Reason::UnknownUser),
    ("unknown user", Reason::UnknownUser),
    ("no such user", Reason::UnknownUser),
    ("user doesn't exist", Reason::UnknownUser),
    ("user not found", Reason::UnknownUser),
    ("does not exist", Reason::UnknownUser),
    ("no mailbox here", Reason::UnknownUser),
    ("recipient not found", Reason::UnknownUser),
    ("undeliverable address", Reason::UnknownUser),
    ("domain not found", Reason::UnknownHost),
    ("host not found", Reason::UnknownHost),
    ("nullmx", Reason::UnknownHost),
    ("mailbox disabled", Reason::Disabled),
    ("account disabled", Reason::Disabled),
    ("account is disabled", Reason::Disabled),
    ("bad recipient address syntax", Reason::BadAddress),
    ("invalid address", Reason::BadAddress),
];

/// By the enhanced status code, `class.subject.detail` (RFC 3463 §3).
fn by_status(word: &str) -> Option<Reason> {
    let mut numbers = word.trim_matches('.').split('.').map(str::parse::<u16>);
    let (class, subject, detail) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    if numbers.next().is_some() || !matches!(class, 4 | 5) {
        return None;
    }
    let reason = match (subject, detail) {
        (1, 0 | 1 | 6) => Reason::UnknownUser,
        (1, 2 | 10) => Reason::UnknownHost,
        (1, 3 | 5) => Reason::BadAddress,
        (2, 1) => Reason::Disabled,
        (2, 2) => Reason::Quota,
        (2, 3) | (3, 4) => Reason::Size,
        (4, 4) => Reason::UnknownHost,
        (5, 3) => Reason::TooMany,
        (7, 8 | 9) => Reason::Auth,
        (7, 10 | 11) => Reason::Tls,
        (7, 1) if class == 4 => Reason::Greylisted,
        (7, _) => Reason::Policy,
        _ if class == 4 => Reason::Temporary,
        _ => return None,
    };
    Some(reason)
}

/// By the reply code alone (RFC 5321 §4.2.3).
fn by_code(code: u16) -> Reason {
    match code {
        0 => Reason::Connection,
        530 | 535 => Reason::Auth,
        552 => Reason::Size,
        550 | 551 => Reason::UnknownUser,
        553 => Reason::BadAddress,
        400..500 => Reason::Temporary,
        _ => Reason::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: u16, text: &str, expected: Reason) {
        let refusal = Refusal { recipient: None, code, text: text.to_owned(), error: None };
        assert_eq!(reason(&refusal), expected, "{code} {text}");
    }

    #[test]
    fn refusals_of_real_servers_are_understood() {
        check(
            550,
            "5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in local recipient table",
            Reason::UnknownUser,
        );
        check(550, "5.1.1 The email account that you tried to reach does not exist.", Reason::UnknownUser);
        check(554, "5.7.1 <x@example.com>: Relay access denied", Reason::Relay);
        check(550, "5.7.1 Message rejected under suspicion of SPAM", Reason::Spam);
        check(552, "5.3.4 Message size exceeds fixed limit", Reason::Size);
        check(552, "5.2.2 The email account that you tried to reach is over quota", Reason::Quota);
        check(553, "5.7.1 <a@b.c>: Sender address rejected: not owned by user d@b.c", Reason::NotOwned);
        check(553, "5.7.1 Sender address rejected: not owned by auth user.", Reason::NotOwned);
        check(450, "4.2.0 <x@example.org>: Recipient address rejected: Greylisted", Reason::Greylisted);
        check(451, "4.7.1 Please wait", Reason::Greylisted);
        check(503, "5.5.4 Send AUTH command first", Reason::Auth);
        check(535, "5.7.8 Error: authentication failed: invalid user or password", Reason::Auth);
        check(550, "5.1.2 <x@nowhere.invalid>: Recipient address rejected: Domain not found", Reason::UnknownHost);
        check(554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a list", Reason::Blocked);
        check(550, "5.7.26 unauthenticated sender", Reason::Policy);
    }

    #[test]
    fn a_refusal_without_words_goes_by_its_code() {
        check(0, "", Reason::Connection);
        check(451, "", Reason::Temporary);
        check(550, "no", Reason::UnknownUser);
        check(554, "no", Reason::Other);
        check(250, "192.0.2.1", Reason::Other);
    }

    #[test]
    fn an_address_of_numbers_is_no_status() {
        check(554, "refused by 5.7.1.9", Reason::Other);
        check(554, "5.99999999.1 odd", Reason::Other);
    }
}
