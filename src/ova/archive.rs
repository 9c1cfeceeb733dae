//! The single-file form: a tar archive (DSP0243 1.1 §5.3).
//!
//! Headers are plain ustar (POSIX.1-1988), because importers refuse PAX and
//! some refuse GNU's. What ustar's octal field cannot say, a member of 8 GiB
//! and more, is said in base 256, the one extension importers read.

use std::io::{self, Seek, SeekFrom, Write};

use crate::base::digest::{Algorithm, DigestWriter};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::ova::{Member, MemberWriter, PackageWriter};

/// Bytes of a tar block.
const BLOCK: u64 = 512;
/// Longest member name: the header's name field. Its prefix field, which could
/// hold more, is read by few importers.
pub const NAME_BYTES: usize = 100;
/// First member size that ustar's eleven octal digits cannot hold: 8 GiB.
pub const OCTAL_LIMIT: u64 = 1 << 33;
/// Modification time of all members where none is given: 2000-01-01, because
/// GNU tar warns of the epoch itself.
pub const DEFAULT_TIME: u64 = 946_684_800;

/// An archive being written to something that can seek back to a header.
pub struct ArchiveWriter<W> {
    output: W,
    /// Bytes written.
    position: u64,
    /// Seconds since 1970 every header tells.
    time: u64,
    algorithm: Option<Algorithm>,
    descriptor: Option<Slot>,
}

/// Room kept for a file whose content is known later.
#[derive(Debug)]
pub struct Slot {
    name: String,
    /// Where its header stands.
    header: u64,
    /// Blocks kept behind the header.
    blocks: u64,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// An empty archive; `time` is every member's, in seconds since 1970.
    pub fn new(output: W, time: u64, algorithm: Option<Algorithm>) -> Self {
        Self {
            output,
            position: 0,
            time,
            algorithm,
            descriptor: None,
        }
    }

    /// Ends the archive with two blocks of zeros; returns its length in bytes.
    pub fn finish(mut self) -> Result<u64> {
        self.write_zeros(2 * BLOCK)?;
        self.output.flush().map_err(Error::write)?;
        Ok(self.position)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes).map_err(Error::write)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn write_zeros(&mut self, count: u64) -> Result<()> {
        let zeros = [0; 4096];
        let mut left = count;
        while left > 0 {
            let now = left.min(zeros.len() as u64);
            self.write(&zeros[..to_usize(now)])?;
            left -= now;
        }
        Ok(())
    }

    fn pad(&mut self) -> Result<()> {
        self.write_zeros(self.position.next_multiple_of(BLOCK) - self.position)
    }

    /// Writes `bytes` at `place`, and returns to the end.
    fn patch(&mut self, place: u64, bytes: &[u8]) -> Result<()> {
        self.output
            .seek(SeekFrom::Start(place))
            .and_then(|_| self.output.write_all(bytes))
            .and_then(|()| self.output.seek(SeekFrom::Start(self.position)))
            .map_err(Error::write)?;
        Ok(())
    }

    /// Keeps room for the file `name` of at most `room` bytes.
    pub fn reserve(&mut self, name: &str, room: u64) -> Result<Slot> {
        let slot = Slot {
            name: name.to_owned(),
            header: self.position,
            blocks: room.div_ceil(BLOCK),
        };
        self.write_zeros((1 + slot.blocks) * BLOCK)?;
        Ok(slot)
    }

    /// Fills in the file room was kept for; it has to end in the last block of that.
    pub fn fill(&mut self, slot: Slot, bytes: &[u8]) -> Result<Member> {
        let size = bytes.len() as u64;
        if size.div_ceil(BLOCK) != slot.blocks {
            return Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "{size} bytes do not end in the last of {} blocks kept for them",
                    slot.blocks
                ),
            )
            .in_member(&slot.name));
        }
        let mut content = header(&slot.name, size, self.time)?.to_vec();
        content.extend_from_slice(bytes);
        self.patch(slot.header, &content)?;
        Ok(Member {
            size,
            digest: self.algorithm.map(|algorithm| algorithm.digest(bytes)),
            name: slot.name,
        })
    }

    /// Adds the member `name` of `size` bytes, which `body` writes to the output itself at
    /// the place it is told, wherever that leaves the output.
    pub fn place(
        &mut self,
        name: &str,
        size: u64,
        body: &mut dyn FnMut(&mut W, u64) -> Result<()>,
    ) -> Result<()> {
        check_name(name)?;
        let header = header(name, size, self.time)?;
        self.write(&header)?;
        body(&mut self.output, self.position)?;
        self.position += size;
        let moved = self.output.seek(SeekFrom::Start(self.position));
        moved.map_err(Error::write)?;
        self.pad()
    }
}

/// The header of a file, of which it tells the `name`, the `size` and the `time` in seconds
/// since 1970.
pub fn header(name: &str, size: u64, time: u64) -> Result<[u8; 512]> {
    let mut header = tar::Header::new_ustar();
    header
        .set_path(name)
        .map_err(|error| Error::write(error).in_member(name))?;
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(time);
    header.set_cksum();
    Ok(*header.as_bytes())
}

impl<W: Write + Seek> PackageWriter for ArchiveWriter<W> {
    fn begin(&mut self, descriptor: &str, room: u64) -> Result<()> {
        self.descriptor = Some(self.reserve(descriptor, room)?);
        Ok(())
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn MemberWriter + '_>> {
        check_name(name)?;
        let header = self.position;
        self.write_zeros(BLOCK)?;
        let algorithm = self.algorithm;
        Ok(Box::new(ArchiveMember {
            name: name.to_owned(),
            header,
            content: DigestWriter::new(Body(self), algorithm),
        }))
    }

    fn describe(&mut self, text: &str) -> Result<Member> {
        let Some(slot) = self.descriptor.take() else {
            return Err(Error::new(
                ErrorKind::Internal,
                "no room was kept for the descriptor",
            ));
        };
        let mut bytes = text.as_bytes().to_vec();
        // White space behind the root element is legal XML; a shorter text
        // gets as much of it as makes it end in its slot's last block.
        let least = (slot.blocks.max(1) - 1) * BLOCK + 1;
        bytes.resize(bytes.len().max(to_usize(least)), b'\n');
        self.fill(slot, &bytes)
    }
}

/// A member being written behind the room for its header.
struct ArchiveMember<'a, W> {
    name: String,
    /// Where its header stands.
    header: u64,
    content: DigestWriter<Body<'a, W>>,
}

impl<W: Write + Seek> Write for ArchiveMember<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.content.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush()
    }
}

impl<W: Write + Seek> MemberWriter for ArchiveMember<'_, W> {
    fn finish(self: Box<Self>) -> Result<Member> {
        let Self {
            name,
            header,
            content,
        } = *self;
        let (Body(archive), size, digest) = content.finish();
        archive.pad()?;
        let bytes = self::header(&name, size, archive.time)?;
        archive.patch(header, &bytes)?;
        Ok(Member { name, size, digest })
    }
}

/// The archive as what a member's bytes are written to.
struct Body<'a, W>(&'a mut ArchiveWriter<W>);

impl<W: Write> Write for Body<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.0.output.write(bytes)?;
        self.0.position += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.output.flush()
    }
}

/// A member's name has to fit the header and mean a file beside the others.
pub fn check_name(name: &str) -> Result<()> {
    if name.len() > NAME_BYTES {
        return Err(Error::new(
            ErrorKind::LimitExceeded,
            format!(
                "the file name `{name}` has {} bytes; an OVA holds at most {NAME_BYTES}",
                name.len()
            ),
        )
        .help("choose a shorter name with `--name`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read as _};

    fn pack(room: u64, text: &str, disk: &[u8]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut archive = ArchiveWriter::new(&mut bytes, 7, Some(Algorithm::Sha256));
        archive.begin("vm.ovf", room).unwrap();
        let member = archive
            .add("vm.vmdk", &mut |output| {
                output.write_all(disk).map_err(Error::write)
            })
            .unwrap();
        assert_eq!(member.size, disk.len() as u64);
        assert_eq!(member.digest, Some(Algorithm::Sha256.digest(disk)));
        archive.describe(text).unwrap();
        let length = archive.finish().unwrap();
        assert_eq!(length, bytes.get_ref().len() as u64);
        bytes.into_inner()
    }

    #[test]
    fn members_come_back_in_order() {
        for (room, text) in [(5, "short"), (5000, "short"), (512, &*"x".repeat(512))] {
            let bytes = pack(room, text, &[9; 1000]);
            let mut archive = tar::Archive::new(bytes.as_slice());
            let mut found = Vec::new();
            for entry in archive.entries().unwrap() {
                let mut entry = entry.unwrap();
                assert_eq!(&entry.header().as_bytes()[257..265], b"ustar\x0000");
                assert_eq!(entry.header().mtime().unwrap(), 7);
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                found.push((entry.path().unwrap().display().to_string(), content));
            }
            assert_eq!(found.len(), 2);
            assert_eq!(found[0].0, "vm.ovf");
            let descriptor = String::from_utf8(found[0].1.clone()).unwrap();
            assert_eq!(descriptor.trim_end_matches('\n'), text);
            assert_eq!(found[1], ("vm.vmdk".to_owned(), vec![9; 1000]));
        }
    }

    #[test]
    fn large_members_are_told_in_base_256() {
        for size in [OCTAL_LIMIT - 1, OCTAL_LIMIT, 1 << 41] {
            let bytes = header("vm.vmdk", size, 0).unwrap();
            let header = tar::Header::from_byte_slice(&bytes);
            assert_eq!(header.entry_size().unwrap(), size);
            assert_eq!(bytes[124] & 0x80 != 0, size >= OCTAL_LIMIT);
            assert_eq!(&bytes[257..265], b"ustar\x0000");
        }
    }

    #[test]
    fn a_failing_body_and_an_overlong_descriptor_are_errors() {
        let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), 0, None);
        archive.begin("vm.ovf", 512).unwrap();
        let failed = archive.add("x", &mut |_| Err(Error::usage("body")));
        assert_eq!(failed.unwrap_err().message(), "body");
        let error = archive.describe(&"x".repeat(513)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(archive.add(&"n".repeat(101), &mut |_| Ok(())).is_err());
    }
}
