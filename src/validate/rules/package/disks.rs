//! What the descriptor says of its disks, against the disks.

use super::{Rule, Sink, shown};
use crate::base::units::{exactly, human};
use crate::disk::kind::Kind as DiskKind;
use crate::ova::chunk::chunk_of;
use crate::validate::document::attr;
use crate::validate::package::{Disk, DiskContent, Form, Member};
use crate::validate::rules::disks::bytes;
use crate::validate::rules::references::{is_gzip, is_named_gzip};
use crate::validate::scene::Scene;
use crate::xml::Element;

pub(in crate::validate::rules) const RULES: &[Rule] = &[
    Rule::error(
        "REF-010",
        "a file is compressed in another way than the descriptor says",
    )
    .reference("DSP0243 1.1 §7.1; RFC 1952")
    .why("importers inflate what is no gzip, or take a compressed disk for a disk")
    .help("write `ovf:compression` as it is, or pack the file anew")
    .fixable()
    .around(compression),
    Rule::error(
        "DSK-013",
        "a disk is of another format than the descriptor says",
    )
    .reference("DSP0243 1.1 §9.1")
    .why("importers choose how to read the disk by `ovf:format`, and fail in the middle of it")
    .help("name the format the file is of, or convert the file")
    .fixable()
    .around(format),
    Rule::warning(
        "DSK-013a",
        "a disk is another variant of its format than the descriptor says",
    )
    .reference("DSP0243 1.1 §9.1; practice of vSphere and AWS")
    .why("vSphere and AWS take streamOptimized alone")
    .help("name the variant the file is of, or convert the file")
    .fixable()
    .around(variant),
    Rule::error("DSK-014", "declared capacity differs from the disk's own")
        .reference("DSP0243 1.1 §9.1")
        .why("virt-v2v and vSphere trust the declaration and fail late, or cut the disk off")
        .help("`ovfkit validate --fix` writes the disk's own")
        .fixable()
        .around(capacity),
    Rule::warning(
        "DSK-030",
        "the declared populated size is far from what the disk holds",
    )
    .reference("DSP0243 1.1 §9.1")
    .why("importers plan the space they need by it")
    .help("write the bytes that are in use, or leave `ovf:populatedSize` out")
    .around(populated),
    Rule::error("DSK-031", "a disk cannot be read")
        .reference("Virtual Disk Format 5.0; qcow2 specification")
        .why("no importer can read it either")
        .help("fetch the package again, or make the disk anew")
        .around(unreadable),
    Rule::info("DSK-032", "a disk is not looked into")
        .reference("formats that are read: docs/formats.md")
        .why("whether all of it can be read was asked for, and is not known")
        .help("convert it, or put its chunks together, and validate the result")
        .around(unseen),
    Rule::warning("DSK-033", "a disk is encrypted")
        .reference("qcow2 specification")
        .why("no importer asks for the secret of a disk: it fails, or makes a machine without content")
        .help("unpack it, and pack it anew with its secret: `ovfkit pack DISK --secret-file FILE`")
        .around(encrypted),
];

/// The disks of the descriptor whose files were looked at.
pub(in crate::validate::rules) fn pairs<'s>(
    scene: &'s Scene<'_>,
) -> impl Iterator<Item = (&'s Element, &'s Disk)> {
    let document = scene.document.into_iter();
    let disks = document.flat_map(|document| document.disks.iter().copied());
    disks.filter_map(|element| {
        let member = scene.member(scene.member_behind(element)?);
        Some((element, member.disk.as_ref()?))
    })
}

fn compression(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for reference in &scene.references {
        let [first, ..] = reference.members.as_slice() else {
            continue;
        };
        let member = scene.member(*first);
        let is = member.disk.as_ref().map(|disk| disk.kind) == Some(DiskKind::Gzip);
        let declared = is_gzip(reference.element);
        let meant = is_named_gzip(reference.href);
        if declared && !is && member.stored.size > 0 {
            sink.on(reference.element, "compression", "the file is no gzip");
        } else if is && !declared && !meant {
            sink.on(
                reference.element,
                "href",
                "the file is compressed with gzip",
            );
        }
    }
}

/// The parts of format URIs that tell a kind, in lower case.
const NAMES: [(&str, DiskKind); 5] = [
    ("vmdk", DiskKind::Vmdk),
    ("qcow2", DiskKind::Qcow2),
    ("vhdx", DiskKind::Vhdx),
    ("vhd", DiskKind::Vhd),
    ("vdi", DiskKind::Vdi),
];

fn declared_kind(element: &Element) -> Option<DiskKind> {
    let format = attr(element, "format")?.to_ascii_lowercase();
    let found = NAMES.iter().find(|(name, _)| format.contains(name));
    found.map(|(_, kind)| *kind)
}

fn format(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (element, disk) in pairs(scene) {
        let same = |declared| match disk.kind {
            DiskKind::VmdkDescriptor | DiskKind::EsxVmdk => declared == DiskKind::Vmdk,
            // What is inside is not known.
            DiskKind::Gzip => true,
            kind => declared == kind,
        };
        if let Some(declared) = declared_kind(element)
            && !same(declared)
        {
            sink.on(element, "format", format!("the file is {}", disk.kind));
        }
    }
}

fn variant(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (element, disk) in pairs(scene) {
        let format = attr(element, "format")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let streamed = format.ends_with("#streamoptimized");
        let own = match (disk.kind, &disk.vmdk) {
            (DiskKind::Vmdk, Some(summary)) => summary.create_type.as_deref(),
            (DiskKind::EsxVmdk, _) => Some("vmfsSparse or seSparse"),
            (DiskKind::VmdkDescriptor, _) => Some("a descriptor, with its extents in other files"),
            _ => None,
        };
        if let (true, Some(own)) = (streamed, own)
            && !own.eq_ignore_ascii_case("streamOptimized")
        {
            sink.on(element, "format", format!("the file is {}", shown(own)));
        }
    }
}

fn capacity(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (element, disk) in pairs(scene) {
        if let (Some(declared), Some(own)) = (bytes(element), disk.capacity)
            && declared != own
        {
            let label = format!(
                "{} declared; the disk says {}",
                human(declared),
                exactly(own)
            );
            sink.on(element, "capacity", label);
        }
    }
}

fn populated(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(document) = scene.document else {
        return;
    };
    for element in &document.disks {
        let number = scene.member_behind(element);
        let found = number.and_then(|number| scene.member(number).populated());
        let declared = attr(element, "populatedSize").and_then(|text| text.trim().parse().ok());
        let (Some(found), Some(declared)): (_, Option<u64>) = (found, declared) else {
            continue;
        };
        // An estimate will do (§9.1); half or twice as much is none.
        if declared < found / 2 || declared / 2 > found {
            let label = format!(
                "{} declared; the disk holds {}",
                human(declared),
                exactly(found)
            );
            sink.on(element, "populatedSize", label);
        }
    }
}

/// Whether a member is a chunk of a disk. A disk alone is none, whatever its name.
fn is_part(scene: &Scene<'_>, member: &Member) -> bool {
    let path = member.stored.path.as_ref();
    scene.package.form != Form::Disk && path.is_ok_and(|path| chunk_of(path.as_str()).is_some())
}

fn unseen(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if !scene.package.deep {
        return;
    }
    for (number, member) in scene.files() {
        if let Some(disk) = &member.disk
            && disk.content.is_none()
            && disk.unreadable.is_none()
        {
            let why = match disk.encryption {
                Some(_) => "encrypted".to_owned(),
                None => disk.kind.to_string(),
            };
            sink.member(number, format!("it is {why}"));
        } else if is_part(scene, member) && member.disk.is_some() {
            sink.member(number, "it is a chunk");
        }
    }
}

fn encrypted(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, member) in scene.files() {
        let encryption = member.disk.as_ref().and_then(|disk| disk.encryption);
        if let Some(encryption) = encryption {
            sink.member(number, format!("it is encrypted with {encryption}"));
        }
    }
}

fn unreadable(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, member) in scene.files() {
        let Some(disk) = &member.disk else {
            continue;
        };
        // Chunks are disks together, not alone.
        if is_part(scene, member) {
            continue;
        }
        let fault = match &disk.content {
            Some(DiskContent::Read { fault, .. }) => fault.as_ref(),
            _ => None,
        };
        if let Some(error) = disk.unreadable.as_ref().or(fault) {
            match error.place().offset {
                Some(offset) => sink.byte(number, offset, error.message()),
                None => sink.member(number, error.message()),
            }
        }
    }
}
