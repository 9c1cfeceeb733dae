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

/// The file that `name` is a chunk of, and the chunk's number.
pub(super) fn chunk_of(name: &str) -> Option<(&str, u32)> {
    let (whole, digits) = name.rsplit_once('.')?;
    let is_number = digits.len() == 9 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number)?;
    (!whole.is_empty() && !whole.ends_with('/')).then_some((whole, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_known_by_nine_digits() {
        assert_eq!(chunk_of("a.vmdk.000000012"), Some(("a.vmdk", 12)));
        for name in [
            "a.vmdk",
            "a.00000001",
            "a.+00000001",
            ".000000000",
            "a/.000000000",
            "000000000",
        ] {
            assert_eq!(chunk_of(name), None, "{name}");
        }
    }
}
