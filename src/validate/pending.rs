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
        ids: &["DSK-026"],
        why: "describes a descriptor and finds no fault with it",
    },
    Pending {
        ids: &["OVE-002", "OVE-007", "OVE-008"],
        why: "compares an environment document with the descriptor it was made from",
    },
    Pending {
        ids: &["OVE-009", "OVE-010"],
        why: "is for who hands an environment document to the guest",
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
        // By EXT-003, the rules for devices, ENV-017 with VHW-061, INT-ESX-13 and INT-ESX-03.
        ids: &["REF-021", "COL-005", "EXT-014", "SEC-003", "PKG-115"],
        why: "is told by another rule",
    },
];
