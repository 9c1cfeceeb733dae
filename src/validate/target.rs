//! Who is to import a package, and in which version.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::base::Error;

/// A product or service that imports packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Importer {
    /// VMware vSphere, through vCenter.
    Vsphere,
    /// A VMware ESXi host by itself, through its own client.
    Esxi,
    /// VMware Workstation, and Fusion.
    Workstation,
    /// VMware Cloud Director.
    Vcd,
    /// Oracle VirtualBox.
    VirtualBox,
    /// virt-v2v, for libvirt, OpenStack and others.
    VirtV2v,
    /// Proxmox VE.
    Proxmox,
    /// AWS VM Import/Export.
    Aws,
    /// Google Compute Engine.
    Gcp,
    /// Microsoft Azure.
    Azure,
    /// XenCenter, for XenServer and XCP-ng.
    Xen,
    /// oVirt.
    Ovirt,
    /// Incus.
    Incus,
    /// Apache CloudStack.
    CloudStack,
    /// KubeVirt, by forklift.
    KubeVirt,
    /// OpenStack's image service.
    OpenStack,
}

/// The products of VMware, which share a reader.
pub(super) const VMWARE: &[Importer] = &[
    Importer::Vsphere,
    Importer::Esxi,
    Importer::Workstation,
    Importer::Vcd,
];

/// A release that differs from others in what it imports.
struct Release {
    name: &'static str,
    /// The newest virtual hardware it runs, the number behind `vmx-`.
    hardware: Option<u8>,
}

/// A release of ESXi, with its newest virtual hardware.
const fn esxi(name: &'static str, hardware: u8) -> Release {
    Release {
        name,
        hardware: Some(hardware),
    }
}

/// The releases of ESXi and vCenter, by the virtual hardware each brought.
const ESXI: &[Release] = &[
    esxi("6.0", 11),
    esxi("6.5", 13),
    esxi("6.7", 14),
    esxi("6.7u2", 15),
    esxi("7.0", 17),
    esxi("7.0u1", 18),
    esxi("7.0u2", 19),
    esxi("8.0", 20),
    esxi("8.0u2", 21),
    esxi("9.0", 22),
];
/// Which of [`ESXI`] is meant if none is named.
const ESXI_DEFAULT: usize = 7;

/// The readers of VirtualBox: that of 6.1, and that of 7.
const VIRTUALBOX: &[Release] = &[
    Release {
        name: "6.1",
        hardware: None,
    },
    Release {
        name: "7",
        hardware: None,
    },
];
/// Which of [`VIRTUALBOX`] is meant if none is named.
const VIRTUALBOX_DEFAULT: usize = 1;

impl Importer {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Vsphere,
        Self::Esxi,
        Self::Workstation,
        Self::Vcd,
        Self::VirtualBox,
        Self::VirtV2v,
        Self::Proxmox,
        Self::Aws,
        Self::Gcp,
        Self::Azure,
        Self::Xen,
        Self::Ovirt,
        Self::Incus,
        Self::CloudStack,
        Self::KubeVirt,
        Self::OpenStack,
    ];

    /// Its name, and others it goes by.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Vsphere => &["vsphere", "vcenter"],
            Self::Esxi => &["esxi"],
            Self::Workstation => &["workstation", "fusion"],
            Self::Vcd => &["vcd"],
            Self::VirtualBox => &["virtualbox"],
            Self::VirtV2v => &["virt-v2v"],
            Self::Proxmox => &["proxmox"],
            Self::Aws => &["aws"],
            Self::Gcp => &["gcp"],
            Self::Azure => &["azure"],
            Self::Xen => &["xen", "xenserver", "xcp-ng"],
            Self::Ovirt => &["ovirt"],
            Self::Incus => &["incus"],
            Self::CloudStack => &["cloudstack"],
            Self::KubeVirt => &["kubevirt", "forklift"],
            Self::OpenStack => &["openstack"],
        }
    }

    /// Its name in options and reports.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// The releases that make a difference, with the one that is meant if none is named.
    fn releases(self) -> (&'static [Release], usize) {
        match self {
            Self::Vsphere | Self::Esxi => (ESXI, ESXI_DEFAULT),
            Self::VirtualBox => (VIRTUALBOX, VIRTUALBOX_DEFAULT),
            _ => (&[], 0),
        }
    }

    /// The names of the releases that make a difference, oldest first.
    pub fn versions(self) -> impl Iterator<Item = &'static str> {
        self.releases().0.iter().map(|release| release.name)
    }

    /// Whether it is one of VMware's products.
    pub fn is_vmware(self) -> bool {
        VMWARE.contains(&self)
    }

    /// Whether it takes disks alone, and no package.
    pub fn takes_disks_alone(self) -> bool {
        matches!(self, Self::Azure | Self::OpenStack)
    }
}

impl fmt::Display for Importer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An importer in one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct Target {
    importer: Importer,
    /// Which of the importer's releases; 0 where there are none.
    release: usize,
}

impl Target {
    /// The `importer` in the version that is meant if none is named.
    pub fn of(importer: Importer) -> Self {
        Self {
            importer,
            release: importer.releases().1,
        }
    }

    /// Every importer in the version that is meant if none is named.
    pub fn all() -> impl Iterator<Item = Self> {
        Importer::ALL.into_iter().map(Self::of)
    }

    /// Who imports.
    pub fn importer(self) -> Importer {
        self.importer
    }

    /// Its version, where that makes a difference.
    pub fn version(self) -> Option<&'static str> {
        let (releases, _) = self.importer.releases();
        releases.get(self.release).map(|release| release.name)
    }

    /// The newest virtual hardware of VMware it runs, the number behind `vmx-`.
    pub(super) fn hardware(self) -> Option<u8> {
        let (releases, _) = self.importer.releases();
        releases.get(self.release)?.hardware
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version() {
            Some(version) => write!(f, "{}:{version}", self.importer),
            None => write!(f, "{}", self.importer),
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

/// As [`Target`] displays one; without a version, the usual one is meant.
impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, version) = match text.split_once(':') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let is_called = |importer: &Importer| {
            let mut names = importer.names().iter();
            names.any(|known| known.eq_ignore_ascii_case(name))
        };
        let Some(importer) = Importer::ALL.into_iter().find(is_called) else {
            let known: Vec<_> = Importer::ALL.map(Importer::name).into();
            return Err(Error::usage(format!("there is no target `{name}`"))
                .help(format!("there are {}, and `all`", known.join(", "))));
        };
        let (releases, usual) = importer.releases();
        let Some(version) = version else {
            return Ok(Self::of(importer));
        };
        // `8` is `8.0`.
        let is = |release: &Release| {
            let name = release.name;
            name.eq_ignore_ascii_case(version) || name.strip_suffix(".0") == Some(version)
        };
        if let Some(release) = releases.iter().position(is) {
            return Ok(Self { importer, release });
        }
        let error = Error::usage(format!(
            "the target `{importer}` has no version `{version}`"
        ));
        Err(match releases.get(usual) {
            None => error.help(format!(
                "its versions make no difference; write `{importer}`"
            )),
            Some(usual) => {
                let known: Vec<_> = importer.versions().collect();
                error.help(format!(
                    "there are {}; without one, {} is meant",
                    known.join(", "),
                    usual.name
                ))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let target: Target = text.parse().expect("a target");
        target.to_string()
    }

    #[test]
    fn a_target_is_read_by_its_names_and_versions() {
        for (text, target) in [
            ("vsphere", "vsphere:8.0"),
            ("vSphere:8", "vsphere:8.0"),
            ("vsphere:7.0U2", "vsphere:7.0u2"),
            ("esxi:6.5", "esxi:6.5"),
            ("fusion", "workstation"),
            ("virtualbox", "virtualbox:7"),
            ("virtualbox:6.1", "virtualbox:6.1"),
            ("forklift", "kubevirt"),
            ("aws", "aws"),
        ] {
            assert_eq!(read(text), target, "{text}");
            assert_eq!(read(target), target);
        }
        assert!(Target::all().all(|target| read(&target.to_string()) == target.to_string()));
    }

    #[test]
    fn what_is_unknown_is_told_with_what_there_is() {
        for (text, message, help) in [
            ("hyper-v", "there is no target `hyper-v`", "aws, gcp, azure"),
            ("", "there is no target ``", "vsphere, esxi"),
            (
                "vsphere:5.5",
                "the target `vsphere` has no version `5.5`",
                "6.0, 6.5",
            ),
            (
                "virtualbox:",
                "the target `virtualbox` has no version ``",
                "6.1, 7; without one, 7 is meant",
            ),
            (
                "aws:1",
                "the target `aws` has no version `1`",
                "write `aws`",
            ),
        ] {
            let error = text.parse::<Target>().expect_err(text);
            assert_eq!(error.message(), message);
            assert!(error.advice().is_some_and(|advice| advice.contains(help)));
        }
    }

    #[test]
    fn the_newest_hardware_is_that_of_the_release() {
        let hardware = |text: &str| text.parse::<Target>().expect("a target").hardware();
        assert_eq!(hardware("vsphere:6.0"), Some(11));
        assert_eq!(hardware("esxi"), Some(20));
        assert_eq!(hardware("vsphere:9.0"), Some(22));
        assert_eq!(hardware("virtualbox"), None);
        assert_eq!(hardware("workstation"), None);
    }
}
