//! Real descriptors, which are not part of the repository: `OVFKIT_CORPUS` names a
//! directory that has them in `corpus/ovf`.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The file `name` of the corpus. Without a corpus, tells of the skip.
pub(crate) fn file(name: &str) -> Option<PathBuf> {
    let path = env::var_os("OVFKIT_CORPUS").map(|root| PathBuf::from(root).join(name));
    let found = path.filter(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: OVFKIT_CORPUS names no directory with {name}");
    }
    found
}

/// All descriptors, by name. Without a corpus, tells of the skip.
pub(crate) fn descriptors() -> Option<Vec<PathBuf>> {
    let entries = fs::read_dir(file("corpus/ovf")?).expect("a directory");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(files.len() > 400, "{} descriptors", files.len());
    Some(files)
}

/// The file's name, which is text.
pub(crate) fn name(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str());
    name.expect("a name that is text")
}
