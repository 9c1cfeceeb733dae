//! Random machines: what is built, written and read back is the same envelope.

use indexmap::IndexMap;
use ovfkit::envelope::parse;
use ovfkit::template::render;
use ovfkit::vm::definition::{
    Brief, Cpus, Disk, Drive, Eula, List, LocalText, Memory, Nic, Os, Product, Property, Size,
};
use ovfkit::vm::{
    Appliance, ControllerKind, Definition, FileFacts, Firmware, GuestOs, HardwareVersion, NicModel,
    Profile, build, os,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Any text XML can hold: the awkward characters more often than chance would have it.
fn text() -> impl Strategy<Value = String> {
    let awkward = select(vec![
        '<', '>', '&', '"', '\'', '\t', '\n', '\r', ' ', ']', '{', '}', '\u{85}',
    ]);
    let any = any::<char>().prop_filter("a character of XML", |c| ovfkit::xml::is_xml_char(*c));
    vec(prop_oneof![awkward, any], 0..30).prop_map(String::from_iter)
}

/// A text, translated or not.
fn local_text() -> impl Strategy<Value = LocalText> {
    (text(), vec(text(), 0..2)).prop_map(|(text, translations)| LocalText {
        text,
        lang: Some("en-US".to_owned()),
        translations: ["de-DE".to_owned()].into_iter().zip(translations).collect(),
    })
}

/// A name of files and machines.
fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_+=-]([A-Za-z0-9._+= -]{0,20}[A-Za-z0-9_+=-])?"
}

fn network() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("n{}", text.trim()))
}

fn nic() -> impl Strategy<Value = Nic> {
    (option::of(select(NicModel::ALL.to_vec())), network()).prop_map(|(model, network)| Nic {
        model,
        network: vec![network].into(),
        ..Nic::default()
    })
}

/// Disks on a controller they fit on: images, and blank ones of a size.
fn disks() -> impl Strategy<Value = (ControllerKind, Vec<Disk>)> {
    select(ControllerKind::ALL.to_vec()).prop_flat_map(|controller| {
        let most = if controller == ControllerKind::Ide {
            4
        } else {
            35
        };
        let sizes = vec(option::of(1..=u64::MAX >> 1), 0..=most);
        let disks = sizes.prop_map(|sizes| {
            let numbered = sizes.into_iter().enumerate();
            let disks = numbered.map(|(index, size)| Disk {
                image: size.is_none().then(|| format!("disk{index}.raw")),
                size: size.map(Size),
                ..Disk::default()
            });
            disks.collect()
        });
        (Just(controller), disks)
    })
}

fn drives() -> impl Strategy<Value = Vec<Drive>> {
    vec(any::<bool>(), 0..8).prop_map(|full| {
        let numbered = full.into_iter().enumerate();
        let drives = numbered.map(|(index, full)| Drive {
            image: full.then(|| format!("cd{index}.iso")),
            ..Drive::default()
        });
        drives.collect()
    })
}

fn properties() -> impl Strategy<Value = IndexMap<String, Brief<Property>>> {
    let property = (option::of(text()), option::of(local_text()), any::<bool>());
    let property = property.prop_map(|(default, label, password)| {
        Brief(Property {
            default: default.map(Into::into),
            label,
            password,
            ..Property::default()
        })
    });
    vec(("[^.:\\s\\p{C}]{1,12}", property), 0..4)
        .prop_map(|properties| properties.into_iter().collect())
}

fn briefly<T>(all: Vec<T>) -> Vec<Brief<T>> {
    all.into_iter().map(Brief).collect()
}

/// Any valid machine on new enough hardware.
fn definition() -> impl Strategy<Value = Definition> {
    let new: Vec<HardwareVersion> = HardwareVersion::all()
        .filter(|version| version.number() >= 14)
        .collect();
    let firmware = (select(Firmware::ALL.to_vec()), any::<bool>(), any::<bool>());
    let hardware = (select(new), firmware);
    let compute = (1..=64_u32, option::of(1..=4_u32), 1..=1_u64 << 20);
    let devices = (disks(), drives(), option::of(vec(nic(), 0..4)));
    let texts = (
        option::of(local_text()),
        option::of(local_text()),
        option::of(text()),
        option::of(local_text()),
    );
    let os = select(os::all().collect::<Vec<GuestOs>>());
    let own = (name(), os, hardware, compute, devices, texts);
    (own, option::of(local_text()), properties()).prop_map(|(own, eula, properties)| {
        let (name, os, hardware, compute, devices, texts) = own;
        let (hardware, (firmware, secure, tpm)) = hardware;
        let (sockets, cores_per_socket, blocks) = compute;
        let ((controller, disks), cdroms, nics) = devices;
        let (product, vendor, version, annotation) = texts;
        let efi = firmware == Firmware::Efi;
        let product = Product {
            name: product,
            vendor,
            version,
            ..Product::default()
        };
        Definition {
            name: Some(name),
            os: Some(Brief(Os {
                name: Some(os.name),
                ..Os::default()
            })),
            cpus: Some(Brief(Cpus {
                count: Some(sockets * cores_per_socket.unwrap_or(1)),
                cores_per_socket,
                ..Cpus::default()
            })),
            memory: Some(Brief(Memory {
                size: Some(Size(blocks * (4 << 20))),
                ..Memory::default()
            })),
            firmware: Some(firmware),
            secure_boot: Some(secure && efi),
            tpm: Some(tpm && efi),
            hardware: vec![hardware.to_string()].into(),
            controller: Some(controller),
            nics: nics.map(briefly),
            disks: briefly(disks),
            cdroms: briefly(cdroms),
            product: List(vec![Brief(product)]),
            annotation,
            eula: List(
                eula.into_iter()
                    .map(|text| {
                        Brief(Eula {
                            text: Some(text),
                            ..Eula::default()
                        })
                    })
                    .collect(),
            ),
            properties,
            ..Definition::default()
        }
    })
}

fn appliance(definition: &Definition) -> Appliance {
    let profile = Profile::named("portable").expect("built in");
    match build(definition, &profile) {
        Ok(appliance) => appliance,
        Err(problems) => panic!("{problems:?}"),
    }
}

proptest! {
    #[test]
    fn a_descriptor_says_what_was_meant(definition in definition(), sizes in any::<[u64; 2]>()) {
        let appliance = appliance(&definition);
        let facts = FileFacts {
            size: sizes[0],
            capacity: Some(sizes[1] >> 1),
            populated: Some(sizes[1] >> 2),
        };
        let envelope = appliance.measured(&vec![facts; appliance.files.len()]);
        let text = render(&envelope)?;
        prop_assert_eq!(parse(&text)?, envelope);
    }

    #[test]
    fn reading_never_panics(text in "[<>/&;='\"a-z! \\[\\]?-]{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn reading_a_damaged_descriptor_never_panics(
        definition in definition(), at in any::<prop::sample::Index>(), with in any::<char>(),
    ) {
        let text = render(&appliance(&definition).envelope)?;
        let mut damaged: Vec<char> = text.chars().collect();
        let at = at.index(damaged.len());
        damaged[at] = with;
        let _ = parse(&String::from_iter(damaged));
    }
}
