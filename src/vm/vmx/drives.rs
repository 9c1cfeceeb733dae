//! Disks and drives.

use std::collections::HashMap;

use super::machine::set;
use super::places::{self, BUSES};
use super::work::Work;
use crate::envelope::vmw;
use crate::vm::definition::{Brief, Definition, Disk, Drive};

/// The file name of a drive that takes whatever the host has.
const NO_FILES: [&str; 4] = ["auto detect", "auto-detect", "emptyBackingString", "-1"];

/// The disks by their places, such as `scsi0:1`, with their numbers from 1.
pub(super) struct Disks(HashMap<String, usize>);

impl Disks {
    /// The number of the disk at `place`.
    pub(super) fn at(&self, place: &str) -> Option<usize> {
        self.0.get(&place.to_ascii_lowercase()).copied()
    }
}

/// What is at a place.
#[derive(Clone, Copy)]
enum Kind {
    Disk,
    /// A CD drive with an image in it, or with what the host has.
    Cd {
        image: bool,
    },
}

/// Puts controllers, disks and drives into `definition`.
pub(super) fn take(work: &mut Work<'_>, definition: &mut Definition) -> Disks {
    let absent = places::controllers(work, definition);
    let mut disks = HashMap::new();
    for bus in BUSES {
        for (number, unit) in work.places(bus.name()) {
            let device = format!("{}{number}:{unit}", bus.name());
            let present = format!("{device}.present");
            if absent.has(bus, number) || !work.is_on(&present) {
                work.skip(&device);
                continue;
            }
            let Some(kind) = kind(work, &device) else {
                work.skip(&device);
                continue;
            };
            match kind {
                Kind::Disk => {
                    let Some(mut disk) = disk(work, &device) else {
                        work.skip(&device);
                        continue;
                    };
                    disk.at = places::place(work, &present, bus, (number, unit));
                    definition.disks.push(Brief(disk));
                    disks.insert(device, definition.disks.len());
                }
                Kind::Cd { image } => {
                    let mut drive = drive(work, &device, image);
                    drive.at = places::place(work, &present, bus, (number, unit));
                    definition.cdroms.push(Brief(drive));
                }
            }
        }
    }
    for number in work.numbered("floppy") {
        let device = format!("floppy{number}");
        // One that is mentioned is there.
        if work.truth(&format!("{device}.present")) == Some(false) {
            work.skip(&device);
            continue;
        }
        let kind = work.text(&format!("{device}.filetype"));
        let image = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("file"));
        definition.floppies.push(Brief(drive(work, &device, image)));
    }
    Disks(disks)
}

/// What `device` is; nothing if there is no word for it.
fn kind(work: &mut Work<'_>, device: &str) -> Option<Kind> {
    let key = format!("{device}.devicetype");
    let kind = work.text(&key).map(str::to_ascii_lowercase);
    match kind.as_deref() {
        None
        | Some(
            "disk"
            | "scsi-harddisk"
            | "ata-harddisk"
            | "plaindisk"
            | "rawdisk"
            | "scsi-nonpassthru-rdm"
            | "scsi-passthru-rdm",
        ) => Some(Kind::Disk),
        Some("cdrom-image") => Some(Kind::Cd { image: true }),
        Some("cdrom-raw" | "atapi-cdrom" | "scsi-cdrom") => Some(Kind::Cd { image: false }),
        Some(_) => {
            work.lose(&key, "a definition has no key for such a device");
            None
        }
    }
}

/// The disk `device`, unless it has no file.
fn disk(work: &mut Work<'_>, device: &str) -> Option<Disk> {
    let key = |name: &str| format!("{device}.{name}");
    let Some(name) = work.text(&key("filename")) else {
        work.lose(&key("present"), "the disk names no file");
        return None;
    };
    let file = work.file(name);
    if file.moved {
        let told = format!("the path leads nowhere here; `{}` is taken", file.path);
        work.lose(&key("filename"), &told);
    }
    let mut disk = Disk {
        image: Some(file.path),
        ..Disk::default()
    };
    let mode = work
        .text(&key("mode"))
        .map(|mode| mode.to_ascii_lowercase().replace('-', "_"));
    match mode.as_deref() {
        None | Some("persistent") => {}
        Some(vmw::NONPERSISTENT) => disk.read_only = Some(true),
        Some(mode @ ("independent_persistent" | "nonpersistent" | "undoable" | "append")) => {
            set(&mut disk.config, vmw::DISK_MODE, mode);
        }
        Some(_) => work.lose(&key("mode"), "is no mode of a disk"),
    }
    match work
        .text(&key("sharing"))
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("none" | "nosharing") => {}
        Some("multi-writer" | "multiwriter") => disk.shared = Some(true),
        Some(_) => work.lose(&key("sharing"), "is no way to share a disk"),
    }
    if work.is_on(&key("writethrough")) {
        set(&mut disk.config, "backing.writeThrough", "true");
    }
    if work.truth(&key("startconnected")) == Some(false) {
        work.lose(&key("startconnected"), "a disk is always connected");
    }
    Some(disk)
}

/// The drive `device`, in which an image may be.
fn drive(work: &mut Work<'_>, device: &str, image: bool) -> Drive {
    let key = |name: &str| format!("{device}.{name}");
    let of_client = work.is_on(&key("clientdevice"));
    let connected = work.truth(&key("startconnected")) != Some(false);
    let name = work.text(&key("filename"));
    let name = name.filter(|name| !NO_FILES.iter().any(|none| none.eq_ignore_ascii_case(name)));
    let mut drive = Drive::default();
    let Some(name) = name.filter(|_| image && !of_client) else {
        return drive;
    };
    let file = work.file(name);
    if !connected {
        let why = "the drive is empty, as the image is not connected at the start";
        work.lose(&key("filename"), why);
    } else if !file.exists {
        work.lose(
            &key("filename"),
            "there is no such file: the drive is empty",
        );
    } else {
        if file.moved {
            let told = format!("the path leads nowhere here; `{}` is taken", file.path);
            work.lose(&key("filename"), &told);
        }
        drive.image = Some(file.path);
    }
    drive
}
