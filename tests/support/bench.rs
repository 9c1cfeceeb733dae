//! A directory to make images in, pack them and compare what came out.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::run::{Outcome, ovfkit, run, succeed};

/// A directory that is gone when dropped.
pub(crate) struct Bench {
    directory: TempDir,
}

/// A package and what was in it.
pub(crate) struct Packed {
    pub(crate) ova: PathBuf,
    /// Where it was unpacked.
    pub(crate) directory: PathBuf,
    pub(crate) vmdk: PathBuf,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
                .expect("a place for temporary files"),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("room for a file");
        path
    }

    /// Makes the image `name` with `qemu-img create`, `options` and a `size`.
    pub(crate) fn create(&self, name: &str, options: &str, size: u64) -> PathBuf {
        let path = self.path(name);
        let mut arguments = vec!["create", "-q", "-f", "qcow2"];
        if !options.is_empty() {
            arguments.extend(["-o", options]);
        }
        let size = size.to_string();
        let (arguments, path_text) = (arguments, text(&path));
        succeed(
            "qemu-img",
            arguments.iter().copied().chain([path_text, &size]),
        );
        path
    }

    /// Makes the image `name` on the backing file `on` of `format`; without a
    /// `size` it has the backing file's.
    pub(crate) fn create_on(
        &self,
        name: &str,
        options: &str,
        on: (&str, &str),
        size: Option<u64>,
    ) -> PathBuf {
        let path = self.path(name);
        let size = size.map(|size| size.to_string());
        let path_text = text(&path);
        let mut arguments = vec!["create", "-q", "-f", "qcow2", "-b", on.0, "-F", on.1];
        if !options.is_empty() {
            arguments.extend(["-o", options]);
        }
        arguments.push(path_text);
        arguments.extend(size.as_deref());
        succeed("qemu-img", arguments);
        path
    }

    /// Packs `disk` with further `arguments`, which must not succeed.
    pub(crate) fn fail(&self, disk: &Path, arguments: &[&str]) -> Outcome {
        let outcome = pack(disk, &self.path("none.ova"), arguments);
        assert!(!outcome.succeeded(), "packed");
        outcome
    }

    /// Packs `disk` as `vm.ova` with further `arguments`, which has to succeed,
    /// and unpacks it with plain tar.
    pub(crate) fn pack(&self, disk: &Path, arguments: &[&str]) -> Packed {
        let directory = tempfile::tempdir_in(self.root())
            .expect("room for a directory")
            .keep();
        let ova = directory.join("vm.ova");
        let outcome = pack(disk, &ova, arguments);
        assert!(
            outcome.succeeded(),
            "packing failed ({:?}):\n{}",
            outcome.code,
            outcome.stderr
        );
        succeed("tar", ["-C", text(&directory), "-xf", text(&ova)]);
        Packed {
            vmdk: directory.join("vm-disk1.vmdk"),
            ova,
            directory,
            stdout: outcome.text(),
            stderr: outcome.stderr,
        }
    }
}

impl Packed {
    /// qemu-img has to find the disk and the `source` of `format` identical.
    pub(crate) fn assert_same_as(&self, source: &Path, format: &str) {
        let verdict = succeed(
            "qemu-img",
            ["compare", "-f", format, "-F", "vmdk"]
                .into_iter()
                .chain([text(source), text(&self.vmdk)]),
        );
        assert!(verdict.contains("Images are identical."), "{verdict}");
    }

    /// The disk is unpacked and converted, as `to` has it: a format, and options
    /// of it. qemu-img has to find the outcome and the `source` of `format`
    /// identical.
    pub(crate) fn assert_comes_back(&self, source: &Path, format: &str, to: &[&str]) {
        let (_directory, image) = self.converted(to);
        let verdict = succeed(
            "qemu-img",
            ["compare", "-f", format, "-F", to[0]]
                .into_iter()
                .chain([text(source), text(&image)]),
        );
        assert!(verdict.contains("Images are identical."), "{verdict}");
        if to[0] == "raw" {
            let length = fs::metadata(&image).expect("an image").len();
            assert_eq!(length, self.capacity());
        } else {
            let verdict = succeed("qemu-img", ["check", "-f", to[0], text(&image)]);
            assert!(verdict.contains("No errors were found"), "{verdict}");
        }
    }

    /// Unpacks the package with its disk converted, as `to` has it; the image is
    /// gone when the directory is dropped.
    pub(crate) fn converted(&self, to: &[&str]) -> (TempDir, PathBuf) {
        let directory = tempfile::tempdir_in(&self.directory).expect("room for a directory");
        let mut command = ovfkit();
        command.arg("unpack").arg(&self.ova).arg("--force");
        command.arg("-d").arg(directory.path()).arg("--disks");
        let outcome = run(command.args(to));
        assert!(outcome.succeeded(), "{to:?}: {}", outcome.stderr);
        let image = directory.path().join(format!("vm-disk1.{}", to[0]));
        (directory, image)
    }

    /// Bytes of the disk, as its header tells them.
    pub(crate) fn capacity(&self) -> u64 {
        let bytes = fs::read(&self.vmdk).expect("a VMDK in the package");
        u64::from_le_bytes(bytes[12..20].try_into().expect("eight bytes")) * 512
    }

    /// What `--json` printed.
    pub(crate) fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("a JSON report")
    }

    pub(crate) fn has_warnings(&self) -> bool {
        self.stderr.contains("warning:")
    }
}

/// Packs `disk` as `ova`, whatever comes of it.
pub(crate) fn pack(disk: &Path, ova: &Path, arguments: &[&str]) -> Outcome {
    let mut command = ovfkit();
    command.arg("pack").arg(disk).arg("-o").arg(ova);
    run(command.args(arguments))
}

/// Has qemu-io carry out `commands` on the image at `path`.
pub(crate) fn qemu_io(path: &Path, format: &str, commands: &[String]) {
    let mut arguments = vec!["-f".to_owned(), format.to_owned()];
    for command in commands {
        arguments.extend(["-c".to_owned(), command.clone()]);
    }
    arguments.push(text(path).to_owned());
    let said = succeed("qemu-io", arguments);
    // Some failures leave its exit code at 0.
    assert!(!said.contains("failed"), "{said}");
}

/// What the guest of the image at `path` sees, as qemu-img reads it.
pub(crate) fn flattened(path: &Path, format: &str, arguments: &[&str]) -> Vec<u8> {
    let raw = path.with_extension("flat");
    succeed(
        "qemu-img",
        ["convert", "-f", format, "-O", "raw"]
            .into_iter()
            .chain(arguments.iter().copied())
            .chain([text(path), text(&raw)]),
    );
    let bytes = fs::read(&raw).expect("a converted image");
    fs::remove_file(raw).expect("a converted image");
    bytes
}

/// These tests choose their paths, which are text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}
