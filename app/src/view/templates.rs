//! Texts to write with: pages of their own that need no script.

use leptos::prelude::*;

use super::{area::Area, explain::Explained, icon::Icon, server::back, words::Words};
use crate::{
    i18n::*,
    state::Theme,
    wire::{Error, Template, TemplateId},
};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct TemplatesPage {
    /// By name.
    pub templates: Vec<Template>,
    /// What was asked for last could not be done.
    pub error: Option<Error>,
    pub language: Locale,
    pub theme: Theme,
}

/// The form of a template, as the person sees it again when something was wrong.
#[derive(Debug, Clone)]
pub struct TemplateFormPage {
    /// None for a new one.
    pub of: Option<TemplateId>,
    pub fields: TemplateFields,
    /// Why it could not be saved.
    pub error: Option<Error>,
    pub language: Locale,
    pub theme: Theme,
}

/// What a person fills in.
#[derive(Debug, Clone, Default)]
pub struct TemplateFields {
    pub name: String,
    pub subject: String,
    /// Addresses with commas between.
    pub to: String,
    pub text: String,
    /// The text is HTML.
    pub formatted: bool,
}

/// The page.
#[component]
pub fn Templates(page: TemplatesPage) -> impl IntoView {
    let i18n = use_i18n();
    let TemplatesPage { templates, error, .. } = page;
    let error = error.map(|error| view! { <div role="alert" class="notice"><Explained error /></div> });
    let none = templates.is_empty().then(|| view! { <p>{t_string!(i18n, templates.none)}</p> });
    let cards = templates.into_iter().map(|template| shown(i18n, template));
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, templates.title)}</h1>
            <p>{t_string!(i18n, templates.about)}</p>
            {error}
            {none}
            {cards.collect_view()}
            <p class="collector-actions">
                <a class="button button-primary" href="/templates/add" data-testid="template-add">
                    <Icon name="plus" />
                    <span>{t_string!(i18n, templates.add)}</span>
                </a>
            </p>
            {placeholders(i18n)}
        </main>
    }
}

fn shown(i18n: Words, template: Template) -> impl IntoView + use<> {
    let Template { id: TemplateId(id), name, subject, text, formatted, .. } = template;
    let subject = (!subject.is_empty()).then(|| view! { <p class="collector-source">{subject}</p> });
    // Of what is formatted the form shows all.
    let text = if formatted {
        view! { <p class="collector-source">{t_string!(i18n, templates.is_formatted)}</p> }.into_any()
    } else {
        view! { <p class="identity-signature" dir="auto">{text}</p> }.into_any()
    };
    view! {
        <section class="collector" data-testid="template" aria-labelledby=format!("template-{id}")>
            <h2 id=format!("template-{id}")>{name}</h2>
            {subject}
            {text}
            <div class="collector-actions">
                <a class="button" href=format!("/templates/{id}") data-testid="template-edit">
                    {t_string!(i18n, templates.edit)}
                </a>
                <details class="collector-remove">
                    <summary class="button" data-testid="template-remove-open">{t_string!(i18n, templates.remove)}</summary>
                    <p>{t_string!(i18n, templates.remove_about)}</p>
                    <form method="post" action=format!("/templates/{id}/remove")>
                        <button type="submit" class="button" data-testid="template-remove">
                            {t_string!(i18n, templates.remove_yes)}
                        </button>
                    </form>
                </details>
            </div>
        </section>
    }
}

/// What can be filled in, and with what.
fn placeholders(i18n: Words) -> impl IntoView + use<> {
    let [name, first_name, email, subject, date, me] = Template::PLACEHOLDERS;
    let rows = [
        (name, t_string!(i18n, templates.of_name)),
        (first_name, t_string!(i18n, templates.of_first_name)),
        (email, t_string!(i18n, templates.of_email)),
        (subject, t_string!(i18n, templates.of_subject)),
        (date, t_string!(i18n, templates.of_date)),
        (me, t_string!(i18n, templates.of_me)),
    ];
    let rows = rows.map(|(name, words)| {
        view! {
            <dt><code>{format!("{{{name}}}")}</code></dt>
            <dd>{words}</dd>
        }
    });
    view! {
        <section aria-labelledby="placeholders" data-testid="template-placeholders">
            <h2 id="placeholders">{t_string!(i18n, templates.placeholders)}</h2>
            <p>{t_string!(i18n, templates.placeholders_about)}</p>
            <dl class="placeholders">{rows}</dl>
            <p>{t_string!(i18n, templates.placeholders_other)}</p>
        </section>
    }
}

/// The form. `POST /templates/add` and `/templates/{id}` take the fields by their names.
#[component]
pub fn TemplateForm(page: TemplateFormPage) -> impl IntoView {
    let i18n = use_i18n();
    let TemplateFormPage { of, fields, error, .. } = page;
    let TemplateFields { name, subject, to, text, formatted } = fields;
    let action = match of {
        None => "/templates/add".to_owned(),
        Some(TemplateId(id)) => format!("/templates/{id}"),
    };
    let title = if of.is_none() { t_string!(i18n, templates.add) } else { t_string!(i18n, templates.edit_title) };
    let error = error.map(|error| view! { <div role="alert" class="notice"><Explained error /></div> });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{title}</h1>
            {error}
            <form method="post" action=action class="collector-form">
                <label class="field">
                    <span>{t_string!(i18n, templates.name)}</span>
                    <input
                        name="name"
                        dir="auto"
                        autocomplete="off"
                        required
                        maxlength=Template::MAX_NAME.to_string()
                        autofocus=name.is_empty()
                        value=name
                        data-testid="template-name"
                    />
                </label>
                <label class="field">
                    <span>{t_string!(i18n, compose.subject)}</span>
                    <input
                        name="subject"
                        dir="auto"
                        autocomplete="off"
                        maxlength=Template::MAX_SUBJECT.to_string()
                        value=subject
                        data-testid="template-subject"
                    />
                    <small>{t_string!(i18n, templates.subject_about)}</small>
                </label>
                <label class="field">
                    <span>{t_string!(i18n, templates.to)}</span>
                    <input
                        name="to"
                        inputmode="email"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="2000"
                        value=to
                        data-testid="template-to"
                    />
                    <small>{t_string!(i18n, templates.to_about)}</small>
                </label>
                <label class="field">
                    <span>{t_string!(i18n, templates.text)}</span>
                    <Area name="text" text rows=12 longest=Template::MAX_TEXT testid="template-text" />
                </label>
                <label class="choice">
                    <input type="checkbox" name="formatted" value="1" checked=formatted data-testid="template-formatted" />
                    <span>{t_string!(i18n, templates.formatted)}</span>
                </label>
                <p class="collector-actions">
                    <button type="submit" class="button button-primary" data-testid="template-save">
                        {t_string!(i18n, templates.save)}
                    </button>
                    <a class="button" href="/templates">{t_string!(i18n, app.cancel)}</a>
                </p>
            </form>
            {placeholders(i18n)}
        </main>
    }
}
