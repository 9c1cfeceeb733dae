//! The files of a package, and the disks in them.

use std::collections::{HashMap, HashSet};

use super::decide::Chosen;
use super::names::{self, name_fault};
use super::problem::{At, Problems};
use crate::envelope::{Capacity, Disk, File, STREAM_OPTIMIZED};
use crate::vm::Contradiction;
use crate::vm::definition;
use crate::vm::profile::{CapacityUnit, Profile};

/// What goes into a file of the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A disk, compressed on the way.
    Disk(DiskContent),
    /// A file as it is; its path as the definition writes it.
    File(String),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// A disk that is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskContent {
    /// The path of the image as the definition writes it.
    pub image: String,
    /// Its format, if it is not to be detected.
    pub format: Option<String>,
    /// The internal snapshot to pack.
    pub snapshot: Option<String>,
    /// The size the disk gets in bytes, if it is not the image's.
    pub size: Option<u64>,
    /// The controller it is on, which its geometry is made for.
    pub controller: Option<crate::vm::ControllerKind>,
    /// The disk of the envelope that is in it, by its number.
    pub disk: usize,
}

/// A file of the package, in the order of the references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its name in the package.
    pub href: String,
    /// The value of the definition it comes from.
    pub at: At,
    /// What goes into it.
    pub content: Content,
}

/// The files and disks, and who refers to which.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// What goes into each file.
    pub(super) planned: Vec<Planned>,
    /// The files as the references list them.
    pub(super) references: Vec<File>,
    /// The disks.
    pub(super) disks: Vec<Disk>,
    /// The disk behind each disk of each machine.
    by_disk: HashMap<At, String>,
    /// The file in each drive of each machine.
    by_drive: HashMap<At, String>,
    /// How many disk images there are.
    images: usize,
    /// How the sizes of disks are written.
    capacity: CapacityUnit,
    /// Whether blank disks name a format, too.
    blank_format: bool,
    /// The name of the package, after which files are named.
    package: String,
}

impl Files {
    /// The files of the package called `package`; disks are written as `profile` says.
    pub(super) fn new(package: &str, profile: &Profile) -> Self {
        Self {
            capacity: profile.capacity,
            blank_format: profile.blank_format,
            package: package.to_owned(),
            ..Self::default()
        }
    }

    /// What the device that is disk `index` of the machine at `machine` refers to.
    pub(super) fn disk_resource(&self, machine: &At, index: usize) -> Option<String> {
        let id = self.by_disk.get(&machine.key("disks").index(index))?;
        Some(format!("ovf:/disk/{id}"))
    }

    /// What drive `index` of the list `key` of the machine at `machine` refers to.
    pub(super) fn drive_resource(&self, machine: &At, key: &str, index: usize) -> Option<String> {
        let id = self.by_drive.get(&machine.key(key).index(index))?;
        Some(format!("ovf:/file/{id}"))
    }

    /// Adds a file with the name `href`, and returns its id.
    fn add(
        &mut self,
        id: Option<&str>,
        href: String,
        at: At,
        content: Content,
        problems: &mut Problems,
    ) -> String {
        // A name made of the machine's has its faults, which are told of that.
        if let Some(fault) = name_fault(&href)
            && name_fault(&self.package).is_none()
        {
            problems.add(at.clone(), names::bad("the file", &href, fault));
        }
        let id = id.map_or_else(
            || format!("file{}", self.references.len() + 1),
            str::to_owned,
        );
        if self.references.iter().any(|file| file.id == id) {
            problems.add(at.clone(), Contradiction::SameFileId { id: id.clone() });
        }
        let mut known = self.planned.iter();
        if known.any(|known| known.href.eq_ignore_ascii_case(&href)) {
            problems.add(
                at.clone(),
                Contradiction::DuplicateFile { href: href.clone() },
            );
        }
        self.references.push(File {
            id: id.clone(),
            href: href.clone(),
            ..File::default()
        });
        self.planned.push(Planned { href, at, content });
        id
    }

    /// Adds a file as it is, whose name is that of its path if none is given.
    pub(super) fn add_file(
        &mut self,
        id: Option<&str>,
        href: Option<&str>,
        path: &str,
        at: At,
        problems: &mut Problems,
    ) -> String {
        let href = href.map_or_else(|| file_name(path).to_owned(), str::to_owned);
        let known = self.planned.iter().position(|planned| {
            planned.href == href && planned.content == Content::File(path.to_owned())
        });
        // Two drives may have the same medium in them.
        if let Some(known) = known.filter(|_| id.is_none()) {
            return self.references[known].id.clone();
        }
        self.add(id, href, at, Content::File(path.to_owned()), problems)
    }

    /// Adds the disks of the machine.
    pub(super) fn add_disks(
        &mut self,
        chosen: &Chosen<'_>,
        kinds: &[Option<crate::vm::ControllerKind>],
        problems: &mut Problems,
    ) {
        let list = chosen.at.key("disks");
        let mut images = HashSet::new();
        for (index, disk) in chosen.definition.disks.iter().enumerate() {
            let at = list.index(index);
            if let Some(id) = self.named_disk(disk) {
                self.by_disk.insert(at, id);
                continue;
            }
            if let Some(image) = &disk.image
                && !images.insert((image.clone(), disk.snapshot.clone()))
            {
                let image = image.clone();
                problems.add(at.key("image"), Contradiction::SameImage { image });
            }
            if let Some(id) = self.disk_of_image(disk) {
                self.by_disk.insert(at, id);
                continue;
            }
            let id = disk
                .id
                .clone()
                .unwrap_or_else(|| format!("disk{}", self.disks.len() + 1));
            let size = disk.size.map(|size| size.0);
            if size == Some(0) {
                problems.add(
                    at.key("size"),
                    Contradiction::EmptyDisk { href: id.clone() },
                );
            }
            if let Some(capacity) = size.filter(|size| i64::try_from(*size).is_err()) {
                problems.add(
                    at.key("size"),
                    Contradiction::HugeDisk {
                        href: id.clone(),
                        capacity,
                    },
                );
            }
            let file = if let Some(image) = &disk.image {
                let kind = kinds.get(index).copied().flatten();
                Some(self.add_image(disk, image, kind, &at, problems))
            } else {
                if disk.size.is_none() {
                    problems.add(at.clone(), Contradiction::DiskOfNothing);
                }
                None
            };
            self.by_disk.insert(at, id.clone());
            let (number, unit) = self.capacity.of(size.unwrap_or_default());
            self.disks.push(Disk {
                disk_id: id,
                capacity: Capacity::Units(number),
                capacity_allocation_units: Some(unit),
                // A blank disk has no content, and so no format (DSP0243 1.1 §9.1), except for
                // those who want one all the same.
                format: (file.is_some() || self.blank_format).then(|| STREAM_OPTIMIZED.to_owned()),
                file_ref: file,
                ..Disk::default()
            });
        }
    }

    /// The id of `disk`, if there is a disk of that id.
    fn named_disk(&self, disk: &definition::Disk) -> Option<String> {
        let mut known = self.disks.iter();
        let id = disk.id.as_ref()?;
        known.any(|known| known.disk_id == *id).then(|| id.clone())
    }

    /// The disk with the image of `disk`, which names no id, if another machine has that. Two
    /// disks may not have one file (DSP0243 1.1 §9.1), but two machines may refer to one disk;
    /// each gets a copy, unless they share it.
    fn disk_of_image(&self, disk: &definition::Disk) -> Option<String> {
        if disk.id.is_some() {
            return None;
        }
        let size = disk.size.map(|size| size.0);
        let same = self.planned.iter().find_map(|known| match &known.content {
            Content::Disk(content) => (disk.image.as_ref() == Some(&content.image)
                && content.snapshot == disk.snapshot
                && content.size == size
                && disk.href.as_ref().is_none_or(|href| *href == known.href))
            .then_some(content.disk),
            Content::File(_) | Content::Bytes(_) => None,
        });
        let known = self.disks.get(same?)?;
        Some(known.disk_id.clone())
    }

    /// Adds the file of a disk image.
    fn add_image(
        &mut self,
        disk: &definition::Disk,
        image: &str,
        controller: Option<crate::vm::ControllerKind>,
        at: &At,
        problems: &mut Problems,
    ) -> String {
        let size = disk.size.map(|size| size.0);
        self.images += 1;
        let href = disk
            .href
            .clone()
            .unwrap_or_else(|| format!("{}-disk{}.vmdk", self.package, self.images));
        let content = Content::Disk(DiskContent {
            image: image.to_owned(),
            format: disk.format.clone(),
            snapshot: disk.snapshot.clone(),
            size,
            controller,
            disk: self.disks.len(),
        });
        self.add(None, href, at.key("image"), content, problems)
    }

    /// Adds the media in the drives of the machine.
    pub(super) fn add_drives(&mut self, chosen: &Chosen<'_>, problems: &mut Problems) {
        let definition = chosen.definition;
        for (key, drives) in definition.drives() {
            for (index, drive) in drives.iter().enumerate() {
                let at = chosen.at.key(key).index(index);
                let Some(image) = &drive.image else {
                    continue;
                };
                let href = drive.href.as_deref();
                let at_image = at.key("image");
                let id = match &drive.content {
                    Some(bytes) => {
                        let href = href.unwrap_or(image).to_owned();
                        self.add(
                            None,
                            href,
                            at_image,
                            Content::Bytes(bytes.clone()),
                            problems,
                        )
                    }
                    None => self.add_file(None, href, image, at_image, problems),
                };
                self.by_drive.insert(at, id);
            }
        }
    }
}

/// The last part of `path`, on whatever system it was written.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
