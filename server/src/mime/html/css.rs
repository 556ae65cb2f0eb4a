//! Style sheets and `style` attributes of messages: parsed, reduced to an allow-list, and written anew from the
//! tokens, so that escapes, comments and encodings of the sender have no say in what the browser reads.

mod property;

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, StyleSheetParser, ToCss, Token, TokenSerializationType, parse_important,
};

/// The largest style sheet that is read, and written.
const MAX_SHEET: usize = 512 * 1024;
/// The largest `style` attribute.
const MAX_ATTRIBUTE: usize = 32 * 1024;
/// How deep brackets and blocks may nest.
const MAX_NESTING: usize = 8;

/// Gives pictures that CSS names, by their addresses, those by which they are shown; none leaves one out.
pub type Pictures<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Leaves all of them out.
pub const NO_PICTURES: Pictures<'static> = &|_| None;

/// Whether CSS may name pictures: most does not, and to look for the word takes less than to parse it. Where the word is written in
/// another way there are none.
pub fn may_name_pictures(css: &str) -> bool {
    css.as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b"url("))
}

/// A clean style sheet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    pub css: String,
    /// Whether it chooses colours.
    pub colours: bool,
    /// Simple selectors (`.preheader`, `p`, `#x`) of elements it hides, outside of any `@media`.
    pub hidden: Vec<String>,
    /// The same of elements whose letters it gives a size, and whether that is none.
    pub sizes: Vec<(String, bool)>,
}

/// Clean declarations, as in a `style` attribute.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    pub css: String,
    pub colours: bool,
    /// Whether they make an element invisible, with all that is in it.
    pub hide: bool,
    /// Whether its letters have no size; none where that is not said.
    pub no_size: Option<bool>,
}

/// Cleans a style sheet. Rules for a dark page are dropped unless the page is one. Pictures are shown only by rules that hold for
/// whoever reads and whatever they do: else what is fetched would tell of that.
pub fn sheet(css: &str, dark: bool, pictures: Pictures<'_>) -> Sheet {
    clean(css, Rules { dark, on_screen: false, nesting: 0, pictures })
}

/// The same with what is said of every screen as if it were said of everything: where rules are put into elements, there are
/// none for media.
pub fn on_screen(css: &str) -> Sheet {
    clean(css, Rules { dark: false, on_screen: true, nesting: 0, pictures: NO_PICTURES })
}

fn clean(css: &str, mut rules: Rules<'_>) -> Sheet {
    let css = super::super::text::cut(css, MAX_SHEET);
    let mut input = Parser::new(css);
    let mut sheet = Sheet::default();
    for rule in StyleSheetParser::new(&mut input, &mut rules).flatten() {
        if sheet.css.len() + rule.css.len() > MAX_SHEET {
            break;
        }
        sheet.css.push_str(&rule.css);
        sheet.colours |= rule.colours;
        sheet.hidden.extend(rule.hidden);
        sheet.sizes.extend(rule.sizes);
    }
    sheet.css = unmarked(sheet.css);
    sheet
}

/// Cleans the value of a `style` attribute.
pub fn declarations(css: &str, pictures: Pictures<'_>) -> Declarations {
    let css = super::super::text::cut(css, MAX_ATTRIBUTE);
    let mut input = Parser::new(css);
    let mut cleaned = body(&mut input, pictures);
    cleaned.css = unmarked(cleaned.css);
    cleaned
}

/// Nothing that could end the element a sheet stands in (`</style>`, `<!--`): in CSS a `<` can be escaped.
fn unmarked(css: String) -> String {
    if css.contains('<') { css.replace('<', "\\3c ") } else { css }
}

type Failed = ParseError<()>;

fn refuse<T>() -> Result<T, Failed> {
    Err(ParseError::custom(()))
}

/// Parses rules.
struct Rules<'p> {
    dark: bool,
    /// Whether rules for every screen stand among the others.
    on_screen: bool,
    nesting: usize,
    pictures: Pictures<'p>,
}

impl<'i> QualifiedRuleParser<'i> for Rules<'_> {
    type Prelude = String;
    type QualifiedRule = Sheet;
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<String, Failed> {
        let mut out = Writer::default();
        copy(input, &mut out, Context::Selector, 0)?;
        let selector = out.css.trim().to_owned();
        if selector.is_empty() { refuse() } else { Ok(selector) }
    }

    fn parse_block(&mut self, selector: String, _: &ParserState, input: &mut Parser<'i>) -> Result<Sheet, Failed> {
        let holds_always = self.nesting == 0 && !selector.contains([':', '[']);
        let declarations = body(input, if holds_always { self.pictures } else { NO_PICTURES });
        if declarations.css.is_empty() {
            return refuse();
        }
        let simple: Vec<String> = if self.nesting == 0 {
            selector.split(',').map(str::trim).filter(|one| is_simple(one)).map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        let sizes = declarations.no_size.map(|none| simple.iter().map(|one| (one.clone(), none)).collect());
        Ok(Sheet {
            css: format!("{selector}{{{}}}\n", declarations.css),
            colours: declarations.colours,
            hidden: if declarations.hide { simple } else { Vec::new() },
            sizes: sizes.unwrap_or_default(),
        })
    }
}

impl<'i> AtRuleParser<'i> for Rules<'_> {
    type Prelude = String;
    type AtRule = Sheet;
    type Error = ();

    fn parse_prelude(&mut self, name: CowRcStr<'i>, input: &mut Parser<'i>) -> Result<String, Failed> {
        // @import, @font-face and the like load or leak; the rest no newsletter needs.
        if !name.eq_ignore_ascii_case("media") || self.nesting >= MAX_NESTING {
            return refuse();
        }
        let mut out = Writer::default();
        copy(input, &mut out, Context::Media, 0)?;
        let query = out.css.trim().to_owned();
        if query.is_empty() || (!self.dark && query.to_ascii_lowercase().contains("prefers-color-scheme")) {
            return refuse();
        }
        Ok(query)
    }

    fn parse_block(&mut self, query: String, _: &ParserState, input: &mut Parser<'i>) -> Result<Sheet, Failed> {
        let flat = self.on_screen && is_every_screen(&query);
        let mut inner = Rules { nesting: self.nesting + usize::from(!flat), ..*self };
        let mut sheet = Sheet::default();
        for rule in StyleSheetParser::new(input, &mut inner).flatten() {
            sheet.css.push_str(&rule.css);
            sheet.colours |= rule.colours;
            sheet.hidden.extend(rule.hidden);
            sheet.sizes.extend(rule.sizes);
        }
        if sheet.css.is_empty() {
            return refuse();
        }
        if flat {
            return Ok(sheet);
        }
        Ok(Sheet { css: format!("@media {query}{{{}}}\n", sheet.css), ..sheet })
    }
}

/// Whether a media query is true of whatever a letter is read on.
fn is_every_screen(query: &str) -> bool {
    let query = query.to_ascii_lowercase();
    matches!(query.strip_prefix("only ").unwrap_or(&query).trim(), "screen" | "all")
}

/// `.class`, `#id`, `name`, `name.class`: what an element can be compared with alone.
fn is_simple(selector: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '#');
    !selector.is_empty() && selector.chars().all(plain) && selector.matches(['.', '#']).count() <= 1
}

/// Parses declarations.
struct Properties<'p>(Pictures<'p>);

impl<'i> DeclarationParser<'i> for Properties<'_> {
    type Declaration = Declarations;
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Result<Declarations, Failed> {
        let name = name.to_ascii_lowercase();
        if !property::allowed(&name) {
            return refuse();
        }
        let pictures = property::shows_pictures(&name).then_some(self.0);
        let mut out = Writer { pictures, ..Writer::default() };
        copy(input, &mut out, Context::Value, 0)?;
        let important = input.try_parse(parse_important).is_ok();
        input.expect_exhausted()?;
        let value = out.css.trim();
        if value.is_empty() || !property::value_allowed(&name, value) {
            return refuse();
        }
        let important = if important { " !important" } else { "" };
        Ok(Declarations {
            colours: property::chooses_colour(&name, value),
            hide: property::hides(&name, value),
            no_size: property::has_no_size(&name, value),
            css: format!("{name}:{value}{important};"),
        })
    }
}

impl AtRuleParser<'_> for Properties<'_> {
    type Prelude = ();
    type AtRule = Declarations;
    type Error = ();
}

impl QualifiedRuleParser<'_> for Properties<'_> {
    type Prelude = ();
    type QualifiedRule = Declarations;
    type Error = ();
}

impl RuleBodyItemParser<'_, Declarations, ()> for Properties<'_> {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

fn body(input: &mut Parser, pictures: Pictures<'_>) -> Declarations {
    let mut all = Declarations::default();
    for one in RuleBodyParser::new(input, &mut Properties(pictures)).flatten() {
        all.css.push_str(&one.css);
        all.colours |= one.colours;
        all.hide |= one.hide;
        all.no_size = one.no_size.or(all.no_size);
    }
    all
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Selector,
    Media,
    Value,
}

/// Writes tokens so that they are read as the same tokens.
#[derive(Default)]
struct Writer<'p> {
    css: String,
    before: TokenSerializationType,
    /// None where there can be none.
    pictures: Option<Pictures<'p>>,
}

impl Writer<'_> {
    fn token(&mut self, token: &Token) {
        if let Token::WhiteSpace(_) | Token::Comment(_) = token {
            if !self.css.ends_with(' ') {
                self.css.push(' ');
            }
            self.before = TokenSerializationType::WhiteSpace;
            return;
        }
        let kind = token.serialization_type();
        if self.before.needs_separator_when_before(kind) {
            self.css.push(' ');
        }
        self.css.push_str(&token.to_css_string());
        self.before = kind;
    }

    /// Writes where a picture is, or that there is none: what else the declaration says stays.
    fn picture(&mut self, address: &str) -> Result<(), Failed> {
        let Some(pictures) = self.pictures else { return refuse() };
        match pictures(address) {
            Some(address) => {
                self.token(&Token::Function("url".into()));
                self.token(&Token::QuotedString(address.into()));
                self.close(')');
            }
            None => self.token(&Token::Ident("none".into())),
        }
        Ok(())
    }

    fn close(&mut self, bracket: char) {
        self.css.push(bracket);
        self.before = TokenSerializationType::Nothing;
    }
}

/// Copies what is allowed of the rest of the input; anything else refuses the whole.
/// In a value it stops before `!important`.
fn copy(input: &mut Parser, out: &mut Writer<'_>, context: Context, nesting: usize) -> Result<(), Failed> {
    if nesting > MAX_NESTING {
        return refuse();
    }
    loop {
        let state = input.state();
        let Ok(token) = input.next_including_whitespace_and_comments() else { return Ok(()) };
        let close = match token {
            // A name that the sender has made: nothing of what it could stand for is left.
            Token::Ident(name) if context == Context::Value && name.starts_with("--") => return refuse(),
            Token::WhiteSpace(_) | Token::Comment(_) | Token::Ident(_) | Token::Comma => None,
            Token::Number { value, .. } if value.is_finite() && context != Context::Selector => None,
            Token::Percentage { unit_value, .. } if unit_value.is_finite() && context == Context::Value => None,
            Token::Dimension { value, .. } if value.is_finite() && context != Context::Selector => None,
            // In nth-child(2n+1).
            Token::Number { .. } | Token::Dimension { .. } if nesting > 0 => None,
            Token::QuotedString(_) if context == Context::Value || nesting > 0 => None,
            Token::Hash(_) if context == Context::Value => None,
            Token::IDHash(_) if context != Context::Media => None,
            Token::Delim('/') if context != Context::Selector => None,
            Token::Delim('+' | '-' | '*') if context == Context::Value && nesting > 0 => None,
            Token::Delim('.' | '>' | '+' | '~' | '*') if context == Context::Selector => None,
            Token::Delim('!') if context == Context::Value && nesting == 0 => {
                input.reset(&state);
                return Ok(());
            }
            Token::Colon if context == Context::Selector || (context == Context::Media && nesting > 0) => None,
            // [class~="x"], [width="600"]
            Token::Delim('=')
            | Token::IncludeMatch
            | Token::DashMatch
            | Token::PrefixMatch
            | Token::SuffixMatch
            | Token::SubstringMatch
                if context == Context::Selector && nesting > 0 =>
            {
                None
            }
            Token::SquareBracketBlock if context == Context::Selector => Some(']'),
            Token::ParenthesisBlock if context != Context::Selector => Some(')'),
            Token::UnquotedUrl(address) if context == Context::Value && nesting == 0 => {
                out.picture(address)?;
                continue;
            }
            Token::Function(name) if context == Context::Value && nesting == 0 && name.eq_ignore_ascii_case("url") => {
                let address = input.parse_nested_block(|input| Ok(input.expect_string_cloned()?))?;
                out.picture(&address)?;
                continue;
            }
            Token::Function(name) => match context {
                Context::Selector if property::selector_function_allowed(name) => Some(')'),
                Context::Value if property::function_allowed(name) => Some(')'),
                _ => return refuse(),
            },
            _ => return refuse(),
        };
        out.token(token);
        if let Some(close) = close {
            input.parse_nested_block(|input| copy(input, out, context, nesting + 1))?;
            out.close(close);
        }
    }
}

#[cfg(test)]
mod tests;
