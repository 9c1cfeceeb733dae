//! What can be set in the guest.

use std::collections::{HashMap, HashSet};

use super::{Document, Editions, Rule, Sink, repeated, require, shown, wrong_values};
use crate::validate::document::{attr, attr_anywhere, children, standard};
use crate::xml::Element;

pub(super) const RULES: &[Rule] = &[
    Rule::error("PRD-004", "a property has no key or no type")
        .reference("DSP0243 1.1 §9.5")
        .why("its value can neither be asked for nor handed to the guest; OVF Tool refuses it")
        .help("write `ovf:key` and `ovf:type`")
        .check(identity),
    Rule::error("PRD-005", "two properties of a section have one key")
        .reference("DSP0243 1.1 §9.5")
        .why("the guest gets one of the two values; OVF Tool refuses the section")
        .help("rename one of them")
        .check(keys),
    Rule::warning("PRD-006", "a key has a dot, a colon or a blank")
        .reference("DSP0243 1.1 §9.5.1")
        .why("dots join class, key and instance, so the full key can be read in several ways; VMware's appliances have them and work")
        .help("use letters, digits, `-` and `_`, and the class for what stands before a dot")
        .check(odd_keys),
    Rule::error("PRD-007", "the type of a property is unknown")
        .reference("DSP0243 1.1 §9.5")
        .why("no importer can check what is typed; OVF Tool refuses it")
        .help("write one of the standard's, such as `string`, `boolean` or `uint16`")
        .check(unknown_type),
    Rule::warning("PRD-007a", "the type of a property is not one of the standard's")
        .reference("DSP0243 1.1 §9.5; practice of VMware")
        .why("vSphere knows the word, others take it for text or refuse it")
        .help("write one of the standard's: `string`, `boolean`, `uint16`, `sint32`, `real32` and so on")
        .fixable()
        .check(dialect_type),
    Rule::error("PRD-008", "the default of a property is not of its type")
        .reference("DSP0243 1.1 §9.5")
        .why("the machine cannot be deployed without changing it")
        .help("write a value of the type, or leave `ovf:value` out")
        .check(default_value),
    Rule::warning("PRD-008a", "the default of a property is loosely spelled or empty")
        .reference("DSP0243 1.1 §9.5")
        .why("a strict importer refuses `True`, blanks, and a number that is empty")
        .help("write `true` or `false` in small letters, a number without blanks, or leave `ovf:value` out")
        .fixable()
        .check(loose_value),
    Rule::warning("PRD-009", "the qualifiers of a property cannot be read")
        .reference("DSP0243 1.1 §9.5, table 7; practice of VMware")
        .why("values that are not allowed are let through, or the property is refused")
        .help("write `MinLen(n)`, `MaxLen(n)` or `ValueMap{\"a\",\"b\"}`, separated by commas")
        .check(qualifiers),
    Rule::error("PRD-010", "the default of a property breaks its qualifiers")
        .reference("DSP0243 1.1 §9.5")
        .why("the machine cannot be deployed without changing it")
        .help("change the default or the qualifiers")
        .check(qualified_default),
    Rule::warning("PRD-012", "a property is for the addresses of a network that is not there")
        .reference("practice of VMware")
        .why("vSphere takes the address from the pool of the network, and finds none")
        .help("write the name of a `Network`")
        .check(address_networks),
    Rule::error("PRD-013", "`ovf:userConfigurable` is no truth value")
        .reference("DSP0243 1.1 §9.5")
        .why("whether to ask for the value cannot be told")
        .help("write `true` or `false`")
        .fixable()
        .check(configurable),
    Rule::error("PRD-016", "`ovf:password` is no truth value")
        .reference("DSP0243 1.1 §9.5")
        .why("whether to hide the value cannot be told")
        .help("write `true` or `false`")
        .fixable()
        .check(password),
    Rule::warning("PRD-017", "a password has a default")
        .reference("DSP0243 1.1 §9.5")
        .why("everybody who has the package can read it, and many machines keep it")
        .help("leave `ovf:value` out, and let it be asked for")
        .fixable()
        .check(default_password),
    Rule::error("PRD-018", "a value for configurations is incomplete, for an unknown one, or repeated")
        .reference("DSP0243 1.1 §9.5, §9.8")
        .why("the property has no default where it should have one")
        .help("write `ovf:value`, and the id of a configuration, once for each")
        .check(values),
    Rule::error("PRD-019", "the parts of a property are out of order, repeated, or of a vendor")
        .reference("DSP0243 1.1 §9.5")
        .why("a property has Label, Description and Value, in this order, and nothing else")
        .help("move or remove the element; what vendors add are attributes")
        .fixable()
        .check(parts),
    Rule::warning("PRD-022a", "a default refers to a property that is not there")
        .reference("DSP0243 1.1 §9.5.1")
        .why("the guest gets the reference itself, or nothing")
        .help("write the full key of a property of the collection")
        .check(references),
    Rule::error("PRD-023", "a property is for a configuration that is not there")
        .reference("DSP0243 2.1 §9.5, §9.8")
        .why("the property never applies")
        .help("write the id of a `Configuration`")
        .only(Editions::V2)
        .check(configuration),
];

/// The properties, each with the section it is in.
fn properties<'d>(document: &Document<'d>) -> Vec<(&'d Element, &'d Element)> {
    let sections = super::product::sections(document).into_iter();
    let with = |section| children(section, "Property").map(move |one| (section, one));
    sections.flat_map(with).collect()
}

fn all<'d>(document: &Document<'d>) -> Vec<&'d Element> {
    properties(document)
        .into_iter()
        .map(|(_, property)| property)
        .collect()
}

/// The properties by their own and their full keys.
pub(super) fn by_key<'d>(document: &Document<'d>) -> HashMap<String, &'d Element> {
    let mut known = HashMap::new();
    for (section, property) in properties(document) {
        let key = attr(property, "key").unwrap_or_default();
        let parts = [attr(section, "class"), Some(key), attr(section, "instance")];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        known
            .entry(parts.collect::<Vec<_>>().join("."))
            .or_insert(property);
        known.entry(key.to_owned()).or_insert(property);
    }
    known
}

/// What a type of property allows.
#[derive(Clone, Copy, PartialEq)]
enum Type {
    Text,
    Truth,
    Unsigned(u32),
    Signed(u32),
    Real,
}

/// The type, and whether the word is the standard's.
fn type_of(property: &Element) -> Option<(Type, bool)> {
    let word = attr(property, "type")?;
    Some(match word {
        "string" => (Type::Text, true),
        "boolean" => (Type::Truth, true),
        "real32" | "real64" => (Type::Real, true),
        "uint8" => (Type::Unsigned(8), true),
        "uint16" => (Type::Unsigned(16), true),
        "uint32" => (Type::Unsigned(32), true),
        "uint64" => (Type::Unsigned(64), true),
        "sint8" => (Type::Signed(8), true),
        "sint16" => (Type::Signed(16), true),
        "sint32" => (Type::Signed(32), true),
        "sint64" => (Type::Signed(64), true),
        _ => {
            let lower = word.trim_ascii().to_ascii_lowercase();
            let head = lower.split([':', '[', '(']).next().unwrap_or_default();
            match head {
                "string" | "password" | "ip" | "expression" => (Type::Text, false),
                "int" | "integer" => (Type::Signed(64), false),
                "real" | "float" | "double" => (Type::Real, false),
                "bool" | "boolean" => (Type::Truth, false),
                _ => return None,
            }
        }
    })
}

/// Whether `value`, without blanks around it, is of the type.
fn fits(kind: Type, value: &str) -> bool {
    match kind {
        Type::Text => true,
        Type::Truth => {
            let lower = value.to_ascii_lowercase();
            matches!(lower.as_str(), "true" | "false" | "1" | "0" | "yes" | "no")
        }
        Type::Real => value.parse::<f64>().is_ok(),
        Type::Unsigned(bits) => value
            .parse::<u64>()
            .is_ok_and(|n| bits == 64 || n >> bits == 0),
        Type::Signed(bits) => value.parse::<i64>().is_ok_and(|number| {
            let most = i64::MAX >> (64 - bits);
            (-most - 1..=most).contains(&number)
        }),
    }
}

/// The defaults of a property that are values, each with its element: its own, and those
/// for configurations.
fn defaults(property: &Element) -> impl Iterator<Item = (&Element, &str)> {
    let all = std::iter::once(property).chain(children(property, "Value"));
    let given = all.filter_map(|one| Some((one, attr(one, "value")?)));
    given.filter(|(_, value)| !value.contains("${"))
}

fn identity(document: &Document<'_>, sink: &mut Sink<'_>) {
    let all = all(document);
    require(all.iter().copied(), "key", sink);
    require(all.iter().copied(), "type", sink);
}

fn keys(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut known: HashSet<(usize, &str, &str)> = HashSet::new();
    for (section, property) in properties(document) {
        let key = attr(property, "key").unwrap_or_default();
        // One for each configuration is fine.
        let configuration = attr_anywhere(property, "configuration").unwrap_or_default();
        if !key.is_empty() && !known.insert((section.span.start, key, configuration)) {
            sink.on(property, "key", "is taken");
        }
    }
}

fn odd_keys(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let key = attr(property, "key").unwrap_or_default();
        let odd = |c: &char| ".:".contains(*c) || c.is_whitespace() || c.is_control();
        if let Some(found) = key.chars().find(odd) {
            sink.on(property, "key", format!("has `{found}`"));
        }
    }
}

fn unknown_type(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let given = attr(property, "type").is_some_and(|word| !word.is_empty());
        if given && type_of(property).is_none() {
            sink.on(property, "type", "no type of the standard");
        }
    }
}

fn dialect_type(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        if type_of(property).is_some_and(|(_, standard)| !standard) {
            sink.on(property, "type", "");
        }
    }
}

fn default_value(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let Some((kind, _)) = type_of(property) else {
            continue;
        };
        for (element, value) in defaults(property) {
            let value = value.trim_ascii();
            if !value.is_empty() && !fits(kind, value) {
                let word = attr(property, "type").unwrap_or_default();
                sink.on(element, "value", format!("is no `{}`", shown(word)));
            }
        }
    }
}

fn loose_value(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let Some((kind, _)) = type_of(property).filter(|(kind, _)| *kind != Type::Text) else {
            continue;
        };
        for (element, value) in defaults(property) {
            let truth = kind == Type::Truth && !matches!(value, "true" | "false" | "1" | "0");
            if value.is_empty() {
                sink.on(element, "value", "is empty");
            } else if fits(kind, value.trim_ascii()) && (truth || value.trim_ascii() != value) {
                sink.on(element, "value", "is read by lenient importers alone");
            }
        }
    }
}

/// A qualifier: its word and what is in its brackets.
struct Qualifier<'q> {
    word: &'q str,
    arguments: Vec<&'q str>,
}

/// The qualifiers in `text`, separated by commas or blanks; `None` if it cannot be read.
/// Arguments may be quoted in either way, or bare.
fn parse_qualifiers(text: &str) -> Option<Vec<Qualifier<'_>>> {
    let mut found = Vec::new();
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        rest = behind.trim_ascii_start();
        let mut arguments = Vec::new();
        let close = match rest.chars().next() {
            Some('(') => Some(')'),
            Some('{') => Some('}'),
            _ => None,
        };
        if let Some(close) = close {
            let (inside, behind) = split_closed(&rest[1..], close)?;
            arguments = split_arguments(inside);
            rest = behind;
        }
        found.push(Qualifier { word, arguments });
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
    }
    Some(found)
}

/// What stands before `close`, and what behind it, brackets in quotes not counted.
fn split_closed(text: &str, close: char) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == close => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

/// The arguments, without their quotes.
fn split_arguments(inside: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = inside.trim_ascii();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (argument, behind) = match quote {
            Some(quote) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
            None => match rest.find(',') {
                Some(comma) => rest.split_at(comma),
                None => (rest, ""),
            },
        };
        found.push(if quote.is_some() {
            argument
        } else {
            argument.trim_ascii()
        });
        rest = behind.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
    }
    found
}

/// The words the standard and VMware have, in lower case.
const WORDS: [&str; 20] = [
    "minlen",
    "maxlen",
    "valuemap",
    "minvalue",
    "maxvalue",
    "ip",
    "netmask",
    "gateway",
    "dns",
    "domainname",
    "searchpath",
    "hostprefix",
    "httpproxy",
    "subnet",
    "net",
    "autoip",
    "vimip",
    "expression",
    "regex",
    "password",
];

fn qualifiers(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let Some(text) = attr(property, "qualifiers") else {
            continue;
        };
        match parse_qualifiers(text) {
            None => sink.on(property, "qualifiers", "is in no known form"),
            Some(found) => {
                let known = |word: &str| WORDS.iter().any(|one| one.eq_ignore_ascii_case(word));
                if let Some(other) = found.iter().find(|one| !known(one.word)) {
                    let label = format!("`{}` is unknown", shown(other.word));
                    sink.on(property, "qualifiers", label);
                }
            }
        }
    }
}

fn qualified_default(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let text = attr(property, "qualifiers").unwrap_or_default();
        let found = parse_qualifiers(text).unwrap_or_default();
        let number = |word: &str| -> Option<usize> {
            let mut all = found.iter();
            let one = all.find(|one| one.word.eq_ignore_ascii_case(word))?;
            one.arguments.first()?.parse().ok()
        };
        let (least, most) = (number("MinLen"), number("MaxLen"));
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            sink.on(property, "qualifiers", "no length is between them");
            continue;
        }
        let mut maps = found
            .iter()
            .filter(|one| one.word.eq_ignore_ascii_case("ValueMap"));
        let map: Option<HashSet<&str>> = maps
            .next()
            .map(|map| map.arguments.iter().copied().collect());
        for (element, value) in defaults(property).filter(|(_, value)| !value.is_empty()) {
            let length = value.chars().count();
            let mapped = map
                .as_ref()
                .is_none_or(|map| map.is_empty() || map.contains(value));
            if least.is_some_and(|least| length < least) {
                sink.on(element, "value", "is too short");
            } else if most.is_some_and(|most| length > most) {
                sink.on(element, "value", "is too long");
            } else if !mapped {
                sink.on(element, "value", "is not in the `ValueMap`");
            }
        }
    }
}

fn address_networks(document: &Document<'_>, sink: &mut Sink<'_>) {
    const WITH_NETWORK: [&str; 9] = [
        "ip",
        "netmask",
        "gateway",
        "dns",
        "domainname",
        "searchpath",
        "hostprefix",
        "subnet",
        "net",
    ];
    for property in all(document) {
        let all = property.attributes.iter();
        for (_, text) in all.filter(|(name, _)| name.local == "qualifiers") {
            for one in parse_qualifiers(text).unwrap_or_default() {
                let named = WITH_NETWORK
                    .iter()
                    .any(|word| word.eq_ignore_ascii_case(one.word));
                let name = one.arguments.first().copied().unwrap_or_default();
                let open = name.is_empty() || name.contains("${");
                if named && !open && !document.network_names.contains(name) {
                    let label = format!("there is no network `{}`", shown(name));
                    sink.on(property, "qualifiers", label);
                }
            }
        }
    }
}

fn configurable(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, value| {
        element.name.local == "Property" && local == "userConfigurable" && !value.is_empty()
    });
}

fn password(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, value| {
        element.name.local == "Property" && local == "password" && !value.is_empty()
    });
}

fn default_password(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let hidden = attr(property, "password").map(str::trim_ascii);
        if hidden.is_some_and(|hidden| hidden == "1" || hidden.eq_ignore_ascii_case("true")) {
            for (element, _) in defaults(property).filter(|(_, value)| !value.is_empty()) {
                sink.on(element, "value", "can be read by everybody");
            }
        }
    }
}

fn values(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let mut known = HashSet::new();
        for value in children(property, "Value") {
            if attr(value, "value").is_none() {
                sink.at(value, "has no `ovf:value`");
            }
            let configuration = attr(value, "configuration").filter(|id| !id.is_empty());
            if configuration.is_some_and(|id| !document.configuration_ids.contains(id)) {
                sink.on(value, "configuration", "there is no such configuration");
            } else if !known.insert(configuration) {
                sink.at(value, "one more for this configuration");
            }
        }
    }
}

fn parts(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let mut highest = 0;
        for element in property.elements() {
            let own = match standard(element) {
                Some("Label") => 0,
                Some("Description") => 1,
                Some("Value") => 2,
                _ => {
                    sink.at(element, "does not belong here");
                    continue;
                }
            };
            if own < highest {
                sink.at(element, "comes too late");
            }
            highest = highest.max(own);
        }
    }
    repeated(document, sink, |parent, element| {
        parent == "Property" && matches!(element, "Label" | "Description")
    });
}

fn references(document: &Document<'_>, sink: &mut Sink<'_>) {
    let known = by_key(document);
    for property in all(document) {
        let value = attr(property, "value").unwrap_or_default();
        let key = value
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        if let Some(key) = key
            && !known.contains_key(key)
        {
            sink.on(
                property,
                "value",
                format!("there is no property `{}`", shown(key)),
            );
        }
    }
}

fn configuration(document: &Document<'_>, sink: &mut Sink<'_>) {
    for property in all(document) {
        let list = attr(property, "configuration").unwrap_or_default();
        let mut ids = list.split_ascii_whitespace();
        if ids.any(|id| !document.configuration_ids.contains(id)) {
            sink.on(property, "configuration", "there is no such configuration");
        }
    }
}
