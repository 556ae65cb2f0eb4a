//! Names of hosts: which of them belong to one owner. Pure.

use std::net::IpAddr;

/// The domain under which whoever has a host has registered it, in ASCII and small letters: `bbc.co.uk` of `www.bbc.co.uk`
/// (by the Public Suffix List). The host itself where there is none, as of an address.
pub fn organisation(host: &str) -> String {
    let host = ascii(host);
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return host;
    }
    psl::domain_str(&host).map_or_else(|| host.clone(), str::to_owned)
}

/// Whether two hosts are of one owner.
pub fn belong_together(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || organisation(one) == organisation(other)
}

/// Whether a host ends as hosts of the internet do.
pub fn ends_as_known(host: &str) -> bool {
    psl::suffix(ascii(host).as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// A host as it is asked for (RFC 5890), or in small letters where it cannot be written so.
pub fn ascii(host: &str) -> String {
    let host = host.trim_end_matches('.');
    idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_belongs_to_who_registered_its_domain() {
        for (host, expected) in [
            ("www.bbc.co.uk", "bbc.co.uk"),
            ("Mail.Example.ORG.", "example.org"),
            ("a.b.почта.рф", "xn--80a1acny.xn--p1ai"),
            ("someone.github.io", "someone.github.io"),
            ("localhost", "localhost"),
            ("co.uk", "co.uk"),
            ("192.0.2.7", "192.0.2.7"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("mail.firm.example", "firm.example"),
            ("", ""),
        ] {
            assert_eq!(organisation(host), expected, "{host}");
        }
        assert!(belong_together("click.mail.example.org", "example.org"));
        assert!(!belong_together("one.github.io", "two.github.io"));
    }

    #[test]
    fn words_are_no_hosts() {
        assert!(ends_as_known("example.org") && ends_as_known("почта.рф"));
        assert!(!ends_as_known("node.js") && !ends_as_known("etc"));
    }
}
