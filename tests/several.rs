//! Several packages made in one run: each is what a run of its own makes, and all of them
//! appear or none.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ovfkit::base::digest::Algorithm;
use ovfkit::base::output::Overwrite;
use ovfkit::base::progress::{Observer, Unobserved};
use ovfkit::disk::open::OpenOptions;
use ovfkit::disk::vmdk::{AdapterType, EncodeOptions, Level};
use ovfkit::ops::pack::{Facts, Output, Pack, PackReport, Package, PlannedMember, Source, pack};
use ovfkit::{ErrorKind, Result};

use support::planned::planned;

mod support;

const MIB: usize = 1 << 20;

/// Two disks and two files, in a directory of their own.
fn inputs() -> (tempfile::TempDir, Vec<Source>) {
    let directory = tempfile::tempdir().expect("temporary directory");
    let bytes: Vec<u8> = (0..5 * MIB + 300)
        .map(|at| (at / 9 + at / 4099).to_le_bytes()[0])
        .collect();
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).expect("write");
        path
    };
    let disk = |path| Source::Disk {
        path,
        open: OpenOptions::default(),
        capacity: None,
    };
    let sources = vec![
        disk(file("system.raw", &bytes)),
        disk(file("data.raw", &bytes[MIB..3 * MIB])),
        Source::File {
            path: file("cd.iso", &bytes[..2 * MIB + 5]),
        },
        Source::Bytes {
            name: "a seed".to_owned(),
            bytes: b"#cloud-config\n".to_vec(),
        },
    ];
    (directory, sources)
}

/// A package of `members`: their sources and names; its descriptor tells the facts.
fn package(
    output: Output,
    name: &str,
    digest: Option<Algorithm>,
    members: &[(usize, &str, AdapterType)],
) -> Package {
    let members: Vec<_> = members
        .iter()
        .map(|(source, href, adapter)| PlannedMember {
            source: *source,
            href: (*href).to_owned(),
            adapter: *adapter,
        })
        .collect();
    Package {
        output,
        digest,
        name: name.to_owned(),
        members,
        describe: Box::new(|facts: &[Facts]| {
            let told = facts.iter().map(|facts| {
                let disk = facts.disk.map(|disk| (disk.capacity, disk.populated));
                format!("{} {disk:?}\n", facts.size)
            });
            Ok(told.collect())
        }),
        machines: Vec::new(),
        notes: vec!["said once".to_owned()],
    }
}

/// Packages that differ in all they can: form, names, geometry, digest, and what they hold.
fn packages(out: &Path) -> Vec<Package> {
    use AdapterType::{BusLogic, Ide, LsiLogic};
    let vsphere = [
        (0, "web-disk1.vmdk", LsiLogic),
        (1, "web-disk2.vmdk", LsiLogic),
        (2, "cd.iso", LsiLogic),
    ];
    let vbox = [(0, "box-disk1.vmdk", Ide), (3, "seed.iso", Ide)];
    let plain = [(1, "data.vmdk", BusLogic), (2, "tools.iso", BusLogic)];
    vec![
        package(
            Output::Archive(out.join("web.ova")),
            "web",
            Some(Algorithm::Sha256),
            &vsphere,
        ),
        package(
            Output::Directory(out.join("box")),
            "box",
            Some(Algorithm::Sha1),
            &vbox,
        ),
        package(
            Output::Archive(out.join("plain.ova")),
            "plain",
            None,
            &plain,
        ),
    ]
}

fn run(
    sources: &[Source],
    packages: Vec<Package>,
    threads: usize,
    observer: &mut dyn Observer,
) -> Result<PackReport> {
    let request = Pack {
        sources: sources.to_vec(),
        packages,
        overwrite: Overwrite::Never,
        encode: EncodeOptions {
            level: Level::Adaptive,
            pass_through: true,
        },
        threads: NonZeroUsize::new(threads).expect("not zero"),
        time: 7,
    };
    pack(&request, observer)
}

/// Packs one package alone, of the sources it holds and no other.
fn alone(sources: &[Source], mut package: Package) -> PackReport {
    let mut held = Vec::new();
    for member in &mut package.members {
        held.push(sources[member.source].clone());
        member.source = held.len() - 1;
    }
    run(&held, vec![package], 1, &mut Unobserved).expect("packed alone")
}

/// Every file below `directory`, by its path there, with its content.
fn tree(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).expect("list") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(directory).expect("below").to_path_buf();
                found.push((name, std::fs::read(&path).expect("read")));
            }
        }
    }
    found.sort();
    found
}

fn assert_empty(directory: &Path) {
    let mut entries = std::fs::read_dir(directory).expect("list");
    assert!(entries.next().is_none(), "{:?}", tree(directory));
}

#[test]
fn each_is_what_a_run_of_its_own_makes() {
    let (_inputs, sources) = inputs();
    let apart = tempfile::tempdir().expect("temporary directory");
    let single: Vec<PackReport> = packages(apart.path())
        .into_iter()
        .map(|package| alone(&sources, package))
        .collect();
    let wanted = tree(apart.path());
    // Two archives; a directory with descriptor, manifest, disk and seed.
    assert_eq!(wanted.len(), 2 + 4);
    for threads in [1, 2, 7] {
        let together = tempfile::tempdir().expect("temporary directory");
        let report = run(
            &sources,
            packages(together.path()),
            threads,
            &mut Unobserved,
        );
        let report = report.expect("packed");
        assert!(tree(together.path()) == wanted, "{threads} threads");

        let [padded, once] = &*report.notes else {
            panic!("{:?}", report.notes);
        };
        assert!(padded.contains("212 zeros are added"), "{padded}");
        assert_eq!(once, "said once");
        assert_eq!(report.disks.len(), 2);
        for (package, alone) in report.packages.iter().zip(&single) {
            let alone = &alone.packages[0];
            assert_eq!((package.size, &package.digest), (alone.size, &alone.digest));
            for (member, alone) in package.members.iter().zip(&alone.members) {
                assert_eq!((&member.name, member.size), (&alone.name, alone.size));
                assert_eq!(member.digest, alone.digest);
            }
        }
        let disks = |package: usize| -> Vec<Option<usize>> {
            let members = report.packages[package].members.iter();
            members.map(|member| member.disk).collect()
        };
        assert_eq!(disks(0), [None, Some(0), Some(1), None]);
        assert_eq!(disks(1), [None, Some(0), None]);
        assert_eq!(disks(2), [None, Some(1), None]);
        for member in &report.packages[0].members {
            if let Some(disk) = member.disk {
                assert_eq!(member.size, report.disks[disk].size);
            }
        }
    }
}

#[test]
fn a_descriptor_is_told_what_was_measured() {
    let (_inputs, sources) = inputs();
    let out = tempfile::tempdir().expect("temporary directory");
    let report = run(&sources, packages(out.path()), 2, &mut Unobserved).expect("packed");
    let text = std::fs::read_to_string(out.path().join("box/box.ovf")).expect("read");
    let disk = &report.disks[0];
    let wanted = format!(
        "{} Some(({}, {}))\n14 None\n",
        disk.size, disk.capacity, disk.populated
    );
    assert_eq!(text, wanted);
    assert_eq!(disk.capacity, (5 * MIB as u64 + 300).next_multiple_of(512));
    let manifest = std::fs::read_to_string(out.path().join("box/box.mf")).expect("read");
    let digest = Algorithm::Sha1.digest(text.as_bytes());
    assert!(
        manifest.starts_with(&format!("SHA1(box.ovf)= {digest}\n")),
        "{manifest}"
    );
}

#[test]
fn machines_share_their_images() {
    let (inputs, _) = inputs();
    let out = tempfile::tempdir().expect("temporary directory");
    let image = |name: &str| inputs.path().join(name);
    let named = |name: &str| {
        let output = Output::Archive(out.path().join(format!("{name}.ova")));
        planned(name, &image("system.raw"), &image("cd.iso"), &output)
    };
    let (mut a, mut b) = (named("a"), named("b"));
    a.packages.append(&mut b.packages);
    let report = run(&a.sources, a.packages, 2, &mut Unobserved).expect("packed");
    for (package, name) in report.packages.iter().zip(["a", "b"]) {
        let members: Vec<_> = package.members.iter().map(|member| &*member.name).collect();
        let disk = format!("{name}-disk1.vmdk");
        assert_eq!(members, [&*format!("{name}.ovf"), &*disk, "cd.iso"]);
        assert_eq!(package.machines[0].name, name);
    }
}

#[test]
fn plans_that_cannot_be_are_refused_before_anything_is_written() {
    let (inputs, sources) = inputs();
    let out = tempfile::tempdir().expect("temporary directory");
    let out = out.path();
    let scsi = AdapterType::LsiLogic;
    let ova = |name: &str| Output::Archive(out.join(name));
    let all = [
        (0, "a.vmdk", scsi),
        (1, "b.vmdk", scsi),
        (2, "c", scsi),
        (3, "d", scsi),
    ];
    let of = |output, members: &[(usize, &str, AdapterType)]| package(output, "vm", None, members);
    let full = |output| of(output, &all);
    let nested = Output::Directory(out.to_path_buf());
    let onto_input = Output::Archive(inputs.path().join("cd.iso"));
    let beside_itself = Output::Archive(out.join(".").join("x.ova"));
    for (packages, kind, part) in [
        (vec![], ErrorKind::Usage, "no package"),
        (
            vec![full(ova("x.ova")), full(beside_itself)],
            ErrorKind::Usage,
            "same output",
        ),
        (
            vec![full(nested), full(ova("x.ova"))],
            ErrorKind::Usage,
            "one inside the other",
        ),
        (
            vec![full(ova("x.ova")), full(Output::StandardOutput)],
            ErrorKind::Usage,
            "one package only",
        ),
        (
            vec![full(Output::StandardOutput), full(ova("x.ova"))],
            ErrorKind::Usage,
            "one package only",
        ),
        (
            vec![full(ova("x.ova")), full(onto_input)],
            ErrorKind::Usage,
            "files to be read",
        ),
        (
            vec![of(ova("x.ova"), &[(0, "a", scsi), (1, "A", scsi)])],
            ErrorKind::Usage,
            "are called `A`",
        ),
        (
            vec![of(ova("x.ova"), &[(0, "VM.mf", scsi)])],
            ErrorKind::Usage,
            "are called `VM.mf`",
        ),
        (
            vec![of(ova("x.ova"), &[(0, "../a", scsi)])],
            ErrorKind::Usage,
            "means no file",
        ),
        (
            vec![of(ova("x.ova"), &[(1, "a", scsi), (0, "b", scsi)])],
            ErrorKind::Internal,
            "holds source 0 of 4",
        ),
        (
            vec![of(ova("x.ova"), &[(4, "a", scsi)])],
            ErrorKind::Internal,
            "holds source 4 of 4",
        ),
        (
            vec![of(ova("x.ova"), &all[..3])],
            ErrorKind::Internal,
            "`a seed` would be read, and no package",
        ),
    ] {
        let error = run(&sources, packages, 1, &mut Unobserved).expect_err(part);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(part), "{error}, not {part}");
        assert_empty(out);
    }
}

/// Puts something in the way when the last question is asked.
struct InTheWay(PathBuf);

impl Observer for InTheWay {
    fn advanced(&mut self, amount: u64) -> ControlFlow<()> {
        if amount == 0 {
            std::fs::write(&self.0, "in the way").expect("write");
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn a_name_taken_meanwhile_is_told_with_the_packages_that_are_there() {
    let (_inputs, sources) = inputs();
    let scsi = AdapterType::LsiLogic;
    let members = [(2, "c", scsi), (3, "d", scsi)];
    for (taken, there) in [("a", 0), ("b", 1), ("c", 2)] {
        let out = tempfile::tempdir().expect("temporary directory");
        let path = |name: &str| out.path().join(name);
        let one = |name: &str| package(Output::Archive(path(name)), "vm", None, &members);
        let disks = [
            (0, "x", scsi),
            (1, "y", scsi),
            (2, "c", scsi),
            (3, "d", scsi),
        ];
        let first = package(Output::Archive(path("a")), "vm", None, &disks);
        let packages = vec![first, one("b"), one("c")];
        let mut observer = InTheWay(path(taken));
        let error = run(&sources, packages, 2, &mut observer).expect_err("a name is taken");
        assert_eq!(error.kind(), ErrorKind::Exists, "{error}");
        assert_eq!(error.place().path.as_deref(), Some(&*path(taken)));
        let reason = error.reason().unwrap_or_default();
        for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
            let whole = index < there;
            let told = reason.contains(&format!("`{}`", path(name).display()));
            assert_eq!(told, whole, "{reason}");
            assert_eq!(path(name).exists(), whole || name == taken);
        }
        assert_eq!(std::fs::read(path(taken)).expect("read"), b"in the way");
        assert_eq!(tree(out.path()).len(), there + 1);
    }
}

#[test]
fn an_output_that_cannot_be_leaves_none_of_the_others() {
    let (_inputs, sources) = inputs();
    let out = tempfile::tempdir().expect("temporary directory");
    let none = out.path().join("none/box");
    for output in [Output::Archive(none.clone()), Output::Directory(none)] {
        let mut packages = packages(out.path());
        packages[1].output = output;
        let error = run(&sources, packages, 2, &mut Unobserved).expect_err("no directory");
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert_eq!(
            error.place().path.as_deref(),
            Some(&*out.path().join("none"))
        );
        assert_empty(out.path());
    }
}

/// Names the directory a small file system is mounted on, for a run of this test in it.
#[cfg(target_os = "linux")]
const TINY: &str = "OVFKIT_TEST_TINY_DISK";

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_second_leaves_nothing_of_the_first() {
    let Some(tiny) = std::env::var_os(TINY).map(PathBuf::from) else {
        let tiny = tempfile::tempdir().expect("temporary directory");
        let script = "mount -t tmpfs -o size=200k tmpfs \"$1\" || exit 99
            exec \"$0\" --exact a_full_disk_under_the_second_leaves_nothing_of_the_first";
        let run = std::process::Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", script])
            .arg(std::env::current_exe().expect("this program"))
            .arg(tiny.path())
            .env(TINY, tiny.path())
            .output();
        let failed = |code| matches!(code, None | Some(1 | 99 | 125..));
        match run {
            Ok(run) if run.status.success() => {
                assert!(String::from_utf8_lossy(&run.stdout).contains("1 passed"));
            }
            Ok(run) if !failed(run.status.code()) => {
                panic!("{}", String::from_utf8_lossy(&run.stdout))
            }
            _ => eprintln!("skipped: no file system can be mounted here"),
        }
        return;
    };
    let (_inputs, sources) = inputs();
    let out = tempfile::tempdir().expect("temporary directory");
    for make in [Output::Archive, Output::Directory] {
        for full in 0..3 {
            let mut packages = packages(out.path());
            packages[full].output = make(tiny.join("vm"));
            let error = run(&sources, packages, 2, &mut Unobserved).expect_err("no room");
            assert_eq!(error.kind(), ErrorKind::Io, "{error}");
            assert_eq!(error.place().path.as_deref(), Some(&*tiny.join("vm")));
            assert!(error.message().contains("no space left"), "{error}");
            assert_empty(out.path());
            assert_empty(&tiny);
        }
    }
}
