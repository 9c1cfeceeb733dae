//! Documents as types.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::*;
use crate::base::ErrorKind;

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Machine {
    name: Option<String>,
    version: String,
    cpus: u8,
    hot_add: bool,
    memory: Option<Size>,
    disks: Vec<Disk>,
    firmware: Firmware,
    properties: BTreeMap<String, Property>,
    slots: BTreeMap<u8, Slot>,
    pair: Option<(u8, u8)>,
    load: Option<f64>,
}

/// A size with a unit.
#[derive(Debug, PartialEq)]
struct Size(u64);

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = text
            .strip_suffix(" GiB")
            .and_then(|number| number.parse().ok());
        number.map(Self).ok_or_else(|| {
            Error::usage(format!("`{text}` is no size"))
                .why("a size has a unit")
                .help("write `4 GiB`")
        })
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Firmware {
    #[default]
    Bios,
    Efi,
    Custom {
        path: String,
    },
    Rom(Size),
}

/// A file name, or more.
#[derive(Debug, PartialEq)]
enum Disk {
    File(String),
    Made(Made),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Made {
    size: Size,
    address: Option<u8>,
}

impl<'de> Deserialize<'de> for Disk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Disk;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a file or a map")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Disk, E> {
                Ok(Disk::File(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Disk, A::Error> {
                Made::deserialize(de::value::MapAccessDeserializer::new(map)).map(Disk::Made)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Property {
    label: String,
    default: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Slot {
    Number(u8),
    Text(String),
}

#[test]
fn types_are_read() {
    let text = "
name: 1.10
version: 2.0
cpus: 0x10
hot-add: true
memory: 4 GiB
disks: [a.img, {size: 1 GiB, address: ~}]
firmware: {custom: {path: x}}
properties: {a: {label: 007, default: false}}
slots: {0: 1, 7: x}
pair: [1, 2]
load: 3
";
    let read: Machine = document("vm.yaml", text).unwrap().read().unwrap();
    let expected = Machine {
        name: Some("1.10".to_owned()),
        version: "2.0".to_owned(),
        cpus: 16,
        hot_add: true,
        memory: Some(Size(4)),
        disks: vec![
            Disk::File("a.img".to_owned()),
            Disk::Made(Made {
                size: Size(1),
                address: None,
            }),
        ],
        firmware: Firmware::Custom {
            path: "x".to_owned(),
        },
        properties: BTreeMap::from([(
            "a".to_owned(),
            Property {
                label: "007".to_owned(),
                default: Some("false".to_owned()),
            },
        )]),
        slots: BTreeMap::from([(0, Slot::Number(1)), (7, Slot::Text("x".to_owned()))]),
        pair: Some((1, 2)),
        load: Some(3.0),
    };
    assert_eq!(read, expected);
}

#[test]
fn nothing_is_as_if_the_key_were_not_there() {
    let text = "name: ~\nversion:\ncpus: null\ndisks:\nfirmware: {rom: 1 GiB}";
    let read: Machine = document("vm.yaml", text).unwrap().read().unwrap();
    let expected = Machine {
        firmware: Firmware::Rom(Size(1)),
        ..Machine::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    const KEYS: &str = "Known are: name, version, cpus, hot-add, memory, disks, firmware, properties, slots, pair, load";
    let byte = "a whole number from 0 to 255";
    for (text, expected) in [
        ("naem: a", format!("1:1: there is no key `naem` | did you mean `name`? {KEYS}")),
        ("xyzzy: a", format!("1:1: there is no key `xyzzy` | k{}", &KEYS[1..])),
        ("hot_add: true", format!("1:1: there is no key `hot_add` | did you mean `hot-add`? {KEYS}")),
        ("cpuss: ~", format!("1:1: there is no key `cpuss` | did you mean `cpus`? {KEYS}")),
        ("cpus: 300", format!("1:7: cpus: this has to be {byte}, and is the number `300`")),
        ("cpus: -1", format!("1:7: cpus: this has to be {byte}, and is the number `-1`")),
        ("cpus: 1.5", format!("1:7: cpus: this has to be {byte}, and is the number `1.5`")),
        ("cpus: '4'", format!("1:7: cpus: this has to be {byte}, and is the text `4` | remove the quotes")),
        ("cpus: [1]", format!("1:7: cpus: this has to be {byte}, and is a list")),
        ("cpus: true", format!("1:7: cpus: this has to be {byte}, and is `true`")),
        ("hot-add: yes", "1:10: hot-add: this has to be `true` or `false`, and is the text `yes` | write `true`".to_owned()),
        ("hot-add: 1", "1:10: hot-add: this has to be `true` or `false`, and is the number `1`".to_owned()),
        ("name: {}", "1:7: name: this has to be a text, and is a map".to_owned()),
        ("memory: 4", "1:9: memory: `4` is no size | a size has a unit | write `4 GiB`".to_owned()),
        ("disks: a", "1:8: disks: this has to be a list, and is the text `a`".to_owned()),
        ("disks: [1.0]", "1:9: disks[0]: this has to be a file or a map, and is the number `1`".to_owned()),
        ("disks: [a, {size: x}]", "1:19: disks[1].size: `x` is no size | a size has a unit | write `4 GiB`".to_owned()),
        ("disks: [{address: 1}]", "1:9: disks[0]: the key `size` is missing".to_owned()),
        ("disks: [{size: 1 GiB, adress: 1}]", "1:23: disks[0]: there is no key `adress` | did you mean `address`? Known are: size, address".to_owned()),
        ("firmware: uefi", "1:11: firmware: there is no `uefi` | did you mean `efi`? Known are: bios, efi, custom, rom".to_owned()),
        ("firmware: {uefi: 1}", "1:12: firmware: there is no `uefi` | did you mean `efi`? Known are: bios, efi, custom, rom".to_owned()),
        ("firmware: {efi: 1}", "1:17: firmware.efi: this has to be nothing, and is the number `1`".to_owned()),
        ("firmware: rom", "1:11: firmware: this has to be a map with the key `rom`, and is the text `rom`".to_owned()),
        ("firmware: {custom: {}}", "1:20: firmware.custom: the key `path` is missing".to_owned()),
        ("firmware: {bios: ~, efi: ~}", "1:11: firmware: this has to be a map with one key, and is 2 long".to_owned()),
        ("firmware: [1]", "1:11: firmware: this has to be a name, or a map with one, and is a list".to_owned()),
        ("properties: {a b: {label: []}}", "1:27: properties[\"a b\"].label: this has to be a text, and is a list".to_owned()),
        ("properties: {a: ~}", "1:17: properties.a: this has to be a map, and is nothing".to_owned()),
        ("slots: {a: 1}", format!("1:9: slots: this has to be {byte}, and is the text `a`")),
        ("slots: {1: []}", "1:12: slots.1: data did not match any variant of untagged enum Slot".to_owned()),
        ("pair: [1]", "1:7: pair: this has to be a list of 2, and is 1 long".to_owned()),
        ("load: x", "1:7: load: this has to be a number, and is the text `x`".to_owned()),
    ] {
        let read = document("vm.yaml", text).unwrap().read::<Machine>();
        assert_told(read, &[&format!("vm.yaml: {expected}")], text);
    }
}

#[test]
fn every_error_is_told_once() {
    let text = "\
nmae: a
cpus: many
disks:
  - {size: 1, address: x}
  - {sise: 1 GiB}
  - {address: 1, siez: 1 GiB, other: 2}
  - {address: y}
  - 4
  - {size: 1 GiB, address: z}
firmware: {custom: {paht: x}}
pair: [a, 1]
properties:
  good: {label: x}
  bad: {}
";
    let error = document("vm.yaml", text)
        .unwrap()
        .read::<Machine>()
        .unwrap_err();
    let told: Vec<_> = told(&error)
        .iter()
        .map(|line| line.split(" | ").next().unwrap()["vm.yaml: ".len()..].to_owned())
        .collect();
    let byte = "this has to be a whole number from 0 to 255, and is the text";
    assert_eq!(
        told,
        [
            "1:1: there is no key `nmae`".to_owned(),
            format!("2:7: cpus: {byte} `many`"),
            "4:12: disks[0].size: `1` is no size".to_owned(),
            format!("4:24: disks[0].address: {byte} `x`"),
            "5:6: disks[1]: there is no key `sise`".to_owned(),
            "6:18: disks[2]: there is no key `siez`".to_owned(),
            "6:31: disks[2]: there is no key `other`".to_owned(),
            format!("7:15: disks[3].address: {byte} `y`"),
            "7:5: disks[3]: the key `size` is missing".to_owned(),
            "8:5: disks[4]: this has to be a file or a map, and is the number `4`".to_owned(),
            format!("9:28: disks[5].address: {byte} `z`"),
            "10:20: firmware.custom: the key `path` is missing".to_owned(),
            format!("11:8: pair[0]: {byte} `a`"),
            "14:8: properties.bad: the key `label` is missing".to_owned(),
        ]
    );
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn errors_have_a_bound() {
    let lines: Vec<_> = (0..500).map(|n| format!("x{n}: 1")).collect();
    let error = document("vm.yaml", &lines.join("\n"))
        .unwrap()
        .read::<Machine>()
        .unwrap_err();
    assert_eq!(error.others().len(), MAX_ERRORS - 1);
}

#[test]
fn an_error_of_ours_is_its_message_to_other_readers() {
    let error = serde_json::from_str::<Size>("\"x\"").unwrap_err();
    assert_eq!(error.to_string(), "`x` is no size");
}

#[test]
fn the_kind_of_an_error_is_kept_save_that_a_file_is_no_request() {
    for (kind, expected) in [
        (ErrorKind::Usage, ErrorKind::Invalid),
        (ErrorKind::Unsupported, ErrorKind::Unsupported),
        (ErrorKind::LimitExceeded, ErrorKind::LimitExceeded),
    ] {
        #[derive(Debug)]
        struct Never;
        thread_local!(static KIND: std::cell::Cell<ErrorKind> = const { std::cell::Cell::new(ErrorKind::Io) });
        impl<'de> Deserialize<'de> for Never {
            fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                Err(custom(Error::new(KIND.get(), "a\u{1F}b").help("c")))
            }
        }
        KIND.set(kind);
        let error = document("vm.yaml", "a: 1")
            .unwrap()
            .read::<Never>()
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.message(), error.advice()),
            (expected, "a b", Some("c"))
        );
        assert_eq!(error.reason(), None);
        assert_eq!(error.place().line, Some((1, 1)));
    }
}
