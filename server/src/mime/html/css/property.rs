//! The allow-lists of the CSS pass. What is not here does not reach the browser.

/// Whether a property may stay. The name is in lower case.
pub fn allowed(name: &str) -> bool {
    let name = name.strip_prefix("-webkit-").unwrap_or(name);
    if matches!(
        name,
        // Loads, moves out of the flow, hides from the sanitizer or makes content.
        "border-image" | "border-image-source" | "list-style-image" | "text-security"
    ) {
        return false;
    }
    let families = ["border", "margin", "padding", "font", "text", "background", "outline", "list-style", "column"];
    families.iter().any(|family| match name.strip_prefix(family) {
        Some(rest) => rest.is_empty() || rest.starts_with('-'),
        None => false,
    }) || matches!(
        name,
        "align-content"
            | "align-items"
            | "align-self"
            | "border-collapse"
            | "box-shadow"
            | "box-sizing"
            | "break-after"
            | "break-before"
            | "break-inside"
            | "caption-side"
            | "clear"
            | "color"
            | "columns"
            | "direction"
            | "display"
            | "empty-cells"
            | "flex"
            | "flex-basis"
            | "flex-direction"
            | "flex-flow"
            | "flex-grow"
            | "flex-shrink"
            | "flex-wrap"
            | "float"
            | "gap"
            | "height"
            | "hyphens"
            | "justify-content"
            | "justify-items"
            | "justify-self"
            | "letter-spacing"
            | "line-break"
            | "line-height"
            | "max-height"
            | "max-width"
            | "min-height"
            | "min-width"
            | "object-fit"
            | "object-position"
            | "opacity"
            | "order"
            | "orphans"
            | "overflow"
            | "overflow-wrap"
            | "overflow-x"
            | "overflow-y"
            | "page-break-after"
            | "page-break-before"
            | "page-break-inside"
            | "position"
            | "quotes"
            | "row-gap"
            | "tab-size"
            | "table-layout"
            | "unicode-bidi"
            | "vertical-align"
            | "visibility"
            | "white-space"
            | "widows"
            | "width"
            | "word-break"
            | "word-spacing"
            | "word-wrap"
    )
}

/// Whether a value may stay, where the property alone does not tell.
pub fn value_allowed(name: &str, value: &str) -> bool {
    match name {
        // Nothing leaves its place.
        "position" => matches!(value.to_ascii_lowercase().as_str(), "static" | "relative"),
        // No letters are read in another order than they are written: `moc.knab` is not `bank.com`.
        "unicode-bidi" => {
            matches!(value.to_ascii_lowercase().as_str(), "normal" | "embed" | "isolate" | "plaintext")
        }
        _ => true,
    }
}

/// Whether the value of a property may name pictures.
pub fn shows_pictures(name: &str) -> bool {
    matches!(name, "background" | "background-image" | "list-style")
}

/// Functions of values: colours, lengths and gradients. None of them loads anything.
pub fn function_allowed(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "rgb"
            | "rgba"
            | "hsl"
            | "hsla"
            | "hwb"
            | "lab"
            | "lch"
            | "oklab"
            | "oklch"
            | "color"
            | "color-mix"
            | "calc"
            | "min"
            | "max"
            | "clamp"
            | "linear-gradient"
            | "radial-gradient"
            | "conic-gradient"
            | "repeating-linear-gradient"
            | "repeating-radial-gradient"
    )
}

/// Functional pseudo-classes.
pub fn selector_function_allowed(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "not" | "is" | "where" | "nth-child" | "nth-last-child" | "nth-of-type" | "nth-last-of-type" | "lang"
    )
}

/// Whether a declaration chooses a colour of text or background, so that the page must not be made dark under it.
pub fn chooses_colour(name: &str, value: &str) -> bool {
    let neutral = matches!(
        value.to_ascii_lowercase().as_str(),
        "inherit" | "initial" | "unset" | "transparent" | "none" | "currentcolor"
    );
    matches!(name, "color" | "background" | "background-color" | "background-image") && !neutral
}

/// Whether a declaration makes an element invisible, with all that is in it.
pub fn hides(name: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    match name {
        "display" => value == "none",
        "visibility" => matches!(value.as_str(), "hidden" | "collapse"),
        "opacity" | "max-height" | "max-width" => is_zero(&value),
        "text-indent" => value.starts_with("-999"),
        "color" => value == "transparent",
        _ => false,
    }
}

/// Whether a declaration gives letters a size that is none, or one that does not depend on the letters around; none for what
/// does not. Newsletters put columns side by side in a cell with letters of no size: what is within has a size of its own.
pub fn has_no_size(name: &str, value: &str) -> Option<bool> {
    let value = value.to_ascii_lowercase();
    match name {
        "font-size" if is_zero(&value) => Some(true),
        "font-size" => {
            let relative = value.ends_with('%')
                || ["inherit", "smaller", "larger", "unset"].contains(&value.as_str())
                || (value.ends_with("em") && !value.ends_with("rem"));
            (!relative).then_some(false)
        }
        // `font: 0/0 a`
        "font" if value.starts_with("0/") || value.starts_with("0 ") || value.starts_with("0px") => Some(true),
        "font" => value.contains(|letter: char| letter.is_ascii_digit()).then_some(false),
        _ => None,
    }
}

fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '%');
    number.parse::<f32>().is_ok_and(|number| number.abs() < 0.01)
}
