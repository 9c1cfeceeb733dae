use super::*;
use crate::envelope::Item;
use crate::envelope::cim::ResourceType;
use crate::vm::{DiskImage, Firmware, GuestOs, IsoImage, Nic, NicModel};

fn machine() -> Machine {
    let mut machine = Machine::new("web01", GuestOs::default());
    for n in 1..=2 {
        machine.disks.push(DiskImage {
            href: format!("web01-disk{n}.vmdk"),
            capacity: 8 << 30,
            file_size: 5,
            populated: 7,
        });
    }
    machine
}

fn hardware_of(machine: &Machine) -> VirtualHardwareSection {
    let envelope = build(machine).expect("no contradictions");
    envelope.systems()[0]
        .hardware()
        .expect("a hardware section")
        .clone()
}

fn of_type(items: &[Item], resource_type: ResourceType) -> Vec<&Item> {
    items
        .iter()
        .filter(|item| item.resource_type == Some(resource_type))
        .collect()
}

#[test]
fn instance_ids_ascend_and_parents_come_first() {
    let mut machine = machine();
    machine.isos.push(IsoImage {
        href: "a.iso".to_owned(),
        size: 1,
    });
    machine.nics.push(Nic {
        model: NicModel::E1000,
        network: "lan".to_owned(),
    });
    let items = hardware_of(&machine).items;
    for (index, item) in items.iter().enumerate() {
        assert_eq!(item.instance_id, (index + 1).to_string());
        if let Some(parent) = &item.parent {
            let parent: usize = parent.parse().expect("a number");
            assert!(parent <= index, "{}", item.element_name);
        }
    }
    assert!(
        of_type(&items, ResourceType::DISK)
            .iter()
            .all(|disk| disk.parent.is_some())
    );
}

#[test]
fn a_cd_refers_to_its_file_behind_the_disks() {
    let mut machine = machine();
    machine.isos.push(IsoImage {
        href: "a.iso".to_owned(),
        size: 9,
    });
    let envelope = build(&machine).expect("no contradictions");
    assert_eq!(
        (
            envelope.references.files[2].id.as_str(),
            envelope.references.files[2].size
        ),
        ("file3", Some(9))
    );
    let hardware = envelope.systems()[0]
        .hardware()
        .expect("a hardware section");
    let cds = of_type(&hardware.items, ResourceType::CD_DRIVE);
    assert_eq!(cds[0].host_resource, ["ovf:/file/file3"]);
    assert!(!cds[0].required, "a machine can start without a CD drive");
}

#[test]
fn networks_are_named_once() {
    let mut machine = machine();
    assert_eq!(build(&machine).expect("fine").networks().count(), 0);
    assert_eq!(
        build(&machine).expect("fine").sections.len(),
        1,
        "no empty section"
    );
    for network in ["lan", "wan", "lan"] {
        machine.nics.push(Nic {
            model: NicModel::VmxNet3,
            network: network.to_owned(),
        });
    }
    let envelope = build(&machine).expect("fine");
    let names: Vec<&str> = envelope
        .networks()
        .map(|network| network.name.as_str())
        .collect();
    assert_eq!(names, ["lan", "wan"]);
    let items = hardware_of(&machine).items;
    let addresses: Vec<Option<&str>> = of_type(&items, ResourceType::ETHERNET_ADAPTER)
        .iter()
        .map(|item| item.address_on_parent.as_deref())
        .collect();
    assert_eq!(addresses, [Some("7"), Some("8"), Some("9")]);
}

#[test]
fn settings_say_the_firmware() {
    let mut machine = machine();
    assert_eq!(hardware_of(&machine).config(vmw::FIRMWARE), Some("bios"));
    assert_eq!(hardware_of(&machine).config(vmw::SECURE_BOOT), None);
    machine.firmware = Firmware::Efi;
    machine.secure_boot = true;
    let hardware = hardware_of(&machine);
    assert_eq!(hardware.config(vmw::FIRMWARE), Some("efi"));
    assert_eq!(hardware.config(vmw::SECURE_BOOT), Some("true"));
    assert!(hardware.configs.iter().all(|config| !config.required));
}

#[test]
fn properties_need_a_way_into_the_guest() {
    let mut machine = machine();
    assert_eq!(hardware_of(&machine).transport, [""; 0]);
    assert_eq!(
        build(&machine).expect("fine").systems()[0]
            .products()
            .count(),
        0
    );
    machine
        .properties
        .push(("hostname".to_owned(), "box".to_owned()));
    assert_eq!(hardware_of(&machine).transport, ["com.vmware.guestInfo"]);
    machine.isos.push(IsoImage {
        href: "a.iso".to_owned(),
        size: 1,
    });
    // A drive with an image in it is no way in.
    assert_eq!(hardware_of(&machine).transport, ["com.vmware.guestInfo"]);
    let envelope = build(&machine).expect("fine");
    let product = envelope.systems()[0].products().next();
    let mut properties = product.expect("a section").properties();
    let property = properties.next().expect("a property");
    assert!(property.user_configurable);
    assert_eq!(property.value.as_deref(), Some("box"));
}

#[test]
fn memory_and_capacity_are_in_the_units_readers_expect() {
    let envelope = build(&machine()).expect("fine");
    let disk = envelope.disks().next().expect("a disk");
    assert_eq!(disk.capacity, Capacity::Units(8 << 30));
    assert_eq!(disk.capacity_allocation_units.as_deref(), Some("byte"));
    let items = hardware_of(&machine()).items;
    let memory = of_type(&items, ResourceType::MEMORY)[0];
    assert_eq!(memory.virtual_quantity, Some(2048));
    assert_eq!(memory.allocation_units.as_deref(), Some("byte * 2^20"));
}

#[test]
fn a_contradiction_is_not_built() {
    let mut machine = machine();
    machine.cpus = 0;
    assert_eq!(
        build(&machine).expect_err("no CPU").message(),
        "the machine has no CPU"
    );
}
