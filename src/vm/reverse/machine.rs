//! One machine.

use std::collections::BTreeSet;

use super::options::{devices, in_each};
use super::sizes::{self, InOption};
use super::storage::storage;
use super::{Work, about, devices as others, layout, nics, os, package, unsaid};
use crate::envelope::cim::ResourceType;
use crate::envelope::resolve::MachineView;
use crate::envelope::vmw::{self, BootOrderSection, Config};
use crate::envelope::{Section, VirtualHardwareSection, VirtualSystem};
use crate::vm::build::{At, Chosen, Problems};
use crate::vm::definition::{Brief, Definition, RawSection, Setting, Settings, Within};
use crate::vm::piece::{Piece, Pieces};
use crate::vm::{Firmware, Profile};
use crate::xml::write_element;

/// Puts what `system` is into `definition`.
pub(super) fn machine(work: &mut Work<'_>, system: &VirtualSystem, definition: &mut Definition) {
    let number = work.pieces.len();
    let views: Vec<MachineView> = work
        .views
        .iter()
        .filter_map(|view| view.machines.get(number).cloned())
        .collect();
    definition.os = system
        .operating_system()
        .and_then(|os| os::os(os, &work.texts));
    about::about(work, &system.sections, definition);
    let nothing = VirtualHardwareSection::default();
    let hardware = system.hardware().unwrap_or(&nothing);
    let each = in_each(&hardware.items, &work.options);
    let sized = each
        .iter()
        .zip(&views)
        .enumerate()
        .map(|(index, (items, view))| InOption {
            view,
            items,
            option: work.options.get(index).map(String::as_str),
        });
    let sized: Vec<InOption<'_>> = sized.collect();
    sizes::take(definition, hardware, &sized, work.default, &work.profile);
    let usual = views.get(work.default);
    platform(work, hardware, usual, definition);
    settings_of_machine(work, hardware, usual, definition);
    let devices = devices(&hardware.items, &each, &work.options);
    let mut pieces = quantities(hardware);
    pieces.extend(storage(work, &devices, definition));
    pieces.extend(nics::nics(work, &devices, definition));
    pieces.extend(others::others(work, &devices, definition));
    sections(work, system, &pieces, definition);
    work.pieces.push(pieces);
    for element in &hardware.extra.elements {
        definition.sections.push(Brief(RawSection {
            xml: write_element(element),
            within: Within::Hardware,
        }));
    }
    unsaid::tell(work, hardware);
    layout::shorten(definition, &work.profile);
}

/// The platforms the machine is for, and how properties reach its guest.
fn platform(
    work: &Work<'_>,
    hardware: &VirtualHardwareSection,
    view: Option<&MachineView>,
    definition: &mut Definition,
) {
    let platforms = view
        .map(|view| view.hardware.as_slice())
        .unwrap_or_default();
    let words = platforms.iter().flat_map(|name| name.split_whitespace());
    let words: Vec<String> = words.map(str::to_owned).collect();
    if words != [work.profile.hardware.clone()] {
        definition.hardware = words.into();
    }
    let usual = crate::vm::build::transport(definition);
    if hardware.transport != usual {
        definition.transport = Some(hardware.transport.clone().into());
    }
}

/// What starts the machine, and VMware's settings.
fn settings_of_machine(
    work: &mut Work<'_>,
    hardware: &VirtualHardwareSection,
    view: Option<&MachineView>,
    definition: &mut Definition,
) {
    let firmware = view.and_then(|view| view.firmware.as_deref());
    let firmware = match firmware {
        Some("bios") => Some(Firmware::Bios),
        Some("efi") => Some(Firmware::Efi),
        _ => None,
    };
    let usual = usual_firmware(definition, &work.profile);
    definition.firmware = firmware.filter(|firmware| *firmware != usual);
    let is_efi = firmware.unwrap_or(usual) == Firmware::Efi;
    let mut left = Vec::new();
    let mut seen = BTreeSet::new();
    for config in &hardware.configs {
        let truth = match &*config.value {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let plain = !config.required && config.extra.is_empty() && !seen.contains(&*config.key);
        seen.insert(&*config.key);
        match (&*config.key, truth) {
            (vmw::FIRMWARE, _) if plain && matches!(&*config.value, "bios" | "efi") => {}
            (vmw::SECURE_BOOT, Some(on)) if plain && (is_efi || !on) => {
                definition.secure_boot = is_efi.then_some(on);
            }
            (vmw::CPU_HOT_ADD, Some(on)) if plain => {
                definition.cpus.get_or_insert_default().hot_add = Some(on);
            }
            (vmw::CPU_HOT_REMOVE, Some(on)) if plain => {
                definition.cpus.get_or_insert_default().hot_remove = Some(on);
            }
            (vmw::MEMORY_HOT_ADD, Some(on)) if plain => {
                definition.memory.get_or_insert_default().hot_add = Some(on);
            }
            _ => left.push(config),
        }
    }
    definition.config = settings(work, left);
    definition.extra_config = settings(work, &hardware.extra_configs);
}

fn usual_firmware(definition: &Definition, profile: &Profile) -> Firmware {
    Chosen::new(definition, At::default(), profile, &mut Problems::default()).firmware
}

/// VMware's settings `configs` as a definition has them.
pub(super) fn settings<'c>(
    work: &mut Work<'_>,
    configs: impl IntoIterator<Item = &'c Config>,
) -> Settings {
    let mut settings = Settings::new();
    for config in configs {
        if !config.extra.is_empty() {
            work.lose(format!("what else is said of the setting `{}`", config.key));
        }
        if settings.contains_key(&config.key) {
            work.lose(format!("a second setting `{}`", config.key));
            continue;
        }
        settings.insert(
            config.key.clone(),
            Brief(Setting {
                value: config.value.as_str().into(),
                required: config.required,
            }),
        );
    }
    settings
}

/// The sections there are no words for, and the boot order.
fn sections(
    work: &mut Work<'_>,
    system: &VirtualSystem,
    pieces: &Pieces,
    definition: &mut Definition,
) {
    let mut hardware = false;
    let mut os = false;
    for section in &system.sections {
        match section {
            Section::OperatingSystemSection(_) if !os => os = true,
            Section::VirtualHardwareSection(_) if !hardware => hardware = true,
            Section::OperatingSystemSection(_) => work.lose("a second operating system"),
            Section::VirtualHardwareSection(_) => {
                work.lose("virtual hardware to choose instead of the first");
            }
            Section::ProductSection(_)
            | Section::EulaSection(_)
            | Section::AnnotationSection(_)
            | Section::IpAssignmentSection(_) => {}
            Section::BootOrderSection(order) => match boot_name(order, pieces) {
                Some(name) => definition.boot_order.push(name),
                None => work.lose("a place in the boot order of a device that is not there"),
            },
            other => package::raw(work, definition, other, Within::Machine),
        }
    }
}

/// What a boot order calls the device that `order` is about.
fn boot_name(order: &BootOrderSection, pieces: &Pieces) -> Option<String> {
    let wanted = order.instance_id.as_deref()?;
    let items = pieces.iter().filter(|(_, id)| id == wanted);
    let mut names = items.filter_map(|(piece, _)| {
        let Piece::Device(list, index) = piece else {
            return None;
        };
        let name = match *list {
            "disks" => "disk",
            "cdroms" => "cdrom",
            "floppies" => "floppy",
            "nics" => "nic",
            _ => return None,
        };
        Some(format!("{name}{}", index + 1))
    });
    names.next()
}

/// The items that are the CPUs and the memory.
fn quantities(hardware: &VirtualHardwareSection) -> Pieces {
    let items = hardware.items.iter();
    let pieces = items.filter_map(|item| {
        let piece = match item.resource_type? {
            ResourceType::PROCESSOR => Piece::Cpus,
            ResourceType::MEMORY => Piece::Memory,
            _ => return None,
        };
        Some((piece, item.instance_id.clone()))
    });
    pieces.collect()
}

/// Whether the item is a device in its own right.
pub(super) fn is_device(kind: Option<ResourceType>) -> bool {
    !matches!(kind, Some(ResourceType::PROCESSOR | ResourceType::MEMORY))
}
