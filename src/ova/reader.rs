//! An archive, read member by member from front to back.
//!
//! The `tar` crate's own iterator is not used: it does not tell the dialect, the
//! offsets, how the archive ends and what follows it, and it gathers long names and
//! extended headers in memory whatever size they claim.

use serde::Serialize;

use super::fault::ArchiveFault;
use super::feed::{Feed, fill};
use super::header::{BLOCK, Dialect, Header, Kind};
use super::name::{MAX_NAME_BYTES, NameFault, SafeName};
use super::pax::Records;
use super::role::Role;
use super::zip::Files;
use crate::base::units::to_usize;
use crate::base::{Error, Result};

/// Most members that are read: a 100 GB disk in chunks of 4 MiB has 24,000. With
/// [`MAX_NAME_BYTES`] it bounds a list of members to some 64 MiB.
pub const MAX_MEMBERS: usize = 1 << 15;
/// Most bytes of an extended header or a long name. They hold some hundred bytes;
/// those of macOS may hold extended attributes.
pub const MAX_EXTENSION_BYTES: u64 = 1 << 20;
/// How far behind the end of an archive one looks for something that is not zero.
/// Programs fill up to 10 KiB, or to as much as a tape's block.
pub const TRAILER_BYTES: usize = 1 << 20;

/// A member as its header tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMember {
    /// Its name as stored; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Its path below a directory, or why it has none.
    pub path: Result<SafeName, NameFault>,
    /// Bytes of content.
    pub size: u64,
    /// Where its header begins, or its first one, if extended headers precede it.
    pub header_offset: u64,
    /// Where its content begins.
    pub data_offset: u64,
    /// What it is.
    pub kind: Kind,
    /// Its permissions, if the header tells them.
    pub mode: Option<u32>,
    /// When it was changed last, in seconds since 1970, if the header tells that.
    pub mtime: Option<u64>,
    /// How its header is written.
    pub dialect: Dialect,
}

impl StoredMember {
    /// What part it has in a package, by its name. Only files have one.
    pub fn role(&self) -> Role {
        match self.kind {
            Kind::File => Role::of(&self.name),
            _ => Role::Content,
        }
    }

    /// Refuses a descriptor, manifest or certificate of an unreasonable size.
    pub fn check_size(&self) -> Result<()> {
        let role = self.role();
        match role.most_bytes() {
            Some(most) if self.size > most => Err(role
                .too_large(self.size)
                .in_member(&self.name)
                .at_offset(self.header_offset)),
            _ => Ok(()),
        }
    }
}

/// How an archive ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// With two blocks of zeros, as it has to.
    Whole,
    /// With one.
    Short,
    /// With none: what follows may have been cut off.
    Missing,
}

/// What is known of an archive when all its members were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// How it ends.
    pub ending: Ending,
    /// Where something stands behind the end that is no filling of zeros.
    pub trailing: Option<u64>,
}

/// Reads an archive.
pub struct ArchiveReader {
    feed: Box<dyn Feed>,
    /// Whether the headers are made, for files of something else.
    made: bool,
    /// Bytes read or left out so far.
    position: u64,
    /// Bytes of the current member's content that are still to come.
    left: u64,
    /// Bytes that fill its last block.
    padding: u64,
    /// The current member's name, for errors.
    current: String,
    members: usize,
    /// Whether there were extended headers: those of POSIX.1-2001 are ustar's
    /// where they need no extension.
    pax: bool,
    global: Records,
    end: Option<End>,
}

/// What precedes a header and overrides it.
#[derive(Default)]
struct Extensions {
    begins: Option<u64>,
    records: Records,
    /// GNU's long name.
    name: Option<Vec<u8>>,
    /// Whether some of them are about the next member alone.
    own: bool,
}

impl ArchiveReader {
    /// An archive that begins with the first byte of `feed`.
    pub fn new(feed: Box<dyn Feed>) -> Self {
        Self {
            feed,
            made: false,
            position: 0,
            left: 0,
            padding: 0,
            current: String::new(),
            members: 0,
            pax: false,
            global: Records::default(),
            end: None,
        }
    }

    /// The `files` of a zip archive, for which headers are made.
    pub(super) fn of_files(files: Files) -> Self {
        Self {
            made: true,
            ..Self::new(Box::new(files))
        }
    }

    /// Whether the headers are made, so that their dialect tells nothing.
    pub fn is_made(&self) -> bool {
        self.made
    }

    /// How the archive ends, once [`Self::next`] has found no more members.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// The next member; what was not read of the one before is left out.
    #[allow(clippy::should_implement_trait)] // an iterator could not lend its content
    pub fn next(&mut self) -> Result<Option<StoredMember>> {
        self.skip_rest()?;
        let mut extensions = Extensions::default();
        while self.end.is_none() {
            let offset = self.position;
            let Some(block) = self.block()? else {
                self.end = Some(End {
                    ending: Ending::Missing,
                    trailing: None,
                });
                break;
            };
            if block == [0; BLOCK] {
                self.end = Some(self.ending()?);
                break;
            }
            let header = Header::read(&block, offset)?;
            match header.flag {
                b'g' => {
                    let content = self.extension(&header, offset)?;
                    let added = self.global.add(&content);
                    added.ok_or(ArchiveFault::Extension { offset })?;
                    self.pax = true;
                }
                b'x' => {
                    let content = self.extension(&header, offset)?;
                    let added = extensions.records.add(&content);
                    added.ok_or(ArchiveFault::Extension { offset })?;
                    self.pax = true;
                    extensions.own = true;
                }
                b'L' => {
                    extensions.name = Some(self.extension(&header, offset)?);
                    extensions.own = true;
                }
                // Where a link leads does not matter: links are not followed.
                b'K' => {
                    self.extension(&header, offset)?;
                }
                _ => return self.member(&header, offset, &extensions).map(Some),
            }
            extensions.begins.get_or_insert(offset);
        }
        match extensions.begins {
            // A header that is to override the next one promises a member.
            Some(offset) if extensions.own => Err(ArchiveFault::CutHeader { offset }.into()),
            _ => Ok(None),
        }
    }

    /// Reads content of the current member; 0 means its end, unless `buf` is empty.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let most = to_usize(self.left.min(buf.len() as u64));
        if most == 0 {
            // Not every decompressor is prepared to be asked for nothing.
            return Ok(0);
        }
        let count = self.feed.read(&mut buf[..most])?;
        if count == 0 {
            return Err(self.cut());
        }
        self.position += count as u64;
        self.left -= count as u64;
        Ok(count)
    }

    /// The rest of the current member's content, whose size is for the caller to
    /// judge before.
    pub fn read_whole(&mut self) -> Result<Vec<u8>> {
        // Grown as bytes come: the size may lie.
        let mut content = Vec::new();
        let mut chunk = vec![0; to_usize(self.left.min(1 << 16))];
        loop {
            match self.read(&mut chunk)? {
                0 => return Ok(content),
                count => content.extend_from_slice(&chunk[..count]),
            }
        }
    }

    fn member(
        &mut self,
        header: &Header,
        offset: u64,
        extensions: &Extensions,
    ) -> Result<StoredMember> {
        let records = &extensions.records;
        let stored = extensions
            .name
            .as_deref()
            .map(without_nuls)
            .or_else(|| records.path(&self.global))
            .unwrap_or(&header.name);
        let name = String::from_utf8_lossy(stored).into_owned();
        if stored.len() > MAX_NAME_BYTES {
            let length = stored.len();
            return Err(ArchiveFault::LongName { length, offset }.into());
        }
        if header.flag == b'S' || records.sparse || self.global.sparse {
            return Err(ArchiveFault::Sparse { name, offset }.into());
        }
        self.members += 1;
        if self.members > MAX_MEMBERS {
            return Err(ArchiveFault::Members { offset }.into());
        }
        let size = if header.kind.has_content() {
            records.size(&self.global).unwrap_or(header.size)
        } else {
            0
        };
        let fits = size
            .checked_next_multiple_of(BLOCK as u64)
            .filter(|padded| self.position.checked_add(*padded).is_some());
        let Some(padded) = fits else {
            return Err(ArchiveFault::Overflow { name, size, offset }.into());
        };
        self.left = size;
        self.padding = padded - size;
        self.current.clone_from(&name);
        Ok(StoredMember {
            path: SafeName::new(stored),
            name,
            size,
            header_offset: extensions.begins.unwrap_or(offset),
            data_offset: self.position,
            kind: header.kind,
            mode: header.mode,
            mtime: records.mtime(&self.global).or(header.mtime),
            dialect: if self.pax {
                Dialect::Pax
            } else {
                header.dialect
            },
        })
    }

    /// The content of an extended header.
    fn extension(&mut self, header: &Header, offset: u64) -> Result<Vec<u8>> {
        let size = header.size;
        if size > MAX_EXTENSION_BYTES {
            return Err(ArchiveFault::LargeExtension { size, offset }.into());
        }
        let mut content = vec![0; to_usize(size.next_multiple_of(BLOCK as u64))];
        let count = fill(&mut *self.feed, &mut content)?;
        self.position += count as u64;
        if count < content.len() {
            return Err(ArchiveFault::CutHeader { offset }.into());
        }
        content.truncate(to_usize(size));
        Ok(content)
    }

    /// The next block, if there is one.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let offset = self.position;
        let mut block = [0; BLOCK];
        let count = fill(&mut *self.feed, &mut block)?;
        self.position += count as u64;
        match count {
            0 => Ok(None),
            BLOCK => Ok(Some(block)),
            // A filling that was cut off takes nothing away.
            _ if block == [0; BLOCK] => Ok(None),
            _ => Err(ArchiveFault::CutHeader { offset }.into()),
        }
    }

    fn skip_rest(&mut self) -> Result<()> {
        let skipped = self.feed.skip(self.left)?;
        self.position += skipped;
        self.left -= skipped;
        if self.left > 0 {
            return Err(self.cut());
        }
        // An archive that ends before the filling has all of its content.
        self.position += self.feed.skip(self.padding)?;
        self.padding = 0;
        Ok(())
    }

    fn cut(&self) -> Error {
        let fault = ArchiveFault::CutMember {
            name: self.current.clone(),
            offset: self.position,
            missing: self.left,
        };
        fault.into()
    }

    /// Looks at what follows a first block of zeros. Reading on also lets a
    /// wrapper check its own sum, and a pipe's writer end in peace.
    fn ending(&mut self) -> Result<End> {
        const CHUNK: usize = 1 << 16;
        let begin = self.position;
        let mut chunk = vec![0; CHUNK];
        let (mut seen, mut trailing) = (0, None);
        while seen <= TRAILER_BYTES {
            let count = fill(&mut *self.feed, &mut chunk)?;
            let here = begin + seen as u64;
            let found = chunk[..count].iter().position(|byte| *byte != 0);
            trailing = trailing.or(found.map(|at| here + at as u64));
            seen += count;
            if count < CHUNK {
                break;
            }
        }
        self.position += seen as u64;
        if seen > TRAILER_BYTES {
            // No program fills up so far.
            trailing = trailing.or(Some(self.position));
        }
        let zeros = trailing.map_or(seen as u64, |at| at - begin);
        let ending = if zeros >= BLOCK as u64 {
            Ending::Whole
        } else {
            Ending::Short
        };
        Ok(End { ending, trailing })
    }
}

/// GNU ends a long name with a NUL.
fn without_nuls(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|byte| *byte != 0);
    &name[..end.map_or(0, |last| last + 1)]
}
