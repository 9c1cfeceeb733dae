//! Numbers and names CIM and its users gave to devices.

use serde::Serialize;

/// The kind of a device: a value of `CIM_ResourceAllocationSettingData.ResourceType`.
///
/// An open set: CIM names 1 to 33, and vendors use others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ResourceType(pub u16);

impl ResourceType {
    /// Any other device in descriptors of oVirt, where CIM has [`Self::OTHER`].
    pub const OVIRT_OTHER: Self = Self(0);
    /// Any other device; the subtype, or `OtherResourceType`, says which.
    pub const OTHER: Self = Self(1);
    /// A whole computer.
    pub const COMPUTER_SYSTEM: Self = Self(2);
    /// Virtual CPUs.
    pub const PROCESSOR: Self = Self(3);
    /// Memory.
    pub const MEMORY: Self = Self(4);
    /// An IDE channel of two drives.
    pub const IDE_CONTROLLER: Self = Self(5);
    /// A parallel SCSI host adapter; the subtype names the model.
    pub const SCSI_CONTROLLER: Self = Self(6);
    /// A Fibre Channel host adapter.
    pub const FC_HBA: Self = Self(7);
    /// An iSCSI host adapter.
    pub const ISCSI_HBA: Self = Self(8);
    /// An InfiniBand host channel adapter.
    pub const IB_HCA: Self = Self(9);
    /// A network adapter; the subtype names the model.
    pub const ETHERNET_ADAPTER: Self = Self(10);
    /// A network adapter that is not Ethernet.
    pub const OTHER_NETWORK_ADAPTER: Self = Self(11);
    /// A slot for a card.
    pub const IO_SLOT: Self = Self(12);
    /// An input or output device.
    pub const IO_DEVICE: Self = Self(13);
    /// A floppy drive.
    pub const FLOPPY_DRIVE: Self = Self(14);
    /// A CD drive. Nearly all readers want this even for a DVD.
    pub const CD_DRIVE: Self = Self(15);
    /// A DVD drive. Not all readers know it; see [`Self::CD_DRIVE`].
    pub const DVD_DRIVE: Self = Self(16);
    /// A disk.
    pub const DISK: Self = Self(17);
    /// A tape drive.
    pub const TAPE_DRIVE: Self = Self(18);
    /// A range of storage; Citrix means a disk.
    pub const STORAGE_EXTENT: Self = Self(19);
    /// Any other storage device; by its subtype a SATA or an NVMe controller.
    pub const OTHER_STORAGE: Self = Self(20);
    /// A serial port.
    pub const SERIAL_PORT: Self = Self(21);
    /// A parallel port.
    pub const PARALLEL_PORT: Self = Self(22);
    /// A USB controller; the subtype tells the generation.
    pub const USB_CONTROLLER: Self = Self(23);
    /// A graphics card.
    pub const GRAPHICS_CONTROLLER: Self = Self(24);
    /// A controller of an IEEE 1394 bus.
    pub const IEEE_1394_CONTROLLER: Self = Self(25);
    /// A part of a computer that can be divided.
    pub const PARTITIONABLE_UNIT: Self = Self(26);
    /// The smallest such part.
    pub const BASE_PARTITIONABLE_UNIT: Self = Self(27);
    /// Power supply.
    pub const POWER: Self = Self(28);
    /// Cooling.
    pub const COOLING_CAPACITY: Self = Self(29);
    /// A port of a virtual switch.
    pub const ETHERNET_SWITCH_PORT: Self = Self(30);
    /// A logical disk of the host.
    pub const LOGICAL_DISK: Self = Self(31);
    /// A volume of a storage system.
    pub const STORAGE_VOLUME: Self = Self(32);
    /// A connection to an Ethernet.
    pub const ETHERNET_CONNECTION: Self = Self(33);
    /// A sound card. Not of CIM: VirtualBox writes it.
    pub const SOUND_CARD: Self = Self(35);
    /// A monitor. Not of CIM: oVirt writes it in the vendors' range.
    pub const OVIRT_MONITOR: Self = Self(32_768);

    /// CIM's name in plain words, such as "Ethernet Adapter"; for the few kinds in
    /// private use that are known here, one in the same style.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 | 1 => "Other",
            2 => "Computer System",
            3 => "Processor",
            4 => "Memory",
            5 => "IDE Controller",
            6 => "Parallel SCSI HBA",
            7 => "FC HBA",
            8 => "iSCSI HBA",
            9 => "IB HCA",
            10 => "Ethernet Adapter",
            11 => "Other Network Adapter",
            12 => "I/O Slot",
            13 => "I/O Device",
            14 => "Floppy Drive",
            15 => "CD Drive",
            16 => "DVD Drive",
            17 => "Disk Drive",
            18 => "Tape Drive",
            19 => "Storage Extent",
            20 => "Other Storage Device",
            21 => "Serial Port",
            22 => "Parallel Port",
            23 => "USB Controller",
            24 => "Graphics Controller",
            25 => "IEEE 1394 Controller",
            26 => "Partitionable Unit",
            27 => "Base Partitionable Unit",
            28 => "Power",
            29 => "Cooling Capacity",
            30 => "Ethernet Switch Port",
            31 => "Logical Disk",
            32 => "Storage Volume",
            33 => "Ethernet Connection",
            35 => "Sound Card",
            32_768 => "Monitor",
            _ => return None,
        })
    }

    /// Whether drives hang on it. "Other storage" counts: in practice it is a SATA
    /// or an NVMe controller. Controllers of other things, as of USB, do not count.
    pub fn is_controller(self) -> bool {
        matches!(
            self,
            Self::IDE_CONTROLLER
                | Self::SCSI_CONTROLLER
                | Self::FC_HBA
                | Self::ISCSI_HBA
                | Self::OTHER_STORAGE
        )
    }

    /// Whether it holds a medium: a disk, or a CD, DVD, floppy or tape drive.
    pub fn is_drive(self) -> bool {
        matches!(
            self,
            Self::FLOPPY_DRIVE | Self::CD_DRIVE | Self::DVD_DRIVE | Self::DISK | Self::TAPE_DRIVE
        )
    }
}

/// The identifiers of a list in order of preference, as a subtype or a
/// `VirtualSystemType` is one (DSP0243 1.1 §8.1, §8.3).
///
/// The standard has blanks between them; descriptors also have commas.
pub fn preferences(list: &str) -> impl Iterator<Item = &str> {
    list.split(|c: char| c.is_whitespace() || c == ',')
        .filter(|identifier| !identifier.is_empty())
}

/// The platforms a `VirtualSystemType` lists, best first.
///
/// oVirt writes its name and its version, such as `ENGINE 4.5.0.0`, as if they were
/// two. A version by itself is no platform, so the pair is taken for one.
pub fn platforms(list: &str) -> Vec<&str> {
    let mut words = list.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(name), Some(version), None) if !name.ends_with(',') && is_version(version) => {
            vec![list.trim()]
        }
        _ => preferences(list).collect(),
    }
}

/// Whether `word` is numbers with dots between them.
fn is_version(word: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    word.contains('.') && word.split('.').all(is_number)
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
/// A CD drive of whoever looks at the machine's console.
pub const CD_REMOTE: &str = "vmware.cdrom.remotepassthrough";
/// A floppy drive with an image in it.
pub const FLOPPY_IMAGE: &str = "vmware.floppy.image";
/// A floppy drive of whoever looks at the machine's console.
pub const FLOPPY_REMOTE: &str = "vmware.floppy.remotedevice";

/// The unit of memory that all readers take for granted: MiB.
pub const MEBIBYTES: &str = "byte * 2^20";
/// The unit of CPU reservations: MHz.
pub const MEGAHERTZ: &str = "hertz * 10^6";
/// The unit of a capacity in bytes.
pub const BYTES: &str = "byte";

/// Values of `CIM_ResourceAllocationSettingData.ConsumerVisibility`: how the
/// guest sees the resource.
pub mod consumer_visibility {
    /// Not said.
    pub const UNKNOWN: u16 = 0;
    /// The host's own device.
    pub const PASSED_THROUGH: u16 = 2;
    /// A virtual device.
    pub const VIRTUALIZED: u16 = 3;
    /// Not at all.
    pub const NOT_REPRESENTED: u16 = 4;
}

/// Values of `CIM_ResourceAllocationSettingData.MappingBehavior`: how closely the
/// device is bound to the resources in `HostResource`.
pub mod mapping_behavior {
    /// Not said.
    pub const UNKNOWN: u16 = 0;
    /// It cannot be bound.
    pub const NOT_SUPPORTED: u16 = 2;
    /// It has them alone.
    pub const DEDICATED: u16 = 3;
    /// It prefers them.
    pub const SOFT_AFFINITY: u16 = 4;
    /// It uses them and no others.
    pub const HARD_AFFINITY: u16 = 5;
}

/// Values of `CIM_StorageAllocationSettingData.Access`.
pub mod access {
    /// Not said.
    pub const UNKNOWN: u16 = 0;
    /// The guest may only read.
    pub const READABLE: u16 = 1;
    /// The guest may only write.
    pub const WRITEABLE: u16 = 2;
    /// The guest may do both.
    pub const READ_WRITE: u16 = 3;
}

/// Values of `CIM_VirtualSystemSettingData.AutomaticStartupAction`: what happens
/// when the host starts.
pub mod startup_action {
    /// Nothing.
    pub const NONE: u16 = 2;
    /// The machine starts if it ran before.
    pub const RESTART_IF_PREVIOUSLY_ACTIVE: u16 = 3;
    /// The machine starts.
    pub const ALWAYS: u16 = 4;
}

/// Values of `CIM_VirtualSystemSettingData.AutomaticShutdownAction`: what happens
/// when the host shuts down.
pub mod shutdown_action {
    /// The machine is turned off.
    pub const TURN_OFF: u16 = 2;
    /// Its state is saved.
    pub const SAVE_STATE: u16 = 3;
    /// The guest is asked to shut down.
    pub const SHUTDOWN: u16 = 4;
}

/// Values of `CIM_VirtualSystemSettingData.AutomaticRecoveryAction`: what happens
/// when the machine has failed.
pub mod recovery_action {
    /// Nothing.
    pub const NONE: u16 = 2;
    /// It restarts.
    pub const RESTART: u16 = 3;
    /// It goes back to a snapshot.
    pub const REVERT_TO_SNAPSHOT: u16 = 4;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cim_names_1_to_33_and_a_few_more_are_known() {
        let named: Vec<u16> = (0..=u16::MAX)
            .filter(|&number| ResourceType(number).name().is_some())
            .collect();
        let expected: Vec<u16> = (0..=33).chain([35, 32_768]).collect();
        assert_eq!(named, expected);
    }

    #[test]
    fn constants_have_the_names_they_stand_for() {
        for (kind, name) in [
            (ResourceType::OTHER, "Other"),
            (ResourceType::PROCESSOR, "Processor"),
            (ResourceType::ISCSI_HBA, "iSCSI HBA"),
            (ResourceType::ETHERNET_ADAPTER, "Ethernet Adapter"),
            (ResourceType::FLOPPY_DRIVE, "Floppy Drive"),
            (ResourceType::DVD_DRIVE, "DVD Drive"),
            (ResourceType::OTHER_STORAGE, "Other Storage Device"),
            (ResourceType::GRAPHICS_CONTROLLER, "Graphics Controller"),
            (ResourceType::ETHERNET_CONNECTION, "Ethernet Connection"),
            (ResourceType::SOUND_CARD, "Sound Card"),
        ] {
            assert_eq!(kind.name(), Some(name));
        }
    }

    #[test]
    fn drives_hang_on_controllers() {
        let all = || (0..=u16::MAX).map(ResourceType);
        let numbers = |wanted: fn(ResourceType) -> bool| -> Vec<u16> {
            let kinds = all().filter(|kind| wanted(*kind));
            kinds.map(|kind| kind.0).collect()
        };
        assert_eq!(numbers(ResourceType::is_controller), [5, 6, 7, 8, 20]);
        assert_eq!(numbers(ResourceType::is_drive), [14, 15, 16, 17, 18]);
    }

    #[test]
    fn preferences_are_split_at_blanks_and_commas() {
        let split = |list| preferences(list).collect::<Vec<_>>();
        assert_eq!(split("lsilogic"), ["lsilogic"]);
        assert_eq!(split("buslogic,lsilogic"), ["buslogic", "lsilogic"]);
        assert_eq!(split(" someother, lsilogic\n"), ["someother", "lsilogic"]);
        assert_eq!(split("vmx-04  xen-3"), ["vmx-04", "xen-3"]);
        assert_eq!(split(" , ,"), [""; 0]);
        assert_eq!(split(""), [""; 0]);
    }

    #[test]
    fn a_version_belongs_to_the_platform_before_it() {
        assert_eq!(platforms("ENGINE 3.3.0.0"), ["ENGINE 3.3.0.0"]);
        assert_eq!(platforms("\n ENGINE 4.5\n"), ["ENGINE 4.5"]);
        assert_eq!(platforms("vmx-04 xen-3"), ["vmx-04", "xen-3"]);
        assert_eq!(platforms("vmx-04 4"), ["vmx-04", "4"]);
        assert_eq!(platforms("vmx-04 4."), ["vmx-04", "4."]);
        assert_eq!(platforms("a, 3.3"), ["a", "3.3"]);
        assert_eq!(platforms("a 3.3 b"), ["a", "3.3", "b"]);
        assert_eq!(platforms("3.3"), ["3.3"]);
        assert_eq!(platforms(" "), [""; 0]);
    }
}
