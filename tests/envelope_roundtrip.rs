//! Random machines: what is built, written and read back is the same envelope.

use std::collections::HashSet;

use ovfkit::envelope::parse;
use ovfkit::template::render;
use ovfkit::vm::{
    ControllerKind, DiskImage, Firmware, GuestOs, HardwareVersion, IsoImage, Machine, Nic,
    NicModel, build, contradictions, os,
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

/// A name of files and machines.
fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_+=-]([A-Za-z0-9._+= -]{0,20}[A-Za-z0-9_+=-])?"
}

fn network() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("n{}", text.trim()))
}

fn nic() -> impl Strategy<Value = Nic> {
    (select(NicModel::ALL.to_vec()), network()).prop_map(|(model, network)| Nic { model, network })
}

/// Disks on a controller they fit on, with names of their own.
fn disks() -> impl Strategy<Value = (ControllerKind, Vec<DiskImage>)> {
    select(ControllerKind::ALL.to_vec()).prop_flat_map(|controller| {
        let most = if controller == ControllerKind::Ide {
            4
        } else {
            35
        };
        let sizes = vec((1..=u64::MAX >> 1, any::<u64>()), 0..=most);
        let disks = sizes.prop_map(|sizes| {
            let disks = sizes
                .into_iter()
                .enumerate()
                .map(|(index, (capacity, size))| DiskImage {
                    href: format!("disk{index}.vmdk"),
                    capacity,
                    file_size: size,
                    populated: size.min(capacity),
                });
            disks.collect()
        });
        (Just(controller), disks)
    })
}

fn isos() -> impl Strategy<Value = Vec<IsoImage>> {
    vec(any::<u64>(), 0..8).prop_map(|sizes| {
        let isos = sizes.into_iter().enumerate();
        isos.map(|(index, size)| IsoImage {
            href: format!("cd{index}.iso"),
            size,
        })
        .collect()
    })
}

fn properties() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(("[^.:\\s\\p{C}]{1,12}", text()), 0..4).prop_map(|properties| {
        let mut seen = HashSet::new();
        properties
            .into_iter()
            .filter(|(key, _)| seen.insert(key.clone()))
            .collect()
    })
}

/// Any valid machine on new enough hardware.
fn machine() -> impl Strategy<Value = Machine> {
    let new: Vec<HardwareVersion> = HardwareVersion::all()
        .filter(|version| version.number() >= 13)
        .collect();
    let hardware = (select(new), select(Firmware::ALL.to_vec()), any::<bool>());
    let compute = (1..=64_u32, option::of(1..=4_u32), 1..=1_u64 << 20);
    let devices = (disks(), isos(), vec(nic(), 0..4));
    let texts = (
        option::of(text()),
        option::of(text()),
        option::of(text()),
        option::of(text()),
    );
    let os = select(os::all().collect::<Vec<GuestOs>>());
    (
        name(),
        os,
        hardware,
        compute,
        devices,
        texts,
        option::of(text()),
        properties(),
    )
        .prop_map(
            |(name, os, hardware, compute, devices, texts, eula, properties)| {
                let (hardware, firmware, secure) = hardware;
                let (sockets, cores_per_socket, blocks) = compute;
                let ((controller, disks), isos, nics) = devices;
                let (product, vendor, version, annotation) = texts;
                Machine {
                    cpus: sockets * cores_per_socket.unwrap_or(1),
                    cores_per_socket,
                    memory: blocks * (4 << 20),
                    firmware,
                    secure_boot: secure && firmware == Firmware::Efi,
                    hardware,
                    controller,
                    nics,
                    disks,
                    isos,
                    product,
                    vendor,
                    version,
                    annotation,
                    eula,
                    properties,
                    ..Machine::new(name, os)
                }
            },
        )
}

proptest! {
    #[test]
    fn a_descriptor_says_what_was_meant(machine in machine()) {
        prop_assert_eq!(contradictions(&machine), []);
        let envelope = build(&machine)?;
        let text = render(&envelope)?;
        prop_assert_eq!(parse(&text)?, envelope);
    }

    #[test]
    fn reading_never_panics(text in "[<>/&;='\"a-z! \\[\\]?-]{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn reading_a_damaged_descriptor_never_panics(
        machine in machine(), at in any::<prop::sample::Index>(), with in any::<char>(),
    ) {
        let text = render(&build(&machine)?)?;
        let mut damaged: Vec<char> = text.chars().collect();
        let at = at.index(damaged.len());
        damaged[at] = with;
        let _ = parse(&String::from_iter(damaged));
    }
}
