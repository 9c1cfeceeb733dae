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

/// Those of VMware, and those who look at `part` as well.
struct Listed {
    rules: &'static [&'static str],
    by: &'static [Importer],
    /// How bad it is for them, if not as bad as the rule says.
    severity: Option<Severity>,
}

const fn minded(rules: &'static [&'static str], by: &'static [Importer]) -> Listed {
    Listed {
        rules,
        by,
        severity: None,
    }
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
/// All but VirtualBox.
const NOT_VIRTUALBOX: &[Importer] = &[
    Importer::Vsphere,
    Importer::Esxi,
    Importer::Workstation,
    Vcd,
    VirtV2v,
    Proxmox,
    Aws,
    Gcp,
    Xen,
    Ovirt,
    Incus,
    CloudStack,
    KubeVirt,
];

/// Those who read the manifest.
const READERS_OF_MANIFESTS: &[Importer] = &[
    Importer::Vsphere,
    Importer::Esxi,
    Importer::Workstation,
    Vcd,
    VirtualBox,
    VirtV2v,
    Xen,
];
/// Those who read the signature.
const READERS_OF_SIGNATURES: &[Importer] = &[
    Importer::Vsphere,
    Importer::Esxi,
    Importer::Workstation,
    Vcd,
    VirtualBox,
];

/// The rules not everybody minds.
const LISTED: &[Listed] = &[
    // How the document is put together.
    minded(
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
        VMWARE,
    ),
    minded(&["ENV-019"], &[Xen]),
    minded(&["ENV-018"], NOT_VIRTUALBOX),
    // Sections in the wrong place, except disks and hardware, which all look for.
    minded(
        &[
            "ENV-102", "ENV-103", "ENV-104", "ENV-105", "ENV-106", "ENV-109", "ENV-110", "ENV-111",
            "ENV-112", "ENV-113", "ENV-114", "ENV-115", "ENV-116", "ENV-117", "ENV-118",
        ],
        VMWARE,
    ),
    // Collections, what starts when, and what is where.
    minded(
        &[
            "COL-001", "COL-002", "COL-003", "COL-003a", "COL-006", "COL-008", "COL-009",
            "COL-010", "COL-011", "COL-013", "COL-101", "COL-103", "COL-104", "COL-107",
        ],
        VMWARE,
    ),
    // Deployment options and what depends on them.
    minded(
        &[
            "DEP-001", "DEP-001a", "DEP-002", "DEP-003", "DEP-004", "DEP-006", "DEP-008",
            "VHW-016", "VHW-042", "VHW-043", "VHW-044", "VHW-045",
        ],
        VMWARE,
    ),
    // Properties, how they get to the guest, and what shows the product.
    minded(
        &[
            "PRD-001", "PRD-002", "PRD-020", "PRD-020a", "PRD-021", "PRD-022a", "PRD-009",
            "PRD-010", "PRD-012", "PRD-016", "PRD-017", "PRD-018", "PRD-019", "PRD-023", "VHW-009",
        ],
        VMWARE,
    ),
    minded(
        &[
            "PRD-004", "PRD-005", "PRD-006", "PRD-007", "PRD-007a", "PRD-008", "PRD-008a",
            "PRD-013",
        ],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            CloudStack,
        ],
    ),
    // vCenter adds the drive.
    minded(&["VHW-010"], &[Importer::Esxi, Importer::Workstation, Vcd]),
    // Networks.
    minded(
        &["NET-001", "NET-002", "NET-003", "NET-006", "NET-010"],
        VMWARE,
    ),
    minded(&["NET-011", "NET-012", "VHW-004", "VHW-014a"], &[]),
    minded(
        &["NET-008", "NET-009"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            VirtualBox,
            VirtV2v,
            KubeVirt,
        ],
    ),
    // Files.
    minded(
        &[
            "REF-003", "REF-007", "REF-007a", "REF-007b", "REF-008", "REF-013", "REF-017",
        ],
        VMWARE,
    ),
    minded(&["REF-014"], OTHERS),
    minded(&["REF-015", "PKG-017"], &[VirtualBox]),
    minded(&["REF-016"], &[Xen]),
    minded(&["REF-012"], &[Ovirt, KubeVirt, CloudStack, Aws]),
    minded(&["PKG-014a"], ARCHIVES),
    Listed {
        rules: &["PKG-014a"],
        by: &[VirtV2v],
        severity: Some(Severity::Error),
    },
    minded(&["PKG-023"], &[Xen]),
    // Disks.
    minded(
        &[
            "DSK-004", "DSK-007", "DSK-009", "DSK-010", "DSK-024", "DSK-027", "DSK-028", "DSK-029",
        ],
        VMWARE,
    ),
    minded(&["DSK-007a", "DSK-011", "DSK-016"], OTHERS),
    minded(
        &["DSK-008"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            VirtualBox,
        ],
    ),
    minded(&["DSK-008a"], &[VirtualBox]),
    minded(&["DSK-021"], &[Proxmox]),
    // Several machines side by side, which forklift takes.
    minded(
        &["ENV-005"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            VirtualBox,
            VirtV2v,
            Proxmox,
            Aws,
            Gcp,
            Xen,
            Ovirt,
            Incus,
            CloudStack,
        ],
    ),
    // The hardware section.
    minded(
        &[
            "VHW-002", "VHW-004a", "VHW-005", "VHW-008", "VHW-031", "VHW-031a", "VHW-038",
            "VHW-050", "VHW-062", "VHW-064",
        ],
        VMWARE,
    ),
    minded(
        &["VHW-006"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            Xen,
        ],
    ),
    minded(
        &["VHW-059"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            KubeVirt,
        ],
    ),
    minded(
        &["VHW-057"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            VirtV2v,
            KubeVirt,
        ],
    ),
    // The amount of memory, and its unit.
    minded(&["VHW-028"], &[Proxmox, VirtV2v, Ovirt, Incus, KubeVirt]),
    minded(
        &["VHW-030"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            Gcp,
            CloudStack,
        ],
    ),
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
    minded(&["VHW-037"], NOT_VIRTUALBOX),
    minded(&["VHW-052", "VHW-067"], &[VirtualBox]),
    // The archive: only VMware's products read it as it comes in.
    minded(
        &[
            "PKG-006", "PKG-006a", "PKG-007", "PKG-008", "PKG-009", "PKG-010",
        ],
        VMWARE,
    ),
    Listed {
        rules: &["PKG-007"],
        by: &[Aws],
        severity: Some(Severity::Warning),
    },
    minded(
        &["PKG-005"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            VirtualBox,
            Proxmox,
            Aws,
            Gcp,
            Xen,
            Ovirt,
            Incus,
            CloudStack,
            KubeVirt,
        ],
    ),
    minded(&["PKG-012"], &[Xen]),
    minded(
        &["PKG-013a"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            Proxmox,
            Xen,
            Incus,
        ],
    ),
    minded(&["PKG-016b"], &[VirtualBox, Xen]),
    minded(&["PKG-026"], &[Incus]),
    // The manifest, its digests and the signature.
    minded(
        &[
            "PKG-003", "PKG-105", "PKG-106", "PKG-106a", "PKG-107", "PKG-108", "PKG-109",
            "PKG-110", "PKG-112", "PKG-113",
        ],
        READERS_OF_MANIFESTS,
    ),
    // virt-v2v passes over lines it cannot read.
    minded(
        &["PKG-101"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            VirtualBox,
            Xen,
        ],
    ),
    minded(
        &["PKG-101a", "PKG-103", "PKG-104", "PKG-117"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            VirtV2v,
        ],
    ),
    // Others import what may be damaged.
    minded(&["PKG-111"], READERS_OF_MANIFESTS),
    Listed {
        rules: &["PKG-111"],
        by: &[Proxmox, Aws, Gcp, Ovirt, Incus, CloudStack, KubeVirt],
        severity: Some(Severity::Warning),
    },
    minded(
        &[
            "PKG-004", "PKG-201", "PKG-202", "PKG-203", "PKG-204", "PKG-205", "PKG-206", "PKG-207",
        ],
        READERS_OF_SIGNATURES,
    ),
    // What is read of the disks.
    minded(
        &["DSK-013a"],
        &[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Vcd,
            Aws,
        ],
    ),
    // Others read a stream by its tables, not from marker to marker.
    minded(&["DSK-030", "DSK-101", "DSK-102"], VMWARE),
    // Cloud Director wants what the schema does.
    Listed {
        rules: &["XSD-001"],
        by: &[Vcd],
        severity: Some(Severity::Warning),
    },
];

/// How bad what the general `rule` finds is for `importer`; `None` if that does not mind.
pub(super) fn severity(rule: &Rule, importer: Importer) -> Option<Severity> {
    // Environment documents are for guests.
    if importer.takes_disks_alone() || rule.id.starts_with("OVE") {
        return None;
    }
    let mut is_listed = false;
    for listed in LISTED.iter().filter(|one| one.rules.contains(&rule.id)) {
        if listed.by.contains(&importer) {
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
                for importer in listed.by {
                    assert!(!known.contains(&(*id, *importer)), "{id}: {importer}");
                    known.push((id, *importer));
                }
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
