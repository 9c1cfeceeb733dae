//! Requests that make no sense: exit code 2, the option, and what to do.

use crate::scene::{Scene, finish};

#[test]
fn values_that_are_none() {
    let scene = Scene::new();
    for (option, value, part) in [
        ("--mem", "4X", "there is no unit `X`"),
        ("--mem", "99999999999T", "too large"),
        ("--level", "13", "no compression level"),
        ("--threads", "0", "0 threads"),
        ("--threads", "100000", "100000 threads"),
        ("--os", "templeos", "templeos"),
        ("--nic", "e1000:", "no network"),
        ("--nic", "ne2000", "ne2000"),
        ("--controller", "floppy", "floppy"),
        ("--firmware", "coreboot", "coreboot"),
        ("--hardware", "vmx-x", "vmx-x"),
        ("--digest", "md5", "md5"),
        ("--input-format", "qed", "qed"),
        ("--property", "novalue", "novalue"),
    ] {
        let request = ["pack", "../in/disk.raw", option, value];
        scene.refuses(&request, 2, &["where:", option, part]);
    }
}

#[test]
fn machines_that_cannot_be() {
    let scene = Scene::new();
    for (options, part) in [
        (&["--cpus", "0"][..], "no CPU"),
        (&["--cpus", "3", "--cores-per-socket", "2"], "sockets of 2"),
        (&["--cores-per-socket", "0"], "sockets of 0"),
        (&["--mem", "0"], "memory"),
        (&["--mem", "4097K"], "multiple of 4 MiB"),
        (&["--secure-boot"], "secure boot"),
        (&["--controller", "nvme", "--hardware", "vmx-10"], "nvme"),
        (&["--property", "a=1", "--property", "a=2"], "given twice"),
        (&["--annotation", "\u{1}"], "U+0001"),
    ] {
        let request = [&["pack", "../in/disk.raw"], options].concat();
        let named = if options[0] == "--annotation" {
            "why:"
        } else {
            "where: --"
        };
        scene.refuses(&request, 2, &[part, named]);
    }
}

#[test]
fn names_that_are_no_file_names() {
    let scene = Scene::new();
    for name in ["a/b", "größe", "..", "a\nb", " a", "x:y"] {
        let request = ["pack", "../in/disk.raw", "--name", name];
        scene.refuses(
            &request,
            2,
            &["the machine name", "where: --name", "letters A to Z"],
        );
    }
    let long = "n".repeat(97);
    let request = ["pack", "../in/disk.raw", "--name", &long];
    scene.refuses(&request, 8, &["at most 100", "--name"]);
    // A name taken from a file is held to the same.
    scene.refuses(
        &["pack", "../in/disk.raw", "-o", "größe.ova"],
        2,
        &["größe"],
    );
}

#[test]
fn a_disk_given_twice() {
    let scene = Scene::new();
    std::fs::hard_link(scene.path("in/disk.raw"), scene.path("in/link.raw")).expect("link");
    let request = ["pack", "../in/disk.raw", "../in/link.raw"];
    scene.refuses(&request, 2, &["given twice", "where: ../in/link.raw"]);
}

#[test]
fn licence_texts() {
    let scene = Scene::new();
    let eula = |path: &'static str| ["pack", "../in/disk.raw", "--eula", path];
    scene.refuses(&eula("../in/none"), 6, &["--eula, ../in/none"]);
    scene.write("in/latin1", b"stra\xDFe");
    scene.refuses(&eula("../in/latin1"), 2, &["UTF-8", "iconv"]);
    #[cfg(unix)]
    scene.refuses(&eula("/dev/zero"), 2, &["more than the 1048576 bytes"]);
}

#[test]
fn the_time_of_a_reproducible_build() {
    let scene = Scene::new();
    for time in ["yesterday", "-1", "", "8589934592"] {
        let mut command = scene.command(&["pack", "../in/disk.raw"]);
        command.env("SOURCE_DATE_EPOCH", time);
        scene.check_refusal(command, 2, &["SOURCE_DATE_EPOCH", "no time"]);
    }
    let mut command = scene.command(&["pack", "../in/disk.raw", "-o", "vm.ova"]);
    command.env("SOURCE_DATE_EPOCH", "1700000000");
    finish(command.spawn().expect("the program runs")).succeeded();
    let archive = std::fs::read(scene.path("out/vm.ova")).expect("read");
    assert_eq!(&archive[136..147], b"14524770400", "mtime in octal");
}

#[test]
fn what_clap_refuses() {
    let scene = Scene::new();
    for request in [
        &["pack"][..],
        &["pack", "../in/disk.raw", "--colour"],
        &["pack", "../in/disk.raw", "-q", "-v"],
        &["pack", "../in/disk.raw", "--cpus", "-1"],
        &["pack", "../in/disk.raw", "-o", ""],
        &["frobnicate"],
    ] {
        let before = scene.content();
        let run = scene.run(request);
        assert_eq!(run.status.code(), Some(2), "{}", run.stderr);
        assert!(run.stderr.starts_with("error: ") && run.stdout.is_empty());
        assert!(scene.content() == before);
    }
}
