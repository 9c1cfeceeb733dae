//! The form of several files: a directory that appears whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::base::digest::{Algorithm, DigestWriter};
use crate::base::output::{Overwrite, directory_of, partial};
use crate::base::{Error, ErrorKind, Result};
use crate::ova::{Member, MemberBody, PackageWriter};

/// A directory on its way to its final name. Until it is committed, dropping it
/// removes everything.
#[derive(Debug)]
pub struct DirectoryWriter {
    temporary: TempDir,
    path: PathBuf,
    /// Whether the directory was there before. It stays then, because it may be
    /// a mount point or somebody's current directory, and files move into it.
    existed: bool,
    algorithm: Option<Algorithm>,
    descriptor: Option<String>,
    /// Members in the order they were finished.
    members: Vec<String>,
    overwrite: Overwrite,
}

impl DirectoryWriter {
    /// Begins a directory that is to become `path`: a new or an empty one, or,
    /// where overwriting is allowed, one whose files of the same names are
    /// replaced while all others stay.
    pub fn create(path: &Path, overwrite: Overwrite, algorithm: Option<Algorithm>) -> Result<Self> {
        let existed = check_target(path)?;
        if existed {
            refuse_filled(path, overwrite, None)?;
        }
        let beside = if existed { path } else { directory_of(path) };
        let temporary = partial(0o777)
            .tempdir_in(beside)
            .map_err(|error| Error::io("cannot write in this directory", beside, error))?;
        Ok(Self {
            temporary,
            path: path.to_path_buf(),
            existed,
            algorithm,
            descriptor: None,
            members: Vec::new(),
            overwrite,
        })
    }

    /// Makes the files durable and gives them their final place.
    pub fn commit(self) -> Result<()> {
        for name in &self.members {
            File::open(self.temporary.path().join(name))
                .and_then(|file| file.sync_all())
                .map_err(|error| Error::write(error).in_member(name))?;
        }
        if self.existed {
            return self.move_in();
        }
        // Checked again: much time has passed since the beginning.
        if check_target(&self.path)? {
            refuse_filled(&self.path, self.overwrite, None)?;
        }
        std::fs::rename(self.temporary.path(), &self.path)
            .map_err(|error| unnamed(&self.path, error))?;
        // It has its name now; there is nothing left to remove.
        let _ = self.temporary.keep();
        Ok(())
    }

    /// Moves the files into the directory, all or, but for those that replaced
    /// others, none.
    fn move_in(self) -> Result<()> {
        refuse_filled(&self.path, self.overwrite, Some(self.temporary.path()))?;
        let names = || self.members.iter().map(|name| self.path.join(name));
        if let Some(taken) = names().find(|path| path.is_dir()) {
            return Err(Error::new(
                ErrorKind::Exists,
                "a directory has the name of a file to write",
            )
            .at(&taken)
            .help("move it away, or choose another directory with `-o`"));
        }
        let mut placed = Vec::new();
        for (name, path) in self.members.iter().zip(names()) {
            let new = !path.exists();
            if let Err(error) = std::fs::rename(self.temporary.path().join(name), &path) {
                for path in placed {
                    // The first error is the one to tell.
                    let _ = std::fs::remove_file(path);
                }
                return Err(unnamed(&path, error));
            }
            if new {
                placed.push(path);
            }
        }
        Ok(())
    }

    fn write(&mut self, name: &str, body: &mut MemberBody<'_>) -> Result<Member> {
        let path = self.temporary.path().join(name);
        let file = File::create_new(&path).map_err(|error| Error::write(error).in_member(name))?;
        let mut content = DigestWriter::new(file, self.algorithm);
        body(&mut content)?;
        let (_, size, digest) = content.finish();
        self.members.push(name.to_owned());
        Ok(Member {
            name: name.to_owned(),
            size,
            digest,
        })
    }
}

impl PackageWriter for DirectoryWriter {
    fn begin(&mut self, descriptor: &str, _room: u64) -> Result<()> {
        self.descriptor = Some(descriptor.to_owned());
        Ok(())
    }

    fn add(&mut self, name: &str, body: &mut MemberBody<'_>) -> Result<Member> {
        self.write(name, body)
    }

    fn describe(&mut self, text: &str) -> Result<Member> {
        let Some(name) = self.descriptor.take() else {
            return Err(Error::new(ErrorKind::Internal, "the package was not begun"));
        };
        self.write(&name, &mut |output| {
            output.write_all(text.as_bytes()).map_err(Error::write)
        })
    }
}

/// Whether a directory is at `path`; anything else there is in the way.
fn check_target(path: &Path) -> Result<bool> {
    if path.is_dir() {
        return Ok(true);
    }
    if path.file_name().is_none() {
        return Err(Error::usage("the output's name is no directory's")
            .at(path)
            .help("name a directory with `-o`"));
    }
    // A link to nothing is in the way, too.
    if path.symlink_metadata().is_ok() {
        return Err(
            Error::new(ErrorKind::Exists, "the output exists and is no directory")
                .at(path)
                .help("choose another name with `-o`"),
        );
    }
    Ok(false)
}

/// Refuses a directory that holds anything but `own`, unless that is allowed.
fn refuse_filled(path: &Path, overwrite: Overwrite, own: Option<&Path>) -> Result<()> {
    if overwrite == Overwrite::Allowed {
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
            .help(
                "pass `--force` to replace files of the same names, or choose another name with `-o`",
            ));
        }
    }
    Ok(())
}

fn unnamed(path: &Path, error: std::io::Error) -> Error {
    Error::io("cannot give the output its name", path, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, overwrite: Overwrite) -> Result<()> {
        let mut package = DirectoryWriter::create(path, overwrite, Some(Algorithm::Sha1))?;
        package.begin("vm.ovf", 100)?;
        package.add("vm.vmdk", &mut |output| {
            output.write_all(b"disk").map_err(Error::write)
        })?;
        package.describe("text")?;
        package.commit()
    }

    #[test]
    fn a_directory_appears_whole_and_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vm");
        for make_empty in [false, true] {
            if make_empty {
                std::fs::create_dir(&path).unwrap();
            }
            write(&path, Overwrite::Never).unwrap();
            assert_eq!(std::fs::read(path.join("vm.ovf")).unwrap(), b"text");
            assert_eq!(std::fs::read(path.join("vm.vmdk")).unwrap(), b"disk");
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
            std::fs::remove_dir_all(&path).unwrap();
        }
    }

    #[test]
    fn files_that_are_there_stay_unless_replaced_by_leave() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vm");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("vm.ovf"), "old").unwrap();
        std::fs::write(path.join("other"), "kept").unwrap();
        let error = write(&path, Overwrite::Never).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exists);
        assert_eq!(std::fs::read(path.join("vm.ovf")).unwrap(), b"old");
        write(&path, Overwrite::Allowed).unwrap();
        assert_eq!(std::fs::read(path.join("vm.ovf")).unwrap(), b"text");
        assert_eq!(std::fs::read(path.join("other")).unwrap(), b"kept");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write(&path.join("other"), Overwrite::Allowed).is_err());
    }

    /// Beside them nothing may be left.
    fn names(path: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(path).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_is_there_stays_the_same_one() {
        use std::os::unix::fs::{MetadataExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vm");
        std::fs::create_dir(&path).unwrap();
        let inode = || std::fs::metadata(&path).unwrap().ino();
        let before = inode();
        symlink("vm", dir.path().join("link")).unwrap();
        for way in ["vm", "link", "vm/."] {
            write(&dir.path().join(way), Overwrite::Never).unwrap();
            assert_eq!(names(&path), ["vm.ovf", "vm.vmdk"], "{way}");
            assert_eq!(inode(), before, "{way}");
            std::fs::remove_file(path.join("vm.ovf")).unwrap();
            std::fs::remove_file(path.join("vm.vmdk")).unwrap();
        }
        assert_eq!(names(dir.path()), ["link", "vm"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_directory_is_refused_before_the_work() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nothing", dir.path().join("link")).unwrap();
        for (name, kind) in [
            ("link", ErrorKind::Exists),
            ("new/..", ErrorKind::Usage),
            ("no/vm", ErrorKind::Io),
        ] {
            let path = dir.path().join(name);
            let made = DirectoryWriter::create(&path, Overwrite::Allowed, None);
            assert_eq!(made.unwrap_err().kind(), kind, "{name}");
        }
        assert_eq!(names(dir.path()), ["link"]);
    }

    #[test]
    fn what_came_into_the_way_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vm");
        for existed in [false, true] {
            if existed {
                std::fs::create_dir(&path).unwrap();
            }
            let mut package = DirectoryWriter::create(&path, Overwrite::Never, None).unwrap();
            package.begin("vm.ovf", 100).unwrap();
            package.describe("text").unwrap();
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("other"), "kept").unwrap();
            let error = package.commit().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Exists, "{existed}");
            assert_eq!(names(&path), ["other"]);
            assert_eq!(names(dir.path()), ["vm"]);
            std::fs::remove_dir_all(&path).unwrap();
        }
    }

    #[test]
    fn a_directory_named_like_a_file_is_found_before_anything_moves() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vm");
        std::fs::create_dir_all(path.join("vm.ovf")).unwrap();
        let error = write(&path, Overwrite::Allowed).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exists);
        assert_eq!(names(&path), ["vm.ovf"]);
    }
}
