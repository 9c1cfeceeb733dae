//! Crashes at every moment of a change in place.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::journal::{self, Journal, NoJournal};
use super::patch::{Patches, Recovered, Target, overwrite, recover};
use crate::ErrorKind;
use crate::base::placed::Placed as _;

/// A package before and after, and what changes in it.
struct Change {
    directory: tempfile::TempDir,
    old: Vec<u8>,
    new: Vec<u8>,
    patches: Patches,
}

impl Change {
    /// Two blocks change at the front, one in the middle, and the end grows.
    fn new() -> Self {
        let old: Vec<u8> = (0..9000_u32).map(|n| n.to_le_bytes()[0] | 1).collect();
        let mut new = old.clone();
        new[100..900].fill(b'n');
        new[4096..4100].fill(b'm');
        new.truncate(8704);
        new.resize(10240, b'e');
        let mut patches = Patches {
            list: Vec::new(),
            old_length: old.len() as u64,
            new_length: new.len() as u64,
        };
        patches.add(0, &old, &new);
        assert_eq!(patches.list.len(), 3);
        Self {
            directory: tempfile::tempdir().unwrap(),
            old,
            new,
            patches,
        }
    }

    fn package(&self) -> PathBuf {
        self.directory.path().join("vm.ova")
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join(".vm.ova.ovfkit-journal")
    }

    /// The package as it is to be found, and the journal for it.
    fn set(&self, package: &[u8]) -> Vec<u8> {
        // Its inode stays, as it does when a package is overwritten.
        let file = fs::File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.package())
            .unwrap();
        file.set_len(0).unwrap();
        file.write_all_at(package, 0).unwrap();
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&file.metadata().unwrap());
        #[cfg(not(unix))]
        let inode = 0;
        let journal = Journal {
            inode,
            patches: self.patches.clone(),
        };
        journal.to_bytes()
    }

    fn found(&self) -> Vec<u8> {
        fs::read(self.package()).unwrap()
    }

    fn names(&self) -> usize {
        fs::read_dir(self.directory.path()).unwrap().count()
    }
}

/// Bytes written one after the other, up to a number of them.
struct Broken {
    bytes: RefCell<Vec<u8>>,
    left: Cell<usize>,
    /// How many failures there are until it works again.
    failures: Cell<usize>,
}

impl Target for Broken {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut all = self.bytes.borrow_mut();
        let offset = usize::try_from(offset).unwrap();
        let count = match self.failures.get() {
            0 => bytes.len(),
            _ => bytes.len().min(self.left.get()),
        };
        if all.len() < offset + count {
            all.resize(offset + count, 0);
        }
        all[offset..offset + count].copy_from_slice(&bytes[..count]);
        self.left.set(self.left.get() - count.min(self.left.get()));
        if count < bytes.len() {
            self.failures.set(self.failures.get() - 1);
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.bytes
            .borrow_mut()
            .resize(usize::try_from(length).unwrap(), 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_prefix_of_the_journal_leaves_the_old_package() {
    let change = Change::new();
    let whole = change.set(&change.old);
    let mut cuts: Vec<usize> = (0..80).collect();
    cuts.extend((80..whole.len()).step_by(97));
    cuts.push(whole.len() - 1);
    for cut in cuts {
        // What was not written may be missing, or zeros.
        for filled in [false, true] {
            let mut bytes = whole[..cut].to_vec();
            if filled {
                bytes.resize(whole.len(), 0);
                if bytes == whole {
                    continue;
                }
            }
            fs::write(change.journal(), &bytes).unwrap();
            assert_eq!(recover(&change.package()).unwrap(), Recovered::Discarded);
            assert!(change.found() == change.old, "{cut}");
            assert_eq!(change.names(), 1);
        }
    }
    assert_eq!(recover(&change.package()).unwrap(), Recovered::Nothing);
}

#[test]
fn every_prefix_of_the_overwriting_becomes_the_new_package() {
    let change = Change::new();
    let total: usize = (change.patches.list.iter())
        .map(|patch| patch.new.len())
        .sum();
    let mut cuts: Vec<usize> = (0..total).step_by(53).collect();
    cuts.extend([511, 512, 513, total - 1, total]);
    for cut in cuts {
        let half = Broken {
            bytes: RefCell::new(change.old.clone()),
            left: Cell::new(cut),
            failures: Cell::new(1),
        };
        let failed = change.patches.redo(&half);
        assert_eq!(failed.is_err(), cut < total);
        let half = half.bytes.into_inner();
        let whole = change.set(&half);
        fs::write(change.journal(), &whole).unwrap();
        assert_eq!(recover(&change.package()).unwrap(), Recovered::Completed);
        assert!(change.found() == change.new, "{cut}");
        assert_eq!(change.names(), 1);
    }
}

#[test]
fn blocks_may_come_to_the_disk_in_any_order() {
    let change = Change::new();
    for seed in 0..60_u64 {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut half = change.old.clone();
        let grown = seed % 2 == 0;
        if grown {
            half.resize(change.new.len(), 0);
        }
        for patch in &change.patches.list {
            let start = usize::try_from(patch.offset).unwrap();
            for (number, block) in patch.new.chunks(512).enumerate() {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = start + number * 512;
                if random & 1 == 0 && at + block.len() <= half.len() {
                    half[at..at + block.len()].copy_from_slice(block);
                }
            }
        }
        let whole = change.set(&half);
        fs::write(change.journal(), &whole).unwrap();
        assert_eq!(recover(&change.package()).unwrap(), Recovered::Completed);
        assert!(change.found() == change.new, "{seed}");
    }
}

#[test]
fn what_cannot_be_written_is_taken_back() {
    let change = Change::new();
    let total: usize = (change.patches.list.iter())
        .map(|patch| patch.new.len())
        .sum();
    for cut in (0..total).step_by(101) {
        let broken = |failures| Broken {
            bytes: RefCell::new(change.old.clone()),
            left: Cell::new(cut),
            failures: Cell::new(failures),
        };
        let once = broken(1);
        let error = overwrite(&once, &change.patches).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(once.bytes.into_inner() == change.old, "{cut}");
        // The second time the taking back fails, too.
        let twice = broken(2);
        let error = overwrite(&twice, &change.patches).unwrap_err();
        assert!(error.advice().unwrap().contains("completes the change"));
        let whole = change.set(&twice.bytes.into_inner());
        fs::write(change.journal(), &whole).unwrap();
        assert_eq!(recover(&change.package()).unwrap(), Recovered::Completed);
        assert!(change.found() == change.new, "{cut}");
    }
}

#[cfg(unix)]
#[test]
fn a_lock_is_waited_for_but_not_for_long() {
    use rustix::fs::{FlockOperation, flock};
    let change = Change::new();
    let journal = change.set(&change.old);
    fs::write(change.journal(), journal).unwrap();
    let other = fs::File::open(change.package()).unwrap();
    flock(&other, FlockOperation::LockExclusive).unwrap();
    let error = recover(&change.package()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(change.found() == change.old);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| recover(&change.package()));
        std::thread::sleep(std::time::Duration::from_millis(50));
        drop(other);
        assert_eq!(waiting.join().unwrap().unwrap(), Recovered::Completed);
    });
    assert!(change.found() == change.new);
}

/// The journal is refused, and nothing touched.
#[track_caller]
fn refused(change: &Change, journal: &[u8], kind: ErrorKind) {
    let before = change.found();
    fs::write(change.journal(), journal).unwrap();
    let error = recover(&change.package()).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.advice().is_some());
    assert!(change.found() == before);
    assert_eq!(fs::read(change.journal()).unwrap(), journal);
}

#[test]
fn a_journal_that_does_not_fit_is_refused() {
    let change = Change::new();
    let mut strange = change.old.clone();
    strange[200] = b'x';
    let journal = change.set(&strange);
    refused(&change, &journal, ErrorKind::Mismatch);
    let short = &change.old[..4000];
    let journal = change.set(short);
    refused(&change, &journal, ErrorKind::Mismatch);
    // A copy of the package is another file.
    let journal = change.set(&change.old);
    let copy = change.directory.path().join("copy");
    fs::copy(change.package(), &copy).unwrap();
    fs::rename(&copy, change.package()).unwrap();
    if cfg!(unix) {
        refused(&change, &journal, ErrorKind::Mismatch);
    }
    let mut newer = journal;
    newer[8] = 2;
    refused(&change, &newer, ErrorKind::Unsupported);
    refused(&change, b"a letter to somebody", ErrorKind::Invalid);
    fs::remove_file(change.journal()).unwrap();
    fs::create_dir(change.journal()).unwrap();
    assert!(recover(&change.package()).is_err());
    assert!(change.found() == change.old);
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_to_a_journal_but_one_to_the_package() {
    use std::os::unix::fs::symlink;
    let change = Change::new();
    let journal = change.set(&change.old);
    let elsewhere = change.directory.path().join("elsewhere");
    fs::write(&elsewhere, &journal).unwrap();
    symlink("elsewhere", change.journal()).unwrap();
    let error = recover(&change.package()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    fs::remove_file(change.journal()).unwrap();
    fs::rename(&elsewhere, change.journal()).unwrap();
    let link = change.directory.path().join("link.ova");
    symlink("vm.ova", &link).unwrap();
    assert_eq!(recover(&link).unwrap(), Recovered::Completed);
    assert!(change.found() == change.new);
}

#[test]
fn a_journal_reads_back_and_damage_is_told() {
    let change = Change::new();
    let bytes = change.set(&change.old);
    let read = Journal::read(&bytes).ok().unwrap();
    assert_eq!(read.patches, change.patches);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let found = Journal::read(&damaged).err();
        let wanted = match at {
            0..8 => NoJournal::Foreign,
            8..12 => NoJournal::Version(1 ^ (0x10 << (8 * (at - 8)))),
            _ => NoJournal::Incomplete,
        };
        assert_eq!(found, Some(wanted), "{at}");
    }
}

#[test]
fn a_long_name_has_a_journal_too() {
    let place = |name: &str| journal::place(Path::new("/dir").join(name).as_path());
    assert_eq!(
        place("vm.ova"),
        Path::new("/dir/.vm.ova.ovfkit-journal").to_path_buf()
    );
    let long = "n".repeat(250);
    let name = place(&long);
    assert!(name.file_name().unwrap().len() < 100);
    assert_ne!(name, place(&"m".repeat(250)));
}

#[test]
fn what_is_written_far_behind_the_end_is_completed() {
    let mut change = Change::new();
    change.patches.list.push(super::patch::Patch {
        offset: 50_000,
        old: Vec::new(),
        new: vec![b'f'; 100],
    });
    change.patches.new_length = 50_100;
    let mut new = change.new.clone();
    new.resize(50_000, 0);
    new.resize(50_100, b'f');
    for length in [change.old.len(), 20_000, 50_050] {
        // As far as it came before the crash.
        let mut package = change.old.clone();
        if length > package.len() {
            package = new.clone();
            package.truncate(length);
        }
        let bytes = change.set(&package);
        assert!(Journal::read(&bytes).is_ok(), "a journal with a gap");
        fs::write(change.journal(), bytes).unwrap();
        assert_eq!(recover(&change.package()).unwrap(), Recovered::Completed);
        assert!(change.found() == new, "{length}");
        assert_eq!(change.names(), 1);
    }
}
