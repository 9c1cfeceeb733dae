//! Making an image on another: what it calls its parent.

use crate::base::{Error, Result};
use crate::disk::gate::is_of_windows;

/// Refuses a `fixed` image, which has a place for all of its disk.
pub(in crate::disk) fn check_dynamic(fixed: bool) -> Result<()> {
    if fixed {
        return Err(
            Error::usage("a fixed image holds all of its disk, and is made on no other")
                .in_option("-o subformat")
                .help("leave this setting away"),
        );
    }
    Ok(())
}

/// `name`, a path seen from the directory of the image, as Windows writes it: its systems look
/// for a parent there first.
pub(in crate::disk) fn relative(name: &str) -> Result<String> {
    let refuse = |why: &str| {
        let shown = name.escape_debug();
        Err(Error::usage(format!("`{shown}` cannot be the name of a parent")).why(why.to_owned()))
    };
    if name.is_empty() || name.contains('\0') {
        return refuse("it is no path");
    }
    if name.starts_with(['/', '\\']) || is_of_windows(name) {
        return refuse("these formats name it from the directory the new image is in")
            .map_err(|error| error.help("write it like `base.vhdx` or `../base/base.vhdx`"));
    }
    if !cfg!(windows) && name.contains('\\') {
        return refuse("Windows takes a backslash for the end of a directory's name");
    }
    let path = name.replace('/', "\\");
    Ok(if path.starts_with(".\\") || path.starts_with("..\\") {
        path
    } else {
        format!(".\\{path}")
    })
}

/// The text in UTF-16 as Windows stores it.
pub(in crate::disk) fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_seen_from_the_image_and_written_as_windows_does() {
        for (name, expected) in [
            ("base.vhd", r".\base.vhd"),
            ("../a b/base.vhd", r"..\a b\base.vhd"),
            ("./base.vhd", r".\base.vhd"),
            ("..vhd", r".\..vhd"),
        ] {
            assert_eq!(relative(name).expect(name), expected);
        }
        for name in [
            "",
            "a\0b",
            "/srv/base.vhd",
            "C:/base.vhd",
            r"\\server\base.vhd",
        ] {
            relative(name).expect_err(name);
        }
    }
}
