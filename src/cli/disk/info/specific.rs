//! What only one format has, for people.

use crate::base::units::human;
use crate::cli::summary::{Lines, count};
use crate::disk::about::Specific;
use crate::disk::qcow2::{self, Encrypt};
use crate::disk::vmdk::{self, ExtentAbout, TablesAt};
use crate::disk::{vdi, vhd, vhdx};

/// Extents shown.
const SHOWN: usize = 20;

/// Adds what is `specific`, of an image that stores `cluster` bytes together.
pub(super) fn add(lines: &mut Lines, specific: &Specific, cluster: Option<u64>) {
    match specific {
        Specific::Qcow2(about) => add_qcow2(lines, about, cluster),
        Specific::Vmdk(about) => add_vmdk(lines, about),
        Specific::Vhdx(about) => add_vhdx(lines, about, cluster),
        Specific::Vhd(about) => add_vhd(lines, about, cluster),
        Specific::Vdi(about) => add_vdi(lines, about, cluster),
    }
}

fn add_qcow2(lines: &mut Lines, about: &qcow2::About, cluster: Option<u64>) {
    let mut parts = vec![format!(
        "version {} (compat {})",
        if about.compat == "1.1" { 3 } else { 2 },
        about.compat
    )];
    parts.extend(of(cluster, "clusters"));
    parts.push(format!("compressed ones by {}", about.compression_type));
    parts.push(format!(
        "refcounts of {}",
        count(about.refcount_bits.into(), "bit")
    ));
    for (is, what) in [
        (about.lazy_refcounts, "written late"),
        (about.extended_l2, "extended L2 entries"),
    ] {
        parts.extend(is.then(|| what.to_owned()));
    }
    lines.add("layout", &parts.join(", "));
    if let Some(file) = &about.data_file {
        let raw = match about.data_file_raw {
            Some(true) => ", which by itself is the disk",
            _ => "",
        };
        lines.add("data", &format!("in {file}{raw}"));
    }
    match &about.encrypt {
        None => {}
        Some(Encrypt::Aes) => lines.add("secret", "needed: encrypted in the old way (AES)"),
        Some(Encrypt::Luks(luks)) => lines.add(
            "secret",
            &format!(
                "needed: LUKS, {}-{}-{}, {}, {} in use",
                luks.cipher_alg,
                luks.cipher_mode,
                luks.ivgen_alg,
                luks.hash_alg,
                count(luks.active_slots as u64, "key slot")
            ),
        ),
    }
    for bitmap in &about.bitmaps {
        let mut parts = vec![
            bitmap.name.clone(),
            format!("a bit for {}", human(bitmap.granularity)),
        ];
        parts.extend(bitmap.flags.iter().map(|flag| (*flag).to_owned()));
        lines.add("bitmap", &parts.join(", "));
    }
}

fn add_vmdk(lines: &mut Lines, about: &vmdk::About) {
    let known = |id: u32| format!("{id:08x}");
    let mut parts = vec![
        about
            .create_type
            .clone()
            .unwrap_or_else(|| "no createType".to_owned()),
    ];
    let held = about.extents.iter().find(|extent| extent.tables.is_some());
    if let Some(extent) = held {
        parts.extend(of(extent.cluster_size, "grains"));
        if extent.compressed {
            parts.push("compressed".to_owned());
        }
        parts.extend(extent.tables.map(|tables| {
            match tables {
                TablesAt::Front => "tables in front",
                TablesAt::Footer => "tables behind",
                TablesAt::Nowhere => "no tables",
            }
            .to_owned()
        }));
    }
    parts.extend(
        about
            .adapter_type
            .iter()
            .map(|adapter| format!("for {adapter}")),
    );
    let hardware = about.hardware_version.iter();
    parts.extend(hardware.map(|version| format!("virtual hardware {version}")));
    lines.add("layout", &parts.join(", "));
    if let Some(cid) = about.cid {
        let parent = Some(about.parent_cid).filter(|parent| *parent != u32::MAX);
        add_id(lines, "content", &known(cid), parent.map(known).as_deref());
    }
    if held.is_none() {
        add_extents(lines, &about.extents);
    }
}

fn add_extents(lines: &mut Lines, extents: &[ExtentAbout]) {
    for extent in extents.iter().take(SHOWN) {
        let size = human(extent.virtual_size);
        let name = extent.filename.as_deref().unwrap_or("no file");
        lines.add("extent", &format!("{name}, {}, {size}", extent.format));
    }
    let more = extents.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.add("", &format!("and {}", count(more as u64, "more extent")));
    }
}

fn add_vhdx(lines: &mut Lines, about: &vhdx::About, block: Option<u64>) {
    let mut parts = vec![about.variant.to_owned()];
    parts.extend(of(block, "blocks"));
    parts.push(format!(
        "sectors of {} bytes, of {} on the drive",
        about.logical_sector_size, about.physical_sector_size
    ));
    lines.add("layout", &parts.join(", "));
    let parent = about.parent_linkage.as_deref();
    add_id(lines, "content", &about.data_write_guid, parent);
}

fn add_vhd(lines: &mut Lines, about: &vhd::About, block: Option<u64>) {
    let mut parts = vec![about.variant.to_owned()];
    parts.extend(of(block, "blocks"));
    parts.push(format!(
        "geometry {}/{}/{}",
        about.cylinders, about.heads, about.sectors_per_track
    ));
    parts.push(format!(
        "made by `{}` on `{}`",
        about.creator_application.trim_end(),
        about.creator_host.trim_end()
    ));
    lines.add("layout", &parts.join(", "));
    add_id(
        lines,
        "id",
        &about.unique_id,
        about.parent_unique_id.as_deref(),
    );
}

fn add_vdi(lines: &mut Lines, about: &vdi::About, block: Option<u64>) {
    let mut parts = vec![about.variant.to_owned()];
    parts.extend(of(block, "blocks"));
    parts.push(format!(
        "{} of {} stored",
        about.blocks_allocated, about.blocks
    ));
    lines.add("layout", &parts.join(", "));
    add_id(lines, "id", &about.uuid, about.parent_uuid.as_deref());
}

/// Adds what something is known by, and its parent.
fn add_id(lines: &mut Lines, label: &str, id: &str, parent: Option<&str>) {
    let parent = parent.map_or_else(String::new, |parent| format!(", over {parent}"));
    lines.add(label, &format!("{id}{parent}"));
}

fn of(bytes: Option<u64>, what: &str) -> Option<String> {
    bytes.map(|bytes| format!("{what} of {}", human(bytes)))
}
