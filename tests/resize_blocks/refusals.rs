//! What is not given another size, and why.

use std::sync::Arc;

use ovfkit::base::storage::Storage;
use ovfkit::disk::check::check;
use ovfkit::disk::detect::Format;
use ovfkit::disk::raw::RawDisk;
use ovfkit::disk::resize::{Change, Image, resize};
use ovfkit::disk::secret::Secrets;
use ovfkit::disk::step::{Edit, Step};
use ovfkit::{Error, ErrorKind};

use crate::kinds::{Kind, all};
use crate::support::bench::{Bench, text};
use crate::support::run::succeed;
use crate::support::vdi::{self, Stored, Vdi};
use crate::support::vhd::{Parent, Vhd};
use crate::support::vhdx::{Parent as VhdxParent, Recipe};
use crate::support::{MIB, tools};

const TIB: u64 = 1 << 40;

/// What `change` of `file` ends with, and how many steps it took.
fn changed(file: &[u8], format: Format, change: &Change) -> (Result<(), Error>, usize) {
    let disk = RawDisk::new(vec![0; 512]).expect("a disk");
    let storage = file.to_vec();
    let image = Image {
        storage: &storage,
        format,
        path: "image".as_ref(),
        disk: &disk,
        beneath: None,
        secrets: &Secrets::default(),
    };
    let mut steps = 0;
    let done = resize(&image, change, &mut |_: Step| {
        steps += 1;
        Ok(())
    });
    (done, steps)
}

/// The error a change to `capacity` bytes ends with, before the first step.
fn refused(file: &[u8], format: Format, capacity: u64) -> Error {
    let change = Change {
        capacity,
        writes: Vec::new(),
    };
    let (done, steps) = changed(file, format, &change);
    let error = done.expect_err("refused");
    assert_eq!(steps, 0, "{error}");
    assert!(error.advice().is_some(), "{error}");
    error
}

fn disk() -> Vec<u8> {
    vec![7; 3 << 20]
}

#[test]
fn what_holds_changes_to_a_parent_is_refused() {
    let vhd = Vhd {
        parent: Some(Parent::default()),
        ..Vhd::default()
    };
    let vhdx = Recipe {
        parent: Some(VhdxParent::beside("parent.vhdx", 1)),
        ..Recipe::new(3 * MIB)
    };
    let vdi = Vdi::on(&Vdi::default());
    for (format, file) in [
        (Format::Vhd, vhd.blocks(&disk(), |_| true)),
        (Format::Vhdx, vhdx.build().bytes),
        (Format::Vdi, vdi.build(&disk(), |_| Stored::Data)),
    ] {
        for capacity in [MIB, 5 * MIB] {
            let error = refused(&file, format, capacity);
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.message().contains("parent"), "{error}");
        }
    }
}

#[test]
fn what_is_damaged_or_in_use_is_refused() {
    let mut dirty = Recipe::new(3 * MIB).build();
    dirty.dirty();
    let mut one_header = Recipe::new(3 * MIB).build().bytes;
    one_header[(64 << 10) + 100] ^= 1;
    let mut one_footer = Vhd::default().blocks(&disk(), |_| true);
    one_footer[100] ^= 1;
    let mut shared = Vdi::default().build(&disk(), |_| Stored::Data);
    vdi::put(&mut shared, 0x200, &0_u32.to_le_bytes());
    vdi::put(&mut shared, 0x204, &0_u32.to_le_bytes());
    for (format, file) in [
        (Format::Vhdx, dirty.bytes),
        (Format::Vhdx, one_header),
        (Format::Vhd, one_footer),
        (Format::Vdi, shared),
    ] {
        let error = refused(&file, format, 5 * MIB);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        let help = error.advice().unwrap_or_default().to_owned();
        assert!(help.contains("disk check --repair"), "{help}");
    }
    let mut suspended = Vhd::default().fixed(&disk());
    let at = suspended.len() - 512;
    suspended[at + 84] = 1;
    crate::support::vhd::sum(&mut suspended[at..], 64);
    let error = refused(&suspended, Format::Vhd, 5 * MIB);
    assert!(error.message().contains("suspended"), "{error}");
    // A block that no entry leads to, which VirtualBox would write over.
    let mut leaking = Vdi::default().build(&disk(), |block| match block {
        0 => Stored::Free,
        _ => Stored::Data,
    });
    leaking.extend(vec![1; 1 << 20]);
    let error = refused(&leaking, Format::Vdi, 5 * MIB);
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let four_k = Recipe {
        sector: 4096,
        ..Recipe::new(3 * MIB)
    };
    let vhdx = Recipe::new(3 * MIB).build().bytes;
    let vhd = Vhd::default().blocks(&disk(), |_| true);
    let fixed = Vhd::default().fixed(&disk());
    let vdi = Vdi::default().build(&disk(), |_| Stored::Free);
    for (format, file, capacity, kind) in [
        (
            Format::Vhdx,
            &vhdx,
            64 * TIB + 512,
            ErrorKind::LimitExceeded,
        ),
        (Format::Vhdx, &vhdx, 3 * MIB + 1, ErrorKind::Usage),
        (
            Format::Vhdx,
            &four_k.build().bytes,
            3 * MIB + 512,
            ErrorKind::Usage,
        ),
        (Format::Vhdx, &vhdx, 0, ErrorKind::Unsupported),
        (Format::Vhd, &vhd, 2 * TIB, ErrorKind::LimitExceeded),
        (Format::Vhd, &vhd, 0, ErrorKind::Unsupported),
        (Format::Vhd, &fixed, 1 << 63, ErrorKind::LimitExceeded),
        (Format::Vhd, &fixed, 1000, ErrorKind::Usage),
        (Format::Vdi, &vdi, 64 * TIB + 512, ErrorKind::LimitExceeded),
        (Format::Vdi, &vdi, 0, ErrorKind::Unsupported),
        (Format::Vdi, &vdi, u64::MAX - 511, ErrorKind::LimitExceeded),
    ] {
        let error = refused(file, format, capacity);
        assert_eq!(error.kind(), kind, "{capacity}: {error}");
    }
}

#[test]
fn vmdks_of_other_kinds_are_refused() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let made = |subformat: &str, more: &[&str]| {
        let path = bench.path(&format!("{subformat}.vmdk"));
        let options = format!("subformat={subformat}");
        let create = ["create", "-q", "-f", "vmdk", "-o", &options];
        let size: &[&str] = if more.is_empty() { &["8M"] } else { &[] };
        let all = create.into_iter().chain(more.iter().copied());
        succeed(
            "qemu-img",
            all.chain([text(&path)]).chain(size.iter().copied()),
        );
        std::fs::read(path).expect("there")
    };
    for (subformat, kind, says) in [
        ("streamOptimized", ErrorKind::Unsupported, "streamOptimized"),
        (
            "monolithicFlat",
            ErrorKind::Unsupported,
            "more than one file",
        ),
        (
            "twoGbMaxExtentSparse",
            ErrorKind::Unsupported,
            "more than one file",
        ),
    ] {
        let error = refused(&made(subformat, &[]), Format::Vmdk, 16 * MIB);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(says), "{error}");
        let help = error.advice().unwrap_or_default().to_owned();
        assert!(help.contains("ovfkit convert"), "{help}");
    }
    let whole = made("monolithicSparse", &[]);
    for capacity in [64 * TIB + 512, u64::MAX - 511] {
        let error = refused(&whole, Format::Vmdk, capacity);
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    }
    let parent = bench.path("monolithicSparse.vmdk");
    let delta = bench.path("delta.vmdk");
    let on = ["create", "-q", "-f", "vmdk", "-F", "vmdk", "-b"];
    succeed(
        "qemu-img",
        on.into_iter().chain([text(&parent), text(&delta)]),
    );
    let delta = std::fs::read(delta).expect("there");
    let error = refused(&delta, Format::Vmdk, 16 * MIB);
    assert!(error.message().contains("parent"), "{error}");
    // A table that is not as its copy.
    let mut damaged = whole;
    let directory = u64::from_le_bytes(damaged[56..64].try_into().unwrap());
    let directory = usize::try_from(directory).unwrap() * 512;
    let table = u32::from_le_bytes(damaged[directory..directory + 4].try_into().unwrap());
    damaged[table as usize * 512] = 1;
    let error = refused(&damaged, Format::Vmdk, 16 * MIB);
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

/// Whatever byte is another one, nothing is changed, or what is left is sound.
#[test]
fn damage_is_refused_or_stays_where_it_is() {
    if !tools::have_qemu() {
        return;
    }
    let wanted = ["VHDX", "VHD", "VHD, fixed", "VDI", "VMDK"];
    let kinds = all();
    for kind in kinds.iter().filter(|kind| wanted.contains(&kind.name)) {
        damage(kind);
    }
}

fn damage(kind: &Kind) {
    let bench = Bench::new();
    let raw = bench.path("disk.raw");
    let mut content = vec![0; (4 << 20) + 512];
    content[1 << 20..][..4096].fill(1);
    content[4 << 20..].fill(2);
    std::fs::write(&raw, &content).expect("room");
    let path = bench.path("image.vmdk");
    kind.make(&raw, &path);
    let whole = std::fs::read(&path).expect("there");
    let format = kind.format();
    // Where headers and tables are, by a stride that meets each of their fields in time.
    let front = whole.len().min(4 << 20);
    let places = (0..front).filter(|at| whole[*at] != 0).step_by(3);
    let places: Vec<_> = places.chain((0..front).step_by(9973)).collect();
    for at in places
        .into_iter()
        .chain(whole.len() - 512..whole.len())
        .step_by(97)
    {
        for flip in [1, 0x80] {
            let mut file = whole.clone();
            file[at] ^= flip;
            for capacity in [2 * MIB + 512, 70 * MIB] {
                let change = Change {
                    capacity,
                    writes: Vec::new(),
                };
                attempt(&file, format, &change);
            }
            let change = Change {
                capacity: content.len() as u64,
                writes: vec![Edit {
                    offset: 2 << 20,
                    bytes: vec![5; 1024],
                }],
            };
            attempt(&file, format, &change);
        }
    }
}

/// Makes `change` of `file`, as far as that goes, and looks what it left.
fn attempt(file: &[u8], format: Format, change: &Change) {
    let disk = RawDisk::new(vec![0; 512]).expect("a disk");
    let storage = file.to_vec();
    let image = Image {
        storage: &storage,
        format,
        path: "image".as_ref(),
        disk: &disk,
        beneath: None,
        secrets: &Secrets::default(),
    };
    let mut now = file.to_vec();
    let done = resize(&image, change, &mut |step: Step| {
        match step {
            Step::Extend { length } => now.resize(usize::try_from(length).expect("small"), 0),
            Step::Truncate { length } => now.truncate(usize::try_from(length).expect("small")),
            Step::Overwrite(edits) => {
                for edit in edits {
                    let at = usize::try_from(edit.offset).expect("small");
                    let end = at + edit.bytes.len();
                    now.resize(now.len().max(end), 0);
                    now[at..end].copy_from_slice(&edit.bytes);
                }
            }
            Step::Anew(_) => panic!("the whole file would be copied"),
        }
        Ok(())
    });
    if done.is_err() {
        assert!(now == file, "changed in part");
        return;
    }
    let storage: Arc<dyn Storage> = Arc::new(now);
    let report = check(&storage, format, "image".as_ref()).expect("checked");
    assert!(!report.is_corrupt(), "{:?}", report.findings);
}
