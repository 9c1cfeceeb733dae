//! Images damaged in what opening reads: the header, the names and extensions
//! behind it. Each is refused with its reason.

mod support;

use support::exit::{INVALID, LIMIT, UNSUPPORTED};
use support::refusal::{Base, Case, all, at, case, with};

const HEADER: &[Case] = &[
    case(
        "another magic",
        Base::Plain,
        |i| i.put(0, b"QFI\xfa"),
        UNSUPPORTED,
        "neither content nor name",
    ),
    with(
        &["--input-format", "qcow2"],
        case(
            "another magic, asked for as qcow2",
            Base::Plain,
            |i| i.put(0, b"QFI\xfa"),
            INVALID,
            "no qcow2 image",
        ),
    ),
    case(
        "version 0",
        Base::Plain,
        |i| i.put32(at::VERSION, 0),
        UNSUPPORTED,
        "version 0",
    ),
    case(
        "version 1",
        Base::Plain,
        |i| i.put32(at::VERSION, 1),
        UNSUPPORTED,
        "version 1",
    ),
    case(
        "version 4",
        Base::Plain,
        |i| i.put32(at::VERSION, 4),
        UNSUPPORTED,
        "version 4",
    ),
    case(
        "cluster_bits 0",
        Base::Plain,
        |i| i.put32(at::CLUSTER_BITS, 0),
        INVALID,
        "cluster_bits is 0",
    ),
    case(
        "cluster_bits 8",
        Base::Plain,
        |i| i.put32(at::CLUSTER_BITS, 8),
        INVALID,
        "cluster_bits is 8",
    ),
    case(
        "cluster_bits 22",
        Base::Plain,
        |i| i.put32(at::CLUSTER_BITS, 22),
        INVALID,
        "cluster_bits is 22",
    ),
    case(
        "cluster_bits 63",
        Base::Plain,
        |i| i.put32(at::CLUSTER_BITS, 63),
        INVALID,
        "cluster_bits is 63",
    ),
    case(
        "cluster_bits 2^32-1",
        Base::Old,
        |i| i.put32(at::CLUSTER_BITS, u32::MAX),
        INVALID,
        "cluster_bits is",
    ),
    case(
        "header_length 0",
        Base::Plain,
        |i| i.put32(at::HEADER_LENGTH, 0),
        INVALID,
        "header_length is 0",
    ),
    case(
        "header_length 103",
        Base::Plain,
        |i| i.put32(at::HEADER_LENGTH, 103),
        INVALID,
        "header_length is 103",
    ),
    case(
        "header_length over a cluster",
        Base::Plain,
        |i| i.put32(at::HEADER_LENGTH, 65537),
        INVALID,
        "header_length is 65537",
    ),
    case(
        "header_length huge",
        Base::Plain,
        |i| i.put32(at::HEADER_LENGTH, u32::MAX),
        INVALID,
        "header_length is",
    ),
    case(
        "l1_size 0",
        Base::Plain,
        |i| i.put32(at::L1_SIZE, 0),
        INVALID,
        "l1_size is 0",
    ),
    case(
        "l1_size over 32 MiB",
        Base::Plain,
        |i| i.put32(at::L1_SIZE, (4 << 20) + 1),
        LIMIT,
        "L1 table would take",
    ),
    case(
        "l1_size huge",
        Base::Plain,
        |i| i.put32(at::L1_SIZE, u32::MAX),
        LIMIT,
        "L1 table would take",
    ),
    case(
        "l1_size over the file's end",
        Base::Plain,
        |i| i.put32(at::L1_SIZE, 4 << 20),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "a size the L1 table is too small for",
        Base::Plain,
        |i| i.put64(at::SIZE, 1 << 40),
        INVALID,
        "l1_size is 1",
    ),
    case(
        "a size of 2^64-1",
        Base::Plain,
        |i| i.put64(at::SIZE, u64::MAX),
        INVALID,
        "l1_size is 1",
    ),
    case(
        "a size of 0",
        Base::Plain,
        |i| i.put64(at::SIZE, 0),
        INVALID,
        "size of 0 bytes",
    ),
    case(
        "an L1 table within a cluster",
        Base::Plain,
        |i| i.put64(at::L1, i.l1() + 512),
        INVALID,
        "L1 table at offset",
    ),
    case(
        "an L1 table at an odd byte",
        Base::Plain,
        |i| i.put64(at::L1, i.l1() + 1),
        INVALID,
        "L1 table at offset",
    ),
    case(
        "an L1 table past the end",
        Base::Plain,
        |i| i.put64(at::L1, 1 << 40),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "an L1 table at the end of numbers",
        Base::Plain,
        |i| i.put64(at::L1, 0xFFFF_FFFF_FFFF_0000),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "a refcount table within a cluster",
        Base::Plain,
        |i| i.put64(at::REFCOUNTS, 65536 + 8),
        INVALID,
        "refcount table at offset",
    ),
    case(
        "a refcount table past the end",
        Base::Plain,
        |i| i.put64(at::REFCOUNTS, 1 << 62),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "a refcount table of no clusters",
        Base::Plain,
        |i| i.put32(at::REFCOUNT_CLUSTERS, 0),
        INVALID,
        "refcount_table_clusters is 0",
    ),
    case(
        "a refcount table of many clusters",
        Base::Plain,
        |i| i.put32(at::REFCOUNT_CLUSTERS, 129),
        LIMIT,
        "refcount table would take",
    ),
    case(
        "a refcount table of 2^32-1 clusters",
        Base::Plain,
        |i| i.put32(at::REFCOUNT_CLUSTERS, u32::MAX),
        LIMIT,
        "refcount table would take",
    ),
    case(
        "refcount_order 7",
        Base::Plain,
        |i| i.put32(at::REFCOUNT_ORDER, 7),
        INVALID,
        "refcount_order is 7",
    ),
    case(
        "refcount_order 2^32-1",
        Base::Plain,
        |i| i.put32(at::REFCOUNT_ORDER, u32::MAX),
        INVALID,
        "refcount_order is",
    ),
    case(
        "a snapshot table within a cluster, of no entries",
        Base::Plain,
        |i| i.put64(at::SNAPSHOT_TABLE, 512),
        INVALID,
        "snapshot table at offset",
    ),
    case(
        "encryption method 3",
        Base::Plain,
        |i| i.put32(at::CRYPT, 3),
        INVALID,
        "crypt_method is 3",
    ),
    case(
        "a feature nobody named",
        Base::Plain,
        |i| i.or64(at::INCOMPATIBLE, 1 << 5),
        UNSUPPORTED,
        "bit 5",
    ),
    case(
        "the last feature",
        Base::Plain,
        |i| i.or64(at::INCOMPATIBLE, 1 << 63),
        UNSUPPORTED,
        "bit 63",
    ),
    case(
        "a feature the image names",
        Base::Plain,
        |i| {
            // The first record of the table becomes one for bit 40.
            i.put(at::EXTENSION + 8, b"\x00\x28quantum clusters\0");
            i.or64(at::INCOMPATIBLE, 1 << 40);
        },
        UNSUPPORTED,
        "`quantum clusters` (bit 40)",
    ),
    case(
        "zstd announced, deflate stated",
        Base::Plain,
        |i| i.or64(at::INCOMPATIBLE, 1 << 3),
        INVALID,
        "disagree",
    ),
    case(
        "zstd stated, not announced",
        Base::Plain,
        |i| i.put(at::COMPRESSION, &[1]),
        INVALID,
        "disagree",
    ),
    case(
        "zstd announced, in a header without the field",
        Base::Plain,
        |i| {
            i.or64(at::INCOMPATIBLE, 1 << 3);
            i.put32(at::HEADER_LENGTH, 104);
            i.put64(104, 0);
        },
        INVALID,
        "disagree",
    ),
    case(
        "a compression nobody knows",
        Base::Zstd,
        |i| i.put(at::COMPRESSION, &[2]),
        UNSUPPORTED,
        "compression type 2",
    ),
    case(
        "subclusters in clusters of 4 KiB",
        Base::Small,
        |i| i.or64(at::INCOMPATIBLE, 1 << 4),
        INVALID,
        "extended L2 entries need",
    ),
    case(
        "a data file without a name",
        Base::Plain,
        |i| i.or64(at::INCOMPATIBLE, 1 << 2),
        INVALID,
        "does not name it",
    ),
    case(
        "cut off in the magic",
        Base::Plain,
        |i| i.truncate(3),
        UNSUPPORTED,
        "neither content nor name",
    ),
    case(
        "cut off in the old header",
        Base::Plain,
        |i| i.truncate(71),
        INVALID,
        "71 bytes long",
    ),
    case(
        "cut off in the new header",
        Base::Plain,
        |i| i.truncate(103),
        INVALID,
        "103 bytes long",
    ),
    case(
        "cut off behind the header",
        Base::Plain,
        |i| i.truncate(112),
        INVALID,
        "beyond the end of the file",
    ),
];

const NAMES: &[Case] = &[
    case(
        "a backing name beyond the cluster",
        Base::Plain,
        |i| {
            i.put64(at::BACKING_OFFSET, 65537);
            i.put32(at::BACKING_SIZE, 10);
        },
        INVALID,
        "backing_file_offset is 65537",
    ),
    case(
        "a backing name at the end of numbers",
        Base::Plain,
        |i| {
            i.put64(at::BACKING_OFFSET, u64::MAX - 5);
            i.put32(at::BACKING_SIZE, 10);
        },
        INVALID,
        "backing_file_offset is",
    ),
    case(
        "a backing name of 1024 bytes",
        Base::Plain,
        |i| {
            i.put64(at::BACKING_OFFSET, 1024);
            i.put32(at::BACKING_SIZE, 1024);
        },
        INVALID,
        "backing_file_size is 1024",
    ),
    case(
        "a backing name of 2^32-1 bytes",
        Base::Plain,
        |i| {
            i.put64(at::BACKING_OFFSET, 1024);
            i.put32(at::BACKING_SIZE, u32::MAX);
        },
        INVALID,
        "backing_file_size is",
    ),
    case(
        "a backing name over the cluster's end",
        Base::Plain,
        |i| {
            i.put64(at::BACKING_OFFSET, 65530);
            i.put32(at::BACKING_SIZE, 100);
        },
        INVALID,
        "backing_file_size is 100",
    ),
    case(
        "a backing name that is no text",
        Base::Overlay,
        |i| {
            let name = i.get64(at::BACKING_OFFSET);
            i.put(name, b"\xFF\xFE");
        },
        INVALID,
        "not UTF-8",
    ),
    case(
        "an extension over the cluster's end",
        Base::Plain,
        |i| i.put32(at::EXTENSION + 4, 65536 - 119),
        INVALID,
        "header extension at offset 112",
    ),
    case(
        "an extension of 2^31-1 bytes",
        Base::Plain,
        |i| i.put32(at::EXTENSION + 4, i32::MAX as u32),
        INVALID,
        "header extension at offset 112",
    ),
    case(
        "an extension of 2^32-1 bytes",
        Base::Plain,
        |i| i.put32(at::EXTENSION + 4, u32::MAX),
        INVALID,
        "header extension at offset 112",
    ),
    case(
        "an extension over the backing name",
        Base::Overlay,
        |i| {
            let name = u32::try_from(i.get64(at::BACKING_OFFSET)).expect("in the first cluster");
            i.put32(at::EXTENSION + 4, name);
        },
        INVALID,
        "header extension at offset 112",
    ),
    case(
        "a backing format of 16 bytes",
        Base::Overlay,
        |i| {
            i.put32(at::EXTENSION, 0xE279_2ACA);
            i.put32(at::EXTENSION + 4, 16);
        },
        INVALID,
        "header extension at offset 112",
    ),
];

#[test]
fn damaged_headers() {
    all(HEADER);
}

#[test]
fn damaged_names_and_extensions() {
    all(NAMES);
}
