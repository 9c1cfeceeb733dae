//! The files cloud-init reads.

use std::ffi::OsStr;
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

impl CloudInit {
    /// Reads what `argument` names: `user-data[,meta-data[,network-config]]`, or a directory
    /// that holds files of these names and may hold `vendor-data`. An empty place in the list
    /// leaves the file out.
    pub fn from_argument(argument: &OsStr) -> Result<Self> {
        let whole = Path::new(argument);
        if whole.is_dir() {
            return Self::from_directory(whole);
        }
        let bytes = argument.as_encoded_bytes();
        let given = bytes.split(|byte| *byte == b',').count();
        if given == 1 {
            return Self::from_files(whole, None, None);
        }
        let Some(list) = argument.to_str() else {
            return Err(SeedFault::UnreadableList.into());
        };
        let files: Vec<&str> = list.split(',').collect();
        let optional = |file: &'_ str| (!file.is_empty()).then(|| Path::new(file).to_path_buf());
        let (user_data, meta_data, network_config) = match files[..] {
            [_, ..] if files[0].is_empty() => return Err(SeedFault::NoUserData.into()),
            [user_data, meta_data] => (user_data, optional(meta_data), None),
            [user_data, meta_data, network] => (user_data, optional(meta_data), optional(network)),
            _ => return Err(SeedFault::Count { given }.into()),
        };
        let meta_data = meta_data.as_deref();
        Self::from_files(Path::new(user_data), meta_data, network_config.as_deref())
    }

    /// Reads the files of a directory by their names.
    pub fn from_directory(directory: &Path) -> Result<Self> {
        let path = |part: Part| directory.join(part.name());
        let there = |part: Part| Some(path(part)).filter(|path| path.exists());
        let Some(user_data) = there(Part::UserData) else {
            let near = near(directory, Part::UserData.name());
            return Err(Error::from(SeedFault::MissingUserData { near }).at(directory));
        };
        let meta_data = there(Part::MetaData);
        let network_config = there(Part::NetworkConfig);
        let mut read =
            Self::from_files(&user_data, meta_data.as_deref(), network_config.as_deref())?;
        if let Some(path) = there(Part::VendorData) {
            let document = read_part(&path, Part::VendorData)?;
            user_data::recognise(&document, Part::VendorData)?;
            read.vendor_data = Some(document);
        }
        Ok(read)
    }

    /// Reads the files at these paths.
    pub fn from_files(
        user_data: &Path,
        meta_data: Option<&Path>,
        network_config: Option<&Path>,
    ) -> Result<Self> {
        let text = |path: Option<&Path>, part: Part| {
            path.map(|path| {
                let document = read_part(path, part)?;
                document.text(part.name())?;
                Ok::<_, Error>(document)
            })
            .transpose()
        };
        let user_data = read_part(user_data, Part::UserData)?;
        user_data::recognise(&user_data, Part::UserData)?;
        Ok(Self {
            user_data,
            meta_data: text(meta_data, Part::MetaData)?,
            network_config: text(network_config, Part::NetworkConfig)?,
            vendor_data: None,
        })
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
        match reader(text).map_err(|error| error.at(document.path()))? {
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

fn read_part(path: &Path, part: Part) -> Result<Document> {
    Document::read(path, part.name(), part.limit())
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
