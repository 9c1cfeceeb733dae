//! CPUs and memory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Size;
use super::shape::Word;
use crate::base::{Error, Result};

/// Virtual CPUs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Cpus {
    /// How many. 2 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 4, range(min = 1, max = 65_534))]
    pub count: Option<u32>,
    /// How many of them make a socket; has to divide `count`. Left to the platform if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 2, range(min = 1))]
    pub cores_per_socket: Option<u32>,
    /// The fewest that do (DSP0243 1.1 §8.4). No bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 1, range(min = 1))]
    pub min: Option<u32>,
    /// The most that are of use (DSP0243 1.1 §8.4). No bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 16, range(min = 1))]
    pub max: Option<u32>,
    /// What the host sets aside, in MHz. Nothing if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 1000)]
    pub reservation: Option<u64>,
    /// The most that is taken of the host, in MHz. No limit if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 8000)]
    pub limit: Option<u64>,
    /// The share of the host in relation to other machines, a plain number; VMware gives a
    /// machine 1000 for each CPU. Left to the platform if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 4000)]
    pub shares: Option<u32>,
    /// Whether CPUs can be added while the machine runs. Left to the platform, which for VMware
    /// means no, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub hot_add: Option<bool>,
    /// Whether CPUs can be removed while the machine runs. Left to the platform, which for
    /// VMware means no, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub hot_remove: Option<bool>,
}

impl Word for Cpus {
    const WHAT: &'static str = "a number of CPUs";

    fn from_word(word: &str) -> Result<Self> {
        let count = word.parse().map_err(|_| {
            Error::usage(format!("`{word}` is not a number of CPUs"))
                .help("write a whole number, such as 4")
        })?;
        Ok(Self {
            count: Some(count),
            ..Self::default()
        })
    }

    fn as_word(&self) -> Option<String> {
        let count = self.count?;
        let alone = Self {
            count: Some(count),
            ..Self::default()
        };
        (*self == alone).then(|| count.to_string())
    }
}

/// Memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Memory {
    /// How much, a multiple of 4 MiB. 2 GiB if absent, 4 GiB for Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"4 GiB")]
    pub size: Option<Size>,
    /// The least that does (DSP0243 1.1 §8.4). No bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2 GiB")]
    pub min: Option<Size>,
    /// The most that is of use (DSP0243 1.1 §8.4). No bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"64 GiB")]
    pub max: Option<Size>,
    /// What the host sets aside, in whole MiB. Nothing if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"1 GiB")]
    pub reservation: Option<Size>,
    /// The most that is taken of the host, in whole MiB. No limit if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"8 GiB")]
    pub limit: Option<Size>,
    /// The share of the host in relation to other machines, a plain number; VMware gives a
    /// machine 10 for each MiB. Left to the platform if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 40960)]
    pub shares: Option<u32>,
    /// Whether memory can be added while the machine runs. Left to the platform, which for
    /// VMware means no, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub hot_add: Option<bool>,
}

impl Word for Memory {
    const WHAT: &'static str = "an amount of memory";

    fn from_word(word: &str) -> Result<Self> {
        Ok(Self {
            size: Some(word.parse()?),
            ..Self::default()
        })
    }

    fn as_word(&self) -> Option<String> {
        let size = self.size?;
        let alone = Self {
            size: Some(size),
            ..Self::default()
        };
        (*self == alone).then(|| size.to_string())
    }
}
