//! What a server says in brackets before its words (RFC 2449 §8, RFC 3206).

/// A response code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// Somebody else has the maildrop.
    InUse,
    /// Too soon after the last login.
    LoginDelay,
    /// Name or password.
    Auth,
    /// A fault that passes by itself.
    Temporary,
    /// A fault that somebody has to mend.
    Permanent,
    Other(String),
}

impl Code {
    /// The code at the beginning of what was said, and the words after it.
    pub fn split(text: &str) -> (Option<Code>, &str) {
        let Some((code, words)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            return (None, text);
        };
        let code = match code.to_ascii_uppercase().as_str() {
            "IN-USE" => Code::InUse,
            "LOGIN-DELAY" => Code::LoginDelay,
            "AUTH" => Code::Auth,
            "SYS/TEMP" => Code::Temporary,
            "SYS/PERM" => Code::Permanent,
            other => Code::Other(other.to_owned()),
        };
        (Some(code), words.trim_start())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read() {
        assert_eq!(Code::split("[IN-USE] busy"), (Some(Code::InUse), "busy"));
        assert_eq!(Code::split("[in-use]busy"), (Some(Code::InUse), "busy"));
        assert_eq!(Code::split("[SYS/TEMP] x"), (Some(Code::Temporary), "x"));
        assert_eq!(Code::split("[X-ODD] x"), (Some(Code::Other("X-ODD".to_owned())), "x"));
        assert_eq!(Code::split("no [AUTH] here"), (None, "no [AUTH] here"));
        assert_eq!(Code::split("[open"), (None, "[open"));
    }
}
