//! The page about whose pictures on the net are shown.

use app::{page::render_pictures, view::pictures::PicturesPage, wire::PicturesOf};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    login::{SignedIn, Visitor},
    page::{Person, site, with_policy},
};
use crate::{bridge::Bridge, error::HttpError};

/// What is not to be shown any more.
#[derive(serde::Deserialize)]
pub struct Forgotten {
    of: String,
    #[serde(default)]
    value: String,
}

pub async fn show(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let Person { language, theme, .. } = Person::of(&headers);
    let (allowed, messages) = bridge.store.pictures_allowed(login.account).await?;
    let page = PicturesPage { allowed, messages, language, theme };
    Ok(with_policy(|_| render_pictures(&page, &site()), StatusCode::OK))
}

pub async fn forget(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Form(Forgotten { of, value }): Form<Forgotten>,
) -> Result<Response, HttpError> {
    // Whatever else it names, nothing is kept of it.
    if let Some(of) = PicturesOf::from_name(&of) {
        bridge.store.forget_pictures(login.account, of, &value).await?;
    }
    Ok(Redirect::to("/pictures").into_response())
}
