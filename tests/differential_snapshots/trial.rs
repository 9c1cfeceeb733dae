//! An image, and what its disk and its snapshots have to hold.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ovfkit::base::progress::Unobserved;
use ovfkit::base::storage::{FileStorage, Storage};
use ovfkit::disk::check::check;
use ovfkit::disk::detect::Format;
use ovfkit::disk::gate::Gate;
use ovfkit::disk::open::{self, OpenOptions};
use ovfkit::disk::qcow2::Image;
use ovfkit::ops::disk::resize::{Resize, Size, resize};
use ovfkit::ops::disk::snapshots::{Change, change};

use super::kinds::Kind;
use super::support::bench::{Bench, flattened, qemu_io, text};
use super::support::run::succeed;
use super::support::step::qemu_check;

/// Who changes an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    We,
    Qemu,
}

pub(crate) struct Trial {
    pub(crate) bench: Bench,
    pub(crate) kind: Kind,
    pub(crate) path: PathBuf,
    /// What the guest sees.
    pub(crate) disk: Vec<u8>,
    /// What was kept, in the order of the table.
    pub(crate) kept: Vec<(String, Vec<u8>)>,
}

/// These disks are small.
pub(crate) fn index(number: u64) -> usize {
    usize::try_from(number).expect("an index")
}

impl Trial {
    pub(crate) fn new(kind: Kind) -> Self {
        let bench = Bench::new();
        let (path, disk) = kind.make(&bench);
        Self {
            bench,
            kind,
            path,
            disk,
            kept: Vec::new(),
        }
    }

    /// Has qemu-io write `length` bytes of `value` at `at`.
    pub(crate) fn write(&mut self, at: u64, length: u64, value: u8) {
        // What is compressed are whole clusters that were not written before.
        let compressed = self.kind.compresses()
            && at.is_multiple_of(65536)
            && length.is_multiple_of(65536)
            && self.kept.is_empty()
            && self.disk[index(at)..index(at + length)]
                .iter()
                .all(|byte| *byte == 0);
        let flags = if compressed { "-c -P" } else { "-P" };
        let mut commands = vec![format!("write {flags} {value} {at} {length}")];
        if compressed && length > 65536 {
            commands = (0..length / 65536)
                .map(|number| format!("write -c -P {value} {} 64k", at + number * 65536))
                .collect();
        }
        qemu_io(&self.path, "qcow2", &commands);
        self.disk[index(at)..index(at + length)].fill(value);
    }

    pub(crate) fn create(&mut self, name: &str, who: Who) {
        self.change(Change::Create(name), ["-c", name], who);
        self.kept.push((name.to_owned(), self.disk.clone()));
    }

    pub(crate) fn apply(&mut self, name: &str, who: Who) {
        self.change(Change::Apply(name), ["-a", name], who);
        let (_, kept) = &self.kept[self.number(name)];
        self.disk.clone_from(kept);
    }

    pub(crate) fn delete(&mut self, name: &str, who: Who) {
        self.change(Change::Delete(name), ["-d", name], who);
        self.kept.remove(self.number(name));
    }

    fn number(&self, name: &str) -> usize {
        let found = self.kept.iter().position(|(kept, _)| kept == name);
        found.expect("a snapshot")
    }

    fn change(&self, wanted: Change<'_>, qemu: [&str; 2], who: Who) {
        match who {
            Who::We => {
                let done = change(&self.path, wanted, &mut Unobserved);
                done.unwrap_or_else(|error| panic!("{:?} {wanted:?}: {error:?}", self.kind));
            }
            Who::Qemu => {
                let arguments = ["snapshot", qemu[0], qemu[1], text(&self.path)];
                succeed("qemu-img", arguments);
            }
        }
    }

    /// Gives the disk another size; what it has more reads as zeros.
    pub(crate) fn resize(&mut self, size: u64) {
        let request = Resize {
            image: &self.path,
            open: &options(&self.path, None),
            size: Size::Exactly(size),
            shrink: true,
            move_gpt: false,
        };
        resize(&request, &mut Unobserved).expect("it can have that size");
        self.disk.resize(index(size), 0);
    }

    /// Holds the image to what it has to be: sound and without leaks to qemu-img and to us, with
    /// the content of the disk and of all snapshots.
    #[track_caller]
    pub(crate) fn judge(&self, when: &str) {
        let kind = self.kind;
        assert!(qemu_check(&self.path), "{kind:?} {when}: leaks");
        assert!(our_check(&self.path), "{kind:?} {when}: not sound");
        let names: Vec<_> = self.kept.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(listed(&self.path), names, "{kind:?} {when}");
        let disk = state(&self.path, None);
        assert!(disk == self.disk, "{kind:?} {when}: the disk differs");
        for (name, kept) in &self.kept {
            let found = state(&self.path, Some(name));
            assert!(found == *kept, "{kind:?} {when}: {name} differs");
        }
    }

    /// Holds what QEMU reads to the same. It gives all the size of the disk.
    #[track_caller]
    pub(crate) fn qemu_reads(&self, when: &str) {
        let kind = self.kind;
        let names = self.kept.iter().map(|(name, _)| (name.clone(), Some(0)));
        assert_eq!(qemu_lists(&self.path), names.collect::<Vec<_>>());
        let disk = flattened(&self.path, "qcow2", &[]);
        assert!(disk == self.disk, "{kind:?} {when}: QEMU's disk differs");
        for (name, kept) in &self.kept {
            let which = format!("snapshot.name={name}");
            let found = flattened(&self.path, "qcow2", &["-l", &which]);
            let both = found.len().min(kept.len());
            let same = found[..both] == kept[..both];
            assert!(same, "{kind:?} {when}: QEMU's {name} differs");
        }
    }
}

fn options(path: &Path, snapshot: Option<&str>) -> OpenOptions {
    let directory = path.parent().expect("a directory").to_path_buf();
    OpenOptions {
        gate: Gate::allowing(&[directory]).expect("a directory"),
        snapshot: snapshot.map(str::to_owned),
        ..OpenOptions::default()
    }
}

/// What we read of the disk, or of a snapshot.
pub(crate) fn state(path: &Path, snapshot: Option<&str>) -> Vec<u8> {
    let opened = open::open(path, &options(path, snapshot)).expect("an image");
    let mut bytes = vec![0; index(opened.source.capacity())];
    opened.source.read_at(0, &mut bytes).expect("its content");
    bytes
}

/// The names of the snapshots, in their order.
pub(crate) fn listed(path: &Path) -> Vec<String> {
    let storage = Arc::new(FileStorage::open(path).expect("an image"));
    let image = Image::open(storage, path, None).expect("an image");
    let snapshots = image.snapshots().expect("snapshots");
    snapshots.into_iter().map(|it| it.name).collect()
}

/// The names and sizes of the snapshots that QEMU lists.
fn qemu_lists(path: &Path) -> Vec<(String, Option<u64>)> {
    let info = succeed("qemu-img", ["info", "--output=json", text(path)]);
    let info: serde_json::Value = serde_json::from_str(&info).expect("JSON");
    let snapshots = info["snapshots"].as_array().into_iter().flatten();
    let names = snapshots.map(|it| {
        let name = it["name"].as_str().expect("a name");
        (name.to_owned(), it["vm-state-size"].as_u64())
    });
    names.collect()
}

/// Whether we find the image sound.
pub(crate) fn our_check(path: &Path) -> bool {
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::open(path).expect("an image"));
    let report = check(&storage, Format::Qcow2, path).expect("it can be checked");
    report.is_sound()
}
