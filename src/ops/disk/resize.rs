//! Another size for a disk, where its image lies.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::progress::Observer;
use crate::base::units::exactly;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::ExtentKind;
use crate::disk::copy::extents;
use crate::disk::detect::{Format, format_of};
use crate::disk::open::{self, OpenOptions, OpenedDisk};
use crate::disk::partition::{Backup, Front, Gpt, Layout};
use crate::disk::resize::{self, Change};
use crate::ops::in_place::{InPlace, complete};

/// Disks have whole sectors.
const SECTOR: u64 = 512;

/// The size a disk is to have, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// This one.
    Exactly(u64),
    /// The one it has, and as much more.
    More(u64),
    /// The one it has, without as much.
    Less(u64),
}

/// What is to be done.
#[derive(Debug)]
pub struct Resize<'r> {
    /// The image.
    pub image: &'r Path,
    /// How it is opened.
    pub open: &'r OpenOptions,
    /// The size its disk is to have.
    pub size: Size,
    /// Whether the disk may lose its end.
    pub shrink: bool,
    /// Whether the backup of a GUID partition table is moved to the end.
    pub move_gpt: bool,
}

/// What was done. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResizeReport {
    /// The image's path.
    pub filename: String,
    /// Its format.
    pub format: Format,
    /// The size of the disk before.
    pub before: u64,
    /// Its size now.
    pub capacity: u64,
    /// Bytes stored behind the new end that are gone.
    pub data_lost: u64,
    /// What is with its GUID partition table.
    pub gpt: GptFate,
}

/// What is with a GUID partition table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GptFate {
    /// There is none.
    None,
    /// Its copy in front is damaged.
    Damaged,
    /// Its backup is at the end of the disk.
    AtEnd,
    /// Its backup was moved to the end of the disk.
    Moved,
    /// Its backup is not at the end of the disk.
    Inside,
    /// Its backup is gone.
    Lost,
}

/// Gives a disk another size. The image is changed step by step, and after each it is whole.
pub fn resize(request: &Resize<'_>, observer: &mut dyn Observer) -> Result<ResizeReport> {
    let path = request.image;
    complete(path, observer)?;
    let place = InPlace::open(path, "resized")?;
    let format = format_of(&**place.storage(), path, request.open.format)?;
    resize::admit(&**place.storage(), format, path)?;
    let opened = open_as(request, format)?;
    for warning in &opened.warnings {
        observer.warned(&warning.path, &warning.message);
    }
    let before = opened.source.capacity();
    let asked = request.size.of(before).map_err(|error| error.at(path))?;
    let capacity = asked.next_multiple_of(SECTOR);
    let data_lost = request
        .judge(&opened, capacity)
        .map_err(|error| error.at(path))?;
    if capacity != asked && capacity != before {
        let what = format!(
            "the size is rounded up to whole sectors: {}",
            exactly(capacity)
        );
        observer.warned(&path.display().to_string(), &what);
    }
    let now = if capacity == before {
        opened
    } else {
        let writes = Vec::new();
        let resized = Change { capacity, writes };
        request.change(&place, &opened, &resized, observer)?;
        open_as(request, format)?
    };
    let gpt = settle_gpt(request, &now, observer)?;
    Ok(ResizeReport {
        filename: path.display().to_string(),
        format,
        before,
        capacity: now.source.capacity(),
        data_lost,
        gpt,
    })
}

fn open_as(request: &Resize<'_>, format: Format) -> Result<OpenedDisk> {
    let options = OpenOptions {
        format: Some(format),
        ..request.open.clone()
    };
    open::open(request.image, &options)
}

impl Size {
    /// The size a disk of `before` bytes is to have.
    fn of(self, before: u64) -> Result<u64> {
        let asked = match self {
            Self::Exactly(bytes) => Some(bytes),
            Self::More(bytes) => before.checked_add(bytes),
            Self::Less(bytes) => Some(before.saturating_sub(bytes)),
        };
        if asked == Some(0) {
            return Err(Error::usage("a disk of 0 bytes holds nothing")
                .why(format!("its size is {}", exactly(before)))
                .help("give it a size, such as 20G, or take less away"));
        }
        // Sizes are signed in many programs, and rounded up.
        let most = i64::MAX.unsigned_abs() - SECTOR;
        asked.filter(|bytes| *bytes <= most).ok_or_else(|| {
            Error::usage("no disk is that large").help("give it a size, such as 20G")
        })
    }
}

impl Resize<'_> {
    /// Makes `change` of the image.
    fn change(
        &self,
        place: &InPlace<'_>,
        opened: &OpenedDisk,
        change: &Change,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let image = resize::Image {
            storage: &**place.storage(),
            format: opened.format,
            path: self.image,
            disk: &*opened.source,
            beneath: opened.beneath,
            secrets: &self.open.secrets,
        };
        resize::resize(&image, change, &mut place.taking(observer))
    }

    /// Refuses what would lose more than is meant; answers with the bytes that are stored behind
    /// the new end.
    fn judge(&self, opened: &OpenedDisk, capacity: u64) -> Result<u64> {
        let disk = &*opened.source;
        let before = disk.capacity();
        let layout = Layout::of(disk)?;
        if self.move_gpt {
            match &layout.gpt {
                Gpt::None => {}
                Gpt::Damaged(why) => {
                    return Err(damaged(why)
                        .help("mend it first, as `gdisk` does, or leave `--move-gpt` away"));
                }
                Gpt::Whole(front) => front.fits(capacity)?,
            }
        }
        if capacity >= before {
            return Ok(0);
        }
        let mut stored = 0;
        for extent in extents(disk, capacity..before) {
            let (range, kind) = extent?;
            if kind != ExtentKind::Zero {
                stored += range.end - range.start;
            }
        }
        if !self.shrink {
            let lost = exactly(before - capacity);
            return Err(
                Error::usage(format!("the disk would lose {lost} at its end"))
                    .why(if stored > 0 {
                        format!(
                            "it has {}, and {} of data behind the new end",
                            exactly(before),
                            exactly(stored)
                        )
                    } else {
                        format!(
                            "it has {}; nothing is stored behind the new end",
                            exactly(before)
                        )
                    })
                    .help(
                        "make the file systems and partitions on it smaller first; `--shrink` then \
                     cuts the disk",
                    ),
            );
        }
        if let Gpt::Damaged(why) = &layout.gpt {
            return Err(damaged(why)
                .why("whether a partition lies behind the new end is not known")
                .help("mend it first, as `gdisk` does"));
        }
        if layout.end > capacity {
            return Err(Error::usage(format!(
                "a partition ends at byte {}, behind the new end of the disk",
                layout.end
            ))
            .why("the partition, and the file system in it, would be cut")
            .help("make it smaller or remove it first, or choose a larger size"));
        }
        Ok(stored)
    }
}

fn damaged(why: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!("the partition table in front is damaged: {why}"),
    )
}

/// Moves the backup of the partition table of the disk that is `now` there, if that is asked for,
/// and tells what is with it.
fn settle_gpt(
    request: &Resize<'_>,
    now: &OpenedDisk,
    observer: &mut dyn Observer,
) -> Result<GptFate> {
    let path = request.image;
    let name = path.display().to_string();
    let disk = &*now.source;
    let front = match Layout::of(disk)?.gpt {
        Gpt::None => {
            if request.move_gpt {
                observer.warned(&name, "it has no GUID partition table to be moved");
            }
            return Ok(GptFate::None);
        }
        Gpt::Damaged(why) => {
            let what = format!("the partition table in front is damaged: {why}");
            observer.warned(&name, &what);
            return Ok(GptFate::Damaged);
        }
        Gpt::Whole(front) => front,
    };
    let backup = front.backup(disk)?;
    if backup == Backup::AtEnd {
        return Ok(GptFate::AtEnd);
    }
    if request.move_gpt {
        move_gpt(request, now, &front, observer)?;
        return Ok(GptFate::Moved);
    }
    let (fate, what) = match backup {
        Backup::Inside => (
            GptFate::Inside,
            "the backup of its partition table is not at the end of the disk, and the room behind \
             it belongs to no partition until it is: `--move-gpt` moves it, as `sgdisk -e` does",
        ),
        _ => (
            GptFate::Lost,
            "the backup of its partition table is gone, and systems warn of that: `--move-gpt` \
             writes it anew at the end of the disk, as `sgdisk -e` does",
        ),
    };
    observer.warned(&name, what);
    Ok(fate)
}

fn move_gpt(
    request: &Resize<'_>,
    now: &OpenedDisk,
    front: &Front,
    observer: &mut dyn Observer,
) -> Result<()> {
    let (disk, path) = (&*now.source, request.image);
    let moved = Change {
        capacity: disk.capacity(),
        writes: front.moved(disk).map_err(|error| error.at(path))?,
    };
    let place = InPlace::open(path, "resized")?;
    request.change(&place, now, &moved, observer)
}
