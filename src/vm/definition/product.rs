//! What the machine is a product of, and what can be set in it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::{Brief, List, Scalar, Word, word};
use super::text::LocalText;
use crate::base::Result;

/// Facts about the installed software (DSP0243 1.1 §9.5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Product {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Web server")]
    pub name: Option<LocalText>,
    /// Who makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Example Ltd.")]
    pub vendor: Option<LocalText>,
    /// Its version, for comparing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"1.10")]
    pub version: Option<String>,
    /// Its version with all there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"1.10-build-4711")]
    pub full_version: Option<String>,
    /// Where to read about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"https://example.com/web")]
    pub url: Option<String>,
    /// Where to read about its vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"https://example.com/")]
    pub vendor_url: Option<String>,
    /// Where the running application is reached; `$${key}` stands for a property.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"https://$${hostname}/")]
    pub app_url: Option<String>,
    /// The first part of its properties' keys, by custom a domain name backwards. It tells
    /// products of one machine apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"com.example.web")]
    pub class: Option<String>,
    /// The last part of its properties' keys, for several of one class.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"1")]
    pub instance: Option<String>,
    /// What can be set in it, by key. The properties of the machine go here as well if this is
    /// its first product.
    #[serde(skip_serializing_if = "super::is_default")]
    #[schemars(example = serde_json::json!({ "hostname": "web-01" }))]
    pub properties: IndexMap<String, Brief<Property>>,
}

impl Word for Product {
    const WHAT: &'static str = "the name of the product";

    fn from_word(word: &str) -> Result<Self> {
        Ok(Self {
            name: Some(word.into()),
            ..Self::default()
        })
    }

    fn as_word(&self) -> Option<String> {
        let name = self.name.as_ref().filter(|name| name.lang.is_none())?;
        let alone = Self {
            name: Some(name.clone()),
            ..Self::default()
        };
        (*self == alone).then(|| name.text.clone())
    }
}

/// A value the guest is given when the machine is deployed (DSP0243 1.1 §9.5.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Property {
    /// What values it takes: `string`, `boolean`, `uint8` to `uint64`, `sint8` to
    /// `sint64`, `real32` or `real64`. A string if absent.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"uint16")]
    pub value_type: Option<String>,
    /// The value unless another is given. No value if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"web-01")]
    pub default: Option<Scalar>,
    /// What a dialog calls it; its key if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Host name")]
    pub label: Option<LocalText>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"The name the server tells others")]
    pub description: Option<LocalText>,
    /// The heading it stands under in a dialog.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Network")]
    pub category: Option<LocalText>,
    /// Whether whoever deploys the machine is asked for it. `true` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = false)]
    pub user_configurable: Option<bool>,
    /// Whether the value is hidden while it is typed. `false` if absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(example = true)]
    pub password: bool,
    /// The fewest characters of a string. No bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 1)]
    pub min_length: Option<u64>,
    /// The most characters of a string. No bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 63)]
    pub max_length: Option<u64>,
    /// The values it can have. Any of its type if absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = serde_json::json!(["dhcp", "static"]))]
    pub choices: Vec<Scalar>,
    /// The standard's qualifiers as the descriptor writes them, instead of the three keys
    /// before (`ovf:qualifiers`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"MinLen(1) MaxLen(63)")]
    pub qualifiers: Option<String>,
    /// VMware's qualifiers (`vmw:qualifiers`), such as `Ip` for an IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Ip(\"VM Network\")")]
    pub vmware_qualifiers: Option<String>,
    /// Values in single deployment options, by their names.
    #[serde(skip_serializing_if = "super::is_default")]
    #[schemars(example = serde_json::json!({ "large": 32 }))]
    pub values: IndexMap<String, Scalar>,
    /// The deployment options it is asked for in; all of them if absent.
    #[serde(skip_serializing_if = "super::is_default")]
    #[schemars(example = &"large")]
    pub configurations: List<String>,
}

word!(Property, default, "the default value");

/// A licence to accept (DSP0243 1.1 §9.6).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Eula {
    /// The path of a file with its text in UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"LICENSE.txt")]
    pub file: Option<String>,
    /// Its text, instead of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Do good.")]
    pub text: Option<LocalText>,
    /// Paths of files with its text in other languages, by their tags (RFC 5646).
    #[serde(skip_serializing_if = "super::is_default")]
    #[schemars(example = serde_json::json!({ "de-DE": "LIZENZ.txt" }))]
    pub translations: IndexMap<String, String>,
    /// What licence it is, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"The licence of the web server")]
    pub info: Option<LocalText>,
}

word!(Eula, file, "the path of a text file");
