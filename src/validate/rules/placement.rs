//! Where sections may stand, and how often.

use std::collections::HashSet;

use super::{Document, Editions, Rule, Sink};
use crate::validate::document::{Around, standard};

/// A section of the standard.
struct Kind {
    rule: &'static str,
    section: &'static str,
    around: &'static [Around],
    once: bool,
}

const fn kind(
    rule: &'static str,
    section: &'static str,
    around: &'static [Around],
    once: bool,
) -> Kind {
    Kind {
        rule,
        section,
        around,
        once,
    }
}

const ENVELOPE: &[Around] = &[Around::Envelope];
const SYSTEM: &[Around] = &[Around::System];
const COLLECTION: &[Around] = &[Around::Collection];
const CONTENT: &[Around] = &[Around::System, Around::Collection];

const KINDS: [Kind; 18] = [
    kind("ENV-101", "DiskSection", ENVELOPE, true),
    kind("ENV-102", "NetworkSection", ENVELOPE, true),
    kind("ENV-103", "DeploymentOptionSection", ENVELOPE, true),
    kind("ENV-104", "SharedDiskSection", ENVELOPE, true),
    kind("ENV-105", "PlacementGroupSection", ENVELOPE, false),
    kind("ENV-106", "EncryptionSection", ENVELOPE, true),
    kind("ENV-107", "VirtualHardwareSection", SYSTEM, false),
    kind("ENV-108", "OperatingSystemSection", SYSTEM, true),
    kind("ENV-109", "InstallSection", SYSTEM, true),
    kind("ENV-110", "EnvironmentFilesSection", SYSTEM, true),
    kind("ENV-111", "BootDeviceSection", SYSTEM, false),
    kind("ENV-112", "PlacementSection", CONTENT, true),
    kind("ENV-113", "ProductSection", CONTENT, false),
    kind("ENV-114", "EulaSection", CONTENT, false),
    kind("ENV-115", "AnnotationSection", CONTENT, true),
    kind("ENV-116", "ResourceAllocationSection", COLLECTION, true),
    kind("ENV-117", "StartupSection", COLLECTION, true),
    // One for each member that there may be more of.
    kind("ENV-118", "ScaleOutSection", COLLECTION, false),
];

/// The rule for one kind of section.
const fn rule(id: &'static str, title: &'static str, reference: &'static str) -> Rule {
    Rule::error(id, title)
        .reference(reference)
        .why("importers look for a section where the standard has it and once; they pass over others, or refuse the package")
        .help("move the section there, or merge the two")
        .check(placement)
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "ENV-101",
        "a DiskSection is misplaced or repeated",
        "DSP0243 1.1 §9.1",
    )
    .fixable(),
    rule(
        "ENV-102",
        "a NetworkSection is misplaced or repeated",
        "DSP0243 1.1 §9.2",
    )
    .fixable(),
    rule(
        "ENV-103",
        "a DeploymentOptionSection is misplaced or repeated",
        "DSP0243 1.1 §9.8",
    ),
    rule(
        "ENV-104",
        "a SharedDiskSection is misplaced or repeated",
        "DSP0243 2.1 §9.13",
    )
    .only(Editions::V2),
    rule(
        "ENV-105",
        "a PlacementGroupSection is misplaced",
        "DSP0243 2.1 §9.15",
    )
    .only(Editions::V2),
    rule(
        "ENV-106",
        "an EncryptionSection is misplaced or repeated",
        "DSP0243 2.1 §9.16",
    )
    .only(Editions::V2),
    rule(
        "ENV-107",
        "a VirtualHardwareSection is misplaced",
        "DSP0243 1.1 §8.1",
    ),
    rule(
        "ENV-108",
        "an OperatingSystemSection is misplaced or repeated",
        "DSP0243 1.1 §9.9",
    ),
    rule(
        "ENV-109",
        "an InstallSection is misplaced or repeated",
        "DSP0243 1.1 §9.10",
    ),
    rule(
        "ENV-110",
        "an EnvironmentFilesSection is misplaced or repeated",
        "DSP0243 2.1 §9.11",
    )
    .only(Editions::V2),
    rule(
        "ENV-111",
        "a BootDeviceSection is misplaced",
        "DSP0243 2.1 §9.12",
    )
    .only(Editions::V2),
    rule(
        "ENV-112",
        "a PlacementSection is misplaced or repeated",
        "DSP0243 2.1 §9.15",
    )
    .only(Editions::V2),
    rule(
        "ENV-113",
        "a ProductSection is misplaced",
        "DSP0243 1.1 §9.5",
    ),
    // Before the standard a licence stood at the envelope.
    rule("ENV-114", "an EulaSection is misplaced", "DSP0243 1.1 §9.6").only(Editions::Standard),
    rule(
        "ENV-115",
        "an AnnotationSection is misplaced or repeated",
        "DSP0243 1.1 §9.4",
    ),
    rule(
        "ENV-116",
        "a ResourceAllocationSection is misplaced or repeated",
        "DSP0243 1.1 §9.3",
    ),
    rule(
        "ENV-117",
        "a StartupSection is misplaced or repeated",
        "DSP0243 1.1 §9.7",
    ),
    rule(
        "ENV-118",
        "a ScaleOutSection is misplaced",
        "DSP0243 2.1 §9.14",
    )
    .only(Editions::V2),
];

fn placement(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(kind) = KINDS.iter().find(|kind| kind.rule == sink.rule.id) else {
        return;
    };
    let mut known = HashSet::new();
    for section in &document.sections {
        if standard(section.element) != Some(kind.section) {
            continue;
        }
        if !kind.around.contains(&section.around) {
            let places = kind.around.iter().map(|around| match around {
                Around::Envelope => "`Envelope`",
                Around::System => "`VirtualSystem`",
                Around::Collection => "`VirtualSystemCollection`",
            });
            let places: Vec<_> = places.collect();
            sink.at(
                section.element,
                format!("belongs into {}", places.join(" or ")),
            );
        } else if kind.once && !known.insert(section.content) {
            sink.at(section.element, "one more");
        }
    }
}
