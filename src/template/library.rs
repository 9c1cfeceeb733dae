//! The built-in templates, and users' own in their place.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::base::{Error, ErrorKind, Result};
use crate::envelope::Version;

/// A table of templates by name, from their files.
macro_rules! templates {
    ($directory:literal: $($name:literal)*) => {
        [$(($name, include_str!(concat!("../../templates/", $directory, "/", $name, ".hbs")))),*]
    };
}

/// The templates both versions share.
const SHARED: [(&str, &str); 44] = templates! { "ovf":
    "AnnotationSection"
    "BootOrderSection"
    "CIM_BootConfigSetting"
    "CIM_BootSourceSetting"
    "Category"
    "Config"
    "CpuCompatibilitySection"
    "DeploymentOptionSection"
    "DeviceGroup"
    "Disk"
    "DiskSection"
    "EulaSection"
    "Extra"
    "ExtraConfig"
    "File"
    "Icon"
    "InstallSection"
    "IpAssignmentSection"
    "Item"
    "Level"
    "MigrationUpgradeRequisitesSection"
    "NetworkSection"
    "OperatingSystemSection"
    "Other"
    "ProductSection"
    "Property"
    "References"
    "Requisite"
    "ResourceAllocationSection"
    "StartupItem"
    "StartupSection"
    "StorageGroupSection"
    "StorageSection"
    "Strings"
    "System"
    "Tag"
    "TagBasedPlacementGroupSection"
    "TagBasedPlacementSection"
    "Value"
    "VirtualDeviceGroupSection"
    "VirtualHardwareSection"
    "VirtualSystem"
    "VirtualSystemCollection"
    "vServiceDependencySection"
};

/// The tables of the templates that each version has its own of.
macro_rules! templates_by_version {
    ($($name:literal)*) => {
        /// The templates of OVF 1.1. It has no sections for what came with 2.0; they are
        /// written as VMware does it, in the namespace of 2.x.
        const OVF_1_1: &[(&str, &str)] = &templates! { "ovf-1.1": $($name)* };

        /// The templates of OVF 2.0.
        const OVF_2_0: &[(&str, &str)] = &templates! { "ovf-2.0": $($name)* };
    };
}

templates_by_version! {
    "BootDeviceSection"
    "EncryptionSection"
    "Envelope"
    "EnvironmentFile"
    "EnvironmentFilesSection"
    "InstanceCount"
    "PlacementGroupSection"
    "PlacementSection"
    "ScaleOutSection"
    "SharedDisk"
    "SharedDiskSection"
}

/// The templates of the environment document.
const ENVIRONMENT: [(&str, &str); 5] = templates! { "environment":
    "Entity"
    "Environment"
    "PlatformSection"
    "Property"
    "PropertySection"
};

/// The longest template read. A built-in one has a few KiB.
const MAX_TEMPLATE_BYTES: u64 = 1 << 20;

/// Templates that stand in the place of built-in ones, by name.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    sources: BTreeMap<String, String>,
}

impl Overrides {
    /// Reads every `NAME.hbs` in `directory`, which has to be the name of a template.
    pub fn read(directory: &Path) -> Result<Self> {
        let refused = |error| Error::io("cannot read the directory", directory, error);
        let mut overrides = Self::default();
        for entry in fs::read_dir(directory).map_err(refused)? {
            let path = entry.map_err(refused)?.path();
            if path.extension().is_none_or(|ending| ending != "hbs") {
                continue;
            }
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            if source(&name, Version::V1).is_none() {
                return Err(Error::usage(format!("there is no template `{name}`"))
                    .at(&path)
                    .help("`ovfkit template list` shows the names"));
            }
            overrides.sources.insert(name.into_owned(), text_of(&path)?);
        }
        if overrides.sources.is_empty() {
            return Err(Error::usage("the directory holds no template")
                .at(directory)
                .help("a template is called NAME.hbs; `ovfkit template list` shows the names"));
        }
        Ok(overrides)
    }

    /// The templates for `version` by name, the overridden ones in their place.
    pub(super) fn sources(&self, version: Version) -> Vec<(&str, &str)> {
        let sources = builtin(version).map(|(name, source)| {
            let own = self.sources.get(name).map(String::as_str);
            (name, own.unwrap_or(source))
        });
        sources.collect()
    }
}

/// The templates for an environment document by name: its own, and what it shares with
/// descriptors.
pub(super) fn of_environment() -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_own = |name: &str| ENVIRONMENT.iter().any(|(own, _)| *own == name);
    let shared = SHARED.into_iter().filter(move |(name, _)| !is_own(name));
    shared.chain(ENVIRONMENT)
}

/// The text of the template at `path`.
fn text_of(path: &Path) -> Result<String> {
    let refused = |error| Error::io("cannot read the template", path, error);
    let length = fs::metadata(path).map_err(refused)?.len();
    if length > MAX_TEMPLATE_BYTES {
        let message = format!("the template is longer than {MAX_TEMPLATE_BYTES} bytes");
        return Err(Error::new(ErrorKind::LimitExceeded, message)
            .at(path)
            .help("a template has a few KiB; is it the right file?"));
    }
    fs::read_to_string(path).map_err(refused)
}

/// The names of all templates, in alphabetical order.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = builtin(Version::V1).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

/// The built-in template `name` for `version`.
pub fn source(name: &str, version: Version) -> Option<&'static str> {
    builtin(version)
        .find(|(known, _)| *known == name)
        .map(|(_, source)| source)
}

fn builtin(version: Version) -> impl Iterator<Item = (&'static str, &'static str)> {
    let own = match version {
        Version::V0_9 | Version::V1 => OVF_1_1,
        Version::V2 => OVF_2_0,
    };
    SHARED.iter().chain(own).copied()
}
