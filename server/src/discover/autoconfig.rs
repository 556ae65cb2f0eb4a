//! Mozilla's autoconfig: what a domain publishes for mail programs, and Thunderbird's list of what others do.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Address, Found, Places, clientconfig};
use crate::net::{Dialer, fetch};

/// What the domain itself publishes, over HTTPS alone: over HTTP anybody in between could name a server of his own.
pub async fn of_domain(dialer: &Dialer, places: &Places, address: &Address) -> Found {
    let Address { email, domain, .. } = address;
    let port = if places.https == 443 { String::new() } else { format!(":{}", places.https) };
    let email = utf8_percent_encode(email, NON_ALPHANUMERIC);
    let (subdomain, well_known) = (
        format!("https://autoconfig.{domain}{port}/mail/config-v1.1.xml?emailaddress={email}"),
        format!("https://{domain}{port}/.well-known/autoconfig/mail/config-v1.1.xml"),
    );
    let (first, second) = tokio::join!(fetch(dialer, &subdomain), fetch(dialer, &well_known));
    let mut found = read(first, address);
    if found.candidates.is_empty() {
        found = read(second, address);
    }
    found
}

/// What Thunderbird's list says of a domain, which may be that of the host that takes the mail of the address.
pub async fn of_list(dialer: &Dialer, places: &Places, address: &Address, domain: &str) -> Found {
    read(fetch(dialer, &format!("{}{domain}", places.ispdb)).await, address)
}

fn read(document: Option<Vec<u8>>, address: &Address) -> Found {
    let text = document.and_then(|document| String::from_utf8(document).ok());
    text.map(|text| clientconfig::read(&text, address)).unwrap_or_default()
}
