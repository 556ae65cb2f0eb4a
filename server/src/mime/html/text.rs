//! An HTML body as plain text, for quoting and for when HTML cannot be shown. What a reader would not see is not
//! in the text: a hidden passage must not become visible in an answer. Style sheets count as they do where it is read.

use app::legible::in_written_order;
use mail_parser::decoders::html::html_to_text;

use super::{
    MAX_HTML,
    css::{self, Letters, Sight},
    guarded, inline, policy,
    tree::{Node, Step, Tree},
};

/// The longest text that is made.
const MAX_TEXT: usize = 1024 * 1024;

/// Reads an HTML body as text. Never fails; what is too large is cut. Of style sheets that are too large nothing is known.
pub fn to_text(html: &str) -> String {
    read(html, false, Otherwise::All)
}

/// The same for an answer, of what was shown: nothing where its style sheets are too large to know what that was.
pub fn to_quote(html: &str) -> String {
    read(html, false, Otherwise::Nothing)
}

/// The same of what a person wrote here: as many spaces and blank lines as they made.
pub fn to_plain_text(html: &str) -> String {
    read(html, true, Otherwise::All).replace('\u{a0}', " ")
}

/// What is done where the style sheets are too large to tell what is hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Otherwise {
    All,
    Nothing,
}

fn read(html: &str, exact: bool, otherwise: Otherwise) -> String {
    let html = super::super::text::cut(html, MAX_HTML);
    let text = guarded(|| {
        let tree = Tree::parse(html)?;
        match inline::styled(html, &tree, css::of_sight) {
            Ok(Some(styled)) => Tree::parse(&styled).map(|tree| render(&tree, exact)),
            Err(inline::TooMuch) if otherwise == Otherwise::Nothing => Some(String::new()),
            Ok(None) | Err(inline::TooMuch) => Some(render(&tree, exact)),
        }
    });
    // Too deep for a tree: the words, in a row, which is how it is shown as well.
    let text = text.flatten().or_else(|| guarded(|| html_to_text(html))).unwrap_or_default();
    super::super::text::cut(&in_written_order(&text), MAX_TEXT).to_owned()
}

fn render(tree: &Tree, exact: bool) -> String {
    let mut writer = Writer { exact, ..Writer::default() };
    let body = policy::body_style(&tree.body, css::NO_PICTURES).sight;
    if body.hides() {
        return String::new();
    }
    let around = Letters::default().within(&body);
    // Those of each element that is open.
    let mut letters: Vec<Letters> = Vec::new();
    tree.walk(
        |element| !is_unread(element) && !is_hidden(element),
        |step| {
            let around = letters.last().copied().unwrap_or(around);
            match &step {
                Step::Open(element) => {
                    let own = around.within(&sight(element));
                    letters.push(own);
                    if own.invisible && matches!(element.name.as_str(), "img" | "hr") {
                        return;
                    }
                }
                Step::Close(_) => drop(letters.pop()),
                Step::Text(_) if around.are_unseen() => return,
                Step::Text(_) => {}
            }
            if writer.text.len() < MAX_TEXT {
                writer.step(step);
            }
        },
    );
    writer.finish()
}

/// Elements whose text is not part of the letter. `rp` is for those who cannot show what it is about.
fn is_unread(element: &Node) -> bool {
    element.name == "rp" || policy::is_removed(&element.name)
}

fn is_hidden(element: &Node) -> bool {
    let sight = sight(element);
    sight.hides()
        || (element.attribute("hidden").is_some() && !sight.displays())
        || (element.name == "font" && element.attribute("size").is_some_and(|size| size.trim() == "0"))
}

fn sight(element: &Node) -> Sight {
    element.attribute("style").map(|style| css::declarations(style, css::NO_PICTURES).sight).unwrap_or_default()
}

/// Writes text with the breaks, bullets and quotes of its markup.
#[derive(Default)]
struct Writer {
    /// Spaces and blank lines are as many as there are.
    exact: bool,
    text: String,
    /// Line breaks owed before the next word.
    breaks: usize,
    space: bool,
    quotes: usize,
    /// The least depth of quotes since the last word: blank lines belong to it.
    between: usize,
    pre: usize,
    lists: Vec<Option<u32>>,
    /// What the next word begins with: a bullet.
    bullet: String,
    links: Vec<(String, usize)>,
}

impl Writer {
    fn step(&mut self, step: Step) {
        match step {
            Step::Text(text) if self.pre > 0 => self.verbatim(text),
            Step::Text(text) => self.words(text),
            Step::Open(element) => self.open(element),
            Step::Close(element) => self.close(element),
        }
    }

    fn open(&mut self, element: &Node) {
        match element.name.as_str() {
            "br" => {
                self.breaks = if self.breaks == 0 || self.exact { self.breaks + 1 } else { (self.breaks + 1).min(2) };
                self.space = false;
            }
            "blockquote" => {
                self.need(2);
                self.quotes += 1;
            }
            "pre" => {
                self.need(2);
                self.pre += 1;
            }
            "ul" | "dir" | "menu" => {
                self.need(if self.lists.is_empty() { 2 } else { 1 });
                self.lists.push(None);
            }
            "ol" => {
                self.need(if self.lists.is_empty() { 2 } else { 1 });
                let start = element.attribute("start").and_then(|start| start.trim().parse().ok());
                self.lists.push(Some(start.unwrap_or(1)));
            }
            "li" => {
                self.need(1);
                let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
                self.bullet = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let bullet = format!("{indent}{number}. ");
                        *number = number.saturating_add(1);
                        bullet
                    }
                    _ => format!("{indent}• "),
                };
            }
            "hr" => {
                self.need(1);
                self.word("-----");
                self.need(1);
            }
            "img" => {
                let alt = element.attribute("alt").unwrap_or_default();
                self.words(alt);
            }
            "a" => self.links.push((element.attribute("href").unwrap_or_default().trim().to_owned(), self.text.len())),
            "td" | "th" => self.space = true,
            name => self.need(blank_lines(name)),
        }
    }

    fn close(&mut self, element: &Node) {
        match element.name.as_str() {
            "blockquote" => {
                self.quotes = self.quotes.saturating_sub(1);
                self.need(2);
            }
            "pre" => {
                self.pre = self.pre.saturating_sub(1);
                self.need(2);
            }
            "ul" | "ol" | "dir" | "menu" => {
                self.lists.pop();
                self.need(if self.lists.is_empty() { 2 } else { 1 });
            }
            "li" => {
                self.bullet.clear();
                self.need(1);
            }
            "a" => self.end_link(),
            "td" | "th" => self.space = true,
            name => self.need(blank_lines(name)),
        }
    }

    /// Where a link leads, unless its words say that already.
    fn end_link(&mut self) {
        let Some((href, from)) = self.links.pop() else { return };
        let words = self.text.get(from..).unwrap_or_default().trim();
        let known = words.is_empty() || href.contains(words) || words.contains(href.trim_start_matches("mailto:"));
        if known || href.len() > 500 || !(href.starts_with("http://") || href.starts_with("https://")) {
            return;
        }
        let href = format!("<{href}>");
        self.space = true;
        self.word(&href);
    }

    fn need(&mut self, breaks: usize) {
        self.between = self.between.min(self.quotes);
        self.breaks = self.breaks.max(breaks);
        if breaks > 0 {
            self.space = false;
        }
    }

    fn words(&mut self, text: &str) {
        // A no-break space is one too: newsletters are full of them.
        let exact = self.exact;
        let blank = move |letter: char| letter.is_whitespace() && !(exact && letter == '\u{a0}');
        if text.starts_with(blank) {
            self.space = true;
        }
        let mut words = text.split(blank).filter(|word| !word.is_empty()).peekable();
        while let Some(word) = words.next() {
            self.word(word);
            self.space = words.peek().is_some() || text.ends_with(blank);
        }
    }

    fn word(&mut self, word: &str) {
        let at_start = self.begin();
        if self.space && !at_start {
            self.text.push(' ');
        }
        self.space = false;
        self.text.push_str(word);
    }

    fn verbatim(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.breaks += 1;
            }
            if !line.is_empty() {
                self.begin();
                self.text.push_str(line);
            }
        }
    }

    /// Pays the line breaks that are owed, with the marks of the quote. Says whether this is the start of a line.
    fn begin(&mut self) -> bool {
        let first = self.text.is_empty();
        let broken = self.breaks > 0 || first;
        if broken {
            let mark = "> ".repeat(self.quotes.min(16));
            if !first {
                for line in 0..self.breaks {
                    if line > 0 {
                        self.text.push_str("> ".repeat(self.between.min(16)).trim_end());
                    }
                    self.text.push('\n');
                }
            }
            self.text.push_str(&mark);
            self.text.push_str(&std::mem::take(&mut self.bullet));
        }
        self.breaks = 0;
        self.between = self.quotes;
        broken
    }

    fn finish(self) -> String {
        self.text
    }
}

/// The line breaks an element stands between: 2 for a blank line.
fn blank_lines(name: &str) -> usize {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dl" => 2,
        "div" | "tr" | "table" | "tbody" | "center" | "section" | "article" | "header" | "footer" | "aside" | "nav"
        | "main" | "address" | "figure" | "figcaption" | "caption" | "dt" | "dd" | "form" | "fieldset" | "body" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_read_as_text() {
        for (html, text) in [
            ("<p>One</p><p>Two <b>bold</b>&nbsp;&amp; more</p>", "One\n\nTwo bold & more"),
            ("<div>a</div><div>b<br>c</div>", "a\nb\nc"),
            ("a<br><br>b", "a\n\nb"),
            ("<ul><li>one<li>two<ul><li>deep</ul></ul>x", "• one\n• two\n  • deep\n\nx"),
            ("<ol start=3><li>c<li>d</ol>", "3. c\n4. d"),
            ("new<blockquote>old<p>older</p></blockquote>after", "new\n\n> old\n>\n> older\n\nafter"),
            ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
            ("<pre>one\n  two\n\nthree</pre>", "one\n  two\n\nthree"),
            ("<a href='https://x.example/'>here</a>!", "here <https://x.example/>!"),
            ("<a href='https://x.example/'>https://x.example/</a>", "https://x.example/"),
            ("<a href='mailto:a@x'>a@x</a>", "a@x"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<img src=x alt='A cat'> sat", "A cat sat"),
            ("<head><title>t</title><style>p{}</style></head><script>x</script>text<!-- c -->", "text"),
            ("a  \n  b", "a b"),
            ("a<hr>b", "a\n-----\nb"),
            ("", ""),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_hidden_stays_hidden() {
        for html in [
            "<div style='display:none'>secret</div>seen",
            "<div style='DISPLAY:\\6e one'>secret</div>seen",
            "<span style='font-size:0'>secret</span>seen",
            "<span style='visibility:hidden'><b>secret</b></span>seen",
            "<div style='max-height:0;overflow:hidden'>secret</div>seen",
            "<div style='opacity:0'>secret</div>seen",
            "<p hidden>secret</p>seen",
            "<style>.x{display:none}</style><p class='y x'>secret</p>seen",
            "<style>#x{font-size:0}</style><p id=x>secret</p>seen",
            "<style>i{display:none}</style><i>secret</i>seen",
            "<style>p.x , q{visibility:hidden}</style><p class=x>secret</p>seen",
            "<style>@media screen{.x{display:none}}</style><p class=x>secret</p>seen",
            "<style>@media all{.x{display:none}}</style><p class=x>secret</p>seen",
            "<style>div p{display:none}</style><div><p>secret</p></div>seen",
            "<style>body .x{display:none}</style><p class=x>secret</p>seen",
            "<style>@media (min-width:1px){.x{display:none}}</style><p class=x>secret</p>seen",
            "<style>@media (min-width:1px){@media not print{p+p{visibility:hidden}}}</style><p>seen</p><p>secret</p>",
            "<style>.x{display:none!important}</style><p class=x style='display:block'>secret</p>seen",
            "<style>.x{display:none}p{display:block}</style><p class=x>secret</p>seen",
            "<style>.x{display:none}p.x{display:nonsense}</style><p class=x>secret</p>seen",
            "<style>div>p{display:none}</style><div><o:p><p>secret</p></o:p></div>seen",
            "<style>:not([data-x])>p{display:none}</style><div data-x><p>secret</p></div>seen",
            "<style>p{height:0;overflow:hidden}</style><p>secret</p>seen",
            "<style>p{-webkit-text-fill-color:transparent}</style><p>secret</p>seen",
            "<style>body{font-size:0}.y{font-size:12px}</style><p>secret</p><p class=y>seen</p>",
            "<body style='color:transparent'>secret<p style='color:red'>seen",
            "<p style='text-indent:-1000px'>secret</p>seen",
            "<p style='margin-left:-9999px'>secret</p>seen",
            "<p style='visibility:hidden'><img src=x alt=secret></p>seen",
            "<datalist>secret</datalist>seen",
            "<ruby>seen<rp>secret</rp></ruby>",
            "<textarea>secret</textarea>seen",
            "<template>secret</template>seen",
            "<noscript>secret</noscript>seen",
            "<!-- secret -->seen",
            "<font size=0>secret</font>seen",
        ] {
            assert_eq!(to_text(html), "seen", "{html}");
        }
        // Columns stand side by side in cells whose own letters have no size.
        for html in [
            "<table><tr><td style='font-size:0px'>secret<div style='font-size:13px'>seen</div></table>",
            "<style>.x{font-size:15px}</style><div style='font-size:0'><p class=x>seen</p></div>",
            "<style>.y{font-size:0}</style><div class=y><h1>secret</h1><p style='font:12px/1 Arial'>seen</p></div>",
        ] {
            assert_eq!(to_text(html), "seen", "{html}");
        }
    }

    #[test]
    fn what_is_shown_is_in_the_text() {
        for html in [
            // A rule for another medium hides nothing here, and one that is not there where it is read neither.
            "<style>@media print{.x{display:none}}</style><p class=x>seen</p>",
            "<style>@media (max-width:600px){.x{display:none}}</style><p class=x>seen</p>",
            "<style>@supports (color:red){.x{display:none}}</style><p class=x>seen</p>",
            "<style>.x{display:none}</style><p class=x style='display:block'>seen</p>",
            "<style>.x{display:none}p.x{display:block}</style><p class=x>seen</p>",
            "<style>div p{display:none}</style><p>seen</p>",
            "<style>p:hover{display:none}</style><p>seen</p>",
            "<style>custom p{display:none}</style><custom><p>seen</p></custom>",
            "<p style='display:none;display:block'>seen</p>",
            "<p style='visibility:hidden'><b style='visibility:visible'>seen</b></p>",
            "<p hidden style='display:block'>seen</p>",
            "<p style='max-height:0'>seen</p>",
        ] {
            assert_eq!(to_text(html), "seen", "{html}");
            assert_eq!(to_quote(html), "seen", "{html}");
        }
    }

    #[test]
    fn of_sheets_that_are_too_large_nothing_is_known_and_nothing_quoted() {
        let sheet: String = (0..20_000).map(|number| format!(".a{number}{{display:none}}")).collect();
        let html = format!("<style>{sheet}div p{{display:none}}</style><div><p>secret</p></div>seen");
        assert_eq!((to_text(&html).as_str(), to_quote(&html).as_str()), ("secret\n\nseen", ""));
        // What tells nothing of what is seen costs nothing.
        let sheet: String = (0..20_000).map(|number| format!(".a{number}{{border:0}}")).collect();
        let html = format!("<style>{sheet}div p{{display:none}}</style><div><p>secret</p></div>seen");
        assert_eq!(to_quote(&html), "seen");
    }

    #[test]
    fn deep_html_still_gives_its_words() {
        let html = format!("{}deep", "<div>".repeat(50_000));
        assert_eq!(to_text(&html).trim(), "deep");
    }
}
