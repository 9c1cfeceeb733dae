//! What `init --from` makes of real descriptors: a definition that is written, read and packed
//! again describes the same machines.
//!
//! `OVFKIT_CORPUS` names a directory with real descriptors in `corpus/ovf`; without it the
//! tests skip aloud.

mod support;

use std::fs;

use ovfkit::data::{Format, Loader};
use ovfkit::envelope::resolve::{Choices, View, resolve};
use ovfkit::envelope::{Envelope, parse};
use ovfkit::vm::reverse::{Around, reverse};
use ovfkit::vm::{Definition, Profile, build};
use ovfkit::xml::decode;

use support::corpus;
use support::views::{differences, measured, plain};

/// Differences that are meant in single descriptors: the beginnings of their paths, and why.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    (
        "OpenXT+manager__uivm.ovf",
        &[".machines[0].controllers", ".machines[0].unattached"],
        UNATTACHED,
    ),
    (
        "coreos+coreos-assembler__virtualbox-template.ovf",
        &[".networks"],
        UNDESCRIBED,
    ),
    (
        "oVirt+ovirt-engine__vmOvfData.ovf",
        &[
            ".disks",
            ".files[",
            ".machines[0].controllers",
            ".machines[0].os.name",
            ".machines[0].others",
            ".machines[0].unattached",
        ],
        "oVirt has no controllers, and gives a monitor the number of storage",
    ),
    (
        "vmware+govmomi__CentOS-With-Tools-CentOS-With-Tools.ovf",
        &[".machines[0].controllers["],
        SAME_NUMBER,
    ),
    (
        "vmware+govmomi__large_Disk_ovf-New_folder-vApp_large_disk_12G-vApp_large_disk_12G.ovf",
        &[".machines[0].controllers[", ".machines[1].controllers["],
        SAME_NUMBER,
    ),
    (
        "vmware+govmomi__ImportOvf2014-scaleoutDisk.ovf",
        &[".machines[0].controllers", ".machines[0].unattached"],
        UNATTACHED,
    ),
    (
        "vmware+govmomi__standard_ovas-preferSCSILSI_disk-preferSCSILSI_disk.ovf",
        &[".machines[0].controllers", ".machines[0].unattached"],
        UNATTACHED,
    ),
    ("vmware+govmomi__0054__nvdimm.ovf", NVDIMM_PLACES, NVDIMM),
    ("vmware+govmomi__NVM-vapp-nvdimm.ovf", NVDIMM_PLACES, NVDIMM),
    ("vmware+govmomi__nvdimm.ovf", NVDIMM_PLACES, NVDIMM),
    ("vmware+govmomi__nvdimm_vmx_12.ovf", NVDIMM_PLACES, NVDIMM),
    (
        "vmware+govmomi__nvm_storagegroup.ovf",
        NVDIMM_PLACES,
        NVDIMM,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-NetworkSection-Neg-net_sec_elsewhr.ovf",
        &[".networks"],
        UNDESCRIBED,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-NetworkSection_1_0-Neg-no_net.ovf",
        &[".networks"],
        UNDESCRIBED,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope-Neg-fileelements_samefile.ovf",
        &[".files"],
        TWICE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope_1_0-Neg-fileelements_samefile.ovf",
        &[".files"],
        TWICE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-ProductSection_1_0-Neg-prop_dup_keys.ovf",
        &[".machines[0].properties"],
        TWICE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-VirtualHardware-Neg-no_resourcetype.ovf",
        &[".machines[0].others[0]"],
        "a device has a kind",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-VirtualHardware_1_0-Neg-no_resourcetype.ovf",
        &[".machines[0].others[0]"],
        "a device has a kind",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-LaxMode-Pos-vbox5_all_storage_controllers-vbox5.ovf",
        &[".machines[0].unattached[1].address"],
        "a floppy drive that is not in the order of its number has none",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-LaxMode-Pos-vbox13_serial_port_host_device-vbox13.ovf",
        &[".machines[0].controllers"],
        SAME_PLACE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-LaxMode-Pos-vbox14_snapshot_disks-vbox14.ovf",
        &[".machines[0].controllers"],
        SAME_PLACE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-LaxMode-Pos-vbox1_default_vm_0.9-vbox1_0.9.ovf",
        &[".machines[0].controllers"],
        SAME_PLACE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-LaxMode-Pos-vbox3_non_default_display_settings_0.9-vbox3_0.9.ovf",
        &[".machines[0].controllers"],
        SAME_PLACE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-LaxMode-Pos-vbox4_three_devices_IDE-vbox4.ovf",
        &[".machines[0].controllers"],
        SAME_PLACE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-LaxMode-Pos-vbox4_three_devices_IDE_0.9-vbox4_0.9.ovf",
        &[".machines[0].controllers"],
        SAME_PLACE,
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-DiskSection-Neg-dup_diskid.ovf",
        &[".disks"],
        TWICE,
    ),
];

const SAME_PLACE: &str = "two drives cannot be at one place";
const UNATTACHED: &str = "drives on no controller are put on one";
const UNDESCRIBED: &str = "a network that an adapter is on is among the networks";
const SAME_NUMBER: &str = "two controllers of a kind cannot have one number";
const TWICE: &str = "what has a name is there once";
const NVDIMM: &str = "a module of persistent memory has no disk in it";
const NVDIMM_PLACES: &[&str] = &[
    ".disks",
    ".machines[0].controllers[",
    ".machines[1].controllers[",
];

/// Descriptors of which no definition can be made, or none that can be packed, and what is said
/// to it.
const REFUSED: &[(&str, &str)] = &[
    (
        "Awingu+open-ovf__someOVF.ovf",
        "two products have the same class",
    ),
    ("glennmatthews+cot__invalid.ovf", "not a multiple of 4 MiB"),
    (
        "kubernetes-sigs+image-builder__ovf_template.ovf",
        "there is no hardware version",
    ),
    (
        "ruby-ovf+ovfparse__someOVF.ovf",
        "two products have the same class",
    ),
    (
        "sassoftware+pyovf__diskWithCompressedFormatXml.ovf",
        "no machine in the collection",
    ),
    (
        "sassoftware+pyovf__diskWithFormatXml2.ovf",
        "no machine in the collection",
    ),
    (
        "sassoftware+pyovf__fileXml.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+go-vcloud-director__vcd-descriptor.ovf",
        "two machines are called",
    ),
    (
        "vmware+govmomi__0218__haoUnOS2VMs-1GHz-1GB-50G-haoUnOS2VMs.ovf",
        "more is reserved than the machine",
    ),
    (
        "vmware+govmomi__ImportOvf2014-properties_filtering.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ImportOvf2014-scaleoutStartup.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ImportOvf2014-scaleoutVApp.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ImportOvf2014-tagBasedPlacementGroupSection-tagBasedPlacementGroup001.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ImportOvf2014-tagBasedPlacementGroupSection-tagBasedPlacementGroup003.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ImportOvf2014-tagBasedPlacementGroupSection-tagBasedPlacementGroup005.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ImportOvf2014-tagBasedPlacementSection-tagBasedPlacement004.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ImportOvf2014-unknownsections_updated.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope-Neg-invalid_no_vm.ovf",
        "describes no machine",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope-Neg-no_content.ovf",
        "describes no machine",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope_1_0-Neg-invalid_no_vm.ovf",
        "describes no machine",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope_1_0-Neg-invalid_version.ovf",
        "describes no machine",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope_1_0-Neg-no_content.ovf",
        "describes no machine",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-LaxMode-Pos-vbox6_all_controller_subtypes_0.9-vbox6_0.9.ovf",
        "sata controller needs vmx-10",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-ProductSection_1_0-Neg-prop_no_key.ovf",
        "the property key \"\" is empty",
    ),
    (
        "vmware+govmomi__dvx-newVM-dvx1.ovf",
        "there is no hardware version",
    ),
    ("vmware+govmomi__empty.ovf", "describes no machine"),
    (
        "vmware+govmomi__evdc-haoUnOS2VMs-1GHz-1GB-30Gx3-haoUnOS2VMs.ovf",
        "more is reserved than the machine",
    ),
    (
        "vmware+govmomi__external.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__haoUnOS2VMs-1GHz-1GB-50G-haoUnOS2VMs.ovf",
        "more is reserved than the machine",
    ),
    (
        "vmware+govmomi__l10n_external-external.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ovf_negative_test-New_folder-haoUnOS2VMs-haoUnOS2VMs.ovf",
        "two machines are called",
    ),
    (
        "vmware+govmomi__ovftoolresources-nvapp004.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ovftoolresources-nvapp006.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__ovftoolresources-nvapp008.ovf",
        "no machine in the collection",
    ),
    (
        "vmware+govmomi__pci-passthrough-dvx-newVM-dvx1.ovf",
        "there is no hardware version",
    ),
    (
        "vmware+govmomi__policy-nostalgia-vapp.ovf",
        "no machine in the collection",
    ),
];

/// What came of one descriptor.
enum Outcome {
    /// It is the same.
    Same,
    /// It is refused, since it breaks rules of definitions.
    Refused(String),
    /// It is something else.
    Differs(Vec<String>),
}

#[test]
fn a_definition_of_a_descriptor_describes_the_same() {
    let Some(files) = corpus::descriptors() else {
        return;
    };
    let mut wrong = Vec::new();
    let mut same = 0;
    for file in files {
        let name = corpus::name(&file);
        let bytes = fs::read(&file).expect("readable");
        // What cannot be read, `corpus_law` tells of.
        let Some(envelope) = decode(&bytes).ok().and_then(|text| parse(&text).ok()) else {
            continue;
        };
        let refused = REFUSED.iter().find(|(known, _)| *known == name);
        let exception = EXCEPTIONS.iter().find(|(known, ..)| *known == name);
        match (outcome(&envelope), refused) {
            (Outcome::Refused(why), Some((_, part))) if why.contains(part) => {}
            (Outcome::Refused(why), _) => wrong.push(format!("{name}: refused: {why}")),
            (_, Some((_, part))) => wrong.push(format!("{name}: not refused: {part}")),
            (Outcome::Differs(all), None) => {
                let paths = exception.map_or(&[][..], |(_, paths, _)| *paths);
                let meant = |one: &&String| !paths.iter().any(|path| one.starts_with(path));
                let left: Vec<&str> = all.iter().filter(meant).map(String::as_str).collect();
                if !left.is_empty() {
                    wrong.push(format!("{name}: {}", left.join("; ")));
                }
            }
            (Outcome::Same, None) => match exception {
                Some((.., why)) => wrong.push(format!("{name}: the same, against: {why}")),
                None => same += 1,
            },
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(same > 400, "{same} the same");
}

fn outcome(envelope: &Envelope) -> Outcome {
    let around = Around {
        bundles: &[],
        path: &str::to_owned,
    };
    let recovered = match reverse(envelope, &around) {
        Ok(recovered) => recovered,
        Err(error) => return Outcome::Refused(format!("reverse: {error}")),
    };
    let definition = match written_and_read(&recovered.definition) {
        Ok(definition) => definition,
        Err(why) => return Outcome::Differs(vec![why]),
    };
    let made = match made(&definition, envelope) {
        Ok(made) => made,
        Err(why) => return Outcome::Refused(why),
    };
    let mut all = Vec::new();
    for choices in choices(envelope) {
        let meant = resolve(envelope, &choices).expect("resolved");
        let is = match resolve(&made, &choices) {
            Ok(is) => is,
            // A language in which nothing is said differently is no language of its own.
            Err(_) if choices.locale.is_some() => {
                let usual = Choices {
                    locale: None,
                    ..choices
                };
                let locale = meant.locale.clone();
                let is = resolve(&made, &usual).expect("resolved");
                View { locale, ..is }
            }
            Err(error) => {
                all.push(error.message().to_owned());
                continue;
            }
        };
        let value = |view: View| serde_json::to_value(plain(view)).expect("JSON");
        differences("", &value(meant), &value(is), &mut all);
    }
    all.dedup();
    if all.is_empty() {
        Outcome::Same
    } else {
        Outcome::Differs(all)
    }
}

/// Every deployment option in the descriptor's language, and every language in one option.
fn choices(envelope: &Envelope) -> Vec<Choices> {
    let view = resolve(envelope, &Choices::default()).expect("resolved");
    let options = view.configurations.into_iter().map(|one| Choices {
        configuration: Some(one.id),
        ..Choices::default()
    });
    let inside = envelope
        .strings
        .iter()
        .filter(|strings| !strings.messages.is_empty());
    let languages = inside
        .filter_map(|strings| strings.lang.clone())
        .map(|lang| Choices {
            locale: Some(lang),
            ..Choices::default()
        });
    std::iter::once(Choices::default())
        .chain(options)
        .chain(languages)
        .collect()
}

/// `definition` as it reads back from its files.
fn written_and_read(definition: &Definition) -> Result<Definition, String> {
    let yaml = definition
        .to_yaml(&[], &[], &[])
        .map_err(|error| error.to_string())?;
    let json = definition.to_json(&[]).map_err(|error| error.to_string())?;
    for (text, format) in [(json, Format::Json), (yaml, Format::Yaml)] {
        let document = Loader::new().text("vm", &*text, Some(format)).load();
        let read = document.and_then(|document| document.read::<Definition>());
        let read = read.map_err(|error| format!("{format:?}: {}", error.message()))?;
        if read != *definition {
            return Err(format!("reads back from {format:?} as something else"));
        }
    }
    Ok(definition.clone())
}

/// What is packed from `definition`, with files and disks of the sizes `original` tells.
fn made(definition: &Definition, original: &Envelope) -> Result<Envelope, String> {
    let profile = Profile::named("portable").expect("built in");
    let appliance = build(definition, &profile).map_err(|problems| {
        let all = problems
            .iter()
            .map(|one| format!("{}: {}", one.at, one.error.message()));
        all.collect::<Vec<_>>().join("; ")
    })?;
    // Paths are the names files had.
    Ok(measured(&appliance, original, |path| path))
}
