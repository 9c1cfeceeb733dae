//! A change of an image, made step by step and stopped where a test wants it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use ovfkit::disk::step::{Edit, Step};

/// Makes `step` of the file at `path`.
pub(crate) fn take(path: &Path, step: Step) {
    let file = File::options().write(true).open(path).expect("an image");
    let length = file.metadata().expect("an image").len();
    match step {
        Step::Extend { length: new } => {
            assert!(new > length);
            file.set_len(new).expect("room");
        }
        Step::Overwrite(edits) => {
            let mut end = 0;
            for Edit { offset, bytes } in edits {
                assert!(offset >= end && !bytes.is_empty(), "in order");
                end = offset + bytes.len() as u64;
                file.write_all_at(&bytes, offset).expect("room");
            }
            assert!(end <= length, "within the file");
        }
        Step::Truncate { length: new } => {
            assert!(new < length);
            file.set_len(new).expect("a shorter file");
        }
        Step::Anew(_) => panic!("no copies"),
    }
}
