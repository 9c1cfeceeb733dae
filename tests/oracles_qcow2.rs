//! What QEMU makes of a qcow2 this library writes: sound, and the same disk.

mod support;

use std::fs::File;
use std::num::NonZeroUsize;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::Level;
use ovfkit::disk::open::{OpenOptions, open};
use ovfkit::disk::qcow2::{Packing, WriteOptions, write};

use support::bench::{Bench, text};
use support::run::succeed;
use support::tools;

/// Clusters of data here and there, dense and sparse, that compress well or not at
/// all, over more than one L2 table and more than one refcount block.
const WRITES: [(&str, u64, u64); 6] = [
    ("0x11", 0, 3 << 20),
    ("0xa5", (7 << 20) + 512, 70_000),
    ("0x00", 9 << 20, 1 << 20),
    ("0xff", 511 << 20, 3 << 20),
    ("0x01", (1 << 30) - 512, 512),
    ("0x42", (2 << 30) + 4096, 1 << 20),
];

#[test]
fn images_are_sound_and_hold_the_same_disk() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let source = bench.create("source.qcow2", "", 3 << 30);
    for (pattern, offset, length) in WRITES {
        let command = format!("write -q -P {pattern} {offset} {length}");
        succeed("qemu-io", ["-f", "qcow2", "-c", &command, text(&source)]);
    }
    // Noise, which no packing makes smaller.
    let noise: Vec<u8> = (0_u32..1 << 20)
        .map(|n| {
            n.wrapping_mul(2_654_435_761)
                .rotate_left(n % 31)
                .to_le_bytes()[1]
        })
        .collect();
    let noise = bench.write("noise", &noise);
    let command = format!("write -q -s {} 300M 1M", text(&noise));
    succeed("qemu-io", ["-f", "qcow2", "-c", &command, text(&source)]);

    let disk = open(&source, &OpenOptions::default()).expect("the source opens");
    for (bits, packing) in [
        (16, Packing::Plain),
        (16, Packing::Deflate(Level::Fixed(6))),
        (16, Packing::Zstd(3)),
        (9, Packing::Plain),
        (9, Packing::Deflate(Level::Fixed(1))),
        (12, Packing::Deflate(Level::Fixed(9))),
        (21, Packing::Plain),
        (21, Packing::Deflate(Level::Fixed(6))),
        (21, Packing::Zstd(1)),
    ] {
        let path = bench.path("written.qcow2");
        let options = WriteOptions {
            cluster_bits: bits,
            packing,
            pass_through: true,
            threads: NonZeroUsize::new(2).expect("not zero"),
        };
        let file = File::create(&path).expect("room for a file");
        let source_disk = disk.source.as_ref();
        write(source_disk, file, &options, &mut Unobserved).expect("it is written");
        let said = succeed("qemu-img", ["check", "-f", "qcow2", text(&path)]);
        assert!(
            said.contains("No errors were found"),
            "2^{bits}, {packing:?}: {said}"
        );
        succeed(
            "qemu-img",
            [
                "compare",
                "-f",
                "qcow2",
                "-F",
                "qcow2",
                text(&source),
                text(&path),
            ],
        );
    }
}
