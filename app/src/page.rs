//! The documents the server sends: the page of someone who is signed in, and the login page. Both are rendered to
//! text at once, because all that is shown is there already.

mod sign_in;

pub use sign_in::{render_codes, render_logins, render_passkey_form, render_proof, render_set_up, render_step};

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use leptos::prelude::*;

use crate::{
    Client, State,
    i18n::{self, Locale},
    route::Route,
    state::Theme,
    view::{
        collectors::{Collectors, CollectorsPage, Files, FilesPage, Form, FormPage},
        contacts::{ContactImportPage, Contacts, ContactsPage, ImportPage},
        date::date_on_paper,
        folders::{Folders, FoldersPage},
        icon::SPRITE,
        identities::{Identities, IdentitiesPage, IdentityForm, IdentityFormPage},
        layout::{App, BROKEN},
        login::{Login, LoginPage},
        pictures::{Pictures, PicturesPage},
        server::{Server, ServerPage},
        sharing::{Sharing, SharingPage},
        templates::{TemplateForm, TemplateFormPage, Templates, TemplatesPage},
    },
    wire::{Device, PageFrames},
};

/// Where the browser finds what belongs to every page. Addresses with a hash in them may be cached for good.
#[derive(Debug, Clone)]
pub struct Assets {
    pub script: String,
    pub wasm: String,
    pub style: String,
}

impl Default for Assets {
    fn default() -> Self {
        Assets {
            script: "/pkg/pismo.js".to_owned(),
            wasm: "/pkg/pismo.wasm".to_owned(),
            style: "/pkg/pismo.css".to_owned(),
        }
    }
}

/// What the page of someone who is signed in is made of.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// The first frames, or nothing when there was no answer in time: then the socket brings all.
    pub frames: Option<PageFrames>,
    /// What the address names.
    pub route: Route,
    pub language: Locale,
    pub theme: Theme,
    /// Seconds that the person's clock is ahead of UTC, by [`clock_from_cookie`].
    pub clock: Option<i32>,
    /// For the one script in the page (CSP Level 3 §2.3.1).
    pub nonce: String,
    pub assets: Assets,
}

/// The cookie with the person's clock: minutes ahead of UTC.
pub const CLOCK_COOKIE: &str = "pismo_tz";

/// Loads the page again where scripts are off, until the mail server was quick enough (HTML §4.2.5.3).
const RELOAD_WITHOUT_SCRIPTS: &str = "<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>";

/// Reads that cookie.
pub fn clock_from_cookie(value: &str) -> Option<i32> {
    let minutes: i32 = value.parse().ok()?;
    // The Line Islands are 14 hours ahead; nobody is more than 12 behind.
    (-12 * 60..=14 * 60).contains(&minutes).then_some(minutes * 60)
}

/// The only way by which a text becomes elements in the page, where the browser has Trusted Types: the app makes its own from fixed
/// pieces of HTML, and nothing that could run is among these. All else that is written goes in as text.
const TRUST: &str = "globalThis.trustedTypes?.createPolicy('default',{createHTML:html=>\
    /<\\/?(?:script|i?frame|frameset|object|embed|applet|base|meta|link|style|form|math|template|noscript)\\b|[\\s/\"']on\\w+\\s*=|(?:java|vb)script:|srcdoc/i\
    .test(html)?null:html})";

/// Keeps what is done in the page before the app has taken it over, and does it then: a button could do nothing yet, and the takeover
/// would undo what was typed. What is pressed again because nothing has happened is done once: the second time it could meet another
/// message. Links do without the app, as do forms that change something and what the browser does with Ctrl. To call it ends the keeping.
const EARLY: &str = "const early=(()=>{\
    let last=[];\
    const kept=[],kinds=['click','input','keydown','submit'],\
    hold=e=>{e.preventDefault();e.stopPropagation()},\
    keep=e=>{const at=e.target,{value}=at,again=()=>at.dispatchEvent(new e.constructor(e.type,e)),\
    once=(mark,again)=>{const now=[e.type,mark];now.some((one,i)=>one!==last[i])&&kept.push([at,again]);last=now};\
    if(e.type==='input')once({},()=>{at.value=value;again()});\
    else if(e.type==='keydown'){if(!e.ctrlKey&&!e.metaKey&&!e.altKey&&!at.matches(':read-write,select'))once(e.key,again)}\
    else if(e.type==='submit'){if(at.method==='get'){hold(e);once(at,()=>at.requestSubmit())}}\
    else if(!at.closest('a[href],form button:not([type=button])')){hold(e);once(at.closest('button,label')||at,again)}};\
    for(const kind of kinds)addEventListener(kind,keep,true);\
    return()=>{for(const kind of kinds)removeEventListener(kind,keep,true);\
    setTimeout(()=>kept.forEach(([at,again])=>at.isConnected&&again()))}})()";

/// The page of someone who is signed in.
pub fn render_page(page: &PageContext) -> String {
    let PageContext { frames, route, language, theme, clock, nonce, assets } = page;
    let body = render(|| {
        let state = State::from_page(*language, *theme, route, frames.as_ref());
        state.clock.set(*clock);
        provide_context(state);
        provide_context(Client::nowhere(state));
        view! { <App /> }
    });
    let Assets { script, wasm, .. } = assets;
    // Without scripts no socket brings the rows that were late; those of a search never come with the page.
    let again = if frames.is_none() && route.query.is_whole() { RELOAD_WITHOUT_SCRIPTS } else { "" };
    let frames = frames.as_ref().and_then(|frames| serde_json::to_string(frames).ok()).unwrap_or_default();
    // The rows are on the screen before the takeover keeps the browser busy; a hidden tab has no screen to wait for.
    let head = format!(
        "<link rel=\"modulepreload\" href=\"{script}\">\
         <link rel=\"preload\" href=\"{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\
         <script type=\"application/json\" id=\"page-frames\">{}</script>\
         <script nonce=\"{nonce}\">{TRUST};{EARLY}</script>\
         <script type=\"module\" nonce=\"{nonce}\">\
         import init,{{hydrate}} from \"{script}\";await init({{module_or_path:\"{wasm}\"}});\
         document.hidden||await new Promise(f=>requestAnimationFrame(()=>setTimeout(f)));early();hydrate()\
         </script>{again}",
        for_script(&frames),
        nonce = for_attribute(nonce),
    );
    let (words, broken) = (td_noscript(*language), td_broken(*language));
    document(*language, *theme, "Pismo", assets, &head, &format!("{body}{SPRITE}<noscript>{words}</noscript>{broken}"))
}

/// The login page. Fetches what the next page needs while the person types.
pub fn render_login(login: &LoginPage, assets: &Assets) -> String {
    let (language, theme) = (login.language, login.theme);
    let body = render(|| {
        i18n::provide(RwSignal::new(language).into());
        view! { <Login login=login.clone() /> }
    });
    let Assets { script, wasm, .. } = assets;
    let head = format!(
        "<link rel=\"prefetch\" href=\"{script}\" as=\"script\" crossorigin>\
         <link rel=\"prefetch\" href=\"{wasm}\" as=\"fetch\" crossorigin>"
    );
    document(language, theme, "Pismo", assets, &head, &format!("{body}{SPRITE}"))
}

/// The page about what the mail server can do.
pub fn render_server(server: &ServerPage, assets: &Assets) -> String {
    let (language, theme) = (server.language, server.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, server.title),
        assets,
        || view! { <Server server=server.clone() /> },
    )
}

/// The page about what folders are for.
pub fn render_folders(page: &FoldersPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, folders.title),
        assets,
        || view! { <Folders page=page.clone() /> },
    )
}

/// The page about what brings mail from other accounts. Under the nonce its script is, by which the numbers move.
pub fn render_collectors(page: &CollectorsPage, nonce: &str, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    let again = if page.is_moving() {
        "<noscript><meta http-equiv=\"refresh\" content=\"5;url=/collectors\"></noscript>"
    } else {
        ""
    };
    let head = format!("<script type=\"module\" nonce=\"{}\">{FOLLOW}</script>{again}", for_attribute(nonce));
    let title = i18n::td_string!(language, collect.title);
    beside_with(&head, (language, theme), title, assets, || view! { <Collectors page=page.clone() /> })
}

/// Asks for the page again as long as somebody looks at it, as a document, since no text may become one (Trusted Types), and takes
/// over what has changed: more often while something is on its way. What is unfolded stays so, and what a person is in or has typed
/// into stays as it is. Other collectors than those that are shown mean a new page.
const FOLLOW: &str = "const all=d=>[...d.querySelectorAll('.collector')],\
    names=d=>all(d).map(e=>e.getAttribute('aria-labelledby')+e.querySelector('h2').textContent).join(),\
    again=()=>location.assign('/collectors');\
    let wait=700;\
    const look=async()=>{if(!document.hidden)try{\
    const page=await new Promise((done,fail)=>{const asked=new XMLHttpRequest();\
    asked.open('GET','/collectors');asked.responseType='document';asked.timeout=3e4;asked.onerror=asked.ontimeout=fail;\
    asked.onload=()=>new URL(asked.responseURL).pathname!=='/collectors'?again():asked.status===200?done(asked.response):fail();\
    asked.send()});\
    if(names(page)!==names(document))return again();\
    const now=all(page);\
    all(document).forEach((e,i)=>{for(const a of now[i].attributes)e.setAttribute(a.name,a.value)});\
    for(const e of document.querySelectorAll('[data-live]')){\
    const other=page.getElementById(e.id);\
    if(!other||e.contains(document.activeElement)||[...e.querySelectorAll('input')].some(i=>i.value))continue;\
    for(const d of e.querySelectorAll('details[open]'))page.getElementById(d.id)?.setAttribute('open','');\
    if(e.innerHTML!==other.innerHTML)e.replaceWith(document.adoptNode(other))}\
    wait=page.querySelector('main').dataset.moving==='true'?700:5000\
    }catch{wait=5000}setTimeout(look,wait)};setTimeout(look,wait)";

/// The form that adds a collector.
pub fn render_collector_form(page: &FormPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(language, theme, i18n::td_string!(language, collect.add), assets, || view! { <Form page=page.clone() /> })
}

/// The form that takes mail in files.
pub fn render_files_form(page: &FilesPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, collect.add_files),
        assets,
        || view! { <Files page=page.clone() /> },
    )
}

/// The address book.
pub fn render_contacts(page: &ContactsPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, contacts.title),
        assets,
        || view! { <Contacts page=page.clone() /> },
    )
}

/// What is in a file of people.
pub fn render_contact_import(page: &ImportPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, contacts.title),
        assets,
        || view! { <ContactImportPage page=page.clone() /> },
    )
}

/// The page about as whom a person writes.
pub fn render_identities(page: &IdentitiesPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, identities.title),
        assets,
        || view! { <Identities page=page.clone() /> },
    )
}

/// The form of an identity.
pub fn render_identity_form(page: &IdentityFormPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, identities.title),
        assets,
        || view! { <IdentityForm page=page.clone() /> },
    )
}

/// The page about texts to write with.
pub fn render_templates(page: &TemplatesPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, templates.title),
        assets,
        || view! { <Templates page=page.clone() /> },
    )
}

/// The form of a template.
pub fn render_template_form(page: &TemplateFormPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, templates.title),
        assets,
        || view! { <TemplateForm page=page.clone() /> },
    )
}

/// The page about whose pictures on the net are shown.
pub fn render_pictures(page: &PicturesPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, pictures.title),
        assets,
        || view! { <Pictures page=page.clone() /> },
    )
}

/// The page about who else may use a folder.
pub fn render_sharing(page: &SharingPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(
        language,
        theme,
        i18n::td_string!(language, sharing.title),
        assets,
        || view! { <Sharing page=page.clone() /> },
    )
}

/// A page beside the app, which needs no script.
fn beside<V: IntoView>(
    language: Locale,
    theme: Theme,
    title: &str,
    assets: &Assets,
    view: impl FnOnce() -> V,
) -> String {
    beside_with("", (language, theme), title, assets, view)
}

fn beside_with<V: IntoView>(
    head: &str,
    (language, theme): (Locale, Theme),
    title: &str,
    assets: &Assets,
    view: impl FnOnce() -> V,
) -> String {
    let body = render(|| {
        i18n::provide(RwSignal::new(language).into());
        view()
    });
    document(language, theme, title, assets, head, &format!("{body}{SPRITE}"))
}

/// What stands in place of a quote that is folded away.
pub fn quoted(language: Locale) -> &'static str {
    i18n::td_string!(language, view.quoted)
}

/// The subject and the text of what tells that a message of this subject was read, at this address.
pub fn receipt_words(language: Locale, subject: &str, email: &str) -> (String, String) {
    let (subject, email) = (subject.to_owned(), email.to_owned());
    let title = i18n::td_string!(language, receipt.subject, subject = subject.clone()).to_string();
    let text = i18n::td_string!(language, receipt.text, subject = subject, email = email).to_string();
    (title, format!("{text}\n"))
}

/// The subject and the text of what tells a person that somebody has signed in with a new device, from this network at this time.
/// The address of the page about it goes along, where it is known.
pub fn notice_words(
    language: Locale,
    clock: Option<i32>,
    (device, network): (&Device, &str),
    at: i64,
    url: Option<String>,
) -> (String, String) {
    let device = match (device.browser.clone(), device.system.clone()) {
        (browser, system) if browser.is_empty() && system.is_empty() => {
            i18n::td_string!(language, logins.unknown).to_owned()
        }
        (one, other) if one.is_empty() || other.is_empty() => format!("{one}{other}"),
        (browser, system) => i18n::td_string!(language, compose.device, browser = browser, system = system).to_string(),
    };
    let clock = clock.unwrap_or_default();
    let time = format!("{} ({})", date_on_paper(language, clock, at), ahead_of_utc(clock));
    let subject = i18n::td_string!(language, logins.notice_subject, device = device.clone()).to_string();
    let network = network.to_owned();
    let facts = [
        i18n::td_string!(language, logins.notice_device, device = device).to_string(),
        i18n::td_string!(language, logins.notice_network, network = network).to_string(),
        i18n::td_string!(language, logins.notice_time, time = time).to_string(),
    ];
    let mut paragraphs = vec![
        i18n::td_string!(language, logins.notice_what).to_owned(),
        facts.join("\n"),
        i18n::td_string!(language, logins.notice_you).to_owned(),
        i18n::td_string!(language, logins.notice_not_you).to_owned(),
    ];
    paragraphs.extend(url.map(|url| i18n::td_string!(language, logins.notice_link, url = url).to_string()));
    (subject, format!("{}\n", paragraphs.join("\n\n")))
}

/// How far a clock is ahead of UTC, in the way of ISO 8601.
fn ahead_of_utc(clock: i32) -> String {
    match (clock / 60).abs() {
        0 => "UTC".to_owned(),
        minutes => {
            let sign = if clock < 0 { '-' } else { '+' };
            format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    }
}

/// What stands above a message on paper, in the person's words and by the person's clock; empty fields are left out.
pub fn fields_on_paper(
    language: Locale,
    clock: Option<i32>,
    [from, to, cc]: [String; 3],
    seconds: i64,
) -> Vec<(&'static str, String)> {
    let date = date_on_paper(language, clock.unwrap_or_default(), seconds);
    let fields = [
        (i18n::td_string!(language, view.from), from),
        (i18n::td_string!(language, view.to), to),
        (i18n::td_string!(language, view.cc), cc),
        (i18n::td_string!(language, view.date), date),
    ];
    fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn document(language: Locale, theme: Theme, title: &str, assets: &Assets, head: &str, body: &str) -> String {
    let (language, theme, style) = (i18n::tag(language), theme.name(), &assets.style);
    format!(
        "<!DOCTYPE html><html lang=\"{language}\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\">\
         <title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <link rel=\"stylesheet\" href=\"{style}\">\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\
         <link rel=\"manifest\" href=\"/manifest.webmanifest\">{head}</head><body>{body}</body></html>"
    )
}

fn td_noscript(language: Locale) -> &'static str {
    i18n::td_string!(language, app.script)
}

/// What is shown when the app has met with a fault of its own. It is in the page from the start: there is nobody to make it then.
fn td_broken(language: Locale) -> String {
    let (text, reload) = (i18n::td_string!(language, app.broken), i18n::td_string!(language, app.reload));
    format!(
        "<div class=\"broken\" id=\"{BROKEN}\" data-testid=\"broken\" role=\"alert\" hidden><p>{text}</p>\
         <a class=\"button\" href=\"\">{reload}</a></div>"
    )
}

/// Renders a view in a reactive world of its own, which ends with it.
fn render<V: IntoView>(view: impl FnOnce() -> V) -> String {
    // Whoever was first has set one; all that matters is that there is one.
    drop(Executor::init_custom_executor(NoTasks));
    let owner = Owner::new_root(None);
    let html = owner.with(|| view().into_view().to_html());
    owner.cleanup();
    html
}

/// What a view would do later it does in the browser.
struct NoTasks;

impl CustomExecutor for NoTasks {
    fn spawn(&self, task: PinnedFuture<()>) {
        drop(task);
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        drop(task);
    }

    fn poll_local(&self) {}
}

/// JSON that cannot end the script element it stands in (HTML §4.12.1.3).
fn for_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn for_attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}
