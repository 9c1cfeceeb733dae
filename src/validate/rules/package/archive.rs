//! The archive: its form, the order of its members, its end.

use std::collections::HashSet;
use std::path::Path;

use super::{Rule, Sink, shown};
use crate::ova::header::{Dialect, Kind};
use crate::ova::reader::Ending;
use crate::ova::role::Role;
use crate::validate::document::{children, file_ref};
use crate::validate::scene::Scene;
use crate::xml::Element;

/// Sizes from here on do not fit the octal digits of ustar (POSIX.1-1988).
const USTAR_LIMIT: u64 = 1 << 33;
/// Real descriptors have kilobytes; VMware Cloud Director takes 12 MB.
const LARGE_DESCRIPTOR: u64 = 10 << 20;

pub(in crate::validate::rules) const RULES: &[Rule] = &[
    Rule::error("PKG-001", "the package does not have one descriptor")
        .reference("DSP0243 1.1 §5.1, §5.3")
        .why("importers look for one `*.ovf`; of several, some take the first and virt-v2v gives up")
        .help("put one descriptor into each package")
        .around(descriptors),
    Rule::error("PKG-002", "the package has several manifests or certificates")
        .reference("DSP0243 1.1 §5.1")
        .why("importers verify one of them, and which one differs")
        .help("leave in the ones that have the descriptor's name")
        .around(seals),
    Rule::error("PKG-003", "the manifest or certificate has another name than the descriptor")
        .reference("DSP0243 1.1 §5.1")
        .why("importers look for them by the descriptor's name, and verify nothing if there is none")
        .help("give it the descriptor's name with the ending `.mf` or `.cert`")
        .fixable()
        .around(seal_names),
    Rule::error("PKG-004", "there is a certificate and no manifest")
        .reference("DSP0243 1.1 §5.1; practice of VirtualBox")
        .why("the signature is one of the manifest; VirtualBox refuses the package")
        .help("fetch the package again, or take the certificate out")
        .around(lone_certificate),
    Rule::error("PKG-005", "the archive is inside something else")
        .reference("DSP0243 1.1 §5.3")
        .why("an OVA is a plain tar archive; of the importers only virt-v2v unwraps one")
        .help("unwrap it, and name it `*.ova`")
        .fixable()
        .around(wrapped),
    Rule::warning("PKG-005a", "the name of the archive does not end in `.ova`")
        .reference("DSP0243 1.1 §5.3")
        .why("importers and their dialogues choose by the ending")
        .help("rename the file")
        .around(ending_of_name),
    Rule::error("PKG-006", "the archive has extended (PAX) headers")
        .reference("DSP0243 1.1 §5.3; POSIX ustar; practice of VMware")
        .why("VMware's importers take an extended header for a member, and find no descriptor in front")
        .help("pack it anew as ustar: `tar --format=ustar`")
        .fixable()
        .around(pax),
    Rule::warning("PKG-006a", "the headers of the archive are not those of ustar")
        .reference("DSP0243 1.1 §5.3; POSIX ustar")
        .why("the standard asks for ustar; most importers read GNU's and older headers too")
        .help("pack it anew as ustar: `tar --format=ustar`")
        .fixable()
        .around(dialects),
    Rule::error("PKG-007", "the descriptor is not the first member")
        .reference("DSP0243 1.1 §5.3")
        .why("importers that read the package as it comes in need it first; VMware's refuse the package")
        .help("pack it anew with the descriptor in front")
        .fixable()
        .around(first),
    Rule::error("PKG-008", "the manifest or certificate stands where none may stand")
        .reference("DSP0243 1.1 §5.3")
        .why("they follow the descriptor or end the archive, manifest first; readers of streams look nowhere else")
        .help("pack it anew in order")
        .fixable()
        .around(seal_places),
    Rule::error("PKG-009", "the members are not in the order of References")
        .reference("DSP0243 1.1 §5.3")
        .why("who imports a stream gets a file when another is expected")
        .help("pack it anew in order")
        .fixable()
        .around(order),
    Rule::warning("PKG-010", "a translation stands behind a disk")
        .reference("DSP0243 1.1 §5.3")
        .why("translations come first, so that texts can be shown before disks are read")
        .help("list the files of translations first in References, and pack the archive anew")
        .around(bundles),
    Rule::error("PKG-015", "a member of the archive is no plain file")
        .reference("DSP0243 1.1 §5.3; security of importers")
        .why("a link or a device could make an importer read or write somewhere else")
        .help("pack it anew with the files themselves")
        .around(kinds),
    Rule::warning("PKG-018", "a member is larger than ustar can tell")
        .reference("POSIX ustar")
        .why("8 GiB and more need a number GNU invented, which older importers do not read")
        .help("cut the file in chunks (`ovf:chunkSize`) if an importer refuses it")
        .around(huge),
    Rule::error("PKG-019", "the archive is damaged")
        .reference("DSP0243 1.1 §5.3; POSIX ustar")
        .why("what follows the damage is lost to every importer")
        .help("fetch the package again")
        .around(damage),
    Rule::warning("PKG-019a", "the archive does not end as it has to")
        .reference("POSIX ustar")
        .why("two blocks of zeros end an archive; without them it may have been cut off, and what follows them nobody reads")
        .help("fetch the package again, or pack it anew")
        .fixable()
        .around(end),
    Rule::info("PKG-027", "the descriptor is very large")
        .reference("practice of VMware Cloud Director")
        .why("some importers have a limit")
        .help("put icons and translations into files")
        .around(large),
];

fn descriptors(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if !scene.is_archive() {
        return;
    }
    let mut all = scene.package.with_role(Role::Descriptor);
    match all.next() {
        // What is behind the damage is not known.
        None if scene.package.damage.is_none() => sink.package("has no `*.ovf`"),
        None => {}
        Some(_) => all.for_each(|(number, _)| sink.member(number, "one more descriptor")),
    }
}

fn seals(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (role, label) in [
        (Role::Manifest, "one more manifest"),
        (Role::Certificate, "one more certificate"),
    ] {
        let further = scene.package.with_role(role).skip(1);
        further.for_each(|(number, _)| sink.member(number, label));
    }
}

/// A path without its ending.
fn stem(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

fn seal_names(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let path = |number: usize| scene.member(number).stored.path.as_ref().ok();
    let Some(descriptor) = scene.descriptor.and_then(path) else {
        return;
    };
    for role in [Role::Manifest, Role::Certificate] {
        if let Some(number) = scene.package.first(role)
            && let Some(own) = path(number)
            && stem(own.as_str()) != stem(descriptor.as_str())
        {
            sink.member(number, format!("the descriptor is `{descriptor}`"));
        }
    }
}

fn lone_certificate(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let manifest = scene.package.first(Role::Manifest);
    if let (Some(number), None) = (scene.package.first(Role::Certificate), manifest) {
        sink.member(number, "");
    }
}

fn wrapped(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let Some(wrapper) = scene.package.wrapper {
        sink.package(format!("is wrapped in {wrapper}"));
    }
}

fn ending_of_name(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let name = scene.package.file_name.as_deref();
    if let (true, Some(name), None) = (scene.is_archive(), name, scene.package.wrapper)
        && Path::new(name).extension() != Some("ova".as_ref())
    {
        sink.package(format!("is called `{}`", shown(name)));
    }
}

fn pax(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, member) in scene.package.members.iter().enumerate() {
        if member.stored.dialect == Dialect::Pax {
            sink.member(number, "has an extended header");
        }
    }
}

fn dialects(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let found = scene.package.members.iter().enumerate();
    let mut others = found.filter(|(_, member)| {
        let dialect = member.stored.dialect;
        // GNU's number is the only way to tell a size beyond ustar's.
        let needed = dialect == Dialect::Gnu && member.stored.size >= USTAR_LIMIT;
        matches!(dialect, Dialect::V7 | Dialect::Gnu) && !needed
    });
    if let Some((number, member)) = others.next() {
        let dialect = member.stored.dialect.name();
        let label = match others.count() {
            0 => format!("has a header of {dialect}"),
            more => format!("has a header of {dialect}, and so have {more} more"),
        };
        sink.member(number, label);
    }
}

fn first(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let (true, Some(number)) = (scene.is_archive(), scene.descriptor)
        && number > 0
    {
        let before = &scene.member(0).stored.name;
        sink.member(number, format!("stands behind `{}`", shown(before)));
    }
}

fn seal_places(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if !scene.is_archive() {
        return;
    }
    // Leftovers and directories are told of by others.
    let mut files = scene
        .files()
        .map(|(number, one)| (number, one.stored.role()));
    let _ = files.find(|(_, role)| *role == Role::Descriptor);
    let rest: Vec<_> = files.collect();
    let is_seal = |(_, role): &(usize, Role)| matches!(role, Role::Manifest | Role::Certificate);
    let places: Vec<_> = (0..rest.len()).filter(|at| is_seal(&rest[*at])).collect();
    let (all, count) = (rest.len(), places.len());
    let together = places.iter().copied().eq(0..count);
    if !together && !places.iter().copied().eq(all - count..all) {
        let inner = places.iter().find(|at| **at >= count && **at < all - count);
        let (at, label) = match (inner, places.last()) {
            (Some(at), _) => (*at, "stands between other files"),
            (None, Some(last)) => (*last, "stands apart from the other one"),
            (None, None) => return,
        };
        sink.member(rest[at].0, label);
    }
    let of = |role| rest.iter().position(|(_, found)| *found == role);
    if let (Some(manifest), Some(certificate)) = (of(Role::Manifest), of(Role::Certificate))
        && certificate < manifest
    {
        sink.member(rest[manifest].0, "stands behind the certificate");
    }
}

fn order(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if !scene.is_archive() {
        return;
    }
    let mut last = 0;
    for reference in &scene.references {
        for number in &reference.members {
            if *number < last {
                let label = format!(
                    "stands before `{}`, which References lists earlier",
                    shown(&scene.member(last).stored.name)
                );
                sink.member(*number, label);
            }
            last = last.max(*number);
        }
    }
}

fn bundles(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(document) = scene.document.filter(|_| scene.is_archive()) else {
        return;
    };
    let bundles: HashSet<_> = children(document.root, "Strings")
        .filter_map(file_ref)
        .filter_map(|id| Some(document.file_of.get(id)?.span.start))
        .collect();
    let is_bundle = |element: &Element| bundles.contains(&element.span.start);
    let mut files = scene.references.iter();
    // From the first file that is something else on, no translation may come.
    files.by_ref().find(|file| !is_bundle(file.element));
    for file in files.filter(|file| is_bundle(file.element)) {
        sink.on(file.element, "href", "");
    }
}

fn kinds(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, member) in scene.package.members.iter().enumerate() {
        let kind = member.stored.kind;
        if !matches!(kind, Kind::File | Kind::Directory) {
            sink.member(number, format!("is {}", kind.name()));
        }
    }
}

fn huge(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if !scene.is_archive() {
        return;
    }
    for (number, member) in scene.files() {
        let size = member.stored.size;
        if size >= USTAR_LIMIT {
            sink.member(number, format!("has {size} bytes"));
        }
    }
}

fn damage(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let Some(error) = &scene.package.damage {
        let offset = error.place().offset;
        let at = offset.map_or(String::new(), |at| format!(", at byte {at} ({at:#x})"));
        sink.package(format!("{}{at}", error.message()));
    }
}

fn end(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(end) = scene.package.end else {
        return;
    };
    match end.ending {
        Ending::Whole => {}
        Ending::Short => sink.package("ends with one block of zeros"),
        Ending::Missing => sink.package("ends with no block of zeros"),
    }
    if let Some(at) = end.trailing {
        sink.package(format!("something follows its end, at byte {at} ({at:#x})"));
    }
}

fn large(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let Some(number) = scene.descriptor {
        let size = scene.member(number).stored.size;
        if size > LARGE_DESCRIPTOR {
            sink.member(number, format!("has {size} bytes"));
        }
    }
}
