//! Sections about machines that belong together, and about installing them.

use crate::xml::names::ovf;

use super::record::record;
use super::{Item, Text};

record! {
/// In what order the members of a collection start (DSP0243 1.1 §9.7).
pub struct StartupSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// What to do with each.
    items: Vec<StartupItem> = child(&ovf("Item"));
}
}

record! {
/// How one member starts and stops.
pub struct StartupItem {
    /// The id of the member.
    id: String = attribute(&ovf("id"));
    /// Its place in the order; equal ones may start together.
    order: Option<u16> = expected(&ovf("order"));
    /// Seconds to wait before the next in the order starts.
    start_delay: Option<u16> = attribute(&ovf("startDelay"));
    /// Whether to go on as soon as the guest says it is up.
    waiting_for_guest: Option<bool> = attribute(&ovf("waitingForGuest"));
    /// Seconds to wait before the next in the order stops.
    stop_delay: Option<u16> = attribute(&ovf("stopDelay"));
    /// `powerOn`, or `none`.
    start_action: Option<String> = attribute(&ovf("startAction"));
    /// `powerOff`, `guestShutdown` or `none`.
    stop_action: Option<String> = attribute(&ovf("stopAction"));
}
}

record! {
/// What the members of a collection share (DSP0243 1.1 §9.3).
pub struct ResourceAllocationSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The resources.
    items: Vec<Item> = items();
}
}

record! {
/// That the machine has to be started once to install itself (DSP0243 1.1 §9.10).
pub struct InstallSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// Seconds to wait for it to power off; 0 for any time.
    initial_boot_stop_delay: Option<u16> = expected(&ovf("initialBootStopDelay"));
}
}

record! {
/// How many copies of a member there are (DSP0243 2.1 §9.14).
pub struct ScaleOutSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The id of the member.
    id: Option<String> = expected(&ovf("id"));
    /// What it is for.
    description: Option<Text> = child(&ovf("Description"));
    /// The counts, for all deployment options or for single ones.
    counts: Vec<InstanceCount> = child(&ovf("InstanceCount"));
}
}

record! {
/// A number of copies.
pub struct InstanceCount {
    /// The deployment option it is for.
    configuration: Option<String> = attribute(&ovf("configuration"));
    /// The number unless another is chosen.
    default: Option<u32> = expected(&ovf("default"));
    /// The least.
    minimum: Option<u32> = attribute(&ovf("minimum"));
    /// The most.
    maximum: Option<u32> = attribute(&ovf("maximum"));
}
}

record! {
/// A group of machines with a rule where they run (DSP0243 2.1 §9.15).
pub struct PlacementGroupSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The name of the group.
    id: Option<String> = expected(&ovf("id"));
    /// `affinity`, `availability`, or a vendor's.
    policy: Option<String> = expected(&ovf("policy"));
    /// What it is for.
    description: Option<Text> = child(&ovf("Description"));
}
}

record! {
/// The group a machine belongs to (DSP0243 2.1 §9.15).
pub struct PlacementSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The name of the group.
    group: Option<String> = expected(&ovf("group"));
}
}

record! {
/// Files put into the guest's environment (DSP0243 2.1 §9.11).
pub struct EnvironmentFilesSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// How they reach the guest.
    transport: Vec<String> = attribute(&ovf("transport"));
    /// The files.
    files: Vec<EnvironmentFile> = child(&ovf("File"));
}
}

record! {
/// One such file.
pub struct EnvironmentFile {
    /// The [`File`](super::File).
    file_ref: String = attribute(&ovf("fileRef"));
    /// Where it goes in the guest.
    path: String = attribute(&ovf("path"));
}
}
