//! Controllers, disks and drives.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Size;
use super::device::device;
use super::shape::{Word, word};
use crate::base::{Error, Result};
use crate::data;
use crate::vm::ControllerKind;

/// A place on a controller: `scsi0:1`, or `scsi0` for any place on it, or `sata` for any
/// place on any controller of the kind. A controller with an `id` is called by that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The controller: a kind of bus, with or without a number, or an id.
    pub controller: String,
    /// The place on it; the next free one if absent.
    pub unit: Option<u32>,
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::usage(format!("`{text}` is no place on a controller"))
                .help("write the bus and the unit, such as `scsi0:1`, `sata0:0`, `ide1:0`")
        };
        let (controller, unit) = match text.rsplit_once(':') {
            Some((controller, unit)) => (controller, Some(unit.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        if controller.is_empty() || controller.contains(char::is_whitespace) {
            return Err(wrong());
        }
        Ok(Self {
            controller: controller.to_owned(),
            unit,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Some(unit) => write!(f, "{}:{unit}", self.controller),
            None => f.write_str(&self.controller),
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Place;

        impl de::Visitor<'_> for Place {
            type Value = Address;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a place on a controller, such as `scsi0:1`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
                text.parse().map_err(data::custom)
            }
        }

        deserializer.deserialize_str(Place)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A place on a controller: the bus and the unit, such as `scsi0:1`. \
                            Without the unit, the next free one; without the number of the bus, \
                            any of the kind.",
            "type": "string",
            "examples": ["scsi0:1", "sata0:0", "ide1:0", "nvme0"]
        })
    }
}

device! {
/// What disks and drives hang on. Those that are needed are made where none is written
/// down; one is written to choose its model or its settings.
pub struct Controller {
    /// The kind and model. `resource-type` tells it if absent.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"pvscsi")]
    pub kind: Option<ControllerKind>,
    /// The number of its bus among those of its kind: 0 to 3, for IDE 0 or 1. All models of
    /// SCSI count together. The next one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 0)]
    pub bus: Option<u32>,
    /// A name to call it by in `at`, besides `scsi0` and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"data")]
    pub id: Option<String>,
    /// The model as the descriptor writes it (`rasd:ResourceSubType`), where it is none of
    /// those `type` knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"PIIX4")]
    pub subtype: Option<String>,
    /// The number of the kind as the descriptor writes it (`rasd:ResourceType`), where it is
    /// none of those `type` knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 20)]
    pub resource_type: Option<u16>,
}
}

impl Word for Controller {
    const WHAT: &'static str = "a kind of controller";

    fn from_word(word: &str) -> Result<Self> {
        Ok(Self {
            kind: Some(word.parse()?),
            ..Self::default()
        })
    }

    fn as_word(&self) -> Option<String> {
        let kind = self.kind?;
        let alone = Self {
            kind: Some(kind),
            ..Self::default()
        };
        (*self == alone).then(|| kind.to_string())
    }
}

device! {
/// A hard disk: an image that is packed, or a blank one of a size.
pub struct Disk {
    /// The image: the path of a file or block device in any format ovfkit reads. A blank disk
    /// of `size` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"noble-server-cloudimg-amd64.img")]
    pub image: Option<String>,
    /// The size of a blank disk; at most 64 TiB. With an image, the size the disk gets: not
    /// less than the image's, the rest is blank. The image's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"20 GiB")]
    pub size: Option<Size>,
    /// The format of the image, `raw`, `qcow2`, `vmdk`, `vhd` or `vdi`; detected if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"raw")]
    pub format: Option<String>,
    /// The internal snapshot of the image to pack, by name or id; its active state if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"before-upgrade")]
    pub snapshot: Option<String>,
    /// The controller and the place on it; left to ovfkit if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"scsi0:1")]
    pub at: Option<Address>,
    /// The name the descriptor calls the disk by (`ovf:diskId`). Machines that name one id
    /// share the disk. Its number, such as `disk1`, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"data")]
    pub id: Option<String>,
    /// The name of its file in the package; made of the machine's name if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"web-01-disk1.vmdk")]
    pub href: Option<String>,
    /// Whether several machines write to the disk at once, as clusters do. `false` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub shared: Option<bool>,
    /// Whether the guest cannot write to the disk. `false` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub read_only: Option<bool>,
}
}

word!(Disk, image, "the path of an image");

device! {
/// A drive for media that can be taken out: CDs, or floppy disks. Without an image it is
/// empty.
pub struct Drive {
    /// The image in it: the path of a file that is packed as it is. The drive is empty if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"tools.iso")]
    pub image: Option<String>,
    /// The controller and the place on it; left to ovfkit if absent. A floppy drive has
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"ide0:0")]
    pub at: Option<Address>,
    /// The name of the image's file in the package; that of the file if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"tools.iso")]
    pub href: Option<String>,
    /// The model as the descriptor writes it (`rasd:ResourceSubType`). What VMware has for an
    /// image, or for the host's drive, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"vmware.cdrom.remotepassthrough")]
    pub subtype: Option<String>,
    /// Whether it is connected when the machine starts. `true` where there is an image if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = false)]
    pub connected: Option<bool>,
    /// The image itself, if it was made and is no file. Definition files cannot say it.
    #[serde(skip)]
    pub content: Option<Vec<u8>>,
}
}

word!(Drive, image, "the path of an image");
