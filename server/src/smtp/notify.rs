//! Asking the servers to tell what becomes of a message (RFC 3461).

use lettre::transport::smtp::extension::{MailParameter, RcptParameter};

/// The longest name of an envelope (RFC 3461 §4.4).
const MAX_ENVELOPE: usize = 100;

/// For MAIL: only the header comes back with a report, and the name of the envelope.
pub fn mail(envelope: &str) -> Vec<MailParameter> {
    let envelope: String = envelope.chars().filter(char::is_ascii_alphanumeric).take(MAX_ENVELOPE).collect();
    let other = |keyword: &str, value: String| MailParameter::Other { keyword: keyword.to_owned(), value: Some(value) };
    let mut parameters = vec![other("RET", "HDRS".to_owned())];
    if !envelope.is_empty() {
        parameters.push(other("ENVID", envelope));
    }
    parameters
}

/// For RCPT: of all that can become of it, and by the address as it was written. lettre writes values as `xtext`.
pub fn recipient(email: &str) -> Vec<RcptParameter> {
    let other = |keyword: &str, value: String| RcptParameter::Other { keyword: keyword.to_owned(), value: Some(value) };
    let mut parameters = vec![other("NOTIFY", "SUCCESS,FAILURE,DELAY".to_owned())];
    // RFC 6533 §3 has another type for addresses in other scripts, which few servers know.
    if email.is_ascii() {
        parameters.push(other("ORCPT", format!("rfc822;{email}")));
    }
    parameters
}

#[cfg(test)]
mod tests {
    use lettre::transport::smtp::commands::{Mail, Rcpt};

    use super::*;

    #[test]
    fn the_commands_ask_for_reports() {
        let address = |email: &str| email.parse::<lettre::Address>().expect("an address");
        let mail = Mail::new(Some(address("ana@pismo.test")), mail("00ff\r\nRCPT"));
        assert_eq!(mail.to_string(), "MAIL FROM:<ana@pismo.test> RET=HDRS ENVID=00ffRCPT\r\n");
        let recipient = Rcpt::new(address("bo+x@pismo.test"), recipient("bo+x@pismo.test"));
        assert_eq!(
            recipient.to_string(),
            "RCPT TO:<bo+x@pismo.test> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;bo+2Bx@pismo.test\r\n"
        );
        assert_eq!(Mail::new(None, Vec::new()).to_string(), "MAIL FROM:<>\r\n");
    }
}
