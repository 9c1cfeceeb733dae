//! Machines of VMware's products, read by a program of another lineage: virt-v2v has to find in
//! the package of a definition what it finds in the `.vmx` file the definition was made of.

mod support;

use support::bench::{Bench, text};
use support::run::{ovfkit, run};
use support::{MIB, tools};

/// Machines, each with how many disks. virt-v2v reads no disks on SATA and NVMe of these files.
const MACHINES: [(&str, &str, usize); 4] = [
    (
        "a server of ESXi",
        ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualHW.version = \"19\"\n\
         displayName = \"srv\"\nguestOS = \"rhel9-64\"\nfirmware = \"efi\"\nnumvcpus = \"4\"\n\
         cpuid.coresPerSocket = \"2\"\nmemSize = \"8192\"\nscsi0.present = \"TRUE\"\n\
         scsi0.virtualDev = \"pvscsi\"\nscsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"disk0.vmdk\"\n\
         scsi0:1.present = \"TRUE\"\nscsi0:1.deviceType = \"scsi-hardDisk\"\n\
         scsi0:1.fileName = \"disk1.vmdk\"\nethernet0.present = \"TRUE\"\n\
         ethernet0.virtualDev = \"vmxnet3\"\nethernet0.networkName = \"VM Network\"\n\
         ethernet1.present = \"TRUE\"\nethernet1.virtualDev = \"e1000e\"\n\
         ethernet1.networkName = \"DMZ & more\"\n",
        2,
    ),
    (
        "a desktop of Workstation",
        ".encoding = \"windows-1252\"\nconfig.version = \"8\"\nvirtualHW.version = \"12\"\n\
         displayName = \"desk\"\nguestOS = \"windows9-64\"\nnumvcpus = \"2\"\nmemsize = \"2048\"\n\
         scsi0.present = \"TRUE\"\nscsi0.virtualDev = \"lsisas1068\"\nscsi0:0.present = \"TRUE\"\n\
         scsi0:0.fileName = \"disk0.vmdk\"\nide1:0.present = \"TRUE\"\n\
         ide1:0.deviceType = \"cdrom-raw\"\nide1:0.fileName = \"auto detect\"\n\
         ethernet0.present = \"TRUE\"\nethernet0.virtualDev = \"e1000\"\n\
         ethernet0.networkName = \"nat\"\n",
        1,
    ),
    (
        "an old machine on IDE",
        "config.version = \"8\"\nvirtualHW.version = \"7\"\ndisplayName = \"old\"\n\
         guestOS = \"other\"\nmemsize = \"512\"\nide0:0.present = \"TRUE\"\n\
         ide0:0.deviceType = \"ata-hardDisk\"\nide0:0.fileName = \"disk0.vmdk\"\n",
        1,
    ),
    (
        "disks on both",
        "config.version = \"8\"\nvirtualHW.version = \"11\"\ndisplayName = \"both\"\n\
         guestOS = \"debian8-64\"\nmemsize = \"1024\"\nnumvcpus = \"3\"\nide0:1.present = \"TRUE\"\n\
         ide0:1.deviceType = \"ata-hardDisk\"\nide0:1.fileName = \"disk1.vmdk\"\n\
         scsi0.present = \"TRUE\"\nscsi0.virtualDev = \"lsilogic\"\nscsi0:2.present = \"TRUE\"\n\
         scsi0:2.fileName = \"disk0.vmdk\"\n",
        2,
    ),
];

/// What virt-v2v says of the `kind` of source at `path`: CPUs, memory, firmware, the controllers
/// of disks, and the adapters with their networks.
fn source(kind: &str, path: &str) -> Vec<String> {
    let mut command = tools::program("virt-v2v");
    command.env("LIBGUESTFS_BACKEND", "direct");
    command.args(["-i", kind, path, "-o", "null", "--print-source"]);
    let outcome = run(&mut command);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    let said = outcome.text();
    let mut facts = Vec::new();
    for line in said.lines().map(str::trim) {
        let is = |key: &&str| line.starts_with(*key);
        if [
            "source name:",
            "memory:",
            "nr vCPUs:",
            "firmware:",
            "CPU topology:",
        ]
        .iter()
        .any(is)
        {
            facts.push(line.to_owned());
        } else if line.starts_with(|c: char| c.is_ascii_digit()) {
            // A disk with its controller.
            facts.push(line.to_owned());
        } else if let Some((_, network)) = line.split_once(" \"") {
            // Whether a network is a bridge is a matter of the host.
            facts.push(format!("\"{network}"));
        }
    }
    facts
}

#[test]
fn virt_v2v_finds_the_same_machine() {
    if !tools::have_qemu() || !tools::have(&["virt-v2v"]) {
        return;
    }
    for (name, content, disks) in MACHINES {
        let bench = Bench::new();
        for disk in 0..disks {
            let path = bench.path(&format!("disk{disk}.vmdk"));
            let size = (8 * MIB).to_string();
            support::run::succeed(
                "qemu-img",
                ["create", "-q", "-f", "vmdk", text(&path), &size],
            );
        }
        let vmx = bench.write("vm.vmx", content.as_bytes());
        let yaml = bench.path("vm.yaml");
        let ova = bench.path("vm.ova");
        for arguments in [
            ["init", "--from", text(&vmx), "-o", text(&yaml)],
            ["pack", "--definition", text(&yaml), "-o", text(&ova)],
        ] {
            let mut arguments = arguments.to_vec();
            if arguments[0] == "pack" {
                arguments.extend(["--digest", "sha1"]);
            }
            let outcome = run(ovfkit().args(&arguments));
            assert!(outcome.succeeded(), "{name}: {}", outcome.stderr);
        }
        let (there, here) = (source("vmx", text(&vmx)), source("ova", text(&ova)));
        assert!(there.len() >= 4 + disks, "{name}: {there:?}");
        assert_eq!(there, here, "{name}");
    }
}
