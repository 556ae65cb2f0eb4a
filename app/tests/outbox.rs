//! What a tab shows of messages that are still to go out.

use std::time::Duration;

use app::{
    i18n::Locale,
    state::{HOLDS, Notice, State, Theme, Undo, hold_of},
    wire::{DraftId, Event, ServerFrame, Submission, SubmissionId, SubmissionState},
};
use leptos::prelude::*;

const ID: SubmissionId = SubmissionId(9);

fn tell(state: State, event: Event) {
    state.apply(&ServerFrame::Event { seq: 1, event });
}

fn tell_of(state: State, phase: SubmissionState) {
    let submission = Submission {
        id: ID,
        draft: DraftId("00ff".to_owned()),
        subject: String::new(),
        to: Vec::new(),
        state: phase,
        refusals: Vec::new(),
        due: None,
        reports: Vec::new(),
        receipt: false,
        redirect: false,
    };
    tell(state, Event::Submission { submission });
}

/// The notices that can be taken back.
fn offered(state: State) -> usize {
    state.toasts.shown.with_untracked(|shown| shown.iter().filter(|toast| toast.undo.is_some()).count())
}

fn with_state(test: impl FnOnce(State)) {
    let owner = Owner::new();
    owner.with(|| test(State::new(Locale::en, Theme::System)));
    owner.cleanup();
}

#[test]
fn undo_is_offered_until_it_is_too_late() {
    for phase in [SubmissionState::Sending, SubmissionState::Sent, SubmissionState::Rejected] {
        with_state(|state| {
            tell_of(state, SubmissionState::Waiting);
            state.toasts.push(Notice::Held(5), Some(Undo::Submission(ID)));
            state.toasts.push(Notice::Held(5), Some(Undo::Submission(SubmissionId(10))));
            tell_of(state, SubmissionState::Waiting);
            assert_eq!(offered(state), 2, "{phase:?}");
            tell_of(state, phase);
            assert_eq!(offered(state), 1, "{phase:?}: the other one still waits");
        });
    }
}

#[test]
fn what_another_tab_took_out_is_offered_no_more() {
    with_state(|state| {
        tell_of(state, SubmissionState::Waiting);
        state.toasts.push(Notice::Scheduled(1_795_457_400), Some(Undo::Submission(ID)));
        tell(state, Event::Unsubmitted { submission: ID });
        assert_eq!(offered(state), 0);
        assert!(state.submissions.with_untracked(Vec::is_empty));
    });
}

#[test]
fn a_notice_of_what_is_held_stays_as_long_as_it_is() {
    assert_eq!(Notice::Held(30).lasts(), Duration::from_secs(30));
    assert!(Notice::Scheduled(0).lasts() > Duration::ZERO);
}

#[test]
fn the_time_to_undo_is_one_of_those_offered() {
    for hold in HOLDS {
        assert_eq!(hold_of(&hold.to_string()), hold);
    }
    for odd in ["", "7", "-5", "100000000000", "off"] {
        assert_eq!(hold_of(odd), 5, "{odd:?}");
    }
}
