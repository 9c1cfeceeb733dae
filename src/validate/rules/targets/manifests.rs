//! What importers make of manifests.

use super::{Importer, Rule, Sink, shown};
use crate::base::digest::Algorithm;
use crate::ova::role::Role;
use crate::validate::rules::package::manifest::missing;
use crate::validate::scene::Scene;
use crate::validate::target::Target;

/// The virtual hardware of ESXi 6.5, the first to read SHA-256.
const FIRST_WITH_SHA256: u8 = 13;
/// The most bytes of a manifest for Cloud Director.
const LONGEST_MANIFEST: usize = 1 << 20;

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-ESX-03", "the digests are of an algorithm hosts before 6.5 do not know")
        .reference("reports of users of vSphere")
        .why("their clients answer that the manifest is invalid")
        .help("have the manifest made anew with SHA-1, or import with a newer client")
        .targets(&[Importer::Vsphere, Importer::Esxi])
        .around(new_digests),
    Rule::error("INT-VCD-06", "the manifest is longer than 1 MB")
        .reference("documentation of Cloud Director")
        .why("Cloud Director reads no longer one")
        .help("ship fewer files, or larger chunks")
        .targets(&[Importer::Vcd])
        .around(long),
    Rule::warning("INT-VBX-10", "VirtualBox does not take a line of the manifest")
        .reference("source of VirtualBox")
        .why("it knows MD5, SHA1, SHA256 and SHA512 in capitals, and no files but those the descriptor refers to")
        .help("have the manifest made anew, of the files in References and the descriptor")
        .targets(&[Importer::VirtualBox])
        .instead_of(&["PKG-106a"])
        .around(virtualbox),
    Rule::info("INT-V2V-05", "virt-v2v passes over a line of the manifest")
        .reference("source of virt-v2v")
        .why("it verifies `SHA1(name)= digest` and `SHA256(name)= digest` in exactly this spelling")
        .help("have the manifest made anew with SHA-256")
        .targets(&[Importer::VirtV2v])
        .around(virt_v2v),
    Rule::error("INT-XEN-03", "the manifest and the members of the package differ")
        .reference("source of XenCenter")
        .why("where there is a manifest, it has to list every file of the package and no other")
        .help("have the manifest made anew, and take out what does not belong to the package")
        .targets(&[Importer::Xen])
        .instead_of(&["PKG-012", "PKG-105", "PKG-106", "PKG-107"])
        .around(xen),
];

fn new_digests(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let hardware = sink.target.and_then(Target::hardware);
    let Some(manifest) = &scene.manifest else {
        return;
    };
    if hardware.is_none_or(|newest| newest >= FIRST_WITH_SHA256) {
        return;
    }
    let mut lines = manifest.lines.iter();
    let found = lines.find_map(|line| {
        let algorithm = line.entry.as_ref()?.algorithm;
        (algorithm != Algorithm::Sha1).then_some((line, algorithm))
    });
    if let Some((line, algorithm)) = found {
        sink.text(manifest.member, &line.span, algorithm.token());
    }
}

fn long(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let Some(manifest) = &scene.manifest
        && manifest.bytes.len() > LONGEST_MANIFEST
    {
        let label = format!("there are {} bytes", manifest.bytes.len());
        sink.member(manifest.member, label);
    }
}

fn virtualbox(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let known = scene.referred();
    for line in &manifest.lines {
        let Some(parts) = line.parts(&manifest.text) else {
            continue;
        };
        let stranger = line.member.is_some_and(|number| {
            let role = scene.member(number).stored.role();
            role == Role::Content && !known.contains(&number)
        });
        if !matches!(parts.token, "MD5" | "SHA1" | "SHA256" | "SHA512") {
            let label = format!("`{}` is unknown", shown(parts.token));
            sink.text(manifest.member, &line.span, label);
        } else if stranger && scene.document.is_some() {
            sink.text(manifest.member, &line.span, "is in no `File`");
        }
    }
}

/// Whether virt-v2v reads the line: an algorithm, a name and a digest, with one blank.
fn is_read(line: &str) -> bool {
    let rest = line
        .strip_prefix("SHA256(")
        .or_else(|| line.strip_prefix("SHA1("));
    let parts = rest.and_then(|rest| rest.rsplit_once(")= "));
    parts.is_some_and(|(name, digest)| {
        let digits = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        !name.is_empty() && !digest.is_empty() && digits
    })
}

fn virt_v2v(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    for line in &manifest.lines {
        if !is_read(line.text(&manifest.text)) {
            sink.text(manifest.member, &line.span, "");
        }
    }
}

fn xen(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let listed = manifest.listed();
    for (number, member) in scene.files() {
        let apart = matches!(member.stored.role(), Role::Manifest | Role::Certificate);
        if !apart && !listed.contains(&number) {
            sink.member(number, "is not in the manifest");
        }
    }
    missing(scene, sink);
}
