//! The pages about as whom a person writes.

mod proving;

use std::time::Duration;

use app::{
    page::{render_identities, render_identity_form},
    providers::provider_for,
    view::{
        collectors::Failure,
        identities::{Fields, IdentitiesPage, IdentityCard, IdentityFormPage, Of},
    },
    wire::{Address, CollectorId, CollectorKind, Error, Identity, IdentityChoices, IdentityId, Receipts},
};
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use super::{
    guard::Client,
    login::{SignedIn, Visitor},
    page::{Person, site, with_policy},
};
use crate::{
    bridge::{Bridge, internal},
    error::{HttpError, status},
    mime::{html::writing, recipient},
    store::{AccountRecord, Login, StoredCollector, StoredIdentity, WayOut},
};

/// The largest form: a signature takes six octets a letter.
pub const MAX_FORM: usize = 256 * 1024;

/// How long is waited for the names of the folders.
const PATIENCE: Duration = Duration::from_secs(3);

/// The longest name of a person, and the longest list of addresses, in bytes.
const LONGEST: usize = 2000;

/// What a person has filled in.
#[derive(serde::Deserialize)]
pub struct Filled {
    /// Only where it is new.
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    reply_to: String,
    #[serde(default)]
    bcc: String,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    signature_html: String,
    #[serde(default)]
    above: String,
    #[serde(default)]
    sent: String,
    /// Another server than the account's own sends it.
    #[serde(default)]
    other: String,
    #[serde(default)]
    server: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: SecretString,
    /// The collected account whose password it is.
    collector: Option<i64>,
}

impl Filled {
    /// Whoever types a server or a password means it, ticked or not.
    fn names_a_server(&self) -> bool {
        let typed = [&self.server, &self.user].iter().any(|text| !text.trim().is_empty());
        !self.other.is_empty() || typed || !self.password.expose_secret().is_empty()
    }
}

#[derive(serde::Deserialize)]
pub struct Asked {
    collector: Option<i64>,
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
    let cards = bridge.store.identities(login.account).await?.into_iter().map(|one| IdentityCard {
        own: one.identity.email == login.address,
        server: one.way_out.map(|way| way.smtp.host),
        identity: one.identity,
    });
    let receipts = bridge.store.receipts(login.account).await?;
    let page = IdentitiesPage { cards: cards.collect(), receipts, error, language, theme };
    Ok(with_policy(|_| render_identities(&page, &site()), code))
}

/// The form of a new one.
pub async fn form(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let mut fields = Fields::default();
    if let Some(collector) = collector_of(&bridge, &login, asked.collector).await? {
        fields.collector = Some((collector.id, collector.user.clone()));
        fields.other = true;
        if recipient::check(&collector.user).is_ok() {
            fields.email = collector.user;
        } else {
            fields.user = collector.user;
        }
    }
    filled_form(&bridge, &login, &headers, Of::New, fields, None).await
}

/// The form of one that is there.
pub async fn edit(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
    Path(id): Path<i64>,
) -> Result<Response, HttpError> {
    let Some(stored) = stored(&bridge, &login, IdentityId(id)).await? else {
        return Ok(Redirect::to("/identities").into_response());
    };
    let StoredIdentity { identity: Identity { id, email, choices }, way_out, .. } = stored;
    let list = |addresses: Vec<Address>| addresses.iter().map(written).collect::<Vec<_>>().join(", ");
    let fields = Fields {
        email,
        name: choices.name,
        reply_to: list(choices.reply_to),
        bcc: list(choices.bcc),
        signature: choices.signature,
        signature_html: choices.signature_html.unwrap_or_default(),
        above: choices.signature_above,
        sent: choices.sent.unwrap_or_default(),
        other: way_out.is_some(),
        server: way_out.as_ref().map(|way| way.smtp.to_string()).unwrap_or_default(),
        user: way_out.map(|way| way.user).unwrap_or_default(),
        collector: None,
    };
    filled_form(&bridge, &login, &headers, Of::Known(id), fields, None).await
}

async fn filled_form(
    bridge: &Bridge,
    login: &Login,
    headers: &HeaderMap,
    of: Of,
    fields: Fields,
    failure: Option<Failure>,
) -> Result<Response, HttpError> {
    let Person { language, theme, .. } = Person::of(headers);
    let code = failure.as_ref().map_or(StatusCode::OK, |failure| status(&failure.error));
    // Without the mail server there is no choice of folders; what was chosen stays.
    let listed = match bridge.account(login).await {
        Ok(account) => match timeout(PATIENCE, account.folders(None)).await {
            Ok(Ok(folders)) => folders.listed,
            Ok(Err(_)) | Err(_) => Vec::new(),
        },
        Err(_) => Vec::new(),
    };
    let mut folders: Vec<String> = listed.into_iter().filter(|one| one.selectable).map(|one| one.path).collect();
    if !fields.sent.is_empty() && !folders.contains(&fields.sent) {
        folders.push(fields.sent.clone());
    }
    folders.sort_by_key(|path| path.to_lowercase());
    let page = IdentityFormPage { of, fields, folders, failure, language, theme };
    Ok(with_policy(|_| render_identity_form(&page, &site()), code))
}

async fn stored(bridge: &Bridge, login: &Login, id: IdentityId) -> Result<Option<StoredIdentity>, Error> {
    let all = bridge.store.identities(login.account).await.map_err(internal)?;
    Ok(all.into_iter().find(|one| one.identity.id == id))
}

async fn collector_of(bridge: &Bridge, login: &Login, id: Option<i64>) -> Result<Option<StoredCollector>, Error> {
    let Some(id) = id else { return Ok(None) };
    let found = bridge.store.collector(login.account, CollectorId(id)).await.map_err(internal)?;
    Ok(found.filter(|collector| collector.kind != CollectorKind::Files))
}

pub async fn add(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    match try_add(&bridge, &client, &login, &filled).await {
        Ok(()) => done(&bridge, &login).await,
        Err(failure) => again(&bridge, &login, &headers, Of::New, filled, failure).await,
    }
}

pub async fn save(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<i64>,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    let id = IdentityId(id);
    match try_save(&bridge, &client, &login, id, &filled).await {
        Ok(()) => done(&bridge, &login).await,
        Err(failure) => again(&bridge, &login, &headers, Of::Known(id), filled, failure).await,
    }
}

/// What was sent is not sent again by a reload.
async fn done(bridge: &Bridge, login: &Login) -> Result<Response, HttpError> {
    bridge.tell_identities(login.account).await?;
    Ok(Redirect::to("/identities").into_response())
}

async fn again(
    bridge: &Bridge,
    login: &Login,
    headers: &HeaderMap,
    of: Of,
    filled: Filled,
    failure: Failure,
) -> Result<Response, HttpError> {
    let collector = collector_of(bridge, login, filled.collector).await?;
    let email = match of {
        Of::New => filled.email,
        Of::Known(id) => stored(bridge, login, id).await?.map(|one| one.identity.email).unwrap_or_default(),
    };
    let mut fields = Fields {
        email,
        name: filled.name,
        reply_to: filled.reply_to,
        bcc: filled.bcc,
        signature: filled.signature,
        signature_html: filled.signature_html,
        above: !filled.above.is_empty(),
        sent: filled.sent,
        other: !filled.other.is_empty(),
        server: filled.server,
        user: filled.user,
        collector: collector.map(|collector| (collector.id, collector.user)),
    };
    if let Error::ConfirmServer { server } = &failure.error {
        fields.server.clone_from(server);
    }
    filled_form(bridge, login, headers, of, fields, Some(failure)).await
}

async fn try_add(bridge: &Bridge, client: &Client, login: &Login, filled: &Filled) -> Result<(), Failure> {
    let email = filled.email.trim();
    let domain = email.strip_prefix("*@");
    // Nobody has all of a provider's addresses.
    if domain.is_some_and(|domain| provider_for(domain).is_some()) {
        return Err(Error::BadAddress { text: email.to_owned() }.into());
    }
    let written = domain.map_or_else(|| email.to_owned(), |domain| format!("x@{domain}"));
    recipient::check(&written).map_err(|_| Error::BadAddress { text: email.to_owned() })?;
    let choices = choices(filled)?;
    let known = bridge.store.identities(login.account).await.map_err(internal)?;
    let spelled = |email: &str| recipient::to_ascii(email).to_lowercase();
    if known.iter().any(|one| spelled(&one.identity.email) == spelled(email)) {
        return Err(Error::IdentityExists.into());
    }
    if known.len() >= Identity::MOST {
        return Err(Error::TooManyIdentities { limit: Identity::MOST as u32 }.into());
    }
    let record = record(bridge, login).await?;
    let (way, collector) = if filled.names_a_server() {
        let collector = collector_of(bridge, login, filled.collector).await?;
        let typed = !filled.password.expose_secret().is_empty();
        let way = proving::find_way_out(bridge, client, &record, email, filled, collector.as_ref()).await?;
        // Only where it is the same password, a new one there is a new one here.
        (Some(way), collector.map(|collector| collector.id).filter(|_| !typed))
    } else {
        proving::prove_own(bridge, &record, email).await?;
        (None, None)
    };
    let added = bridge.store.add_identity(login.account, email, &choices, way.as_ref(), collector).await;
    if added.map_err(internal)? { Ok(()) } else { Err(Error::IdentityExists.into()) }
}

async fn try_save(
    bridge: &Bridge,
    client: &Client,
    login: &Login,
    id: IdentityId,
    filled: &Filled,
) -> Result<(), Failure> {
    let choices = choices(filled)?;
    let StoredIdentity { identity, way_out: before, .. } = stored(bridge, login, id).await?.ok_or(Error::Gone)?;
    let record = record(bridge, login).await?;
    // Where there is one already, to have it no more is to take the tick away.
    let other = if before.is_some() { !filled.other.is_empty() } else { filled.names_a_server() };
    let same = |way: &WayOut| {
        way.smtp.to_string() == filled.server.trim()
            && way.user == filled.user.trim()
            && filled.password.expose_secret().is_empty()
    };
    match before {
        Some(way) if other && same(&way) => {}
        None if !other => {}
        _ if other => {
            let way = proving::find_way_out(bridge, client, &record, &identity.email, filled, None).await?;
            bridge.store.set_way_out(login.account, id, Some(&way), None).await.map_err(internal)?;
        }
        _ => {
            proving::prove_own(bridge, &record, &identity.email).await?;
            bridge.store.set_way_out(login.account, id, None, None).await.map_err(internal)?;
        }
    }
    let there = bridge.store.set_identity_choices(login.account, id, &choices).await.map_err(internal)?;
    if there { Ok(()) } else { Err(Error::Gone.into()) }
}

async fn record(bridge: &Bridge, login: &Login) -> Result<AccountRecord, Error> {
    bridge.store.account(login.account).await.map_err(internal)?.ok_or(Error::SignedOut)
}

fn choices(filled: &Filled) -> Result<IdentityChoices, Error> {
    let too_long = || Error::BadRequest { text: "The name, the addresses or the signature are too long".to_owned() };
    let signature = filled.signature.replace("\r\n", "\n").trim_end().to_owned();
    let signature = signature.strip_prefix("-- \n").map_or_else(|| signature.clone(), str::to_owned);
    let (signature, signature_html) = match filled.signature_html.trim() {
        "" => (signature, None),
        html => formatted_signature(signature, html)?,
    };
    if [&filled.name, &filled.reply_to, &filled.bcc, &filled.sent].iter().any(|text| text.len() > LONGEST)
        || signature.chars().count() > Identity::MAX_SIGNATURE
    {
        return Err(too_long());
    }
    Ok(IdentityChoices {
        name: filled.name.split_whitespace().collect::<Vec<_>>().join(" "),
        reply_to: addresses(&filled.reply_to)?,
        bcc: addresses(&filled.bcc)?,
        signature,
        signature_html,
        signature_above: !filled.above.is_empty(),
        sent: Some(filled.sent.clone()).filter(|path| !path.is_empty()),
    })
}

/// A signature that is formatted: nothing in it does anything, and its words are made of it where none were typed.
fn formatted_signature(typed: String, html: &str) -> Result<(String, Option<String>), Error> {
    let too_long = || Error::TextTooLong { limit: Identity::MAX_SIGNATURE_HTML as u64 };
    let is_short = |html: &str| html.len() <= Identity::MAX_SIGNATURE_HTML;
    let html = Some(html).filter(|html| is_short(html)).and_then(|html| writing::tidy(html, |_| None));
    let html = html.filter(|html| is_short(html)).ok_or_else(too_long)?;
    let words = if typed.is_empty() { writing::plain(&html).trim_end().to_owned() } else { typed };
    if words.trim().is_empty() {
        return Err(Error::BadRequest {
            text: "A formatted signature has words, for those who read plain text".to_owned(),
        });
    }
    Ok((words, Some(html)))
}

/// An address as [`addresses`] reads it.
pub(super) fn written(address: &Address) -> String {
    let Address { name, email } = address;
    let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
    if name.is_empty() { email.clone() } else { format!("\"{quoted}\" <{email}>") }
}

/// Addresses with commas between.
pub(super) fn addresses(text: &str) -> Result<Vec<Address>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let found = crate::mime::header::addresses(text.as_bytes());
    let bad = |text: &str| Error::BadAddress { text: text.to_owned() };
    if found.is_empty() {
        return Err(bad(text));
    }
    for address in &found {
        recipient::check(&address.email)
            .map_err(|_| bad(if address.email.is_empty() { text } else { &address.email }))?;
    }
    Ok(found)
}

/// What a person wants to be done when somebody would like to know that a message was read.
#[derive(serde::Deserialize)]
pub struct Chosen {
    receipts: Receipts,
}

pub async fn choose_receipts(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Form(chosen): Form<Chosen>,
) -> Result<Response, HttpError> {
    bridge.store.set_receipts(login.account, chosen.receipts).await?;
    Ok(Redirect::to("/identities").into_response())
}

/// What is done to an identity by a button.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Button {
    Prefer,
    Remove,
}

pub async fn change(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path((id, asked)): Path<(i64, Button)>,
) -> Result<Response, HttpError> {
    let id = IdentityId(id);
    let there = match asked {
        Button::Prefer => {
            // As any of a domain nothing can be written before somebody says as which.
            let stored = stored(&bridge, &login, id).await?.filter(|one| !one.identity.is_of_domain());
            stored.is_some() && bridge.store.prefer_identity(login.account, id).await?
        }
        Button::Remove => bridge.store.remove_identity(login.account, id).await?,
    };
    if there { done(&bridge, &login).await } else { page(&bridge, &login, &headers, Some(Error::Gone)).await }
}
