//! `ovfkit disk check` of disks in several files, and of images inside packages.

use std::fs;

use serde_json::Value;

use crate::disk_check::{CORRUPT, LEAKS, SOUND, tells};
use crate::esx::{self, cowd, cowd_at, described, long, se_at, se_sparse, word};
use crate::images::noise;
use crate::scene::Scene;
use crate::tar_file::Tar;

const SECTOR: usize = 512;

/// Checks what the descriptor `text` describes, beside `files`; it has to end with `code` and
/// tell all `parts`.
#[track_caller]
fn check(text: &str, files: &[(&str, Vec<u8>)], code: i32, parts: &[&str]) {
    let scene = Scene::new();
    for (name, bytes) in files {
        scene.write(&format!("out/{name}"), bytes);
    }
    scene.write("out/disk.vmdk", text.as_bytes());
    let before = scene.content();
    let run = scene.run(&["disk", "check", "disk.vmdk"]);
    tells(&run, code, parts);
    assert!(scene.content() == before, "a check writes nothing");
}

fn whole(kind: &str, lines: &str) -> String {
    described(kind, "parentCID=ffffffff", lines)
}

#[test]
fn what_the_program_writes_is_whole() {
    let scene = Scene::new();
    scene.write("out/disk.raw", &crate::images::raw(3 << 20));
    for (name, subformat, says) in [
        ("flat.vmdk", "monolithicFlat", "flat.vmdk (vmdk)"),
        ("split.vmdk", "twoGbMaxExtentSparse", "48 of 48 clusters"),
    ] {
        let setting = format!("subformat={subformat}");
        let request = ["convert", "-f", "raw", "disk.raw", name, "-o", &setting];
        scene.run(&request).succeeded();
        tells(&scene.run(&["disk", "check", name]), SOUND, &[says]);
        // There is nothing to be repaired, so nothing is refused.
        let request = ["disk", "check", name, "--repair", "all"];
        tells(&scene.run(&request), SOUND, &[]);
    }
    let extent = fs::read(scene.path("out/split-s001.vmdk")).expect("a file");
    scene.write("out/split-s001.vmdk", &extent[..extent.len() - 4096]);
    let run = scene.run(&["disk", "check", "split.vmdk"]);
    let says = "split-s001.vmdk: byte ";
    tells(&run, CORRUPT, &[says, "lies beyond the end of the file"]);
    let request = ["disk", "check", "split.vmdk", "--repair", "all"];
    scene.refuses(&request, 4, &["a disk of several files is not repaired"]);
    let alone = ["disk", "check", "split-s001.vmdk"];
    tells(&scene.run(&alone), CORRUPT, &["47 of 48 clusters"]);
}

#[test]
fn flat_extents_have_all_their_bytes_and_no_byte_twice() {
    let lines = "RW 8 FLAT \"a.vmdk\" 0\nRW 4 ZERO\nRW 8 FLAT \"a.vmdk\" 8";
    let file = |sectors: usize| [("a.vmdk", noise(sectors * SECTOR))];
    check(&whole("custom", lines), &file(16), SOUND, &[]);
    check(
        &whole("custom", lines),
        &file(15),
        CORRUPT,
        &[
            "corrupt  a.vmdk: byte 7680: the extent has 3584 bytes, and the descriptor tells of 4096",
        ],
    );
    check(
        &whole("custom", lines),
        &file(7),
        CORRUPT,
        &["has 3584 bytes", "has 0 bytes", "2 corruptions"],
    );
    check(
        &whole("custom", lines),
        &file(17),
        SOUND,
        &["note  a.vmdk: it has 512 bytes behind those"],
    );
    let over = lines.replace("\" 8", "\" 7");
    let parts = ["two extents of the disk are the same bytes of `a.vmdk`"];
    check(&whole("custom", &over), &file(16), CORRUPT, &parts);
    check(
        &whole("custom", lines),
        &[],
        CORRUPT,
        &[
            "its extent `a.vmdk` is not beside it",
            "could not be followed",
        ],
    );
    let own = "RW 8 FLAT \"disk.vmdk\" 0";
    check(
        &whole("custom", own),
        &[],
        CORRUPT,
        &["is a file that belongs to the disk already"],
    );
}

#[test]
fn every_wrong_line_is_told() {
    let text = "# Disk DescriptorFile\nversion=1\nCID=none\nparentCID=0badcafe\n\
                RW x FLAT \"a.vmdk\"\nRW 0 ZERO\nRW 8 SPARSE \"a.vmdk\" 3\nRW 8 FLAT\n\
                createType=\"monolithicFlat\"\nddb.geometry.cylinders = \"9\"\n\
                ddb.geometry.heads=\"16\"\nddb.geometry.sectors=\"63\"\n";
    check(
        text,
        &[("a.vmdk", noise(8 * SECTOR))],
        CORRUPT,
        &[
            "corrupt  line 3: the descriptor is invalid: its CID is no hexadecimal number",
            "corrupt  line 5: the descriptor is invalid: its number of sectors is none",
            "corrupt  line 6: the descriptor is invalid: an extent has one sector or more",
            "corrupt  line 7: the descriptor is invalid: a sparse extent begins at the beginning",
            "corrupt  line 8: the descriptor is invalid: the extent's file is not named",
            "parentCID 0badcafe) and does not name it",
            "corrupt  a.vmdk: byte 0: this is no sparse VMDK",
            "note  createType is monolithicFlat, and its extents are not as those",
            "note  it has no CID",
            "note  its geometry tells of 9072 sectors, and its extents of 16",
            "7 corruptions",
        ],
    );
    check(
        "# Disk DescriptorFile\nCID=ffffffff\n",
        &[],
        CORRUPT,
        &[
            "it tells of no extents",
            "no createType",
            "stands for no disk",
        ],
    );
    let scene = Scene::new();
    for (text, says) in [
        ("version=9\n", "version 9"),
        (
            "createType=\"vmfsRDM\"\nRW 8 VMFSRDM \"a\"\n",
            "a physical one",
        ),
        ("NOACCESS 8 ZERO\n", "NOACCESS"),
        ("encryption.keySafe = \"x\"\n", "encrypted"),
    ] {
        let text = format!("# Disk DescriptorFile\n{text}");
        scene.write("out/disk.vmdk", text.as_bytes());
        scene.refuses(&["disk", "check", "disk.vmdk"], 4, &[says]);
    }
}

#[test]
fn the_parent_is_the_one_the_disk_was_made_on() {
    let scene = Scene::new();
    let disk = noise(64 << 10);
    let base = whole("vmfs", "RW 128 VMFS \"base-flat.vmdk\"");
    scene.write("out/base.vmdk", base.as_bytes());
    scene.write("out/base-flat.vmdk", &disk);
    let delta = cowd(&disk, SECTOR, |number| match number % 3 {
        0 => esx::Stored::Data,
        _ => esx::Stored::Missing,
    });
    scene.write("out/d-delta.vmdk", &delta);
    let text = |cid: &str, name: &str, sectors: u64| {
        let parent = format!("parentCID={cid}\nparentFileNameHint=\"{name}\"");
        let line = format!("RW {sectors} VMFSSPARSE \"d-delta.vmdk\"");
        described("vmfsSparse", &parent, &line)
    };
    let check = |cid: &str, name: &str, sectors, allow: bool| {
        scene.write("out/d.vmdk", text(cid, name, sectors).as_bytes());
        let allow = if allow {
            &["--allow-backing", "."][..]
        } else {
            &[]
        };
        scene.run(&[&["disk", "check", "d.vmdk"], allow].concat())
    };
    let unseen = ["note  it holds changes to a parent disk that was not looked at: `base.vmdk`"];
    let run = check("0badcafe", "base.vmdk", 128, false);
    tells(&run, SOUND, &[unseen[0], "43 of 128 clusters"]);
    let run = check("0badcafe", "base.vmdk", 128, true);
    tells(&run, SOUND, &[]);
    assert!(!run.text().contains("note"), "{}", run.text());
    let run = check("0badcaff", "base.vmdk", 128, true);
    tells(
        &run,
        CORRUPT,
        &["content id 0badcafe, and 0badcaff is expected"],
    );
    let run = check("0badcafe", "gone.vmdk", 128, true);
    tells(&run, SOUND, &["was not looked at: `gone.vmdk`"]);
    let run = check("0badcafe", "base-flat.vmdk", 128, true);
    tells(
        &run,
        CORRUPT,
        &["base-flat.vmdk: byte 0: this is no sparse VMDK"],
    );
    let run = check("0badcafe", "base.vmdk", 127, true);
    tells(
        &run,
        SOUND,
        &["its parent disk has 65536 bytes, and it has 65024"],
    );
    // A link out of the directory leads to no extent.
    #[cfg(unix)]
    {
        scene.write("in/else.vmdk", &delta);
        fs::remove_file(scene.path("out/d-delta.vmdk")).expect("removed");
        std::os::unix::fs::symlink("../in/else.vmdk", scene.path("out/d-delta.vmdk"))
            .expect("a link");
        let request = ["disk", "check", "d.vmdk"];
        scene.refuses(&request, 5, &["needs the extent", "--allow-backing"]);
        let request = [&request[..], &["--allow-backing", "../in"]].concat();
        tells(&scene.run(&request), SOUND, &["43 of 128 clusters"]);
    }
}

/// How grains are stored.
fn stored(number: usize) -> esx::Stored {
    match number % 4 {
        0 => esx::Stored::Missing,
        1 => esx::Stored::Zero,
        _ => esx::Stored::Data,
    }
}

#[test]
fn tables_of_cowd_extents_are_followed() {
    let disk = noise(3 << 20);
    let lines = "RW 6144 VMFSSPARSE \"a.vmdk\"";
    let cowd_disk = |file: &[u8], code, parts: &[&str]| {
        check(
            &whole("vmfsSparse", lines),
            &[("a.vmdk", file.to_vec())],
            code,
            parts,
        );
    };
    let good = cowd(&disk, SECTOR, stored);
    cowd_disk(&good, SOUND, &["4608 of 6144 clusters"]);
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = good.clone();
        change(&mut file);
        file
    };
    let table = |file: &[u8], number: usize| {
        let at = cowd_at::TABLES + number * 4;
        let sector = u32::from_le_bytes(file[at..at + 4].try_into().expect("four"));
        usize::try_from(sector).expect("small") * SECTOR
    };
    let entry = table(&good, 0) + 2 * 4;
    for (file, parts) in [
        (
            changed(&|file| word(file, entry, 1 << 30)),
            ["guest offset 1024 lies beyond", "1 corr"],
        ),
        (
            changed(&|file| word(file, entry, 4)),
            ["lies over what is in front", "1 corr"],
        ),
        (
            changed(&|file| {
                let twin = u32::from_le_bytes(file[entry + 4..entry + 8].try_into().expect("four"));
                word(file, entry, usize::try_from(twin).expect("small"));
            }),
            ["lies over what is in front", "1 corr"],
        ),
        (
            changed(&|file| word(file, cowd_at::TABLES, 1 << 30)),
            ["beyond the end", "followed"],
        ),
        (
            changed(&|file| {
                file.copy_within(cowd_at::TABLES..cowd_at::TABLES + 4, cowd_at::TABLES + 4);
            }),
            ["lead to this grain table", "followed"],
        ),
        (
            changed(&|file| word(file, cowd_at::GRAIN, 3)),
            ["power of two", "followed"],
        ),
        (
            changed(&|file| word(file, cowd_at::CAPACITY, 6143)),
            ["tells of 3145728", "1 corr"],
        ),
        (
            changed(&|file| file.truncate(1000)),
            ["1000 bytes long", "followed"],
        ),
    ] {
        cowd_disk(&file, CORRUPT, &["a.vmdk: ", parts[0], parts[1]]);
    }
    let unclean = changed(&|file| word(file, cowd_at::UNCLEAN, 1));
    cowd_disk(
        &unclean,
        SOUND,
        &["a.vmdk: byte 1648: not closed by the program"],
    );
    let larger = changed(&|file| word(file, cowd_at::CAPACITY, 6145));
    cowd_disk(
        &larger,
        SOUND,
        &["its header tells of 6145 sectors and the descriptor of 6144"],
    );
}

#[test]
fn tables_of_se_sparse_extents_are_followed() {
    let disk = noise(3 << 20);
    let lines = "RW 6144 SESPARSE \"a.vmdk\"";
    let good = se_sparse(&disk, stored);
    let se_disk = |change: &dyn Fn(&mut Vec<u8>), code, parts: &[&str]| {
        let mut file = good.clone();
        change(&mut file);
        check(&whole("seSparse", lines), &[("a.vmdk", file)], code, parts);
    };
    se_disk(&|_| {}, SOUND, &["384 of 768 clusters"]);
    let at = |field: usize| {
        let sector = u64::from_le_bytes(good[field..field + 8].try_into().expect("eight"));
        usize::try_from(sector).expect("small") * SECTOR
    };
    let entry = at(se_at::TABLES) + 2 * 8;
    se_disk(
        &|file| long(file, entry, 4 << 60),
        CORRUPT,
        &[
            "entry for guest offset 8192 is invalid: its kind",
            "1 corruption",
        ],
    );
    se_disk(
        &|file| long(file, entry, 0x3FFF << 48),
        CORRUPT,
        &["guest offset 8192 lies beyond the end of the file"],
    );
    se_disk(
        &|file| file.copy_within(entry..entry + 8, entry + 8),
        CORRUPT,
        &["lies over what is in front of it"],
    );
    se_disk(
        &|file| long(file, se_at::ENTRIES, 7),
        CORRUPT,
        &["it leads to no grain table", "could not be followed"],
    );
    // By itself such an extent is checked, too.
    let scene = Scene::new();
    scene.write("out/a-sesparse.vmdk", &good);
    let run = scene.run(&["disk", "check", "a-sesparse.vmdk"]);
    tells(&run, SOUND, &["384 of 768 clusters"]);
}

#[test]
fn images_in_packages_are_checked_and_not_repaired() {
    let scene = Scene::new();
    let disk = noise(4096);
    let text = whole("monolithicFlat", "RW 8 FLAT \"a-flat.vmdk\" 0");
    let package = |extent: &[u8]| {
        let archive = Tar::default()
            .file("vm.ovf", b"<Envelope/>")
            .file("d/a.vmdk", text.as_bytes())
            .file("d/a-flat.vmdk", extent)
            .end();
        scene.write("out/vm.ova", &archive);
    };
    package(&disk);
    for named in ["vm.ova", "vm.ova:d/a.vmdk"] {
        tells(
            &scene.run(&["disk", "check", named]),
            SOUND,
            &["vm.ova:d/a.vmdk (vmdk)"],
        );
    }
    package(&disk[..4000]);
    let run = scene.run(&["disk", "check", "vm.ova:d/a.vmdk", "--json"]);
    assert_eq!(run.status.code(), Some(CORRUPT), "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.text()).expect("JSON");
    assert_eq!(report["findings"][0]["file"], "a-flat.vmdk");
    assert_eq!(report["findings"][0]["offset"], 4000);
    let request = ["disk", "check", "vm.ova", "--repair", "all"];
    scene.refuses(&request, 4, &["no file by itself is not repaired"]);
    scene.pack(&["../in/disk.raw", "--force"]).succeeded();
    let run = scene.run(&["disk", "check", "vm.ova"]);
    tells(
        &run,
        SOUND,
        &["vm.ova:vm-disk1.vmdk (vmdk)", "5 of 5 clusters"],
    );
}

#[test]
fn grains_of_a_split_disk_that_nothing_leads_to_are_leaks() {
    let scene = Scene::new();
    scene.write("out/disk.raw", &crate::images::raw(1 << 20));
    let request = ["convert", "-f", "raw", "disk.raw", "s.vmdk"];
    let split = ["-o", "subformat=twoGbMaxExtentSparse"];
    scene.run(&[&request[..], &split].concat()).succeeded();
    let mut extent = fs::read(scene.path("out/s-s001.vmdk")).expect("a file");
    extent.extend(vec![0; 2 * (64 << 10)]);
    scene.write("out/s-s001.vmdk", &extent);
    let run = scene.run(&["disk", "check", "s.vmdk"]);
    tells(
        &run,
        LEAKS,
        &[
            "leak  s-s001.vmdk: byte ",
            "2 grains that no table leads to",
            "2 leaks",
        ],
    );
}
