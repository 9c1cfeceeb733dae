//! Targets: whom a package is made for.

use serde::Serialize;

use crate::base::Result;
use crate::validate::Target;
use crate::vm::{ControllerKind, GuestOs, NicModel, Profile, profile};

/// The profile of the target `text`, a built-in one or a user's file. Whom it says the package
/// is judged for is somebody `validate` knows.
pub fn load(text: &str) -> Result<Profile> {
    Profile::named_if(text, |importer| importer.parse::<Target>().map(drop))
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

    /// Linux first.
    pub fn all(&self) -> [T; 3] {
        [self.linux, self.windows, self.other]
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
