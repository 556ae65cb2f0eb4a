//! What a clean document must be, read as a browser reads it and by the test's own lists.

use std::{borrow::Cow, cell::RefCell, collections::HashSet};

use html5ever::{
    buffer_queue::BufferQueue,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};
use pismo::mime::html::{Options, sanitise, to_text, writing};

/// What may be in a clean body: the test's own list, not the sanitizer's.
pub const ELEMENTS: &str = " a abbr acronym address area article aside b bdi big blockquote br caption center cite code \
    col colgroup dd del dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li \
    main map mark menu nav nobr ol p pre q rp rt ruby s samp section small span strike strong sub sup table tbody td \
    tfoot th thead time tr tt u ul var wbr ";
const ATTRIBUTES: &str = " abbr align alt aria-hidden aria-label background bgcolor border bordercolor cellpadding \
    cellspacing class clear color colspan coords datetime dir face frame headers height hidden href hspace id lang name noshade \
    nowrap rel reversed role rowspan rules scope shape size span src start style summary target title type usemap \
    valign value vspace width ";
/// Nothing of this is in a clean style.
const NO_STYLE: &[&str] = &[
    "url",
    "src(",
    "image(",
    "image-set",
    "element(",
    "paint(",
    "expression",
    "javascript",
    "@import",
    "font-face",
    "behavior",
    "binding",
    "fixed",
    "absolute",
    "sticky",
    "var(",
    "attr(",
    "env(",
    "content:",
    "animation",
    "transform",
    "z-index",
    "evil",
    "<",
    "--",
];

/// Collects the start tags of a document as a browser would tokenise it.
#[derive(Default)]
struct Tags {
    tags: RefCell<Vec<Tag>>,
    styles: RefCell<Vec<String>>,
    comments: RefCell<usize>,
    /// All of it, with attributes in the order of their names.
    canonical: RefCell<String>,
    in_style: RefCell<bool>,
}

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        use html5ever::tokenizer::states::RawKind;
        let mut token = token;
        if let Token::TagToken(tag) = &mut token {
            tag.attrs.sort_by(|one, other| one.name.local.cmp(&other.name.local));
        }
        match &token {
            Token::CharacterTokens(text) => self.canonical.borrow_mut().push_str(text),
            Token::TagToken(tag) => {
                let attributes = tag.attrs.iter().map(|one| format!(" {}={:?}", one.name.local, one.value.to_string()));
                let attributes: String = attributes.collect();
                self.canonical.borrow_mut().push_str(&format!("<{:?} {}{attributes}>", tag.kind, tag.name));
            }
            _ => {}
        }
        match token {
            Token::TagToken(tag) => {
                *self.in_style.borrow_mut() = &*tag.name == "style" && tag.kind == TagKind::StartTag;
                let raw = match &*tag.name {
                    "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
                    "title" | "textarea" => Some(RawKind::Rcdata),
                    "script" => Some(RawKind::ScriptData),
                    _ => None,
                };
                let start = tag.kind == TagKind::StartTag;
                if start {
                    self.tags.borrow_mut().push(tag);
                }
                if let (Some(raw), true) = (raw, start) {
                    return TokenSinkResult::RawData(raw);
                }
            }
            Token::CharacterTokens(text) if *self.in_style.borrow() => self.styles.borrow_mut().push(text.to_string()),
            Token::CommentToken(_) => *self.comments.borrow_mut() += 1,
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn tokenise(document: &str) -> Tags {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(document));
    let tokenizer = Tokenizer::new(Tags::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink
}

fn canonical(html: &str) -> String {
    tokenise(html).canonical.take()
}

/// The start tags, each once.
fn elements(html: &str) -> HashSet<String> {
    let written = |tag: &Tag| {
        let attributes = tag.attrs.iter().map(|one| format!(" {}={:?}", one.name.local, one.value.to_string()));
        format!("{}{}", tag.name, attributes.collect::<String>())
    };
    tokenise(html).tags.borrow().iter().map(written).collect()
}

fn body_of(document: &str) -> &str {
    let (_, body) = document.split_once("<body>").expect("body");
    body.strip_suffix("</body></html>").expect("end")
}

/// Which pictures CSS may name.
#[derive(Clone, Copy, PartialEq)]
enum Pictures {
    None,
    OfTheMessage,
    OnTheNet,
}

fn check_style(style: &str, source: &str, pictures: Pictures) {
    let lower = style.to_ascii_lowercase();
    // Text within quotes is a name of a font, or where a picture is.
    let mut bare: String = lower.split('"').step_by(2).collect();
    if pictures != Pictures::None {
        for address in lower.split("url(\"").skip(1) {
            let net =
                pictures == Pictures::OnTheNet && (address.starts_with("http://") || address.starts_with("https://"));
            let own = address.starts_with("data:image/") && !address.starts_with("data:image/svg");
            assert!(net || own, "{style:?} of {source:?}");
        }
        bare = bare.replace("url()", "");
    }
    for bad in NO_STYLE {
        assert!(!bare.contains(bad), "{bad} in the style {style:?} of {source:?}");
    }
    assert!(!lower.contains('<'), "{style:?} of {source:?}");
}

/// Whether cleaning must give the same once more. HTML itself does not: a link within a link, made by a table
/// between them, is torn apart by whoever parses it next.
#[derive(Clone, Copy, PartialEq)]
pub enum Again {
    Same,
    NothingNew,
}

/// Everything that a clean document must be.
pub fn check(source: &str, options: &Options) {
    check_twice(source, options, Again::Same);
}

/// Everything that HTML to write on must be: it stands in a letter among other text, and goes out with it.
fn check_written(source: &str) {
    let Some(html) = writing::tidy(source, |id| (id == "part").then(|| "blob".to_owned())) else { return };
    let written = tokenise(&html);
    assert_eq!(*written.comments.borrow(), 0, "{source:?}");
    for tag in written.tags.borrow().iter() {
        let name = &*tag.name;
        assert!(ELEMENTS.contains(&format!(" {name} ")) && name != "map" && name != "area", "<{name}> from {source:?}");
        for attribute in &tag.attrs {
            let (name, value) = (&*attribute.name.local, &*attribute.value);
            let lower = value.to_ascii_lowercase();
            match name {
                "style" => check_style(value, source, Pictures::None),
                "class" => assert_eq!(value, writing::SIGNATURE, "{source:?}"),
                "href" => assert!(
                    ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme)),
                    "href {value:?} from {source:?}"
                ),
                "src" => {
                    let data = lower.starts_with("data:image/") && !lower.contains("svg") && !lower.contains("xml");
                    let remote = lower.starts_with("http://") || lower.starts_with("https://");
                    assert!(data || remote || value == "cid:blob", "src {value:?} from {source:?}");
                }
                "id" | "name" | "usemap" | "background" | "target" | "rel" | "role" => panic!("{name} from {source:?}"),
                name => assert!(ATTRIBUTES.contains(&format!(" {name} ")), "{name} from {source:?}"),
            }
        }
    }
    // What a person did not touch goes out as it was quoted.
    let known = elements(&html);
    for element in elements(&writing::tidy(&html, |id| Some(id.to_owned())).unwrap_or_default()) {
        let implied = ["p", "br", "tbody", "tr", "colgroup"].contains(&element.as_str());
        assert!(implied || known.contains(&element), "{element} is new, from {source:?}");
    }
}

/// The same with nothing folded.
fn unfolded<'a>(body: &'a str, options: &Options) -> Cow<'a, str> {
    let Some(words) = options.fold else { return Cow::Borrowed(body) };
    let begins = format!("<details class=pismo-quote><summary>{words}</summary>");
    if body.contains(&begins) {
        Cow::Owned(body.replacen(&begins, "", 1).replacen("</details>", "", 1))
    } else {
        Cow::Borrowed(body)
    }
}

pub fn check_twice(source: &str, options: &Options, again: Again) {
    check_written(source);
    let shown = sanitise(source, options);
    let head_length = shown.document.len() - body_of(&shown.document).len();
    let document = tokenise(&shown.document);
    let ours = ["html", "head", "meta", "meta", "meta", "meta", "base", "style", "style", "body"];
    let tags = document.tags.borrow();
    let names: Vec<&str> = tags.iter().map(|tag| &*tag.name).collect();
    assert!(names.starts_with(&ours), "{names:?} from {source:?}");
    assert_eq!(*document.comments.borrow(), 0, "{source:?}");
    assert!(head_length < 200_000);
    let theirs: String = document.styles.borrow().iter().skip(1).cloned().collect();
    let pictures = if options.remote.is_some() { Pictures::OnTheNet } else { Pictures::OfTheMessage };
    check_style(&theirs, source, pictures);
    let mut folds = Vec::new();
    for tag in tags.iter().skip(ours.len()) {
        if shown.simplified {
            assert_eq!(&*tag.name, "pre", "{source:?}");
            continue;
        }
        if options.fold.is_some() && matches!(&*tag.name, "details" | "summary") {
            folds.push(tag);
            continue;
        }
        assert!(ELEMENTS.contains(&format!(" {} ", tag.name)), "<{}> from {source:?}", tag.name);
        for attribute in &tag.attrs {
            let (name, value) = (&*attribute.name.local, &*attribute.value);
            assert!(ATTRIBUTES.contains(&format!(" {name} ")), "{name} from {source:?}");
            let lower = value.to_ascii_lowercase();
            match name {
                "style" => check_style(value, source, pictures),
                "href" => assert!(
                    ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme)),
                    "href {value:?} from {source:?}"
                ),
                "src" | "background" => {
                    let data = lower.starts_with("data:image/") && !lower.contains("svg") && !lower.contains("xml");
                    let remote =
                        options.remote.is_some() && (lower.starts_with("http://") || lower.starts_with("https://"));
                    assert!(data || remote, "{name} {value:?} from {source:?}");
                }
                "target" => assert_eq!(value, "_blank"),
                "rel" => assert_eq!(value, "noopener noreferrer nofollow"),
                "usemap" => assert!(value.starts_with('#')),
                _ => {}
            }
        }
        if matches!(&*tag.name, "a" | "area") {
            assert!(tag.attrs.iter().any(|attribute| &*attribute.name.local == "rel"), "{source:?}");
        }
    }
    // What is folded is within two elements of ours, and no others.
    let is_ours = |tag: &&&Tag| tag.attrs.iter().all(|one| &*one.name.local == "class" && &*one.value == "pismo-quote");
    assert!(folds.len() <= 2 && folds.iter().filter(is_ours).count() == folds.len(), "{folds:?} from {source:?}");
    if !shown.simplified {
        // What the browser reads is what was written.
        let body = body_of(&shown.document);
        let twice = sanitise(&unfolded(body, options), options);
        if again == Again::Same {
            assert_eq!(canonical(body_of(&twice.document)), canonical(body), "from {source:?}");
        } else {
            let known = elements(body);
            for element in elements(body_of(&twice.document)) {
                let implied = ["p", "br", "tbody", "tr", "colgroup"].contains(&element.as_str());
                assert!(implied || known.contains(&element), "{element} is new, from {source:?}");
            }
        }
    }
    let _ = to_text(source);
}
