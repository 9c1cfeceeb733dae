//! One machine, with its choices made.

use super::items::effective;
use super::view::{MachineView, OsView};
use super::{Resolver, devices};
use crate::envelope::cim::{self, ResourceType};
use crate::envelope::os_id::{self, Producer};
use crate::envelope::units::memory_in_bytes;
use crate::envelope::{Envelope, Item, OperatingSystemSection, Section, VirtualSystem, vbox, vmw};
use crate::xml::names::VBOX;

impl Resolver<'_> {
    pub(super) fn machine(&self, system: &VirtualSystem, path: &[&str]) -> MachineView {
        let hardware = system.hardware();
        let items = hardware.map_or_else(Vec::new, |hardware| {
            effective(&hardware.items, self.configuration)
        });
        let first = |kind| items.iter().find(|item| item.resource_type == Some(kind));
        let processor = first(ResourceType::PROCESSOR);
        let memory = first(ResourceType::MEMORY);
        let devices = devices::arrange(self, &items);
        let (cpus, cores_per_socket) = processor.map(cpus).unwrap_or_default();
        let family = hardware.and_then(|hardware| hardware.system.as_ref());
        let platforms = family.and_then(|family| family.virtual_system_type.as_deref());
        let platforms = cim::platforms(platforms.unwrap_or_default()).into_iter();
        MachineView {
            id: system.id.clone(),
            collection: self.copy_all(path),
            name: self.optional(system.name.as_ref()),
            os: system.operating_system().map(|os| self.os(os)),
            products: self.products(&system.sections),
            hardware: platforms.map(str::to_owned).collect(),
            cpus,
            cores_per_socket,
            memory: memory.and_then(|item| {
                memory_in_bytes(item.virtual_quantity?, item.allocation_units.as_deref())
            }),
            firmware: firmware(system),
            secure_boot: hardware
                .and_then(|hardware| hardware.config(vmw::SECURE_BOOT))
                .is_some_and(|value| value.eq_ignore_ascii_case("true")),
            transport: hardware.map_or_else(Vec::new, |hardware| hardware.transport.clone()),
            controllers: devices.controllers,
            unattached: devices.unattached,
            nics: devices.nics,
            others: devices.others,
            properties: self.properties(&system.sections),
            eulas: self.eulas(&system.sections),
            annotation: self.annotation(&system.sections),
        }
    }

    fn os(&self, os: &OperatingSystemSection) -> OsView {
        let guest = os.os_type.as_deref().and_then(os_id::guest_title);
        let named = os.id.and_then(|id| os_id::name(id, self.producer));
        OsView {
            id: os.id,
            os_type: os.os_type.clone().filter(|guest| !guest.is_empty()),
            version: os.version.clone(),
            name: guest.or_else(|| named.map(str::to_owned)),
            description: self.optional(os.description.as_ref()),
        }
    }
}

/// How many CPUs `processor` stands for, and how many of them make a socket.
///
/// oVirt tells sockets, cores and threads in members of its own, and leaves the
/// standard's out. To it a thread is a CPU.
fn cpus(processor: &Item) -> (Option<u64>, Option<u32>) {
    let told = |member| {
        let number: u32 = processor.own_member(member)?.parse().ok()?;
        (number > 0).then_some(number)
    };
    let in_socket = told("cpu_per_socket")
        .and_then(|cores| cores.checked_mul(told("threads_per_cpu").unwrap_or(1)));
    let sockets = told("num_of_sockets");
    let in_all = sockets.zip(in_socket);
    let in_all = in_all.map(|(sockets, cpus)| u64::from(sockets) * u64::from(cpus));
    (
        processor.virtual_quantity.or(in_all),
        processor.cores_per_socket.or(in_socket),
    )
}

/// Who made the descriptor, which decides what its numbers for operating systems
/// mean from 112 upward.
pub(super) fn producer(envelope: &Envelope) -> Producer {
    let systems = envelope.systems();
    let mut types = systems
        .iter()
        .filter_map(|system| system.hardware()?.system.as_ref())
        .filter_map(|system| system.virtual_system_type.as_deref());
    let from_vbox = systems
        .iter()
        .flat_map(|system| &system.sections)
        .any(|section| matches!(section, Section::Other(kept) if kept.0.name.ns == VBOX));
    if from_vbox || types.any(|name| name.contains("virtualbox")) {
        return Producer::VirtualBox;
    }
    let is_vmware = systems
        .iter()
        .filter_map(|system| system.operating_system())
        .any(|os| os.os_type.as_ref().is_some_and(|guest| !guest.is_empty()));
    if is_vmware {
        Producer::VMware
    } else {
        Producer::Standard
    }
}

/// The firmware, where VMware's setting, its older line for the `.vmx`, or VirtualBox'
/// account of the machine names one.
fn firmware(system: &VirtualSystem) -> Option<String> {
    let settings = system.hardware().into_iter().flat_map(|hardware| {
        let configs = hardware.configs.iter();
        configs.chain(&hardware.extra_configs)
    });
    let mut named = settings.filter(|config| config.key == vmw::FIRMWARE);
    let from_vmware = named.next().map(|config| config.value.clone());
    from_vmware.or_else(|| {
        let efi = vbox::Machine::in_system(system)?.is_efi()?;
        Some(if efi { "efi" } else { "bios" }.to_owned())
    })
}
