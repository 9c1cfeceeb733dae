//! Services that import disks alone, and no packages.

use super::{Document, Importer, Rule, Sink};
use crate::validate::scene::Scene;

pub(super) const RULES: &[Rule] = &[
    Rule::error(
        "INT-AZR-01",
        "Azure imports disks alone: unpack the package and convert them",
    )
    .reference("documentation of Azure")
    .why("a disk has to be a VHD of fixed size, aligned to 1 MiB; the machine is made anew around it")
    .help("`ovfkit unpack --for azure`")
    .targets(&[Importer::Azure])
    .check(whole)
    .around(without_descriptor),
    Rule::error(
        "INT-OST-01",
        "OpenStack imports disks alone: `ovfkit unpack --disks qcow2`",
    )
    .reference("source of Glance")
    .why("Glance keeps one disk as an image; the machine is made anew around it")
    .help("`ovfkit unpack --disks qcow2`, then `openstack image create --disk-format qcow2`")
    .targets(&[Importer::OpenStack])
    .check(whole)
    .around(without_descriptor),
];

fn without_descriptor(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if scene.document.is_none() {
        sink.package("is a package");
    }
}

fn whole(document: &Document<'_>, sink: &mut Sink<'_>) {
    sink.at(document.written, "is of a package");
}
