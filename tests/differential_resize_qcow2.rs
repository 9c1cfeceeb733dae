//! `ovfkit disk resize` of qcow2 images that qemu-img made: after each change qemu-img finds the
//! new size, no fault and no leak, and what a raw disk holds that was cut or made longer. A change
//! that is stopped after any step leaves the old disk or the new one, with leaks at the worst.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ovfkit::base::storage::FileStorage;
use ovfkit::disk::detect::Format;
use ovfkit::disk::gate::Gate;
use ovfkit::disk::open::{self, OpenOptions};
use ovfkit::disk::resize::{Change, Image, resize};
use ovfkit::disk::secret::Secrets;
use ovfkit::disk::step::Edit;
use support::bench::{Bench, flattened, qemu_io, text};
use support::run::{Outcome, ovfkit, run, succeed};
use support::step::{qemu_check, take};
use support::{KIB, MIB, parallel, tools};

const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// Images, each with what makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Plain,
    /// Version 2.
    Old,
    /// Clusters of 512 bytes and refcounts of one bit.
    Narrow,
    /// Clusters of 512 bytes and refcounts of 64 bits: all tables are soon too small.
    Crowded,
    /// Extended L2 entries.
    Extended,
    /// Clusters of 2 MiB, and a size that is no multiple of them.
    Coarse,
    /// Two snapshots, which share clusters and tables with the disk.
    Snapshots,
    /// Compressed clusters, also at an end inside of one.
    Compressed,
    /// All tables, and no data.
    Preallocated,
    /// On a backing file that is longer.
    Backed,
    /// The same, with clusters of 512 bytes.
    BackedNarrow,
    /// The same, with extended L2 entries.
    BackedExtended,
}

const BASES: [Base; 12] = [
    Base::Plain,
    Base::Old,
    Base::Narrow,
    Base::Crowded,
    Base::Extended,
    Base::Coarse,
    Base::Snapshots,
    Base::Compressed,
    Base::Preallocated,
    Base::Backed,
    Base::BackedNarrow,
    Base::BackedExtended,
];

const SIZE: u64 = 3 * MIB + 20 * KIB + 512;

impl Base {
    /// Options of qemu-img.
    fn options(self) -> &'static str {
        match self {
            Self::Plain | Self::Snapshots | Self::Compressed | Self::Backed => "",
            Self::Old => "compat=0.10",
            Self::Narrow => "cluster_size=512,refcount_bits=1",
            Self::Crowded => "cluster_size=512,refcount_bits=64",
            Self::BackedNarrow => "cluster_size=512",
            Self::Extended | Self::BackedExtended => "extended_l2=on",
            Self::Coarse => "cluster_size=2M",
            Self::Preallocated => "preallocation=metadata",
        }
    }

    fn is_backed(self) -> bool {
        matches!(
            self,
            Self::Backed | Self::BackedNarrow | Self::BackedExtended
        )
    }

    fn make(self, bench: &Bench) -> PathBuf {
        let path = if self.is_backed() {
            let on = bench.create("base.qcow2", "", 20 * MIB);
            write(&on, &["write -P 9 0 6M", "write -P 8 17M 3M"]);
            bench.create_on(
                "disk.qcow2",
                self.options(),
                ("base.qcow2", "qcow2"),
                Some(SIZE),
            )
        } else {
            bench.create("disk.qcow2", self.options(), SIZE)
        };
        match self {
            Self::Preallocated => {}
            Self::Compressed => write(
                &path,
                &[
                    "write -P 1 1M 64k",
                    "write -c -P 2 0 64k",
                    "write -c -P 3 64k 64k",
                    "write -P 4 3M 20k",
                ],
            ),
            _ => write(
                &path,
                &[
                    "write -P 1 0 700k",
                    "write -P 2 1M 3k",
                    "write -P 3 2500k 520k",
                    "write -P 4 3M 20k",
                ],
            ),
        }
        if self != Self::Old && self != Self::Preallocated {
            write(&path, &["write -z 128k 64k", "write -z 2560k 3k"]);
        }
        if self == Self::Snapshots {
            succeed("qemu-img", ["snapshot", "-c", "one", text(&path)]);
            write(&path, &["write -P 5 64k 64k", "write -P 6 2700k 64k"]);
            succeed("qemu-img", ["snapshot", "-c", "two", text(&path)]);
            write(&path, &["write -P 7 2800k 4k"]);
        }
        path
    }
}

fn write(path: &Path, commands: &[&str]) {
    let commands: Vec<_> = commands.iter().map(|it| (*it).to_owned()).collect();
    qemu_io(path, "qcow2", &commands);
}

fn resized(path: &Path, arguments: &[&str]) -> Outcome {
    let mut command = ovfkit();
    command.args(["disk", "resize"]).arg(path).args(arguments);
    command
        .arg("--allow-backing")
        .arg(path.parent().expect("a directory"));
    run(&mut command)
}

/// Whether the disk of the image has the size and the content of a raw one.
fn is_same(path: &Path, raw: &Path) -> bool {
    let mut size = [0; 8];
    let image = File::open(path).expect("an image");
    image.read_exact_at(&mut size, 24).expect("a header");
    if u64::from_be_bytes(size) != fs::metadata(raw).expect("a raw disk").len() {
        return false;
    }
    let arguments = ["compare", "-q", "-f", "qcow2", "-F", "raw"];
    let said = run(tools::program("qemu-img").args(arguments).args([path, raw]));
    assert!(
        matches!(said.code, Some(0 | 1)),
        "{}{}",
        said.text(),
        said.stderr
    );
    said.code == Some(0)
}

fn set_length(raw: &Path, length: u64) {
    let file = File::options().write(true).open(raw).expect("a raw disk");
    file.set_len(length).expect("room");
}

/// A raw disk like that of the image, which stands beside it.
fn raw_of(path: &Path) -> PathBuf {
    let raw = path.with_extension("raw");
    fs::write(&raw, flattened(path, "qcow2", &[])).expect("room");
    raw
}

#[test]
fn sizes_change_and_contents_stay() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        &BASES,
        |base| format!("{base:?}"),
        |base| {
            for sizes in [
                [64 * MIB, 3 * MIB, 30 * MIB],
                [2 * MIB + 512, 10 * MIB, 700 * KIB],
                [SIZE + 512, GIB, 512],
                [512, SIZE, 18 * MIB],
            ] {
                let bench = Bench::new();
                let path = base.make(&bench);
                let raw = raw_of(&path);
                let states = ["one", "two"].map(|name| state(*base, &path, name));
                for size in sizes {
                    let outcome = resized(&path, &[&size.to_string(), "--shrink"]);
                    assert!(
                        outcome.succeeded(),
                        "{base:?} {sizes:?}: {}",
                        outcome.stderr
                    );
                    set_length(&raw, size);
                    assert!(qemu_check(&path), "{base:?} {sizes:?}: leaks at {size}");
                    assert!(
                        is_same(&path, &raw),
                        "{base:?} {sizes:?}: differs at {size}"
                    );
                    let said = run(ovfkit().args(["disk", "check", text(&path)]));
                    assert!(said.succeeded(), "{base:?} {sizes:?}: {}", said.text());
                }
                let after = ["one", "two"].map(|name| state(*base, &path, name));
                assert!(states == after, "{base:?} {sizes:?}: a snapshot changed");
                // QEMU can go on with it.
                write(&path, &["write -P 77 0 512"]);
                assert!(qemu_check(&path), "{base:?} {sizes:?}: after a write");
            }
        },
    );
}

/// The state of a snapshot, as far as it has the size of the disk it was made of.
fn state(base: Base, path: &Path, name: &str) -> Vec<u8> {
    if base != Base::Snapshots {
        return Vec::new();
    }
    let out = path.with_extension("state");
    let mut command = ovfkit();
    command.args(["convert", "-q", "-O", "raw", "--force", "--snapshot", name]);
    let done = run(command.arg(path).arg(&out));
    assert!(done.succeeded(), "{}", done.stderr);
    fs::read(out).expect("a state")
}

#[test]
fn the_file_ends_with_what_is_in_use() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("disk.qcow2", "", 64 * MIB);
    write(&path, &["write -P 1 0 32M"]);
    let length = |path: &Path| fs::metadata(path).expect("an image").len();
    let before = length(&path);
    assert!(resized(&path, &["-60M", "--shrink"]).succeeded());
    assert!(qemu_check(&path));
    assert!(length(&path) < before - 27 * MIB, "{}", length(&path));
}

#[test]
fn a_vast_disk_takes_no_time() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("disk.qcow2", "", MIB);
    let outcome = resized(&path, &["+10T"]);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    assert!(
        outcome.elapsed < Duration::from_secs(10),
        "{:?}",
        outcome.elapsed
    );
    assert!(qemu_check(&path));
    let info = succeed("qemu-img", ["info", "--output=json", text(&path)]);
    let info: serde_json::Value = serde_json::from_str(&info).expect("JSON");
    assert_eq!(info["virtual-size"], 10 * TIB + MIB);
    assert!(fs::metadata(&path).expect("an image").len() < MIB);
}

/// Makes `change` of the image, and looks after each step.
fn change(path: &Path, change: &Change, mut look: impl FnMut(&Path)) {
    let directory = path.parent().expect("a directory").to_path_buf();
    let options = OpenOptions {
        gate: Gate::allowing(&[directory]).expect("a directory"),
        ..OpenOptions::default()
    };
    let opened = open::open(path, &options).expect("an image");
    let storage = FileStorage::open(path).expect("an image");
    let image = Image {
        storage: &storage,
        format: Format::Qcow2,
        path,
        disk: &*opened.source,
        beneath: opened.beneath,
        secrets: &Secrets::default(),
    };
    resize(&image, change, &mut |step| {
        take(path, step);
        look(path);
        Ok(())
    })
    .expect("it can be done");
}

#[test]
fn a_change_that_is_stopped_leaves_the_old_disk_or_the_new_one() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        &BASES,
        |base| format!("{base:?}"),
        |base| {
            for size in [40 * MIB, 2 * MIB + 512, 512] {
                let bench = Bench::new();
                let path = base.make(&bench);
                let raw = raw_of(&path);
                let new = bench.path("new.raw");
                fs::copy(&raw, &new).expect("room");
                set_length(&new, size);
                let to = Change {
                    capacity: size,
                    writes: Vec::new(),
                };
                let mut is_new = false;
                change(&path, &to, |path| {
                    qemu_check(path);
                    let now_new = is_same(path, &new);
                    assert!(now_new || is_same(path, &raw), "{base:?} {size}: neither");
                    assert!(now_new || !is_new, "{base:?} {size}: old again");
                    is_new = now_new;
                });
                assert!(is_new && qemu_check(&path), "{base:?} {size}");
            }
        },
    );
}

#[test]
fn what_is_written_is_there_and_nothing_else_changes() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        &BASES,
        |base| format!("{base:?}"),
        |base| {
            let bench = Bench::new();
            let path = base.make(&bench);
            let raw = raw_of(&path);
            // Into data, zeros, what is compressed or shared, what is not there, over seams, and into
            // the last sector; zeros over data; with and without another size.
            let places: [(u64, usize); 7] = [
                (512, 512),
                (64 * KIB - 512, 2048),
                (130 * KIB, 512),
                (MIB, 16 << 10),
                (2 * MIB, 512),
                (2700 * KIB, 70 << 10),
                (SIZE - 512, 512),
            ];
            for (round, capacity) in [(1, SIZE), (2, SIZE), (3, 5 * MIB), (4, SIZE)] {
                let value = if round == 2 { 0 } else { 0x60 + round };
                let writes = places.map(|(offset, length)| Edit {
                    offset,
                    bytes: vec![value; length],
                });
                set_length(&raw, capacity);
                let old = bench.path("old.raw");
                fs::copy(&raw, &old).expect("room");
                let file = File::options().write(true).open(&raw).expect("a raw disk");
                for Edit { offset, bytes } in &writes {
                    file.write_all_at(bytes, *offset).expect("room");
                }
                let to = Change {
                    capacity,
                    writes: writes.to_vec(),
                };
                let states = ["one", "two"].map(|name| state(*base, &path, name));
                change(&path, &to, |path| {
                    qemu_check(path);
                });
                assert!(qemu_check(&path), "{base:?} {round}");
                assert!(is_same(&path, &raw), "{base:?} {round}: differs");
                let after = ["one", "two"].map(|name| state(*base, &path, name));
                assert!(states == after, "{base:?} {round}: a snapshot changed");
            }
        },
    );
}

/// Overwrites bytes of the image.
fn patch(path: &Path, patches: &[(u64, &[u8])]) {
    let file = File::options().write(true).open(path).expect("an image");
    for (at, bytes) in patches {
        file.write_all_at(bytes, *at).expect("room");
    }
}

/// An image of 4 MiB with a cluster at its start and one at 3 MiB: the refcounts of those are at
/// 0x2000a and 0x2000c, their entries at 0x40000 and 0x40180.
fn two_clusters(bench: &Bench, name: &str) -> PathBuf {
    let path = bench.create(name, "", 4 * MIB);
    write(&path, &["write -P 1 0 64k", "write -P 2 3M 64k"]);
    path
}

#[test]
fn what_only_others_write_is_understood() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    // Two entries lead to one cluster, and one of them goes: the other is alone then.
    let path = two_clusters(&bench, "shared.qcow2");
    let shared = 0x50000_u64.to_be_bytes();
    patch(
        &path,
        &[
            (0x2000a, &[0, 2, 0, 0]),
            (0x40000, &shared),
            (0x40180, &shared),
        ],
    );
    assert!(qemu_check(&path));
    let raw = raw_of(&path);
    set_length(&raw, 2 * MIB);
    let to = Change {
        capacity: 2 * MIB,
        writes: Vec::new(),
    };
    change(&path, &to, |path| {
        qemu_check(path);
    });
    assert!(qemu_check(&path) && is_same(&path, &raw));
    // Behind the end there is something, as the state of a machine may be.
    let path = two_clusters(&bench, "behind.qcow2");
    patch(&path, &[(24, &(2 * MIB).to_be_bytes())]);
    assert!(qemu_check(&path));
    let raw = raw_of(&path);
    assert!(resized(&path, &["4M"]).succeeded());
    set_length(&raw, 4 * MIB);
    assert!(qemu_check(&path) && is_same(&path, &raw));
    // The rest of the last cluster is not empty.
    let path = two_clusters(&bench, "rest.qcow2");
    patch(&path, &[(24, &(3 * MIB + KIB).to_be_bytes())]);
    let raw = raw_of(&path);
    assert!(resized(&path, &["4M"]).succeeded());
    set_length(&raw, 4 * MIB);
    assert!(qemu_check(&path) && is_same(&path, &raw));
    // A feature nobody knows tells of something that is not kept up.
    let path = two_clusters(&bench, "feature.qcow2");
    patch(&path, &[(88, &[0xFF; 8])]);
    assert!(resized(&path, &["5M"]).succeeded());
    assert!(fs::read(&path).expect("an image")[88..96] == [0, 0, 0, 0, 0, 0, 0, 1]);
    assert!(qemu_check(&path));
    // A refcount that is too high gets right along the way, and the entry tells of that.
    let path = two_clusters(&bench, "leak.qcow2");
    patch(
        &path,
        &[(0x2000c, &[0, 3]), (0x40180, &0x60000_u64.to_be_bytes())],
    );
    assert!(!qemu_check(&path));
    assert!(resized(&path, &["5M"]).succeeded());
    assert!(qemu_check(&path));
}

#[test]
fn what_cannot_be_done_is_refused_and_nothing_is_written() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let refuses = |path: &Path, arguments: &[&str], parts: &[&str]| {
        let before = fs::read(path).expect("an image");
        let outcome = resized(path, arguments);
        assert!(!outcome.succeeded(), "{arguments:?}");
        for part in parts {
            assert!(
                outcome.stderr.contains(part),
                "no {part:?} in:\n{}",
                outcome.stderr
            );
        }
        assert!(fs::read(path).expect("an image") == before);
    };
    // Snapshots that may not tell their size.
    let path = bench.create("old.qcow2", "compat=0.10", MIB);
    succeed("qemu-img", ["snapshot", "-c", "one", text(&path)]);
    refuses(
        &path,
        &["2M"],
        &["snapshots that do not tell their size", "amend"],
    );
    // A backing file that would come up.
    let on = bench.create("on.qcow2", "", 4 * MIB);
    write(&on, &["write -P 1 0 4M"]);
    let path = bench.create_on(
        "above.qcow2",
        "compat=0.10",
        ("on.qcow2", "qcow2"),
        Some(MIB),
    );
    refuses(&path, &["2M"], &["cannot hide", "amend"]);
    let path = bench.create("bitmap.qcow2", "", MIB);
    succeed("qemu-img", ["bitmap", "--add", text(&path), "changed"]);
    refuses(&path, &["2M"], &["with bitmaps"]);
    let data = bench.path("data.raw");
    let path = bench.create("data.qcow2", &format!("data_file={}", text(&data)), MIB);
    refuses(&path, &["2M"], &["with a data file"]);
    let path = bench.create("narrow.qcow2", "cluster_size=512", MIB);
    refuses(&path, &["200G"], &["128 GiB", "cluster_size=2M"]);
    write(&path, &["write -P 1 900k 100k"]);
    refuses(&path, &["900k"], &["100 KiB", "--shrink"]);
    // Marks and damage.
    for (bit, part) in [
        (1, "not closed cleanly"),
        (2, "marked the image as corrupt"),
    ] {
        let path = bench.create("marked.qcow2", "", MIB);
        let file = File::options().write(true).open(&path).expect("an image");
        file.write_all_at(&[bit], 79).expect("room");
        refuses(&path, &["2M"], &[part, "check --repair all"]);
    }
    let path = bench.create("damaged.qcow2", "", MIB);
    let file = File::options().write(true).open(&path).expect("an image");
    file.write_all_at(&[0; 8], 128 << 10).expect("room");
    refuses(&path, &["2M"], &["is damaged", "check --repair all"]);
}
