//! Where a package goes, and what must survive there.

use std::fs;
use std::process::Command;

use crate::images::{noise, raw};
use crate::scene::{Scene, check_error, finish, names, skip};

const DISK: &str = "../in/disk.raw";

#[test]
fn an_output_that_exists_stays_unless_forced() {
    let scene = Scene::new();
    scene.write("out/vm.ova", b"precious");
    let request = ["pack", DISK, "-o", "vm.ova"];
    scene.refuses(&request, 7, &["exists already", "where: vm.ova", "--force"]);
    scene.pack(&[DISK, "--force"]).succeeded();
    assert_ne!(
        fs::read(scene.path("out/vm.ova")).expect("read"),
        b"precious"
    );
    assert_eq!(scene.outputs(), ["vm.ova"]);
}

#[test]
fn the_name_comes_from_the_disk() {
    let scene = Scene::new();
    scene.run(&["pack", DISK]).succeeded();
    assert_eq!(scene.outputs(), ["disk.ova"]);
}

#[test]
fn outputs_that_cannot_be() {
    let scene = Scene::new();
    fs::create_dir(scene.path("out/dir")).expect("directory");
    for (output, code, part) in [
        ("dir", 2, "where: dir"),
        ("new/", 2, "no file's"),
        ("none/vm.ova", 6, "where: none"),
        ("../in/disk.raw/vm.ova", 6, "where: ../in/disk.raw"),
    ] {
        let request = ["pack", DISK, "--name", "vm", "-o", output];
        scene.refuses(&request, code, &[part]);
    }
    for (output, code, part) in [
        ("../in/disk.raw", 7, "no directory"),
        ("none/vm", 6, "where: none"),
        ("-", 2, "standard output"),
    ] {
        let request = [
            "pack", DISK, "--name", "vm", "--format", "ovf", "-o", output,
        ];
        scene.refuses(&request, code, &[part]);
    }
}

#[cfg(unix)]
#[test]
fn a_directory_nobody_may_write_to() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    let shut = scene.path("out/shut");
    fs::create_dir(&shut).expect("directory");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o555)).expect("permissions");
    if fs::write(shut.join("probe"), b"").is_ok() {
        fs::remove_file(shut.join("probe")).expect("remove");
        // Root may write anywhere but here.
        if std::path::Path::new("/proc/self").exists() {
            let request = ["pack", DISK, "-o", "/proc/vm.ova"];
            scene.refuses(&request, 6, &["cannot write", "where: /proc"]);
        }
        return;
    }
    let request = ["pack", DISK, "-o", "shut/vm.ova"];
    scene.refuses(&request, 6, &["permission denied", "where: shut"]);
}

#[cfg(unix)]
#[test]
fn links() {
    use std::os::unix::fs::symlink;
    let scene = Scene::new();
    scene.write("out/old.ova", b"precious");
    symlink("old.ova", scene.path("out/vm.ova")).expect("link");
    symlink("nothing", scene.path("out/dangling.ova")).expect("link");
    symlink("../in", scene.path("out/dir.ova")).expect("link");
    scene.refuses(&["pack", DISK, "-o", "vm.ova"], 7, &["where: vm.ova"]);
    scene.refuses(&["pack", DISK, "-o", "dangling.ova"], 7, &["dangling.ova"]);
    scene.refuses(&["pack", DISK, "-o", "dir.ova"], 2, &["is a directory"]);
    let request = ["pack", DISK, "--format", "ovf", "-o", "dangling.ova"];
    scene.refuses(&request, 7, &["no directory"]);
    // Through a link the file is replaced, and the link stays.
    scene.pack(&[DISK, "--force"]).succeeded();
    assert!(scene.path("out/vm.ova").is_symlink());
    assert_ne!(
        fs::read(scene.path("out/old.ova")).expect("read"),
        b"precious"
    );
}

#[test]
fn the_output_is_an_input() {
    let scene = Scene::new();
    fs::hard_link(scene.path("in/disk.raw"), scene.path("out/link.ova")).expect("link");
    for output in [DISK, "link.ova"] {
        let request = ["pack", DISK, "--name", "vm", "--force", "-o", output];
        scene.refuses(&request, 2, &["one of the files to be read", "where: -o"]);
    }
    // A disk that lies where a directory's disk is to be.
    fs::create_dir(scene.path("out/vm")).expect("directory");
    scene.write("out/vm/vm-disk1.vmdk", &raw(100_000));
    let disk = "vm/vm-disk1.vmdk";
    let request = ["pack", disk, "--format", "ovf", "-o", "vm", "--force"];
    scene.refuses(&request, 2, &["one of the files to be read"]);
}

#[test]
fn the_form_of_several_files() {
    let scene = Scene::new();
    let all = ["vm-disk1.vmdk", "vm.mf", "vm.ovf"];
    let pack = |more: &[&str]| {
        let request = [&["pack", DISK, "--format", "ovf", "--name", "vm"], more].concat();
        scene.run(&request)
    };
    pack(&[]).succeeded();
    assert_eq!(names(&scene.path("out/vm")), all);
    let before = scene.content();
    check_error(&pack(&[]), 7, &["not empty", "where: vm", "--force"]);
    assert!(scene.content() == before);
    scene.write("out/vm/notes.txt", b"kept");
    pack(&["--force", "--no-manifest"]).succeeded();
    // What is not written again stays.
    assert_eq!(
        names(&scene.path("out/vm")),
        ["notes.txt", "vm-disk1.vmdk", "vm.mf", "vm.ovf"]
    );
    assert_eq!(scene.outputs(), ["vm"]);
    // The current directory, as it is.
    fs::create_dir(scene.path("here")).expect("directory");
    let disk = scene.path("in/disk.raw");
    let mut command = scene.command(&["pack", "--format", "ovf", "--name", "vm", "-o", "."]);
    command.arg(disk).current_dir(scene.path("here"));
    finish(command.spawn().expect("the program runs")).succeeded();
    assert_eq!(names(&scene.path("here")), all);
}

/// Runs `script` with the program as `$0` where a file system of 1 MiB is
/// mounted on `out`, and lists what it leaves there.
#[cfg(target_os = "linux")]
fn on_a_tiny_disk(scene: &Scene, script: &str) -> Option<crate::scene::Run> {
    let mount = "mount -t tmpfs -o size=1m tmpfs . && cd ../out || exit 99\n";
    let run = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg(format!("{mount}{script}\ncode=$?; ls -A; exit $code"))
        .arg(env!("CARGO_BIN_EXE_ovfkit"))
        .current_dir(scene.path("out"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let run = finish(run.ok()?);
    let mounted = run.status.code() != Some(99) && !run.stderr.contains("unshare");
    mounted.then_some(run)
}

#[cfg(target_os = "linux")]
#[test]
fn no_space_left() {
    let scene = Scene::new();
    scene.write("in/disk.raw", &raw(3 << 20));
    let large = crate::tar_file::Tar::default().file("vm.vmdk", &raw(3 << 20));
    scene.write("in/large.ova", &large.end());
    for (script, place) in [
        ("$0 pack ../in/disk.raw -o vm.ova", "where: vm.ova"),
        ("$0 pack ../in/disk.raw --format ovf -o vm", "where: vm"),
        ("$0 unpack ../in/large.ova", "where: large/vm.vmdk"),
        ("$0 unpack - -d x < ../in/large.ova", "where: x/vm.vmdk"),
        (
            "mkdir x; $0 pack ../in/disk.raw --format ovf -o x --name y; c=$?; rmdir x; (exit $c)",
            "where: x",
        ),
    ] {
        let Some(run) = on_a_tiny_disk(&scene, script) else {
            return skip("no file system can be mounted here");
        };
        check_error(&run, 6, &["no space left", place, "another file system"]);
        assert!(run.stdout.is_empty(), "left: {}", run.text());
    }
    // For a pipe, it is the temporary files' place that is full.
    let script = "TMPDIR=. $0 pack ../in/disk.raw -o - >/dev/null";
    let run = on_a_tiny_disk(&scene, script).expect("mounted before");
    check_error(&run, 6, &["no space left", "where: .", "TMPDIR"]);
    assert!(run.stdout.is_empty());
}

#[cfg(unix)]
#[test]
fn a_limit_of_file_sizes() {
    let scene = Scene::new();
    scene.write("in/disk.raw", &raw(3 << 20));
    // Without the trap the signal ends the program on the spot, and the
    // partial file stays: the one end it cannot clean up after but kill -9.
    let script = "trap '' XFSZ; ulimit -f 100; exec $0 pack ../in/disk.raw -o vm.ova";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_ovfkit")])
        .current_dir(scene.path("out"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    scene.check_refusal(
        command,
        6,
        &["file too large", "where: vm.ova", "ulimit -f"],
    );
}

/// A loop device whose file is cut: what lies behind the cut cannot be read.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fails_in_the_middle() {
    let scene = Scene::new();
    let file = scene.path("in/disk.raw");
    fs::write(&file, raw(8 << 20)).expect("write");
    let made = Command::new("losetup")
        .args(["-f", "--show"])
        .arg(&file)
        .output();
    let device = match made {
        Ok(made) if made.status.success() => String::from_utf8(made.stdout)
            .expect("a path")
            .trim()
            .to_owned(),
        _ => return skip("no loop device can be made here"),
    };
    let cut = fs::File::options().write(true).open(&file).expect("open");
    cut.set_len(5 << 20).expect("cut");
    let run = scene.pack(&[&device, "--name", "vm"]);
    let gone = Command::new("losetup").args(["-d", &device]).status();
    assert!(gone.expect("losetup runs").success());
    check_error(
        &run,
        6,
        &[
            "cannot read: input/output error",
            &device,
            "byte",
            "ddrescue",
        ],
    );
    assert!(scene.outputs().is_empty());
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    let scene = Scene::new();
    scene.write("in/data.raw", &[raw(70_000), noise(1000)].concat());
    for (output, threads) in [("a.ova", "1"), ("b.ova", "7")] {
        let request = ["pack", DISK, "../in/data.raw", "--name", "vm"];
        let run = scene.run(&[&request[..], &["-o", output, "--threads", threads]].concat());
        run.succeeded();
    }
    let read = |name| fs::read(scene.path(name)).expect("read");
    assert!(read("out/a.ova") == read("out/b.ova"));
}
