//! docs/definition-reference.md is made from the JSON Schema of definitions, so that it tells
//! every key there is, and every example in it is read as what it stands for.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ovfkit::data::{Format, Loader, fields_of};
use ovfkit::vm::definition;
use serde_json::Value;

#[path = "definition_reference/cells.rs"]
mod cells;
mod support;

use cells::{example, kind, sentences};
use support::documentation::{check, replaced};

/// What a section of the page is about.
struct Section {
    title: &'static str,
    /// What the schema calls it.
    name: &'static str,
    /// Its keys, in the order of the code.
    keys: fn() -> &'static [&'static str],
    /// Reads a text as such a map.
    read: fn(String) -> Result<(), String>,
}

/// Sections by their titles and types, in the order of the page.
macro_rules! sections {
    ($($title:literal: $type:ident,)*) => {
        &[$(Section {
            title: $title,
            name: stringify!($type),
            keys: fields_of::<definition::$type>,
            read: |text| {
                let loader = Loader::new().text("example", text, Some(Format::Yaml));
                let read = loader.load().and_then(|it| it.read::<definition::$type>());
                read.map(|_| ()).map_err(|error| format!("{error:?}"))
            },
        }),*]
    };
}

const SECTIONS: &[Section] = sections! {
    "Definition": Definition,
    "OS": Os,
    "CPUs": Cpus,
    "Memory": Memory,
    "Disk": Disk,
    "Drive": Drive,
    "Controller": Controller,
    "NIC": Nic,
    "Network": Network,
    "Product": Product,
    "Property": Property,
    "EULA": Eula,
    "Configuration": Configuration,
    "IP assignment": IpAssignment,
    "Cloud-init": CloudInit,
    "Start": Start,
    "Port": Port,
    "Video": Video,
    "USB": Usb,
    "Sound": Sound,
    "PCI": Pci,
    "Device": AnyDevice,
    "Setting": Setting,
    "Section": RawSection,
    "Strings": Bundle,
    "File": ExtraFile,
    "Parameter": Parameter,
};

impl Section {
    /// What the schema `root` says of it.
    fn schema<'r>(&self, root: &'r Value) -> &'r Value {
        if self.name == "Definition" {
            return root;
        }
        &root["$defs"][self.name]
    }

    /// The part of the page's address that leads to it.
    fn anchor(&self) -> String {
        self.title.to_lowercase().replace(' ', "-")
    }
}

/// The section about what the schema calls `name`.
fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// The keys below which the map called `name` stands, and what it is in one word, if it may be.
fn uses(root: &Value, name: &str) -> (BTreeSet<&'static str>, Option<String>) {
    let (mut keys, mut word) = (BTreeSet::new(), None);
    let reference = Value::from(format!("#/$defs/{name}"));
    for one in SECTIONS {
        for key in (one.keys)() {
            let mut around = vec![&one.schema(root)["properties"][*key]];
            while let Some(value) = around.pop() {
                if value["$ref"] == reference {
                    keys.insert(*key);
                }
                let alternatives = value["anyOf"].as_array().map_or(&[][..], Vec::as_slice);
                if alternatives.iter().any(|it| it["$ref"] == reference) {
                    let words = alternatives
                        .iter()
                        .find_map(|it| it["description"].as_str());
                    word = word.or(words.map(str::to_owned));
                }
                around.extend(alternatives);
                around.extend(value.get("items"));
                around.extend(value.get("additionalProperties"));
            }
        }
    }
    (keys, word)
}

fn page() -> String {
    let root = definition::schema();
    let links = SECTIONS
        .iter()
        .map(|one| format!("[{}](#{})", one.title, one.anchor()));
    let mut text = links.collect::<Vec<_>>().join(",\n") + "\n";
    for section in SECTIONS {
        let schema = section.schema(&root);
        let about = schema["description"].as_str().expect("a description");
        let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = write!(text, "\n## {}\n\n{about}", section.title);
        let (keys, word) = uses(&root, section.name);
        if !keys.is_empty() {
            let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = write!(text, " Stands under {}.", keys.join(", "));
        }
        if let Some(word) = word {
            let _ = write!(text, " In one word: {word}.");
        }
        text.push_str("\n\n| key | value | if absent | example | what it says |\n");
        text.push_str("|---|---|---|---|---|\n");
        for key in (section.keys)() {
            let field = &schema["properties"][*key];
            let (about, mut absent) = sentences(field["description"].as_str().unwrap_or(""));
            let required = schema["required"].as_array().into_iter().flatten();
            if required.into_iter().any(|name| name == *key) {
                "has to be there".clone_into(&mut absent);
            }
            let shown = example(key, &field["examples"][0]);
            let kind = kind(&root, field);
            let cells = [
                &format!("`{key}`"),
                &kind,
                &absent,
                &format!("`{shown}`"),
                &about,
            ];
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
    }
    text
}

#[test]
fn the_reference_of_definitions_is_current() {
    check("definition-reference.md", "definition_reference", |text| {
        replaced(text, "keys", &page())
    });
}

#[test]
fn every_map_has_a_section() {
    let root = definition::schema();
    let all = root["$defs"].as_object().expect("definitions");
    let maps = all.iter().filter(|(_, one)| one["properties"].is_object());
    for (name, _) in maps.clone() {
        assert!(section(name).is_some(), "no section tells of {name}");
    }
    assert_eq!(maps.count() + 1, SECTIONS.len());
}

#[test]
fn every_key_has_a_section_and_an_example_that_is_read() {
    let root = definition::schema();
    for section in SECTIONS {
        let schema = section.schema(&root);
        let all = schema["properties"].as_object().expect("keys");
        let keys = (section.keys)();
        assert_eq!(keys.len(), all.len(), "{}: {keys:?}", section.name);
        let shown = |key: &str| example(key, &all[key]["examples"][0]);
        for key in keys {
            let place = format!("{}.{key}", section.name);
            assert!(
                all[*key]["examples"][0] != Value::Null,
                "{place}: no example"
            );
            // What is included is not there.
            if *key == "include" {
                continue;
            }
            let required = schema["required"].as_array().into_iter().flatten();
            let others = required.filter_map(Value::as_str).filter(|it| it != key);
            let mut text = shown(key) + "\n";
            others.for_each(|other| text += &(shown(other) + "\n"));
            let read = (section.read)(text.clone());
            assert!(read.is_ok(), "{place}: {text}{read:?}");
        }
    }
}

#[test]
fn a_default_is_told_apart_from_what_a_key_says() {
    let cells =
        sentences("The name of it; made of\nanother if absent. It is short. `a` if absent, 4.");
    assert_eq!(
        cells,
        (
            "The name of it. It is short.".to_owned(),
            "made of another; `a`, 4".to_owned()
        )
    );
    assert_eq!(
        sentences("A note. The target's if absent."),
        ("A note.".to_owned(), "the target's".to_owned())
    );
    assert_eq!(sentences("A note."), ("A note.".to_owned(), "—".to_owned()));
}
