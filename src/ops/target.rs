//! Targets: whom a package is made for.

use std::fmt;

use serde::Serialize;

use crate::base::{Error, Result};
use crate::validate::Target;
use crate::vm::{At, ControllerKind, GuestOs, NicModel, Profile, profile};

use super::define::Defined;

/// The target that leaves most open, and is meant when none is named.
pub const PORTABLE: &str = "portable";

/// The profile of the target `text`, a built-in one or a user's file. Whom it says the package
/// is judged for is somebody `validate` knows.
pub fn load(text: &str) -> Result<Profile> {
    Profile::named_if(text, |importer| importer.parse::<Target>().map(drop))
}

/// The profiles of the targets `defined` names, or the one that suits all. A user's file is
/// beside the definition that names it.
pub fn named_by(defined: &Defined) -> Result<Vec<Profile>> {
    let targets = &defined.definition.target;
    if targets.is_empty() {
        return Ok(vec![load(PORTABLE)?]);
    }
    let list = At::default().key("target");
    let mut profiles: Vec<Profile> = Vec::new();
    for (index, name) in targets.iter().enumerate() {
        let at = list.index(index);
        let name = if profile::is_path(name) {
            defined.path(&at, name).display().to_string()
        } else {
            name.clone()
        };
        let profile = load(&name).map_err(|error| defined.at(&at, error))?;
        if profiles.iter().any(|known| known.name == profile.name) {
            let twice = Error::usage(format!("the target `{name}` is named twice"));
            return Err(defined.at(&at, twice.help("name each target once")));
        }
        profiles.push(profile);
    }
    Ok(profiles)
}

/// A target in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The name it is chosen by.
    pub name: String,
    /// The name of the platform for people.
    pub title: String,
    /// Whom `ovfkit validate --target` judges the package for.
    pub importer: Option<String>,
    /// The virtual hardware of machines that ask for none.
    pub hardware: String,
    /// The digest of the manifest.
    pub digest: String,
    /// The controller of disks.
    pub controllers: ByGuest<ControllerKind>,
    /// The model of network adapters.
    pub nics: ByGuest<NicModel>,
    /// Why it takes no package at all, if it does not.
    pub no_package: Option<String>,
}

/// What guests of each kind get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ByGuest<T> {
    /// Any Linux.
    pub linux: T,
    /// Windows.
    pub windows: T,
    /// All others.
    pub other: T,
}

impl<T: Copy> ByGuest<T> {
    /// What `of` says of a guest of each kind.
    fn new(of: impl Fn(&GuestOs) -> T) -> Result<Self> {
        Ok(Self {
            linux: of(&"linux".parse()?),
            windows: of(&"windows2022".parse()?),
            other: of(&"other".parse()?),
        })
    }
}

/// Linux, Windows and others, or the one for all.
impl<T: fmt::Display + PartialEq> fmt::Display for ByGuest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.linux == self.windows && self.windows == self.other {
            return write!(f, "{}", self.linux);
        }
        write!(f, "{}, {}, {}", self.linux, self.windows, self.other)
    }
}

impl Overview {
    /// That of the target `name`, whose profile is `profile`.
    pub fn new(name: &str, profile: &Profile) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            title: profile.title.clone(),
            importer: profile.importer.clone(),
            hardware: profile.hardware.clone(),
            digest: profile.digest.clone(),
            controllers: ByGuest::new(|os| profile.controller(os))?,
            nics: ByGuest::new(|os| profile.nic(os))?,
            no_package: profile.no_package.clone(),
        })
    }
}

/// The built-in targets, a line each.
pub fn all() -> Result<Vec<Overview>> {
    let names = profile::names();
    names
        .map(|name| Overview::new(&name, &load(&name)?))
        .collect()
}
