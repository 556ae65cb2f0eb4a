//! What a tab does when somebody writes elsewhere on the draft that is open in it.

use app::{
    i18n::Locale,
    state::{State, Theme},
    wire::{AccountId, Device, DraftId, Event, MessageRef, ServerFrame, Uid, UidValidity, Writer},
};
use leptos::prelude::*;

fn place(uid: u32) -> MessageRef {
    let mailbox = "Drafts".to_owned();
    MessageRef { account: AccountId(1), mailbox, uid_validity: UidValidity(1), uid: Uid(uid) }
}

fn writer(draft: &str, taken: bool) -> Writer {
    let messages = vec![place(1), place(2)];
    Writer { draft: DraftId(draft.to_owned()), messages, since: 0, device: Some(Device::default()), taken }
}

fn tell(state: State, writers: &[Writer]) {
    state.apply(&ServerFrame::Event { seq: 1, event: Event::Writers { writers: writers.to_vec() } });
}

#[test]
fn what_was_taken_from_a_tab_stays_taken_until_it_goes_on() {
    let owner = Owner::new();
    owner.with(|| {
        let state = State::new(Locale::en, Theme::System);
        let lost = || state.composer.lost.with_untracked(|lost| lost.as_ref().map(|lost| lost.draft.0.clone()));
        state.composer.id.set(Some(DraftId("here".to_owned())));
        tell(state, &[writer("here", false), writer("there", true)]);
        assert_eq!(lost(), None, "nobody took it");
        let known = untrack(|| state.writer_at(&place(1)));
        assert_eq!(known.map(|writer| writer.draft.0), Some("here".to_owned()), "an old place leads to it as well");
        tell(state, &[writer("here", true)]);
        assert_eq!(lost().as_deref(), Some("here"));
        tell(state, &[]);
        assert_eq!(lost().as_deref(), Some("here"), "what is here is older all the same");
        assert_eq!(untrack(|| state.writer_at(&place(2))), None);
    });
    owner.cleanup();
}
