//! What several importers stumble over.

use std::collections::HashSet;

use super::{Document, Importer, Rule, Sink, is_blank};
use crate::xml::Element;
use crate::xml::declarations;
use crate::xml::names::{RASD, VSSD};

pub(super) const RULES: &[Rule] = &[
    Rule::warning("ENV-010", "a usual prefix is not bound to its namespace")
        .reference("practice of Proxmox VE and CloudStack")
        .why("they look for `ovf:id`, `rasd:Caption` and the like as text, whatever the namespace")
        .help("declare the prefixes `ovf`, `rasd` and `vssd` on the root, and use them")
        .targets(&[Importer::Proxmox, Importer::CloudStack])
        .check(prefixes),
    Rule::error("DSK-006", "a disk is blank")
        .reference("DSP0243 1.1 §9.1; practice of virt-v2v, Google's importer and oVirt")
        .why("the standard has such disks, but these importers stop at a disk without a file; Proxmox VE leaves it out")
        .help("make an empty image of its capacity and name it as a `File`")
        .targets(&[
            Importer::VirtV2v,
            Importer::Gcp,
            Importer::Ovirt,
            Importer::Proxmox,
        ])
        .milder_for(&[Importer::Proxmox])
        .check(blank),
    Rule::warning("DEP-007", "deployment options are not looked at")
        .reference("practice of VirtualBox, Proxmox VE, virt-v2v, oVirt, forklift and Incus")
        .why("the machine gets the devices of all configurations at once")
        .help("keep the devices of one configuration, and remove the section")
        .targets(&[
            Importer::VirtualBox,
            Importer::Proxmox,
            Importer::VirtV2v,
            Importer::Ovirt,
            Importer::KubeVirt,
            Importer::Incus,
        ])
        .check(options),
    Rule::error("COL-106", "parts of the package are encrypted")
        .reference("DSP0243 2.1 §9.16; practice of all importers")
        .why("none of them decrypts a package; XenCenter knows an encryption of its own")
        .help("ship the package without encryption, and protect the way it takes")
        .targets(&[
            Importer::Vsphere,
            Importer::Esxi,
            Importer::Workstation,
            Importer::Vcd,
            Importer::VirtualBox,
            Importer::VirtV2v,
            Importer::Proxmox,
            Importer::Aws,
            Importer::Gcp,
            Importer::Ovirt,
            Importer::Incus,
            Importer::CloudStack,
            Importer::KubeVirt,
        ])
        .check(encrypted),
];

fn prefixes(document: &Document<'_>, sink: &mut Sink<'_>) {
    let declared = declarations(document.text, document.written);
    let bound = |prefix: &str| {
        let mut own = declared.iter().filter(|(known, _)| known == prefix);
        own.next().map(|(_, uri)| uri.as_str())
    };
    let used = namespaces(document.written);
    let envelope = &*document.written.name.ns;
    for (prefix, uri) in [("ovf", envelope), ("rasd", RASD), ("vssd", VSSD)] {
        if used.contains(uri) && bound(prefix) != Some(uri) {
            sink.at(
                document.written,
                format!("the root does not bind `{prefix}`"),
            );
        }
    }
}

/// The namespaces of the elements in a document.
fn namespaces(root: &Element) -> HashSet<&str> {
    fn within<'d>(element: &'d Element, found: &mut HashSet<&'d str>) {
        found.insert(&element.name.ns);
        for child in element.elements() {
            within(child, found);
        }
    }
    let mut found = HashSet::new();
    within(root, &mut found);
    found
}

fn blank(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document.disks.iter().filter(|disk| is_blank(disk)) {
        sink.at(disk, "has no `ovf:fileRef`");
    }
}

fn options(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("DeploymentOptionSection") {
        sink.at(section.element, "");
    }
}

fn encrypted(document: &Document<'_>, sink: &mut Sink<'_>) {
    fn within(element: &Element, sink: &mut Sink<'_>) {
        for child in element.elements() {
            match &*child.name.local {
                "EncryptionSection" | "EncryptedData" => sink.at(child, ""),
                _ => within(child, sink),
            }
        }
    }
    within(document.written, sink);
}
