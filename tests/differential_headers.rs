//! Images that are unusual but fine, or marked as doubtful: each is packed, and
//! holds what qemu-img reads.

mod support;

use std::path::PathBuf;

use support::bench::{Bench, Packed, qemu_io, text};
use support::qcow2::Qcow2;
use support::run::succeed;
use support::{MIB, parallel, tools};

/// A change to an image, and what it makes of it.
struct Case {
    name: &'static str,
    options: &'static str,
    /// Whether the image is compressed.
    compressed: bool,
    change: fn(&mut Qcow2),
    /// A phrase of the warning there has to be.
    warning: Option<&'static str>,
}

const fn fine(name: &'static str, options: &'static str, change: fn(&mut Qcow2)) -> Case {
    Case {
        name,
        options,
        compressed: false,
        change,
        warning: None,
    }
}

const fn compressed(name: &'static str, options: &'static str, change: fn(&mut Qcow2)) -> Case {
    Case {
        compressed: true,
        ..fine(name, options, change)
    }
}

const fn doubtful(name: &'static str, change: fn(&mut Qcow2), warning: &'static str) -> Case {
    Case {
        warning: Some(warning),
        ..fine(name, "", change)
    }
}

const INCOMPATIBLE: u64 = 72;
const COMPATIBLE: u64 = 80;
const AUTOCLEAR: u64 = 88;
const HEADER_LENGTH: u64 = 100;

const CASES: &[Case] = &[
    fine("unknown compatible features", "", |image| {
        image.or64(COMPATIBLE, 0xFFFF_FFFF_FFFF_FFFE);
    }),
    fine("unknown autoclear features", "", |image| {
        image.or64(AUTOCLEAR, 0xFFFF_FFFF_FFFF_FFFC);
    }),
    doubtful(
        "marked as dirty",
        |image| image.or64(INCOMPATIBLE, 1),
        "not closed cleanly",
    ),
    doubtful(
        "marked as corrupt",
        |image| image.or64(INCOMPATIBLE, 2),
        "marked as corrupt",
    ),
    fine("a header of 104 bytes", "", |image| {
        move_extensions(image, 104);
    }),
    fine("a header of 120 bytes, the new ones unknown", "", |image| {
        move_extensions(image, 120);
        image.put64(112, 0xDEAD_BEEF_DEAD_BEEF);
    }),
    fine("a header of 4 KiB", "", |image| {
        move_extensions(image, 4096);
    }),
    fine(
        "a header as long as its cluster, of 512 bytes",
        "cluster_size=512",
        |image| {
            image.put32(HEADER_LENGTH, 512);
        },
    ),
    fine("version 2 with extensions", "compat=0.10", |image| {
        image.put32(72, 0x0BAD_CAFE);
        image.put32(76, 5);
        image.put(80, b"hello");
        image.put32(88, 0xE279_2ACA);
        image.put32(92, 5);
        image.put(96, b"qcow2");
        image.put32(104, 0);
    }),
    fine("an extension of no bytes", "", |image| {
        image.put32(112, 0x0BAD_CAFE);
        image.put32(116, 0);
        image.put64(120, 0);
    }),
    fine("an extension without padding before the end", "", |image| {
        image.put32(112, 0x0BAD_CAFE);
        image.put32(116, 65536 - 120);
    }),
    fine("reserved bits of L1 and L2 entries", "", |image| {
        // The specification has them at zero; QEMU reads such images, and only
        // its check reports them.
        let (l1, l2) = (image.l1(), image.l2());
        image.or64(l1, 0x7F00_0000_0000_01FF);
        image.or64(l2, 0x3F00_0000_0000_01FE);
    }),
    fine("entries without the COPIED bit", "", |image| {
        for at in [image.l1(), image.l2()] {
            let entry = image.get64(at);
            image.put64(at, entry & !(1 << 63));
        }
    }),
    fine("no L2 table although there was one", "", |image| {
        let at = image.l1();
        image.put64(at, 0);
    }),
    fine(
        "two guest clusters that share one of the file",
        "",
        |image| {
            let at = image.l2();
            let entry = image.get64(at);
            image.put64(at + 8, entry);
        },
    ),
    fine("a guest cluster that shows its own table", "", |image| {
        let at = image.l2();
        image.put64(at, at | 1 << 63);
    }),
    fine("a table larger than the disk needs", "", |image| {
        // The table's cluster has room for more, all zero.
        image.put32(36, 512);
    }),
    fine("clusters behind the disk's end", "", |image| {
        let at = image.l2() + 16 * 8;
        image.put64(at, 0xFFFF_FFFF_FFFF_FFFF);
    }),
    compressed("a compressed length far too large", "", |image| {
        let at = image.l2();
        image.or64(at, 0xFF << 54);
    }),
    compressed("the file's end is the last stream's end", "", |image| {
        let last = image
            .bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .expect("some data");
        image.bytes.truncate(last + 1);
    }),
    compressed(
        "subcluster bits of a compressed cluster",
        "extended_l2=on",
        |image| {
            let at = image.l2() + 8;
            image.put64(at, 0xFFFF_FFFF_FFFF_FFFF);
        },
    ),
    fine(
        "a zero cluster whose old data lies past the end",
        "",
        |image| {
            let at = image.l2();
            image.put64(at, 0x0000_7FFF_FFFF_0000 | 1);
        },
    ),
];

/// Moves the extensions from byte 112 to where a header of `length` ends.
fn move_extensions(image: &mut Qcow2, length: u32) {
    let extensions = image.bytes[112..512].to_vec();
    image.bytes[104..512].fill(0);
    image.put(length.into(), &extensions);
    image.put32(HEADER_LENGTH, length);
}

fn make(bench: &Bench, case: &Case) -> PathBuf {
    let plain = bench.create(
        "plain.qcow2",
        if case.compressed { "" } else { case.options },
        MIB,
    );
    qemu_io(
        &plain,
        "qcow2",
        &[
            "write -q -P 1 0 100k".to_owned(),
            "write -q -P 2 300k 100k".to_owned(),
        ],
    );
    let image = bench.path("image.qcow2");
    if case.compressed {
        let mut arguments = vec!["convert", "-c", "-f", "qcow2", "-O", "qcow2"];
        if !case.options.is_empty() {
            arguments.extend(["-o", case.options]);
        }
        arguments.extend([text(&plain), text(&image)]);
        succeed("qemu-img", arguments);
    } else {
        std::fs::copy(&plain, &image).expect("room for a copy");
    }
    let mut changed = Qcow2::read(&image);
    (case.change)(&mut changed);
    changed.write(&image);
    image
}

#[test]
fn unusual_images_are_packed() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        CASES,
        |case| case.name.to_owned(),
        |case| {
            let bench = Bench::new();
            let image = make(&bench, case);
            let packed = bench.pack(&image, &[]);
            packed.assert_same_as(&image, "qcow2");
            packed.assert_comes_back(&image, "qcow2", &["raw"]);
            assert_warning(&packed, case.warning);
        },
    );
}

fn assert_warning(packed: &Packed, warning: Option<&str>) {
    match warning {
        None => assert!(!packed.has_warnings(), "{}", packed.stderr),
        Some(phrase) => {
            let told = packed
                .stderr
                .lines()
                .filter(|line| line.starts_with("warning: "));
            assert_eq!(
                told.filter(|line| line.contains(phrase)).count(),
                1,
                "{}",
                packed.stderr
            );
        }
    }
}

/// Bytes of a disk behind its last whole sector: QEMU rounds such a size down
/// and shows the guest none of them. The specification counts the size in bytes
/// and says nothing of rounding, so ovfkit keeps them and fills up the sector:
/// what QEMU shows stays, and nothing that was stored is lost.
const QEMU_ROUNDS_DOWN: u64 = 100;

#[test]
fn a_size_of_no_whole_sectors_is_rounded_up() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = bench.create("image.qcow2", "", MIB);
    qemu_io(&image, "qcow2", &["write -q -P 1 0 100k".to_owned()]);
    let mut changed = Qcow2::read(&image);
    changed.put64(24, 512 * 1024 + QEMU_ROUNDS_DOWN);
    changed.write(&image);
    let packed = bench.pack(&image, &[]);
    // qemu-img compares as far as both reach, and wants zeros from there on.
    assert_eq!(packed.capacity(), 512 * 1024 + 512);
    packed.assert_same_as(&image, "qcow2");
    assert!(
        packed.stderr.contains("412 zeros are added"),
        "{}",
        packed.stderr
    );
}

/// Bitmaps are no part of the disk's content.
#[test]
fn persistent_bitmaps_are_passed_over() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = bench.create("image.qcow2", "", 4 * MIB);
    succeed(
        "qemu-img",
        [
            "bitmap",
            "--add",
            "-f",
            "qcow2",
            text(&image),
            "since-monday",
        ],
    );
    qemu_io(&image, "qcow2", &["write -q -P 1 0 2M".to_owned()]);
    let packed = bench.pack(&image, &[]);
    packed.assert_same_as(&image, "qcow2");
    assert_warning(&packed, None);
}
