//! What a package is for: what a platform wants, takes and refuses.
//!
//! Profiles are data: one file each in `templates/targets`, or wherever a user keeps their own.

mod library;
mod replace;

pub use library::{is_path, names, source};

use std::fmt::Display;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::cim;
use crate::vm::build::{At, Bus, Chosen, Placement, Problems};
use crate::vm::definition::{Definition, Seed, Size, is_default};
use crate::vm::feature::Feature;
use crate::vm::{
    Contradiction, ControllerKind, Family, Firmware, GuestOs, HardwareVersion, NicModel,
};

/// What a platform wants, takes and refuses: a target of `ovfkit pack`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// The name it is chosen by, for the names of files.
    #[serde(skip)]
    pub name: String,
    /// The target this one is like, but for what is said here: a built-in one such as
    /// `vsphere:8.0`, or the path of a file, from the directory of this one. Maps are merged
    /// key by key; `null` takes away what was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"vsphere:8.0")]
    pub like: Option<String>,
    /// The name of the platform for people.
    #[schemars(example = &"VMware vSphere 8.0")]
    pub title: String,
    /// The target of `ovfkit validate` that judges the package; nobody does if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"vsphere:8.0")]
    pub importer: Option<String>,
    /// The virtual hardware of machines that ask for none.
    #[schemars(example = &"vmx-20")]
    pub hardware: String,
    /// The newest virtual hardware the platform runs; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"vmx-20")]
    pub newest: Option<String>,
    /// The digest of the manifest: `sha256`, `sha1`, `sha512`, or `none` for no manifest.
    #[serde(default = "sha256")]
    pub digest: String,
    /// How the sizes of disks are written: `byte`, or `power` for the largest of GiB, MiB,
    /// KiB and sectors that gives a whole number. In bytes if absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub capacity: CapacityUnit,
    /// Whether blank disks name a format, too. The standard wants none (DSP0243 1.1 §9.1).
    #[serde(default, skip_serializing_if = "is_default")]
    pub blank_format: bool,
    /// The controller of CD drives that name no place: `ide` or `sata`.
    #[serde(default = "ide")]
    pub cdrom: ControllerKind,
    /// How cloud-init gets its files where the definition does not tell: as `properties`, or
    /// on a CD (`iso`), which any platform shows to the guest.
    #[serde(default = "iso")]
    pub seed: Seed,
    /// The controllers of disks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub controllers: Choices<ControllerKind>,
    /// The models of network adapters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nics: Choices<NicModel>,
    /// The network of adapters that name none.
    #[serde(default = "vm_network")]
    #[schemars(example = &"VM Network")]
    pub network: String,
    /// The firmware.
    #[serde(default, skip_serializing_if = "is_default")]
    pub firmwares: Choices<Firmware>,
    /// Why the platform takes no package at all, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"it takes disks alone")]
    pub no_package: Option<String>,
    /// The most of everything.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: Limits,
    /// What the platform cannot do, each with the reason: a machine that asks for it is
    /// refused.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refuses: IndexMap<Feature, String>,
    /// What the platform does without, each with the reason: it is left out of the package,
    /// and told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub leaves_out: IndexMap<Feature, String>,
}

fn sha256() -> String {
    "sha256".to_owned()
}

fn ide() -> ControllerKind {
    ControllerKind::Ide
}

fn iso() -> Seed {
    Seed::Iso
}

/// What vSphere calls its first network.
fn vm_network() -> String {
    "VM Network".to_owned()
}

/// How the sizes of disks are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CapacityUnit {
    /// In bytes, the plain number most importers want.
    #[default]
    Byte,
    /// In the largest of GiB, MiB, KiB and sectors that gives a whole number, for those who
    /// read powers only.
    Power,
}

impl CapacityUnit {
    /// The number and the unit (DSP0004 annex C) of `bytes`.
    pub(in crate::vm) fn of(self, bytes: u64) -> (u64, String) {
        let powers = [30, 20, 10, 9];
        let whole = |power: &&u32| bytes > 0 && bytes.is_multiple_of(1 << **power);
        match (self, powers.iter().find(whole)) {
            (Self::Power, Some(power)) => (bytes >> power, format!("byte * 2^{power}")),
            _ => (bytes, cim::BYTES.to_owned()),
        }
    }
}

/// The schema editors complete and check profiles by (JSON Schema, draft 2020-12).
pub fn schema() -> serde_json::Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Profile>();
    schema.insert("title".to_owned(), "ovfkit target".into());
    schema.to_value()
}

/// Which of several a machine gets, and which it may ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Choices<T> {
    /// For any Linux; what has a driver there if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linux: Option<T>,
    /// For Windows; what has a driver there if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<T>,
    /// For all other systems; what has a driver nearly everywhere if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<T>,
    /// Those the platform has; any if there are none. A machine that asks for another gets
    /// the one for its system, or one of these on the same bus, and is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<T>,
    /// Why not the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl<T> Default for Choices<T> {
    fn default() -> Self {
        Self {
            linux: None,
            windows: None,
            other: None,
            only: Vec::new(),
            why: None,
        }
    }
}

/// What there is instead of something refused.
pub(in crate::vm) struct Allowed<'p> {
    /// Why it is refused.
    pub(in crate::vm) why: Option<&'p str>,
    /// What there is instead.
    pub(in crate::vm) instead: String,
}

impl<T: Copy + PartialEq + Display> Choices<T> {
    /// The choice for `os`.
    fn for_os(&self, os: &GuestOs) -> Option<T> {
        match os.family {
            Family::Linux => self.linux,
            Family::Windows => self.windows,
            Family::Bsd | Family::Other => self.other,
        }
    }

    /// What there is instead, if `value` is not among those the platform has.
    pub(in crate::vm) fn refuses(&self, value: &T) -> Option<Allowed<'_>> {
        if self.only.is_empty() || self.only.contains(value) {
            return None;
        }
        let names: Vec<String> = self.only.iter().map(T::to_string).collect();
        Some(Allowed {
            why: self.why.as_deref(),
            instead: names.join(", "),
        })
    }
}

/// The most of everything; no limit where there is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Limits {
    /// CPUs of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u32>,
    /// Memory of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    /// Disks of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disks: Option<u32>,
    /// CD drives of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdroms: Option<u32>,
    /// Network adapters of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nics: Option<u32>,
    /// IDE controllers of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ide_controllers: Option<u32>,
    /// SCSI controllers of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scsi_controllers: Option<u32>,
    /// SATA controllers of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sata_controllers: Option<u32>,
    /// NVMe controllers of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nvme_controllers: Option<u32>,
}

impl Profile {
    /// The controller of disks for `os`.
    pub fn controller(&self, os: &GuestOs) -> ControllerKind {
        let named = self.controllers.for_os(os);
        named.unwrap_or_else(|| os.default_controller())
    }

    /// The model of network adapters for `os`.
    pub fn nic(&self, os: &GuestOs) -> NicModel {
        self.nics.for_os(os).unwrap_or_else(|| os.default_nic())
    }

    /// The firmware for `os`, where the platform has a preference.
    pub(in crate::vm) fn firmware(&self, os: &GuestOs) -> Option<Firmware> {
        self.firmwares.for_os(os)
    }

    /// `definition` with models the platform has, and without what it does without; and what
    /// was changed, each with the reason.
    pub fn adapt(&self, definition: &Definition) -> (Definition, Vec<String>) {
        let mut adapted = definition.clone();
        let replaced = self.replace(&mut adapted);
        let left_out = self.leaves_out.iter();
        let left_out = left_out.filter(|(feature, _)| feature.leave_out(&mut adapted));
        let notes = left_out.map(|(feature, why)| {
            format!("{}: {} is left out: {why}", self.title, feature.title())
        });
        let notes = notes.chain(replaced).collect();
        (adapted, notes)
    }

    /// Notes what `definition`, at `at`, asks for that the platform cannot do.
    pub(in crate::vm) fn check(&self, definition: &Definition, at: &At, problems: &mut Problems) {
        for (feature, why) in &self.refuses {
            if let Some(key) = feature.used(definition) {
                problems.add(
                    at.key(&key),
                    Contradiction::NotOnTarget {
                        what: feature.title().to_owned(),
                        target: self.title.clone(),
                        why: Some(why.clone()),
                        instead: String::new(),
                    },
                );
            }
        }
        let list = at.key("machines");
        for (index, member) in definition.machines.iter().enumerate() {
            self.check(member, &list.index(index), problems);
        }
    }

    /// Notes what is more than the platform takes.
    pub(in crate::vm) fn check_machine(
        &self,
        chosen: &Chosen<'_>,
        placement: &Placement<'_>,
        problems: &mut Problems,
    ) {
        let definition = chosen.definition;
        let count = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
        let memory = self.limits.memory.map(|size| size.0 >> 20);
        for (key, what, has, most) in [
            (
                "cpus",
                "CPUs",
                chosen.cpus.into(),
                self.limits.cpus.map(u64::from),
            ),
            ("memory", "MiB of memory", chosen.memory >> 20, memory),
            (
                "disks",
                "disks",
                count(definition.disks.len()),
                self.limits.disks.map(u64::from),
            ),
            (
                "cdroms",
                "CD drives",
                count(definition.cdroms.len()),
                self.limits.cdroms.map(u64::from),
            ),
            (
                "nics",
                "network adapters",
                count(chosen.nics.len()),
                self.limits.nics.map(u64::from),
            ),
        ] {
            if let Some(most) = most.filter(|most| has > *most) {
                problems.add(
                    chosen.at.key(key),
                    Contradiction::OverTarget {
                        what,
                        has,
                        most,
                        target: self.title.clone(),
                    },
                );
            }
        }
        for (bus, what, most) in [
            (Bus::Ide, "IDE controllers", self.limits.ide_controllers),
            (Bus::Scsi, "SCSI controllers", self.limits.scsi_controllers),
            (Bus::Sata, "SATA controllers", self.limits.sata_controllers),
            (Bus::Nvme, "NVMe controllers", self.limits.nvme_controllers),
        ] {
            let kinds = placement
                .controllers
                .iter()
                .filter_map(|placed| placed.kind);
            let has = count(kinds.filter(|kind| kind.bus() == bus).count());
            if let Some(most) = most.map(u64::from).filter(|most| has > *most) {
                problems.add(
                    chosen.at.key("controllers"),
                    Contradiction::OverTarget {
                        what,
                        has,
                        most,
                        target: self.title.clone(),
                    },
                );
            }
        }
        self.check_hardware(chosen, problems);
    }

    /// Notes hardware that is newer than what the platform runs.
    fn check_hardware(&self, chosen: &Chosen<'_>, problems: &mut Problems) {
        let newest = self
            .newest
            .as_deref()
            .and_then(|newest| newest.parse().ok());
        let Some(newest): Option<HardwareVersion> = newest else {
            return;
        };
        let runs = |name: &String| {
            name.parse::<HardwareVersion>()
                .is_ok_and(|one| one <= newest)
        };
        if !chosen.hardware.iter().any(runs) {
            problems.add(
                chosen.at.key("hardware"),
                Contradiction::HardwareTooNew {
                    has: chosen.hardware.join(" "),
                    newest,
                    target: self.title.clone(),
                },
            );
        }
    }
}
