//! The pages about texts to write with.

use app::{
    page::{render_template_form, render_templates},
    view::templates::{TemplateFields, TemplateFormPage, TemplatesPage},
    wire::{Address, Error, Template, TemplateId},
};
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    identities::{addresses, written},
    login::{SignedIn, Visitor},
    page::{Person, site, with_policy},
};
use crate::{
    bridge::{Bridge, internal},
    error::{HttpError, status},
    store::Login,
};

/// The largest form: a text takes six octets a letter.
pub const MAX_FORM: usize = 512 * 1024;

/// What a person has filled in.
#[derive(serde::Deserialize)]
pub struct Filled {
    #[serde(default)]
    name: String,
    #[serde(default)]
    subject: String,
    /// Addresses with commas between.
    #[serde(default)]
    to: String,
    #[serde(default)]
    text: String,
    /// The text is HTML.
    #[serde(default)]
    formatted: String,
}

pub async fn show(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    page(&bridge, &login, &headers, None).await
}

async fn page(
    bridge: &Bridge,
    login: &Login,
    headers: &HeaderMap,
    error: Option<Error>,
) -> Result<Response, HttpError> {
    let Person { language, theme, .. } = Person::of(headers);
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let templates = bridge.store.templates(login.account).await?;
    let page = TemplatesPage { templates, error, language, theme };
    Ok(with_policy(|_| render_templates(&page, &site()), code))
}

/// The form of a new one.
pub async fn form(Visitor(_): Visitor, headers: HeaderMap) -> Response {
    filled_form(&headers, None, TemplateFields::default(), None)
}

/// The form of one that is there.
pub async fn edit(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
    Path(id): Path<i64>,
) -> Result<Response, HttpError> {
    let Some(template) = bridge.store.template(login.account, TemplateId(id)).await? else {
        return Ok(Redirect::to("/templates").into_response());
    };
    let Template { id, name, subject, to, text, formatted } = template;
    let to = to.iter().map(written).collect::<Vec<_>>().join(", ");
    Ok(filled_form(&headers, Some(id), TemplateFields { name, subject, to, text, formatted }, None))
}

fn filled_form(headers: &HeaderMap, of: Option<TemplateId>, fields: TemplateFields, error: Option<Error>) -> Response {
    let Person { language, theme, .. } = Person::of(headers);
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let page = TemplateFormPage { of, fields, error, language, theme };
    with_policy(|_| render_template_form(&page, &site()), code)
}

pub async fn add(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(filled): Form<Filled>,
) -> Response {
    let kept = match template(TemplateId(0), &filled) {
        Ok(template) => bridge.keep_template(&login, template).await,
        Err(error) => Err(error),
    };
    done(&headers, None, filled, kept)
}

pub async fn save(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<i64>,
    Form(filled): Form<Filled>,
) -> Response {
    let id = TemplateId(id);
    let kept = match template(id, &filled) {
        Ok(template) => bridge.change_template(&login, template).await,
        Err(error) => Err(error),
    };
    done(&headers, Some(id), filled, kept)
}

pub async fn remove(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<i64>,
) -> Result<Response, HttpError> {
    if bridge.store.remove_template(login.account, TemplateId(id)).await.map_err(internal)? {
        return Ok(Redirect::to("/templates").into_response());
    }
    page(&bridge, &login, &headers, Some(Error::Gone)).await
}

fn template(id: TemplateId, filled: &Filled) -> Result<Template, Error> {
    let Filled { name, subject, to, text, formatted } = filled;
    let to: Vec<Address> = addresses(to)?;
    let (name, subject, text) = (name.clone(), subject.clone(), text.clone());
    Ok(Template { id, name, subject, to, text, formatted: !formatted.is_empty() })
}

/// What was sent is not sent again by a reload; what was wrong is shown with what was typed.
fn done(headers: &HeaderMap, of: Option<TemplateId>, filled: Filled, kept: Result<(), Error>) -> Response {
    let Err(error) = kept else { return Redirect::to("/templates").into_response() };
    let Filled { name, subject, to, text, formatted } = filled;
    let fields = TemplateFields { name, subject, to, text, formatted: !formatted.is_empty() };
    filled_form(headers, of, fields, Some(error))
}
