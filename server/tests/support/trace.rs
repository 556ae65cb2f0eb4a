//! What passed on the lines of a test and what was done in it, in the order of time, for whoever looks into one that failed.

use std::{
    fs::File,
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Instant,
};

/// Written to a file of the folder that `PISMO_TRACE` names; else nowhere.
#[derive(Clone)]
pub struct Trace(Option<Arc<Open>>);

struct Open {
    since: Instant,
    file: Mutex<File>,
}

impl Trace {
    pub fn start(name: &str) -> Trace {
        let folder = std::env::var_os("PISMO_TRACE").map(PathBuf::from).filter(|folder| folder.is_dir());
        Trace(folder.map(|folder| {
            let file = Mutex::new(File::create(folder.join(name)).expect("a file for the trace"));
            Arc::new(Open { since: Instant::now(), file })
        }))
    }

    /// Something happened at a line of this number.
    pub fn note(&self, what: &str, line: u64, text: &str) {
        let Some(open) = &self.0 else { return };
        let mut file = open.file.lock().expect("the trace");
        writeln!(file, "{:9.3} {line} {what} {text}", open.since.elapsed().as_secs_f64()).expect("the trace");
    }

    /// Bytes passed at a line of this number.
    pub fn bytes(&self, direction: &str, line: u64, bytes: &[u8]) {
        if self.0.is_some() {
            String::from_utf8_lossy(bytes)
                .split_inclusive('\n')
                .for_each(|text| self.note(direction, line, &format!("{text:?}")));
        }
    }
}
