//! The form of several files: a directory that appears whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::base::digest::{Algorithm, DigestWriter};
use crate::base::output::Overwrite;
use crate::base::{Error, ErrorKind, Result};
use crate::ova::{Member, MemberBody, PackageWriter};

/// A directory on its way to its final name. Until it is committed, dropping it
/// removes everything.
#[derive(Debug)]
pub struct DirectoryWriter {
    temporary: TempDir,
    path: PathBuf,
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
        check_target(path, overwrite)?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".ovfkit-").suffix(".partial");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let temporary = builder
            .tempdir_in(parent)
            .map_err(|error| Error::io("cannot write in this directory", parent, error))?;
        Ok(Self {
            temporary,
            path: path.to_path_buf(),
            algorithm,
            descriptor: None,
            members: Vec::new(),
            overwrite,
        })
    }

    /// Makes the files durable and gives them their final place.
    pub fn commit(self) -> Result<()> {
        let place = |error| Error::io("cannot give the output its name", &self.path, error);
        for name in &self.members {
            let file = File::open(self.temporary.path().join(name)).map_err(place)?;
            file.sync_all().map_err(place)?;
        }
        // Checked again: much time has passed since the beginning.
        check_target(&self.path, self.overwrite)?;
        if self.path.is_dir() && !is_empty(&self.path)? {
            for name in &self.members {
                std::fs::rename(self.temporary.path().join(name), self.path.join(name))
                    .map_err(place)?;
            }
            return Ok(());
        }
        // Renaming replaces an empty directory in one step where the system
        // can; where it cannot, the empty one goes first.
        if std::fs::rename(self.temporary.path(), &self.path).is_err() {
            std::fs::remove_dir(&self.path).map_err(place)?;
            std::fs::rename(self.temporary.path(), &self.path).map_err(place)?;
        }
        // It has its name now; there is nothing left to remove.
        let _ = self.temporary.keep();
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

fn check_target(path: &Path, overwrite: Overwrite) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    if !path.is_dir() {
        return Err(
            Error::new(ErrorKind::Exists, "the output exists and is no directory")
                .at(path)
                .help("choose another name with `-o`"),
        );
    }
    if overwrite == Overwrite::Never && !is_empty(path)? {
        return Err(Error::new(
            ErrorKind::Exists,
            "the output directory exists and is not empty",
        )
        .at(path)
        .help(
            "pass `--force` to replace files of the same names, or choose another name with `-o`",
        ));
    }
    Ok(())
}

fn is_empty(path: &Path) -> Result<bool> {
    let mut entries = std::fs::read_dir(path)
        .map_err(|error| Error::io("cannot look into the output directory", path, error))?;
    Ok(entries.next().is_none())
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
}
