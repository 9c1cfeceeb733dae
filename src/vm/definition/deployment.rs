//! Choices whoever deploys the package has, and how members of a vApp start.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::processor::{Cpus, Memory};
use super::shape::{Brief, Scalar};
use super::text::LocalText;

/// A deployment option (DSP0243 1.1 §9.8): what it is, and what differs in it. Devices name
/// the options they are for themselves.
///
/// In a machine of a vApp there is only what differs; labels stand at the top.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Configuration {
    /// What a dialog calls it; its name if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Small")]
    pub label: Option<LocalText>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Up to 100 users")]
    pub description: Option<LocalText>,
    /// Whether it is taken when nobody chooses; where none is, the first is. `false` if absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(example = true)]
    pub default: bool,
    /// The CPUs in it, where they differ. The machine's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 2)]
    pub cpus: Option<Brief<Cpus>>,
    /// The memory in it, where it differs. The machine's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"4 GiB")]
    pub memory: Option<Brief<Memory>>,
    /// Values of properties in it, by key.
    #[serde(skip_serializing_if = "super::is_default")]
    #[schemars(example = serde_json::json!({ "workers": 32 }))]
    pub properties: IndexMap<String, Scalar>,
}

/// How a machine of a vApp starts and stops (DSP0243 1.1 §9.7).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Start {
    /// Its place in the order; equal ones may start together. Its place in the list if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 1)]
    pub order: Option<u16>,
    /// Seconds to wait before the next in the order starts. 0 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 60)]
    pub delay: Option<u16>,
    /// Whether to go on as soon as the guest says it is up. `false` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = true)]
    pub wait_for_guest: Option<bool>,
    /// What starting means: `power-on`, or `none` to leave it off. `power-on` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"power-on")]
    pub action: Option<StartAction>,
    /// Seconds to wait before the next in the order stops. 0 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = 30)]
    pub stop_delay: Option<u16>,
    /// What stopping means: `power-off`, `guest-shutdown` or `none`. `power-off` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"guest-shutdown")]
    pub stop_action: Option<StopAction>,
}

/// What starting means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StartAction {
    /// It is switched on.
    PowerOn,
    /// Nothing.
    None,
}

/// What stopping means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopAction {
    /// It is switched off.
    PowerOff,
    /// Its guest is asked to shut down.
    GuestShutdown,
    /// Nothing.
    None,
}
