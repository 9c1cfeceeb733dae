//! The descriptor: the text that tells what the extent is.

use super::description::NO_PARENT;
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
        let heads = match self {
            Self::Ide => 16,
            Self::BusLogic | Self::LsiLogic => 255,
        };
        let sectors = 63;
        Geometry {
            cylinders: cylinders(capacity, heads, sectors),
            heads,
            sectors,
        }
    }
}

/// Cylinders a disk of `capacity` sectors shows, with so many heads and sectors of a track.
pub(super) fn cylinders(capacity: u64, heads: u64, sectors: u64) -> u64 {
    let most = most_cylinders(heads);
    capacity.div_ceil(heads * sectors).clamp(1, most)
}

/// The most cylinders a disk with so many heads shows.
pub(super) fn most_cylinders(heads: u64) -> u64 {
    if heads > 16 { 65_535 } else { 16_383 }
}

/// What the descriptor tells.
#[derive(Debug, Clone)]
pub(super) struct Descriptor<'a> {
    /// What the extents are.
    pub(super) create_type: &'static str,
    /// Sectors of the disk.
    pub(super) capacity: u64,
    pub(super) extents: &'a [Extent],
    pub(super) adapter: AdapterType,
    /// The oldest version of virtual hardware the disk is for.
    pub(super) hardware_version: u32,
    /// Names the content.
    pub(super) content_id: [u8; 16],
    /// The disk it is made on: what names its content, and its path.
    pub(super) parent: Option<(u32, &'a str)>,
}

/// A file with some of the disk.
#[derive(Debug, Clone)]
pub(super) struct Extent {
    pub(super) sectors: u64,
    /// `SPARSE` or `FLAT`.
    pub(super) kind: &'static str,
    /// Its file name, which readers look for.
    pub(super) name: String,
}

impl Extent {
    fn text(&self) -> String {
        let Self {
            sectors,
            kind,
            name,
        } = self;
        // What is flat begins at a sector of its file: the first.
        let place = if *kind == "FLAT" { " 0" } else { "" };
        format!("RW {sectors} {kind} \"{name}\"{place}\n")
    }
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

    /// The text.
    pub(super) fn to_text(&self) -> String {
        let geometry = self.adapter.geometry(self.capacity);
        let long_id = crate::base::digest::hex(&self.content_id);
        let extents: String = self.extents.iter().map(Extent::text).collect();
        format!(
            "# Disk DescriptorFile\n\
             version=1\n\
             encoding=\"UTF-8\"\n\
             CID={cid:08x}\n\
             parentCID={parent_cid:08x}\n\
             createType=\"{create_type}\"\n\
             {parent_name}\
             \n\
             # Extent description\n\
             {extents}\
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
             ddb.virtualHWVersion = \"{hardware}\"\n",
            cid = self.cid(),
            parent_cid = self.parent.map_or(NO_PARENT, |(content, _)| content),
            parent_name = self.parent.map_or_else(String::new, |(_, name)| {
                format!("parentFileNameHint=\"{name}\"\n")
            }),
            create_type = self.create_type,
            hardware = self.hardware_version,
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

    /// The text of a disk in one extent of this name.
    fn text(name: &str) -> String {
        descriptor(&[extent("SPARSE", name)]).to_text()
    }

    fn extent(kind: &'static str, name: &str) -> Extent {
        Extent {
            sectors: 128,
            kind,
            name: name.to_owned(),
        }
    }

    fn descriptor(extents: &[Extent]) -> Descriptor<'_> {
        Descriptor {
            create_type: "custom",
            capacity: 128,
            extents,
            adapter: AdapterType::LsiLogic,
            hardware_version: 13,
            content_id: [0xFF; 16],
            parent: None,
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
        let text = text("vm-disk1.vmdk");
        assert!(text.contains("CID=fffffffd\n"), "{text}");
        assert!(text.contains("ddb.longContentID = \"ffffffffffffffffffffffffffffffff\"\n"));
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn every_extent_has_a_line() {
        let extents = [
            extent("SPARSE", "a-s001.vmdk"),
            extent("FLAT", "a-flat.vmdk"),
        ];
        let text = descriptor(&extents).to_text();
        let lines = "createType=\"custom\"\n\n# Extent description\n\
                     RW 128 SPARSE \"a-s001.vmdk\"\nRW 128 FLAT \"a-flat.vmdk\" 0\n\n# The";
        assert!(text.contains(lines), "{text}");
        assert!(text.ends_with("ddb.virtualHWVersion = \"13\"\n"), "{text}");
    }

    #[test]
    fn a_name_without_room_is_refused() {
        let sectors = |name: &str| descriptor(&[extent("SPARSE", name)]).to_sectors();
        assert_eq!(sectors("a").unwrap().len(), 10_240);
        let error = sectors(&"x".repeat(10_240)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    }
}
