//! A machine as a package: its disks and CD images become files, and what packing measured
//! goes into its description.

use std::path::{Path, PathBuf};

use super::pack::{Facts, MachineReport, NicReport, Output, Package, PlannedMember, Source};
use crate::base::digest::Algorithm;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::open::OpenOptions;
use crate::disk::vmdk::AdapterType;
use crate::template;
use crate::vm::{self, ControllerKind, DiskImage, IsoImage, Machine};

/// What is read for a machine with these `disks`, opened by `open`, and CD images.
pub fn sources(disks: Vec<PathBuf>, isos: Vec<PathBuf>, open: &OpenOptions) -> Vec<Source> {
    let disks = disks.into_iter().map(|path| Source::Disk {
        path,
        open: open.clone(),
    });
    let isos = isos.into_iter().map(|path| Source::File { path });
    disks.chain(isos).collect()
}

/// Plans the package of `machine`, with all `sources` made by [`sources()`]; the machine's own disks
/// and CD images come from them.
pub fn package(
    machine: Machine,
    sources: &[Source],
    output: Output,
    digest: Option<Algorithm>,
) -> Package {
    let adapter = adapter_of(machine.controller);
    let mut disks = 0;
    let href = |source: &Source| match source {
        Source::Disk { .. } => {
            disks += 1;
            format!("{}-disk{disks}.vmdk", machine.name)
        }
        Source::File { path } => file_name(path),
        Source::Bytes { name, .. } => name.clone(),
    };
    let hrefs: Vec<String> = sources.iter().map(href).collect();
    let paths = sources.iter().map(|source| match source {
        Source::Disk { path, .. } | Source::File { path } => path.clone(),
        Source::Bytes { name, .. } => name.into(),
    });
    let files: Vec<_> = hrefs.iter().cloned().zip(paths).collect();
    let members = hrefs.into_iter().enumerate();
    let members = members.map(|(source, href)| PlannedMember {
        source,
        href,
        adapter,
    });
    Package {
        output,
        digest,
        name: machine.name.clone(),
        members: members.collect(),
        machine: MachineReport::from(&machine),
        notes: notes(&machine),
        describe: Box::new(move |facts| describe(&machine, &files, facts)),
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The descriptor of `machine`, whose `files`, by their names in the package and their paths, have
/// these `facts`.
fn describe(machine: &Machine, files: &[(String, PathBuf)], facts: &[Facts]) -> Result<String> {
    let mut machine = machine.clone();
    for ((href, path), facts) in files.iter().zip(facts) {
        let href = href.clone();
        match facts.disk {
            Some(disk) => machine.disks.push(DiskImage {
                href,
                capacity: disk.capacity,
                file_size: facts.size,
                populated: disk.populated,
            }),
            None if facts.size == 0 => {
                return Err(Error::new(ErrorKind::Invalid, "the file is empty")
                    .at(path)
                    .help("check that the CD image was made completely"));
            }
            None => machine.isos.push(IsoImage {
                href,
                size: facts.size,
            }),
        }
    }
    vm::check(&machine)?;
    template::render(&vm::build(&machine)?)
}

/// The geometry disks get for their controller.
fn adapter_of(controller: ControllerKind) -> AdapterType {
    match controller {
        ControllerKind::Ide => AdapterType::Ide,
        ControllerKind::BusLogic => AdapterType::BusLogic,
        _ => AdapterType::LsiLogic,
    }
}

/// What is remarkable about `machine`.
fn notes(machine: &Machine) -> Vec<String> {
    let keys = machine.properties.iter().map(|(key, _)| key);
    keys.filter(|key| key.contains('.'))
        .map(|key| {
            format!(
                "property `{key}`: DSP0243 1.1 §9.5 allows no dot in a key; vSphere takes it, other \
                 importers may not"
            )
        })
        .collect()
}

impl From<&Machine> for MachineReport {
    fn from(machine: &Machine) -> Self {
        Self {
            name: machine.name.clone(),
            os: machine.os.description.clone(),
            os_name: machine.os.name.clone(),
            cpus: machine.cpus,
            memory: machine.memory,
            firmware: machine.firmware.to_string(),
            secure_boot: machine.secure_boot,
            hardware: machine.hardware.to_string(),
            hardware_since: machine.hardware.first_product().to_owned(),
            controller: machine.controller.to_string(),
            nics: machine
                .nics
                .iter()
                .map(|nic| NicReport {
                    model: nic.model.to_string(),
                    network: nic.network.clone(),
                })
                .collect(),
        }
    }
}
