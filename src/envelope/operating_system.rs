//! The guest operating system.

use crate::xml::names::{ovf, vmw};

use super::Text;
use super::record::record;

record! {
/// The operating system installed in the machine (DSP0243 1.1 §9.9).
pub struct OperatingSystemSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The value of `CIM_OperatingSystem.OSType`. From 112 upward vendors disagree.
    id: Option<u16> = expected(&ovf("id"));
    /// The version, such as `24.04`.
    version: Option<String> = attribute(&ovf("version"));
    /// VMware's guest id (`vmw:osType`), which VMware trusts over `id`.
    os_type: Option<String> = attribute(&vmw("osType"));
    /// The name for people; VirtualBox looks into it when `id` says "other".
    description: Option<Text> = child(&ovf("Description"));
}
}
