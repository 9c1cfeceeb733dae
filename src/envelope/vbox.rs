//! VirtualBox' own account of a machine, which it writes beside the standard's.

use crate::xml::names::VBOX;
use crate::xml::{Element, Name};

use super::{Kept, Section, VirtualSystem};

/// A machine as VirtualBox has it (`vbox:Machine`).
///
/// It is a view of an element that is kept whole, and holds what the standard has no
/// place for, or VirtualBox no other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Machine {
    /// The machine's UUID, without braces.
    pub uuid: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The guest operating system in VirtualBox' terms, such as `Debian_64`.
    pub os_type: Option<String>,
    /// The firmware: `BIOS`, `EFI`, `EFI32`, `EFI64` or `EFIDUAL`.
    pub firmware: Option<String>,
    /// The chipset: `PIIX3` or `ICH9`.
    pub chipset: Option<String>,
    /// The storage controllers with what is attached to them.
    pub controllers: Vec<Controller>,
    /// The network adapters.
    pub adapters: Vec<Adapter>,
}

/// A storage controller (`StorageController`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Controller {
    /// Its name.
    pub name: Option<String>,
    /// Its model, such as `AHCI` or `LsiLogic`.
    pub model: Option<String>,
    /// The drives on it.
    pub devices: Vec<AttachedDevice>,
}

/// A drive (`AttachedDevice`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AttachedDevice {
    /// `HardDisk`, `DVD` or `Floppy`.
    pub kind: Option<String>,
    /// The port of the controller.
    pub port: Option<u32>,
    /// The place on the port.
    pub device: Option<u32>,
    /// The UUID of the image in it, without braces.
    pub image: Option<String>,
}

/// A network adapter (`Adapter`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Adapter {
    /// The place among the adapters.
    pub slot: Option<u32>,
    /// Whether the machine has it.
    pub enabled: bool,
    /// Its MAC address, twelve hexadecimal digits.
    pub mac_address: Option<String>,
    /// Its model, such as `82540EM` or `virtio`.
    pub model: Option<String>,
    /// What it is connected to, such as `NAT` or `BridgedInterface`.
    pub attachment: Option<String>,
}

impl Machine {
    /// The machine in `kept`, if that is a `vbox:Machine`.
    pub fn of(kept: &Kept) -> Option<Self> {
        let machine = &kept.0;
        if machine.name != const { vbox("Machine") } {
            return None;
        }
        let hardware = child(machine, "Hardware");
        let inside = |local, attribute| {
            let element = child(hardware?, local)?;
            text(element, attribute)
        };
        // Until 1.12 of its format the controllers stood beside the hardware.
        let storage = [Some(machine), hardware].into_iter().flatten();
        let storage = storage.filter_map(|around| child(around, "StorageControllers"));
        let network = hardware.and_then(|hardware| child(hardware, "Network"));
        Some(Self {
            uuid: uuid(machine),
            name: text(machine, "name"),
            os_type: text(machine, "OSType"),
            firmware: inside("Firmware", "type"),
            chipset: inside("Chipset", "type"),
            controllers: storage
                .flat_map(|storage| children(storage, "StorageController"))
                .map(Controller::of)
                .collect(),
            adapters: network
                .into_iter()
                .flat_map(|network| children(network, "Adapter"))
                .map(Adapter::of)
                .collect(),
        })
    }

    /// The account of `system`, if VirtualBox wrote one.
    pub fn in_system(system: &VirtualSystem) -> Option<Self> {
        system.sections.iter().find_map(|section| match section {
            Section::Other(kept) => Self::of(kept),
            _ => None,
        })
    }

    /// Whether the firmware is UEFI; nothing if the account does not tell.
    pub fn is_efi(&self) -> Option<bool> {
        let firmware = self.firmware.as_ref()?;
        Some(firmware.to_ascii_uppercase().starts_with("EFI"))
    }
}

impl Controller {
    fn of(element: &Element) -> Self {
        Self {
            name: text(element, "name"),
            model: text(element, "type"),
            devices: children(element, "AttachedDevice")
                .map(AttachedDevice::of)
                .collect(),
        }
    }
}

impl AttachedDevice {
    fn of(element: &Element) -> Self {
        Self {
            kind: text(element, "type"),
            port: number(element, "port"),
            device: number(element, "device"),
            image: child(element, "Image").and_then(uuid),
        }
    }
}

impl Adapter {
    fn of(element: &Element) -> Self {
        // What it was connected to before stands beside, for people who change their mind.
        let mut connected = element.elements().map(|child| &*child.name.local);
        let attachment = connected.find(|local| !["DisabledModes", "Properties"].contains(local));
        Self {
            slot: number(element, "slot"),
            enabled: text(element, "enabled").is_some_and(|enabled| enabled == "true"),
            mac_address: text(element, "MACAddress"),
            model: text(element, "type"),
            attachment: attachment.map(str::to_owned),
        }
    }
}

const fn vbox(local: &'static str) -> Name {
    Name::known(VBOX, local)
}

/// The children `local`. VirtualBox and those who copy from it write them in its own
/// namespace or in that of the document around.
fn children<'e>(element: &'e Element, local: &'static str) -> impl Iterator<Item = &'e Element> {
    let children = element.elements();
    children.filter(move |child| child.name.local == local)
}

fn child<'e>(element: &'e Element, local: &'static str) -> Option<&'e Element> {
    children(element, local).next()
}

fn text(element: &Element, local: &'static str) -> Option<String> {
    let text = element.attribute(&Name::known("", local))?;
    Some(text.to_owned())
}

fn number(element: &Element, local: &'static str) -> Option<u32> {
    text(element, local)?.trim().parse().ok()
}

/// The attribute `uuid` without the braces VirtualBox puts around it.
fn uuid(element: &Element) -> Option<String> {
    let uuid = text(element, "uuid")?;
    Some(uuid.trim_matches(['{', '}']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::read;

    const MACHINE: &str = "<v:Machine xmlns:v='http://www.virtualbox.org/ovf/machine' \
        uuid='{1-2}' name='n' OSType='Debian_64'><Info/><Hardware><Firmware type='EFI'/>\
        <Chipset type='ICH9'/><Network><Adapter slot='0' enabled='true' MACAddress='080027000001' \
        type='virtio'><DisabledModes><NAT/></DisabledModes><BridgedInterface name='eth0'/>\
        </Adapter><Adapter slot='x'/></Network></Hardware><StorageControllers>\
        <StorageController name='SATA' type='AHCI'><AttachedDevice type='HardDisk' port='1' \
        device='0'><Image uuid='{3-4}'/></AttachedDevice><AttachedDevice type='DVD' port='-1'/>\
        </StorageController></StorageControllers></v:Machine>";

    #[test]
    fn a_machine_is_told() {
        let machine = Machine::of(&Kept(read(MACHINE).expect("well-formed"))).expect("a machine");
        let some = |text: &str| Some(text.to_owned());
        let devices = vec![
            AttachedDevice {
                kind: some("HardDisk"),
                port: Some(1),
                device: Some(0),
                image: some("3-4"),
            },
            AttachedDevice {
                kind: some("DVD"),
                ..AttachedDevice::default()
            },
        ];
        let expected = Machine {
            uuid: some("1-2"),
            name: some("n"),
            os_type: some("Debian_64"),
            firmware: some("EFI"),
            chipset: some("ICH9"),
            controllers: vec![Controller {
                name: some("SATA"),
                model: some("AHCI"),
                devices,
            }],
            adapters: vec![
                Adapter {
                    slot: Some(0),
                    enabled: true,
                    mac_address: some("080027000001"),
                    model: some("virtio"),
                    attachment: some("BridgedInterface"),
                },
                Adapter::default(),
            ],
        };
        assert_eq!(machine, expected);
        assert_eq!(machine.is_efi(), Some(true));
    }

    #[test]
    fn little_is_told_of_an_empty_one_and_nothing_of_others() {
        let empty = "<Machine xmlns='http://www.virtualbox.org/ovf/machine'/>";
        let machine = Machine::of(&Kept(read(empty).expect("well-formed"))).expect("a machine");
        assert_eq!((&machine, machine.is_efi()), (&Machine::default(), None));
        let other = read("<Machine/>").expect("well-formed");
        assert_eq!(Machine::of(&Kept(other)), None);
    }
}
