//! What kind of trouble it is, for logs: these name neither people nor servers nor mailboxes, and quote nobody.

use app::wire::CollectorTrouble;
use serde_json::Value;

/// The names of the kinds, such as `source credentials`.
pub fn kind(trouble: &CollectorTrouble) -> String {
    // A value of an enum is written as its name, or as one with what it holds.
    let (side, held) = name(serde_json::to_value(trouble).unwrap_or_default());
    match trouble {
        CollectorTrouble::Source(_) | CollectorTrouble::Target(_) => format!("{side} {}", name(held).0),
        CollectorTrouble::SameAccount | CollectorTrouble::Internal => side,
    }
}

fn name(value: Value) -> (String, Value) {
    match value {
        Value::String(name) => (name, Value::Null),
        Value::Object(map) => map.into_iter().next().unwrap_or_default(),
        _ => Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::wire::Error;

    #[test]
    fn a_kind_quotes_nobody() {
        let text = || "ana@example.org is not known here".to_owned();
        for (trouble, expected) in [
            (CollectorTrouble::Source(Error::Credentials { text: text() }), "source credentials"),
            (CollectorTrouble::Target(Error::Refused { text: text() }), "target refused"),
            (CollectorTrouble::Target(Error::Gone), "target gone"),
            (CollectorTrouble::Source(Error::UnknownHost { host: text() }), "source unknown_host"),
            (CollectorTrouble::SameAccount, "same_account"),
        ] {
            assert_eq!(kind(&trouble), expected);
        }
    }
}
