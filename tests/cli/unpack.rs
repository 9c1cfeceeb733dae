//! `ovfkit unpack`: packages that are whole, and those that are not or mean harm.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::scene::{Run, Scene, check_error, finish, names};
use crate::tar_file::{Header, Tar};
use ovfkit::base::digest::Algorithm;

const DESCRIPTOR: &str = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"/>";
const DISK: &[u8] = b"a disk";

/// A size in base 256.
fn base_256(size: u64) -> [u8; 12] {
    let mut field = [0; 12];
    field[0] = 0x80;
    field[4..].copy_from_slice(&size.to_be_bytes());
    field
}

fn line(algorithm: Algorithm, name: &str, content: &[u8]) -> String {
    let (token, digest) = (algorithm.token(), algorithm.digest(content));
    format!("{token}({name})= {digest}\n")
}

fn manifest(algorithm: Algorithm) -> String {
    let descriptor = line(algorithm, "vm.ovf", DESCRIPTOR.as_bytes());
    descriptor + &line(algorithm, "vm.vmdk", DISK)
}

fn package() -> Tar {
    Tar::default()
        .file("vm.ovf", DESCRIPTOR.as_bytes())
        .file("vm.vmdk", DISK)
}

fn whole() -> Vec<u8> {
    let manifest = manifest(Algorithm::Sha256);
    package().file("vm.mf", manifest.as_bytes()).end()
}

fn piped(scene: &Scene, archive: &str, arguments: &[&str]) -> Command {
    let mut command = scene.command(&[&["unpack", "-"], arguments].concat());
    let input = fs::File::open(scene.path(archive)).expect("open");
    command.stdin(Stdio::from(input));
    command
}

fn run_piped(scene: &Scene, archive: &str, arguments: &[&str]) -> Run {
    let child = piped(scene, archive, arguments).spawn();
    finish(child.expect("the program runs"))
}

/// `archive` is refused with `code`, from a file and from a pipe, whatever may be
/// overwritten; nothing is left.
#[track_caller]
fn refused(archive: &[u8], code: i32, parts: &[&str]) {
    let scene = Scene::new();
    scene.write("in/vm.ova", archive);
    scene.refuses(&["unpack", "../in/vm.ova", "-d", "vm"], code, parts);
    scene.refuses(
        &["unpack", "../in/vm.ova", "-d", ".", "--force"],
        code,
        parts,
    );
    scene.check_refusal(piped(&scene, "in/vm.ova", &["-d", "vm"]), code, parts);
}

#[test]
fn a_package_is_unpacked_and_compared() {
    let scene = Scene::new();
    scene.write("in/vm.ova", &whole());
    let run = scene.run(&["unpack", "../in/vm.ova"]).succeeded();
    assert!(
        run.text()
            .contains("vm.mf: 2 files compared and found equal"),
        "{}",
        run.text()
    );
    assert_eq!(run.stderr, "");
    assert_eq!(names(&scene.path("out/vm")), ["vm.mf", "vm.ovf", "vm.vmdk"]);
    assert_eq!(fs::read(scene.path("out/vm/vm.vmdk")).expect("read"), DISK);
    // Again, where they are now.
    let again = ["unpack", "../in/vm.ova"];
    scene.refuses(&again, 7, &["exists already", "vm/vm.ovf", "`-d`"]);
    scene
        .run(&[&again[..], &["--force", "-q"]].concat())
        .succeeded();
    assert_eq!(names(&scene.path("out/vm")).len(), 3);
}

#[test]
fn a_report_tells_programs_what_was_done() {
    let scene = Scene::new();
    scene.write("in/vm.ova", &whole());
    let run = run_piped(
        &scene,
        "in/vm.ova",
        &["-d", "x", "--json", "--only", "*.vmdk"],
    );
    let report: Value = serde_json::from_str(&run.succeeded().text()).expect("JSON");
    assert_eq!(report["format"], "ova");
    assert_eq!(report["dialects"], serde_json::json!(["ustar"]));
    assert_eq!(report["manifest"], "vm.mf");
    assert_eq!(report["skipped"], serde_json::json!(["vm.ovf", "vm.mf"]));
    let member = &report["members"][0];
    assert_eq!(
        (&member["name"], &member["size"]),
        (&"vm.vmdk".into(), &6.into())
    );
    assert_eq!(member["digest"], Algorithm::Sha256.digest(DISK));
    assert_eq!(names(&scene.path("out/x")), ["vm.vmdk"]);
}

#[test]
fn every_algorithm_is_compared_wherever_the_manifest_stands() {
    for algorithm in [
        Algorithm::Sha1,
        Algorithm::Sha256,
        Algorithm::Sha384,
        Algorithm::Sha512,
    ] {
        for damaged in [false, true] {
            let manifest = manifest(algorithm);
            let disk = if damaged { b"A disk" } else { DISK };
            let (ovf, mf) = (DESCRIPTOR.as_bytes(), manifest.as_bytes());
            let last = Tar::default()
                .file("vm.ovf", ovf)
                .file("vm.vmdk", disk)
                .file("vm.mf", mf);
            let first = Tar::default()
                .file("vm.mf", mf)
                .file("vm.ovf", ovf)
                .file("vm.vmdk", disk);
            for archive in [first.end(), last.end()] {
                if damaged {
                    let parts = [
                        "not the one the manifest tells of",
                        "vm.vmdk",
                        &algorithm.digest(DISK),
                        &algorithm.digest(b"A disk"),
                    ];
                    refused(&archive, 3, &parts);
                } else {
                    let scene = Scene::new();
                    scene.write("in/vm.ova", &archive);
                    let run = run_piped(&scene, "in/vm.ova", &["-d", "vm"]).succeeded();
                    assert!(run.text().contains("2 files compared"), "{}", run.text());
                }
            }
        }
    }
}

#[test]
fn damaged_files_are_kept_only_where_that_is_asked_for() {
    let scene = Scene::new();
    let wrong = manifest(Algorithm::Sha1).replace("vm.vmdk", "gone.vmdk");
    let wrong = wrong + &line(Algorithm::Sha1, "vm.vmdk", b"another disk");
    scene.write(
        "in/vm.ova",
        &package().file("vm.mf", wrong.as_bytes()).end(),
    );
    let keep = ["unpack", "../in/vm.ova", "--keep-going"];
    let run = scene.run(&keep);
    assert_eq!(run.status.code(), Some(3));
    for part in [
        "warning: vm.vmdk: ",
        "warning: vm.mf: ",
        "lists: gone.vmdk",
        "error: not all is",
    ] {
        assert!(run.stderr.contains(part), "no {part} in {}", run.stderr);
    }
    assert_eq!(fs::read(scene.path("out/vm/vm.vmdk")).expect("kept"), DISK);
}

#[test]
fn a_manifest_that_is_none_is_told_with_its_line() {
    let text = manifest(Algorithm::Sha1) + "MD5(x)= 00\n";
    let archive = package().file("vm.mf", text.as_bytes()).end();
    refused(
        &archive,
        3,
        &["no line of a manifest", "vm.mf, line 3", "MD5(x)= 00"],
    );
}

#[test]
fn the_descriptor_is_printed_and_nothing_behind_it_read() {
    let scene = Scene::new();
    // What follows is no archive any more.
    let mut archive = Tar::default()
        .file("a.txt", b"x")
        .file("vm.ovf", DESCRIPTOR.as_bytes())
        .bytes;
    archive.extend_from_slice(&[b'x'; 5000]);
    scene.write("in/vm.ova", &archive);
    let run = scene.run(&["unpack", "../in/vm.ova", "--descriptor"]);
    assert_eq!(run.succeeded().text(), DESCRIPTOR);
    let run = run_piped(&scene, "in/vm.ova", &["--descriptor"]).succeeded();
    assert_eq!(run.text(), DESCRIPTOR);
    scene.write("in/none.ova", &Tar::default().file("a", b"").end());
    let none = ["unpack", "../in/none.ova", "--descriptor"];
    scene.refuses(&none, 3, &["no descriptor", "where: ../in/none.ova"]);
}

#[test]
fn names_that_lead_out_are_refused() {
    for (name, says) in [
        (&b"/tmp/evil"[..], "absolute path"),
        (b"../evil", "out of its directory by `..`"),
        (b"a/../../evil", "out of its directory by `..`"),
        (b"a\\..\\evil", "backslash"),
        (b"C:evil", "drive letter"),
        (b"evil\x1b[2J", "control character"),
    ] {
        let archive = package().member(name, b'0', b"evil").end();
        refused(&archive, 5, &[says, "byte 2048", "--only"]);
    }
    let nul = package()
        .pax(b'x', &[("path", "a\0b")])
        .file("x", b"")
        .end();
    refused(&nul, 5, &["control character"]);
    refused(
        &package().member(b"\xff.vmdk", b'0', b"").end(),
        4,
        &["not UTF-8"],
    );
    let long = "n".repeat(1025);
    refused(
        &package().pax(b'x', &[("path", &long)]).file("x", b"").end(),
        8,
        &["1025 bytes; at most 1024"],
    );
}

#[test]
fn what_is_no_file_is_refused() {
    for (flag, code, says) in [
        (b'1', 5, "a hard link"),
        (b'2', 5, "a symbolic link"),
        (b'3', 5, "a device"),
        (b'4', 5, "a device"),
        (b'6', 5, "a named pipe"),
        (b'V', 4, "of an unknown kind"),
    ] {
        refused(
            &package().member(b"x.vmdk", flag, b"").end(),
            code,
            &[says, "x.vmdk"],
        );
    }
    refused(
        &package().member(b"x", b'S', b"").end(),
        4,
        &["sparse file"],
    );
    let sparse = package()
        .pax(b'x', &[("GNU.sparse.major", "1")])
        .file("x", b"");
    refused(&sparse.end(), 4, &["sparse file"]);
}

#[test]
fn no_two_members_become_one_file() {
    refused(
        &package().file("vm.vmdk", b"").end(),
        3,
        &["two members of this name"],
    );
    refused(
        &package().file("./vm.vmdk", b"").end(),
        3,
        &["two members of this name"],
    );
    let inside = package().file("vm.vmdk/x", b"").end();
    refused(&inside, 3, &["for a file and for a directory", "vm.vmdk/x"]);
    let case = package().file("VM.vmdk", b"").end();
    refused(
        &case,
        3,
        &["also has `vm.vmdk`, which differs in case only", "VM.vmdk"],
    );
}

#[test]
fn archives_that_are_cut_or_lie_are_told() {
    let good = package().end();
    refused(
        &good[..550],
        3,
        &["cut short", "bytes of `vm.ovf` are missing"],
    );
    refused(&good[..1100], 3, &["cut short in a header", "byte 1024"]);
    let mut damaged = good.clone();
    damaged[1030] ^= 1;
    refused(
        &damaged,
        3,
        &["no header stands where one has to be", "byte 1024"],
    );
    let sized = |size| {
        let header = Header {
            name: b"vm.vmdk",
            flag: b'0',
            size: Some(size),
        };
        Tar::default().file("vm.ovf", b"").raw(&header, DISK).end()
    };
    refused(
        &sized(base_256(1 << 50)),
        3,
        &["cut short", "bytes of `vm.vmdk` are missing"],
    );
    refused(
        &sized(base_256(u64::MAX)),
        3,
        &["more than an archive can hold"],
    );
    refused(
        &sized([0xff; 12]),
        3,
        &["the size of `vm.vmdk` is no number"],
    );
    refused(
        &sized(*b"12 34 56 78\0"),
        3,
        &["the size of `vm.vmdk` is no number"],
    );
    refused(
        &package().member(b"x", b'x', b"12 broken").end(),
        3,
        &["extended (PAX) header is damaged"],
    );
    refused(
        &package().member(b"x", b'L', b"name\0").bytes,
        3,
        &["cut short in a header"],
    );
}

#[test]
fn nothing_grows_without_bound() {
    let claims = |name, flag| {
        let header = Header {
            name,
            flag,
            size: Some(base_256(40 << 30)),
        };
        Tar::default().raw(&header, b"").bytes
    };
    let scene = Scene::new();
    for (name, flag, says) in [
        (&b"x"[..], b'x', "at most 1048576 are read"),
        (b"x", b'L', "at most 1048576 are read"),
        (b"x", b'g', "at most 1048576 are read"),
    ] {
        refused(&claims(name, flag), 8, &[says]);
    }
    // A descriptor of gigabytes, whose bytes are all there.
    let path = scene.path("in/large.ova");
    fs::write(&path, claims(b"vm.ovf", b'0')).expect("write");
    let file = fs::File::options().write(true).open(&path).expect("open");
    file.set_len((40 << 30) + 2048).expect("a sparse file");
    let says = ["the descriptor has 42949672960 bytes; at most 16777216"];
    for command in [
        &["unpack", "../in/large.ova", "--descriptor"][..],
        &["unpack", "../in/large.ova", "-d", "vm"],
        &["info", "../in/large.ova"],
    ] {
        let run = scene.run(command);
        check_error(&run, 8, &says);
    }
    assert!(scene.outputs().is_empty(), "left: {:?}", scene.outputs());
    let many = (0..32_769).fold(Tar::default(), |tar, number| {
        tar.file(&number.to_string(), b"")
    });
    refused(&many.end(), 8, &["more than 32768 members"]);
}

#[test]
fn a_bomb_in_a_wrapper_is_stopped() {
    use std::io::Write as _;
    let disk = vec![0; 100 << 20];
    let archive = Tar::default()
        .file("vm.ovf", DESCRIPTOR.as_bytes())
        .file("vm.raw", &disk)
        .end();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&archive).expect("memory");
    let packed = gzip.finish().expect("memory");
    refused(
        &packed,
        8,
        &["more than 200 times as many bytes", "gunzip -k"],
    );
    // Whole, it is damaged when cut.
    let small = Tar::default().file("vm.ovf", DESCRIPTOR.as_bytes()).end();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&small).expect("memory");
    let packed = gzip.finish().expect("memory");
    refused(
        &packed[..packed.len() - 6],
        3,
        &["the gzip around the package is damaged"],
    );
}

#[test]
fn what_is_no_package_is_told_by_what_it_is() {
    refused(
        b"7z\xBC\xAF\x27\x1C\0\x04",
        4,
        &["a 7-Zip archive", "7z x PACKAGE"],
    );
    let scene = Scene::new();
    scene.write("in/x.ova", b"hello");
    scene.refuses(&["unpack", "../in/x.ova"], 3, &["where: ../in/x.ova"]);
    scene.check_refusal(
        piped(&scene, "in/x.ova", &["-d", "x"]),
        3,
        &["no archive", "(standard input)"],
    );
    scene.check_refusal(
        piped(&scene, "in/x.ova", &[]),
        2,
        &["-d", "no name to call"],
    );
    scene.refuses(&["unpack", "none.ova"], 6, &["no such file"]);
    scene.refuses(&["unpack", "../in"], 2, &["no descriptor"]);
    scene.write("in/empty.ova", &[0; 1024]);
    scene.refuses(
        &["unpack", "../in/empty.ova"],
        3,
        &["nothing but zero bytes"],
    );
    let dirs = Tar::default().member(b"a/", b'5', b"").end();
    scene.write("in/dirs.ova", &dirs);
    scene.refuses(&["unpack", "../in/dirs.ova"], 3, &["holds no files"]);
    scene.write("in/vm.ova", &whole());
    let only = ["unpack", "../in/vm.ova", "--only", "*.iso"];
    scene.refuses(
        &only,
        2,
        &["no member fits `*.iso`", "vm.ovf, vm.vmdk, vm.mf"],
    );
}

#[test]
fn oddities_are_left_out_or_remarked_on() {
    let scene = Scene::new();
    let mut archive = Tar::default()
        .member(b"./", b'5', b"")
        .file("./._vm.ovf", b"mac")
        .file("./vm.ovf", DESCRIPTOR.as_bytes())
        .member(b"./data/", b'5', b"")
        .file("./data/aux.vmdk", DISK)
        .file("second.ovf", b"")
        .end();
    archive.extend_from_slice(b"something else");
    scene.write("in/vm.ova", &archive);
    let run = scene.run(&["unpack", "../in/vm.ova"]).succeeded();
    for part in [
        "left out, as leftovers of the program that made the archive: ./._vm.ovf",
        "Windows can have no files of these names: data/aux.vmdk",
        "several descriptors, of which importers take the first or none: vm.ovf, second.ovf",
        "no manifest to compare",
        "something stands behind the end",
    ] {
        assert!(run.stderr.contains(part), "no {part:?} in {}", run.stderr);
    }
    assert_eq!(
        names(&scene.path("out/vm")),
        ["data", "second.ovf", "vm.ovf"]
    );
    for (bytes, part) in [
        (package().bytes, "the archive has no end mark"),
        (
            [package().bytes, vec![0; 512]].concat(),
            "one block of zeros",
        ),
    ] {
        scene.write("in/vm.ova", &bytes);
        let run = scene
            .run(&["unpack", "../in/vm.ova", "-d", "x", "--force"])
            .succeeded();
        assert!(run.stderr.contains(part), "no {part:?} in {}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn no_link_in_the_directory_leads_out() {
    use std::os::unix::fs::symlink;
    let scene = Scene::new();
    scene.write("in/vm.ova", &package().file("sub/x", b"evil").end());
    fs::create_dir(scene.path("elsewhere")).expect("directory");
    fs::create_dir(scene.path("out/vm")).expect("directory");
    symlink("../../elsewhere", scene.path("out/vm/sub")).expect("link");
    let request = ["unpack", "../in/vm.ova", "--force"];
    scene.refuses(&request, 5, &["is none", "vm/sub", "lead out"]);
    fs::remove_file(scene.path("out/vm/sub")).expect("removed");
    scene.write("elsewhere/target", b"precious");
    symlink("../../elsewhere/target", scene.path("out/vm/vm.vmdk")).expect("link");
    scene.run(&request).succeeded();
    assert_eq!(
        fs::read(scene.path("elsewhere/target")).expect("read"),
        b"precious"
    );
    assert_eq!(fs::read(scene.path("out/vm/vm.vmdk")).expect("read"), DISK);
}

#[test]
fn chunks_are_joined_where_that_is_asked_for() {
    let scene = Scene::new();
    let chunk = |number: u32| format!("vm.vmdk.{number:09}");
    let manifest = line(Algorithm::Sha1, &chunk(0), b"one ")
        + &line(Algorithm::Sha512, &chunk(1), b"two ")
        + &line(Algorithm::Sha256, &chunk(2), b"three");
    let archive = Tar::default()
        .file("vm.ovf", DESCRIPTOR.as_bytes())
        .file(&chunk(0), b"one ")
        .file(&chunk(1), b"two ")
        .file(&chunk(2), b"three")
        .file("vm.mf", manifest.as_bytes())
        .end();
    scene.write("in/vm.ova", &archive);
    scene
        .run(&["unpack", "../in/vm.ova", "-d", "parts"])
        .succeeded();
    assert_eq!(names(&scene.path("out/parts")).len(), 5);
    let run = run_piped(&scene, "in/vm.ova", &["-d", "vm", "--join"]).succeeded();
    assert!(run.text().contains("3 files compared"), "{}", run.text());
    assert_eq!(names(&scene.path("out/vm")), ["vm.mf", "vm.ovf", "vm.vmdk"]);
    assert_eq!(
        fs::read(scene.path("out/vm/vm.vmdk")).expect("read"),
        b"one two three"
    );
    let gap = Tar::default()
        .file(&chunk(0), b"")
        .file(&chunk(2), b"")
        .end();
    scene.write("in/gap.ova", &gap);
    let request = ["unpack", "../in/gap.ova", "--join"];
    scene.refuses(
        &request,
        3,
        &["chunk 000000001 of the file has to come here"],
    );
}

#[test]
fn files_beside_a_descriptor_are_compared_and_copied() {
    let scene = Scene::new();
    let descriptor = DESCRIPTOR.replace(
        "/>",
        " xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\"><References>\
         <File ovf:id=\"a\" ovf:href=\"my%20disk.vmdk\"/></References></Envelope>",
    );
    let text = line(Algorithm::Sha256, "vm.ovf", descriptor.as_bytes())
        + &line(Algorithm::Sha256, "my%20disk.vmdk", DISK);
    scene.write("in/vm.ovf", descriptor.as_bytes());
    scene.write("in/my disk.vmdk", DISK);
    scene.write("in/vm.mf", text.as_bytes());
    for (input, output) in [("../in", "a"), ("../in/vm.ovf", "b")] {
        let run = scene.run(&["unpack", input, "-d", output]).succeeded();
        assert!(run.text().contains("2 files compared"), "{}", run.text());
        assert_eq!(
            names(&scene.path(&format!("out/{output}"))),
            ["my disk.vmdk", "vm.mf", "vm.ovf"]
        );
    }
    scene.write("in/my disk.vmdk", b"another");
    scene.refuses(
        &["unpack", "../in"],
        3,
        &["not the one the manifest tells of", "my disk.vmdk"],
    );
}

/// A pipe whose writer sends a part and then nothing.
#[cfg(unix)]
#[test]
fn waiting_for_a_pipe_can_be_ended() {
    use std::io::Write as _;
    let scene = Scene::new();
    let mut command = scene.command(&["unpack", "-", "-d", "vm"]);
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(&whole()[..1600]).expect("read");
    while scene.outputs().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    crate::scene::signal(child.id(), "TERM");
    let run = finish(child);
    drop(pipe);
    assert_eq!(run.status.code(), Some(130), "{}", run.stderr);
    assert!(
        run.stderr.starts_with("error: stopped as asked"),
        "{}",
        run.stderr
    );
    assert!(scene.outputs().is_empty(), "left: {:?}", scene.outputs());
}
