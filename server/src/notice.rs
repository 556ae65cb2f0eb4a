//! What a person is told by mail of a sign-in with a new device.

use anyhow::Result;
use app::{page::notice_words, wire::Address};

use crate::{
    device,
    http::Person,
    mime::{
        build::{OutgoingNotice, notice},
        recipient,
    },
    seal::random_hex,
    store::{Origin, now},
};

/// Whether nobody has signed in with this browser on this system before, where somebody has signed in at all. Of both only the
/// names count: they are the same after an update.
pub fn is_new_device(known: &[String], agent: &str) -> bool {
    let names = |agent: &str| {
        let device = device::of(agent);
        (device.browser, device.system)
    };
    let new = names(agent);
    !known.is_empty() && known.iter().all(|agent| names(agent) != new)
}

/// The message for the person of this address. `site` is where Pismo is, if that was configured: what a request says of it could be
/// said by anybody.
pub fn of_new_device(address: &str, person: &Person, origin: &Origin, site: Option<&String>) -> Result<Vec<u8>> {
    let at = now();
    let url = site.map(|site| format!("{site}/logins"));
    let device = device::of(&origin.device);
    let (subject, body) = notice_words(person.language, person.clock, (&device, &origin.network), at, url);
    // RFC 2606 §2: a name at a mail server that is no address is nobody's domain.
    let own = if recipient::check(address).is_ok() { address } else { "nobody@pismo.invalid" };
    let from = Address { name: "Pismo".to_owned(), email: own.to_owned() };
    let to = Address { name: String::new(), email: own.to_owned() };
    let domain = recipient::to_ascii(own).rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_owned());
    let message_id = format!("{}@{domain}", random_hex(16)?);
    let mut message = Vec::new();
    let outgoing = OutgoingNotice {
        from: &from,
        to: std::slice::from_ref(&to),
        subject: &subject,
        body: &body,
        date: at,
        message_id: &message_id,
    };
    notice(&outgoing, &mut message)?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_new_when_another_was_there_before() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
        let newer = "Mozilla/5.0 (X11; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0";
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
        let known = [firefox.to_owned()];
        assert!(!is_new_device(&[], firefox), "the first of all");
        assert!(!is_new_device(&known, firefox) && !is_new_device(&known, newer));
        assert!(is_new_device(&known, windows) && is_new_device(&known, ""));
    }

    #[test]
    fn a_notice_says_what_to_do_in_the_persons_language() {
        let origin = Origin { device: "Firefox/1 Windows".to_owned(), network: "192.0.2.7".to_owned() };
        let headers = [("accept-language", "ru")];
        let headers = headers.into_iter().map(|(name, value)| {
            (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_static(value))
        });
        let person = Person::of(&headers.collect());
        let site = "https://mail.example.org".to_owned();
        let message = of_new_device("ana@example.org", &person, &origin, Some(&site)).expect("a message");
        let parsed = mail_parser::MessageParser::new().parse(&message).expect("a message");
        assert_eq!(parsed.subject(), Some("Новый вход в вашу почту: Firefox, Windows"));
        let text = parsed.body_text(0).expect("a text");
        for words in ["192.0.2.7", "UTC", "Выйти везде", "https://mail.example.org/logins"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let message = String::from_utf8(message).expect("ASCII");
        assert!(message.contains("Auto-Submitted: auto-generated\r\n") && message.is_ascii());
        assert!(of_new_device("ana", &person, &origin, None).is_ok(), "a name that is no address");
    }
}
