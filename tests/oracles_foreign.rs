//! Packages as others make them, down to the disk: Python's tarfile in all its
//! formats and with names in all ways, VirtualBox's order and manifest, and
//! qemu-img's streams, which end in ways of their own. From a file and from a pipe.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::bench::{Bench, text};
use support::content::{noise, prose};
use support::run::{ovfkit, run, succeed};
use support::{KIB, MIB, tools};

const STREAM: &str = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";

/// A directory with `vm.ovf` and the disk `vm-disk001.vmdk`, which is the raw `disk`
/// made a stream by qemu-img.
fn files(bench: &Bench, name: &str, disk: &[u8]) -> PathBuf {
    let directory = bench.path(name);
    fs::create_dir(&directory).expect("a directory");
    let raw = bench.write(&format!("{name}.raw"), disk);
    let vmdk = directory.join("vm-disk001.vmdk");
    let arguments = ["convert", "-f", "raw", "-O", "vmdk"];
    let options = ["-o", "subformat=streamOptimized", text(&raw), text(&vmdk)];
    succeed("qemu-img", arguments.iter().chain(&options));
    let capacity = disk.len();
    let descriptor = format!(
        r#"<?xml version="1.0"?>
<Envelope ovf:version="1.0" xml:lang="en-US" xmlns="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
  xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References><File ovf:id="file1" ovf:href="vm-disk001.vmdk"/></References>
  <DiskSection>
    <Info>List of the virtual disks used in the package</Info>
    <Disk ovf:capacity="{capacity}" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="{STREAM}"/>
  </DiskSection>
  <VirtualSystem ovf:id="vm">
    <Info>A virtual machine</Info>
    <VirtualHardwareSection>
      <Info>Virtual hardware requirements for a virtual machine</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>vm</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>virtualbox-2.2</vssd:VirtualSystemType>
      </System>
      <Item>
        <rasd:Caption>1 virtual CPU</rasd:Caption>
        <rasd:ElementName>1 virtual CPU</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>1</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:AllocationUnits>MegaBytes</rasd:AllocationUnits>
        <rasd:ElementName>512 MB of memory</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID>
        <rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>512</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:Address>0</rasd:Address>
        <rasd:ElementName>ideController0</rasd:ElementName>
        <rasd:InstanceID>3</rasd:InstanceID>
        <rasd:ResourceSubType>PIIX4</rasd:ResourceSubType>
        <rasd:ResourceType>5</rasd:ResourceType>
      </Item>
      <Item>
        <rasd:AddressOnParent>0</rasd:AddressOnParent>
        <rasd:ElementName>disk1</rasd:ElementName>
        <rasd:HostResource>/disk/vmdisk1</rasd:HostResource>
        <rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent>
        <rasd:ResourceType>17</rasd:ResourceType>
      </Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
"#
    );
    fs::write(directory.join("vm.ovf"), descriptor).expect("room");
    directory
}

/// Adds a manifest with lines of the form `SHA1 (name)= digest`, as VirtualBox
/// writes them.
fn with_manifest(directory: &Path) {
    let mut lines = String::new();
    for name in ["vm.ovf", "vm-disk001.vmdk"] {
        let sum = succeed("sha1sum", [text(&directory.join(name))]);
        writeln!(lines, "SHA1 ({name})= {}", &sum[..40]).expect("text");
    }
    fs::write(directory.join("vm.mf"), lines).expect("room");
}

/// Has Python write the archive `to`: of `pairs` of a path and the name it gets.
fn python(to: &Path, format: &str, pairs: &[(PathBuf, &str)]) {
    let script = "\
import sys, tarfile
format = {'ustar': tarfile.USTAR_FORMAT, 'gnu': tarfile.GNU_FORMAT, 'pax': tarfile.PAX_FORMAT}
with tarfile.open(sys.argv[1], 'w', format=format[sys.argv[2]]) as archive:
    for path, name in zip(sys.argv[3::2], sys.argv[4::2]):
        archive.add(path, arcname=name, recursive=False)
";
    let mut arguments = vec!["-c", script, text(to), format];
    for (path, name) in pairs {
        arguments.extend([text(path), name]);
    }
    succeed(tools::PYTHON, arguments);
}

/// Unpacks `archive` with `arguments`, once named and once through a pipe; both
/// leave the same, in the directory that is returned. Returns also the report.
fn unpacked(bench: &Bench, archive: &Path, arguments: &[&str]) -> (PathBuf, Value) {
    let fresh = || {
        let directory = tempfile::tempdir_in(bench.root()).expect("room");
        directory.keep()
    };
    let (named, piped) = (fresh(), fresh());
    let mut command = ovfkit();
    command.args(["unpack", text(archive), "-d", text(&named)]);
    let outcome = run(command.args(["--json", "--force"]).args(arguments));
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    let mut command = Command::new("sh");
    command.args(["-c", "\"$@\" <\"$0\"", text(archive)]);
    command.arg(ovfkit().get_program());
    command.args(["unpack", "-", "-d", text(&piped), "--force", "-q"]);
    let through = run(command.args(arguments));
    assert!(through.succeeded(), "{}", through.stderr);
    succeed("diff", ["-r", text(&named), text(&piped)]);
    let report = serde_json::from_str(&outcome.text()).expect("a report");
    (named, report)
}

fn verified(report: &Value) -> usize {
    let members = report["members"].as_array().expect("members");
    let verified = members.iter().filter(|one| one["verified"] == true);
    verified.count()
}

fn have_tools() -> bool {
    tools::have_qemu() && tools::have(&["sha1sum", "diff", "cmp"]) && tools::have_module("tarfile")
}

#[test]
fn python_in_all_formats_with_names_in_all_ways() {
    if !have_tools() {
        return;
    }
    let bench = Bench::new();
    let directory = files(&bench, "vm", &noise(200_000 / 512 * 512));
    with_manifest(&directory);
    let at = |name: &str| directory.join(name);
    let plain = [
        (at("vm.ovf"), "vm.ovf"),
        (at("vm-disk001.vmdk"), "vm-disk001.vmdk"),
        (at("vm.mf"), "vm.mf"),
    ];
    let dotted = [
        (directory.clone(), "./"),
        (at("vm.ovf"), "./vm.ovf"),
        (at("vm.mf"), "./vm.mf"),
        (at("vm-disk001.vmdk"), "././vm-disk001.vmdk"),
    ];
    let nested = [
        (directory.clone(), "vm"),
        (at("vm.ovf"), "vm/vm.ovf"),
        (at("vm-disk001.vmdk"), "./vm//vm-disk001.vmdk"),
        (at("vm.mf"), "vm/vm.mf"),
    ];
    for format in ["ustar", "gnu", "pax"] {
        for (pairs, below) in [(&plain[..], ""), (&dotted, ""), (&nested, "vm")] {
            let archive = bench.path("python.ova");
            python(&archive, format, pairs);
            let (output, report) = unpacked(&bench, &archive, &[]);
            assert_eq!(verified(&report), 2, "{format} {below}: {report}");
            succeed("diff", ["-r", text(&directory), text(&output.join(below))]);
        }
    }
}

/// The manifest last, SHA-1, a blank in its lines, no sizes in the descriptor.
#[test]
fn as_virtualbox_exports() {
    if !have_tools() {
        return;
    }
    let bench = Bench::new();
    let disk = prose(MIB + 512);
    let directory = files(&bench, "vm", &disk);
    with_manifest(&directory);
    let names = ["vm.ovf", "vm-disk001.vmdk", "vm.mf"];
    let archive = bench.path("vm.ova");
    python(
        &archive,
        "ustar",
        &names.map(|name| (directory.join(name), name)),
    );

    let said = run(ovfkit().args(["info", text(&archive), "--json"]));
    assert!(said.succeeded(), "{}", said.stderr);
    let info: Value = serde_json::from_str(&said.text()).expect("JSON");
    let machine = &info["machines"][0];
    assert_eq!(machine["hardware"], serde_json::json!(["virtualbox-2.2"]));
    assert_eq!(
        (&machine["cpus"], &machine["memory"]),
        (&1.into(), &(512 * MIB).into())
    );
    let drive = &machine["controllers"][0]["drives"][0];
    assert_eq!(
        (&drive["disk"], &drive["file"]),
        (&"vmdisk1".into(), &names[1].into())
    );
    let manifest = &info["package"]["manifest"];
    assert_eq!(manifest["algorithms"], serde_json::json!(["sha1"]));
    assert_eq!(manifest["complete"], true);

    let (output, report) = unpacked(&bench, &archive, &["--disks", "raw"]);
    assert_eq!(verified(&report), 2, "{report}");
    assert!(fs::read(output.join("vm-disk001.raw")).expect("a disk") == disk);
}

/// qemu-img leaves the end-of-stream marker out where the last grain fills its
/// sectors, as it does of a disk without data, and writes zeros behind it elsewhere.
#[test]
fn streams_that_end_as_qemus_do() {
    if !have_tools() {
        return;
    }
    let compressible = [noise(MIB), prose(64 * KIB)].concat();
    let cases: [(&str, Vec<u8>); 5] = [
        ("empty", vec![0; 4 << 20]),
        ("noise-last", noise(MIB)),
        ("prose-last", compressible),
        ("cut-grain", noise(MIB + 512)),
        ("zeros-last", [prose(MIB), vec![0; 40 << 20]].concat()),
    ];
    for (name, disk) in cases {
        let bench = Bench::new();
        let directory = files(&bench, name, &disk);
        with_manifest(&directory);
        let archive = bench.path("vm.ova");
        let members = ["vm.ovf", "vm.mf", "vm-disk001.vmdk"];
        let arguments = ["-C", text(&directory), "-cf", text(&archive)];
        succeed("tar", arguments.iter().chain(&members));
        let raw = bench.path(&format!("{name}.raw"));
        for (arguments, format) in [
            (&["--disks", "raw"][..], "raw"),
            (&["--disks", "qcow2", "-c"], "qcow2"),
            (&["--disks", "vmdk"], "vmdk"),
        ] {
            let (output, report) = unpacked(&bench, &archive, arguments);
            assert_eq!(verified(&report), 2, "{name}: {report}");
            let image = output.join(format!("vm-disk001.{format}"));
            let compare = ["compare", "-f", "raw", "-F", format];
            let images = [text(&raw), text(&image)];
            let verdict = succeed("qemu-img", compare.iter().chain(&images));
            assert_eq!(verdict, "Images are identical.\n", "of one size, too");
        }
    }
}
