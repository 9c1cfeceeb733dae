//! What guests leave on disks, in the ways that matter to a reader: as
//! `qemu-io` commands.

use std::path::Path;

use super::{KIB, MIB};

/// Ways a disk is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A kilobyte across every kind of boundary, and the last sector.
    Islands,
    /// Random bytes, which compression makes larger.
    Incompressible,
    /// Zeros written as data, and as zero clusters, some over older data.
    Zeros,
    /// Data and then discards of it, aligned and not.
    Discarded,
    /// Text, which compresses to a fraction.
    Text,
    /// Text in part written over, in pieces smaller than any cluster.
    Rewritten,
}

/// All of them.
pub(crate) const CONTENTS: [Content; 6] = [
    Content::Islands,
    Content::Incompressible,
    Content::Zeros,
    Content::Discarded,
    Content::Text,
    Content::Rewritten,
];

/// Commands for an image of `size` bytes with clusters of `cluster` bytes, and
/// those to carry out after the image was compressed. Files they read are put
/// into `directory`.
pub(crate) fn commands(
    content: Content,
    size: u64,
    cluster: u64,
    directory: &Path,
) -> (Vec<String>, Vec<String>) {
    let file = |name: &str, bytes: Vec<u8>| {
        let path = directory.join(name);
        std::fs::write(&path, bytes).expect("room for a file");
        path.display().to_string()
    };
    let mut first = Commands::new(size);
    let mut then = Commands::new(size);
    match content {
        Content::Islands => {
            for boundary in [0, cluster, 64 * KIB, MIB, 2 * MIB, 32 * MIB, 33 * MIB] {
                let start = boundary.saturating_sub(512);
                first.write("-P 0x5a", start, 1024);
            }
            first.write("-P 0xa5", size - 512, 512);
        }
        Content::Incompressible => {
            let noise = file("noise", noise(300 * 1024 + 512));
            for at in [0, MIB - 4096, 32 * MIB - 65536] {
                first.write(&format!("-s {noise}"), at, 300 * KIB + 512);
            }
        }
        Content::Zeros => {
            first.write("-P 0x11", 0, MIB);
            // Zeros as data, as zero clusters (with and without dropping what
            // is stored), and as data beside data in one cluster.
            first.write("-P 0", 128 * KIB, 128 * KIB);
            first.write("-z", 256 * KIB, 128 * KIB);
            first.write("-z -u", 512 * KIB, 64 * KIB);
            first.write("-P 0", 640 * KIB, 512);
            first.write("-P 0", 32 * MIB, 256 * KIB);
            first.write("-z", 34 * MIB, MIB);
        }
        Content::Discarded => {
            first.write("-P 0x22", 0, MIB);
            first.write("-P 0x33", 31 * MIB, 2 * MIB);
            first.discard(64 * KIB, 256 * KIB);
            first.discard(600 * KIB + 512, 100 * KIB);
            then.discard(31 * MIB + 512 * KIB, MIB);
        }
        Content::Text => {
            let prose = file("prose", prose(MIB));
            first.write(&format!("-s {prose}"), 0, MIB);
            first.write(&format!("-s {prose}"), 32 * MIB - 300 * KIB, 600 * KIB);
            first.write(&format!("-s {prose}"), size - 512, 512);
        }
        Content::Rewritten => {
            let prose = file("prose", prose(MIB));
            first.write(&format!("-s {prose}"), 0, MIB);
            first.write(&format!("-s {prose}"), 32 * MIB - 300 * KIB, 600 * KIB);
            for (number, at) in (0..9).map(|n| (n + 1, n * 111 * KIB)) {
                then.write(&format!("-P {number}"), at, 512 * number);
            }
            then.write("-z", 768 * KIB, 64 * KIB);
            then.write("-P 0x44", 32 * MIB, 300 * KIB);
            then.discard(896 * KIB, 64 * KIB);
        }
    }
    (first.list, then.list)
}

/// Commands that keep within the disk.
struct Commands {
    size: u64,
    list: Vec<String>,
}

impl Commands {
    fn new(size: u64) -> Self {
        Self {
            size,
            list: Vec::new(),
        }
    }

    fn write(&mut self, how: &str, start: u64, length: u64) {
        self.push(&format!("write -q {how}"), start, length);
    }

    fn discard(&mut self, start: u64, length: u64) {
        self.push("discard -q", start, length);
    }

    fn push(&mut self, what: &str, start: u64, length: u64) {
        let length = length.min(self.size.saturating_sub(start));
        if length > 0 {
            self.list.push(format!("{what} {start} {length}"));
        }
    }
}

/// Bytes without a pattern, the same every time (`SplitMix64`).
pub(crate) fn noise(length: u64) -> Vec<u8> {
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut bytes: Vec<u8> = Vec::new();
    while (bytes.len() as u64) < length {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bytes.extend((word ^ (word >> 31)).to_le_bytes());
    }
    bytes.truncate(usize::try_from(length).expect("a small length"));
    bytes
}

/// Something like a log file.
pub(crate) fn prose(length: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    for line in 0_u64.. {
        if bytes.len() as u64 >= length {
            break;
        }
        let what = ["opened", "closed", "denied", "forgotten"][(line * line % 7 % 4) as usize];
        bytes.extend(format!("{line:08} host{} session {what}\n", line % 13).bytes());
    }
    bytes.truncate(usize::try_from(length).expect("a small length"));
    bytes
}
