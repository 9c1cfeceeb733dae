//! From an envelope back to a definition: what [`build`](super::build) does, backwards.
//!
//! Everything the [resolved view](crate::envelope::resolve::View) of an envelope shows comes
//! back. A value is written only where leaving it out would give something else. What a
//! definition cannot say is told.

mod about;
mod devices;
mod drives;
mod layout;
mod machine;
mod nics;
mod options;
mod os;
mod package;
mod sizes;
mod storage;
mod texts;
mod unsaid;
mod xml;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::base::{Error, ErrorKind, Result};
use crate::envelope::resolve::{Choices, View, resolve};
use crate::envelope::{Disk, Envelope, Fate, File, Section, Strings, Version, to_version};

use super::Profile;
use super::build::names::name_fault;
use super::definition::Definition;
use texts::Texts;

/// The most deployment options that are looked at, each by itself. Real descriptors have some
/// dozens.
const MAX_OPTIONS: usize = 256;
/// The most machines.
const MAX_MACHINES: usize = 1024;
/// The most devices of a machine.
const MAX_DEVICES: usize = 4096;

/// A definition made from an envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// The definition.
    pub definition: Definition,
    /// What it does not say, each in a sentence.
    pub remarks: Vec<String>,
}

/// What is around the envelope.
pub struct Around<'a> {
    /// Translations from files beside the descriptor.
    pub bundles: &'a [Strings],
    /// The path to write for the file of the package with a name.
    pub path: &'a dyn Fn(&str) -> String,
}

/// Makes a definition that [`build`](super::build) makes an envelope like `envelope` of.
pub fn reverse(envelope: &Envelope, around: &Around<'_>) -> Result<Recovered> {
    let (envelope, losses) = to_version(envelope.clone(), Version::V1);
    let mut work = Work::new(&envelope, around)?;
    for loss in losses.iter().filter(|loss| loss.fate != Fate::KeptOptional) {
        work.remarks.insert(format!("{}: {}", loss.what, loss.why));
    }
    let definition = package::package(&mut work)?;
    work.texts.check()?;
    Ok(Recovered {
        definition,
        remarks: work.remarks.into_iter().collect(),
    })
}

/// An envelope that is being looked at.
struct Work<'e> {
    envelope: &'e Envelope,
    /// What is chosen where a definition says nothing.
    profile: Profile,
    texts: Texts<'e>,
    path: &'e dyn Fn(&str) -> String,
    /// The names of the deployment options.
    options: Vec<String>,
    /// The number of the option that is taken when nobody chooses.
    default: usize,
    /// The envelope in each of the options, or as it is.
    views: Vec<View>,
    files: HashMap<&'e str, &'e File>,
    disks: HashMap<&'e str, &'e Disk>,
    /// How many devices have each disk in them, of those that are said.
    users: HashMap<String, usize>,
    /// The files that are said, by their ids.
    said_files: HashSet<String>,
    /// The files that devices name by their ids.
    named_files: HashSet<String>,
    /// The images of disks so far, by their paths and names in the package.
    images: HashMap<String, Option<String>>,
    /// The names files get in the package, by those they have.
    names: HashMap<String, String>,
    /// Those names, without regard to case.
    taken_names: HashSet<String>,
    /// How many files want each of them.
    counted: HashMap<String, usize>,
    /// The name of the package.
    package: String,
    /// Whether translations in files were read.
    bundles_read: bool,
    /// How many machines were looked at.
    machines: usize,
    /// What is not carried over.
    remarks: BTreeSet<String>,
}

impl<'e> Work<'e> {
    fn new(envelope: &'e Envelope, around: &'e Around<'_>) -> Result<Self> {
        let mut options: Vec<String> = Vec::new();
        let mut default = None;
        for section in &envelope.sections {
            let Section::DeploymentOptionSection(section) = section else {
                continue;
            };
            for option in &section.configurations {
                if options.contains(&option.id) {
                    continue;
                }
                if option.default && default.is_none() {
                    default = Some(options.len());
                }
                options.push(option.id.clone());
            }
        }
        within(options.len(), MAX_OPTIONS, "deployment options")?;
        within(envelope.systems().len(), MAX_MACHINES, "machines")?;
        for system in envelope.systems() {
            let items = system.hardware().map_or(0, |hardware| hardware.items.len());
            // A device may have an item for each option.
            within(items, MAX_DEVICES.max(options.len() * 64), "devices")?;
        }
        let choices = |option: Option<&String>| Choices {
            configuration: option.cloned(),
            ..Choices::default()
        };
        let views = match options.as_slice() {
            [] => vec![resolve(envelope, &choices(None))?],
            options => {
                let each = options
                    .iter()
                    .map(|option| resolve(envelope, &choices(Some(option))));
                each.collect::<Result<_>>()?
            }
        };
        let mut files = HashMap::new();
        for file in &envelope.references.files {
            files.entry(&*file.id).or_insert(file);
        }
        let mut disks = HashMap::new();
        for disk in envelope.disks() {
            disks.entry(&*disk.disk_id).or_insert(disk);
        }
        if envelope.contents.is_empty() {
            return Err(Error::new(
                ErrorKind::Invalid,
                "the descriptor describes no machine",
            ));
        }
        Ok(Self {
            envelope,
            profile: Profile::named("portable")?,
            texts: Texts::new(envelope, around.bundles)?,
            path: around.path,
            options,
            default: default.unwrap_or_default(),
            views,
            files,
            disks,
            users: HashMap::new(),
            said_files: HashSet::new(),
            named_files: HashSet::new(),
            images: HashMap::new(),
            names: HashMap::new(),
            taken_names: HashSet::new(),
            counted: HashMap::new(),
            package: String::new(),
            bundles_read: !around.bundles.is_empty(),
            machines: 0,
            remarks: BTreeSet::new(),
        })
    }

    /// The name the file `href` gets in a package: its own, if files may be called so and stand
    /// beside the descriptor.
    fn name_in_package(&mut self, href: &str) -> String {
        if let Some(known) = self.names.get(href) {
            return known.clone();
        }
        let last = href.rsplit(['/', '\\']).next().unwrap_or_default();
        let plain = plain_name(last).unwrap_or_else(|| "file".to_owned());
        let (stem, ending) = match plain.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
            _ => (&*plain, String::new()),
        };
        let mut name = plain.clone();
        while !self.taken_names.insert(name.to_ascii_lowercase()) {
            let number = self.counted.entry(plain.to_ascii_lowercase()).or_insert(1);
            *number += 1;
            name = format!("{stem}-{number}{ending}");
        }
        if name != href {
            self.lose(format!(
                "the name of the file `{href}`: it is packed as `{name}`"
            ));
        }
        self.names.insert(href.to_owned(), name.clone());
        name
    }

    /// Notes that `what` is not carried over.
    fn lose(&mut self, what: impl Into<String>) {
        self.remarks.insert(what.into());
    }
}

/// That there are no more than `most` of `what`.
fn within(count: usize, most: usize, what: &str) -> Result<()> {
    if count <= most {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::LimitExceeded,
        format!("there are {count} {what}, more than {most}"),
    )
    .help("leave out what is not needed"))
}

/// `text` with dashes for what names cannot have everywhere; nothing if there is nothing left.
pub(in crate::vm) fn plain_name(text: &str) -> Option<String> {
    if name_fault(text).is_none() {
        return Some(text.to_owned());
    }
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || "._+= -".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = text.chars().map(allowed).collect();
    let name = name.trim_matches([' ', '.', '-']);
    (!name.is_empty()).then(|| name.to_owned())
}
