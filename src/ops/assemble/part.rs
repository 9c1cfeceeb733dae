//! A file of a package, where it lies, and what it will be.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use crate::base::copy::copy;
use crate::base::digest::{Algorithm, Digests};
use crate::base::progress::{Observer, cancelled};
use crate::base::slice::Slice;
use crate::base::storage::{FileStorage, Storage};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::alone;
use crate::disk::kind::Kind;
use crate::disk::vmdk::{self, Repair};
use crate::envelope::STREAM_OPTIMIZED;
use crate::ova::name::SafeName;
use crate::ova::role::Role;
use crate::validate::fix::{DiskFacts, FileFacts, PackageChange};

/// Bytes read at a time.
const CHUNK: u64 = 1 << 20;
/// Sparse extents that are no streams.
const SPARSE: &str = "http://www.vmware.com/interfaces/specifications/vmdk.html#monolithicSparse";
const QCOW2: &str = "http://www.gnome.org/~markmc/qcow-image-format.html";

/// A file of a package.
pub(in crate::ops) struct Part {
    /// Its path as the package has it.
    pub(in crate::ops) path: SafeName,
    /// Its bytes.
    storage: Arc<dyn Storage>,
    /// The file they lie in, and where they begin there.
    file: Arc<FileStorage>,
    at: u64,
    /// Where its content stands in its archive, if it is out of one.
    pub(in crate::ops) stored_at: u64,
    repair: Option<Repair>,
    gzip: bool,
    disk: Option<DiskFacts>,
}

impl Part {
    /// The file at `path`, whose content is `size` bytes of `file` from `at`.
    pub(in crate::ops) fn new(
        path: SafeName,
        file: Arc<FileStorage>,
        at: u64,
        size: u64,
    ) -> Result<Self> {
        let whole: Arc<dyn Storage> = Arc::<FileStorage>::clone(&file);
        Ok(Self {
            path,
            storage: Arc::new(Slice::new(whole, at, size)?),
            file,
            at,
            stored_at: at,
            repair: None,
            gzip: false,
            disk: None,
        })
    }

    pub(in crate::ops) fn role(&self) -> Role {
        Role::of(self.path.as_str())
    }

    /// Looks at a disk: what its header says, and what its end lacks. A disk that cannot be
    /// read is left as it is, and its user warned.
    pub(in crate::ops) fn look(
        &mut self,
        observer: &mut dyn Observer,
    ) -> Result<Option<PackageChange>> {
        if self.role() != Role::Content {
            return Ok(None);
        }
        let kind = Kind::in_storage(&*self.storage)?;
        self.gzip = kind == Some(Kind::Gzip);
        let looked = match kind {
            Some(Kind::Vmdk) => self.look_at_vmdk(),
            Some(kind) => self.look_at_disk(kind),
            None => Ok(()),
        };
        match looked {
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => {
                observer.warned(self.path.as_str(), &format!("left as it is: {error}"));
            }
            Ok(()) => {}
        }
        let size = self.storage.length();
        Ok(self.repair.map(|repair| {
            let what = match (size - repair.keep, repair.append) {
                (0, _) => "an end-of-stream marker put behind the last grain".to_owned(),
                (cut, 0) => format!("{cut} bytes behind the end-of-stream marker cut off"),
                _ => "the end-of-stream marker made whole".to_owned(),
            };
            PackageChange {
                member: Some(self.path.to_string()),
                what,
            }
        }))
    }

    fn look_at_vmdk(&mut self) -> Result<()> {
        let summary = vmdk::summary(&*self.storage, Path::new(self.path.as_str()))?;
        let format = match summary.create_type.as_deref() {
            Some(kind) if kind.eq_ignore_ascii_case("streamOptimized") => Some(STREAM_OPTIMIZED),
            Some(kind) if kind.eq_ignore_ascii_case("monolithicSparse") => Some(SPARSE),
            _ => None,
        };
        self.disk = Some(DiskFacts {
            capacity: summary.capacity,
            format,
        });
        self.repair = vmdk::repair(&*self.storage)?;
        Ok(())
    }

    fn look_at_disk(&mut self, kind: Kind) -> Result<()> {
        let storage = Arc::clone(&self.storage);
        let opened = alone::open(kind, storage, Path::new(self.path.as_str()), None)?;
        self.disk = opened.map(|disk| DiskFacts {
            capacity: disk.source.capacity(),
            // Writers disagree about the others.
            format: (kind == Kind::Qcow2).then_some(QCOW2),
        });
        Ok(())
    }

    /// Whether it is a disk, also one that is compressed.
    pub(in crate::ops) fn is_disk(&self) -> bool {
        self.disk.is_some() || self.gzip
    }

    /// Whether it will be another file.
    pub(in crate::ops) fn is_changed(&self) -> bool {
        self.repair.is_some()
    }

    /// Bytes it will have.
    pub(in crate::ops) fn size(&self) -> u64 {
        self.repair
            .map_or(self.storage.length(), |repair| repair.length())
    }

    pub(in crate::ops) fn facts(&self) -> FileFacts {
        FileFacts {
            size: self.size(),
            gzip: self.gzip,
            disk: self.disk,
        }
    }

    /// All of a small file.
    pub(in crate::ops) fn content(&self) -> Result<Vec<u8>> {
        let (role, size) = (self.role(), self.storage.length());
        if role.most_bytes().is_some_and(|most| size > most) {
            return Err(role.too_large(size).in_member(self.path.as_str()));
        }
        let mut content = vec![0; to_usize(size)];
        self.storage.read_exact_at(0, &mut content)?;
        Ok(content)
    }

    /// Hands all bytes it will have to `each`.
    pub(in crate::ops) fn stream(
        &self,
        observer: &mut dyn Observer,
        each: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let size = self.size();
        let kept = self.repair.map_or(size, |repair| repair.keep);
        observer.begin(self.path.as_str(), size);
        let mut chunk = vec![0; to_usize(CHUNK.min(size))];
        let mut at = 0;
        while at < size {
            let now = match kept.saturating_sub(at) {
                // What is put behind are zeros.
                0 => {
                    let now = to_usize((size - at).min(chunk.len() as u64));
                    chunk[..now].fill(0);
                    now
                }
                left => {
                    let now = to_usize(left.min(chunk.len() as u64));
                    (self.storage.read_exact_at(at, &mut chunk[..now]))
                        .map_err(|error| error.in_member(self.path.as_str()))?;
                    now
                }
            };
            each(&chunk[..now])?;
            at += now as u64;
            if observer.advanced(now as u64).is_break() {
                return Err(cancelled());
            }
        }
        Ok(())
    }

    /// Its digests.
    pub(in crate::ops) fn digests(
        &self,
        algorithms: &[Algorithm],
        observer: &mut dyn Observer,
    ) -> Result<HashMap<Algorithm, String>> {
        let mut digests = Digests::new(algorithms);
        self.stream(observer, &mut |bytes| {
            digests.update(bytes);
            Ok(())
        })?;
        Ok(digests.finish())
    }

    /// Writes all bytes it will have.
    pub(in crate::ops) fn write(
        &self,
        output: &mut dyn std::io::Write,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        self.stream(observer, &mut |bytes| {
            output.write_all(bytes).map_err(Error::write)
        })
    }

    /// Copies all bytes it will have to the place `to` of a file that has nothing there yet.
    pub(in crate::ops) fn copy(
        &self,
        target: &File,
        to: u64,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let size = self.size();
        let kept = self.repair.map_or(size, |repair| repair.keep);
        observer.begin(self.path.as_str(), size);
        copy(&self.file, self.at, target, to, kept.min(size), observer)
            .map_err(|error| error.in_member(self.path.as_str()))?;
        // What is put behind are zeros.
        let length = target.metadata().map_err(Error::write)?.len();
        target.set_len(length.max(to + size)).map_err(Error::write)
    }
}
