//! Internal snapshots made, applied and deleted in qcow2 images that qemu-img made, by us and by
//! qemu-img in turn: after each change qemu-img finds no fault and no leak, and the disk and all
//! snapshots hold what a model of them holds. A change that is stopped after any step leaves what
//! was or what is to be, with leaks at the worst.

// A test program: its items are for itself.
#![allow(missing_docs, unreachable_pub)]

mod kinds;
mod refusals;
mod special;
mod stopped;
#[path = "../support/mod.rs"]
mod support;
mod trial;

use kinds::{KINDS, Kind, SIZE};
use support::{KIB, MIB, parallel, tools};
use trial::{Trial, Who};

fn each(kinds: &[Kind], test: impl Fn(Kind) + Sync) {
    if tools::have_qemu() {
        parallel::each(kinds, |kind| format!("{kind:?}"), |kind| test(*kind));
    }
}

#[test]
fn snapshots_come_and_go_in_both_programs() {
    each(&KINDS, |kind| {
        let mut trial = Trial::new(kind);
        trial.create("empty", Who::We);
        trial.judge("with nothing on it");
        trial.delete("empty", Who::We);
        trial.judge("as at first");
        trial.write(0, 768 * KIB, 1);
        trial.write(MIB, 3 * KIB, 2);
        trial.create("one", Who::We);
        trial.judge("created");
        trial.write(128 * KIB, 64 * KIB, 3);
        trial.write(SIZE - 300 * KIB, 300 * KIB, 4);
        trial.judge("written to");
        trial.create("two", Who::Qemu);
        trial.write(2 * MIB, 5 * KIB, 5);
        trial.apply("one", Who::We);
        trial.judge("applied");
        trial.qemu_reads("applied");
        trial.write(0, 64 * KIB, 6);
        if kind.most() > 2 {
            trial.create("three", Who::We);
            trial.judge("created behind QEMU's");
        }
        trial.delete("one", Who::We);
        trial.judge("deleted the first");
        trial.apply("two", Who::Qemu);
        trial.judge("applied by QEMU");
        trial.delete("two", Who::We);
        trial.judge("deleted what was applied");
        if kind.most() > 2 {
            trial.apply("three", Who::We);
            trial.delete("three", Who::Qemu);
        }
        trial.judge("deleted all");
        trial.write(0, 900 * KIB, 7);
        trial.judge("written to at the end");
        trial.qemu_reads("at the end");
    });
}

/// Numbers without a pattern, by xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[test]
fn any_order_of_changes_keeps_what_it_has_to() {
    each(&KINDS, |kind| {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ kind as u64);
        let mut trial = Trial::new(kind);
        let mut told = Vec::new();
        for round in 1..=16_u8 {
            let who = [Who::We, Who::We, Who::Qemu][trial::index(random.below(3))];
            let some = trial.kept.len() as u64;
            let any = (some > 0).then(|| trial.kept[trial::index(random.below(some))].0.clone());
            let what = match (random.below(8), any) {
                (0..3, _) if trial.kept.len() < kind.most() => {
                    let name = format!("state {round}");
                    trial.create(&name, who);
                    format!("{who:?} created {name}")
                }
                (3..5, Some(name)) => {
                    trial.apply(&name, who);
                    format!("{who:?} applied {name}")
                }
                (5, Some(name)) => {
                    trial.delete(&name, who);
                    format!("{who:?} deleted {name}")
                }
                (6, _) if kind != Kind::Old => {
                    let size = (random.below(8000) + 1) * 512;
                    trial.resize(size);
                    format!("resized to {size}")
                }
                _ => {
                    let size = trial.disk.len() as u64;
                    let at = random.below(size / 512) * 512;
                    let length = (random.below(600) + 1) * 512;
                    trial.write(at, length.min(size - at), round);
                    format!("written at {at}")
                }
            };
            told.push(what);
            trial.judge(&format!("{told:#?}"));
        }
        trial.qemu_reads("at the end");
    });
}
