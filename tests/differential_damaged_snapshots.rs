//! Images with a damaged table of internal snapshots. QEMU opens none of those
//! whose table it cannot read, whether a snapshot is asked for or not.

mod support;

use support::bench::Bench;
use support::exit::{INVALID, LIMIT, USAGE};
use support::qcow2::Qcow2;
use support::refusal::{Base, Case, MEMORY, all, at, case, refused, with};
use support::run::{ovfkit_within, run};
use support::{MIB, tools};

const SNAPSHOTS: &[Case] = &[
    case(
        "a snapshot table within a cluster",
        Base::Snapshot,
        |i| i.put64(at::SNAPSHOT_TABLE, i.snapshots() + 8),
        INVALID,
        "snapshot table at offset",
    ),
    case(
        "65537 snapshots",
        Base::Snapshot,
        |i| i.put32(at::SNAPSHOTS, 65537),
        LIMIT,
        "65537 snapshots",
    ),
    case(
        "2^32-1 snapshots",
        Base::Snapshot,
        |i| i.put32(at::SNAPSHOTS, u32::MAX),
        LIMIT,
        "snapshots; at most",
    ),
    case(
        "65536 snapshots in a table of one",
        Base::Snapshot,
        |i| i.put32(at::SNAPSHOTS, 65536),
        INVALID,
        "the snapshot table at offset",
    ),
    case(
        "a snapshot table past the end",
        Base::Snapshot,
        |i| i.put64(at::SNAPSHOT_TABLE, 1 << 40),
        INVALID,
        "the snapshot table at offset",
    ),
    case(
        "a snapshot table at the end of numbers",
        Base::Snapshot,
        |i| i.put64(at::SNAPSHOT_TABLE, 0xFFFF_FFFF_FFFF_0000),
        INVALID,
        "the snapshot table at offset",
    ),
    case(
        "a snapshot with 1025 bytes of extra data",
        Base::Snapshot,
        |i| i.put32(i.snapshots() + 36, 1025),
        INVALID,
        "1025 bytes of extra data",
    ),
    case(
        "a snapshot with 2^32-1 bytes of extra data",
        Base::Snapshot,
        |i| i.put32(i.snapshots() + 36, u32::MAX),
        INVALID,
        "extra data",
    ),
    with(
        &["--snapshot", "s"],
        case(
            "a snapshot's L1 table within a cluster",
            Base::Snapshot,
            |i| i.put64(i.snapshots(), i.l1() + 8),
            INVALID,
            "L1 table at offset",
        ),
    ),
    with(
        &["--snapshot", "s"],
        case(
            "a snapshot's L1 table past the end",
            Base::Snapshot,
            |i| i.put64(i.snapshots(), 1 << 40),
            INVALID,
            "beyond the end of the file",
        ),
    ),
    with(
        &["--snapshot", "s"],
        case(
            "a snapshot's L1 table huge",
            Base::Snapshot,
            |i| i.put32(i.snapshots() + 8, u32::MAX),
            LIMIT,
            "L1 table would take",
        ),
    ),
    with(
        &["--snapshot", "s"],
        case(
            "a snapshot's L1 table empty",
            Base::Snapshot,
            |i| i.put32(i.snapshots() + 8, 0),
            INVALID,
            "l1_size is 0",
        ),
    ),
    with(
        &["--snapshot", "s"],
        case(
            "a snapshot larger than its table",
            Base::Snapshot,
            |i| i.put64(i.snapshots() + 48, 1 << 50),
            INVALID,
            "l1_size is 1",
        ),
    ),
    with(
        &["--snapshot", "s"],
        case(
            "a snapshot of no bytes",
            Base::Snapshot,
            |i| i.put64(i.snapshots() + 48, 0),
            INVALID,
            "size of 0 bytes",
        ),
    ),
    with(
        &["--snapshot", "t"],
        case(
            "a snapshot there is not",
            Base::Snapshot,
            |_| {},
            USAGE,
            "no snapshot `t`",
        ),
    ),
    with(
        &["--snapshot", "t"],
        case(
            "a snapshot where there are none",
            Base::Plain,
            |_| {},
            USAGE,
            "no snapshot `t`",
        ),
    ),
];

#[test]
fn damaged_snapshots() {
    all(SNAPSHOTS);
}

/// The largest table QEMU reads, of names as long as they can be told: neither
/// memory nor the message grows with it.
#[test]
fn a_table_of_endless_names() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("image.qcow2", "", MIB);
    let mut image = Qcow2::read(&path);
    let (count, l1) = (500, image.l1());
    image.put32(at::SNAPSHOTS, count);
    image.put64(at::SNAPSHOT_TABLE, MIB);
    image.bytes.resize(1 << 20, 0);
    let mut entry = vec![0; 56];
    entry[..8].copy_from_slice(&l1.to_be_bytes());
    entry[11] = 1;
    // Lengths of id, of name and of extra data, whose size is the disk's.
    entry[12..16].fill(0xFF);
    entry[39] = 16;
    entry[48..56].copy_from_slice(&MIB.to_be_bytes());
    // What is no UTF-8 takes three bytes for each when it is made text.
    entry.resize(56 + 2 * 65535, 0xFF);
    entry.resize(entry.len().next_multiple_of(8), 0);
    for _ in 0..count {
        image.bytes.extend(&entry);
    }
    image.write(&path);
    refused(&bench, &path, &["--snapshot", "s"], USAGE, "and 484 more");
    let told = bench.fail(&path, &["--snapshot", "s"]).stderr;
    assert!(told.len() < 16 << 10, "{} bytes of message", told.len());
    let mut pack = ovfkit_within(MEMORY);
    pack.arg("pack")
        .arg(&path)
        .arg("-o")
        .arg(bench.path("vm.ova"));
    let packed = run(&mut pack);
    assert!(packed.succeeded(), "{}", packed.stderr);
}
