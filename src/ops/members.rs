//! The files of a package that is there: members of an archive, or files of a directory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::output::directory_of;
use crate::base::progress::{Observer, cancelled};
use crate::base::{Error, ErrorKind, Result};

use crate::ova::header::{BLOCK, Kind};
use crate::ova::open::{Opened, open};
use crate::ova::reader::StoredMember;
use crate::ova::survey::Survey;

use super::descriptor::lies_below;

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
        let archive = Archive::read(path).map_err(|error| error.at(path))?;
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
    fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::io("cannot open", path, error))?;
        let Opened::Archive(opened) = open(path)? else {
            return Err(no_archive("it does not begin as one"));
        };
        if opened.storage.is_none() || opened.wrapper.is_some() {
            return Err(no_archive("it is compressed, or no plain file"));
        }
        let mut archive = Self {
            file,
            members: Vec::new(),
            places: HashMap::new(),
        };
        let about = archive.file.metadata();
        let length = about
            .map_err(|error| Error::io("cannot read", path, error))?
            .len();
        let mut end = 0;
        for member in Survey::take(opened)?.members {
            let content = member.data_offset;
            let stop = (content + member.size).next_multiple_of(BLOCK as u64);
            if stop > length {
                return Err(damaged("the archive is cut short").in_member(&member.name));
            }
            let span = std::mem::replace(&mut end, stop)..stop;
            archive.add(&member, span)?;
        }
        Ok(archive)
    }

    fn add(&mut self, stored: &StoredMember, span: Range<u64>) -> Result<()> {
        let named = |error: Error| error.in_member(&stored.name);
        if stored.kind == Kind::Directory {
            return Ok(());
        }
        if stored.kind != Kind::File {
            return Err(named(damaged("a member is no plain file")));
        }
        let name = match &stored.path {
            Ok(path) => path.to_string(),
            Err(fault) => return Err(named((*fault).into())),
        };
        // Two of a name would be one to who verifies and another to who imports.
        if self
            .places
            .insert(name.clone(), self.members.len())
            .is_some()
        {
            return Err(named(damaged("two members have the same name")));
        }
        self.members.push(Member {
            name,
            span,
            time: stored.mtime.unwrap_or(0),
            content: stored.data_offset,
            size: stored.size,
        });
        Ok(())
    }

    /// The member of a name.
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.places.get(name).map(|place| &self.members[*place])
    }
}

fn no_archive(why: &str) -> Error {
    Error::new(ErrorKind::Invalid, "this is no OVA")
        .why(why)
        .help("an OVA is a tar archive that is not compressed; a directory is named by its `.ovf`")
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
