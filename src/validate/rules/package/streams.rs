//! streamOptimized disks, looked at to their end: what lenient readers put up with and
//! importers do not.

use super::{Rule, Sink};
use crate::disk::vmdk::FindingKind;
use crate::validate::package::DiskContent;
use crate::validate::scene::Scene;

pub(in crate::validate::rules) const RULES: &[Rule] = &[
    Rule::error("DSK-101", "a stream has no end")
        .reference("Virtual Disk Format 5.0, stream-optimized")
        .why("vSphere waits for the end-of-stream marker; its absence is told as a digest that does not match")
        .help("`ovfkit validate --fix` appends the marker if the stream is whole; else fetch the package again")
        .fixable()
        .around(|scene, sink| tell(scene, sink, &[FindingKind::End])),
    Rule::error("DSK-102", "something follows the end of a stream")
        .reference("Virtual Disk Format 5.0, stream-optimized")
        .why("vSphere stops at the end-of-stream marker and finds a digest that does not match; qemu-img leaves such bytes")
        .help("`ovfkit validate --fix` cuts them off")
        .fixable()
        .around(|scene, sink| tell(scene, sink, &[FindingKind::AfterEnd])),
    Rule::error("DSK-103", "a grain of a stream is damaged")
        .reference("Virtual Disk Format 5.0; RFC 1950")
        .why("what the guest would read there is lost; the import fails, or the guest does later")
        .help("fetch the package again, or make the disk anew")
        .around(|scene, sink| tell(scene, sink, &[FindingKind::GrainData])),
    Rule::error("DSK-104", "a marker of a stream is wrong")
        .reference("Virtual Disk Format 5.0, markers")
        .why("importers read a stream from marker to marker; behind a wrong one they are lost")
        .help("fetch the package again, or make the disk anew")
        .around(|scene, sink| tell(scene, sink, &[FindingKind::Marker])),
    Rule::error("DSK-105", "grains of a stream are not where they have to be")
        .reference("Virtual Disk Format 5.0, grains")
        .why("they come in ascending order, each once and within the capacity; importers write what comes where it says")
        .help("fetch the package again, or make the disk anew")
        .around(|scene, sink| {
            let places = [
                FindingKind::GrainPlace,
                FindingKind::GrainOrder,
                FindingKind::GrainRepeated,
            ];
            tell(scene, sink, &places);
        }),
    Rule::error("DSK-106", "the tables of a stream do not fit its grains")
        .reference("Virtual Disk Format 5.0, grain directory and tables")
        .why("who reads by the tables gets another disk than who reads by the markers")
        .help("fetch the package again, or make the disk anew")
        .around(|scene, sink| tell(scene, sink, &[FindingKind::Table, FindingKind::Directory])),
    Rule::warning("DSK-107", "the second tables of a stream do not fit its grains")
        .reference("Virtual Disk Format 5.0, redundant grain directory")
        .why("they are there for when the first ones are damaged")
        .help("make the disk anew")
        .around(|scene, sink| tell(scene, sink, &[FindingKind::Redundant])),
    Rule::error("DSK-108", "the footer of a stream is missing or wrong")
        .reference("Virtual Disk Format 5.0, footer")
        .why("it tells where the tables are; without it only a reader of streams finds the grains")
        .help("fetch the package again, or make the disk anew")
        .around(|scene, sink| tell(scene, sink, &[FindingKind::Footer])),
    Rule::warning("DSK-109", "the descriptor inside a disk does not fit the disk")
        .reference("Virtual Disk Format 5.0, descriptor")
        .why("ESXi and VMware's tools take capacity and kind from it")
        .help("make the disk anew")
        .around(|scene, sink| tell(scene, sink, &[FindingKind::Descriptor])),
    Rule::warning("DSK-110", "the header of a disk is not as importers expect it")
        .reference("Virtual Disk Format 5.0, header; practice of ESXi")
        .why("ESXi takes version 3 alone, and a disk that was closed by who wrote it")
        .help("make the disk anew")
        .around(|scene, sink| tell(scene, sink, &[FindingKind::Header])),
    Rule::warning("DSK-111", "a stream is padded with other bytes than zeros")
        .reference("Virtual Disk Format 5.0, padding")
        .why("nobody reads them; the file was damaged or made with little care")
        .help("fetch the package again, or make the disk anew")
        .around(|scene, sink| tell(scene, sink, &[FindingKind::Padding])),
];

/// Tells of the findings of some `kinds`.
fn tell(scene: &Scene<'_>, sink: &mut Sink<'_>, kinds: &[FindingKind]) {
    for (number, member) in scene.files() {
        let content = member.disk.as_ref().and_then(|disk| disk.content.as_ref());
        let Some(DiskContent::Stream(report)) = content else {
            continue;
        };
        for finding in &report.findings {
            if kinds.contains(&finding.kind) {
                let label = match finding.sector {
                    Some(sector) => format!("{}, at sector {sector}", finding.message),
                    None => finding.message.clone(),
                };
                sink.byte(number, finding.offset, label);
            }
        }
    }
}
