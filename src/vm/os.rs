//! Guest operating systems, by the names users type.

use std::fmt;
use std::str::FromStr;

use crate::base::suggest::nearest;
use crate::base::{Error, Result};

use super::text::plain;

mod guess;
mod table;

pub use guess::guess;

use table::{DISTRIBUTIONS, Distribution, Release};

/// What kind of operating system it is, which decides the devices it has drivers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Any Linux.
    Linux,
    /// Windows.
    Windows,
    /// FreeBSD, OpenBSD, NetBSD.
    Bsd,
    /// Anything else.
    Other,
}

/// A guest operating system, and what descriptors call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestOs {
    /// The name users type, such as `debian12`.
    pub name: String,
    /// The value of `CIM_OperatingSystem.OSType` (DSP0243 1.1 §9.9). Where vendors
    /// disagree about the numbers, as for newer Windows, it is 102, "other 64-bit".
    pub cim_id: u16,
    /// The version, such as `24.04`.
    pub version: Option<String>,
    /// VMware's guest id, such as `debian12_64Guest`.
    pub os_type: String,
    /// The name for people. VirtualBox looks into it when the id says "other".
    pub description: String,
    /// Its kind.
    pub family: Family,
}

/// All operating systems with a name of their own, for a listing. A distribution
/// stands before its releases.
pub fn all() -> impl Iterator<Item = GuestOs> {
    DISTRIBUTIONS.iter().flat_map(|distribution| {
        let bare = distribution.bare().into_iter();
        bare.chain(
            distribution
                .releases
                .iter()
                .map(|release| distribution.release(release)),
        )
    })
}

/// A 64-bit Linux of which nothing else is known.
impl Default for GuestOs {
    fn default() -> Self {
        Self {
            name: "linux".to_owned(),
            cim_id: 101,
            version: None,
            os_type: "otherLinux64Guest".to_owned(),
            description: "Linux (64-bit)".to_owned(),
            family: Family::Linux,
        }
    }
}

/// The name users type.
impl fmt::Display for GuestOs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// `debian`, `debian12`, `Debian-12`, `ubuntu_24.04`: case and separators do not
/// matter. `rhel9.4` is `rhel9`.
impl FromStr for GuestOs {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let split = text
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(text.len());
        let (name, version) = text.split_at(split);
        let name = plain(name);
        let distribution = DISTRIBUTIONS
            .iter()
            .find(|distribution| distribution.names.contains(&name.as_str()))
            .ok_or_else(|| unknown(text))?;
        if version.is_empty() {
            return distribution
                .bare()
                .ok_or_else(|| versions(text, distribution));
        }
        distribution
            .version(version)
            .ok_or_else(|| versions(text, distribution))
    }
}

impl Distribution {
    /// The distribution without a version, where that means something.
    fn bare(&self) -> Option<GuestOs> {
        let os_type = self.os_type?;
        Some(GuestOs {
            name: self.names[0].to_owned(),
            cim_id: self.cim_id,
            version: None,
            os_type: os_type.to_owned(),
            description: format!("{} (64-bit)", self.title),
            family: self.family,
        })
    }

    /// A release from the table.
    fn release(&self, release: &Release) -> GuestOs {
        self.versioned(
            release.version,
            release.cim_id.unwrap_or(self.cim_id),
            release.os_type,
        )
    }

    /// The release users mean by `typed`: one from the table, also with more behind
    /// it (`9.4`, `24.04-lts`), or any at all where the guest id stays the same.
    fn version(&self, typed: &str) -> Option<GuestOs> {
        let mut wanted = Some(typed);
        while let Some(text) = wanted {
            let same = |release: &&Release| plain(release.version) == plain(text);
            if let Some(release) = self.releases.iter().find(same) {
                return Some(self.release(release));
            }
            wanted = text
                .rsplit_once(['.', '-', '_', ' '])
                .map(|(before, _)| before);
        }
        let number = typed.chars().all(|c| c.is_ascii_digit() || c == '.') && !typed.ends_with('.');
        match self.os_type {
            Some(os_type) if self.any_version && number => {
                Some(self.versioned(typed, self.cim_id, os_type))
            }
            _ => None,
        }
    }

    /// The release `version`, with the names made from it.
    fn versioned(&self, version: &str, cim_id: u16, os_type: &'static str) -> GuestOs {
        let mut description = format!("{} {version}", self.title);
        if self.family == Family::Windows {
            // Not "Windows Server 2022": VirtualBox looks for "Windows 2022".
            description = description.replace("r2", " R2");
            if version.starts_with("20") {
                description.push_str(" Server");
            }
        }
        GuestOs {
            name: format!("{}{version}", self.names[0]),
            cim_id,
            version: Some(version.to_owned()),
            os_type: os_type.to_owned(),
            description: description + " (64-bit)",
            family: self.family,
        }
    }
}

/// That no operating system has the name `typed`.
fn unknown(typed: &str) -> Error {
    let known: Vec<String> = all().map(|os| os.name).collect();
    let near = nearest(typed, known.iter().map(String::as_str));
    let error = Error::usage(format!(
        "there is no operating system `{typed}` in ovfkit's list"
    ));
    if near.is_empty() {
        return error.help("use `linux` for a Linux that is not in the list, or `other`");
    }
    error.help(format!(
        "did you mean {}? Use `linux` for any other Linux",
        quoted(&near)
    ))
}

/// That `typed` names a known distribution, but no release of it.
fn versions(typed: &str, distribution: &Distribution) -> Error {
    let bare = distribution.bare();
    let releases = distribution
        .releases
        .iter()
        .map(|release| distribution.release(release));
    let names: Vec<String> = bare.into_iter().chain(releases).map(|os| os.name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Error::usage(format!(
        "there is no operating system `{typed}` in ovfkit's list"
    ))
    .help(format!(
        "for {}, use {}",
        distribution.title,
        quoted(&names)
    ))
}

/// "`a`, `b` or `c`".
fn quoted(names: &[&str]) -> String {
    let mut quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.pop() {
        Some(last) if quoted.is_empty() => last,
        Some(last) => format!("{} or {last}", quoted.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
#[path = "os_tests.rs"]
mod tests;
