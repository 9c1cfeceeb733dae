//! What is around a descriptor, for people.

use std::fmt::Write as _;

use crate::base::units::{human, some_of};
use crate::disk::vhdx::Summary;
use crate::ops::info::{DigestView, Form, ManifestView, PackageMemberView, PackageView};
use crate::ova::header::Kind;
use crate::ova::reader::Ending;

use super::text::Page;

/// The most names of a list that are shown.
const MAX_NAMES: usize = 5;
/// The digits of a digest that are shown.
const DIGITS: usize = 16;

/// The sections about `package`.
pub(super) fn package(page: &mut Page, package: &PackageView) {
    let members: Vec<_> = package.members.iter().map(member).collect();
    page.table("members", &members);
    let disks: Vec<_> = package.members.iter().filter_map(disk).collect();
    page.table("disk files", &disks);
    page.blank();
    page.line("package");
    page.fact("form", &form(package));
    page.fact("manifest", &manifest(package.manifest.as_ref()));
    page.fact("signature", &signature(package));
}

fn member(member: &PackageMemberView) -> Vec<String> {
    let about = match (member.kind, &member.digest) {
        (Kind::File, Some(digest)) => shortened(digest),
        (Kind::File, None) => String::new(),
        (kind, _) => kind.name().to_owned(),
    };
    vec![member.name.clone(), human(member.size), about]
}

/// The first digits of a digest, which tell one file from another; the JSON has all.
fn shortened(digest: &DigestView) -> String {
    let digits = digest.digest.get(..DIGITS).unwrap_or(&digest.digest);
    let verdict = match digest.holds {
        Some(true) => ", as the manifest says",
        Some(false) => ", listed, which the file does not have",
        None => "",
    };
    format!("{} {digits}…{verdict}", digest.algorithm)
}

/// The disks among the members, as far as they were looked at.
fn disk(member: &PackageMemberView) -> Option<Vec<String>> {
    let disk = member.disk.as_ref()?;
    let mut parts = vec![member.name.clone()];
    parts.push(match &disk.variant {
        Some(variant) => format!("{}, {variant}", disk.format),
        None => disk.format.to_string(),
    });
    parts.push(disk.capacity.map_or_else(String::new, human));
    parts.extend(disk.vhdx.as_ref().map(vhdx));
    if let Some(data) = disk.data {
        let ratio = tenths(data, member.size);
        parts.push(format!("{} of data, {ratio}", human(data)));
    }
    match (&disk.fault, disk.sound) {
        (Some(fault), _) => parts.push(fault.clone()),
        (None, Some(true)) => parts.push("sound".to_owned()),
        (None, Some(false)) => parts.push("faulty: see `ovfkit validate --deep`".to_owned()),
        (None, None) => {}
    }
    Some(parts)
}

/// What a VHDX says of itself besides.
fn vhdx(summary: &Summary) -> String {
    let mut text = format!(
        "blocks of {}, sectors of {} bytes ({} below)",
        human(summary.block_size),
        summary.logical_sector_size,
        summary.physical_sector_size
    );
    if let Some(parent) = &summary.parent {
        let _ = write!(text, ", on {parent}");
    }
    if summary.dirty_log {
        text.push_str(", not closed cleanly");
    }
    text
}

/// How many times larger `data` is than the file of `size` that holds it.
fn tenths(data: u64, size: u64) -> String {
    let tenths = u128::from(data) * 10 / u128::from(size.max(1));
    format!("{}.{}:1", tenths / 10, tenths % 10)
}

fn signature(package: &PackageView) -> String {
    let Some(certificate) = &package.certificate else {
        return "none".to_owned();
    };
    let Some(signature) = &package.signature else {
        return format!("{certificate}, not looked at");
    };
    let verdict = match signature.intact {
        Some(true) => "fits the manifest",
        Some(false) => "does not fit the manifest",
        None => "cannot be compared with the manifest",
    };
    format!("{certificate}, {verdict}, by {}", signature.subject)
}

fn form(package: &PackageView) -> String {
    let mut parts = Vec::new();
    match package.form {
        Form::Ovf => parts.push("OVF, files beside the descriptor".to_owned()),
        Form::Ova => {
            let dialects: Vec<_> = package.dialects.iter().map(|one| one.name()).collect();
            parts.push(format!("OVA, tar ({})", dialects.join(", ")));
        }
    }
    parts.extend(package.wrapper.map(|wrapper| format!("in {wrapper}")));
    match package.ending {
        Some(Ending::Missing) => parts.push("without an end mark".to_owned()),
        Some(Ending::Short) => parts.push("with half an end mark".to_owned()),
        Some(Ending::Whole) | None => {}
    }
    let trailing = package.trailing;
    parts.extend(trailing.map(|offset| format!("followed by something from byte {offset}")));
    parts.join(", ")
}

fn manifest(manifest: Option<&ManifestView>) -> String {
    let Some(manifest) = manifest else {
        return "none".to_owned();
    };
    let mut parts = vec![manifest.name.clone()];
    match manifest.algorithms.as_slice() {
        [] => parts.push("empty".to_owned()),
        algorithms => parts.push(algorithms.join(", ").to_uppercase()),
    }
    if manifest.complete {
        parts.push("lists every member".to_owned());
    }
    if !manifest.unlisted.is_empty() {
        parts.push(format!(
            "does not list {}",
            some_of(&manifest.unlisted, MAX_NAMES)
        ));
    }
    if !manifest.missing.is_empty() {
        parts.push(format!(
            "lists {} in vain",
            some_of(&manifest.missing, MAX_NAMES)
        ));
    }
    parts.join(", ")
}
