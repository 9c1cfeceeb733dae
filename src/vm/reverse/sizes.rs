//! CPUs and memory, and what differs in deployment options.

use super::options::usual;
use crate::envelope::cim::ResourceType;
use crate::envelope::resolve::MachineView;
use crate::envelope::units::memory_in_bytes;
use crate::envelope::{Item, VirtualHardwareSection};
use crate::vm::Profile;
use crate::vm::build::{At, Chosen, Problems};
use crate::vm::definition::{Brief, Configuration, Cpus, Definition, Memory, Size};

/// What one deployment option has.
pub(super) struct InOption<'e> {
    /// The machine in it.
    pub(super) view: &'e MachineView,
    /// Its devices.
    pub(super) items: &'e [Item],
    /// Its name; none if there are no options.
    pub(super) option: Option<&'e str>,
}

impl InOption<'_> {
    fn item(&self, kind: ResourceType) -> Option<&Item> {
        self.items
            .iter()
            .find(|item| item.resource_type == Some(kind))
    }
}

/// Puts CPUs and memory into `definition`: those of `each` deployment option, of which `default`
/// is taken when nobody chooses. What `profile` gives anyway is left out.
pub(super) fn take(
    definition: &mut Definition,
    hardware: &VirtualHardwareSection,
    each: &[InOption<'_>],
    default: usize,
    profile: &Profile,
) {
    let cpus: Vec<Cpus> = each.iter().map(|one| cpus(one, hardware)).collect();
    let memory: Vec<Memory> = each.iter().map(|one| memory_of(one, hardware)).collect();
    let mut common = Cpus::default();
    let mut own = vec![Cpus::default(); each.len()];
    macro_rules! spread {
        ($all:ident, $common:ident, $own:ident: $($field:ident)*) => { $(
            let values: Vec<_> = $all.iter().map(|one| one.$field).collect();
            let (same, different) = usual(&values, default);
            $common.$field = same;
            for (own, value) in $own.iter_mut().zip(different) {
                own.$field = value;
            }
        )* };
    }
    spread!(cpus, common, own: count cores_per_socket min max reservation limit shares);
    let mut common_memory = Memory::default();
    let mut own_memory = vec![Memory::default(); each.len()];
    spread!(memory, common_memory, own_memory: size min max reservation limit shares);
    // What a machine gets anyway need not be said.
    let (count, size) = {
        let at = At::default();
        let chosen = Chosen::new(definition, at, profile, &mut Problems::default());
        (chosen.cpus, Size(chosen.memory))
    };
    common.count = common.count.filter(|own| *own != count);
    common_memory.size = common_memory.size.filter(|own| *own != size);
    definition.cpus = Some(Brief(common)).filter(|cpus| **cpus != Cpus::default());
    definition.memory = Some(Brief(common_memory)).filter(|memory| **memory != Memory::default());
    for ((one, cpus), memory) in each.iter().zip(own).zip(own_memory) {
        let Some(option) = one.option else { continue };
        let configured = Configuration {
            cpus: Some(Brief(cpus)).filter(|cpus| **cpus != Cpus::default()),
            memory: Some(Brief(memory)).filter(|memory| **memory != Memory::default()),
            ..Configuration::default()
        };
        if configured != Configuration::default() {
            definition
                .configurations
                .insert(option.to_owned(), configured);
        }
    }
}

fn cpus(one: &InOption<'_>, hardware: &VirtualHardwareSection) -> Cpus {
    let item = one.item(ResourceType::PROCESSOR);
    let number = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
    let bound = |name| bound(hardware, one.option, ResourceType::PROCESSOR, name);
    Cpus {
        count: number(one.view.cpus),
        cores_per_socket: one.view.cores_per_socket,
        min: number(bound("min").and_then(|item| item.virtual_quantity)),
        max: number(bound("max").and_then(|item| item.virtual_quantity)),
        reservation: item.and_then(|item| item.reservation),
        limit: item.and_then(|item| item.limit),
        shares: item.and_then(|item| item.weight),
        ..Cpus::default()
    }
}

fn memory_of(one: &InOption<'_>, hardware: &VirtualHardwareSection) -> Memory {
    let item = one.item(ResourceType::MEMORY);
    let bound = |name| bound(hardware, one.option, ResourceType::MEMORY, name);
    let bytes = |item: Option<&Item>, quantity: fn(&Item) -> Option<u64>| {
        let item = item?;
        memory_in_bytes(quantity(item)?, item.allocation_units.as_deref()).map(Size)
    };
    Memory {
        size: one.view.memory.map(Size),
        min: bytes(bound("min"), |item| item.virtual_quantity),
        max: bytes(bound("max"), |item| item.virtual_quantity),
        reservation: bytes(item, |item| item.reservation),
        limit: bytes(item, |item| item.limit),
        shares: item.and_then(|item| item.weight),
        ..Memory::default()
    }
}

/// The item with the bound `name` of the quantity of `kind` (DSP0243 1.1 §8.4).
fn bound<'h>(
    hardware: &'h VirtualHardwareSection,
    option: Option<&str>,
    kind: ResourceType,
    name: &str,
) -> Option<&'h Item> {
    hardware.items.iter().find(|item| {
        let listed = item.configuration.as_deref().unwrap_or_default();
        let mut listed = listed.split_ascii_whitespace().peekable();
        let applies = listed.peek().is_none() || listed.any(|one| Some(one) == option);
        item.resource_type == Some(kind) && item.bound.as_deref() == Some(name) && applies
    })
}
