//! A light tree of an HTML text, built by the parser the sanitizer uses and in the same mode, so that what it
//! costs and how deep it goes is known before the sanitizer sees it. Reading stops where a limit is passed.

mod sink;

use std::cell::{Cell, RefCell};

use html5ever::{
    QualName,
    buffer_queue::BufferQueue,
    interface::{ElementFlags, TreeSink},
    local_name, ns,
    tendril::StrTendril,
    tokenizer::{Tokenizer, TokenizerOpts},
    tree_builder::{TreeBuilder, TreeBuilderOpts},
};

use sink::{Sink, Unended, Watch};

/// Levels of elements.
const MAX_DEPTH: usize = 512;
/// Bytes that are looked through when it is written.
const MAX_WRITING: usize = 100_000_000_000;
/// How much is fed at once: a limit can be overrun only by what this much text can do.
const CHUNK: usize = 256;

/// A parsed HTML text.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// The attributes of the first `<body>` tag, which a fragment has no element for.
    pub body: Vec<(String, String)>,
}

/// A node: an element, or a text.
#[derive(Debug, Default)]
pub struct Node {
    parent: Option<usize>,
    children: Vec<usize>,
    /// The name in lower case; empty for a text and for what is neither.
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    depth: usize,
}

impl Node {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is met on the way through a tree.
#[derive(Debug)]
pub enum Step<'a> {
    Open(&'a Node),
    Close(&'a Node),
    Text(&'a str),
}

impl Tree {
    /// Parses an HTML text as the content of a `<div>`. `None` when it is too deep or too much.
    pub fn parse(html: &str) -> Option<Self> {
        let sink = Sink::default();
        let context = sink.create_element(
            QualName::new(None, ns!(html), local_name!("div")),
            Vec::new(),
            ElementFlags::default(),
        );
        let builder = TreeBuilder::new_for_fragment(sink, context, None, TreeBuilderOpts::default());
        let initial_state = Some(builder.tokenizer_state_for_context_elem(false));
        let watch = Watch { builder, body: RefCell::default(), ended: Cell::default() };
        let tokenizer = Tokenizer::new(watch, TokenizerOpts { initial_state, ..TokenizerOpts::default() });
        let input = BufferQueue::default();
        let mut rest = html;
        let mut unended = Unended::default();
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(rest.ceil_char_boundary(CHUNK));
            rest = after;
            input.push_back(StrTendril::from_slice(chunk));
            while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
            if unended.take(chunk, tokenizer.sink.ended.take()) || tokenizer.sink.builder.sink.over.get() {
                return None;
            }
        }
        tokenizer.end();
        let Watch { builder, body, .. } = tokenizer.sink;
        let tree = Self { nodes: builder.sink.nodes.into_inner(), body: body.into_inner().unwrap_or_default() };
        if tree.is_slow_to_write() {
            return None;
        }
        // Depths were noted when nodes were put in place; misnesting moves whole branches.
        (!builder.sink.over.get() && tree.depth() <= MAX_DEPTH).then_some(tree)
    }

    /// Whether writing it takes too long. For each `&`, and each letter that begins as a space without a break does, html5ever
    /// (0.40) looks through the rest of the text or value (2026-11).
    fn is_slow_to_write(&self) -> bool {
        let cost = |text: &str| {
            let stops = text.bytes().filter(|byte| matches!(byte, b'&' | 0xc2)).count();
            stops.saturating_mul(text.len())
        };
        let values = self.nodes.iter().flat_map(|node| node.attributes.iter().map(|(_, value)| cost(value)));
        let all = self.nodes.iter().map(|node| cost(&node.text)).chain(values);
        all.fold(0, usize::saturating_add) > MAX_WRITING
    }

    /// Walks through the tree in document order, without recursion. What `enter` refuses is passed over.
    pub fn walk<'a>(&'a self, mut enter: impl FnMut(&'a Node) -> bool, mut visit: impl FnMut(Step<'a>)) {
        let mut stack = vec![(0usize, false)];
        while let Some((index, leaving)) = stack.pop() {
            let Some(node) = self.nodes.get(index) else { continue };
            if leaving {
                visit(Step::Close(node));
                continue;
            }
            if !node.text.is_empty() {
                visit(Step::Text(&node.text));
            }
            let element = !node.name.is_empty();
            if element && !enter(node) {
                continue;
            }
            if element {
                visit(Step::Open(node));
                stack.push((index, true));
            }
            stack.extend(node.children.iter().rev().map(|child| (*child, false)));
        }
    }

    /// Every element, in no order that matters.
    pub fn elements(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| !node.name.is_empty())
    }

    /// The texts of all `<style>` elements.
    pub fn style_sheets(&self) -> impl Iterator<Item = String> {
        self.elements().filter(|node| node.name == "style").map(|node| {
            let texts = node.children.iter().filter_map(|child| self.nodes.get(*child));
            texts.map(|node| node.text.as_str()).collect()
        })
    }

    fn depth(&self) -> usize {
        let (mut depth, mut deepest) = (0usize, 0);
        self.walk(
            |_| true,
            |step| match step {
                Step::Open(_) => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                Step::Close(_) => depth = depth.saturating_sub(1),
                Step::Text(_) => {}
            },
        );
        deepest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_or_too_much_is_refused_quickly() {
        let many = |unit: &str, count: usize| unit.repeat(count);
        for (name, html) in [
            ("nested", many("<div>", 50_000)),
            ("misnested", (0..50_000).map(|number| format!("<b id={number}><p>")).collect()),
            ("formatting", (0..50_000).map(|number| format!("<p><b id={number}></p>")).collect()),
            ("foster", format!("<table>{}", many("<a>x</a>", 100_000))),
            ("foster elements", format!("<table>{}", many("<br>", 400_000))),
            ("elements", many("<br>", 500_000)),
            ("lists", many("<ul><li>", 30_000)),
            ("svg", many("<svg><g>", 30_000)),
            ("ampersands", many("&amp;", 500_000)),
            ("ampersands in a value", format!("<p title='{}'>x", many("&amp;", 500_000))),
            ("attributes", format!("<p{}>x", (0..200_000).map(|number| format!(" a{number}")).collect::<String>())),
            (
                "attributes that are not apart",
                format!("<p{}>x", (0..100_000).map(|at| format!("/a{at}='>'")).collect::<String>()),
            ),
        ] {
            let started = std::time::Instant::now();
            let refused = Tree::parse(&html).is_none();
            let seconds = started.elapsed().as_secs_f32();
            assert!(refused, "{name} was taken");
            assert!(seconds < 20.0, "{name} took {seconds} s");
        }
    }

    #[test]
    fn a_large_newsletter_is_taken() {
        let row = "<tr><td style='padding:4px'><table><tr><td><a href='https://x'><img src=y></a></td></tr></table></td></tr>";
        assert!(Tree::parse(&format!("<table>{}</table>", row.repeat(3000))).is_some());
        let russian = format!("<p>{}", "Она сказала: «да», — и\u{a0}ушла. ".repeat(15_000));
        assert!(Tree::parse(&russian).is_some());
        // A tag may be long, too, and so may a comment.
        let letters = format!("{}/", "iVBORw0KGgo+Suh".repeat(4)).repeat(30_000);
        assert!(Tree::parse(&format!("<img src='data:image/png;base64,{letters}'>x")).is_some());
        assert!(Tree::parse(&format!("<!--[if mso]>{}<![endif]-->x", "<w:x w:y='z'/>\n".repeat(5000))).is_some());
    }

    #[test]
    fn the_body_tag_and_the_style_sheets_are_seen() {
        let tree =
            Tree::parse("<html><head><style>a{}</style></head><body bgcolor=red><p>x<style>b{}</style>").expect("tree");
        assert_eq!(tree.body, [("bgcolor".to_owned(), "red".to_owned())]);
        assert_eq!(tree.style_sheets().collect::<Vec<_>>(), ["a{}", "b{}"]);
    }
}
