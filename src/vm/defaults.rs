//! What a machine gets when the user says nothing else.

use super::{ControllerKind, Family, Firmware, GuestOs, HardwareVersion, Machine, NicModel};

/// The number of CPUs.
const CPUS: u32 = 2;
/// Memory in bytes.
const MEMORY: u64 = 2 << 30;
/// Memory for Windows, in bytes. Its installers want this much.
const MEMORY_WINDOWS: u64 = 4 << 30;

impl Machine {
    /// A machine called `name` with devices `os` has drivers for, and still without
    /// disks, CD drives and network adapters.
    pub fn new(name: impl Into<String>, os: GuestOs) -> Self {
        Self {
            name: name.into(),
            cpus: CPUS,
            cores_per_socket: None,
            memory: os.default_memory(),
            firmware: os.default_firmware(),
            secure_boot: false,
            hardware: HardwareVersion::PORTABLE,
            controller: os.default_controller(),
            nics: Vec::new(),
            disks: Vec::new(),
            isos: Vec::new(),
            product: None,
            vendor: None,
            version: None,
            annotation: None,
            eula: None,
            properties: Vec::new(),
            os,
        }
    }
}

impl GuestOs {
    /// The controller the guest has a driver for as installed.
    pub fn default_controller(&self) -> ControllerKind {
        match self.family {
            Family::Linux => ControllerKind::Pvscsi,
            Family::Windows => ControllerKind::LsiLogicSas,
            Family::Bsd | Family::Other => ControllerKind::LsiLogic,
        }
    }

    /// The network adapter the guest has a driver for as installed.
    pub fn default_nic(&self) -> NicModel {
        match self.family {
            Family::Linux => NicModel::VmxNet3,
            Family::Windows => NicModel::E1000e,
            Family::Bsd | Family::Other => NicModel::E1000,
        }
    }

    /// Memory in bytes the guest is comfortable with.
    pub fn default_memory(&self) -> u64 {
        match self.family {
            Family::Windows => MEMORY_WINDOWS,
            Family::Linux | Family::Bsd | Family::Other => MEMORY,
        }
    }

    /// The firmware the guest is usually installed for. Windows 11 runs on UEFI only.
    pub fn default_firmware(&self) -> Firmware {
        if self.name == "windows11" {
            Firmware::Efi
        } else {
            Firmware::Bios
        }
    }
}
