//! The directory of bitmaps: which parts of the disk a program of backups saw written.

use zerocopy::FromBytes as _;

use super::format::BitmapHead;
use crate::base::units::to_usize;

/// An entry of the directory.
pub(super) struct Entry<'d> {
    pub(super) head: &'d BitmapHead,
    pub(super) name: &'d [u8],
}

/// The entries of a directory, in order; an error ends them and tells at which of its bytes
/// one is cut off.
pub(super) struct Entries<'d> {
    directory: &'d [u8],
    at: usize,
    left: u32,
}

impl<'d> Entries<'d> {
    /// Those `count` that `directory` has to have.
    pub(super) fn new(directory: &'d [u8], count: u32) -> Self {
        Self {
            directory,
            at: 0,
            left: count,
        }
    }

    fn read(&mut self) -> Option<Entry<'d>> {
        let rest = self.directory.get(self.at..)?;
        let (head, behind) = BitmapHead::ref_from_prefix(rest).ok()?;
        let (extra, name) = (
            u64::from(head.extra_bytes.get()),
            u64::from(head.name_length.get()),
        );
        let name = behind.get(to_usize(extra)..to_usize(extra + name))?;
        // Each entry is padded to a multiple of eight bytes.
        let own = to_usize((extra + name.len() as u64).next_multiple_of(8));
        self.at += size_of::<BitmapHead>() + own;
        Some(Entry { head, name })
    }
}

impl<'d> Iterator for Entries<'d> {
    type Item = Result<Entry<'d>, u64>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let at = self.at as u64;
        Some(self.read().ok_or_else(|| {
            self.left = 0;
            at
        }))
    }
}
