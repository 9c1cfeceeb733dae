//! The built-in profiles, and users' own.

use std::path::{Path, PathBuf};

use super::Profile;
use crate::base::digest::Algorithm;
use crate::base::suggest::nearest;
use crate::base::{Error, ErrorKind, Result};
use crate::data::{self, Document, Format, Loader, Node};
use crate::vm::HardwareVersion;

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
    "vsphere-6.0"
    "vsphere-6.5"
    "vsphere-6.7"
    "vsphere-6.7u2"
    "vsphere-7.0"
    "vsphere-7.0u1"
    "vsphere-7.0u2"
    "vsphere-8.0"
    "vsphere-8.0u2"
    "vsphere-9.0"
    "esxi"
    "esxi-6.0"
    "esxi-6.5"
    "esxi-6.7"
    "esxi-6.7u2"
    "esxi-7.0"
    "esxi-7.0u1"
    "esxi-7.0u2"
    "esxi-8.0"
    "esxi-8.0u2"
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

/// The key of what a profile is like.
const LIKE: &str = "like";

/// The most profiles one may be like, one after the other.
const MAX_CHAIN: usize = 8;

/// The names of the built-in targets, as users write them.
pub fn names() -> impl Iterator<Item = String> {
    let targets = BUILT_IN.iter().filter(|(name, _)| is_target(name));
    targets.map(|(name, _)| written(name))
}

/// The text of the built-in profile of the target `name`, for whoever makes one like it:
/// its file, and behind that, as comments, those it is like.
pub fn source(name: &str) -> Result<String> {
    if is_path(name) {
        return Err(Error::usage(format!("`{name}` is a file of your own"))
            .help("open it; with `--json` all is shown, also what it takes from others"));
    }
    let mut text = String::new();
    for (index, part) in chain(Part::of(name)?)?.iter().enumerate() {
        // Those that are built in are like such.
        let Part::BuiltIn(file, own) = part else {
            continue;
        };
        if index == 0 {
            text.push_str(own);
            continue;
        }
        let name = written(file);
        text.push_str("\n# What is not said above is as in `");
        text.push_str(&name);
        text.push_str("`:\n#\n");
        for line in own.lines() {
            text.push_str(format!("# {line}").trim_end());
            text.push('\n');
        }
    }
    Ok(text)
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
        Self::named_if(text, |_| Ok(()))
    }

    /// The profile for the target `text`, if `is_importer` has nothing against whom it says
    /// the package is judged for.
    pub fn named_if(text: &str, is_importer: impl FnOnce(&str) -> Result<()>) -> Result<Self> {
        let chain = chain(Part::of(text)?)?;
        let parts = chain.iter().rev();
        let document = parts
            .fold(Loader::new(), |loader, part| part.add_to(loader))
            .load()?;
        let mut profile: Self = document.read()?;
        profile.name = name_of(text);
        profile.like = None;
        profile.check_words(&document, is_importer)?;
        Ok(profile)
    }

    /// That the words in it stand for something.
    fn check_words(
        &self,
        document: &Document,
        is_importer: impl FnOnce(&str) -> Result<()>,
    ) -> Result<()> {
        let mut errors = Vec::new();
        let mut check = |key: &str, verdict: Result<()>| {
            if let Err(error) = verdict {
                errors.push(document.blame(&data::Path::new().key(key), error));
            }
        };
        if self.hardware.to_ascii_lowercase().starts_with("vmx") {
            check(
                "hardware",
                self.hardware.parse::<HardwareVersion>().map(drop),
            );
        } else if self.hardware.is_empty() || self.hardware.contains(char::is_whitespace) {
            let error = Error::usage(format!("`{}` is no name of hardware", self.hardware));
            check(
                "hardware",
                Err(error.help("write one word, such as `vmx-14`")),
            );
        }
        if let Some(newest) = &self.newest {
            check("newest", newest.parse::<HardwareVersion>().map(drop));
        }
        if self.digest != "none" {
            check("digest", self.digest.parse::<Algorithm>().map(drop));
        }
        if let Some(importer) = &self.importer {
            check("importer", is_importer(importer));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::all(errors))
        }
    }
}

/// `first`, and those it is like, one after the other.
fn chain(first: Part) -> Result<Vec<Part>> {
    let mut chain = vec![first];
    while let Some((next, document)) = chain.last().map(Part::like).transpose()?.flatten() {
        if chain.contains(&next) || chain.len() == MAX_CHAIN {
            let error = Error::new(
                ErrorKind::Invalid,
                "the target is like itself, or like too many others",
            );
            let error = error.help("let `like` name a target that does not lead back");
            return Err(document.blame(&like_path(), error));
        }
        chain.push(next);
    }
    Ok(chain)
}

/// Where a file says what it is like.
fn like_path() -> data::Path {
    data::Path::new().key(LIKE)
}

/// The name of a target, for the names of files.
fn name_of(text: &str) -> String {
    if is_path(text) {
        let stem = Path::new(text).file_stem().unwrap_or_default();
        return stem.to_string_lossy().into_owned();
    }
    let file = file_of(text);
    usual(&file).to_owned()
}

/// The target that is meant by the name of the family `file`; any other is meant itself.
fn usual(file: &str) -> &str {
    let family = FAMILIES.iter().find(|(family, _)| *family == file);
    family.map_or(file, |(_, usual)| usual)
}

/// Whether `text` is the path of a file rather than the name of a target.
pub fn is_path(text: &str) -> bool {
    let ending = Path::new(text).extension();
    let endings = ["yaml", "yml", "toml", "json"];
    ending.is_some_and(|ending| {
        endings
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    }) || text.contains(['/', '\\'])
}

/// A file of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A built-in one, by its name, with its text.
    BuiltIn(&'static str, &'static str),
    /// A user's own.
    File(PathBuf),
}

impl Part {
    /// The file of the target `text`.
    fn of(text: &str) -> Result<Self> {
        if is_path(text) {
            return Ok(Self::File(text.into()));
        }
        Self::built_in(usual(&file_of(text)), text)
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

    /// The file it is like, which may be that of a family and no target, with the document
    /// that says so. What a file names is beside it.
    fn like(&self) -> Result<Option<(Self, Document)>> {
        let document = self.add_to(Loader::new()).load()?;
        let like = document.root().get(LIKE).and_then(Node::scalar);
        let Some(name) = like.map(|name| name.text.clone()) else {
            return Ok(None);
        };
        if is_path(&name) {
            let beside = document.directory(&like_path()).join(name);
            return Ok(Some((Self::File(beside), document)));
        }
        match Self::built_in(&file_of(&name), &name) {
            Ok(part) => Ok(Some((part, document))),
            Err(error) => Err(document.blame(&like_path(), error)),
        }
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
            assert_eq!(profile.name, name.replace(':', "-"));
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
        assert_eq!(
            Profile::named("virtualbox").expect("known").name,
            "virtualbox-7"
        );
    }

    #[test]
    fn what_is_shown_of_a_target_is_that_target() {
        let directory = tempfile::tempdir().expect("a directory");
        for name in names() {
            let built_in = Profile::named(&name).expect("known");
            let text = source(&name).expect("built in");
            let path = directory.path().join(format!("{}.yaml", built_in.name));
            std::fs::write(&path, text).expect("writable");
            let own = Profile::named(path.to_str().expect("UTF-8"));
            assert_eq!(own.expect("readable"), built_in);
            // As JSON it has nothing to be like.
            let path = path.with_extension("json");
            let json = serde_json::to_string(&built_in).expect("JSON");
            std::fs::write(&path, json).expect("writable");
            let own = Profile::named(path.to_str().expect("UTF-8"));
            assert_eq!(own.expect("readable"), built_in);
        }
    }

    /// The error of the target file `text`, which is called mine.yaml, beside other.yaml.
    fn error_of(text: &str, other: &str) -> (String, String) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("mine.yaml");
        std::fs::write(&path, text).expect("writable");
        std::fs::write(directory.path().join("other.yaml"), other).expect("writable");
        let error = Profile::named(path.to_str().expect("UTF-8")).expect_err(text);
        let all = error
            .others()
            .iter()
            .fold(error.to_string(), |all, one| format!("{all}\n{one}"));
        let all = all.replace(&format!("{}/", directory.path().display()), "");
        (all, error.advice().unwrap_or_default().to_owned())
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_line() {
        for (text, place, message, help) in [
            (
                "like: vsphere:8.0\nlimit: {}\n",
                "mine.yaml:2",
                "limit",
                "limits",
            ),
            (
                "like: vsphare:8.0\n",
                "mine.yaml:1",
                "there is no target",
                "vsphere:8.0",
            ),
            (
                "like: ./mine.yaml\n",
                "mine.yaml:1",
                "like itself",
                "does not lead back",
            ),
            (
                "like: other.yaml\ndigest: md6\n",
                "mine.yaml:2",
                "md6",
                "sha256",
            ),
            (
                "like: other.yaml\n\nhardware: vmx-99\n",
                "mine.yaml:3",
                "vmx-99",
                "known are",
            ),
            (
                "like: portable\nnewest: new\n",
                "mine.yaml:2",
                "`new`",
                "known are",
            ),
            (
                "like: portable\nrefuses: {sounds: loud}\n",
                "mine.yaml:2",
                "sounds",
                "sound",
            ),
            (
                "like: portable\nnics: {linux: e100}\n",
                "mine.yaml:2",
                "e100",
                "e1000",
            ),
            ("hardware: vmx-14\n", "mine.yaml", "title", ""),
        ] {
            let (told, advice) = error_of(text, "like: portable\n");
            assert!(
                told.contains(place) || told.contains("mine.yaml"),
                "{text}: {told}"
            );
            assert!(told.contains(message), "{text}: {told}");
            assert!(advice.contains(help), "{text}: {advice}");
        }
        // One that is not there is told where it is named.
        let (told, _) = error_of("like: ./nowhere.yaml\n", "");
        assert!(told.contains("nowhere.yaml"), "{told}");
    }

    #[test]
    fn a_file_says_only_what_is_different() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = directory.path().join("base.yaml");
        std::fs::write(&base, "like: vsphere:8.0\nlimits: {disks: 4, nics: 2}\n")
            .expect("writable");
        let mine = directory.path().join("mine.toml");
        let text = "like = 'base.yaml'\ntitle = 'Our cloud'\nlimits.disks = 3\n";
        std::fs::write(&mine, text).expect("writable");
        let profile = Profile::named(mine.to_str().expect("UTF-8")).expect("readable");
        assert_eq!(profile.name, "mine");
        assert_eq!(profile.title, "Our cloud");
        assert_eq!(profile.newest.as_deref(), Some("vmx-20"));
        assert_eq!(
            (profile.limits.disks, profile.limits.nics),
            (Some(3), Some(2))
        );
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
