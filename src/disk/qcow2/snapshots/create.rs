//! The disk as it is is kept.

use std::collections::HashSet;

use super::super::change::Led;
use super::super::format::limits;
use super::super::header::{Stretch, TablePlace};
use super::super::snapshot::{self, Snapshot};
use super::{Plan, table};
use crate::base::storage::Storage;
use crate::base::{Error, Result};

/// Refuses a name that other programs could not show or find.
pub(super) fn judge_name(name: &str) -> Result<()> {
    let wrong = if name.is_empty() {
        "the name of a snapshot is empty".to_owned()
    } else if name.len() > limits::SNAPSHOT_NAME_BYTES {
        format!(
            "the name of a snapshot has {} bytes; {} are the most",
            name.len(),
            limits::SNAPSHOT_NAME_BYTES
        )
    } else if name.chars().any(char::is_control) {
        "the name of a snapshot has control characters in it".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::usage(wrong)
        .why("it is shown in lists, and QEMU finds snapshots by it")
        .help("choose a short name, such as `before-upgrade`"))
}

/// Plans a snapshot called `name`, made at `date`.
pub(super) fn plan(
    plan: &mut Plan<'_>,
    storage: &dyn Storage,
    name: &str,
    date: (u32, u32),
) -> Result<Snapshot> {
    let id = free_id(plan, storage, name)?;
    let header = plan.header();
    let disk_size = header.size;
    // What is kept of a machine's state stands behind what the disk needs.
    let mut words = header.read_l1(storage, header.l1, disk_size)?;
    let active = TablePlace {
        offset: header.l1.offset,
        entries: words.len() as u64,
    };
    let count = header.snapshots.entries + 1;
    plan.lead_again(Led::by(active.offset, &plan.words(active)?))?;
    // No program minds an entry too many, and some do mind none.
    words.resize(words.len().max(1), 0);
    let l1 = TablePlace {
        entries: words.len() as u64,
        offset: plan.place(words.iter().flat_map(|word| word.to_be_bytes()).collect())?,
    };
    let mut entries = table::read(plan, storage)?;
    let old = entries.len() as u64;
    let snapshot = Snapshot {
        id,
        name: name.to_owned(),
        disk_size: Some(disk_size),
        date,
        vm_clock: 0,
        vm_state_size: 0,
        l1,
        entry: Stretch::default(),
    };
    table::append(&mut entries, &snapshot);
    let bytes = entries.len() as u64 - old;
    let offset = table::replace(plan, entries, count, old)? + old;
    Ok(Snapshot {
        entry: Stretch { offset, bytes },
        ..snapshot
    })
}

/// An id that no snapshot has for its id or name; refuses a `name` that one has.
fn free_id(plan: &Plan<'_>, storage: &dyn Storage, name: &str) -> Result<String> {
    let (mut last, mut taken, mut clash) = (0, HashSet::new(), None);
    snapshot::for_each(storage, plan.header(), |found| {
        if found.name == name || found.id == name {
            clash = Some((found.name == name, found.id.clone()));
        }
        last = last.max(found.id.parse::<u64>().unwrap_or(0));
        taken.insert(found.id);
        taken.insert(found.name);
    })?;
    if let Some((by_name, id)) = clash {
        let what = if by_name {
            format!("there is a snapshot `{name}` already")
        } else {
            format!("`{name}` is the id of a snapshot")
        };
        return Err(Error::usage(what)
            .why("which of the two is meant would not be known")
            .help(format!(
                "choose another name, or delete that one first: \
                 ovfkit disk snapshots IMAGE --delete {id}"
            )));
    }
    loop {
        last = last.wrapping_add(1);
        let id = last.to_string();
        if !taken.contains(&id) {
            return Ok(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_can_be_shown() {
        for name in ["a", "before-upgrade", "vor dem Übergang", &"n".repeat(255)] {
            judge_name(name).expect(name);
        }
        for name in ["", "a\nb", "\u{7f}", &"n".repeat(256), &"ü".repeat(128)] {
            assert!(judge_name(name).is_err(), "{name:?}");
        }
    }
}
