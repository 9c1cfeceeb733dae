//! Packages: a descriptor, the files it refers to and a manifest of digests,
//! in a tar archive (OVA) or a directory (DSP0243 1.1 §5).
//!
//! The descriptor comes first and tells the sizes of files that follow it, so
//! room for it is kept when a package begins, and filled at the end. Nothing
//! here knows what a descriptor or a disk holds.

pub mod archive;
pub mod beside;
pub mod certificate;
pub mod chunk;
pub mod directory;
pub mod fault;
pub mod feed;
pub mod header;
pub mod listing;
pub mod manifest;
pub mod name;
pub mod open;
mod pax;
pub mod reader;
pub mod role;
pub mod staging;
pub mod survey;
pub mod wrapper;
pub mod zip;

use std::io::Write;

use crate::base::Result;
use manifest::Manifest;

/// A file that was put into a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name in the package.
    pub name: String,
    /// Bytes it holds.
    pub size: u64,
    /// Its digest in lower-case hexadecimal, when digests are taken.
    pub digest: Option<String>,
}

/// Writes the bytes of a member.
pub type MemberBody<'a> = dyn FnMut(&mut dyn Write) -> Result<()> + 'a;

/// A member being written: what is written to it are its bytes. A package with one that was
/// dropped before it was finished is of no use.
pub trait MemberWriter: Write {
    /// Ends the member.
    fn finish(self: Box<Self>) -> Result<Member>;
}

/// A package being written.
pub trait PackageWriter {
    /// Begins the package with room for a descriptor of at most `room` bytes.
    fn begin(&mut self, descriptor: &str, room: u64) -> Result<()>;

    /// Begins the member `name`, so that members of several packages can be written at once.
    fn open(&mut self, name: &str) -> Result<Box<dyn MemberWriter + '_>>;

    /// Adds the member `name`, whose bytes `body` writes.
    fn add(&mut self, name: &str, body: &mut MemberBody<'_>) -> Result<Member> {
        let mut member = self.open(name)?;
        body(&mut *member)?;
        member.finish()
    }

    /// Fills in the descriptor, which may be padded with newlines; `text` has
    /// at most the bytes there is room for.
    fn describe(&mut self, text: &str) -> Result<Member>;

    /// Adds the manifest, as the last member.
    fn add_manifest(&mut self, name: &str, manifest: &Manifest) -> Result<()> {
        let text = manifest.to_text();
        self.add(name, &mut |output| {
            output
                .write_all(text.as_bytes())
                .map_err(crate::base::Error::write)
        })?;
        Ok(())
    }
}
