//! Members of an archive: which there are, and how they are called. What the
//! descriptor refers to is judged there, by the same rules.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Rule, Sink, shown};
use crate::ova::header::Kind;
use crate::ova::name::NameFault;
use crate::ova::role::Role;
use crate::validate::scene::Scene;

pub(in crate::validate::rules) const RULES: &[Rule] = &[
    Rule::warning("PKG-012", "a file in the archive belongs to nothing")
        .reference("DSP0243 1.1 §5; practice of XenCenter")
        .why("importers transfer it for nothing; XenCenter refuses a file no manifest lists")
        .help("take it out, or refer to it")
        .fixable()
        .around(strangers),
    Rule::warning("PKG-013a", "the archive holds directories")
        .reference("DSP0243 1.1 §5.3; practice of Proxmox VE")
        .why("importers look for all files beside the descriptor")
        .help("pack it anew from within the directory, with the names of files alone")
        .fixable()
        .around(directories),
    Rule::error("PKG-014b", "the name of a member leads out of the package")
        .reference("security of importers")
        .why("who unpacks it carelessly writes to any place on the machine")
        .help("do not unpack it with other programs; ask where it comes from")
        .around(ways_out),
    Rule::error("PKG-016a", "two members have one name")
        .reference("DSP0243 1.1 §5.3")
        .why("one program verifies the first, another imports the second")
        .help("take one of them out")
        .around(repeated),
    Rule::warning("PKG-016b", "the names of two members differ in case alone")
        .reference("practice of VirtualBox and XenCenter")
        .why("on many file systems they are one file")
        .help("rename one of them")
        .around(case),
    Rule::warning(
        "PKG-021",
        "another program left something behind in the archive",
    )
    .reference("practice of virt-v2v and macOS' tar")
    .why("importers take it for a file of the package, and some for the descriptor")
    .help("pack it anew: `COPYFILE_DISABLE=1 tar --format=ustar` on macOS")
    .fixable()
    .around(leftovers),
    Rule::warning("PKG-026", "the ending of a name is not in small letters")
        .reference("practice of COT and Incus")
        .why("they look for `.ovf` alone, and find no descriptor")
        .help("rename the file")
        .around(endings),
];

fn strangers(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    // What a descriptor that cannot be read refers to is not known.
    if scene.document.is_none() || !scene.is_archive() {
        return;
    }
    let known = scene.referred();
    for (number, member) in scene.files() {
        if member.stored.role() == Role::Content && !known.contains(&number) {
            sink.member(number, "is in no `File` of References");
        }
    }
}

fn directories(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if !scene.is_archive() {
        return;
    }
    for (number, member) in scene.package.members.iter().enumerate() {
        // `./`, with which many archives begin.
        let itself = member.stored.path == Err(NameFault::Empty);
        if member.stored.kind == Kind::Directory {
            sink.member(
                number,
                if itself {
                    "is the directory itself"
                } else {
                    "is a directory"
                },
            );
        } else if member
            .stored
            .path
            .as_ref()
            .is_ok_and(|path| path.as_str().contains('/'))
        {
            sink.member(number, "is in a directory");
        }
    }
}

fn ways_out(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, member) in scene.package.members.iter().enumerate() {
        let harmless = member.stored.kind == Kind::Directory;
        match member.stored.path {
            Err(NameFault::Empty) if harmless => {}
            Err(fault) => sink.member(number, fault.to_string()),
            Ok(_) => {}
        }
    }
}

/// Files that an earlier one equals where case does not count, with that one's path.
fn twins<'s>(scene: &Scene<'s>) -> Vec<(usize, &'s str, &'s str)> {
    let mut known: HashMap<String, &str> = HashMap::new();
    let mut twins = Vec::new();
    for (number, member) in scene.files() {
        if let Ok(path) = &member.stored.path {
            match known.entry(path.folded()) {
                Entry::Occupied(before) => twins.push((number, path.as_str(), *before.get())),
                Entry::Vacant(free) => {
                    free.insert(path.as_str());
                }
            }
        }
    }
    twins
}

fn repeated(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, path, before) in twins(scene) {
        if path == before {
            sink.member(number, "is there a second time");
        }
    }
}

fn case(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, path, before) in twins(scene) {
        if path != before {
            sink.member(number, format!("there is `{}` too", shown(before)));
        }
    }
}

fn leftovers(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, member) in scene.package.members.iter().enumerate() {
        if member.stored.role() == Role::Noise {
            sink.member(number, "");
        }
    }
}

fn endings(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (number, member) in scene.files() {
        let name = &member.stored.name;
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let known = member.stored.role() != Role::Content;
        if known && ending != ending.to_ascii_lowercase() {
            sink.member(number, format!("ends in `.{}`", shown(ending)));
        }
    }
}
