//! Pages of the documentation that are made, in part, from what the program is.

use std::path::Path;
use std::{env, fs};

/// `text` with what stands between the marks called `mark` replaced by `with`.
pub(crate) fn replaced(text: &str, mark: &str, with: &str) -> String {
    let (begin, end) = (
        format!("<!-- {mark} -->\n"),
        format!("<!-- end of {mark} -->\n"),
    );
    let (before, rest) = text.split_once(&begin).expect("the mark");
    let (_, after) = rest.split_once(&end).expect("the end of it");
    format!("{before}{begin}{with}{end}{after}")
}

/// Compares the page `name` in `docs/` with what `made` makes of it, or writes that if
/// `OVFKIT_UPDATE` is set. `test` is what cargo calls the test by.
pub(crate) fn check(name: &str, test: &str, made: impl FnOnce(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    let committed = fs::read_to_string(&path).expect("the documentation");
    let current = made(&committed);
    if env::var_os("OVFKIT_UPDATE").is_some() {
        fs::write(&path, &current).expect("the documentation can be written");
        return;
    }
    assert!(
        current == committed,
        "docs/{name} is not what it tells of any more; write it again with \
         OVFKIT_UPDATE=1 cargo test --test {test}"
    );
}
