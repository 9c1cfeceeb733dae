//! The guest operating system as a definition writes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::Word;
use super::text::LocalText;
use crate::base::Result;

/// A guest operating system: a name ovfkit knows (`ovfkit os` lists them), and what a
/// descriptor shall say instead.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Os {
    /// A name from the list of `ovfkit os`, such as `ubuntu-24.04` or `windows2022`. `linux`,
    /// any 64-bit Linux, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"ubuntu-24.04")]
    pub name: Option<String>,
    /// The value of `CIM_OperatingSystem.OSType` (`ovf:id`). That of `name` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 94)]
    pub cim: Option<u16>,
    /// VMware's guest id (`vmw:osType`); empty for none. That of `name` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"ubuntu64Guest")]
    pub vmware: Option<String>,
    /// The version (`ovf:version`); empty for none. That of `name` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"24.04")]
    pub version: Option<String>,
    /// The name for people. That of `name` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Ubuntu 24.04 LTS (64-bit)")]
    pub description: Option<LocalText>,
}

impl Word for Os {
    const WHAT: &'static str = "the name of an operating system";

    fn from_word(word: &str) -> Result<Self> {
        // Told here, where the place in the file is known.
        word.parse::<crate::vm::GuestOs>()?;
        Ok(Self {
            name: Some(word.to_owned()),
            ..Self::default()
        })
    }

    fn as_word(&self) -> Option<String> {
        let name = self.name.clone()?;
        let alone = Self {
            name: Some(name.clone()),
            ..Self::default()
        };
        (*self == alone).then_some(name)
    }
}
