//! A machine that starts: QEMU is given the disk that came out of a package and
//! the hardware its descriptor asks for. The guest reads the whole disk it was
//! started from; its digest has to be that of the disk that was packed.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use support::bench::{Bench, text};
use support::run::{ovfkit, run, run_within, succeed};
use support::{MIB, tools};

/// A guest emulated on a busy machine may take its time.
const PATIENCE: Duration = Duration::from_secs(300);

/// What the guest said of itself, word by word.
struct Guest {
    console: String,
}

impl Guest {
    /// What stands behind `word=` in its last words.
    fn told(&self, word: &str) -> &str {
        let line = self.console.lines().find_map(|line| {
            let line = line.trim_end();
            line.strip_prefix("GUEST ")
        });
        let line = line.unwrap_or_else(|| panic!("it did not start:\n{}", self.console));
        let value = line
            .split(' ')
            .find_map(|part| part.strip_prefix(word)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {word} in {line}"))
    }
}

/// The only machine of the package at `ova`, as `ovfkit info` resolves it.
fn machine(ova: &Path) -> Value {
    let said = run(ovfkit().arg("info").arg(ova).arg("--json"));
    assert!(said.succeeded(), "{}", said.stderr);
    let mut info: Value = serde_json::from_str(&said.text()).expect("JSON");
    info["machines"][0].take()
}

/// Starts `machine` in QEMU with the disk at `path`, which is not written to.
fn start(machine: &Value, path: &Path, format: &str) -> Guest {
    let controller = &machine["controllers"][0];
    assert_eq!(controller["drives"][0]["kind"], "disk", "{controller}");
    let devices: &[&str] = match (controller["kind"].as_str(), controller["model"].as_str()) {
        (Some("scsi"), Some("VirtualSCSI")) => {
            &["pvscsi,id=bus", "scsi-hd,bus=bus.0,drive=disk,bootindex=0"]
        }
        (Some("nvme"), _) => &["nvme,serial=1,drive=disk,bootindex=0"],
        (Some("ide"), _) => &["ide-hd,bus=ide.0,drive=disk,bootindex=0"],
        other => panic!("no controller of QEMU's: {other:?}"),
    };
    assert_eq!(machine["firmware"], "bios");
    let memory = machine["memory"].as_u64().expect("a number of bytes") / MIB;
    let drive = format!(
        "if=none,id=disk,snapshot=on,format={format},file={}",
        text(path)
    );
    let mut command = Command::new("qemu-system-x86_64");
    // With a thread for each, processors of a machine on a busy host wait for each other's
    // timers, now and then for ever.
    command.args(["-machine", "pc", "-accel", "tcg,thread=single"]);
    command.args(["-cpu", "max"]);
    command.args(["-smp", &machine["cpus"].to_string()]);
    command.args(["-m", &memory.to_string(), "-drive", &drive]);
    for device in devices {
        command.args(["-device", device]);
    }
    command.args(["-display", "none", "-monitor", "none", "-serial", "stdio"]);
    command.args(["-nic", "none", "-no-reboot"]);
    let outcome = run_within(&mut command, PATIENCE);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    Guest {
        console: outcome.text(),
    }
}

/// Packs a disk that boots with `arguments`; `reach` makes of the package the
/// image to start from and tells its format. The guest finds itself on `disk`
/// with so many `cpus`.
fn boots(
    arguments: &[&str],
    cpus: u64,
    disk: &str,
    reach: impl Fn(&Bench, &Path) -> (std::path::PathBuf, &'static str),
) {
    let Some(source) = tools::built("boot.qcow2") else {
        return;
    };
    if !tools::have_qemu() || !tools::have(&["qemu-system-x86_64", "sha256sum"]) {
        return;
    }
    let bench = Bench::new();
    let count = cpus.to_string();
    let size = ["--mem", "256M", "--cpus", &count, "--os", "debian12"];
    let packed = bench.pack(&source, &[&size, arguments].concat());
    let machine = machine(&packed.ova);
    assert_eq!(machine["cpus"], cpus);
    let (image, format) = reach(&bench, &packed.ova);
    let guest = start(&machine, &image, format);

    let raw = bench.path("source.raw");
    let arguments = ["convert", "-O", "raw", text(&source), text(&raw)];
    succeed("qemu-img", arguments);
    let digest = succeed("sha256sum", [text(&raw)]);
    let length = std::fs::metadata(&raw).expect("the disk").len();
    assert_eq!(guest.told("sha256"), &digest[..64]);
    assert_eq!(guest.told("bytes"), length.to_string());
    assert_eq!(guest.told("cpus"), count);
    assert_eq!(guest.told("disk"), disk);
    // The kernel keeps some for itself.
    let memory: u64 = guest.told("memory").parse().expect("a number");
    assert!((192..=256).contains(&memory), "{memory} MiB");
}

/// Unpacks the package with its disks converted to `format`.
fn converted(
    bench: &Bench,
    ova: &Path,
    format: &'static str,
) -> (std::path::PathBuf, &'static str) {
    let directory = bench.path("unpacked");
    let mut command = ovfkit();
    command.arg("unpack").arg(ova).arg("-d").arg(&directory);
    let outcome = run(command.args(["--disks", format]));
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    (directory.join(format!("vm-disk1.{format}")), format)
}

#[test]
fn unpacked_as_qcow2_on_the_usual_controller() {
    boots(&[], 2, "sda", |bench, ova| converted(bench, ova, "qcow2"));
}

#[test]
fn unpacked_as_raw_on_nvme() {
    let nvme = ["--controller", "nvme"];
    boots(&nvme, 1, "nvme0n1", |bench, ova| {
        converted(bench, ova, "raw")
    });
}

/// Nothing of ovfkit's reads the disk here.
#[test]
fn the_packages_own_vmdk_on_ide() {
    let ide = ["--controller", "ide", "--recompress"];
    boots(&ide, 3, "sda", |_, ova| {
        // Plain tar unpacked it beside the archive.
        (ova.with_file_name("vm-disk1.vmdk"), "vmdk")
    });
}
