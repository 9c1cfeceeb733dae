//! A change of an image, made step by step and stopped where a test wants it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use ovfkit::disk::step::{Edit, Step};

use super::bench::text;
use super::run::run;
use super::tools;

/// Makes `step` of the file at `path`.
pub(crate) fn take(path: &Path, step: Step) {
    let file = File::options().write(true).open(path).expect("an image");
    let length = file.metadata().expect("an image").len();
    match step {
        Step::Extend { length: new } => {
            assert!(new > length, "nothing to be done");
            file.set_len(new).expect("room");
        }
        Step::Overwrite(edits) => {
            let mut end = 0;
            for Edit { offset, bytes } in edits {
                assert!(
                    offset >= end && !bytes.is_empty(),
                    "out of order at {offset}"
                );
                end = offset + bytes.len() as u64;
                file.write_all_at(&bytes, offset).expect("room");
            }
        }
        Step::Truncate { length: new } => {
            assert!(new < length, "nothing to be done");
            file.set_len(new).expect("a shorter file");
        }
        Step::Anew(_) => panic!("no copies"),
    }
}

/// What qemu-img says of the image, of which it must not say that it is damaged; whether it has
/// no leak either.
#[track_caller]
pub(crate) fn qemu_check(path: &Path) -> bool {
    let said = run(tools::program("qemu-img").args(["check", "-q", text(path)]));
    assert!(
        matches!(said.code, Some(0 | 3)),
        "{:?}: {}{}",
        said.code,
        said.text(),
        said.stderr
    );
    said.code == Some(0)
}
