//! VHDX, VHD and VDI images that the library writes, read by qemu-img, libvhdi and Dissect:
//! the same disks in the same sizes, without a complaint.

mod support;

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use ovfkit::base::placed::Placed as _;
use ovfkit::base::progress::Unobserved;
use ovfkit::disk::open::{OpenOptions, open};
use ovfkit::disk::{DiskSource, vdi, vhd, vhdx};
use support::bench::{Bench, qemu_io, text};
use support::content::noise;
use support::run::succeed;
use support::{MIB, cats, parallel, tools};

const GIB: u64 = 1 << 30;
const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// What is on a disk: its size, and pieces of data.
struct Model {
    name: &'static str,
    size: u64,
    pieces: Vec<(u64, Vec<u8>)>,
}

impl Model {
    /// As a raw file with holes.
    fn make(&self, bench: &Bench) -> PathBuf {
        let path = bench.path("disk.raw");
        let file = File::create(&path).expect("a file");
        file.set_len(self.size).expect("a hole");
        for (at, bytes) in &self.pieces {
            let length = bytes
                .len()
                .min(usize::try_from(self.size - at).expect("small"));
            file.write_all_at(&bytes[..length], *at).expect("written");
        }
        path
    }
}

/// A sector on each side of every `step`th byte.
fn boundaries(size: u64, step: u64) -> Vec<(u64, Vec<u8>)> {
    let boundary = |number: u64| {
        let fill = 1 + (number % 255).to_le_bytes()[0];
        (number * step - 512, vec![fill; 1024])
    };
    (1..size.div_ceil(step)).map(boundary).collect()
}

fn models() -> Vec<Model> {
    let model = |name, size, pieces| Model { name, size, pieces };
    vec![
        model("empty", 3 * MIB, vec![]),
        model("one sector", 512, vec![(0, vec![0xA5; 512])]),
        model("odd", 5 * MIB + 1000, vec![(5 * MIB, noise(1000))]),
        model("full", 6 * MIB, vec![(0, noise(6 * MIB))]),
        model("whole blocks", 8 * MIB, vec![(2 * MIB, noise(4 * MIB))]),
        model(
            "zeros",
            4 * MIB,
            vec![(0, vec![0; 4 << 20]), (3 * MIB, noise(1))],
        ),
        model("islands", 40 * MIB + 512, boundaries(40 * MIB + 512, MIB)),
    ]
}

/// Writes a disk to a file; answers its capacity and the file's size.
type Writer = Box<dyn Fn(&dyn DiskSource, File) -> (u64, u64) + Sync>;

/// A format, with options.
struct Format {
    name: String,
    /// Its name in qemu-img.
    qemu: &'static str,
    /// Whether QEMU reads images with these options.
    qemu_reads: bool,
    /// What capacities are a multiple of.
    unit: u64,
    write: Writer,
}

impl Format {
    fn vhdx(options: vhdx::WriteOptions) -> Self {
        Self {
            name: format!("{options:?}"),
            qemu: "vhdx",
            qemu_reads: options.logical_sector_size == 512,
            unit: options.logical_sector_size,
            write: Box::new(move |disk, file| {
                let summary = vhdx::write(disk, file, &options, &mut Unobserved).expect("written");
                (summary.capacity, summary.file_size)
            }),
        }
    }

    fn vhd(options: vhd::WriteOptions) -> Self {
        Self {
            name: format!("{options:?}"),
            qemu: "vpc",
            qemu_reads: true,
            unit: options.align,
            write: Box::new(move |disk, file| {
                let summary = vhd::write(disk, file, &options, &mut Unobserved).expect("written");
                (summary.capacity, summary.file_size)
            }),
        }
    }

    fn vdi(options: vdi::WriteOptions) -> Self {
        Self {
            name: format!("{options:?}"),
            qemu: "vdi",
            qemu_reads: true,
            unit: 512,
            write: Box::new(move |disk, file| {
                let summary = vdi::write(disk, file, &options, &mut Unobserved).expect("written");
                (summary.capacity, summary.file_size)
            }),
        }
    }
}

fn dynamic() -> Vec<Format> {
    let vhdx = vhdx::WriteOptions::new(TWO);
    let vhd = vhd::WriteOptions::new(TWO);
    vec![
        Format::vhdx(vhdx),
        Format::vhdx(vhdx::WriteOptions {
            block_size: 256 * MIB,
            physical_sector_size: 512,
            ..vhdx
        }),
        Format::vhdx(vhdx::WriteOptions {
            block_size: 2 * MIB,
            logical_sector_size: 4096,
            ..vhdx
        }),
        Format::vhd(vhd),
        Format::vhd(vhd::WriteOptions {
            align: MIB,
            time_stamp: 1 << 29,
            ..vhd
        }),
        Format::vdi(vdi::WriteOptions::new(TWO)),
    ]
}

fn fixed() -> Vec<Format> {
    let vhdx = vhdx::WriteOptions {
        fixed: true,
        ..vhdx::WriteOptions::new(TWO)
    };
    let vhd = vhd::WriteOptions {
        fixed: true,
        ..vhd::WriteOptions::new(TWO)
    };
    vec![
        Format::vhdx(vhdx),
        Format::vhdx(vhdx::WriteOptions {
            block_size: 32 * MIB,
            ..vhdx
        }),
        Format::vhd(vhd),
        Format::vhd(vhd::WriteOptions { align: MIB, ..vhd }),
        Format::vdi(vdi::WriteOptions {
            fixed: true,
            ..vdi::WriteOptions::new(TWO)
        }),
    ]
}

/// Writes the disk of `model` as `format` has it and holds it against all other readers.
fn compare(model: &Model, format: &Format) {
    let bench = Bench::new();
    let raw = model.make(&bench);
    let disk = open(&raw, &OpenOptions::default()).expect("a raw disk");
    let image = bench.path("image");
    let file = File::create(&image).expect("a file");
    let (capacity, file_size) = (format.write)(&*disk.source, file);
    assert_eq!(capacity, model.size.next_multiple_of(format.unit));
    assert_eq!(file_size, fs::metadata(&image).expect("there").len());
    // What the image has behind the disk is zeros.
    let file = File::options().write(true).open(&raw).expect("a file");
    file.set_len(capacity).expect("a hole");
    if format.qemu_reads {
        qemu_reads(&raw, &image, format.qemu, capacity);
    }
    for reader in cats::readers(format.qemu, &image) {
        cats::assert_prints(reader, &raw);
    }
    // The library itself finds the format, and says nothing.
    let opened = open(&image, &OpenOptions::default()).expect("an image");
    assert_eq!(opened.source.capacity(), capacity);
    assert_eq!(opened.warnings.len(), 0);
}

/// The same for each of `models` in each of `formats`.
fn compare_all(models: &[Model], formats: &[Format]) {
    if !tools::have_qemu() {
        return;
    }
    let cases: Vec<_> = models
        .iter()
        .flat_map(|model| formats.iter().map(move |format| (model, format)))
        .collect();
    parallel::each(
        &cases,
        |(model, format)| format!("{} in {} {}", model.name, format.qemu, format.name),
        |(model, format)| compare(model, format),
    );
}

fn qemu_reads(raw: &Path, image: &Path, format: &str, capacity: u64) {
    let (raw, image) = (text(raw), text(image));
    let compare = ["compare", "-f", "raw", "-F", format, raw, image];
    let verdict = succeed("qemu-img", compare);
    assert!(verdict.contains("Images are identical."), "{verdict}");
    let told = succeed("qemu-img", ["info", "--output=json", "-f", format, image]);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["virtual-size"], capacity);
    if format != "vpc" {
        let verdict = succeed("qemu-img", ["check", "-f", format, image]);
        assert!(verdict.contains("No errors were found"), "{verdict}");
    }
}

#[test]
fn others_read_dynamic_images() {
    compare_all(&models(), &dynamic());
}

#[test]
fn others_read_fixed_images() {
    compare_all(&models(), &fixed());
}

#[test]
fn others_read_disks_beyond_4_gib() {
    let far = [4 * GIB - 512, 4 * GIB, 4 * GIB + 2 * MIB, 5 * GIB - 512];
    let far = Model {
        name: "far",
        size: 5 * GIB,
        pieces: far.map(|at| (at, noise(700))).to_vec(),
    };
    // Other programs read such a disk byte by byte: one of each format has to do.
    let [vhdx, _, _, vhd, _, vdi] = dynamic().try_into().ok().expect("six");
    compare_all(&[far], &[vhd, vdi]);
    // More than two chunks of a VHDX with small blocks.
    let chunks = Model {
        name: "chunks",
        size: 9 * GIB,
        pieces: boundaries(9 * GIB, GIB),
    };
    compare_all(&[chunks], &[vhdx]);
}

/// A machine writes to its disk: QEMU allocates blocks behind those there are.
#[test]
fn qemu_writes_to_what_is_written() {
    if !tools::have_qemu() {
        return;
    }
    let formats: Vec<_> = dynamic().into_iter().chain(fixed()).collect();
    let formats: Vec<_> = formats.iter().filter(|format| format.qemu_reads).collect();
    parallel::each(
        &formats,
        |format| format!("{} {}", format.qemu, format.name),
        |format| {
            let bench = Bench::new();
            let size = 12 * MIB + 512;
            let model = Model {
                name: "",
                size,
                pieces: vec![(5 * MIB + 512, noise(2 * MIB))],
            };
            let raw = model.make(&bench);
            let disk = open(&raw, &OpenOptions::default()).expect("a raw disk");
            let image = bench.path("image");
            let file = File::create(&image).expect("a file");
            let (capacity, _) = (format.write)(&*disk.source, file);
            let writes = [
                (1, 0, 512),
                (2, 6 * MIB - 512, 1024),
                (3, 9 * MIB - 512, 3 * MIB),
                (4, size - 512, 512),
            ];
            let writes =
                writes.map(|(fill, at, length)| format!("write -q -P {fill} {at} {length}"));
            qemu_io(&raw, "raw", &writes);
            qemu_io(&image, format.qemu, &writes);
            qemu_reads(&raw, &image, format.qemu, capacity);
            let file = File::options().write(true).open(&raw).expect("a file");
            file.set_len(capacity).expect("a hole");
            for reader in cats::readers(format.qemu, &image) {
                cats::assert_prints(reader, &raw);
            }
        },
    );
}
