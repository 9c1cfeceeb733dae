//! `ovfkit validate --fix`: descriptors and packages mended, and what is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::scene::{Run, Scene};
use crate::sign::{packed, signs, tool, verify};
use crate::tar_file::Tar;
use crate::validate::GOOD;

/// What the program ends with when errors remain.
const ERRORS_REMAIN: i32 = 9;

/// A descriptor with a fault that is mended, and one that is not.
fn bad() -> String {
    GOOD.replace("ovf:/disk/d1", "/disk/d1")
        .replace("<rasd:Parent>3", "<rasd:Parent>9")
}

fn scene(text: &str) -> Scene {
    let scene = Scene::new();
    scene.write("out/vm.ovf", text.as_bytes());
    scene.write("out/disk.vmdk", &[0; 1024]);
    scene
}

fn told(run: &Run) -> String {
    String::from_utf8(run.stdout.clone()).expect("UTF-8")
}

/// The files of an archive, by name and in order.
fn members(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(bytes);
    let entries = archive.entries().expect("an archive");
    let member = |entry: Result<tar::Entry<'_, &[u8]>, _>| {
        let mut entry = entry.expect("a member");
        assert_eq!(&entry.header().as_bytes()[257..265], b"ustar\x0000");
        let name = entry.path().expect("a name").display().to_string();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).expect("readable");
        (name, content)
    };
    entries.map(member).collect()
}

fn names(bytes: &[u8]) -> Vec<String> {
    members(bytes).into_iter().map(|(name, _)| name).collect()
}

/// A real package: its members by name.
fn real() -> (Scene, BTreeMap<String, Vec<u8>>) {
    let scene = Scene::new();
    scene.pack(&["../in/disk.raw"]).succeeded();
    let bytes = fs::read(scene.path("out/vm.ova")).expect("packed");
    (scene, members(&bytes).into_iter().collect())
}

fn disk_of(members: &BTreeMap<String, Vec<u8>>) -> (&String, &Vec<u8>) {
    let mut all = members.iter();
    all.find(|(name, _)| name.contains("vmdk")).expect("a disk")
}

#[test]
fn a_descriptor_is_mended_in_its_place_and_the_rest_told() {
    let scene = scene(&bad());
    let run = scene.run(&["validate", "vm.ovf", "--fix"]);
    assert_eq!(run.status.code(), Some(ERRORS_REMAIN), "{}", run.stderr);
    let told = told(&run);
    for part in [
        "fixed[VHW-033a]: `HostResource` is now `ovf:/disk/d1`\n   --> vm.ovf:17\n",
        "not fixed[VHW-019]: what a device hangs on is not guessed\n",
        "vm.ovf: 1 change, written to vm.ovf\n",
        "error[VHW-019]: a device hangs on one that is not there",
    ] {
        assert!(told.contains(part), "no {part:?} in {told}");
    }
    let text = fs::read_to_string(scene.path("out/vm.ovf")).expect("there");
    assert_eq!(text, GOOD.replace("<rasd:Parent>3", "<rasd:Parent>9"));
    // No manifest is made for a descriptor that was named itself, and nothing else is left.
    assert_eq!(scene.outputs(), ["disk.vmdk", "vm.ovf"]);
    let again = scene.run(&["validate", "vm.ovf", "--fix"]);
    assert!(self::told(&again).contains("vm.ovf: nothing to fix\n"));
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let scene = scene(&bad());
    let before = scene.content();
    let run = scene.run(&["validate", "vm.ovf", "--fix", "--dry-run"]);
    let told = told(&run);
    let removed = "\n-      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>Disk\
                   </rasd:ElementName><rasd:HostResource>/disk/d1</rasd:HostResource>";
    assert!(
        told.starts_with("--- vm.ovf\n+++ vm.ovf (mended)\n@@ "),
        "{told}"
    );
    assert!(
        told.contains(removed) && told.contains("\n+      <Item>"),
        "{told}"
    );
    assert!(told.contains("to fix[VHW-033a]"), "{told}");
    assert!(
        told.contains("vm.ovf: 1 change, and nothing written\n"),
        "{told}"
    );
    assert!(scene.content() == before);
}

#[test]
fn another_output_leaves_the_descriptor_as_it_is() {
    let scene = scene(&bad());
    let fixed = ["validate", "vm.ovf", "--fix", "-o", "new.ovf"];
    scene.run(&fixed);
    let new = fs::read_to_string(scene.path("out/new.ovf")).expect("written");
    assert!(new.contains("ovf:/disk/d1"));
    assert_eq!(
        fs::read_to_string(scene.path("out/vm.ovf")).expect("there"),
        bad()
    );
    scene.refuses(&fixed, 7, &["exists already", "new.ovf", "--force"]);
    scene.run(&[&fixed[..], &["--force"]].concat());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let scene = scene(&bad());
    scene.write("in/vm.ovf", bad().as_bytes());
    let fix = ["validate", "vm.ovf", "--fix"];
    for (more, parts) in [
        (&["-o", "-"][..], &["standard output", "--dry-run"][..]),
        (&["vm.ovf", "-o", "x"], &["one output", "several files"]),
    ] {
        scene.refuses(&[&fix[..], more].concat(), 2, parts);
    }
    scene.refuses(
        &["validate", ".", "--fix", "-o", "x"],
        2,
        &["where it is", "-o"],
    );
    let mut piped = scene.command(&["validate", "-", "--fix"]);
    piped.stdin(fs::File::open(scene.path("in/vm.ovf")).expect("there"));
    scene.check_refusal(
        piped,
        2,
        &["standard input cannot be replaced", "-o", "--dry-run"],
    );
    let mut piped = scene.command(&["validate", "-", "--fix", "-o", "piped.ovf"]);
    piped.stdin(fs::File::open(scene.path("in/vm.ovf")).expect("there"));
    let run = crate::scene::finish(piped.spawn().expect("runs"));
    assert!(
        told(&run).contains("written to piped.ovf"),
        "{}",
        run.stderr
    );
    assert!(scene.path("out/piped.ovf").exists());
}

#[test]
fn the_report_for_programs_has_the_changes() {
    let scene = scene(&bad());
    let run = scene.run(&["validate", "vm.ovf", "--fix", "--dry-run", "--json"]);
    let report: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let mended = &report["files"][0]["mended"];
    assert_eq!(mended["written"], Value::Null);
    assert_eq!(mended["changes"][0]["rule"], "VHW-033a");
    assert_eq!(mended["changes"][0]["line"], 17);
    assert_eq!(mended["left"][0]["rule"], "VHW-019");
    assert_eq!(report["errors"], 1);
    let plain = scene.run(&["validate", "vm.ovf", "--json"]);
    let report: Value = serde_json::from_slice(&plain.stdout).expect("JSON");
    assert!(report["files"][0].get("mended").is_none());
}

/// All that tools do to archives: order, dialects, leftovers, directories, stale manifests, and
/// the end of the disk as qemu-img leaves it.
#[test]
fn an_archive_is_laid_out_as_the_standard_has_it() {
    let (scene, real) = real();
    let (disk, content) = disk_of(&real);
    let longer = [content.as_slice(), &[0; 7 * 512]].concat();
    let stale =
        "SHA1 (vm.ovf) = ".to_owned() + &"0".repeat(40) + "\nSHA1(gone)= " + &"0".repeat(40);
    let tar = Tar::default()
        .member(b"./", b'5', b"")
        .pax(b'x', &[("mtime", "1.5")])
        .file("./vm.mf", stale.as_bytes())
        .file("./._vm.ovf", b"junk")
        .file(&format!("./{disk}"), &longer)
        .file("./vm.ovf", &real["vm.ovf"]);
    scene.write("out/odd.ova", &tar.bytes);
    let before = scene.content();
    let run = scene.run(&["validate", "odd.ova", "--fix", "--dry-run"]);
    assert!(scene.content() == before);
    let told = told(&run);
    for part in [
        "to fix: headers written as plain ustar, not PAX\n",
        "to fix: leftovers of other programs left out: ./._vm.ovf\n",
        "to fix: names written as plain paths: ./vm.mf, ",
        "3584 bytes behind the end-of-stream marker cut off\n",
        "to fix: vm.ovf: its digest renewed in the manifest\n",
        "to fix: vm.mf: `gone`, which is no file of the package, not listed any more\n",
        "to fix: members put in the order of the standard\n",
        "to fix: ended with two blocks of zeros, and nothing behind\n",
    ] {
        assert!(told.contains(part), "no {part:?} in {told}");
    }
    scene
        .run(&["validate", "odd.ova", "--fix", "-o", "new.ova"])
        .succeeded();
    let new = fs::read(scene.path("out/new.ova")).expect("written");
    let found: BTreeMap<_, _> = members(&new).into_iter().collect();
    assert_eq!(names(&new), ["vm.ovf", disk, "vm.mf"]);
    assert!(found[disk] == *content && found["vm.ovf"] == real["vm.ovf"]);
    assert!(String::from_utf8_lossy(&found["vm.mf"]).starts_with("SHA1(vm.ovf)= "));
    scene
        .run(&["verify", "new.ova", "--unsigned-ok"])
        .succeeded();
    scene.run(&["validate", "new.ova", "--deep", "--deny", "warnings"]);
    // In its place it becomes the same, and then there is nothing more to do.
    scene.run(&["validate", "odd.ova", "--fix"]).succeeded();
    assert!(fs::read(scene.path("out/odd.ova")).expect("there") == new);
    let again = scene.run(&["validate", "odd.ova", "--fix"]).succeeded();
    assert!(
        again.text().contains("nothing to fix\n"),
        "{}",
        again.text()
    );
    scene
        .run(&["validate", "odd.ova", "--fix", "-o", "copy.ova"])
        .succeeded();
    assert!(fs::read(scene.path("out/copy.ova")).expect("written") == new);
}

/// Sizes and digests follow a disk whose end was mended.
#[test]
fn what_tells_of_a_disk_follows_it() {
    let (scene, real) = real();
    let (disk, content) = disk_of(&real);
    let longer = [content.as_slice(), &[0; 512]].concat();
    let text = String::from_utf8(real["vm.ovf"].clone()).expect("text");
    let size = |bytes: &[u8]| format!("ovf:size=\"{}\"", bytes.len());
    let text = text.replace(&size(content), &size(&longer));
    assert!(text.contains(&size(&longer)));
    fs::create_dir(scene.path("out/dir")).expect("directory");
    scene.write("out/dir/vm.ovf", text.as_bytes());
    scene.write(&format!("out/dir/{disk}"), &longer);
    let run = scene.run(&["validate", "dir", "--fix"]).succeeded();
    assert!(
        run.text().contains("fixed[REF-007b]") && run.text().contains("cut off"),
        "{}",
        run.text()
    );
    let there = |name: &str| fs::read(scene.path(&format!("out/dir/{name}"))).expect("there");
    assert!(there(disk) == *content && there("vm.ovf") == real["vm.ovf"]);
    // The manifest was made, as there was none.
    assert_eq!(crate::scene::names(&scene.path("out/dir")).len(), 3);
    scene.run(&["verify", "dir", "--unsigned-ok"]).succeeded();
    let again = scene.run(&["validate", "dir", "--fix"]).succeeded();
    assert!(
        again.text().contains("nothing to fix\n"),
        "{}",
        again.text()
    );
}

#[test]
fn a_wrapper_is_taken_off() {
    let Some(scene) = packed() else { return };
    let plain = fs::read(scene.path("out/vm.ova")).expect("packed");
    tool(&scene, "gzip", "-k vm.ova", "out");
    let refused = ["validate", "vm.ova.gz", "--fix"];
    scene.refuses(&refused, 2, &["wrapped in gzip", "plain OVA", "-o"]);
    let run = scene
        .run(&["validate", "vm.ova.gz", "--fix", "-o", "new.ova"])
        .succeeded();
    assert!(
        run.text()
            .contains("fixed: taken out of the gzip around it\n"),
        "{}",
        run.text()
    );
    assert!(fs::read(scene.path("out/new.ova")).expect("written") == plain);
    // A gzip file that is called an OVA becomes one.
    fs::rename(scene.path("out/vm.ova.gz"), scene.path("out/vm.ova")).expect("renamed");
    scene.run(&["validate", "vm.ova", "--fix"]).succeeded();
    assert!(fs::read(scene.path("out/vm.ova")).expect("there") == plain);
}

#[test]
fn a_signature_goes_with_what_it_is_for() {
    let Some(scene) = packed() else { return };
    signs(&scene, "vm.ova", &["--in-place"]);
    let signed = fs::read(scene.path("out/vm.ova")).expect("signed");
    let all: BTreeMap<_, _> = members(&signed).into_iter().collect();
    let (disk, content) = disk_of(&all);
    // Out of order, but every file as it was: the signature is kept.
    let shuffled = Tar::default()
        .file(disk, content)
        .file("vm.cert", &all["vm.cert"])
        .file("vm.ovf", &all["vm.ovf"])
        .file("vm.mf", &all["vm.mf"]);
    scene.write("out/shuffled.ova", &shuffled.end());
    scene.run(&["validate", "shuffled.ova", "--fix"]);
    let bytes = fs::read(scene.path("out/shuffled.ova")).expect("there");
    assert_eq!(names(&bytes), ["vm.ovf", disk, "vm.mf", "vm.cert"]);
    verify(&scene, "shuffled.ova", &[]).succeeded();
    // With a descriptor that has to be mended it goes.
    let text = String::from_utf8_lossy(&all["vm.ovf"]).replace("ovf:/disk/", "/disk/");
    let edited = Tar::default()
        .file("vm.ovf", text.as_bytes())
        .file(disk, content)
        .file("vm.mf", &all["vm.mf"])
        .file("vm.cert", &all["vm.cert"]);
    scene.write("out/edited.ova", &edited.end());
    let run = scene.run(&["validate", "edited.ova", "--fix"]);
    // Mended it is what was signed, so the signature holds again.
    let bytes = fs::read(scene.path("out/edited.ova")).expect("there");
    assert_eq!(
        names(&bytes),
        ["vm.ovf", disk, "vm.mf", "vm.cert"],
        "{}",
        run.text()
    );
    let other = String::from_utf8_lossy(&all["vm.ovf"]).replace("<Name>", "<Name>x");
    let changed = Tar::default()
        .file("vm.ovf", other.as_bytes())
        .file(disk, content)
        .file("vm.mf", &all["vm.mf"])
        .file("vm.cert", &all["vm.cert"]);
    scene.write("out/changed.ova", &changed.end());
    let run = scene.run(&["validate", "changed.ova", "--fix"]).succeeded();
    let dropped = "fixed: vm.cert: the signature left out: it is for the manifest as it was\n";
    assert!(run.text().contains(dropped), "{}", run.text());
    let bytes = fs::read(scene.path("out/changed.ova")).expect("there");
    assert_eq!(names(&bytes), ["vm.ovf", disk, "vm.mf"]);
}

#[test]
fn strangers_go_unless_they_may_be_what_is_missing() {
    let (scene, real) = real();
    let (disk, content) = disk_of(&real);
    let with = |name: &str, content: &[u8], disk: &str, bytes: &[u8]| {
        let tar = Tar::default()
            .file("vm.ovf", &real["vm.ovf"])
            .file(disk, bytes)
            .file(name, content);
        tar.end()
    };
    scene.write("out/a.ova", &with("readme.txt", b"text", disk, content));
    scene.write("out/b.ova", &with("spare.vmdk", content, disk, content));
    scene.write(
        "out/c.ova",
        &with("readme.txt", b"text", "other.vmdk", content),
    );
    for (name, kept) in [("a.ova", 3), ("b.ova", 4), ("c.ova", 4)] {
        let run = scene.run(&["validate", name, "--fix"]);
        let bytes = fs::read(scene.path(&format!("out/{name}"))).expect("there");
        assert_eq!(names(&bytes).len(), kept, "{name}: {}", run.text());
        let said = if kept == 3 {
            "readme.txt: left out, as nothing refers to it"
        } else {
            "not fixed[PKG-012]"
        };
        assert!(run.text().contains(said), "{name}: {}", run.text());
    }
}

#[test]
fn hostile_archives_are_refused_and_left() {
    let (scene, real) = real();
    let ovf = &real["vm.ovf"];
    for (name, tar, part) in [
        (
            "up.ova",
            Tar::default().file("vm.ovf", ovf).file("../x", b"x"),
            "leads out",
        ),
        (
            "root.ova",
            Tar::default().file("/etc/x", b"x").file("vm.ovf", ovf),
            "absolute",
        ),
        (
            "link.ova",
            Tar::default().file("vm.ovf", ovf).member(b"l", b'2', b""),
            "symbolic link",
        ),
        (
            "two.ova",
            Tar::default().file("vm.ovf", ovf).file("vm.ovf", ovf),
            "two members",
        ),
        (
            "three.ova",
            Tar::default().file("vm.ovf", ovf).file("b.ovf", ovf),
            "more than one",
        ),
    ] {
        scene.write(&format!("out/{name}"), &tar.end());
        let code = scene.run(&["validate", name, "--fix"]).status.code();
        assert!(matches!(code, Some(3 | 5)), "{name}: {code:?}");
        let run = ["validate", name, "--fix"];
        scene.refuses(&run, code.expect("a code"), &[part, name]);
        scene.refuses(
            &["validate", name, "--fix", "-o", "x.ova"],
            code.expect("a code"),
            &[part],
        );
        assert!(!Path::new(&scene.path("out/x.ova")).exists());
    }
    let cut = Tar::default().file("vm.ovf", ovf).bytes;
    scene.write("out/cut.ova", &cut[..cut.len() - 600]);
    scene.refuses(&["validate", "cut.ova", "--fix"], 3, &["cut short"]);
}

#[test]
fn the_end_of_a_disk_alone_is_mended() {
    let (scene, members) = real();
    let (_, good) = disk_of(&members);
    let stray = [good.as_slice(), &[0; 4096]].concat();
    scene.write("out/disk.vmdk", &stray);
    let run = scene.run(&["validate", "--deep", "disk.vmdk", "--fix", "--dry-run"]);
    assert!(told(&run).contains("4096 bytes behind"), "{}", told(&run));
    assert_eq!(fs::read(scene.path("out/disk.vmdk")).expect("there"), stray);
    let run = scene.run(&["validate", "--deep", "disk.vmdk", "--fix", "-o", "new.vmdk"]);
    assert_eq!(run.status.code(), Some(0), "{}", told(&run));
    assert_eq!(
        &fs::read(scene.path("out/new.vmdk")).expect("written"),
        good
    );
    // Without its end-of-stream marker, in its place.
    scene.write("out/disk.vmdk", &good[..good.len() - 512]);
    let run = scene.run(&["validate", "--deep", "disk.vmdk", "--fix"]);
    assert!(
        told(&run).contains("put behind the last grain"),
        "{}",
        told(&run)
    );
    assert_eq!(
        &fs::read(scene.path("out/disk.vmdk")).expect("written"),
        good
    );
    let run = scene.run(&["validate", "disk.vmdk", "--fix"]).succeeded();
    assert!(told(&run).contains("nothing to fix"), "{}", told(&run));
}
