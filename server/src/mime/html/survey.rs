//! What can be known of a body before it is shown.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
};

use ammonia::Url;
use app::wire::Stripped;

use super::{
    Outline,
    beacons::is_counted,
    css, guarded, parse, policy,
    tree::{Node, Tree},
};

/// What an HTML body refers to, and what of it is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The Content-IDs of the images within the message that it shows.
    pub content_ids: HashSet<String>,
    /// Whether there is anything on the net that it wants to show.
    pub remote: bool,
    /// How many pictures it has that are there to tell that it was read.
    pub trackers: u32,
    /// What is taken out of it, and how often.
    pub stripped: BTreeMap<Stripped, u32>,
    /// None where it is shown as text.
    pub outline: Option<Outline>,
}

/// Looks through an HTML body. Heavy enough for a blocking thread.
pub fn survey(html: &str) -> Survey {
    let Some(tree) = guarded(|| parse(html)).flatten() else {
        return Survey::default();
    };
    let mut content_ids: HashSet<String> = tree
        .elements()
        .flat_map(|element| &element.attributes)
        .chain(&tree.body)
        .filter(|(name, _)| matches!(name.as_str(), "src" | "background"))
        .filter_map(|(_, value)| policy::content_id(value))
        .collect();
    let mut remote = tree.elements().any(policy::is_remote) || policy::has_remote_background(&tree.body);
    let mut beacons = policy::beacons(&tree);
    for address in styled_pictures(&tree) {
        match policy::content_id(&address) {
            Some(id) => _ = content_ids.insert(id),
            None if is_counted(&address) => _ = beacons.insert(address),
            None => remote |= policy::on_the_net(&address).is_some(),
        }
    }
    let trackers = u32::try_from(beacons.len()).unwrap_or(u32::MAX);
    Survey { content_ids, remote, trackers, stripped: stripped(&tree), outline: Outline::of(&tree) }
}

/// The addresses of pictures that CSS shows.
fn styled_pictures(tree: &Tree) -> Vec<String> {
    let found = RefCell::new(Vec::new());
    let note = |address: &str| {
        found.borrow_mut().push(address.to_owned());
        None
    };
    for css in tree.style_sheets().filter(|css| css::may_name_pictures(css)) {
        css::sheet(&css, false, &note);
    }
    let attributes = tree.elements().flat_map(|element| &element.attributes).chain(&tree.body);
    for (_, css) in attributes.filter(|(name, value)| name == "style" && css::may_name_pictures(value)) {
        css::declarations(css, &note);
    }
    found.into_inner()
}

/// What no message may have.
fn stripped(tree: &Tree) -> BTreeMap<Stripped, u32> {
    let mut counts = BTreeMap::new();
    let mut count = |kind, times: usize| {
        if times > 0 {
            *counts.entry(kind).or_insert(0u32) += u32::try_from(times).unwrap_or(u32::MAX);
        }
    };
    for element in tree.elements() {
        if let Some(kind) = kind_of(element) {
            count(kind, 1);
        }
        count(Stripped::Handlers, element.attributes.iter().filter(runs).count());
    }
    count(Stripped::Handlers, tree.body.iter().filter(runs).count());
    counts
}

fn kind_of(element: &Node) -> Option<Stripped> {
    match element.name.as_str() {
        "script" => Some(Stripped::Scripts),
        "form" | "input" | "button" | "select" | "textarea" => Some(Stripped::Forms),
        "iframe" | "frame" | "object" | "embed" | "applet" | "portal" => Some(Stripped::Frames),
        "audio" | "video" => Some(Stripped::Media),
        "svg" | "math" | "canvas" => Some(Stripped::Drawings),
        _ => None,
    }
}

/// Whether an attribute has code: a handler of events, or an address that is one.
fn runs((name, value): &&(String, String)) -> bool {
    name.starts_with("on")
        || (matches!(name.as_str(), "href" | "src" | "action" | "formaction" | "xlink:href" | "data" | "background")
            && Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "javascript" | "vbscript")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(html: &str) -> Vec<(Stripped, u32)> {
        survey(html).stripped.into_iter().collect()
    }

    #[test]
    fn what_is_taken_out_is_counted() {
        assert_eq!(taken("<p style='color:red'><a href=https://h/>x</a><img src=cid:a>"), []);
        assert_eq!(
            taken(
                "<body onload=a()><script>a()</script><p onclick=a() ONMOUSEOVER=b()><a href=' java\tscript:a()'>x</a>\
                 <form><input><button>x</button></form><iframe src=https://h/></iframe><video></video><svg><g/></svg>"
            ),
            [
                (Stripped::Scripts, 1),
                (Stripped::Handlers, 4),
                (Stripped::Forms, 3),
                (Stripped::Frames, 1),
                (Stripped::Media, 1),
                (Stripped::Drawings, 1)
            ]
        );
        assert_eq!(survey(&"<div>".repeat(10_000)), Survey::default(), "of what is too deep nothing is known");
    }

    #[test]
    fn pictures_of_css_are_seen() {
        let of = |html: &str| {
            let Survey { content_ids, remote, trackers, .. } = survey(html);
            (content_ids.into_iter().collect::<Vec<_>>(), remote, trackers)
        };
        assert_eq!(of("<p style='background: url(https://h/a) red'>"), (vec![], true, 0));
        assert_eq!(of("<style>.hero{background-image:URL(\"//h/a\")}</style>"), (vec![], true, 0));
        assert_eq!(of("<body style='background:url(cid:a@b)'>"), (vec!["a@b".to_owned()], false, 0));
        assert_eq!(of("<p style='background:url(https://x.sendgrid.net/wf/open?upn=1)'>"), (vec![], false, 1));
        // What would tell of the reader's screen or hand is never asked for.
        assert_eq!(of("<style>@media (min-width:1px){p{background:url(https://h/a)}}</style>"), (vec![], false, 0));
        assert_eq!(of("<style>p:hover{background:url(https://h/a)}</style>"), (vec![], false, 0));
        assert_eq!(of("<p style='background:red'>url(https://h/a)"), (vec![], false, 0));
    }
}
