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
use super::sparse::{FRONT_BYTES, How, Sparse};
use crate::base::slice::Slice;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::raw::RawDisk;
use crate::disk::{DiskSource as _, Warning};

/// Kinds of disk that are no files.
const DEVICES: [&str; 7] = [
    "fullDevice",
    "partitionedDevice",
    "vmfsRaw",
    "vmfsRDM",
    "vmfsRDMP",
    "vmfsRawDeviceMap",
    "vmfsPassthroughRawDeviceMap",
];

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
struct Stretch {
    /// The number of the file.
    file: usize,
    /// Its first byte, and the one behind its last; of a sparse extent the whole file is.
    start: u64,
    end: u64,
}

impl Described {
    /// Reads the descriptor that is in `storage`, called `path` in errors; `None` if what is
    /// there is none.
    pub fn read(storage: &dyn Storage, path: &Path) -> Result<Option<Self>> {
        Self::read_unplaced(storage, path).map_err(|error| error.at(path))
    }

    fn read_unplaced(storage: &dyn Storage, path: &Path) -> Result<Option<Self>> {
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
        let description = Description::parse(&text, 0)?;
        check_kind(&description)?;
        check_lines(&description.extents)?;
        description.check_parent()?;
        let mut found = Self {
            path: path.to_path_buf(),
            description,
            files: Vec::new(),
            places: Vec::new(),
        };
        found.place();
        found.check_apart()?;
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
                    (start, start.saturating_add(line.sectors * SECTOR))
                }
                _ => (0, u64::MAX),
            };
            self.places.push(Some(Stretch { file, start, end }));
        }
    }

    /// No two extents may have bytes in common.
    fn check_apart(&self) -> Result<()> {
        let mut places: Vec<_> = self.places.iter().flatten().collect();
        places.sort_unstable();
        let mut neighbours = places.iter().zip(places.iter().skip(1));
        let shared =
            neighbours.find(|(one, other)| one.file == other.file && one.end > other.start);
        match shared.and_then(|(one, _)| self.files.get(one.file)) {
            Some(name) => Err(Fault::Shared(name.clone()).into()),
            None => Ok(()),
        }
    }

    /// What the descriptor says.
    pub(super) fn description(&self) -> &Description {
        &self.description
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
        for (line, place) in self.description.extents.iter().zip(&self.places) {
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
            extents.push(line.sectors * SECTOR, content);
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
        let (has, needed) = (sparse.capacity(), line.sectors * SECTOR);
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
        let mut ends = vec![0; files.len()];
        for place in self.places.iter().flatten() {
            if let Some(end) = ends.get_mut(place.file) {
                *end = place.end.max(*end);
            }
        }
        let behind = files.iter().zip(ends);
        let behind = behind.map(|(file, end)| (file, file.storage.length().saturating_sub(end)));
        let behind = behind.filter(|(_, bytes)| *bytes > 0);
        let told = behind.flat_map(|(file, bytes)| {
            let message = format!(
                "it has {bytes} bytes behind those the descriptor tells of, which are left out"
            );
            Warning::all(&file.path, &[message])
        });
        told.collect()
    }
}

/// The extent of the bytes of `file` at `place`.
fn flat(line: &ExtentLine, place: &Stretch, file: &ExtentFile) -> Result<Content> {
    let has = file.storage.length().saturating_sub(place.start);
    let needed = line.sectors * SECTOR;
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

fn check_kind(description: &Description) -> Result<()> {
    let kind = description.create_type.as_deref().unwrap_or_default();
    if DEVICES
        .iter()
        .any(|device| device.eq_ignore_ascii_case(kind))
    {
        return Err(Fault::Device(format!("createType {kind}")).into());
    }
    if description.extents.is_empty() {
        let why = "it tells of no extents".to_owned();
        return Err(Fault::Descriptor { why, at: 0 }.into());
    }
    if description.extents.len() > limits::EXTENTS {
        return Err(Fault::TooManyExtents.into());
    }
    Ok(())
}

fn check_lines(lines: &[ExtentLine]) -> Result<()> {
    let mut sum = 0_u64;
    for line in lines {
        let wrong = |why: &str| {
            let why = why.to_owned();
            Err::<(), Error>(line.at_fault(Fault::Descriptor { why, at: 0 }))
        };
        if line.no_access {
            return Err(line.at_fault(Fault::NoAccess));
        }
        match (line.kind, &line.file) {
            (LineKind::Device, _) => {
                let what = "an extent is a raw device map".to_owned();
                return Err(line.at_fault(Fault::Device(what)));
            }
            (LineKind::Unknown, _) => {
                let what = "an extent is of a type that is not known".to_owned();
                return Err(line.at_fault(Fault::Unsupported(what)));
            }
            (LineKind::Flat | LineKind::Sparse, None) => wrong("the extent's file is not named")?,
            (LineKind::Zero, Some(_)) => wrong("an extent of zeros has no file")?,
            (LineKind::Sparse, Some(_)) if line.offset != 0 => {
                wrong("a sparse extent begins at the beginning of its file")?;
            }
            _ => {}
        }
        if line.sectors == 0 {
            wrong("an extent has one sector or more")?;
        }
        sum = sum.saturating_add(line.sectors);
        if sum > limits::CAPACITY_SECTORS {
            wrong("up to here the disk has more than 2^54 sectors")?;
        }
    }
    Ok(())
}
