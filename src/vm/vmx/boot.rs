//! What the machine tries to start from.

use super::drives::Disks;
use super::work::Work;
use crate::vm::definition::Definition;

/// What is in front of a list of kinds of devices that are tried, in files of older hosts.
const ALLOW: &str = "allow:";

/// Puts the order of starting into `definition`, whose adapters have the numbers `nics` in the
/// file.
pub(super) fn take(work: &mut Work<'_>, disks: &Disks, nics: &[u32], definition: &mut Definition) {
    let hard_disks = hard_disks(work, disks);
    let keys = ["bios.bootorder", "bios.bootdeviceclasses"];
    let listed = keys
        .into_iter()
        .find_map(|key| Some((key, work.text(key)?)));
    let Some((key, listed)) = listed else {
        // The disk alone, where it is not the first anyway.
        if hard_disks.first().is_some_and(|first| *first > 1) {
            definition.boot_order = names("disk", &hard_disks).into();
        }
        return;
    };
    let lower = listed.to_ascii_lowercase();
    let listed = lower.strip_prefix(ALLOW).unwrap_or(&lower);
    let mut order: Vec<String> = Vec::new();
    let mut unknown = false;
    for kind in listed.split(',').map(str::trim) {
        if kind.is_empty() {
            continue;
        }
        match devices(kind, &hard_disks, nics, definition) {
            Some(names) => {
                for name in names {
                    if !order.contains(&name) {
                        order.push(name);
                    }
                }
            }
            None => unknown = true,
        }
    }
    if unknown {
        let why = "is no order of `hdd`, `cdrom`, `floppy` and `ethernet0` alone";
        work.lose(key, why);
    }
    definition.boot_order = order.into();
}

/// What a definition calls the devices that are meant by `kind`, if they are there; nothing if
/// it is no kind of device.
fn devices(
    kind: &str,
    hard_disks: &[usize],
    nics: &[u32],
    definition: &Definition,
) -> Option<Vec<String>> {
    let first = |name: &str, there: bool| names(name, if there { &[1] } else { &[] });
    Some(match kind {
        "hdd" | "hd" | "disk" if hard_disks.is_empty() => {
            first("disk", !definition.disks.is_empty())
        }
        "hdd" | "hd" | "disk" => names("disk", hard_disks),
        "cdrom" | "cd" => first("cdrom", !definition.cdroms.is_empty()),
        "floppy" | "fd" => first("floppy", !definition.floppies.is_empty()),
        "net" | "network" | "ethernet" => first("nic", !nics.is_empty()),
        adapter => {
            let number: u32 = adapter.strip_prefix("ethernet")?.parse().ok()?;
            let place = nics.iter().position(|nic| *nic == number);
            let places: Vec<usize> = place.map(|place| place + 1).into_iter().collect();
            names("nic", &places)
        }
    })
}

/// What a definition calls the devices of a `kind` with these numbers, from 1.
fn names(kind: &str, numbers: &[usize]) -> Vec<String> {
    let named = numbers.iter().map(|number| format!("{kind}{number}"));
    named.collect()
}

/// The disks to start from by their numbers, where the file says an order.
fn hard_disks(work: &mut Work<'_>, disks: &Disks) -> Vec<usize> {
    let Some(listed) = work.text("bios.hddorder") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for place in listed.split(',').map(str::trim) {
        if let Some(disk) = disks.at(place)
            && !found.contains(&disk)
        {
            found.push(disk);
        }
    }
    if found.is_empty() {
        work.lose("bios.hddorder", "there is no disk at such a place");
    }
    found
}
