//! What a person chooses for this browser.

use leptos::prelude::*;

use super::Client;
use crate::{
    i18n::{self, Locale},
    state::{HOLD, Theme, Threading, Writing},
};

impl Client {
    pub fn choose_language(&self, language: Locale) {
        self.state.language.set(language);
        self.platform().set_cookie(i18n::COOKIE, i18n::tag(language));
    }

    pub fn choose_theme(&self, theme: Theme) {
        self.state.theme.set(theme);
        self.platform().set_cookie(Theme::COOKIE, theme.name());
    }

    pub fn choose_writing(&self, writing: Writing) {
        self.state.writing.set(writing);
        self.platform().set_cookie(Writing::COOKIE, writing.name());
    }

    /// Holds messages back for so many seconds after Send.
    pub fn choose_hold(&self, seconds: u32) {
        self.state.hold.set(seconds);
        self.platform().set_cookie(HOLD, &seconds.to_string());
    }

    pub fn choose_threading(&self, threading: Threading) {
        self.state.threading.set(threading);
        self.platform().set_cookie(Threading::COOKIE, threading.name());
        self.gather_again();
    }
}
