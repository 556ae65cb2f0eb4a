//! What the tree builder builds into, counting what it costs.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    rc::Rc,
};

use html5ever::{
    Attribute, ExpandedName, QualName,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    local_name, ns,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult},
    tree_builder::TreeBuilder,
};

use super::{MAX_DEPTH, Node};

/// Elements and texts.
const MAX_NODES: usize = 300_000;
/// Steps of moving nodes about, which misnested HTML can make quadratic.
const MAX_WORK: usize = 20_000_000;
/// Attributes of one tag whose names are compared to each other.
const MAX_COMPARED: usize = 600_000_000;

/// Sees the tokens on their way to the tree builder, for the `<body>` tag that it ignores in a fragment.
pub struct Watch {
    pub builder: TreeBuilder<Handle, Sink>,
    pub body: RefCell<Option<Vec<(String, String)>>>,
    /// Whether a token has ended since this was last taken.
    pub ended: Cell<bool>,
}

impl TokenSink for Watch {
    type Handle = Handle;

    fn process_token(&self, token: Token, line_number: u64) -> TokenSinkResult<Handle> {
        // Errors are told of in the middle of a tag, too.
        self.ended.set(self.ended.get() || !matches!(token, Token::ParseError(_)));
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

pub type Handle = Rc<Named>;

/// A node as the tree builder knows it.
pub struct Named {
    index: usize,
    name: QualName,
    integration_point: bool,
}

/// How many attributes a tag that has not ended can have by now. The tokenizer compares the name of each to those of all before it,
/// and tells of none until the tag ends.
#[derive(Default)]
pub struct Unended {
    attributes: usize,
    compared: usize,
}

impl Unended {
    /// As many as few tags have. What comes in one piece is fewer.
    const USUAL: usize = 1000;

    /// Takes in a piece of the text, and whether a token has ended in it. Gives back whether it becomes too much.
    pub fn take(&mut self, piece: &str, ended: bool) -> bool {
        // Whatever stands between them, each begins behind a space, a slash or a quote.
        let parts = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'');
        let begun = piece
            .as_bytes()
            .windows(2)
            .filter(|pair| matches!(pair, [one, next] if parts(one) && !parts(next)))
            .count();
        self.attributes = if ended { begun } else { self.attributes + begun };
        if self.attributes > Self::USUAL {
            self.compared = self.compared.saturating_add(self.attributes * begun);
        }
        self.compared > MAX_COMPARED
    }
}

/// Takes what the tree builder builds.
pub struct Sink {
    /// The first is the document.
    pub nodes: RefCell<Vec<Node>>,
    work: Cell<usize>,
    /// Whether a limit was passed.
    pub over: Cell<bool>,
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
