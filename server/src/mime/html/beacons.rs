//! Web beacons: pictures that are there to tell that a message was read.

use super::{policy, tree::Node};

/// Where services that send for others count readers: the end of a host, and what the path begins with, by what they document
/// and by what their messages hold.
const COUNTERS: &[(&str, &str)] = &[
    ("awstrack.me", "/I0/"),
    ("list-manage.com", "/track/open"),
    ("mandrillapp.com", "/track/open"),
    ("sendgrid.net", "/wf/open"),
    ("sparkpostmail.com", "/q/"),
    ("mailgun.org", "/o/"),
    ("createsend.com", "/t/"),
    ("cmail19.com", "/t/"),
    ("cmail20.com", "/t/"),
    ("hubspotemail.net", "/e1t/o/"),
    ("hubspotlinks.com", "/e1t/o/"),
    ("hubspot.com", "/e1t/o/"),
    ("customeriomail.com", "/e/o/"),
    ("track.customer.io", "/e/o/"),
    ("open.convertkit-mail.com", "/"),
    ("open.convertkit-mail2.com", "/"),
    ("klaviyomail.com", "/o/"),
    ("constantcontact.com", "/on.jsp"),
    ("rs6.net", "/on.jsp"),
    ("exct.net", "/open.aspx"),
    ("exacttarget.com", "/open.aspx"),
    ("emltrk.com", "/"),
    ("mailtrack.io", "/trace/"),
    ("mltrk.io", "/"),
    ("yesware.com", "/t/"),
    ("bananatag.com", "/"),
    ("google-analytics.com", "/"),
    ("doubleclick.net", "/"),
    ("facebook.com", "/tr"),
    ("mc.yandex.ru", "/"),
    ("top-fwz1.mail.ru", "/"),
    ("unisender.com", "/ru/mail_read_tracker"),
    ("mjt.lu", "/oo/"),
    ("sendibm1.com", "/im/"),
];

/// Whether a picture on the net is too small or too hidden to be seen, or comes from where readers are counted.
pub fn is_beacon(picture: &Node) -> bool {
    picture.name == "img" && (is_hidden(picture) || picture.attribute("src").is_some_and(is_counted))
}

fn is_hidden(picture: &Node) -> bool {
    let tiny = |name| picture.attribute(name).is_some_and(is_tiny);
    let style = picture.attribute("style").unwrap_or_default().to_ascii_lowercase();
    let mut said =
        style.split(';').filter_map(|one| one.split_once(':')).map(|(name, value)| (name.trim(), value.trim()));
    let hides = |(name, value): (&str, &str)| match name {
        "display" => value.starts_with("none"),
        "visibility" => value.starts_with("hidden"),
        "width" | "height" | "max-width" | "max-height" => is_tiny(value),
        _ => false,
    };
    (tiny("width") && tiny("height")) || picture.attribute("hidden").is_some() || said.any(hides)
}

/// Whether a length is a pixel at most. Without a number it may be anything.
fn is_tiny(length: &str) -> bool {
    let digits: String = length.trim().chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
    let rest = length.trim().get(digits.len()..).unwrap_or_default().trim();
    let is_pixels = rest.is_empty() || rest.starts_with("px") || rest.starts_with('!');
    digits.parse::<f32>().is_ok_and(|pixels| pixels == 0.0 || (pixels <= 1.0 && is_pixels))
}

pub fn is_counted(address: &str) -> bool {
    let Some(url) = policy::on_the_net(address) else { return false };
    let Some(host) = url.host_str() else { return false };
    COUNTERS.iter().any(|(end, path)| {
        host.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            && url.path().starts_with(path)
    })
}

#[cfg(test)]
mod tests {
    use super::super::survey;

    #[test]
    fn pictures_that_count_readers_are_told_from_others() {
        for (html, trackers) in [
            ("<img src=https://a.example/x width=1 height=1>", 1),
            ("<img src=https://a.example/x style='width:1px;height:1px'>", 1),
            ("<img src=https://a.example/x style='DISPLAY : none !important'>", 1),
            ("<img src=https://a.example/x width=0 height=0><img src=https://a.example/y hidden>", 2),
            ("<img src=https://u1.ct.sendgrid.net/wf/open?upn=1 width=600>", 1),
            ("<img src=https://x.list-manage.com/track/open.php?u=1>", 1),
            ("<img src=https://notlist-manage.com/track/open.php>", 0),
            ("<img src=https://list-manage.com/logo.png>", 0),
            ("<img src=https://a.example/x width=1>", 0),
            ("<img src=https://a.example/x width=100% height=1>", 0),
            ("<img src=https://a.example/x style='width:1em'>", 0),
            ("<img src=cid:x width=1 height=1>", 0),
        ] {
            assert_eq!(survey(html).trackers, trackers, "{html}");
        }
    }
}
