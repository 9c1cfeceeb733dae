//! A sparse extent of any kind, read as the part of a disk that it holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::description::{Description, is_descriptor};
use super::directory::Directory;
use super::fault::Fault;
use super::grain::{fill, read_stream};
use super::layout::{Layout, TablesAt};
use super::mapping::{Kind, Mapping, Places, Run};
use super::scan::Scan;
use super::{cowd, sesparse};
use crate::base::deflate::Inflater;
use crate::base::pool::Pool;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::beneath::Beneath;
use crate::disk::{DEFLATE_WINDOW, DiskSource, Extent, ExtentKind, Framing};

/// First bytes of a file that tell what it is.
pub(super) const FRONT_BYTES: u64 = 512;

/// An opened sparse extent.
pub(super) struct Sparse {
    path: PathBuf,
    layout: Layout,
    storage: Arc<dyn Storage>,
    mapping: Mapping,
    beneath: Beneath,
    inflaters: Pool<Inflater>,
    scratch: Pool<Scratch>,
}

/// How an extent is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Whether what is left of a stream that was cut off is read.
    pub(super) salvage: bool,
    /// How many extents the disk has, which share what memory a disk may take.
    pub(super) many: u64,
}

/// A compressed grain's bytes, and the grain.
#[derive(Default)]
struct Scratch {
    stream: Vec<u8>,
    grain: Vec<u8>,
}

/// A format of sparse extents of ESX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfEsx {
    Cowd,
    SeSparse,
}

/// The first bytes of `storage`, as many as tell the format of an extent.
pub(super) fn front(storage: &dyn Storage) -> Result<Vec<u8>> {
    let mut front = vec![0; to_usize(storage.length().min(FRONT_BYTES))];
    storage.read_exact_at(0, &mut front)?;
    Ok(front)
}

/// Whether `storage` is a VMDK, or a piece of one that tells so itself.
pub fn is_one(storage: &dyn Storage) -> Result<bool> {
    let front = front(storage)?;
    let hosted = front.starts_with(&super::MAGIC);
    Ok(hosted || OfEsx::of(&front).is_some() || is_descriptor(&front))
}

/// Fails if `storage` is an extent of ESX, none of which has a descriptor.
pub(super) fn refuse_piece(storage: &dyn Storage) -> Result<()> {
    let what = match OfEsx::of(&front(storage)?) {
        None => return Ok(()),
        Some(OfEsx::Cowd) => "a COWD extent of ESX (vmfsSparse)",
        Some(OfEsx::SeSparse) => "an seSparse extent of ESXi",
    };
    Err(Fault::Piece { what }.into())
}

impl OfEsx {
    /// The one a file begins as whose first bytes are `front`.
    pub(super) fn of(front: &[u8]) -> Option<Self> {
        if front.starts_with(&sesparse::MAGIC) {
            Some(Self::SeSparse)
        } else {
            front.starts_with(&cowd::MAGIC).then_some(Self::Cowd)
        }
    }
}

impl Sparse {
    /// Opens the extent in `storage`, whose format it tells itself, as a piece of the disk
    /// that `described` describes.
    pub(super) fn piece(
        storage: Arc<dyn Storage>,
        path: &Path,
        described: &Description,
        how: How,
        warnings: &mut Vec<String>,
    ) -> Result<Self> {
        let (layout, tables) = match OfEsx::of(&front(&*storage)?) {
            None => {
                let layout = Layout::read(&*storage)?;
                check_embedded(&*storage, &layout, described)?;
                return Self::hosted(storage, path, layout, how, warnings);
            }
            Some(OfEsx::Cowd) => {
                let layout = cowd::read(&*storage)?;
                let tables = Directory::read(&*storage, &layout)?.tables;
                (layout, tables)
            }
            Some(OfEsx::SeSparse) => {
                let front = sesparse::read(&*storage, &mut Err)?;
                (front.layout, front.tables)
            }
        };
        let places = Places::Tables(tables);
        Ok(Self::new(storage, path, layout, places, how, warnings))
    }

    /// Opens the hosted extent in `storage`, which has this `layout`.
    pub(super) fn hosted(
        storage: Arc<dyn Storage>,
        path: &Path,
        layout: Layout,
        how: How,
        warnings: &mut Vec<String>,
    ) -> Result<Self> {
        let places = find_grains(&*storage, &layout, how.salvage, warnings)?;
        Ok(Self::new(storage, path, layout, places, how, warnings))
    }

    fn new(
        storage: Arc<dyn Storage>,
        path: &Path,
        layout: Layout,
        places: Places,
        how: How,
        warnings: &mut Vec<String>,
    ) -> Self {
        if layout.unclean.is_some() {
            warnings.push(
                "not closed cleanly, or in use by a running machine; it is read as it stands, \
                 and the guest's last writes may be missing"
                    .to_owned(),
            );
        }
        Self {
            path: path.to_path_buf(),
            mapping: Mapping::new(layout.clone(), places, how.many),
            layout,
            storage,
            beneath: Beneath::default(),
            inflaters: Pool::new(Inflater::new),
            scratch: Pool::new(Scratch::default),
        }
    }

    /// Bytes of a grain.
    pub(super) fn grain(&self) -> u64 {
        self.layout.grain
    }

    /// Bytes of the grain directory.
    pub(super) fn directory_bytes(&self) -> u64 {
        self.layout.directory_entries() * self.layout.entries.width()
    }

    /// Reads grains that are not here from `parent`.
    pub(super) fn put_beneath(&mut self, parent: Box<dyn DiskSource>) {
        self.mapping.put_parent_beneath();
        self.beneath.attach(parent);
    }

    fn run_at(&self, offset: u64, enough: u64) -> Result<Run> {
        self.mapping.run_at(&*self.storage, offset, enough)
    }

    fn read_compressed(&self, at: u64, offset: u64, buf: &mut [u8]) -> Result<()> {
        let size = to_usize(self.layout.grain);
        let within = to_usize(offset % self.layout.grain);
        let guest = offset - within as u64;
        let visible = self.layout.visible(guest);
        let unpack = |stream: &[u8], grain: &mut [u8]| {
            self.inflaters
                .with(|inflater| fill(inflater, stream, grain, visible))
                .map_err(|why| Error::from(Fault::Grain { at, guest, why }))
        };
        self.scratch.with(|scratch| {
            read_stream(&*self.storage, &self.layout, at, guest, &mut scratch.stream)?;
            if buf.len() == size {
                return unpack(&scratch.stream, buf);
            }
            scratch.grain.resize(size, 0);
            unpack(&scratch.stream, &mut scratch.grain)?;
            buf.copy_from_slice(&scratch.grain[within..within + buf.len()]);
            Ok(())
        })
    }

    fn read_unplaced(&self, mut offset: u64, mut buf: &mut [u8]) -> Result<()> {
        let grain = self.layout.grain;
        while !buf.is_empty() {
            let run = self.run_at(offset, buf.len() as u64)?;
            let length = match run.kind {
                // One grain at a time: the place is only the first one's.
                Kind::Compressed(_) => run.length.min(grain - offset % grain),
                _ => run.length,
            };
            let (now, later) = buf.split_at_mut(to_usize(length.min(buf.len() as u64)));
            match run.kind {
                Kind::Zero => now.fill(0),
                Kind::Unallocated => self.beneath.read_at(offset, now)?,
                Kind::Stored(at) => self.storage.read_exact_at(at, now)?,
                Kind::Compressed(at) => self.read_compressed(at, offset, now)?,
            }
            offset += now.len() as u64;
            buf = later;
        }
        Ok(())
    }
}

/// An extent may have a descriptor of its own. What it holds changes to has to be what the
/// disk's descriptor says.
pub(super) fn check_embedded(
    storage: &dyn Storage,
    layout: &Layout,
    disk: &Description,
) -> Result<()> {
    let Some(own) = Description::read(storage, layout)? else {
        return Ok(());
    };
    match own.parent_cid {
        Some(parent) if disk.parent_cid != Some(parent) => {
            let why = format!(
                "it holds changes to a parent disk (parentCID {parent:08x}), of which the disk's \
                 descriptor does not tell"
            );
            let (at, _) = layout.descriptor;
            Err(Fault::Descriptor { why, at }.into())
        }
        _ => Ok(()),
    }
}

fn find_grains(
    storage: &dyn Storage,
    layout: &Layout,
    salvage: bool,
    warnings: &mut Vec<String>,
) -> Result<Places> {
    if layout.tables != TablesAt::Nowhere {
        let directory = Directory::read(storage, layout)?;
        if directory.mended > 0 {
            warnings.push(format!(
                "its grain directory is damaged; the redundant one tells where {} of {} grain \
                 tables are",
                directory.mended,
                directory.tables.len()
            ));
        }
        return Ok(Places::Tables(directory.tables));
    }
    let scan = Scan::read(storage, layout)?;
    warnings.push(match scan.cut {
        None => "it has no footer that tells where its grain tables are; its grains were found \
                 by their markers"
            .to_owned(),
        Some(at) if salvage => format!(
            "it breaks off at byte {at}; what stood behind its first {} grains is lost and reads \
             as zeros",
            scan.grains.len()
        ),
        Some(at) => {
            let grains = scan.grains.len();
            return Err(Fault::Cut { at, grains }.into());
        }
    });
    Ok(Places::Grains(scan.grains))
}

impl DiskSource for Sparse {
    fn capacity(&self) -> u64 {
        self.layout.capacity
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let run = self
            .run_at(offset, u64::MAX)
            .map_err(|error| error.at(&self.path))?;
        let block = self.layout.grain;
        let kind = match run.kind {
            Kind::Zero => ExtentKind::Zero,
            Kind::Unallocated => return self.beneath.extent_at(offset, run.length),
            Kind::Compressed(_) if offset.is_multiple_of(block) => ExtentKind::Deflated {
                block,
                window: DEFLATE_WINDOW,
                framing: Framing::Zlib,
            },
            Kind::Stored(_) | Kind::Compressed(_) => ExtentKind::Data,
        };
        Ok(Extent {
            length: run.length,
            kind,
        })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.read_unplaced(offset, buf)
            .map_err(|error| error.at(&self.path))
    }

    fn granularity(&self) -> u64 {
        let own = if self.layout.compressed {
            self.layout.grain
        } else {
            1
        };
        own.max(self.beneath.granularity())
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        let mut read = || match self.run_at(offset, 1)?.kind {
            Kind::Compressed(at) => read_stream(&*self.storage, &self.layout, at, offset, window),
            _ => self.beneath.deflated_at(offset, window),
        };
        read().map_err(|error| error.at(&self.path))
    }
}
