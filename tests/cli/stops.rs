//! Ctrl-C, its kin, and inputs that change under way: whatever stops a run,
//! it leaves nothing behind.

use std::fs;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::images::{raw, slow};
use crate::scene::{Scene, check_error, finish, names, signal};

/// A disk that takes seconds to pack.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("in/slow.raw", &slow(48 << 20));
    scene
}

fn start(scene: &Scene, more: &[&str]) -> Child {
    let request = ["pack", "../in/slow.raw", "--name", "vm"];
    let how = ["--level", "best", "--threads", "1"];
    let all = [&request[..], &how, more].concat();
    scene.command(&all).spawn().expect("the program runs")
}

/// Waits until output appears under a temporary name.
fn wait_for_work(scene: &Scene) {
    let begun = Instant::now();
    while !names(&scene.path("out"))
        .iter()
        .any(|name| name.ends_with(".partial"))
    {
        assert!(begun.elapsed() < Duration::from_secs(60), "no output begun");
        sleep(Duration::from_millis(5));
    }
    sleep(Duration::from_millis(200));
}

#[test]
fn signals_leave_nothing() {
    let scene = scene();
    let ways: [&[&str]; 2] = [&["-o", "vm.ova"], &["--format", "ovf", "-o", "vm"]];
    for (name, way) in [
        ("INT", ways[0]),
        ("TERM", ways[1]),
        ("HUP", ways[0]),
        ("INT", ways[1]),
    ] {
        let child = start(&scene, way);
        wait_for_work(&scene);
        let begun = Instant::now();
        signal(child.id(), name);
        let run = finish(child);
        assert_eq!(run.status.code(), Some(130), "{}", run.stderr);
        assert!(
            run.stderr.starts_with("error: stopped as asked"),
            "{}",
            run.stderr
        );
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert!(
            scene.outputs().is_empty(),
            "{name} left {:?}",
            scene.outputs()
        );
    }
}

#[test]
fn a_run_that_outlives_its_terminal_goes_on() {
    let scene = scene();
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "trap '' HUP; exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_ovfkit"),
    ]);
    shell.args([
        "pack",
        "../in/slow.raw",
        "-o",
        "vm.ova",
        "--level",
        "9",
        "--threads",
        "1",
    ]);
    let child = shell
        .current_dir(scene.path("out"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    wait_for_work(&scene);
    signal(child.id(), "HUP");
    let run = finish(child);
    assert_eq!(run.status.code(), Some(0), "{}", run.stderr);
    assert_eq!(scene.outputs(), ["vm.ova"]);
}

#[test]
fn a_forced_output_survives_a_signal() {
    let scene = scene();
    scene.write("out/vm.ova", b"precious");
    let child = start(&scene, &["--force", "-o", "vm.ova"]);
    wait_for_work(&scene);
    signal(child.id(), "INT");
    assert_eq!(finish(child).status.code(), Some(130));
    assert_eq!(
        fs::read(scene.path("out/vm.ova")).expect("read"),
        b"precious"
    );
    assert_eq!(scene.outputs(), ["vm.ova"]);
}

#[test]
fn a_pipe_nobody_reads_is_left() {
    let scene = Scene::new();
    scene.write("in/disk.raw", &raw(3_000_000));
    let fifo = scene.path("out/fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .expect("mkfifo")
            .success()
    );
    // Nobody opens the one, and nobody reads on in the other.
    for output in ["fifo", "-"] {
        let request = ["pack", "../in/disk.raw", "--name", "vm", "-o", output];
        let mut child = scene.command(&request).spawn().expect("the program runs");
        let mut reader = child.stdout.take().expect("a pipe");
        if output == "-" {
            reader.read_exact(&mut [0]).expect("a byte");
        } else {
            sleep(Duration::from_millis(500));
        }
        signal(child.id(), "INT");
        let run = finish(child);
        assert_eq!(run.status.code(), Some(130), "{output}: {}", run.stderr);
    }
    assert_eq!(scene.outputs(), ["fifo"]);
}

#[test]
fn a_file_cut_while_it_is_read() {
    let scene = scene();
    for length in [1 << 20, (48 << 20) - 512] {
        scene.write("in/slow.raw", &slow(48 << 20));
        let child = start(&scene, &["-o", "vm.ova"]);
        wait_for_work(&scene);
        let file = fs::File::options()
            .write(true)
            .open(scene.path("in/slow.raw"));
        file.expect("open").set_len(length).expect("cut");
        let run = finish(child);
        let place = "where: ../in/slow.raw, byte";
        check_error(&run, 3, &["the file ends at byte", place, "being written"]);
        assert!(scene.outputs().is_empty());
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_gets_a_warning() {
    let scene = scene();
    let child = start(&scene, &["-o", "vm.ova"]);
    wait_for_work(&scene);
    let file = fs::File::options()
        .write(true)
        .open(scene.path("in/slow.raw"));
    let now = std::time::SystemTime::now() + Duration::from_secs(5);
    file.expect("open").set_modified(now).expect("touch");
    let run = finish(child).succeeded();
    assert!(
        run.stderr
            .contains("warning: ../in/slow.raw: changed while"),
        "{}",
        run.stderr
    );
}
