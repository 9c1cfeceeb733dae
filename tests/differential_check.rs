//! `ovfkit disk check` of qcow2 images that qemu-img made, whole and damaged: what is counted
//! is what `qemu-img check` counts, and after a repair qemu-img finds nothing and reads what it
//! read before.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::bench::{Bench, flattened, qemu_io, text};
use support::qcow2::Qcow2;
use support::run::{Outcome, ovfkit, ovfkit_within, run, succeed};
use support::{KIB, MIB, exit, parallel, tools};

/// What `disk check` ends with when there are leaks and nothing worse.
const LEAKS: i32 = 11;
/// Counts that have to be equal.
const COUNTS: [&str; 7] = [
    "corruptions",
    "leaks",
    "image-end-offset",
    "total-clusters",
    "allocated-clusters",
    "fragmented-clusters",
    "compressed-clusters",
];
/// Bit 63 of a table entry.
const COPIED: u64 = 1 << 63;

/// Images, each with what makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// Two clusters of data and one of zeros.
    Plain,
    /// The same in version 2.
    Old,
    /// Clusters of 512 bytes and refcounts of one bit.
    Narrow,
    /// Refcounts of 64 bits and extended L2 entries.
    Wide,
    /// Two snapshots, one of which shares its clusters.
    Snapshots,
    Compressed,
    /// A bitmap that is stored.
    Bitmap,
    Encrypted,
    /// All metadata there is, and no data.
    Preallocated,
    DataFile,
    /// A disk of several refcount blocks.
    Large,
}

const BASES: [Base; 11] = [
    Base::Plain,
    Base::Old,
    Base::Narrow,
    Base::Wide,
    Base::Snapshots,
    Base::Compressed,
    Base::Bitmap,
    Base::Encrypted,
    Base::Preallocated,
    Base::DataFile,
    Base::Large,
];

fn make(bench: &Bench, base: Base) -> PathBuf {
    let create = |options: &str, size| bench.create("disk.qcow2", options, size);
    let write = |path: &Path, commands: &[&str]| {
        let commands: Vec<_> = commands.iter().map(|it| (*it).to_owned()).collect();
        qemu_io(path, "qcow2", &commands);
    };
    let plain = ["write -P 1 0 128k", "write -z 128k 64k", "write -P 2 1M 3k"];
    match base {
        Base::Plain | Base::Old => {
            let compat = if base == Base::Old {
                "compat=0.10"
            } else {
                "compat=1.1"
            };
            let path = create(compat, 4 * MIB);
            write(
                &path,
                if base == Base::Old {
                    &plain[..1]
                } else {
                    &plain
                },
            );
            path
        }
        Base::Narrow => {
            let path = create("cluster_size=512,refcount_bits=1", MIB);
            write(&path, &["write -P 1 0 200k", "write -P 2 700k 1k"]);
            path
        }
        Base::Wide => {
            let path = create("refcount_bits=64,extended_l2=on", 4 * MIB);
            write(
                &path,
                &["write -P 1 0 128k", "write -P 2 1M 3k", "write -z 0 2k"],
            );
            path
        }
        Base::Snapshots => {
            let path = create("", 4 * MIB);
            write(&path, &plain);
            succeed("qemu-img", ["snapshot", "-c", "one", text(&path)]);
            write(&path, &["write -P 3 64k 64k"]);
            succeed("qemu-img", ["snapshot", "-c", "two", text(&path)]);
            path
        }
        Base::Compressed => {
            let path = create("", 4 * MIB);
            write(
                &path,
                &[
                    "write -P 1 2M 64k",
                    "write -c -P 1 0 64k",
                    "write -c -P 2 64k 64k",
                ],
            );
            path
        }
        Base::Bitmap => {
            let path = create("", 4 * MIB);
            succeed("qemu-img", ["bitmap", "--add", text(&path), "changed"]);
            write(&path, &plain);
            path
        }
        Base::Encrypted => {
            let path = bench.path("disk.qcow2");
            let options = "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10";
            let secret = "secret,id=s,data=secret";
            let arguments = [
                "create", "-q", "-f", "qcow2", "--object", secret, "-o", options,
            ];
            succeed("qemu-img", arguments.into_iter().chain([text(&path), "4M"]));
            path
        }
        Base::Preallocated => create("preallocation=metadata", 4 * MIB),
        Base::DataFile => {
            let data = bench.path("disk.raw");
            let path = create(&format!("data_file={}", text(&data)), 4 * MIB);
            write(&path, &plain);
            path
        }
        Base::Large => {
            let path = create("cluster_size=4k", 64 * MIB);
            write(&path, &["write -P 1 0 24M", "write -P 2 60M 64k"]);
            path
        }
    }
}

/// What `qemu-img check` says, as JSON; keys it leaves away stand for zeros.
fn by_qemu(path: &Path) -> Value {
    let mut command = Command::new("qemu-img");
    command.args(["check", "--output=json"]);
    if Qcow2::read(path).bytes[35] == 0 {
        command.args(["-f", "qcow2", text(path)]);
    } else {
        let options = "driver=qcow2,encrypt.key-secret=s,file.filename";
        command.args(["--object", "secret,id=s,data=secret", "--image-opts"]);
        command.arg(format!("{options}={}", text(path)));
    }
    let outcome = run(&mut command);
    serde_json::from_str(&outcome.text()).unwrap_or_else(|_| panic!("{}", outcome.stderr))
}

fn check(path: &Path, arguments: &[&str]) -> (Outcome, Value) {
    let mut command = ovfkit();
    command
        .args(["disk", "check", "--json", text(path)])
        .args(arguments);
    let outcome = run(&mut command);
    let report = serde_json::from_slice(&outcome.stdout).unwrap_or_default();
    (outcome, report)
}

fn number(report: &Value, key: &str) -> u64 {
    report[key].as_u64().unwrap_or_default()
}

#[test]
fn what_qemu_makes_is_sound_and_counted_alike() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        &BASES,
        |base| format!("{base:?}"),
        |base| {
            let bench = Bench::new();
            let path = make(&bench, *base);
            let (outcome, report) = check(&path, &[]);
            assert_eq!(outcome.code, Some(0), "{report:#} {}", outcome.stderr);
            assert_eq!(report["findings"], Value::Array(Vec::new()));
            let expected = by_qemu(&path);
            for key in COUNTS {
                assert_eq!(number(&report, key), number(&expected, key), "{key}");
            }
        },
    );
}

/// How far a repair comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mended {
    /// Nothing is left, by freeing leaks.
    ByLeaks,
    /// Nothing is left, by all that is safe.
    ByAll,
    /// Something is left.
    Never,
}
use Mended::{ByAll, ByLeaks, Never};

/// A damage.
struct Damage {
    name: &'static str,
    base: Base,
    does: fn(&mut Qcow2),
    mended: Mended,
    /// Corruptions and leaks that are told, where they are others than QEMU's.
    told: Option<(u64, u64)>,
}

const fn damage(name: &'static str, base: Base, does: fn(&mut Qcow2), mended: Mended) -> Damage {
    let told = None;
    Damage {
        name,
        base,
        does,
        mended,
        told,
    }
}

const fn differs(name: &'static str, base: Base, does: fn(&mut Qcow2), told: (u64, u64)) -> Damage {
    let (mended, told) = (Never, Some(told));
    Damage {
        name,
        base,
        does,
        mended,
        told,
    }
}

/// Where the refcount table stands.
fn table(i: &Qcow2) -> u64 {
    i.get64(48)
}

/// Where the first refcount block stands.
fn block(i: &Qcow2) -> u64 {
    i.get64(table(i))
}

/// Makes the refcount of the cluster at `offset` this one, in clusters of 64 KiB and refcounts
/// of 16 bits.
fn set_refcount(i: &mut Qcow2, offset: u64, count: u16) {
    i.put(block(i) + offset / (64 * KIB) * 2, &count.to_be_bytes());
}

/// What QEMU does not tell of, and a repair mends.
const fn untold(name: &'static str, base: Base, does: fn(&mut Qcow2), told: (u64, u64)) -> Damage {
    Damage {
        mended: ByAll,
        ..differs(name, base, does, told)
    }
}

const DAMAGES: &[Damage] = &[
    // What is behind the end of the file reads as zeros to QEMU, and its check passes over it.
    // Here nobody reads it, since it may be what was lost with the end of the file.
    untold(
        "a last cluster that is cut in two",
        Base::Plain,
        |i| {
            let end = i.bytes.len() - 63 * 1024;
            i.bytes.truncate(end);
        },
        (1, 0),
    ),
    untold(
        "a last cluster of subclusters that is cut in two",
        Base::Wide,
        |i| {
            let end = i.bytes.len() - 1024;
            i.bytes.truncate(end);
        },
        (1, 0),
    ),
    untold(
        "a last cluster that a snapshot alone has, cut in two",
        Base::Snapshots,
        |i| {
            let l1 = i.get64(i.get64(64));
            let entry = (i.get64(l1) & !COPIED) + 8;
            let old = i.get64(entry) & !COPIED;
            let new = (i.bytes.len() as u64).next_multiple_of(64 * KIB);
            let end = usize::try_from(new).expect("a small file") + 1024;
            i.bytes.resize(end, 0xAA);
            i.put64(entry, new);
            set_refcount(i, old, 0);
            set_refcount(i, new, 1);
        },
        (1, 0),
    ),
    damage(
        "a refcount too high",
        Base::Plain,
        |i| {
            let data = i.data();
            set_refcount(i, data, 2);
        },
        ByLeaks,
    ),
    damage(
        "a refcount of what nothing uses",
        Base::Plain,
        |i| {
            let unused = i.bytes.len() as u64;
            i.bytes.extend(vec![0; 65536]);
            set_refcount(i, unused, 1);
        },
        ByLeaks,
    ),
    damage(
        "a table entry that is gone",
        Base::Plain,
        |i| i.put64(i.l2(), 0),
        ByLeaks,
    ),
    damage(
        "an L2 table that is gone",
        Base::Plain,
        |i| i.put64(i.l1(), 0),
        ByLeaks,
    ),
    damage(
        "a refcount too low",
        Base::Snapshots,
        |i| {
            let data = i.data();
            set_refcount(i, data, 1);
        },
        ByAll,
    ),
    damage(
        "a refcount of none",
        Base::Plain,
        |i| {
            let data = i.data();
            set_refcount(i, data, 0);
        },
        ByAll,
    ),
    damage(
        "the refcount of the header is none",
        Base::Plain,
        |i| set_refcount(i, 0, 0),
        ByAll,
    ),
    damage(
        "all refcounts are none",
        Base::Old,
        |i| {
            let at = block(i);
            i.put(at, &[0; 65536]);
        },
        ByAll,
    ),
    damage(
        "no refcount block",
        Base::Plain,
        |i| i.put64(table(i), 0),
        ByAll,
    ),
    damage(
        "no refcount block, of many",
        Base::Large,
        |i| i.put64(table(i) + 8, 0),
        ByAll,
    ),
    damage(
        "no refcount blocks at all",
        Base::Large,
        |i| {
            let at = table(i);
            i.put(at, &[0; 64]);
        },
        ByAll,
    ),
    damage(
        "a refcount block within a cluster",
        Base::Plain,
        |i| i.or64(table(i), 512),
        ByAll,
    ),
    damage(
        "a refcount block beyond the end",
        Base::Plain,
        |i| i.put64(table(i), 1 << 40),
        ByAll,
    ),
    damage(
        "reserved bits in the refcount table",
        Base::Plain,
        |i| i.or64(table(i), 1),
        ByAll,
    ),
    damage(
        "no COPIED bit",
        Base::Plain,
        |i| i.put64(i.l2(), i.data()),
        ByLeaks,
    ),
    damage(
        "a COPIED bit too many",
        Base::Snapshots,
        |i| i.or64(i.l2(), COPIED),
        ByLeaks,
    ),
    damage(
        "no COPIED bit in L1",
        Base::Plain,
        |i| i.put64(i.l1(), i.l2()),
        ByLeaks,
    ),
    damage(
        "two entries for one cluster",
        Base::Plain,
        |i| {
            let first = i.get64(i.l2());
            i.put64(i.l2() + 8, first);
        },
        ByAll,
    ),
    damage(
        "two entries for one cluster, and one bit to count",
        Base::Narrow,
        |i| {
            let first = i.get64(i.l2());
            i.put64(i.l2() + 8, first);
        },
        Never,
    ),
    damage(
        "an L2 entry with reserved bits",
        Base::Plain,
        |i| i.or64(i.l2(), 2),
        Never,
    ),
    damage(
        "an L1 entry with reserved bits",
        Base::Plain,
        |i| i.or64(i.l1(), 1),
        Never,
    ),
    damage(
        "data within a cluster",
        Base::Plain,
        |i| i.or64(i.l2(), 512),
        Never,
    ),
    damage(
        "data beyond the end",
        Base::Plain,
        |i| i.put64(i.l2(), COPIED | 1 << 40),
        Never,
    ),
    damage(
        "an L2 table beyond the end",
        Base::Plain,
        |i| i.put64(i.l1(), COPIED | 1 << 40),
        Never,
    ),
    damage(
        "a file that was cut",
        Base::Plain,
        |i| {
            let length = i.bytes.len() as u64;
            i.truncate(length - 65536);
        },
        Never,
    ),
    damage(
        "a compressed cluster with a COPIED bit",
        Base::Compressed,
        |i| i.or64(i.l2(), COPIED),
        Never,
    ),
    damage(
        "a compressed cluster beyond the end",
        Base::Compressed,
        |i| {
            let entry = i.get64(i.l2());
            i.put64(i.l2(), entry | 1 << 40);
        },
        Never,
    ),
    damage(
        "subclusters stored and zero",
        Base::Wide,
        |i| i.put64(i.l2() + 8, u64::MAX),
        Never,
    ),
    damage(
        "subclusters of no cluster",
        Base::Wide,
        |i| {
            let at = i.l2() + 16 * 40;
            i.put64(at + 8, 1);
        },
        Never,
    ),
    // QEMU ends at once, without counts.
    differs(
        "a bitmap's table with reserved bits",
        Base::Bitmap,
        |i| {
            let at = bitmap_table(i);
            i.or64(at, 1 << 60);
        },
        (1, 1),
    ),
    damage(
        "bitmaps that are not consistent",
        Base::Bitmap,
        |i| i.put64(88, 0),
        ByLeaks,
    ),
    damage(
        "a snapshot's L1 table beyond the end",
        Base::Snapshots,
        |i| {
            let at = i.snapshots();
            i.put64(at, 1 << 40);
        },
        Never,
    ),
    // Version 2 has no such bit, and QEMU reads such a cluster as an error.
    differs(
        "a zero cluster in version 2",
        Base::Old,
        |i| i.or64(i.l2(), 1),
        (1, 0),
    ),
    // QEMU takes what stands there for a table and counts what it seems to lead to; here
    // what two things claim is not followed.
    differs(
        "an L2 table over the refcount table",
        Base::Plain,
        |i| {
            let at = table(i);
            i.put64(i.l1(), COPIED | at);
        },
        (1, 4),
    ),
    // The same, but the refcounts agree with what is wrong, so QEMU finds nothing.
    differs(
        "data over a table, as the refcounts have it",
        Base::Plain,
        |i| {
            let (l1, data) = (i.l1(), i.data());
            i.put64(i.l2(), l1);
            set_refcount(i, l1, 2);
            set_refcount(i, data, 0);
        },
        (1, 0),
    ),
    // QEMU reads a table from within a cluster; no reader does.
    differs(
        "an L2 table within a cluster",
        Base::Plain,
        |i| i.or64(i.l1(), 512),
        (1, 4),
    ),
];

/// Where the table of the first bitmap stands.
fn bitmap_table(i: &Qcow2) -> u64 {
    let magic = 0x2385_2875_u32.to_be_bytes();
    let at = i
        .bytes
        .windows(4)
        .position(|bytes| bytes == magic)
        .expect("the extension");
    let directory = i.get64(at as u64 + 8 + 16);
    i.get64(directory)
}

#[test]
fn damage_is_counted_as_qemu_counts_it_and_mended() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        DAMAGES,
        |it| it.name.to_owned(),
        |it| {
            let bench = Bench::new();
            let path = make(&bench, it.base);
            let mut image = Qcow2::read(&path);
            (it.does)(&mut image);
            image.write(&path);
            let (outcome, report) = check(&path, &[]);
            let found = (number(&report, "corruptions"), number(&report, "leaks"));
            let expected = it.told.unwrap_or_else(|| {
                let expected = by_qemu(&path);
                (number(&expected, "corruptions"), number(&expected, "leaks"))
            });
            assert_eq!(found, expected, "{report:#}");
            let code = if found.0 > 0 { exit::INVALID } else { LEAKS };
            assert_eq!(outcome.code, Some(code));
            assert!(
                report["findings"]
                    .as_array()
                    .is_some_and(|told| !told.is_empty())
            );
            assert_eq!(
                fs::read(&path).expect("an image"),
                image.bytes,
                "a check writes nothing"
            );
            mend(&path, it);
        },
    );
}

/// Repairs the damaged image at `path`; what it holds stays.
fn mend(path: &Path, it: &Damage) {
    let (damaged, found) = (fs::read(path).expect("an image"), check(path, &[]).1);
    let levels: &[(&str, bool)] = match it.mended {
        ByLeaks => &[("leaks", true), ("all", true)],
        ByAll => &[("leaks", false), ("all", true)],
        Never => &[("leaks", false), ("all", false)],
    };
    for (level, mends) in levels {
        fs::write(path, &damaged).expect("room for an image");
        let before = mends.then(|| flattened(path, "qcow2", &[]));
        let (outcome, report) = check(path, &["--repair", level]);
        assert_eq!(
            outcome.code == Some(0),
            *mends,
            "{level}: {report:#} {}",
            outcome.stderr
        );
        let left = fs::read_dir(path.parent().expect("a directory")).expect("a list");
        assert!(
            left.flatten()
                .all(|entry| !entry.file_name().to_string_lossy().contains("journal"))
        );
        let Some(before) = before else {
            let left = number(&report, "corruptions") + number(&report, "leaks");
            let was = number(&found, "corruptions") + number(&found, "leaks");
            assert!(left <= was, "{level}: {report:#}");
            continue;
        };
        let fixed = ["corruptions", "leaks"].map(|key| {
            (
                number(&report, &format!("{key}-fixed")),
                number(&found, key),
            )
        });
        assert!(fixed.iter().all(|(fixed, was)| fixed == was), "{report:#}");
        let verdict = succeed("qemu-img", ["check", "-f", "qcow2", text(path)]);
        assert!(verdict.contains("No errors were found"), "{verdict}");
        assert!(
            before == flattened(path, "qcow2", &[]),
            "{level}: the content changed"
        );
    }
}

#[test]
fn a_dirty_image_is_clean_after_a_repair() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("disk.qcow2", "lazy_refcounts=on", 4 * MIB);
    // The program ends before it writes refcounts.
    let mut command = Command::new("qemu-io");
    command.args([
        "-f",
        "qcow2",
        "-c",
        "write -P 5 0 256k",
        "-c",
        "abort",
        text(&path),
    ]);
    run(&mut command);
    let (outcome, report) = check(&path, &[]);
    assert_eq!(outcome.code, Some(exit::INVALID), "{report:#}");
    let expected = by_qemu(&path);
    for key in ["corruptions", "leaks"] {
        assert_eq!(number(&report, key), number(&expected, key), "{key}");
    }
    let note = report["findings"].to_string();
    assert!(note.contains("dirty bit"), "{note}");
    let before = flattened(&path, "qcow2", &[]);
    let (outcome, report) = check(&path, &["--repair", "all"]);
    assert_eq!(outcome.code, Some(0), "{report:#}");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    assert_eq!(Qcow2::read(&path).get64(72) & 1, 0);
    succeed("qemu-img", ["check", "-f", "qcow2", text(&path)]);
    assert!(before == flattened(&path, "qcow2", &[]));
    // It can be written to, and stays right.
    qemu_io(&path, "qcow2", &["write -P 6 1M 1M".to_owned()]);
    succeed("qemu-img", ["check", "-f", "qcow2", text(&path)]);
}

#[test]
fn what_a_machine_has_open_is_not_repaired() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = make(&bench, Base::Plain);
    let mut image = Qcow2::read(&path);
    image.put64(image.l2(), 0);
    image.write(&path);
    let mut holder = Command::new("qemu-io")
        .args(["-f", "qcow2", text(&path)])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("qemu-io runs");
    // Its prompt says that the image is open.
    let mut prompt = [0; 8];
    std::io::Read::read_exact(holder.stdout.as_mut().expect("piped"), &mut prompt)
        .expect("a prompt");
    let (outcome, _) = check(&path, &["--repair", "leaks"]);
    drop(holder.stdin.take());
    holder.wait().expect("an end");
    assert_eq!(outcome.code, Some(exit::DENIED), "{}", outcome.stderr);
    assert!(
        outcome
            .stderr
            .contains("another program has the image open"),
        "{}",
        outcome.stderr
    );
    assert_eq!(check(&path, &["--repair", "leaks"]).0.code, Some(0));
}

/// Images that claim much are checked in little time and memory.
#[test]
fn hostile_images_are_bounded() {
    let bench = Bench::new();
    let within = |path: &Path| {
        let mut command = ovfkit_within(400);
        let outcome = run(command.args(["disk", "check", "--json", text(path)]));
        assert!(outcome.elapsed.as_secs() < 20, "{:?}", outcome.elapsed);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        outcome
    };
    // A header of clusters of 512 bytes in a file that is large and empty.
    let mut head = vec![0; 104];
    for (at, value) in [(4, 3_u32), (20, 9), (36, 1), (56, 1), (96, 4), (100, 104)] {
        head[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    head[..4].copy_from_slice(b"QFI\xfb");
    head[40..48].copy_from_slice(&512_u64.to_be_bytes());
    head[48..56].copy_from_slice(&1024_u64.to_be_bytes());
    let sparse = |name: &str, length| {
        let path = bench.write(name, &head);
        let file = fs::File::options().write(true).open(&path).expect("a file");
        file.set_len(length).expect("a sparse file");
        path
    };
    let outcome = within(&sparse("large.qcow2", 1 << 37));
    assert_eq!(outcome.code, Some(exit::INVALID), "{}", outcome.stderr);
    let outcome = within(&sparse("larger.qcow2", 1 << 42));
    assert_eq!(outcome.code, Some(exit::LIMIT), "{}", outcome.stderr);
    // Snapshots without number, all with the same large L1 table, each entry of which leads to
    // the same L2 table, each entry of which leads to the same cluster.
    let mut image = Qcow2 {
        bytes: vec![0; 8 << 20],
    };
    image.put(0, &head);
    image.put32(60, 65_536);
    image.put64(64, 4 << 20);
    for snapshot in 0..65_536 {
        let at = (4 << 20) + snapshot * 56;
        image.put64(at, 1 << 20);
        image.put32(at + 8, 1 << 18);
        image.put32(at + 36, 16);
    }
    for entry in 0..1 << 18 {
        image.put64((1 << 20) + entry * 8, 2048);
    }
    for entry in 0..64 {
        image.put64(2048 + entry * 8, 4096);
    }
    image.put64(512, 2048);
    let path = bench.path("loops.qcow2");
    image.write(&path);
    let outcome = within(&path);
    assert_eq!(outcome.code, Some(exit::INVALID), "{}", outcome.stderr);
    let report: Value = serde_json::from_slice(&outcome.stdout).expect("a report");
    assert!(
        report["findings"]
            .as_array()
            .is_some_and(|told| told.len() <= 100)
    );
    assert!(number(&report, "findings-left-out") > 0);
}
