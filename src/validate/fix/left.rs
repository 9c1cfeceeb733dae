//! Rules whose findings a program could mend, but this one does not, and why.

use super::Refusal;
use crate::validate::report::Report;

/// Why of what the `report` tells some is left alone whatever it is.
pub fn left(report: &Report) -> Vec<Refusal> {
    let all = LEFT
        .iter()
        .flat_map(|left| left.ids.iter().map(|id| (*id, left.why)));
    let told = all.filter_map(|(id, why)| {
        let findings = report.findings.iter();
        let more = report.more.iter().filter(|more| more.rule == id);
        let count = findings.filter(|finding| finding.rule == id).count()
            + more.map(|more| more.count).sum::<usize>();
        (count > 0).then(|| Refusal {
            rule: id.to_owned(),
            why: why.to_owned(),
            count,
        })
    });
    told.collect()
}

/// Rules that are about what is around the descriptor, and mended there: by laying out the
/// archive anew, making the manifest, and the end of streams.
pub const AROUND: &[&str] = &[
    "PKG-003", "PKG-005", "PKG-006", "PKG-006a", "PKG-007", "PKG-008", "PKG-009", "PKG-012",
    "PKG-013a", "PKG-019a", "PKG-021", "PKG-101", "PKG-101a", "PKG-103", "PKG-105", "PKG-106",
    "PKG-106a", "PKG-107", "PKG-108", "PKG-109", "PKG-110", "PKG-111", "PKG-112", "PKG-113",
    "PKG-117", "DSK-101", "DSK-102",
];

/// Rules without a fix.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// The rules.
    pub ids: &'static [&'static str],
    /// Why.
    pub why: &'static str,
}

/// All of them.
pub const LEFT: &[Left] = &[
    Left {
        ids: &["ENV-018", "COL-105"],
        why: "takes more than small changes: `ovfkit rewrite` makes it a descriptor of 1.x",
    },
    Left {
        ids: &["REF-012", "REF-014"],
        why: "changes the files themselves; disks are only copied",
    },
    Left {
        ids: &["REF-004"],
        why: "importers differ in whether they decode an href, so renaming the file is the way",
    },
    Left {
        ids: &["REF-009"],
        why: "how a file is compressed has to be known",
    },
    Left {
        ids: &["NET-008"],
        why: "licences and leases may depend on the MAC address",
    },
    Left {
        ids: &["DEP-006"],
        why: "the standard means the same by both, and a copy of an item for each configuration \
              is harder to read",
    },
    Left {
        ids: &["DSK-016"],
        why: "whoever deploys the machine would not be asked any more",
    },
    Left {
        ids: &["DSK-008a"],
        why: "VirtualBox wants a format there, and vSphere none",
    },
    Left {
        ids: &["PRD-009"],
        why: "what was to be allowed cannot be told",
    },
    Left {
        ids: &["VHW-019"],
        why: "what a device hangs on is not guessed",
    },
    Left {
        ids: &["EXT-002a"],
        why: "whether the machine works without the section is known to its vendor alone",
    },
];
