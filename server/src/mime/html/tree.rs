//! A light tree of an HTML text, built by the parser the sanitizer uses and in the same mode, so that what it
//! costs and how deep it goes is known before the sanitizer sees it. Reading stops where a limit is passed.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    rc::Rc,
};

use html5ever::{
    Attribute, ExpandedName, QualName,
    buffer_queue::BufferQueue,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    local_name, ns,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
    tree_builder::{TreeBuilder, TreeBuilderOpts},
};

/// Elements and texts.
const MAX_NODES: usize = 300_000;
/// Levels of elements.
const MAX_DEPTH: usize = 512;
/// Steps of moving nodes about, which misnested HTML can make quadratic.
const MAX_WORK: usize = 20_000_000;
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
        let watch = Watch { builder, body: RefCell::default() };
        let tokenizer = Tokenizer::new(watch, TokenizerOpts { initial_state, ..TokenizerOpts::default() });
        let input = BufferQueue::default();
        let mut rest = html;
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(rest.ceil_char_boundary(CHUNK));
            rest = after;
            input.push_back(StrTendril::from_slice(chunk));
            while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
            if tokenizer.sink.builder.sink.over.get() {
                return None;
            }
        }
        tokenizer.end();
        let Watch { builder, body } = tokenizer.sink;
        let tree = Self { nodes: builder.sink.nodes.into_inner(), body: body.into_inner().unwrap_or_default() };
        // Depths were noted when nodes were put in place; misnesting moves whole branches.
        (!builder.sink.over.get() && tree.depth() <= MAX_DEPTH).then_some(tree)
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

/// Sees the tokens on their way to the tree builder, for the `<body>` tag that it ignores in a fragment.
struct Watch {
    builder: TreeBuilder<Handle, Sink>,
    body: RefCell<Option<Vec<(String, String)>>>,
}

impl TokenSink for Watch {
    type Handle = Handle;

    fn process_token(&self, token: Token, line_number: u64) -> TokenSinkResult<Handle> {
        if let Token::TagToken(Tag { kind: TagKind::StartTag, name, attrs, .. }) = &token
            && *name == local_name!("body")
            && self.body.borrow().is_none()
        {
            *self.body.borrow_mut() = Some(plain(attrs));
        }
        self.builder.process_token(token, line_number)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

fn plain(attributes: &[Attribute]) -> Vec<(String, String)> {
    attributes.iter().map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string())).collect()
}

type Handle = Rc<Named>;

struct Named {
    index: usize,
    name: QualName,
    integration_point: bool,
}

/// Takes what the tree builder builds.
struct Sink {
    /// The first is the document.
    nodes: RefCell<Vec<Node>>,
    work: Cell<usize>,
    over: Cell<bool>,
}

impl Default for Sink {
    fn default() -> Self {
        Self { nodes: RefCell::new(vec![Node::default()]), work: Cell::new(0), over: Cell::new(false) }
    }
}

impl Sink {
    fn add(&self, node: Node) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        if nodes.len() >= MAX_NODES {
            self.over.set(true);
        }
        nodes.push(node);
        nodes.len() - 1
    }

    fn handle(&self, name: QualName, node: Node, integration_point: bool) -> Handle {
        Rc::new(Named { index: self.add(node), name, integration_point })
    }

    fn count(&self, steps: usize) {
        let work = self.work.get().saturating_add(steps);
        self.work.set(work);
        if work > MAX_WORK {
            self.over.set(true);
        }
    }

    /// Puts a node among the children of another, before the one given or at the end.
    fn insert(&self, parent: usize, before: Option<usize>, child: NodeOrText<Handle>) {
        let child = match child {
            NodeOrText::AppendNode(handle) => handle.index,
            NodeOrText::AppendText(text) => {
                if before.is_none() && self.extend_text(parent, &text) {
                    return;
                }
                self.add(Node { text: text.to_string(), ..Node::default() })
            }
        };
        self.detach(child);
        let mut nodes = self.nodes.borrow_mut();
        let Some(above) = nodes.get_mut(parent) else { return };
        let depth = above.depth + 1;
        let at = before.and_then(|before| above.children.iter().position(|other| *other == before));
        self.count(if before.is_some() { above.children.len() } else { 0 });
        above.children.insert(at.unwrap_or(above.children.len()), child);
        if let Some(node) = nodes.get_mut(child) {
            node.parent = Some(parent);
            node.depth = depth;
        }
        if depth > MAX_DEPTH {
            self.over.set(true);
        }
    }

    fn extend_text(&self, parent: usize, text: &str) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let Some(last) = nodes.get(parent).and_then(|node| node.children.last().copied()) else { return false };
        match nodes.get_mut(last) {
            Some(node) if !node.text.is_empty() => {
                node.text.push_str(text);
                true
            }
            _ => false,
        }
    }

    fn detach(&self, child: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(parent) = nodes.get_mut(child).and_then(|node| node.parent.take()) else { return };
        if let Some(above) = nodes.get_mut(parent) {
            self.count(above.children.len());
            above.children.retain(|other| *other != child);
        }
    }

    fn parent(&self, node: &Handle) -> Option<usize> {
        self.nodes.borrow().get(node.index).and_then(|node| node.parent)
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Rc::new(Named { index: 0, name: QualName::new(None, ns!(), local_name!("")), integration_point: false })
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Handle {
        let node = Node { name: name.local.to_string(), attributes: plain(&attributes), ..Node::default() };
        self.handle(name, node, flags.mathml_annotation_xml_integration_point)
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.handle(QualName::new(None, ns!(), local_name!("")), Node::default(), false)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.handle(QualName::new(None, ns!(), local_name!("")), Node::default(), false)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.insert(parent.index, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        match self.parent(element) {
            Some(_) => self.append_before_sibling(element, child),
            None => self.append(previous, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.index == other.index
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        if let Some(parent) = self.parent(sibling) {
            self.insert(parent, Some(sibling.index), child);
        }
    }

    fn add_attrs_if_missing(&self, _: &Handle, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.index);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(children) = nodes.get_mut(node.index).map(|node| std::mem::take(&mut node.children)) else { return };
        self.count(children.len());
        for child in &children {
            if let Some(child) = nodes.get_mut(*child) {
                child.parent = Some(new_parent.index);
            }
        }
        if let Some(parent) = nodes.get_mut(new_parent.index) {
            parent.children.extend(children);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Handle) -> bool {
        handle.integration_point
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
    }

    #[test]
    fn the_body_tag_and_the_style_sheets_are_seen() {
        let tree =
            Tree::parse("<html><head><style>a{}</style></head><body bgcolor=red><p>x<style>b{}</style>").expect("tree");
        assert_eq!(tree.body, [("bgcolor".to_owned(), "red".to_owned())]);
        assert_eq!(tree.style_sheets().collect::<Vec<_>>(), ["a{}", "b{}"]);
    }
}
