//! Whether what stands in an element is seen, as far as its declarations tell: what is not must not become visible in an answer.

/// What a declaration tells. The first ones are of an element with all that is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    NotDisplayed,
    SeeThrough,
    NoHeight,
    NoMaxHeight,
    NoWidth,
    NoMaxWidth,
    ClippedX,
    ClippedY,
    /// Moved out of the page.
    AwayX,
    AwayY,
    // The others are of letters, and hold within until something else is said.
    Invisible,
    NoSize,
    NoColour,
    /// Whether letters have a colour of their own beside that of their text, and whether there is none.
    Filled,
    NoFill,
    /// The first line begins beyond the left edge, or the right one.
    IndentedLeft,
    IndentedRight,
}

/// A fact, whether it is so (none: as around), and whether that is `!important`.
type Told = (Fact, Option<bool>, bool);

/// What declarations tell of the sight of an element.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sight(Vec<Told>);

impl Sight {
    /// What one declaration tells. The name is in lower case.
    pub fn of(name: &str, value: &str, important: bool) -> Self {
        Self(facts(name, value).into_iter().map(|(fact, told)| (fact, told, important)).collect())
    }

    /// Adds what a later declaration tells.
    pub fn add(&mut self, later: Self) {
        for told in later.0 {
            match self.0.iter_mut().find(|(fact, ..)| *fact == told.0) {
                Some((_, _, true)) if !told.2 => {}
                Some(before) => *before = told,
                None => self.0.push(told),
            }
        }
    }

    fn told(&self, fact: Fact) -> Option<bool> {
        self.0.iter().find(|(known, ..)| *known == fact).and_then(|(_, told, _)| *told)
    }

    fn is(&self, fact: Fact) -> bool {
        self.told(fact) == Some(true)
    }

    /// Whether the element is not seen, with all that is in it.
    pub fn hides(&self) -> bool {
        let any = |facts: &[Fact]| facts.iter().any(|fact| self.is(*fact));
        any(&[Fact::NotDisplayed, Fact::SeeThrough, Fact::AwayX, Fact::AwayY])
            || (any(&[Fact::ClippedX, Fact::ClippedY])
                && any(&[Fact::NoHeight, Fact::NoMaxHeight, Fact::NoWidth, Fact::NoMaxWidth, Fact::IndentedRight]))
    }

    /// Whether it is displayed although the attribute `hidden` says that it is not.
    pub fn displays(&self) -> bool {
        self.told(Fact::NotDisplayed) == Some(false)
    }
}

/// How the letters in an element look.
#[derive(Debug, Default, Clone, Copy)]
pub struct Letters {
    /// Pictures as well as letters.
    pub invisible: bool,
    no_size: bool,
    no_colour: bool,
    filled: bool,
    no_fill: bool,
    indented: bool,
}

impl Letters {
    /// How they look in an element within.
    pub fn within(self, sight: &Sight) -> Self {
        let told = |fact, around| sight.told(fact).unwrap_or(around);
        Self {
            invisible: told(Fact::Invisible, self.invisible),
            no_size: told(Fact::NoSize, self.no_size),
            no_colour: told(Fact::NoColour, self.no_colour),
            filled: told(Fact::Filled, self.filled),
            no_fill: told(Fact::NoFill, self.no_fill),
            indented: told(Fact::IndentedLeft, self.indented),
        }
    }

    pub fn are_unseen(self) -> bool {
        let colourless = if self.filled { self.no_fill } else { self.no_colour };
        self.invisible || self.no_size || self.indented || colourless
    }
}

/// Whether a property tells anything.
pub fn is_told_by(name: &str) -> bool {
    !facts(name, "0").is_empty()
}

fn facts(name: &str, value: &str) -> Vec<(Fact, Option<bool>)> {
    let value = value.to_ascii_lowercase();
    let as_around = matches!(value.as_str(), "inherit" | "unset" | "revert" | "revert-layer");
    let told = |is: bool| (!as_around).then_some(is);
    let clips = Some(value.split(' ').any(|one| matches!(one, "hidden" | "clip" | "scroll" | "auto")));
    let away = || Some(value.split(' ').filter_map(pixels).any(|length| length <= -FAR));
    match name {
        "display" => vec![(Fact::NotDisplayed, Some(value == "none"))],
        "opacity" | "-webkit-opacity" => {
            vec![(Fact::SeeThrough, Some(number(&value).is_some_and(|(size, _)| size < 0.01)))]
        }
        "height" => vec![(Fact::NoHeight, Some(is_tiny(&value)))],
        "max-height" => vec![(Fact::NoMaxHeight, Some(is_tiny(&value)))],
        "width" => vec![(Fact::NoWidth, Some(is_tiny(&value)))],
        "max-width" => vec![(Fact::NoMaxWidth, Some(is_tiny(&value)))],
        "overflow" => vec![(Fact::ClippedX, clips), (Fact::ClippedY, clips)],
        "overflow-x" => vec![(Fact::ClippedX, clips)],
        "overflow-y" => vec![(Fact::ClippedY, clips)],
        "margin" => vec![(Fact::AwayX, away()), (Fact::AwayY, away())],
        "margin-left" | "margin-inline" | "margin-inline-start" => vec![(Fact::AwayX, away())],
        "margin-top" | "margin-block" | "margin-block-start" => vec![(Fact::AwayY, away())],
        "visibility" => vec![(Fact::Invisible, told(matches!(value.as_str(), "hidden" | "collapse")))],
        "color" => vec![(Fact::NoColour, told(is_transparent(&value)))],
        "-webkit-text-fill-color" => {
            vec![(Fact::Filled, told(value != "currentcolor")), (Fact::NoFill, told(is_transparent(&value)))]
        }
        "text-indent" => {
            let length = pixels(&value).unwrap_or_default();
            vec![(Fact::IndentedLeft, told(length <= -FAR)), (Fact::IndentedRight, told(length >= FAR))]
        }
        "font-size" => vec![(Fact::NoSize, has_no_size(&value))],
        "font" => vec![(Fact::NoSize, font_has_no_size(&value))],
        _ => Vec::new(),
    }
}

/// Pixels beyond which nothing is in sight any more.
const FAR: f32 = 700.0;

/// A number and its unit; none of what is more than that.
fn number(value: &str) -> Option<(f32, &str)> {
    let end = value.rfind(|letter: char| letter.is_ascii_digit() || letter == '.')? + 1;
    let (number, unit) = value.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

/// About how many pixels a length is.
fn pixels(value: &str) -> Option<f32> {
    let (number, unit) = number(value)?;
    Some(
        number
            * match unit {
                "em" | "rem" | "pc" => 16.0,
                "ex" | "ch" => 8.0,
                "in" => 96.0,
                "cm" => 38.0,
                "mm" => 3.8,
                "pt" => 1.33,
                "%" | "vw" | "vh" | "vmin" | "vmax" => FAR / 100.0,
                _ => 1.0,
            },
    )
}

/// Nothing, or a pixel: too little for a letter.
fn is_tiny(value: &str) -> bool {
    match number(value) {
        Some((size, "" | "px" | "pt")) => size <= 1.0,
        Some((size, _)) => size < 0.01,
        None => false,
    }
}

/// Whether letters have no size; none where those around tell. Newsletters put columns side by side in a cell with letters of no
/// size: what is within has a size of its own.
fn has_no_size(value: &str) -> Option<bool> {
    if is_tiny(value) {
        return Some(true);
    }
    let relative = value.ends_with('%')
        || ["inherit", "smaller", "larger", "unset", "revert", "revert-layer"].contains(&value)
        || (value.ends_with("em") && !value.ends_with("rem"));
    (!relative).then_some(false)
}

/// The same of the `font` shorthand, where the size is the first word that is a length: `italic 0/0 a`.
fn font_has_no_size(value: &str) -> Option<bool> {
    let words = value
        .split([' ', '/'])
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.'));
    // A weight (`700`) has no unit.
    let mut sizes = words.filter(|word| number(word).is_some_and(|(size, unit)| size == 0.0 || !unit.is_empty()));
    sizes.next().and_then(has_no_size)
}

fn is_transparent(value: &str) -> bool {
    if let Some(digits) = value.strip_prefix('#') {
        return match digits.len() {
            4 => digits.ends_with('0'),
            8 => digits.ends_with("00"),
            _ => false,
        };
    }
    let Some(channels) = value.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')) else {
        return value == "transparent";
    };
    // `rgba(0, 0, 0, 0)`, `rgb(0 0 0 / 0%)`
    let alpha = match channels.split_once('/') {
        Some((_, alpha)) => Some(alpha),
        None => channels.split(',').nth(3),
    };
    alpha.and_then(|alpha| number(alpha.trim())).is_some_and(|(alpha, _)| alpha < 0.01)
}

#[cfg(test)]
mod tests {
    use super::super::{NO_PICTURES, declarations};
    use super::*;

    #[test]
    fn declarations_tell_what_is_seen() {
        for (css, hides, unseen) in [
            ("display:none", true, false),
            ("DISPLAY : None !important", true, false),
            ("display:none;display:block", false, false),
            ("display:none !important;display:block", true, false),
            ("display:none;display:nonsense", true, false),
            ("opacity:0", true, false),
            ("opacity:-1", true, false),
            ("opacity:0%", true, false),
            ("opacity:0.9", false, false),
            ("max-height:0;overflow:hidden", true, false),
            ("height:0px;overflow-y:hidden", true, false),
            ("width:1px;height:1px;overflow:hidden", true, false),
            // What is in it hangs out.
            ("max-height:0", false, false),
            ("height:0;overflow:visible", false, false),
            ("height:0;height:20px;overflow:hidden", false, false),
            ("margin-left:-9999px", true, false),
            ("margin:0 0 0 -100em", true, false),
            ("margin:-10px 0", false, false),
            ("visibility:hidden", false, true),
            ("visibility:hidden;visibility:visible", false, false),
            ("visibility:hidden;visibility:seen", false, true),
            ("text-indent:-9999px", false, true),
            ("text-indent:-1000px", false, true),
            ("text-indent:-100%", false, true),
            ("text-indent:-20px", false, false),
            ("text-indent:100%;overflow:hidden;white-space:nowrap", true, false),
            ("color:transparent", false, true),
            ("color:rgba(0,0,0,0)", false, true),
            ("color:rgb(0 0 0 / 0%)", false, true),
            ("color:#fff0", false, true),
            ("color:#00000000", false, true),
            ("color:#000", false, false),
            ("color:rgb(0,0,0)", false, false),
            ("-webkit-text-fill-color:transparent", false, true),
            ("color:transparent;-webkit-text-fill-color:red", false, false),
            ("color:transparent;-webkit-text-fill-color:currentcolor", false, true),
            ("font-size:0px", false, true),
            ("font-size:1px", false, true),
            ("font-size:0.001em", false, true),
            ("font:0/0 a", false, true),
            ("font:italic 700 0/0 a", false, true),
            ("font-size:0;font-size:13px", false, false),
            ("font:normal 12px/18px Verdana", false, false),
            ("font-size:120%", false, false),
            ("font:inherit", false, false),
        ] {
            let sight = declarations(css, NO_PICTURES).sight;
            let letters = Letters::default().within(&sight);
            assert_eq!((sight.hides(), letters.are_unseen()), (hides, unseen), "{css}");
        }
    }

    #[test]
    fn letters_are_as_around_until_something_is_said() {
        let within = |around: &str, css: &str| {
            let [around, own] = [around, css].map(|css| declarations(css, NO_PICTURES).sight);
            Letters::default().within(&around).within(&own).are_unseen()
        };
        for (around, own, unseen) in [
            ("font-size:0", "", true),
            ("font-size:0", "font-size:120%", true),
            ("font-size:0", "font-size:13px", false),
            ("color:transparent", "color:inherit", true),
            ("color:transparent", "color:red", false),
            ("-webkit-text-fill-color:transparent", "color:red", true),
            ("visibility:hidden", "visibility:visible", false),
            ("visibility:hidden", "display:block", true),
        ] {
            assert_eq!(within(around, own), unseen, "{around}, {own}");
        }
    }
}
