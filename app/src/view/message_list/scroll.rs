//! Which rows are in sight, and keeping them there while the list changes around them.

use std::{ops::Range, time::Duration};

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};

use super::{
    ROW_HEIGHT,
    ruler::{Place, Ruler},
};
use crate::{Client, State, wire::MessageRef};

/// Rows that are rendered before the browser knows how many are in sight: a laptop's. Each costs the first paint a millisecond
/// or two; what a taller screen misses comes with the takeover.
const FIRST: u32 = 16;

/// Rows that are rendered above and below those in sight.
const BEYOND: u32 = 6;

/// When this many rows above or below those in sight are not all here, more are asked for.
const SOON: u32 = 12;

/// Rows that are asked for above and below those in sight.
const AHEAD: u32 = 40;

#[derive(Clone, Copy)]
pub(super) struct Scroll {
    state: State,
    client: Client,
    list: NodeRef<html::Div>,
    space: NodeRef<html::Div>,
    /// Positions in sight.
    pub(super) visible: RwSignal<Range<u32>>,
    /// Positions in the document.
    pub(super) rendered: RwSignal<Range<u32>>,
    /// How far down the list one is.
    place: RwSignal<Place>,
    /// Whether more rows are about to be rendered.
    widening: StoredValue<bool>,
    /// The messages in sight and where each was, in pixels below the top edge.
    anchors: StoredValue<Vec<(MessageRef, i32)>>,
}

impl Scroll {
    pub(super) fn new(state: State, client: Client, list: NodeRef<html::Div>, space: NodeRef<html::Div>) -> Scroll {
        Scroll {
            state,
            client,
            list,
            space,
            visible: RwSignal::new(0..FIRST),
            rendered: RwSignal::new(0..FIRST),
            place: RwSignal::new(Place::default()),
            widening: StoredValue::new(false),
            anchors: StoredValue::new(Vec::new()),
        }
    }

    /// Keeps all of it up to date. Nothing of this runs on the server.
    pub(super) fn follow(self) {
        // The space stands for the whole list; the rendered rows are pushed down to their place in it.
        Effect::new(move |_| {
            self.set_space("height", Ruler::new(self.total(), 0).space());
            let above = self.rendered.get().start.saturating_mul(ROW_HEIGHT);
            self.set_space("padding-top", above.saturating_sub(self.place.get().shift));
        });
        // Another list begins at its top.
        Effect::new(move |before: Option<crate::wire::Query>| {
            let query = self.state.list.query.get();
            if before.is_some_and(|before| before != query) {
                self.anchors.set_value(Vec::new());
                // The rows in sight come first; the rest follows.
                let sight = self.visible.get_untracked();
                set(self.rendered, 0..sight.end.saturating_sub(sight.start));
                if let Some(list) = self.list.get_untracked() {
                    self.go(&list, 0);
                }
                self.measure();
            }
            query
        });
        // Rows came, went or moved.
        Effect::new(move |_| {
            self.state.list.shape.track();
            self.total();
            self.hold();
        });
        // A row is to be on top.
        Effect::new(move |_| {
            if let (Some(position), Some(list)) = (self.state.list.goal.get(), self.list.get_untracked()) {
                self.go(&list, position.saturating_mul(ROW_HEIGHT));
                self.measure();
                self.state.list.goal.set(None);
            }
        });
        // The row of the keyboard comes into sight.
        Effect::new(move |before: Option<Option<MessageRef>>| {
            let cursor = self.state.cursor.get();
            if let (Some(before), Some(message)) = (before, &cursor)
                && before.as_ref() != Some(message)
            {
                self.reveal(message);
            }
            cursor
        });
        Effect::new(move |_| self.watch_size());
    }

    /// The person scrolled.
    pub(super) fn moved(self) {
        self.measure();
    }

    /// Where one is; the browser may have scrolled since that was noted last.
    fn place(self, list: &web_sys::HtmlDivElement) -> Place {
        let (noted, scrolled) = (self.place.get_untracked(), pixels(list.scroll_top()));
        if noted.scrolled == scrolled {
            return noted;
        }
        let place = self.ruler(list).moved(noted, scrolled);
        self.put(place);
        place
    }

    /// Scrolls until so many pixels of the list are above what is in sight.
    fn go(self, list: &web_sys::HtmlDivElement, top: u32) {
        let place = self.ruler(list).at(top, self.place.get_untracked());
        self.put(place);
        list.set_scroll_top(i32::try_from(place.scrolled).unwrap_or(i32::MAX));
        // A browser that has not made room for it yet scrolls as far as it can.
        self.place.update_untracked(|place| place.scrolled = pixels(list.scroll_top()));
    }

    fn ruler(self, list: &web_sys::HtmlDivElement) -> Ruler {
        Ruler::new(untrack(|| self.total()), pixels(list.client_height()))
    }

    fn put(self, place: Place) {
        let shifted = self.place.with_untracked(|before| before.shift != place.shift);
        self.place.update_untracked(|before| *before = place);
        if shifted {
            self.place.notify();
        }
    }

    fn total(self) -> u32 {
        self.state.list.shown_total(&self.state.pending)
    }

    fn set_space(self, property: &str, pixels: u32) {
        if let Some(space) = self.space.get() {
            let style = web_sys::HtmlElement::style(&space);
            drop(style.set_property(property, &format!("{pixels}px")));
        }
    }

    /// Finds out what is in sight, asks for what is missing and renders it.
    fn measure(self) {
        let Some(list) = self.list.get_untracked() else {
            return;
        };
        let total = untrack(|| self.total());
        let (top, height) = (self.place(&list).top(), pixels(list.client_height()));
        let first = (top / ROW_HEIGHT).min(total.saturating_sub(1));
        let end = (top + height).div_ceil(ROW_HEIGHT).clamp(first, total.max(first));
        // Asked for first: the server works while the rows are rendered.
        if self.state.list.missing(first.saturating_sub(SOON)..end.saturating_add(SOON), &self.state.pending).is_some()
        {
            self.client.ensure_window(first.saturating_sub(AHEAD)..end.saturating_add(AHEAD));
        }
        set(self.visible, first..end);
        self.render(first..end);
        self.remember(top);
    }

    /// Renders these rows at once, and those around them at once or soon.
    fn render(self, sight: Range<u32>) {
        if sight.is_empty() {
            // Nothing is here yet, or any more: what was rendered last is as good a guess as any.
            return;
        }
        let wide = around(&sight);
        let now = self.rendered.get_untracked();
        if now.end <= sight.start || sight.end <= now.start {
            // Somewhere else altogether: what is in sight is on the screen before the rest is worked on.
            set(self.rendered, sight);
            self.widen_soon();
        } else if now.start > sight.start || now.end < sight.end {
            set(self.rendered, wide);
        } else if now.end - now.start > 3 * (wide.end - wide.start)
            || now.start.abs_diff(wide.start) > BEYOND / 2
            || now.end + BEYOND / 2 < wide.end
        {
            self.widen_soon();
        }
    }

    /// Renders rows around those in sight, once these are painted.
    fn widen_soon(self) {
        if self.widening.get_value() {
            return;
        }
        self.widening.set_value(true);
        request_animation_frame(move || {
            set_timeout(
                move || {
                    // The list may have gone meanwhile.
                    if self.widening.try_set_value(false).is_none()
                        && let Some(sight) = self.visible.try_get_untracked()
                        && !sight.is_empty()
                    {
                        set(self.rendered, around(&sight));
                    }
                },
                Duration::ZERO,
            );
        });
    }

    fn remember(self, top: u32) {
        let in_sight = untrack(|| self.state.list.shown(self.visible.get(), &self.state.pending));
        let anchors = in_sight.into_iter().filter_map(|shown| {
            let below = i64::from(shown.position) * i64::from(ROW_HEIGHT) - i64::from(top);
            Some((shown.entry?.message, i32::try_from(below).ok()?))
        });
        self.anchors.set_value(anchors.collect());
    }

    /// After a change of the list: what was in sight stays where it was, unless the top was.
    fn hold(self) {
        let Some(list) = self.list.get_untracked() else {
            return;
        };
        let now = self.place(&list).top();
        if now > 0 {
            let place = self.anchors.with_value(|anchors| {
                anchors.iter().find_map(|(message, below)| {
                    let entry = untrack(|| self.state.list.entry(message))?;
                    let position = untrack(|| self.state.list.shown_position(&entry, &self.state.pending));
                    Some(position.saturating_mul(ROW_HEIGHT).saturating_add_signed(below.saturating_neg()))
                })
            });
            if let Some(top) = place.filter(|top| *top != now) {
                self.set_space("height", self.ruler(&list).space());
                self.go(&list, top);
            }
        }
        self.measure();
    }

    fn reveal(self, message: &MessageRef) {
        let Some(list) = self.list.get_untracked() else {
            return;
        };
        let Some(entry) = untrack(|| self.state.list.entry(message)) else {
            return;
        };
        let position = untrack(|| self.state.list.shown_position(&entry, &self.state.pending));
        let above = position.saturating_mul(ROW_HEIGHT);
        let (top, height) = (self.place(&list).top(), pixels(list.client_height()));
        if above < top {
            self.go(&list, above);
        } else if above + ROW_HEIGHT > top + height {
            self.go(&list, (above + ROW_HEIGHT).saturating_sub(height));
        }
        self.measure();
        focus_row(&list);
    }

    fn watch_size(self) {
        let Some(list) = self.list.get() else { return };
        let changed = Closure::<dyn Fn()>::new(move || self.measure());
        let Ok(observer) = web_sys::ResizeObserver::new(changed.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&list);
        // Both live as long as the list.
        let kept = StoredValue::new_local((observer, changed));
        on_cleanup(move || {
            kept.try_with_value(|(observer, _)| observer.disconnect());
        });
        self.measure();
    }
}

/// Moves the focus to the row of the keyboard once it is rendered, if the focus is in the list.
fn focus_row(list: &web_sys::HtmlDivElement) {
    let list = list.clone();
    request_animation_frame(move || {
        let active = document().active_element();
        let inside =
            active.as_ref().is_some_and(|active| list.contains(Some(active)) && !active.is_same_node(Some(&list)));
        let row = list.query_selector(".message-row[tabindex='0']").ok().flatten();
        if inside && let Some(row) = row.and_then(|row| row.dyn_into::<web_sys::HtmlElement>().ok()) {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            drop(row.focus_with_options(&options));
        }
    });
}

/// The rows to render when these are in sight.
fn around(sight: &Range<u32>) -> Range<u32> {
    sight.start.saturating_sub(BEYOND)..sight.end.saturating_add(BEYOND)
}

fn set(signal: RwSignal<Range<u32>>, range: Range<u32>) {
    if signal.with_untracked(|now| *now != range) {
        signal.set(range);
    }
}

fn pixels(count: i32) -> u32 {
    u32::try_from(count).unwrap_or(0)
}
