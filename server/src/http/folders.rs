//! The page on which a person says what folders are for and which are shown.

use std::collections::HashSet;

use app::{
    page::render_folders,
    view::folders::{Folder, FoldersPage, USES, name},
    wire::{Error, SpecialUse},
};
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    login::{SignedIn, Visitor},
    page::{Person, site, with_policy},
};
use crate::{
    account::{FolderChoice, Folders},
    bridge::Bridge,
    error::{HttpError, status},
    imap::Listed,
    store::{Login, Settings},
};

/// The largest form: one line for each folder.
pub const MAX_FORM: usize = 1024 * 1024;

#[derive(serde::Deserialize)]
pub struct Asked {
    saved: Option<u8>,
}

pub async fn show(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let answer = ask(&bridge, &login, None).await;
    Ok(page(&headers, answer, asked.saved.is_some()))
}

pub async fn save(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, HttpError> {
    match ask(&bridge, &login, Some(choice(&fields))).await {
        // What was sent is not sent again by a reload.
        Ok(_) => Ok(Redirect::to("/folders?saved=1").into_response()),
        Err(error) => Ok(page(&headers, Err(error), false)),
    }
}

async fn ask(bridge: &Bridge, login: &Login, choice: Option<FolderChoice>) -> Result<Folders, Error> {
    bridge.account(login).await?.folders(choice).await
}

fn choice(fields: &[(String, String)]) -> FolderChoice {
    let values = |wanted: &str| {
        let wanted = wanted.to_owned();
        fields.iter().filter(move |(name, value)| *name == wanted && !value.is_empty()).map(|(_, value)| value.clone())
    };
    let mut taken = HashSet::new();
    let uses = USES
        .into_iter()
        .filter_map(|special_use| Some((special_use, values(name(special_use)).next()?)))
        // One folder is for one thing.
        .filter(|(_, path)| taken.insert(path.clone()))
        .collect();
    let settings = Settings { uses, only_subscribed: values("only").next().is_some(), ..Settings::default() };
    let shown: HashSet<String> = values("shown").collect();
    let subscribed = values("listed").map(|path| (path.clone(), shown.contains(&path))).collect();
    FolderChoice { settings, subscribed }
}

fn page(headers: &HeaderMap, answer: Result<Folders, Error>, saved: bool) -> Response {
    let Person { language, theme, .. } = Person::of(headers);
    let (folders, settings, sharing, error) = match answer {
        Ok(Folders { listed, settings, sharing }) => (listed, settings, sharing, None),
        Err(error) => (Vec::new(), Settings::default(), false, Some(error)),
    };
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let mut folders: Vec<Folder> = folders
        .into_iter()
        .filter(|listed| listed.selectable)
        .map(|listed| {
            let shareable = sharing && listed.is_shareable();
            let Listed { path, special_use, subscribed, shared, .. } = listed;
            Folder { path, special_use, subscribed, shared: shared.is_some(), shareable }
        })
        .collect();
    folders.sort_by_cached_key(|folder| {
        (folder.shared, folder.special_use != Some(SpecialUse::Inbox), folder.path.to_lowercase())
    });
    let uses = USES.map(|special_use| (special_use, settings.uses.get(&special_use).cloned())).to_vec();
    let only_subscribed = settings.only_subscribed;
    let page = FoldersPage { folders, uses, only_subscribed, saved, error, language, theme };
    with_policy(|_| render_folders(&page, &site()), code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_could_not_be_read_cannot_be_saved_over() {
        let read = Folders { listed: Vec::new(), settings: Settings::default(), sharing: false };
        for (answer, form) in [(Ok(read), true), (Err(Error::Busy), false)] {
            let body = page(&HeaderMap::new(), answer, false).into_body();
            let body = axum::body::to_bytes(body, MAX_FORM).await.expect("a page");
            assert_eq!(String::from_utf8_lossy(&body).contains("<form"), form);
        }
    }

    #[test]
    fn one_folder_is_for_one_thing_and_only_what_was_listed_is_changed() {
        let fields = [("sent", "A"), ("trash", "A"), ("junk", ""), ("only", "1"), ("listed", "A"), ("listed", "B")];
        let fields = fields.into_iter().chain([("shown", "B"), ("shown", "C")]);
        let fields: Vec<(String, String)> = fields.map(|(name, value)| (name.into(), value.into())).collect();
        let FolderChoice { settings, subscribed } = choice(&fields);
        assert_eq!(settings.uses, [(SpecialUse::Sent, "A".to_owned())].into());
        assert!(settings.only_subscribed);
        assert_eq!(subscribed, [("A".to_owned(), false), ("B".to_owned(), true)].into());
    }
}
