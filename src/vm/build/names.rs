//! Names that have to work everywhere.

use crate::vm::{Contradiction, NameFault};

/// What keeps `name` from being a file name on every system. The characters are those all
/// importers take.
pub(in crate::vm) fn name_fault(name: &str) -> Option<NameFault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._+= -".contains(c);
    if name.is_empty() {
        return Some(NameFault::Empty);
    }
    if let Some(c) = name.chars().find(|&c| !allowed(c)) {
        return Some(NameFault::Character(c));
    }
    let edge = [' ', '.'];
    (name.starts_with(edge) || name.ends_with(edge)).then_some(NameFault::Edge)
}

/// That `name`, the name of `what`, has `fault`.
pub(super) fn bad(what: &'static str, name: &str, fault: NameFault) -> Contradiction {
    Contradiction::BadName {
        what,
        name: name.escape_debug().to_string(),
        fault,
    }
}

/// What keeps `key` from being the key of a property. The standard forbids dots too (DSP0243
/// 1.1 §9.5), but vSphere takes them and guests depend on keys such as
/// `guestinfo.ignition.config.data`.
pub(super) fn key_fault(key: &str) -> Option<NameFault> {
    let separator = |c: char| c == ':' || c.is_whitespace() || c.is_control();
    if key.is_empty() {
        return Some(NameFault::Empty);
    }
    let character = key.chars().find(|&c| separator(c));
    character.map(NameFault::Character)
}
