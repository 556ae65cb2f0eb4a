//! Puts the built site into the executable: with `PISMO_SITE` naming its folder, every file becomes an entry of a static table,
//! together with its compressed forms (`file.br`, `file.gz`). Without it the table is empty.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-env-changed=PISMO_SITE");
    let out =
        PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?).join("assets.rs");
    let Some(site) = env::var_os("PISMO_SITE").map(PathBuf::from) else {
        return fs::write(out, table("dev", ""));
    };
    println!("cargo::rerun-if-changed={}", site.display());
    let mut files = Vec::new();
    walk(&site, &mut files)?;
    files.sort();

    let mut hash = Fnv::default();
    let mut entries = String::new();
    for file in files.iter().filter(|file| !is_compressed(file)) {
        let bytes = fs::read(file)?;
        let path = file.strip_prefix(&site).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        hash.add(path.as_bytes());
        hash.add(&bytes);
        writeln!(
            entries,
            "    ({path:?}, include_bytes!({:?}), {}, {}),",
            file.display().to_string(),
            included(file, "br"),
            included(file, "gz"),
        )
        .map_err(io::Error::other)?;
    }
    fs::write(out, table(&format!("{:016x}", hash.0), &entries))
}

fn table(hash: &str, entries: &str) -> String {
    format!(
        "/// Changes with any file of the site.\npub const HASH: &str = {hash:?};\n\n\
         static ASSETS: &[Asset] = &[\n{entries}];\n"
    )
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether this file is another one's compressed form.
fn is_compressed(file: &Path) -> bool {
    matches!(file.extension().and_then(|extension| extension.to_str()), Some("br" | "gz"))
}

fn included(file: &Path, extension: &str) -> String {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    let compressed = PathBuf::from(name);
    if compressed.is_file() {
        format!("Some(include_bytes!({:?}))", compressed.display().to_string())
    } else {
        "None".to_owned()
    }
}

/// FNV-1a: enough to tell one build's files from another's.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
