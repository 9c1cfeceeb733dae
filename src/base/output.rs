//! Output that appears whole or not at all.
//!
//! Everything is written to a temporary file in the directory of the final
//! name, so that the last step, a rename, is atomic. Until then dropping the
//! value removes what was written. Nothing is finalised by a drop.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::base::progress::Observer;
use crate::base::storage::is_block_device;
use crate::base::writeback::Writeback;
use crate::base::{Error, ErrorKind, Result};

/// How standard output is called, for people.
pub const STANDARD_OUTPUT: &str = "(standard output)";

/// What to do when the final name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Refuse.
    Never,
    /// Replace the file.
    Allowed,
}

/// A file on its way to `path`.
#[derive(Debug)]
pub struct OutputFile {
    /// None where the system grants no thread or handle for it.
    writeback: Option<Writeback>,
    temporary: NamedTempFile,
    path: PathBuf,
    overwrite: Overwrite,
}

impl OutputFile {
    /// Begins a file that is to become `path`. Without leave to overwrite, a
    /// file that is already there is refused here, before any work is done.
    pub fn create(path: &Path, overwrite: Overwrite) -> Result<Self> {
        refuse_existing(path, overwrite)?;
        // Through a symbolic link the file it points at is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let directory = directory_of(&path);
        let temporary = partial(0o666)
            .tempfile_in(directory)
            .map_err(|error| Error::io("cannot write in this directory", directory, error))?;
        let writeback = Writeback::begin(temporary.as_file()).ok();
        Ok(Self {
            writeback,
            temporary,
            path,
            overwrite,
        })
    }

    /// The name the file will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file under its temporary name.
    pub fn file_mut(&mut self) -> &mut File {
        self.temporary.as_file_mut()
    }

    /// Makes the bytes durable, which may take long and fail. [`commit`](Self::commit) does
    /// so too; done before, it leaves little to wait for.
    pub fn sync(&mut self) -> Result<()> {
        let writeback = self.writeback.take();
        writeback
            .map_or(Ok(()), Writeback::finish)
            .and_then(|()| self.temporary.as_file().sync_all())
            .map_err(|error| Error::write(error).at(&self.path))
    }

    /// Makes the bytes durable and gives the file its name.
    pub fn commit(mut self) -> Result<()> {
        self.sync()?;
        let Self {
            writeback: _,
            temporary,
            path,
            overwrite,
        } = self;
        let persisted = match overwrite {
            // Some network and removable file systems have neither a rename
            // that refuses to replace nor hard links: there, looking first has
            // to do.
            Overwrite::Never => temporary.persist_noclobber(&path).or_else(|failed| {
                if failed.error.kind() == io::ErrorKind::AlreadyExists || path.exists() {
                    Err(failed)
                } else {
                    failed.file.persist(&path)
                }
            }),
            Overwrite::Allowed => temporary.persist(&path),
        };
        match persisted {
            Ok(_) => Ok(()),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(exists(&path))
            }
            Err(failed) => Err(Error::io(
                "cannot give the output its name",
                &path,
                failed.error,
            )),
        }
    }
}

/// The directory a file called `path` is in.
pub fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes what is on its way to its name. The process's umask takes its part of
/// `mode`, as for any other new file.
pub fn partial(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ovfkit-").suffix(".partial");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

/// An unnamed file to gather output for a pipe in; gone when dropped.
#[derive(Debug)]
pub struct Spool {
    file: File,
}

impl Spool {
    /// An empty spool in the directory for temporary files.
    pub fn create() -> Result<Self> {
        let directory = std::env::temp_dir();
        let file = tempfile::tempfile_in(&directory).map_err(|error| {
            Error::io(
                "cannot gather the output in the directory for temporary files",
                &directory,
                error,
            )
            .help("set TMPDIR to a directory with room for the whole output")
        })?;
        Ok(Self { file })
    }

    /// The spool's file.
    pub fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    fn read_error(error: io::Error) -> Error {
        Error::io(
            "cannot read back what was gathered",
            &std::env::temp_dir(),
            error,
        )
    }

    /// Names the spool in an `error` of writing to it.
    pub fn place(error: Error) -> Error {
        if error.kind() == ErrorKind::Io && error.place().path.is_none() {
            return error
                .at(&std::env::temp_dir())
                .why("output for a pipe is gathered in a temporary file first")
                .help("set TMPDIR to a directory with room for the whole output");
        }
        error
    }

    /// Copies everything gathered, `length` bytes, to `target`, called `name`
    /// in errors.
    pub fn pour(
        mut self,
        length: u64,
        target: &mut dyn Write,
        name: &Path,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        const CHUNK: usize = 1 << 20;
        let mut chunk = vec![0; CHUNK];
        observer.begin("output", length);
        self.file
            .seek(SeekFrom::Start(0))
            .map_err(Self::read_error)?;
        loop {
            let count = match self.file.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Self::read_error(error)),
            };
            target
                .write_all(&chunk[..count])
                .map_err(|error| Error::write(error).at(name))?;
            if observer.advanced(count as u64).is_break() {
                return Err(Error::new(
                    ErrorKind::Cancelled,
                    "stopped as asked; the output is incomplete",
                )
                .at(name));
            }
        }
        target.flush().map_err(|error| Error::write(error).at(name))
    }
}

/// Whether `path` is a pipe or a device, which is written to and not replaced.
pub fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir())
}

/// Opens `path`, which [is a stream](is_stream). A block device may hold something,
/// which needs leave to be overwritten.
pub fn open_stream(path: &Path, overwrite: Overwrite) -> Result<File> {
    let device = std::fs::metadata(path).is_ok_and(|about| is_block_device(&about));
    if device && overwrite == Overwrite::Never {
        return Err(
            Error::new(ErrorKind::Exists, "the output is a block device")
                .at(path)
                .why("what is on it would be overwritten")
                .help("pass `--force` if it may be, or name a file with `-o`"),
        );
    }
    let opened = File::options().write(true).open(path);
    opened.map_err(|error| Error::io("cannot write", path, error))
}

/// Refuses a name that is taken, unless overwriting is allowed and possible.
pub fn refuse_existing(path: &Path, overwrite: Overwrite) -> Result<()> {
    let ends_as_directory = path
        .as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|last| std::path::is_separator(char::from(*last)));
    if !path.is_dir() && (ends_as_directory || path.file_name().is_none()) {
        return Err(Error::usage("the output's name is no file's")
            .at(path)
            .help("name a file; `pack` makes directories with `--format ovf`"));
    }
    match std::fs::symlink_metadata(path) {
        Err(_) => Ok(()),
        Ok(_) if path.is_dir() => Err(Error::new(ErrorKind::Usage, "the output is a directory")
            .at(path)
            .help("name a file in it; `pack` makes directories with `--format ovf`")),
        Ok(_) if overwrite == Overwrite::Allowed => Ok(()),
        Ok(_) => Err(exists(path)),
    }
}

fn exists(path: &Path) -> Error {
    Error::new(ErrorKind::Exists, "the output exists already")
        .at(path)
        .help("pass `--force` to replace it, or choose another name with `-o`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Unobserved;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).expect("list");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_has_the_final_name_before_commit() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("vm.ova");
        let mut output = OutputFile::create(&path, Overwrite::Never).expect("create");
        output.file_mut().write_all(b"whole").expect("write");
        assert!(!path.exists());
        output.commit().expect("commit");
        assert_eq!(std::fs::read(&path).expect("read"), b"whole");
        assert_eq!(names(dir.path()), ["vm.ova"]);
    }

    #[test]
    fn dropping_leaves_nothing() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let output = OutputFile::create(&dir.path().join("vm.ova"), Overwrite::Never);
        drop(output.expect("create"));
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn an_existing_file_is_kept_unless_overwriting_is_allowed() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("vm.ova");
        let first = OutputFile::create(&path, Overwrite::Never).expect("free");
        std::fs::write(&path, "in the way").expect("write");
        let error = OutputFile::create(&path, Overwrite::Never).expect_err("taken");
        assert_eq!(error.kind(), ErrorKind::Exists);
        // Taken after the work began: found at the end.
        assert_eq!(first.commit().expect_err("taken").kind(), ErrorKind::Exists);
        assert_eq!(std::fs::read(&path).expect("read"), b"in the way");
        let second = OutputFile::create(&path, Overwrite::Allowed).expect("allowed");
        second.commit().expect("replace");
        assert_eq!(std::fs::read(&path).expect("read"), b"");
        assert_eq!(names(dir.path()), ["vm.ova"]);
    }

    #[test]
    fn a_name_no_file_can_have_is_refused_before_the_work() {
        let dir = tempfile::tempdir().expect("temporary directory");
        for name in ["", "new/", "new/.."] {
            let path = match name {
                "" => PathBuf::new(),
                name => dir.path().join(name),
            };
            let error = OutputFile::create(&path, Overwrite::Allowed).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Usage, "{name}");
        }
    }

    #[test]
    fn a_spool_pours_what_it_gathered() {
        let mut spool = Spool::create().expect("spool");
        spool.file_mut().write_all(b"gathered").expect("write");
        let mut target = Vec::new();
        spool
            .pour(8, &mut target, Path::new("-"), &mut Unobserved)
            .expect("pour");
        assert_eq!(target, b"gathered");
    }

    #[test]
    fn an_observer_stops_the_pouring() {
        struct Stop;
        impl Observer for Stop {
            fn advanced(&mut self, _amount: u64) -> std::ops::ControlFlow<()> {
                std::ops::ControlFlow::Break(())
            }
        }
        let mut spool = Spool::create().expect("spool");
        spool
            .file_mut()
            .write_all(&vec![7; 3 << 20])
            .expect("write");
        let mut target = Vec::new();
        let error = spool
            .pour(3 << 20, &mut target, Path::new("-"), &mut Stop)
            .expect_err("stopped");
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(target.len(), 1 << 20);
    }
}
