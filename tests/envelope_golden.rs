//! Descriptors of representative machines, kept word for word in `golden/`.

use ovfkit::envelope::parse;
use ovfkit::template::render;
use ovfkit::vm::{
    ControllerKind, DiskImage, Firmware, HardwareVersion, IsoImage, Machine, Nic, NicModel, build,
};

const GIB: u64 = 1 << 30;

fn machine(name: &str, os: &str) -> Machine {
    let os = os.parse().expect("a known operating system");
    Machine::new(name, os)
}

fn disk(href: &str, capacity: u64, populated: u64) -> DiskImage {
    DiskImage {
        href: href.to_owned(),
        capacity,
        file_size: populated / 3,
        populated,
    }
}

fn nic(model: NicModel, network: &str) -> Nic {
    Nic {
        model,
        network: network.to_owned(),
    }
}

/// Compares the descriptor of `machine` with `golden/<name>.snap`.
fn compare(name: &str, machine: &Machine) {
    let envelope = build(machine).expect("a machine without contradictions");
    let text = render(&envelope).expect("a faithful descriptor");
    assert!(text.ends_with("</Envelope>\n"));
    assert_eq!(parse(&text).expect("a readable descriptor"), envelope);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_linux_server_with_all_defaults() {
    let mut machine = machine("web01", "debian12");
    machine
        .disks
        .push(disk("web01-disk1.vmdk", 20 * GIB, 2 * GIB));
    machine
        .nics
        .push(nic(machine.os.default_nic(), "VM Network"));
    compare("debian-defaults", &machine);
}

#[test]
fn windows_11_with_secure_boot_and_a_cd() {
    let mut machine = machine("Desk 11", "windows11");
    machine.secure_boot = true;
    machine.cpus = 4;
    machine.cores_per_socket = Some(2);
    machine.hardware = "vmx-19".parse().expect("a known version");
    machine
        .disks
        .push(disk("Desk 11-disk1.vmdk", 64 * GIB, 18 * GIB));
    machine.isos.push(IsoImage {
        href: "drivers.iso".to_owned(),
        size: 700 << 20,
    });
    machine.nics.push(nic(machine.os.default_nic(), "Office"));
    compare("windows11-secure-boot", &machine);
}

#[test]
fn an_appliance_with_product_properties_and_licence() {
    let mut machine = machine("appliance-2.1", "ubuntu24.04");
    machine.product = Some("Müller & Söhne \"Box\"".to_owned());
    machine.vendor = Some("Müller <GmbH>".to_owned());
    machine.version = Some("2.1".to_owned());
    machine.annotation = Some("First line\n\tsecond & last line".to_owned());
    machine.eula = Some("1. Do good.\r\n\r\n2. Do no \"harm\".\r\n".to_owned());
    machine.properties = vec![
        ("hostname".to_owned(), "box".to_owned()),
        ("motd".to_owned(), "hello\t\"you\"\nand 'you'".to_owned()),
        ("ssh_key".to_owned(), String::new()),
    ];
    machine.disks.push(disk("box-disk1.vmdk", 8 * GIB, GIB));
    machine.disks.push(disk("box-disk2.vmdk", 100 * GIB, 0));
    machine.isos.push(IsoImage {
        href: "seed.iso".to_owned(),
        size: 374_784,
    });
    machine.nics.push(nic(NicModel::VmxNet3, "outside"));
    machine.nics.push(nic(NicModel::E1000, "inside"));
    machine.nics.push(nic(NicModel::VmxNet3, "outside"));
    compare("appliance", &machine);
}

#[test]
fn a_bsd_with_more_disks_than_one_adapter_holds() {
    let mut machine = machine("store", "freebsd14");
    machine.disks = (1..=17)
        .map(|n| disk(&format!("store-disk{n}.vmdk"), GIB, GIB / 2))
        .collect();
    compare("freebsd-many-disks", &machine);
}

#[test]
fn nvme_disks_with_efi() {
    let mut machine = machine("fast", "linux");
    machine.controller = ControllerKind::Nvme;
    machine.firmware = Firmware::Efi;
    machine.hardware = "vmx-21".parse().expect("a known version");
    machine
        .disks
        .push(disk("fast-disk1.vmdk", 10 * GIB + 512, 512));
    machine.nics.push(nic(NicModel::E1000e, "VM Network"));
    compare("nvme-efi", &machine);
}

#[test]
fn an_installer_that_has_no_disk_yet() {
    let mut machine = machine("installer", "other");
    machine.controller = ControllerKind::Ide;
    machine.hardware = HardwareVersion::new(7).expect("a known version");
    machine.isos.push(IsoImage {
        href: "setup.iso".to_owned(),
        size: 1 << 20,
    });
    compare("cd-only", &machine);
}
