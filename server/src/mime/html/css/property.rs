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
        // What a browser would pass over must not take the place of what hides: a quote has one value of each property.
        "display" => value.split(' ').all(|word| DISPLAY.contains(&word.to_ascii_lowercase().as_str())),
        "visibility" => {
            let value = value.to_ascii_lowercase();
            ["visible", "hidden", "collapse"].contains(&value.as_str()) || is_of_any(&value)
        }
        "opacity" => {
            value.starts_with(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter)) || is_of_any(value)
        }
        _ => true,
    }
}

/// Whether any property may have the value.
fn is_of_any(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "inherit" | "initial" | "unset" | "revert" | "revert-layer")
}

/// What `display` can be.
const DISPLAY: &[&str] = &[
    "none",
    "block",
    "inline",
    "inline-block",
    "contents",
    "flow",
    "flow-root",
    "flex",
    "inline-flex",
    "grid",
    "inline-grid",
    "list-item",
    "ruby",
    "ruby-base",
    "ruby-text",
    "table",
    "inline-table",
    "table-row",
    "table-cell",
    "table-column",
    "table-column-group",
    "table-row-group",
    "table-header-group",
    "table-footer-group",
    "table-caption",
    "-webkit-box",
    "-webkit-inline-box",
    "-webkit-flex",
    "-webkit-inline-flex",
    "inherit",
    "initial",
    "unset",
    "revert",
    "revert-layer",
];

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

/// Functional pseudo-classes: those that are understood, too, where rules are put into elements. A rule that holds only where a
/// message is read would show in a quote what it hides.
pub fn selector_function_allowed(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "not" | "nth-child" | "nth-last-child" | "nth-of-type" | "nth-last-of-type"
    )
}

/// What browsers know as well, and a selector is left out for: of what is not understood where rules are put into elements.
/// Pseudo-elements have nothing to show.
pub fn pseudo_left_out(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "after"
            | "backdrop"
            | "before"
            | "defined"
            | "dir"
            | "first-letter"
            | "first-line"
            | "focus-visible"
            | "focus-within"
            | "has"
            | "is"
            | "lang"
            | "marker"
            | "placeholder"
            | "read-only"
            | "read-write"
            | "scope"
            | "selection"
            | "target"
            | "where"
    )
}

/// The other pseudo-classes, for the same reason.
pub fn pseudo_class_allowed(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "active"
            | "any-link"
            | "checked"
            | "disabled"
            | "empty"
            | "enabled"
            | "first-child"
            | "first-of-type"
            | "focus"
            | "hover"
            | "indeterminate"
            | "last-child"
            | "last-of-type"
            | "link"
            | "only-child"
            | "only-of-type"
            | "root"
            | "visited"
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
