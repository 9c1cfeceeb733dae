//! Refusals: good images, damaged in memory, and what has to come of packing
//! them.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use super::bench::{Bench, qemu_io, text};
use super::qcow2::Qcow2;
use super::run::{ovfkit_within, run, succeed};
use super::{MIB, parallel, tools};

/// A refusal takes no longer, unless it hangs: the machine may have much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Megabytes of memory a refusal takes at most. An L1 table may have 32.
pub(crate) const MEMORY: u64 = 100;

/// Good images to be damaged, of 1 MiB with data in the first cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// Version 3.
    Plain,
    /// Version 2.
    Old,
    /// Clusters of 4 KiB.
    Small,
    /// Compressed with deflate.
    Deflate,
    /// Compressed with zstd.
    Zstd,
    /// Extended L2 entries.
    Extended,
    /// A snapshot `s`.
    Snapshot,
    /// A backing file `base.qcow2`.
    Overlay,
    /// A data file `data.bin`.
    DataFile,
}

pub(crate) const BASES: [Base; 9] = [
    Base::Plain,
    Base::Old,
    Base::Small,
    Base::Deflate,
    Base::Zstd,
    Base::Extended,
    Base::Snapshot,
    Base::Overlay,
    Base::DataFile,
];

/// The bases, made once.
pub(crate) fn bases() -> &'static Bench {
    static MADE: OnceLock<Bench> = OnceLock::new();
    MADE.get_or_init(|| {
        let bench = Bench::new();
        for base in BASES {
            let name = format!("{base:?}.qcow2");
            let options = match base {
                Base::Plain | Base::Snapshot | Base::Overlay => String::new(),
                Base::Old => "compat=0.10".to_owned(),
                Base::Small => "cluster_size=4k".to_owned(),
                Base::Deflate => "compression_type=zlib".to_owned(),
                Base::Zstd => "compression_type=zstd".to_owned(),
                Base::Extended => "extended_l2=on".to_owned(),
                Base::DataFile => format!("data_file={}", text(&bench.path("data.bin"))),
            };
            let image = if base == Base::Overlay {
                bench.create("base.qcow2", "", MIB);
                bench.create_on(&name, "", ("base.qcow2", "qcow2"), None)
            } else {
                bench.create(&name, &options, MIB)
            };
            let compressed = matches!(base, Base::Deflate | Base::Zstd);
            let prose = bench.write("prose", &super::content::prose(65536));
            let how = if compressed { "-c" } else { "" };
            let command = format!("write -q {how} -s {} 0 64k", text(&prose));
            qemu_io(&image, "qcow2", &[command]);
            if base == Base::Snapshot {
                succeed("qemu-img", ["snapshot", "-c", "s", text(&image)]);
            }
        }
        bench
    })
}

/// A way to damage an image, and the answer to it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) base: Base,
    pub(crate) damage: fn(&mut Qcow2),
    pub(crate) arguments: &'static [&'static str],
    pub(crate) code: i32,
    /// A phrase of the message.
    pub(crate) says: &'static str,
}

pub(crate) const fn case(
    name: &'static str,
    base: Base,
    damage: fn(&mut Qcow2),
    code: i32,
    says: &'static str,
) -> Case {
    Case {
        name,
        base,
        damage,
        arguments: &[],
        code,
        says,
    }
}

pub(crate) const fn with(arguments: &'static [&'static str], case: Case) -> Case {
    Case { arguments, ..case }
}

/// Bytes of the header's fields.
pub(crate) mod at {
    pub(crate) const VERSION: u64 = 4;
    pub(crate) const BACKING_OFFSET: u64 = 8;
    pub(crate) const BACKING_SIZE: u64 = 16;
    pub(crate) const CLUSTER_BITS: u64 = 20;
    pub(crate) const SIZE: u64 = 24;
    pub(crate) const CRYPT: u64 = 32;
    pub(crate) const L1_SIZE: u64 = 36;
    pub(crate) const L1: u64 = 40;
    pub(crate) const REFCOUNTS: u64 = 48;
    pub(crate) const REFCOUNT_CLUSTERS: u64 = 56;
    pub(crate) const SNAPSHOTS: u64 = 60;
    pub(crate) const SNAPSHOT_TABLE: u64 = 64;
    pub(crate) const INCOMPATIBLE: u64 = 72;
    pub(crate) const REFCOUNT_ORDER: u64 = 96;
    pub(crate) const HEADER_LENGTH: u64 = 100;
    pub(crate) const COMPRESSION: u64 = 104;
    /// The first extension: the table of feature names.
    pub(crate) const EXTENSION: u64 = 112;
}

pub(crate) fn all(cases: &[Case]) {
    if !tools::have_qemu() {
        return;
    }
    let bases = bases();
    parallel::each(
        cases,
        |case| case.name.to_owned(),
        |case| {
            let bench = Bench::new();
            let mut image = Qcow2::read(&bases.path(&format!("{:?}.qcow2", case.base)));
            (case.damage)(&mut image);
            // Beside the files it may name. The name tells nothing.
            let path = bases.path(&format!("{}.image", case.name.replace(' ', "-")));
            image.write(&path);
            refused(&bench, &path, case.arguments, case.code, case.says);
            fs::remove_file(path).expect("the damaged image");
        },
    );
}

/// Packing `image` has to fail with `code`, saying `says`, in every form.
pub(crate) fn refused(bench: &Bench, image: &Path, arguments: &[&str], code: i32, says: &str) {
    let out = tempfile::tempdir_in(bench.root()).expect("room for a directory");
    let archive = out.path().join("vm.ova");
    let directory = out.path().join("vm");
    let forms: [&[&str]; 3] = [
        &["-o", text(&archive)],
        &["-o", text(&directory), "--format", "ovf"],
        &["-o", "-", "--name", "vm"],
    ];
    for form in forms {
        let mut command = ovfkit_within(MEMORY);
        command.arg("pack").arg(image).args(form);
        command.args(arguments).args(["--threads", "2"]);
        command.current_dir(image.parent().expect("a directory"));
        let outcome = run(&mut command);
        let stderr = &outcome.stderr;
        assert_eq!(outcome.code, Some(code), "{stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert!(stderr.contains(says), "`{says}` is not in:\n{stderr}");
        for word in [
            "panicked",
            "RUST_BACKTRACE",
            "overflow",
            "memory allocation",
        ] {
            assert!(!stderr.contains(word), "{stderr}");
        }
        assert!(outcome.stdout.is_empty(), "something on standard output");
        assert!(outcome.elapsed < PATIENCE, "it took {:?}", outcome.elapsed);
        let left: Vec<_> = fs::read_dir(&out).expect("the directory").collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}
