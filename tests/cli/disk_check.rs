//! `ovfkit disk check`: every format whole, damaged, and mended.

use std::fs;

use serde_json::Value;

use crate::images::{noise, qcow2, qcow2_with};
use crate::scene::{Run, Scene};
use crate::vdi_file::{Stored, Vdi, at as vdi_at};
use crate::vhd_file::Vhd;
use crate::vhdx_image::{Block, Entry, HEADERS, MIB, REGIONS, Recipe, Vhdx, Write};

pub(crate) const SOUND: i32 = 0;
pub(crate) const CORRUPT: i32 = 3;
pub(crate) const LEAKS: i32 = 11;

/// Checks `image`, called `name`, which has to end with `code` and tell all `parts`.
#[track_caller]
fn check(name: &str, image: &[u8], code: i32, parts: &[&str]) {
    let scene = Scene::new();
    scene.write(&format!("in/{name}"), image);
    let before = scene.content();
    let run = scene.run(&["disk", "check", &format!("../in/{name}")]);
    tells(&run, code, parts);
    assert!(scene.content() == before, "a check writes nothing");
}

/// The check ends with `code` and tells all `parts`.
#[track_caller]
pub(crate) fn tells(run: &Run, code: i32, parts: &[&str]) {
    let said = run.text();
    assert_eq!(run.status.code(), Some(code), "{said}{}", run.stderr);
    for part in parts {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert_eq!(said.contains("nothing is wrong"), code == SOUND, "{said}");
}

/// Repairs `image`, called `name`; answers with the file then.
#[track_caller]
fn repair(name: &str, image: &[u8], code: i32, parts: &[&str]) -> Vec<u8> {
    let scene = Scene::new();
    scene.write(&format!("in/{name}"), image);
    let run = scene.run(&["disk", "check", "--repair", "all", &format!("../in/{name}")]);
    tells(&run, code, parts);
    let left = crate::scene::names(&scene.path("in"));
    let mut both = ["disk.raw", name];
    both.sort_unstable();
    assert_eq!(left, both, "nothing is left behind");
    fs::read(scene.path(&format!("in/{name}"))).expect("an image")
}

fn with(image: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut image = image.to_vec();
    image[at..at + bytes.len()].copy_from_slice(bytes);
    image
}

#[test]
fn a_qcow2_without_refcounts_gets_some() {
    // It has a refcount table, and no block.
    check(
        "disk.qcow2",
        &qcow2(),
        CORRUPT,
        &["refcount 0, but it is used 1 time"],
    );
    let mended = repair(
        "disk.qcow2",
        &qcow2(),
        SOUND,
        &["repaired  ", "corruptions"],
    );
    check("disk.qcow2", &mended, SOUND, &["4 of 4 clusters"]);
    assert!(mended[4 * 65536..8 * 65536] == qcow2()[4 * 65536..]);
    let no_image = qcow2_with(20, &40_u32.to_be_bytes());
    let scene = Scene::new();
    scene.write("in/disk.qcow2", &no_image);
    scene.refuses(
        &["disk", "check", "../in/disk.qcow2"],
        3,
        &["cluster_bits is 40"],
    );
}

#[test]
fn json_and_silence_end_alike() {
    let scene = Scene::new();
    scene.write("in/disk.qcow2", &qcow2());
    let run = scene.run(&["disk", "check", "--json", "../in/disk.qcow2"]);
    assert_eq!(run.status.code(), Some(CORRUPT));
    let report: Value = serde_json::from_str(&run.text()).expect("JSON");
    assert_eq!(report["filename"], "../in/disk.qcow2");
    assert_eq!(report["format"], "qcow2");
    assert_eq!(report["check-errors"], 0);
    assert_eq!(report["findings"][0]["severity"], "corruption");
    let run = scene.run(&["disk", "check", "--quiet", "../in/disk.qcow2"]);
    assert_eq!(
        (run.status.code(), run.text(), &*run.stderr),
        (Some(CORRUPT), String::new(), "")
    );
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let scene = Scene::new();
    let refuses = |arguments: &[&str], code, parts: &[&str]| {
        scene.refuses(&[&["disk", "check"], arguments].concat(), code, parts);
    };
    refuses(&["../in/none.qcow2"], 6, &["cannot open"]);
    refuses(&["../in"], 2, &["this is a directory"]);
    refuses(
        &["../in/disk.raw", "-f", "floppy"],
        2,
        &["`floppy` is no format"],
    );
    refuses(
        &["../in/disk.raw", "-f", "qcow2"],
        3,
        &["this is no qcow2 image"],
    );
    let run = scene.run(&["disk", "check", "../in/disk.raw", "--repair", "some"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(run.stderr.contains("leaks, all"), "{}", run.stderr);
}

#[test]
fn an_interrupted_repair_is_told_and_completed() {
    let scene = Scene::new();
    scene.write("in/disk.qcow2", &qcow2());
    scene.write("in/.disk.qcow2.ovfkit-journal", b"OVFKITJ\n");
    let check = ["disk", "check", "../in/disk.qcow2"];
    scene.refuses(&check, 3, &["a change of it was interrupted", "--repair"]);
    let run = scene.run(&[&check[..], &["--repair", "all"]].concat());
    tells(&run, SOUND, &[]);
    assert_eq!(
        crate::scene::names(&scene.path("in")),
        ["disk.qcow2", "disk.raw"]
    );
}

#[test]
fn partitions_of_a_raw_disk_fit_it() {
    let mut disk = vec![0; 64 * 512];
    disk[510..512].copy_from_slice(&[0x55, 0xAA]);
    disk[446 + 4] = 0x83;
    disk[446 + 8] = 8;
    disk[446 + 12] = 56;
    check("disk.img", &disk, SOUND, &["(raw)"]);
    check(
        "disk.img",
        &disk[..60 * 512],
        CORRUPT,
        &["ends at sector 64, and the disk at sector 60"],
    );
    check(
        "disk.img",
        &disk[..60 * 512 + 100],
        CORRUPT,
        &["the last sector has 100 bytes"],
    );
}

fn vhd() -> Vec<u8> {
    Vhd::default().blocks(&noise(5 * MIB), |_| true)
}

#[test]
fn a_vhd_gets_its_footer_back() {
    let good = vhd();
    let end = good.len() - 512;
    check("disk.vhd", &good, SOUND, &["3 of 3 clusters"]);
    check(
        "disk.vhd",
        &Vhd::default().fixed(&noise(MIB)),
        SOUND,
        &["(vhd)"],
    );
    for (image, what) in [
        (good[..end].to_vec(), "footer at the end is missing"),
        (
            with(&good, end + 100, b"damage"),
            "footer at the end is damaged",
        ),
        (
            with(&good, 100, b"damage"),
            "copy of the footer at the front",
        ),
    ] {
        check("disk.vhd", &image, CORRUPT, &[what, "1 corruption"]);
        let mended = repair("disk.vhd", &image, SOUND, &["repaired  1 corruption"]);
        assert!(mended == good, "{what}");
    }
}

#[test]
fn blocks_of_a_vhd_lie_apart_and_are_all_used() {
    let good = vhd();
    let entry = |number: usize| 1536 + number * 4;
    let shared = with(&good, entry(1), &good[entry(2)..entry(3)]);
    let parts = [
        "overlaps the one at",
        "a block that the table does not lead to",
        "1 corruption and 1 leak",
    ];
    check("disk.vhd", &shared, CORRUPT, &parts);
    let unused = with(&good, entry(1), &[0xFF; 4]);
    check("disk.vhd", &unused, LEAKS, &["2 of 3 clusters", "1 leak"]);
    let far = with(&good, entry(1), &[0x7F; 4]);
    check("disk.vhd", &far, CORRUPT, &["beyond the end"]);
    let header = with(&good, 512 + 100, b"damage");
    check(
        "disk.vhd",
        &header,
        CORRUPT,
        &[
            "the header at offset 512 is damaged",
            "could not be followed",
        ],
    );
}

#[test]
fn blocks_of_a_vdi_lie_apart_and_are_all_used() {
    let disk = noise(4 * MIB);
    let good = Vdi::default().build(&disk, |number| {
        if number == 2 {
            Stored::Zero
        } else {
            Stored::Data
        }
    });
    check("disk.vdi", &good, SOUND, &["3 of 4 clusters"]);
    let entry = |number: usize| 0x200 + number * 4;
    let shared = with(&good, entry(0), &good[entry(1)..entry(2)]);
    let parts = [
        "lies where another one does",
        "a block that no entry",
        "1 corruption and 1 leak",
    ];
    check("disk.vdi", &shared, CORRUPT, &parts);
    let far = with(&good, entry(0), &[9, 0, 0, 0]);
    check("disk.vdi", &far, CORRUPT, &["leads behind all 4 blocks"]);
    let gone = with(&good, entry(0), &[0xFF; 4]);
    check(
        "disk.vdi",
        &gone,
        CORRUPT,
        &["tells of 3 stored blocks, and the map of 2", "1 leak"],
    );
    let gone = with(&gone, vdi_at::BLOCKS + 4, &[2]);
    check("disk.vdi", &gone, LEAKS, &["1 leak"]);
    check(
        "disk.vdi",
        &good[..good.len() - 512],
        CORRUPT,
        &["beyond the end"],
    );
}

fn recipe() -> Recipe {
    Recipe {
        blocks: [(0, Block::Whole(noise(MIB))), (2, Block::Whole(noise(MIB)))].into(),
        ..Recipe::new(4 << 20)
    }
}

#[test]
fn a_vhdx_is_checked_to_its_last_block() {
    let good = recipe().build();
    check("disk.vhdx", &good.bytes, SOUND, &["2 of 4 clusters"]);
    let changed = |change: &dyn Fn(&mut Vhdx)| {
        let mut image = good.clone();
        change(&mut image);
        image.bytes
    };
    let entry = |number| recipe().entry_at(number);
    let twice = changed(&|image| {
        let first = image.get64(entry(0));
        image.put64(entry(1), first);
        image.put64(entry(2), 1 << 40 | 6);
    });
    check(
        "disk.vhdx",
        &twice,
        CORRUPT,
        &["lies over another block", "beyond the end", "2 corruptions"],
    );
    let state = changed(&|image| image.put64(entry(1), 4));
    check(
        "disk.vhdx",
        &state,
        CORRUPT,
        &["no payload block has this state"],
    );
}

#[test]
fn a_vhdx_gets_its_log_and_copies_back() {
    let good = recipe().build();
    for (at, part) in [
        (HEADERS[0], "this header"),
        (HEADERS[1], "this header"),
        (REGIONS[0], "first of its two"),
        (REGIONS[1], "second of its two"),
    ] {
        let mut image = good.clone();
        image.bytes[at + 20] ^= 1;
        check("disk.vhdx", &image.bytes, CORRUPT, &[part, "1 corruption"]);
        let mended = repair(
            "disk.vhdx",
            &image.bytes,
            SOUND,
            &["repaired  1 corruption"],
        );
        assert!(mended[MIB..] == good.bytes[MIB..], "{part}");
    }
    let mut torn = good.clone();
    let (length, place) = (torn.bytes.len(), torn.bytes.len() - MIB);
    let sector = noise(4096);
    let writes = vec![
        Write::Sector(place as u64, sector.clone()),
        Write::Zeros(place as u64 + 8192, 4096),
    ];
    let mut entry = Entry::new(7, 0, length, writes);
    entry.last = (length + MIB) as u64;
    torn.log(0, &entry.build());
    torn.dirty();
    let parts = ["writes that are not in their place yet (2)", "1 corruption"];
    check("disk.vhdx", &torn.bytes, CORRUPT, &parts);
    let mended = repair("disk.vhdx", &torn.bytes, SOUND, &["repaired  1 corruption"]);
    let mut expected = good.bytes.clone();
    expected.resize(length + MIB, 0);
    expected[place..place + 4096].copy_from_slice(&sector);
    expected[place + 8192..place + 12288].fill(0);
    // Headers and the log itself are others.
    assert!(mended[2 * MIB..] == expected[2 * MIB..]);
    check("disk.vhdx", &mended, SOUND, &[]);
    let mut lost = good;
    lost.dirty();
    let parts = ["no entry in it is whole", "could not be followed"];
    check("disk.vhdx", &lost.bytes, CORRUPT, &parts);
    repair("disk.vhdx", &lost.bytes, CORRUPT, &parts);
}

/// The disk of a package, a streamOptimized VMDK.
fn stream() -> Vec<u8> {
    let scene = Scene::new();
    scene.pack(&["../in/disk.raw"]).succeeded();
    scene.run(&["unpack", "vm.ova", "-d", "all"]).succeeded();
    fs::read(scene.path("out/all/vm-disk1.vmdk")).expect("a disk")
}

#[test]
fn the_end_of_a_stream_is_mended() {
    let good = stream();
    check(
        "disk.vmdk",
        &good,
        SOUND,
        &["5 of 5 clusters, 5 compressed"],
    );
    let longer = [good.clone(), vec![0; 4096]].concat();
    check("disk.vmdk", &longer, LEAKS, &["leak"]);
    let mended = repair("disk.vmdk", &longer, SOUND, &["repaired  1 leak"]);
    assert!(mended == good);
    let cut = &good[..good.len() - 2048];
    check("disk.vmdk", cut, CORRUPT, &[]);
    let grain = with(&good, 128 * 512 + 100, b"damage");
    check("disk.vmdk", &grain, CORRUPT, &["1 corruption"]);
}

/// A monolithicSparse VMDK of 256 KiB with two grain directories, and grains 0 and 2.
fn sparse() -> Vec<u8> {
    let mut file = vec![0; 128 * 512 * 3];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"KDMV\x01\0\0\0\x03\0\0\0");
    for (at, value) in [
        (12, 512_u64),
        (20, 128),
        (28, 1),
        (36, 20),
        (48, 21),
        (56, 26),
        (64, 128),
    ] {
        put(at, &value.to_le_bytes());
    }
    put(44, &512_u32.to_le_bytes());
    put(73, b"\n \r\n");
    put(512, b"# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType=\"monolithicSparse\"\nRW 512 SPARSE \"disk.vmdk\"\n");
    for directory in [21_usize, 26] {
        let table = directory + 1;
        put(
            directory * 512,
            &u32::try_from(table).expect("small").to_le_bytes(),
        );
        put(table * 512, &128_u32.to_le_bytes());
        put(table * 512 + 8, &256_u32.to_le_bytes());
    }
    file
}

#[test]
fn tables_of_a_sparse_vmdk_agree() {
    let good = sparse();
    check("disk.vmdk", &good, SOUND, &["2 of 4 clusters"]);
    let (main, copy) = (27 * 512, 22 * 512);
    let both = |entry: usize, sector: u32| {
        let image = with(&good, main + entry * 4, &sector.to_le_bytes());
        with(&image, copy + entry * 4, &sector.to_le_bytes())
    };
    check(
        "disk.vmdk",
        &with(&good, copy, &[0; 4]),
        CORRUPT,
        &["its copy differ in 1 entries", "1 corruption"],
    );
    check(
        "disk.vmdk",
        &both(1, 256),
        CORRUPT,
        &["lies over what is in front of it"],
    );
    check(
        "disk.vmdk",
        &both(1, 22),
        CORRUPT,
        &["lies over what is in front of it"],
    );
    check(
        "disk.vmdk",
        &both(1, 1 << 20),
        CORRUPT,
        &["beyond the end of the file"],
    );
    check(
        "disk.vmdk",
        &both(2, 0),
        LEAKS,
        &["a grain that no table leads to"],
    );
    check(
        "disk.vmdk",
        &with(&good, 26 * 512, &[0; 4]),
        CORRUPT,
        &["only one of the two directories"],
    );
    check(
        "disk.vmdk",
        &with(&good, 72, &[1]),
        SOUND,
        &["not closed by the program"],
    );
}
