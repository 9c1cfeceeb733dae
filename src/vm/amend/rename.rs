//! Other ids for the same.

use super::Ids;
use crate::envelope::{Content, Envelope, HostResource, Section, VirtualSystem};

/// Gives what `envelope` speaks of other ids: the items of each machine, files and disks.
pub(super) fn rename(envelope: &mut Envelope, items: &[Ids], files: &Ids, disks: &Ids) {
    for file in &mut envelope.references.files {
        change(&mut file.id, files);
    }
    for strings in &mut envelope.strings {
        strings.file_ref.iter_mut().for_each(|id| change(id, files));
    }
    for section in &mut envelope.sections {
        if let Section::DiskSection(section) = section {
            for disk in &mut section.disks {
                change(&mut disk.disk_id, disks);
                disk.file_ref.iter_mut().for_each(|id| change(id, files));
            }
        }
    }
    let mut items = items.iter();
    for content in &mut envelope.contents {
        each_system(content, &mut |system| {
            if let Some(ids) = items.next() {
                rename_in(system, ids, files, disks);
            }
        });
    }
}

/// Hands the machines of `content` to `act`, in order.
fn each_system(content: &mut Content, act: &mut impl FnMut(&mut VirtualSystem)) {
    match content {
        Content::VirtualSystem(system) => act(system),
        Content::VirtualSystemCollection(collection) => {
            let members = collection.contents.iter_mut();
            members.for_each(|member| each_system(member, act));
        }
    }
}

fn rename_in(system: &mut VirtualSystem, ids: &Ids, files: &Ids, disks: &Ids) {
    for section in &mut system.sections {
        match section {
            Section::VirtualHardwareSection(hardware) => {
                for item in &mut hardware.items {
                    change(&mut item.instance_id, ids);
                    item.parent.iter_mut().for_each(|id| change(id, ids));
                    for resource in &mut item.host_resource {
                        let (id, known) = match HostResource::parse(resource) {
                            Some(HostResource::Disk(id)) => (id, disks),
                            Some(HostResource::File(id)) => (id, files),
                            None => continue,
                        };
                        if let Some(new) = known.get(&id) {
                            let kept = resource.len() - id.len();
                            resource.replace_range(kept.., new);
                        }
                    }
                }
            }
            Section::BootOrderSection(order) => {
                order.instance_id.iter_mut().for_each(|id| change(id, ids));
            }
            _ => {}
        }
    }
}

fn change(id: &mut String, ids: &Ids) {
    if let Some(new) = ids.get(id) {
        id.clone_from(new);
    }
}
