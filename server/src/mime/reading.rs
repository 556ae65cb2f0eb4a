//! All of the text of a message, as a person reads it.

use super::{
    body::decode_body,
    html::{self, Survey},
    shown::{Further, Leaf, Shown},
    text,
};

/// A message's text, and what it is like.
pub struct Reading {
    /// The parts, now that it is known which of them the text shows.
    pub shown: Shown,
    /// All of the text, decoded; HTML as it came.
    pub text: String,
    /// The same in plain text, where its sender wrote both.
    pub alternative: Option<String>,
    /// What was found in HTML.
    pub survey: Survey,
}

impl Reading {
    /// Reads the sections of [`Shown::texts`], in their order, as transferred. Heavy, where they are large.
    pub fn of(mut shown: Shown, sections: Vec<Vec<u8>>) -> Self {
        let mut sections = sections.into_iter();
        let mut text_of = |leaf: &Leaf| decoded(&sections.next().unwrap_or_default(), leaf);
        let body = shown.body.as_ref().map(&mut text_of);
        let alternative = shown.text_alternative.as_ref().map(&mut text_of);
        let further: Vec<(&Further, String)> = shown.further.iter().map(|one| (one, text_of(&one.leaf))).collect();
        let (text, alternative) = joined(&shown, body.unwrap_or_default(), alternative, &further);
        let mut survey = Survey::default();
        if shown.has_html() {
            survey = html::survey(&text);
            shown.settle(&survey.content_ids);
        }
        Self { shown, text, alternative, survey }
    }
}

/// The text of a leaf, with `\n` line ends.
fn decoded(section: &[u8], leaf: &Leaf) -> String {
    let text = decode_body(section, leaf.encoding, leaf.charset.as_deref());
    if leaf.flowed && !leaf.html { text::unflow(&text, leaf.delsp) } else { text }
}

/// All of a message's text, and the same in plain text where its sender wrote that as well.
fn joined(
    shown: &Shown,
    body: String,
    alternative: Option<String>,
    further: &[(&Further, String)],
) -> (String, Option<String>) {
    let plain = |text: &str, leaf: &Leaf| if leaf.html { html::to_text(text) } else { text.to_owned() };
    let alternative = alternative.map(|text| {
        let others = further.iter().filter(|(one, _)| !one.is_in_alternative);
        others.fold(text, |all, (one, text)| paragraphs(all, &plain(text, &one.leaf)))
    });
    let text = if further.is_empty() {
        body
    } else if shown.has_html() {
        let html = |text: &str, is_html: bool| if is_html { text.to_owned() } else { html::of_text(text) };
        let body = html(&body, shown.body.as_ref().is_some_and(|leaf| leaf.html));
        further.iter().fold(body, |all, (one, text)| all + &html(text, one.leaf.html))
    } else {
        further.iter().fold(body, |all, (_, text)| paragraphs(all, text))
    };
    (text, alternative)
}

/// One text behind another, with a line between them.
fn paragraphs(mut text: String, more: &str) -> String {
    let end = text.trim_end_matches('\n').len();
    text.truncate(end);
    text + "\n\n" + more
}
