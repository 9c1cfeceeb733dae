//! What holds for any disk that is written in any form.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::DiskSource as _;
use ovfkit::disk::compare::first_difference;
use ovfkit::disk::detect::Format;
use ovfkit::disk::form::{Form, ImageFile, Setting, Sink, Work};
use ovfkit::disk::open::{OpenOptions, open};
use ovfkit::disk::raw::RawDisk;
use tempfile::TempDir;

/// Forms: a format, whether it is compressed, and settings.
const FORMS: [(Format, bool, &str); 19] = [
    (Format::Raw, false, ""),
    (Format::Qcow2, false, ""),
    (Format::Qcow2, false, "cluster_size=512"),
    (Format::Qcow2, false, "cluster_size=2M,lazy_refcounts=on"),
    (Format::Qcow2, false, "extended_l2=on,cluster_size=16k"),
    (Format::Qcow2, false, "compat=0.10,cluster_size=4k"),
    (Format::Qcow2, false, "refcount_bits=1,cluster_size=512"),
    (Format::Qcow2, true, ""),
    (Format::Qcow2, true, "cluster_size=512"),
    (Format::Qcow2, true, "compression_type=zstd"),
    (Format::Vmdk, false, ""),
    (Format::Vmdk, false, "subformat=monolithicSparse"),
    (Format::Vmdk, false, "subformat=monolithicFlat"),
    (Format::Vmdk, false, "subformat=twoGbMaxExtentSparse"),
    (Format::Vhdx, false, "block_size=1M"),
    (Format::Vhd, false, ""),
    (Format::Vhd, false, "subformat=fixed"),
    (Format::Vdi, false, ""),
    (Format::Vdi, false, "subformat=fixed"),
];
/// Bytes of the largest disk.
const MOST: usize = 3 << 20;

/// `disk` reads back from every form it is written in, whatever is in it. Its first byte tells
/// the form, the next two the sectors it has, and each four of the others tell a sector, how many
/// bytes from there are filled, and with what.
pub fn round(disk: &[u8]) -> bool {
    let [form, low, high, stretches @ ..] = disk else {
        return false;
    };
    let sectors = usize::from(u16::from_le_bytes([*low, *high])) % (MOST / 512) + 1;
    let mut content = vec![0; sectors * 512];
    let (stretches, _) = stretches.as_chunks::<4>();
    for [low, high, length, fill] in stretches {
        let start = usize::from(u16::from_le_bytes([*low, *high])) % sectors * 512;
        // Short ones, and those that fill many blocks.
        let length = usize::from(*length).pow(2) * 7 + 1;
        let end = content.len().min(start + length);
        for (number, byte) in content[start..end].iter_mut().enumerate() {
            // High values do not compress.
            *byte = if *fill < 200 { *fill } else { noise(number) };
        }
    }
    written(FORMS[usize::from(*form) % FORMS.len()], content);
    true
}

/// A byte that looks random.
fn noise(number: usize) -> u8 {
    let mixed = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ mixed >> 29).to_le_bytes()[4]
}

fn written((format, compress, settings): (Format, bool, &str), content: Vec<u8>) {
    let settings = match settings {
        "" => Vec::new(),
        text => Setting::several(text).expect("settings"),
    };
    let form = Form::new(format, compress, &settings).expect("a form");
    let source = RawDisk::new(content).expect("a disk");
    let directory = tempfile::tempdir().expect("a directory");
    let mut sink = Files(&directory);
    let work = Work {
        source: &source,
        name: "disk",
        threads: NonZeroUsize::MIN.saturating_add(1),
    };
    let done = form
        .write(work, &mut sink, &mut Unobserved)
        .expect("written");
    let options = OpenOptions {
        format: Some(format),
        ..OpenOptions::default()
    };
    let opened = open(&directory.path().join("disk"), &options).expect("opened");
    assert_eq!(opened.source.capacity(), done.capacity);
    assert!(done.capacity >= source.capacity());
    let threads = NonZeroUsize::MIN;
    let first = first_difference(&source, &*opened.source, threads, &mut Unobserved);
    assert_eq!(first.expect("read"), None);
}

/// Files in a directory.
struct Files<'d>(&'d TempDir);

impl Sink for Files<'_> {
    fn create(&mut self, name: &str) -> ovfkit::Result<Box<dyn ImageFile>> {
        let path = self.0.path().join(Path::new(name));
        Ok(Box::new(File::create_new(path).expect("a file")))
    }
}
