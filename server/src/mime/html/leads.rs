//! Links that lead elsewhere than they say. Works on text that the sanitizer has written, as `fold` does: it puts a sign of ours
//! behind them, and reads nothing anew.
//!
//! In the frame nothing can run, and a link opens at once: what is to be seen has to be seen before. So a link whose text is an
//! address of one owner, and which leads to another, says where to; so does one to a host whose letters are not what they seem.

use std::borrow::Cow;

use ammonia::Url;
use app::legible::legible;

use super::{escape, fold::next_tag};
use crate::{
    doubt::{is_mixed, look, shown},
    host::{belong_together, ends_as_known},
};

/// How much of a link's text is looked at, in bytes, and how many links get a sign.
const MAX_TEXT: usize = 2048;
const MAX_SIGNS: usize = 2000;

/// How the sign looks, whatever the message would have it look like: nothing is stronger, and of what a message may say of an element
/// nothing is left that would take this one out of sight. In the words of the sanitizer.
const STYLE: &str = "display:inline !important;visibility:visible !important;opacity:1 !important;\
    float:none !important;flex:none !important;order:0 !important;position:static !important;\
    width:auto !important;min-width:0 !important;max-width:none !important;\
    height:auto !important;min-height:0 !important;max-height:none !important;\
    margin:0 !important;padding:0 !important;overflow:visible !important;vertical-align:baseline !important;\
    font:12px sans-serif !important;letter-spacing:normal !important;word-spacing:normal !important;\
    white-space:normal !important;text-indent:0 !important;text-shadow:none !important;\
    -webkit-text-fill-color:#5c4400 !important;-webkit-text-stroke:0 !important;\
    color:#5c4400 !important;background:#fff3cd !important;direction:ltr !important;\
    unicode-bidi:isolate !important;";

/// Ends of file names that are ends of domains as well: `notes.md` is seldom Moldova's.
const FILES: &[&str] = &["md", "mov", "ps", "py", "rs", "sh", "so", "zip"];

/// Puts a sign behind each link that leads elsewhere than it says.
pub fn sign(content: &str) -> Cow<'_, str> {
    let mut signed = String::new();
    let (mut at, mut copied, mut signs) = (0, 0, 0);
    let mut open: Option<Open> = None;
    while signs < MAX_SIGNS
        && let Some(tag) = next_tag(content, at)
    {
        if let Some(link) = &mut open {
            link.add(content.get(at..tag.start).unwrap_or_default());
            if matches!(tag.name, "br" | "div" | "p" | "td" | "li") {
                link.add(" ");
            }
        }
        at = tag.end;
        if tag.name != "a" {
            continue;
        }
        if !tag.closes {
            open = address(tag.attributes).map(|address| Open { start: tag.start, address, text: String::new() });
            continue;
        }
        let Some(link) = open.take() else { continue };
        let Some(host) = link.leads_elsewhere() else { continue };
        let sign = format!("<span class=\"pismo-leads\" style=\"{STYLE}\"> (→ {})</span>", escape(&host));
        // It has one already, whoever put it there.
        if content.get(at..).is_some_and(|after| after.starts_with(&sign)) {
            continue;
        }
        let tag = content.get(link.start + "<a".len()..at).unwrap_or_default();
        signed.push_str(content.get(copied..link.start).unwrap_or_default());
        // Before a title of the sender's: of two the first counts.
        signed.push_str(&format!("<a title=\"→ {}\"{tag}{sign}", escape(&host)));
        (copied, signs) = (at, signs + 1);
    }
    if signs == 0 {
        return Cow::Borrowed(content);
    }
    signed.push_str(content.get(copied..).unwrap_or_default());
    Cow::Owned(signed)
}

/// A link whose end has not come.
struct Open {
    start: usize,
    address: String,
    text: String,
}

impl Open {
    fn add(&mut self, text: &str) {
        let room = MAX_TEXT.saturating_sub(self.text.len());
        self.text.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
    }

    /// The host that is to be shown.
    fn leads_elsewhere(&self) -> Option<String> {
        let url = Url::parse(&self.address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let host = url.host_str()?;
        let text = unescape(&self.text);
        let text = legible(&text);
        let named = named_host(&text);
        let name = shown(host);
        if is_trick(&name) {
            return named.is_none_or(|_| !text.to_ascii_lowercase().contains(host)).then(|| host.to_owned());
        }
        named.is_some_and(|named| !belong_together(&named, host)).then_some(name)
    }
}

/// Whether a host's letters are of scripts that do not go together, or all of them look like Latin ones, as its end is, and are
/// not.
fn is_trick(name: &str) -> bool {
    let end = name.rsplit('.').next().unwrap_or_default();
    let is_copy = |label: &str| !label.is_ascii() && look(label).is_ascii();
    !name.is_ascii() && (is_mixed(name) || end.is_ascii() && name.split('.').any(is_copy))
}

/// The host that a link's text names: the first web address in it, or all of it where that is a host and perhaps a path.
fn named_host(text: &str) -> Option<String> {
    let host_of = |address: &str| Url::parse(address).ok()?.host_str().map(str::to_owned);
    let words = || text.split_whitespace().map(|word| word.trim_start_matches(['(', '[', '<', '"', '\'', '«', '“']));
    let address = words().find_map(|word| {
        let lower = word.to_ascii_lowercase();
        match () {
            () if lower.starts_with("https://") || lower.starts_with("http://") => host_of(word),
            () if lower.starts_with("www.") => host_of(&format!("https://{word}")),
            () => None,
        }
    });
    address.or_else(|| {
        let mut words = words();
        let (word, None) = (words.next()?.trim_end_matches(['.', ',', ';', '!', '?', ')', '>']), words.next()) else {
            return None;
        };
        // `a@x.org` is an address of another kind, `a:b` none.
        let name =
            word.split(['/', '?', '#']).next().filter(|name| name.contains('.') && !name.contains(['@', ':']))?;
        let end = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        let is_host = !FILES.contains(&end.as_str()) && !end.bytes().all(|byte| byte.is_ascii_digit());
        if is_host && ends_as_known(name) { host_of(&format!("https://{word}")) } else { None }
    })
}

/// Where a link leads. In what the sanitizer has written, no quotation mark stands within a value.
fn address(attributes: &str) -> Option<String> {
    let rest =
        attributes.strip_prefix("href=\"").or_else(|| attributes.split_once(" href=\"").map(|(_, rest)| rest))?;
    Some(unescape(rest.split('"').next()?))
}

/// The text of what the sanitizer has escaped.
fn unescape(text: &str) -> String {
    text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::html::css;

    fn hosts(content: &str) -> Vec<String> {
        let signed = sign(content);
        assert_eq!(sign(&signed), signed, "once is enough");
        let signs = signed.split("<span class=\"pismo-leads\"").skip(1);
        signs.filter_map(|sign| Some(sign.split_once("(→ ")?.1.split(')').next()?.to_owned())).collect()
    }

    fn link(href: &str, text: &str) -> String {
        format!("<p>a <a href=\"{href}\" target=\"_blank\">{text}</a> b</p>")
    }

    #[test]
    fn a_link_that_leads_elsewhere_says_so() {
        for (href, text, host) in [
            ("https://evil.test/", "https://bank.example/login", "evil.test"),
            ("https://evil.test/", "www.bank.example", "evil.test"),
            ("https://evil.test/", "bank.com", "evil.test"),
            ("https://evil.test/", "<b>bank</b>.com/login", "evil.test"),
            ("https://evil.test/", "Go to https://bank.example/?a&amp;b now", "evil.test"),
            ("https://evil.test/", "ba\u{200b}nk.com", "evil.test"),
            ("https://bank.example@evil.test/", "https://bank.example", "evil.test"),
            ("https://bank.example.evil.test/", "https://bank.example", "bank.example.evil.test"),
            ("https://two.github.io/", "https://one.github.io/", "two.github.io"),
            ("https://xn--80a1acny.xn--p1ai/", "https://банк.рф/", "почта.рф"),
            // Letters that are not what they seem, whatever the text is.
            ("https://xn--80ak6aa92e.com/", "Log in", "xn--80ak6aa92e.com"),
            ("https://xn--gmil-63d.com/", "gm\u{430}il.com", "xn--gmil-63d.com"),
            ("http://192.0.2.7/", "https://bank.example", "192.0.2.7"),
        ] {
            assert_eq!(hosts(&link(href, text)), [host], "{text} to {href}");
        }
    }

    #[test]
    fn others_are_let_alone() {
        for (href, text) in [
            ("https://bank.example/login?x=1", "https://bank.example"),
            ("https://click.mail.bank.example/", "www.bank.example"),
            ("https://bank.com/", "bank.com"),
            ("https://xn--80a1acny.xn--p1ai/", "почта.рф"),
            ("https://xn--80a1acny.xn--p1ai/", "Почта"),
            ("https://\u{445}\u{43e}\u{440}.\u{440}\u{443}\u{441}/", "Хор"),
            ("https://evil.test/", "Log in to your bank"),
            ("https://evil.test/", "README.md"),
            ("https://evil.test/", "Node.js"),
            ("https://evil.test/", "1.5"),
            ("https://evil.test/", "12.30"),
            ("https://evil.test/", "ana@bank.com"),
            ("https://evil.test/", "bank.com and others"),
            ("mailto:a@evil.test", "bank.com"),
            ("https://evil.test/", ""),
            ("https://xn--gmil-63d.com/", "https://xn--gmil-63d.com/"),
        ] {
            assert_eq!(hosts(&link(href, text)), [""; 0], "{text} to {href}");
        }
    }

    #[test]
    fn a_title_of_ours_stands_before_others() {
        let content = "<a href=\"https://evil.test/\" title=\"bank.com\">bank.com</a>";
        assert!(sign(content).starts_with("<a title=\"→ evil.test\" href="), "{}", sign(content));
        let faked = "<a title=\"x href=&quot;https://bank.com/\" href=\"https://evil.test/\">bank.com</a>";
        assert_eq!(hosts(faked), ["evil.test"]);
    }

    #[test]
    fn the_style_is_as_the_sanitizer_writes_it() {
        assert_eq!(css::declarations(STYLE, css::NO_PICTURES).css, STYLE);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_whatever_it_is(content in "(<a href=\"https://evil\\.test/\">|<a>|</a>|<b>|bank\\.com|<br>|\"|<|>|a| |я){0,40}") {
            let signed = sign(&content);
            let sign = format!("<span class=\"pismo-leads\" style=\"{STYLE}\"> (→ evil.test)</span>");
            let plain = signed.replace(&sign, "").replace(" title=\"→ evil.test\"", "");
            proptest::prop_assert_eq!(plain, content);
        }
    }

    #[test]
    fn many_links_are_signed_in_linear_time() {
        let started = std::time::Instant::now();
        for unit in [
            "<a href=\"https://evil.test/\">bank.com</a>",
            "<a href=\"https://evil.test/\">x",
            "<a href=\"x\">",
            "</a>",
            "<",
        ] {
            sign(&unit.repeat(100_000));
        }
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }
}
