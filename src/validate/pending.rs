//! Rules that have a number but are not looked for, and why.

/// Rules that are known but not looked for.
#[derive(Debug, Clone, Copy)]
pub struct Pending {
    /// The rules.
    pub ids: &'static [&'static str],
    /// Why.
    pub why: &'static str,
}

/// All of them.
pub const PENDING: &[Pending] = &[
    Pending {
        // By REF-006, PKG-005, PKG-014 and PKG-001.
        ids: &["PKG-011", "PKG-022", "PKG-024", "PKG-028"],
        why: "is told by another rule",
    },
    Pending {
        ids: &["PKG-020", "PKG-102"],
        why: "a matter of style that nearly all products decide the other way",
    },
    Pending {
        ids: &["PKG-114", "PKG-208"],
        why: "is for who reads or writes packages, and kept by ovfkit",
    },
    Pending {
        ids: &["PKG-115"],
        why: "means something for old hosts of VMware alone, and waits for targets to be chosen",
    },
    Pending {
        ids: &["DSK-026"],
        why: "describes a descriptor and finds no fault with it",
    },
    Pending {
        ids: &[
            "ENV-010", "REF-018", "REF-019", "DSK-006", "DSK-015", "DSK-017", "DSK-018", "DSK-022",
            "DSK-023", "NET-007", "VHW-007", "VHW-032", "VHW-053", "SEC-003", "SEC-004", "SEC-005",
            "PRD-015", "DEP-007", "COL-102", "COL-106", "VHW-070", "VHW-071", "EXT-008", "EXT-010",
        ],
        why: "means something for a certain importer alone, and waits for targets to be chosen",
    },
    Pending {
        ids: &[
            "INT-ESX-01",
            "INT-ESX-02",
            "INT-ESX-03",
            "INT-ESX-04",
            "INT-ESX-05",
            "INT-ESX-06",
            "INT-ESX-07",
            "INT-ESX-08",
            "INT-ESX-09",
            "INT-ESX-10",
            "INT-ESX-11",
            "INT-ESX-12",
            "INT-ESX-13",
            "INT-VBX-01",
            "INT-VBX-02",
            "INT-VBX-03",
            "INT-VBX-04",
            "INT-VBX-05",
            "INT-VBX-06",
            "INT-VBX-07",
            "INT-VBX-08",
            "INT-VBX-09",
            "INT-VBX-10",
            "INT-VBX-11",
            "INT-VBX-12",
            "INT-VBX-13",
            "INT-PVE-01",
            "INT-PVE-02",
            "INT-PVE-03",
            "INT-PVE-04",
            "INT-PVE-05",
            "INT-PVE-06",
            "INT-PVE-07",
            "INT-PVE-08",
            "INT-PVE-09",
            "INT-AWS-01",
            "INT-AWS-02",
            "INT-AWS-03",
            "INT-AWS-04",
            "INT-AWS-05",
            "INT-GCE-01",
            "INT-GCE-02",
            "INT-GCE-03",
            "INT-GCE-04",
            "INT-V2V-01",
            "INT-V2V-02",
            "INT-V2V-03",
            "INT-V2V-04",
            "INT-V2V-05",
            "INT-OVT-01",
            "INT-OVT-02",
            "INT-OVT-03",
            "INT-OVT-04",
            "INT-KVM-01",
            "INT-KVM-02",
            "INT-CLS-01",
            "INT-XEN-01",
            "INT-XEN-02",
            "INT-XEN-03",
        ],
        why: "tells what one importer makes of a package, and waits for targets to be chosen",
    },
    Pending {
        ids: &[
            "OVE-001", "OVE-002", "OVE-003", "OVE-004", "OVE-005", "OVE-006", "OVE-007", "OVE-008",
            "OVE-009", "OVE-010", "OVE-011", "OVE-012",
        ],
        why: "about the environment document",
    },
    Pending {
        ids: &["PKG-025", "ENV-006", "ENV-020", "EXT-007"],
        why: "describes a descriptor and finds no fault with it",
    },
    Pending {
        ids: &[
            "VHW-039", "VHW-040", "VHW-049", "VHW-051", "VHW-055", "VHW-056", "PRD-003", "PRD-011",
            "PRD-014", "DSK-019", "I18N-010",
        ],
        why: "a matter of style that a good part of all products decides the other way",
    },
    Pending {
        ids: &["VHW-026", "VHW-046", "VHW-066", "DEP-005", "COL-004"],
        why: "says how to read a descriptor, which is done so",
    },
    Pending {
        // By EXT-003, the rules for devices, and ENV-017 with VHW-061.
        ids: &["REF-021", "COL-005", "EXT-014"],
        why: "is told by another rule",
    },
];
