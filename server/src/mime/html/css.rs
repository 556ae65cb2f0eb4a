//! Style sheets and `style` attributes of messages: parsed, reduced to an allow-list, and written anew from the
//! tokens, so that escapes, comments and encodings of the sender have no say in what the browser reads.

mod media;
mod property;
mod sight;

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, StyleSheetParser, ToCss, Token, TokenSerializationType, parse_important,
};

pub use sight::{Letters, Sight};

/// The largest style sheet that is read, and written.
const MAX_SHEET: usize = 512 * 1024;
/// How much the declarations of a rule are at most, said once for each of its selectors.
const MAX_RULE: usize = 64 * 1024;
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
}

/// Clean declarations, as in a `style` attribute.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    pub css: String,
    pub colours: bool,
    /// What they tell of whether the element is seen.
    pub sight: Sight,
}

/// Cleans a style sheet. Rules for a dark page are dropped unless the page is one. Pictures are shown only by rules that hold for
/// whoever reads and whatever they do: else what is fetched would tell of that.
pub fn sheet(css: &str, dark: bool, pictures: Pictures<'_>) -> Sheet {
    clean(css, Rules { dark, on_screen: false, nesting: 0, wanted: property::allowed, pictures })
}

/// The same with what is said of a usual screen as if it were said of everything, where it stands: where rules are put into
/// elements, there are none for media.
pub fn on_screen(css: &str) -> Sheet {
    clean(css, flat(property::allowed))
}

/// No more of that than tells what is seen.
pub fn of_sight(css: &str) -> Sheet {
    clean(css, flat(|name| property::allowed(name) && sight::is_told_by(name)))
}

fn flat(wanted: fn(&str) -> bool) -> Rules<'static> {
    Rules { dark: false, on_screen: true, nesting: 0, wanted, pictures: NO_PICTURES }
}

fn clean(css: &str, mut rules: Rules<'_>) -> Sheet {
    let css = super::super::text::cut(css, MAX_SHEET);
    let mut sheet = gathered(&mut Parser::new(css), &mut rules);
    sheet.css = unmarked(sheet.css);
    sheet
}

/// The rules that follow, as many as there is room for.
fn gathered<'i>(input: &mut Parser<'i>, rules: &mut Rules<'_>) -> Sheet {
    let mut sheet = Sheet::default();
    for rule in StyleSheetParser::new(input, rules).flatten() {
        if sheet.css.len() + rule.css.len() > MAX_SHEET {
            break;
        }
        sheet.css.push_str(&rule.css);
        sheet.colours |= rule.colours;
    }
    sheet
}

/// Cleans the value of a `style` attribute.
pub fn declarations(css: &str, pictures: Pictures<'_>) -> Declarations {
    let css = super::super::text::cut(css, MAX_ATTRIBUTE);
    let mut input = Parser::new(css);
    let mut cleaned = body(&mut input, Properties { wanted: property::allowed, pictures });
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
    /// Whether rules for a usual screen stand among the others, and none for other media do.
    on_screen: bool,
    nesting: usize,
    /// The properties that stay.
    wanted: fn(&str) -> bool,
    pictures: Pictures<'p>,
}

impl<'i> QualifiedRuleParser<'i> for Rules<'_> {
    type Prelude = Vec<String>;
    type QualifiedRule = Sheet;
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<Vec<String>, Failed> {
        let selectors = input.parse_comma_separated(|input| {
            let mut out = Writer::default();
            copy(input, &mut out, Context::Selector, 0)?;
            let selector = out.css.trim().to_owned();
            if selector.is_empty() { refuse() } else { Ok((!out.left_out).then_some(selector)) }
        })?;
        let selectors: Vec<String> = selectors.into_iter().flatten().collect();
        if selectors.is_empty() { refuse() } else { Ok(selectors) }
    }

    fn parse_block(
        &mut self,
        selectors: Vec<String>,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<Sheet, Failed> {
        let holds_always = self.nesting == 0 && !selectors.iter().any(|one| one.contains([':', '[']));
        let pictures = if holds_always { self.pictures } else { NO_PICTURES };
        let (start, wanted) = (input.state(), self.wanted);
        let too_much = |length: usize| selectors.len() > 1 && selectors.len().saturating_mul(length) > MAX_RULE;
        let mut declarations = body(input, Properties { wanted, pictures });
        // As it came, so that the rule stays or goes whatever is wanted of it.
        if declarations.css.is_empty() || too_much(input.slice_from(start.position()).len()) {
            return refuse();
        }
        // Pictures of the message are written out.
        if too_much(declarations.css.len()) {
            input.reset(&start);
            declarations = body(input, Properties { wanted, pictures: NO_PICTURES });
        }
        let Declarations { css, colours, .. } = declarations;
        let rule = |selector: &str| format!("{selector}{{{css}}}\n");
        // A browser passes over a rule one of whose selectors it cannot read, css-inline over that selector: each has a rule of its
        // own, so that what is shown does not hang on that.
        let css = if self.on_screen {
            rule(&selectors.join(","))
        } else {
            selectors.iter().map(|selector| rule(selector)).collect()
        };
        Ok(Sheet { css, colours })
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
        if self.on_screen && !media::holds(&query) {
            return refuse();
        }
        Ok(query)
    }

    fn parse_block(&mut self, query: String, _: &ParserState, input: &mut Parser<'i>) -> Result<Sheet, Failed> {
        let sheet = gathered(input, &mut Rules { nesting: self.nesting + 1, ..*self });
        if sheet.css.is_empty() {
            return refuse();
        }
        if self.on_screen {
            return Ok(sheet);
        }
        Ok(Sheet { css: format!("@media {query}{{{}}}\n", sheet.css), ..sheet })
    }
}

/// Parses declarations.
struct Properties<'p> {
    wanted: fn(&str) -> bool,
    pictures: Pictures<'p>,
}

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
        if !(self.wanted)(&name) {
            return refuse();
        }
        let pictures = property::shows_pictures(&name).then_some(self.pictures);
        let mut out = Writer { pictures, ..Writer::default() };
        copy(input, &mut out, Context::Value, 0)?;
        let important = input.try_parse(parse_important).is_ok();
        input.expect_exhausted()?;
        let value = out.css.trim();
        if value.is_empty() || !property::value_allowed(&name, value) {
            return refuse();
        }
        let mark = if important { " !important" } else { "" };
        Ok(Declarations {
            colours: property::chooses_colour(&name, value),
            sight: Sight::of(&name, value, important),
            css: format!("{name}:{value}{mark};"),
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

fn body(input: &mut Parser, mut properties: Properties<'_>) -> Declarations {
    let mut all = Declarations::default();
    for one in RuleBodyParser::new(input, &mut properties).flatten() {
        all.css.push_str(&one.css);
        all.colours |= one.colours;
        all.sight.add(one.sight);
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
    /// Whether a selector is one that is left out, though a browser knows it.
    left_out: bool,
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
            // `nth-child(2n of .x)`: not understood where rules are put into elements.
            Token::Ident(name) if context == Context::Selector && nesting > 0 && name.eq_ignore_ascii_case("of") => {
                out.left_out = true;
                None
            }
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
            Token::Colon if context == Context::Media && nesting > 0 => None,
            Token::Colon if context == Context::Selector => {
                out.token(&Token::Colon);
                let state = input.state();
                let known = match input.next_including_whitespace_and_comments() {
                    Ok(Token::Ident(name)) if property::pseudo_class_allowed(name) => true,
                    Ok(Token::Ident(name)) if property::pseudo_left_out(name) => {
                        out.left_out = true;
                        true
                    }
                    // A pseudo-element, or what is seen to where the function is.
                    Ok(Token::Colon | Token::Function(_)) => true,
                    _ => false,
                };
                input.reset(&state);
                // What a browser does not know refuses the rule there as well: it may be there for one browser alone.
                if !known {
                    return refuse();
                }
                continue;
            }
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
                Context::Selector if property::pseudo_left_out(name) => {
                    out.left_out = true;
                    Some(')')
                }
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
