//! What our parser sees in a clean document is what Chromium sees.

use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD};
use html5ever::{ParseOpts, parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use pismo::mime::html::{Options, sanitise};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use super::{VECTORS, piece, through};

/// Mixtures of pieces, beside the known attacks: always the same. With `PROPTEST_CASES` there are so many, and others every time.
const MIXTURES: usize = 400;

/// Documents that one page reads.
const TOGETHER: usize = 2000;

/// Reads each document and writes its tree, as [`tree_of`] does.
const READ: &str = r#"
const read = (base64) => new TextDecoder().decode(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
const tree = (node) => {
  let out = "", text = "";
  const flush = () => { if (text) out += JSON.stringify(text); text = ""; };
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) { text += child.data; continue; }
    flush();
    if (child.nodeType !== Node.ELEMENT_NODE) { out += `<!${child.nodeType === Node.COMMENT_NODE ? "comment" : "doctype"}>`; continue; }
    const attributes = [...child.attributes].map((one) => ` ${one.name}=${JSON.stringify(one.value)}`).sort();
    out += `<${child.namespaceURI.split("/").pop()}:${child.localName}${attributes.join("")}>${tree(child)}</>`;
  }
  flush();
  return out;
};
const trees = JSON.parse(read(documents)).map((html) => tree(new DOMParser().parseFromString(html, "text/html")));
let bytes = "";
for (const byte of new TextEncoder().encode(JSON.stringify(trees))) bytes += String.fromCharCode(byte);
document.body.textContent = btoa(bytes);
"#;

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("JSON")
}

fn tree_of(node: &Handle) -> String {
    let (mut out, mut text) = (String::new(), String::new());
    let flush = |out: &mut String, text: &mut String| {
        if !text.is_empty() {
            out.push_str(&json(text));
            text.clear();
        }
    };
    for child in node.children.borrow().iter() {
        if let NodeData::Text { contents } = &child.data {
            text.push_str(&contents.borrow());
            continue;
        }
        flush(&mut out, &mut text);
        match &child.data {
            NodeData::Element { name, attrs, .. } => {
                let mut attributes: Vec<String> =
                    attrs.borrow().iter().map(|one| format!(" {}={}", one.name.local, json(&one.value))).collect();
                attributes.sort();
                let space = name.ns.rsplit('/').next().unwrap_or_default();
                out.push_str(&format!("<{space}:{}{}>{}</>", name.local, attributes.concat(), tree_of(child)));
            }
            NodeData::Comment { .. } => out.push_str("<!comment>"),
            _ => out.push_str("<!doctype>"),
        }
    }
    flush(&mut out, &mut text);
    out
}

fn parsed(document: &str) -> String {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let dom = parse_document(RcDom::default(), ParseOpts { tree_builder, ..ParseOpts::default() }).one(document);
    tree_of(&dom.document)
}

/// What Chromium says of these documents.
fn in_chromium(documents: &[String]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    let documents = STANDARD.encode(serde_json::to_string(documents).expect("JSON"));
    std::fs::write(
        &page,
        format!("<meta charset=utf-8><body><script>const documents = \"{documents}\";{READ}</script>"),
    )
    .expect("a page");
    let which = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/chromium.sh")).output().expect("a Chromium");
    let chromium = String::from_utf8(which.stdout).expect("a path");
    let told = Command::new(chromium.trim())
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("Chromium");
    let told = String::from_utf8(told.stdout).expect("its page");
    let (_, body) = told.split_once("<body>").unwrap_or_else(|| panic!("no body in {told:?}"));
    let body = body.split('<').next().unwrap_or_default();
    serde_json::from_slice(&STANDARD.decode(body.trim()).expect("base64")).expect("JSON")
}

#[test]
fn what_we_read_in_a_clean_document_chromium_reads_as_well() {
    let mut sources: Vec<String> = VECTORS.iter().flat_map(|kind| kind.lines()).map(str::to_owned).collect();
    let asked = std::env::var("PROPTEST_CASES").ok().map(|cases| cases.parse().expect("a number"));
    let mut runner = asked.map_or_else(TestRunner::deterministic, |_: usize| TestRunner::default());
    let mixtures = proptest::collection::vec(piece(), 1..16);
    sources.extend(
        (0..asked.unwrap_or(MIXTURES)).map(|_| mixtures.new_tree(&mut runner).expect("pieces").current().concat()),
    );
    let options = Options { remote: through(true), ..Options::default() };
    let documents: Vec<String> = sources.iter().map(|source| sanitise(source, &options).document).collect();
    let seen: Vec<String> = documents.chunks(TOGETHER).flat_map(in_chromium).collect();
    assert_eq!(seen.len(), documents.len());
    for ((source, document), seen) in sources.iter().zip(&documents).zip(seen) {
        assert_eq!(seen, parsed(document), "{document:?} of {source:?}");
    }
    // It can tell one from the other.
    assert_ne!(in_chromium(&["<p>one".to_owned()]), [parsed("<p>other")]);
}
