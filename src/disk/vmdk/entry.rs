//! Entries of grain tables, of both widths there are.

/// How the entries of a grain table tell where grains are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entries {
    /// By the sector, in 32 bits.
    Sectors,
    /// As seSparse does, in 64 bits: a kind, and the number of a grain. The first one stands
    /// at this byte of the file.
    Grains(u64),
}

/// What an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    Zero,
    /// At this byte of the file.
    At(u64),
}

impl Entries {
    /// Bytes of an entry.
    pub(super) fn width(self) -> u64 {
        match self {
            Self::Sectors => 4,
            Self::Grains(_) => 8,
        }
    }

    /// The byte at which the first grain there can be stands.
    pub(super) fn first(self) -> u64 {
        match self {
            Self::Sectors => 0,
            Self::Grains(first) => first,
        }
    }

    /// The entry of this number in `table`; 0 behind its end.
    pub(super) fn nth(self, table: &[u8], number: usize) -> u64 {
        match self {
            Self::Sectors => {
                let found = table.as_chunks().0.get(number);
                found.map_or(0, |bytes| u32::from_le_bytes(*bytes).into())
            }
            Self::Grains(_) => {
                let found = table.as_chunks().0.get(number);
                found.map_or(0, |bytes| u64::from_le_bytes(*bytes))
            }
        }
    }
}

/// Where the grain is that an `entry` of seSparse tells of, or what is wrong with it; grains
/// have `grain` bytes, and the first one stands at byte `first`.
pub(super) fn se_place(entry: u64, first: u64, grain: u64) -> Result<Place, &'static str> {
    match entry >> 60 {
        0 if entry == 0 => Ok(Place::Nowhere),
        0 => Err("a grain that is nowhere has no number"),
        // Unmapped by the guest, and written as zeros.
        1 | 2 => Ok(Place::Zero),
        3 => {
            // The number's lowest 12 bits stand above the others.
            let number = (entry >> 48 & 0xFFF) | (entry & 0xFFFF_FFFF_FFFF) << 12;
            let at = number.checked_mul(grain);
            let at = at.and_then(|at| at.checked_add(first));
            at.map(Place::At).ok_or("no file is as long")
        }
        _ => Err("its kind is none of the four there are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_entries_of_se_sparse_say() {
        for (entry, place) in [
            (0, Ok(Place::Nowhere)),
            (0x1234 << 48, Ok(Place::Zero)),
            (2 << 60, Ok(Place::Zero)),
            (3 << 60, Ok(Place::At(1000))),
            (0x3005 << 48, Ok(Place::At(1000 + 5 * 4096))),
            (0x3001 << 48 | 2, Ok(Place::At(1000 + 0x2001 * 4096))),
        ] {
            assert_eq!(se_place(entry, 1000, 4096), place, "{entry:#x}");
        }
        for entry in [1, 4 << 60, u64::MAX, u64::MAX >> 2] {
            assert!(se_place(entry, 1000, 4096).is_err(), "{entry:#x}");
        }
    }

    #[test]
    fn entries_of_both_widths() {
        let table = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];
        assert_eq!(Entries::Sectors.nth(&table, 2), 3);
        assert_eq!(Entries::Sectors.nth(&table, 3), 0);
        assert_eq!(Entries::Grains(0).nth(&table, 0), 2 << 32 | 1);
        assert_eq!(Entries::Grains(0).nth(&table, 1), 0);
    }
}
