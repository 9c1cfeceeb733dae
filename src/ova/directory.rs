//! The form of several files: a directory that appears whole.

use std::io::{self, Write};
use std::path::Path;

use super::staging::{Others, StagedFile, Staging};
use crate::base::digest::{Algorithm, DigestWriter};
use crate::base::output::Overwrite;
use crate::base::{Error, ErrorKind, Result};
use crate::ova::{Member, MemberWriter, PackageWriter};

/// A directory on its way to its final name. Until it is committed, dropping it
/// removes everything.
#[derive(Debug)]
pub struct DirectoryWriter {
    staging: Staging,
    algorithm: Option<Algorithm>,
    descriptor: Option<String>,
}

impl DirectoryWriter {
    /// Begins a directory that is to become `path`: a new or an empty one, or,
    /// where overwriting is allowed, one whose files of the same names are
    /// replaced while all others stay.
    pub fn create(path: &Path, overwrite: Overwrite, algorithm: Option<Algorithm>) -> Result<Self> {
        Ok(Self {
            staging: Staging::create(path, overwrite, Others::Refused, "-o")?,
            algorithm,
            descriptor: None,
        })
    }

    /// Makes the files durable; [`commit`](Self::commit) does so too.
    pub fn sync(&mut self) -> Result<()> {
        self.staging.sync()
    }

    /// Gives the files their final place.
    pub fn commit(self) -> Result<()> {
        self.staging.commit()
    }
}

/// A member being written to a file of its own.
struct DirectoryMember {
    name: String,
    content: DigestWriter<StagedFile>,
}

impl Write for DirectoryMember {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.content.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush()
    }
}

impl MemberWriter for DirectoryMember {
    fn finish(self: Box<Self>) -> Result<Member> {
        let Self { name, content } = *self;
        let (file, size, digest) = content.finish();
        file.finish()?;
        Ok(Member { name, size, digest })
    }
}

impl PackageWriter for DirectoryWriter {
    fn begin(&mut self, descriptor: &str, _room: u64) -> Result<()> {
        self.descriptor = Some(descriptor.to_owned());
        Ok(())
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn MemberWriter + '_>> {
        Ok(Box::new(DirectoryMember {
            name: name.to_owned(),
            content: DigestWriter::new(self.staging.file(name)?, self.algorithm),
        }))
    }

    fn describe(&mut self, text: &str) -> Result<Member> {
        let Some(name) = self.descriptor.take() else {
            return Err(Error::new(ErrorKind::Internal, "the package was not begun"));
        };
        self.add(&name, &mut |output| {
            output.write_all(text.as_bytes()).map_err(Error::write)
        })
    }
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
