//! Words of a command line, for advice that can be copied.

use std::path::Path;

/// `path` as a shell takes it for one word. Names out of hostile images must
/// not become commands when the advice that mentions them is pasted.
pub fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._+=:,@%-".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text;
    }
    let dashed = if text.starts_with('-') { "./" } else { "" };
    format!("'{dashed}{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        for (path, expected) in [
            ("/images/base_1.qcow2", "/images/base_1.qcow2"),
            ("my disk.img", "'my disk.img'"),
            ("x;rm -rf ~", "'x;rm -rf ~'"),
            ("it's", r"'it'\''s'"),
            ("$(id)", "'$(id)'"),
            ("-rf", "'./-rf'"),
            ("", "''"),
        ] {
            assert_eq!(word(Path::new(path)), expected);
        }
    }
}
