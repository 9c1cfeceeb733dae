//! Numbers and names CIM and its users gave to devices.

use serde::Serialize;

/// The kind of a device: a value of `CIM_ResourceAllocationSettingData.ResourceType`.
///
/// An open set: CIM names 1 to 33, and vendors use others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ResourceType(pub u16);

impl ResourceType {
    /// Virtual CPUs.
    pub const PROCESSOR: Self = Self(3);
    /// Memory.
    pub const MEMORY: Self = Self(4);
    /// An IDE channel of two drives.
    pub const IDE_CONTROLLER: Self = Self(5);
    /// A parallel SCSI host adapter; the subtype names the model.
    pub const SCSI_CONTROLLER: Self = Self(6);
    /// A network adapter; the subtype names the model.
    pub const ETHERNET_ADAPTER: Self = Self(10);
    /// A CD drive. Nearly all readers want this even for a DVD.
    pub const CD_DRIVE: Self = Self(15);
    /// A disk.
    pub const DISK: Self = Self(17);
    /// Any other storage device; by its subtype a SATA or an NVMe controller.
    pub const OTHER_STORAGE: Self = Self(20);
}

/// The SCSI subtype of LSI Logic's parallel adapter.
pub const LSI_LOGIC: &str = "lsilogic";
/// The SCSI subtype of LSI Logic's SAS adapter.
pub const LSI_LOGIC_SAS: &str = "lsilogicsas";
/// The SCSI subtype of VMware's paravirtual adapter.
pub const PARAVIRTUAL: &str = "VirtualSCSI";
/// The SCSI subtype of BusLogic's adapter.
pub const BUS_LOGIC: &str = "buslogic";
/// The storage subtype of an AHCI SATA controller, in the spelling all readers know.
pub const SATA_AHCI: &str = "vmware.sata.ahci";
/// The storage subtype of an NVMe controller.
pub const NVME: &str = "vmware.nvme.controller";
/// The CD subtype of a drive backed by an image.
pub const CD_ISO: &str = "vmware.cdrom.iso";

/// The unit of memory that all readers take for granted: MiB.
pub const MEBIBYTES: &str = "byte * 2^20";
/// The unit of CPU reservations: MHz.
pub const MEGAHERTZ: &str = "hertz * 10^6";
/// The unit of a capacity in bytes.
pub const BYTES: &str = "byte";
