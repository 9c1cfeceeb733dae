//! Opening a disk with everything it rests on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::storage::{FileIdentity, FileStorage, Storage as _};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::detect::{Format, format_of};
use crate::disk::gate::{Allowed, Gate, paths_of};
use crate::disk::grown::Grown;
use crate::disk::neighbours::{belongs_already, extent_file};
use crate::disk::raw::RawDisk;
use crate::disk::secret::Secrets;
use crate::disk::{DiskSource, Warning, qcow2, vdi, vhd, vhdx, vmdk};

/// Images of a backing chain, the named one included. Longer chains are made
/// by mistake or malice: nobody keeps 64 overlays.
pub const CHAIN_LIMIT: usize = 64;

/// How to open.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// The format, where it is not to be detected.
    pub format: Option<Format>,
    /// An internal snapshot by name or id.
    pub snapshot: Option<String>,
    /// What files named inside the image may be opened.
    pub gate: Gate,
    /// Read what is left of a VMDK stream that was cut off.
    pub salvage: bool,
    /// Who knows the secrets of encrypted images.
    pub secrets: Secrets,
    /// Leave encrypted images locked, for who does not read what is on them.
    pub locked: bool,
}

/// A disk ready to be read.
pub struct OpenedDisk {
    /// The disk.
    pub source: Box<dyn DiskSource>,
    /// The format of the named image.
    pub format: Format,
    /// Every file that belongs to it, the named one first.
    pub files: Vec<FileIdentity>,
    /// The image and what it rests on, downwards.
    pub images: Vec<(PathBuf, Format)>,
    /// What its user should know.
    pub warnings: Vec<Warning>,
    /// The size of the disk that shows where the named image holds nothing, if it is a qcow2 with
    /// a backing file.
    pub beneath: Option<u64>,
}

impl OpenedDisk {
    /// The disk with zeros up to `capacity` bytes, which may not be fewer than it has; without
    /// one, as it is.
    pub fn grown(self, capacity: Option<u64>) -> Result<Self> {
        let Some(capacity) = capacity else {
            return Ok(self);
        };
        let source = Box::new(Grown::new(self.source, capacity)?);
        Ok(Self { source, ..self })
    }
}

/// Opens the disk at `path`.
pub fn open(path: &Path, options: &OpenOptions) -> Result<OpenedDisk> {
    let storage = FileStorage::open(path)?;
    let mut chain = Chain {
        options,
        files: vec![storage.identity().clone()],
        images: Vec::new(),
        warnings: Vec::new(),
        beneath: None,
    };
    let format = format_of(&storage, path, options.format)?;
    let snapshot = options.snapshot.as_deref();
    refuse_snapshot(format, snapshot, path)?;
    let source = chain.open(storage, path, format, snapshot)?;
    Ok(OpenedDisk {
        source,
        format,
        files: chain.files,
        images: chain.images,
        warnings: chain.warnings,
        beneath: chain.beneath,
    })
}

/// Refuses a `snapshot` of a disk of a `format` that has none.
pub(super) fn refuse_snapshot(format: Format, snapshot: Option<&str>, path: &Path) -> Result<()> {
    if snapshot.is_none() || format == Format::Qcow2 {
        return Ok(());
    }
    Err(
        Error::usage(format!("a {format} disk has no snapshots inside"))
            .at(path)
            .help("leave `--snapshot` away"),
    )
}

/// What the chain has brought up so far.
struct Chain<'a> {
    options: &'a OpenOptions,
    files: Vec<FileIdentity>,
    images: Vec<(PathBuf, Format)>,
    warnings: Vec<Warning>,
    /// The size of the backing file that was attached last.
    beneath: Option<u64>,
}

impl Chain<'_> {
    fn open(
        &mut self,
        storage: FileStorage,
        path: &Path,
        format: Format,
        snapshot: Option<&str>,
    ) -> Result<Box<dyn DiskSource>> {
        self.images.push((path.to_path_buf(), format));
        match format {
            Format::Raw => Ok(Box::new(
                RawDisk::new(storage).map_err(|error| error.at(path))?,
            )),
            Format::Qcow2 => self.open_qcow2(storage, path, snapshot),
            Format::Vmdk => Ok(Box::new(self.open_vmdk(storage, path)?)),
            Format::Vhdx => Ok(Box::new(self.open_vhdx(storage, path)?)),
            Format::Vhd => Ok(Box::new(self.open_vhd(storage, path)?)),
            Format::Vdi => Ok(Box::new(self.open_vdi(storage, path)?)),
        }
    }

    fn open_qcow2(
        &mut self,
        storage: FileStorage,
        path: &Path,
        snapshot: Option<&str>,
    ) -> Result<Box<dyn DiskSource>> {
        refuse_empty(&storage, path)?;
        let mut image = qcow2::Image::open(Arc::new(storage), path, snapshot)?;
        if !self.options.locked {
            image.unlock(&self.options.secrets)?;
        }
        self.warnings.extend(image.warnings());
        if let Some(name) = image.header().data_file.clone() {
            let (data, resolved) = self.follow(path, "data file", &name)?;
            image.attach_data_file(Arc::new(data), &resolved);
        }
        if let Some(name) = image.header().backing_file.clone() {
            let stated = image.header().backing_format.clone();
            let (backing, resolved) = self.follow(path, "backing file", &name)?;
            let format = match stated.as_deref() {
                None => format_of(&backing, &resolved, None)?,
                Some(stated) => stated.parse().map_err(|_| {
                    Error::new(
                        ErrorKind::Unsupported,
                        format!("its backing file `{name}` has the format `{stated}`"),
                    )
                    .at(path)
                    .help("ovfkit reads chains of qcow2, VMDK, VHDX, VHD, VDI and raw; flatten this one first: qemu-img convert -O qcow2 IMAGE FLAT.qcow2")
                })?,
            };
            // A snapshot is a state of the named image alone.
            let backing = self.open(backing, &resolved, format, None)?;
            self.beneath = Some(backing.capacity());
            image.attach_backing(backing);
        }
        Ok(Box::new(image))
    }

    /// Opens an extent, or a descriptor and all its extents; a parent is one of them too, as
    /// only a VMDK has the content id that tells whether the two fit together.
    fn open_vmdk(&mut self, storage: FileStorage, path: &Path) -> Result<vmdk::Image> {
        refuse_empty(&storage, path)?;
        let salvage = self.options.salvage;
        let mut image = match vmdk::Described::read(&storage, path)? {
            None => vmdk::Image::open(Arc::new(storage), path, salvage)?,
            Some(described) => {
                let files = described.files().iter();
                let files = files.map(|name| self.extent(path, name));
                let files = files.collect::<Result<Vec<_>>>()?;
                described.open(&files, salvage)?
            }
        };
        self.warnings.extend(image.warnings());
        if let Some(parent) = image.parent() {
            let (storage, found) = self.parent(path, &paths_of(&parent.file))?;
            self.images.push((found.clone(), Format::Vmdk));
            image.attach_parent(self.open_vmdk(storage, &found)?)?;
        }
        Ok(image)
    }

    /// Opens the file `name` of extents of the disk that the descriptor `image` describes.
    fn extent(&mut self, image: &Path, name: &str) -> Result<vmdk::ExtentFile> {
        let (storage, path) = extent_file(&self.options.gate, image, name)?;
        if self.files.contains(storage.identity()) {
            return Err(belongs_already(name).at(image));
        }
        self.files.push(storage.identity().clone());
        Ok(vmdk::ExtentFile {
            storage: Arc::new(storage),
            path,
        })
    }

    /// Opens a VHDX; a parent is one too, as only it has the identifier that tells whether
    /// the two fit together.
    fn open_vhdx(&mut self, storage: FileStorage, path: &Path) -> Result<vhdx::Image> {
        refuse_empty(&storage, path)?;
        let mut image = vhdx::Image::open(Arc::new(storage), path)?;
        self.warnings.extend(image.warnings());
        if let Some(names) = image.parent()? {
            let (storage, found) = self.parent(path, &names)?;
            self.images.push((found.clone(), Format::Vhdx));
            image.attach_parent(self.open_vhdx(storage, &found)?)?;
        }
        Ok(image)
    }

    /// Opens a VHD; a parent is one too, as it has the id that tells whether the two fit
    /// together.
    fn open_vhd(&mut self, storage: FileStorage, path: &Path) -> Result<vhd::Image> {
        refuse_empty(&storage, path)?;
        let mut image = vhd::Image::open(Arc::new(storage), path)?;
        if let Some(parent) = image.parent() {
            let (storage, found) = self.parent(path, &parent.names)?;
            let changed = storage.file().metadata().and_then(|about| about.modified());
            self.images.push((found.clone(), Format::Vhd));
            let parent = self.open_vhd(storage, &found)?;
            image.attach_parent(parent, changed.ok())?;
        }
        self.warnings.extend(image.warnings());
        Ok(image)
    }

    /// Opens the file of the parent of `image` that is found by the first of `names`.
    fn parent(&mut self, image: &Path, names: &[String]) -> Result<(FileStorage, PathBuf)> {
        let role = "parent disk";
        let found = self.options.gate.resolve_any(image, role, names)?;
        let name = found.named.display().to_string();
        let storage = self.enter(image, role, &name, &found)?;
        Ok((storage, found.named))
    }

    fn open_vdi(&mut self, storage: FileStorage, path: &Path) -> Result<vdi::Image> {
        refuse_empty(&storage, path)?;
        let mut image = vdi::Image::open(Arc::new(storage), path)?;
        if let Some(parent) = image.parent() {
            let found = vdi::find(&self.options.gate, path, parent.id)?;
            let name = found.named.display().to_string();
            let storage = self.enter(path, "parent disk", &name, &found)?;
            self.images.push((found.named.clone(), Format::Vdi));
            image.attach_parent(self.open_vdi(storage, &found.named)?)?;
        }
        self.warnings.extend(image.warnings());
        Ok(image)
    }

    /// Opens the file `name`, found in `image` as its `role`; answers with the
    /// path it is named by, too.
    fn follow(&mut self, image: &Path, role: &str, name: &str) -> Result<(FileStorage, PathBuf)> {
        let found = self.options.gate.resolve(image, role, name)?;
        let storage = self.enter(image, role, name, &found)?;
        Ok((storage, found.named))
    }

    /// Opens the file that was `found` for `name`, as a further one of the chain.
    fn enter(
        &mut self,
        image: &Path,
        role: &str,
        name: &str,
        found: &Allowed,
    ) -> Result<FileStorage> {
        let storage = FileStorage::open(&found.canonical)?;
        if self.files.contains(storage.identity()) {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("its {role} `{name}` is the image itself or one that rests on it"),
            )
            .at(image)
            .why("reading such a loop would never end")
            .help(
                "mend the name: qemu-img rebase -u -b BACKING -F FORMAT IMAGE, or Set-VHD \
                 -ParentPath on Windows",
            ));
        }
        if self.images.len() >= CHAIN_LIMIT {
            return Err(Error::new(
                ErrorKind::LimitExceeded,
                format!("the chain of backing files is longer than {CHAIN_LIMIT} images"),
            )
            .at(image)
            .help(
                "flatten it first: qemu-img convert -O qcow2 IMAGE FLAT.qcow2, or Convert-VHD \
                 on Windows",
            ));
        }
        self.files.push(storage.identity().clone());
        Ok(storage)
    }
}

fn refuse_empty(storage: &FileStorage, path: &Path) -> Result<()> {
    if storage.length() == 0 {
        return Err(Error::new(ErrorKind::Invalid, "the file is empty")
            .at(path)
            .help("check that the image was downloaded or created completely"));
    }
    Ok(())
}
