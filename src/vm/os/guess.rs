//! The operating system the name of an image tells.

use super::GuestOs;

/// Names distributors give releases, where images are called by them.
const CODE_NAMES: [(&str, &str); 14] = [
    ("xenial", "ubuntu16.04"),
    ("bionic", "ubuntu18.04"),
    ("focal", "ubuntu20.04"),
    ("jammy", "ubuntu22.04"),
    ("noble", "ubuntu24.04"),
    ("oracular", "ubuntu24.10"),
    ("plucky", "ubuntu25.04"),
    ("questing", "ubuntu25.10"),
    ("stretch", "debian9"),
    ("buster", "debian10"),
    ("bullseye", "debian11"),
    ("bookworm", "debian12"),
    ("trixie", "debian13"),
    ("forky", "debian14"),
];

/// Words of the list that are in names of images of any system.
const VAGUE: [&str; 7] = [
    "linux",
    "otherlinux",
    "generic",
    "other",
    "al",
    "pop",
    "void",
];

/// Words that tell of a processor ovfkit's list is not about.
const FOREIGN: [&str; 9] = [
    "arm64", "aarch64", "armhf", "armv7", "ppc64le", "ppc64el", "s390x", "riscv64", "i386",
];

/// How many words may stand between a system's name and its version.
const BETWEEN: usize = 4;

/// The system an image with the file name `stem` (without its ending) has, where that tells:
/// `noble-server-cloudimg-amd64`, `debian-12-generic-amd64`, `Rocky-9-GenericCloud`.
pub fn guess(stem: &str) -> Option<GuestOs> {
    let lower = stem.to_ascii_lowercase();
    let words: Vec<&str> = lower
        .split(['-', '_', ' ', '+'])
        .filter(|word| !word.is_empty())
        .collect();
    if words.iter().any(|word| FOREIGN.contains(word)) {
        return None;
    }
    for (index, word) in words.iter().enumerate() {
        if let Some((_, name)) = CODE_NAMES.iter().find(|(code, _)| code == word) {
            return name.parse().ok();
        }
        let split = word
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(word.len());
        let (name, digits) = word.split_at(split);
        if name.len() < 2 || VAGUE.contains(&name) {
            continue;
        }
        let after = words[index + 1..].iter().take(BETWEEN);
        let after = after.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let versions = std::iter::once(digits).chain(after.copied());
        let found = versions
            .filter(|version| !version.is_empty())
            .find_map(|version| {
                let end = version.find(|c: char| !c.is_ascii_digit() && c != '.');
                let version = version[..end.unwrap_or(version.len())].trim_end_matches('.');
                format!("{name}{version}").parse().ok()
            });
        // A name alone tells only if the file begins with it.
        let alone = || (index == 0).then(|| name.parse().ok()).flatten();
        if let Some(found) = found.or_else(alone) {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images_tell() {
        for (stem, name) in [
            ("noble-server-cloudimg-amd64", "ubuntu24.04"),
            ("ubuntu-22.04-server-cloudimg-amd64", "ubuntu22.04"),
            ("debian-12-generic-amd64-20240717-1811", "debian12"),
            ("Rocky-9-GenericCloud-Base.latest.x86_64", "rocky9"),
            ("rocky9", "rocky9"),
            ("AlmaLinux-9-GenericCloud-latest.x86_64", "alma9"),
            ("CentOS-Stream-GenericCloud-9-latest.x86_64", "centos9"),
            ("Fedora-Cloud-Base-Generic-41-1.4", "fedora41"),
            ("windows-server-2022", "windows2022"),
            ("FreeBSD-14.1-RELEASE-amd64", "freebsd14"),
            ("flatcar_production_vmware_image", "flatcar"),
        ] {
            let guessed = guess(stem).map(|os| os.name);
            assert_eq!(guessed.as_deref(), Some(name), "{stem}");
        }
    }

    #[test]
    fn other_names_tell_nothing() {
        for stem in [
            "disk",
            "vm1",
            "generic-cloud",
            "server",
            "data-2024",
            "web-01",
            "linux",
            "noble-server-cloudimg-arm64",
            "",
            "1",
            "system disk 12",
        ] {
            assert_eq!(guess(stem), None, "{stem}");
        }
    }
}
