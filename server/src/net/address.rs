//! Which addresses belong to the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is of the public internet: what is left when the special-purpose blocks (RFC 6890 and IANA's
/// registries) are taken away: this machine, private and shared networks, link-local, documentation, multicast and reserved
/// ones. IPv6 addresses that stand for an IPv4 address count as that address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        // Shared address space (RFC 6598).
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, 6to4 relays, benchmarking.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        // Multicast, reserved, broadcast.
        || a >= 224;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([w, x], [y, z]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(w, x, y, z))
    };
    match (a, b) {
        // Mapped (RFC 4291 §2.5.5.2) and NAT64 (RFC 6052 §2.1).
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => embedded(g, h),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => embedded(g, h),
        // 6to4 (RFC 3056 §2).
        (0x2002, _) => embedded(b, c),
        // Protocol assignments, Teredo among them (RFC 2928); documentation (RFC 3849, RFC 9637).
        (0x2001, 0..0x200 | 0xdb8) => false,
        (0x3fff, 0..0x1000) => false,
        // All that has been given out so far is in 2000::/3.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(public: bool, addresses: &[&str]) {
        for text in addresses {
            assert_eq!(is_public(text.parse().expect(text)), public, "{text}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        check(true, &["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"]);
        check(true, &["192.0.1.0", "198.17.0.1", "198.20.0.1", "223.255.255.255", "169.253.0.1"]);
        check(true, &["2606:4700::1111", "2a00:1450::1", "2001:4860::8888", "::ffff:8.8.8.8"]);
        check(true, &["64:ff9b::808:808", "2002:808:808::1"]);
    }

    #[test]
    fn addresses_of_networks_of_ones_own_are_not() {
        check(false, &["127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"]);
        check(false, &["0.0.0.0", "0.1.2.3", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.88.99.1"]);
        check(false, &["192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1"]);
        check(false, &["255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1"]);
        check(false, &["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"]);
        check(false, &["2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1"]);
    }
}
