//! What is asked for with a message, as fields of its header.

use std::io;

use app::wire::{Priority, Wishes};

use super::{Outgoing, addresses, field};
use crate::mime::{Headers, receipt};

/// Drafts keep with it that the delivery is to be told.
const DELIVERY_FIELD: &str = "X-Pismo-Delivery";

/// Writes the fields of what is asked for.
pub fn write(header: &mut Vec<u8>, outgoing: &Outgoing) -> io::Result<()> {
    let Wishes { receipt, delivery, priority } = outgoing.wishes;
    if receipt {
        addresses(header, receipt::FIELD, std::slice::from_ref(outgoing.from))?;
    }
    if delivery && outgoing.draft.is_some() {
        field(header, DELIVERY_FIELD, "yes");
    }
    // RFC 2156 §5.3.3, §5.3.6; the other is what programs had before, and many have now.
    let fields = match priority {
        Priority::Normal => return Ok(()),
        Priority::High => ["high", "urgent", "1 (Highest)"],
        Priority::Low => ["low", "non-urgent", "5 (Lowest)"],
    };
    for (name, value) in ["Importance", "Priority", "X-Priority"].into_iter().zip(fields) {
        field(header, name, value);
    }
    Ok(())
}

/// What was asked for with a message.
pub fn read(headers: &Headers) -> Wishes {
    Wishes {
        receipt: headers.raw(receipt::FIELD).is_some(),
        delivery: headers.raw(DELIVERY_FIELD).is_some(),
        priority: priority(headers),
    }
}

/// The first of the fields that says something decides.
fn priority(headers: &Headers) -> Priority {
    ["Importance", "X-Priority", "Priority", "X-MSMail-Priority"]
        .into_iter()
        .find_map(|name| {
            let value = headers.text(name).to_ascii_lowercase();
            match value.split(|letter: char| letter.is_whitespace() || letter == '(').next().unwrap_or_default() {
                "high" | "urgent" | "1" | "2" => Some(Priority::High),
                "normal" | "3" => Some(Priority::Normal),
                "low" | "non-urgent" | "4" | "5" => Some(Priority::Low),
                _ => None,
            }
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use app::wire::Address;

    use super::*;
    use crate::mime::build::build_to_vec;

    fn header(wishes: Wishes, draft: Option<&str>) -> Vec<u8> {
        let from = Address { name: String::new(), email: "ana@pismo.test".to_owned() };
        build_to_vec(&Outgoing {
            from: &from,
            reply_to: &[],
            to: &[],
            cc: &[],
            bcc: &[],
            subject: "",
            date: 0,
            message_id: "1@pismo.test",
            references: &[],
            body: "",
            html: None,
            attachments: &[],
            draft,
            wishes,
        })
        .expect("built")
    }

    #[test]
    fn a_draft_keeps_what_is_asked_for() {
        for receipt in [false, true] {
            for priority in Priority::ALL {
                let wishes = Wishes { receipt, delivery: receipt, priority };
                assert_eq!(read(&Headers::parse(&header(wishes, Some("00ff")))), wishes);
                let sent = Headers::parse(&header(wishes, None));
                assert_eq!(read(&sent), Wishes { delivery: false, ..wishes });
                let asks = sent.addresses(receipt::FIELD).pop().map(|to| to.email);
                assert_eq!(asks.as_deref(), receipt.then_some("ana@pismo.test"));
            }
        }
    }

    #[test]
    fn the_priority_of_other_programs_is_understood() {
        for (header, priority) in [
            ("Importance: High", Priority::High),
            ("X-Priority: 1 (Highest)", Priority::High),
            ("X-Priority: 2", Priority::High),
            ("X-Priority: 3 (Normal)\nPriority: urgent", Priority::Normal),
            ("Priority: urgent", Priority::High),
            ("X-MSMail-Priority: High", Priority::High),
            ("X-Priority: 5", Priority::Low),
            ("Importance: low", Priority::Low),
            ("Importance: very", Priority::Normal),
            ("Subject: high", Priority::Normal),
        ] {
            assert_eq!(read(&Headers::parse(header.as_bytes())).priority, priority, "{header}");
        }
    }
}
