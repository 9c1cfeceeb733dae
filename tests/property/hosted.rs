//! A disk in VMware's hosted formats reads back, for any number of threads.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::DiskSource;
use ovfkit::disk::vmdk::hosted::{Subformat, WriteOptions, WriteSummary, write, write_files};
use ovfkit::disk::vmdk::{AdapterType, Image};
use proptest::prelude::*;

use crate::model::disk;

/// A file in memory that is there when its writer is gone.
#[derive(Default, Clone)]
struct Shared(Rc<RefCell<Cursor<Vec<u8>>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Shared {
    fn seek(&mut self, place: SeekFrom) -> std::io::Result<u64> {
        self.0.borrow_mut().seek(place)
    }
}

fn options(subformat: Subformat, threads: usize) -> WriteOptions<'static> {
    WriteOptions {
        subformat,
        name: "disk.vmdk",
        adapter: AdapterType::Ide,
        hardware_version: 4,
        threads: NonZeroUsize::new(threads).unwrap(),
    }
}

/// All files of the disk by their names.
fn written(
    disk: &dyn DiskSource,
    options: &WriteOptions<'_>,
) -> (BTreeMap<String, Vec<u8>>, WriteSummary) {
    let mut files = BTreeMap::new();
    let mut create = |name: &str| {
        let file = Shared::default();
        let former = files.insert(name.to_owned(), file.clone());
        assert!(former.is_none(), "{name} is made once");
        Ok(file)
    };
    let summary = write_files(disk, &mut create, options, &mut Unobserved).unwrap();
    let bytes = |file: Shared| file.0.borrow().get_ref().clone();
    let files = files.into_iter().map(|(name, file)| (name, bytes(file)));
    (files.collect(), summary)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn disks_read_back_and_threads_do_not_matter(disk in disk()) {
        let mut padded = disk.content.clone();
        padded.resize(padded.len().next_multiple_of(512), 0);
        for subformat in [
            Subformat::MonolithicSparse,
            Subformat::MonolithicFlat,
            Subformat::TwoGbMaxExtentSparse,
        ] {
            let (files, summary) = written(&disk, &options(subformat, 1));
            prop_assert_eq!(summary.capacity, padded.len() as u64);
            prop_assert_eq!(summary.files, files.len() as u64);
            let size: usize = files.values().map(Vec::len).sum();
            prop_assert_eq!(summary.file_size, size as u64);
            match subformat {
                Subformat::MonolithicSparse => {
                    let file = files["disk.vmdk"].clone();
                    prop_assert_eq!(file.len() % 65_536, 0);
                    let image = Image::open(Arc::new(file), Path::new("disk.vmdk"), false).unwrap();
                    prop_assert_eq!(image.capacity(), summary.capacity);
                    let mut read = vec![0xCC; padded.len()];
                    image.read_at(0, &mut read).unwrap();
                    prop_assert!(read == padded, "the disk reads back");
                }
                Subformat::MonolithicFlat => prop_assert!(files["disk-flat.vmdk"] == padded),
                // Grains are where a file of its own has them, but for the descriptor.
                Subformat::TwoGbMaxExtentSparse => {
                    let (whole, _) = written(&disk, &options(Subformat::MonolithicSparse, 1));
                    let grains = usize::try_from(summary.grains).unwrap() * 65_536;
                    let (whole, piece) = (&whole["disk.vmdk"], &files["disk-s001.vmdk"]);
                    let tail = |file: &[u8]| file[file.len() - grains..].to_vec();
                    prop_assert!(tail(whole) == tail(piece));
                }
            }
            for threads in [2, 7] {
                prop_assert!(written(&disk, &options(subformat, threads)) == (files.clone(), summary));
            }
        }
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let disk = ovfkit::disk::raw::RawDisk::new(vec![1; 512]).unwrap();
    let refused = |options: WriteOptions<'_>| {
        let mut create = |_: &str| -> ovfkit::Result<Cursor<Vec<u8>>> { panic!("nothing is made") };
        let error = write_files(&disk, &mut create, &options, &mut Unobserved).unwrap_err();
        assert_eq!(error.kind(), ovfkit::ErrorKind::Usage, "{error}");
    };
    let usual = options(Subformat::TwoGbMaxExtentSparse, 1);
    for name in ["", "a/b.vmdk", "a\\b.vmdk", "a\"b.vmdk", "a\nb.vmdk"] {
        refused(WriteOptions { name, ..usual });
    }
    refused(WriteOptions {
        hardware_version: 0,
        ..usual
    });
    let error = write(&disk, Cursor::new(Vec::new()), &usual, &mut Unobserved).unwrap_err();
    assert_eq!(error.kind(), ovfkit::ErrorKind::Usage, "{error}");
}
