//! From a `.vmx` file, which VMware's products keep a machine in, to a definition.
//!
//! What a definition has a key for comes over, in the way VMware's own export of OVF says it.
//! What VMware writes anew by itself is passed over. All else is told.

mod boot;
mod devices;
mod dictionary;
mod drives;
mod guest;
mod left;
mod machine;
mod nics;
mod places;
mod sizes;
#[cfg(test)]
mod tests;
mod work;

pub use dictionary::{Dictionary, Entry, MAX_BYTES, looks_like};

use super::Profile;
use super::definition::Definition;
use super::reverse::{Recovered, shorten};
use crate::base::{Error, ErrorKind, Result};
use work::Work;

/// What is around a `.vmx` file.
pub struct Around<'a> {
    /// What to call a machine that has no name.
    pub name: &'a str,
    /// Looks for the file the `.vmx` file calls so.
    pub file: &'a dyn Fn(&str) -> Found,
}

/// A file that a `.vmx` file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The path to write into the definition.
    pub path: String,
    /// Whether there is such a file.
    pub exists: bool,
    /// Whether it is another path than the one that is written, which leads nowhere here.
    pub moved: bool,
}

/// Makes a definition of what `dictionary` describes.
pub fn define(dictionary: &Dictionary, around: &Around<'_>) -> Result<Recovered> {
    plain(dictionary)?;
    let profile = Profile::named("portable")?;
    let mut work = Work::new(dictionary, around);
    let mut definition = Definition::default();
    machine::about(&mut work, &mut definition);
    machine::hardware(&mut work, &profile, &mut definition);
    sizes::take(&mut work, &mut definition);
    let drives = drives::take(&mut work, &mut definition);
    let nics = nics::take(&mut work, &profile, &mut definition);
    devices::take(&mut work, &mut definition);
    boot::take(&mut work, &drives, &nics, &mut definition);
    left::take(&mut work, &mut definition);
    shorten(&mut definition, &profile);
    Ok(Recovered {
        definition,
        remarks: work.into_remarks(),
        pieces: Vec::new(),
    })
}

/// That nothing in the machine is encrypted.
fn plain(dictionary: &Dictionary) -> Result<()> {
    let mut entries = dictionary.entries().iter();
    let Some(entry) = entries.find(|entry| entry.lower.starts_with("encryption.")) else {
        return Ok(());
    };
    Err(
        Error::new(ErrorKind::Unsupported, "the machine is encrypted")
            .why(format!(
                "`{}` holds settings nobody can read without the password, and disks may be \
                 encrypted as well",
                entry.key
            ))
            .help("remove the encryption in VMware's product, or export the machine from there")
            .at_line(entry.line, 1),
    )
}
