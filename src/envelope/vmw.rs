//! VMware's extensions, which other products read too.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::{ovf, vmw};

use super::take::{Take, Value};

/// The [`Config`] key of the firmware; the value is `bios` or `efi`.
pub const FIRMWARE: &str = "firmware";
/// The [`Config`] key that turns UEFI Secure Boot on; the value is `true` or `false`.
pub const SECURE_BOOT: &str = "bootOptions.efiSecureBootEnabled";
/// The transport that hands properties to the guest through VMware Tools.
pub const TRANSPORT_GUEST_INFO: &str = "com.vmware.guestInfo";

/// A setting without a place in the standard: `vmw:Config`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Config {
    /// What is set.
    pub key: String,
    /// What it is set to.
    pub value: String,
    /// Whether a platform that does not know the key has to refuse the machine.
    pub required: bool,
}

impl Config {
    /// The setting `key`, which other platforms may ignore.
    pub fn optional(key: &str, value: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            value: value.into(),
            required: false,
        }
    }

    pub(super) fn read_all(elements: Vec<Element>) -> Result<Vec<Self>> {
        elements.into_iter().map(Self::read).collect()
    }

    fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let config = Self {
            key: take.required_attribute(&vmw("key"))?.string(),
            value: take.required_attribute(&vmw("value"))?.string(),
            required: take
                .attribute(&ovf("required"))
                .map_or(Ok(true), Value::boolean)?,
        };
        take.finish()?;
        Ok(config)
    }
}
