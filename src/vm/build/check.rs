//! Finding what cannot go together.

use std::collections::HashSet;

use super::decide::Chosen;
use super::place::{Placed, Placement};
use super::problem::{At, Problems};
use crate::base::suggest::nearest;
use crate::vm::contradiction::show;
use crate::vm::definition::device::Device as _;
use crate::vm::definition::{Configuration, Definition, Nic, is_default};
use crate::vm::profile::Allowed;
use crate::vm::{Contradiction, ControllerKind, Firmware, HardwareVersion, NicModel, Profile};
use crate::xml::is_xml_char;

/// Hypervisors hand out memory in blocks of 4 MiB.
const MEMORY_BLOCK: u64 = 4 << 20;

/// What cannot be said of the package as a whole.
pub(super) fn package(definition: &Definition, profile: &Profile, problems: &mut Problems) {
    let at = At::default();
    let names: Vec<&str> = definition
        .configurations
        .keys()
        .map(String::as_str)
        .collect();
    let list = at.key("configurations");
    let mut default: Option<&str> = None;
    for (name, option) in &definition.configurations {
        if name.is_empty() || name.contains(char::is_whitespace) {
            let name = name.clone();
            problems.add(list.key(&name), Contradiction::BadConfiguration { name });
        }
        match default {
            Some(first) if option.default => {
                problems.add(
                    list.key(name).key("default"),
                    Contradiction::TwoDefaults {
                        first: first.to_owned(),
                    },
                );
            }
            None if option.default => default = Some(name),
            _ => {}
        }
    }
    configurations(definition, &at, &names, problems);
    known_networks(definition, &at, definition, problems);
    profile.check(definition, &at, problems);
}

/// The machines of `definition`, at `at`: itself, or those in it.
fn members<'d>(definition: &'d Definition, at: &At) -> impl Iterator<Item = (At, &'d Definition)> {
    let list = at.key("machines");
    let numbered = definition.machines.iter().enumerate();
    numbered.map(move |(index, member)| (list.index(index), member))
}

/// That the deployment options named in `definition`, at `at`, are among `known`.
fn configurations(definition: &Definition, at: &At, known: &[&str], problems: &mut Problems) {
    let mut all: Vec<(At, &str)> = Vec::new();
    let device = |key: &str, index: usize, names: &[String], named: &mut Vec<(At, String)>| {
        let at = at.key(key).index(index).key("configurations");
        named.extend(names.iter().map(|name| (at.clone(), name.clone())));
    };
    let mut devices: Vec<(At, String)> = Vec::new();
    macro_rules! in_devices {
        ($($key:literal: $list:expr),* $(,)?) => {
            $(for (index, one) in $list.iter().enumerate() {
                device($key, index, one.common().configurations, &mut devices);
            })*
        };
    }
    let nics = definition.nics.as_deref().unwrap_or_default();
    in_devices! {
        "controllers": definition.controllers,
        "disks": definition.disks,
        "cdroms": definition.cdroms,
        "floppies": definition.floppies,
        "nics": nics,
        "serial-ports": definition.serial_ports,
        "parallel-ports": definition.parallel_ports,
        "usb": definition.usb,
        "pci": definition.pci,
        "devices": definition.devices,
    }
    for (key, common) in [
        (
            "video",
            definition.video.as_ref().map(|video| video.common()),
        ),
        (
            "sound",
            definition.sound.as_ref().map(|sound| sound.common()),
        ),
    ] {
        let own = common.map_or(&[][..], |common| common.configurations);
        let at = at.key(key).key("configurations");
        devices.extend(own.iter().map(|name| (at.clone(), name.clone())));
    }
    let list = at.key("properties");
    for (key, property) in &definition.properties {
        let at = list.key(key);
        let values = property
            .values
            .keys()
            .map(|name| (at.key("values"), &**name));
        all.extend(values);
        let only = property.configurations.iter();
        all.extend(only.map(|name| (at.key("configurations"), &**name)));
    }
    let own = definition.configurations.keys();
    all.extend(own.map(|name| (at.key("configurations").key(name), &**name)));
    let devices = devices.iter().map(|(at, name)| (at.clone(), &**name));
    for (at, name) in devices.chain(all) {
        if !known.contains(&name) {
            problems.add(
                at,
                Contradiction::NoConfiguration {
                    name: name.to_owned(),
                    near: near(name, known),
                },
            );
        }
    }
    for (at, member) in members(definition, at) {
        configurations(member, &at, known, problems);
    }
}

/// The name nearest to `name` among `known`.
fn near(name: &str, known: &[&str]) -> Option<String> {
    nearest(name, known.iter().copied())
        .first()
        .map(|name| (*name).to_owned())
}

/// The networks of the adapters of all machines in `definition`, each once.
///
/// Adapters that name no network are on the one called `usual`.
pub(in crate::vm) fn networks(definition: &Definition, usual: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if definition.machines.is_empty() {
        for nic in super::decide::nics(definition, usual).iter() {
            for name in &nic.network {
                if !found.contains(name) {
                    found.push(name.clone());
                }
            }
        }
    }
    for member in &definition.machines {
        for name in networks(member, usual) {
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// That adapters are on networks `package` describes, if it describes any.
fn known_networks(definition: &Definition, at: &At, package: &Definition, problems: &mut Problems) {
    let list = at.key("nics");
    let nics = definition.nics.as_deref().unwrap_or_default();
    for (index, nic) in nics.iter().enumerate() {
        let at = list.index(index);
        network_of(nic, &at, package, problems);
    }
    for (at, member) in members(definition, at) {
        known_networks(member, &at, package, problems);
    }
}

fn network_of(nic: &Nic, at: &At, package: &Definition, problems: &mut Problems) {
    for name in &nic.network {
        let at = at.key("network");
        if name.is_empty() || name.trim() != *name {
            problems.add(at, Contradiction::BadNetwork { name: name.clone() });
        } else if let Some(known) = &package.networks
            && !known.contains_key(name)
        {
            let known: Vec<&str> = known.keys().map(String::as_str).collect();
            problems.add(
                at,
                Contradiction::NoNetwork {
                    name: name.clone(),
                    near: near(name, &known),
                },
            );
        }
    }
    if let Some(mac) = nic.fixed_mac()
        && !is_mac(mac)
    {
        problems.add(
            at.key("mac"),
            Contradiction::BadMac {
                mac: mac.to_owned(),
            },
        );
    }
}

/// Whether `text` is a unicast MAC address.
pub(in crate::vm) fn is_mac(text: &str) -> bool {
    let octets: Vec<&str> = text.split([':', '-']).collect();
    let octet = |octet: &&str| octet.len() == 2 && u8::from_str_radix(octet, 16).is_ok();
    let first = octets
        .first()
        .and_then(|first| u8::from_str_radix(first, 16).ok());
    octets.len() == 6 && octets.iter().all(octet) && first.is_some_and(|first| first & 1 == 0)
}

/// What cannot be asked of one machine.
pub(super) fn machine(
    chosen: &Chosen<'_>,
    placement: &Placement<'_>,
    profile: &Profile,
    problems: &mut Problems,
) {
    processor(chosen, problems);
    memory(chosen, problems);
    firmware(chosen, problems);
    hardware_version(chosen, placement, problems);
    choices(chosen, placement, profile, problems);
}

/// What `of` finds of CPUs or memory: the machine's own under `key`, and those of its
/// deployment options.
fn in_options<T>(
    chosen: &Chosen<'_>,
    key: &str,
    has: impl Fn(&Configuration) -> bool,
    of: impl Fn(Option<&str>) -> T,
) -> Vec<(At, T)> {
    let list = chosen.at.key("configurations");
    let options = chosen.definition.configurations.iter();
    let options = options
        .filter(|(_, option)| has(option))
        .map(|(name, _)| (list.key(name).key(key), of(Some(name))));
    std::iter::once((chosen.at.key(key), of(None)))
        .chain(options)
        .collect()
}

fn processor(chosen: &Chosen<'_>, problems: &mut Problems) {
    let has = |option: &Configuration| option.cpus.is_some();
    let all = in_options(chosen, "cpus", has, |option| {
        chosen.definition.cpus_in(option)
    });
    for (at, cpus) in all {
        let count = cpus.count.unwrap_or(chosen.cpus);
        if count == 0 {
            problems.add(at.clone(), Contradiction::NoCpu);
        }
        if let Some(cores) = cpus.cores_per_socket
            && count.checked_rem(cores) != Some(0)
        {
            let at = at.key("cores-per-socket");
            problems.add(at, Contradiction::UnevenSockets { cpus: count, cores });
        }
        let outside =
            cpus.min.is_some_and(|min| min > count) || cpus.max.is_some_and(|max| max < count);
        if outside {
            problems.add(at.clone(), Contradiction::OutsideRange);
        }
        if let (Some(reservation), Some(limit)) = (cpus.reservation, cpus.limit)
            && reservation > limit
        {
            problems.add(at.key("reservation"), Contradiction::OverLimit);
        }
    }
}

fn memory(chosen: &Chosen<'_>, problems: &mut Problems) {
    let has = |option: &Configuration| option.memory.is_some();
    let all = in_options(chosen, "memory", has, |option| {
        chosen.definition.memory_in(option)
    });
    for (at, memory) in all {
        let size = memory.size.map_or(chosen.memory, |size| size.0);
        if size == 0 || !size.is_multiple_of(MEMORY_BLOCK) {
            problems.add(at.clone(), Contradiction::UnevenMemory { memory: size });
        }
        let outside = memory.min.is_some_and(|min| min.0 > size)
            || memory.max.is_some_and(|max| max.0 < size);
        if outside {
            problems.add(at.clone(), Contradiction::OutsideRange);
        }
        for (key, part) in [
            ("min", memory.min),
            ("max", memory.max),
            ("reservation", memory.reservation),
            ("limit", memory.limit),
        ] {
            if part.is_some_and(|part| !part.0.is_multiple_of(1 << 20)) {
                problems.add(at.key(key), Contradiction::UnevenMebibytes);
            }
        }
        let limit = memory.limit.map_or(u64::MAX, |limit| limit.0);
        if memory
            .reservation
            .is_some_and(|reservation| reservation.0 > limit.min(size))
        {
            problems.add(at.key("reservation"), Contradiction::OverLimit);
        }
    }
}

fn firmware(chosen: &Chosen<'_>, problems: &mut Problems) {
    if chosen.firmware == Firmware::Efi {
        return;
    }
    if chosen.definition.secure_boot == Some(true) {
        problems.add(
            chosen.at.key("secure-boot"),
            Contradiction::SecureBootWithoutEfi,
        );
    }
    if chosen.definition.tpm == Some(true) {
        problems.add(chosen.at.key("tpm"), Contradiction::TpmWithoutEfi);
    }
}

/// What the devices ask of the hardware version.
fn hardware_version(chosen: &Chosen<'_>, placement: &Placement<'_>, problems: &mut Problems) {
    let definition = chosen.definition;
    for (index, name) in definition.hardware.iter().enumerate() {
        let bad = name.is_empty() || name.contains(char::is_whitespace);
        let vmx = name.to_ascii_lowercase().starts_with("vmx");
        let at = chosen.at.key("hardware").index(index);
        if bad {
            problems.add(at, Contradiction::BadHardware { name: name.clone() });
        } else if vmx {
            problems.take(&at, name.parse::<HardwareVersion>());
        }
    }
    let Some(has) = chosen.oldest else {
        return;
    };
    let mut wishes: Vec<(&str, String, HardwareVersion)> = Vec::new();
    if chosen.firmware == Firmware::Efi {
        wishes.push(("firmware", "efi firmware".to_owned(), HardwareVersion::V8));
    }
    if definition.secure_boot == Some(true) {
        wishes.push((
            "secure-boot",
            "secure boot".to_owned(),
            HardwareVersion::V13,
        ));
    }
    if definition.tpm == Some(true) {
        let what = "a trusted platform module".to_owned();
        wishes.push(("tpm", what, HardwareVersion::V14));
    }
    for placed in &placement.controllers {
        let Some(kind) = placed.kind else { continue };
        let what = format!("the {kind} controller");
        let needs = first_with_controller(kind);
        wishes.push((controller_key(chosen, placed), what, needs));
    }
    for nic in chosen.nics.iter().filter(|nic| nic.subtype.is_none()) {
        let model = nic.model.unwrap_or(chosen.nic);
        let what = format!("the {model} network adapter");
        wishes.push(("nics", what, first_with_adapter(model)));
    }
    let mut seen = HashSet::new();
    for (key, what, needs) in wishes {
        if has < needs && seen.insert(what.clone()) {
            // A version the target chose stands nowhere, and what needs another one does.
            let key = if definition.hardware.is_empty() {
                key
            } else {
                "hardware"
            };
            let fault = Contradiction::HardwareTooOld { what, needs, has };
            problems.add(chosen.at.key(key), fault);
        }
    }
}

/// The key that asks for the controller `placed`.
fn controller_key(chosen: &Chosen<'_>, placed: &Placed<'_>) -> &'static str {
    match (placed.declared, chosen.definition.controller) {
        (None, Some(asked)) if placed.kind == Some(asked) => "controller",
        _ => "controllers",
    }
}

/// The first hardware version with such a controller.
fn first_with_controller(kind: ControllerKind) -> HardwareVersion {
    match kind {
        ControllerKind::Nvme => HardwareVersion::V13,
        ControllerKind::Sata => HardwareVersion::V10,
        ControllerKind::Pvscsi | ControllerKind::LsiLogicSas => HardwareVersion::V7,
        ControllerKind::LsiLogic | ControllerKind::BusLogic | ControllerKind::Ide => {
            HardwareVersion::OLDEST
        }
    }
}

/// The first hardware version with such an adapter.
fn first_with_adapter(model: NicModel) -> HardwareVersion {
    match model {
        NicModel::E1000e => HardwareVersion::V8,
        NicModel::VmxNet3 => HardwareVersion::V7,
        NicModel::E1000 | NicModel::PcNet32 => HardwareVersion::OLDEST,
    }
}

/// What the target does not have.
fn choices(
    chosen: &Chosen<'_>,
    placement: &Placement<'_>,
    profile: &Profile,
    problems: &mut Problems,
) {
    let refused = |allowed: Allowed<'_>, what: String| Contradiction::NotOnTarget {
        what,
        target: profile.title.clone(),
        why: allowed.why.map(str::to_owned),
        instead: allowed.instead,
    };
    for placed in &placement.controllers {
        if let Some(kind) = placed.kind
            && let Some(allowed) = profile.controllers.refuses(&kind)
        {
            let at = chosen.at.key(controller_key(chosen, placed));
            problems.add(at, refused(allowed, format!("the {kind} controller")));
        }
    }
    for (index, nic) in chosen.nics.iter().enumerate() {
        if let Some(model) = nic.model.filter(|_| nic.subtype.is_none())
            && let Some(allowed) = profile.nics.refuses(&model)
        {
            let at = chosen.at.key("nics").index(index).key("model");
            problems.add(at, refused(allowed, format!("the {model} network adapter")));
        }
    }
    if let Some(allowed) = profile.firmwares.refuses(&chosen.firmware) {
        let at = chosen.at.key("firmware");
        problems.add(
            at,
            refused(allowed, format!("{} firmware", chosen.firmware)),
        );
    }
    profile.check_machine(chosen, placement, problems);
}

/// What stands beside the machines of a collection and cannot.
pub(super) fn collection(definition: &Definition, at: &At, problems: &mut Problems) {
    let hardware = [
        ("os", definition.os.is_some()),
        ("cpus", definition.cpus.is_some()),
        ("memory", definition.memory.is_some()),
        ("firmware", definition.firmware.is_some()),
        ("secure-boot", definition.secure_boot.is_some()),
        ("tpm", definition.tpm.is_some()),
        ("hardware", !definition.hardware.is_empty()),
        ("controller", definition.controller.is_some()),
        ("controllers", !definition.controllers.is_empty()),
        ("disks", !definition.disks.is_empty()),
        ("cdroms", !definition.cdroms.is_empty()),
        ("floppies", !definition.floppies.is_empty()),
        ("nics", definition.nics.is_some()),
        ("serial-ports", !definition.serial_ports.is_empty()),
        ("parallel-ports", !definition.parallel_ports.is_empty()),
        ("video", definition.video.is_some()),
        ("usb", !definition.usb.is_empty()),
        ("sound", definition.sound.is_some()),
        ("pci", !definition.pci.is_empty()),
        ("devices", !definition.devices.is_empty()),
        ("boot-order", !definition.boot_order.is_empty()),
        ("config", !is_default(&definition.config)),
        ("extra-config", !is_default(&definition.extra_config)),
        ("transport", definition.transport.is_some()),
        ("cloud-init", definition.cloud_init.is_some()),
        ("ignition", definition.ignition.is_some()),
    ];
    for (key, _) in hardware.into_iter().filter(|(_, there)| *there) {
        let key_at = at.key(key);
        problems.add(key_at, Contradiction::HardwareOfCollection { key });
    }
    for (at, member) in members(definition, at) {
        let package = [
            ("lang", member.lang.is_some()),
            ("networks", member.networks.is_some()),
            ("strings", !member.strings.is_empty()),
            ("files", !member.files.is_empty()),
            ("target", !member.target.is_empty()),
            ("output", member.output.is_some()),
            ("format", member.format.is_some()),
            ("digest", member.digest.is_some()),
            ("level", member.level.is_some()),
            ("include", !member.include.is_empty()),
            ("parameters", !member.parameters.is_empty()),
        ];
        for (key, _) in package.into_iter().filter(|(_, there)| *there) {
            problems.add(at.key(key), Contradiction::PackageOfMember { key });
        }
        for (index, _) in member
            .sections
            .iter()
            .enumerate()
            .filter(|(_, section)| section.within == crate::vm::definition::Within::Envelope)
        {
            let at = at.key("sections").index(index).key("within");
            problems.add(
                at,
                Contradiction::PackageOfMember {
                    key: "within: envelope",
                },
            );
        }
        if member.name.is_none() && member.id.is_none() {
            problems.add(at, Contradiction::MemberWithoutName);
        }
    }
}

/// Texts no descriptor can hold.
pub(super) fn texts(definition: &Definition, problems: &mut Problems) {
    let Ok(value) = serde_json::to_value(definition) else {
        return;
    };
    let mut open = vec![(At::default(), &value)];
    while let Some((at, value)) = open.pop() {
        match value {
            serde_json::Value::String(text) => {
                if let Some(c) = text.chars().find(|c| !is_xml_char(*c)) {
                    problems.add(at, Contradiction::ForbiddenText { character: show(c) });
                }
            }
            serde_json::Value::Array(list) => {
                open.extend(list.iter().enumerate().map(|(i, one)| (at.index(i), one)));
            }
            serde_json::Value::Object(map) => {
                for (key, one) in map {
                    let at = at.key(key);
                    if let Some(c) = key.chars().find(|c| !is_xml_char(*c)) {
                        problems.add(
                            at.clone(),
                            Contradiction::ForbiddenText { character: show(c) },
                        );
                    }
                    open.push((at, one));
                }
            }
            _ => {}
        }
    }
}
