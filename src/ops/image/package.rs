//! A disk that lies in an archive, in one file of it or in several.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::joined::Joined;
use crate::base::slice::Slice;
use crate::base::storage::{FileIdentity, FileStorage, Storage};
use crate::base::units::some_of;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::alone::open_whole;
use crate::disk::kind::Kind as DiskKind;
use crate::disk::open::{OpenOptions, OpenedDisk};
use crate::disk::vmdk::{Described, ExtentFile};
use crate::ova::chunk::chunk_of;
use crate::ova::header::Kind;
use crate::ova::open::{Opened, open};
use crate::ova::reader::StoredMember;

/// The most names of a list that are shown.
const MAX_NAMES: usize = 10;

/// `vm.ova:disk1.vmdk` taken apart, if there is a file of the first name.
pub(super) fn split(named: &Path) -> Option<(PathBuf, String)> {
    let text = named.to_str()?;
    let mut colons = text.rmatch_indices(':');
    colons.find_map(|(at, _)| {
        let (archive, member) = (Path::new(&text[..at]), &text[at + 1..]);
        (archive.is_file() && !member.is_empty())
            .then(|| (archive.to_path_buf(), member.to_owned()))
    })
}

/// The disk `name` of the archive at `path`.
pub(super) fn member(path: &Path, name: &str) -> Result<Inside> {
    let Some(files) = files_at(path)? else {
        return Err(Error::usage("this is no package with files in it")
            .at(path)
            .help("name the file itself, or an OVA and one of its files: vm.ova:disk1.vmdk"));
    };
    let Some(disk) = files.iter().position(|file| file.name == name) else {
        return Err(Error::usage(format!("the package has no file `{name}`"))
            .at(path)
            .help(listed(&disks(&files)?)));
    };
    Ok(Inside::new(path, files, disk))
}

/// The one disk of the archive at `path`; none if that is no archive.
pub(super) fn only_disk(path: &Path) -> Option<Result<Inside>> {
    let files = match files_at(path) {
        Ok(files) => files?,
        Err(error) => return Some(Err(error)),
    };
    let found = disks(&files).and_then(|disks| match disks.as_slice() {
        [only] => Ok(files.iter().position(|file| file.name == only.name)),
        [] => Err(Error::usage("the package has no disk in it").at(path)),
        several => Err(
            Error::usage(format!("the package has {} disks", several.len()))
                .at(path)
                .help(listed(several)),
        ),
    });
    let found = found.map(|disk| Inside::new(path, files, disk.unwrap_or_default()));
    Some(found)
}

/// A disk that lies in an archive, among other files.
pub(super) struct Inside {
    archive: PathBuf,
    files: Vec<File>,
    /// Which of the files it is, or begins with.
    disk: usize,
    /// The first file of each name.
    names: HashMap<String, usize>,
}

impl Inside {
    fn new(archive: &Path, files: Vec<File>, disk: usize) -> Self {
        let names = files.iter().enumerate().rev();
        let names = names.map(|(number, file)| (file.name.clone(), number));
        Self {
            names: names.collect(),
            archive: archive.to_path_buf(),
            files,
            disk,
        }
    }

    pub(super) fn open(&self, options: &OpenOptions) -> Result<OpenedDisk> {
        let beside = |name: &str| Ok(self.beside(name));
        let mut opened = open_whole(self.storage(), &self.path(), options, Some(&beside))?;
        opened.files.extend(FileIdentity::of(&self.archive));
        Ok(opened)
    }

    /// Where the archive is.
    pub(super) fn archive(&self) -> &Path {
        &self.archive
    }

    /// What it is called there.
    pub(super) fn name(&self) -> &str {
        &self.files[self.disk].name
    }

    /// The file `name` of the archive in the same directory, but for the disk's own.
    pub(super) fn beside(&self, name: &str) -> Option<ExtentFile> {
        let name = self.files[self.disk].beside(name);
        let found = self.names.get(&name).copied();
        let found = &self.files[found.filter(|found| *found != self.disk)?];
        Some(ExtentFile {
            storage: Arc::clone(&found.storage),
            path: found.path(&self.archive),
        })
    }

    /// The bytes of its file.
    pub(super) fn storage(&self) -> Arc<dyn Storage> {
        Arc::clone(&self.files[self.disk].storage)
    }

    /// What it is called.
    pub(super) fn path(&self) -> PathBuf {
        self.files[self.disk].path(&self.archive)
    }
}

/// A file of an archive.
struct File {
    name: String,
    storage: Arc<dyn Storage>,
}

impl File {
    /// What it is called as people name it, in errors and warnings, too.
    fn path(&self, archive: &Path) -> PathBuf {
        format!("{}:{}", archive.display(), self.name).into()
    }

    /// What the file `name` in the same directory is called.
    fn beside(&self, name: &str) -> String {
        let directory = self.name.rfind('/').map_or(0, |slash| slash + 1);
        format!("{}{name}", &self.name[..directory])
    }
}

/// The files of the archive at `path`, with what comes in chunks as one; none if it is no
/// archive.
fn files_at(path: &Path) -> Result<Option<Vec<File>>> {
    let Opened::Archive(mut archive) = open(path)? else {
        return Ok(None);
    };
    let Some(storage) = archive.storage.take() else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the package is compressed or comes in a stream",
        )
        .at(path)
        .why("a disk is read at many places at once, and a stream only from its front")
        .help("unpack it first: `ovfkit unpack`, which converts disks on the way"));
    };
    let mut chunks: Vec<(String, Vec<Arc<dyn Storage>>)> = Vec::new();
    let mut files = Vec::new();
    while let Some(member) = archive.reader.next().map_err(|error| error.at(path))? {
        if member.kind != Kind::File {
            continue;
        }
        let content = content(&storage, &member).map_err(|error| error.at(path))?;
        match chunk_of(&member.name) {
            Some((whole, number)) => match chunks.last_mut() {
                Some((name, row)) if name == whole && row.len() as u64 == u64::from(number) => {
                    row.push(content);
                }
                _ if number == 0 => chunks.push((whole.to_owned(), vec![content])),
                _ => {
                    return Err(Error::new(
                        ErrorKind::Invalid,
                        format!("a chunk of `{whole}` stands out of its order"),
                    )
                    .at(path)
                    .in_member(&member.name)
                    .help("unpack the package, and join the chunks with `cat`"));
                }
            },
            None => files.push(File {
                name: member.name,
                storage: content,
            }),
        }
    }
    for (name, row) in chunks {
        let storage = Arc::new(Joined::new(row)?);
        files.push(File { name, storage });
    }
    Ok(Some(files))
}

fn content(archive: &Arc<FileStorage>, member: &StoredMember) -> Result<Arc<dyn Storage>> {
    let whole: Arc<dyn Storage> = Arc::<FileStorage>::clone(archive);
    Ok(Arc::new(Slice::new(
        whole,
        member.data_offset,
        member.size,
    )?))
}

/// Those of `files` that begin as disks do, and are no parts of others.
fn disks(files: &[File]) -> Result<Vec<&File>> {
    let (mut disks, mut parts) = (Vec::new(), HashSet::new());
    for file in files {
        match DiskKind::in_storage(&*file.storage)? {
            None | Some(DiskKind::Gzip) => continue,
            Some(DiskKind::VmdkDescriptor) => {
                // What is wrong with one is told when it is opened.
                let described = Described::read(&*file.storage, Path::new(&file.name));
                let described = described.ok().flatten();
                let names = described.iter().flat_map(Described::files);
                parts.extend(names.map(|name| file.beside(name)));
            }
            Some(_) => {}
        }
        disks.push(file);
    }
    disks.retain(|disk| !parts.contains(&disk.name));
    Ok(disks)
}

fn listed(disks: &[&File]) -> String {
    let names: Vec<_> = disks.iter().map(|file| file.name.clone()).collect();
    if names.is_empty() {
        "no file of it begins as a disk does".to_owned()
    } else {
        format!(
            "name one behind a colon, as in `vm.ova:{}`; it has {}",
            names[0],
            some_of(&names, MAX_NAMES)
        )
    }
}
