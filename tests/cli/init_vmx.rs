//! `ovfkit init --from` with what VMware's products keep a machine in.

use std::fs;

use crate::scene::{Run, Scene};

/// A machine as Workstation writes one, with CR and LF, in the encoding of Windows.
const WORKSTATION: &[u8] = b".encoding = \"windows-1252\"\r\nconfig.version = \"8\"\r\n\
virtualHW.version = \"14\"\r\ndisplayName = \"B\xFCro 1\"\r\nguestOS = \"debian12-64\"\r\n\
numvcpus = \"4\"\r\ncpuid.coresPerSocket = \"2\"\r\nmemsize = \"2048\"\r\nscsi0.present = \"TRUE\"\r\n\
scsi0.virtualDev = \"lsilogic\"\r\nscsi0:0.present = \"TRUE\"\r\nscsi0:0.fileName = \"disk.vmdk\"\r\n\
scsi0:1.present = \"TRUE\"\r\nscsi0:1.fileName = \"C:\\VMs\\data\\data.vmdk\"\r\n\
ide1:0.present = \"TRUE\"\r\nide1:0.deviceType = \"cdrom-raw\"\r\nide1:0.fileName = \"auto detect\"\r\n\
ethernet0.present = \"TRUE\"\r\nethernet0.connectionType = \"nat\"\r\nethernet0.virtualDev = \"e1000\"\r\n\
ethernet0.addressType = \"generated\"\r\nethernet0.generatedAddress = \"00:0c:29:00:00:01\"\r\n\
usb.present = \"TRUE\"\r\nehci.present = \"TRUE\"\r\nsound.present = \"TRUE\"\r\n\
sound.virtualDev = \"hdaudio\"\r\nserial0.present = \"TRUE\"\r\nserial0.fileType = \"thinprint\"\r\n\
bios.bootOrder = \"hdd,cdrom\"\r\nuuid.bios = \"56 4d\"\r\nfloppy0.present = \"FALSE\"\r\n\
guestinfo.hostname = \"buero\"\r\ntools.syncTime = \"TRUE\"\r\n";

/// `in/vm/NAME` with `content`, and two disks beside it.
fn scene_of(name: &str, content: &[u8]) -> Scene {
    let scene = Scene::new();
    fs::create_dir(scene.path("in/vm")).expect("a directory");
    // Told by content, as any disk.
    for disk in ["disk.vmdk", "data.vmdk"] {
        scene.write(&format!("in/vm/{disk}"), &crate::images::qcow2());
    }
    scene.write(&format!("in/vm/{name}"), content);
    scene
}

#[track_caller]
fn init(scene: &Scene, from: &str) -> (Run, Vec<String>) {
    let run = scene
        .run(&["init", "--from", from, "-o", "vm.yaml", "--force"])
        .succeeded();
    let text = fs::read_to_string(scene.path("out/vm.yaml")).expect("written");
    let values = text.lines().map(str::to_owned);
    let values = values.filter(|line| !line.is_empty() && !line.starts_with('#'));
    (run, values.collect())
}

#[test]
fn a_machine_gives_a_definition_that_packs_without_a_fault() {
    let scene = scene_of("vm.vmx", WORKSTATION);
    let (run, values) = init(&scene, "../in/vm/vm.vmx");
    assert_eq!(
        values,
        [
            "name: B-ro-1",
            "title: Büro 1",
            "os: debian12",
            "cpus: { count: 4, cores-per-socket: 2 }",
            "memory: 2 GiB",
            "controller: lsilogic",
            "disks: [../in/vm/disk.vmdk, ../in/vm/data.vmdk]",
            "cdroms: [{ at: ide1:0 }]",
            "nics: [{ network: nat, model: e1000 }]",
            "serial-ports: [{ backing: thinprint, connected: true }]",
            "usb: { model: ehci }",
            "sound: { model: hdaudio }",
            "boot-order: [disk1, cdrom1]",
            "config: { tools.syncTimeWithHost: true }",
            "extra-config: { guestinfo.hostname: buero }",
        ]
    );
    assert_eq!(
        run.stderr,
        "warning: not carried over: line 14, `scsi0:1.fileName = \"C:\\VMs\\data\\data.vmdk\"`: the \
         path leads nowhere here; `../in/vm/data.vmdk` is taken\n"
    );
    scene
        .run(&["pack", "--definition", "vm.yaml", "-o", "vm.ova"])
        .succeeded();
    let verdict = scene
        .run(&["validate", "vm.ova", "--target", "vsphere:8.0"])
        .succeeded()
        .text();
    assert!(verdict.contains("no fault found"), "{verdict}");
}

#[test]
fn a_machine_is_told_by_its_ending_or_its_first_line() {
    let scene = scene_of("vm.VMX", b"memsize = 512\n");
    let (_, values) = init(&scene, "../in/vm/vm.VMX");
    assert_eq!(
        values,
        ["name: vm", "cpus: 1", "memory: 512 MiB", "nics: []"]
    );
    let text = b"# mine\n.encoding = \"UTF-8\"\nmemsize = \"512\"\n";
    scene.write("in/vm/machine.txt", text);
    let (_, values) = init(&scene, "../in/vm/machine.txt");
    assert_eq!(values[0], "name: machine");
    // A bundle of Fusion is a directory.
    fs::create_dir(scene.path("in/box.vmwarevm")).expect("a directory");
    scene.write(
        "in/box.vmwarevm/box.vmx",
        b"scsi0:0.present = 1\nscsi0:0.fileName = a.vmdk\n",
    );
    scene.write("in/box.vmwarevm/a.vmdk", b"");
    let (_, values) = init(&scene, "../in/box.vmwarevm");
    assert!(
        values.contains(&"disks: [../in/box.vmwarevm/a.vmdk]".to_owned()),
        "{values:?}"
    );
}

#[test]
fn paths_are_from_where_the_definition_is() {
    let text = b"scsi0.present = TRUE\nscsi0.virtualDev = pvscsi\nguestOS = debian12-64\n\
        scsi0:0.present = TRUE\nscsi0:0.fileName = \"..\\disk.raw\"\nscsi0:1.present = TRUE\n\
        scsi0:1.fileName = \"/nowhere/gone.vmdk\"\n";
    let scene = scene_of("vm.vmx", text);
    init(&scene, "../in/vm/vm.vmx");
    let arguments = [
        "init",
        "--from",
        "../in/vm/vm.vmx",
        "-o",
        "../in/vm/vm.yaml",
    ];
    scene.run(&arguments).succeeded();
    let text = fs::read_to_string(scene.path("in/vm/vm.yaml")).expect("written");
    assert!(
        text.contains("\ndisks: [../disk.raw, /nowhere/gone.vmdk]\n"),
        "{text}"
    );
    // Packing tells of the disk that is not there.
    let run = scene.run(&["pack", "--definition", "../in/vm/vm.yaml"]);
    assert_eq!(run.status.code(), Some(6), "{}", run.stderr);
    assert!(run.stderr.contains("/nowhere/gone.vmdk"), "{}", run.stderr);
}

#[test]
fn wrong_values_are_told_at_their_lines() {
    let scene = scene_of(
        "vm.vmx",
        b"numvcpus = \"many\"\nmemsize = \"512\"\n\nmem.hotadd = \"perhaps\"\nodd.key = \"\x1B[31m\"\n",
    );
    let (run, values) = init(&scene, "../in/vm/vm.vmx");
    assert_eq!(values, ["name: vm", "memory: 512 MiB", "nics: []"]);
    for line in [
        "warning: not carried over: line 1, `numvcpus = \"many\"`: has to be a whole number",
        "warning: not carried over: line 4, `mem.hotadd = \"perhaps\"`: has to be `TRUE` or `FALSE`",
        "warning: not carried over: line 5, `odd.key = \"[31m\"`: a definition has no key for it",
    ] {
        assert!(run.stderr.contains(line), "no {line:?} in\n{}", run.stderr);
    }
}

#[test]
fn wrong_files_are_refused() {
    for (content, code, parts) in [
        (
            &b"displayName = \"vm\nmemsize = \"512\"\n"[..],
            3,
            &["vm.vmx, line 1", "no closing quote", "|0A"][..],
        ),
        (
            b"memsize = \"512\"\nMemSize = \"256\"\n",
            3,
            &["vm.vmx, line 2", "another value in line 1"],
        ),
        (
            b"displayName = \"vm\"\nencryption.data = \"AAAA\"\n",
            4,
            &["vm.vmx, line 2", "encrypted", "password"],
        ),
        (b"\xFF\xFEm\0", 4, &["vm.vmx", "UTF-16"]),
        (b"KDMV\x01\0\0\0", 3, &["vm.vmx", "zero byte"]),
    ] {
        let scene = scene_of("vm.vmx", content);
        scene.refuses(&["init", "--from", "../in/vm/vm.vmx"], code, parts);
    }
    let scene = scene_of("vm.vmx", b"one\ntwo\nthree\n");
    let run = scene.run(&["init", "--from", "../in/vm/vm.vmx"]);
    assert_eq!(run.status.code(), Some(3));
    assert!(run.stderr.ends_with("3 errors\n"), "{}", run.stderr);
    let scene = Scene::new();
    fs::create_dir(scene.path("in/empty.vmwarevm")).expect("a directory");
    for (from, code, part) in [
        ("../in/gone.vmx", 6, "gone.vmx"),
        ("../in/empty.vmwarevm", 2, "no `.vmx` file"),
    ] {
        scene.refuses(&["init", "--from", from], code, &["--from", part]);
    }
}
