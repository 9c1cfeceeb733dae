//! Which importers mind what the rules of everybody find.
//!
//! A rule that is not listed here matters to all who import descriptors, as much as it
//! says. Notes matter to nobody. Who reads what a rule is about was told by the sources of
//! the importers and by what people report of them: only VMware's products check the order
//! and number of elements, understand properties, deployment options, networks and
//! collections, and refuse what they do not know; most others look for disks and for a few
//! members of devices, and pass over the rest.

use super::rule::{Rule, Severity};
use super::target::Importer::{
    self, Aws, CloudStack, Gcp, Incus, KubeVirt, Ovirt, Proxmox, Vcd, VirtV2v, VirtualBox, Xen,
};
use super::target::VMWARE;

/// Whom some rules matter to.
enum By {
    These(&'static [Importer]),
    /// VMware's products, and these.
    VmwareAnd(&'static [Importer]),
    /// All who read descriptors but these.
    AllBut(&'static [Importer]),
}

impl By {
    fn includes(&self, importer: Importer) -> bool {
        match self {
            Self::These(these) => these.contains(&importer),
            Self::VmwareAnd(others) => VMWARE.contains(&importer) || others.contains(&importer),
            Self::AllBut(others) => !others.contains(&importer),
        }
    }
}

/// Rules, and whom they matter to.
struct Listed {
    rules: &'static [&'static str],
    by: By,
    /// How bad it is for them, if not as bad as the rule says.
    severity: Option<Severity>,
}

const fn listed(rules: &'static [&'static str], by: By) -> Listed {
    Listed {
        rules,
        by,
        severity: None,
    }
}

const fn minded(rules: &'static [&'static str], by: &'static [Importer]) -> Listed {
    listed(rules, By::These(by))
}

const fn vmware_and(rules: &'static [&'static str], others: &'static [Importer]) -> Listed {
    listed(rules, By::VmwareAnd(others))
}

const fn all_but(rules: &'static [&'static str], others: &'static [Importer]) -> Listed {
    listed(rules, By::AllBut(others))
}

/// All who read descriptors but VMware.
const OTHERS: &[Importer] = &[
    VirtualBox, VirtV2v, Proxmox, Aws, Gcp, Xen, Ovirt, Incus, CloudStack, KubeVirt,
];
/// All who take disks from the archive by the name in the descriptor, and have nothing
/// beside it.
const ARCHIVES: &[Importer] = &[
    Vcd, VirtualBox, Aws, Gcp, Xen, Ovirt, Incus, CloudStack, KubeVirt,
];

/// Those besides VMware who read the manifest.
const READERS_OF_MANIFESTS: &[Importer] = &[VirtualBox, VirtV2v, Xen];

/// The rules not everybody minds.
const LISTED: &[Listed] = &[
    // How the document is put together.
    vmware_and(
        &[
            "ENV-003",
            "ENV-004",
            "ENV-007",
            "ENV-012",
            "ENV-013",
            "ENV-014",
            "ENV-014a",
            "ENV-015",
            "ENV-017",
            "ENV-021",
            "ENV-023",
            "ENV-025",
            "ENV-027",
            "EXT-001",
            "EXT-002a",
            "EXT-005",
            "EXT-006",
            "EXT-006a",
            "EXT-011b",
            "EXT-015",
            "I18N-001",
            "I18N-001a",
            "I18N-002",
            "I18N-003",
            "I18N-005",
            "I18N-006",
            "I18N-009",
            "SEC-006",
            "SEC-007",
            "SEC-009",
            "SEC-009a",
            "SEC-011",
            "COL-105",
        ],
        &[],
    ),
    minded(&["ENV-019"], &[Xen]),
    all_but(&["ENV-018"], &[VirtualBox]),
    // Sections in the wrong place, except disks and hardware, which all look for.
    vmware_and(
        &[
            "ENV-102", "ENV-103", "ENV-104", "ENV-105", "ENV-106", "ENV-109", "ENV-110", "ENV-111",
            "ENV-112", "ENV-113", "ENV-114", "ENV-115", "ENV-116", "ENV-117", "ENV-118",
        ],
        &[],
    ),
    // Collections, what starts when, and what is where.
    vmware_and(
        &[
            "COL-001", "COL-002", "COL-003", "COL-003a", "COL-006", "COL-008", "COL-009",
            "COL-010", "COL-011", "COL-013", "COL-101", "COL-103", "COL-104", "COL-107",
        ],
        &[],
    ),
    // Deployment options and what depends on them.
    vmware_and(
        &[
            "DEP-001", "DEP-001a", "DEP-002", "DEP-003", "DEP-004", "DEP-006", "DEP-008",
            "VHW-016", "VHW-042", "VHW-043", "VHW-044", "VHW-045",
        ],
        &[],
    ),
    // Properties, how they get to the guest, and what shows the product.
    vmware_and(
        &[
            "PRD-001", "PRD-002", "PRD-020", "PRD-020a", "PRD-021", "PRD-022a", "PRD-009",
            "PRD-010", "PRD-012", "PRD-016", "PRD-017", "PRD-018", "PRD-019", "PRD-023", "VHW-009",
        ],
        &[],
    ),
    vmware_and(
        &[
            "PRD-004", "PRD-005", "PRD-007", "PRD-007a", "PRD-008", "PRD-008a", "PRD-013",
        ],
        &[CloudStack],
    ),
    minded(&["PRD-006"], &[CloudStack]),
    // vCenter adds the drive.
    minded(&["VHW-010"], &[Importer::Esxi, Importer::Workstation, Vcd]),
    // Networks.
    vmware_and(
        &["NET-001", "NET-002", "NET-003", "NET-006", "NET-010"],
        &[],
    ),
    minded(&["NET-011", "NET-012", "VHW-004", "VHW-014a"], &[]),
    vmware_and(&["NET-008", "NET-009"], &[VirtualBox, VirtV2v, KubeVirt]),
    // Files.
    vmware_and(
        &[
            "REF-003", "REF-007", "REF-007a", "REF-007b", "REF-008", "REF-013", "REF-017",
        ],
        &[],
    ),
    minded(&["REF-014"], OTHERS),
    minded(&["REF-015", "PKG-017"], &[VirtualBox]),
    minded(&["REF-016"], &[Xen]),
    minded(&["REF-012"], &[Ovirt, KubeVirt, CloudStack, Aws]),
    minded(&["PKG-014a"], ARCHIVES),
    Listed {
        rules: &["PKG-014a"],
        by: By::These(&[VirtV2v]),
        severity: Some(Severity::Error),
    },
    minded(&["PKG-023"], &[Xen]),
    // Disks.
    vmware_and(
        &[
            "DSK-004", "DSK-007", "DSK-009", "DSK-010", "DSK-024", "DSK-027", "DSK-028", "DSK-029",
        ],
        &[],
    ),
    minded(&["DSK-007a", "DSK-011", "DSK-016"], OTHERS),
    vmware_and(&["DSK-008"], &[VirtualBox]),
    minded(&["DSK-021"], &[Proxmox]),
    // Several machines side by side, which forklift takes.
    all_but(&["ENV-005"], &[KubeVirt]),
    // The hardware section.
    vmware_and(
        &[
            "VHW-002", "VHW-004a", "VHW-005", "VHW-008", "VHW-031", "VHW-031a", "VHW-038",
            "VHW-050", "VHW-062", "VHW-064",
        ],
        &[],
    ),
    vmware_and(&["VHW-006"], &[Xen]),
    vmware_and(&["VHW-059"], &[KubeVirt]),
    vmware_and(&["VHW-057"], &[VirtV2v, KubeVirt]),
    // The amount of memory, and its unit.
    minded(&["VHW-028"], &[Proxmox, VirtV2v, Ovirt, Incus, KubeVirt]),
    vmware_and(&["VHW-030"], &[Gcp, CloudStack]),
    minded(&["VHW-029"], &[VirtualBox]),
    minded(&["VHW-030a"], &[Proxmox, Ovirt, CloudStack]),
    minded(&["VHW-047"], &[Proxmox, VirtualBox, Gcp]),
    // Devices, what they hang on, and what backs them.
    minded(&["VHW-017", "VHW-036"], &[VirtV2v, Proxmox, KubeVirt]),
    minded(
        &["VHW-018"],
        &[
            VirtV2v, Proxmox, Aws, Gcp, Xen, Ovirt, Incus, CloudStack, KubeVirt,
        ],
    ),
    minded(&["VHW-023"], &[Proxmox, Gcp]),
    minded(&["VHW-024"], &[VirtV2v, Proxmox, Gcp]),
    all_but(&["VHW-037"], &[VirtualBox]),
    minded(&["VHW-052", "VHW-067"], &[VirtualBox]),
    // The archive: only VMware's products read it as it comes in.
    vmware_and(
        &[
            "PKG-006", "PKG-006a", "PKG-007", "PKG-008", "PKG-009", "PKG-010",
        ],
        &[],
    ),
    Listed {
        rules: &["PKG-007"],
        by: By::These(&[Aws]),
        severity: Some(Severity::Warning),
    },
    all_but(&["PKG-005"], &[VirtV2v]),
    minded(&["PKG-012"], &[Xen]),
    vmware_and(&["PKG-013a"], &[Proxmox, Xen, Incus]),
    minded(&["PKG-016b"], &[VirtualBox, Xen]),
    minded(&["PKG-026"], &[Incus]),
    // The manifest, its digests and the signature.
    vmware_and(
        &[
            "PKG-003", "PKG-105", "PKG-106", "PKG-106a", "PKG-107", "PKG-108", "PKG-109",
            "PKG-110", "PKG-112", "PKG-113",
        ],
        READERS_OF_MANIFESTS,
    ),
    // virt-v2v passes over lines it cannot read.
    vmware_and(&["PKG-101"], &[VirtualBox, Xen]),
    vmware_and(&["PKG-101a", "PKG-103", "PKG-104", "PKG-117"], &[VirtV2v]),
    // Others import what may be damaged.
    vmware_and(&["PKG-111"], READERS_OF_MANIFESTS),
    Listed {
        rules: &["PKG-111"],
        by: By::These(&[Proxmox, Aws, Gcp, Ovirt, Incus, CloudStack, KubeVirt]),
        severity: Some(Severity::Warning),
    },
    vmware_and(
        &[
            "PKG-004", "PKG-201", "PKG-202", "PKG-203", "PKG-204", "PKG-205", "PKG-206", "PKG-207",
        ],
        &[VirtualBox],
    ),
    // What is read of the disks.
    vmware_and(&["DSK-013a"], &[Aws]),
    // Others read a stream by its tables, not from marker to marker.
    vmware_and(&["DSK-030", "DSK-101", "DSK-102"], &[]),
    // Cloud Director wants what the schema does.
    Listed {
        rules: &["XSD-001"],
        by: By::These(&[Vcd]),
        severity: Some(Severity::Warning),
    },
];

/// What these importers want just so, whatever others make of it: it is not told for them.
const WANTED: &[(&str, &[Importer])] = &[
    // VirtualBox wants a format there, which VMware's documentation rules out.
    ("DSK-008a", VMWARE),
    // Ranges and deployment options are further items for one device, and VMware reads them.
    ("VHW-047", VMWARE),
    // Keys such as `guestinfo.ignition.config.data` have dots, and so have those of VMware's
    // own appliances.
    ("PRD-006", VMWARE),
    // A vApp is a collection.
    ("COL-007", &[Importer::Vsphere, Importer::Workstation, Vcd]),
];

/// Whether what the general `rule` finds is what `importer` wants.
pub(super) fn is_wanted(rule: &Rule, importer: Importer) -> bool {
    let mut all = WANTED.iter();
    all.any(|(id, by)| *id == rule.id && by.contains(&importer))
}

/// How bad what the general `rule` finds is for `importer`; `None` if that does not mind.
pub(super) fn severity(rule: &Rule, importer: Importer) -> Option<Severity> {
    // Environment documents are for guests.
    if importer.takes_disks_alone() || rule.id.starts_with("OVE") {
        return None;
    }
    let mut is_listed = false;
    for listed in LISTED.iter().filter(|one| one.rules.contains(&rule.id)) {
        if listed.by.includes(importer) {
            return Some(listed.severity.unwrap_or(rule.severity));
        }
        is_listed = true;
    }
    let matters = rule.severity > Severity::Info && !rule.strict;
    (matters && !is_listed).then_some(rule.severity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::rule;

    #[test]
    fn what_is_listed_is_a_rule_of_everybody_and_once_for_each() {
        let mut known = Vec::new();
        for listed in LISTED {
            for id in listed.rules {
                let rule = rule(id).unwrap_or_else(|| panic!("there is no rule {id}"));
                assert!(rule.is_general(), "{id}");
                let serious = listed.severity.unwrap_or(rule.severity) > Severity::Info;
                assert!(serious, "{id} is a note");
                let minding = Importer::ALL.into_iter();
                for importer in minding.filter(|one| listed.by.includes(*one)) {
                    assert!(!known.contains(&(*id, importer)), "{id}: {importer}");
                    known.push((id, importer));
                }
            }
        }
    }

    #[test]
    fn nobody_minds_what_they_want() {
        for (id, importers) in WANTED {
            let rule = rule(id).unwrap_or_else(|| panic!("there is no rule {id}"));
            assert!(rule.is_general(), "{id}");
            for importer in *importers {
                assert_eq!(rule.severity_for(*importer), None, "{id}: {importer}");
            }
        }
    }

    #[test]
    fn who_minds_is_told_by_the_list_and_else_by_the_rule() {
        let severity = |id, importer| rule(id).expect("a rule").severity_for(importer);
        assert_eq!(severity("DSK-005", Proxmox), Some(Severity::Error));
        assert_eq!(severity("NET-003", Vcd), Some(Severity::Error));
        assert_eq!(severity("NET-003", VirtualBox), None);
        assert_eq!(severity("PKG-014a", VirtV2v), Some(Severity::Error));
        assert_eq!(severity("PKG-014a", Xen), Some(Severity::Warning));
        assert_eq!(severity("XSD-001", Vcd), Some(Severity::Warning));
        assert_eq!(severity("XSD-002", Vcd), None);
        assert_eq!(severity("REF-006a", Aws), None);
        assert_eq!(severity("DSK-005", Importer::Azure), None);
    }
}
