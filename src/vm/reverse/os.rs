//! The guest operating system.

use super::texts::Texts;
use crate::envelope::OperatingSystemSection;
use crate::envelope::os_id::guest_title;
use crate::vm::definition::{Brief, Os};
use crate::vm::{GuestOs, os};

/// What a definition says to get `section`; nothing if that is what it gets anyway.
pub(super) fn os(section: &OperatingSystemSection, texts: &Texts<'_>) -> Option<Brief<Os>> {
    let description = texts.or_empty(section.description.as_ref());
    let plain = description.translations.is_empty();
    let same = |os: &GuestOs| {
        section.id == Some(os.cim_id)
            && section.version == os.version
            && section.os_type.as_deref().unwrap_or_default() == os.os_type
            && description.text == os.description
            && plain
    };
    if same(&GuestOs::default()) {
        return None;
    }
    let version = section.version.clone().unwrap_or_default();
    // A release may be known that is not listed, where any is.
    let mut known = os::all().chain(os::all().filter_map(|os| {
        let bare = os.version.is_none() && !version.is_empty();
        bare.then(|| format!("{}{version}", os.name).parse().ok())
            .flatten()
    }));
    if let Some(known) = known.find(same) {
        return Some(Brief(Os {
            name: Some(known.name),
            ..Os::default()
        }));
    }
    let usual = GuestOs::default();
    let vmware = section.os_type.clone().unwrap_or_default();
    // What a guest id stands for has no version, and its title for a description.
    let (version, title) = if vmware == usual.os_type {
        (section.version.clone(), usual.description.clone())
    } else {
        let title = guest_title(&vmware).unwrap_or_else(|| vmware.clone());
        (section.version.clone(), title)
    };
    Some(Brief(Os {
        name: None,
        cim: section.id.filter(|id| *id != usual.cim_id),
        vmware: (vmware != usual.os_type).then_some(vmware),
        version,
        description: (description.text != title || !plain).then_some(description),
    }))
}
