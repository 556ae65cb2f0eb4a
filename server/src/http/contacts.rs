//! The address book: a page of its own, files that are taken into it, shown first and taken back if wanted, and the way out.

use app::{
    page::{render_contact_import, render_contacts},
    view::contacts::{Brought, ContactsPage, ImportPage},
    wire::{ContactImportId, Error},
};
use axum::{
    Form,
    extract::{Multipart, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use tokio::sync::Semaphore;

use super::{
    login::{SignedIn, Visitor},
    message::disposition,
    page::{Person, site, with_policy},
    upload::{next_chunk, next_field},
};
use crate::{
    bridge::{Bridge, internal},
    contacts::{self, Card, Fate},
    error::{HttpError, status},
    mime::shown::clean_name,
    store::{Login, Taken},
};

/// People on one page.
const SHOWN: i64 = 500;

/// Those who were written to or heard from, on the same page.
const KNOWN: i64 = 200;

/// Whose files are at work: one at a time on this node.
static WORK: Semaphore = Semaphore::const_new(1);

/// People of a file that are shown before anything is done with them.
const PREVIEW: usize = 100;

#[derive(serde::Deserialize)]
pub struct Sought {
    #[serde(default)]
    q: String,
}

pub async fn show(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
    Query(sought): Query<Sought>,
) -> Result<Response, HttpError> {
    page(&bridge, &login, &headers, sought.q, None).await
}

async fn page(
    bridge: &Bridge,
    login: &Login,
    headers: &HeaderMap,
    sought: String,
    error: Option<Error>,
) -> Result<Response, HttpError> {
    let Person { language, theme, clock } = Person::of(headers);
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let page = ContactsPage {
        people: bridge.store.contacts(login.account, &sought, SHOWN).await?,
        total: bridge.store.count_contacts(login.account).await?,
        known: bridge
            .store
            .correspondents(login.account, "", KNOWN)
            .await?
            .into_iter()
            .map(|one| one.address)
            .collect(),
        known_total: bridge.store.count_correspondents(login.account).await?,
        imports: bridge.store.contact_imports(login.account).await?,
        sought,
        error,
        clock,
        language,
        theme,
    };
    Ok(with_policy(|_| render_contacts(&page, &site()), code))
}

/// Takes a file and shows what is in it.
pub async fn add(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    parts: Multipart,
) -> Result<Response, HttpError> {
    match take_file(&bridge, &login, parts).await {
        Ok(id) => Ok(Redirect::to(&format!("/contacts/import/{}", id.0)).into_response()),
        Err(error) => page(&bridge, &login, &headers, String::new(), Some(error)).await,
    }
}

async fn take_file(bridge: &Bridge, login: &Login, mut parts: Multipart) -> Result<ContactImportId, Error> {
    while let Some(mut part) = next_field(&mut parts).await? {
        // A browser sends one without a name where none was chosen.
        let Some(title) = part.file_name().map(clean_name).filter(|name| !name.is_empty()) else { continue };
        let mut bytes = Vec::new();
        while let Some(chunk) = next_chunk(&mut part).await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > contacts::LARGEST {
                return Err(Error::TooLarge { limit: contacts::LARGEST as u64 });
            }
        }
        let _turn = WORK.acquire().await.map_err(|error| internal(error.into()))?;
        let found = tokio::task::spawn_blocking(move || contacts::read(&bytes))
            .await
            .map_err(|error| internal(error.into()))??;
        return bridge.store.add_contact_import(login.account, &title, &found).await.map_err(internal);
    }
    Err(Error::NoContacts)
}

#[derive(serde::Deserialize)]
pub struct Forgotten {
    email: Option<String>,
}

/// Forgets somebody who was written to or heard from, or everybody.
pub async fn forget(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Form(Forgotten { email }): Form<Forgotten>,
) -> Result<Response, HttpError> {
    bridge.store.forget_correspondents(login.account, email.as_deref()).await?;
    Ok(Redirect::to("/contacts").into_response())
}

/// What would become of the people in a file.
pub async fn preview(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
    Path(id): Path<i64>,
) -> Result<Response, HttpError> {
    let id = ContactImportId(id);
    let _turn = WORK.acquire().await.map_err(|error| internal(error.into()))?;
    let Some((title, cards, plan, unread)) = bridge.store.contact_plan(login.account, id).await? else {
        return Ok(Redirect::to("/contacts").into_response());
    };
    let Person { language, theme, .. } = Person::of(&headers);
    let count = |fate| u32::try_from(plan.count(fate)).unwrap_or(u32::MAX);
    let brought = |(card, fate): (&Card, &Fate)| Brought {
        name: card.name(),
        emails: card.emails(),
        phones: card.phones(),
        fresh: *fate == Fate::New,
        joined: *fate == Fate::Joined,
    };
    let page = ImportPage {
        id,
        title,
        fresh: count(Fate::New),
        joined: count(Fate::Joined),
        same: count(Fate::Same),
        unread,
        people: cards.iter().zip(&plan.fates).take(PREVIEW).map(brought).collect(),
        language,
        theme,
    };
    Ok(with_policy(|_| render_contact_import(&page, &site()), StatusCode::OK))
}

/// What is done with a file by a button.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    Take,
    Drop,
    Undo,
}

pub async fn change(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path((id, asked)): Path<(i64, Asked)>,
) -> Result<Response, HttpError> {
    let (account, id) = (login.account, ContactImportId(id));
    let _turn = WORK.acquire().await.map_err(|error| internal(error.into()))?;
    let gone = |there: bool| if there { Ok(()) } else { Err(Error::Gone) };
    let done = match asked {
        Asked::Take => match bridge.store.take_contact_import(account, id).await? {
            Some(Taken::All) => Ok(()),
            Some(Taken::TooMany) => Err(Error::TooManyContacts { limit: contacts::MOST as u32 }),
            Some(Taken::TooLarge) => Err(Error::TooLarge { limit: contacts::BOOK as u64 }),
            None => Err(Error::Gone),
        },
        Asked::Drop => gone(bridge.store.drop_contact_import(account, id).await?),
        Asked::Undo => gone(bridge.store.undo_contact_import(account, id).await?),
    };
    answer(&bridge, &login, &headers, done).await
}

pub async fn remove(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let there = bridge.store.remove_contact(login.account, &id).await?;
    answer(&bridge, &login, &headers, if there { Ok(()) } else { Err(Error::Gone) }).await
}

async fn answer(
    bridge: &Bridge,
    login: &Login,
    headers: &HeaderMap,
    done: Result<(), Error>,
) -> Result<Response, HttpError> {
    match done {
        // What was sent is not sent again by a reload.
        Ok(()) => Ok(Redirect::to("/contacts").into_response()),
        Err(error) => page(bridge, login, headers, String::new(), Some(error)).await,
    }
}

/// Everybody, as other programs take them.
pub async fn export(State(bridge): State<Bridge>, SignedIn(login): SignedIn) -> Result<Response, HttpError> {
    let cards = bridge.store.cards(login.account).await?.concat();
    let headers = [
        (header::CONTENT_TYPE, "text/vcard; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition(false, "contacts.vcf")),
    ];
    Ok((headers, cards).into_response())
}
