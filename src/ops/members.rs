//! The files of a package that is there: members of an archive, or files of a directory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::output::directory_of;
use crate::base::progress::{Observer, cancelled};
use crate::base::{Error, ErrorKind, Result};

use super::descriptor::lies_below;

/// Bytes of a tar block.
const BLOCK: u64 = 512;
/// Members of an archive that is read.
const MAX_MEMBERS: usize = 100_000;
/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// A package.
#[derive(Debug)]
pub(super) struct Package {
    /// The archive, or the descriptor of a directory.
    pub(super) path: PathBuf,
    /// The descriptor's name.
    pub(super) descriptor: String,
    /// The archive, unless it is a directory.
    pub(super) archive: Option<Archive>,
}

/// An archive and where its members are.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) file: File,
    /// The members, in order.
    pub(super) members: Vec<Member>,
    /// Which of them has a name.
    places: HashMap<String, usize>,
}

/// A member of an archive.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// All that belongs to it, from its first header to the last block of its content.
    pub(super) span: Range<u64>,
    /// Its time, in seconds since 1970.
    pub(super) time: u64,
    content: u64,
    size: u64,
}

impl Package {
    /// Opens an OVA, a descriptor in its directory, or a directory with one descriptor.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Self::of_descriptor(&only_descriptor(path)?);
        }
        if has_ending(&path.to_string_lossy(), "ovf") {
            return Self::of_descriptor(path);
        }
        let file = File::open(path).map_err(|error| Error::io("cannot open", path, error))?;
        let archive = Archive::read(file).map_err(|error| error.at(path))?;
        let descriptor = (archive.members.iter())
            .find(|member| has_ending(&member.name, "ovf"))
            .ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "the archive has no descriptor")
                    .at(path)
                    .help("an OVA has a member whose name ends in `.ovf`")
            })?;
        Ok(Self {
            path: path.to_path_buf(),
            descriptor: descriptor.name.clone(),
            archive: Some(archive),
        })
    }

    fn of_descriptor(path: &Path) -> Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str());
        let descriptor = name.ok_or_else(|| Error::usage("the name is no text").at(path))?;
        std::fs::metadata(path).map_err(|error| Error::io("cannot open", path, error))?;
        Ok(Self {
            path: path.to_path_buf(),
            descriptor: descriptor.to_owned(),
            archive: None,
        })
    }

    /// The name of the manifest or certificate, which is the descriptor's with another ending.
    /// Where an archive has one of another name, that is it.
    pub(super) fn companion(&self, ending: &str) -> String {
        let (stem, _) = self.descriptor.rsplit_once('.').unwrap_or_default();
        let usual = format!("{stem}.{ending}");
        let members = self.archive.iter().flat_map(|archive| &archive.members);
        let others: Vec<_> = members
            .map(|member| &member.name)
            .filter(|name| has_ending(name, ending))
            .collect();
        match others.as_slice() {
            [only] => (*only).clone(),
            _ => usual,
        }
    }

    /// Where a file of a directory is.
    pub(super) fn file_path(&self, name: &str) -> PathBuf {
        directory_of(&self.path).join(name)
    }

    /// Tells of an `error` where it is: in a member, or in a file of a directory.
    pub(super) fn place(&self, error: Error, name: &str) -> Error {
        match self.archive {
            Some(_) => error.at(&self.path).in_member(name),
            None => error.at(&self.file_path(name)),
        }
    }

    /// A file of the package and its length; `None` if it is not there.
    pub(super) fn open_file(&self, name: &str) -> Result<Option<(Box<dyn Read + '_>, u64)>> {
        let Some(archive) = &self.archive else {
            if !lies_below(name) {
                return Err(Error::new(ErrorKind::Denied, "the file is not opened")
                    .at(&self.path)
                    .in_member(name)
                    .why("only files below the directory of a descriptor are opened")
                    .help("copy the file there, and make its manifest anew"));
            }
            let path = self.file_path(name);
            let opened = File::open(&path).and_then(|file| Ok((file.metadata()?, file)));
            return match opened {
                Ok((about, _)) if !about.is_file() => Ok(None),
                Ok((about, file)) => Ok(Some((Box::new(file), about.len()))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Error::io("cannot open", &path, error)),
            };
        };
        let Some(member) = archive.member(name) else {
            return Ok(None);
        };
        let mut file = &archive.file;
        file.seek(SeekFrom::Start(member.content))
            .map_err(|error| self.unreadable(error, name))?;
        Ok(Some((Box::new(file.take(member.size)), member.size)))
    }

    /// Whether a file is there.
    pub(super) fn has(&self, name: &str) -> Result<bool> {
        Ok(self.open_file(name)?.is_some())
    }

    /// A small file as a whole; `None` if it is not there.
    pub(super) fn read(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>> {
        let Some((reader, size)) = self.open_file(name)? else {
            return Ok(None);
        };
        if size > limit as u64 {
            let error = Error::new(
                ErrorKind::LimitExceeded,
                format!("the file has {size} bytes; at most {limit} are read"),
            )
            .help("such a file is a few thousand bytes long; make it anew");
            return Err(self.place(error, name));
        }
        let mut bytes = Vec::new();
        let read = reader.take(limit as u64).read_to_end(&mut bytes);
        read.map_err(|error| self.unreadable(error, name))?;
        Ok(Some(bytes))
    }

    fn unreadable(&self, error: std::io::Error, name: &str) -> Error {
        self.place(Error::io("cannot read", &self.path, error), name)
    }

    /// Hands all bytes of a file to `each`; false if it is not there.
    pub(super) fn stream(
        &self,
        name: &str,
        observer: &mut dyn Observer,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<bool> {
        let Some((mut reader, size)) = self.open_file(name)? else {
            return Ok(false);
        };
        observer.begin(name, size);
        let mut chunk = vec![0; CHUNK];
        loop {
            match reader.read(&mut chunk) {
                Ok(0) => return Ok(true),
                Ok(count) => {
                    each(&chunk[..count]);
                    if observer.advanced(count as u64).is_break() {
                        return Err(cancelled());
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(self.unreadable(error, name));
                }
            }
        }
    }
}

impl Archive {
    fn read(file: File) -> Result<Self> {
        let no_archive = |error: std::io::Error| {
            Error::new(ErrorKind::Invalid, format!("this is no OVA: {error}"))
                .help("an OVA is a tar archive that is not compressed; a directory is named by its `.ovf`")
        };
        let length = file.metadata().map_err(no_archive)?.len();
        let mut tar = tar::Archive::new(&file);
        let mut members = Vec::new();
        let mut places = HashMap::new();
        let mut end = 0;
        for entry in tar.entries_with_seek().map_err(no_archive)? {
            let entry = entry.map_err(no_archive)?;
            let path = entry.path_bytes();
            let name = std::str::from_utf8(&path)
                .map_err(|_| damaged("the name of a member is no text"))?;
            // What `tar cf vm.ova ./*` writes.
            let name = name.strip_prefix("./").unwrap_or(name).to_owned();
            let header = entry.header();
            let kind = header.entry_type();
            if kind.is_dir() || kind.is_pax_global_extensions() {
                continue;
            }
            if !(kind.is_file() || kind.is_contiguous()) {
                return Err(damaged("a member is no plain file").in_member(&name));
            }
            let size = entry.size();
            let content = entry.raw_file_position();
            let stop = (content.checked_add(size))
                .and_then(|stop| stop.checked_next_multiple_of(BLOCK))
                .filter(|stop| *stop <= length)
                .ok_or_else(|| damaged("the archive is cut short").in_member(&name))?;
            // Two of a name would be one to who verifies and another to who imports.
            if places.insert(name.clone(), members.len()).is_some() {
                return Err(damaged("two members have the same name").in_member(&name));
            }
            if members.len() == MAX_MEMBERS {
                return Err(Error::new(
                    ErrorKind::LimitExceeded,
                    format!("the archive has more than {MAX_MEMBERS} members"),
                )
                .help("packages have a descriptor, a manifest and some disks"));
            }
            members.push(Member {
                name,
                span: end..stop,
                time: header.mtime().unwrap_or(0),
                content,
                size,
            });
            end = stop;
        }
        Ok(Self {
            file,
            members,
            places,
        })
    }

    /// The member of a name.
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.places.get(name).map(|place| &self.members[*place])
    }
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Invalid, what).help("get the package again from where it comes from")
}

/// The one descriptor in a directory.
fn only_descriptor(directory: &Path) -> Result<PathBuf> {
    let refused = |error| Error::io("cannot look into the directory", directory, error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if has_ending(&path.to_string_lossy(), "ovf") {
            found.push(path);
        }
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        all => Err(
            Error::usage(format!("the directory has {} descriptors", all.len()))
                .at(directory)
                .help("name the `.ovf` of the package"),
        ),
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    let found = name.rsplit_once('.');
    found.is_some_and(|(_, found)| found.eq_ignore_ascii_case(ending))
}
