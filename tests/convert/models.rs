//! Disks that go to the bounds of the formats.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use crate::support::bench::Bench;
use crate::support::content::noise;
use crate::support::{KIB, MIB};

const GIB: u64 = 1024 * MIB;

/// A raw disk: its size, and what stands where.
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) size: u64,
    writes: Vec<(u64, Vec<u8>)>,
}

impl Model {
    /// Makes the disk, with holes for what is not written.
    pub(crate) fn make(&self, bench: &Bench) -> PathBuf {
        let path = bench.path("model.raw");
        let file = File::create(&path).expect("a file");
        file.set_len(self.size).expect("room for a hole");
        for (offset, bytes) in &self.writes {
            file.write_all_at(bytes, *offset).expect("room");
        }
        path
    }

    /// Whether an image of this size can be made with `arguments`: clusters of 512 bytes have
    /// tables that are too large for the largest.
    pub(crate) fn suits(&self, arguments: &[&str]) -> bool {
        self.size <= GIB || !arguments.contains(&"cluster_size=512")
    }
}

/// All of them.
pub(crate) fn models() -> Vec<Model> {
    let sector = |byte: u8| vec![byte; 512];
    let mut models = vec![
        model("empty", 8 * MIB, vec![]),
        model("one sector", 512, vec![(0, sector(1))]),
        model(
            "full",
            6 * MIB,
            vec![(
                0,
                (0..6 * MIB).map(|at| (at / 512 % 255) as u8 + 1).collect(),
            )],
        ),
        model("incompressible", 5 * MIB, vec![(0, noise(5 << 20))]),
        model(
            "text and noise",
            9 * MIB,
            vec![
                (0, b"all work and no play ".repeat(60_000)),
                (3 * MIB + 1000, noise(900_000)),
                (8 * MIB, vec![7; 1000]),
            ],
        ),
        // No whole sector, cluster, grain, block; the end is data.
        model(
            "of odd size",
            3 * MIB + 512 * 7,
            vec![(MIB, sector(3)), (3 * MIB + 512 * 6, sector(4))],
        ),
    ];
    // A kilobyte across every boundary of clusters, grains, tables and blocks.
    let mut islands = Vec::new();
    for (number, boundary) in [
        4 * KIB,
        64 * KIB,
        128 * KIB,
        MIB,
        2 * MIB,
        4 * MIB,
        32 * MIB,
        33 * MIB,
        64 * MIB,
    ]
    .into_iter()
    .enumerate()
    {
        let byte = u8::try_from(number + 1).expect("few");
        let end = (boundary + 512).min(64 * MIB);
        let length = usize::try_from(end - (boundary - 512)).expect("short");
        islands.push((boundary - 512, vec![byte; length]));
    }
    models.push(model("islands", 64 * MIB, islands));
    // Offsets of more than 32 bits, and more blocks of 1 MiB than one chunk of a VHDX has.
    models.push(model(
        "beyond 4 GiB",
        9 * GIB + 512,
        vec![
            (0, sector(1)),
            (4 * GIB - 512, vec![2; 1024]),
            (4 * GIB + 5 * MIB, noise(70_000)),
            (8 * GIB, sector(3)),
            (9 * GIB, sector(4)),
        ],
    ));
    models
}

fn model(name: &'static str, size: u64, writes: Vec<(u64, Vec<u8>)>) -> Model {
    Model { name, size, writes }
}
