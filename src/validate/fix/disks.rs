//! Capacities and formats of disks, and what backs drives.

use super::scene::{Fix, Scene, Spot};
use super::values::{element, say, set, unset};
use super::{Attempt, DiskFacts, ODD, Plan};
use crate::envelope::HostResource;
use crate::envelope::units::{BaseUnit, Unit};
use crate::validate::document::attr;
use crate::validate::rules::{disks, references};
use crate::xml::Element;

/// What the header of the disk says.
fn facts(scene: &Scene<'_>, disk: &Element) -> Option<DiskFacts> {
    scene.facts(scene.document.file_behind(disk)?)?.disk
}

/// A capacity that is missing, or has its unit behind it.
pub(super) fn capacity(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let disk = element(spot)?;
    if let Some(facts) = facts(scene, disk) {
        return in_bytes(scene, disk, facts.capacity);
    }
    let written = attr(disk, "capacity").ok_or("how large the disk is has to be said")?;
    let (number, unit) = number_and_unit(written).ok_or("what is meant cannot be told")?;
    let other = attr(disk, "capacityAllocationUnits").filter(|unit| !unit.trim_ascii().is_empty());
    if other.is_some_and(|other| Unit::parse(other) != Some(unit)) {
        return Err("two units are given".into());
    }
    measured(scene, disk, number, unit)
}

/// The number and the unit of such as `20GB`.
fn number_and_unit(text: &str) -> Option<(u64, Unit)> {
    let text = text.trim_ascii();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, word) = text.split_at(end);
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let word = match word.trim_ascii().to_ascii_lowercase().as_str() {
        "b" => "byte".to_owned(),
        letter @ ("k" | "m" | "g" | "t") => format!("{letter}b"),
        other => other.to_owned(),
    };
    let unit = Unit::parse(&word)?;
    (unit.base() == BaseUnit::Byte && unit.scale(number).is_some()).then_some((number, unit))
}

fn in_bytes(scene: &Scene<'_>, disk: &Element, bytes: u64) -> Attempt {
    let unit = attr(disk, "capacityAllocationUnits").and_then(Unit::parse);
    let unit = unit.filter(|unit| unit.base() == BaseUnit::Byte);
    let whole = unit.filter(|unit| u128::from(bytes) % unit.factor() == 0);
    match whole {
        // It is a factor of a number of 64 bits.
        Some(unit) => {
            let number = u128::from(bytes) / unit.factor();
            measured(scene, disk, u64::try_from(number).unwrap_or(bytes), unit)
        }
        None => measured(scene, disk, bytes, Unit::BYTE),
    }
}

fn measured(scene: &Scene<'_>, disk: &Element, number: u64, unit: Unit) -> Attempt {
    let mut edits = scene
        .set(disk, "capacity", &number.to_string())
        .ok_or(ODD)?;
    let plain = unit == Unit::BYTE && attr(disk, "capacityAllocationUnits").is_none();
    if !plain {
        let units = scene
            .set(disk, "capacityAllocationUnits", &unit.to_string())
            .ok_or(ODD)?;
        // New attributes stand at one place, and are put there as one.
        for edit in units {
            if edits.contains(&edit) {
                continue;
            }
            match edits.iter_mut().find(|known| known.span == edit.span) {
                Some(known) if known.span.is_empty() => known.text += &edit.text,
                _ => edits.push(edit),
            }
        }
    }
    let what = format!("the capacity is {number} of `{unit}`");
    Ok(Fix::new(disk.span.start, edits, what))
}

/// A capacity that is not the one the disk has.
pub(super) fn other_capacity(scene: &Scene<'_>, plan: &mut Plan) {
    for disk in &scene.document.disks {
        let declared = disks::bytes(disk);
        if let (Some(facts), Some(declared)) = (facts(scene, disk), declared)
            && facts.capacity != declared
            && !scene.is_template(disk)
        {
            plan.take(in_bytes(scene, disk, facts.capacity));
        }
    }
}

/// The format the header of the disk tells.
pub(super) fn format(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let disk = element(spot)?;
    match facts(scene, disk).and_then(|facts| facts.format) {
        Some(format) => set(scene, disk, "format", format),
        None => Err("the file is not there to tell its format".into()),
    }
}

/// A format that is another's than the header of the disk tells.
pub(super) fn other_format(scene: &Scene<'_>, plan: &mut Plan) {
    rename_formats(scene, plan, |declared, found| {
        let families = family(declared).zip(family(found));
        families.is_some_and(|(declared, found)| declared != found)
    });
}

/// A stream that is none.
pub(super) fn other_variant(scene: &Scene<'_>, plan: &mut Plan) {
    rename_formats(scene, plan, |declared, found| {
        let is_stream = |format: &str| format.to_ascii_lowercase().ends_with("#streamoptimized");
        family(declared) == family(found) && is_stream(declared) && !is_stream(found)
    });
}

fn rename_formats(scene: &Scene<'_>, plan: &mut Plan, differ: impl Fn(&str, &str) -> bool) {
    for disk in &scene.document.disks {
        let declared = attr(disk, "format").unwrap_or_default();
        if let Some(format) = facts(scene, disk).and_then(|facts| facts.format)
            && differ(declared, format)
            && !scene.is_template(disk)
        {
            plan.take(set(scene, disk, "format", format));
        }
    }
}

/// The family of formats a URI is of, by what stands in it.
fn family(format: &str) -> Option<&'static str> {
    let format = format.to_ascii_lowercase();
    let known = [
        ("vmdk", "vmdk"),
        ("qcow", "qcow"),
        ("vhd", "vhd"),
        ("linkid=137171", "vhd"),
        ("vdi", "vdi"),
    ];
    let found = known.iter().find(|(part, _)| format.contains(part));
    found.map(|(_, family)| *family)
}

/// How a file is compressed.
pub(super) fn compression(scene: &Scene<'_>, plan: &mut Plan) {
    for file in &scene.document.files {
        let Some(facts) = scene.facts(file) else {
            continue;
        };
        let declared = references::is_gzip(file);
        let href = attr(file, "href").unwrap_or_default();
        let meant = references::is_named_gzip(href);
        if declared && !facts.gzip && facts.size > 0 {
            plan.take(unset(scene, file, "compression"));
        } else if facts.gzip && !declared && !meant {
            plan.take(set(scene, file, "compression", "gzip"));
        }
    }
}

/// What backs a drive, as the standard writes it.
pub(super) fn resource(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let place = element(spot)?;
    let resource = HostResource::parse(&place.text()).ok_or(ODD)?;
    say(scene, place, &resource.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::STREAM_OPTIMIZED;

    #[test]
    fn a_number_has_its_unit_behind_it() {
        let read = |text| number_and_unit(text).map(|(number, unit)| (number, unit.to_string()));
        for (text, number, unit) in [
            ("20GB", 20, "byte * 2^30"),
            (" 512 MiB", 512, "byte * 2^20"),
            ("20G", 20, "byte * 2^30"),
            ("100 bytes", 100, "byte"),
            ("7b", 7, "byte"),
        ] {
            assert_eq!(read(text), Some((number, unit.to_owned())), "{text}");
        }
        for text in [
            "",
            "20",
            "GB",
            "1.5GB",
            "0GB",
            "20 GHz",
            "20 parsecs",
            "99999999999TB",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn formats_have_families() {
        for (format, known) in [
            (STREAM_OPTIMIZED, Some("vmdk")),
            ("http://go.microsoft.com/fwlink/?LinkId=137171", Some("vhd")),
            (
                "http://www.gnome.org/~markmc/qcow-image-format.html",
                Some("qcow"),
            ),
            ("http://example.com/raw", None),
        ] {
            assert_eq!(family(format), known, "{format}");
        }
    }
}
