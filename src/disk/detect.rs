//! Telling an image's format by its content.
//!
//! A format is never guessed from a name alone, and nothing falls back to raw:
//! an image taken for raw by mistake packs without an error and boots nowhere.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result, shell};
use crate::disk::{qcow2, vdi, vhd, vhdx, vmdk};

/// The formats ovfkit reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The disk's bytes as they are.
    Raw,
    /// QEMU's qcow2, version 2 or 3.
    Qcow2,
    /// VMware's VMDK: one sparse extent with its descriptor, or a descriptor and its extents.
    Vmdk,
    /// Hyper-V's VHDX.
    Vhdx,
    /// VHD, of Virtual PC, Hyper-V and Azure.
    Vhd,
    /// VirtualBox' VDI.
    Vdi,
}

impl Format {
    /// What the ending of a file's name tells.
    pub fn of_ending(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            raw if RAW_ENDINGS.contains(&raw) => Some(Self::Raw),
            "qcow" => Some(Self::Qcow2),
            other => other.parse().ok(),
        }
    }

    /// The name QEMU has for it.
    pub fn in_qemu(self) -> &'static str {
        match self {
            Self::Vhd => "vpc",
            other => other.name(),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Vmdk => "vmdk",
            Self::Vhdx => "vhdx",
            Self::Vhd => "vhd",
            Self::Vdi => "vdi",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "raw" => Ok(Self::Raw),
            "qcow2" => Ok(Self::Qcow2),
            "vmdk" => Ok(Self::Vmdk),
            "vhdx" => Ok(Self::Vhdx),
            // As QEMU calls it.
            "vhd" | "vpc" => Ok(Self::Vhd),
            "vdi" => Ok(Self::Vdi),
            _ => Err(Error::usage(format!("`{text}` is no format ovfkit reads"))
                .help("choose raw, qcow2, vmdk, vhdx, vhd or vdi, or leave it away to have it detected")),
        }
    }
}

/// Endings that say "raw" where the content says nothing else.
const RAW_ENDINGS: [&str; 4] = ["raw", "img", "dd", "bin"];

/// Magic numbers of files that are no raw disk: offset, bytes, what it is, and
/// what to do.
const RECOGNISED: &[(u64, &[u8], &str, &str)] = &[
    (0, b"QED\0", "a QED image", TO_QCOW2),
    (
        0,
        b"LUKS\xba\xbe",
        "an encrypted (LUKS) disk",
        "decrypt it first with cryptsetup or qemu-img",
    ),
    (
        0,
        b"\x1f\x8b",
        "compressed with gzip",
        "decompress it first: gunzip -k IMAGE",
    ),
    (
        0,
        b"\xfd7zXZ\0",
        "compressed with xz",
        "decompress it first: xz -dk IMAGE",
    ),
    (
        0,
        b"BZh",
        "compressed with bzip2",
        "decompress it first: bunzip2 -k IMAGE",
    ),
    (
        0,
        b"\x28\xb5\x2f\xfd",
        "compressed with zstd",
        "decompress it first: zstd -d IMAGE",
    ),
    (
        0,
        b"PK\x03\x04",
        "a zip archive",
        "unpack it first: unzip IMAGE",
    ),
    (
        0,
        b"7z\xbc\xaf\x27\x1c",
        "a 7-Zip archive",
        "unpack it first: 7z x IMAGE",
    ),
    (0, b"<!DOCTYPE", "a web page", FETCH),
    (0, b"<!doctype", "a web page", FETCH),
    (0, b"<html", "a web page", FETCH),
    (
        0,
        b"<?xml",
        "an XML document, perhaps an OVF descriptor",
        "name the disk image itself",
    ),
    (
        257,
        b"ustar",
        "a tar archive, perhaps an OVA",
        "unpack it first: tar -xf IMAGE",
    ),
];

const TO_QCOW2: &str = "convert it first: qemu-img convert -O qcow2 IMAGE disk.qcow2";
const FETCH: &str = "fetch the image again; a server may have sent an error page in its place";

/// Marks of a partitioned or bootable disk: offset, bytes.
const DISK_MARKS: &[(u64, &[u8])] = &[(510, b"\x55\xaa"), (512, b"EFI PART"), (4096, b"EFI PART")];

/// Marks of a CD image, which is no disk unless it is partitioned as well.
const CD_MARK: (u64, &[u8]) = (0x8001, b"CD001");

/// Finds the format of `storage`, called `path`, by its content; `asked`, where
/// given, is taken instead, but for images that cannot be what was asked.
pub fn format_of(storage: &dyn Storage, path: &Path, asked: Option<Format>) -> Result<Format> {
    if let Some(format) = asked {
        return Ok(format);
    }
    if storage.length() == 0 {
        // Every format's reader says that an empty file is none of its own.
        return Ok(Format::Raw);
    }
    if starts(storage, 0, &qcow2::MAGIC)? {
        return Ok(Format::Qcow2);
    }
    if vmdk::is_one(storage)? {
        return Ok(Format::Vmdk);
    }
    if starts(storage, 0, &vhdx::MAGIC)? {
        return Ok(Format::Vhdx);
    }
    if starts(storage, 0, &vhd::MAGIC)? {
        return Ok(Format::Vhd);
    }
    if starts(storage, vdi::MAGIC_AT, &vdi::MAGIC)? {
        return Ok(Format::Vdi);
    }
    for (offset, magic, what, help) in RECOGNISED {
        if starts(storage, *offset, magic)? {
            return Err(recognised(path, what, help));
        }
    }
    // A fixed VHD is a raw disk but for the footer in its last sector.
    if vhd::ends_as_one(storage)? {
        return Ok(Format::Vhd);
    }
    for (offset, mark) in DISK_MARKS {
        if starts(storage, *offset, mark)? {
            return Ok(Format::Raw);
        }
    }
    if starts(storage, CD_MARK.0, CD_MARK.1)? {
        return Err(recognised(
            path,
            "a CD image",
            "put it into a CD drive of the machine: `--iso IMAGE`",
        ));
    }
    if Format::of_ending(path) == Some(Format::Raw) {
        return Ok(Format::Raw);
    }
    let ending = path.extension().and_then(|ending| ending.to_str());
    if ending.is_some_and(|ending| ending.eq_ignore_ascii_case("qcow2")) {
        return Err(Error::new(
            ErrorKind::Invalid,
            "the file is named qcow2 but does not start as one, with `QFI\\xfb`",
        )
        .at(path)
        .at_offset(0)
        .why("it is another format under a wrong name, or damaged")
        .help(format!(
            "fetch or make the image again; `qemu-img info {}` tells what it is",
            shell::word(path)
        )));
    }
    Err(
        Error::new(ErrorKind::Unsupported, "neither content nor name tell the image's format")
            .at(path)
            .why("it has no magic number ovfkit knows and no partition table; packing it as raw by guess could make a disk that never boots")
            .help("if it is a raw disk, say so: `--input-format raw`"),
    )
}

fn recognised(path: &Path, what: &str, help: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("this is {what}; ovfkit reads qcow2, VMDK, VHDX, VHD, VDI and raw disks"),
    )
    .at(path)
    .help(help.replace("IMAGE", &shell::word(path)))
}

fn starts(storage: &dyn Storage, offset: u64, magic: &[u8]) -> Result<bool> {
    if offset + magic.len() as u64 > storage.length() {
        return Ok(false);
    }
    let mut found = vec![0; magic.len()];
    storage.read_exact_at(offset, &mut found)?;
    Ok(found == magic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(offset: usize, magic: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 8192];
        bytes[offset..offset + magic.len()].copy_from_slice(magic);
        bytes
    }

    #[test]
    fn content_decides_before_the_name() {
        let find = |bytes: Vec<u8>, name: &str| format_of(&bytes, Path::new(name), None);
        assert_eq!(
            find(with(0, b"QFI\xfb"), "disk.raw").unwrap(),
            Format::Qcow2
        );
        for front in [
            &b"KDMV"[..],
            // Pieces of disks, whose reader asks for the descriptor.
            b"COWD",
            b"\xbe\xba\xfe\xca\0\0\0\0",
            b"\n# by hand\n# Disk DescriptorFile\n",
        ] {
            assert_eq!(find(with(0, front), "disk.img").unwrap(), Format::Vmdk);
        }
        assert_eq!(
            find(with(0, b"vhdxfile"), "disk.img").unwrap(),
            Format::Vhdx
        );
        assert_eq!(find(with(510, b"\x55\xaa"), "disk").unwrap(), Format::Raw);
        assert_eq!(find(with(4096, b"EFI PART"), "disk").unwrap(), Format::Raw);
        assert_eq!(find(vec![0; 8192], "disk.IMG").unwrap(), Format::Raw);
        for (offset, magic, what, _) in RECOGNISED {
            let offset = usize::try_from(*offset).unwrap();
            let error = find(with(offset, magic), "disk.img").expect_err(what);
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains(what) && error.advice().is_some());
        }
        assert_eq!(find(with(0, b"conectix"), "disk.img").unwrap(), Format::Vhd);
        assert_eq!(
            find(with(0x40, b"\x7f\x10\xda\xbe"), "disk.img").unwrap(),
            Format::Vdi
        );
        // Of a fixed VHD the guest's boot sector stands in front.
        let mut fixed = with(8192 - 512, b"conectix");
        fixed[510..512].copy_from_slice(b"\x55\xaa");
        assert_eq!(find(fixed, "disk.img").unwrap(), Format::Vhd);
        let cd = |boot: &[u8]| {
            let mut bytes = vec![0; 65536];
            bytes[0x8001..0x8006].copy_from_slice(b"CD001");
            bytes[510..512].copy_from_slice(boot);
            bytes
        };
        // A hybrid image boots from a disk as well as from a CD.
        assert_eq!(find(cd(b"\x55\xaa"), "live.iso").unwrap(), Format::Raw);
        let error = find(cd(b"\0\0"), "a b.img").unwrap_err();
        assert!(error.advice().unwrap().contains("--iso 'a b.img'"));
        let error = find(vec![7; 8192], "disk.qcow2").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    #[test]
    fn what_nothing_settles_has_to_be_asked_for() {
        let blank = vec![7; 8192];
        let error = format_of(&blank, Path::new("disk"), None).unwrap_err();
        assert!(error.advice().unwrap().contains("--input-format raw"));
        let raw = format_of(&blank, Path::new("disk"), Some(Format::Raw)).unwrap();
        assert_eq!(raw, Format::Raw);
    }
}
