//! Output into pipes and devices.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::images::raw;
use crate::scene::{Scene, check_error, finish};

const DISK: &str = "../in/disk.raw";
const TO_STDOUT: [&str; 6] = ["pack", DISK, "--name", "vm", "-o", "-"];

#[test]
fn a_pipe_gets_what_a_file_gets() {
    let scene = Scene::new();
    scene.write("in/disk.raw", &raw(3_000_000));
    let piped = scene.run(&TO_STDOUT).succeeded();
    assert!(
        piped.stderr.contains("(standard output), "),
        "{}",
        piped.stderr
    );
    scene.pack(&[DISK, "--name", "vm"]).succeeded();
    assert!(piped.stdout == fs::read(scene.path("out/vm.ova")).expect("read"));
}

#[test]
fn a_fifo_gets_it_too() {
    let scene = Scene::new();
    let fifo = scene.path("out/fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .expect("mkfifo")
            .success()
    );
    let reader = std::thread::spawn(move || fs::read(fifo));
    scene
        .run(&["pack", DISK, "--name", "vm", "-o", "fifo"])
        .succeeded();
    let read = reader.join().expect("joined").expect("read");
    assert!(read == scene.run(&TO_STDOUT).stdout);
    assert_eq!(scene.outputs(), ["fifo"]);
}

#[test]
fn a_reader_that_leaves_early_is_an_error_and_no_panic() {
    let scene = Scene::new();
    scene.write("in/disk.raw", &raw(3_000_000));
    let mut child = scene.command(&TO_STDOUT).spawn().expect("the program runs");
    let mut output = child.stdout.take().expect("a pipe");
    output.read_exact(&mut [0]).expect("a byte");
    drop(output);
    let run = finish(child);
    check_error(
        &run,
        6,
        &["broken pipe", "where: (standard output)", "ended before"],
    );
    assert!(scene.outputs().is_empty());
}

#[test]
fn devices() {
    let scene = Scene::new();
    let to = |device: &'static str| ["pack", DISK, "--name", "vm", "-o", device];
    scene.run(&to("/dev/null")).succeeded();
    if std::path::Path::new("/dev/full").exists() {
        scene.refuses(&to("/dev/full"), 6, &["no space left", "where: /dev/full"]);
    }
    assert!(scene.outputs().is_empty());
}

#[test]
fn no_place_to_gather() {
    let scene = Scene::new();
    let mut command = scene.command(&TO_STDOUT);
    command.env("TMPDIR", "/none");
    scene.check_refusal(command, 6, &["where: /none", "TMPDIR"]);
}

#[test]
fn a_summary_nobody_reads_is_no_failure_and_one_that_is_lost_is() {
    let scene = Scene::new();
    for request in [&["os"][..], &["pack", DISK, "--force"]] {
        let mut child = scene.command(request).spawn().expect("the program runs");
        drop(child.stdout.take());
        let run = finish(child).succeeded();
        assert_eq!(run.stderr, "");
    }
    let Ok(full) = fs::File::options().write(true).open("/dev/full") else {
        return;
    };
    let mut command = scene.command(&["pack", DISK, "--force"]);
    command.stdout(Stdio::from(full));
    let run = finish(command.spawn().expect("the program runs"));
    check_error(&run, 6, &["cannot print", "standard output", "is done"]);
    assert_eq!(scene.outputs(), ["disk.ova"]);
}

#[test]
fn a_licence_may_come_from_a_pipe() {
    let scene = Scene::new();
    scene.write("in/licence", &[b'x'; 100]);
    let mut command = scene.command(&["pack", DISK, "--eula", "/dev/stdin"]);
    command.stdin(fs::File::open(scene.path("in/licence")).expect("open"));
    finish(command.spawn().expect("the program runs")).succeeded();
}
