//! Images that were changed at random are refused, or read, checked and repaired; and disks at
//! random read back from every form.

use crate::change::{Dice, hold, other_bytes};
use crate::laws::{image as laws, round};

/// Plain, with compressed clusters, with a snapshot, with leaks and a bitmap, with tables that
/// are data of the disk; and those of other formats.
const IMAGES: [&[u8]; 11] = [
    include_bytes!("seeds/image/plain.qcow2"),
    include_bytes!("seeds/image/deflate.qcow2"),
    include_bytes!("seeds/image/kept.qcow2"),
    include_bytes!("seeds/image/leaks.qcow2"),
    include_bytes!("seeds/image/itself.qcow2"),
    include_bytes!("seeds/image/itself-kept.qcow2"),
    include_bytes!("seeds/vhd/dynamic.vhd"),
    include_bytes!("seeds/vdi/dynamic.vdi"),
    include_bytes!("seeds/extent/footer.vmdk"),
    include_bytes!("seeds/extent/sparse.vmdk"),
    include_bytes!("seeds/image/parted.raw"),
];

/// Streams that are refused: with tables that are worse than none once its end is mended, and with
/// grains that begin where no file reaches.
const REFUSED: [&[u8]; 2] = [
    include_bytes!("seeds/image/hidden-tables.vmdk"),
    include_bytes!("seeds/image/far.vmdk"),
];

#[test]
fn images_of_other_bytes() {
    let words: [&[u8]; 6] = [
        b"\xff\xff\xff\xff",
        b"\x80\0\0\0\0\0\x04\0",
        b"\0\0\0\0\0\0\x02\0",
        b"\0\x01",
        b"\0\0\0\x01",
        b"\xfe",
    ];
    assert!(IMAGES.iter().all(|seed| laws::image(seed)));
    assert!(!REFUSED.iter().any(|seed| laws::image(seed)));
    let read = hold(3000, &IMAGES, laws::image, |dice, seed| {
        if dice.roll(2) == 0 {
            return other_bytes(dice, seed, &words);
        }
        // Where everything stays in its place, more is found that fits.
        let mut bytes = seed.to_vec();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(bytes.len());
            let word = dice.pick(&words);
            let room = bytes.len().min(at + word.len()) - at;
            bytes[at..at + room].copy_from_slice(&word[..room]);
        }
        bytes
    });
    assert!(read > 300, "{read} were read");
}

#[test]
fn disks_in_every_form() {
    for run in 0..120_u8 {
        let mut dice = Dice::new(run.into());
        let mut disk = vec![run];
        disk.extend((0..2 + 4 * dice.roll(9)).map(|_| u8::try_from(dice.roll(256)).unwrap()));
        let held = std::panic::catch_unwind(|| round::round(&disk));
        assert!(held.is_ok(), "run {run}: {disk:?}");
    }
}
