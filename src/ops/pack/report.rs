//! What packing did, for people and programs.

use serde::Serialize;

use super::DiskInput;
use crate::disk::Warning;
use crate::disk::detect::Format;
use crate::disk::vmdk::StreamSummary;
use crate::ova::Member;
use crate::vm::Machine;

/// What was packed. Sizes are in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct PackReport {
    /// The package's path.
    pub output: String,
    /// `ova` or `ovf`.
    pub format: &'static str,
    /// Bytes of the package.
    pub size: u64,
    /// The manifest's algorithm, if there is a manifest.
    pub digest: Option<String>,
    /// All members but the manifest, in order.
    pub members: Vec<MemberReport>,
    /// The machine as described.
    pub machine: MachineReport,
    /// The disks, in order.
    pub disks: Vec<DiskReport>,
    /// What is doubtful about the input.
    pub warnings: Vec<Warning>,
    /// What is remarkable about the output.
    pub notes: Vec<String>,
    /// Threads that compressed.
    pub threads: usize,
    /// The level of compression: `adaptive`, or libdeflate's.
    pub level: String,
    /// Time it took.
    pub seconds: f64,
}

/// A file of the package.
#[derive(Debug, Clone, Serialize)]
pub struct MemberReport {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// Its digest, if there is a manifest.
    pub digest: Option<String>,
}

impl From<Member> for MemberReport {
    fn from(member: Member) -> Self {
        Self {
            name: member.name,
            size: member.size,
            digest: member.digest,
        }
    }
}

/// A disk of the package.
#[derive(Debug, Clone, Serialize)]
pub struct DiskReport {
    /// The image it was read from.
    pub source: String,
    /// That image's format.
    pub source_format: Format,
    /// Its name in the package.
    pub name: String,
    /// Bytes the guest sees.
    pub capacity: u64,
    /// Bytes of them that hold data, in whole grains of 64 KiB.
    pub populated: u64,
    /// Bytes of the VMDK.
    pub size: u64,
    /// Grains written.
    pub grains: u64,
    /// Grains taken from the image without compressing them again.
    pub passed_through: u64,
}

impl DiskReport {
    pub(super) fn new(input: &DiskInput, member: &Member, written: &StreamSummary) -> Self {
        Self {
            source: input.path.display().to_string(),
            source_format: input.opened.format,
            name: member.name.clone(),
            capacity: written.capacity,
            populated: written.populated,
            size: member.size,
            grains: written.grains,
            passed_through: written.passed_through,
        }
    }
}

/// The machine the descriptor describes.
#[derive(Debug, Clone, Serialize)]
pub struct MachineReport {
    /// Its name.
    pub name: String,
    /// The guest operating system, for people.
    pub os: String,
    /// Whether the user named it, or the default stands.
    pub os_name: String,
    /// Virtual CPUs.
    pub cpus: u32,
    /// Memory in bytes.
    pub memory: u64,
    /// `bios` or `efi`.
    pub firmware: String,
    /// Whether secure boot is on.
    pub secure_boot: bool,
    /// `vmx-NN`.
    pub hardware: String,
    /// The first product that runs it.
    pub hardware_since: String,
    /// The controller of the disks.
    pub controller: String,
    /// The network adapters.
    pub nics: Vec<NicReport>,
}

/// A network adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NicReport {
    /// Its model.
    pub model: String,
    /// The network it is on.
    pub network: String,
}

impl MachineReport {
    pub(super) fn new(machine: &Machine) -> Self {
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
