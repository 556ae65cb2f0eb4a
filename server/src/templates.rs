//! Texts that people keep to write with: checked when they are kept, filled in when they are used.

mod placeholder;

use app::{
    view::formatted::html_of,
    wire::{Address, Error, Reply, Template, TemplateId},
};

use crate::{
    bridge::{Bridge, internal},
    mime::html::writing,
    store::Login,
};
use placeholder::{Filled, Values, fill};

/// For whom and as whom a template is used.
pub struct Use {
    pub template: TemplateId,
    pub to: Option<Address>,
    /// None for the first of the identities.
    pub from: Option<Address>,
    /// What the draft is about; may be empty.
    pub subject: String,
    /// Today, in the person's words.
    pub date: String,
    /// It is wanted as HTML.
    pub formatted: bool,
}

impl Bridge {
    /// A template, filled in.
    pub async fn use_template(&self, login: &Login, asked: Use) -> Result<Reply, Error> {
        let found = self.store.template(login.account, asked.template).await.map_err(internal)?;
        let template = found.ok_or(Error::Gone)?;
        let me = self.sender(login.account, asked.from.clone()).await?;
        let made = tokio::task::spawn_blocking(move || filled(template, &asked, &me));
        made.await.map_err(|error| internal(error.into()))?.ok_or_else(too_long)
    }

    /// Keeps a new template. Asked for twice, it is the same.
    pub async fn keep_template(&self, login: &Login, template: Template) -> Result<(), Error> {
        let template = checked(template).await?;
        let all = self.store.templates(login.account).await.map_err(internal)?;
        let is_it = |one: &Template| Template { id: template.id, ..one.clone() } == template;
        if all.iter().any(is_it) {
            return Ok(());
        }
        if all.len() >= Template::MOST {
            return Err(Error::TooManyTemplates { limit: Template::MOST as u32 });
        }
        let added = self.store.add_template(login.account, &template).await.map_err(internal)?;
        if added { Ok(()) } else { Err(Error::TemplateExists) }
    }

    /// Keeps a template in place of what it was.
    pub async fn change_template(&self, login: &Login, template: Template) -> Result<(), Error> {
        let template = checked(template).await?;
        if self.store.change_template(login.account, &template).await.map_err(internal)? {
            return Ok(());
        }
        let there = self.store.template(login.account, template.id).await.map_err(internal)?;
        Err(if there.is_some() { Error::TemplateExists } else { Error::Gone })
    }
}

fn too_long() -> Error {
    Error::TextTooLong { limit: Template::MAX_TEXT as u64 }
}

/// A template as it is kept. Nothing in what is formatted does anything.
async fn checked(template: Template) -> Result<Template, Error> {
    let Template { id, name, subject, to, text, formatted } = template;
    let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (name, subject) = (in_one_line(&name), in_one_line(&subject));
    let is_short = name.chars().count() <= Template::MAX_NAME && subject.chars().count() <= Template::MAX_SUBJECT;
    if name.is_empty() || !is_short || name.contains(char::is_control) || subject.contains(char::is_control) {
        return Err(Error::BadRequest {
            text: "A template has a short name of its own, and a subject of one line".to_owned(),
        });
    }
    if text.len() > Template::MAX_TEXT {
        return Err(too_long());
    }
    let text = if formatted {
        // Pictures of a draft go with it.
        let made = tokio::task::spawn_blocking(move || writing::tidy(&text, |_| None));
        made.await.map_err(|error| internal(error.into()))?.ok_or_else(too_long)?
    } else {
        text.replace("\r\n", "\n").trim_end().to_owned()
    };
    if text.len() > Template::MAX_TEXT {
        return Err(too_long());
    }
    Ok(Template { id, name, subject, to, text, formatted })
}

/// What is put into a draft. None for what has become too long.
fn filled(template: Template, asked: &Use, me: &Address) -> Option<Reply> {
    let Template { subject, to, text, formatted, .. } = template;
    let first = asked.to.as_ref().or(to.first());
    let mut values = Values { to: first, me, subject: &asked.subject, date: &asked.date };
    let Filled { text: subject, mut open } = fill(&subject, &values, false);
    if asked.subject.trim().is_empty() {
        values.subject = &subject;
    }
    let body = fill(&text, &values, formatted);
    let text = match (formatted, asked.formatted) {
        // What was filled in came from anybody.
        (true, true) => writing::tidy(&body.text, |_| None)?,
        (true, false) => writing::plain(&body.text).trim_end().to_owned(),
        (false, true) => html_of(&body.text),
        (false, false) => body.text,
    };
    for name in body.open {
        if !open.contains(&name) {
            open.push(name);
        }
    }
    (text.len() <= writing::MAX_WRITTEN / 2).then_some(Reply::Template { subject, to, text, open })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(text: &str, formatted: bool, wanted: bool) -> String {
        let template = Template {
            id: TemplateId(1),
            name: "a".to_owned(),
            subject: "About {email}".to_owned(),
            to: vec![Address { name: "Анна <b>".to_owned(), email: "anna@x".to_owned() }],
            text: text.to_owned(),
            formatted,
        };
        let asked = Use {
            template: TemplateId(1),
            to: None,
            from: None,
            subject: String::new(),
            date: String::new(),
            formatted: wanted,
        };
        let me = Address { name: String::new(), email: "me@x".to_owned() };
        let Some(Reply::Template { subject, text, .. }) = filled(template, &asked, &me) else { panic!("a text") };
        assert_eq!(subject, "About anna@x");
        text
    }

    #[test]
    fn a_template_becomes_what_the_draft_is() {
        for (text, formatted, wanted, expected) in [
            ("{name}\n{subject}", false, false, "Анна <b>\nAbout anna@x"),
            ("{name}", false, true, "<div dir=\"auto\">Анна &lt;b&gt;</div>"),
            ("<p>{name}</p><p>x</p>", true, true, "<p>Анна &lt;b&gt;</p><p>x</p>"),
            ("<p>{name}</p><p>x</p>", true, false, "Анна <b>\n\nx"),
        ] {
            assert_eq!(used(text, formatted, wanted), expected, "{text}");
        }
    }
}
