//! What may stay of an HTML body: elements, attributes, addresses.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use ammonia::{Builder, Url, UrlRelative};
use app::trackers::untracked;

use super::{
    Options, Proxy,
    beacons::is_counted,
    css::{self, Declarations, Pictures},
    tree::{Node, Tree},
};

/// Elements of letters and newsletters. No svg, math, forms, frames, or anything whose content is not markup.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "b",
    "bdi",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "map",
    "mark",
    "menu",
    "nav",
    "nobr",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements that go with all that is in them.
const REMOVED: &[&str] = &[
    "script", "style", "title", "template", "noscript", "noembed", "noframes", "iframe", "frameset", "svg", "math",
    "textarea", "select", "datalist", "xmp", "object", "applet", "audio", "video", "canvas", "portal", "head",
];

/// Attributes of any element.
const ATTRIBUTES: &[&str] = &[
    "align",
    "aria-hidden",
    "aria-label",
    "bgcolor",
    "class",
    "dir",
    "height",
    "hidden",
    "id",
    "lang",
    "role",
    "style",
    "title",
    "valign",
    "width",
];

/// Attributes of some elements.
const ELEMENT_ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href", "name"]),
    ("area", &["alt", "coords", "href", "shape"]),
    ("blockquote", &["type"]),
    ("br", &["clear"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("del", &["datetime"]),
    ("font", &["color", "face", "size"]),
    ("hr", &["color", "noshade", "size"]),
    ("img", &["alt", "border", "hspace", "src", "usemap", "vspace"]),
    ("ins", &["datetime"]),
    ("li", &["type", "value"]),
    ("map", &["name"]),
    ("ol", &["reversed", "start", "type"]),
    ("table", &["background", "border", "bordercolor", "cellpadding", "cellspacing", "frame", "rules", "summary"]),
    ("tbody", &["background"]),
    ("td", &["abbr", "background", "colspan", "headers", "nowrap", "rowspan", "scope"]),
    ("th", &["abbr", "background", "colspan", "headers", "nowrap", "rowspan", "scope"]),
    ("time", &["datetime"]),
    ("tr", &["background"]),
    ("ul", &["type"]),
];

/// What is common to all that is sanitised. Without an `attribute_filter` it is no sanitizer yet.
pub fn base_builder() -> Builder<'static> {
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENTS.iter().copied().collect())
        .clean_content_tags(REMOVED.iter().copied().collect())
        .generic_attributes(ATTRIBUTES.iter().copied().collect())
        .tag_attributes(
            ELEMENT_ATTRIBUTES.iter().map(|(name, attributes)| (*name, attributes.iter().copied().collect())).collect(),
        )
        .link_rel(None)
        .url_schemes(HashSet::from(["http", "https", "mailto", "cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .strip_comments(true);
    builder
}

/// The sanitizer that shows these pictures.
pub fn builder(images: Arc<Images>) -> Builder<'static> {
    let mut builder = linking_builder();
    let styles = Styles::default();
    builder.attribute_filter(move |_, attribute, value| filter(attribute, value, &images, &styles));
    builder
}

/// What is shown to whoever reads, but for pictures, which are named as they were: selectors hold for the same elements.
pub fn builder_for_selectors() -> Builder<'static> {
    let mut builder = linking_builder();
    let styles = Styles::default();
    builder.attribute_filter(move |_, attribute, value| match attribute {
        "style" => styles.clean(value).map(Cow::Owned),
        _ => filter_others(attribute, value),
    });
    builder
}

fn linking_builder() -> Builder<'static> {
    let mut builder = base_builder();
    let new_window = HashMap::from([("target", "_blank")]);
    let new_window_area = HashMap::from([("target", "_blank"), ("rel", LINK_REL)]);
    builder
        .set_tag_attribute_values(HashMap::from([("a", new_window), ("area", new_window_area)]))
        .link_rel(Some(LINK_REL));
    builder
}

/// Whether an element goes with all that is in it.
pub fn is_removed(name: &str) -> bool {
    REMOVED.contains(&name)
}

const LINK_REL: &str = "noopener noreferrer nofollow";

/// The last word on every attribute that the allow-list let through.
fn filter<'a>(attribute: &str, value: &'a str, images: &Images, styles: &Styles) -> Option<Cow<'a, str>> {
    match attribute {
        "src" | "background" => images.address(value).map(Cow::Owned),
        "style" if css::may_name_pictures(value) => styled(value, &|address| images.address(address)).map(Cow::Owned),
        "style" => styles.clean(value).map(Cow::Owned),
        // Only where it is read: what the person writes, or quotes, keeps its addresses.
        "href" => link(value).map(|address| Cow::Owned(untracked(&address).into_owned())),
        _ => filter_others(attribute, value),
    }
}

/// The last word on attributes that load nothing.
pub fn filter_others<'a>(attribute: &str, value: &'a str) -> Option<Cow<'a, str>> {
    match attribute {
        "style" => styled(value, css::NO_PICTURES).map(Cow::Owned),
        "href" => link(value).map(Cow::Owned),
        "usemap" => value.starts_with('#').then_some(Cow::Borrowed(value)),
        _ => Some(Cow::Borrowed(value)),
    }
}

fn styled(value: &str, pictures: Pictures<'_>) -> Option<String> {
    let css = css::declarations(value, pictures).css;
    (!css.is_empty()).then_some(css)
}

/// What has become of `style` attributes: a newsletter says the same of each of its cells.
#[derive(Default)]
struct Styles(Mutex<HashMap<String, Option<String>>>);

impl Styles {
    fn clean(&self, value: &str) -> Option<String> {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clean) = known.get(value) {
            return clean.clone();
        }
        let clean = styled(value, css::NO_PICTURES);
        known.insert(value.to_owned(), clean.clone());
        clean
    }
}

/// A link that may be followed, in its normal spelling.
fn link(value: &str) -> Option<String> {
    let url = Url::parse(value).ok()?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.into())
}

/// Images that may be shown: those that came with the message, and remote ones when those were asked for.
pub struct Images {
    inline: Arc<HashMap<String, String>>,
    remote: Option<Proxy>,
    /// The addresses of pictures that only tell that they were fetched.
    beacons: HashSet<String>,
    /// How many bytes may still be written in place of a Content-ID: a body may name one image any number of times.
    budget: AtomicUsize,
}

impl Images {
    /// Those of these options, but for these on the net.
    pub fn new(options: &Options, beacons: HashSet<String>) -> Self {
        let all: usize = options.inline.values().map(String::len).sum();
        let budget = AtomicUsize::new(all.saturating_mul(2).saturating_add(MAX_REPEATED));
        Self { inline: options.inline.clone(), remote: options.remote.clone(), beacons, budget }
    }

    /// The address by which a picture is shown; none where it is not.
    pub fn address(&self, value: &str) -> Option<String> {
        if let Some(content_id) = content_id(value) {
            let uri = self.inline.get(&content_id).filter(|uri| is_image_data(uri))?;
            let left = self.budget.load(Ordering::Relaxed).checked_sub(uri.len())?;
            self.budget.store(left, Ordering::Relaxed);
            return Some(uri.clone());
        }
        if is_image_data(value.trim()) {
            return Some(value.trim().to_owned());
        }
        let Proxy(address) = self.remote.as_ref()?;
        (!self.beacons.contains(value) && !is_counted(value))
            .then(|| on_the_net(value))
            .flatten()
            .map(|url| address(url.as_str()))
    }
}

/// Bytes of images that may be written more than twice.
const MAX_REPEATED: usize = 1024 * 1024;

/// The Content-ID of a `cid:` address (RFC 2392).
pub fn content_id(value: &str) -> Option<String> {
    let value = value.trim();
    let (scheme, id) = value.split_at_checked(4)?;
    if !scheme.eq_ignore_ascii_case("cid:") {
        return None;
    }
    let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    Some(id.trim().trim_matches(['<', '>']).to_owned())
}

/// The address of a picture that is on the net or written out, in its normal spelling.
pub fn picture(value: &str) -> Option<String> {
    if is_image_data(value.trim()) { Some(value.trim().to_owned()) } else { on_the_net(value).map(Url::into) }
}

/// Pictures only: no SVG, which is a document.
fn is_image_data(value: &str) -> bool {
    let head: String = value.chars().take(24).collect::<String>().to_ascii_lowercase();
    ["png", "jpeg", "jpg", "gif", "webp", "bmp"].iter().any(|kind| {
        head.strip_prefix("data:image/")
            .and_then(|rest| rest.strip_prefix(kind))
            .is_some_and(|rest| rest.starts_with(';') || rest.starts_with(','))
    })
}

/// The address of something on the net.
pub fn on_the_net(value: &str) -> Option<Url> {
    let value = value.trim();
    // `//host/path` is a habit of web pages; in a letter it can only mean https.
    let url = match value.strip_prefix("//") {
        Some(rest) => Url::parse(&format!("https://{rest}")),
        None => Url::parse(value),
    };
    url.ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Whether an element would show something from the net if that were allowed.
pub fn is_remote(element: &Node) -> bool {
    (element.name == "img" && element.attribute("src").is_some_and(|value| on_the_net(value).is_some()))
        || (matches!(element.name.as_str(), "table" | "tbody" | "td" | "th" | "tr")
            && has_remote_background(&element.attributes))
}

/// The addresses, as they are written, of pictures that nobody can see or that come from who counts readers.
pub fn beacons(tree: &Tree) -> HashSet<String> {
    let is_beacon = |node: &&Node| is_remote(node) && super::beacons::is_beacon(node);
    let sources = tree.elements().filter(is_beacon).filter_map(|node| node.attribute("src"));
    sources.map(str::to_owned).collect()
}

pub fn has_remote_background(attributes: &[(String, String)]) -> bool {
    attributes.iter().any(|(name, value)| name == "background" && on_the_net(value).is_some())
}

/// Whether attributes choose a colour of text or background.
pub fn chooses_colours(attributes: &[(String, String)]) -> bool {
    // Whether or not it is shown: the page is not to change with it.
    let any = |_: &str| Some(String::new());
    attributes.iter().any(|(name, value)| match name.as_str() {
        "bgcolor" | "color" | "text" | "background" => true,
        "style" => css::declarations(value, &any).colours,
        _ => false,
    })
}

/// What the attributes of the `<body>` tag say, as declarations.
pub fn body_style(attributes: &[(String, String)], pictures: Pictures<'_>) -> Declarations {
    let mut css = String::new();
    for (name, value) in attributes {
        match name.as_str() {
            "bgcolor" => css.push_str(&format!("background-color:{};", colour(value))),
            "text" => css.push_str(&format!("color:{};", colour(value))),
            _ => {}
        }
    }
    // The `style` attribute is stronger than the others.
    if let Some((_, style)) = attributes.iter().find(|(name, _)| name == "style") {
        css.push_str(style);
    }
    css::declarations(&css, pictures)
}

/// A colour of old HTML, where `ffffff` needs no `#`; empty when it is none.
fn colour(value: &str) -> String {
    let value = value.trim();
    let digits = value.strip_prefix('#').unwrap_or(value);
    if matches!(digits.len(), 3 | 6) && digits.chars().all(|letter| letter.is_ascii_hexdigit()) {
        return format!("#{digits}");
    }
    let name = value.len() <= 24 && value.chars().all(|letter| letter.is_ascii_alphabetic());
    if name { value.to_owned() } else { String::new() }
}
