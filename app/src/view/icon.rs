//! Pictures, from one sprite that the server puts into the document once.

use leptos::prelude::*;

/// A picture beside or instead of words. It says nothing to a screen reader: the words do.
#[component]
pub fn Icon(
    /// The name of a symbol in `icons.svg`, without `i-`.
    name: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" focusable="false">
            <use href=format!("#i-{name}")></use>
        </svg>
    }
}

/// All the pictures: once in the document, outside of what the browser takes over. Shapes from Lucide (ISC licence, see the file) and our own mark.
#[cfg(any(feature = "ssr", test))]
pub const SPRITE: &str = include_str!("icons.svg");

#[cfg(test)]
mod tests {
    use super::SPRITE;

    #[test]
    fn every_icon_a_view_names_is_in_the_sprite() {
        let mut seen = 0;
        for path in sources("src/view".as_ref()) {
            let text = std::fs::read_to_string(&path).unwrap();
            for rest in text.split("<Icon name=\"").skip(1) {
                let name = rest.split('"').next().unwrap();
                assert!(SPRITE.contains(&format!("id=\"i-{name}\"")), "{name} in {}", path.display());
                seen += 1;
            }
        }
        assert!(seen > 10, "{seen}");
    }

    fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(sources(&path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
        found
    }
}
