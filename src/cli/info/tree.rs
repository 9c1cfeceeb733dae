//! The hardware of a machine, drawn as a tree.

use crate::base::units::human;
use crate::envelope::resolve::{
    Controller, ControllerKind, Drive, DriveKind, MachineView, Nic, OtherDevice,
};

use super::super::render::printable;
use super::super::summary::count;
use super::text::one_line;

/// A line and what hangs below it.
#[derive(Default)]
struct Node {
    /// Its column of addresses, if it has one.
    address: String,
    line: String,
    below: Vec<Node>,
}

impl Node {
    fn leaf(line: String) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }
}

/// The devices of `machine`, one a line, each line indented by `indent`.
pub(super) fn hardware(machine: &MachineView, indent: &str) -> String {
    let mut nodes: Vec<Node> = [cpus(machine), memory(machine)]
        .into_iter()
        .flatten()
        .map(Node::leaf)
        .collect();
    nodes.extend(machine.controllers.iter().map(controller));
    // CIM has no controller for floppy drives.
    let (floppies, lost): (Vec<_>, Vec<_>) =
        (machine.unattached.iter()).partition(|drive| drive.kind == DriveKind::Floppy);
    if !lost.is_empty() {
        nodes.push(Node {
            line: "on no controller".to_owned(),
            below: drives(&lost),
            ..Node::default()
        });
    }
    nodes.extend(floppies.into_iter().map(|one| Node::leaf(drive(one))));
    nodes.extend(machine.nics.iter().map(|one| Node::leaf(nic(one))));
    nodes.extend(machine.others.iter().map(|one| Node::leaf(other(one))));
    let mut text = String::new();
    draw(&nodes, indent, &mut text);
    text
}

fn draw(nodes: &[Node], indent: &str, text: &mut String) {
    for (index, node) in nodes.iter().enumerate() {
        let (branch, trunk) = if index + 1 == nodes.len() {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let line = printable(&one_line(&node.line));
        text.push_str(&[indent, branch, &node.address, &line, "\n"].concat());
        draw(&node.below, &[indent, trunk].concat(), text);
    }
}

fn cpus(machine: &MachineView) -> Option<String> {
    let cpus = count(machine.cpus?, "CPU");
    Some(match machine.cores_per_socket {
        Some(cores) if cores > 1 => format!("{cpus}, {cores} a socket"),
        _ => cpus,
    })
}

fn memory(machine: &MachineView) -> Option<String> {
    Some(format!("{} of memory", human(machine.memory?)))
}

fn controller(controller: &Controller) -> Node {
    let kind = match controller.kind {
        ControllerKind::Ide => "IDE controller",
        ControllerKind::Scsi => "SCSI controller",
        ControllerKind::Sata => "SATA controller",
        ControllerKind::Nvme => "NVMe controller",
        ControllerKind::Nvdimm => "NVDIMM controller",
        ControllerKind::Other => &controller.name,
    };
    let mut line = kind.to_owned();
    if let Some(bus) = controller.bus {
        line = format!("{line} {bus}");
    }
    Node {
        line: with_details(line, controller.model.as_ref(), controller.required),
        below: drives(&controller.drives.iter().collect::<Vec<_>>()),
        ..Node::default()
    }
}

/// Drives with their addresses, so that the names stand below each other.
fn drives(drives: &[&Drive]) -> Vec<Node> {
    let address = |drive: &&Drive| {
        let address = drive.address.map(|address| address.to_string());
        address.unwrap_or_default()
    };
    let width = drives.iter().map(|drive| address(drive).len()).max();
    let width = width.unwrap_or_default();
    let nodes = drives.iter().map(|one| {
        let gap = if width == 0 { "" } else { "  " };
        Node {
            address: format!("{:>width$}{gap}", address(one)),
            ..Node::leaf(drive(one))
        }
    });
    nodes.collect()
}

fn drive(drive: &Drive) -> String {
    let kind = match drive.kind {
        DriveKind::Disk => "disk",
        DriveKind::Cd => "CD drive",
        DriveKind::Floppy => "floppy drive",
        DriveKind::Nvdimm => "NVDIMM",
    };
    let content = match (&drive.file, &drive.disk, drive.kind) {
        (Some(file), ..) => file,
        (None, Some(_), _) => "blank",
        (None, None, DriveKind::Disk | DriveKind::Nvdimm) => "of nothing in the package",
        (None, None, _) => "empty",
    };
    let mut line = format!("{kind}, {content}");
    if let Some(capacity) = drive.capacity {
        line = format!("{line}, {}", human(capacity));
    }
    with_details(line, None, drive.required)
}

fn nic(nic: &Nic) -> String {
    let mut line = with_details("network adapter".to_owned(), nic.model.as_ref(), true);
    for network in &nic.networks {
        line = format!("{line}, on \"{network}\"");
    }
    if let Some(mac) = &nic.mac {
        line = format!("{line}, MAC {mac}");
    }
    if nic.connected == Some(false) {
        line.push_str(", not connected");
    }
    with_details(line, None, nic.required)
}

fn other(device: &OtherDevice) -> String {
    let line = match (&device.kind, device.resource_type) {
        (Some(kind), _) if device.name.is_empty() => kind.clone(),
        (None, Some(number)) if device.name.is_empty() => format!("device of type {number}"),
        _ => device.name.clone(),
    };
    with_details(line, device.model.as_ref(), device.required)
}

/// `line` with the model, and with what tells that the machine can do without it.
fn with_details(mut line: String, model: Option<&String>, required: bool) -> String {
    if let Some(model) = model {
        line = format!("{line}, {model}");
    }
    if !required {
        line.push_str(" (optional)");
    }
    line
}
