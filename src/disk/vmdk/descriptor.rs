//! The descriptor: the text that tells what the extent is.

use super::format::{DESCRIPTOR_SECTORS, SECTOR};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};

/// `ddb.adapterType`: the controller the disk's geometry is laid out for.
/// pvscsi, SAS, SATA and NVMe have no value of their own: VMware writes
/// `lsilogic` for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterType {
    /// IDE.
    Ide,
    /// `BusLogic` parallel SCSI.
    BusLogic,
    /// Every other controller.
    LsiLogic,
}

/// The numbers a BIOS addressed disks by; kept for old boot loaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Geometry {
    cylinders: u64,
    heads: u64,
    sectors: u64,
}

impl AdapterType {
    fn text(self) -> &'static str {
        match self {
            Self::Ide => "ide",
            Self::BusLogic => "buslogic",
            Self::LsiLogic => "lsilogic",
        }
    }

    /// The geometry this adapter shows for `capacity` sectors: IDE has 16
    /// heads and at most 16,383 cylinders (ATA-5 annex B), SCSI 255 heads and
    /// at most 65,535 cylinders.
    fn geometry(self, capacity: u64) -> Geometry {
        let (heads, most) = match self {
            Self::Ide => (16, 16_383),
            Self::BusLogic | Self::LsiLogic => (255, 65_535),
        };
        let sectors = 63;
        Geometry {
            cylinders: capacity.div_ceil(heads * sectors).clamp(1, most),
            heads,
            sectors,
        }
    }
}

/// What the descriptor tells.
#[derive(Debug, Clone)]
pub(super) struct Descriptor<'a> {
    /// Sectors of the disk.
    pub(super) capacity: u64,
    /// File name of the extent, which readers look for.
    pub(super) extent_name: &'a str,
    pub(super) adapter: AdapterType,
    /// Names the content.
    pub(super) content_id: [u8; 16],
}

impl Descriptor<'_> {
    /// The text, padded with zeros to the sectors reserved for it.
    pub(super) fn to_sectors(&self) -> Result<Vec<u8>> {
        let mut text = self.to_text().into_bytes();
        let room = to_usize(DESCRIPTOR_SECTORS * SECTOR);
        if text.len() > room {
            return Err(Error::new(
                ErrorKind::LimitExceeded,
                format!("the disk's file name is too long for a VMDK descriptor of {room} bytes"),
            ));
        }
        text.resize(room, 0);
        Ok(text)
    }

    fn to_text(&self) -> String {
        let geometry = self.adapter.geometry(self.capacity);
        let long_id = crate::base::digest::hex(&self.content_id);
        format!(
            "# Disk DescriptorFile\n\
             version=1\n\
             encoding=\"UTF-8\"\n\
             CID={cid:08x}\n\
             parentCID=ffffffff\n\
             createType=\"streamOptimized\"\n\
             \n\
             # Extent description\n\
             RW {capacity} SPARSE \"{name}\"\n\
             \n\
             # The Disk Data Base\n\
             #DDB\n\
             \n\
             ddb.adapterType = \"{adapter}\"\n\
             ddb.geometry.cylinders = \"{cylinders}\"\n\
             ddb.geometry.heads = \"{heads}\"\n\
             ddb.geometry.sectors = \"{sectors}\"\n\
             ddb.longContentID = \"{long_id}\"\n\
             ddb.toolsInstallType = \"4\"\n\
             ddb.toolsVersion = \"2147483647\"\n\
             ddb.virtualHWVersion = \"4\"\n",
            cid = self.cid(),
            capacity = self.capacity,
            name = self.extent_name,
            adapter = self.adapter.text(),
            cylinders = geometry.cylinders,
            heads = geometry.heads,
            sectors = geometry.sectors,
        )
    }

    /// The last word of the long content id, as VMware's tools have it. The two
    /// highest values mean "no parent" and "none yet".
    fn cid(&self) -> u32 {
        let [.., a, b, c, d] = self.content_id;
        u32::from_be_bytes([a, b, c, d]).min(0xFFFF_FFFD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(capacity: u64, adapter: AdapterType) -> Descriptor<'static> {
        Descriptor {
            capacity,
            extent_name: "vm-disk1.vmdk",
            adapter,
            content_id: [0xFF; 16],
        }
    }

    #[test]
    fn geometry_fits_the_adapter() {
        let sectors = |gib: u64| gib << 21;
        for (adapter, capacity, cylinders, heads) in [
            (AdapterType::LsiLogic, sectors(16), 2089, 255),
            (AdapterType::LsiLogic, 1, 1, 255),
            (AdapterType::BusLogic, sectors(8192), 65_535, 255),
            (AdapterType::Ide, sectors(1), 2081, 16),
            (AdapterType::Ide, sectors(16), 16_383, 16),
        ] {
            let geometry = adapter.geometry(capacity);
            assert_eq!((geometry.cylinders, geometry.heads), (cylinders, heads));
        }
    }

    #[test]
    fn the_content_id_avoids_reserved_values() {
        let text = descriptor(128, AdapterType::LsiLogic).to_text();
        assert!(text.contains("CID=fffffffd\n"), "{text}");
        assert!(text.contains("ddb.longContentID = \"ffffffffffffffffffffffffffffffff\"\n"));
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn a_name_without_room_is_refused() {
        let name = "x".repeat(10_240);
        let mut long = descriptor(128, AdapterType::Ide);
        assert_eq!(long.to_sectors().unwrap().len(), 10_240);
        long.extent_name = &name;
        assert_eq!(
            long.to_sectors().unwrap_err().kind(),
            ErrorKind::LimitExceeded
        );
    }
}
