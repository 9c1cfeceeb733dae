//! The footer, which stands at the end, and of a disk with blocks in front, too.

use zerocopy::{FromZeros as _, IntoBytes as _};

use super::VHD;
use super::format::{FOOTER_BYTES, MAGIC, RawFooter, SECTOR, VERSION, checksum, kind, limits};
use super::geometry::Geometry;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::blocks::{Fault, Uuid};

/// Bytes a footer can have. Microsoft's programs before Virtual PC 2004 left the last one
/// away.
const LENGTHS: [u64; 2] = [FOOTER_BYTES, FOOTER_BYTES - 1];
/// Who shows the guest as many sectors as the geometry has.
const BY_GEOMETRY: [[u8; 4]; 2] = [*b"vpc ", *b"qemu"];
/// The largest geometry, which larger disks have too.
const MOST_SECTORS: u64 = 65_535 * 16 * 255;

/// How the disk is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// All of it, in order.
    Fixed,
    /// The blocks that were written.
    Dynamic,
    /// What differs from a parent.
    Differencing,
}

impl Variant {
    /// Its name in the specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Dynamic => "dynamic",
            Self::Differencing => "differencing",
        }
    }
}

/// What a footer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) variant: Variant,
    /// Where the header stands.
    pub(super) header: u64,
    /// Seconds since 2000.
    pub(super) time_stamp: u32,
    pub(super) id: Uuid,
    pub(super) saved_state: bool,
    /// Who made it, on what system.
    pub(super) creator: [u8; 4],
    pub(super) creator_system: [u8; 4],
    /// Cylinders, heads, and sectors of a track.
    pub(super) geometry: (u16, u8, u8),
    current_size: u64,
    geometry_size: u64,
    by_geometry: bool,
}

/// A footer, and what was found out about where it stands.
pub(super) struct Found {
    pub(super) footer: Footer,
    /// Where the footer at the end begins, or the end of the file without one: nothing
    /// else may lie behind.
    pub(super) end: u64,
    pub(super) warnings: Vec<String>,
}

impl Footer {
    /// The footer of `storage`: that at the end, or else its copy at the front.
    pub(super) fn find(storage: &dyn Storage) -> Result<Found> {
        let last = at_the_end(storage)?;
        let end = last.unwrap_or(storage.length());
        let last = last.map(|at| Self::read(storage, at));
        let first = starts(storage, 0)?.then(|| Self::read(storage, 0));
        let mut warnings = Vec::new();
        let footer = match (last, first) {
            (Some(Ok(last)), first) => {
                if let Some(Ok(first)) = first
                    && first != last
                    && last.variant != Variant::Fixed
                {
                    warnings.push(
                        "its footer and the copy of it at the front differ; the footer is taken"
                            .to_owned(),
                    );
                }
                last
            }
            (last, Some(Ok(first))) if first.variant != Variant::Fixed => {
                let state = if last.is_some() { "damaged" } else { "missing" };
                warnings.push(format!(
                    "its footer is {state}; the copy of it at the front is taken"
                ));
                first
            }
            (Some(Err(error)), _) | (None, Some(Err(error))) => return Err(error),
            (None, _) => {
                return Err(Fault::Foreign {
                    of: VHD,
                    why: "it does not end with a footer, which begins with `conectix`".to_owned(),
                }
                .into());
            }
        };
        Ok(Found {
            footer,
            end,
            warnings,
        })
    }

    pub(super) fn read(storage: &dyn Storage, at: u64) -> Result<Self> {
        let raw = raw(storage, at)?;
        let found = checksum(raw.as_bytes(), raw.checksum);
        if found != raw.checksum.get() {
            return Err(Fault::Checksum {
                of: VHD,
                what: "footer",
                stored: raw.checksum.get(),
                found,
                at,
            }
            .into());
        }
        if raw.version.get() >> 16 != VERSION >> 16 {
            let version = raw.version.get();
            let what = format!(
                "VHD version {}.{} is not known; version 1.0 is",
                version >> 16,
                version & 0xFFFF
            );
            return Err(Fault::Unsupported { of: VHD, what }.into());
        }
        let field = |field, value, rule: &str, offset| Fault::Field {
            of: VHD,
            field,
            value,
            rule: rule.to_owned(),
            at: at + offset,
        };
        let variant = match raw.kind.get() {
            kind::FIXED => Variant::Fixed,
            kind::DYNAMIC => Variant::Dynamic,
            kind::DIFFERENCING => Variant::Differencing,
            other => {
                let rule = "2 (fixed), 3 (dynamic) and 4 (differencing) are known";
                return Err(field("disk type", other.into(), rule, 60).into());
            }
        };
        let size = raw.current_size.get();
        if size == 0 {
            return Err(field("current size", 0, "a disk of no bytes holds nothing", 48).into());
        }
        let limit = match variant {
            Variant::Fixed => limits::FIXED_CAPACITY,
            _ => limits::CAPACITY,
        };
        if size > limit {
            return Err(Fault::TooLarge {
                of: VHD,
                what: "disk",
                bytes: size,
                limit,
                at: at + 48,
            }
            .into());
        }
        let sectors = u64::from(raw.cylinders.get())
            * u64::from(raw.heads)
            * u64::from(raw.sectors_per_track);
        Ok(Self {
            variant,
            header: raw.data_offset.get(),
            time_stamp: raw.time_stamp.get(),
            id: Uuid::new(raw.id),
            saved_state: raw.saved_state != 0,
            creator: raw.creator,
            creator_system: raw.creator_system,
            geometry: (raw.cylinders.get(), raw.heads, raw.sectors_per_track),
            current_size: size,
            geometry_size: sectors * SECTOR,
            by_geometry: BY_GEOMETRY.contains(&raw.creator) && (1..MOST_SECTORS).contains(&sectors),
        })
    }

    /// Bytes the guest sees. Virtual PC shows it what cylinders, heads and sectors make,
    /// and so does QEMU with disks that it made as Virtual PC's; all others, Hyper-V
    /// first, show the current size, which is not smaller.
    pub(super) fn capacity(&self) -> u64 {
        if self.by_geometry {
            self.geometry_size.min(self.current_size)
        } else {
            self.current_size
        }
    }

    /// What the user should know of it.
    pub(super) fn remarks(&self) -> Vec<String> {
        let suspended = self.saved_state.then(|| {
            "its machine was suspended; what it held in memory, and meant to write, is missing"
                .to_owned()
        });
        self.left_out().into_iter().chain(suspended).collect()
    }

    /// The size in bytes it was last given, of which [`Self::capacity`] may be less.
    pub(super) fn current_size(&self) -> u64 {
        self.current_size
    }

    /// What is to be said where the two sizes differ and the smaller one is taken.
    fn left_out(&self) -> Option<String> {
        let left_out = self.current_size - self.capacity();
        (left_out > 0).then(|| {
            format!(
                "the disk has the {} bytes its geometry makes, as in Virtual PC, which made it; \
                 the {left_out} bytes up to its current size are left out",
                self.capacity()
            )
        })
    }
}

/// The bytes of the footer at `at`, which may lack the last one.
pub(super) fn raw(storage: &dyn Storage, at: u64) -> Result<RawFooter> {
    let mut raw = RawFooter::new_zeroed();
    let length = to_usize(FOOTER_BYTES.min(storage.length() - at));
    storage.read_exact_at(at, &mut raw.as_mut_bytes()[..length])?;
    Ok(raw)
}

/// Makes Hyper-V the program that made an image, whose footers are written here. It decides
/// what size the disk has: QEMU takes the geometry's, which is less, unless it knows the
/// program, and until 10.0 it knew few.
pub(super) fn set_creator(raw: &mut RawFooter) {
    raw.creator = *b"win ";
    raw.creator_version = 0x0006_0003.into();
    raw.creator_system = *b"Wi2k";
}

/// Makes the disk one of `capacity` bytes, and not of fewer that a geometry makes. The original
/// size tells nothing by the specification, and is the size to libvhdi.
pub(super) fn set_size(raw: &mut RawFooter, capacity: u64) {
    if BY_GEOMETRY.contains(&raw.creator) {
        set_creator(raw);
    }
    let geometry = Geometry::of(capacity);
    raw.original_size = capacity.into();
    raw.current_size = capacity.into();
    raw.cylinders = geometry.cylinders.into();
    raw.heads = geometry.heads;
    raw.sectors_per_track = geometry.sectors_per_track;
}

/// Where the footer at the end of `storage` begins, if one does.
pub(super) fn at_the_end(storage: &dyn Storage) -> Result<Option<u64>> {
    for length in LENGTHS {
        if let Some(at) = storage.length().checked_sub(length)
            && starts(storage, at)?
        {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

pub(super) fn starts(storage: &dyn Storage, at: u64) -> Result<bool> {
    let mut magic = [0; MAGIC.len()];
    if at + LENGTHS[1] > storage.length() {
        return Ok(false);
    }
    storage.read_exact_at(at, &mut magic)?;
    Ok(magic == MAGIC)
}
