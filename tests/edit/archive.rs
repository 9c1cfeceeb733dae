//! OVAs.

use std::cell::Cell;
use std::fs;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use ovfkit::base::digest::Algorithm;
use ovfkit::base::progress::{Observer, Unobserved};
use ovfkit::ops::edit::{
    Destination, Edit, FromFile, How, Made, ManifestPolicy, NewDescriptor, NewFile, apply,
};
use ovfkit::ova::archive::ArchiveWriter;
use ovfkit::{Error, ErrorKind, Result};

use crate::scene::*;
use crate::tar::Tar;

/// The offsets of blocks that differ.
fn changed(old: &[u8], new: &[u8]) -> Vec<usize> {
    assert_eq!(old.len(), new.len());
    let blocks = old.chunks(512).zip(new.chunks(512)).enumerate();
    blocks
        .filter_map(|(number, (old, new))| (old != new).then_some(number * 512))
        .collect()
}

#[test]
fn a_descriptor_that_has_room_changes_where_it_is() {
    let (dir, path) = with_ova(4096);
    let old = fs::read(&path).unwrap();
    let before = findings(&path);
    let text = descriptor("new", &FILES);
    let dry = edit(&describe(&path, &text, Destination::DryRun)).unwrap();
    assert!(fs::read(&path).unwrap() == old);
    let report = edit(&describe(&path, &text, Destination::InPlace)).unwrap();
    assert_eq!(report.how, dry.how);
    let new = fs::read(&path).unwrap();
    let places = changed(&old, &new);
    // The front of the descriptor, and its line in the manifest.
    let files = 512 + 4096 + 2 * (512 + 70_144);
    assert_eq!(places, [512, files + 512]);
    assert_eq!(report.how, How::Blocks { bytes: 1024 });
    assert_eq!(listed(&path), ["vm.ovf", "a.iso", "b.iso", "vm.mf"]);
    let files = extracted(&path);
    let found = fs::read_to_string(files.path().join("vm.ovf")).unwrap();
    assert_eq!(found.trim_end(), text.trim_end());
    assert_eq!(findings(&path), before);
    assert_eq!(names(dir.path()), ["vm.ova"]);
    let again = edit(&describe(&path, &text, Destination::InPlace)).unwrap();
    assert_eq!((again.how, again.written), (How::Unchanged, None));
    assert!(fs::read(&path).unwrap() == new);
}

#[test]
fn one_without_room_is_written_anew_with_room_for_the_next() {
    let (dir, path) = with_ova(0);
    let before = findings(&path);
    let long = descriptor(&"n".repeat(700), &FILES);
    let other = dir.path().join("other.ova");
    edit(&describe(&path, &long, to(&other))).unwrap();
    let report = edit(&describe(&path, &long, Destination::InPlace)).unwrap();
    assert_eq!(report.how, How::Anew);
    let new = fs::read(&path).unwrap();
    assert!(fs::read(&other).unwrap() == new, "the same bytes anywhere");
    let files = extracted(&path);
    for name in FILES {
        assert!(fs::read(files.path().join(name)).unwrap() == content(name));
    }
    assert_eq!(findings(&path), before);
    // The files stand where a file system can share their blocks.
    let old_room = descriptor("old", &FILES).len().next_multiple_of(512);
    let place = new
        .windows(1000)
        .position(|part| *part == content("a.iso")[..1000]);
    assert_eq!(place.unwrap() % 4096, (old_room + 1024) % 4096);
    let longer = descriptor(&"n".repeat(1400), &FILES);
    let report = edit(&describe(&path, &longer, Destination::InPlace)).unwrap();
    assert!(matches!(report.how, How::Blocks { .. }), "{:?}", report.how);
    extracted(&path);
}

#[test]
fn who_reads_the_package_meanwhile_sees_all_of_one() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let (_dir, path) = with_ova(4096);
    let old = fs::read(&path).unwrap();
    let mut reader = File::open(&path).unwrap();
    let mode = fs::Permissions::from_mode(0o640);
    fs::set_permissions(&path, mode.clone()).unwrap();
    let text = descriptor("new", &FILES);
    edit(&describe(&path, &text, Destination::InPlace)).unwrap();
    let now = fs::metadata(&path).unwrap();
    assert_eq!(now.permissions().mode() & 0o777, mode.mode());
    let mut seen = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut seen).unwrap();
    if now.ino() == reader.metadata().unwrap().ino() {
        // Written over, as this file system cannot share blocks.
        assert!(seen == fs::read(&path).unwrap());
    } else {
        assert!(seen == old);
    }
}

#[test]
fn files_come_change_and_go() {
    let (dir, path) = with_ova(0);
    let source = dir.path().join("seed");
    fs::write(&source, content("seed")).unwrap();
    let made = |output: &mut dyn std::io::Write, observer: &mut dyn Observer| -> Result<()> {
        output.write_all(b"made").map_err(Error::write)?;
        assert!(observer.advanced(4).is_continue());
        Ok(())
    };
    let late = |written: &[ovfkit::ops::edit::Written]| {
        let all: Vec<_> = written.iter().map(|one| (&*one.href, one.size)).collect();
        assert_eq!(all, [("a.iso", 4), ("my%20seed.iso", 70_000)]);
        Ok(descriptor("late", &["a.iso", "my%20seed.iso"]))
    };
    let request = |destination| Edit {
        descriptor: Some(NewDescriptor::Late {
            draft: descriptor("draft-of-it", &["a.iso", "my%20seed.iso"]),
            text: &late,
        }),
        add: vec![NewFile {
            href: "my%20seed.iso".to_owned(),
            source: Box::new(FromFile::new(&source).unwrap()),
        }],
        replace: vec![NewFile {
            href: "a.iso".to_owned(),
            source: Box::new(Made {
                length: None,
                make: made,
            }),
        }],
        remove: vec!["b.iso".to_owned()],
        ..nothing(&path, destination)
    };
    let other = dir.path().join("other.ova");
    edit(&request(to(&other))).unwrap();
    let report = edit(&request(Destination::InPlace)).unwrap();
    assert!(fs::read(&other).unwrap() == fs::read(&path).unwrap());
    let told: Vec<_> = report
        .changes
        .iter()
        .map(|change| (change.member.as_deref().unwrap_or(""), &*change.what))
        .collect();
    assert_eq!(
        told,
        [
            ("vm.ovf", "the descriptor changed"),
            ("a.iso", "replaced"),
            ("b.iso", "removed"),
            ("my seed.iso", "added"),
            ("vm.mf", "the manifest renewed"),
        ]
    );
    assert_eq!(listed(&path), ["vm.ovf", "a.iso", "my seed.iso", "vm.mf"]);
    let directory = tempfile::tempdir().unwrap();
    let run = std::process::Command::new("tar")
        .arg("-xf")
        .arg(&path)
        .arg("-C")
        .arg(directory.path())
        .status();
    assert!(run.unwrap().success());
    let read = |name: &str| fs::read(directory.path().join(name)).unwrap();
    assert_eq!(read("a.iso"), b"made");
    assert!(read("my seed.iso") == content("seed"));
    let expected = manifest(
        Algorithm::Sha256,
        &[
            ("vm.ovf", &read("vm.ovf")),
            ("a.iso", b"made"),
            ("my%20seed.iso", &content("seed")),
        ],
    );
    assert_eq!(String::from_utf8(read("vm.mf")).unwrap(), expected);
    assert!(findings(&path).iter().all(|rule| !rule.starts_with("PKG")));
}

#[test]
fn a_sparse_archive_of_ten_gigabytes_changes_in_a_few_blocks() {
    const SIZE: u64 = 10 << 30;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vm.ova");
    let probe = File::create(&path).unwrap();
    probe.set_len(SIZE).unwrap();
    if room_of(&probe) > 0 {
        eprintln!("SKIPPED: this file system has no holes");
        return;
    }
    drop(probe);
    let text = descriptor("old", &["a.iso"]);
    let mut archive = ArchiveWriter::new(File::create(&path).unwrap(), 1, None);
    add(&mut archive, "vm.ovf", text.as_bytes());
    let body = &mut |output: &mut File, at| output.set_len(at + SIZE).map_err(Error::write);
    archive.place("a.iso", SIZE, body).unwrap();
    // Whatever the digest is, it is not computed again.
    let listed_as = "1".repeat(64);
    let own = Algorithm::Sha256.digest(text.as_bytes());
    let lines = format!("SHA256(vm.ovf)= {own}\nSHA256(a.iso)= {listed_as}\n");
    add(&mut archive, "vm.mf", lines.as_bytes());
    let length = archive.finish().unwrap();
    let read = |at: u64| {
        use std::os::unix::fs::FileExt as _;
        let mut bytes = vec![0; 4096];
        let file = File::open(&path).unwrap();
        let count = file.read_at(&mut bytes, at).unwrap();
        bytes.truncate(count);
        bytes
    };
    let tail = length - 2048 - 512;
    let (front, end) = (read(0), read(tail));
    for name in ["new", "old"] {
        let before = room_of(&File::open(&path).unwrap());
        let mut total = 0;
        let mut count = Counting(0);
        let text = descriptor(name, &["a.iso"]);
        let report = apply(&describe(&path, &text, Destination::InPlace), &mut count).unwrap();
        let How::Blocks { bytes } = report.how else {
            panic!("{:?}", report.how);
        };
        total += bytes;
        assert!(total <= 4096 && count.0 == 0, "{total} {}", count.0);
        let after = File::open(&path).unwrap();
        assert_eq!(after.metadata().unwrap().len(), length);
        assert_eq!(room_of(&after), before, "nothing was written between");
    }
    assert_eq!(changed(&front, &read(0)), [0_usize; 0]);
    assert_eq!(changed(&end, &read(tail)), [0_usize; 0]);
    assert_eq!(names(dir.path()), ["vm.ova"]);
    // Anew, holes stay holes, and the digest is taken over, too.
    let other = dir.path().join("other.ova");
    let long = descriptor(&"n".repeat(2000), &["a.iso"]);
    edit(&describe(&path, &long, to(&other))).unwrap();
    assert!(room_of(&File::open(&other).unwrap()) < 1000);
    assert_eq!(listed(&other), ["vm.ovf", "a.iso", "vm.mf"]);
    let report = edit(&nothing(&other, Destination::DryRun)).unwrap();
    assert_eq!(report.how, How::Unchanged);
}

/// Blocks that are stored.
fn room_of(file: &File) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(&file.metadata().expect("it works"))
}

/// Counts what is told to be done.
struct Counting(u64);

impl Observer for Counting {
    fn advanced(&mut self, amount: u64) -> ControlFlow<()> {
        self.0 += amount;
        ControlFlow::Continue(())
    }
}

/// Stops at the n-th call.
struct StopAt<'s> {
    left: usize,
    calls: &'s Cell<usize>,
}

impl Observer for StopAt<'_> {
    fn advanced(&mut self, _amount: u64) -> ControlFlow<()> {
        self.calls.set(self.calls.get() + 1);
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn stopping_at_any_step_leaves_the_package_as_it_was() {
    let (dir, path) = with_ova(4096);
    let old = fs::read(&path).unwrap();
    let text = descriptor("new", &FILES);
    let more = descriptor("new", &["a.iso", "b.iso", "c.iso"]);
    for (with_file, policy) in [
        (false, ManifestPolicy::Keep),
        (false, ManifestPolicy::Algorithm(Algorithm::Sha512)),
        (true, ManifestPolicy::Keep),
        (true, ManifestPolicy::Algorithm(Algorithm::Sha512)),
    ] {
        let request = || {
            let text = if with_file { &more } else { &text };
            let mut request = describe(&path, text, Destination::InPlace);
            request.manifest = policy;
            if with_file {
                request.add = vec![new_file("c.iso", &content("c"))];
            }
            request
        };
        let mut stops = 0;
        for left in 0.. {
            let calls = Cell::new(0);
            let mut stop = StopAt {
                left,
                calls: &calls,
            };
            match apply(&request(), &mut stop) {
                Ok(report) => {
                    assert!(calls.get() <= left && report.written.is_some());
                    break;
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}"),
            }
            stops += 1;
            assert!(fs::read(&path).unwrap() == old, "{left}");
            assert_eq!(names(dir.path()), ["vm.ova"]);
        }
        assert!(stops >= 2, "{stops}");
        assert!(fs::read(&path).unwrap() != old);
        fs::write(&path, &old).unwrap();
    }
}

#[track_caller]
fn refused(request: &Edit<'_>, kind: ErrorKind, says: &str) {
    let before = fs::read(request.package).ok();
    let error = edit(request).expect_err("it is refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.advice().is_some(), "{error}");
    assert!(fs::read(request.package).ok() == before);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let (dir, path) = with_ova(0);
    let change = |edit: fn(&mut Edit<'_>)| {
        let mut request = nothing(&path, Destination::InPlace);
        edit(&mut request);
        request
    };
    let remove = change(|edit| edit.remove = vec!["a.iso".to_owned()]);
    refused(&remove, ErrorKind::Mismatch, "refers to `a.iso`");
    let unknown = change(|edit| edit.remove = vec!["c.iso".to_owned()]);
    refused(&unknown, ErrorKind::Usage, "`c.iso`");
    let twice = change(|edit| {
        edit.remove = vec!["a.iso".to_owned()];
        edit.replace = vec![new_file("a.iso", b"")];
    });
    refused(&twice, ErrorKind::Usage, "twice");
    let there = change(|edit| edit.add = vec![new_file("A.iso", b"")]);
    refused(&there, ErrorKind::Exists, "`A.iso` already");
    for (name, kind) in [("../c.iso", ErrorKind::Usage), ("c.ovf", ErrorKind::Usage)] {
        let mut request = nothing(&path, Destination::InPlace);
        request.add = vec![new_file(name, b"")];
        refused(&request, kind, name);
    }
    let long = format!("{}.iso", "n".repeat(100));
    let mut request = nothing(&path, Destination::InPlace);
    request.add = vec![new_file(&long, b"")];
    refused(&request, ErrorKind::LimitExceeded, "100");
    for text in ["<Envelope", "no XML"] {
        let request = describe(&path, text, Destination::InPlace);
        let error = edit(&request).unwrap_err();
        assert_eq!(error.place().member.as_deref(), Some("vm.ovf"), "{error}");
    }
    let missing = descriptor("x", &["a.iso", "gone.iso"]);
    let request = describe(&path, &missing, Destination::InPlace);
    refused(&request, ErrorKind::Mismatch, "`gone.iso`");
    refused(&nothing(&path, to(&path)), ErrorKind::Exists, "exists");
    let pipe = nothing(Path::new("-"), Destination::InPlace);
    refused(&pipe, ErrorKind::Usage, "where to write");
    let cut = dir.path().join("cut.ova");
    let bytes = fs::read(&path).unwrap();
    fs::write(&cut, &bytes[..50_000]).unwrap();
    let request = describe(&cut, &descriptor("x", &FILES), Destination::InPlace);
    refused(&request, ErrorKind::Invalid, "");
    let lies = Made {
        length: Some(5),
        make: |output: &mut dyn std::io::Write, _: &mut dyn Observer| {
            output.write_all(b"four").map_err(Error::write)
        },
    };
    let mut request = nothing(&path, Destination::InPlace);
    request.replace = vec![NewFile {
        href: "a.iso".to_owned(),
        source: Box::new(lies),
    }];
    refused(&request, ErrorKind::Invalid, "announced");
    assert_eq!(names(dir.path()), ["cut.ova", "vm.ova"]);
}

#[test]
fn wrapped_archives_become_plain_ones() {
    let (dir, path) = with_ova(0);
    let text = descriptor("new", &FILES);
    let plain = dir.path().join("plain.ova");
    edit(&describe(&path, &text, to(&plain))).unwrap();
    let run = std::process::Command::new("gzip")
        .arg("-k")
        .arg(&path)
        .status();
    assert!(run.unwrap().success());
    let wrapped = dir.path().join("vm.ova.gz");
    let in_place = describe(&wrapped, &text, Destination::InPlace);
    refused(&in_place, ErrorKind::Usage, "gzip");
    let out = dir.path().join("out.ova");
    let report = edit(&describe(&wrapped, &text, to(&out))).unwrap();
    assert_eq!(report.how, How::Anew);
    assert!(fs::read(&out).unwrap() == fs::read(&plain).unwrap());
}

/// Archives other programs make: with extended headers, filled up, with strangers in them.
#[test]
fn foreign_archives_change_where_they_can() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vm.ova");
    let old = descriptor("old", &["a.iso"]);
    let new = descriptor("new", &["a.iso"]);
    let lines = manifest(
        Algorithm::Sha1,
        &[("vm.ovf", old.as_bytes()), ("a.iso", b"disk")],
    );
    let plain = || {
        Tar::default()
            .file("vm.ovf", old.as_bytes())
            .file("a.iso", b"disk")
    };
    let filled = [plain().file("vm.mf", lines.as_bytes()).end(), vec![0; 9000]].concat();
    let trailing = [plain().end(), b"garbage".to_vec()].concat();
    let pax = Tar::default()
        .pax(b'x', &[("path", "vm.ovf")])
        .file("long", old.as_bytes())
        .file("a.iso", b"disk")
        .end();
    let pax_later = Tar::default()
        .file("vm.ovf", old.as_bytes())
        .pax(b'x', &[("path", "a.iso")])
        .file("long", b"disk")
        .file("vm.mf", lines.as_bytes())
        .end();
    let noise = Tar::default()
        .file("vm.ovf", old.as_bytes())
        .file("._a.iso", b"mac")
        .file("a.iso", b"disk")
        .file("vm.mf", lines.as_bytes());
    let endless = noise.clone().bytes;
    for (bytes, in_place, more) in [
        (filled, true, 0),
        (trailing, true, 0),
        (pax, false, 0),
        (pax_later, true, 0),
        (noise.end(), true, 0),
        // Its end is made with the manifest, which stands there.
        (endless, true, 1024),
    ] {
        fs::write(&path, &bytes).unwrap();
        let report = edit(&describe(&path, &new, Destination::InPlace)).unwrap();
        assert_eq!(matches!(report.how, How::Blocks { .. }), in_place);
        let now = fs::read(&path).unwrap();
        assert!(!in_place || now.len() == bytes.len() + more);
        let report = edit(&describe(&path, &new, Destination::InPlace)).unwrap();
        assert_eq!(report.how, How::Unchanged);
        // Back again, it is what it was.
        if in_place {
            edit(&describe(&path, &old, Destination::InPlace)).unwrap();
            let back = fs::read(&path).unwrap();
            assert!(back.strip_prefix(&*bytes) == Some(&vec![0; more]));
        }
    }
    let twice = Tar::default()
        .file("vm.ovf", old.as_bytes())
        .file("vm.OVF", old.as_bytes())
        .end();
    fs::write(&path, &twice).unwrap();
    assert!(
        apply(
            &describe(&path, &new, Destination::InPlace),
            &mut Unobserved
        )
        .is_err()
    );
    assert!(fs::read(&path).unwrap() == twice);
}

#[test]
fn another_digest_is_taken_while_files_are_copied() {
    let (dir, path) = with_ova(0);
    let out = dir.path().join("out.ova");
    let mut request = nothing(&path, to(&out));
    request.manifest = ManifestPolicy::Algorithm(Algorithm::Sha512);
    edit(&request).unwrap();
    let read = |name: &str| {
        let run = std::process::Command::new("tar")
            .arg("-xOf")
            .arg(&out)
            .arg(name)
            .output();
        run.unwrap().stdout
    };
    let files = ["vm.ovf", "a.iso", "b.iso"].map(|name| (name, read(name)));
    let files: Vec<_> = files
        .iter()
        .map(|(name, bytes)| (*name, &**bytes))
        .collect();
    let expected = manifest(Algorithm::Sha512, &files);
    assert_eq!(String::from_utf8(read("vm.mf")).unwrap(), expected);
    let mut request = nothing(&out, Destination::InPlace);
    request.manifest = ManifestPolicy::None;
    let report = edit(&request).unwrap();
    assert!(matches!(report.how, How::Blocks { .. }));
    assert_eq!(listed(&out), ["vm.ovf", "a.iso", "b.iso"]);
}
