//! The small files of a package with other bytes: the manifest and the signature.

use crate::change::{hold, other_bytes};
use crate::laws;

const MANIFESTS: [&[u8]; 3] = [
    include_bytes!("seeds/manifest/sha256.mf"),
    include_bytes!("seeds/manifest/lenient.mf"),
    include_bytes!("seeds/manifest/outside.mf"),
];

/// Made by OpenSSL.
const SIGNATURES: [&[u8]; 3] = [
    include_bytes!("seeds/signature/alone.cert"),
    include_bytes!("seeds/signature/chain.cert"),
    include_bytes!("seeds/signature/old.cert"),
];

/// What is put into bytes.
const WORDS: [&[u8]; 9] = [
    b"(",
    b")",
    b"=",
    b"\n",
    b"\r",
    b"%2e%2E/",
    b"SHA1",
    "\u{212A}\u{FEFF}".as_bytes(),
    b"-----BEGIN CERTIFICATE-----\n",
];

#[test]
fn manifests_of_other_bytes() {
    for seed in MANIFESTS {
        assert!(laws::manifest::manifest(seed));
    }
    let read = hold(4000, &MANIFESTS, laws::manifest::manifest, |dice, seed| {
        other_bytes(dice, seed, &WORDS)
    });
    assert!(read > 150, "{read} were read");
}

#[test]
fn signatures_of_other_bytes() {
    for seed in SIGNATURES {
        assert!(laws::signature::signature(seed));
    }
    let read = hold(
        600,
        &SIGNATURES,
        laws::signature::signature,
        |dice, seed| other_bytes(dice, seed, &WORDS),
    );
    assert!(read > 20, "{read} were read");
}

/// What the text around a certificate says is let be; what it holds is not.
#[test]
fn certificates_of_other_bytes() {
    let read = hold(
        600,
        &SIGNATURES,
        laws::signature::signature,
        |dice, seed| {
            let text = std::str::from_utf8(seed).unwrap();
            let digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..=dice.roll(2) {
                // One digit of base64 or of the signature for another.
                let places: Vec<_> = (0..bytes.len()).filter(|at| digit(&bytes[*at])).collect();
                let (at, from) = (dice.pick(&places), dice.pick(&places));
                bytes[at] = bytes[from];
            }
            bytes
        },
    );
    assert!(read > 150, "{read} were read");
}
