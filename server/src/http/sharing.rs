//! The page on which a person says who else may use a folder.

use app::{
    page::render_sharing,
    view::sharing::{Gift, People, Role, SharingPage, is_self, url},
    wire::{Error, Right},
};
use axum::{
    Extension, Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    guard::Client,
    login::{SignedIn, login_of},
    page::{Person, site, with_policy},
};
use crate::{
    bridge::Bridge,
    error::{HttpError, status},
    store::Login,
};

#[derive(serde::Deserialize)]
pub struct Asked {
    folder: Option<String>,
    saved: Option<u8>,
}

/// What a form says.
#[derive(serde::Deserialize)]
pub struct Wanted {
    folder: String,
    who: String,
    /// `give` or `take`.
    r#do: String,
    /// The name of a role; empty where it is to stay as it is.
    #[serde(default)]
    role: String,
    /// The person was warned.
    sure: Option<u8>,
}

pub async fn show(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Query(Asked { folder, saved }): Query<Asked>,
) -> Result<Response, HttpError> {
    let Some(folder) = folder else { return Ok(Redirect::to("/folders").into_response()) };
    let Some(login) = login_of(&bridge, &client, &headers).await? else {
        let next = format!("/login?next={}", app::route::encode(&url(&folder)));
        return Ok(Redirect::to(&next).into_response());
    };
    let answer = ask(&bridge, &login, &folder, None).await;
    Ok(page(&headers, folder, answer, None, saved.is_some()))
}

pub async fn save(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(wanted): Form<Wanted>,
) -> Result<Response, HttpError> {
    let sure = wanted.sure.is_some();
    let folder = wanted.folder.clone();
    let there = url(&folder);
    let Some(gift) = wanted.gift() else { return Ok(Redirect::to(&there).into_response()) };
    let before = match ask(&bridge, &login, &folder, None).await {
        Ok(Some(people)) => people,
        answer => return Ok(page(&headers, folder, answer, None, false)),
    };
    if !sure && shuts_out(&gift, &before) {
        return Ok(page(&headers, folder, Ok(Some(before)), Some(gift), false));
    }
    match ask(&bridge, &login, &folder, Some(gift)).await {
        // What was sent is not sent again by a reload.
        Ok(_) => Ok(Redirect::to(&format!("{there}&saved=1")).into_response()),
        Err(error) => Ok(refused(&headers, folder, before, error)),
    }
}

impl Wanted {
    /// What is to be done. Nothing where nothing was chosen.
    fn gift(self) -> Option<Gift> {
        let who = self.who.trim().to_owned();
        let role = Role::by_name(&self.role);
        let taken = self.r#do == "take";
        (!who.is_empty() && (taken || role.is_some())).then(|| Gift { who, role: role.filter(|_| !taken) })
    }
}

/// Whether the person would lose the right to change what they change now.
fn shuts_out(gift: &Gift, people: &People) -> bool {
    let offered = people.offered.clone().unwrap_or_else(|| app::wire::Rights(String::new()));
    let keeps = gift.role.is_some_and(|role| role.rights(&offered).may(Right::Administer));
    is_self(&gift.who, &people.user) && !keeps
}

async fn ask(bridge: &Bridge, login: &Login, folder: &str, change: Option<Gift>) -> Result<Option<People>, Error> {
    bridge.account(login).await?.sharing(folder, change).await
}

fn page(
    headers: &HeaderMap,
    folder: String,
    answer: Result<Option<People>, Error>,
    warning: Option<Gift>,
    saved: bool,
) -> Response {
    let (people, error) = match answer {
        Ok(people) => (people, None),
        Err(error) => (None, Some(error)),
    };
    render(headers, folder, people, warning, (saved, error))
}

/// The server did not do it: the person sees why, and how things are.
fn refused(headers: &HeaderMap, folder: String, people: People, error: Error) -> Response {
    render(headers, folder, Some(people), None, (false, Some(error)))
}

fn render(
    headers: &HeaderMap,
    folder: String,
    people: Option<People>,
    warning: Option<Gift>,
    (saved, error): (bool, Option<Error>),
) -> Response {
    let Person { language, theme, .. } = Person::of(headers);
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let page = SharingPage { folder, people, warning, saved, error, language, theme };
    with_policy(|_| render_sharing(&page, &site()), code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_shuts_themselves_out_unasked() {
        let people = People { user: "ana@pismo.test".to_owned(), ..People::default() };
        let gift = |who: &str, role| Gift { who: who.to_owned(), role };
        for (gift, out) in [
            (gift("ana@pismo.test", None), true),
            (gift("Ana", Some(Role::Edit)), true),
            (gift("ana@pismo.test", Some(Role::All)), false),
            (gift("bo@pismo.test", None), false),
        ] {
            assert_eq!(shuts_out(&gift, &people), out, "{gift:?}");
        }
    }

    #[test]
    fn a_form_says_what_is_to_be_done() {
        let wanted = |who: &str, does: &str, role: &str| {
            let (folder, who) = ("Team".to_owned(), who.to_owned());
            Wanted { folder, who, r#do: does.to_owned(), role: role.to_owned(), sure: None }.gift()
        };
        let gift = |role| Some(Gift { who: "bo".to_owned(), role });
        assert_eq!(wanted(" bo ", "give", "file"), gift(Some(Role::File)));
        assert_eq!(wanted("bo", "take", "file"), gift(None));
        assert_eq!(wanted("bo", "take", ""), gift(None));
        assert_eq!(wanted("bo", "give", ""), None);
        assert_eq!(wanted(" ", "give", "read"), None);
    }
}
