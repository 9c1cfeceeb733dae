//! The header, checked and typed.

use zerocopy::{FromZeros as _, IntoBytes as _};

use super::VDI;
use super::format::{HEADER_BYTES, MAGIC, RawHeader, kind, limits};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::blocks::{Fault, Uuid, check_inside};

/// How the disk is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// The blocks that were written.
    Dynamic,
    /// All blocks, from the beginning on.
    Fixed,
    /// What differs from a parent.
    Differencing,
}

impl Variant {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Fixed => "fixed",
            Self::Differencing => "differencing",
        }
    }
}

/// What an image says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) variant: Variant,
    pub(super) disk_size: u64,
    /// Bytes of a block, a power of two.
    pub(super) block: u64,
    /// Bytes in front of each block.
    pub(super) extra: u64,
    /// Blocks the disk has.
    pub(super) blocks: u64,
    /// Blocks the map has entries for, not fewer.
    pub(super) entries: u64,
    /// Blocks the file has, as it says.
    pub(super) allocated: u64,
    pub(super) map: u64,
    pub(super) data: u64,
    pub(super) id: Uuid,
    pub(super) modification: Uuid,
    /// Nil without one.
    pub(super) parent: Uuid,
    pub(super) parent_modification: Uuid,
}

/// The bytes of the header, if `storage` has one.
pub(super) fn raw(storage: &dyn Storage) -> Result<Option<RawHeader>> {
    let mut raw = RawHeader::new_zeroed();
    if storage.length() < size_of::<RawHeader>() as u64 {
        return Ok(None);
    }
    storage.read_exact_at(0, raw.as_mut_bytes())?;
    Ok((raw.magic == MAGIC).then_some(raw))
}

/// The id of the image in `storage`, if it is a VDI that is read: others have it elsewhere.
pub(super) fn id_of(storage: &dyn Storage) -> Result<Option<Uuid>> {
    let raw = raw(storage)?.filter(|raw| check_version(raw.version.get()).is_ok());
    Ok(raw.map(|raw| Uuid::mixed(raw.id)))
}

impl Header {
    /// Reads and checks the header of `storage`.
    pub(super) fn read(storage: &dyn Storage) -> Result<Self> {
        let Some(raw) = raw(storage)? else {
            let why = format!(
                "its {} bytes have no header with the signature 0xbeda107f at offset 64",
                storage.length()
            );
            return Err(Fault::Foreign { of: VDI, why }.into());
        };
        check_version(raw.version.get())?;
        let header = Self {
            variant: variant(&raw)?,
            disk_size: raw.disk_size.get(),
            block: raw.block_size.get().into(),
            extra: raw.block_extra.get().into(),
            blocks: 0,
            entries: raw.blocks.get().into(),
            allocated: raw.blocks_allocated.get().into(),
            map: raw.map_offset.get().into(),
            data: raw.data_offset.get().into(),
            id: Uuid::mixed(raw.id),
            modification: Uuid::mixed(raw.modification),
            parent: Uuid::mixed(raw.parent),
            parent_modification: Uuid::mixed(raw.parent_modification),
        };
        header.checked(&raw, storage.length())
    }

    fn checked(mut self, raw: &RawHeader, length: u64) -> Result<Self> {
        let header_bytes = raw.header_bytes.get();
        let header_end = size_of::<RawHeader>() as u64;
        require(
            header_bytes >= HEADER_BYTES,
            "header size",
            header_bytes.into(),
            0x48,
            || format!("it has at least {HEADER_BYTES} bytes"),
        )?;
        require(self.disk_size > 0, "disk size", 0, 0x170, || {
            "a disk of no bytes holds nothing".to_owned()
        })?;
        require(
            self.block.is_power_of_two() && self.block >= 512,
            "block size",
            self.block,
            0x178,
            || "it has to be a power of two and at least 512".to_owned(),
        )?;
        self.blocks = self.disk_size.div_ceil(self.block);
        require(
            self.entries >= self.blocks,
            "number of blocks",
            self.entries,
            0x180,
            || format!("the disk has {}", self.blocks),
        )?;
        if self.entries > limits::BLOCKS {
            return Err(Fault::TooLarge {
                of: VDI,
                what: "block map",
                bytes: self.entries * 4,
                limit: limits::BLOCKS * 4,
                at: 0x180,
            }
            .into());
        }
        require(
            self.map >= header_end,
            "offset of the block map",
            self.map,
            0x154,
            || format!("the header ends at {header_end}"),
        )?;
        let map_end = self.map + self.entries * 4;
        require(
            self.data >= map_end,
            "offset of the blocks",
            self.data,
            0x158,
            || format!("the block map ends at {map_end}"),
        )?;
        check_inside(VDI, "block map", self.map, self.entries * 4, length)?;
        if self.variant == Variant::Differencing && self.parent.is_nil() {
            return Err(Fault::UnnamedParent { of: VDI }.into());
        }
        Ok(self)
    }
}

fn require(
    holds: bool,
    field: &'static str,
    value: u64,
    at: u64,
    rule: impl FnOnce() -> String,
) -> Result<()> {
    if holds {
        return Ok(());
    }
    let rule = rule();
    Err(Fault::Field {
        of: VDI,
        field,
        value,
        rule,
        at,
    }
    .into())
}

/// VirtualBox reads any version 1.x; what such a version adds does not change what the
/// older fields mean.
fn check_version(version: u32) -> Result<()> {
    let what = match (version >> 16, version & 0xFFFF) {
        (1, _) => return Ok(()),
        (0, minor) => format!(
            "VDI version 0.{minor}, of VirtualBox before its first release, is not read; version 1.1 is"
        ),
        (major, minor) => format!("VDI version {major}.{minor} is not known; version 1.1 is"),
    };
    Err(Fault::Unsupported { of: VDI, what }.into())
}

fn variant(raw: &RawHeader) -> Result<Variant> {
    match raw.kind.get() {
        kind::DYNAMIC => Ok(Variant::Dynamic),
        kind::FIXED => Ok(Variant::Fixed),
        kind::DIFFERENCING => Ok(Variant::Differencing),
        kind::UNDO => Err(Fault::Unsupported {
            of: VDI,
            what: "this is a VDI of the type `undo`, which no VirtualBox writes any more"
                .to_owned(),
        }
        .into()),
        other => Err(Fault::Field {
            of: VDI,
            field: "image type",
            value: other.into(),
            rule: "1 (dynamic), 2 (fixed) and 4 (differencing) are known".to_owned(),
            at: 0x4C,
        }
        .into()),
    }
}
