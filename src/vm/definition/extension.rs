//! Settings and sections that the standard leaves to vendors, and further files.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::{Brief, Scalar, Word};
use crate::base::Result;

/// Settings by their keys, in the order they are written.
pub type Settings = IndexMap<String, Brief<Setting>>;

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Setting {
    /// The value.
    #[schemars(example = 192)]
    pub value: Scalar,
    /// Whether a platform that does not know the key has to refuse the machine. `false` if
    /// absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(example = true)]
    pub required: bool,
}

impl Word for Setting {
    const WHAT: &'static str = "a value";

    fn from_word(word: &str) -> Result<Self> {
        Ok(Self {
            value: word.into(),
            required: false,
        })
    }

    fn as_word(&self) -> Option<String> {
        (!self.required).then(|| self.value.0.clone())
    }
}

/// Where a section of a vendor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// In the machine, or the collection of machines.
    #[default]
    Machine,
    /// In the envelope, beside the disks and networks.
    Envelope,
    /// In the virtual hardware, behind the devices.
    Hardware,
}

/// A section as XML.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RawSection {
    /// The element, with its namespaces. The prefixes `ovf`, `rasd`, `vssd`, `vmw` and
    /// `vbox` need no declaration; an element without a prefix is of OVF itself.
    #[schemars(
        example = &"<vmw:StorageSection ovf:required=\"false\" vmw:group=\"group1\"><Info>The group of disks</Info></vmw:StorageSection>"
    )]
    pub xml: String,
    /// Where it stands: in the `machine`, or the collection of machines; in the `envelope`,
    /// beside the disks and networks; in the `hardware`, behind the devices. `machine` if
    /// absent.
    #[serde(default, skip_serializing_if = "super::is_default")]
    #[schemars(example = &"envelope")]
    pub within: Within,
}

impl Word for RawSection {
    const WHAT: &'static str = "an XML element";

    fn from_word(word: &str) -> Result<Self> {
        Ok(Self {
            xml: word.to_owned(),
            within: Within::default(),
        })
    }

    fn as_word(&self) -> Option<String> {
        super::is_default(&self.within).then(|| self.xml.clone())
    }
}

/// Translations in a file of their own (DSP0243 1.1 §10).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bundle {
    /// The language of the texts (RFC 5646).
    #[schemars(example = &"de-DE")]
    pub lang: String,
    /// The path of the file, a `Bundle` of messages in XML.
    #[schemars(example = &"strings/de-DE.xml")]
    pub file: String,
}

/// A file packed beside the disks, as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExtraFile {
    /// The path of the file.
    #[schemars(example = &"web-01.nvram")]
    pub path: String,
    /// Its name in the package; that of the file if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"web-01.nvram")]
    pub href: Option<String>,
    /// The id the descriptor refers to it by, as in `ovf:/file/<id>`. Its number, such as
    /// `file2`, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"nvram")]
    pub id: Option<String>,
}

impl Word for ExtraFile {
    const WHAT: &'static str = "the path of a file";

    fn from_word(word: &str) -> Result<Self> {
        Ok(Self {
            path: word.to_owned(),
            ..Self::default()
        })
    }

    fn as_word(&self) -> Option<String> {
        let plain = self.href.is_none() && self.id.is_none();
        plain.then(|| self.path.clone())
    }
}
