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
        ids: &[
            "PKG-001", "PKG-002", "PKG-003", "PKG-004", "PKG-005", "PKG-006", "PKG-007", "PKG-008",
            "PKG-009", "PKG-010", "PKG-011", "PKG-012", "PKG-015", "PKG-018", "PKG-019", "PKG-020",
            "PKG-021", "PKG-022", "PKG-024", "PKG-026", "PKG-027", "PKG-028",
        ],
        why: "about the archive or directory, not the descriptor",
    },
    Pending {
        ids: &[
            "PKG-101", "PKG-102", "PKG-103", "PKG-104", "PKG-105", "PKG-106", "PKG-107", "PKG-108",
            "PKG-109", "PKG-110", "PKG-111", "PKG-112", "PKG-113", "PKG-114", "PKG-115", "PKG-116",
            "PKG-117", "PKG-118",
        ],
        why: "about the manifest",
    },
    Pending {
        ids: &[
            "PKG-201", "PKG-202", "PKG-203", "PKG-204", "PKG-205", "PKG-206", "PKG-207", "PKG-208",
            "PKG-209",
        ],
        why: "about the certificate",
    },
    Pending {
        ids: &["REF-010", "DSK-013", "DSK-014", "DSK-026"],
        why: "needs the bytes of the files",
    },
    Pending {
        ids: &["INT-ESX-03", "INT-VBX-10", "INT-V2V-05", "INT-XEN-03"],
        why: "tells what one importer makes of the manifest",
    },
    Pending {
        ids: &[
            "OVE-001", "OVE-002", "OVE-003", "OVE-004", "OVE-005", "OVE-006", "OVE-007", "OVE-008",
            "OVE-009", "OVE-010", "OVE-011", "OVE-012",
        ],
        why: "about the environment document",
    },
    Pending {
        // Importers' own exports, which have to be read and are.
        ids: &[
            "PKG-025",
            "ENV-006",
            "ENV-020",
            "EXT-007",
            "INT-VBX-11",
            "INT-OVT-04",
        ],
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
        // By EXT-003, the rules for devices, ENV-017 with VHW-061, and INT-ESX-13.
        ids: &["REF-021", "COL-005", "EXT-014", "SEC-003"],
        why: "is told by another rule",
    },
];
