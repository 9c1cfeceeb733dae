//! `ovfkit disk resize`: what it says, what it refuses, and what a disk is then.

use std::fs;

use serde_json::Value;

use crate::scene::{Run, Scene};

const MIB: usize = 1 << 20;

/// A disk of one partition, of which the sectors from 2048 on are, and data in it.
fn disk(sectors: u32) -> Vec<u8> {
    let mut disk = vec![0; 4 * MIB];
    disk[446 + 4] = 0x83;
    disk[446 + 8..446 + 12].copy_from_slice(&2048_u32.to_le_bytes());
    disk[446 + 12..446 + 16].copy_from_slice(&sectors.to_le_bytes());
    disk[510..512].copy_from_slice(&[0x55, 0xAA]);
    disk[MIB..MIB + 4096].fill(7);
    disk[3 * MIB..3 * MIB + 4096].fill(9);
    disk
}

fn scene(disk: &[u8]) -> Scene {
    let scene = Scene::new();
    scene.write("out/disk.raw", disk);
    scene
}

fn resize(scene: &Scene, arguments: &[&str]) -> Run {
    scene.run(&[&["disk", "resize", "disk.raw"], arguments].concat())
}

fn length(scene: &Scene) -> u64 {
    fs::metadata(scene.path("out/disk.raw"))
        .expect("a disk")
        .len()
}

#[test]
fn a_disk_gets_larger_and_smaller() {
    let old = disk(2048);
    let scene = scene(&old);
    for (size, expected, parts) in [
        ("6M", 6 << 20, ["disk  6 MiB", "before 4 MiB"]),
        ("+1.5M", 7_864_320, ["disk  7.50 MiB", "before 6 MiB"]),
        ("-3584K", 4 << 20, ["disk  4 MiB", "before 7.50 MiB"]),
        ("4M", 4 << 20, ["disk  4 MiB", "as before"]),
        ("+0", 4 << 20, ["disk  4 MiB", "as before"]),
    ] {
        let said = resize(&scene, &[size, "--shrink"]).succeeded();
        assert_eq!(said.stderr, "", "{size}");
        for part in parts {
            assert!(said.text().contains(part), "{size}: {}", said.text());
        }
        assert_eq!(length(&scene), expected, "{size}");
    }
    let now = fs::read(scene.path("out/disk.raw")).expect("a disk");
    assert!(now == old);
    assert_eq!(scene.outputs(), ["disk.raw"], "nothing is left behind");
}

#[test]
fn what_is_lost_is_told_before_and_after() {
    let scene = scene(&disk(2048));
    for size in ["3M", "-1M"] {
        let parts = ["would lose 1 MiB", "of data", "--shrink"];
        scene.refuses(&["disk", "resize", "disk.raw", size], 2, &parts);
    }
    let said = resize(&scene, &["3M", "--shrink"]).succeeded();
    assert!(said.text().contains("lost  "), "{}", said.text());
}

#[test]
fn a_partition_is_not_cut() {
    let scene = scene(&disk(2048));
    for size in ["1M", "2096640"] {
        let arguments = ["disk", "resize", "disk.raw", size, "--shrink"];
        let parts = ["a partition ends at byte 2097152", "smaller or remove"];
        scene.refuses(&arguments, 2, &parts);
    }
    let said = resize(&scene, &["2M", "--shrink", "--json"]).succeeded();
    let report: Value = serde_json::from_str(&said.text()).expect("JSON");
    assert_eq!(report["filename"], "disk.raw");
    assert_eq!(report["format"], "raw");
    assert_eq!(report["before"], 4 << 20);
    assert_eq!(report["capacity"], 2 << 20);
    assert_eq!(report["gpt"], "none");
    assert!(report["data_lost"].as_u64() >= Some(4096), "{report}");
    assert_eq!(length(&scene), 2 << 20);
}

#[test]
fn sizes_are_whole_sectors() {
    let scene = scene(&disk(2048));
    let said = resize(&scene, &["5000001", "-q"]).succeeded();
    assert!(said.stdout.is_empty());
    assert_eq!(length(&scene), 5_000_192);
    let said = resize(&scene, &["5000001"]).succeeded();
    assert!(said.text().contains("as before") && said.stderr.is_empty());
    let said = resize(&scene, &["6000001"]).succeeded();
    assert!(
        said.stderr.contains("rounded up to whole sectors"),
        "{}",
        said.stderr
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let scene = scene(&disk(2048));
    let refuses = |arguments: &[&str], code, parts: &[&str]| {
        scene.refuses(&[&["disk", "resize"], arguments].concat(), code, parts);
    };
    refuses(&["disk.raw", "0"], 2, &["0 bytes", "such as 20G"]);
    refuses(&["disk.raw", "-4M"], 2, &["0 bytes", "4 MiB"]);
    refuses(&["disk.raw", "-1T"], 2, &["0 bytes"]);
    refuses(&["disk.raw", "1X"], 2, &["there is no unit `X`"]);
    refuses(&["disk.raw", "+"], 2, &["is not a size"]);
    refuses(&["disk.raw", "16000000T"], 2, &["no disk is that large"]);
    refuses(&["none.raw", "1G"], 6, &["cannot open"]);
    refuses(&[".", "1G"], 2, &["this is a directory"]);
    refuses(
        &["disk.raw", "1G", "-f", "floppy"],
        2,
        &["`floppy` is no format"],
    );
    refuses(&["disk.raw", "1G", "-f", "qcow2"], 3, &["no qcow2 image"]);
    let said = resize(&scene, &["4M", "--move-gpt"]).succeeded();
    assert!(
        said.stderr.contains("no GUID partition table"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_journal_is_not_left_behind() {
    let scene = scene(&disk(2048));
    scene.write("out/.disk.raw.ovfkit-journal", b"OVFKITJ\n");
    resize(&scene, &["5M"]).succeeded();
    assert_eq!(scene.outputs(), ["disk.raw"]);
    // Another's is.
    scene.write("out/.disk.raw.ovfkit-journal", b"something else");
    let arguments = ["disk", "resize", "disk.raw", "6M"];
    scene.refuses(&arguments, 3, &["in the place of a journal"]);
}

#[test]
fn a_damaged_table_is_told_and_stops_a_cut() {
    let mut bytes = disk(2048);
    bytes[446 + 4] = 0xEE;
    bytes[512..520].copy_from_slice(b"EFI PART");
    let scene = scene(&bytes);
    let said = resize(&scene, &["5M"]).succeeded();
    assert!(
        said.stderr.contains("table in front is damaged"),
        "{}",
        said.stderr
    );
    let refuses = |arguments: &[&str], parts: &[&str]| {
        scene.refuses(
            &[&["disk", "resize", "disk.raw"], arguments].concat(),
            3,
            parts,
        );
    };
    refuses(&["4M", "--shrink"], &["is damaged", "is not known"]);
    refuses(&["6M", "--move-gpt"], &["is damaged", "gdisk"]);
}
