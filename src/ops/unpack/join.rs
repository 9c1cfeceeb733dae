//! Files cut in chunks, which may become whole again (DSP0243 1.1 §7.1).

use crate::base::{Error, ErrorKind, Result};
use crate::ova::staging::StagedFile;

/// A file that members are written to.
pub(super) struct Target {
    pub(super) file: StagedFile,
    /// Its name, which is the member's unless chunks are joined.
    pub(super) name: String,
    /// How many chunks were joined to it; 0 for a member that is a file of its own.
    pub(super) chunks: u32,
    /// Bytes written so far.
    pub(super) written: u64,
}

impl Target {
    /// The file for a member called `name`.
    pub(super) fn whole(name: &str, file: StagedFile) -> Self {
        Self {
            file,
            name: name.to_owned(),
            chunks: 0,
            written: 0,
        }
    }

    /// The file called `name` for chunks, of which chunk `number` is the first.
    pub(super) fn of_chunks(name: &str, number: u32, file: StagedFile) -> Result<Self> {
        Self::whole(name, file).with_chunk(number)
    }

    /// The same file, going on with the chunk `number`.
    pub(super) fn with_chunk(mut self, number: u32) -> Result<Self> {
        if self.chunks != number {
            return Err(out_of_order(u64::from(self.chunks)));
        }
        self.chunks += 1;
        Ok(self)
    }
}

/// Another chunk came than the one with the number `due`.
pub(super) fn out_of_order(due: u64) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!("chunk {due:09} of the file has to come here"),
    )
    .why("a file can be joined while it passes by only if its chunks come in order")
    .help("unpack the chunks as they are, without `--join` and `--disks`, and join them with `cat`")
}
