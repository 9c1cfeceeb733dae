//! Encrypted qcow2 images, made by qemu-img and filled by qemu-io.

use std::path::{Path, PathBuf};

use super::bench::{Bench, Packed, text};
use super::run::succeed;
use super::stream;

pub(crate) const SECRET: &str = "correct horse";

/// An image and the file of its secret.
pub(crate) struct Locked {
    pub(crate) bench: Bench,
    pub(crate) image: PathBuf,
    pub(crate) secret: PathBuf,
}

/// qemu-img's options of an image, and how it opens one.
pub(crate) fn object(secret: &str) -> String {
    format!("secret,id=s,data={secret}")
}

pub(crate) fn opened(image: &Path) -> String {
    let name = text(image);
    format!("driver=qcow2,encrypt.key-secret=s,file.filename={name}")
}

/// The options of an image that is encrypted as `options` says, without the time it takes to
/// open one.
fn encrypted(options: &str) -> String {
    let time = if options.contains("format=luks") {
        ",encrypt.iter-time=10"
    } else {
        ""
    };
    format!("{options},encrypt.key-secret=s{time}")
}

impl Locked {
    pub(crate) fn new(options: &str, size: u64) -> Self {
        Self::with_secret(options, size, SECRET)
    }

    pub(crate) fn with_secret(options: &str, size: u64, secret: &str) -> Self {
        let bench = Bench::new();
        let image = bench.path("image.qcow2");
        let (object, options, size) = (object(secret), encrypted(options), size.to_string());
        let arguments = [
            "create", "-q", "--object", &object, "-f", "qcow2", "-o", &options,
        ];
        succeed(
            "qemu-img",
            arguments.into_iter().chain([text(&image), &size]),
        );
        let secret = bench.write("secret", format!("{secret}\n").as_bytes());
        Self {
            bench,
            image,
            secret,
        }
    }

    pub(crate) fn io(&self, commands: &[String]) {
        let object = object(SECRET);
        let mut arguments = vec!["--object".to_owned(), object, "--image-opts".to_owned()];
        for command in commands {
            arguments.extend(["-c".to_owned(), command.clone()]);
        }
        arguments.push(opened(&self.image));
        let said = succeed("qemu-io", arguments);
        assert!(!said.contains("failed"), "{said}");
    }

    /// What qemu-img converts with the secret.
    pub(crate) fn flattened(&self, more: &[&str]) -> Vec<u8> {
        let (object, raw) = (object(SECRET), self.bench.path("flat"));
        let opened = opened(&self.image);
        let arguments = ["convert", "--object", &object, "--image-opts", "-O", "raw"];
        let arguments = arguments.into_iter().chain(more.iter().copied());
        succeed("qemu-img", arguments.chain([&*opened, text(&raw)]));
        std::fs::read(raw).expect("a converted image")
    }

    /// qemu-img has to find no fault and no leak.
    pub(crate) fn assert_sound(&self) {
        let (object, opened) = (object(SECRET), opened(&self.image));
        let arguments = ["check", "--object", &object, "--image-opts", &opened];
        let said = succeed("qemu-img", arguments);
        assert!(said.contains("No errors were found"), "{said}");
    }

    pub(crate) fn pack(&self, more: &[&str]) -> Packed {
        let secret = ["--secret-file", text(&self.secret)];
        self.bench.pack(&self.image, &[&secret[..], more].concat())
    }

    pub(crate) fn assert_same(&self, packed: &Packed, more: &[&str]) {
        let file = std::fs::read(&packed.vmdk).expect("a VMDK");
        assert!(stream::read(&file).content() == self.flattened(more));
    }
}
