//! What `init --from` makes of real descriptors: a definition that is written, read and packed
//! again describes the same machines.
//!
//! `OVFKIT_CORPUS` names a directory with real descriptors in `corpus/ovf`; without it the
//! tests skip aloud.

mod support;

use std::collections::BTreeMap;
use std::fs;

use ovfkit::data::{Format, Loader};
use ovfkit::envelope::resolve::{Choices, View, resolve};
use ovfkit::envelope::{Envelope, parse};
use ovfkit::vm::reverse::{Around, reverse};
use ovfkit::vm::{Definition, FileFacts, Profile, build};
use ovfkit::xml::decode;

use support::corpus;

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
    if all.is_empty() { Outcome::Same } else { Outcome::Differs(all) }
}

/// `definition` as it reads back from its files.
fn written_and_read(definition: &Definition) -> Result<Definition, String> {
    let yaml = definition.to_yaml(&[], &[]).map_err(|error| error.to_string())?;
    let json = definition.to_json().map_err(|error| error.to_string())?;
    for (text, format) in [(json, Format::Json), (yaml, Format::Yaml)] {
        let document = Loader::new().text("vm", &*text, Some(format)).load();
        let read = document.and_then(|document| document.read::<Definition>());
        let read = read.map_err(|error| format!("{format:?}: {error:?}\n{text}"))?;
        if read != *definition {
            return Err(format!("reads back from {format:?} as {read:?}\n{text}"));
        }
    }
    Ok(definition.clone())
}

/// What is packed from `definition`, with files and disks of the sizes `original` tells.
fn made(definition: &Definition, original: &Envelope) -> Result<Envelope, String> {
    let profile = Profile::named("portable").expect("built in");
    let appliance = build(definition, &profile).map_err(|problems| {
        let all = problems.iter().map(|one| format!("{}: {}", one.at, one.error.message()));
        all.collect::<Vec<_>>().join("; ")
    })?;
    let view = resolve(original, &Choices::default()).expect("resolved");
    let facts = appliance.files.iter().map(|planned| {
        let file = view.files.iter().find(|file| file.href == planned.href);
        let disk = view.disks.iter().find(|disk| disk.file.as_ref() == Some(&planned.href));
        FileFacts {
            size: file.and_then(|file| file.size).unwrap_or_default(),
            capacity: disk.and_then(|disk| disk.capacity),
            populated: disk.and_then(|disk| disk.populated),
        }
    });
    let facts: Vec<FileFacts> = facts.collect();
    Ok(appliance.measured(&facts))
}

/// `view` without the names that live only inside a descriptor, and the order of what has none.
fn plain(mut view: View) -> View {
    view.version.clear();
    let mut ids = BTreeMap::new();
    view.files.sort_by(|a, b| a.href.cmp(&b.href));
    for file in &mut view.files {
        file.id.clear();
        file.size = file.size.filter(|size| *size > 0);
    }
    view.disks.sort_by(|a, b| (&a.file, a.capacity).cmp(&(&b.file, b.capacity)));
    for (index, disk) in view.disks.iter_mut().enumerate() {
        let id = std::mem::replace(&mut disk.id, index.to_string());
        ids.insert(id, disk.id.clone());
        disk.format = None;
    }
    for machine in &mut view.machines {
        machine.controllers.sort_by_key(|controller| format!("{:?}", controller.kind));
        machine.others.sort_by_key(|other| other.resource_type);
        for controller in &mut machine.controllers {
            controller.id.clear();
            for drive in &mut controller.drives {
                drive.disk = drive.disk.take().map(|id| ids[&id].clone());
            }
        }
        for drive in &mut machine.unattached {
            drive.disk = drive.disk.take().map(|id| ids[&id].clone());
        }
    }
    view
}

/// Adds where `meant` and `is` differ to `all`.
fn differences(
    path: &str,
    meant: &serde_json::Value,
    is: &serde_json::Value,
    all: &mut Vec<String>,
) {
    use serde_json::Value;
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
        _ if meant == is => {}
        (Value::Array(meant), Value::Array(is)) => {
            all.push(format!("{path}: {} instead of {}", is.len(), meant.len()));
        }
        _ => {
            let short = |value: &Value| value.to_string().chars().take(60).collect::<String>();
            all.push(format!("{path}: {} instead of {}", short(is), short(meant)));
        }
    }
}
