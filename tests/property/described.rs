//! Descriptors of disks and extents of ESX that were changed at random are refused or read.

use crate::change::{hold, other_bytes};
use crate::laws::described as laws;

/// Of one file and of several, with every kind of extent, and of changes to a parent.
const DESCRIPTORS: [&[u8]; 4] = [
    include_bytes!("seeds/described/flat.vmdk"),
    include_bytes!("seeds/described/split.vmdk"),
    include_bytes!("seeds/described/custom.vmdk"),
    include_bytes!("seeds/described/delta.vmdk"),
];
const EXTENTS: [&[u8]; 2] = [
    include_bytes!("seeds/esx/cowd.vmdk"),
    include_bytes!("seeds/esx/sesparse.vmdk"),
];

#[test]
fn descriptors_of_other_bytes() {
    let words: [&[u8]; 8] = [
        b"\nRW 8 ZERO\n",
        b"\nRDONLY 1 FLAT \"a\" 0\n",
        b" 18446744073709551615 ",
        b"parentCID=1\n",
        b"\"",
        b"9",
        b"\xff",
        b"\0",
    ];
    assert!(DESCRIPTORS.iter().all(|seed| laws::described(seed)));
    let read = hold(4000, &DESCRIPTORS, laws::described, |dice, seed| {
        other_bytes(dice, seed, &words)
    });
    assert!(read > 400, "{read} were read");
}

#[test]
fn extents_of_other_bytes() {
    let words: [&[u8]; 5] = [
        b"\xff\xff\xff\xff",
        b"\0\0\0\0\0\0\0\x30",
        b"\0\0\0\0\0\0\0\x10",
        b"\x01\0\0\0",
        b"COWD",
    ];
    assert!(EXTENTS.iter().all(|seed| laws::esx(seed)));
    let read = hold(2000, &EXTENTS, laws::esx, |dice, seed| {
        let mut bytes = seed.to_vec();
        // Most of an extent is content; what is changed shall tell something.
        let told = dice.pick(&[64, 600, 5000, bytes.len()]);
        let front = other_bytes(dice, &bytes[..told], &words);
        bytes.splice(..told, front);
        bytes
    });
    assert!(read > 100, "{read} were read");
}
