//! A descriptor as rules see it: its tree with places, in the names of the model, and
//! what refers to what, looked up once.
//!
//! The typed envelope has no places. So rules ask the tree, and the typed envelope where
//! only the faults of reading it matter.

use std::collections::{HashMap, HashSet};

pub(super) use crate::envelope::attr;
use crate::envelope::{EnvelopeError, HostResource, Version};
use crate::xml::Element;
use crate::xml::names::{ENVELOPE_1, RASD};

/// Tells the length in bytes of a file beside the descriptor, by its name relative to the
/// descriptor's directory; `None` if there is none.
pub type Beside<'b> = &'b dyn Fn(&str) -> Option<u64>;

/// What a section or a content stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Around {
    Envelope,
    System,
    Collection,
}

/// A section and where it stands.
pub(super) struct Placed<'d> {
    pub(super) element: &'d Element,
    pub(super) around: Around,
    /// The content it is in, as an index; none for the envelope.
    pub(super) content: Option<usize>,
}

/// A machine or a collection.
pub(super) struct ContentAt<'d> {
    pub(super) element: &'d Element,
    /// The collection it is in.
    pub(super) parent: Option<usize>,
    /// How many collections are around it.
    pub(super) depth: usize,
}

impl ContentAt<'_> {
    pub(super) fn is_system(&self) -> bool {
        self.element.name.local == "VirtualSystem"
    }

    pub(super) fn id(&self) -> &str {
        attr(self.element, "id").unwrap_or_default()
    }
}

/// A device, or its share in one configuration.
pub(super) struct ItemAt<'d> {
    pub(super) element: &'d Element,
    /// Its id without the blanks around, empty if it is missing.
    pub(super) id: String,
    /// Its kind, if that is a number.
    pub(super) kind: Option<u32>,
    /// The id of what it hangs on, if it is given and not empty.
    pub(super) parent: Option<String>,
    /// The deployment options it is limited to.
    pub(super) configurations: Vec<&'d str>,
    /// What it is of a range: `min`, `max`, or empty for the value itself.
    pub(super) bound: &'d str,
    /// What backs it, empty texts left out.
    pub(super) resources: Vec<String>,
}

impl ItemAt<'_> {
    /// The text of the member `name`.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        member(self.element, name).map(|member| member.text().trim_ascii().to_owned())
    }

    /// The member `name` as a whole number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn is_drive(&self) -> bool {
        matches!(self.kind, Some(14..=18))
    }

    pub(super) fn is(&self, kind: u32) -> bool {
        self.kind == Some(kind)
    }
}

/// The hardware of one machine, or what a collection has to share.
pub(super) struct Hardware<'d> {
    pub(super) element: &'d Element,
    pub(super) items: Vec<ItemAt<'d>>,
    /// Whether it is that of a machine.
    pub(super) is_machine: bool,
    /// The content it is in.
    pub(super) content: Option<usize>,
}

/// A descriptor as rules see it.
pub(super) struct Document<'d> {
    pub(super) text: &'d str,
    /// The file it was decoded from.
    pub(super) bytes: &'d [u8],
    /// The tree as it was written.
    pub(super) written: &'d Element,
    /// The tree in the names of the model.
    pub(super) root: &'d Element,
    pub(super) version: Version,
    pub(super) faults: &'d [EnvelopeError],
    pub(super) undeclared: &'d [(String, usize)],
    /// What lies beside the descriptor, where that is known.
    pub(super) beside: Option<Beside<'d>>,
    pub(super) sections: Vec<Placed<'d>>,
    pub(super) contents: Vec<ContentAt<'d>>,
    pub(super) files: Vec<&'d Element>,
    pub(super) file_of: HashMap<&'d str, &'d Element>,
    pub(super) disks: Vec<&'d Element>,
    pub(super) disk_of: HashMap<&'d str, &'d Element>,
    pub(super) networks: Vec<&'d Element>,
    pub(super) network_names: HashSet<&'d str>,
    pub(super) configurations: Vec<&'d Element>,
    pub(super) configuration_ids: HashSet<&'d str>,
    pub(super) hardware: Vec<Hardware<'d>>,
    /// The elements as written, by where they begin, as faults of reading name them.
    at: HashMap<usize, &'d Element>,
}

/// What a document is made from.
pub(super) struct Parts<'d> {
    pub(super) text: &'d str,
    pub(super) bytes: &'d [u8],
    pub(super) written: &'d Element,
    pub(super) root: &'d Element,
    pub(super) version: Version,
    pub(super) faults: &'d [EnvelopeError],
    pub(super) undeclared: &'d [(String, usize)],
    pub(super) beside: Option<Beside<'d>>,
}

impl<'d> Document<'d> {
    pub(super) fn new(parts: &Parts<'d>) -> Self {
        let mut document = Self {
            text: parts.text,
            bytes: parts.bytes,
            written: parts.written,
            root: parts.root,
            version: parts.version,
            faults: parts.faults,
            undeclared: parts.undeclared,
            beside: parts.beside,
            sections: Vec::new(),
            contents: Vec::new(),
            files: Vec::new(),
            file_of: HashMap::new(),
            disks: Vec::new(),
            disk_of: HashMap::new(),
            networks: Vec::new(),
            network_names: HashSet::new(),
            configurations: Vec::new(),
            configuration_ids: HashSet::new(),
            hardware: Vec::new(),
            at: HashMap::new(),
        };
        document.walk(parts.root, Around::Envelope, None, 0);
        document.look_up();
        if !parts.faults.is_empty() {
            document.note_places(parts.written);
        }
        document
    }

    /// Notes the sections and contents in `element`.
    fn walk(&mut self, element: &'d Element, around: Around, content: Option<usize>, depth: usize) {
        for child in element.elements() {
            match standard(child) {
                Some("VirtualSystem" | "VirtualSystemCollection") => {
                    self.contents.push(ContentAt {
                        element: child,
                        parent: content,
                        depth,
                    });
                    let own = self.contents.len() - 1;
                    let inner = if child.name.local == "VirtualSystem" {
                        Around::System
                    } else {
                        Around::Collection
                    };
                    self.walk(child, inner, Some(own), depth + 1);
                }
                Some("References" | "Strings" | "Info" | "Name") => {}
                _ => self.sections.push(Placed {
                    element: child,
                    around,
                    content,
                }),
            }
        }
    }

    fn look_up(&mut self) {
        let references = children(self.root, "References");
        self.files = references.flat_map(|all| children(all, "File")).collect();
        for section in &self.sections {
            let element = section.element;
            match standard(element) {
                Some("DiskSection") => self.disks.extend(children(element, "Disk")),
                Some("SharedDiskSection") => self.disks.extend(children(element, "SharedDisk")),
                Some("NetworkSection") => self.networks.extend(children(element, "Network")),
                Some("DeploymentOptionSection") => {
                    self.configurations
                        .extend(children(element, "Configuration"));
                }
                Some(name @ ("VirtualHardwareSection" | "ResourceAllocationSection")) => {
                    self.hardware.push(Hardware {
                        element,
                        items: items(element),
                        is_machine: name == "VirtualHardwareSection",
                        content: section.content,
                    });
                }
                _ => {}
            }
        }
        for file in &self.files {
            self.file_of
                .entry(attr(file, "id").unwrap_or_default())
                .or_insert(file);
        }
        for disk in &self.disks {
            self.disk_of
                .entry(attr(disk, "diskId").unwrap_or_default())
                .or_insert(disk);
        }
        self.network_names = self
            .networks
            .iter()
            .filter_map(|one| attr(one, "name"))
            .collect();
        self.configuration_ids = self
            .configurations
            .iter()
            .filter_map(|one| attr(one, "id"))
            .collect();
    }

    fn note_places(&mut self, element: &'d Element) {
        self.at.insert(element.span.start, element);
        for child in element.elements() {
            self.note_places(child);
        }
    }

    /// The element, as written, that begins at `offset`.
    pub(super) fn element_at(&self, offset: usize) -> Option<&'d Element> {
        self.at.get(&offset).copied()
    }

    /// The sections `local` of the standard.
    pub(super) fn sections_named(&self, local: &str) -> impl Iterator<Item = &Placed<'d>> {
        self.sections
            .iter()
            .filter(move |section| standard(section.element) == Some(local))
    }

    /// The hardware of machines.
    pub(super) fn machines(&self) -> impl Iterator<Item = &Hardware<'d>> {
        self.hardware.iter().filter(|hardware| hardware.is_machine)
    }

    /// The devices of all machines.
    pub(super) fn devices(&self) -> impl Iterator<Item = &ItemAt<'d>> {
        self.machines().flat_map(|hardware| &hardware.items)
    }

    /// All items, also those of what collections share.
    pub(super) fn items(&self) -> impl Iterator<Item = &ItemAt<'d>> {
        self.hardware.iter().flat_map(|hardware| &hardware.items)
    }

    /// The disk a host resource names. oVirt names it by the reference to its file.
    pub(super) fn disk_behind(&self, resource: &str) -> Option<&'d Element> {
        match HostResource::parse(resource) {
            Some(HostResource::Disk(id)) => self.disk_of.get(id.as_str()).copied(),
            _ => None,
        }
    }

    /// The file of a disk, if it names one that there is.
    pub(super) fn file_behind(&self, disk: &Element) -> Option<&'d Element> {
        self.file_of.get(file_ref(disk)?).copied()
    }

    /// Every element of the standard below the root, with what it stands in. What is
    /// in an element of another namespace is that one's own.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&'d Element, &'d Element)) {
        fn inside<'d>(parent: &'d Element, visit: &mut dyn FnMut(&'d Element, &'d Element)) {
            for child in parent.elements() {
                visit(child, parent);
                if standard(child).is_some() {
                    inside(child, visit);
                }
            }
        }
        inside(self.root, visit);
    }
}

/// The devices of a hardware section, in document order.
fn items(section: &Element) -> Vec<ItemAt<'_>> {
    let all = section.elements().filter(|child| {
        matches!(
            standard(child),
            Some("Item" | "StorageItem" | "EthernetPortItem")
        )
    });
    let item = |element| {
        let own = |name| member(element, name).map(|member: &Element| member.text());
        let trimmed = |text: String| text.trim_ascii().to_owned();
        let resources = members(element, "HostResource").map(|member| trimmed(member.text()));
        ItemAt {
            element,
            id: own("InstanceID").map(trimmed).unwrap_or_default(),
            kind: own("ResourceType").and_then(|text| text.trim_ascii().parse().ok()),
            parent: own("Parent")
                .map(trimmed)
                .filter(|parent| !parent.is_empty()),
            configurations: attr(element, "configuration")
                .unwrap_or_default()
                .split_ascii_whitespace()
                .collect(),
            bound: match attr(element, "bound").unwrap_or_default() {
                "normal" => "",
                other => other,
            },
            resources: resources.filter(|text| !text.is_empty()).collect(),
        }
    };
    all.map(item).collect()
}

/// The local name of an element of the standard.
pub(super) fn standard(element: &Element) -> Option<&str> {
    (element.name.ns == ENVELOPE_1).then_some(&*element.name.local)
}

/// The attribute `local` in any namespace, as vendors' elements have it.
pub(super) fn attr_anywhere<'e>(element: &'e Element, local: &str) -> Option<&'e str> {
    let found = element
        .attributes
        .iter()
        .find(|(name, _)| name.local == local);
    found.map(|(_, value)| value.as_str())
}

/// The children `local` of the standard.
pub(super) fn children<'e>(
    element: &'e Element,
    local: &'static str,
) -> impl Iterator<Item = &'e Element> {
    element
        .elements()
        .filter(move |child| standard(child) == Some(local))
}

/// The first child `local` of the standard.
pub(super) fn child<'e>(element: &'e Element, local: &'static str) -> Option<&'e Element> {
    children(element, local).next()
}

/// The members `local` of a device, in whichever of the classes of CIM.
pub(super) fn members<'e>(element: &'e Element, local: &str) -> impl Iterator<Item = &'e Element> {
    element
        .elements()
        .filter(move |child| is_member(child) && child.name.local == local)
}

/// The first member `local` of a device.
pub(super) fn member<'e>(element: &'e Element, local: &str) -> Option<&'e Element> {
    members(element, local).next()
}

/// Whether the element is a member of a class of devices. The model has one namespace for
/// all of them.
pub(super) fn is_member(element: &Element) -> bool {
    element.name.ns == RASD
}

/// The reference of a disk to its file; an empty one is none.
pub(super) fn file_ref(disk: &Element) -> Option<&str> {
    attr(disk, "fileRef").filter(|id| !id.is_empty())
}

/// Whether a platform may do without `element`.
pub(super) fn is_optional(element: &Element) -> bool {
    let value = attr(element, "required").map(str::trim_ascii);
    value.is_some_and(|value| value == "0" || value.eq_ignore_ascii_case("false"))
}
