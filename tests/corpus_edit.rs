//! Real descriptors, changed: what was changed is what was asked for, and nothing else is.
//!
//! `OVFKIT_CORPUS` names a directory with real descriptors in `corpus/ovf`; without it the
//! tests skip aloud.

mod support;

use std::collections::BTreeSet;
use std::fs;

use ovfkit::envelope::resolve::{Choices, View, resolve};
use ovfkit::envelope::{self, Envelope, parse};
use ovfkit::template;
use ovfkit::vm::amend::{Original, amend};
use ovfkit::vm::definition::{Brief, Disk, Nic, Property, Scalar, Size};
use ovfkit::vm::reverse::{Around, Recovered, reverse};
use ovfkit::vm::{Definition, Profile, draft};
use ovfkit::xml::decode;

use support::corpus;
use support::views::{differences, measured, plain};

/// A change of every machine in a definition.
type Change = fn(&mut Definition);

const CHANGES: &[(&str, Change)] = &[
    ("nothing", |_| {}),
    ("more CPUs", |machine| {
        let cpus = machine.cpus.get_or_insert_default();
        cpus.count = Some(12);
        cpus.reservation = None;
        cpus.limit = None;
        cpus.cores_per_socket = None;
    }),
    ("more memory", |machine| {
        let memory = machine.memory.get_or_insert_default();
        memory.size = Some(Size(48 << 30));
        (memory.min, memory.max) = (None, None);
    }),
    ("another adapter", |machine| {
        let nic = Nic {
            network: vec!["Another".to_owned()].into(),
            ..Nic::default()
        };
        let nics = machine
            .nics
            .get_or_insert_with(|| vec![Brief(Nic::default())]);
        nics.push(Brief(nic));
    }),
    ("no adapter", |machine| {
        machine.nics = Some(Vec::new());
        machine.boot_order.retain(|name| !name.starts_with("nic"));
    }),
    ("another disk", |machine| {
        machine.disks.push(Brief(Disk {
            size: Some(Size(3 << 30)),
            ..Disk::default()
        }));
    }),
    ("the first disk away", |machine| {
        if !machine.disks.is_empty() {
            machine.disks.remove(0);
        }
        machine.boot_order.clear();
    }),
    ("another property", |machine| {
        let property = Property {
            default: Some(Scalar("a & b".to_owned())),
            label: Some("<Label>".into()),
            ..Property::default()
        };
        machine
            .properties
            .insert("ovfkit_edit".to_owned(), Brief(property));
    }),
    ("another note", |machine| {
        machine.annotation = Some("A new note".into());
    }),
    ("another setting", |machine| {
        let setting = ovfkit::vm::definition::Setting {
            value: "yes".into(),
            required: false,
        };
        machine
            .config
            .insert("ovfkit.edit".to_owned(), Brief(setting));
    }),
    ("another name", |machine| {
        machine.name = machine.name.as_ref().map(|name| format!("{name}-2"));
        machine.title = Some("Another title".into());
    }),
];

/// Changes that come out otherwise, and why.
const ODD: &[(&str, &str)] = &[
    // It has disks no machine has, behind which the new one stands.
    ("OpenXT+manager__uivm.ovf", "another disk"),
];

/// Whether `text` is a descriptor of OVF 1.x.
fn is_edited(text: &str) -> bool {
    let newer = text.contains("schemas.dmtf.org/ovf/envelope/1\"")
        || text.contains("schemas.dmtf.org/ovf/envelope/1'");
    newer && !text.contains("<Section ") && !text.contains("<Section>")
}

#[test]
fn what_changes_is_what_was_asked_for() {
    let Some(files) = corpus::descriptors() else {
        return;
    };
    let mut wrong = Vec::new();
    let mut edited = 0;
    for (number, file) in files.into_iter().enumerate() {
        let name = corpus::name(&file);
        let bytes = fs::read(&file).expect("readable");
        let Ok(text) = decode(&bytes) else { continue };
        let Some(original) = parse(&text).ok().filter(|_| is_edited(&text)) else {
            continue;
        };
        let around = Around {
            bundles: &[],
            path: &|href| format!("package:{href}"),
        };
        let Ok(recovered) = reverse(&original, &around) else {
            continue;
        };
        for (index, (what, change)) in CHANGES.iter().enumerate() {
            // All changes of all descriptors take minutes; each gets some, and each change many.
            if (number + index) % 4 != 0 {
                continue;
            }
            match outcome(&text, &original, &recovered, *change, *what == "nothing") {
                Ok(()) => edited += 1,
                Err(_) if ODD.contains(&(name, *what)) => {}
                Err(why) => wrong.push(format!("{name}: {what}: {why}")),
            }
        }
    }
    let shown: Vec<_> = wrong.iter().take(60).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        edited + wrong.len(),
        shown.join("\n")
    );
    assert!(edited > 1000, "{edited}");
}

fn outcome(
    text: &str,
    original: &Envelope,
    recovered: &Recovered,
    change: Change,
    is_nothing: bool,
) -> Result<(), String> {
    let profile = Profile::named("portable").expect("built in");
    let mut changed = recovered.definition.clone();
    in_each(&mut changed, change);
    let (mut before, _) = draft(&recovered.definition, &profile);
    let (mut after, _) = draft(&changed, &profile);
    amend(
        &Original {
            envelope: original,
            recovered,
            in_package: &|path| path.strip_prefix("package:").map(str::to_owned),
        },
        &mut before,
        &changed,
        &mut after,
    );
    let before = measured(&before, original, name_in_package);
    let after = measured(&after, original, name_in_package);
    let render =
        |envelope: &Envelope| template::render(envelope).map_err(|error| error.to_string());
    let (old, new) = (render(&before)?, render(&after)?);
    if is_nothing {
        let same = old == new;
        return same.then_some(()).ok_or("something changed".to_owned());
    }
    let made = envelope::amend(text, &old, &new).map_err(|error| error.to_string())?;
    let now = parse(&made).map_err(|error| format!("{error}: {made}"))?;
    comments_stay(text, &made)?;
    let meant = differing(original, &before);
    let is = differing(&now, &after);
    let new: Vec<_> = is.difference(&meant).cloned().collect();
    if new.is_empty() {
        Ok(())
    } else {
        Err(new.join("; "))
    }
}

/// What the file of the package is called that `path` means.
fn name_in_package(path: &str) -> &str {
    path.strip_prefix("package:").unwrap_or_default()
}

fn in_each(definition: &mut Definition, change: Change) {
    if definition.machines.is_empty() {
        change(definition);
    }
    for member in &mut definition.machines {
        in_each(member, change);
    }
}

fn comments_stay(before: &str, after: &str) -> Result<(), String> {
    let comments = |text: &str| text.matches("<!--").count();
    if comments(before) == comments(after) {
        return Ok(());
    }
    Err("a comment is gone".to_owned())
}

/// What differs between two envelopes, with `#` for the numbers of places.
fn differing(one: &Envelope, other: &Envelope) -> BTreeSet<String> {
    let options = resolve(one, &Choices::default()).map(|view| view.configurations);
    let options = options
        .unwrap_or_default()
        .into_iter()
        .map(|option| Choices {
            configuration: Some(option.id),
            ..Choices::default()
        });
    let mut all = Vec::new();
    for choices in std::iter::once(Choices::default()).chain(options) {
        let (Ok(one), Ok(other)) = (resolve(one, &choices), resolve(other, &choices)) else {
            all.push("does not resolve".to_owned());
            continue;
        };
        let value = |view: View| serde_json::to_value(plain(view)).expect("JSON");
        differences("", &value(one), &value(other), &mut all);
    }
    let digits = |text: &String| -> String {
        let mut made = String::new();
        for c in text.chars() {
            if !c.is_ascii_digit() {
                made.push(c);
            } else if !made.ends_with('#') {
                made.push('#');
            }
        }
        made
    };
    all.iter().map(digits).collect()
}
