//! The name and the place of a folder.

use leptos::{ev, prelude::*};

use crate::{
    Client,
    i18n::*,
    state::State,
    view::{explain::Explained, handler, words::full_name},
    wire::{Arrangement, Error, Right},
};

/// Makes a new folder, or renames and moves the one at `path`.
#[component]
pub fn FolderForm(path: Option<String>, parent: Option<String>) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let known = path.as_ref().and_then(|path| untrack(|| state.mailboxes.by_path(path))).map(|folder| folder.mailbox);
    let is_new = path.is_none();
    let name = RwSignal::new(known.as_ref().map(|mailbox| mailbox.name().to_owned()).unwrap_or_default());
    let above = known.as_ref().and_then(|mailbox| mailbox.parent()).map(str::to_owned).or(parent);
    // A parent that is no folder of its own, like a prefix of the server's, is where all top folders are.
    let above = above.filter(|above| untrack(|| state.mailboxes.by_path(above)).is_some());
    let place = RwSignal::new(above.unwrap_or_default());
    let problem = RwSignal::new(None::<Error>);
    let busy = RwSignal::new(false);
    let places = {
        let inside = path.as_ref().map(|path| untrack(|| client.inside(path))).unwrap_or_default();
        let fits = |at: &str| path.as_deref() != Some(at) && !inside.iter().any(|folder| folder.mailbox.path == at);
        let all = state.mailboxes.all.get_untracked();
        all.into_iter()
            .filter(|folder| {
                let mailbox = &folder.mailbox;
                // Where the folders of another person are is no folder.
                let takes = mailbox.may(Right::Create) && (mailbox.shared.is_none() || mailbox.selectable);
                mailbox.delimiter.is_some() && takes && fits(&mailbox.path)
            })
            .map(|folder| {
                let at = folder.mailbox.path.clone();
                let value = at.clone();
                let indent = "\u{a0}\u{a0}\u{a0}".repeat(folder.mailbox.depth().min(6));
                view! {
                    <option value=value selected=move || place.with_untracked(|place| *place == at)>
                        {move || format!("{indent}{}", full_name(i18n, &folder.mailbox))}
                    </option>
                }
            })
            .collect_view()
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let name = name.get_untracked().trim().to_owned();
        if name.is_empty() {
            return problem.set(Some(Error::MailboxName));
        }
        let parent = Some(place.get_untracked()).filter(|place| !place.is_empty());
        let change = match path.clone() {
            None => Arrangement::Create { parent, name },
            Some(path) => Arrangement::Rename { path, parent, name },
        };
        busy.set(true);
        client.arrange(change, move |result| match result {
            Ok(()) => state.dialog.set(None),
            // The person may have closed it meanwhile.
            Err(error) => {
                busy.try_set(false);
                problem.try_set(Some(error));
            }
        });
    };
    view! {
        <form class="folder-form" on:submit=handler(submit)>
            {move || {
                problem.get().map(|error| view! { <div class="folder-error" role="alert"><Explained error /></div> })
            }}
            <label class="field">
                <span>{move || t_string!(i18n, folder.name)}</span>
                <input
                    type="text"
                    autofocus
                    autocomplete="off"
                    maxlength="120"
                    data-testid="folder-name"
                    aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=name
                    on:input=handler(move |event| name.set(event_target_value(&event)))
                />
            </label>
            <label class="field">
                <span>{move || t_string!(i18n, folder.place)}</span>
                <select
                    data-testid="folder-place"
                    on:change=handler(move |event| place.set(event_target_value(&event)))
                >
                    <option value="">{move || t_string!(i18n, folder.top)}</option>
                    {places}
                </select>
            </label>
            <div class="dialog-actions">
                <button
                    type="submit"
                    class="button button-primary"
                    data-testid="folder-save"
                    disabled=move || busy.get()
                >
                    {move || if is_new { t_string!(i18n, folder.make) } else { t_string!(i18n, folder.save) }}
                </button>
            </div>
        </form>
    }
}
