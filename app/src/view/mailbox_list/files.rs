//! Mail in files that is to go into a folder: dropped on it, or chosen on a page of its own.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::{
    route::encode,
    wire::{Mailbox, Right},
};

/// Whether mail may be put there.
pub(super) fn takes_files(mailbox: &Mailbox) -> bool {
    mailbox.selectable && mailbox.shared.is_none() && mailbox.may(Right::Insert)
}

/// The folder as a person would type it: with `/` between levels.
pub(super) fn prefix(mailbox: &Mailbox) -> String {
    match mailbox.delimiter {
        Some(delimiter) => mailbox.path.replace(delimiter, "/"),
        None => mailbox.path.clone(),
    }
}

/// The page on which files are chosen for this folder.
pub(super) fn url(mailbox: &Mailbox) -> String {
    format!("/collectors/files?prefix={}", encode(&prefix(mailbox)))
}

/// Sends files as the form of that page does; what is in them is shown before any of it is brought. None of it where the
/// browser does not let a page do that.
pub(super) fn send(files: &web_sys::FileList, prefix: &str) -> Option<()> {
    let document = document();
    let form: web_sys::HtmlFormElement = document.create_element("form").ok()?.dyn_into().ok()?;
    form.set_method("post");
    form.set_enctype("multipart/form-data");
    form.set_action("/collectors/files");
    form.set_hidden(true);
    let field = |name: &str, kind: &str| -> Option<web_sys::HtmlInputElement> {
        let field: web_sys::HtmlInputElement = document.create_element("input").ok()?.dyn_into().ok()?;
        field.set_type(kind);
        field.set_name(name);
        form.append_child(&field).ok()?;
        Some(field)
    };
    field("prefix", "hidden")?.set_value(prefix);
    field("files", "file")?.set_files(Some(files));
    field("look", "hidden")?.set_value("1");
    document.body()?.append_child(&form).ok()?;
    form.submit().ok()
}
