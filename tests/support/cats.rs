//! Other readers of disk images: programs that print the disk.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::run::run;
use super::tools;

/// Bytes compared at a time.
const PIECE: usize = 1 << 20;

fn script(name: &str) -> PathBuf {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    scripts.join(name)
}

/// One of the scripts around Debian's Python modules.
pub(crate) fn cat(name: &str, image: &Path) -> Command {
    let mut cat = Command::new(tools::PYTHON);
    cat.arg(script(name)).arg(image);
    cat
}

/// Dissect, of an image in a `format` as qemu-img calls it, where it is installed.
pub(crate) fn dissect(format: &str, image: &Path) -> Option<Command> {
    let python = tools::built("dissect/bin/python")?;
    let mut cat = Command::new(python);
    cat.arg(script("dissect-cat")).arg(format).arg(image);
    Some(cat)
}

/// All that read images in such a `format`.
pub(crate) fn readers(format: &str, image: &Path) -> Vec<Command> {
    let own = match format {
        "vhdx" => Some(("vhdx-cat", "pyvhdi")),
        "vpc" => Some(("vhd-cat", "pyvhdi")),
        "vmdk" => Some(("vmdk-cat", "pyvmdk")),
        _ => None,
    };
    let own = own.filter(|(_, module)| tools::have_module(module));
    let mut readers: Vec<_> = own.map(|(name, _)| cat(name, image)).into_iter().collect();
    if format != "vmdk" {
        readers.extend(dissect(format, image));
    }
    readers
}

/// The disk that `reader` prints.
#[track_caller]
pub(crate) fn printed(mut reader: Command) -> Vec<u8> {
    let said = run(&mut reader);
    assert!(said.succeeded(), "{reader:?}: {}", said.stderr);
    said.stdout
}

/// What `reader` prints has to be what is in the file `raw`; neither is in memory as a whole.
#[track_caller]
pub(crate) fn assert_prints(mut reader: Command, raw: &Path) {
    let mut printing = reader.stdout(Stdio::piped()).spawn().expect("a program");
    let mut output = printing.stdout.take().expect("its output");
    let mut expected = File::open(raw).expect("a raw disk");
    let [mut is, mut has_to_be] = [0, 1].map(|_| vec![0; PIECE]);
    let mut at = 0;
    loop {
        let is = piece(&mut output, &mut is);
        let has_to_be = piece(&mut expected, &mut has_to_be);
        assert!(is == has_to_be, "{reader:?} differs in the MiB at {at}");
        if is.is_empty() {
            break;
        }
        at += is.len();
    }
    drop(output);
    let status = printing.wait().expect("an end");
    assert!(status.success(), "{reader:?}: {status}");
}

/// What `from` holds next, as much as there is room for.
fn piece<'p>(from: &mut impl Read, piece: &'p mut [u8]) -> &'p [u8] {
    let mut filled = 0;
    while filled < piece.len() {
        match from.read(&mut piece[filled..]).expect("it can be read") {
            0 => break,
            length => filled += length,
        }
    }
    &piece[..filled]
}
