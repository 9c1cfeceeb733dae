//! Elements that are missing, and members of devices.

use super::scene::{Fix, Scene, Spot, is_standard};
use super::values::{element, set};
use super::{Attempt, ODD, order};
use crate::validate::document::{child, children, member, standard};
use crate::xml::edit::{Edit, Where, placed, split};
use crate::xml::names::{EPASD, RASD, SASD, VSSD};
use crate::xml::{Element, escape_text};

/// What an `Info` says of the section it is in.
fn info_of(section: &Element) -> &'static str {
    match standard(section) {
        Some("DiskSection") => "Virtual disks",
        Some("SharedDiskSection") => "Virtual disks that machines share",
        Some("NetworkSection") => "Logical networks",
        Some("VirtualHardwareSection") => "Virtual hardware",
        Some("OperatingSystemSection") => "The operating system of the guest",
        Some("ProductSection") => "The installed product",
        Some("EulaSection") => "A licence to agree to",
        Some("AnnotationSection") => "A note",
        Some("DeploymentOptionSection") => "Configurations to choose from",
        Some("ResourceAllocationSection") => "Resources for all members",
        Some("StartupSection") => "The order of starting and stopping",
        Some("InstallSection") => "An installation at the first start",
        Some("VirtualSystem") => "A virtual machine",
        Some("VirtualSystemCollection") => "A collection of virtual machines",
        _ => "",
    }
}

/// An `Info` as the first element.
fn add_info(scene: &Scene<'_>, section: &Element) -> Attempt {
    let section = scene.element(section.span.start).ok_or(ODD)?;
    let (name, declaration) = scene.ovf_within(section, "Info").ok_or(ODD)?;
    let text = info_of(section);
    let xml = match text {
        "" => format!("<{name}/>"),
        text => format!("<{name}>{text}</{name}>"),
    };
    let edit = scene.put(section, Where::First, &xml).ok_or(ODD)?;
    let edits = [edit].into_iter().chain(declaration).collect();
    let what = format!("`Info` added to `{}`", section.name.local);
    Ok(Fix::new(section.span.start, edits, what))
}

/// The `Info` of a section: one, and in front.
pub(super) fn info(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let found = element(spot)?;
    if standard(found) != Some("Info") {
        return add_info(scene, found);
    }
    let section = scene.parent(found).ok_or(ODD)?;
    if children(section, "Info").count() > 1 {
        return Err("which of the two to keep has to be chosen".into());
    }
    order::info(scene, spot)
}

/// The `Info` of a virtual system.
pub(super) fn identity(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let found = element(spot)?;
    if spot.attribute.is_some() || child(found, "Info").is_some() {
        return Err("what to call the machine has to be chosen".into());
    }
    add_info(scene, found)
}

/// An empty `References`.
pub(super) fn references(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let root = scene.document.root;
    if element(spot)?.span != root.span {
        return Err("the two would have to be merged".into());
    }
    let (name, declaration) = scene.ovf_within(root, "References").ok_or(ODD)?;
    let edit = scene.put(root, Where::First, &format!("<{name}/>"));
    let edits = [edit.ok_or(ODD)?].into_iter().chain(declaration).collect();
    let what = "an empty `References` added";
    Ok(Fix::new(root.span.start, edits, what))
}

/// What a network is.
pub(super) fn network_description(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let network = element(spot)?;
    let (name, None) = scene.ovf_within(network, "Description").ok_or(ODD)? else {
        return Err(ODD);
    };
    let called = crate::validate::document::attr(network, "name").unwrap_or_default();
    let text = escape_text(&format!("The {called} network"));
    let edit = scene
        .put(network, Where::First, &format!("<{name}>{text}</{name}>"))
        .ok_or(ODD)?;
    let what = format!("`Description` added to network `{called}`");
    Ok(Fix::new(network.span.start, vec![edit], what))
}

/// The name and the id of a System.
pub(super) fn system(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let system = element(spot)?;
    let has = |local: &str| {
        let mut all = system.elements();
        all.any(|one| one.name.ns == VSSD && one.name.local == local)
    };
    let section = scene.parent(system).ok_or(ODD)?;
    let free = super::ids::free(section).to_string();
    let (local, text) = if has("ElementName") {
        ("InstanceID", &*free)
    } else {
        ("ElementName", "Virtual Hardware Family")
    };
    let edits = scene.add_member(system, local, text).ok_or(ODD)?;
    let what = format!("`vssd:{local}` added: `{text}`");
    Ok(Fix::new(system.span.start, edits, what))
}

/// The name of a device, from what else it says of itself.
pub(super) fn device_name(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let item = element(spot)?;
    let own = |local| {
        let text = member(item, local)?.text();
        let line = text
            .trim_ascii()
            .lines()
            .next()
            .unwrap_or_default()
            .trim_ascii();
        (!line.is_empty()).then(|| line.to_owned())
    };
    let kind = own("ResourceType").and_then(|kind| kind.parse().ok());
    let name = own("Caption")
        .or_else(|| own("Description"))
        .or_else(|| kind.and_then(kind_name).map(str::to_owned))
        .ok_or("it says nothing of itself that could be its name")?;
    let edits = scene.add_member(item, "ElementName", &name).ok_or(ODD)?;
    let what = format!("`ElementName` added: `{name}`");
    Ok(Fix::new(item.span.start, edits, what))
}

/// What people call a device of the `kind`.
fn kind_name(kind: u16) -> Option<&'static str> {
    Some(match kind {
        3 => "CPU",
        4 => "Memory",
        5 => "IDE controller",
        6 => "SCSI controller",
        10 => "Ethernet adapter",
        14 => "Floppy drive",
        15 | 16 => "CD/DVD drive",
        17 => "Hard disk",
        20 => "Storage controller",
        21 => "Serial port",
        22 => "Parallel port",
        23 => "USB controller",
        24 => "Video card",
        _ => return None,
    })
}

/// The time to wait for an installation.
pub(super) fn delay(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    set(scene, element(spot)?, "initialBootStopDelay", "0")
}

/// The number of a controller, which its address tells as well.
pub(super) fn bus_number(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let found = element(spot)?;
    if found.name.local != "BusNumber" {
        return Err("what it is for cannot be told".into());
    }
    super::values::drop_element(scene, spot)
}

impl<'d> Scene<'d> {
    /// Puts the member `local` with `text` into an item or a System, where the order of its
    /// class has it.
    pub(super) fn add_member(
        &self,
        owner: &'d Element,
        local: &'static str,
        text: &str,
    ) -> Option<Vec<Edit>> {
        let ns = match &*owner.name.local {
            "System" => VSSD,
            "StorageItem" => SASD,
            "EthernetPortItem" => EPASD,
            _ => RASD,
        };
        // The model has one namespace for the classes of devices.
        let is_own = |one: &&Element| one.name.ns == ns || (ns != VSSD && one.name.ns == RASD);
        let members: Vec<_> = placed(owner).into_iter().filter(is_own).collect();
        let (name, declaration) = match members.first() {
            Some(sibling) => match split(self.tag_name(sibling)).0 {
                "" => (local.to_owned(), None),
                prefix => (format!("{prefix}:{local}"), None),
            },
            None => self.name_within(owner, ns, local)?,
        };
        let place = match members.iter().find(|one| *one.name.local > *local) {
            Some(next) => Where::Before(next),
            None => members
                .last()
                .map_or(Where::First, |last| Where::Behind(last)),
        };
        let xml = format!("<{name}>{}</{name}>", escape_text(text));
        let edit = self.put(owner, place, &xml)?;
        Some([edit].into_iter().chain(declaration).collect())
    }
}

/// Whether a section says by `ovf:required` that it may be passed over, or not.
pub(super) fn is_marked(element: &Element) -> bool {
    let mut names = element.attributes.iter().map(|(name, _)| name);
    names.any(|name| name.local == "required" && (name.ns.is_empty() || is_ovf(name)))
}

fn is_ovf(name: &crate::xml::Name) -> bool {
    name.ns == crate::xml::names::ENVELOPE_1
}

/// Whether `element` is an item.
pub(super) fn is_item(element: &Element) -> bool {
    is_standard(element)
        && matches!(
            &*element.name.local,
            "Item" | "StorageItem" | "EthernetPortItem"
        )
}
