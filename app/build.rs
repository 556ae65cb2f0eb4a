//! Makes code of the words in `locales`, so that a missing or misspelt key is a compile error.
//!
//! What `leptos_i18n_build` would do, without the ICU data it brings along.

use std::{env, error::Error, fs, path::PathBuf};

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=locales");
    // Texts with values in them are also needed as strings, for titles and labels.
    let options = ParseOptions::new().interpolate_display(true);
    let config = Config::new("en")?.add_locale("ru")?.parse_options(options);
    let words = parse_locales(None, config)?;
    let code = leptos_i18n_codegen::gen_code(&words, None, false, None, false)?;
    let file = PathBuf::from(env::var("OUT_DIR")?).join("words.rs");
    fs::write(file, code.to_string())?;
    Ok(())
}
