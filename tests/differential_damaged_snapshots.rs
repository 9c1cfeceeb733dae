//! Images with a damaged table of internal snapshots. QEMU opens none of those
//! whose table it cannot read, whether a snapshot is asked for or not.

mod support;

use support::exit::{INVALID, LIMIT, USAGE};
use support::refusal::{Base, Case, all, at, case, with};

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
