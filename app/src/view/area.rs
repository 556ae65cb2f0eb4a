//! A field for several lines on a page that needs no script. The one place of the program that writes HTML as text.

use leptos::prelude::*;

/// A field with this text in it, which no script has to fill.
#[component]
pub fn Area(
    name: &'static str,
    text: String,
    rows: u32,
    /// Letters at most.
    #[prop(optional)]
    longest: Option<usize>,
    /// It is text of a program, HTML among others.
    #[prop(optional)]
    is_code: bool,
    testid: &'static str,
) -> impl IntoView {
    view! {
        <textarea
            name=name
            rows=rows.to_string()
            dir="auto"
            spellcheck=is_code.then_some("false")
            maxlength=longest.map(|longest| longest.to_string())
            data-testid=testid
            inner_html=escaped(&text)
        ></textarea>
    }
}

/// What stands within the element: it is text alone, and loses a line end at its beginning (HTML §13.2.6.4.7).
fn escaped(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn no_text_ends_its_field() {
        assert_eq!(escaped("\n</textarea>&copy"), "\n\n&lt;/textarea>&amp;copy");
    }
}
