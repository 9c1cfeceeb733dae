//! What is of no standard: vendors' sections, elements and attributes.

use super::{Document, Editions, Rule, Sink, TEXTS, shown};
use crate::envelope::EnvelopeError;
use crate::validate::document::{Around, attr, child, is_member, is_optional, standard};
use crate::xml::names::{ENVELOPE_1, VBOX, VMW};
use crate::xml::{Element, UNDECLARED};

/// Parts of the namespaces of vendors whose sections importers know, or know to pass over.
const VENDORS: [&str; 6] = [
    "vmware.com",
    "virtualbox.org",
    "ovirt.org",
    "citrix.com",
    "dmtf.org",
    "cisco.com",
];

/// Elements that take nothing of vendors, besides those of text.
const CLOSED: [&str; 6] = [
    "Network",
    "Property",
    "Icon",
    "Configuration",
    "Strings",
    "InstanceCount",
];

pub(super) const RULES: &[Rule] = &[
    Rule::warning("EXT-001", "a vendor's section has no Info")
        .reference("DSP0243 1.1 §7.3")
        .why("whoever does not know the section has nothing to show for it")
        .help("write `Info` as the first element; it may be empty")
        .fixable()
        .check(info),
    Rule::info("EXT-002", "a vendor's section is required")
        .reference("DSP0243 1.1 §7.3")
        .why("a platform that does not know it has to refuse the package")
        .help("write `ovf:required=\"false\"` if the machine works without it")
        .fixable()
        .check(required),
    Rule::warning("EXT-002a", "a section of an unknown vendor is required")
        .reference("DSP0243 1.1 §7.3")
        .why("hardly any platform knows it, and others have to refuse the package")
        .help("write `ovf:required=\"false\"` if the machine works without it")
        .check(required_unknown),
    Rule::error("EXT-003", "an element of a vendor stands between those of the standard")
        .reference("DSP0243 1.1 §7.3")
        .why("it has to come last, so a reader by the schema stops at it; importers do not mind")
        .help("move it to the end")
        .strict()
        .fixable()
        .check(order),
    Rule::info("EXT-004", "a vendor's element in a section is required")
        .reference("DSP0243 1.1 §7.3")
        .why("a platform that does not know it has to refuse the package; VMware's own appliances have such")
        .help("write `ovf:required=\"false\"` if the machine works without it")
        .fixable()
        .check(required_children),
    Rule::warning("EXT-005", "an attribute of a vendor has no namespace")
        .reference("DSP0243 1.1 §7.3")
        .why("it may clash with one of the standard that a reader takes without its prefix")
        .help("give it a namespace")
        .check(bare_attributes),
    Rule::warning("EXT-006", "there is an attribute the standard does not have in its namespace")
        .reference("DSP0243 1.1 §7.3")
        .why("importers pass over it, so what it says has no effect")
        .help("correct the name, or use the namespace of whoever reads it")
        .check(unknown_attributes),
    Rule::warning("EXT-006a", "there is an optional element the standard does not have in its namespace")
        .reference("DSP0243 1.1 §7.3")
        .why("importers pass over it, so what it says has no effect")
        .help("correct the name, or use a namespace of your own")
        .check(optional_elements),
    Rule::info("EXT-009", "VirtualBox' own account of the machine is required")
        .reference("practice of VirtualBox")
        .why("others have to refuse it; VirtualBox reads it in the place of the hardware section")
        .help("write `ovf:required=\"false\"`, or remove `vbox:Machine`")
        .fixable()
        .check(vbox),
    Rule::warning("EXT-011", "a prefix is not declared")
        .reference("Namespaces in XML 1.0 §5")
        .why("most XML parsers stop; OVF Tool reads on")
        .help("declare it with `xmlns:`, or remove what uses it")
        .fixable()
        .check(undeclared),
    Rule::error("EXT-011a", "the prefix `ovf` is not declared")
        .reference("Namespaces in XML 1.0 §5; DSP0243 1.1 §7.1")
        .why("nothing of the standard can be found")
        .help("write `xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\"` on the root")
        .fixable()
        .check(undeclared_ovf),
    Rule::warning("EXT-011b", "an attribute of VMware has the prefix of the standard")
        .reference("practice of VMware")
        .why("vSphere looks for `vmw:osType`, and finds none")
        .help("write the prefix `vmw:`")
        .fixable()
        .check(vmware_attributes),
    Rule::error("EXT-012", "an element of a vendor is where none may be")
        .reference("DSP0243 1.1 §7.3")
        .why("the element around it takes none; importers do not mind")
        .help("move it to the end of the section, or write attributes")
        .strict()
        .check(closed),
    Rule::error("EXT-013", "an element has no namespace")
        .reference("DSP0243 1.1 §7.3")
        .why("the schema lets vendors' elements stand only in namespaces of their own; importers do not mind")
        .help("give it a namespace")
        .only(Editions::Standard)
        .strict()
        .check(no_namespace),
    Rule::error("EXT-015", "there is an element the standard does not have in its namespace")
        .reference("DSP0243 1.1 §7.3")
        .why("what is unknown has to be understood unless it says otherwise, so OVF Tool refuses the package")
        .help("correct the name, or write `ovf:required=\"false\"` on it")
        .check(unknown_elements),
    Rule::warning("ENV-007", "an element of the envelope is neither of the standard nor a section")
        .reference("DSP0243 1.1 §7.3")
        .why("sections alone may be added there, which begin with `Info`")
        .help("move it into a section")
        .check(no_section),
    Rule::info("ENV-013a", "an element of a virtual system is neither of the standard nor a section")
        .reference("DSP0243 1.1 §7.3")
        .why("sections alone may be added there, which begin with `Info`")
        .help("move it into a section")
        .check(no_system_section),
];

/// The elements of vendors where sections are.
fn foreign<'d>(document: &Document<'d>) -> impl Iterator<Item = (&'d Element, Around)> {
    let all = document
        .sections
        .iter()
        .map(|section| (section.element, section.around));
    all.filter(|(element, _)| standard(element).is_none())
}

/// Whether it is a section, by its name or its first element.
fn is_section(element: &Element) -> bool {
    let info = element
        .elements()
        .next()
        .is_some_and(|first| standard(first) == Some("Info"));
    info || element.name.local.ends_with("Section")
}

fn info(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, _) in foreign(document).filter(|(section, _)| is_section(section)) {
        if child(section, "Info").is_none() {
            sink.at(section, "has no `Info`");
        }
    }
}

fn is_known_vendor(element: &Element) -> bool {
    VENDORS
        .iter()
        .any(|vendor| element.name.ns.contains(vendor))
}

fn required(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, _) in foreign(document).filter(|(section, _)| is_section(section)) {
        if !is_optional(section) && is_known_vendor(section) {
            sink.at(section, "");
        }
    }
}

fn required_unknown(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, _) in foreign(document).filter(|(section, _)| is_section(section)) {
        if !is_optional(section) && !is_known_vendor(section) {
            sink.at(section, "");
        }
    }
}

fn order(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, _| {
        let sections = matches!(
            standard(element),
            None | Some("VirtualSystem" | "VirtualSystemCollection")
        );
        if sections {
            return;
        }
        let mut stray = None;
        for child in element.elements() {
            if standard(child).is_none() && !is_cim(child) {
                stray = stray.or(Some(child));
            } else if let Some(stray) = stray.take() {
                sink.at(stray, "comes too early");
                return;
            }
        }
    });
}

/// Whether the element is of a class of CIM.
pub(in crate::validate) fn is_cim(element: &Element) -> bool {
    is_member(element) || element.name.ns.contains("/cim-schema/")
}

fn required_children(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, parent| {
        let section = standard(parent)
            .is_some_and(|local| local.ends_with("Section") || local.ends_with("Item"))
            // What the standard borrows from XML Encryption.
            && standard(parent) != Some("EncryptionSection");
        let vendors = standard(element).is_none() && !is_cim(element);
        if section && vendors && !is_optional(element) {
            sink.at(element, "");
        }
    });
}

/// The attributes of the standard, of all editions.
pub(super) const ATTRIBUTES: [&str; 48] = [
    "id",
    "href",
    "size",
    "compression",
    "chunkSize",
    "required",
    "msgid",
    "diskId",
    "fileRef",
    "capacity",
    "capacityAllocationUnits",
    "format",
    "populatedSize",
    "parentRef",
    "readOnly",
    "name",
    "transport",
    "configuration",
    "bound",
    "version",
    "class",
    "instance",
    "key",
    "type",
    "value",
    "qualifiers",
    "userConfigurable",
    "password",
    "height",
    "width",
    "mimeType",
    "default",
    "order",
    "startDelay",
    "stopDelay",
    "startAction",
    "stopAction",
    "waitingForGuest",
    "initialBootStopDelay",
    "minimum",
    "maximum",
    "policy",
    "group",
    "path",
    // VMware puts those of a group of devices there.
    "groupInstanceKey",
    "deviceGroupName",
    "label",
    "summary",
];

fn unknown_attributes(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, _| {
        for (name, _) in &element.attributes {
            let own = name.ns == ENVELOPE_1 && standard(element).is_some();
            if own && !ATTRIBUTES.contains(&&*name.local) && name.local != "osType" {
                let label = format!("there is no `ovf:{}`", shown(&name.local));
                sink.on(element, &name.local, label);
            }
        }
    });
}

fn bare_attributes(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, _| {
        let given = element
            .attributes
            .iter()
            .filter(|(name, _)| name.ns.is_empty());
        for (name, _) in given.filter(|_| standard(element).is_some()) {
            if !ATTRIBUTES.contains(&&*name.local) {
                sink.on(element, &name.local, "");
            }
        }
    });
}

/// The elements in the namespace of the standard that the model does not know.
fn unknown<'d>(document: &Document<'d>) -> Vec<&'d Element> {
    let mut found: Vec<&Element> = Vec::new();
    for fault in document.faults {
        if let EnvelopeError::UnknownElement {
            offset, element, ..
        } = fault
            && element.starts_with("ovf:")
            // Kept without being looked into; networks have a rule for them.
            && !element.starts_with("ovf:NetworkPortProfile")
        {
            found.extend(document.element_at(*offset));
        }
    }
    let sections = document.sections.iter().map(|section| section.element);
    let unknown_section =
        |element: &&Element| standard(element).is_some_and(|local| !SECTIONS.contains(&local));
    found.extend(
        sections
            .filter(unknown_section)
            .filter(|one| !is_strings(one)),
    );
    found
}

fn is_strings(element: &Element) -> bool {
    standard(element) == Some("Strings")
}

/// The sections of the standard, of all editions.
const SECTIONS: [&str; 20] = [
    "DiskSection",
    "NetworkSection",
    "DeploymentOptionSection",
    "SharedDiskSection",
    "PlacementGroupSection",
    "EncryptionSection",
    "VirtualHardwareSection",
    "OperatingSystemSection",
    "InstallSection",
    "EnvironmentFilesSection",
    "BootDeviceSection",
    "PlacementSection",
    "ProductSection",
    "EulaSection",
    "AnnotationSection",
    "ResourceAllocationSection",
    "StartupSection",
    "ScaleOutSection",
    // Typed by `xsi:type`, which has a rule of its own.
    "Section",
    "Content",
];

fn is_written_optional(element: &Element) -> bool {
    let given = element.attributes.iter();
    let mut required = given.filter(|(name, _)| name.local == "required");
    required.any(|(_, value)| matches!(value.trim_ascii(), "false" | "0"))
}

fn optional_elements(document: &Document<'_>, sink: &mut Sink<'_>) {
    for element in unknown(document)
        .into_iter()
        .filter(|one| is_written_optional(one))
    {
        sink.at(element, "");
    }
}

fn unknown_elements(document: &Document<'_>, sink: &mut Sink<'_>) {
    for element in unknown(document)
        .into_iter()
        .filter(|one| !is_written_optional(one))
    {
        sink.at(
            element,
            format!("`{}` is unknown here", shown(&element.name.local)),
        );
    }
}

fn vbox(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (element, _) in foreign(document) {
        if element.name.ns == VBOX && element.name.local == "Machine" && !is_optional(element) {
            sink.at(element, "");
        }
    }
}

fn undeclared(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (prefix, place) in document
        .undeclared
        .iter()
        .filter(|(prefix, _)| prefix != "ovf")
    {
        sink.span(
            *place..*place + prefix.len(),
            format!("`{}`", shown(prefix)),
        );
    }
}

fn undeclared_ovf(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (prefix, place) in document
        .undeclared
        .iter()
        .filter(|(prefix, _)| prefix == "ovf")
    {
        sink.span(*place..*place + prefix.len(), "used here first");
    }
}

fn vmware_attributes(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("OperatingSystemSection") {
        let of_vmware = section
            .element
            .attributes
            .iter()
            .any(|(name, _)| name.ns == VMW);
        if attr(section.element, "osType").is_some() && !of_vmware {
            sink.on(section.element, "osType", "");
        }
    }
}

fn closed(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, parent| {
        let within =
            standard(parent).is_some_and(|local| CLOSED.contains(&local) || TEXTS.contains(&local));
        if within && standard(element).is_none() {
            sink.at(element, format!("within `{}`", shown(&parent.name.local)));
        }
    });
}

fn no_namespace(document: &Document<'_>, sink: &mut Sink<'_>) {
    document.each(&mut |element, _| {
        if element.name.ns.is_empty() {
            sink.at(element, "");
        }
    });
}

fn no_section(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (element, around) in foreign(document) {
        if around == Around::Envelope && !is_section(element) {
            let undeclared = element.name.ns.starts_with(UNDECLARED);
            sink.at(
                element,
                if undeclared {
                    "its prefix is not declared"
                } else {
                    ""
                },
            );
        }
    }
}

fn no_system_section(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (element, around) in foreign(document) {
        if around != Around::Envelope && !is_section(element) {
            sink.at(element, "");
        }
    }
}
