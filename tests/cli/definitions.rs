//! Machines that files define: what is packed of them, and what wrong ones are told.

use crate::scene::{Scene, check_error};

/// The text of the descriptor in `package`, a directory under `out`.
fn descriptor(scene: &Scene, package: &str) -> String {
    let path = scene.path(&format!("out/{package}/{package}.ovf"));
    std::fs::read_to_string(path).expect("a descriptor")
}

/// The values of `attribute` in `text`.
fn values<'t>(text: &'t str, attribute: &str) -> Vec<&'t str> {
    let start = format!("{attribute}=\"");
    let found = text.split(&start).skip(1);
    found.filter_map(|rest| rest.split('"').next()).collect()
}

/// A scene with the definition `text` in `in/vm.yaml`.
fn with(text: &str) -> Scene {
    let scene = Scene::new();
    scene.write("in/vm.yaml", text.as_bytes());
    scene
}

const WEB: &str = "\
name: web-01
os: ubuntu-24.04
cpus: 4
memory: 4 GiB
disks: [disk.raw, { size: 20 GiB }]
nics: [{ network: VM Network, model: vmxnet3 }]
properties:
  hostname: { label: Host name, default: web-01 }
";

#[test]
fn a_definition_becomes_a_package() {
    let scene = with(WEB);
    let run = scene
        .run(&["pack", "-d", "../in/vm.yaml", "--format", "ovf"])
        .succeeded();
    assert!(
        run.text()
            .contains("Ubuntu Linux 24.04 (64-bit), 4 CPUs, 4 GiB RAM"),
        "{}",
        run.text()
    );
    let text = descriptor(&scene, "web-01");
    assert_eq!(values(&text, "ovf:capacity"), ["300032", "21474836480"]);
    assert!(text.contains("ovf:key=\"hostname\""), "{text}");
}

#[test]
fn the_three_formats_say_the_same() {
    let scene = with("{ name: vm, cpus: 4, disks: [disk.raw], memory: 1 GiB }");
    scene.write(
        "in/vm.toml",
        b"name = \"vm\"\ncpus = 4\ndisks = [\"disk.raw\"]\nmemory = \"1 GiB\"\n",
    );
    scene.write(
        "in/vm.json",
        br#"{ "name": "vm", "cpus": 4, "disks": ["disk.raw"], "memory": "1 GiB" }"#,
    );
    let packed = ["yaml", "toml", "json"].map(|ending| {
        let file = format!("../in/vm.{ending}");
        scene
            .run(&["pack", "-d", &file, "--format", "ovf", "--force"])
            .succeeded();
        descriptor(&scene, "vm")
    });
    assert_eq!(packed[0], packed[1]);
    assert_eq!(packed[0], packed[2]);
}

#[test]
fn options_go_over_the_definition() {
    let scene = with(WEB);
    scene.write(
        "in/other.raw",
        &std::fs::read(scene.path("in/disk.raw")).expect("there"),
    );
    let run = scene.run(&[
        "pack",
        "../in/other.raw",
        "-d",
        "../in/vm.yaml",
        "--format",
        "ovf",
        "--cpus",
        "8",
        "--name",
        "big",
        "--no-nic",
        "--property",
        "hostname=big",
        "--property",
        "extra=1",
    ]);
    run.succeeded();
    let text = descriptor(&scene, "big");
    assert_eq!(
        values(&text, "ovf:capacity"),
        ["300032"],
        "the disks are the option's"
    );
    assert!(text.contains("8 virtual CPU(s)"));
    assert!(!text.contains("VmxNet3"));
    assert!(text.contains("ovf:key=\"hostname\" ovf:type=\"string\" ovf:userConfigurable=\"true\" ovf:value=\"big\""), "{text}");
    assert!(
        text.contains("<Label>Host name</Label>"),
        "the label is the definition's"
    );
    // A mistake of an option is told there, one of the file in its line.
    let wrong = [
        "pack",
        "-d",
        "../in/vm.yaml",
        "--cpus",
        "3",
        "--cores-per-socket",
        "2",
    ];
    scene.refuses(&wrong, 2, &["where: --cores-per-socket", "sockets of 2"]);
}

#[test]
fn files_are_merged_and_filled_in() {
    let scene = with("include: base/base.yaml\ncpus: ${cpus}\nannotation: by ${who:-nobody}\n");
    std::fs::create_dir(scene.path("in/base")).expect("directory");
    scene.write(
        "in/base/base.yaml",
        b"name: vm\nparameters: { cpus: { default: 2, env: VM_CPUS } }\ndisks: [../disk.raw]\n",
    );
    scene.write("in/prod.yaml", b"disks+: [{ size: 1 GiB }]\n");
    let pack = [
        "pack",
        "-d",
        "../in/vm.yaml",
        "-d",
        "../in/prod.yaml",
        "--format",
        "ovf",
        "--force",
    ];
    scene.run(&pack).succeeded();
    let text = descriptor(&scene, "vm");
    assert!(
        text.contains("2 virtual CPU(s)") && text.contains("by nobody"),
        "{text}"
    );
    assert_eq!(values(&text, "ovf:capacity").len(), 2);
    let mut command = scene.command(&pack);
    crate::scene::finish(command.env("VM_CPUS", "6").spawn().expect("runs")).succeeded();
    assert!(descriptor(&scene, "vm").contains("6 virtual CPU(s)"));
    scene.write("in/who.txt", b"the builders\n");
    let set = ["--set", "cpus=3", "--set-file", "who=../in/who.txt"];
    scene.run(&[&pack[..], &set].concat()).succeeded();
    let text = descriptor(&scene, "vm");
    assert!(
        text.contains("3 virtual CPU(s)") && text.contains(">by the builders<"),
        "{text}"
    );
}

#[test]
fn one_package_for_each_target() {
    let scene = with(WEB);
    let run = scene
        .run(&[
            "pack",
            "-d",
            "../in/vm.yaml",
            "--target",
            "vsphere:8.0",
            "--target",
            "virtualbox",
        ])
        .succeeded();
    assert_eq!(
        scene.outputs(),
        ["web-01-virtualbox-7.ova", "web-01-vsphere-8.0.ova"]
    );
    assert!(
        run.stderr.contains("vmxnet3 becomes e1000"),
        "{}",
        run.stderr
    );
    for (target, package) in [
        ("vsphere:8.0", "web-01-vsphere-8.0.ova"),
        ("virtualbox", "web-01-virtualbox-7.ova"),
    ] {
        scene
            .run(&["validate", "--target", target, package])
            .succeeded();
    }
    let named = [
        "pack",
        "-d",
        "../in/vm.yaml",
        "-t",
        "proxmox",
        "-o",
        "x.ova",
        "--force",
    ];
    let proxmox = scene.run(&named);
    check_error(
        &proxmox,
        3,
        &["Proxmox VE does not take a blank disk", "vm.yaml, line 5"],
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let scene = with(
        "\
name: web/01
secure-boot: true
disks: [{ image: disk.raw, at: 'scsi0:1' }, { size: 20 GiB, at: 'scsi0:1' }, missing.img]
nics: [{ network: VM Netwrk }]
networks: { VM Network: users }
properties:
  port: { type: uint16, default: 70000 }
",
    );
    let before = scene.content();
    let run = scene.run(&["pack", "-d", "../in/vm.yaml"]);
    let said = &run.stderr;
    assert_eq!(run.status.code(), Some(3), "{said}");
    for part in [
        "the machine name `web/01`",
        "line 1, column 7",
        "secure boot is asked for with BIOS firmware",
        "another device is at `scsi0:1` already",
        "missing.img: cannot open: no such file or directory",
        "there is no network `VM Netwrk` under `networks`",
        "did you mean `VM Network`?",
        "`70000` cannot be the value: it is no `uint16`",
        "6 errors",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert!(scene.content() == before);
}

#[test]
fn a_size_smaller_than_the_image_is_told_where_it_stands() {
    let scene = with("disks:\n  - { image: disk.raw, size: 200 KiB }\n");
    let parts = [
        "the disk has 293 KiB (300032 bytes), and 200 KiB (204800 bytes) are asked for",
        "where: ../in/vm.yaml, line 2, column 30",
    ];
    scene.refuses(&["pack", "-d", "../in/vm.yaml"], 3, &parts);
}

#[test]
fn mistakes_of_form_are_told_at_once() {
    let scene = with(
        "os: ubuntu-24.o4\ncpus: four\nmemory: 4 GiX\nnics: [{ model: vmxnet4 }]\npropertis: {}\n",
    );
    let run = scene.run(&["pack", "-d", "../in/vm.yaml"]);
    let said = &run.stderr;
    for part in [
        "there is no operating system `ubuntu-24.o4`",
        "`four` is not a number of CPUs",
        "there is no unit `GiX`",
        "did you mean `vmxnet3`?",
        "did you mean `properties`?",
        "line 5, column 1",
        "5 errors",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
}

#[test]
fn what_is_no_definition() {
    let scene = with("name: [");
    let refuses = |text: &str, parts: &[&str]| {
        scene.write("in/vm.yaml", text.as_bytes());
        let run = scene.run(&["pack", "-d", "../in/vm.yaml"]);
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
        for part in parts {
            assert!(run.stderr.contains(part), "no {part:?} in:\n{}", run.stderr);
        }
        assert!(scene.outputs().is_empty());
    };
    refuses("name: [", &["line 1"]);
    refuses("include: vm.yaml\nname: a", &["vm.yaml"]);
    refuses("name: ${x}\n", &["`x`", "line 1, column"]);
    refuses("name: vm\n", &["has no disk"]);
    let set = ["pack", "../in/disk.raw", "--set", "a=b"];
    scene.refuses(&set, 2, &["--set", "--definition"]);
    scene.refuses(&["pack", "-d", "../in/none.yaml"], 6, &["none.yaml"]);
}
