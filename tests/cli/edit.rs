//! `ovfkit edit`.

use std::fs;

use crate::scene::Scene;

/// The descriptor of the package `name`.
fn descriptor(scene: &Scene, name: &str) -> String {
    let mut archive = tar::Archive::new(fs::File::open(scene.path(name)).expect("the package"));
    let mut first = archive
        .entries()
        .expect("an archive")
        .next()
        .expect("one")
        .expect("read");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut first, &mut text).expect("text");
    text.trim_end_matches('\n').to_owned()
}

/// The names of the members of the package `name`.
fn members(scene: &Scene, name: &str) -> Vec<String> {
    let mut archive = tar::Archive::new(fs::File::open(scene.path(name)).expect("the package"));
    let entries = archive.entries().expect("an archive");
    let names = entries.map(|entry| {
        let entry = entry.expect("read");
        entry.path().expect("a path").display().to_string()
    });
    names.collect()
}

/// That `validate --deep` finds no error in the package `name`.
#[track_caller]
fn is_valid(scene: &Scene, name: &str) {
    let path = scene.path(name).display().to_string();
    let told = scene.run(&["validate", "--deep", &path]);
    assert!(told.status.success(), "{}", told.text());
}

fn packed() -> Scene {
    let scene = Scene::new();
    scene
        .pack(&["../in/disk.raw", "--name", "web", "--os", "debian12"])
        .succeeded();
    scene
}

#[test]
fn what_options_say_changes_in_place_and_nothing_else() {
    let scene = packed();
    let before = descriptor(&scene, "out/vm.ova");
    let old = fs::read(scene.path("out/vm.ova")).expect("read");
    let run = scene.run(&["edit", "vm.ova", "--cpus", "6", "--mem", "3G", "--in-place"]);
    let told = run.succeeded().text();
    assert!(told.contains("overwritten in place"), "{told}");
    let after = descriptor(&scene, "out/vm.ova");
    let expected = before
        .replace("2 virtual CPU(s)", "6 virtual CPU(s)")
        .replace(
            "<rasd:ResourceType>3</rasd:ResourceType>\n        <rasd:VirtualQuantity>2<",
            "<rasd:ResourceType>3</rasd:ResourceType>\n        <rasd:VirtualQuantity>6<",
        )
        .replace("2048 MiB", "3072 MiB")
        .replace("<rasd:VirtualQuantity>2048<", "<rasd:VirtualQuantity>3072<");
    assert_eq!(after, expected);
    is_valid(&scene, "out/vm.ova");
    let new = fs::read(scene.path("out/vm.ova")).expect("read");
    assert_eq!(old.len(), new.len());
    // The same once more changes nothing.
    let run = scene.run(&["edit", "vm.ova", "--cpus", "6", "--in-place"]);
    assert!(run.succeeded().text().contains("nothing: it is so already"));
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let scene = packed();
    let before = fs::read(scene.path("out/vm.ova")).expect("read");
    let run = scene
        .run(&["edit", "vm.ova", "--nic", "e1000:DMZ", "--dry-run"])
        .succeeded();
    let told = run.text();
    for line in [
        "--- vm.ova:web.ovf\n+++ vm.ova:web.ovf (edited)\n",
        "-    <Network ovf:name=\"VM Network\">\n",
        "+    <Network ovf:name=\"DMZ\">\n",
        "-        <rasd:ResourceSubType>VmxNet3</rasd:ResourceSubType>\n",
        "+        <rasd:ResourceSubType>E1000</rasd:ResourceSubType>\n",
        " overwritten in place\n",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert_eq!(fs::read(scene.path("out/vm.ova")).expect("read"), before);
}

#[test]
fn disks_and_files_come_go_and_change() {
    let scene = packed();
    scene.write("in/other.raw", &crate::images::raw(500_224));
    scene.write("in/notes.txt", b"Notes\n");
    let run = scene.run(&[
        "edit",
        "vm.ova",
        "--add-disk",
        "../in/other.raw",
        "--add-file",
        "../in/notes.txt",
        "-o",
        "two.ova",
    ]);
    run.succeeded();
    is_valid(&scene, "out/two.ova");
    assert_eq!(
        members(&scene, "out/two.ova"),
        [
            "web.ovf",
            "web-disk1.vmdk",
            "web-disk2.vmdk",
            "notes.txt",
            "web.mf"
        ]
    );
    let run = scene.run(&[
        "edit",
        "two.ova",
        "--replace",
        "web-disk1.vmdk=../in/other.raw",
        "--remove",
        "notes.txt",
        "-o",
        "three.ova",
    ]);
    run.succeeded();
    is_valid(&scene, "out/three.ova");
    assert_eq!(
        members(&scene, "out/three.ova"),
        ["web.ovf", "web-disk1.vmdk", "web-disk2.vmdk", "web.mf"]
    );
    scene
        .run(&["unpack", "three.ova", "--disks", "raw", "-d", "three"])
        .succeeded();
    let read = |name: &str| fs::read(scene.path(name)).expect("read");
    for disk in ["web-disk1.raw", "web-disk2.raw"] {
        let unpacked = read(&format!("out/three/{disk}"));
        assert_eq!(unpacked[..500_224], read("in/other.raw")[..], "{disk}");
    }
    scene
        .run(&[
            "edit",
            "three.ova",
            "--remove",
            "web-disk1.vmdk",
            "--in-place",
        ])
        .succeeded();
    is_valid(&scene, "out/three.ova");
    let text = descriptor(&scene, "out/three.ova");
    assert!(
        text.contains("ovf:diskId=\"disk2\"") && !text.contains("disk1"),
        "{text}"
    );
}

#[test]
fn a_definition_is_laid_over_the_package() {
    let scene = packed();
    scene.write(
        "in/prod.yaml",
        b"parameters: { size: 5 GiB }\n\
          disks+: [{ size: \"${size}\", title: Data }]\n\
          product: { name: Web, version: 1.10 }\n\
          properties: { hostname: { label: Host, default: web } }\n\
          config: { tools.syncTimeWithHost: true }\n\
          annotation: Production\n",
    );
    let run = scene.run(&[
        "edit",
        "vm.ova",
        "-d",
        "../in/prod.yaml",
        "--set",
        "size=6 GiB",
        "-o",
        "prod.ova",
    ]);
    run.succeeded();
    is_valid(&scene, "out/prod.ova");
    let text = descriptor(&scene, "out/prod.ova");
    for part in [
        "<Disk ovf:diskId=\"disk2\" ovf:capacity=\"6442450944\" ovf:capacityAllocationUnits=\"byte\"/>",
        "<Product>Web</Product>",
        "<Version>1.10</Version>",
        "ovf:value=\"web\"",
        "<Annotation>Production</Annotation>",
        "vmw:key=\"tools.syncTimeWithHost\" vmw:value=\"true\"",
        "<VirtualHardwareSection ovf:transport=\"com.vmware.guestInfo\">",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What is taken away again leaves what was there.
    scene.write(
        "in/back.yaml",
        b"disks: [{ image: package:web-disk1.vmdk }]\nproduct: ~\nproperties: ~\nconfig: ~\n\
          annotation: ~\n",
    );
    let run = scene.run(&["edit", "prod.ova", "-d", "../in/back.yaml", "--in-place"]);
    run.succeeded();
    assert_eq!(
        descriptor(&scene, "out/prod.ova"),
        descriptor(&scene, "out/vm.ova")
    );
}

#[test]
fn first_boot_configuration_takes_the_place_of_what_was_there() {
    let scene = packed();
    for (number, host) in ["one", "two"].iter().enumerate() {
        let text = format!("#cloud-config\nhostname: {host}\n");
        scene.write(&format!("in/{number}.yaml"), text.as_bytes());
    }
    let edit = |file: &str, form: &str| {
        let run = scene.run(&[
            "edit",
            "vm.ova",
            "--cloud-init",
            file,
            "--seed",
            form,
            "--in-place",
        ]);
        run.succeeded();
        is_valid(&scene, "out/vm.ova");
    };
    edit("../in/0.yaml", "iso");
    let first = fs::read(scene.path("out/vm.ova")).expect("read");
    edit("../in/1.yaml", "iso");
    assert_eq!(
        members(&scene, "out/vm.ova"),
        ["web.ovf", "web-disk1.vmdk", "web-seed.iso", "web.mf"]
    );
    let holds = |bytes: &[u8], text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    let second = fs::read(scene.path("out/vm.ova")).expect("read");
    assert!(holds(&first, "hostname: one") && !holds(&first, "hostname: two"));
    assert!(holds(&second, "hostname: two") && !holds(&second, "hostname: one"));
    edit("../in/0.yaml", "properties");
    let text = descriptor(&scene, "out/vm.ova");
    edit("../in/1.yaml", "properties");
    let value = |text: &str| {
        let (_, rest) = text.split_once("ovf:key=\"user-data\"").expect("user-data");
        let (_, value) = rest.split_once("ovf:value=\"").expect("a value");
        value.split_once('"').expect("its end").0.to_owned()
    };
    assert_ne!(value(&text), value(&descriptor(&scene, "out/vm.ova")));
}

#[test]
fn one_machine_of_several_is_meant_by_its_id() {
    let scene = Scene::new();
    scene.write(
        "in/shop.yaml",
        b"name: shop\nmachines:\n  - { name: db, disks: [disk.raw] }\n  \
          - { name: web, disks: [{ size: 1 GiB }] }\n",
    );
    scene
        .run(&["pack", "-d", "../in/shop.yaml", "-o", "shop.ova"])
        .succeeded();
    let run = scene.run(&[
        "edit",
        "shop.ova",
        "--machine-id",
        "web",
        "--cpus",
        "7",
        "--in-place",
    ]);
    run.succeeded();
    is_valid(&scene, "out/shop.ova");
    let text = descriptor(&scene, "out/shop.ova");
    let web = text.find("ovf:id=\"web\"").expect("web");
    assert_eq!(text.matches("7 virtual CPU(s)").count(), 1);
    assert!(text.find("7 virtual CPU(s)").expect("there") > web);
    let run = scene.run(&[
        "edit",
        "shop.ova",
        "--machine-id",
        "mail",
        "--cpus",
        "7",
        "--dry-run",
    ]);
    assert_eq!(run.status.code(), Some(2));
    assert!(run.stderr.contains("there are db, web"), "{}", run.stderr);
    // Hardware is none of the collection's.
    let run = scene.run(&["edit", "shop.ova", "--cpus", "7", "--dry-run"]);
    assert_eq!(run.status.code(), Some(2), "{}", run.stderr);
}

#[test]
fn networks_follow_the_adapters() {
    let scene = Scene::new();
    scene.write(
        "in/nets.yaml",
        b"name: web\ndisks: [disk.raw]\nnetworks: { A: The first, B: The second, C: Nobody's }\n\
          nics: [A, B]\n",
    );
    scene
        .run(&["pack", "-d", "../in/nets.yaml", "-o", "vm.ova"])
        .succeeded();
    let run = scene.run(&[
        "edit",
        "vm.ova",
        "--nic",
        "e1000:A",
        "--nic",
        "e1000:D",
        "--in-place",
    ]);
    let run = run.succeeded();
    assert!(
        run.stderr.contains("the network `D` is new"),
        "{}",
        run.stderr
    );
    let text = descriptor(&scene, "out/vm.ova");
    let networks: Vec<_> = text
        .split("<Network ovf:name=\"")
        .skip(1)
        .map(|rest| &rest[..1])
        .collect();
    assert_eq!(networks, ["A", "C", "D"]);
    is_valid(&scene, "out/vm.ova");
}

#[test]
fn a_package_is_brought_to_another_platform() {
    let scene = Scene::new();
    scene
        .pack(&["../in/disk.raw", "--name", "web", "--target", "vsphere:8.0"])
        .succeeded();
    let run = scene.run(&["edit", "vm.ova", "--target", "virtualbox", "-o", "box.ova"]);
    run.succeeded();
    let path = scene.path("out/box.ova").display().to_string();
    let told = scene.run(&["validate", "--target", "virtualbox", &path]);
    assert!(told.status.success(), "{}", told.text());
}

#[test]
fn requests_that_make_no_sense_are_told() {
    let scene = packed();
    scene.write(
        "in/bad.yaml",
        b"cpus: many\nnics: [{ network: A, modle: e1000 }]\n",
    );
    scene.write("in/out.yaml", b"output: x.ova\n");
    scene.write(
        "in/kept.yaml",
        b"disks:\n  - { image: package:web-disk1.vmdk, size: 4 GiB, href: new.vmdk }\n  \
          - package:nix.vmdk\n",
    );
    let before = fs::read(scene.path("out/vm.ova")).expect("read");
    let cases: &[(&[&str], i32, &[&str])] = &[
        (
            &["--cpus", "4"],
            2,
            &["where the changed package goes is not said", "--in-place"],
        ),
        (
            &["--cpus", "4", "-o", "-"],
            2,
            &["not written to standard output"],
        ),
        (
            &["--remove", "x", "--dry-run"],
            2,
            &["no file `x`", "there are web-disk1.vmdk"],
        ),
        (
            &["--replace", "x", "--dry-run"],
            2,
            &["`x` is not of the form NAME=FILE"],
        ),
        (
            &["--remove-property", "x", "--dry-run"],
            2,
            &["no property `x`", "none at all"],
        ),
        (
            &["--add-disk", "no.raw", "--dry-run"],
            6,
            &["no.raw", "cannot open"],
        ),
        (
            &["-d", "../in/bad.yaml", "--in-place"],
            3,
            &["bad.yaml, line 1", "bad.yaml, line 2", "`modle`"],
        ),
        (
            &["-d", "../in/kept.yaml", "--in-place"],
            4,
            &[
                "`size` of a disk that is in the package already",
                "keeps its name",
                "no file `nix.vmdk`",
                "kept.yaml, line 3",
            ],
        ),
        (
            &["-d", "../in/out.yaml", "--in-place"],
            3,
            &["out.yaml, line 1", "not edited"],
        ),
        (&["--secure-boot", "--in-place"], 2, &["--secure-boot"]),
        (
            &["--remove", "web-disk1.vmdk", "--in-place"],
            3,
            &["no disk and no CD"],
        ),
    ];
    for (options, code, parts) in cases {
        let run = scene.run(&[&["edit", "vm.ova"], *options].concat());
        assert_eq!(
            run.status.code(),
            Some(*code),
            "{options:?}: {}",
            run.stderr
        );
        for part in *parts {
            assert!(
                run.stderr.contains(part),
                "{options:?}: {part}: {}",
                run.stderr
            );
        }
    }
    assert_eq!(fs::read(scene.path("out/vm.ova")).expect("read"), before);
    let run = scene.run(&["edit", "-", "--cpus", "4", "-o", "new.ova"]);
    assert!(
        run.stderr.contains("standard input is not edited"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_signature_is_dropped_or_made_anew() {
    // `None` where the tools for it are missing, which is told.
    let Some(scene) = crate::sign::scene() else {
        return;
    };
    scene.pack(&["../in/disk.raw", "--name", "web"]).succeeded();
    let (key, cert) = ("../in/me.key", "../in/me.pem");
    scene
        .run(&["sign", "vm.ova", "--key", key, "--cert", cert, "--in-place"])
        .succeeded();
    let edit = ["edit", "vm.ova", "--cpus", "3", "-o"];
    let run = scene.run(&[&edit[..], &["plain.ova"]].concat()).succeeded();
    assert!(run.text().contains("not any more"), "{}", run.text());
    let signed = ["signed.ova", "--sign", "--key", key, "--cert", cert];
    let run = scene.run(&[&edit[..], &signed].concat()).succeeded();
    assert!(run.text().contains("anew"), "{}", run.text());
    scene
        .run(&["verify", "signed.ova", "--ca", cert])
        .succeeded();
    assert!(!members(&scene, "out/plain.ova").contains(&"web.cert".to_owned()));
    let run = scene.run(&["edit", "vm.ova", "--sign", "--in-place"]);
    assert_eq!(run.status.code(), Some(2));
}

#[test]
fn a_report_for_programs_says_the_same() {
    let scene = packed();
    let run = scene
        .run(&["edit", "vm.ova", "--cpus", "3", "--in-place", "--json"])
        .succeeded();
    let report: serde_json::Value = serde_json::from_str(&run.text()).expect("JSON");
    assert_eq!(report["signature"], "none");
    assert_eq!(report["changes"][0]["member"], "web.ovf");
    assert!(report["how"]["blocks"]["bytes"].as_u64().expect("bytes") > 0);
}
