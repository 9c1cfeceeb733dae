//! Cylinders, heads and sectors, as the specification's appendix derives them from a size.

use super::format::SECTOR;

/// The most cylinders there can be.
const CYLINDERS: u64 = 65_535;

/// What drives before logical block addresses were made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) cylinders: u16,
    pub(super) heads: u8,
    pub(super) sectors_per_track: u8,
}

impl Geometry {
    /// That of a disk of so many bytes: the largest there is for larger disks, and none for
    /// one of less than a cylinder.
    pub(super) fn of(capacity: u64) -> Self {
        let sectors = (capacity / SECTOR).min(CYLINDERS * 16 * 255);
        let (heads, per_track) = if sectors >= CYLINDERS * 16 * 63 {
            (16, 255)
        } else {
            small(sectors)
        };
        let cylinders = sectors / per_track / heads;
        Self {
            // At most what was set above.
            cylinders: u16::try_from(cylinders).unwrap_or(u16::MAX),
            heads: u8::try_from(heads).unwrap_or(u8::MAX),
            sectors_per_track: u8::try_from(per_track).unwrap_or(u8::MAX),
        }
    }
}

/// Heads and sectors of a track with which a BIOS can do: 1024 cylinders at most, as far as
/// that goes.
fn small(sectors: u64) -> (u64, u64) {
    let tracks = sectors / 17;
    let heads = tracks.div_ceil(1024).max(4);
    if heads <= 16 && tracks < heads * 1024 {
        return (heads, 17);
    }
    if sectors / 31 < 16 * 1024 {
        return (16, 31);
    }
    (16, 63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::units::{GIB, MIB};

    #[test]
    fn geometries_are_those_of_the_specification() {
        for (capacity, cylinders, heads, sectors_per_track) in [
            (512, 0, 4, 17),
            (68 * 512, 1, 4, 17),
            // As qemu-img has them.
            (3 * MIB, 90, 4, 17),
            (100 * MIB, 1003, 12, 17),
            (136 * MIB, 561, 16, 31),
            (GIB, 2080, 16, 63),
            (10 * GIB, 20_805, 16, 63),
            // As Hyper-V has it.
            (136_365_211_648, 65_278, 16, 255),
            (2040 * GIB, 65_535, 16, 255),
        ] {
            let wanted = Geometry {
                cylinders,
                heads,
                sectors_per_track,
            };
            assert_eq!(Geometry::of(capacity), wanted, "{capacity}");
        }
    }

    #[test]
    fn no_geometry_is_larger_than_its_disk() {
        for sectors in (0..70_000_000).step_by(9973) {
            let geometry = Geometry::of(sectors * SECTOR);
            let tracks = u64::from(geometry.cylinders) * u64::from(geometry.heads);
            let made = tracks * u64::from(geometry.sectors_per_track);
            assert!(made <= sectors, "{sectors}");
            let cylinder = u64::from(geometry.heads) * u64::from(geometry.sectors_per_track);
            assert!(sectors - made < cylinder, "{sectors}");
        }
    }
}
