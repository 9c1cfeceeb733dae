//! Which file and which disk of a changed definition is which of the package.

use std::collections::{HashMap, HashSet};

use super::devices::Devices;
use super::{Both, Files, Original};
use crate::envelope::{Disk, Envelope, File, HostResource, Section};
use crate::vm::build::{Appliance, Content, Planned};
use crate::vm::piece::{Piece, instance_of};

/// What a file of a changed appliance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The file of the package with this name, as it is.
    Kept(String),
    /// Another file of that name.
    Replaced(String),
    /// One the package does not have yet.
    New,
}

/// The path of the content of `planned`, as the definition writes it.
fn path(planned: &Planned) -> Option<&str> {
    match &planned.content {
        Content::Disk(content) => Some(&content.image),
        Content::File(path) => Some(path),
        Content::Bytes(_) => None,
    }
}

/// The ids of files, and what becomes of each.
pub(super) fn match_files(
    original: &Original<'_>,
    before: &mut Appliance,
    after: &mut Appliance,
) -> (Both, Files) {
    let mut by_href: HashMap<&str, &File> = HashMap::new();
    for file in &original.envelope.references.files {
        by_href.entry(&file.href).or_insert(file);
    }
    let inside = |planned: &Planned| {
        let href = (original.in_package)(path(planned)?)?;
        by_href.get(&*href).copied()
    };
    let mut ids = Both::default();
    let mut known: Vec<&File> = Vec::new();
    for (planned, file) in before
        .files
        .iter()
        .zip(&mut before.envelope.references.files)
    {
        let Some(own) = inside(planned) else { continue };
        ids.before.insert(file.id.clone(), own.id.clone());
        file.href.clone_from(&own.href);
        known.push(own);
    }
    let kept: HashSet<&str> = after
        .files
        .iter()
        .filter_map(|planned| Some(&*inside(planned)?.href))
        .collect();
    let mut taken: HashSet<String> = by_href.values().map(|file| file.id.clone()).collect();
    let mut fates = Vec::new();
    let mut stay: HashSet<&str> = kept.clone();
    for (planned, file) in after.files.iter().zip(&mut after.envelope.references.files) {
        if let Some(own) = inside(planned) {
            ids.after.insert(file.id.clone(), own.id.clone());
            file.href.clone_from(&own.href);
            fates.push(Fate::Kept(own.href.clone()));
            continue;
        }
        let other = known
            .iter()
            .find(|own| own.href.eq_ignore_ascii_case(&planned.href) && !kept.contains(&*own.href));
        if let Some(own) = other {
            ids.after.insert(file.id.clone(), own.id.clone());
            file.href.clone_from(&own.href);
            fates.push(Fate::Replaced(own.href.clone()));
            stay.insert(&own.href);
            continue;
        }
        ids.after
            .insert(file.id.clone(), unused(&file.id, &mut taken));
        fates.push(Fate::New);
    }
    let gone = known.iter().filter(|own| !stay.contains(&*own.href));
    let removed = gone.map(|own| own.href.clone()).collect();
    (ids, Files { fates, removed })
}

/// `id`, or one like it that is not among `taken`.
fn unused(id: &str, taken: &mut HashSet<String>) -> String {
    let word = id.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered = (1..).map(|number| format!("{word}{number}"));
    let mut ids = std::iter::once(id.to_owned()).chain(numbered);
    // Of endless numbers one is free.
    let id = ids.find(|id| !taken.contains(id)).unwrap_or_default();
    taken.insert(id.clone());
    id
}

/// The ids of disks.
pub(super) fn match_disks(
    original: &Original<'_>,
    before: &Appliance,
    after: &Appliance,
    devices: &Devices,
    files: &Both,
) -> Both {
    let mut ids = Both::default();
    for (machine, pieces) in before.pieces.iter().enumerate() {
        for (_, id) in pieces {
            let known = devices.before[machine].get(id);
            let own = known.and_then(|known| behind(original.envelope, machine, known));
            if let (Some(disk), Some(own)) = (behind(&before.envelope, machine, id), own) {
                ids.before.insert(disk, own);
            }
        }
    }
    let mut taken: HashSet<String> = original
        .envelope
        .disks()
        .map(|disk| disk.disk_id.clone())
        .collect();
    for disk in after.envelope.disks() {
        let own = match &disk.file_ref {
            Some(file) => files.after.get(file).and_then(|file| {
                let mut own = original.envelope.disks();
                own.find(|own| own.file_ref.as_ref() == Some(file))
            }),
            None => None,
        };
        if let Some(own) = own {
            ids.after.insert(disk.disk_id.clone(), own.disk_id.clone());
        }
    }
    for (machine, pieces) in after.pieces.iter().enumerate() {
        for ((piece, id), was) in pieces.iter().zip(&devices.was[machine]) {
            let (Piece::Device("disks", _), Some((earlier, old))) = (piece, was) else {
                continue;
            };
            let disk = behind(&after.envelope, machine, id);
            let old = instance_of(&before.pieces[*earlier], old)
                .and_then(|id| behind(&before.envelope, *earlier, id));
            let (Some(disk), Some(old)) = (disk, old) else {
                continue;
            };
            let blank = is_blank(&after.envelope, &disk) && is_blank(&before.envelope, &old);
            if let Some(own) = ids.before.get(&old).filter(|_| blank) {
                ids.after.entry(disk).or_insert_with(|| own.clone());
            }
        }
    }
    for disk in after.envelope.disks() {
        if !ids.after.contains_key(&disk.disk_id) {
            let new = unused(&disk.disk_id, &mut taken);
            ids.after.insert(disk.disk_id.clone(), new);
        }
    }
    ids
}

/// The disk behind the item `id` of a machine.
fn behind(envelope: &Envelope, machine: usize, id: &str) -> Option<String> {
    let systems = envelope.systems();
    let hardware = systems.get(machine)?.hardware()?;
    let mut items = hardware.items.iter();
    items.find_map(|item| {
        let resource = item.host_resource.first()?;
        match HostResource::parse(resource)? {
            HostResource::Disk(disk) if item.instance_id.trim() == id.trim() => Some(disk),
            _ => None,
        }
    })
}

fn is_blank(envelope: &Envelope, id: &str) -> bool {
    let mut disks = envelope.disks();
    disks.any(|disk| disk.disk_id == id && disk.file_ref.is_none())
}

/// Has `before` say of files that are replaced all that the descriptor says, so that none of it
/// stays that is not true of the other file.
pub(super) fn renew(original: &Original<'_>, before: &mut Appliance, files: &Files) {
    let replaced: HashSet<&str> = files
        .fates
        .iter()
        .filter_map(|fate| match fate {
            Fate::Replaced(href) => Some(&**href),
            Fate::Kept(_) | Fate::New => None,
        })
        .collect();
    for own in &original.envelope.references.files {
        if !replaced.contains(&*own.href) {
            continue;
        }
        let mut all = before.envelope.references.files.iter_mut();
        if let Some(file) = all.find(|file| file.id == own.id) {
            *file = File {
                extra: std::mem::take(&mut file.extra),
                ..own.clone()
            };
        }
        let disks = original.envelope.disks();
        for own_disk in disks.filter(|disk| disk.file_ref.as_ref() == Some(&own.id)) {
            for disk in disks_of(&mut before.envelope) {
                if disk.disk_id == own_disk.disk_id {
                    *disk = Disk {
                        extra: std::mem::take(&mut disk.extra),
                        parent_ref: None,
                        ..own_disk.clone()
                    };
                }
            }
        }
    }
}

fn disks_of(envelope: &mut Envelope) -> impl Iterator<Item = &mut Disk> {
    let sections = envelope.sections.iter_mut();
    let disks = sections.filter_map(|section| match section {
        Section::DiskSection(section) => Some(&mut section.disks),
        _ => None,
    });
    disks.flatten()
}
