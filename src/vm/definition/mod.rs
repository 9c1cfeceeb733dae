//! A virtual machine, or several, as users write them down.
//!
//! A [`Definition`] is what a definition file says and what the options of a command say:
//! one model for both. Everything in it may be left out. [`build`](super::build())
//! decides what was left open, and makes an envelope of it.

pub(super) mod deployment;
pub(super) mod device;
pub(super) mod extension;
mod flatten;
pub(super) mod network;
pub(super) mod os;
pub(super) mod packaging;
pub(super) mod processor;
pub(super) mod product;
mod schema;
pub(super) mod shape;
mod size;
pub(super) mod storage;
mod text;
mod written;

pub use deployment::{Configuration, Start, StartAction, StopAction};
pub use device::{
    AnyDevice, Pci, PciKind, Port, PortBacking, Sound, SoundModel, Usb, UsbModel, Video,
};
pub use extension::{Bundle, ExtraFile, RawSection, Setting, Settings, Within};
pub use network::{IpAssignment, Network, Nic};
pub use os::Os;
pub use packaging::{CloudInit, Form, Parameter, Seed};
pub use processor::{Cpus, Memory};
pub use product::{Eula, Product, Property};
pub use schema::schema;
pub use shape::{Brief, List, Scalar, Word};
pub use size::Size;
pub use storage::{Address, Controller, Disk, Drive};
pub use text::LocalText;
pub use written::Placeholder;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ControllerKind, Firmware};

/// Whether `value` is what it is when nothing is written.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A virtual machine, or with `machines` several that belong together (a vApp). Everything
/// may be left out but a disk to start from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Definition {
    /// The schema of this file, for editors that do not take it from a comment.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"ovfkit.schema.json")]
    pub schema: Option<String>,
    /// Definitions this one builds upon: paths from the directory of this file. What is
    /// written here goes over what is written there.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = &"base.yaml")]
    pub include: List<String>,
    /// Names that stand for values in this file, as `${name}`.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(
        example = serde_json::json!({ "version": "1.0", "cpus": { "default": 4, "env": "VM_CPUS" } })
    )]
    pub parameters: IndexMap<String, Brief<Parameter>>,

    /// The name of the machine; files are named after it too. That of the output or of the
    /// first disk image if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"web-01")]
    pub name: Option<String>,
    /// The identifier of the machine in the descriptor (`ovf:id`); the name if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"web-01")]
    pub id: Option<String>,
    /// The name for people, where it is not that of the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Web server")]
    pub title: Option<LocalText>,
    /// The language of the texts (RFC 5646); `en-US` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"en-US")]
    pub lang: Option<String>,
    /// The guest operating system, from the list of `ovfkit os`; a 64-bit Linux if absent.
    /// It decides which controller and network adapter the machine gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"ubuntu-24.04")]
    pub os: Option<Brief<Os>>,

    /// Virtual CPUs: a number, or a map with more about them. 2 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 4)]
    pub cpus: Option<Brief<Cpus>>,
    /// Memory: a size, or a map with more about it. 2 GiB if absent, 4 GiB for Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"4 GiB")]
    pub memory: Option<Brief<Memory>>,
    /// What starts the guest: `bios` or `efi`. `bios` if absent, `efi` for Windows 11, where
    /// the target does not choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"efi")]
    pub firmware: Option<Firmware>,
    /// Whether the firmware starts signed boot loaders only; needs `firmware: efi` and the
    /// hardware `vmx-13` or newer. `false` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub secure_boot: Option<bool>,
    /// Whether the machine has a trusted platform module; needs `firmware: efi` and the
    /// hardware `vmx-14` or newer. `false` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub tpm: Option<bool>,
    /// The virtual hardware the machine is for, such as `vmx-14`; several with the best
    /// first. The target's choice if absent.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = &"vmx-14")]
    pub hardware: List<String>,

    /// The kind of controller disks are put on when they name no place; one the operating
    /// system has a driver for if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"pvscsi")]
    pub controller: Option<ControllerKind>,
    /// Controllers to choose the model, number or settings of; others are made as needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!([{ "type": "pvscsi", "bus": 1 }]))]
    pub controllers: Vec<Brief<Controller>>,
    /// Hard disks, the one to start from first: paths of images, or maps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!(["noble-server-cloudimg-amd64.img"]))]
    pub disks: Vec<Brief<Disk>>,
    /// CD drives: paths of images, or maps; `{}` is an empty drive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!(["tools.iso", {}]))]
    pub cdroms: Vec<Brief<Drive>>,
    /// Floppy drives: paths of images, or maps; `{}` is an empty drive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!(["drivers.flp"]))]
    pub floppies: Vec<Brief<Drive>>,
    /// Network adapters, in the guest's order: names of networks, or maps. One on "VM
    /// Network" if absent; `[]` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!(["VM Network"]))]
    pub nics: Option<Vec<Brief<Nic>>>,
    /// Networks by name, with descriptions. Those adapters name are made as needed, so only
    /// what is to be described has to stand here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "LAN": "Where users are" }))]
    pub networks: Option<IndexMap<String, Brief<Network>>>,
    /// Serial ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!([{ "backing": "uri" }]))]
    pub serial_ports: Vec<Port>,
    /// Parallel ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!([{ "backing": "device" }]))]
    pub parallel_ports: Vec<Port>,
    /// The graphics card; the platform's own if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "memory": "16 MiB" }))]
    pub video: Option<Video>,
    /// USB controllers.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = serde_json::json!({ "model": "xhci" }))]
    pub usb: List<Usb>,
    /// The sound card.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "model": "hdaudio" }))]
    pub sound: Option<Sound>,
    /// PCI devices of the host that are handed to the guest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!([{ "kind": "passthrough" }]))]
    pub pci: Vec<Pci>,
    /// Devices of any other kind, in the words of the standard.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!([{ "type": 1, "model": "vmware.vmci" }]))]
    pub devices: Vec<AnyDevice>,
    /// What the machine tries to start from, in order: `disk`, `cdrom`, `floppy` or `nic`, with
    /// a number from 1 where there are several, such as `nic2`. The platform's own order if
    /// absent.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = serde_json::json!(["disk1", "nic1"]))]
    pub boot_order: List<String>,
    /// VMware's settings for the machine (`vmw:Config`), by their keys.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = serde_json::json!({ "tools.syncTimeWithHost": false }))]
    pub config: Settings,
    /// Lines for the `.vmx` file (`vmw:ExtraConfig`), by their keys. vSphere takes only
    /// keys it knows to be harmless.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = serde_json::json!({ "disk.enableUUID": true }))]
    pub extra_config: Settings,

    /// What the machine is a product of: a name, a map, or a list of maps.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = serde_json::json!({ "name": "Web server", "version": "1.10" }))]
    pub product: List<Brief<Product>>,
    /// What can be set in the guest when the machine is deployed, by key: the default
    /// value, or a map.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(
        example = serde_json::json!({ "hostname": { "label": "Host name", "default": "web-01" } })
    )]
    pub properties: IndexMap<String, Brief<Property>>,
    /// How properties reach the guest: `com.vmware.guestInfo` through VMware Tools, `iso` on a
    /// CD. `com.vmware.guestInfo`, where there are properties, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"com.vmware.guestInfo")]
    pub transport: Option<List<String>>,
    /// How the guest can be given IP addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        example = serde_json::json!({ "protocols": "IPv4", "schemes": ["dhcp", "ovfenv"] })
    )]
    pub ip_assignment: Option<IpAssignment>,
    /// A note shown with the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"The password is asked for at the first login.")]
    pub annotation: Option<LocalText>,
    /// Licences to accept: paths of text files, or maps.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = &"LICENSE.txt")]
    pub eula: List<Brief<Eula>>,
    /// Deployment options by name: sizes or kinds of machine to choose from.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = serde_json::json!({
        "small": { "label": "Up to 100 users" },
        "large": { "label": "Up to 1000 users", "cpus": 8, "memory": "16 GiB" }
    }))]
    pub configurations: IndexMap<String, Configuration>,

    /// The machines of a vApp. Networks, deployment options, files and how it is packed stand
    /// beside them; hardware stands in each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!([
        { "name": "db", "disks": ["db.qcow2"] }, { "name": "web", "disks": ["web.qcow2"] }
    ]))]
    pub machines: Vec<Definition>,
    /// How this machine of a vApp starts and stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = serde_json::json!({ "order": 1, "delay": 60 }))]
    pub start: Option<Start>,

    /// First-boot configuration for cloud-init: the path of its user-data, or a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"user-data.yaml")]
    pub cloud_init: Option<Brief<CloudInit>>,
    /// First-boot configuration for Ignition: the path of its JSON file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"config.ign")]
    pub ignition: Option<String>,
    /// Sections of vendors, as XML.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!([
        "<vmw:StorageSection ovf:required=\"false\" vmw:group=\"group1\">\
         <Info>The group of disks</Info></vmw:StorageSection>"
    ]))]
    pub sections: Vec<Brief<RawSection>>,
    /// Files with translations of the texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!([{ "lang": "de-DE", "file": "strings/de-DE.xml" }]))]
    pub strings: Vec<Bundle>,
    /// Files packed as they are: paths, or maps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!(["web-01.nvram"]))]
    pub files: Vec<Brief<ExtraFile>>,

    /// What the package is for, such as `vsphere:8.0`; several make one package each.
    /// `portable` if absent.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(example = serde_json::json!(["vsphere:8.0", "virtualbox"]))]
    pub target: List<String>,
    /// Where the package goes: a path from the directory of this file. `NAME.ova` there if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"build/web-01.ova")]
    pub output: Option<String>,
    /// The form of the package: `ova`, one archive, or `ovf`, a directory of files. `ova` if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"ova")]
    pub format: Option<Form>,
    /// The digest of the manifest: `sha256`, `sha1`, `sha512`, or `none` for no manifest.
    /// The target's choice if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"sha256")]
    pub digest: Option<String>,
    /// Compression of disks: `fast`, `default`, `best`, or a level of libdeflate from 0 to 12.
    /// `default` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"default")]
    pub level: Option<Scalar>,
}

impl Definition {
    /// The drives for media of the machine, by the key they stand under.
    pub fn drives(&self) -> [(&'static str, &[Brief<Drive>]); 2] {
        [("cdroms", &self.cdroms), ("floppies", &self.floppies)]
    }
}
