//! What is around a descriptor, for people.

use crate::base::units::{human, some_of};
use crate::ops::info::{Form, ManifestView, PackageMemberView, PackageView};
use crate::ova::header::Kind;
use crate::ova::reader::Ending;

use super::text::Page;

/// The most names of a list that are shown.
const MAX_NAMES: usize = 5;

/// The sections about `package`.
pub(super) fn package(page: &mut Page, package: &PackageView) {
    let members: Vec<_> = package.members.iter().map(member).collect();
    page.table("members", &members);
    page.blank();
    page.line("package");
    page.fact("form", &form(package));
    page.fact("manifest", &manifest(package.manifest.as_ref()));
    let signature = match &package.certificate {
        Some(certificate) => format!("{certificate}, not verified"),
        None => "none".to_owned(),
    };
    page.fact("signature", &signature);
}

fn member(member: &PackageMemberView) -> Vec<String> {
    let kind = match member.kind {
        Kind::File => String::new(),
        kind => kind.name().to_owned(),
    };
    vec![member.name.clone(), human(member.size), kind]
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
