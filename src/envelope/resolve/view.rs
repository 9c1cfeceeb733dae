//! What a resolved envelope looks like, for programs: plain data, sizes in bytes.

use schemars::JsonSchema;
use serde::Serialize;

/// A descriptor with its choices made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct View {
    /// The edition of OVF: `0.9`, `1.x` or `2.x`.
    pub version: String,
    /// The language of the texts.
    pub locale: String,
    /// The deployment option that is looked at.
    pub configuration: Option<String>,
    /// The deployment options there are.
    pub configurations: Vec<ConfigurationView>,
    /// The files beside the descriptor.
    pub files: Vec<FileView>,
    /// The virtual disks.
    pub disks: Vec<DiskView>,
    /// The logical networks.
    pub networks: Vec<NetworkView>,
    /// The collections that machines are in, the outer before the inner.
    pub collections: Vec<CollectionView>,
    /// The machines, in document order.
    pub machines: Vec<MachineView>,
}

/// Machines that belong together (a vApp).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CollectionView {
    /// Its identifier.
    pub id: String,
    /// The collections around it, the outermost first.
    pub collection: Vec<String>,
    /// Its name.
    pub name: Option<String>,
    /// What it is a product of.
    pub products: Vec<ProductView>,
    /// What can be set in all its guests.
    pub properties: Vec<PropertyView>,
    /// Licences to accept.
    pub eulas: Vec<EulaView>,
    /// A note.
    pub annotation: Option<String>,
}

/// A deployment option.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ConfigurationView {
    /// Its name.
    pub id: String,
    /// Whether it is the one taken when nobody chooses.
    pub default: bool,
    /// What a dialog calls it.
    pub label: Option<String>,
    /// What it is.
    pub description: Option<String>,
}

/// A file beside the descriptor.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FileView {
    /// Its name inside the descriptor.
    pub id: String,
    /// Where it is.
    pub href: String,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// How it is compressed, if it is.
    pub compression: Option<String>,
    /// The length of its chunks in bytes, if it is cut.
    pub chunk_size: Option<u64>,
}

/// A virtual disk.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DiskView {
    /// Its name inside the descriptor.
    pub id: String,
    /// The file that holds it; none for a blank disk.
    pub file: Option<String>,
    /// Its size as the guest sees it, in bytes.
    pub capacity: Option<u64>,
    /// How much of it holds data, in bytes.
    pub populated: Option<u64>,
    /// The URI of its format.
    pub format: Option<String>,
    /// The disk it holds the differences to.
    pub parent: Option<String>,
}

/// A logical network.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NetworkView {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// A virtual machine.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MachineView {
    /// Its identifier.
    pub id: String,
    /// The collections it is in, the outermost first.
    pub collection: Vec<String>,
    /// Its name.
    pub name: Option<String>,
    /// The guest operating system.
    pub os: Option<OsView>,
    /// What it is a product of.
    pub products: Vec<ProductView>,
    /// The platforms it can run on, best first.
    pub hardware: Vec<String>,
    /// The number of virtual CPUs.
    pub cpus: Option<u64>,
    /// How many of them make a socket.
    pub cores_per_socket: Option<u32>,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// `bios` or `efi`, where it is said.
    pub firmware: Option<String>,
    /// Whether UEFI Secure Boot is on.
    pub secure_boot: bool,
    /// How properties reach the guest.
    pub transport: Vec<String>,
    /// Controllers with their drives.
    pub controllers: Vec<Controller>,
    /// Drives on no controller.
    pub unattached: Vec<Drive>,
    /// Network adapters.
    pub nics: Vec<Nic>,
    /// All other devices.
    pub others: Vec<OtherDevice>,
    /// What can be set in the guest.
    pub properties: Vec<PropertyView>,
    /// Licences to accept.
    pub eulas: Vec<EulaView>,
    /// A note.
    pub annotation: Option<String>,
}

/// A guest operating system.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OsView {
    /// The number the descriptor gives.
    pub id: Option<u16>,
    /// VMware's guest id.
    pub os_type: Option<String>,
    /// The version.
    pub version: Option<String>,
    /// What the guest id or else the number stands for, with its producer.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
}

/// Facts about a product.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProductView {
    /// The first part of its properties' keys.
    pub class: Option<String>,
    /// The last part of its properties' keys.
    pub instance: Option<String>,
    /// Its name.
    pub product: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// A short version.
    pub version: Option<String>,
    /// A long version.
    pub full_version: Option<String>,
    /// Where to read about it.
    pub product_url: Option<String>,
    /// Where to read about its vendor.
    pub vendor_url: Option<String>,
    /// Where the running application is.
    pub app_url: Option<String>,
}

/// The kind of a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ControllerKind {
    /// IDE.
    Ide,
    /// SCSI of any model.
    Scsi,
    /// SATA.
    Sata,
    /// `NVMe`.
    Nvme,
    /// Persistent memory.
    Nvdimm,
    /// Another.
    Other,
}

/// A controller.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Controller {
    /// Its kind.
    pub kind: ControllerKind,
    /// Its model.
    pub model: Option<String>,
    /// Its instance id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The number of its bus.
    pub bus: Option<u64>,
    /// Whether the machine cannot do without.
    pub required: bool,
    /// What hangs on it, in the order of addresses.
    pub drives: Vec<Drive>,
}

/// The kind of a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DriveKind {
    /// A hard disk.
    Disk,
    /// A CD or DVD drive.
    Cd,
    /// A floppy drive.
    Floppy,
    /// A module of persistent memory.
    Nvdimm,
}

/// A drive.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Drive {
    /// Its kind.
    pub kind: DriveKind,
    /// Its name.
    pub name: String,
    /// Its address on the controller.
    pub address: Option<u64>,
    /// The virtual disk in it.
    pub disk: Option<String>,
    /// The file in it.
    pub file: Option<String>,
    /// The size of the disk in bytes.
    pub capacity: Option<u64>,
    /// Whether the machine cannot do without.
    pub required: bool,
}

/// A network adapter.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Nic {
    /// Its name.
    pub name: String,
    /// Its model.
    pub model: Option<String>,
    /// The networks it is on.
    pub networks: Vec<String>,
    /// A fixed MAC address.
    pub mac: Option<String>,
    /// Whether it is connected at power-on, where it is said.
    pub connected: Option<bool>,
    /// Whether the machine cannot do without.
    pub required: bool,
}

/// Any other device.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OtherDevice {
    /// The number of its kind.
    pub resource_type: Option<u16>,
    /// What CIM calls its kind.
    pub kind: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its name.
    pub name: String,
    /// Whether the machine cannot do without.
    pub required: bool,
}

/// What can be set in the guest.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PropertyView {
    /// The full key, `class.key.instance`.
    pub key: String,
    /// Its type.
    #[serde(rename = "type")]
    pub value_type: String,
    /// The default in the deployment option.
    pub value: Option<String>,
    /// What values are allowed.
    pub qualifiers: Option<String>,
    /// Whether whoever deploys the machine is asked for it.
    pub user_configurable: bool,
    /// Whether the value is hidden while it is typed.
    pub password: bool,
    /// The heading it is under.
    pub category: Option<String>,
    /// What a dialog calls it.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// A licence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EulaView {
    /// What it is about.
    pub info: String,
    /// Its text.
    pub license: String,
}
