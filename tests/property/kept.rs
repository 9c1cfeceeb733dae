//! A qcow2 whose internal snapshots come and go is sound after each step, and its disk and all
//! snapshots hold what they have to; a damaged one is refused, or made no worse.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use ovfkit::base::progress::Unobserved;
use ovfkit::base::storage::Storage;
use ovfkit::disk::DiskSource as _;
use ovfkit::disk::qcow2::snapshots::{self, Change};
use ovfkit::disk::qcow2::{Image, write};
use ovfkit::disk::resize;
use ovfkit::{ErrorKind, Result};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::model::disk;
use crate::qcow2_writer::options;
use crate::resized::{MOST, SECTOR, Write, change as changed, checked, edits, size, take};

/// What happens to an image.
#[derive(Debug, Clone)]
enum Event {
    Create,
    Apply(Index),
    Delete(Index),
    /// Another size, if there is one, and what is written.
    Write(Option<Index>, Vec<Write>),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let write = (any::<Index>(), 1..200_usize, any::<u8>());
    let writes = prop::collection::vec(write, 0..4);
    let event = prop_oneof![
        3 => Just(Event::Create),
        2 => any::<Index>().prop_map(Event::Apply),
        2 => any::<Index>().prop_map(Event::Delete),
        3 => (prop::option::of(any::<Index>()), writes)
            .prop_map(|(capacity, writes)| Event::Write(capacity, writes)),
    ];
    prop::collection::vec(event, 1..9)
}

/// Makes `wanted` of the image in `file`, and looks at it after each step.
fn make(file: &mut Vec<u8>, wanted: Change<'_>, mut look: impl FnMut(&[u8])) -> Result<()> {
    let storage = file.clone();
    snapshots::change(&storage, wanted, &mut |step| {
        take(file, step);
        look(file);
        Ok(())
    })?;
    Ok(())
}

fn content(file: &[u8], snapshot: Option<&str>) -> Vec<u8> {
    let storage: Arc<dyn Storage> = Arc::new(file.to_vec());
    let image = Image::open(storage, Path::new("changed"), snapshot).unwrap();
    let mut read = vec![7; size(image.capacity())];
    image.read_at(0, &mut read).unwrap();
    read
}

/// Makes one of `events`, as far as the image can; `kept` are names and contents.
fn happen(
    event: &Event,
    number: usize,
    file: &mut Vec<u8>,
    content: &mut Vec<u8>,
    kept: &mut Vec<(String, Vec<u8>)>,
) -> Result<()> {
    let sound = |file: &[u8]| {
        let report = checked(file).unwrap();
        assert!(!report.is_corrupt(), "{:?}", report.findings);
    };
    match event {
        Event::Create => {
            let name = format!("state {number}");
            let date = (1, 2);
            make(file, Change::Create { name: &name, date }, sound)?;
            kept.push((name, content.clone()));
        }
        Event::Apply(index) if !kept.is_empty() => {
            let (name, state) = index.get(kept);
            make(file, Change::Apply(name), sound)?;
            content.clone_from(state);
        }
        Event::Delete(index) if !kept.is_empty() => {
            let index = index.index(kept.len());
            make(file, Change::Delete(&kept[index].0), sound)?;
            kept.remove(index);
        }
        Event::Apply(_) | Event::Delete(_) => {}
        Event::Write(capacity, writes) => {
            let capacity = match capacity {
                Some(index) => (index.index(MOST / SECTOR) + 1) * SECTOR,
                None => content.len(),
            };
            let writes = edits(capacity, writes);
            let mut new = content.clone();
            new.resize(capacity, 0);
            for write in &writes {
                new[size(write.offset)..][..write.bytes.len()].copy_from_slice(&write.bytes);
            }
            let to = resize::Change {
                capacity: capacity as u64,
                writes,
            };
            changed(file, &to, sound)?;
            *content = new;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn a_disk_and_its_snapshots_are_what_they_have_to_be(
        disk in disk(),
        options in options(),
        events in events(),
    ) {
        let mut file = Cursor::new(Vec::new());
        write(&disk, &mut file, &options, &mut Unobserved).unwrap();
        let mut file = file.into_inner();
        let mut now = content(&file, None);
        let mut kept = Vec::new();
        for (number, event) in events.iter().enumerate() {
            let before = file.clone();
            if let Err(error) = happen(event, number, &mut file, &mut now, &mut kept) {
                // Narrow refcounts, and sizes of snapshots in version 2.
                prop_assert_eq!(error.kind(), ErrorKind::Unsupported);
                prop_assert!(file == before);
            }
            let report = checked(&file).unwrap();
            prop_assert!(report.is_sound(), "{:?}", report.findings);
            prop_assert!(content(&file, None) == now, "{:?}", event);
            for (name, state) in &kept {
                prop_assert!(content(&file, Some(name)) == *state, "{} {:?}", name, event);
            }
        }
    }

    #[test]
    fn damage_is_refused_or_no_worse(
        disk in disk(),
        options in options(),
        events in events(),
        damage in prop::collection::vec((any::<Index>(), any::<bool>(), 1..=255_u8), 1..5),
        then in 0..3_u8,
    ) {
        let mut file = Cursor::new(Vec::new());
        write(&disk, &mut file, &options, &mut Unobserved).unwrap();
        let mut file = file.into_inner();
        let mut now = content(&file, None);
        let mut kept = Vec::new();
        for (number, event) in events.iter().enumerate() {
            let _ = happen(event, number, &mut file, &mut now, &mut kept);
        }
        for (at, in_header, bits) in damage {
            // The header tells of most.
            let at = at.index(if in_header { 120 } else { file.len() });
            file[at] ^= bits;
        }
        let name = kept.first().map_or("none", |(name, _)| name.as_str());
        let wanted = match then {
            0 => Change::Create { name: "new", date: (1, 2) },
            1 => Change::Apply(name),
            _ => Change::Delete(name),
        };
        let before = file.clone();
        match make(&mut file, wanted, |_| {}) {
            Ok(()) => prop_assert!(!checked(&file).unwrap().is_corrupt()),
            Err(_) => prop_assert!(file == before),
        }
    }
}
