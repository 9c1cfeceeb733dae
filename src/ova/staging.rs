//! Files on their way into a directory, which get their names all at once.

mod file;

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir, TempPath};

use crate::base::output::{Overwrite, directory_of, partial};
use crate::base::storage::FileStorage;
use crate::base::writeback::Durability;
use crate::base::{Error, ErrorKind, Result};

pub use file::StagedFile;

/// What may lie in a directory besides what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Nothing, unless overwriting is allowed.
    Refused,
    /// Anything; it stays.
    Kept,
}

/// Files that are written beside their final place. Until they are committed,
/// dropping this removes them.
///
/// They are written into a fresh directory, where nobody can have put a link that
/// leads elsewhere, and moved from there. On the way to the place of a file no link
/// is followed either.
#[derive(Debug)]
pub struct Staging {
    temporary: TempDir,
    path: PathBuf,
    /// Whether the directory was there before. It stays then, because it may be
    /// a mount point or somebody's current directory, and files move into it.
    existed: bool,
    overwrite: Overwrite,
    others: Others,
    durability: Durability,
    /// The option that chooses the directory, for advice.
    option: &'static str,
    /// Files in the order they were begun, with `/` between the parts of a path.
    files: Vec<String>,
    /// How many of them are as durable as they have to be.
    durable: usize,
}

impl Staging {
    /// Begins files that are to lie in the directory `path`, which `option` of the
    /// command line chooses. If it is not there, it is made.
    pub fn create(
        path: &Path,
        overwrite: Overwrite,
        others: Others,
        option: &'static str,
    ) -> Result<Self> {
        let existed = check_target(path, option)?;
        let beside = if existed { path } else { directory_of(path) };
        if existed {
            refuse_filled(path, overwrite, others, None, option)?;
        }
        let temporary = partial(0o777)
            .tempdir_in(beside)
            .map_err(|error| Error::io("cannot write in this directory", beside, error))?;
        Ok(Self {
            temporary,
            path: path.to_path_buf(),
            existed,
            overwrite,
            others,
            durability: Durability::default(),
            option,
            files: Vec::new(),
            durable: 0,
        })
    }

    /// The same, with files that have to be on the disk when `durability` says.
    #[must_use]
    pub fn lasting(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Begins the file `name`, a relative path that leads nowhere upward. One that
    /// is there already is refused now, before any work is done on it.
    pub fn file(&mut self, name: &str) -> Result<StagedFile> {
        if self.existed {
            self.check_place(name)?;
        }
        let path = self.temporary.path().join(name);
        let place = self.path.join(name);
        let refused = |error| Error::write(error).at(&place);
        std::fs::create_dir_all(directory_of(&path)).map_err(refused)?;
        let file = File::create_new(&path).map_err(refused)?;
        self.files.push(name.to_owned());
        let durability = self.durability.for_file(&file);
        Ok(StagedFile::new(file, durability, place))
    }

    /// The file `name`, which was written, to be read again.
    pub fn reopen(&self, name: &str) -> Result<File> {
        File::open(self.temporary.path().join(name))
            .map_err(|error| Error::io("cannot read back", &self.path.join(name), error))
    }

    /// The file `name`, which was written, to be read at any place of it.
    pub fn storage(&self, name: &str) -> Result<FileStorage> {
        FileStorage::open(&self.temporary.path().join(name))
    }

    /// Takes out the files `names`, which were written and are needed on the way only: their
    /// names are free for others, and they go when what is handed back is dropped.
    pub fn put_aside(&mut self, names: &[String]) -> Result<Vec<TempPath>> {
        let gone: HashSet<_> = names.iter().collect();
        self.files.retain(|file| !gone.contains(file));
        self.durable = 0;
        let aside = |name: &String| {
            let place = self.scratch()?.into_temp_path();
            std::fs::rename(self.temporary.path().join(name), &place)
                .map_err(|error| Error::io("cannot rename", &self.path.join(name), error))?;
            Ok(place)
        };
        names.iter().map(aside).collect()
    }

    /// A file for what is needed on the way only; gone when dropped.
    pub fn scratch(&self) -> Result<NamedTempFile> {
        partial(0o600)
            .tempfile_in(self.temporary.path())
            .map_err(|error| Error::io("cannot write in this directory", &self.path, error))
    }

    /// Makes the files as durable as they have to be, which may take long and fail.
    /// [`commit`](Self::commit) does so too; done before, it leaves little to wait for.
    pub fn sync(&mut self) -> Result<()> {
        for name in &self.files[self.durable..] {
            let sync = |file: File| match self.durability.for_file(&file) {
                Durability::Synced => file.sync_all(),
                Durability::Cached => Ok(()),
            };
            // Windows syncs nothing through a file that is open for reading only.
            File::options()
                .write(true)
                .open(self.temporary.path().join(name))
                .and_then(sync)
                .map_err(|error| Error::write(error).at(&self.path.join(name)))?;
        }
        self.durable = self.files.len();
        Ok(())
    }

    /// Makes the files as durable as they have to be and gives them their final place.
    pub fn commit(mut self) -> Result<()> {
        self.sync()?;
        let names = Names::of(&self);
        if self.existed {
            self.move_in()?;
            names.sync();
            return Ok(());
        }
        // Checked again: much time has passed since the beginning.
        if check_target(&self.path, self.option)? {
            self.refuse_filled()?;
        }
        std::fs::rename(self.temporary.path(), &self.path)
            .map_err(|error| unnamed(&self.path, error))?;
        // It has its name now; there is nothing left to remove.
        let _ = self.temporary.keep();
        names.sync();
        Ok(())
    }

    /// Moves the files into the directory, all or, but for those that replaced
    /// others, none.
    fn move_in(self) -> Result<()> {
        self.refuse_filled()?;
        for name in &self.files {
            self.check_place(name)?;
        }
        let mut placed = Placed::default();
        for name in &self.files {
            let moved = self.place(name, &mut placed);
            if let Err(error) = moved {
                placed.remove();
                return Err(error);
            }
        }
        Ok(())
    }

    fn place(&self, name: &str, placed: &mut Placed) -> Result<()> {
        let path = self.path.join(name);
        for directory in self.directories_to(name) {
            match std::fs::create_dir(&directory) {
                Ok(()) => placed.directories.push(directory),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unnamed(&directory, error)),
            }
        }
        let new = path.symlink_metadata().is_err();
        std::fs::rename(self.temporary.path().join(name), &path)
            .map_err(|error| unnamed(&path, error))?;
        if new {
            placed.files.push(path);
        }
        Ok(())
    }

    /// The directories between the chosen one and the file `name`, outer first.
    fn directories_to(&self, name: &str) -> Vec<PathBuf> {
        let between = name.match_indices('/').map(|(end, _)| &name[..end]);
        between.map(|inner| self.path.join(inner)).collect()
    }

    /// Refuses a place that is taken, or that a link may lead away from.
    fn check_place(&self, name: &str) -> Result<()> {
        for directory in self.directories_to(name) {
            if let Ok(about) = directory.symlink_metadata()
                && !about.is_dir()
            {
                return Err(Error::new(
                    ErrorKind::Denied,
                    "what stands in the place of a directory is none",
                )
                .at(&directory)
                .why("a link there could lead out of the chosen directory")
                .help(format!(
                    "remove it, or choose another directory with `{}`",
                    self.option
                )));
            }
        }
        let path = self.path.join(name);
        match path.symlink_metadata() {
            Ok(about) if about.is_dir() => Err(Error::new(
                ErrorKind::Exists,
                "a directory has the name of a file to write",
            )
            .at(&path)
            .help(format!(
                "move it away, or choose another directory with `{}`",
                self.option
            ))),
            Ok(_) if self.overwrite == Overwrite::Never => {
                Err(Error::new(ErrorKind::Exists, "the output exists already")
                    .at(&path)
                    .help(format!(
                        "pass `--force` to replace it, or choose another directory with `{}`",
                        self.option
                    )))
            }
            _ => Ok(()),
        }
    }

    fn refuse_filled(&self) -> Result<()> {
        let own = Some(self.temporary.path());
        refuse_filled(&self.path, self.overwrite, self.others, own, self.option)
    }
}

/// The directories that get names, if the names have to be on the disk as well.
struct Names(BTreeSet<PathBuf>);

impl Names {
    fn of(staging: &Staging) -> Self {
        let mut directories = BTreeSet::new();
        if staging.durability == Durability::Synced {
            directories.insert(directory_of(&staging.path).to_path_buf());
            for name in &staging.files {
                directories.insert(directory_of(&staging.path.join(name)).to_path_buf());
            }
        }
        Self(directories)
    }

    /// Waits for the names that were given. Not every system opens a directory, and by
    /// now there is nothing to take back.
    fn sync(self) {
        for directory in self.0 {
            let _ = File::open(directory).and_then(|opened| opened.sync_all());
        }
    }
}

/// What was put in place so far.
#[derive(Default)]
struct Placed {
    files: Vec<PathBuf>,
    directories: Vec<PathBuf>,
}

impl Placed {
    fn remove(self) {
        // The error that brought this about is the one to tell.
        for file in self.files {
            let _ = std::fs::remove_file(file);
        }
        for directory in self.directories.iter().rev() {
            let _ = std::fs::remove_dir(directory);
        }
    }
}

/// Whether a directory is at `path`; anything else there is in the way.
fn check_target(path: &Path, option: &str) -> Result<bool> {
    if path.is_dir() {
        return Ok(true);
    }
    if path.file_name().is_none() {
        return Err(Error::usage("the output's name is no directory's")
            .at(path)
            .help(format!("name a directory with `{option}`")));
    }
    // A link to nothing is in the way, too.
    if path.symlink_metadata().is_ok() {
        return Err(
            Error::new(ErrorKind::Exists, "the output exists and is no directory")
                .at(path)
                .help(format!("choose another name with `{option}`")),
        );
    }
    Ok(false)
}

/// Refuses a directory that holds anything but `own`, unless that is allowed.
fn refuse_filled(
    path: &Path,
    overwrite: Overwrite,
    others: Others,
    own: Option<&Path>,
    option: &str,
) -> Result<()> {
    if overwrite == Overwrite::Allowed || others == Others::Kept {
        return Ok(());
    }
    let entries = std::fs::read_dir(path)
        .map_err(|error| Error::io("cannot look into the output directory", path, error))?;
    let own = own.and_then(Path::file_name);
    for entry in entries.flatten() {
        if Some(entry.file_name().as_os_str()) != own {
            return Err(Error::new(
                ErrorKind::Exists,
                "the output directory exists and is not empty",
            )
            .at(path)
            .help(format!(
                "pass `--force` to replace files of the same names, or choose another name with `{option}`",
            )));
        }
    }
    Ok(())
}

fn unnamed(path: &Path, error: io::Error) -> Error {
    Error::io("cannot give the output its name", path, error)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    fn stage(path: &Path, overwrite: Overwrite, names: &[&str]) -> Result<()> {
        let mut staging = Staging::create(path, overwrite, Others::Kept, "-d")?;
        for name in names {
            let mut file = staging.file(name)?;
            file.write_all(name.as_bytes()).map_err(Error::write)?;
            file.finish()?;
        }
        staging.commit()
    }

    #[test]
    fn files_below_directories_arrive_beside_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("other"), "kept").unwrap();
        stage(dir.path(), Overwrite::Never, &["a/b/x", "a/y", "z"]).unwrap();
        for name in ["a/b/x", "a/y", "z"] {
            assert_eq!(
                std::fs::read_to_string(dir.path().join(name)).unwrap(),
                name
            );
        }
        let error = stage(dir.path(), Overwrite::Never, &["new", "a/y"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exists);
        assert!(!dir.path().join("new").exists());
        stage(dir.path(), Overwrite::Allowed, &["a/y"]).unwrap();
    }

    #[test]
    fn no_link_leads_out() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
        std::fs::create_dir(&inside).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("file"), "old").unwrap();
        symlink("../out", inside.join("link")).unwrap();
        symlink("../out/file", inside.join("file")).unwrap();
        let error = stage(&inside, Overwrite::Allowed, &["link/x"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        let error = stage(&inside, Overwrite::Never, &["file"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exists);
        // Replacing a link replaces the link.
        stage(&inside, Overwrite::Allowed, &["file"]).unwrap();
        assert_eq!(
            std::fs::read_to_string(outside.join("file")).unwrap(),
            "old"
        );
        assert_eq!(
            std::fs::read_to_string(inside.join("file")).unwrap(),
            "file"
        );
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    }

    #[test]
    fn a_link_that_came_meanwhile_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("in");
        std::fs::create_dir(&inside).unwrap();
        let mut staging = Staging::create(&inside, Overwrite::Allowed, Others::Kept, "-d").unwrap();
        staging.file("top").unwrap().finish().unwrap();
        staging.file("link/x").unwrap().finish().unwrap();
        symlink("..", inside.join("link")).unwrap();
        assert_eq!(staging.commit().unwrap_err().kind(), ErrorKind::Denied);
        assert!(!dir.path().join("x").exists() && !inside.join("top").exists());
        assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 1);
    }
}
