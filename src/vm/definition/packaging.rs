//! How a machine is packed, and the words a definition file is written with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::{Scalar, word};

/// A name that stands for a value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Parameter {
    /// The value unless another is given. Where the parameter is used, it has to be given if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"1.0")]
    pub default: Option<Scalar>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"The version of the software")]
    pub description: Option<String>,
    /// The environment variable it is taken from when it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"BUILD_VERSION")]
    pub env: Option<String>,
    /// Whether it has to be given, whatever else there is. `false` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub required: Option<bool>,
}

word!(Parameter, default, "the default value");

/// The form of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// One archive.
    Ova,
    /// A directory with the descriptor, the disks and the manifest.
    Ovf,
}

/// How first-boot configuration reaches the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Seed {
    /// As properties of the descriptor, which vSphere hands to the guest.
    Properties,
    /// On a CD of its own, which any platform hands to the guest.
    Iso,
}

/// First-boot configuration for cloud-init.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CloudInit {
    /// The path of its user-data, or of a directory that holds this and the others by their
    /// names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"user-data.yaml")]
    pub user_data: Option<String>,
    /// The path of its meta-data; made of the machine's name if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"meta-data")]
    pub meta_data: Option<String>,
    /// The path of its network configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"network-config")]
    pub network_config: Option<String>,
    /// The path of its vendor-data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"vendor-data")]
    pub vendor_data: Option<String>,
    /// How it reaches the guest: as `properties`, or on a CD (`iso`). In the way of the target
    /// if absent.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"iso")]
    pub seed: Option<Seed>,
}

word!(
    CloudInit,
    user_data,
    "the path of user-data, or of a directory"
);
