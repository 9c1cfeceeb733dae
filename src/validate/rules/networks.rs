//! Logical networks and the adapters on them.

use std::collections::HashSet;

use super::{Document, Editions, Rule, Sink, repetitions, require, shown};
use crate::validate::document::{ItemAt, attr, child, is_member, members, standard};
use crate::xml::Element;

/// An Ethernet adapter, by CIM.
const ADAPTER: u32 = 10;

pub(super) const RULES: &[Rule] = &[
    Rule::error("NET-001", "a network has no name")
        .reference("DSP0243 1.1 §9.2")
        .why("adapters refer to networks by name")
        .help("give it an `ovf:name`")
        .check(|document, sink| require(document.networks.iter().copied(), "name", sink)),
    Rule::error("NET-002", "two networks have one name")
        .reference("DSP0243 1.1 §9.2")
        .why("whoever deploys the machine maps each name to one network")
        .help("keep one of the two")
        .fixable()
        .check(names),
    Rule::error(
        "NET-003",
        "an adapter is on a network that is not in the NetworkSection",
    )
    .reference("DSP0243 1.1 §8.3, §9.2")
    .why("vSphere refuses the package, as the network can be mapped to none of its own")
    .help("add a `Network` of that name, or correct `rasd:Connection`")
    .fixable()
    .check(connections),
    Rule::info("NET-004", "a network has no description")
        .reference("practice of XenCenter")
        .why("the standard does not ask for it, but XenCenter fails without one")
        .help("write a `Description`")
        .fixable()
        .check(descriptions),
    Rule::info("NET-005", "no adapter is on a network")
        .reference("DSP0243 1.1 §9.2")
        .why("whoever deploys the machine is asked where to map it for nothing")
        .help("remove the network, or connect an adapter")
        .check(unused),
    Rule::error("NET-006", "a network holds what its edition does not have")
        .reference("DSP0243 1.1 §9.2, 2.1 §9.2")
        .why("profiles of ports came with OVF 2.0")
        .help("remove the element")
        .only(Editions::V1)
        .check(profiles),
    Rule::warning("NET-008", "an adapter has a fixed MAC address")
        .reference("practice of all platforms")
        .why("two machines from this package on one network disturb each other")
        .help("leave `rasd:Address` out; the platform chooses one")
        .check(fixed_address),
    Rule::error(
        "NET-009",
        "the MAC address of an adapter is none, or one for groups, or taken",
    )
    .reference("DSP0243 1.1 §8.3; IEEE 802")
    .why("platforms refuse the adapter, or the network does not work")
    .help("write six pairs of digits, the first one even, or leave `rasd:Address` out")
    .check(addresses),
    Rule::warning("NET-010", "the name of a network has blanks around it")
        .reference("DSP0243 1.1 §8.3")
        .why("names are compared as they are, blanks included")
        .help("remove the blanks")
        .fixable()
        .check(blanks),
    Rule::error("NET-011", "a profile of ports has attributes")
        .reference("DSP0243 2.1 §9.2")
        .why("the standard gives it none")
        .help("remove them")
        .only(Editions::V2)
        .strict()
        .check(profile_attributes),
    Rule::error(
        "NET-012",
        "the URI of a profile of ports is empty or has attributes",
    )
    .reference("DSP0243 2.1 §9.2")
    .why("the profile cannot be found")
    .help("write the URI as the text of the element")
    .only(Editions::V2)
    .check(profile_uri),
];

fn adapters<'a, 'd>(document: &'a Document<'d>) -> impl Iterator<Item = &'a ItemAt<'d>> {
    document.devices().filter(|item| item.is(ADAPTER))
}

/// The networks adapters say they are on.
fn connected<'d>(document: &Document<'d>) -> impl Iterator<Item = (&'d Element, String)> {
    let on = adapters(document).map(|item| item.element);
    let on = on.collect::<Vec<_>>().into_iter();
    on.flat_map(|item| members(item, "Connection").map(|member| (member, member.text())))
}

fn names(document: &Document<'_>, sink: &mut Sink<'_>) {
    let name = |one: &'_ Element| {
        attr(one, "name")
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
    };
    for network in repetitions(document.networks.iter().copied(), name) {
        sink.on(network, "name", "is taken");
    }
}

fn connections(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, name) in connected(document) {
        let plain = name.trim_ascii();
        let known = |name| document.network_names.contains(name);
        if !plain.is_empty() && !known(name.as_str()) && !known(plain) {
            sink.at(member, format!("there is no network `{}`", shown(plain)));
        }
    }
}

fn descriptions(document: &Document<'_>, sink: &mut Sink<'_>) {
    for network in &document.networks {
        if child(network, "Description").is_none() {
            sink.at(network, "");
        }
    }
}

fn unused(document: &Document<'_>, sink: &mut Sink<'_>) {
    let used: HashSet<String> = connected(document)
        .map(|(_, name)| name.trim_ascii().to_owned())
        .collect();
    for network in &document.networks {
        let name = attr(network, "name").unwrap_or_default().trim_ascii();
        if !name.is_empty() && !used.contains(name) {
            sink.on(network, "name", "");
        }
    }
}

fn profiles(document: &Document<'_>, sink: &mut Sink<'_>) {
    for network in &document.networks {
        for element in network.elements() {
            if matches!(
                standard(element),
                Some("NetworkPortProfile" | "NetworkPortProfileURI")
            ) {
                sink.at(element, "is of OVF 2.x");
            }
        }
    }
}

/// The addresses of adapters that are texts at all, with the member.
fn mac_addresses<'d>(document: &Document<'d>) -> Vec<(&'d Element, String)> {
    let members = adapters(document).filter_map(|item| {
        let member = members(item.element, "Address").next()?;
        Some((member, member.text().trim_ascii().to_owned()))
    });
    members.filter(|(_, text)| !text.is_empty()).collect()
}

/// The bytes of a MAC address, in any of the usual spellings.
fn mac(text: &str) -> Option<[u8; 6]> {
    let digits: String = text.chars().filter(|c| !":-. ".contains(*c)).collect();
    if digits.len() != 12 || !digits.is_ascii() {
        return None;
    }
    let mut bytes = [0; 6];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn fixed_address(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in mac_addresses(document) {
        if mac(&text).is_some() {
            sink.at(member, "");
        }
    }
}

fn addresses(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut known = HashSet::new();
    for item in adapters(document) {
        let Some(member) = members(item.element, "Address").next() else {
            continue;
        };
        let text = member.text();
        if text.trim_ascii().is_empty() {
            continue;
        }
        match mac(text.trim_ascii()) {
            None => sink.at(member, "no MAC address"),
            Some([first, ..]) if first % 2 == 1 => sink.at(member, "an address for groups"),
            // The shares of one device in several configurations have its address.
            Some(bytes) if !known.insert((bytes, item.configurations.clone())) => {
                sink.at(member, "another adapter has it");
            }
            Some(_) => {}
        }
    }
}

fn blanks(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, name) in connected(document) {
        if name.trim_ascii() != name && !name.trim_ascii().is_empty() {
            sink.at(member, "");
        }
    }
}

/// The children of networks by the name `local`.
fn parts<'d>(document: &Document<'d>, local: &'static str) -> Vec<&'d Element> {
    let networks = document.networks.iter();
    let inside = networks.flat_map(|network| network.elements());
    inside
        .filter(|element| standard(element) == Some(local))
        .collect()
}

fn profile_attributes(document: &Document<'_>, sink: &mut Sink<'_>) {
    for profile in parts(document, "NetworkPortProfile") {
        if !profile.attributes.is_empty() {
            sink.at(profile, "has attributes");
        }
        for item in profile
            .elements()
            .filter(|item| standard(item) == Some("Item"))
        {
            if item.elements().any(|member| !is_member(member)) {
                sink.at(item, "holds other than members of its class");
            }
        }
    }
}

fn profile_uri(document: &Document<'_>, sink: &mut Sink<'_>) {
    for uri in parts(document, "NetworkPortProfileURI") {
        if uri.text().trim_ascii().is_empty() || !uri.attributes.is_empty() {
            sink.at(uri, "");
        }
    }
}
