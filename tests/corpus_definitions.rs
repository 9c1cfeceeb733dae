//! What `init --from` makes of real descriptors: a definition that is written, read and packed
//! again describes the same machines.
//!
//! `OVFKIT_CORPUS` names a directory with real descriptors in `corpus/ovf`; without it the
//! tests skip aloud.

mod support;

use std::collections::BTreeMap;
use std::fs;

use ovfkit::data::{Format, Loader};
use ovfkit::envelope::resolve::{Choices, Controller, View, resolve};
use ovfkit::envelope::{Envelope, parse};
use ovfkit::vm::reverse::{Around, reverse};
use ovfkit::vm::{Content, Definition, FileFacts, Profile, build};
use ovfkit::xml::decode;
use serde_json::Value;

use support::corpus;

/// A difference that is meant, whatever the descriptor.
struct Accepted {
    /// Where it is, with `#` for numbers.
    path: &'static str,
    /// Whether it is the one that is meant, by what was and what is.
    holds: fn(&Value, &Value) -> bool,
    /// Why.
    why: &'static str,
}

/// Whether there was nothing.
fn nothing(was: &Value, _: &Value) -> bool {
    was.is_null()
}

/// Whether there was an empty text, and is none.
fn empty(was: &Value, is: &Value) -> bool {
    was == "" && is.is_null()
}

/// Whether a file is called differently because not every system can have its name beside the
/// descriptor, or because it was no VMDK.
fn renamed(was: &Value, is: &Value) -> bool {
    let (was, is) = (
        was.as_str().unwrap_or_default(),
        is.as_str().unwrap_or_default(),
    );
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+= -".contains(c);
    let changed = !was.chars().all(plain) || !was.to_ascii_lowercase().ends_with(".vmdk");
    changed && is.chars().all(plain)
}

const ACCEPTED: &[Accepted] = &[
    Accepted {
        path: ".machines[#].firmware",
        holds: |was, is| was.is_null() && is == "bios",
        why: "what platforms take where nothing is said is said",
    },
    Accepted {
        path: ".machines[#].os",
        holds: nothing,
        why: "a machine has an operating system",
    },
    Accepted {
        path: ".machines[#].cpus",
        holds: nothing,
        why: "a machine has CPUs",
    },
    Accepted {
        path: ".machines[#].memory",
        holds: nothing,
        why: "a machine has memory",
    },
    Accepted {
        path: ".machines[#].hardware",
        holds: |was, _| *was == Value::Array(Vec::new()),
        why: "a machine is for some platform",
    },
    Accepted {
        path: ".machines[#].controllers[#].bus",
        holds: nothing,
        why: "a controller has a number",
    },
    Accepted {
        path: ".machines[#].controllers[#].drives[#].address",
        holds: nothing,
        why: "a drive has a place",
    },
    Accepted {
        path: ".networks[#].description",
        holds: empty,
        why: "an empty text says nothing",
    },
    Accepted {
        path: ".machines[#].os.version",
        holds: empty,
        why: "an empty text says nothing",
    },
    Accepted {
        path: ".machines[#].os.description",
        holds: empty,
        why: "an empty text says nothing",
    },
    Accepted {
        path: ".collections[#].name",
        holds: empty,
        why: "an empty text says nothing",
    },
    Accepted {
        path: ".disks[#].capacity",
        holds: |was, is| was.is_null() && *is == 0,
        why: "the size of a disk is measured when it is packed, and the test has no disk",
    },
    Accepted {
        path: ".machines[#].controllers[#].drives[#].capacity",
        holds: |was, is| was.is_null() && *is == 0,
        why: "the size of a disk is measured when it is packed, and the test has no disk",
    },
    Accepted {
        path: ".files[#].href",
        holds: renamed,
        why: "files stand beside the descriptor, and disks are VMDKs",
    },
    Accepted {
        path: ".disks[#].file",
        holds: renamed,
        why: "files stand beside the descriptor, and disks are VMDKs",
    },
    Accepted {
        path: ".machines[#].controllers[#].drives[#].file",
        holds: renamed,
        why: "files stand beside the descriptor, and disks are VMDKs",
    },
    Accepted {
        path: ".files[#].compression",
        holds: |_, is| is.is_null(),
        why: "files are not compressed as a whole",
    },
    Accepted {
        path: ".files[#].chunk_size",
        holds: |_, is| is.is_null(),
        why: "files are not cut in chunks",
    },
];

/// Whether the difference at `path` is meant.
fn is_accepted(path: &str, was: &Value, is: &Value) -> bool {
    let mut plain = String::new();
    for c in path.chars() {
        match c {
            '0'..='9' if plain.ends_with('#') => {}
            '0'..='9' if plain.ends_with('[') => plain.push('#'),
            c => plain.push(c),
        }
    }
    let found = ACCEPTED
        .iter()
        .find(|one| one.path == plain && (one.holds)(was, is));
    found.is_some_and(|one| !one.why.is_empty())
}

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
    let mut refused = Vec::new();
    let mut differs = Vec::new();
    let mut same = 0;
    for file in files {
        let name = corpus::name(&file).to_owned();
        let bytes = fs::read(&file).expect("readable");
        let Ok(text) = decode(&bytes) else { continue };
        let Ok(envelope) = parse(&text) else { continue };
        match outcome(&envelope) {
            Outcome::Same => same += 1,
            Outcome::Refused(why) => refused.push(format!("{name}: {why}")),
            Outcome::Differs(what) => differs.push(format!("{name}: {}", what.join("; "))),
        }
    }
    eprintln!("{same} the same");
    let mut kinds: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for line in &differs {
        let (name, what) = line.split_once(": ").unwrap_or_default();
        for one in what.split("; ") {
            let kind: String = one.chars().filter(|c| !c.is_ascii_digit()).collect();
            let entry = kinds.entry(kind).or_default();
            entry.0 += 1;
            entry.1 = name.to_owned();
        }
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (kind, (count, name)) in kinds.iter().take(120) {
        eprintln!("{count:5} {kind}   e.g. {name}");
    }
    assert!(
        refused.is_empty() && differs.is_empty(),
        "{} refused:\n{}\n{} differ:\n{}",
        refused.len(),
        refused.join("\n"),
        differs.len(),
        differs.join("\n"),
    );
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
    let configurations: Vec<Option<String>> = {
        let view = resolve(envelope, &Choices::default()).expect("resolved");
        let ids = view.configurations.iter().map(|one| Some(one.id.clone()));
        std::iter::once(None).chain(ids).collect()
    };
    for configuration in configurations {
        let choices = Choices {
            configuration,
            ..Choices::default()
        };
        let meant = plain(resolve(envelope, &choices).expect("resolved"));
        let Ok(is) = resolve(&made, &choices) else {
            all.push("lost a configuration".to_owned());
            continue;
        };
        let is = plain(is);
        let meant = serde_json::to_value(meant).expect("JSON");
        let is = serde_json::to_value(is).expect("JSON");
        differences("", &meant, &is, &mut all);
    }
    all.dedup();
    if all.is_empty() {
        Outcome::Same
    } else {
        Outcome::Differs(all)
    }
}

/// `definition` as it reads back from its files.
fn written_and_read(definition: &Definition) -> Result<Definition, String> {
    let yaml = definition
        .to_yaml(&[], &[])
        .map_err(|error| error.to_string())?;
    let json = definition.to_json().map_err(|error| error.to_string())?;
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
    let view = resolve(original, &Choices::default()).expect("resolved");
    let facts = appliance.files.iter().map(|planned| {
        // Paths are the names files had.
        let was = match &planned.content {
            Content::Disk(disk) => &disk.image,
            Content::File(path) => path,
            Content::Bytes(_) => &planned.href,
        };
        let file = view.files.iter().find(|file| file.href == *was);
        let disk = view
            .disks
            .iter()
            .find(|disk| disk.file.as_ref() == Some(was));
        FileFacts {
            size: file.and_then(|file| file.size).unwrap_or_default(),
            capacity: disk.and_then(|disk| disk.capacity),
            populated: disk.and_then(|disk| disk.populated),
        }
    });
    let facts: Vec<FileFacts> = facts.collect();
    Ok(appliance.measured(&facts))
}

/// `view` without the names that live only inside a descriptor, and the order of what has none:
/// items of different kinds, files, disks.
fn plain(mut view: View) -> View {
    // It is packed as 1.1.
    view.version.clear();
    view.files.sort_by(|a, b| a.href.cmp(&b.href));
    for file in &mut view.files {
        file.id.clear();
        // Zero is what the test takes for a size that is not said.
        file.size = file.size.filter(|size| *size > 0);
    }
    // Disks are called by the order in which devices have them in.
    let mut ids = BTreeMap::new();
    for machine in &mut view.machines {
        let order = |controller: &Controller| (format!("{:?}", controller.kind), controller.bus);
        machine.controllers.sort_by_key(order);
        machine.others.sort_by_key(|other| other.resource_type);
        let own = machine.controllers.iter_mut().flat_map(|controller| {
            controller.id.clear();
            &mut controller.drives
        });
        for drive in own.chain(&mut machine.unattached) {
            if let Some(id) = &mut drive.disk {
                let next = ids.len().to_string();
                *id = ids.entry(id.clone()).or_insert(next).clone();
            }
        }
    }
    for disk in &mut view.disks {
        disk.id = ids.get(&disk.id).cloned().unwrap_or_default();
        // Whatever it was, it is a streamOptimized VMDK now.
        disk.format = None;
    }
    view.disks
        .sort_by(|a, b| (&a.id, &a.file).cmp(&(&b.id, &b.file)));
    view
}

/// Adds where `meant` and `is` differ to `all`.
fn differences(path: &str, meant: &Value, is: &Value, all: &mut Vec<String>) {
    match (meant, is) {
        (Value::Object(meant), Value::Object(is)) => {
            for (key, meant) in meant {
                differences(&format!("{path}.{key}"), meant, &is[key], all);
            }
        }
        (Value::Array(meant), Value::Array(is)) if meant.len() == is.len() => {
            for (index, (meant, is)) in meant.iter().zip(is).enumerate() {
                differences(&format!("{path}[{index}]"), meant, is, all);
            }
        }
        _ if meant == is || is_accepted(path, meant, is) => {}
        (Value::Array(meant), Value::Array(is)) => {
            all.push(format!("{path}: {} instead of {}", is.len(), meant.len()));
        }
        _ => {
            let short = |value: &Value| value.to_string().chars().take(60).collect::<String>();
            all.push(format!("{path}: {} instead of {}", short(is), short(meant)));
        }
    }
}
