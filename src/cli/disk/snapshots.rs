//! `ovfkit disk snapshots`: states of the disk that were kept inside a qcow2.

use std::path::PathBuf;

use clap::Args;

use crate::base::time::utc;
use crate::base::units::human;
use crate::base::{Error, Result};
use crate::cli::progress::Bar;
use crate::cli::summary::Lines;
use crate::cli::{interrupt, summary};
use crate::disk::detect::Format;
use crate::disk::qcow2::SnapshotAbout;
use crate::ops::disk::info::{Info, info};

const EXAMPLES: &str = "\
Examples:
  ovfkit disk snapshots disk.qcow2
  ovfkit convert disk.qcow2 before.vmdk --snapshot before-upgrade

A state is read by its name or id with --snapshot, which all commands that read disks have.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// A qcow2
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Print a JSON array, with the keys of `qemu-img info`
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    interrupt::catch(false)?;
    let request = Info {
        image: &arguments.image,
        format: None,
        chain: None,
    };
    let mut bar = Bar::new(arguments.json);
    let images = info(&request, &mut bar);
    bar.finish();
    let images = images?;
    let Some(image) = images.first() else {
        return Ok(());
    };
    if image.format != Format::Qcow2 {
        return Err(
            Error::usage(format!("a {} disk has no snapshots inside", image.format))
                .at(&arguments.image)
                .why("of all formats, qcow2 alone keeps them in the image")
                .help("snapshots of other formats are files of their own: name one of those"),
        );
    }
    let snapshots = &image.about.snapshots;
    if arguments.json {
        return summary::answer(summary::json(snapshots)?);
    }
    let mut lines = Lines::default();
    for snapshot in snapshots {
        lines.add("snapshot", &line(snapshot));
    }
    if snapshots.is_empty() {
        lines.add("snapshot", "none");
    }
    summary::answer(lines.into_text())
}

/// A snapshot for people.
pub(super) fn line(snapshot: &SnapshotAbout) -> String {
    let mut parts = vec![format!(
        "{} {}, taken {}",
        snapshot.id,
        snapshot.name,
        utc(snapshot.date_sec.into())
    )];
    parts.extend(
        snapshot
            .disk_size
            .map(|size| format!("disk {}", human(size))),
    );
    if snapshot.vm_state_size > 0 {
        parts.push(format!(
            "with {} of the machine's state after {} s",
            human(snapshot.vm_state_size),
            snapshot.vm_clock_sec
        ));
    }
    parts.join(", ")
}
