//! `ovfkit disk snapshots`: states of the disk that are kept inside a qcow2.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::base::Result;
use crate::base::time::utc;
use crate::base::units::{exactly, human};
use crate::cli::progress::Bar;
use crate::cli::summary::Lines;
use crate::cli::{interrupt, summary};
use crate::disk::qcow2::SnapshotAbout;
use crate::ops::disk::info::{Info, info};
use crate::ops::disk::snapshots::{Change, Fate, SnapshotsReport, change, keeps_snapshots};

const EXAMPLES: &str = "\
Examples:
  ovfkit disk snapshots disk.qcow2                           # as qemu-img snapshot -l
  ovfkit disk snapshots disk.qcow2 --create before-upgrade   # -c
  ovfkit disk snapshots disk.qcow2 --apply before-upgrade    # -a: what was written since is gone
  ovfkit disk snapshots disk.qcow2 --delete before-upgrade   # -d
  ovfkit convert disk.qcow2 before.vmdk --snapshot before-upgrade

A state is read by its name or id with --snapshot, which all commands that read disks have. The
image is changed where it lies; shut the machine down first.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group(ArgGroup::new("change").args(["create", "apply", "delete"])))]
pub(in crate::cli) struct Arguments {
    /// A qcow2
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Keep the disk as it is under this name
    #[arg(long, value_name = "NAME")]
    create: Option<String>,
    /// Have the disk be what was kept; what was written since is gone, unless it is kept, too
    #[arg(long, value_name = "NAME|ID")]
    apply: Option<String>,
    /// Give up what was kept
    #[arg(long, value_name = "NAME|ID")]
    delete: Option<String>,
    /// Print a JSON array, with the keys of `qemu-img info`; of a change one object, whose schema
    /// is `schema/disk-snapshots.json`
    #[arg(long)]
    json: bool,
    /// Print nothing but errors, of a change
    #[arg(short, long, requires = "change")]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (create, apply, delete) = (
        arguments.create.as_deref().map(Change::Create),
        arguments.apply.as_deref().map(Change::Apply),
        arguments.delete.as_deref().map(Change::Delete),
    );
    match create.or(apply).or(delete) {
        Some(wanted) => run_change(arguments, wanted),
        None => list(arguments),
    }
}

fn run_change(arguments: &Arguments, wanted: Change<'_>) -> Result<()> {
    interrupt::catch(false)?;
    let mut bar = Bar::new(arguments.quiet);
    let changed = change(&arguments.image, wanted, &mut bar);
    bar.finish();
    summary::done(&changed?, arguments.json, arguments.quiet, text)
}

fn text(report: &SnapshotsReport) -> String {
    let mut lines = Lines::default();
    lines.add("image", &report.filename);
    let done = match report.done {
        Fate::Created => "created",
        Fate::Applied => "applied",
        Fate::Deleted => "deleted",
    };
    lines.add(done, &line(&report.snapshot));
    if report.before != report.capacity {
        let (now, before) = (exactly(report.capacity), exactly(report.before));
        lines.add("disk", &format!("{now}, before {before}"));
    }
    lines.into_text()
}

fn list(arguments: &Arguments) -> Result<()> {
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
    keeps_snapshots(image.format, &arguments.image)?;
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
