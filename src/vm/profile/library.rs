//! The built-in profiles, and users' own.

use std::collections::HashSet;
use std::path::Path;

use super::Profile;
use crate::base::suggest::nearest;
use crate::base::{Error, ErrorKind, Result};
use crate::data::{Format, Loader, Node};

/// A table of profiles by name, from their files.
macro_rules! profiles {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../templates/targets/", $name, ".yaml")))),*]
    };
}

/// The built-in profiles, by the names of their files.
const BUILT_IN: &[(&str, &str)] = profiles! {
    "portable"
    "vsphere"
    "vsphere-6.5"
    "vsphere-6.7"
    "vsphere-7.0"
    "vsphere-8.0"
    "vsphere-9.0"
    "esxi-6.5"
    "esxi-6.7"
    "esxi-7.0"
    "esxi-8.0"
    "esxi-9.0"
    "workstation"
    "vcd"
    "virtualbox"
    "virtualbox-6.1"
    "virtualbox-7"
    "proxmox"
    "virt-v2v"
    "aws"
    "gcp"
    "xen"
    "ovirt"
    "incus"
    "cloudstack"
    "kubevirt"
    "azure"
    "openstack"
};

/// The profiles that others are like and that are no target themselves, with the one that is
/// meant by their name.
const FAMILIES: &[(&str, &str)] = &[
    ("vsphere", "vsphere-8.0"),
    ("esxi", "esxi-8.0"),
    ("virtualbox", "virtualbox-7"),
];

/// Other names of targets.
const ALIASES: &[(&str, &str)] = &[
    ("vcenter", "vsphere"),
    ("fusion", "workstation"),
    ("xenserver", "xen"),
    ("xcp-ng", "xen"),
    ("forklift", "kubevirt"),
];

/// The most profiles one may be like, one after the other.
const MAX_CHAIN: usize = 8;

/// The names of the built-in targets, as users write them.
pub fn names() -> impl Iterator<Item = String> {
    let targets = BUILT_IN.iter().filter(|(name, _)| is_target(name));
    targets.map(|(name, _)| written(name))
}

/// The text of the built-in profile `name`, for whoever makes one like it.
pub fn source(name: &str) -> Option<&'static str> {
    let name = file_of(name);
    let found = BUILT_IN.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}

fn is_target(name: &str) -> bool {
    FAMILIES.iter().all(|(family, _)| *family != name)
}

/// The name of a file as users write the target: `vsphere:8.0`.
fn written(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((family, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{family}:{version}")
        }
        _ => name.to_owned(),
    }
}

/// The name of the file of the target that users write as `text`.
fn file_of(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let (name, version) = match lower.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (&*lower, None),
    };
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, name)| name);
    match version {
        None => name.to_owned(),
        Some(version) => {
            let file = format!("{name}-{version}");
            // `8` is `8.0`.
            let longer = format!("{file}.0");
            let known = |file: &str| BUILT_IN.iter().any(|(known, _)| *known == file);
            if !known(&file) && known(&longer) {
                longer
            } else {
                file
            }
        }
    }
}

impl Profile {
    /// The profile for the target `text`: a built-in one such as `vsphere:8.0`, or the path of
    /// a file with a user's own.
    pub fn named(text: &str) -> Result<Self> {
        let mut chain = vec![Part::of(text)?];
        let mut seen = HashSet::new();
        while let Some(like) = chain.last().map(Part::like).transpose()?.flatten() {
            if !seen.insert(like.clone()) || chain.len() == MAX_CHAIN {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!("the target `{text}` is like itself, or like too many others"),
                )
                .help("let `like` name a target that does not lead back"));
            }
            chain.push(Part::family(&like)?);
        }
        let loader = chain
            .into_iter()
            .rev()
            .fold(Loader::new(), |loader, part| part.add_to(loader));
        let mut profile: Self = loader.load()?.read()?;
        profile.name = name_of(text);
        profile.like = None;
        Ok(profile)
    }
}

/// The name of a target, for the names of files.
fn name_of(text: &str) -> String {
    if is_path(text) {
        let stem = Path::new(text).file_stem().unwrap_or_default();
        return stem.to_string_lossy().into_owned();
    }
    let file = file_of(text);
    let family = FAMILIES.iter().find(|(family, _)| *family == file);
    family.map_or(file, |(family, _)| (*family).to_owned())
}

/// Whether `text` is the path of a file rather than a name.
fn is_path(text: &str) -> bool {
    let ending = Path::new(text).extension();
    let endings = ["yaml", "yml", "toml", "json"];
    ending.is_some_and(|ending| {
        endings
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    }) || text.contains(['/', '\\'])
}

/// A file of a profile.
enum Part {
    BuiltIn(&'static str, &'static str),
    File(String),
}

impl Part {
    /// The file of the target `text`.
    fn of(text: &str) -> Result<Self> {
        if is_path(text) {
            return Ok(Self::File(text.to_owned()));
        }
        let file = file_of(text);
        let family = FAMILIES.iter().find(|(family, _)| *family == file);
        Self::built_in(family.map_or(&*file, |(_, usual)| usual), text)
    }

    /// The file of `name`, which may be a family and no target.
    fn family(name: &str) -> Result<Self> {
        if is_path(name) {
            return Ok(Self::File(name.to_owned()));
        }
        Self::built_in(&file_of(name), name)
    }

    fn built_in(file: &str, text: &str) -> Result<Self> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == file) {
            return Ok(Self::BuiltIn(name, text));
        }
        let known: Vec<String> = names().collect();
        let error = Error::usage(format!("there is no target `{text}`"));
        let near = nearest(text, known.iter().map(String::as_str));
        let list = known.join(", ");
        Err(match near.first() {
            Some(near) => error.help(format!("did you mean `{near}`? There are: {list}")),
            None => error.help(format!("there are: {list}; or name a file of your own")),
        })
    }

    fn add_to<'l>(&self, loader: Loader<'l>) -> Loader<'l> {
        match self {
            Self::BuiltIn(name, text) => {
                loader.text(format!("{name}.yaml"), *text, Some(Format::Yaml))
            }
            Self::File(path) => loader.file(path),
        }
    }

    /// The profile it is like.
    fn like(&self) -> Result<Option<String>> {
        let document = self.add_to(Loader::new()).load()?;
        let like = document.root().get("like");
        Ok(like.and_then(Node::scalar).map(|name| name.text.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_built_in_profiles_can_be_read() {
        for name in names() {
            let profile = Profile::named(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!profile.title.is_empty());
        }
    }

    #[test]
    fn a_target_is_read_by_its_names_and_versions() {
        for (text, title) in [
            ("vsphere", "VMware vSphere 8.0"),
            ("vSphere:8", "VMware vSphere 8.0"),
            ("vcenter:6.7", "VMware vSphere 6.7"),
            ("fusion", "VMware Workstation and Fusion"),
            ("virtualbox:6.1", "Oracle VirtualBox 6.1"),
            ("portable", "any importer"),
        ] {
            let profile = Profile::named(text).expect(text);
            assert_eq!(profile.title, title, "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_told_with_what_there_is() {
        let error = Profile::named("vshpere").expect_err("unknown");
        assert_eq!(error.message(), "there is no target `vshpere`");
        assert!(
            error
                .advice()
                .is_some_and(|help| help.contains("vsphere:8.0"))
        );
    }
}
