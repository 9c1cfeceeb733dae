//! Networks and the adapters on them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device::device;
use super::shape::{List, Scalar, Word};
use super::text::LocalText;
use crate::base::Result;
use crate::vm::NicModel;

/// A logical network, which whoever deploys the machine maps to a real one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Network {
    /// What it is for.
    #[schemars(example = &"Where users reach the web server")]
    pub description: LocalText,
}

impl Word for Network {
    const WHAT: &'static str = "a description";

    fn from_word(word: &str) -> Result<Self> {
        Ok(Self {
            description: word.into(),
        })
    }

    fn as_word(&self) -> Option<String> {
        let plain = self.description.lang.is_none();
        plain.then(|| self.description.text.clone())
    }
}

device! {
/// A network adapter.
pub struct Nic {
    /// The network it is on; several for one that is on several.
    #[serde(skip_serializing_if = "super::is_default")]
    #[schemars(example = &"VM Network")]
    pub network: List<String>,
    /// The model; one the operating system has a driver for if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"vmxnet3")]
    pub model: Option<NicModel>,
    /// The model as the descriptor writes it (`rasd:ResourceSubType`), where it is none of
    /// those `model` knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"VmxNet3")]
    pub subtype: Option<String>,
    /// Its MAC address: `auto` for one of the platform's, or a fixed one, which two machines
    /// from one package would share. `auto` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"auto")]
    pub mac: Option<Scalar>,
    /// Whether it is connected when the machine starts. `true` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = false)]
    pub connected: Option<bool>,
    /// Its place among the adapters (`rasd:AddressOnParent`); counted from 7 if absent, as
    /// VMware does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 7)]
    pub address: Option<u32>,
}
}

impl Nic {
    /// Its MAC address, unless that is the platform's choice.
    pub fn fixed_mac(&self) -> Option<&str> {
        self.mac.as_deref().filter(|mac| *mac != "auto")
    }
}

impl Word for Nic {
    const WHAT: &'static str = "a network";

    fn from_word(word: &str) -> Result<Self> {
        Ok(Self {
            network: vec![word.to_owned()].into(),
            ..Self::default()
        })
    }

    fn as_word(&self) -> Option<String> {
        let [network] = self.network.as_slice() else {
            return None;
        };
        let alone = Self {
            network: self.network.clone(),
            ..Self::default()
        };
        (*self == alone).then(|| network.clone())
    }
}

/// How the guest can be given IP addresses (`vmw:IpAssignmentSection`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct IpAssignment {
    /// The protocols it speaks: `IPv4`, `IPv6`.
    #[schemars(example = &"IPv4")]
    pub protocols: List<String>,
    /// How it can get addresses: `ovfenv` for properties, `dhcp`.
    #[schemars(example = &"dhcp")]
    pub schemes: List<String>,
}
