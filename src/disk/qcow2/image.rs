//! Opening an image, and reading it as a disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::encryption::{Encryption, Unlocked};
use super::fault::Fault;
use super::format::DEFLATE_WINDOW;
use super::header::{Compression, Header, check_inside};
use super::inflate::{ClusterInflater, CompressedPlace};
use super::mapping::{Kind, Mapping, Run};
use super::snapshot::{self, Snapshot};
use crate::base::pool::Pool;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::beneath::Beneath;
use crate::disk::secret::Secrets;
use crate::disk::{DiskSource, Extent, ExtentKind, Framing, Warning};

/// An opened image: the active state of its disk, or a snapshot's.
pub struct Image {
    path: PathBuf,
    header: Header,
    storage: Arc<dyn Storage>,
    data: Arc<dyn Storage>,
    /// Where the data is, which an external data file tells apart from `path`.
    data_path: PathBuf,
    beneath: Beneath,
    mapping: Mapping,
    /// The data, once a secret unlocked it.
    unlocked: Option<Unlocked>,
    inflater: ClusterInflater,
    scratch: Pool<Scratch>,
}

/// A compressed cluster's bytes, and the cluster.
#[derive(Default)]
struct Scratch {
    window: Vec<u8>,
    cluster: Vec<u8>,
}

impl Image {
    /// Opens the image in `storage`, called `path` in errors; with `snapshot`
    /// (a name or id), that state of it, in the size it had.
    ///
    /// Before reading, a backing file and a data file the header names have to
    /// be attached, and an encrypted image has to be unlocked.
    pub fn open(storage: Arc<dyn Storage>, path: &Path, snapshot: Option<&str>) -> Result<Self> {
        Self::open_unplaced(storage, path, snapshot).map_err(|error| error.at(path))
    }

    fn open_unplaced(storage: Arc<dyn Storage>, path: &Path, wanted: Option<&str>) -> Result<Self> {
        let header = Header::read(&*storage)?;
        let (l1, size) = match wanted {
            None => {
                // A damaged table tells of a damaged image, as it does to QEMU.
                snapshot::for_each(&*storage, &header, |_| {})?;
                (header.l1, header.size)
            }
            Some(wanted) => {
                let found = snapshot::find(&*storage, &header, wanted)?;
                (found.l1, found.disk_size.unwrap_or(header.size))
            }
        };
        let l1 = header.read_l1(&*storage, l1, size)?;
        Ok(Self {
            path: path.to_path_buf(),
            inflater: ClusterInflater::new(header.compression),
            mapping: Mapping::new(header.clone(), l1, size),
            data: Arc::clone(&storage),
            data_path: path.to_path_buf(),
            storage,
            beneath: Beneath::default(),
            unlocked: None,
            scratch: Pool::new(Scratch::default),
            header,
        })
    }

    /// What the image says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The internal snapshots.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>> {
        snapshot::read_all(&*self.storage, &self.header).map_err(|error| error.at(&self.path))
    }

    /// Reads unallocated clusters from `backing`, zeros beyond its end.
    pub fn attach_backing(&mut self, backing: Box<dyn DiskSource>) {
        self.mapping.put_backing_beneath();
        self.beneath.attach(backing);
    }

    /// Reads the guest's data from `data`, called `path` in errors.
    pub fn attach_data_file(&mut self, data: Arc<dyn Storage>, path: &Path) {
        self.data = data;
        self.data_path = path.to_path_buf();
    }

    /// How the data is encrypted, `AES` or `LUKS`, if it is.
    pub fn encryption(&self) -> Option<&'static str> {
        self.header.encryption.as_ref().map(Encryption::name)
    }

    /// Makes the data readable by one of the `secrets`, if it is encrypted.
    pub fn unlock(&mut self, secrets: &Secrets) -> Result<()> {
        if let Some(encryption) = &self.header.encryption {
            let unlocked = encryption.unlock(&*self.storage, &self.path, secrets);
            self.unlocked = Some(unlocked.map_err(|error| error.at(&self.path))?);
        }
        Ok(())
    }

    /// What the user should know before trusting the image.
    pub fn warnings(&self) -> Vec<Warning> {
        let warn = |message: &str| Warning {
            path: self.path.display().to_string(),
            message: message.to_owned(),
        };
        self.header.warnings().into_iter().map(warn).collect()
    }

    fn run_at(&self, offset: u64, enough: u64) -> Result<Run> {
        let run = self.mapping.run_at(&*self.storage, offset, enough)?;
        if let Kind::Standard(host) = run.kind {
            check_inside("data cluster", host, run.length, self.data.length())
                .map_err(|error| error.at(&self.data_path))?;
        }
        Ok(run)
    }

    /// Reads the sectors a compressed cluster lies in, as far as the file goes:
    /// the last sector need not be written whole.
    fn read_window(&self, place: CompressedPlace, window: &mut Vec<u8>) -> Result<()> {
        let length = self.storage.length();
        let end = (place.offset + place.window).min(length);
        if place.offset >= end {
            check_inside("compressed cluster", place.offset, place.window, length)?;
        }
        window.resize(to_usize(end - place.offset), 0);
        self.storage.read_exact_at(place.offset, window)
    }

    fn read_compressed(&self, place: CompressedPlace, offset: u64, buf: &mut [u8]) -> Result<()> {
        let size = self.header.cluster_size();
        let within = to_usize(offset % size);
        let guest = offset - within as u64;
        let fault = |why| {
            Error::from(Fault::Compressed {
                at: place.offset,
                guest,
                why,
            })
        };
        self.scratch.with(|scratch| {
            self.read_window(place, &mut scratch.window)?;
            if within == 0 && buf.len() as u64 == size {
                return self.inflater.inflate(&scratch.window, buf).map_err(fault);
            }
            scratch.cluster.resize(to_usize(size), 0);
            self.inflater
                .inflate(&scratch.window, &mut scratch.cluster)
                .map_err(fault)?;
            buf.copy_from_slice(&scratch.cluster[within..within + buf.len()]);
            Ok(())
        })
    }

    /// Reads what is stored as it is, or encrypted.
    fn read_data(&self, host: u64, guest: u64, buf: &mut [u8]) -> Result<()> {
        match (&self.header.encryption, &self.unlocked) {
            (None, _) => self.data.read_exact_at(host, buf),
            (Some(_), Some(unlocked)) => unlocked.read(&*self.data, host, guest, buf),
            (Some(encryption), None) => Err(Fault::Locked(encryption.name()).into()),
        }
    }

    fn read_unplaced(&self, mut offset: u64, mut buf: &mut [u8]) -> Result<()> {
        let cluster = self.header.cluster_size();
        while !buf.is_empty() {
            let run = self.run_at(offset, buf.len() as u64)?;
            let length = match run.kind {
                // One cluster at a time: the place is only the first one's.
                Kind::Compressed(_) => run.length.min(cluster - offset % cluster),
                _ => run.length,
            };
            let (now, later) = buf.split_at_mut(to_usize(length.min(buf.len() as u64)));
            match run.kind {
                Kind::Zero => now.fill(0),
                Kind::Unallocated => self.beneath.read_at(offset, now)?,
                Kind::Standard(host) => self.read_data(host, offset, now)?,
                Kind::Compressed(place) => self.read_compressed(place, offset, now)?,
            }
            offset += now.len() as u64;
            buf = later;
        }
        Ok(())
    }
}

impl DiskSource for Image {
    fn capacity(&self) -> u64 {
        self.mapping.size()
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let run = self
            .run_at(offset, u64::MAX)
            .map_err(|error| error.at(&self.path))?;
        let cluster = self.header.cluster_size();
        Ok(match run.kind {
            Kind::Zero => Extent {
                length: run.length,
                kind: ExtentKind::Zero,
            },
            Kind::Unallocated => self.beneath.extent_at(offset, run.length)?,
            Kind::Compressed(_)
                if self.header.compression == Compression::Deflate
                    && offset.is_multiple_of(cluster) =>
            {
                Extent {
                    length: run.length,
                    kind: ExtentKind::Deflated {
                        block: cluster,
                        window: DEFLATE_WINDOW,
                        framing: Framing::Raw,
                    },
                }
            }
            Kind::Standard(_) | Kind::Compressed(_) => Extent {
                length: run.length,
                kind: ExtentKind::Data,
            },
        })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.read_unplaced(offset, buf)
            .map_err(|error| error.at(&self.path))
    }

    fn granularity(&self) -> u64 {
        self.header.cluster_size().max(self.beneath.granularity())
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        let run = self
            .run_at(offset, 1)
            .map_err(|error| error.at(&self.path))?;
        match run.kind {
            Kind::Compressed(place) => self.read_window(place, window),
            _ => self.beneath.deflated_at(offset, window),
        }
        .map_err(|error| error.at(&self.path))
    }
}
