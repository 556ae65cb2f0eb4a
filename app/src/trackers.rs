//! Parameters of web addresses by which whoever sent them learns who followed them. Pure.

use std::borrow::Cow;

/// Parameters that a page works as well without. They are those that Firefox strips (its Query Parameter Stripping list) and
/// Brave (its query filter), with those that ClearURLs names of senders of newsletters. In small letters.
const TRACKERS: &[&str] = &[
    "__hsfp",
    "__hssc",
    "__hstc",
    "__s",
    "_branch_match_id",
    "_bta_c",
    "_bta_tid",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_ke",
    "_kx",
    "_openstat",
    "ck_subscriber_id",
    "dclid",
    "dm_i",
    "ef_id",
    "elqtrack",
    "elqtrackid",
    "epik",
    "et_rid",
    "fbclid",
    "gad_source",
    "gbraid",
    "gclid",
    "gclsrc",
    "hsctatracking",
    "igsh",
    "igshid",
    "irclickid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mindbox-click-id",
    "mindbox-message-key",
    "mkt_tok",
    "ml_subscriber",
    "ml_subscriber_hash",
    "msclkid",
    "oft_c",
    "oft_ck",
    "oft_d",
    "oft_id",
    "oft_ids",
    "oft_k",
    "oft_lk",
    "oft_sk",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "rdt_cid",
    "s_cid",
    "sc_cid",
    "srsltid",
    "trk_contact",
    "trk_module",
    "trk_msg",
    "trk_sid",
    "ttclid",
    "twclid",
    "vero_conv",
    "vero_id",
    "vgo_ee",
    "wbraid",
    "wickedid",
    "yclid",
    "ysclid",
];

/// How others begin: of Google Analytics, Matomo and Piwik.
const BEGINNINGS: &[&str] = &["utm_", "mtm_", "pk_", "piwik_"];

/// Words by which an address is known that needs to know who follows it: there, what is removed may be how.
const NEEDED: &[&str] =
    &["unsub", "opt-out", "optout", "preference", "subscription", "abmelde", "otpis", "emailwebview"];

/// The address without such parameters. All else in it stays as it is, byte for byte.
pub fn untracked(address: &str) -> Cow<'_, str> {
    let same = Cow::Borrowed(address);
    let is_web = |scheme: &str| scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    if !address.split_once("://").is_some_and(|(scheme, _)| is_web(scheme)) {
        return same;
    }
    let (main, fragment) = address.split_at(address.find('#').unwrap_or(address.len()));
    let Some((place, query)) = main.split_once('?') else { return same };
    if !query.split('&').any(is_tracker) {
        return same;
    }
    let lower = main.to_ascii_lowercase();
    if NEEDED.iter().any(|word| lower.contains(word)) {
        return same;
    }
    let kept: Vec<&str> = query.split('&').filter(|parameter| !is_tracker(parameter)).collect();
    let mark = if kept.iter().all(|parameter| parameter.is_empty()) { "" } else { "?" };
    let kept = if mark.is_empty() { String::new() } else { kept.join("&") };
    Cow::Owned([place, mark, &kept, fragment].concat())
}

fn is_tracker(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKERS.binary_search(&name.as_str()).is_ok() || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(TRACKERS.is_sorted());
    }

    #[test]
    fn what_only_tells_who_came_goes() {
        for (address, expected) in [
            ("https://x.example/a?utm_source=n&utm_medium=email", "https://x.example/a"),
            ("https://x.example/a?id=1&utm_source=n&b=%D0%9F%2f+x&fbclid=Iw", "https://x.example/a?id=1&b=%D0%9F%2f+x"),
            ("http://x.example/?UTM_Source=n&a#part?utm_x=1", "http://x.example/?a#part?utm_x=1"),
            ("HTTPS://x.example?mc_eid=1", "HTTPS://x.example"),
            ("https://x.example/?a=1&&mc_cid=2&a=2", "https://x.example/?a=1&&a=2"),
            ("https://x.example/?yclid", "https://x.example/"),
            ("https://x.example/?&gclid=1&", "https://x.example/"),
        ] {
            assert_eq!(untracked(address), expected);
        }
    }

    #[test]
    fn all_else_stays() {
        for address in [
            "https://x.example/utm_source=1",
            "https://x.example/?a=utm_source&b=fbclid%3D1",
            "https://x.example/?next=https%3A%2F%2Fy.example%2F%3Futm_source%3D1",
            "https://x.example/#utm_source=1",
            "https://x.example/?my_utm_source=1",
            "https://x.example/unsubscribe?mkt_tok=1&utm_source=2",
            "https://x.example/?mkt_unsubscribe=1&mkt_tok=2",
            "mailto:a@x.example?subject=utm_source",
            "www.x.example?utm_source=1",
            "https://x.example/?",
            "",
        ] {
            assert_eq!(untracked(address), address);
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_else_changes_and_once_is_enough(
            place in "https?://[a-z]{1,5}(\\.[a-z]{2,3})?(:[0-9]{2})?(/[a-zA-Z%20-9]{0,6}){0,3}",
            query in "([?&=]|utm_[a-z]{0,3}|gclid|mc_eid|a|%2[0-9A-F]|unsub|я|;|\\+){0,20}",
            fragment in "(#[a-z?&=_]{0,8})?",
        ) {
            let address = format!("{place}?{query}{fragment}");
            let once = untracked(&address).into_owned();
            proptest::prop_assert_eq!(untracked(&once), once.as_str());
            proptest::prop_assert!(once.starts_with(&place));
            proptest::prop_assert!(once.ends_with(&fragment));
            // What is left was there, in this order.
            let rest = once.strip_prefix(&place).and_then(|rest| rest.strip_suffix(&fragment)).unwrap_or_default();
            let mut before = query.split('&');
            for parameter in rest.strip_prefix('?').unwrap_or(rest).split('&').filter(|one| !one.is_empty()) {
                proptest::prop_assert!(before.any(|other| other == parameter), "{} of {}", parameter, query);
            }
        }

        #[test]
        fn no_text_is_too_much(address in "\\PC{0,40}") {
            untracked(&address);
        }
    }
}
