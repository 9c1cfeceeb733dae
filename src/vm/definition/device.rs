//! What all devices have in common, and devices of any kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extension::Settings;
use super::shape::Scalar;

/// Declares a device: its own fields, and those every device has.
macro_rules! device {
    (
        $(#[$about:meta])*
        pub struct $device:ident {
            $(
                $(#[$field_about:meta])*
                pub $field:ident: $type:ty,
            )*
        }
    ) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, PartialEq, Default,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub struct $device {
            $(
                $(#[$field_about])*
                pub $field: $type,
            )*
            /// A name for people, shown by some products. The kind of device and its number if
            /// absent.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schemars(example = &"Data disk")]
            pub title: Option<String>,
            /// Whether a platform without such a device has to refuse the machine. `true` for
            /// disks, controllers, network adapters and PCI devices, `false` for others, if
            /// absent.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schemars(example = false)]
            pub required: Option<bool>,
            /// The deployment options the machine has the device in; all of them if absent.
            #[serde(skip_serializing_if = "super::is_default")]
            #[schemars(example = &"large")]
            pub configurations: $crate::vm::definition::List<String>,
            /// Settings of VMware for the device (`vmw:Config`), by their keys.
            #[serde(skip_serializing_if = "super::is_default")]
            #[schemars(example = serde_json::json!({ "slotInfo.pciSlotNumber": 192 }))]
            pub config: $crate::vm::definition::Settings,
        }

        impl $crate::vm::definition::device::Device for $device {
            fn common(&self) -> $crate::vm::definition::device::Common<'_> {
                $crate::vm::definition::device::Common {
                    title: self.title.as_deref(),
                    required: self.required,
                    configurations: &self.configurations,
                    config: &self.config,
                }
            }
        }
    };
}

pub(super) use device;

/// What is said of any device.
#[derive(Debug, Clone, Copy)]
pub(in crate::vm) struct Common<'d> {
    /// Its name for people.
    pub(in crate::vm) title: Option<&'d str>,
    /// Whether the machine cannot do without.
    pub(in crate::vm) required: Option<bool>,
    /// The deployment options it is for.
    pub(in crate::vm) configurations: &'d [String],
    /// VMware's settings for it.
    pub(in crate::vm) config: &'d Settings,
}

/// Any device.
pub(in crate::vm) trait Device {
    /// What is said of it that is said of all.
    fn common(&self) -> Common<'_>;
}

device! {
/// A device of any kind, in the words of the standard (DSP0243 1.1 §8.3). For kinds that
/// have no key of their own here.
pub struct AnyDevice {
    /// The kind: a number of `CIM_ResourceAllocationSettingData.ResourceType`, such as 1
    /// for "other", 23 for USB, 24 for graphics, 35 for sound in VirtualBox.
    #[serde(rename = "type")]
    #[schemars(example = 1)]
    pub resource_type: u16,
    /// The model (`rasd:ResourceSubType`); several with blanks between, the best first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"vmware.vmci")]
    pub model: Option<String>,
    /// What the device is, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Virtual machine communication interface")]
    pub description: Option<String>,
    /// The number of its bus, or whatever the kind of device has for an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 0)]
    pub address: Option<Scalar>,
    /// The controller it is on and the place there, such as `scsi0:6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"scsi0:6")]
    pub at: Option<super::Address>,
    /// Whether it is connected when the machine starts (`rasd:AutomaticAllocation`). Not said
    /// if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub connected: Option<bool>,
    /// How much of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 4)]
    pub quantity: Option<u64>,
    /// The unit of the quantity, a programmatic unit (DSP0004 annex C).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"byte * 2^20")]
    pub units: Option<String>,
    /// What backs it: `ovf:/file/<id>`, `ovf:/disk/<id>`, or a name of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"ovf:/file/nvram")]
    pub host_resource: Option<String>,
}
}

device! {
/// A serial or parallel port.
pub struct Port {
    /// What is behind it: `device`, `file`, `pipe`, `uri` or `thinprint`. A parallel port
    /// has `device` or `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"uri")]
    pub backing: Option<PortBacking>,
    /// Whether it is connected when the machine starts. `false` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub connected: Option<bool>,
}
}

/// What a port leads to, by VMware's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PortBacking {
    /// A port of the host.
    Device,
    /// A file.
    File,
    /// A named pipe.
    Pipe,
    /// A connection over the network.
    Uri,
    /// A printer, by `ThinPrint`.
    Thinprint,
}

device! {
/// A graphics card.
pub struct Video {
    /// Its memory, such as `16 MiB`, in whole KiB. The platform's own choice if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"16 MiB")]
    pub memory: Option<super::Size>,
    /// The number of displays. The platform's own choice if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 1)]
    pub displays: Option<u32>,
    /// Whether it draws in three dimensions. The platform's own choice if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub accelerated: Option<bool>,
}
}

device! {
/// A USB controller.
pub struct Usb {
    /// `ehci` (USB 2) or `xhci` (USB 3). `xhci` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"xhci")]
    pub model: Option<UsbModel>,
}
}

/// The generation of a USB controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UsbModel {
    /// USB 2.
    #[serde(alias = "usb2")]
    Ehci,
    /// USB 3.
    #[serde(alias = "usb3")]
    Xhci,
}

device! {
/// A sound card.
pub struct Sound {
    /// `sb16`, `ensoniq1371` or `hdaudio`. `hdaudio` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"hdaudio")]
    pub model: Option<SoundModel>,
}
}

/// The model of a sound card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SoundModel {
    /// Sound Blaster 16.
    Sb16,
    /// Ensoniq 1371.
    Ensoniq1371,
    /// Intel HD Audio.
    Hdaudio,
}

device! {
/// A PCI device of the host that is handed to the guest.
pub struct Pci {
    /// How it is handed on: `passthrough`, `passthrough-ah` (assigned by the host), `dvx` or
    /// `vmiop` (shared graphics). The device itself is named in `config`. `passthrough` if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"passthrough")]
    pub kind: Option<PciKind>,
}
}

/// How a PCI device is handed on, by VMware's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PciKind {
    /// One device, fixed.
    Passthrough,
    /// One of several, assigned by the host.
    PassthroughAh,
    /// A device extension.
    Dvx,
    /// Shared graphics.
    Vmiop,
}
