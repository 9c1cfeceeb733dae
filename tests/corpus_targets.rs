//! What targets make of real descriptors: each product imports what it exported itself.
//!
//! `OVFKIT_CORPUS` names a directory with descriptors in `corpus/ovf` and a list of those
//! made to be wrong in `corpus/NEGATIVE.txt`; without it the tests skip aloud.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use ovfkit::validate::{Importer, Imports, Options, Outcome, Target, validate};

use support::corpus;

/// Exports of VMware's products that vSphere does not import, and why.
const OWN_AND_REFUSED: [(&str, &str); 7] = [
    (
        "vmware+govmomi__dvx-newVM-dvx1.ovf",
        "`vmx-99`, by an unreleased host",
    ),
    (
        "vmware+govmomi__pci-passthrough-dvx-newVM-dvx1.ovf",
        "the same",
    ),
    (
        "vmware+govmomi__nvdimm_vmx_12.ovf",
        "hardware of Workstation, by its name",
    ),
    (
        "vmware+govmomi__large-disk-haoUnOS2VMs.ovf",
        "a size made to be wrong",
    ),
    (
        "vmware+govmomi__negative-size-disk-haoUnOS2VMs.ovf",
        "the same",
    ),
    (
        "vmware+govmomi__out-of-bounds-disk-haoUnOS2VMs.ovf",
        "the same",
    ),
    (
        "vmware+govmomi__security-test-content-ovf-out-of-bounds-disk-haoUnOS2VMs.ovf",
        "the same",
    ),
];

/// Descriptors of VirtualBox that Workstation does not import even when told to relax, and
/// why.
const REFUSED_BY_WORKSTATION: [(&str, &str); 2] = [
    (
        "coreos+coreos-assembler__virtualbox-template.ovf",
        "no NetworkSection",
    ),
    ("glennmatthews+cot__ubuntu.2.0.ovf", "OVF 2.0"),
];

/// A good descriptor, and what all targets make of it.
struct Judged {
    name: String,
    text: String,
    outcomes: Vec<Outcome>,
}

impl Judged {
    fn imports(&self, importer: Importer) -> Imports {
        self.outcome(importer).imports
    }

    fn outcome(&self, importer: Importer) -> &Outcome {
        let mut all = self.outcomes.iter();
        all.find(|outcome| outcome.target.importer() == importer)
            .expect("everybody was asked")
    }

    /// Fails if the `importer` refuses the descriptor.
    fn imported_by(&self, importer: Importer) {
        let outcome = self.outcome(importer);
        assert_ne!(outcome.imports, Imports::No, "{}: {outcome:?}", self.name);
    }
}

/// The descriptors nobody made to be wrong.
fn good() -> Option<Vec<Judged>> {
    let wrong = fs::read_to_string(corpus::file("corpus/NEGATIVE.txt")?).expect("a list");
    let wrong: BTreeSet<_> = wrong.split_whitespace().collect();
    let files = corpus::descriptors()?;
    // The newest vSphere, which knows the hardware of all there is.
    let newest: Target = "vsphere:9.0".parse().expect("a target");
    let others = Target::all().filter(|one| one.importer() != Importer::Vsphere);
    let targets: Vec<_> = [newest].into_iter().chain(others).collect();
    let good = files
        .iter()
        .filter(|path| !wrong.contains(corpus::name(path)));
    let judged = good.map(|path| {
        let bytes = fs::read(path).expect("readable");
        let options = Options {
            targets: &targets,
            ..Options::default()
        };
        let report = validate(&bytes, &options).expect("within the limits");
        Judged {
            name: corpus::name(path).to_owned(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            outcomes: report.targets,
        }
    });
    Some(judged.collect())
}

#[test]
fn vsphere_imports_what_products_of_vmware_exported() {
    let Some(good) = good() else { return };
    let own = good
        .iter()
        .filter(|one| one.text.contains("enerated by VMware"));
    let own: Vec<_> = own.collect();
    assert!(own.len() > 100, "{}", own.len());
    let refused = own
        .iter()
        .filter(|one| one.imports(Importer::Vsphere) == Imports::No);
    let refused: BTreeSet<_> = refused.map(|one| one.name.as_str()).collect();
    let known: BTreeSet<_> = OWN_AND_REFUSED.iter().map(|(name, _)| *name).collect();
    assert_eq!(refused, known);
}

#[test]
fn virtualbox_imports_its_own_exports_and_hosts_of_vmware_do_not() {
    let Some(good) = good() else { return };
    let own = good
        .iter()
        .filter(|one| one.text.contains(">virtualbox-2.2<"));
    let own: Vec<_> = own.collect();
    assert!(own.len() > 5, "{}", own.len());
    for one in own {
        one.imported_by(Importer::VirtualBox);
        for importer in [Importer::Vsphere, Importer::Esxi, Importer::Vcd] {
            assert_eq!(one.imports(importer), Imports::No, "{}", one.name);
        }
        let known = REFUSED_BY_WORKSTATION.iter();
        let refused = known.clone().any(|(name, _)| *name == one.name);
        let imports = one.imports(Importer::Workstation);
        assert_eq!(imports == Imports::No, refused, "{}", one.name);
    }
}

#[test]
fn products_import_what_their_own_tests_have() {
    let Some(good) = good() else { return };
    let mut counts = BTreeMap::new();
    for (start, importer) in [
        ("libguestfs+virt-v2v__", Importer::VirtV2v),
        ("proxmox+pve-storage__", Importer::Proxmox),
        ("GoogleCloudPlatform+", Importer::Gcp),
        ("siderolabs+talos__", Importer::Vsphere),
        ("bottlerocket-os+", Importer::Vsphere),
    ] {
        for one in good.iter().filter(|one| one.name.starts_with(start)) {
            one.imported_by(importer);
            *counts.entry(start).or_insert(0) += 1;
        }
    }
    assert_eq!(counts.len(), 5, "{counts:?}");
}

#[test]
fn collections_are_for_those_who_have_them() {
    let Some(good) = good() else { return };
    let collections = good
        .iter()
        .filter(|one| one.text.contains("<VirtualSystemCollection"));
    let collections: Vec<_> = collections.collect();
    assert!(collections.len() > 20, "{}", collections.len());
    for one in collections {
        for importer in [
            Importer::Proxmox,
            Importer::VirtV2v,
            Importer::Gcp,
            Importer::KubeVirt,
            Importer::Incus,
        ] {
            assert_eq!(one.imports(importer), Imports::No, "{}", one.name);
        }
        assert_ne!(one.imports(Importer::Esxi), Imports::Yes, "{}", one.name);
    }
}

#[test]
fn verdicts_are_as_they_were() {
    let Some(good) = good() else { return };
    let names: Vec<_> = Importer::ALL.iter().map(|one| one.name()).collect();
    let mut told = format!("{}\n", names.join(" "));
    for one in &good {
        let marks = Importer::ALL.map(|importer| match one.imports(importer) {
            Imports::Yes => '+',
            Imports::WithWarnings => '~',
            Imports::No => '-',
        });
        let marks: String = marks.iter().collect();
        writeln!(told, "{marks} {}", one.name).expect("room for text");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/corpus");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("targets", told));
}
