//! The sections vendors add and those only OVF 2.x has: typed, written in both editions,
//! and carried from one to the other.
//!
//! `OVFKIT_CORPUS` names a directory with real descriptors in `corpus/ovf`; without it
//! the tests over them skip aloud.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ovfkit::envelope::resolve::{Choices, resolve};
use ovfkit::envelope::{Content, Envelope, Section, Version, parse, to_version, vbox};
use ovfkit::schema::{Edition, validate};
use ovfkit::template::render;
use ovfkit::xml::decode;
use ovfkit::xml::names::{BOOT_CONFIG, BOOT_SOURCE, ENVELOPE_1, ENVELOPE_2, VBOX, VMW};

const VENDORS: &str = "
<vmw:BootOrderSection vmw:instanceId='5' vmw:type='disk' ovf:required='false'><Info>i</Info>
 </vmw:BootOrderSection>
<vmw:CpuCompatibilitySection><Info/><vmw:Level vmw:eax='----' vmw:level='-2147483647'
 vmw:vendor='amd'/><vmw:Level vmw:level='many'><x:More/></vmw:Level></vmw:CpuCompatibilitySection>
<vmw:IpAssignmentSection vmw:protocols='IPv4,IPv6' vmw:schemes=''><Info ovf:msgid='m'/>
 </vmw:IpAssignmentSection>
<vmw:MigrationUpgradeRequisitesSection><Info/><vmw:Requisite vmw:purpose='p' ovf:fileRef='f'/>
 </vmw:MigrationUpgradeRequisitesSection>
<vmw:vServiceDependencySection vmw:id='d'><Info/><vmw:Type x:a='1'>t</vmw:Type><vmw:Name>n</vmw:Name>
 <vmw:Description>d</vmw:Description><vmw:Configuration/></vmw:vServiceDependencySection>
<vmw:StorageGroupSection vmw:id='g' vmw:name='n'><vmw:Description>d</vmw:Description><x:More/>
 </vmw:StorageGroupSection>
<vmw:StorageSection/>
<vmw:TagBasedPlacementGroupSection vmw:id='g' vmw:name='n' vmw:priority='0'><Info/>
 <vmw:Description>d</vmw:Description><vmw:TagCategory vmw:name='c' vmw:id='1'/>
 <vmw:TagValue vmw:name='v' vmw:id='2'/><vmw:TagCategory vmw:name='d' vmw:id='3'/>
 <vmw:TagValue vmw:name='w'><x:More/></vmw:TagValue></vmw:TagBasedPlacementGroupSection>
<vmw:TagBasedPlacementSection vmw:group='g' vmw:priority='first'><Info/>
 </vmw:TagBasedPlacementSection>
<vmw:VirtualDeviceGroupSection><Info/><DeviceGroup ovf:deviceGroupName='n'
 ovf:groupInstanceKey='1' ovf:label='l' ovf:summary='s'/></vmw:VirtualDeviceGroupSection>";

const OF_2_X: &str = "
<SharedDiskSection><Info/><SharedDisk ovf:diskId='d' ovf:capacity='1' ovf:readOnly='true'/>
 </SharedDiskSection>
<EnvironmentFilesSection ovf:transport='iso'><Info/><File ovf:fileRef='f' ovf:path='p'/>
 </EnvironmentFilesSection>
<BootDeviceSection x:a='1'><Info/><bootc:CIM_BootConfigSetting>
 <bootc:ChangeableType>0</bootc:ChangeableType><bootc:ElementName x:a='1'>e</bootc:ElementName>
 <bootc:Generation>18446744073709551615</bootc:Generation><bootc:InstanceID>i</bootc:InstanceID>
 <boots:CIM_BootSourceSetting><boots:BIOSBootString>b</boots:BIOSBootString>
 <boots:ComponentSetting>1</boots:ComponentSetting><boots:ComponentSetting>2</boots:ComponentSetting>
 <boots:ElementName/><boots:FailThroughSupported>2</boots:FailThroughSupported>
 <boots:InstanceID>5</boots:InstanceID><boots:StructuredBootString>s</boots:StructuredBootString>
 <x:More/></boots:CIM_BootSourceSetting><x:More/></bootc:CIM_BootConfigSetting>
</BootDeviceSection>
<ScaleOutSection ovf:id='m'><Info/><InstanceCount ovf:default='1'/></ScaleOutSection>
<PlacementGroupSection ovf:id='g' ovf:policy='affinity'><Info/></PlacementGroupSection>
<PlacementSection ovf:group='g'><Info/></PlacementSection>
<EncryptionSection><Info/><d:EncryptedKey xmlns:d='http://www.w3.org/2000/09/xmldsig#'/>
</EncryptionSection>";

/// An envelope in `namespace` with `sections` in its one machine.
fn envelope(namespace: &str, sections: &str) -> Envelope {
    let text = format!(
        "<Envelope xmlns='{namespace}' xmlns:ovf='{namespace}' xmlns:vmw='{VMW}' xmlns:x='urn:x' \
         xmlns:bootc='{BOOT_CONFIG}' xmlns:boots='{BOOT_SOURCE}'><References/>\
         <VirtualSystem ovf:id='vm'><Info/>{sections}</VirtualSystem></Envelope>"
    );
    parse(&text).expect("readable")
}

fn sections(envelope: &Envelope) -> &[Section] {
    &envelope.systems()[0].sections
}

/// What a section is kept as that the model does not look into.
fn other(section: &Section) -> Option<String> {
    match section {
        Section::Other(kept) => Some(kept.0.name.to_string()),
        _ => None,
    }
}

#[test]
fn sections_are_typed_and_written_in_both_editions() {
    for (namespace, inside, count) in [
        (ENVELOPE_1, VENDORS, 10),
        (ENVELOPE_2, VENDORS, 10),
        (ENVELOPE_1, OF_2_X, 7),
        (ENVELOPE_2, OF_2_X, 7),
    ] {
        let read = envelope(namespace, inside);
        assert_eq!(sections(&read).len(), count);
        assert_eq!(sections(&read).iter().find_map(other), None);
        let text = render(&read).expect("faithful");
        assert_eq!(parse(&text).expect("readable"), read, "{text}");
    }
}

#[test]
fn a_boot_order_is_told() {
    let read = envelope(ENVELOPE_2, OF_2_X);
    let boot = sections(&read).iter().find_map(|section| match section {
        Section::BootDeviceSection(boot) => Some(boot),
        _ => None,
    });
    let [source] = boot.expect("a boot section").sources() else {
        panic!("{boot:?}")
    };
    assert_eq!(source.instance_id, "5");
    let settings = source.component_setting.iter();
    let settings: Vec<_> = settings.map(|kept| kept.0.text()).collect();
    assert_eq!(settings, ["1", "2"]);
    assert_eq!(source.fail_through_supported, Some(2));
}

#[test]
fn in_an_envelope_of_1_x_they_stand_in_the_namespace_of_2_x() {
    let text = render(&envelope(ENVELOPE_1, OF_2_X)).expect("faithful");
    let names = [
        "SharedDiskSection",
        "EnvironmentFilesSection",
        "BootDeviceSection",
        "ScaleOutSection",
        "PlacementGroupSection",
        "PlacementSection",
        "EncryptionSection",
    ];
    for name in names {
        let start = format!("<ovf2:{name} xmlns:ovf2=\"{ENVELOPE_2}\"");
        assert!(text.contains(&start), "no {start} in {text}");
    }
    let text = render(&envelope(ENVELOPE_2, OF_2_X)).expect("faithful");
    assert!(
        names.iter().all(|name| text.contains(&format!("<{name}"))),
        "{text}"
    );
    assert!(!text.contains("ovf2"), "{text}");
}

#[test]
fn in_an_envelope_of_2_x_they_are_valid() {
    // What is encrypted here is no encryption.
    let (sound, _) = OF_2_X.split_once("<EncryptionSection>").expect("the last");
    let text = render(&envelope(ENVELOPE_2, sound)).expect("faithful");
    assert_eq!(validate(&text, Edition::Ovf2).expect("readable"), []);
}

/// Whether `section` is of the 1.x schema, which takes none of others.
fn is_of_1_x(section: &Section) -> bool {
    !matches!(
        section,
        Section::EnvironmentFilesSection(_)
            | Section::BootDeviceSection(_)
            | Section::BootOrderSection(_)
            | Section::ScaleOutSection(_)
            | Section::PlacementGroupSection(_)
            | Section::PlacementSection(_)
            | Section::EncryptionSection(_)
            | Section::Other(_)
    )
}

/// Leaves out the sections the 1.x schema does not have.
fn reduce(contents: &mut [Content]) {
    for content in contents {
        match content {
            Content::VirtualSystem(system) => system.sections.retain(is_of_1_x),
            Content::VirtualSystemCollection(collection) => {
                collection.sections.retain(is_of_1_x);
                reduce(&mut collection.contents);
            }
        }
    }
}

#[test]
fn everything_of_2_x_goes_down() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("xsd/samples/everything-2.ovf");
    let text = fs::read_to_string(sample).expect("the sample");
    let (mut lowered, losses) = to_version(parse(&text).expect("readable"), Version::V1);
    assert!(!losses.is_empty());
    let text = render(&lowered).expect("faithful");
    let starts = text.match_indices("<ovf2:").map(|(at, _)| &text[at..]);
    let starts = starts.filter_map(|start| start.split_once('>'));
    let foreign = starts
        .map(|(tag, _)| tag)
        .filter(|tag| tag.contains(" xmlns:ovf2="));
    let mut count = 0;
    for tag in foreign {
        assert!(tag.contains(" ovf:required=\"false\""), "{tag}");
        count += 1;
    }
    assert_eq!(count, 6);
    // What is left is all the schema's own.
    lowered.sections.retain(is_of_1_x);
    reduce(&mut lowered.contents);
    let text = render(&lowered).expect("faithful");
    assert_eq!(validate(&text, Edition::Ovf1).expect("readable"), []);
}

/// The readable descriptors of the corpus that hold `part`.
fn corpus(part: &str) -> Vec<(String, Envelope)> {
    let Some(corpus) = env::var_os("OVFKIT_CORPUS").map(PathBuf::from) else {
        eprintln!("SKIPPED: OVFKIT_CORPUS names no directory with corpus/ovf");
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(corpus.join("corpus/ovf")).expect("the descriptors") {
        let path = entry.expect("readable").path();
        let Ok(text) = decode(&fs::read(&path).expect("readable")).map(String::from) else {
            continue;
        };
        if !text.contains(part) {
            continue;
        }
        if let Ok(envelope) = parse(&text) {
            found.push((path.display().to_string(), envelope));
        }
    }
    assert!(!found.is_empty(), "no descriptor with {part}");
    found
}

#[test]
fn no_section_of_vmware_in_the_field_is_unknown() {
    for (name, envelope) in corpus("<vmw:") {
        let systems = envelope.systems();
        let inside = systems.iter().flat_map(|system| &system.sections);
        let all = envelope.sections.iter().chain(inside);
        let unknown: Vec<_> = all
            .filter_map(other)
            .filter(|name| name.starts_with("vmw:"))
            .collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
    }
}

#[test]
fn the_account_of_virtualbox_tells_the_firmware() {
    let mut firmwares = Vec::new();
    for (name, envelope) in corpus(VBOX) {
        let system = envelope.systems()[0].clone();
        let Some(machine) = vbox::Machine::in_system(&system) else {
            continue;
        };
        assert!(
            machine.name.is_some() && machine.os_type.is_some(),
            "{name}: {machine:?}"
        );
        let mut drives = machine.controllers.iter().flat_map(|one| &one.devices);
        assert!(
            drives.all(|one| one.kind.is_some() && one.port.is_some()),
            "{name}: {machine:?}"
        );
        assert!(
            machine.adapters.iter().any(|one| one.enabled),
            "{name}: {machine:?}"
        );
        let view = resolve(&envelope, &Choices::default()).expect("resolvable");
        firmwares.extend(view.machines[0].firmware.clone());
    }
    if env::var_os("OVFKIT_CORPUS").is_some() {
        assert_eq!(firmwares, ["efi", "efi"]);
    }
}
