//! A disk whose descriptor is a file of its own, and whose extents are others.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::description::{Description, is_descriptor};
use super::extents::{Content, Extents};
use super::fault::Fault;
use super::format::{SECTOR, limits};
use super::image::Image;
use super::line::{ExtentLine, LineKind};
use super::lines;
use super::sparse::{FRONT_BYTES, How, Sparse};
use crate::base::slice::Slice;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::raw::RawDisk;
use crate::disk::{DiskSource as _, Warning};

/// A descriptor that was read, before the files it names are there.
pub struct Described {
    path: PathBuf,
    description: Description,
    /// The files, each once, in the order they are named.
    files: Vec<String>,
    /// Where each extent is, but for those of zeros.
    places: Vec<Option<Stretch>>,
}

/// A file of extents.
pub struct ExtentFile {
    /// Its content.
    pub storage: Arc<dyn Storage>,
    /// What it is called in errors.
    pub path: PathBuf,
}

/// A stretch of a file that is an extent of the disk.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    /// The number of the file.
    pub(super) file: usize,
    /// Its first byte, and the one behind its last; of a sparse extent the whole file is.
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Described {
    /// Reads the descriptor that is in `storage`, called `path` in errors; `None` if what is
    /// there is none.
    pub fn read(storage: &dyn Storage, path: &Path) -> Result<Option<Self>> {
        Self::read_all(storage, path, &mut Err).map_err(|error| error.at(path))
    }

    /// The same, with what is wrong handed to `tell`. Where that takes it, lines that are none
    /// are left out, and others may not fit their files.
    pub(super) fn read_all(
        storage: &dyn Storage,
        path: &Path,
        tell: &mut dyn FnMut(Error) -> Result<()>,
    ) -> Result<Option<Self>> {
        let bytes = storage.length();
        let mut text = vec![0; to_usize(bytes.min(FRONT_BYTES))];
        storage.read_exact_at(0, &mut text)?;
        if !is_descriptor(&text) {
            return Ok(None);
        }
        if bytes > limits::DESCRIPTOR_BYTES {
            return Err(Fault::TooLarge {
                what: "descriptor",
                bytes,
                limit: limits::DESCRIPTOR_BYTES,
                offset: 0,
            }
            .into());
        }
        text.resize(to_usize(bytes), 0);
        storage.read_exact_at(0, &mut text)?;
        let description = Description::parse_all(&text, 0, tell)?;
        lines::check(&description, tell)?;
        if let Err(error) = description.check_parent() {
            tell(error)?;
        }
        let mut found = Self {
            path: path.to_path_buf(),
            description,
            files: Vec::new(),
            places: Vec::new(),
        };
        found.place();
        found.check_apart(tell)?;
        Ok(Some(found))
    }

    /// Tells the stretch of a file that each extent is.
    fn place(&mut self) {
        let mut numbers = HashMap::new();
        for line in &self.description.extents {
            let Some(name) = &line.file else {
                self.places.push(None);
                continue;
            };
            let file = *numbers.entry(name).or_insert_with(|| {
                self.files.push(name.clone());
                self.files.len() - 1
            });
            let (start, end) = match line.kind {
                LineKind::Flat => {
                    let start = line.offset.saturating_mul(SECTOR);
                    (start, start.saturating_add(line.bytes()))
                }
                _ => (0, u64::MAX),
            };
            self.places.push(Some(Stretch { file, start, end }));
        }
    }

    /// No two extents may have bytes in common.
    fn check_apart(&self, tell: &mut dyn FnMut(Error) -> Result<()>) -> Result<()> {
        let mut places: Vec<_> = self.places.iter().flatten().collect();
        places.sort_unstable();
        let neighbours = places.iter().zip(places.iter().skip(1));
        let shared =
            neighbours.filter(|(one, other)| one.file == other.file && one.end > other.start);
        for name in shared.filter_map(|(one, _)| self.files.get(one.file)) {
            tell(Fault::Shared(name.clone()).into())?;
        }
        Ok(())
    }

    /// What the descriptor says.
    pub(super) fn description(&self) -> &Description {
        &self.description
    }

    /// Its extents, and where each is; those of zeros are nowhere.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&ExtentLine, Option<&Stretch>)> {
        let places = self.places.iter().map(Option::as_ref);
        self.description.extents.iter().zip(places)
    }

    /// The files its extents are in, as they are called in the descriptor.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The disk; `files` are those of [`Self::files`], in that order. With `salvage` what is
    /// left of streams that were cut off is read.
    ///
    /// Before reading, a [`Image::parent`] has to be attached.
    pub fn open(self, files: &[ExtentFile], salvage: bool) -> Result<Image> {
        let opened = self.extents(files, salvage);
        let (extents, mut warnings) = opened.map_err(|error| error.at(&self.path))?;
        warnings.extend(self.left_over(files));
        Ok(Image::new(&self.path, self.description, extents, warnings))
    }

    fn extents(&self, files: &[ExtentFile], salvage: bool) -> Result<(Extents, Vec<Warning>)> {
        let how = How {
            salvage,
            many: self.description.extents.len() as u64,
        };
        let (mut extents, mut warnings) = (Extents::default(), Vec::new());
        let mut directories = 0;
        for (line, place) in self.placed() {
            let content = match place {
                None => Content::Zero,
                Some(place) => {
                    let file = files.get(place.file).ok_or_else(|| {
                        Error::new(ErrorKind::Internal, "not all of its files are given")
                    })?;
                    if line.kind == LineKind::Flat {
                        flat(line, place, file)?
                    } else {
                        self.sparse(line, file, how, &mut warnings)?
                    }
                }
            };
            if let Content::Sparse(sparse) = &content {
                directories += sparse.directory_bytes();
                check_directories(directories)?;
            }
            extents.push(line.bytes(), content);
        }
        Ok((extents, warnings))
    }

    fn sparse(
        &self,
        line: &ExtentLine,
        file: &ExtentFile,
        how: How,
        warnings: &mut Vec<Warning>,
    ) -> Result<Content> {
        let mut own = Vec::new();
        let storage = Arc::clone(&file.storage);
        let sparse = Sparse::piece(storage, &file.path, &self.description, how, &mut own)
            .map_err(|error| error.at(&file.path))?;
        let (has, needed) = (sparse.capacity(), line.bytes());
        if has < needed {
            return Err(line.at_fault(Fault::ShortExtent { has, needed }));
        }
        if has - needed >= sparse.grain() {
            own.push(format!(
                "its header tells of {} sectors and the descriptor of {}; the descriptor's size \
                 is taken",
                has / SECTOR,
                line.sectors
            ));
        }
        warnings.extend(Warning::all(&file.path, &own));
        Ok(Content::Sparse(Box::new(sparse)))
    }

    /// Tells of bytes at the ends of flat files that are no part of the disk.
    fn left_over(&self, files: &[ExtentFile]) -> Vec<Warning> {
        let lengths = files.iter().map(|file| Some(file.storage.length()));
        let behind = self.behind(lengths).zip(files);
        let told = behind.flat_map(|(message, file)| {
            let messages: Vec<_> = message.into_iter().collect();
            Warning::all(&file.path, &messages)
        });
        told.collect()
    }

    /// What is to be known of bytes behind those the extents have of files of these `lengths`.
    pub(super) fn behind(
        &self,
        lengths: impl ExactSizeIterator<Item = Option<u64>>,
    ) -> impl Iterator<Item = Option<String>> {
        let mut ends = vec![0; lengths.len()];
        for place in self.places.iter().flatten() {
            if let Some(end) = ends.get_mut(place.file) {
                *end = place.end.max(*end);
            }
        }
        lengths.zip(ends).map(|(length, end)| {
            let bytes = length?.saturating_sub(end);
            (bytes > 0).then(|| {
                format!(
                    "it has {bytes} bytes behind those the descriptor tells of, which are left out"
                )
            })
        })
    }
}

/// The extent of the bytes of `file` at `place`.
fn flat(line: &ExtentLine, place: &Stretch, file: &ExtentFile) -> Result<Content> {
    let has = file.storage.length().saturating_sub(place.start);
    let needed = line.bytes();
    if has < needed {
        return Err(line.at_fault(Fault::ShortExtent { has, needed }));
    }
    let slice = Slice::new(Arc::clone(&file.storage), place.start, needed)?;
    Ok(Content::Flat(RawDisk::new(slice)?))
}

/// The grain directories of all extents are kept, so together they are bounded as one is.
fn check_directories(bytes: u64) -> Result<(), Fault> {
    if bytes > limits::DIRECTORY_BYTES {
        return Err(Fault::TooLarge {
            what: "grain directories of all extents",
            bytes,
            limit: limits::DIRECTORY_BYTES,
            offset: 0,
        });
    }
    Ok(())
}
