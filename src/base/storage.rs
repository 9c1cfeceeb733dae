//! Bytes that can be read at any offset, from many threads at once: what an
//! image file, a block device or a buffer in memory have in common.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::{Error, ErrorKind, Result};

/// A stretch of a storage, all data or all hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Bytes from the offset asked for; never 0.
    pub length: u64,
    /// Whether the stretch is known to read as zeros without being stored.
    pub hole: bool,
}

/// Readable at any offset through a shared reference.
pub trait Storage: Send + Sync {
    /// Length in bytes.
    fn length(&self) -> u64;

    /// Fills `buf` from `offset`. Reaching the end of the storage is an error
    /// of kind [`ErrorKind::Invalid`].
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()>;

    /// The longest known run from `offset` (below the length) that is all data
    /// or all hole. A storage that cannot tell calls everything data.
    fn run_at(&self, offset: u64) -> Result<Run> {
        Ok(Run {
            length: self.length().saturating_sub(offset),
            hole: false,
        })
    }
}

/// Tells one file from another, whatever the path that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileIdentity {
    /// Device and inode number.
    #[cfg(unix)]
    Inode(u64, u64),
    /// The canonical path, where inodes are not to be had.
    Path(PathBuf),
}

impl FileIdentity {
    /// Which file is at `path`, if one is.
    pub fn of(path: &Path) -> Option<Self> {
        identity(path, &std::fs::metadata(path).ok()?).ok()
    }
}

/// A file or block device opened for reading.
#[derive(Debug)]
pub struct FileStorage {
    file: File,
    path: PathBuf,
    length: u64,
    block_device: bool,
    identity: FileIdentity,
}

impl FileStorage {
    /// Opens a regular file or a block device. Anything else cannot be read at
    /// any offset and is refused without being opened: opening a pipe would
    /// wait for its writer.
    pub fn open(path: &Path) -> Result<Self> {
        let cannot = |error| Error::io("cannot open", path, error);
        refuse_unseekable(path, &std::fs::metadata(path).map_err(cannot)?)?;
        let file = open_at_once(path).map_err(cannot)?;
        // Looked at again: the name may mean another file by now.
        let about = file.metadata().map_err(cannot)?;
        refuse_unseekable(path, &about)?;
        let block_device = is_block_device(&about);
        let length = if block_device {
            // The metadata of a device has no length; its end has.
            use std::io::Seek as _;
            (&file)
                .seek(io::SeekFrom::End(0))
                .map_err(|error| Error::io("cannot find the size of the device", path, error))?
        } else {
            about.len()
        };
        Ok(Self {
            identity: identity(path, &about)?,
            file,
            path: path.to_path_buf(),
            length,
            block_device,
        })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file itself, for system calls.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Bytes of the file that take room on its file system, where that tells.
    pub fn allocated(&self) -> Option<u64> {
        allocated(&self.file)
    }

    /// Whether this is a block device.
    pub fn is_block_device(&self) -> bool {
        self.block_device
    }

    /// Which file this is.
    pub fn identity(&self) -> &FileIdentity {
        &self.identity
    }
}

impl Storage for FileStorage {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        // An offset out of a damaged file may be any number, and the system
        // would answer the largest ones with "invalid argument".
        if offset
            .checked_add(buf.len() as u64)
            .is_none_or(|end| end > self.length)
        {
            return Err(past_the_end(self.length, offset, buf.len() as u64).at(&self.path));
        }
        let mut done = 0;
        while done < buf.len() {
            let at = offset + done as u64;
            match read_at(&self.file, &mut buf[done..], at) {
                Ok(0) => {
                    return Err(past_the_end(at, offset, buf.len() as u64).at(&self.path));
                }
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Error::io("cannot read", &self.path, error)
                        .at_offset(at)
                        .why("the disk or network beneath the file refused the read")
                        .help(
                            "the system's log (`dmesg`) may tell more; save what can be read with \
                             ddrescue, or fetch the image again",
                        ));
                }
            }
        }
        Ok(())
    }

    fn run_at(&self, offset: u64) -> Result<Run> {
        let cannot =
            |error| Error::io("cannot look for holes", &self.path, error).at_offset(offset);
        let run = holes::run_at(&self.file, offset, self.length).map_err(cannot)?;
        let rest = self.length.saturating_sub(offset);
        if run.hole && run.length == rest && !self.block_device {
            // What lies behind the end of a file looks like a hole. Had the
            // file been cut meanwhile, its data would silently become zeros.
            let end = self.file.metadata().map_err(cannot)?.len();
            if end < self.length {
                return Err(past_the_end(end, offset, rest).at(&self.path));
            }
        }
        Ok(run)
    }
}

impl<S: Storage + ?Sized> Storage for std::sync::Arc<S> {
    fn length(&self) -> u64 {
        (**self).length()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        (**self).read_exact_at(offset, buf)
    }

    fn run_at(&self, offset: u64) -> Result<Run> {
        (**self).run_at(offset)
    }
}

impl Storage for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let source = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..start.checked_add(buf.len())?))
            .ok_or_else(|| past_the_end(self.length(), offset, buf.len() as u64))?;
        buf.copy_from_slice(source);
        Ok(())
    }
}

/// A directory was named where `file`, such as "a disk image", belongs.
pub fn is_directory(path: &Path, file: &str) -> Error {
    Error::usage(format!("this is a directory, not {file}"))
        .at(path)
        .help("name the file in it")
}

pub(super) fn past_the_end(end: u64, offset: u64, wanted: u64) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!("the file ends at byte {end}, but {wanted} bytes at offset {offset} are needed"),
    )
    .at_offset(offset)
    .why("the file was cut short, or is being written while it is read")
    .help("fetch or copy the image again and compare its checksum with the publisher's")
}

fn refuse_unseekable(path: &Path, about: &std::fs::Metadata) -> Result<()> {
    if about.is_dir() {
        return Err(is_directory(path, "a disk image"));
    }
    if !about.is_file() && !is_block_device(about) {
        return Err(Error::new(
            ErrorKind::Usage,
            "this is neither a file nor a block device",
        )
        .at(path)
        .why("a disk is read at many places at once, which a pipe or socket cannot do")
        .help("save it to a file first"));
    }
    Ok(())
}

/// Opens for reading without waiting, should the name have become a pipe's.
#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    File::options()
        .read(true)
        // The flag is a low bit everywhere.
        .custom_flags(i32::try_from(flags).unwrap_or(0))
        .open(path)
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

/// Whether metadata is that of a block device.
#[cfg(unix)]
pub fn is_block_device(about: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_block_device(&about.file_type())
}

/// Whether metadata is that of a block device; nothing here says so.
#[cfg(not(unix))]
pub fn is_block_device(_about: &std::fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn allocated(file: &File) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    // In units of 512 bytes, whatever a block of the file system has (stat(2)).
    Some(file.metadata().ok()?.blocks().saturating_mul(512))
}

#[cfg(not(unix))]
fn allocated(_file: &File) -> Option<u64> {
    None
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // finding the canonical path elsewhere can fail
fn identity(_path: &Path, about: &std::fs::Metadata) -> Result<FileIdentity> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(FileIdentity::Inode(about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path, _about: &std::fs::Metadata) -> Result<FileIdentity> {
    let canonical = path
        .canonicalize()
        .map_err(|error| Error::io("cannot resolve", path, error))?;
    Ok(FileIdentity::Path(canonical))
}

#[cfg(unix)]
mod holes {
    use super::{File, Run, io};
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;

    /// Asks the file system by `SEEK_DATA` and `SEEK_HOLE`. They move the file's
    /// own position, which nothing else here uses.
    pub(super) fn run_at(file: &File, offset: u64, length: u64) -> io::Result<Run> {
        let rest = length.saturating_sub(offset);
        let everything = Run {
            length: rest,
            hole: false,
        };
        let data = match seek(file, SeekFrom::Data(offset)) {
            Ok(data) => data,
            // No data from here to the end.
            Err(Errno::NXIO) => {
                return Ok(Run {
                    length: rest,
                    hole: true,
                });
            }
            // A device or a file system that cannot tell.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(everything),
            Err(error) => return Err(error.into()),
        };
        if data > offset {
            return Ok(Run {
                length: (data - offset).min(rest),
                hole: true,
            });
        }
        match seek(file, SeekFrom::Hole(offset)) {
            Ok(hole) if hole > offset => Ok(Run {
                length: (hole - offset).min(rest),
                hole: false,
            }),
            // The file was cut in this moment; whoever asks finds out how much.
            Err(Errno::NXIO) => Ok(Run {
                length: rest,
                hole: true,
            }),
            Ok(_) | Err(Errno::INVAL | Errno::OPNOTSUPP) => Ok(everything),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
mod holes {
    use super::{File, Run, io};

    #[allow(clippy::unnecessary_wraps)] // same shape as where the system is asked
    pub(super) fn run_at(_file: &File, offset: u64, length: u64) -> io::Result<Run> {
        Ok(Run {
            length: length.saturating_sub(offset),
            hole: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek as _, Write as _};

    #[test]
    fn a_sparse_file_shows_its_holes() {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        file.as_file().set_len(3 << 20).expect("grow");
        file.seek(io::SeekFrom::Start(1 << 20)).expect("seek");
        file.write_all(&[1; 4096]).expect("write");
        let storage = FileStorage::open(file.path()).expect("open");
        assert_eq!(storage.length(), 3 << 20);
        // Every file system Rust's tests run on either tells holes exactly or
        // calls everything data; both must cover the file without gaps.
        let mut at = 0;
        let mut data_seen = false;
        while at < storage.length() {
            let run = storage.run_at(at).expect("run");
            assert!(run.length > 0 && at + run.length <= storage.length());
            let holds_the_write = (at..at + run.length).contains(&(1 << 20));
            assert!(!(run.hole && holds_the_write));
            data_seen |= holds_the_write;
            at += run.length;
        }
        assert!(data_seen);
    }

    #[test]
    fn reading_past_the_end_says_where_the_end_is() {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        file.write_all(b"0123456789").expect("write");
        let storage = FileStorage::open(file.path()).expect("open");
        let mut buf = [0; 8];
        storage.read_exact_at(2, &mut buf).expect("inside");
        assert_eq!(&buf, b"23456789");
        for reader in [&storage as &dyn Storage, &b"0123456789".to_vec()] {
            let error = reader.read_exact_at(3, &mut buf).expect_err("past the end");
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.message().contains("ends at byte 10"), "{error}");
            assert!(reader.read_exact_at(u64::MAX, &mut buf).is_err());
        }
    }

    #[test]
    fn what_was_cut_off_meanwhile_is_no_hole() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), vec![1; 1 << 20]).expect("write");
        let storage = FileStorage::open(file.path()).expect("open");
        file.as_file().set_len(4096).expect("cut");
        // A file system that cannot tell holes calls everything data, and the
        // read fails instead.
        let met = storage.run_at(8192).and_then(|run| {
            assert!(!run.hole);
            storage.read_exact_at(8192, &mut [0; 512])
        });
        let error = met.expect_err("cut");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.place().path.as_deref(), Some(file.path()));
    }

    #[test]
    fn no_offset_is_too_large_to_be_told_from_a_failing_disk() {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        file.write_all(b"0123456789").expect("write");
        let storage = FileStorage::open(file.path()).expect("open");
        for offset in [10, 1 << 63, u64::MAX] {
            let error = storage.read_exact_at(offset, &mut [0; 8]).expect_err("far");
            assert_eq!(error.kind(), ErrorKind::Invalid, "{offset}");
        }
    }

    #[test]
    fn directories_and_missing_files_are_refused() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let error = FileStorage::open(dir.path()).expect_err("directory");
        assert_eq!(error.kind(), ErrorKind::Usage);
        let error = FileStorage::open(&dir.path().join("nothing")).expect_err("missing");
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.advice().is_some());
    }
}
