//! Descriptors with files beside them.

use std::fs;
use std::path::{Path, PathBuf};

use ovfkit::ErrorKind;
use ovfkit::base::digest::Algorithm;
use ovfkit::base::output::Overwrite;
use ovfkit::ops::edit::{Destination, Edit, How, SignatureFate};

use crate::scene::*;

/// A directory `vm` with a package, whose second file is in chunks.
fn package() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("it works");
    let path = directory.path().join("vm");
    fs::create_dir(&path).expect("it works");
    let text = descriptor("old", &["a.iso", "b.iso"]);
    let text = text.replace("\"b.iso\"", "\"b.iso\" ovf:chunkSize=\"3\"");
    let files = [
        ("vm.ovf", text.as_bytes()),
        ("a.iso", b"disk"),
        ("b.iso.000000000", b"abc"),
        ("b.iso.000000001", b"de"),
    ];
    for (name, bytes) in files {
        fs::write(path.join(name), bytes).expect("it works");
    }
    let manifest = manifest(Algorithm::Sha256, &files);
    fs::write(path.join("vm.mf"), manifest.replace('\n', "\r\n")).expect("it works");
    fs::write(path.join("vm.cert"), "SHA256(vm.mf)= 00\n").expect("it works");
    (directory, path)
}

fn read(directory: &Path, name: &str) -> Vec<u8> {
    fs::read(directory.join(name)).expect("it works")
}

#[test]
fn files_of_a_directory_take_the_place_of_others() {
    let (dir, path) = package();
    let text = descriptor("new", &["a.iso", "b.iso", "sub/c.iso"]);
    let request = |destination| Edit {
        replace: vec![new_file("b.iso", b"whole")],
        add: vec![new_file("sub/c.iso", b"new")],
        ..describe(&path, &text, destination)
    };
    let other = dir.path().join("other");
    let dry = edit(&request(Destination::DryRun)).unwrap();
    assert_eq!(dry.written, None);
    assert_eq!(names(&path).len(), 6);
    edit(&request(to(&other))).unwrap();
    let report = edit(&request(Destination::InPlace)).unwrap();
    assert_eq!(report.how, How::Files);
    assert_eq!(report.signature, SignatureFate::Dropped);
    for directory in [&path, &other] {
        assert_eq!(
            names(directory),
            ["a.iso", "b.iso", "sub", "vm.mf", "vm.ovf"]
        );
        assert_eq!(read(directory, "vm.ovf"), text.as_bytes());
        assert_eq!(read(directory, "a.iso"), b"disk");
        assert_eq!(read(directory, "b.iso"), b"whole");
        assert_eq!(read(directory, "sub/c.iso"), b"new");
        let expected = manifest(
            Algorithm::Sha256,
            &[
                ("vm.ovf", text.as_bytes()),
                ("a.iso", b"disk"),
                ("b.iso", b"whole"),
                ("sub/c.iso", b"new"),
            ],
        );
        let lines = String::from_utf8(read(directory, "vm.mf")).unwrap();
        assert_eq!(lines, expected.replace('\n', "\r\n"));
    }
    let again = edit(&nothing(&path, Destination::InPlace)).unwrap();
    assert_eq!(again.how, How::Unchanged);
}

#[test]
fn nothing_is_written_over_that_is_no_part_of_the_package() {
    let (dir, path) = package();
    fs::write(path.join("c.iso"), "mine").unwrap();
    let mut request = nothing(&path, Destination::InPlace);
    request.add = vec![new_file("c.iso", b"new")];
    let error = edit(&request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(read(&path, "c.iso"), b"mine");
    assert_eq!(names(&path).len(), 7);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path(), path.join("sub")).unwrap();
        let mut request = nothing(&path, Destination::InPlace);
        request.add = vec![new_file("sub/c.iso", b"new")];
        let error = edit(&request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(names(dir.path()), ["vm"]);
    }
    let filled = dir.path().join("filled");
    fs::create_dir(&filled).unwrap();
    fs::write(filled.join("x"), "").unwrap();
    let request = nothing(&path, Destination::New(&filled, Overwrite::Never));
    assert_eq!(edit(&request).unwrap_err().kind(), ErrorKind::Exists);
    assert_eq!(names(&filled), ["x"]);
}

#[test]
fn a_disk_alone_is_no_package() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("disk.qcow2");
    fs::write(&path, b"QFI\xfb\0\0\0\x03").unwrap();
    let error = edit(&nothing(&path, Destination::InPlace)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
}
