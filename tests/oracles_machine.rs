//! The descriptor, read by programs of other lineages: DMTF's schema through
//! xmllint, COT and virt-v2v have to find the machine that was asked for.

mod support;

use std::path::Path;

use support::bench::{Bench, Packed, qemu_io, text};
use support::run::run;
use support::{MIB, schema, tools};

/// A machine asked for, and what each reader calls its parts.
struct Machine {
    name: &'static str,
    arguments: &'static [&'static str],
    cpus: &'static str,
    memory: &'static str,
    firmware: &'static str,
    /// The controller as COT names its subtype, where it lists it.
    cot_controller: &'static str,
    /// The disk's place, as COT has it.
    cot_disk: &'static str,
    /// The kind of the disk's controller, as virt-v2v has it.
    v2v_disk: &'static str,
    /// Network and model, as virt-v2v has them.
    nics: &'static [(&'static str, &'static str)],
    /// COT's spelling of the models, in order.
    cot_nics: &'static [&'static str],
}

const MACHINES: &[Machine] = &[
    Machine {
        name: "a Linux server with what is usual",
        arguments: &["--os", "debian12", "--cpus", "3", "--mem", "1536M"],
        cpus: "3",
        memory: "1610612736",
        firmware: "bios",
        cot_controller: "VirtualSCSI",
        cot_disk: "harddisk @ SCSI 0:0",
        v2v_disk: "scsi",
        nics: &[("VM Network", "vmxnet3")],
        cot_nics: &["VmxNet3"],
    },
    Machine {
        name: "a Windows server with EFI, secure boot and two cards",
        arguments: &[
            "--os",
            "windows2022",
            "--firmware",
            "efi",
            "--secure-boot",
            "--cpus",
            "4",
            "--mem",
            "4G",
            "--nic",
            "e1000e:LAN & more",
            "--nic",
            "vmxnet3:DMZ",
        ],
        cpus: "4",
        memory: "4294967296",
        firmware: "uefi",
        cot_controller: "lsilogicsas",
        cot_disk: "harddisk @ SCSI 0:0",
        v2v_disk: "scsi",
        nics: &[("LAN & more", "e1000e"), ("DMZ", "vmxnet3")],
        cot_nics: &["E1000e", "VmxNet3"],
    },
    Machine {
        name: "an old machine on IDE",
        arguments: &["--os", "other", "--controller", "ide", "--nic", "pcnet32"],
        cpus: "2",
        memory: "2147483648",
        firmware: "bios",
        cot_controller: "",
        cot_disk: "harddisk @ IDE 0:0",
        v2v_disk: "ide",
        nics: &[("VM Network", "pcnet32")],
        cot_nics: &["PCNet32"],
    },
    Machine {
        name: "parallel SCSI with EFI and no network",
        arguments: &[
            "--controller",
            "lsilogic",
            "--firmware",
            "efi",
            "--no-nic",
            "--cpus",
            "1",
            "--mem",
            "512M",
            "--product",
            "Müller's \"Box\" <1>",
        ],
        cpus: "1",
        memory: "536870912",
        firmware: "uefi",
        cot_controller: "lsilogic",
        cot_disk: "harddisk @ SCSI 0:0",
        v2v_disk: "scsi",
        nics: &[],
        cot_nics: &[],
    },
    Machine {
        name: "SATA",
        arguments: &["--controller", "sata", "--nic", "e1000"],
        cpus: "2",
        memory: "2147483648",
        firmware: "bios",
        cot_controller: "",
        cot_disk: "harddisk @ SATA 0:0",
        v2v_disk: "sata",
        nics: &[("VM Network", "e1000")],
        cot_nics: &["E1000"],
    },
    // CIM has no resource type for NVMe: its controller is an "other storage
    // device", as SATA's is, told apart by the subtype alone. Both readers pass
    // over the subtype and say SATA.
    Machine {
        name: "NVMe",
        arguments: &[
            "--controller",
            "nvme",
            "--firmware",
            "efi",
            "--nic",
            "vmxnet3",
        ],
        cpus: "2",
        memory: "2147483648",
        firmware: "uefi",
        cot_controller: "",
        cot_disk: "harddisk @ SATA 0:0",
        v2v_disk: "sata",
        nics: &[("VM Network", "vmxnet3")],
        cot_nics: &["VmxNet3"],
    },
];

/// A package of an 8 MiB disk, for `machine`. With SHA-1, the only digest COT
/// expects of OVF 1.1 and the one every virt-v2v knows.
fn package(bench: &Bench, machine: &Machine) -> Packed {
    let image = bench.create("image.qcow2", "", 8 * MIB);
    qemu_io(&image, "qcow2", &["write -q -P 1 1M 1M".to_owned()]);
    let mut arguments = vec!["--digest", "sha1"];
    arguments.extend(machine.arguments);
    bench.pack(&image, &arguments)
}

#[test]
fn descriptors_are_valid_by_the_schema() {
    if !tools::have_qemu() || !tools::have(&["xmllint"]) {
        return;
    }
    let Some(schema) = schema::find() else {
        eprintln!("SKIPPED: OVFKIT_CORPUS names no directory with DMTF's schema");
        return;
    };
    for machine in MACHINES {
        let bench = Bench::new();
        let descriptor = package(&bench, machine).directory.join("vm.ovf");
        let verdict = schema::validate(&schema, &descriptor);
        assert!(verdict.succeeded(), "{}: {}", machine.name, verdict.stderr);
    }
    // The schema does find mistakes.
    let bench = Bench::new();
    let descriptor = package(&bench, &MACHINES[0]).directory.join("vm.ovf");
    let broken = std::fs::read_to_string(&descriptor).expect("a descriptor");
    let broken = broken.replace("<References>", "<References><Wrong/>");
    std::fs::write(&descriptor, broken).expect("room for it");
    assert!(!schema::validate(&schema, &descriptor).succeeded());
}

#[test]
fn cot_reads_the_machine() {
    if !tools::have_qemu() || !tools::have(&["cot"]) {
        return;
    }
    for machine in MACHINES {
        let bench = Bench::new();
        let packed = package(&bench, machine);
        let outcome = run(tools::program("cot").args(["info", "-v"]).arg(&packed.ova));
        let said = outcome.text();
        let context = format!("{}:\n{said}{}", machine.name, outcome.stderr);
        assert!(outcome.succeeded(), "{context}");
        assert!(!outcome.stderr.contains("ERROR"), "{context}");
        // Name, CPUs, memory, cards, serial ports, disks / capacity.
        let profile = line_with(&said, "None (default)");
        let words: Vec<&str> = profile.split_whitespace().collect();
        assert_eq!(words[2], machine.cpus, "{context}");
        assert_eq!(memory_of(words[3], words[4]), machine.memory, "{context}");
        assert_eq!(words[5], machine.nics.len().to_string(), "{context}");
        assert_eq!(words[7..], ["1", "/", "8", "MiB"], "{context}");
        assert!(
            line_with(&said, "vm-disk1.vmdk").contains(machine.cot_disk),
            "{context}"
        );
        if !machine.cot_controller.is_empty() {
            let controllers = line_with(&said, "SCSI device types:");
            assert!(controllers.ends_with(machine.cot_controller), "{context}");
        }
        for ((network, _), model) in machine.nics.iter().zip(machine.cot_nics) {
            let card = format!("{model} network adapter on \"{network}\"");
            assert!(said.contains(&card), "{context}");
        }
    }
}

/// COT's "1.5 GiB" in bytes.
fn memory_of(number: &str, unit: &str) -> String {
    let scale = match unit {
        "GiB" => f64::from(1 << 30),
        "MiB" => f64::from(1 << 20),
        other => panic!("memory in {other}"),
    };
    let number: f64 = number.parse().expect("a number");
    format!("{}", number * scale)
}

#[test]
fn virt_v2v_reads_the_machine() {
    if !tools::have_qemu() || !tools::have(&["virt-v2v"]) {
        return;
    }
    for machine in MACHINES {
        let bench = Bench::new();
        let packed = package(&bench, machine);
        let outcome = print_source(&packed.ova);
        let said = outcome.text();
        let context = format!("{}:\n{said}{}", machine.name, outcome.stderr);
        assert!(outcome.succeeded(), "{context}");
        assert!(!context.contains("warning"), "{context}");
        let value = |key: &str| line_with(&said, key).split_once(": ").expect("a value").1;
        assert_eq!(value("source name:"), "vm", "{context}");
        assert_eq!(value("nr vCPUs:"), machine.cpus, "{context}");
        let memory = format!("{} (bytes)", machine.memory);
        assert_eq!(value("memory:"), memory, "{context}");
        assert_eq!(value("firmware:"), machine.firmware, "{context}");
        let disk = format!("\t0 [{}]\n", machine.v2v_disk);
        assert!(said.contains(&disk), "{context}");
        let cards = said.split_once("NICs:").expect("a list of cards").1;
        let cards: Vec<&str> = cards.lines().map(str::trim).collect();
        let cards: Vec<&str> = cards.into_iter().filter(|line| !line.is_empty()).collect();
        let expected: Vec<String> = machine
            .nics
            .iter()
            .map(|(network, model)| format!("Bridge \"{network}\" [{model}]"))
            .collect();
        assert_eq!(cards, expected, "{context}");
    }
}

/// virt-v2v checks the manifest before anything else.
#[test]
fn virt_v2v_finds_a_changed_disk() {
    if !tools::have_qemu() || !tools::have(&["virt-v2v"]) {
        return;
    }
    let bench = Bench::new();
    let packed = package(&bench, &MACHINES[0]);
    let mut bytes = std::fs::read(&packed.ova).expect("a package");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = bench.write("changed.ova", &bytes);
    let outcome = print_source(&changed);
    assert!(!outcome.succeeded(), "{}", outcome.text());
    let said = outcome.stderr.to_lowercase();
    assert!(said.contains("does not match"), "{}", outcome.stderr);
}

fn print_source(ova: &Path) -> support::run::Outcome {
    let mut command = tools::program("virt-v2v");
    command.env("LIBGUESTFS_BACKEND", "direct");
    command.args(["-i", "ova", text(ova), "-o", "null", "--print-source"]);
    run(&mut command)
}

fn line_with<'a>(text: &'a str, part: &str) -> &'a str {
    text.lines()
        .find(|line| line.contains(part))
        .unwrap_or_else(|| panic!("no `{part}` in:\n{text}"))
        .trim()
}
