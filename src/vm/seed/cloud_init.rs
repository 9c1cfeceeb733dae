//! The files cloud-init reads.

use std::path::Path;

use serde_json::{Map, Value};

use crate::base::suggest::nearest;
use crate::base::units::MIB;
use crate::base::{Error, Result};

use super::document::Document;
use super::fault::SeedFault;
use super::{Reader, user_data};

/// One of the files, as cloud-init names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What the user wants done.
    UserData,
    /// What the machine is: its name and the identifier of this instance.
    MetaData,
    /// How its network is configured.
    NetworkConfig,
    /// What whoever provides the image wants done; the user's part comes before it.
    VendorData,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::UserData,
        Self::MetaData,
        Self::NetworkConfig,
        Self::VendorData,
    ];

    /// Its name, also that of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserData => "user-data",
            Self::MetaData => "meta-data",
            Self::NetworkConfig => "network-config",
            Self::VendorData => "vendor-data",
        }
    }

    /// The most bytes of it. cloud-init has no limit of its own, and clouds have ones between
    /// 16 KiB (EC2) and 512 KiB (vSphere's customization). A seed image may hold archives, so
    /// it gets more; what is larger than this belongs on a disk. The other two describe one
    /// machine, and are text written by hand.
    pub fn limit(self) -> u64 {
        match self {
            Self::UserData | Self::VendorData => 16 * MIB,
            Self::MetaData | Self::NetworkConfig => MIB,
        }
    }
}

/// What cloud-init is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudInit {
    user_data: Document,
    meta_data: Option<Document>,
    network_config: Option<Document>,
    vendor_data: Option<Document>,
}

/// The paths in `argument`, `user-data[,meta-data[,network-config]]`, in which an empty place
/// leaves a file out. That of a directory may have commas.
pub fn split(argument: &str) -> Result<(&str, Option<&str>, Option<&str>)> {
    if Path::new(argument).is_dir() {
        return Ok((argument, None, None));
    }
    let optional = |path: &'_ str| !path.is_empty();
    let paths: Vec<&str> = argument.split(',').collect();
    match paths[..] {
        [user_data] => Ok((user_data, None, None)),
        ["", ..] => Err(SeedFault::NoUserData.into()),
        [user_data, meta_data] => Ok((user_data, Some(meta_data).filter(|it| optional(it)), None)),
        [user_data, meta_data, network_config] => Ok((
            user_data,
            Some(meta_data).filter(|it| optional(it)),
            Some(network_config).filter(|it| optional(it)),
        )),
        _ => Err(SeedFault::Count { given: paths.len() }.into()),
    }
}

impl CloudInit {
    /// Reads the files of a directory by their names.
    pub fn from_directory(directory: &Path) -> Result<Self> {
        let path = |part: Part| directory.join(part.name());
        let there = |part: Part| Some(path(part)).filter(|path| path.exists());
        let Some(user_data) = there(Part::UserData) else {
            let near = near(directory, Part::UserData.name());
            return Err(Error::from(SeedFault::MissingUserData { near }).at(directory));
        };
        let others = [Part::MetaData, Part::NetworkConfig, Part::VendorData].map(there);
        let [meta_data, network_config, vendor_data] = &others;
        Self::read(
            &user_data,
            meta_data.as_deref(),
            network_config.as_deref(),
            vendor_data.as_deref(),
        )
    }

    /// Reads the files at these paths. The first alone may be that of a directory that holds
    /// them by their names. All that is wrong with them is told at once.
    pub fn from_files(
        user_data: &Path,
        meta_data: Option<&Path>,
        network_config: Option<&Path>,
        vendor_data: Option<&Path>,
    ) -> Result<Self> {
        let alone = meta_data.or(network_config).or(vendor_data).is_none();
        if alone && user_data.is_dir() {
            return Self::from_directory(user_data);
        }
        Self::read(user_data, meta_data, network_config, vendor_data)
    }

    fn read(
        user_data: &Path,
        meta_data: Option<&Path>,
        network_config: Option<&Path>,
        vendor_data: Option<&Path>,
    ) -> Result<Self> {
        let mut errors = Vec::new();
        let mut document = |path: Option<&Path>, part: Part| {
            let read = read_part(path?, part);
            read.map_err(|error| errors.push(error)).ok()
        };
        let user_data = document(Some(user_data), Part::UserData);
        let meta_data = document(meta_data, Part::MetaData);
        let network_config = document(network_config, Part::NetworkConfig);
        let vendor_data = document(vendor_data, Part::VendorData);
        match user_data {
            Some(user_data) if errors.is_empty() => Ok(Self {
                user_data,
                meta_data,
                network_config,
                vendor_data,
            }),
            _ => Err(Error::all(errors)),
        }
    }

    /// The file for `part`, where one was given.
    pub fn part(&self, part: Part) -> Option<&Document> {
        match part {
            Part::UserData => Some(&self.user_data),
            Part::MetaData => self.meta_data.as_ref(),
            Part::NetworkConfig => self.network_config.as_ref(),
            Part::VendorData => self.vendor_data.as_ref(),
        }
    }

    /// What the user wants done.
    pub(super) fn user_data(&self) -> &Document {
        &self.user_data
    }

    /// `part` as the map it has to be, where it was given.
    pub(super) fn map(&self, part: Part, reader: Reader<'_>) -> Result<Option<Map<String, Value>>> {
        let Some(document) = self.part(part) else {
            return Ok(None);
        };
        let text = document.text(part.name())?;
        match reader(document.path(), text).map_err(|error| error.at(document.path()))? {
            Value::Object(map) => Ok(Some(map)),
            other => Err(document.fault(SeedFault::NotAMap {
                what: part.name(),
                is: kind(&other),
            })),
        }
    }

    /// Checks that what has to be a map is one.
    pub(super) fn check_maps(&self, reader: Reader<'_>) -> Result<()> {
        self.map(Part::MetaData, reader)?;
        self.map(Part::NetworkConfig, reader)?;
        Ok(())
    }

    /// The files of a seed image, in the order of their names; `meta_data` where none was given.
    pub(super) fn files<'a>(&'a self, meta_data: &'a str) -> Vec<(&'static str, &'a [u8])> {
        let mut files = vec![(Part::UserData.name(), self.user_data.bytes())];
        let given = self.meta_data.as_ref().map(Document::bytes);
        files.push((Part::MetaData.name(), given.unwrap_or(meta_data.as_bytes())));
        for part in [Part::NetworkConfig, Part::VendorData] {
            files.extend(self.part(part).map(|it| (part.name(), it.bytes())));
        }
        files.sort_unstable();
        files
    }
}

/// The file for `part` at `path`, which has to be something cloud-init takes for one.
fn read_part(path: &Path, part: Part) -> Result<Document> {
    let document = Document::read(path, part.name(), part.limit())?;
    match part {
        Part::UserData | Part::VendorData => user_data::recognise(&document, part)?,
        Part::MetaData | Part::NetworkConfig => {
            document.text(part.name())?;
        }
    }
    Ok(document)
}

/// The file in `directory` whose name is nearest to `name`, and is not that of another part.
fn near(directory: &Path, name: &str) -> Option<String> {
    /// More files than anyone would put beside a seed.
    const LOOKED_AT: usize = 1000;
    let entries = std::fs::read_dir(directory).ok()?.take(LOOKED_AT);
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|there| Part::ALL.iter().all(|part| part.name() != there))
        .collect();
    names.sort_unstable();
    let ending = names.iter().find(|there| {
        let rest = there.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('.'))
    });
    let near = || {
        nearest(name, names.iter().map(String::as_str))
            .first()
            .copied()
    };
    ending.map(String::as_str).or_else(near).map(str::to_owned)
}

/// What a value that is no map is called.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
