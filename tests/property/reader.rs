//! A qcow2 image reads as the disk it was made from, in any order and pieces.

use std::path::Path;
use std::sync::Arc;

use ovfkit::disk::qcow2::Image;
use ovfkit::disk::raw::RawDisk;
use ovfkit::disk::{DiskSource, ExtentKind, Framing};
use proptest::prelude::*;

use crate::model::content;
use crate::qcow2_image::{build, recipe};

fn open(bytes: Vec<u8>, backing: Option<Vec<u8>>) -> Image {
    let mut image = Image::open(Arc::new(bytes), Path::new("made.qcow2"), None).expect("opens");
    if let Some(backing) = backing {
        image.attach_backing(Box::new(RawDisk::new(backing).expect("not empty")));
    }
    image
}

fn slice(disk: &[u8], start: u64, end: u64) -> &[u8] {
    &disk[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_read_gives_the_disks_bytes(
        recipe in recipe(),
        backing in prop::option::of(content(3 << 20)),
        reads in prop::collection::vec((0.0..1.0_f64, 1..300_000_usize), 1..20),
    ) {
        let (bytes, disk) = build(&recipe, backing.as_deref().unwrap_or_default());
        let image = open(bytes, backing);
        prop_assert_eq!(image.capacity(), disk.len() as u64);
        for (place, length) in reads {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let start = (place * disk.len() as f64) as usize;
            let end = disk.len().min(start + length);
            let mut read = vec![0xCC; end - start];
            image.read_at(start as u64, &mut read).unwrap();
            prop_assert!(read == disk[start..end], "{}..{}", start, end);
        }
    }

    #[test]
    fn extents_cover_the_disk_and_tell_the_truth(
        recipe in recipe(),
        backing in prop::option::of(content(3 << 20)),
    ) {
        let (bytes, disk) = build(&recipe, backing.as_deref().unwrap_or_default());
        let image = open(bytes, backing);
        let mut at = 0;
        while at < image.capacity() {
            let extent = image.extent_at(at).unwrap();
            prop_assert!(extent.length > 0 && at + extent.length <= image.capacity());
            match extent.kind {
                ExtentKind::Zero => {
                    prop_assert!(slice(&disk, at, at + extent.length).iter().all(|byte| *byte == 0));
                }
                ExtentKind::Deflated { block, window, framing } => {
                    prop_assert_eq!((at % block, window, framing), (0, 4096, Framing::Raw));
                    let mut window = Vec::new();
                    image.deflated_at(at, &mut window).unwrap();
                    let mut inflated = vec![0; usize::try_from(block).unwrap()];
                    ovfkit::base::deflate::Inflater::new().raw(&window, &mut inflated).unwrap();
                    let visible = (at + block).min(image.capacity());
                    let expected = slice(&disk, at, visible);
                    prop_assert!(&inflated[..expected.len()] == expected);
                }
                ExtentKind::Data => {}
            }
            at += extent.length;
        }
    }

    #[test]
    fn damaged_images_are_read_or_refused_but_never_panic(
        recipe in recipe(),
        damage in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..8),
        cut in 0.0..1.2_f64,
        near_header in any::<bool>(),
    ) {
        let (mut bytes, _) = build(&recipe, &[]);
        for (place, value) in damage {
            let reach = if near_header { 128 } else { bytes.len() };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let at = (place * reach as f64) as usize;
            bytes[at] ^= value;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        bytes.truncate((cut * bytes.len() as f64) as usize);
        let Ok(image) = Image::open(Arc::new(bytes), Path::new("damaged.qcow2"), None) else {
            return Ok(());
        };
        let mut at = 0;
        // A damaged size may be huge; some steps suffice.
        for _ in 0..200 {
            if at >= image.capacity() {
                break;
            }
            let length = match image.extent_at(at) {
                Ok(extent) => {
                    prop_assert!(extent.length > 0 && extent.length <= image.capacity() - at);
                    extent.length
                }
                Err(_) => 65_536.min(image.capacity() - at),
            };
            let mut read = vec![0; usize::try_from(length.min(200_000)).unwrap()];
            let _ = image.read_at(at, &mut read);
            at += length;
        }
    }
}
