//! `ovfkit disk`: verbs on a single image.

use std::fs;

use serde_json::Value;

use crate::scene::{Scene, check_error};

fn json(scene: &Scene, arguments: &[&str]) -> Value {
    let run = scene.run(arguments).succeeded();
    serde_json::from_str(&run.text()).expect("JSON")
}

/// `out/disk.raw` of 4 MiB, with data in its first and its last half MiB.
fn scene() -> Scene {
    let scene = Scene::new();
    let mut disk = vec![0; 4 << 20];
    disk[..512 << 10].fill(1);
    disk[3584 << 10..].fill(2);
    scene.write("out/disk.raw", &disk);
    scene.run(&["convert", "disk.raw", "a.qcow2"]).succeeded();
    scene
}

#[test]
fn disks_are_compared_by_what_a_guest_sees() {
    let scene = scene();
    let same = scene.run(&["disk", "compare", "disk.raw", "a.qcow2"]);
    assert!(same.succeeded().text().contains("the disks are the same"));
    let mut longer = fs::read(scene.path("out/disk.raw")).expect("a disk");
    longer.resize(5 << 20, 0);
    scene.write("out/longer.raw", &longer);
    let request = ["disk", "compare", "a.qcow2", "longer.raw"];
    let run = scene.run(&request).succeeded();
    assert!(
        run.text().contains("but for zeros at the end"),
        "{}",
        run.text()
    );
    let strict = scene.run(&[&request[..], &["--strict"]].concat());
    assert_eq!(strict.status.code(), Some(12));
    assert!(
        strict.text().contains("differ in size"),
        "{}",
        strict.text()
    );
    longer[3_000_000] = 1;
    scene.write("out/longer.raw", &longer);
    let run = scene.run(&[&request[..], &["--json"]].concat());
    assert_eq!(run.status.code(), Some(12));
    let report: Value = serde_json::from_str(&run.text()).expect("JSON");
    assert_eq!(report["identical"], false);
    assert_eq!(report["first_difference"], 3_000_000);
    assert_eq!(report["disks"][0]["capacity"], 4 << 20);
    let quiet = scene.run(&[&request[..], &["-q"]].concat());
    assert_eq!((quiet.status.code(), quiet.text().as_str()), (Some(12), ""));
    scene.write(
        "out/cut.qcow2",
        &fs::read(scene.path("out/a.qcow2")).expect("an image")[..70_000],
    );
    let damaged = scene.run(&["disk", "compare", "disk.raw", "cut.qcow2"]);
    check_error(&damaged, 3, &["cut.qcow2"]);
    let wrong = ["disk", "compare", "disk.raw", "a.qcow2", "-F", "qed"];
    check_error(&scene.run(&wrong), 2, &["`qed`", "-F"]);
}

#[test]
fn a_map_shows_what_is_stored() {
    let scene = scene();
    let run = scene.run(&["disk", "map", "a.qcow2", "-v"]).succeeded();
    let text = run.text();
    let eighth = "████████";
    let nothing = "·".repeat(48);
    assert!(
        text.contains(&format!("{eighth}{nothing}{eighth}")),
        "{text}"
    );
    assert!(text.contains("1 MiB of data in 2 runs, of 4 MiB"), "{text}");
    assert!(
        text.contains("3670016               524288  data"),
        "{text}"
    );
    let map = json(&scene, &["disk", "map", "a.qcow2", "--json"]);
    let list: Vec<_> = map.as_array().expect("a list").iter().collect();
    let found: Vec<_> = list
        .iter()
        .map(|stretch| {
            (
                stretch["start"].as_u64(),
                stretch["length"].as_u64(),
                stretch["data"].as_bool(),
            )
        })
        .collect();
    let expected = [
        (0, 512 << 10, true),
        (512 << 10, 3 << 20, false),
        (3584 << 10, 512 << 10, true),
    ]
    .map(|(start, length, data)| (Some(start), Some(length), Some(data)));
    assert_eq!(found, expected);
    check_error(&scene.run(&["disk", "map", "gone"]), 6, &["gone"]);
}

#[test]
fn what_is_measured_is_what_is_made() {
    let scene = scene();
    for (name, settings) in [
        ("m.raw", &[][..]),
        ("m.qcow2", &[]),
        ("m.qcow2", &["-c"]),
        ("m.qcow2", &["-o", "cluster_size=512"]),
        ("m.vmdk", &[]),
        ("m.vmdk", &["-o", "subformat=monolithicSparse"]),
        ("m.vhdx", &[]),
        ("m.vhdx", &["-o", "subformat=fixed"]),
        ("m.vhd", &[]),
        ("m.vhd", &["--for", "azure"]),
        ("m.vdi", &[]),
    ] {
        let format = name.split('.').next_back().expect("an ending");
        let request = ["disk", "measure", "disk.raw", "--json"];
        let format: &[&str] = if settings.contains(&"--for") {
            &[]
        } else {
            &["-O", format]
        };
        let measured = json(&scene, &[&request[..], format, settings].concat());
        let convert = ["convert", "disk.raw", name, "--force"];
        scene.run(&[&convert[..], settings].concat()).succeeded();
        let made = fs::metadata(scene.path("out").join(name))
            .expect("an image")
            .len();
        assert_eq!(measured["required"].as_u64(), Some(made), "{name}");
        assert_eq!(measured["capacity"].as_u64(), Some(4 << 20));
    }
    let vast = ["disk", "measure", "-O", "qcow2", "--size", "10T", "--json"];
    assert!(json(&scene, &vast)["required"].as_u64().expect("a size") < 1 << 20);
    for (arguments, parts) in [
        (&["-O", "qcow2"][..], &["nothing is named"][..]),
        (&["disk.raw"], &["no format is named", "-O"]),
        (
            &["--size", "much", "-O", "raw"],
            &["`much` is not a size", "--size"],
        ),
    ] {
        let request = [&["disk", "measure"], arguments].concat();
        scene.refuses(&request, 2, parts);
    }
}

#[test]
fn an_image_is_made_with_nothing_on_it() {
    let scene = scene();
    for name in ["e.raw", "e.qcow2", "e.vmdk", "e.vhdx", "e.vhd", "e.vdi"] {
        let run = scene.run(&["disk", "create", name, "20G"]).succeeded();
        assert!(run.text().contains("20 GiB"), "{}", run.text());
        let size = fs::metadata(scene.path("out").join(name))
            .expect("an image")
            .len();
        assert!(size == 20 << 30 || size < 8 << 20, "{name}: {size}");
        let map = json(&scene, &["disk", "map", "-f", &name[2..], name, "--json"]);
        assert_eq!(map[0]["length"].as_u64(), Some(20 << 30));
        assert_eq!(map[0]["data"], false);
        fs::remove_file(scene.path("out").join(name)).expect("removed");
    }
    scene.write("out/e.raw", b"here");
    for (arguments, code, parts) in [
        (&["e.raw", "1G"][..], 7, &["exists already"][..]),
        (&["f.qcow2", "0"], 2, &["0 bytes"]),
        (&["f.qcow2"], 2, &["no size"]),
        (
            &["f.vmdk", "1G", "-b", "e.raw"],
            2,
            &["on a vmdk disk alone", "choose qcow2"],
        ),
        (&["f.qcow2", "1G", "-b", "gone"], 6, &["gone"]),
        (&["f", "1G"], 2, &["does not tell which format"]),
        (&["f.vmdk", "100T"], 8, &["64 TiB"]),
    ] {
        let request = [&["disk", "create"], arguments].concat();
        scene.refuses(&request, code, parts);
    }
}

#[test]
fn an_image_over_another_shows_it() {
    let scene = scene();
    fs::create_dir(scene.path("out/sub")).expect("a directory");
    let request = ["disk", "create", "sub/over.qcow2", "-b", "../a.qcow2"];
    scene.run(&request).succeeded();
    let over = fs::read(scene.path("out/sub/over.qcow2")).expect("an image");
    let named = |name: &[u8]| over.windows(name.len()).any(|window| window == name);
    assert!(named(b"../a.qcow2") && named(b"qcow2"));
    let compare = ["disk", "compare", "disk.raw", "sub/over.qcow2"];
    let allowed = [&compare[..], &["--allow-backing", ".", "--strict"]].concat();
    scene.run(&allowed).succeeded();
    check_error(&scene.run(&compare), 5, &["--allow-backing"]);
    let larger = [
        "disk", "create", "l.qcow2", "1G", "-b", "a.qcow2", "-F", "qcow2",
    ];
    scene.run(&larger).succeeded();
    let map = ["disk", "map", "l.qcow2", "--allow-backing", ".", "--json"];
    let map = json(&scene, &map);
    assert_eq!(map[2]["length"], 512 << 10);
    assert_eq!(map[3]["length"], (1 << 30) - (4 << 20));
}

#[test]
fn an_image_tells_of_itself() {
    let scene = scene();
    let run = scene.run(&["disk", "info", "a.qcow2"]).succeeded().text();
    for part in [
        "a.qcow2 (qcow2)",
        "4 MiB",
        "version 3",
        "clusters of 64 KiB",
    ] {
        assert!(run.contains(part), "{run}");
    }
    let told = json(&scene, &["disk", "info", "a.qcow2", "--json"]);
    assert_eq!(told["virtual-size"], 4 << 20);
    assert_eq!(told["format-specific"]["data"]["refcount-bits"], 16);
    let chain = json(
        &scene,
        &["disk", "info", "a.qcow2", "--json", "--backing-chain"],
    );
    assert_eq!(chain.as_array().map(Vec::len), Some(1));
    for (options, part) in [
        (&["-O", "vmdk"][..], "streamOptimized, grains of 64 KiB"),
        (
            &["-O", "vmdk", "-o", "subformat=monolithicFlat"],
            "flat, 4 MiB",
        ),
        (&["-O", "vhdx"], "dynamic, blocks of"),
        (&["-O", "vhd"], "dynamic, blocks of 2 MiB"),
        (&["-O", "vdi"], "2 of 4 stored"),
    ] {
        scene
            .run(&[&["convert", "a.qcow2", "b", "--force"], options].concat())
            .succeeded();
        let run = scene.run(&["disk", "info", "b"]).succeeded().text();
        assert!(run.contains(part), "{part}: {run}");
    }
    check_error(&scene.run(&["disk", "info", "none"]), 6, &["none"]);
    let pack = ["pack", "a.qcow2", "-o", "vm.ova", "-q"];
    scene.run(&pack).succeeded();
    for named in ["vm.ova", "vm.ova:vm-disk1.vmdk"] {
        let run = scene.run(&["disk", "info", named]).succeeded().text();
        assert!(run.contains("vm.ova:vm-disk1.vmdk (vmdk)"), "{run}");
        assert!(run.contains("streamOptimized"), "{run}");
    }
    check_error(
        &scene.run(&["disk", "info", "a.qcow2", "-f", "vmdk"]),
        3,
        &["a.qcow2"],
    );
    let away = ["disk", "info", "a.qcow2", "--allow-backing", "."];
    assert_eq!(scene.run(&away).status.code(), Some(2));
}

#[test]
fn snapshots_are_listed() {
    let scene = scene();
    let run = scene.run(&["disk", "snapshots", "a.qcow2"]).succeeded();
    assert!(run.text().contains("none"), "{}", run.text());
    let none = json(&scene, &["disk", "snapshots", "a.qcow2", "--json"]);
    assert_eq!(none, Value::Array(Vec::new()));
    let other = scene.run(&["disk", "snapshots", "disk.raw"]);
    check_error(&other, 2, &["disk.raw", "qcow2 alone"]);
}
