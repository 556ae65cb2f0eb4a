//! Files without a name: what is too large for memory while it is on its way. They are gone when nobody has them any more,
//! however that comes about.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    os::unix::fs::FileExt,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, ReadBuf};

/// How much is gathered before it is written.
const GATHERED: usize = 64 * 1024;

/// A file that is gone when it is closed. On Linux it never has a name, so that nothing stays of it whenever Pismo dies.
pub fn nameless(folder: &Path) -> io::Result<File> {
    tempfile::tempfile_in(folder)
}

/// What was written to such a file, and does not change any more. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Spooled {
    file: Arc<File>,
    size: u64,
}

impl Spooled {
    /// Keeps what is written, in this folder.
    pub fn write(folder: &Path, write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> io::Result<Spooled> {
        let file = nameless(folder)?;
        let mut out = BufWriter::with_capacity(GATHERED, &file);
        write(&mut out)?;
        out.flush()?;
        drop(out);
        let size = file.metadata()?.len();
        Ok(Spooled { file: Arc::new(file), size })
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads it from its beginning; several can at once.
    pub fn reader(&self) -> Reader {
        Reader { file: self.file.clone(), at: 0 }
    }
}

/// Where somebody is who reads what was spooled.
#[derive(Debug)]
pub struct Reader {
    file: Arc<File>,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl AsyncRead for Reader {
    /// Never waits: it was written a moment ago, and is in the system's memory.
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = self.get_mut().read(buffer.initialize_unfilled())?;
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn what_was_written_is_read_from_its_beginning_by_everybody() {
        let folder = std::env::temp_dir().join(format!("pismo-spool-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let bytes: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
        let spooled = Spooled::write(&folder, |out| out.write_all(&bytes)).expect("room");
        assert_eq!(spooled.size(), bytes.len() as u64);
        assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 0, "it has no name");
        let (mut one, mut other) = (spooled.reader(), spooled.reader());
        let mut beginning = [0; 10];
        Read::read_exact(&mut one, &mut beginning).expect("ten bytes");
        let mut all = Vec::new();
        AsyncReadExt::read_to_end(&mut other, &mut all).await.expect("all");
        assert!(all == bytes && beginning == bytes[..10]);
        let refused = Spooled::write(&folder, |_| Err(io::Error::other("no room")));
        assert!(refused.is_err() && Spooled::write(&folder.join("nowhere"), |_| Ok(())).is_err());
        std::fs::remove_dir(&folder).expect("an empty folder");
    }
}
