//! What the first bytes of a file say it is: enough to hold a name or a declaration
//! against, without opening the disk.

use std::fmt;

use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::{qcow2, vdi, vhd, vhdx, vmdk};

/// How many first bytes tell.
pub const FRONT_BYTES: usize = 512;

/// A kind of file that can stand where a disk is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A sparse VMDK extent, such as streamOptimized.
    Vmdk,
    /// A VMDK's descriptor alone, in text.
    VmdkDescriptor,
    /// A VMDK of ESX: vmfsSparse or seSparse.
    EsxVmdk,
    /// QEMU's qcow2.
    Qcow2,
    /// A VHD; a fixed one is known by its last sector alone.
    Vhd,
    /// A VHDX.
    Vhdx,
    /// VirtualBox' VDI.
    Vdi,
    /// Any file compressed with gzip.
    Gzip,
}

/// Where which bytes stand.
const MAGIC: [(usize, &[u8], Kind); 8] = [
    (0, &vmdk::MAGIC, Kind::Vmdk),
    (0, &vmdk::COWD_MAGIC, Kind::EsxVmdk),
    (0, &vmdk::SE_SPARSE_MAGIC, Kind::EsxVmdk),
    (0, &qcow2::MAGIC, Kind::Qcow2),
    (0, &vhd::MAGIC, Kind::Vhd),
    (0, &vhdx::MAGIC, Kind::Vhdx),
    (0x40, &vdi::MAGIC, Kind::Vdi),
    (0, b"\x1f\x8b", Kind::Gzip),
];

impl Kind {
    /// The kind of a file that begins with `front`.
    pub fn of(front: &[u8]) -> Option<Self> {
        let stands = |at: usize, magic: &[u8]| {
            let here = front.get(at..);
            here.is_some_and(|here| here.starts_with(magic))
        };
        let found = MAGIC.iter().find(|(at, magic, _)| stands(*at, magic));
        let described = || vmdk::is_descriptor(front).then_some(Self::VmdkDescriptor);
        found.map(|(.., kind)| *kind).or_else(described)
    }

    /// The kind of the file in `storage`.
    pub fn in_storage(storage: &dyn Storage) -> Result<Option<Self>> {
        let mut front = vec![0; to_usize(storage.length().min(FRONT_BYTES as u64))];
        storage.read_exact_at(0, &mut front)?;
        Ok(match Self::of(&front) {
            None if vhd::ends_as_one(storage)? => Some(Self::Vhd),
            found => found,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vmdk => "VMDK",
            Self::VmdkDescriptor => "VMDK descriptor",
            Self::EsxVmdk => "VMDK of ESX",
            Self::Qcow2 => "qcow2",
            Self::Vhd => "VHD",
            Self::Vhdx => "VHDX",
            Self::Vdi => "VDI",
            Self::Gzip => "gzip",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_its_magic_and_nothing_else() {
        for (at, magic, kind) in MAGIC {
            let mut front = vec![0; FRONT_BYTES];
            front[at..at + magic.len()].copy_from_slice(magic);
            assert_eq!(Kind::of(&front), Some(kind));
            assert_eq!(Kind::of(&front[..at + magic.len() - 1]), None, "{kind}");
        }
        let front = b"\n# Disk DescriptorFile\nversion=1\n";
        assert_eq!(Kind::of(front), Some(Kind::VmdkDescriptor));
        assert_eq!(Kind::of(&[0; FRONT_BYTES]), None);
        assert_eq!(Kind::of(b""), None);
    }
}
