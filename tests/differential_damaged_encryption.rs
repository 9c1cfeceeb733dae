//! Headers of LUKS that were damaged, or ask for too much, and what a qcow2 header says of
//! them. Each is refused with its reason.

mod support;

use support::MIB;
use support::bench::text;
use support::exit::{DENIED, INVALID, LIMIT, UNSUPPORTED};
use support::locked::Locked;
use support::qcow2::Qcow2;
use support::refusal::{at, refused};
use support::tools;

/// What is damaged: a byte of the LUKS header, of one of its key slots, of the extension that
/// leads to it, or of the whole.
#[derive(Debug, Clone, Copy)]
enum Of {
    Luks(u64),
    Slot(u64, u64),
    Extension(u64),
    Image(u64),
}

/// What it becomes.
#[derive(Debug, Clone, Copy)]
enum To {
    Bytes(&'static [u8]),
    Four(u32),
    Eight(u64),
}

use Of::{Extension, Image, Luks, Slot};
use To::{Bytes, Eight, Four};

const CASES: [(Of, To, i32, &str); 30] = [
    (Luks(0), Bytes(b"SKUL"), INVALID, "no LUKS header"),
    (Luks(6), Bytes(&[0, 2]), UNSUPPORTED, "LUKS version 2"),
    (Luks(8), Bytes(b"des"), UNSUPPORTED, "des-xts-plain64"),
    (
        Luks(8),
        Bytes(&[b'a'; 32]),
        INVALID,
        "cipher-name is no text",
    ),
    (Luks(40), Bytes(&[0; 32]), INVALID, "cipher-mode is no text"),
    (Luks(40), Bytes(b"\x1b["), INVALID, "cipher-mode is no text"),
    (Luks(72), Bytes(b"\xff"), INVALID, "hash-spec is no text"),
    (Luks(72), Bytes(b"md5\0"), UNSUPPORTED, "hash is md5"),
    (
        Luks(108),
        Four(u32::MAX),
        INVALID,
        "key-bytes is 4294967295",
    ),
    (Luks(108), Four(0), INVALID, "key-bytes is 0"),
    (Luks(108), Four(40), UNSUPPORTED, "320 bits"),
    (Luks(164), Four(0), INVALID, "mk-digest-iter is 0"),
    (Luks(164), Four(u32::MAX), LIMIT, "at most 100000000"),
    (Slot(0, 0), Four(7), INVALID, "active of key slot 0 is 7"),
    (Slot(0, 0), Four(0xDEAD), INVALID, "no key slot"),
    (Slot(0, 4), Four(0), INVALID, "iterations of key slot 0"),
    (Slot(0, 4), Four(u32::MAX), LIMIT, "at most 100000000"),
    (
        Slot(0, 40),
        Four(0),
        INVALID,
        "key-material-offset of key slot 0",
    ),
    (
        Slot(0, 40),
        Four(u32::MAX),
        INVALID,
        "key-material-offset of key slot 0",
    ),
    (
        Slot(0, 44),
        Four(u32::MAX),
        INVALID,
        "stripes of key slot 0",
    ),
    (
        Slot(7, 0),
        Four(0x00AC_71F3),
        INVALID,
        "iterations of key slot 7",
    ),
    (
        Extension(8),
        Eight(u64::MAX),
        INVALID,
        "LUKS header at offset",
    ),
    (
        Extension(8),
        Eight(512),
        INVALID,
        "multiple of the cluster size",
    ),
    (Extension(8), Eight(1 << 40), INVALID, "beyond the end"),
    (Extension(16), Eight(u64::MAX), INVALID, "beyond the end"),
    (Extension(16), Eight(591), INVALID, "room for 591 bytes"),
    (Extension(4), Four(15), INVALID, "has 15 bytes"),
    (Extension(0), Four(7), INVALID, "lacks a LUKS header"),
    (
        Image(at::CRYPT),
        Four(0),
        INVALID,
        "not encrypted with LUKS, but has",
    ),
    (
        Image(at::CRYPT),
        Four(1),
        INVALID,
        "not encrypted with LUKS, but has",
    ),
];

/// Bytes whose damage nothing tells from a wrong secret: of a salt, of the digest, of its salt, of
/// the material of the key.
const SILENT: [Of; 4] = [Slot(0, 8), Luks(112), Luks(132), Luks(8 * 512 + 100_000)];

impl Of {
    /// Its offset in `image`.
    fn place(self, image: &Qcow2) -> u64 {
        let magic = 0x0537_BE77_0000_0010_u64.to_be_bytes();
        let found = image.bytes.windows(8).position(|bytes| bytes == magic);
        let extension = found.expect("an extension") as u64;
        let luks = image.get64(extension + 8);
        match self {
            Luks(at) => luks + at,
            Slot(slot, at) => luks + 208 + slot * 48 + at,
            Extension(at) => extension + at,
            Image(at) => at,
        }
    }
}

#[test]
fn damaged_and_hostile_headers() {
    if !tools::have_qemu() {
        return;
    }
    let locked = Locked::new("encrypt.format=luks", MIB);
    let good = Qcow2::read(&locked.image);
    let copy = || Qcow2 {
        bytes: good.bytes.clone(),
    };
    let damaged = locked.bench.path("damaged.qcow2");
    let secret = ["--secret-file", text(&locked.secret)];
    let refuses = |image: &Qcow2, code, says| {
        image.write(&damaged);
        refused(&locked.bench, &damaged, &secret, code, says);
    };
    for (of, to, code, says) in CASES {
        let (place, mut image) = (of.place(&good), copy());
        match to {
            Bytes(bytes) => image.put(place, bytes),
            Four(value) => image.put32(place, value),
            Eight(value) => image.put64(place, value),
        }
        refuses(&image, code, says);
    }
    for of in SILENT {
        let place = usize::try_from(of.place(&good)).expect("a place in memory");
        let mut image = copy();
        image.bytes[place] ^= 1;
        refuses(&image, DENIED, "no secret that was given opens");
    }
    // A copy that is whole still opens.
    good.write(&damaged);
    locked.bench.pack(&damaged, &secret);
}
