//! Which `@media` rules hold where a message is read (CSS Media Queries 4): needed where no browser is asked, since a rule either
//! goes into the elements of a quote or is lost.
//!
//! One screen stands for all of them, a usual one with the pane for reading beside the list. Ranges (`width >= 600px`) never come
//! here: no sheet that is shown has them.

use cssparser::{ParseError, Parser, Token};

/// What a condition is, none where that is not known: not even the contrary holds then (§3.2).
type Truth = Option<bool>;
type Failed = ParseError<()>;

/// What the values of a feature are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In CSS pixels.
    Length,
    /// In dots per pixel.
    Resolution,
    Number,
    Ratio,
}

/// Features that are counted, and how much there is of them.
const AMOUNTS: [(&str, Kind, f32); 13] = [
    ("width", Kind::Length, 700.0),
    ("height", Kind::Length, 600.0),
    ("device-width", Kind::Length, 1440.0),
    ("device-height", Kind::Length, 900.0),
    ("aspect-ratio", Kind::Ratio, 700.0 / 600.0),
    ("device-aspect-ratio", Kind::Ratio, 1440.0 / 900.0),
    ("resolution", Kind::Resolution, 1.0),
    ("-webkit-device-pixel-ratio", Kind::Number, 1.0),
    ("-webkit-transform-3d", Kind::Number, 1.0),
    ("color", Kind::Number, 8.0),
    ("color-index", Kind::Number, 0.0),
    ("monochrome", Kind::Number, 0.0),
    ("grid", Kind::Number, 0.0),
];

/// Features that are named: what they are here, and what else they could be.
const NAMES: [(&str, &str, &str); 17] = [
    ("orientation", "landscape", "portrait"),
    ("prefers-color-scheme", "light", "dark"),
    ("prefers-reduced-motion", "no-preference", "reduce"),
    ("prefers-reduced-transparency", "no-preference", "reduce"),
    ("prefers-contrast", "no-preference", "more less custom"),
    ("forced-colors", "none", "active"),
    ("inverted-colors", "none", "inverted"),
    ("hover", "hover", "none"),
    ("any-hover", "hover", "none"),
    ("pointer", "fine", "none coarse"),
    ("any-pointer", "fine", "none coarse"),
    ("update", "fast", "none slow"),
    ("overflow-block", "scroll", "none paged"),
    ("overflow-inline", "scroll", "none"),
    ("color-gamut", "srgb", "p3 rec2020"),
    ("display-mode", "browser", "fullscreen standalone minimal-ui"),
    // A message runs no scripts.
    ("scripting", "none", "initial-only enabled"),
];

/// Whether a list of queries holds. What cannot be read does not.
pub fn holds(queries: &str) -> bool {
    Parser::new(queries).parse_comma_separated_ignoring_errors(query).contains(&Some(true))
}

fn query(input: &mut Parser) -> Result<Truth, Failed> {
    let mut kind = word(input);
    let is = |name| kind.as_deref() == Some(name);
    let (negated, only) = (is("not"), is("only"));
    if negated || only {
        kind = word(input);
    }
    let truth = match kind {
        Some(kind) => {
            let mut truth = Some(matches!(kind.as_str(), "all" | "screen"));
            while !input.is_exhausted() {
                input.expect_ident_matching("and")?;
                truth = both(truth, operand(input)?);
            }
            truth
        }
        None if only => return Err(ParseError::custom(())),
        None if negated => in_brackets(input)?,
        None => condition(input)?,
    };
    input.expect_exhausted()?;
    Ok(if negated { truth.map(|truth| !truth) } else { truth })
}

/// The word that comes next, in lower case, if one does.
fn word(input: &mut Parser) -> Option<String> {
    input.try_parse(|input| input.expect_ident().map(|word| word.to_ascii_lowercase())).ok()
}

/// `a and b`, `a or b`, `not a`, where each is in brackets.
fn condition(input: &mut Parser) -> Result<Truth, Failed> {
    let mut truth = operand(input)?;
    let mut joined = None;
    while !input.is_exhausted() {
        let all = match word(input).as_deref() {
            Some("and") => true,
            Some("or") => false,
            _ => return Err(ParseError::custom(())),
        };
        // `a and b or c` says nothing (§3.1).
        if joined.is_some_and(|before| before != all) {
            return Err(ParseError::custom(()));
        }
        joined = Some(all);
        let next = operand(input)?;
        truth = if all { both(truth, next) } else { either(truth, next) };
    }
    Ok(truth)
}

fn operand(input: &mut Parser) -> Result<Truth, Failed> {
    let negated = input.try_parse(|input| input.expect_ident_matching("not")).is_ok();
    let truth = in_brackets(input)?;
    Ok(if negated { truth.map(|truth| !truth) } else { truth })
}

fn in_brackets(input: &mut Parser) -> Result<Truth, Failed> {
    input.expect_parenthesis_block()?;
    // What is in brackets may be of a later time: then it is not known (`<general-enclosed>`).
    let inside = input.parse_nested_block(|input| input.try_parse(feature).or_else(|_| condition(input)));
    Ok(inside.unwrap_or(None))
}

/// `name`, `name: value`, `min-name: value`.
fn feature(input: &mut Parser) -> Result<Truth, Failed> {
    let name = input.expect_ident()?.to_ascii_lowercase();
    if input.is_exhausted() {
        let amount = AMOUNTS.iter().find(|(known, ..)| *known == name).map(|(_, _, amount)| *amount != 0.0);
        let named = || NAMES.iter().find(|(known, ..)| *known == name);
        return Ok(amount.or_else(|| named().map(|(_, ours, _)| !matches!(*ours, "none" | "no-preference"))));
    }
    input.expect_colon()?;
    if let Some((_, ours, others)) = NAMES.iter().find(|(known, ..)| *known == name) {
        let value = input.expect_ident()?.to_ascii_lowercase();
        let is_one = value == *ours || others.split(' ').any(|other| other == value);
        return Ok(is_one.then(|| value == *ours));
    }
    let (bound, plain) = ["min-", "max-"]
        .iter()
        .find_map(|bound| {
            let rest = name.strip_prefix(bound).map(str::to_owned);
            let prefixed = || Some(format!("-webkit-{}", name.strip_prefix("-webkit-")?.strip_prefix(bound)?));
            Some((*bound, rest.or_else(prefixed)?))
        })
        .unwrap_or(("", name));
    let Some((_, kind, amount)) = AMOUNTS.iter().find(|(known, ..)| *known == plain) else { return Ok(None) };
    let value = value(input, *kind)?;
    Ok(Some(match bound {
        "min-" => *amount >= value,
        "max-" => *amount <= value,
        _ => (*amount - value).abs() < 0.001,
    }))
}

fn value(input: &mut Parser, kind: Kind) -> Result<f32, Failed> {
    let value = match (input.next()?, kind) {
        (Token::Number { value, .. }, Kind::Length) if *value == 0.0 => 0.0,
        (Token::Number { value, .. }, Kind::Number | Kind::Ratio) => *value,
        (Token::Dimension { value, unit, .. }, Kind::Length | Kind::Resolution) => {
            let unit = UNITS.iter().find(|(name, of, _)| *of == kind && unit.eq_ignore_ascii_case(name));
            let (.., size) = unit.ok_or_else(|| ParseError::custom(()))?;
            value * size
        }
        _ => return Err(ParseError::custom(())),
    };
    if kind == Kind::Ratio && !input.is_exhausted() {
        input.expect_delim('/')?;
        return Ok(value / input.expect_number()?);
    }
    Ok(value)
}

/// Units, and how many pixels, or dots for each, they are.
const UNITS: [(&str, Kind, f32); 14] = [
    ("px", Kind::Length, 1.0),
    ("em", Kind::Length, 16.0),
    ("rem", Kind::Length, 16.0),
    ("ex", Kind::Length, 8.0),
    ("ch", Kind::Length, 8.0),
    ("pt", Kind::Length, 96.0 / 72.0),
    ("pc", Kind::Length, 16.0),
    ("in", Kind::Length, 96.0),
    ("cm", Kind::Length, 96.0 / 2.54),
    ("mm", Kind::Length, 9.6 / 2.54),
    ("dppx", Kind::Resolution, 1.0),
    ("x", Kind::Resolution, 1.0),
    ("dpi", Kind::Resolution, 1.0 / 96.0),
    ("dpcm", Kind::Resolution, 2.54 / 96.0),
];

fn both(one: Truth, other: Truth) -> Truth {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn either(one: Truth, other: Truth) -> Truth {
    both(one.map(|one| !one), other.map(|other| !other)).map(|neither| !neither)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_holds_as_on_a_usual_screen() {
        for query in [
            "screen",
            "ALL",
            "only screen",
            "not print",
            "print, screen",
            "foo(bar), screen",
            "(min-width:1px)",
            "(MIN-WIDTH: 43em)",
            "(max-width:44rem)",
            "(width:700px)",
            "(min-width:0)",
            "(min-width:-1px)",
            "(max-width:10in)",
            "only screen and (min-width:600px) and (max-width:800px)",
            "screen and not (max-width:600px)",
            "not screen and (max-width:600px)",
            "not (max-width:600px)",
            "not all and (monochrome)",
            "(max-width:1px) or (min-width:2px)",
            "((min-width:1px) and (not (max-width:2px)))",
            "(unheard-of) or (min-width:1px)",
            "(width)",
            "(color)",
            "(min-color:8)",
            "(grid:0)",
            "(hover)",
            "(hover:hover) and (any-pointer:fine)",
            "(prefers-color-scheme:light)",
            "(prefers-reduced-motion:no-preference)",
            "not (prefers-reduced-motion)",
            "(scripting:none)",
            "(orientation:landscape)",
            "(min-aspect-ratio:1/1)",
            "(max-aspect-ratio: 7 / 6)",
            "(resolution:96dpi)",
            "(max-resolution:1dppx)",
            "screen and (-webkit-min-device-pixel-ratio:0)",
        ] {
            assert!(holds(query), "{query}");
        }
        for query in [
            "",
            "print",
            "speech",
            "not screen",
            "not all",
            "only (min-width:1px)",
            "screen and",
            "screen (min-width:1px)",
            "screen or (min-width:1px)",
            "(max-width:600px)",
            "(min-width:701px)",
            "(min-width:44em)",
            "(min-width:1)",
            "(min-width:1foo)",
            "(min-width:landscape)",
            "(min-width)",
            "(min-hover:hover)",
            "(max-device-width:480px)",
            "(min-width:1px) and (max-width:2px)",
            "(min-width:1px) and (max-width:9999px) or (color)",
            "(unheard-of)",
            "not (unheard-of)",
            "not (min-width:1foo)",
            "not (orientation:sideways)",
            "(unheard-of:1) and (min-width:1px)",
            "screen and (unheard-of)",
            "(monochrome)",
            "(hover:none)",
            "(pointer:coarse)",
            "(prefers-color-scheme:dark)",
            "(prefers-reduced-motion)",
            "(scripting)",
            "(orientation:portrait)",
            "(min-resolution:2dppx)",
            "(-webkit-min-device-pixel-ratio:1.5)",
            "(min--moz-device-pixel-ratio:0)",
            "(-ms-high-contrast:none)",
        ] {
            assert!(!holds(query), "{query}");
        }
    }
}
