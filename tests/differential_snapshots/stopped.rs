//! Changes that are stopped after any of their steps.

use std::fs;

use ovfkit::base::storage::FileStorage;
use ovfkit::disk::qcow2::snapshots::{Change, change};

use super::each;
use super::kinds::{KINDS, Kind};
use super::support::step::{qemu_check, take};
use super::trial::{Trial, listed, our_check, state};

/// What the disk and all snapshots hold.
type Contents = (Vec<u8>, Vec<(String, Vec<u8>)>);

fn contents(path: &std::path::Path) -> Contents {
    let names = listed(path).into_iter();
    let kept = names.map(|name| (name.clone(), state(path, Some(&name))));
    (state(path, None), kept.collect())
}

/// What there has to be behind `change`.
fn expected(trial: &Trial, change: Change<'_>) -> Contents {
    let (mut disk, mut kept) = (trial.disk.clone(), trial.kept.clone());
    match change {
        Change::Create { name, .. } => kept.push((name.to_owned(), disk.clone())),
        Change::Apply(wanted) => {
            let found = kept.iter().find(|(name, _)| name == wanted);
            disk.clone_from(&found.expect("a snapshot").1);
        }
        Change::Delete(wanted) => kept.retain(|(name, _)| name != wanted),
    }
    (disk, kept)
}

#[test]
fn what_is_left_is_what_was_or_what_is_to_be() {
    let others = [Kind::Zstd, Kind::Preallocated, Kind::Backed];
    let kinds: Vec<_> = KINDS
        .into_iter()
        .filter(|kind| !others.contains(kind))
        .collect();
    each(&kinds, |kind| {
        let mut trial = kind.with_two();
        let mut changes = vec![
            Change::Apply("one"),
            Change::Delete("one"),
            Change::Delete("two"),
        ];
        if kind.most() > 2 {
            let date = (1, 2);
            changes.push(Change::Create { name: "new", date });
        }
        let first = fs::read(&trial.path).expect("an image");
        for wanted in changes {
            let old = expected_now(&trial);
            let new = expected(&trial, wanted);
            fs::write(&trial.path, &first).expect("room");
            let storage = FileStorage::open(&trial.path).expect("an image");
            let (mut is_new, mut steps) = (false, 0);
            change(&storage, wanted, &mut |step| {
                take(&trial.path, step);
                qemu_check(&trial.path);
                let now = contents(&trial.path);
                assert!(now == old || now == new, "{wanted:?} {steps}: neither");
                assert!(!is_new || now == new, "{wanted:?} {steps}: old again");
                is_new = now == new;
                steps += 1;
                Ok(())
            })
            .expect("it can be done");
            assert!(is_new && steps > 3, "{wanted:?}: {steps} steps");
            assert!(
                qemu_check(&trial.path) && our_check(&trial.path),
                "{wanted:?}"
            );
            // It is the same where what is read stays as it was, since each step puts a clone in
            // the place of the file.
            let made = fs::read(&trial.path).expect("an image");
            fs::write(&trial.path, &first).expect("room");
            let read = trial.bench.write("read.qcow2", &first);
            let storage = FileStorage::open(&read).expect("an image");
            change(&storage, wanted, &mut |step| {
                take(&trial.path, step);
                Ok(())
            })
            .expect("it can be done");
            assert!(
                fs::read(&trial.path).expect("an image") == made,
                "{wanted:?}"
            );
        }
        fs::write(&trial.path, &first).expect("room");
        trial.write(0, 512, 77);
        trial.judge("as at first");
    });
}

fn expected_now(trial: &Trial) -> Contents {
    (trial.disk.clone(), trial.kept.clone())
}
