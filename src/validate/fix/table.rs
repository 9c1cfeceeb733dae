//! Which fix is for which rule.

use std::collections::HashSet;

use super::Plan;
use super::scene::{Scene, Spot};
use super::{
    Attempt, addresses, disks, elements, files, ids, names, networks, optional, order, units,
    values, vsphere,
};

/// How a rule's findings are mended.
#[derive(Clone, Copy)]
pub(super) enum Fixer {
    /// Each for itself.
    Each(fn(&Scene<'_>, &Spot<'_>) -> Attempt),
    /// Once for what the element is in, whose children are put in order.
    Once(fn(&Scene<'_>, &Spot<'_>) -> Attempt),
    /// All together, because one depends on the others.
    All(fn(&Scene<'_>, &[Spot<'_>], &mut Plan)),
    /// By what the fix looks for itself: no rule for descriptors tells it.
    Own(fn(&Scene<'_>, &mut Plan)),
}

use Fixer::{All, Each, Once, Own};

impl Fixer {
    /// Mends what was found at `spots`.
    pub(super) fn run(self, scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
        match self {
            Each(fixer) => {
                for spot in spots {
                    plan.take(fixer(scene, spot));
                }
            }
            Once(fixer) => {
                let mut known = HashSet::new();
                for spot in spots {
                    if known.insert(order::around(scene, spot).map(|one| one.span.start)) {
                        plan.take(fixer(scene, spot));
                    }
                }
            }
            All(fixer) => fixer(scene, spots, plan),
            Own(fixer) => fixer(scene, plan),
        }
    }
}

/// The table, in stages: what one changes the next has to see. Of two fixes in each other's
/// way the first is made.
pub(super) const TABLE: &[&[(&str, Fixer)]] = &[
    &[
        ("EXT-011a", All(names::undeclared)),
        ("EXT-011", All(names::undeclared)),
    ],
    &[
        ("ENV-009", Each(names::bare)),
        ("ENV-008", Each(names::unqualified)),
        ("ENV-011", Each(names::old_section)),
        ("VHW-018", Each(names::old_spelling)),
        ("VHW-054", Each(names::second_item)),
        ("EXT-011b", Each(names::os_type)),
    ],
    &[
        ("ENV-017", Each(values::boolean)),
        ("ENV-019", Each(values::version)),
        ("ENV-027", Each(values::version)),
        ("ENV-023", Each(values::language)),
        ("ENV-025", Each(values::empty_attribute)),
        ("ENV-026", Each(values::filled)),
        ("ENV-031", Each(values::encoding)),
        ("ENV-022", Each(names::stray_text)),
        ("REF-007", Each(files::size_or_none)),
        ("REF-007a", Each(files::size_or_none)),
        ("REF-007b", Each(files::size)),
        ("REF-008", Each(files::size)),
        ("DSK-014", Own(disks::other_capacity)),
        ("DSK-002", Each(disks::capacity)),
        ("DSK-003a", Each(units::capacity)),
        ("DSK-008", Each(disks::format)),
        ("DSK-012", Each(disks::format)),
        ("DSK-013", Own(disks::other_format)),
        ("DSK-013a", Own(disks::other_variant)),
        ("REF-010", Own(disks::compression)),
        ("DSK-009", Each(values::populated)),
        ("REF-002", All(ids::files)),
        ("DSK-001", All(ids::disks)),
        ("DSK-021", All(ids::unusual_disks)),
        ("NET-010", Each(values::connection)),
        ("NET-002", Each(networks::repeated)),
        ("VHW-013", All(ids::missing)),
        ("VHW-015", All(ids::taken)),
        ("VHW-017", All(ids::decimal)),
        ("VHW-061", Each(values::empty_member)),
        ("VHW-050", Each(elements::bus_number)),
        ("VHW-065", Each(values::drop_element)),
        ("VHW-029", Each(units::virtualbox)),
        ("VHW-028", Each(units::mebibytes)),
        ("VHW-027a", Each(units::missing)),
        ("VHW-030a", Each(units::device)),
        ("VHW-030b", Each(units::device)),
        ("VHW-033a", Each(disks::resource)),
        ("VHW-036", Each(disks::resource)),
        ("VHW-038", Each(values::boolean)),
        ("VHW-006", Each(values::types)),
        ("VHW-009", Each(values::transports)),
        ("VHW-058", Each(values::firmware)),
        ("VHW-059", Each(values::secure_boot)),
        ("VHW-060", Each(values::caption)),
        ("INT-ESX-02", Own(vsphere::family)),
        ("INT-ESX-05", Own(vsphere::models)),
        ("INT-ESX-08", Own(vsphere::sound)),
        ("PRD-007a", Each(values::property_type)),
        ("PRD-008a", Each(values::loose_value)),
        ("PRD-013", Each(values::boolean)),
        ("PRD-016", Each(values::boolean)),
        ("PRD-017", Each(values::password)),
        ("DEP-003", Each(values::another_default)),
        ("SEC-009", Each(elements::delay)),
        ("SEC-009a", Each(elements::delay)),
        ("I18N-008", Each(values::drop_attribute)),
        ("EXT-002", Each(optional::optional)),
        ("EXT-004", Each(optional::optional)),
        ("EXT-009", Each(optional::optional)),
        ("COL-011a", Each(optional::optional)),
    ],
    &[
        ("NET-003", All(networks::missing)),
        ("ENV-004", Each(elements::references)),
        ("ENV-012", Each(elements::identity)),
        ("ENV-015", Each(elements::info)),
        ("EXT-001", Each(elements::info)),
        ("NET-004", Each(elements::network_description)),
        ("VHW-004", Each(elements::system)),
        ("VHW-005", Each(ids::system)),
        ("VHW-013a", Each(elements::device_name)),
        ("VHW-021", All(addresses::free_places)),
        ("VHW-021a", All(addresses::free_places)),
        ("VHW-022", All(addresses::free_places)),
        ("VHW-023", All(addresses::free_places)),
        ("DEP-001a", Each(values::drop_element)),
        ("DSK-028", Each(values::drop_element)),
        ("PRD-024", Each(values::drop_element)),
        ("I18N-004", Each(values::drop_message)),
    ],
    &[
        ("ENV-101", Each(order::hoisted)),
        ("ENV-102", Each(order::hoisted)),
        ("ENV-003", Once(order::envelope)),
        ("I18N-001", Once(order::envelope)),
        ("ENV-013", Once(order::content)),
        ("VHW-002", Once(order::hardware)),
        ("SEC-011", Once(order::operating_system)),
        ("PRD-001", Once(order::product)),
        ("PRD-019", Once(order::property)),
        ("DSK-027", Once(order::parent_disks)),
        ("DSK-029", Once(order::disks)),
        ("I18N-006", Once(order::bundles)),
        ("VHW-024", All(order::drives)),
        ("VHW-004b", Once(order::system_members)),
        ("VHW-012", Once(order::members)),
        ("EXT-003", Once(order::foreign)),
    ],
];
