//! `ovfkit convert`: what it takes and makes, and what it refuses.

use std::fs;
use std::process::Stdio;

use crate::scene::{Scene, check_error, finish, names};
use crate::tar_file::Tar;

/// A raw disk that is no raw disk by its content: noise with zeros in it.
fn disk() -> Vec<u8> {
    let mut state = 1_u32;
    let mut disk: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(3 << 20)
    .collect();
    disk[1 << 20..2 << 20].fill(0);
    disk
}

fn scene() -> (Scene, Vec<u8>) {
    let scene = Scene::new();
    let disk = disk();
    scene.write("out/disk.raw", &disk);
    (scene, disk)
}

#[track_caller]
fn is(scene: &Scene, name: &str, content: &[u8]) {
    let file = scene.path("out").join(name);
    assert!(fs::read(file).expect("a file") == content, "{name}");
}

#[test]
fn a_disk_goes_through_all_formats_and_is_the_same() {
    let (scene, disk) = scene();
    for (from, to) in [
        ("disk.raw", "a.qcow2"),
        ("a.qcow2", "b.vmdk"),
        ("b.vmdk", "back.img"),
    ] {
        let run = scene.run(&["convert", from, to, "--verify"]).succeeded();
        let text = run.text();
        assert!(text.contains(from) && text.contains(to), "{text}");
        assert!(text.contains("read back and found equal"), "{text}");
    }
    is(&scene, "back.img", &disk);
    let run = scene.run(&["convert", "a.qcow2", "c", "-O", "raw", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&run.succeeded().text()).expect("JSON");
    assert_eq!(report["sources"][0]["format"], "qcow2");
    assert_eq!(report["format"], "raw");
    assert_eq!(report["capacity"], disk.len());
    assert_eq!(report["verified"], false);
    is(&scene, "c", &disk);
    let quiet = scene
        .run(&["convert", "-q", "a.qcow2", "d.raw"])
        .succeeded();
    assert_eq!(quiet.text(), "");
}

#[test]
fn several_disks_become_one() {
    let (scene, disk) = scene();
    scene.run(&["convert", "disk.raw", "a.qcow2"]).succeeded();
    scene.write("out/odd.img", &[7; 1000]);
    let request = ["convert", "a.qcow2", "odd.img", "disk.raw", "all.raw"];
    scene.run(&request).succeeded();
    is(&scene, "all.raw", &[&disk[..], &[7; 1000], &disk].concat());
}

#[test]
fn pipes_are_read_and_written() {
    let (scene, disk) = scene();
    let plain: &[&str] = &[];
    let fixed: &[&str] = &["-o", "subformat=fixed"];
    for (format, settings) in [
        ("raw", plain),
        ("qcow2", plain),
        ("vmdk", plain),
        ("vhdx", plain),
        ("vhd", plain),
        ("vhd", fixed),
        ("vdi", plain),
    ] {
        let request = ["convert", "disk.raw", "-", "-O", format];
        let run = scene.run(&[&request[..], settings].concat());
        let image = run.succeeded().stdout;
        scene.write("out/image", &image);
        let mut command = scene.command(&["convert", "-f", format, "-", "back.raw", "--force"]);
        let file = fs::File::open(scene.path("out/image")).expect("open");
        let child = command.stdin(Stdio::from(file)).spawn();
        let run = finish(child.expect("the program runs")).succeeded();
        assert!(run.text().contains("(standard input)"), "{}", run.text());
        is(&scene, "back.raw", &disk);
    }
}

#[test]
fn a_disk_is_read_where_it_lies_in_a_package() {
    let (scene, disk) = scene();
    scene.run(&["convert", "disk.raw", "a.vmdk"]).succeeded();
    let vmdk = fs::read(scene.path("out/a.vmdk")).expect("a disk");
    let (front, back) = vmdk.split_at(vmdk.len() / 2);
    let whole = Tar::default()
        .file("vm.ovf", b"<Envelope/>")
        .file("vm-disk1.vmdk", &vmdk);
    let one = Tar::default()
        .file("vm.ovf", b"<Envelope/>")
        .file("d.vmdk.000000000", front)
        .file("d.vmdk.000000001", back);
    scene.write("out/one.ova", &one.end());
    scene.write("out/two.ova", &whole.file("vm-disk2.vmdk", &vmdk).end());
    for source in ["two.ova:vm-disk2.vmdk", "one.ova:d.vmdk", "one.ova"] {
        let request = ["convert", source, "back.raw", "--force"];
        scene.run(&request).succeeded();
        is(&scene, "back.raw", &disk);
    }
    fs::remove_file(scene.path("out/back.raw")).expect("removed");
    for (source, code, parts) in [
        (
            "two.ova",
            2,
            &["2 disks", "two.ova", "vm-disk1.vmdk, vm-disk2.vmdk"][..],
        ),
        (
            "two.ova:gone.vmdk",
            2,
            &["no file `gone.vmdk`", "vm-disk1.vmdk"],
        ),
        (
            "two.ova:vm.ovf",
            4,
            &["neither content nor name", "two.ova:vm.ovf"],
        ),
        ("a.vmdk:x", 2, &["no package with files in it"]),
        ("gone.ova:x", 6, &["gone.ova:x"]),
    ] {
        scene.refuses(&["convert", source, "back.raw"], code, parts);
    }
}

#[test]
fn settings_choose_and_wrong_ones_are_told() {
    let (scene, _) = scene();
    let help = scene
        .run(&["convert", "-o", "help", "-O", "qcow2"])
        .succeeded();
    assert!(
        help.text().contains("cluster_size=512 to 2M"),
        "{}",
        help.text()
    );
    assert!(!help.text().contains("adapter_type"), "{}", help.text());
    let settings = ["-o", "cluster_size=4k,compression_type=zstd"];
    let request = [&["convert", "-c", "disk.raw", "a.qcow2"], &settings[..]].concat();
    scene.run(&request).succeeded();
    let image = fs::read(scene.path("out/a.qcow2")).expect("an image");
    assert_eq!((image[23], image[104]), (12, 1));
    for (arguments, parts) in [
        (
            &["x.qcow2", "-o", "cluster_size=3k"][..],
            &["3072 bytes", "power of two"][..],
        ),
        (
            &["x.qcow2", "-o", "clustersize=4k"],
            &["no setting `clustersize`", "`cluster_size`"],
        ),
        (
            &["x.qcow2", "-o", "compression_level=3"],
            &["not compressed", "`-c`"],
        ),
        (
            &["x.qcow2", "-c", "-o", "compression_level=30"],
            &["from 1 to 9"],
        ),
        (&["x.qcow2", "-o", "cluster_size"], &["no key and value"]),
        (
            &["x.vmdk", "-o", "adapter_type=nvme"],
            &["lsilogic, buslogic, ide"],
        ),
        (&["x.raw", "-o", "a=b"], &["raw images have no setting"]),
        (&["x.raw", "-c"], &["not compressed"]),
        (&["x"], &["does not tell which format", "-O qcow2"]),
        (&["x.qed"], &["does not tell which format"]),
        (&["x", "-O", "qed"], &["`qed` is no format"]),
        (&["-", "-O", "raw", "--verify"], &["cannot be read back"]),
        (&["x.raw", "--threads", "0"], &["0 threads"]),
    ] {
        let request = [&["convert", "disk.raw"], arguments].concat();
        scene.refuses(&request, 2, parts);
    }
    scene.refuses(&["convert", "disk.raw"], 2, &["no output", "<OUTPUT>"]);
    scene.refuses(&["convert"], 2, &["no image is named"]);
}

#[test]
fn what_is_there_stays_unless_it_may_be_replaced() {
    let (scene, disk) = scene();
    scene.run(&["convert", "disk.raw", "a.qcow2"]).succeeded();
    let before = fs::read(scene.path("out/a.qcow2")).expect("an image");
    scene.refuses(
        &["convert", "disk.raw", "a.qcow2"],
        7,
        &["exists already", "--force"],
    );
    is(&scene, "a.qcow2", &before);
    scene.refuses(&["convert", "gone.raw", "b.qcow2"], 6, &["gone.raw"]);
    scene.refuses(&["convert", "disk.raw", "gone/b.qcow2"], 6, &["gone"]);
    scene.refuses(
        &["convert", "disk.raw", ".", "-O", "raw"],
        2,
        &["directory"],
    );
    // A source may be replaced by what was made of it: it is read to its end first.
    let request = ["convert", "a.qcow2", "a.qcow2", "-O", "raw", "--force"];
    scene.run(&request).succeeded();
    is(&scene, "a.qcow2", &disk);
    assert_eq!(names(&scene.path("out")), ["a.qcow2", "disk.raw"]);
}

#[test]
fn damage_leaves_nothing() {
    let (scene, _) = scene();
    scene
        .run(&["convert", "-c", "disk.raw", "a.qcow2"])
        .succeeded();
    let image = fs::read(scene.path("out/a.qcow2")).expect("an image");
    scene.write("out/cut.qcow2", &image[..image.len() / 2]);
    for to in ["b.raw", "b.qcow2", "b.vmdk"] {
        scene.refuses(&["convert", "cut.qcow2", to], 3, &["cut.qcow2"]);
    }
    // Into a pipe goes no more than what was read.
    let run = scene.run(&["convert", "cut.qcow2", "-", "-O", "raw"]);
    check_error(&run, 3, &["cut.qcow2"]);
}

#[test]
fn platforms_get_what_they_take() {
    let (scene, disk) = scene();
    let megabytes = u64::try_from(disk.len()).expect("small");
    for (platform, format, size) in [
        ("esxi", "vmdk", None),
        ("hyperv", "vhdx", None),
        ("azure", "vhd", Some(megabytes + 512)),
        ("openstack", "qcow2", None),
        ("virtualbox", "vdi", None),
        ("kvm", "qcow2", None),
    ] {
        let request = ["convert", "disk.raw", "out", "--for", platform, "--force"];
        let json = scene.run(&[&request[..], &["--json", "--verify"]].concat());
        let report: serde_json::Value =
            serde_json::from_str(&json.succeeded().text()).expect("JSON");
        assert_eq!(report["format"], format, "{platform}");
        if let Some(size) = size {
            assert_eq!(report["size"].as_u64(), Some(size));
        }
    }
    let odd = [7; 5000];
    scene.write("out/odd.raw", &odd);
    let request = ["convert", "odd.raw", "odd.vhd", "--for", "azure"];
    let text = scene.run(&request).succeeded().text();
    assert!(
        text.contains("1 MiB disk") && text.contains("page blob"),
        "{text}"
    );
    for (arguments, parts) in [
        (&["--for", "hyper"][..], &["did you mean `hyperv`"][..]),
        (&["--for", "kvm", "-O", "raw"], &["cannot be used with"]),
        (
            &["--for", "azure", "-o", "align=100"],
            &["100 bytes", "1M for Azure"],
        ),
    ] {
        let run = scene.run(&[&["convert", "disk.raw", "x"], arguments].concat());
        assert_eq!(run.status.code(), Some(2), "{}", run.stderr);
        for part in parts {
            assert!(run.stderr.contains(part), "{}", run.stderr);
        }
    }
}

#[test]
fn what_is_left_of_a_stream_is_read_wherever_it_comes_from() {
    let (scene, disk) = scene();
    scene.run(&["convert", "disk.raw", "a.vmdk"]).succeeded();
    let whole = fs::read(scene.path("out/a.vmdk")).expect("a disk");
    let cut = &whole[..whole.len() / 2];
    scene.write("out/cut.vmdk", cut);
    scene.write("out/vm.ova", &Tar::default().file("cut.vmdk", cut).end());
    for source in ["cut.vmdk", "vm.ova:cut.vmdk"] {
        scene.refuses(&["convert", source, "back.raw"], 3, &["breaks off"]);
        let request = ["convert", source, "back.raw", "--salvage", "--force"];
        scene.run(&request).succeeded();
        let back = fs::read(scene.path("out/back.raw")).expect("a disk");
        assert_eq!(back.len(), disk.len());
        assert!(back[..512 << 10] == disk[..512 << 10], "{source}");
        fs::remove_file(scene.path("out/back.raw")).expect("removed");
    }
}
