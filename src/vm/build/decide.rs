//! What a machine gets where its definition leaves the choice.

use std::borrow::Cow;

use super::place::Bus;
use super::problem::{At, Problems};
use crate::vm::definition::{Brief, Definition, Nic};
use crate::vm::{ControllerKind, Family, Firmware, GuestOs, HardwareVersion, NicModel, Profile};

/// The number of CPUs.
const CPUS: u32 = 2;
/// Memory in bytes.
const MEMORY: u64 = 2 << 30;
/// Memory for Windows, in bytes. Its installers want this much.
const MEMORY_WINDOWS: u64 = 4 << 30;
/// The name of a machine that has none, and no file to be named after.
const NAME: &str = "machine";

/// A machine with its choices made.
#[derive(Debug)]
pub(in crate::vm) struct Chosen<'d> {
    /// What is asked for.
    pub(in crate::vm) definition: &'d Definition,
    /// Where that stands.
    pub(in crate::vm) at: At,
    /// Its name, which its files have too.
    pub(in crate::vm) name: String,
    /// Its guest operating system.
    pub(in crate::vm) os: GuestOs,
    /// What starts it.
    pub(in crate::vm) firmware: Firmware,
    /// The platforms it is for, the best first.
    pub(in crate::vm) hardware: Vec<String>,
    /// The oldest of VMware's hardware versions among them: what devices can count on.
    pub(in crate::vm) oldest: Option<HardwareVersion>,
    /// The SCSI controller that is made where one is named and none described.
    pub(in crate::vm) scsi: ControllerKind,
    /// The controller of disks that name no place.
    pub(in crate::vm) controller: ControllerKind,
    /// The controller of CD drives that name no place.
    pub(in crate::vm) cdrom: ControllerKind,
    /// Its network adapters.
    pub(in crate::vm) nics: Cow<'d, [Brief<Nic>]>,
    /// The model of adapters that name none.
    pub(in crate::vm) nic: NicModel,
    /// The number of CPUs.
    pub(in crate::vm) cpus: u32,
    /// Memory in bytes.
    pub(in crate::vm) memory: u64,
}

impl<'d> Chosen<'d> {
    /// Decides for the machine `definition`, at `at`, what it leaves open.
    pub(in crate::vm) fn new(
        definition: &'d Definition,
        at: At,
        profile: &Profile,
        problems: &mut Problems,
    ) -> Self {
        let os = operating_system(definition, &at, problems);
        let firmware = definition
            .firmware
            .unwrap_or_else(|| profile.firmware(&os).unwrap_or(os.default_firmware()));
        let hardware = if definition.hardware.is_empty() {
            vec![profile.hardware.clone()]
        } else {
            definition.hardware.0.clone()
        };
        let cpus = definition.cpus.as_ref().and_then(|cpus| cpus.count);
        let memory = definition.memory.as_ref().and_then(|memory| memory.size);
        Self {
            definition,
            at,
            name: definition.machine_name().to_owned(),
            firmware,
            oldest: oldest(&hardware),
            hardware,
            controller: definition
                .controller
                .unwrap_or_else(|| profile.controller(&os)),
            scsi: profile.controller_like(os.default_controller()),
            cdrom: profile.cdrom,
            nics: nics(definition, &profile.network),
            nic: profile.nic(&os),
            cpus: cpus.unwrap_or(CPUS),
            memory: memory.map_or_else(|| os.default_memory(), |size| size.0),
            os,
        }
    }

    /// The kind of controller that is made on `bus`.
    pub(in crate::vm) fn kind_on(&self, bus: Bus) -> ControllerKind {
        match bus {
            _ if self.controller.bus() == bus => self.controller,
            Bus::Ide => ControllerKind::Ide,
            Bus::Sata => ControllerKind::Sata,
            Bus::Nvme => ControllerKind::Nvme,
            Bus::Scsi => self.scsi,
        }
    }
}

impl Definition {
    /// The name of the machine, whatever it is called by.
    pub fn machine_name(&self) -> &str {
        let written = self.name.as_deref().or(self.id.as_deref());
        written.unwrap_or(NAME)
    }
}

/// The network adapters of the machine `definition`: one, unless it says otherwise. Those
/// that name no network are on the one called `usual`.
pub(super) fn nics<'d>(definition: &'d Definition, usual: &str) -> Cow<'d, [Brief<Nic>]> {
    let one = || {
        vec![Brief(Nic {
            network: vec![usual.to_owned()].into(),
            ..Nic::default()
        })]
    };
    match &definition.nics {
        Some(nics) if nics.iter().all(|nic| !nic.network.is_empty()) => Cow::Borrowed(nics),
        Some(nics) => {
            let mut nics = nics.clone();
            for nic in nics.iter_mut().filter(|nic| nic.network.is_empty()) {
                nic.network = vec![usual.to_owned()].into();
            }
            Cow::Owned(nics)
        }
        None => Cow::Owned(one()),
    }
}

/// The operating system, with what the definition says of it instead of the list.
fn operating_system(definition: &Definition, at: &At, problems: &mut Problems) -> GuestOs {
    let Some(wanted) = &definition.os else {
        return GuestOs::default();
    };
    let named = wanted.name.as_deref().map(str::parse::<GuestOs>);
    let named = named.transpose();
    let known = problems.take(&at.key("os"), named).flatten();
    let mut os = known.unwrap_or_default();
    if let Some(cim) = wanted.cim {
        os.cim_id = cim;
    }
    if let Some(guest) = &wanted.vmware {
        // Whoever names only VMware's id means its kind as well.
        if wanted.name.is_none() {
            os.family = family_of(guest);
            os.version = None;
            os.description =
                crate::envelope::os_id::guest_title(guest).unwrap_or_else(|| guest.clone());
        }
        os.os_type.clone_from(guest);
    }
    if let Some(version) = &wanted.version {
        os.version = Some(version.clone()).filter(|version| !version.is_empty());
    }
    if let Some(description) = &wanted.description {
        os.description.clone_from(&description.text);
    }
    os
}

/// The kind of operating system VMware's guest id `guest` stands for.
pub(in crate::vm) fn family_of(guest: &str) -> Family {
    let others = [
        "darwin",
        "dos",
        "ecomstation",
        "netware",
        "openserver",
        "os2",
        "otherguest",
        "solaris",
        "unixware",
    ];
    let guest = guest.to_ascii_lowercase();
    if guest.starts_with("win") {
        Family::Windows
    } else if guest.starts_with("freebsd") {
        Family::Bsd
    } else if others.iter().any(|other| guest.starts_with(other)) {
        Family::Other
    } else {
        Family::Linux
    }
}

/// The oldest of VMware's versions among `hardware`.
fn oldest(hardware: &[String]) -> Option<HardwareVersion> {
    let known = hardware.iter().filter_map(|name| name.parse().ok());
    known.min()
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
