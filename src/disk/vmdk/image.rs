//! Opening an extent, and reading it as a disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::description::Description;
use super::directory::Directory;
use super::fault::Fault;
use super::format::SECTOR;
use super::grain::{fill, read_stream};
use super::layout::{Layout, TablesAt};
use super::mapping::{Kind, Mapping, Places, Run};
use super::scan::Scan;
use crate::base::deflate::Inflater;
use crate::base::pool::Pool;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::beneath::Beneath;
use crate::disk::{DEFLATE_WINDOW, DiskSource, Extent, ExtentKind, Framing, Warning};

/// An opened sparse extent with its embedded descriptor: streamOptimized or
/// monolithicSparse.
pub struct Image {
    path: PathBuf,
    layout: Layout,
    description: Description,
    storage: Arc<dyn Storage>,
    mapping: Mapping,
    beneath: Beneath,
    warnings: Vec<String>,
    inflaters: Pool<Inflater>,
    scratch: Pool<Scratch>,
}

/// A compressed grain's bytes, and the grain.
#[derive(Default)]
struct Scratch {
    stream: Vec<u8>,
    grain: Vec<u8>,
}

/// The disk an extent holds changes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its file, as named in the descriptor.
    pub file: String,
    /// The content id it has to have.
    pub cid: u32,
}

impl Image {
    /// Opens the extent in `storage`, called `path` in errors. With `salvage` a
    /// stream that was cut off before its tables is opened too: what was lost
    /// reads as zeros, and a warning says so.
    ///
    /// Before reading, a [`Self::parent`] has to be attached.
    pub fn open(storage: Arc<dyn Storage>, path: &Path, salvage: bool) -> Result<Self> {
        Self::open_unplaced(storage, path, salvage).map_err(|error| error.at(path))
    }

    fn open_unplaced(storage: Arc<dyn Storage>, path: &Path, salvage: bool) -> Result<Self> {
        let layout = Layout::read(&*storage)?;
        let description = Description::read(&*storage, &layout)?;
        description.check_whole()?;
        if let (Some(parent), None) = (description.parent_cid, &description.parent_hint) {
            return Err(Fault::UnnamedParent { parent }.into());
        }
        let mut warnings = own_warnings(&layout, &description);
        let places = find_grains(&*storage, &layout, salvage, &mut warnings)?;
        Ok(Self {
            path: path.to_path_buf(),
            mapping: Mapping::new(layout.clone(), places),
            layout,
            description,
            storage,
            beneath: Beneath::default(),
            warnings,
            inflaters: Pool::new(Inflater::new),
            scratch: Pool::new(Scratch::default),
        })
    }

    /// The disk this one holds changes to, if it does not stand alone.
    pub fn parent(&self) -> Option<Parent> {
        let (cid, file) = (
            self.description.parent_cid?,
            self.description.parent_hint.clone()?,
        );
        Some(Parent { file, cid })
    }

    /// Reads grains that are not here from `parent`, which has to have the
    /// content this disk was made on.
    pub fn attach_parent(&mut self, parent: Self) -> Result<()> {
        let found = parent.description.cid;
        if let Some(expected) = self.description.parent_cid
            && found != Some(expected)
        {
            let found = found.map_or_else(|| "none".to_owned(), |cid| format!("{cid:08x}"));
            return Err(Error::from(Fault::Parent { expected, found }).at(&self.path));
        }
        self.mapping.put_parent_beneath();
        self.beneath.attach(Box::new(parent));
        Ok(())
    }

    /// What the user should know before trusting the disk.
    pub fn warnings(&self) -> Vec<Warning> {
        Warning::all(&self.path, &self.warnings)
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

fn own_warnings(layout: &Layout, description: &Description) -> Vec<String> {
    let mut warnings = Vec::new();
    if layout.unclean {
        warnings.push(
            "not closed cleanly, or in use by a running machine; it is read as it stands, and \
             the guest's last writes may be missing"
                .to_owned(),
        );
    }
    let sectors = layout.capacity / SECTOR;
    for extent in &description.extents {
        if extent.sectors != sectors {
            warnings.push(format!(
                "its descriptor tells of {} sectors and its header of {sectors}; the header's \
                 size is taken",
                extent.sectors
            ));
        }
    }
    warnings
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

impl DiskSource for Image {
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
