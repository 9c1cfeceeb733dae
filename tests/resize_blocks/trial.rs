//! An image beside the raw disk it has to be the same as.

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ovfkit::base::placed::Placed as _;
use ovfkit::base::progress::Unobserved;
use ovfkit::base::storage::{FileStorage, Storage};
use ovfkit::disk::check::check;
use ovfkit::disk::compare::first_difference;
use ovfkit::disk::detect::Format;
use ovfkit::disk::open::{OpenOptions, open};
use ovfkit::disk::resize::{Change, Image, resize};
use ovfkit::disk::secret::Secrets;
use ovfkit::disk::step::{Edit, Step};
use ovfkit::{Error, disk::DiskSource};

use crate::kinds::Kind;
use crate::support::bench::{Bench, qemu_io, text};
use crate::support::cats;
use crate::support::run::succeed;
use crate::support::step::take;

/// Most bytes of one step, which are written down before it is made.
const MOST_STEP: usize = 24 << 20;
/// Bytes of a disk not every step to which is looked at.
const LARGE: u64 = 10 << 30;

pub(crate) struct Trial {
    bench: Bench,
    qemu: &'static str,
    format: Format,
    image: PathBuf,
    raw: PathBuf,
    /// Steps that were made.
    steps: usize,
    /// Whether room may be left in the file that nothing uses.
    pub(crate) may_leak: bool,
}

/// `length` bytes at `offset`.
pub(crate) fn write(offset: u64, length: usize, fill: u8) -> Edit {
    Edit {
        offset,
        bytes: vec![fill; length],
    }
}

fn disk(path: &Path, format: Format) -> Box<dyn DiskSource> {
    let options = OpenOptions {
        format: Some(format),
        ..OpenOptions::default()
    };
    open(path, &options).expect("opens").source
}

fn difference(one: &dyn DiskSource, other: &dyn DiskSource) -> Option<u64> {
    first_difference(one, other, NonZeroUsize::MIN, &mut Unobserved).expect("reads")
}

/// Makes `step` of the file at `path`.
fn make(path: &Path, step: Step) {
    if let Step::Overwrite(edits) = &step {
        let bytes: usize = edits.iter().map(|edit| edit.bytes.len()).sum();
        assert!((1..=MOST_STEP).contains(&bytes), "a step of {bytes} bytes");
    }
    take(path, step);
}

impl Trial {
    pub(crate) fn new(kind: &Kind, size: u64, pieces: &[(u64, Vec<u8>)]) -> Self {
        let bench = Bench::new();
        let raw = bench.path("disk.raw");
        let file = File::create(&raw).expect("a file");
        file.set_len(size).expect("a hole");
        for (at, bytes) in pieces {
            file.write_all_at(bytes, *at).expect("written");
        }
        // libvmdk follows the name in the descriptor.
        let image = bench.path(if kind.qemu == "vmdk" {
            "image.vmdk"
        } else {
            "image"
        });
        kind.make(&raw, &image);
        let format = kind.format();
        // QEMU rounds a VHD up to what a geometry makes.
        file.set_len(disk(&image, format).capacity())
            .expect("a hole");
        let trial = Self {
            bench,
            qemu: kind.qemu,
            format,
            image,
            raw,
            steps: 0,
            may_leak: false,
        };
        trial.is_sound();
        trial
    }

    /// Bytes of the disk.
    pub(crate) fn size(&self) -> u64 {
        fs::metadata(&self.raw).expect("there").len()
    }

    /// Bytes of the image.
    pub(crate) fn bytes(&self) -> u64 {
        fs::metadata(&self.image).expect("there").len()
    }

    /// A copy of the disk, with its holes.
    fn copied(&self) -> (PathBuf, File) {
        let wanted = self.bench.path("wanted.raw");
        succeed("cp", ["--sparse=always", text(&self.raw), text(&wanted)]);
        let file = File::options().write(true).open(&wanted);
        (wanted, file.expect("a file"))
    }

    /// Makes the image one of `size` bytes.
    pub(crate) fn resize(&mut self, size: u64) {
        let old = self.size();
        let change = Change {
            capacity: size,
            writes: Vec::new(),
        };
        let before = self.steps;
        let (wanted, file) = self.copied();
        file.set_len(size).expect("a hole");
        self.change(&change, |trial, now| {
            let reference = if now.capacity() == size {
                &wanted
            } else {
                &trial.raw
            };
            let found = difference(now, &*disk(reference, Format::Raw));
            assert!([old, size].contains(&now.capacity()), "{}", now.capacity());
            // What a disk is about to lose may be lost already.
            assert!(found.is_none_or(|at| at >= size), "{found:?} of {size}");
        });
        assert_eq!(before == self.steps, old == size, "{} steps", self.steps);
        fs::rename(&wanted, &self.raw).expect("renamed");
        self.is_sound();
    }

    /// Writes to the disk.
    pub(crate) fn write(&mut self, writes: &[Edit]) {
        let change = Change {
            capacity: self.size(),
            writes: writes.to_vec(),
        };
        let (wanted, file) = self.copied();
        for edit in writes {
            file.write_all_at(&edit.bytes, edit.offset)
                .expect("written");
        }
        self.change(&change, |trial, now| {
            let is = |reference: &Path| difference(now, &*disk(reference, Format::Raw)).is_none();
            assert!(is(&trial.raw) || is(&wanted), "half of it was written");
        });
        fs::rename(&wanted, &self.raw).expect("renamed");
        self.is_sound();
    }

    /// Makes the steps of `change`, with a look at the disk after each.
    fn change(&mut self, change: &Change, look: impl Fn(&Self, &dyn DiskSource)) {
        let storage = FileStorage::open(&self.image).expect("opens");
        let opened = disk(&self.image, self.format);
        let image = Image {
            storage: &storage,
            format: self.format,
            path: &self.image,
            disk: &*opened,
            beneath: None,
            secrets: &Secrets::default(),
        };
        let mut steps = 0;
        let mut make = |step: Step| {
            self::make(&self.image, step);
            steps += 1;
            // Large disks take long to be looked at.
            if change.capacity > LARGE && steps % 16 != 0 {
                return Ok(());
            }
            let now = disk(&self.image, self.format);
            look(self, &*now);
            let report = self.report();
            assert!(!report.is_corrupt(), "step {steps}: {:?}", report.findings);
            Ok::<_, Error>(())
        };
        resize(&image, change, &mut make).expect("resized");
        self.steps += steps;
    }

    fn report(&self) -> ovfkit::disk::check::Report {
        let storage: Arc<dyn Storage> = Arc::new(FileStorage::open(&self.image).expect("opens"));
        check(&storage, self.format, &self.image).expect("checked")
    }

    /// The image is what it has to be.
    fn is_sound(&self) {
        let now = disk(&self.image, self.format);
        assert_eq!(now.capacity(), self.size());
        assert_eq!(difference(&*now, &*disk(&self.raw, Format::Raw)), None);
        let report = self.report();
        let sound = report.is_sound() || (self.may_leak && !report.is_corrupt());
        assert!(sound, "{:?}", report.findings);
    }

    /// QEMU finds nothing wrong, and the size.
    pub(crate) fn qemu_finds_it_whole(&self) {
        let (image, format) = (text(&self.image), self.qemu);
        let told = succeed("qemu-img", ["info", "--output=json", "-f", format, image]);
        let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        assert_eq!(told["virtual-size"], self.size());
        if format != "vpc" {
            let verdict = succeed("qemu-img", ["check", "-f", format, image]);
            assert!(verdict.contains("No errors were found"), "{verdict}");
        }
    }

    /// All other readers find the same disk.
    pub(crate) fn others_read(&self) {
        self.qemu_finds_it_whole();
        let (raw, image) = (text(&self.raw), text(&self.image));
        let compare = ["compare", "-f", "raw", "-F", self.qemu, raw, image];
        let verdict = succeed("qemu-img", compare);
        assert!(verdict.contains("Images are identical."), "{verdict}");
        for reader in cats::readers(self.qemu, &self.image) {
            cats::assert_prints(reader, &self.raw);
        }
    }

    /// Writes to image and disk by QEMU: with what, where, and how many bytes.
    pub(crate) fn qemu_writes(&self, writes: &[(u8, u64, u64)]) {
        let writes: Vec<_> = writes
            .iter()
            .map(|(fill, at, length)| format!("write -q -P {fill} {at} {length}"))
            .collect();
        qemu_io(&self.raw, "raw", &writes);
        qemu_io(&self.image, self.qemu, &writes);
        self.is_sound();
    }
}
