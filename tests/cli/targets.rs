//! Targets: listed, shown, made by users, and several of them at once.

use std::fs;

use crate::scene::{Run, Scene};

const DISK: &str = "../in/disk.raw";

/// Asserts that nothing is found in `package` that the importer `target` minds.
fn check_clean(scene: &Scene, package: &str, target: &str) {
    let request = [
        "validate", package, "--deep", "--deny", "warnings", "--target", target, "--json",
    ];
    let run = scene.run(&request).succeeded();
    let verdict: serde_json::Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let report = &verdict["files"][0];
    assert_eq!(
        report["targets"][0]["imports"], "yes",
        "{package} for {target}: {verdict}"
    );
    assert_eq!(
        report["findings"],
        serde_json::json!([]),
        "{package} for {target}"
    );
}

fn lines<'r>(run: &'r Run, part: &str) -> Vec<&'r str> {
    run.stderr
        .lines()
        .filter(|line| line.contains(part))
        .collect()
}

#[test]
fn targets_are_listed_and_shown() {
    let scene = Scene::new();
    let list = scene.run(&["target"]).succeeded().text();
    assert_eq!(scene.run(&["target", "list"]).succeeded().text(), list);
    for part in [
        "vsphere:8.0    vmx-20   pvscsi, lsilogicsas, lsilogic  vmxnet3, e1000e, e1000   VMware vSphere 8.0",
        "virtualbox:7   vmx-14   sata                           e1000                    Oracle VirtualBox 7",
        "Microsoft Azure: it takes",
    ] {
        assert!(list.contains(part), "{list}");
    }
    let json = scene.run(&["target", "--json"]).succeeded().text();
    assert_eq!(
        scene.run(&["target", "list", "--json"]).succeeded().text(),
        json
    );
    let all: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let all = all.as_array().expect("a list");
    // A line each, and a head, an empty line and what the columns are.
    assert_eq!(all.len() + 3, list.lines().count());
    let proxmox = all
        .iter()
        .find(|one| one["name"] == "proxmox")
        .expect("proxmox");
    assert_eq!(proxmox["importer"], "proxmox");
    assert_eq!(proxmox["controllers"]["windows"], "sata");

    let shown = scene.run(&["target", "show", "vsphere"]).succeeded().text();
    assert!(
        shown.starts_with("like: vsphere\ntitle: VMware vSphere 8.0\n"),
        "{shown}"
    );
    assert!(
        shown.contains("# controllers:\n#   linux: pvscsi\n"),
        "{shown}"
    );
    let all = scene
        .run(&["target", "show", "vsphere", "--json"])
        .succeeded()
        .text();
    let all: serde_json::Value = serde_json::from_str(&all).expect("JSON");
    assert_eq!(all["newest"], "vmx-20");
    assert_eq!(all["controllers"]["linux"], "pvscsi");
    scene.refuses(
        &["target", "show", "vsphare:8"],
        2,
        &["no target", "vsphere:8.0"],
    );
    scene.refuses(
        &["target", "show", "./my.yaml"],
        2,
        &["a file of your own", "--json"],
    );
    scene.refuses(&["target", "show", "./my.yaml", "--json"], 6, &["my.yaml"]);
}

#[test]
fn what_is_shown_is_a_start_for_a_target_of_ones_own() {
    let scene = Scene::new();
    let shown = scene.run(&["target", "show", "proxmox"]).succeeded().text();
    scene.write("in/mine.yaml", shown.as_bytes());
    let request = [
        "pack",
        DISK,
        "--name",
        "vm",
        "-t",
        "proxmox",
        "-t",
        "../in/mine.yaml",
    ];
    scene.run(&request).succeeded();
    assert_eq!(scene.outputs(), ["vm-mine.ova", "vm-proxmox.ova"]);
    let read = |name: &str| fs::read(scene.path("out").join(name)).expect("a package");
    assert!(read("vm-mine.ova") == read("vm-proxmox.ova"));
}

#[test]
fn a_target_of_ones_own_is_like_another() {
    let scene = Scene::new();
    let text = "like: vsphere:8.0\ntitle: Our cloud\nhardware: vmx-17\nnics: { linux: e1000e }\n\
                limits: { disks: 1 }\nleaves-out: { usb: our cloud has none }\n";
    scene.write("in/cloud.yaml", text.as_bytes());
    // What a file names is beside it.
    let definition = "name: web\ndisks: [disk.raw]\nusb: { model: xhci }\ntarget: ./cloud.yaml\n";
    scene.write("in/web.yaml", definition.as_bytes());
    let run = scene.run(&["pack", "-d", "../in/web.yaml"]).succeeded();
    assert!(run.text().contains("vmx-17"), "{}", run.text());
    assert!(run.text().contains("e1000e"), "{}", run.text());
    assert_eq!(
        lines(
            &run,
            "Our cloud: a USB controller is left out: our cloud has none"
        )
        .len(),
        1
    );
    let output = scene.outputs().pop();
    let package = match &output {
        Some(name) => name.clone(),
        None => "../in/web.ova".to_owned(),
    };
    check_clean(&scene, &package, "vsphere:8.0");
    let two = [
        "pack",
        DISK,
        "../in/more.raw",
        "-t",
        "../in/cloud.yaml",
        "-o",
        "two.ova",
    ];
    scene.write("in/more.raw", &crate::images::raw(300_032));
    scene.refuses(&two, 2, &["2 disks, and Our cloud takes 1"]);
}

#[test]
fn what_is_wrong_with_a_target_of_ones_own_is_told_in_its_place() {
    let scene = Scene::new();
    for (text, code, parts) in [
        (
            "like: vsphere:8.0\nlimit: {}\n",
            3,
            ["limit", "../in/mine.yaml, line 2", "did you mean `limits`?"],
        ),
        (
            "like: vsphare:8.0\n",
            2,
            [
                "no target `vsphare:8.0`",
                "../in/mine.yaml, line 1",
                "did you mean",
            ],
        ),
        (
            "like: portable\nimporter: vshpere\n",
            2,
            ["no target `vshpere`", "../in/mine.yaml, line 2", "vsphere"],
        ),
    ] {
        scene.write("in/mine.yaml", text.as_bytes());
        let request = ["pack", DISK, "-t", "../in/mine.yaml", "-o", "vm.ova"];
        scene.refuses(&request, code, &parts);
    }
}

#[test]
fn several_targets_get_a_package_each() {
    let scene = Scene::new();
    let definition = "name: web\nos: ubuntu-24.04\ndisks: [disk.raw]\nnics: [NAT]\n\
                      serial-ports: [{ backing: file }]\nproperties: { hostname: web }\n";
    scene.write("in/web.yaml", definition.as_bytes());
    let request = [
        "pack",
        "-d",
        "../in/web.yaml",
        "--target",
        "vsphere:8.0",
        "--target",
        "virtualbox",
        "--json",
    ];
    let run = scene.run(&request).succeeded();
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let packages = report["packages"].as_array().expect("packages");
    let outputs = packages
        .iter()
        .map(|one| one["output"].as_str().expect("a path"));
    let outputs: Vec<_> = outputs
        .map(|path| path.rsplit('/').next().unwrap_or(path))
        .collect();
    assert_eq!(outputs, ["web-vsphere-8.0.ova", "web-virtualbox-7.ova"]);
    // One disk, read once.
    assert_eq!(report["disks"].as_array().expect("disks").len(), 1);
    for (package, target) in packages.iter().zip(["vsphere:8.0", "virtualbox:7"]) {
        let path = package["output"].as_str().expect("a path");
        check_clean(&scene, path, target);
    }
    // What only one of them does without is told once, with its name.
    for part in ["a serial port is left out", "a property is left out"] {
        let told = lines(&run, part);
        assert_eq!(told.len(), 1, "{}", run.stderr);
        assert!(told[0].contains("Oracle VirtualBox 7: "), "{}", run.stderr);
    }
    // What both do without, by each.
    let definition = definition.replace(
        "properties",
        "sound: {}\nip-assignment: { schemes: dhcp }\nproperties",
    );
    scene.write("in/web.yaml", definition.as_bytes());
    let request = [
        "pack",
        "-d",
        "../in/web.yaml",
        "-t",
        "workstation",
        "-t",
        "proxmox",
        "--force",
    ];
    let run = scene.run(&request).succeeded();
    assert_eq!(
        lines(&run, "the assignment of IP addresses is left out").len(),
        2,
        "{}",
        run.stderr
    );

    let twice = ["pack", DISK, "-t", "vsphere", "-t", "vcenter:8"];
    scene.refuses(&twice, 2, &["--target", "named twice"]);
    let alone = ["pack", DISK, "-t", "azure", "-o", "vm.ova"];
    scene.refuses(
        &alone,
        4,
        &["Microsoft Azure takes no packages", "unpack --disks"],
    );
}
