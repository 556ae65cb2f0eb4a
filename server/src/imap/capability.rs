//! What a server can do (RFC 9051 §7.2.2). What Pismo does about each is told by a page (`app/src/view/server.rs`).

/// The largest message that a server takes by APPEND (RFC 7889).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendLimit {
    /// In bytes, the same for all mailboxes.
    OfAll(u64),
    /// STATUS tells of each mailbox.
    OfEach,
}

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
    /// RFC 3502
    pub multi_append: bool,
    /// RFC 8508
    pub replace: bool,
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
    /// RFC 7889
    pub append_limit: Option<AppendLimit>,
    /// RFC 4959
    pub sasl_ir: bool,
    /// RFC 6855; not made use of, as the following.
    pub utf8_accept: bool,
    /// RFC 4978
    pub compress: bool,
    /// RFC 5161
    pub enable: bool,
    /// RFC 8474
    pub object_id: bool,
    /// RFC 3516
    pub binary: bool,
    /// RFC 4314, RFC 2086
    pub acl: bool,
    /// RFC 8440
    pub list_myrights: bool,
    /// RFC 5464
    pub metadata: bool,
    /// `THREAD=REFERENCES` (RFC 5256)
    pub thread: bool,
    /// RFC 7377
    pub multisearch: bool,
    /// RFC 6203
    pub fuzzy: bool,
    /// RFC 5032
    pub within: bool,
    /// RFC 2971
    pub id: bool,
    /// RFC 2342
    pub namespace: bool,
    /// Gmail's: messages have labels, and a mailbox for each (developers.google.com/workspace/gmail/imap/imap-extensions).
    pub gmail: bool,
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
                "MULTIAPPEND" => capabilities.multi_append = true,
                "REPLACE" => capabilities.replace = true,
                "ESEARCH" => capabilities.esearch = true,
                "SORT" => capabilities.sort = true,
                "SORT=DISPLAY" => capabilities.sort_display = true,
                "QUOTA" => capabilities.quota = true,
                "PREVIEW" => capabilities.preview = true,
                "SASL-IR" => capabilities.sasl_ir = true,
                "UTF8=ACCEPT" | "UTF8=ONLY" => capabilities.utf8_accept = true,
                "COMPRESS=DEFLATE" => capabilities.compress = true,
                "ENABLE" => capabilities.enable = true,
                "OBJECTID" => capabilities.object_id = true,
                "BINARY" => capabilities.binary = true,
                "ACL" => capabilities.acl = true,
                "LIST-MYRIGHTS" => capabilities.list_myrights = true,
                "METADATA" | "METADATA-SERVER" => capabilities.metadata = true,
                "THREAD=REFERENCES" => capabilities.thread = true,
                "MULTISEARCH" => capabilities.multisearch = true,
                "SEARCH=FUZZY" => capabilities.fuzzy = true,
                "WITHIN" => capabilities.within = true,
                "ID" => capabilities.id = true,
                "NAMESPACE" => capabilities.namespace = true,
                "X-GM-EXT-1" => capabilities.gmail = true,
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
                    capabilities.sasl_ir = true;
                    capabilities.enable = true;
                }
                "APPENDLIMIT" => capabilities.append_limit = Some(AppendLimit::OfEach),
                other => {
                    if let Some(limit) = other.strip_prefix("APPENDLIMIT=").and_then(|limit| limit.parse().ok()) {
                        capabilities.append_limit = Some(AppendLimit::OfAll(limit));
                    }
                }
            }
        }
        capabilities
    }

    /// Whether a literal of so many bytes may be sent without waiting (RFC 7888 §4, §5: LITERAL- allows 4096).
    pub(super) fn takes_at_once(&self, length: u64) -> bool {
        self.literal_plus || (self.literal_minus && length <= 4096)
    }

    /// The names of what is there, as far as the page knows them.
    pub fn names(&self) -> Vec<&'static str> {
        let all = [
            ("NOTIFY", self.notify),
            ("IDLE", self.idle),
            ("CONDSTORE", self.condstore),
            ("QRESYNC", self.qresync),
            ("LIST-STATUS", self.list_status),
            ("LIST-EXTENDED", self.list_extended),
            ("SPECIAL-USE", self.special_use),
            ("NAMESPACE", self.namespace),
            ("ACL", self.acl),
            ("LIST-MYRIGHTS", self.list_myrights),
            ("MOVE", self.r#move),
            ("UIDPLUS", self.uidplus),
            ("PREVIEW", self.preview),
            ("ESEARCH", self.esearch),
            ("SORT", self.sort),
            ("QUOTA", self.quota),
            ("APPENDLIMIT", self.append_limit.is_some()),
            ("REPLACE", self.replace),
            ("LITERAL+", self.literal_plus || self.literal_minus),
            ("SASL-IR", self.sasl_ir),
            ("ID", self.id),
            ("IMAP4rev2", self.imap4rev2),
            ("ENABLE", self.enable),
            ("UTF8=ACCEPT", self.utf8_accept),
            ("COMPRESS=DEFLATE", self.compress),
            ("OBJECTID", self.object_id),
            ("BINARY", self.binary),
            ("METADATA", self.metadata),
            ("THREAD=REFERENCES", self.thread),
            ("MULTISEARCH", self.multisearch),
            ("SEARCH=FUZZY", self.fuzzy),
            ("WITHIN", self.within),
        ];
        all.into_iter().filter(|(_, offered)| *offered).map(|(name, _)| name).collect()
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
        assert_eq!(capabilities.names(), ["IDLE", "CONDSTORE", "QRESYNC", "QUOTA", "LITERAL+"]);
    }

    #[test]
    fn the_largest_message_is_the_same_for_all_or_not() {
        for (word, limit) in [
            ("APPENDLIMIT=35651584", Some(AppendLimit::OfAll(35_651_584))),
            ("appendlimit", Some(AppendLimit::OfEach)),
            ("APPENDLIMIT=much", None),
            ("APPENDLIMITS", None),
        ] {
            assert_eq!(Capabilities::from_words([word]).append_limit, limit, "{word}");
        }
    }
}
