//! What is packed for a target is what the target takes: every built-in target with a
//! definition that says little, one that says what most say, and those that say all there is,
//! packed and judged by the rules of the importer the target names.
//!
//! What a target does without, what it refuses, and the descriptors are kept in
//! `golden/targets/`; that of `portable` in full, others by what is different.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ovfkit::base::output::Overwrite;
use ovfkit::base::progress::Unobserved;
use ovfkit::disk::open::OpenOptions;
use ovfkit::disk::vmdk::{EncodeOptions, Level};
use ovfkit::envelope::{Content, Section, parse};
use ovfkit::ops::define::{Defined, Files, Order, plan};
use ovfkit::ops::descriptor;
use ovfkit::ops::pack::{Output, Pack, pack};
use ovfkit::ops::target::load;
use ovfkit::ops::validate::{Depth, Validate, validate};
use ovfkit::schema::{Edition, validate as by_schema};
use ovfkit::template::render;
use ovfkit::validate::{Importer, Target};
use ovfkit::vm::{Feature, Profile, profile};

#[path = "targets/documentation.rs"]
mod documentation;
mod support;

/// What the definitions in `targets/` are called.
const DEFINITIONS: [&str; 4] = ["minimal", "typical", "maximal", "vapp"];

/// Notes that cannot be avoided: the definition, the target, or all of a name that begins so,
/// and the rule.
const TOLD: &[(&str, &str, &str)] = &[
    // Cloud Director and the clients of old hosts read SHA-1 alone, which is the reason.
    ("", "vcd", "PKG-118"),
    ("", "vsphere-6.0", "PKG-118"),
    ("", "esxi-6.0", "PKG-118"),
    // VirtualBox wants a format of blank disks, VMware none; without a target, and for those
    // who do not mind, it is left away as the standard has it.
    ("", "portable", "DSK-008a"),
    ("", "xen", "DSK-008a"),
    // What was asked for: ranges, a key with a dot, machines that belong together.
    ("maximal", "portable", "VHW-047"),
    ("maximal", "portable", "PRD-006"),
    ("maximal", "cloudstack", "PRD-006"),
    ("maximal", "cloudstack", "VHW-047"),
    ("vapp", "portable", "COL-007"),
    ("vapp", "virtualbox", "COL-007"),
    ("vapp", "virtualbox", "INT-VBX-13"),
    ("vapp", "xen", "COL-007"),
    // The networks the definition names are none of VirtualBox' own.
    ("typical", "virtualbox", "NET-007"),
    ("maximal", "virtualbox", "NET-007"),
    ("vapp", "virtualbox", "NET-007"),
    // EFI was asked for, and whoever imports has to know what comes of it.
    ("maximal", "proxmox", "INT-PVE-08"),
    ("maximal", "aws", "INT-AWS-05"),
    // A property nobody is to be asked for.
    ("maximal", "cloudstack", "PRD-015"),
];

/// The part of what the schema says of an element that only a schema of its vendor declares.
const VENDORS: &str = "is not declared in schema";

/// What is written over a definition where a target refuses what is chosen in it: what a user
/// would change after reading the error.
const INSTEAD: &[(&str, &str, &str)] = &[
    ("typical", "virtualbox", "nics: [VM Network]"),
    ("maximal", "virtualbox", ONE_EACH),
    ("vapp", "virtualbox", APART),
    ("maximal", "virt-v2v", NO_NVME),
    ("maximal", "proxmox", NO_NVME),
    ("maximal", "xen", OLD),
    ("maximal", "vsphere-6.0", NO_SECURE_BOOT),
    ("maximal", "esxi-6.0", NO_SECURE_BOOT),
    ("maximal", "vsphere-6.5", "tpm: null"),
    ("maximal", "esxi-6.5", "tpm: null"),
];

/// Machines that share no disk.
const APART: &str = "\
machines:
  - { name: shop-db, os: debian12, disks: [tiny.qcow2], nics: [Back] }
  - { name: shop-web, os: debian12, disks: [data.qcow2], nics: [Front, Back], start: { order: 2 } }
";
/// Disks on SCSI and SATA alone.
const NO_NVME: &str = "\
controllers: [pvscsi, { type: lsilogicsas, id: data }, sata]
disks:
  - { image: tiny.qcow2, at: scsi0:0, id: system }
  - { image: data.qcow2, size: 96 MiB, at: data:3, href: web-01-data.vmdk }
";
/// Disks on one controller of each bus.
const ONE_EACH: &str = "\
controllers: [lsilogicsas, sata]
disks:
  - { image: tiny.qcow2, at: scsi0:0, id: system }
  - { image: data.qcow2, size: 96 MiB, at: sata0:3, href: web-01-data.vmdk }
  - { size: 20 GiB, at: sata0:4 }
";
/// What the virtual hardware of 2009 has.
const OLD: &str = "\
firmware: bios
secure-boot: null
tpm: null
controllers: [lsilogic]
cdroms: [tools.iso]
disks: [tiny.qcow2, { image: data.qcow2, size: 96 MiB }, { size: 1 GiB }]
";
/// What the virtual hardware of 2015 has.
const NO_SECURE_BOOT: &str = "\
secure-boot: null
tpm: null
controllers: [pvscsi, { type: lsilogicsas, id: data }, sata]
disks:
  - { image: tiny.qcow2, at: scsi0:0, id: system }
  - { image: data.qcow2, size: 96 MiB, at: data:3, href: web-01-data.vmdk }
  - { size: 20 GiB }
";

/// A directory with the definitions and all they name.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = |name: &str, bytes: &[u8]| {
            fs::write(directory.path().join(name), bytes).expect("writable");
        };
        for name in DEFINITIONS {
            let name = format!("{name}.yaml");
            let text = fs::read(root.join("tests/targets").join(&name)).expect("a definition");
            file(&name, &text);
        }
        let image = fs::read(root.join("fixtures/tiny.qcow2")).expect("an image");
        file("tiny.qcow2", &image);
        file("data.qcow2", &image);
        let strings = fs::read(root.join("tests/targets/fr-FR.xml")).expect("strings");
        file("fr-FR.xml", &strings);
        file("tools.iso", &[7; 2048]);
        file("drivers.flp", &vec![9; 1440 << 10]);
        file("license.txt", b"Do good.\n");
        file("lizenz.txt", "Tu Gutes.\n".as_bytes());
        file("web-01.nvram", &[3; 4096]);
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The definition `name` with the text `over` over it.
    fn defined(&self, name: &str, over: Option<&str>) -> Defined {
        let mut files = Files::default();
        files.paths.push(self.path(&format!("{name}.yaml")));
        let beside = tempfile::Builder::new()
            .suffix(".yaml")
            .tempfile_in(self.0.path());
        let beside = beside.expect("a file");
        if let Some(over) = over {
            fs::write(beside.path(), over).expect("writable");
            files.paths.push(beside.path().to_owned());
        }
        Defined::load(&files, |_| None).expect("a definition")
    }

    /// Packs `defined` for `profile`: the descriptor, and the notes. What is refused is an
    /// error in words.
    fn pack(&self, defined: &Defined, profile: &Profile) -> Result<Packed, String> {
        let open = OpenOptions::default();
        let order = Order {
            profiles: std::slice::from_ref(profile),
            open: &open,
            time: 0,
        };
        let path = self.path(&format!("{}.ova", profile.name));
        let output = |_: &str, _: &Profile| Ok(Output::Archive(path.clone()));
        let plan = plan(defined, &order, &output).map_err(|error| self.told(&error))?;
        let request = Pack {
            sources: plan.sources,
            packages: plan.packages,
            overwrite: Overwrite::Allowed,
            encode: EncodeOptions {
                level: Level::Fixed(1),
                pass_through: true,
            },
            threads: NonZeroUsize::MIN,
            time: 7,
        };
        let report = pack(&request, &mut Unobserved).map_err(|error| self.told(&error))?;
        let (bytes, _) = descriptor::find(&path).expect("a descriptor");
        Ok(Packed {
            path,
            descriptor: String::from_utf8(bytes).expect("UTF-8"),
            notes: report.notes,
        })
    }

    /// All that `error` tells, without the directory.
    fn told(&self, error: &ovfkit::Error) -> String {
        let mut text = String::new();
        for one in std::iter::once(error).chain(error.others()) {
            let _ = writeln!(text, "{one}");
            let _ = writeln!(text, "  why: {}", one.reason().unwrap_or("-"));
            let _ = writeln!(text, "  help: {}", one.advice().unwrap_or("-"));
        }
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

struct Packed {
    path: PathBuf,
    descriptor: String,
    notes: Vec<String>,
}

/// Whether `name` is that of a target a table calls `pattern`: all those of a family, or one.
fn is_of(name: &str, pattern: &str) -> bool {
    let rest = name.strip_prefix(pattern);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-') && !pattern.contains('.'))
}

fn instead(definition: &str, name: &str) -> Option<&'static str> {
    let mut all = INSTEAD.iter();
    let found = all.find(|(of, target, _)| *of == definition && is_of(name, target));
    found.map(|(_, _, text)| *text)
}

/// What the importer of `profile`, the schema and xmllint find wrong.
fn faults(definition: &str, profile: &Profile, packed: &Packed) -> Vec<String> {
    let target: Option<Target> = profile
        .importer
        .as_deref()
        .map(|one| one.parse().expect(one));
    let targets: Vec<Target> = target.into_iter().collect();
    let request = Validate {
        input: &packed.path,
        strict: false,
        // The disks are the same in all.
        depth: if definition == "minimal" {
            Depth::Content
        } else {
            Depth::Digests
        },
        targets: &targets,
    };
    let (_, report) = validate(&request, &mut Unobserved).expect("a verdict");
    let is_told = |rule: &str| {
        TOLD.iter().any(|(of, target, id)| {
            (of.is_empty() || *of == definition) && is_of(&profile.name, target) && *id == rule
        })
    };
    let findings = report.findings.iter().filter(|one| !is_told(&one.rule));
    let mut faults: Vec<String> = findings
        .map(|one| {
            let line = one.region.as_ref().map_or(0, |region| region.line);
            format!(
                "{:?} {} {}: {} (line {line})",
                one.severity, one.rule, one.title, one.label
            )
        })
        .collect();
    let schema = by_schema(&packed.descriptor, Edition::Ovf1).expect("a verdict");
    let schema = schema
        .iter()
        .filter(|fault| !fault.message.ends_with(VENDORS));
    faults.extend(schema.map(|fault| format!("schema: {}", fault.message)));
    faults
}

/// `descriptor` without vendors' sections, which the standard allows and its schema does not.
fn standard(descriptor: &str) -> String {
    fn strip(sections: &mut Vec<Section>) {
        sections.retain(|section| {
            matches!(
                section,
                Section::DiskSection(_)
                    | Section::NetworkSection(_)
                    | Section::AnnotationSection(_)
                    | Section::ProductSection(_)
                    | Section::EulaSection(_)
                    | Section::StartupSection(_)
                    | Section::DeploymentOptionSection(_)
                    | Section::OperatingSystemSection(_)
                    | Section::VirtualHardwareSection(_)
            )
        });
    }
    fn within(contents: &mut [Content]) {
        for content in contents {
            match content {
                Content::VirtualSystem(system) => strip(&mut system.sections),
                Content::VirtualSystemCollection(collection) => {
                    strip(&mut collection.sections);
                    within(&mut collection.contents);
                }
            }
        }
    }
    let mut envelope = parse(descriptor).expect("readable");
    strip(&mut envelope.sections);
    within(&mut envelope.contents);
    render(&envelope).expect("it can be written")
}

/// What comes of a definition for a target.
struct Made {
    /// What the target refuses of it, in words.
    refused: Option<String>,
    /// What is packed: the definition, or what is left of it without what is refused.
    packed: Result<Packed, String>,
}

fn make(bench: &Bench, definition: &str, profile: &Profile) -> Made {
    match bench.pack(&bench.defined(definition, None), profile) {
        Ok(packed) => Made {
            refused: None,
            packed: Ok(packed),
        },
        // There is nothing left of a package of several machines.
        Err(refused)
            if definition == "vapp" && profile.refuses.contains_key(&Feature::Machines) =>
        {
            Made {
                packed: Err(refused.clone()),
                refused: Some(refused),
            }
        }
        Err(refused) => {
            let mut without = profile.clone();
            without.leaves_out.extend(without.refuses.drain(..));
            let defined = bench.defined(definition, instead(definition, &profile.name));
            Made {
                refused: Some(refused),
                packed: bench.pack(&defined, &without),
            }
        }
    }
}

/// The target whose descriptors those of `name` are compared with, if it has one.
fn base_of(name: &str) -> Option<&'static str> {
    match name {
        "portable" => None,
        "vsphere:8.0" | "virtualbox:7" => Some("portable"),
        "esxi:8.0" => Some("vsphere:8.0"),
        _ if name.starts_with("vsphere:") => Some("vsphere:8.0"),
        _ if name.starts_with("esxi:") => Some("esxi:8.0"),
        _ if name.starts_with("virtualbox:") => Some("virtualbox:7"),
        // These look for much the same.
        "aws" | "gcp" | "kubevirt" | "ovirt" | "proxmox" | "virt-v2v" => Some("incus"),
        _ => Some("portable"),
    }
}

/// The descriptors of the targets others are compared with, by target and definition.
static BASES: LazyLock<HashMap<(&str, &str), String>> = LazyLock::new(|| {
    let bench = Bench::new();
    let mut bases = HashMap::new();
    for name in [
        "portable",
        "vsphere:8.0",
        "esxi:8.0",
        "virtualbox:7",
        "incus",
    ] {
        let profile = load(name).expect(name);
        for definition in DEFINITIONS {
            if let Ok(packed) = make(&bench, definition, &profile).packed {
                bases.insert((name, definition), packed.descriptor);
            }
        }
    }
    bases
});

/// The lines of `after` that are not those of `before`, and the other way round.
fn difference(before: &str, after: &str) -> String {
    let mut text = String::new();
    let mut apart = false;
    for change in similar::TextDiff::from_lines(before, after).iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Equal => {
                apart = true;
                continue;
            }
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
        };
        if apart && !text.is_empty() {
            text.push_str("@@\n");
        }
        apart = false;
        let _ = write!(text, "{sign}{change}");
    }
    text
}

/// What the golden file of the target `name` says of what was `made` of `definition`.
fn account(name: &str, definition: &str, made: &Made) -> String {
    let mut text = format!("=== {definition}\n");
    if let Some(refused) = &made.refused {
        let _ = write!(text, "--- refused\n{refused}");
    }
    let Ok(packed) = &made.packed else {
        return text;
    };
    if !packed.notes.is_empty() {
        let _ = writeln!(text, "--- notes\n{}", packed.notes.join("\n"));
    }
    let base = base_of(name).and_then(|base| Some((base, BASES.get(&(base, definition))?)));
    match base {
        None => {
            let _ = write!(text, "--- descriptor\n{}", packed.descriptor);
        }
        Some((base, before)) => {
            let _ = write!(
                text,
                "--- unlike {base}\n{}",
                difference(before, &packed.descriptor)
            );
        }
    }
    text
}

#[test]
fn what_is_packed_for_a_target_is_what_it_takes() {
    let names: Vec<String> = profile::names().collect();
    let schema = support::schema::find().filter(|_| support::tools::have(&["xmllint"]));
    support::parallel::each(&names, Clone::clone, |name| {
        let bench = Bench::new();
        let profile = load(name).expect(name);
        if let Some(why) = &profile.no_package {
            let told = make(&bench, "minimal", &profile).refused.expect("refused");
            assert!(told.contains(why), "{told}");
            return;
        }
        let (mut wrong, mut text) = (Vec::new(), String::new());
        for definition in DEFINITIONS {
            let made = make(&bench, definition, &profile);
            text.push_str(&account(name, definition, &made));
            match &made.packed {
                Err(_) if definition == "vapp" => {}
                Err(told) => wrong.push(format!("{definition}: {told}")),
                Ok(packed) => {
                    let mut faults = faults(definition, &profile, packed);
                    if let Some(schema) = &schema {
                        let path = bench.path("descriptor.ovf");
                        fs::write(&path, standard(&packed.descriptor)).expect("writable");
                        let outcome = support::schema::validate(schema, &path);
                        if !outcome.succeeded() {
                            faults.push(format!("xmllint: {}", outcome.stderr));
                        }
                    }
                    wrong.extend(faults.iter().map(|fault| format!("{definition}: {fault}")));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("golden/targets");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(profile.name.clone(), text));
    });
}

/// What cannot be avoided is there: an exception that is none any more goes.
#[test]
fn exceptions_are_of_targets_that_are_there() {
    for (definition, target, rule) in TOLD {
        assert!(
            definition.is_empty() || DEFINITIONS.contains(definition),
            "{definition}"
        );
        let mut names = profile::names().map(|name| name.replace(':', "-"));
        assert!(names.any(|name| is_of(&name, target)), "{target}");
        assert!(ovfkit::validate::rule(rule).is_some(), "{rule}");
    }
}

/// Whoever `validate` judges for can be packed for, in every release, by the same name.
#[test]
fn every_importer_is_a_target() {
    for importer in Importer::ALL {
        let versions: Vec<&str> = importer.versions().collect();
        let names = match versions.as_slice() {
            [] => vec![importer.name().to_owned()],
            versions => versions
                .iter()
                .map(|one| format!("{importer}:{one}"))
                .collect(),
        };
        for name in names {
            let profile = load(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(profile.importer.as_deref(), Some(&*name));
            assert_eq!(
                profile.no_package.is_some(),
                importer.takes_disks_alone(),
                "{name}"
            );
        }
    }
    // And nobody else but the one that is for all.
    for name in profile::names() {
        let importer = load(&name).expect("built in").importer;
        assert_eq!(importer.is_none(), name == "portable", "{name}");
    }
}
