//! `ovfkit unpack --disks`: disks as other platforms take them.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use ovfkit::base::digest::Algorithm;
use ovfkit::disk::open::{OpenOptions, open};

use crate::scene::{Run, Scene, finish, names};
use crate::tar_file::Tar;

const DISK: &str = "../in/disk.raw";

/// `vm.ova` with the disk of the scene, whose capacity is whole sectors.
fn scene() -> (Scene, Vec<u8>) {
    let scene = Scene::new();
    scene.pack(&[DISK, "--name", "vm"]).succeeded();
    let mut content = fs::read(scene.path("in/disk.raw")).expect("the disk");
    content.resize(content.len().next_multiple_of(512), 0);
    (scene, content)
}

/// What is on the disk in `path`, whatever its format.
fn disk(path: &Path, format: &str) -> Vec<u8> {
    let options = OpenOptions {
        format: Some(format.parse().expect("a format")),
        ..OpenOptions::default()
    };
    let disk = open(path, &options).expect("it opens").source;
    let mut content = vec![0; usize::try_from(disk.capacity()).expect("small")];
    disk.read_at(0, &mut content).expect("it can be read");
    content
}

/// Unpacks a package in `out` through a pipe.
fn piped(scene: &Scene, package: &str, arguments: &[&str]) -> Run {
    let mut command = scene.command(&[&["unpack", "-"], arguments].concat());
    let file = fs::File::open(scene.path("out").join(package)).expect("open");
    let child = command.stdin(Stdio::from(file)).spawn();
    finish(child.expect("the program runs"))
}

/// The VMDK in the package of the scene.
fn vmdk(scene: &Scene) -> Vec<u8> {
    let request = ["unpack", "vm.ova", "-d", "as-it-is"];
    scene.run(&request).succeeded();
    fs::read(scene.path("out/as-it-is/vm-disk1.vmdk")).expect("the disk")
}

/// A package of a descriptor and `files`, with a manifest.
fn package(files: &[(&str, &[u8])]) -> Vec<u8> {
    let descriptor = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"/>";
    let mut manifest = String::new();
    let mut tar = Tar::default();
    for (name, content) in [&[("vm.ovf", descriptor.as_bytes())], files].concat() {
        tar = tar.file(name, content);
        let digest = Algorithm::Sha256.digest(content);
        manifest += &["SHA256(", name, ")= ", &digest, "\n"].concat();
    }
    tar.file("vm.mf", manifest.as_bytes()).end()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(content).expect("memory");
    gzip.finish().expect("memory")
}

fn chunk(name: &str, number: usize) -> String {
    format!("{name}.{number:09}")
}

/// The forms that disks are converted to: what asks for one, its ending, and what other files
/// have behind the name of the first.
const FORMS: [(&[&str], &str, &[&str]); 9] = [
    (&["--disks", "raw"], "raw", &[]),
    (&["--disks", "qcow2"], "qcow2", &[]),
    (&["--disks", "vmdk"], "vmdk", &[]),
    (
        &["--disks", "vmdk", "-o", "subformat=monolithicFlat"],
        "vmdk",
        &["-flat.vmdk"],
    ),
    (
        &["--disks", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"],
        "vmdk",
        &["-s001.vmdk"],
    ),
    (&["--disks", "vhdx"], "vhdx", &[]),
    (&["--disks", "vpc"], "vhd", &[]),
    (&["--for", "azure"], "vhd", &[]),
    (&["--disks", "vdi", "-o", "subformat=fixed"], "vdi", &[]),
];

/// `package` unpacked from a file and from a pipe leaves the disk `content`, and besides
/// it `others`.
#[track_caller]
fn converts(scene: &Scene, package: &[u8], content: &[u8], others: &[&str]) {
    scene.write("out/some.ova", package);
    for (form, ending, parts) in FORMS {
        let request = ["unpack", "some.ova", "-d", "file", "-v"];
        let from_file = scene.run(&[&request[..], form].concat()).succeeded();
        let from_pipe = piped(scene, "some.ova", &[&["-d", "pipe"], form].concat()).succeeded();
        for (run, output) in [(from_file, "file"), (from_pipe, "pipe")] {
            let name = format!("disk.{ending}");
            assert!(run.text().contains(&name), "{}", run.text());
            let output = scene.path("out").join(output);
            let parts = parts.iter().map(|part| format!("disk{part}"));
            let mut expected: Vec<_> = others.iter().map(|other| (*other).to_owned()).collect();
            expected.extend(parts.chain([name.clone()]));
            expected.sort_unstable();
            assert_eq!(names(&output), expected, "{form:?}");
            let mut read = disk(&output.join(&name), ending);
            if form.contains(&"azure") {
                assert_eq!(read.len(), content.len().next_multiple_of(1 << 20));
                assert!(read.split_off(content.len()).iter().all(|byte| *byte == 0));
            }
            assert!(read == content, "{form:?}");
            fs::remove_dir_all(output).expect("removed");
        }
    }
}

#[test]
fn a_disk_in_chunks_is_one_disk() {
    let (scene, content) = scene();
    let disk = vmdk(&scene);
    let (name, size) = ("disk.vmdk", disk.len() / 3);
    let chunks: Vec<_> = disk.chunks(size).enumerate().collect();
    let chunk_names: Vec<_> = (0..chunks.len()).map(|n| chunk(name, n)).collect();
    let mut files: Vec<_> = chunks
        .iter()
        .map(|(n, content)| (chunk_names[*n].as_str(), *content))
        .collect();
    // Another file may stand between them, and another one be cut in chunks.
    files.insert(1, ("notes.000000000", b"no disk"));
    let whole = package(&files);
    converts(
        &scene,
        &whole,
        &content,
        &["notes.000000000", "vm.mf", "vm.ovf"],
    );
    let request = ["unpack", "some.ova", "-d", "j", "--disks", "raw", "--json"];
    let report = scene.run(&request).succeeded();
    let report: serde_json::Value = serde_json::from_str(&report.text()).expect("a report");
    assert_eq!(report["disks"][0]["name"], name);
    let members = report["members"].as_array().expect("members");
    let of_disk = members
        .iter()
        .filter(|member| member["file"] == "disk.raw" && member["verified"] == true);
    assert_eq!(of_disk.count(), files.len() - 1);
    // To be joined they have to follow each other.
    let notes = files.remove(1);
    files.push(notes);
    scene.write("out/in-order.ova", &package(&files));
    piped(
        &scene,
        "in-order.ova",
        &["-d", "joined", "--disks", "raw", "--join"],
    )
    .succeeded();
    assert_eq!(
        names(&scene.path("out/joined")),
        ["disk.raw", "notes", "vm.mf", "vm.ovf"]
    );

    files.remove(1);
    scene.write("out/gap.ova", &package(&files));
    let request = ["unpack", "gap.ova", "-d", "d", "--disks", "raw"];
    scene.refuses(&request, 3, &["chunk 000000001 of the file has to come"]);
    let run = piped(&scene, "gap.ova", &["-d", "d", "--disks", "raw"]);
    assert_eq!(run.status.code(), Some(3), "{}", run.stderr);
    assert!(run.stderr.contains("disk.vmdk"), "{}", run.stderr);
    assert!(!scene.path("out/d").exists());
}

#[test]
fn a_disk_in_gzip_is_inflated_and_converted() {
    let (scene, content) = scene();
    let packed = gzip(&vmdk(&scene));
    for name in ["disk.vmdk.gz", "disk.vmdk"] {
        converts(
            &scene,
            &package(&[(name, &packed)]),
            &content,
            &["vm.mf", "vm.ovf"],
        );
    }
    // Compressed first, then cut, as the standard has it; and gzip of anything else.
    let (front, back) = packed.split_at(packed.len() / 2);
    let other = gzip(b"no disk");
    let files = [
        (&*chunk("disk.vmdk.gz", 0), front),
        (&chunk("disk.vmdk.gz", 1), back),
        ("log.gz", &other),
    ];
    converts(
        &scene,
        &package(&files),
        &content,
        &["log.gz", "vm.mf", "vm.ovf"],
    );
}

#[test]
fn gzip_that_is_damaged_or_never_ends_leaves_nothing() {
    let (scene, _) = scene();
    let disk = vmdk(&scene);
    let cut = &gzip(&disk)[..1000];
    scene.write("out/cut.ova", &package(&[("disk.vmdk.gz", cut)]));
    let request = ["unpack", "cut.ova", "-d", "d", "--disks", "qcow2"];
    scene.refuses(
        &request,
        3,
        &["the gzip the disk is in is damaged", "disk.vmdk.gz"],
    );
    // As much as a disk 200 times as large could have, and it is small.
    let mut bomb = disk[..512].to_vec();
    for number in 0..20_000_u32 {
        bomb.extend((0..16).flat_map(|n| (number ^ n).wrapping_mul(2_654_435_761).to_le_bytes()));
        bomb.resize(bomb.len() + 4032, 0);
    }
    scene.write("out/bomb.ova", &package(&[("disk.vmdk.gz", &gzip(&bomb))]));
    let request = ["unpack", "bomb.ova", "-d", "d", "--disks", "raw"];
    scene.refuses(&request, 8, &["more comes out of the gzip than a disk of"]);
    // With a header that tells of a terabyte, in sectors.
    bomb.truncate(512);
    bomb[12..20].copy_from_slice(&(1_u64 << 31).to_le_bytes());
    bomb.resize(100 << 20, 0);
    scene.write("out/zeros.ova", &package(&[("disk.vmdk.gz", &gzip(&bomb))]));
    let request = ["unpack", "zeros.ova", "-d", "d", "--disks", "raw"];
    scene.refuses(&request, 8, &["more than 200 times as many bytes"]);
}

#[test]
fn what_the_manifest_says_counts_for_more_than_what_can_be_read() {
    let (scene, content) = scene();
    let mut disk = vmdk(&scene);
    let listed = package(&[("disk.vmdk", &disk)]);
    // Sectors between the descriptor and the first grain mean nothing.
    disk[100 * 512] = 1;
    let at = listed
        .windows(4)
        .position(|bytes| bytes == b"KDMV")
        .expect("a disk");
    let mut changed = listed.clone();
    changed[at..at + disk.len()].copy_from_slice(&disk);
    scene.write("out/changed.ova", &changed);
    let request = ["unpack", "changed.ova", "-d", "d", "--disks", "raw"];
    let says = ["the file is not the one the manifest tells of", "disk.vmdk"];
    scene.refuses(&request, 3, &says);
    let kept = scene.run(&[&request[..], &["--keep-going"]].concat());
    assert_eq!(kept.status.code(), Some(3), "{}", kept.stderr);
    assert!(fs::read(scene.path("out/d/disk.raw")).expect("read") == content);
    fs::remove_dir_all(scene.path("out/d")).expect("removed");

    // A grain begins at sector 128.
    changed[at + 128 * 512 + 40] ^= 0x10;
    scene.write("out/changed.ova", &changed);
    scene.refuses(&request, 3, &says);
    let kept = scene.run(&[&request[..], &["--keep-going"]].concat());
    assert_eq!(kept.status.code(), Some(3), "{}", kept.stderr);
    assert!(kept.stderr.contains(says[0]), "{}", kept.stderr);
    assert!(!scene.path("out/d").exists());
}

#[test]
fn a_disk_of_differences_is_refused_by_name() {
    let (scene, _) = scene();
    let mut disk = vmdk(&scene);
    let alone = b"parentCID=ffffffff\n";
    let at = disk.windows(alone.len()).position(|bytes| bytes == alone);
    let at = at.expect("the descriptor in the disk");
    let parent = b"parentCID=12345678\nparentFileNameHint=\"base.vmdk\"\n";
    disk.splice(at..at + alone.len(), parent.iter().copied());
    // The descriptor's room ends with zeros.
    let end = 20 * 512;
    disk.drain(end..end + parent.len() - alone.len());
    scene.write("out/delta.ova", &package(&[("delta.vmdk", &disk)]));
    let request = ["unpack", "delta.ova", "-d", "d", "--disks", "raw"];
    let says = ["the differences to another, `base.vmdk`", "delta.vmdk"];
    scene.refuses(&request, 4, &says);
}

#[test]
fn disks_become_what_is_asked_for() {
    let (scene, content) = scene();
    for (output, option) in [("raw", &[][..]), ("synced", &["--sync"])] {
        let request = ["unpack", "vm.ova", "-d", output, "--disks", "raw"];
        scene.run(&[&request[..], option].concat()).succeeded();
        let disk = scene.path("out").join(output).join("vm-disk1.raw");
        assert!(fs::read(disk).expect("read") == content);
    }
    let zstd = ["-c", "-o", "compression_type=zstd"];
    for method in [&[][..], &["-c"], &zstd] {
        let request = ["unpack", "vm.ova", "-d", "q", "--force", "--disks", "qcow2"];
        let run = scene.run(&[&request[..], method].concat()).succeeded();
        assert!(
            run.text().contains("vm-disk1.qcow2: qcow2, "),
            "{}",
            run.text()
        );
        assert!(
            run.stderr.contains("still tell of the disks"),
            "{}",
            run.stderr
        );
        let image = scene.path("out/q/vm-disk1.qcow2");
        assert!(disk(&image, "qcow2") == content, "{method:?}");
    }
    let names = names(&scene.path("out/q"));
    assert_eq!(names, ["vm-disk1.qcow2", "vm.mf", "vm.ovf"]);
}

#[test]
fn a_disk_of_several_files_is_told_with_all_of_them() {
    let (scene, content) = scene();
    let flat = ["--disks", "vmdk", "-o", "subformat=monolithicFlat"];
    let package = package(&[("a/b.vmdk", &vmdk(&scene))]);
    scene.write("out/deep.ova", &package);
    let run = scene.run(&[&["unpack", "deep.ova"], &flat[..]].concat());
    let text = run.succeeded().text();
    assert!(text.contains("a/b.vmdk: vmdk, "), "{text}");
    assert!(text.contains(" in 2 files"), "{text}");
    assert!(disk(&scene.path("out/deep/a/b.vmdk"), "vmdk") == content);
    let again = ["unpack", "deep.ova", "--json", "--force"];
    let report = scene.run(&[&again[..], &flat].concat()).succeeded().text();
    let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
    let told = &report["disks"][0];
    assert_eq!(
        told["files"],
        serde_json::json!(["a/b.vmdk", "a/b-flat.vmdk"])
    );
    assert_eq!(
        (&told["file"], &told["format"]),
        (&told["files"][0], &"vmdk".into())
    );
}

#[test]
fn files_of_a_disk_take_no_name_of_a_member() {
    let (scene, _) = scene();
    let (disk, flat) = (
        vmdk(&scene),
        ["--disks", "vmdk", "-o", "subformat=monolithicFlat"],
    );
    for files in [
        [("disk.vmdk", &*disk), ("disk-flat.vmdk", b"x")],
        [("disk-FLAT.vmdk", b"x"), ("disk.vmdk", &*disk)],
    ] {
        scene.write("out/two.ova", &package(&files));
        let request = ["unpack", "two.ova", "-d", "d"];
        let request = [&request[..], &flat].concat();
        let says = ["a converted disk and something else would both be called"];
        scene.refuses(&request, 3, &says);
        let run = piped(&scene, "two.ova", &[&["-d", "d"], &flat[..]].concat());
        assert_eq!(run.status.code(), Some(3), "{}", run.stderr);
        assert!(run.stderr.contains(says[0]), "{}", run.stderr);
        assert!(!scene.path("out/d").exists());
    }
}

#[test]
fn a_package_from_a_pipe_is_converted_too() {
    let (scene, content) = scene();
    piped(&scene, "vm.ova", &["-d", "piped", "--disks", "qcow2"]).succeeded();
    assert!(disk(&scene.path("out/piped/vm-disk1.qcow2"), "qcow2") == content);
    let names = names(&scene.path("out/piped"));
    assert_eq!(names, ["vm-disk1.qcow2", "vm.mf", "vm.ovf"]);
}

#[test]
fn a_disk_that_is_damaged_leaves_nothing() {
    let (scene, _) = scene();
    let mut package = fs::read(scene.path("out/vm.ova")).expect("the package");
    // A grain begins at sector 128 of the disk; its stream behind a marker.
    let disk = package
        .windows(4)
        .position(|bytes| bytes == b"KDMV")
        .expect("a disk");
    package[disk + 128 * 512 + 40] ^= 0x10;
    scene.write("out/vm.ova", &package);
    let request = ["unpack", "vm.ova", "-d", "d", "--disks", "raw"];
    scene.refuses(&request, 3, &["vm-disk1.vmdk"]);
}

#[test]
fn forms_that_are_none_are_refused() {
    let (scene, _) = scene();
    for (options, says) in [
        (&["-c"][..], &["-c", "the disks are kept as they are"][..]),
        (&["-o", "align=1M"], &["-o", "--disks FORMAT"]),
        (
            &["--disks", "raw", "-c"],
            &["raw images are not compressed"],
        ),
        (
            &["--disks", "vdi", "-o", "align=1M"],
            &["no setting `align`"],
        ),
        (&["--disks", "qed"], &["--disks", "`qed`"]),
        (&["--for", "azur"], &["--for", "`azure`"]),
    ] {
        let request = [&["unpack", "vm.ova", "-d", "d"][..], options].concat();
        scene.refuses(&request, 2, says);
    }
    for other in [&["--disks", "vhd"][..], &["--descriptor"]] {
        let run = scene.run(&[&["unpack", "vm.ova", "--for", "azure"], other].concat());
        assert_eq!(run.status.code(), Some(2), "{}", run.stderr);
        assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
    }
    let help = scene.run(&["unpack", "vm.ova", "--disks", "vhd", "-o", "help"]);
    let help = help.succeeded().text();
    assert!(
        help.contains("align=") && !help.contains("cluster_size"),
        "{help}"
    );
}
