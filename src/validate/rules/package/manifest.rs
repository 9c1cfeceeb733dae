//! The manifest: its lines, which files they are about, and whether the digests hold.

use std::collections::{HashMap, HashSet};

use super::{Rule, Sink, shown};
use crate::base::digest::Algorithm;
use crate::ova::manifest::{Entry, algorithm};
use crate::ova::role::Role;
use crate::validate::Editions;
use crate::validate::scene::{LineAt, ManifestAt, Scene};

/// A byte order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

pub(in crate::validate::rules) const RULES: &[Rule] = &[
    Rule::error("PKG-101", "a line of the manifest is none")
        .reference("DSP0243 1.1 §5.1")
        .why("importers refuse a manifest they cannot read")
        .help("write `SHA256(disk.vmdk)= ` and the digest in hexadecimal, or have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(no_lines),
    Rule::warning("PKG-101a", "a line of the manifest is not spelled as the standard has it")
        .reference("DSP0243 1.1 §5.1; practice of ESXi")
        .why("some importers take one spelling alone: `SHA256(name)= digest`")
        .help("have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(spelling),
    Rule::warning("PKG-103", "the digests are SHA-1")
        .only(Editions::V2)
        .reference("DSP0243 2.1 §5.1")
        .why("packages of OVF 2 have SHA-256; SHA-1 can be forged")
        .help("have the manifest made anew with SHA-256")
        .fixable()
        .around(weak),
    Rule::warning("PKG-104", "the digests are of an algorithm few importers read")
        .reference("DSP0243 1.1 §5.1; practice of open-vmdk and virt-v2v")
        .why("SHA-384 and SHA-512 are outside the standard; virt-v2v and others do not verify them")
        .help("have the manifest made anew with SHA-256")
        .around(rare_digests),
    Rule::error("PKG-105", "a file of References is not in the manifest")
        .reference("DSP0243 1.1 §5.1")
        .why("nothing vouches for it, and importers refuse the package")
        .help("have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(unlisted),
    Rule::error("PKG-106", "the manifest lists a file that is not there")
        .reference("DSP0243 1.1 §5.1; practice of VirtualBox")
        .why("the package is not whole, or its manifest another's; VirtualBox refuses it")
        .help("fetch the package again, or have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(missing),
    Rule::warning("PKG-106a", "the manifest lists a file that is not in References")
        .reference("DSP0243 1.1 §5.1")
        .why("importers that read only what the descriptor refers to cannot verify it")
        .help("refer to it, or have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(strangers),
    Rule::warning("PKG-107", "the manifest does not list the descriptor")
        .reference("DSP0243 1.1 §5.1, as its example has it; practice of OVF Tool and COT")
        .why("the descriptor could be changed and nobody would know")
        .help("have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(no_descriptor),
    Rule::error("PKG-108", "the manifest lists itself or the certificate")
        .reference("DSP0243 1.1 §5.1")
        .why("no file can hold its own digest, and the certificate is made after the manifest")
        .help("have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(itself),
    Rule::error("PKG-109", "the manifest lists a file twice with one algorithm")
        .reference("DSP0243 1.1 §5.1")
        .why("of two digests one is wrong, and which one an importer takes differs")
        .help("have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(twice),
    Rule::error("PKG-110", "a digest has the wrong length")
        .reference("DSP0243 1.1 §5.1")
        .why("it is cut off, or of another algorithm than the line says")
        .help("have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(lengths),
    Rule::error("PKG-111", "a file is not the one the manifest tells of")
        .reference("DSP0243 1.1 §5.1")
        .why("it was damaged or changed; importers refuse the package after hours of transfer")
        .help("fetch the package again; if it was changed on purpose, `ovfkit validate --fix` makes the manifest anew")
        .fixable()
        .around(digests),
    Rule::warning("PKG-112", "the manifest spells the name of a file in another way")
        .reference("DSP0243 1.1 §5.1, §7.1")
        .why("importers that compare names as they stand find no digest")
        .help("spell the name as `ovf:href` does")
        .fixable()
        .around(other_names),
    Rule::warning("PKG-113", "the manifest uses several algorithms")
        .reference("practice of virt-v2v and COT")
        .why("they compute one, and take the other lines for wrong or leave them out")
        .help("have the manifest made anew with one")
        .fixable()
        .around(mixed),
    Rule::info("PKG-116", "a name in the manifest holds parentheses")
        .reference("practice of VirtualBox")
        .why("it ends the name at the first `)` with a `=` behind, others at the last")
        .help("rename the file")
        .around(parentheses),
    Rule::warning("PKG-117", "the manifest is not plain lines of UTF-8")
        .reference("DSP0243 1.1 §5.1; practice of importers")
        .why("a byte order mark, carriage returns, blank lines or a last line without an end make some importers refuse it")
        .help("have the manifest made anew: `ovfkit validate --fix`")
        .fixable()
        .around(form),
    Rule::info("PKG-118", "the digests are SHA-1, which can be forged")
        .reference("NIST SP 800-131A")
        .why("they tell of damage, and not whether somebody changed the package")
        .help("have the manifest made anew with SHA-256, where all importers are of 2017 or later")
        .around(weak),
];

/// Calls `each` for the lines that are understood.
fn entries<'l>(manifest: &'l ManifestAt<'_>) -> impl Iterator<Item = (&'l LineAt, &'l Entry)> {
    let lines = manifest.lines.iter();
    lines.filter_map(|line| Some((line, line.entry.as_ref()?)))
}

/// Whether the digest of a line is of a length its algorithm does not have.
fn has_wrong_length(line: &LineAt, manifest: &ManifestAt<'_>) -> bool {
    line.parts(&manifest.text).is_some_and(|parts| {
        algorithm(parts.token).is_some_and(|known| known.hex_length() != parts.digest.len())
    })
}

fn no_lines(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    for line in &manifest.lines {
        if line.entry.is_none() && !has_wrong_length(line, manifest) {
            let token = line.parts(&manifest.text).map(|parts| parts.token);
            let label = match token {
                Some(token) if algorithm(token).is_none() => {
                    format!("`{}` is no digest that is known", shown(token))
                }
                _ => "is not of the form `SHA256(name)= digest`".to_owned(),
            };
            sink.text(manifest.member, &line.span, label);
        }
    }
}

fn lengths(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    for line in &manifest.lines {
        if let (true, Some(parts)) = (has_wrong_length(line, manifest), line.parts(&manifest.text))
        {
            let label = format!("{} digits", parts.digest.len());
            sink.text(manifest.member, &line.span, label);
        }
    }
}

fn spelling(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    for (line, entry) in entries(manifest) {
        let wanted = entry.to_line();
        if line.text(&manifest.text) != wanted {
            let (name, _) = wanted.split_once("= ").unwrap_or_default();
            sink.text(
                manifest.member,
                &line.span,
                format!("write `{}= …`", shown(name)),
            );
        }
    }
}

/// Tells of the first line whose algorithm is one of `which`.
fn algorithms(scene: &Scene<'_>, sink: &mut Sink<'_>, which: &[Algorithm]) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let found = entries(manifest).find(|(_, entry)| which.contains(&entry.algorithm));
    if let Some((line, entry)) = found {
        sink.text(manifest.member, &line.span, entry.algorithm.token());
    }
}

fn weak(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    algorithms(scene, sink, &[Algorithm::Sha1]);
}

fn rare_digests(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    algorithms(scene, sink, &[Algorithm::Sha384, Algorithm::Sha512]);
}

fn unlisted(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let listed = manifest.listed();
    for reference in &scene.references {
        for number in &reference.members {
            if !listed.contains(number) {
                let name = &scene.member(*number).stored.name;
                sink.member(
                    manifest.member,
                    format!("has no line for `{}`", shown(name)),
                );
            }
        }
    }
}

/// Tells of the lines that are about no file there is.
pub(in crate::validate::rules) fn missing(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    // What stands behind the damage may be there.
    if scene.package.damage.is_some() {
        return;
    }
    for (line, entry) in entries(manifest).filter(|(line, _)| line.member.is_none()) {
        let label = format!("there is no `{}`", shown(&entry.name));
        sink.text(manifest.member, &line.span, label);
    }
}

fn strangers(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    if scene.document.is_none() {
        return;
    }
    let known = scene.referred();
    for line in &manifest.lines {
        if let Some(number) = line.member
            && scene.member(number).stored.role() == Role::Content
            && !known.contains(&number)
        {
            sink.text(manifest.member, &line.span, "");
        }
    }
}

fn no_descriptor(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let listed = manifest.listed();
    if let Some(descriptor) = scene.descriptor
        && !listed.contains(&descriptor)
    {
        let name = &scene.member(descriptor).stored.name;
        sink.member(
            manifest.member,
            format!("has no line for `{}`", shown(name)),
        );
    }
}

fn itself(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    for (line, entry) in entries(manifest) {
        let there = line.member.map(|number| scene.member(number).stored.role());
        if matches!(
            there.unwrap_or_else(|| Role::of(&entry.name)),
            Role::Manifest | Role::Certificate
        ) {
            sink.text(manifest.member, &line.span, "");
        }
    }
}

fn twice(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let mut known = HashSet::new();
    for (line, entry) in entries(manifest) {
        if !known.insert((entry.algorithm, &entry.name)) {
            sink.text(
                manifest.member,
                &line.span,
                "an earlier line is about it too",
            );
        }
    }
}

fn digests(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    for (line, entry) in entries(manifest) {
        let Some(number) = line.member.filter(|number| *number != manifest.member) else {
            continue;
        };
        // One that was not taken was not asked for.
        let found = scene.member(number).digests.get(&entry.algorithm);
        if let Some(found) = found.filter(|found| **found != entry.digest) {
            let label = format!("its {} is {found}", entry.algorithm.token());
            sink.text(manifest.member, &line.span, label);
        }
    }
}

fn other_names(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let mut hrefs = HashMap::new();
    for reference in &scene.references {
        if let [only] = reference.members.as_slice() {
            hrefs.entry(*only).or_insert(reference.href);
        }
    }
    for (line, entry) in entries(manifest) {
        let Some(number) = line.member else {
            continue;
        };
        let label = match hrefs.get(&number) {
            Some(href) if *href == entry.name => continue,
            Some(href) => format!("`ovf:href` is `{}`", shown(href)),
            // One that nothing refers to has its own name.
            None => {
                let own = &scene.member(number).stored.name;
                if own.ends_with(&*entry.name) {
                    continue;
                }
                format!("the file is called `{}`", shown(own))
            }
        };
        sink.text(manifest.member, &line.span, label);
    }
}

fn mixed(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let mut all = entries(manifest);
    let Some((_, first)) = all.next() else {
        return;
    };
    if let Some((line, other)) = all.find(|(_, entry)| entry.algorithm != first.algorithm) {
        let label = format!(
            "{} here, and {} above",
            other.algorithm.token(),
            first.algorithm.token()
        );
        sink.text(manifest.member, &line.span, label);
    }
}

fn parentheses(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    for (line, entry) in entries(manifest) {
        if entry.name.contains(['(', ')']) {
            sink.text(manifest.member, &line.span, "");
        }
    }
}

fn form(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some(manifest) = &scene.manifest else {
        return;
    };
    let (bytes, member) = (manifest.bytes, manifest.member);
    if std::str::from_utf8(bytes).is_err() {
        sink.member(member, "is not UTF-8");
        return;
    }
    if bytes.starts_with(MARK) {
        sink.member(member, "begins with a byte order mark");
    }
    if bytes.contains(&b'\r') {
        sink.member(member, "has carriage returns");
    }
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        sink.member(member, "its last line has no end");
    }
    let blank = bytes.split(|byte| *byte == b'\n').filter(|line| {
        let line: &[u8] = line;
        line.trim_ascii().is_empty()
    });
    // The one behind the end of the last line is no line.
    if blank.count() > usize::from(bytes.ends_with(b"\n")) {
        sink.member(member, "has blank lines");
    }
}
