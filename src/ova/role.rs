//! What part a file has in a package, told by its name.

use crate::base::{Error, ErrorKind};

/// The part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The descriptor, `*.ovf`.
    Descriptor,
    /// The manifest, `*.mf`.
    Manifest,
    /// The certificate, `*.cert`.
    Certificate,
    /// What programs for tar leave behind: `._*` of macOS, `PaxHeader` of those
    /// that know no extended headers.
    Noise,
    /// Anything else: disks, CD images, translations.
    Content,
}

/// Most bytes of a descriptor that are read; real ones have kilobytes.
pub const MAX_DESCRIPTOR_BYTES: u64 = 16 << 20;
/// Most bytes of a manifest that are read: some 5,000 lines.
pub const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// Most bytes of a certificate that are read; real ones have two kilobytes.
pub const MAX_CERTIFICATE_BYTES: u64 = 1 << 20;

impl Role {
    /// The part of the file called `name`, whatever the case of its ending.
    pub fn of(name: &str) -> Self {
        let mut parts = name.rsplit('/');
        let last = parts.next().unwrap_or(name);
        let is_pax = |part: &str| part == "PaxHeader" || part.starts_with("PaxHeaders");
        if last.starts_with("._") || parts.any(is_pax) {
            return Self::Noise;
        }
        let ending = last.rsplit_once('.').map_or("", |(_, ending)| ending);
        match ending.to_ascii_lowercase().as_str() {
            "ovf" => Self::Descriptor,
            "mf" => Self::Manifest,
            "cert" => Self::Certificate,
            _ => Self::Content,
        }
    }

    /// Most bytes such a file may have, if that is bounded.
    pub fn most_bytes(self) -> Option<u64> {
        match self {
            Self::Descriptor => Some(MAX_DESCRIPTOR_BYTES),
            Self::Manifest => Some(MAX_MANIFEST_BYTES),
            Self::Certificate => Some(MAX_CERTIFICATE_BYTES),
            Self::Noise | Self::Content => None,
        }
    }

    /// The error of such a file that has `size` bytes, which are too many.
    pub fn too_large(self, size: u64) -> Error {
        let (name, most) = (self.name(), self.most_bytes().unwrap_or(u64::MAX));
        Error::new(
            ErrorKind::LimitExceeded,
            format!("the {name} has {size} bytes; at most {most} are read"),
        )
        .help("such a file is text of some kilobytes; ask where this package comes from")
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Descriptor => "descriptor",
            Self::Manifest => "manifest",
            Self::Certificate => "certificate",
            Self::Noise => "leftover of another program",
            Self::Content => "file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_part() {
        for (name, role) in [
            ("vm.ovf", Role::Descriptor),
            ("./a/VM.OVF", Role::Descriptor),
            ("vm.mf", Role::Manifest),
            ("vm.cert", Role::Certificate),
            ("vm.vmdk", Role::Content),
            ("ovf", Role::Content),
            ("._vm.ovf", Role::Noise),
            ("a/._vm.ovf", Role::Noise),
            ("PaxHeaders.123/vm.ovf", Role::Noise),
            ("a/PaxHeader/vm.ovf", Role::Noise),
            ("PaxHeader", Role::Content),
        ] {
            assert_eq!(Role::of(name), role, "{name}");
        }
    }
}
