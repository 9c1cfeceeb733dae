//! Machines, and collections of them.

use std::collections::BTreeSet;

use super::check;
use super::decide::Chosen;
use super::items::{self, items, settings};
use super::outline::Outline;
use super::place::place;
use super::problem::At;
use super::sections::{self, about};
use super::{Work, written};
use crate::envelope::vmw::{self, Config};
use crate::envelope::{
    Content, Section, StartupItem, StartupSection, System, VirtualHardwareSection, VirtualSystem,
    VirtualSystemCollection,
};
use crate::vm::definition::{Definition, LocalText, StartAction, StopAction, Within};
use crate::vm::{Contradiction, Firmware};

/// What `definition`, at `at`, describes.
pub(super) fn content(work: &mut Work<'_>, definition: &Definition, at: &At) -> Content {
    if definition.machines.is_empty() {
        Content::VirtualSystem(machine(work, definition, at))
    } else {
        Content::VirtualSystemCollection(collection(work, definition, at))
    }
}

/// The identifier and the name for people of what `definition` describes.
fn identity(
    work: &mut Work<'_>,
    definition: &Definition,
    name: &str,
    at: &At,
) -> (String, Option<crate::envelope::Text>) {
    let id = definition.id.clone().unwrap_or_else(|| name.to_owned());
    if !work.ids.insert(id.clone()) {
        work.problems.add(
            at.key("name"),
            Contradiction::SameMachine { id: id.clone() },
        );
    }
    let title = definition
        .title
        .clone()
        .unwrap_or_else(|| LocalText::from(name));
    let title = work
        .texts
        .text(&title, &at.key("title"), &mut work.problems);
    (id, written(title))
}

fn machine(work: &mut Work<'_>, definition: &Definition, at: &At) -> VirtualSystem {
    let chosen = Chosen::new(definition, at.clone(), work.profile, &mut work.problems);
    sections::check_id(
        "the machine name",
        &chosen.name,
        &at.key("name"),
        &mut work.problems,
    );
    let (id, title) = identity(work, definition, &chosen.name, at);
    let placement = place(&chosen, &mut work.problems);
    check::machine(&chosen, &placement, work.profile, &mut work.problems);
    let kinds = placement.disks.iter().map(|slot| {
        let slot = (*slot)?;
        placement.controllers.get(slot.controller)?.kind
    });
    let kinds: Vec<_> = kinds.collect();
    work.files.add_disks(&chosen, &kinds, &mut work.problems);
    work.files.add_drives(&chosen, &mut work.problems);
    let options: Vec<&str> = work.options.iter().map(String::as_str).collect();
    let items = items(&chosen, &placement, &work.files, &options);
    work.machines.push(Outline::new(&chosen, &placement));
    work.pieces.push(items.pieces.clone());
    let mut own = vec![sections::operating_system(
        &chosen,
        &mut work.texts,
        &mut work.problems,
    )];
    let boot = sections::boot_order(&chosen, &items, &mut work.problems);
    own.push(Section::VirtualHardwareSection(Box::new(hardware(
        work, &chosen, items,
    ))));
    own.extend(boot);
    own.extend(about(definition, at, &mut work.texts, &mut work.problems));
    own.extend(sections::ip_assignment(definition));
    own.extend(work.raw(definition, at, Within::Machine));
    VirtualSystem {
        id,
        info: "A virtual machine".into(),
        name: title,
        sections: own,
        ..VirtualSystem::default()
    }
}

fn collection(work: &mut Work<'_>, definition: &Definition, at: &At) -> VirtualSystemCollection {
    check::collection(definition, at, &mut work.problems);
    let name = definition
        .name
        .clone()
        .unwrap_or_else(|| work.package.clone());
    let (id, title) = identity(work, definition, &name, at);
    let list = at.key("machines");
    let mut contents = Vec::new();
    let mut starts = Vec::new();
    for (index, member) in definition.machines.iter().enumerate() {
        let at = list.index(index);
        let content = content(work, member, &at);
        let member_id = match &content {
            Content::VirtualSystem(system) => system.id.clone(),
            Content::VirtualSystemCollection(collection) => collection.id.clone(),
        };
        contents.push(content);
        starts.push(startup(member, member_id, index));
    }
    let mut own = about(definition, at, &mut work.texts, &mut work.problems);
    if definition
        .machines
        .iter()
        .any(|member| member.start.is_some())
    {
        own.push(Section::StartupSection(StartupSection {
            info: "The order of starting".into(),
            items: starts,
            ..StartupSection::default()
        }));
    }
    own.extend(sections::ip_assignment(definition));
    own.extend(work.raw(definition, at, Within::Machine));
    VirtualSystemCollection {
        id,
        info: "Machines that belong together".into(),
        name: title,
        contents,
        sections: own,
        ..VirtualSystemCollection::default()
    }
}

/// How member `index` of a collection starts.
fn startup(member: &Definition, id: String, index: usize) -> StartupItem {
    let start = member.start.clone().unwrap_or_default();
    let place = u16::try_from(index).unwrap_or(u16::MAX);
    StartupItem {
        id,
        order: Some(start.order.unwrap_or(place)),
        start_delay: start.delay,
        waiting_for_guest: start.wait_for_guest,
        stop_delay: start.stop_delay,
        start_action: start.action.map(|action| {
            match action {
                StartAction::PowerOn => "powerOn",
                StartAction::None => "none",
            }
            .to_owned()
        }),
        stop_action: start.stop_action.map(|action| {
            match action {
                StopAction::PowerOff => "powerOff",
                StopAction::GuestShutdown => "guestShutdown",
                StopAction::None => "none",
            }
            .to_owned()
        }),
        ..StartupItem::default()
    }
}

fn hardware(
    work: &mut Work<'_>,
    chosen: &Chosen<'_>,
    items: items::Items,
) -> VirtualHardwareSection {
    let definition = chosen.definition;
    let mut section = VirtualHardwareSection {
        info: "Virtual hardware requirements".into(),
        transport: transport(definition),
        system: Some(System {
            element_name: "Virtual Hardware Family".to_owned(),
            instance_id: "0".to_owned(),
            virtual_system_identifier: Some(chosen.name.clone()),
            virtual_system_type: Some(chosen.hardware.join(" ")),
            ..System::default()
        }),
        items: items.list,
        configs: configs(chosen),
        extra_configs: settings(&definition.extra_config).collect(),
        ..VirtualHardwareSection::default()
    };
    for raw in work.raw(definition, &chosen.at, Within::Hardware) {
        if let Section::Other(kept) = raw {
            section.extra.elements.push(kept.0);
        }
    }
    section
}

/// How properties reach the guest.
///
/// The `iso` transport would need a CD drive without an image in it (DSP0243 1.1 §11.2), so it
/// is not taken unless it is asked for.
pub(in crate::vm) fn transport(definition: &Definition) -> Vec<String> {
    match &definition.transport {
        Some(transport) => transport.0.clone(),
        None if has_properties(definition) => vec![vmw::TRANSPORT_GUEST_INFO.to_owned()],
        None => Vec::new(),
    }
}

/// Whether something can be set in the guest.
fn has_properties(definition: &Definition) -> bool {
    let mut products = definition.product.iter();
    !definition.properties.is_empty() || products.any(|product| !product.properties.is_empty())
}

/// VMware's settings: those there are fields for, and those that are written as they are.
fn configs(chosen: &Chosen<'_>) -> Vec<Config> {
    let definition = chosen.definition;
    let cpus = definition.cpus.as_ref();
    let memory = definition.memory.as_ref();
    let efi = chosen.firmware == Firmware::Efi;
    let fields = [
        (vmw::FIRMWARE, Some(chosen.firmware.to_string())),
        (
            vmw::SECURE_BOOT,
            definition
                .secure_boot
                .filter(|on| *on || efi)
                .map(|on| on.to_string()),
        ),
        (
            vmw::CPU_HOT_ADD,
            cpus.and_then(|cpus| cpus.hot_add).map(|on| on.to_string()),
        ),
        (
            vmw::CPU_HOT_REMOVE,
            cpus.and_then(|cpus| cpus.hot_remove)
                .map(|on| on.to_string()),
        ),
        (
            vmw::MEMORY_HOT_ADD,
            memory
                .and_then(|memory| memory.hot_add)
                .map(|on| on.to_string()),
        ),
    ];
    let written: BTreeSet<&str> = definition.config.keys().map(String::as_str).collect();
    let fields = fields.into_iter().filter_map(|(key, value)| {
        let value = value.filter(|_| !written.contains(key))?;
        Some(Config::optional(key, value))
    });
    fields.chain(settings(&definition.config)).collect()
}
