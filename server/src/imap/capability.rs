//! What a server can do (RFC 9051 §7.2.2).

/// Probed once per session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// RFC 2177
    pub idle: bool,
    /// RFC 5465
    pub notify: bool,
    /// RFC 7162
    pub condstore: bool,
    /// RFC 7162
    pub qresync: bool,
    /// RFC 4315
    pub uidplus: bool,
    /// RFC 6851
    pub r#move: bool,
    /// RFC 3691
    pub unselect: bool,
    /// RFC 5258
    pub list_extended: bool,
    /// RFC 5819
    pub list_status: bool,
    /// RFC 6154
    pub special_use: bool,
    /// RFC 7888
    pub literal_plus: bool,
    /// RFC 7888
    pub literal_minus: bool,
    /// RFC 4731
    pub esearch: bool,
    /// RFC 5256
    pub sort: bool,
    /// RFC 5957
    pub sort_display: bool,
    /// RFC 8970
    pub preview: bool,
    /// RFC 9208, RFC 2087
    pub quota: bool,
    /// RFC 6855
    pub utf8_accept: bool,
    /// RFC 2971
    pub id: bool,
    /// RFC 2342
    pub namespace: bool,
    /// RFC 9051
    pub imap4rev2: bool,
    pub starttls: bool,
    /// RFC 3501 §7.2.1
    pub login_disabled: bool,
    /// RFC 4616
    pub auth_plain: bool,
}

impl Capabilities {
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut capabilities = Self::default();
        for word in words {
            match word.to_ascii_uppercase().as_str() {
                "IDLE" => capabilities.idle = true,
                "NOTIFY" => capabilities.notify = true,
                "CONDSTORE" => capabilities.condstore = true,
                "QRESYNC" => {
                    // RFC 7162 §3.2.3: QRESYNC says CONDSTORE too.
                    capabilities.qresync = true;
                    capabilities.condstore = true;
                }
                "UIDPLUS" => capabilities.uidplus = true,
                "MOVE" => capabilities.r#move = true,
                "UNSELECT" => capabilities.unselect = true,
                "LIST-EXTENDED" => capabilities.list_extended = true,
                "LIST-STATUS" => capabilities.list_status = true,
                "SPECIAL-USE" => capabilities.special_use = true,
                "LITERAL+" => capabilities.literal_plus = true,
                "LITERAL-" => capabilities.literal_minus = true,
                "ESEARCH" => capabilities.esearch = true,
                "SORT" => capabilities.sort = true,
                "SORT=DISPLAY" => capabilities.sort_display = true,
                "QUOTA" => capabilities.quota = true,
                "PREVIEW" => capabilities.preview = true,
                "UTF8=ACCEPT" | "UTF8=ONLY" => capabilities.utf8_accept = true,
                "ID" => capabilities.id = true,
                "NAMESPACE" => capabilities.namespace = true,
                "STARTTLS" => capabilities.starttls = true,
                "LOGINDISABLED" => capabilities.login_disabled = true,
                "AUTH=PLAIN" => capabilities.auth_plain = true,
                "IMAP4REV2" => {
                    // RFC 9051 appendix E: what was an extension and is now part of the protocol.
                    capabilities.imap4rev2 = true;
                    capabilities.idle = true;
                    capabilities.uidplus = true;
                    capabilities.r#move = true;
                    capabilities.unselect = true;
                    capabilities.list_extended = true;
                    capabilities.list_status = true;
                    capabilities.special_use = true;
                    capabilities.esearch = true;
                    capabilities.namespace = true;
                    capabilities.literal_minus = true;
                }
                _ => {}
            }
        }
        capabilities
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_in_any_case() {
        let capabilities =
            Capabilities::from_words(["imap4rev1", "Idle", "QRESYNC", "LITERAL-", "auth=plain", "quota", "XYZ"]);
        let expected = Capabilities {
            idle: true,
            qresync: true,
            condstore: true,
            literal_minus: true,
            auth_plain: true,
            quota: true,
            ..Capabilities::default()
        };
        assert_eq!(capabilities, expected);
    }
}
