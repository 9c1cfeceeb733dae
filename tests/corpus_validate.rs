//! What validation finds in real descriptors: hardly ever an error in those of products,
//! nearly always one in those made to be wrong.
//!
//! `OVFKIT_CORPUS` names a directory with descriptors in `corpus/ovf` and a list of the
//! wrong ones in `corpus/NEGATIVE.txt`; without it the tests skip aloud.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use ovfkit::validate::{Options, Severity, validate};

use support::corpus;

/// How long one descriptor may take in a build for tests.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most of the good descriptors, in hundreds, that may have an error.
const MOST_GOOD: usize = 6;
/// The least of the wrong ones, in hundreds, that has to have one.
const LEAST_WRONG: usize = 85;

/// Descriptors made to be wrong that the list of such does not have: their names, or what
/// stands in them, say so.
const WRONG_BESIDES: [&str; 12] = [
    // Too large, too small and negative sizes, from a suite of security tests.
    "vmware+govmomi__large-disk-haoUnOS2VMs.ovf",
    "vmware+govmomi__negative-size-disk-haoUnOS2VMs.ovf",
    "vmware+govmomi__out-of-bounds-disk-haoUnOS2VMs.ovf",
    "vmware+govmomi__security-test-content-ovf-out-of-bounds-disk-haoUnOS2VMs.ovf",
    // Damaged bytes.
    "vmware+govmomi__jeos_corrupted.ovf",
    // A copy of a descriptor of the list, without `Info`.
    "vmware+govmomi__ovftoolresources-bare_minimal.ovf",
    // "illegal" by their names: `nvram` names no file.
    "vmware+govmomi__vbs-efi-nvram-with-extra-config-mismatch-illegal.ovf",
    "vmware+govmomi__vbs-efi-only-with-extra-config-nvram-ref-illegal.ovf",
    // The outcome they declare within is "fail".
    "vmware+govmomi__ImportOvf2014-tagBasedPlacementGroupSection-tagBasedPlacementGroup003.ovf",
    "vmware+govmomi__ImportOvf2014-tagBasedPlacementGroupSection-tagBasedPlacementGroup005.ovf",
    "vmware+govmomi__ImportOvf2014-tagBasedPlacementSection-tagBasedPlacement006.ovf",
    // "invalid" by its name.
    "glennmatthews+cot__invalid.ovf",
];

/// Good descriptors that have an error nevertheless.
const GOOD_WITH_ERROR: &[(&str, &str)] = &[
    // Of a producer, with a defect that importers refuse.
    (
        "GoogleCloudPlatform+compute-image-tools__ovf_descriptor.ovf",
        "Google's exporter leaves out the format, so OVF Tool and VirtualBox refuse the disks",
    ),
    (
        "OpenXT+manager__uivm.ovf",
        "disks of capacity 0, devices that hang on themselves",
    ),
    (
        "Awingu+open-ovf__someOVF.ovf",
        "two product sections of one class and instance, and none with `Info`",
    ),
    ("ruby-ovf+ovfparse__someOVF.ovf", "the same descriptor"),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope_1_0-Pos-other_schema.ovf",
        "the file is on a share, by a path that leads out of the package",
    ),
    // In a dialect of their own.
    (
        "oVirt+ovirt-engine__vmOvfData.ovf",
        "oVirt's account of a machine for itself, with sizes and kinds of its own",
    ),
    (
        "ruby-ovf+ovfparse__ourOVF.ovf",
        "a namespace without an edition, of the year 2008",
    ),
    // Templates and fragments for tests of parsers, which nobody imported.
    (
        "coreos+coreos-assembler__virtualbox-template.ovf",
        "a template: the adapter is on a network that has another name in the section",
    ),
    (
        "sassoftware+pyovf__diskWithCompressedFormatXml.ovf",
        "text where the capacity should be",
    ),
    (
        "sassoftware+pyovf__diskWithFormatXml2.ovf",
        "text where the capacity should be, one file listed twice",
    ),
    ("sassoftware+pyovf__newXml2.ovf", "a capacity of 0"),
    ("sassoftware+pyovf__ovfFileXml.ovf", "no hardware"),
    ("sassoftware+pyovf__systemPropertyXml.ovf", "no hardware"),
    (
        "vmware+govmomi__deployment-configs.ovf",
        "no `Info`, no format",
    ),
    (
        "vmware+govmomi__disk-capacity-property.ovf",
        "no `Info`, empty sections",
    ),
    (
        "vmware+govmomi__empty.ovf",
        "an envelope with nothing in it",
    ),
    (
        "vmware+govmomi__file-ref-path.ovf",
        "no `Info`, no format, empty sections",
    ),
    (
        "vmware+govmomi__mixed-disks.ovf",
        "no `Info`, no format, empty sections",
    ),
    (
        "vmware+govmomi__property-types.ovf",
        "no `Info`, no format, empty sections",
    ),
    (
        "vmware+govmomi__standard_ovas-internal-sha2-internal.ovf",
        "an item for memory that reserves some, but has no amount",
    ),
    (
        "vmware+govmomi__uber.ovf",
        "a disk with content and no format",
    ),
    (
        "vmware+govmomi__unsupported-resourcetype.ovf",
        "no `Info`, empty sections",
    ),
];

/// Wrong descriptors without an error.
const WRONG_WITHOUT_ERROR: &[(&str, &str)] = &[
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-DiskSection-Neg-invalid_delta_reference_disk.ovf",
        "the disk holds differences to one that is not there, which its own header tells",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-DiskSection-Neg-not_in_order_disks.ovf",
        "DSK-029 warns: descriptors of products have that order too",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-DiskSection_1_0-Neg-invalid_createType_disk.ovf",
        "the header of the disk is wrong",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope-Neg-identity_compression.ovf",
        "size and capacity are not those of the disk",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope-Neg-invalid_ref_size_neg.ovf",
        "the size is 0 and not negative; REF-022 warns",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope_1_0-Neg-invalid_ref_size_neg.ovf",
        "the same",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-HttpLocators-Neg-valid_no_disk.ovf",
        "the file is not there; nothing is beside descriptors here",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Options-Neg-nvm001.ovf",
        "the descriptor is good, the options it was tried with are not",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-VirtualHardware-Neg-empty_system.ovf",
        "an empty System, which another test of the suite takes for good",
    ),
];

/// The errors of each descriptor, by name: rules, sorted.
fn errors() -> Option<BTreeMap<String, BTreeSet<String>>> {
    let files = corpus::descriptors()?;
    let judged = files.iter().map(|path| {
        let bytes = fs::read(path).expect("readable");
        let start = Instant::now();
        let report = validate(&bytes, &Options::default()).expect("within the limits");
        let name = corpus::name(path).to_owned();
        assert!(start.elapsed() < PATIENCE, "{name}: {:?}", start.elapsed());
        let errors = report
            .findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error);
        (name, errors.map(|finding| finding.rule).collect())
    });
    Some(judged.collect())
}

/// The descriptors made to be wrong.
fn wrong() -> Option<BTreeSet<String>> {
    let list = fs::read_to_string(corpus::file("corpus/NEGATIVE.txt")?).expect("a list");
    Some(list.split_whitespace().map(str::to_owned).collect())
}

#[test]
fn errors_are_as_they_were() {
    let Some(errors) = errors() else {
        return;
    };
    let mut told = String::new();
    for (name, rules) in errors {
        let rules: Vec<_> = rules.into_iter().collect();
        let rules = if rules.is_empty() {
            "-".to_owned()
        } else {
            rules.join(" ")
        };
        writeln!(told, "{name}: {rules}").expect("room for text");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/corpus");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("validate", told));
}

#[test]
fn good_descriptors_hardly_ever_have_an_error_and_wrong_ones_nearly_always() {
    let Some((errors, wrong)) = errors().zip(wrong()) else {
        return;
    };
    let (bad, good): (Vec<_>, Vec<_>) = errors.iter().partition(|(name, _)| wrong.contains(*name));
    let besides = |name: &str| WRONG_BESIDES.contains(&name);
    let (besides, good): (Vec<_>, Vec<_>) = good.into_iter().partition(|(name, _)| besides(name));
    let passed = named(&besides, BTreeSet::is_empty);
    assert!(
        passed.is_empty(),
        "wrong by their names, without an error: {passed:?}"
    );
    let with_error: BTreeSet<_> = named(&good, |rules| !rules.is_empty());
    let without: BTreeSet<_> = named(&bad, BTreeSet::is_empty);
    let known = |list: &[(&'static str, &str)]| -> BTreeSet<_> {
        list.iter().map(|(name, _)| *name).collect()
    };
    assert_eq!(
        with_error,
        known(GOOD_WITH_ERROR),
        "good ones with an error"
    );
    assert_eq!(without, known(WRONG_WITHOUT_ERROR), "wrong ones without");
    let caught = bad.len() - without.len();
    let told = format!(
        "{} of {} good ones have an error, {caught} of {} wrong ones",
        with_error.len(),
        good.len(),
        bad.len()
    );
    println!("{told}");
    assert!(with_error.len() * 100 <= good.len() * MOST_GOOD, "{told}");
    assert!(caught * 100 >= bad.len() * LEAST_WRONG, "{told}");
}

/// The names of those whose errors are `wanted`.
fn named<'e>(
    judged: &[(&'e String, &'e BTreeSet<String>)],
    wanted: impl Fn(&BTreeSet<String>) -> bool,
) -> BTreeSet<&'e str> {
    let found = judged.iter().filter(|(_, rules)| wanted(rules));
    found.map(|(name, _)| name.as_str()).collect()
}
