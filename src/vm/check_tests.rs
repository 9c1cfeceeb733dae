use super::*;
use crate::base::ErrorKind;
use crate::base::error::Fact;
use crate::vm::{DiskImage, GuestOs, IsoImage, Nic};

fn version(number: u8) -> HardwareVersion {
    HardwareVersion::new(number).expect("a known version")
}

fn disk(href: &str) -> DiskImage {
    DiskImage {
        href: href.to_owned(),
        capacity: 1 << 30,
        file_size: 1,
        populated: 0,
    }
}

fn nic(model: NicModel, network: &str) -> Nic {
    Nic {
        model,
        network: network.to_owned(),
    }
}

/// The contradictions in a good machine after `spoil`.
fn spoiled(spoil: impl FnOnce(&mut Machine)) -> Vec<Contradiction> {
    let mut machine = Machine::new("web01", GuestOs::default());
    machine.disks.push(disk("web01-disk1.vmdk"));
    machine.nics.push(nic(NicModel::VmxNet3, "VM Network"));
    assert_eq!(contradictions(&machine), []);
    spoil(&mut machine);
    contradictions(&machine)
}

/// The one contradiction in a good machine after `spoil`, as text.
fn complaint(spoil: impl FnOnce(&mut Machine)) -> String {
    let found = spoiled(spoil);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].kind(), ErrorKind::Usage);
    found[0].to_string()
}

#[test]
fn processors_and_memory() {
    assert_eq!(complaint(|m| m.cpus = 0), "the machine has no CPU");
    let uneven = complaint(|m| (m.cpus, m.cores_per_socket) = (6, Some(4)));
    assert_eq!(uneven, "6 CPUs cannot be divided into sockets of 4 cores");
    assert!(complaint(|m| m.cores_per_socket = Some(0)).contains("sockets of 0 cores"));
    for memory in [0, 1 << 20, (1 << 30) + 1, u64::MAX] {
        assert!(complaint(|m| m.memory = memory).contains("not a multiple of 4 MiB"));
    }
    let help = Contradiction::UnevenMemory {
        memory: 1_000_000_000,
    }
    .help();
    assert_eq!(help.as_deref(), Some("ask for 952 MiB or 956 MiB"));
}

#[test]
fn firmware_and_secure_boot() {
    assert_eq!(
        complaint(|m| m.secure_boot = true),
        "secure boot is asked for with BIOS firmware"
    );
    let old = complaint(|m| {
        m.firmware = Firmware::Efi;
        m.secure_boot = true;
        m.hardware = version(11);
    });
    assert_eq!(
        old,
        "secure boot needs vmx-13 or newer, and the machine is vmx-11"
    );
    let older = complaint(|m| {
        m.firmware = Firmware::Efi;
        m.hardware = version(7);
    });
    assert_eq!(
        older,
        "efi firmware needs vmx-08 or newer, and the machine is vmx-07"
    );
}

#[test]
fn devices_newer_than_the_hardware() {
    for (controller, hardware) in [(ControllerKind::Nvme, 11), (ControllerKind::Sata, 9)] {
        let complaint = complaint(|m| (m.controller, m.hardware) = (controller, version(hardware)));
        assert!(
            complaint.starts_with(&format!("the {controller} controller needs")),
            "{complaint}"
        );
    }
    let adapters = spoiled(|m| {
        m.controller = ControllerKind::LsiLogic;
        m.hardware = version(4);
        m.nics.push(nic(NicModel::E1000e, "VM Network"));
        m.nics.push(nic(NicModel::E1000e, "VM Network"));
    });
    let adapters: Vec<String> = adapters.iter().map(ToString::to_string).collect();
    assert_eq!(
        adapters,
        [
            "the vmxnet3 network adapter needs vmx-07 or newer, and the machine is vmx-04",
            "the e1000e network adapter needs vmx-08 or newer, and the machine is vmx-04",
        ],
        "each model once"
    );
}

#[test]
fn a_cd_that_needs_a_controller_nobody_asked_for() {
    let complaint = complaint(|m| {
        m.hardware = version(9);
        let iso = |n| IsoImage {
            href: format!("{n}.iso"),
            size: 1,
        };
        m.isos = (0..5).map(iso).collect();
    });
    assert_eq!(
        complaint,
        "the sata controller needs vmx-10 or newer, and the machine is vmx-09"
    );
}

#[test]
fn more_devices_than_places() {
    let disks = complaint(|m| m.disks = (0..61).map(|n| disk(&n.to_string())).collect());
    assert_eq!(disks, "61 disks do not fit: 60 is the most on pvscsi");
    let iso = |n| IsoImage {
        href: format!("{n}.iso"),
        size: 1,
    };
    let isos = complaint(|m| m.isos = (0..125).map(iso).collect());
    assert_eq!(isos, "125 CD drives do not fit: there is room for 124");
}

#[test]
fn names_that_are_not_safe_everywhere() {
    for (name, fault) in [
        ("", "is empty"),
        (".", "begins or ends with a dot or a blank"),
        ("..", "begins or ends with a dot or a blank"),
        (" a", "begins or ends with a dot or a blank"),
        ("a.", "begins or ends with a dot or a blank"),
        ("a/b", "contains `/`, which is not allowed"),
        ("größe", "contains `ö` (U+00F6), which is not allowed"),
        ("a\nb", "contains U+000A, which is not allowed"),
        (
            "a\u{202E}b",
            "contains `\u{202E}` (U+202E), which is not allowed",
        ),
    ] {
        let complaint = complaint(|m| m.name = name.to_owned());
        assert!(complaint.ends_with(fault), "{name:?}: {complaint}");
        assert!(!complaint.contains('\n'));
    }
    let href = complaint(|m| m.disks[0].href = "../disk.vmdk".to_owned());
    assert!(
        href.starts_with("the disk file `../disk.vmdk` contains `/`"),
        "{href}"
    );
}

#[test]
fn files_of_one_name() {
    let complaint = complaint(|m| m.disks.push(disk("WEB01-disk1.vmdk")));
    assert_eq!(
        complaint,
        "two files of the package are called `WEB01-disk1.vmdk`"
    );
}

#[test]
fn disks_of_impossible_sizes() {
    assert!(complaint(|m| m.disks[0].capacity = 0).contains("capacity of zero bytes"));
    assert!(complaint(|m| m.disks[0].capacity = 1 << 63).contains("more than 2^63 - 1"));
    assert!(complaint(|m| m.disks[0].populated = 2 << 30).contains("holds 2147483648 bytes"));
}

#[test]
fn networks_and_properties() {
    assert!(complaint(|m| m.nics[0].network = "a ".to_owned()).contains("network name \"a \""));
    for (key, fault) in [
        ("", "is empty"),
        ("a b", "contains a blank"),
        ("a:b", "contains `:`"),
    ] {
        let complaint = complaint(|m| m.properties.push((key.to_owned(), String::new())));
        assert!(complaint.contains(fault), "{key}: {complaint}");
    }
    // vSphere's own appliances have such keys.
    assert_eq!(
        spoiled(|m| m.properties = vec![("guestinfo.ignition.config".into(), "x".into())]),
        []
    );
    let twice =
        complaint(|m| m.properties = vec![("a".into(), "1".into()), ("a".into(), "2".into())]);
    assert_eq!(twice, "the property `a` is given twice");
}

#[test]
fn texts_xml_cannot_hold() {
    let eula = complaint(|m| m.eula = Some("a\u{1B}[1m".to_owned()));
    assert_eq!(
        eula,
        "the licence contains the character U+001B, which XML cannot hold"
    );
    let value = complaint(|m| m.properties = vec![("a".to_owned(), "\0".to_owned())]);
    assert!(value.starts_with("the property `a` contains the character U+0000"));
    assert_eq!(
        spoiled(|m| m.eula = Some("tab\tand\r\nlines, ümläute, 💾".to_owned())),
        []
    );
}

#[test]
fn check_fails_with_the_first() {
    let mut machine = Machine::new("", GuestOs::default());
    machine.cpus = 0;
    assert_eq!(contradictions(&machine).len(), 2);
    let error = check(&machine).expect_err("two contradictions");
    assert_eq!(error.message(), "the machine name `` is empty");
    assert!(error.reason().is_some() && error.advice().is_some());
}
