//! HTML bodies: made harmless for a sandboxed frame, and read as text for quoting. Pure; heavy enough for a
//! blocking thread.

mod around;
mod beacons;
mod css;
mod fold;
mod inline;
mod leads;
mod policy;
mod survey;
mod text;
mod tree;
pub mod writing;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

pub use around::{for_the_printer, from_text};
pub use survey::{Survey, survey};
pub use text::{to_quote, to_text};

use app::legible::in_written_order;
use css::Declarations;
use policy::Images;
use tree::Tree;

/// The largest HTML text that is shown as HTML.
pub const MAX_HTML: usize = 2 * 1024 * 1024;
/// The largest text shown in its place.
const MAX_TEXT: usize = 512 * 1024;

/// How a body is to be shown.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// By way of whom pictures on the net are shown; none leaves them out.
    pub remote: Option<Proxy>,
    pub theme: Theme,
    /// `data:` URIs of inline images by Content-ID, without angle brackets.
    pub inline: Arc<HashMap<String, String>>,
    /// The words under which a quote at the end is folded; none leaves it open.
    pub fold: Option<&'static str>,
}

/// Gives pictures on the net, by their addresses in normal spelling, those by which they may be fetched.
#[derive(Clone)]
pub struct Proxy(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl Proxy {
    pub fn new(address: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(address))
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Proxy")
    }
}

/// The page around the frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    /// Messages that choose no colours of their own are made dark; others stay as they are.
    Dark,
}

/// A body that is safe to show in a sandboxed frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// A complete HTML document. Never to be parsed and written again.
    pub document: String,
    /// Whether the HTML was too large or too deep, and is shown as text.
    pub simplified: bool,
}

/// What a body is like, known before it is made harmless: that it is no more than can be borne, and what of it has another place in
/// a clean document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    sheets: Vec<String>,
    /// The attributes of the `<body>` tag.
    body: Vec<(String, String)>,
    /// The addresses of pictures that only tell that they were fetched.
    beacons: HashSet<String>,
    /// Whether an element chooses colours.
    colours: bool,
}

impl Outline {
    /// `None` of what is not to be shown as HTML.
    fn of(tree: &Tree) -> Option<Self> {
        // The sanitizer's parser copies what is chosen of a list into this element, again and again.
        if tree.elements().any(|element| element.name == "selectedcontent") {
            return None;
        }
        let colours = tree.elements().any(|element| policy::chooses_colours(&element.attributes));
        Some(Self {
            sheets: tree.style_sheets().collect(),
            body: tree.body.clone(),
            beacons: policy::beacons(tree),
            colours: colours || policy::chooses_colours(&tree.body),
        })
    }

    /// About how many bytes it holds.
    pub fn bytes(&self) -> usize {
        let body = self.body.iter().flat_map(|(name, value)| [name, value]);
        self.sheets.iter().chain(body).chain(&self.beacons).map(String::len).sum()
    }
}

/// Makes an HTML body harmless. Never fails: what cannot be made harmless is shown as text.
pub fn sanitise(html: &str, options: &Options) -> Clean {
    sanitise_known(html, survey(html).outline.as_ref(), options)
}

/// The same of a body that was looked through before: its [`Survey`] has the outline.
pub fn sanitise_known(html: &str, outline: Option<&Outline>, options: &Options) -> Clean {
    let cleaned = outline.and_then(|outline| guarded(|| try_sanitise(html, outline, options)).flatten());
    cleaned.unwrap_or_else(|| simplified(html, options.theme))
}

/// The addresses of the pictures on the net that a body shows when it may.
pub fn pictures(html: &str, outline: Option<&Outline>) -> BTreeSet<String> {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = found.clone();
    let remote = Proxy::new(move |url| {
        noted.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned());
        String::new()
    });
    sanitise_known(html, outline, &Options { remote: Some(remote), ..Options::default() });
    std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The policy a body is served under. It closes the network whatever the sanitizer may have missed, but for this source of
/// pictures, if any.
pub fn content_security_policy(pictures: Option<&str>) -> String {
    let (space, pictures) = pictures.map_or(("", ""), |source| (" ", source));
    format!(
        "default-src 'none'; img-src data:{space}{pictures}; style-src 'unsafe-inline'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
}

/// The policy of a body on its way to the printer: the same, but for one script of ours, which can do no more than open the
/// browser's dialog. The page has an origin of its own, without cookies, and the network stays closed.
pub fn printing_policy(pictures: Option<&str>, nonce: &str) -> String {
    // The sandbox is the last directive, so that more is allowed by adding to it.
    format!("{} allow-scripts allow-modals; script-src 'nonce-{nonce}'", content_security_policy(pictures))
}

/// Runs what parses hostile input in libraries; a panic there must not reach the caller.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn parse(html: &str) -> Option<Tree> {
    (html.len() <= MAX_HTML).then(|| Tree::parse(html)).flatten()
}

fn try_sanitise(html: &str, outline: &Outline, options: &Options) -> Option<Clean> {
    let dark = options.theme == Theme::Dark;
    let images = Arc::new(Images::new(options, outline.beacons.clone()));
    let pictures = |address: &str| images.address(address);
    let mut sheet = String::new();
    let mut colours = outline.colours;
    for css in &outline.sheets {
        let clean = css::sheet(css, dark, &pictures);
        colours |= clean.colours;
        if sheet.len() + clean.css.len() <= MAX_TEXT {
            sheet.push_str(&clean.css);
        }
    }
    let Declarations { css: body, .. } = policy::body_style(&outline.body, &pictures);
    let content = policy::builder(images.clone()).clean(html).to_string();
    // In what the sanitizer has written they are letters of a text or of a value: without them it means the same to a browser.
    let content = in_written_order(&content);
    // Markup that grows like this is meant to.
    if content.len() > 4 * MAX_HTML + options.inline.values().map(String::len).sum::<usize>() * 2 {
        return None;
    }
    let content = leads::sign(&content);
    let content = match options.fold {
        Some(words) => fold::fold(&content, words),
        None => content,
    };
    let document = page(options.theme, colours, &sheet, &body, &content);
    Some(Clean { document, simplified: false })
}

/// The text of a body whose HTML is not to be shown.
fn simplified(html: &str, theme: Theme) -> Clean {
    let text = to_text(html);
    let text = super::text::cut(&text, MAX_TEXT);
    let content = format!("<pre class=\"pismo-text\">{}</pre>", escape(text));
    Clean { document: page(theme, false, "", "", &content), simplified: true }
}

/// Plain text as a part of a document, its lines as they are.
pub fn of_text(text: &str) -> String {
    format!("<div style=\"white-space:pre-wrap\">{}</div>", escape(text))
}

/// Text as HTML shows it.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The document around the content. Everything but the content and its style sheet is ours.
fn page(theme: Theme, colours: bool, sheet: &str, body: &str, content: &str) -> String {
    let (scheme, ours) = if theme == Theme::Dark && !colours { ("dark", DARK) } else { ("light", LIGHT) };
    let body = if body.is_empty() { String::new() } else { format!("body{{{body}}}\n") };
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"{scheme}\">\
         <meta name=\"referrer\" content=\"no-referrer\"><meta name=\"viewport\" content=\"width=device-width\">\
         <base target=\"_blank\"><style>{BASE}{ours}</style><style>{body}{sheet}</style></head>\
         <body>{content}</body></html>"
    )
}

/// What a message looks like that says nothing about it. A message can take its own margin away, not that of the page: on a
/// phone its text would touch the glass.
const BASE: &str = "html{-webkit-text-size-adjust:100%;padding:0 8px}\
    body{margin:16px 8px;font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif;\
    overflow-wrap:anywhere}\
    img{max-width:100%}@media (max-width:640px){img{height:auto}}\
    table{max-width:100%}pre{white-space:pre-wrap}\
    pre.pismo-text{font:inherit;margin:0}\
    blockquote[type=cite]{margin:0 0 0 8px;padding-left:12px;border-left:2px solid #c3c8d0}\
    details.pismo-quote{margin:12px 0}\
    details.pismo-quote>summary{display:inline-block;padding:2px 10px;border-radius:99px;background:#8883;\
    font-size:13px;cursor:pointer;list-style:none}\
    details.pismo-quote>summary::-webkit-details-marker{display:none}\
    details.pismo-quote[open]>summary{margin-bottom:8px}\
    img:not([src]){display:inline-block;box-sizing:border-box;min-height:20px;padding:1px 6px;overflow:hidden;\
    border:1px dashed #b9bfc9;border-radius:4px;background:#f3f4f6;color:#5b6472;font-size:12px}\
    img:not([src]):is([width=\"0\"],[width=\"1\"],[height=\"0\"],[height=\"1\"]){display:none}";
const LIGHT: &str = ":root{color-scheme:light;background:#fff;color:#1b1f24}";
const DARK: &str = ":root{color-scheme:dark;background:#16181d;color:#e4e6ea}a{color:#8ab4f8}\
    img:not([src]){border-color:#4a505b;background:#22262d;color:#a3abb8}";

#[cfg(test)]
mod tests;
