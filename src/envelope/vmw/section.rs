//! What else VMware says in sections of its own.

use crate::envelope::Text;
use crate::envelope::record::record;
use crate::xml::names::{ovf, vmw};

record! {
/// The place of one device in the boot order: each section names a device, and the
/// first is tried first.
pub struct BootOrderSection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The `InstanceID` of the device.
    instance_id: Option<String> = attribute(&vmw("instanceId"));
    /// `disk`, `cdrom`, `floppy` or `net`.
    kind: Option<String> = attribute(&vmw("type"));
}
}

record! {
/// What the CPU of the host has to offer.
pub struct CpuCompatibilitySection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The demands, by function of the `CPUID` instruction.
    levels: Vec<CpuLevel> = child(&vmw("Level"));
}
}

record! {
/// What one function of `CPUID` has to return: a mask of 32 signs for each register,
/// the highest bit first, in groups of four.
pub struct CpuLevel {
    /// The function.
    level: Option<i32> = attribute(&vmw("level"));
    /// The maker of the CPU the demand is for; any if absent.
    vendor: Option<String> = attribute(&vmw("vendor"));
    /// The mask for EAX.
    eax: Option<String> = attribute(&vmw("eax"));
    /// The mask for EBX.
    ebx: Option<String> = attribute(&vmw("ebx"));
    /// The mask for ECX.
    ecx: Option<String> = attribute(&vmw("ecx"));
    /// The mask for EDX.
    edx: Option<String> = attribute(&vmw("edx"));
}
}

record! {
/// How the guest can be given IP addresses.
pub struct IpAssignmentSection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The protocols it speaks, separated by commas: `IPv4`, `IPv6`.
    protocols: Option<String> = attribute(&vmw("protocols"));
    /// How it can get addresses, separated by commas: `ovfenv`, `dhcp`.
    schemes: Option<String> = attribute(&vmw("schemes"));
}
}

record! {
/// Files an upgrade by migration needs.
pub struct MigrationUpgradeRequisitesSection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The files.
    requisites: Vec<Requisite> = child(&vmw("Requisite"));
}
}

record! {
/// One such file.
pub struct Requisite {
    /// The [`File`](crate::envelope::File).
    file_ref: Option<String> = attribute(&ovf("fileRef"));
    /// What it is for.
    purpose: Option<String> = attribute(&vmw("purpose"));
}
}

record! {
/// A service of vCenter that the machine depends on (`vmw:vServiceDependencySection`).
pub struct ServiceDependencySection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The name of the dependency in the envelope.
    id: Option<String> = attribute(&vmw("id"));
    /// The kind of service.
    kind: Option<String> = child(&vmw("Type"));
    /// A name for people.
    name: Option<Text> = child(&vmw("Name"));
    /// What it is needed for.
    description: Option<Text> = child(&vmw("Description"));
    /// What the service is told.
    configuration: Option<String> = child(&vmw("Configuration"));
}
}

record! {
/// Devices that belong together, such as those of one vendor's card.
pub struct VirtualDeviceGroupSection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The groups. VMware puts them in the namespace of the standard.
    groups: Vec<DeviceGroup> = child(&ovf("DeviceGroup"));
}
}

record! {
/// One such group.
pub struct DeviceGroup {
    /// The number items name it by, as `deviceGroupInfo.groupInstanceKey`.
    instance_key: Option<u32> = attribute(&ovf("groupInstanceKey"));
    /// The name of the kind of group.
    name: Option<String> = attribute(&ovf("deviceGroupName"));
    /// A name for people.
    label: Option<String> = attribute(&ovf("label"));
    /// What it is.
    summary: Option<String> = attribute(&ovf("summary"));
}
}
