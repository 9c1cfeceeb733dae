//! The guest operating system.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::{ovf, vmw};

use super::take::{Take, Value};

/// The operating system installed in the machine (DSP0243 1.1 §9.9).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperatingSystemSection {
    /// What the section is about, for people.
    pub info: String,
    /// The value of `CIM_OperatingSystem.OSType`. From 112 upward vendors disagree.
    pub id: u16,
    /// The version, such as `24.04`.
    pub version: Option<String>,
    /// VMware's guest id (`vmw:osType`), which VMware trusts over `id`.
    pub os_type: Option<String>,
    /// The name for people; VirtualBox looks into it when `id` says "other".
    pub description: Option<String>,
}

impl OperatingSystemSection {
    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let section = Self {
            info: take.required_string(&ovf("Info"))?,
            id: take.required_attribute(&ovf("id"))?.number()?,
            version: take.attribute(&ovf("version")).map(Value::string),
            os_type: take.attribute(&vmw("osType")).map(Value::string),
            description: take.string(&ovf("Description"))?,
        };
        take.finish()?;
        Ok(section)
    }
}
