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

/// What the names of the templates of the environment document begin with, as some are
/// those of descriptors' templates too.
const ENVIRONMENT_PREFIX: &str = "environment/";

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
    /// Reads every `NAME.hbs` in `directory` and in `directory/environment`, which has to
    /// be the name of a template.
    pub fn read(directory: &Path) -> Result<Self> {
        let mut overrides = Self::default();
        overrides.add(directory, "")?;
        let within = directory.join(ENVIRONMENT_PREFIX);
        if within.is_dir() {
            overrides.add(&within, ENVIRONMENT_PREFIX)?;
        }
        if overrides.sources.is_empty() {
            return Err(Error::usage("the directory holds no template")
                .at(directory)
                .help("a template is called NAME.hbs; `ovfkit template list` shows the names"));
        }
        Ok(overrides)
    }

    /// Adds every `NAME.hbs` in `directory` by the name `prefixNAME`.
    fn add(&mut self, directory: &Path, prefix: &str) -> Result<()> {
        let refused = |error| Error::io("cannot read the directory", directory, error);
        for entry in fs::read_dir(directory).map_err(refused)? {
            let path = entry.map_err(refused)?.path();
            if path.extension().is_none_or(|ending| ending != "hbs") {
                continue;
            }
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{prefix}{stem}");
            if source(&name, Version::V1).is_none() {
                return Err(Error::usage(format!("there is no template `{name}`"))
                    .at(&path)
                    .help("`ovfkit template list` shows the names"));
            }
            self.sources.insert(name, text_of(&path)?);
        }
        Ok(())
    }

    /// The templates for `version` by name, the overridden ones in their place.
    pub(super) fn sources(&self, version: Version) -> Vec<(&str, &str)> {
        let sources = builtin(version).map(|(name, source)| (name, self.source(name, source)));
        sources.collect()
    }

    /// The templates for an environment document by name, the overridden ones in their
    /// place: its own, and what it shares with descriptors.
    pub(super) fn sources_of_environment(&self) -> Vec<(&str, &str)> {
        let shared = SHARED
            .iter()
            .map(|&(name, source)| (name, self.source(name, source)));
        let own = ENVIRONMENT.iter().map(|&(name, source)| {
            let full = format!("{ENVIRONMENT_PREFIX}{name}");
            (name, self.source(&full, source))
        });
        // Of two of one name the engine takes the later.
        shared.chain(own).collect()
    }

    /// The overriding source of the template `name`, or `builtin`.
    fn source<'s>(&'s self, name: &str, builtin: &'s str) -> &'s str {
        self.sources.get(name).map_or(builtin, String::as_str)
    }
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

/// The names of all templates in alphabetical order; those of the environment document
/// begin with `environment/`.
pub fn names() -> Vec<String> {
    let own = ENVIRONMENT.iter();
    let own = own.map(|(name, _)| format!("{ENVIRONMENT_PREFIX}{name}"));
    let of_descriptors = builtin(Version::V1).map(|(name, _)| name.to_owned());
    let mut names: Vec<_> = of_descriptors.chain(own).collect();
    names.sort_unstable();
    names
}

/// The built-in template `name` for `version`.
pub fn source(name: &str, version: Version) -> Option<&'static str> {
    let of = |name: &str, (known, source): (&str, &'static str)| (known == name).then_some(source);
    match name.strip_prefix(ENVIRONMENT_PREFIX) {
        Some(own) => ENVIRONMENT.into_iter().find_map(|entry| of(own, entry)),
        None => builtin(version).find_map(|entry| of(name, entry)),
    }
}

fn builtin(version: Version) -> impl Iterator<Item = (&'static str, &'static str)> {
    let own = match version {
        Version::V0_9 | Version::V1 => OVF_1_1,
        Version::V2 => OVF_2_0,
    };
    SHARED.iter().chain(own).copied()
}
