//! VHDX, VHD, VDI and VMDK images that are given another size where they lie, made by qemu-img
//! and by the library: after each step they hold the old disk or the new one, and at the end
//! they are sound and the same disk to QEMU, libvhdi, libvmdk and Dissect.

// A test program: its items are for itself, and a failed unwrap is a failed test.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod kinds;
mod refusals;
#[path = "../support/mod.rs"]
mod support;
mod trial;

use kinds::{Kind, all, dynamic};
use support::content::noise;
use support::{MIB, parallel, tools};
use trial::{Trial, write};

const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// A disk with data in many blocks and at its end, which cuts a block.
fn content() -> (u64, Vec<(u64, Vec<u8>)>) {
    let size = 21 * MIB + 512;
    let pieces = vec![
        (0, noise(MIB)),
        (3 * MIB - 512, noise(1024)),
        (7 * MIB, noise(2 * MIB + 4096)),
        (12 * MIB + 512, noise(6 * MIB)),
        (size - 4096, noise(4096)),
    ];
    (size, pieces)
}

fn each(kinds: &[Kind], test: impl Fn(&Kind) + Sync) {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(kinds, |kind| kind.name.to_owned(), test);
}

#[test]
fn disks_grow_and_shrink_and_grow_again() {
    each(&all(), |kind| {
        let (size, pieces) = content();
        let mut trial = Trial::new(kind, size, &pieces);
        let size = trial.size();
        trial.resize(size);
        // Within the last block, and beyond it.
        trial.resize(size + 512);
        trial.resize(45 * MIB + 1536);
        trial.others_read();
        trial.write(&[
            write(0, 512, 1),
            write(3 * MIB, 1024, 2),
            write(19 * MIB, 512, 3),
            write(30 * MIB - 1024, 2048, 4),
            write(40 * MIB, 4096, 0),
            write(45 * MIB + 1024, 512, 5),
        ]);
        trial.others_read();
        // Within a block that is full.
        trial.resize(13 * MIB + 512);
        trial.others_read();
        trial.resize(30 * MIB);
        trial.write(&[write(14 * MIB, 512, 6), write(30 * MIB - 512, 512, 7)]);
        trial.others_read();
        trial.resize(4096);
        trial.resize(9 * MIB);
        trial.others_read();
    });
}

/// Room for tables is used up, however large it was.
#[test]
fn small_disks_become_large_ones_and_small_again() {
    let wanted = [
        "VHDX by QEMU",
        "VHD by QEMU",
        "VDI by QEMU",
        "VMDK by QEMU",
        "VMDK",
    ];
    let mut kinds = dynamic();
    kinds.retain(|kind| wanted.contains(&kind.name));
    each(&kinds, |kind| {
        let most = match kind.qemu {
            "vpc" => 2040 * GIB,
            _ => 2 * TIB,
        };
        let (size, pieces) = content();
        let mut trial = Trial::new(kind, size, &pieces);
        for size in [5 * GIB + 512, 300 * GIB, most] {
            trial.resize(size);
            trial.write(&[write(size - 512, 512, 9), write(size / 2, 2048, 8)]);
            trial.qemu_finds_it_whole();
        }
        assert!(trial.bytes() < 600 * MIB, "{} bytes", trial.bytes());
        // A VMDK that grew more than once has tables between its grains, which stay there.
        trial.may_leak = kind.qemu == "vmdk";
        trial.resize(300 * GIB);
        trial.qemu_finds_it_whole();
        trial.resize(6 * MIB + 512);
        let bytes = trial.bytes();
        assert!(trial.may_leak || bytes < 48 * MIB, "{bytes} bytes");
        trial.others_read();
    });
}

/// A machine goes on with the disk: QEMU allocates blocks behind those there are.
#[test]
fn qemu_writes_to_what_was_resized() {
    each(&dynamic(), |kind| {
        let (size, pieces) = content();
        let mut trial = Trial::new(kind, size, &pieces);
        trial.resize(10 * GIB);
        trial.qemu_writes(&[(1, 22 * MIB, 3 * MIB), (2, 10 * GIB - 1024, 1024)]);
        trial.resize(24 * MIB + 512);
        trial.qemu_writes(&[(3, 5 * MIB, MIB), (4, 23 * MIB, MIB)]);
        trial.resize(40 * MIB);
        trial.others_read();
    });
}
