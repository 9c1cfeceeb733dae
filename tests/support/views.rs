//! Views of descriptors, compared: what is the same whatever its names, and which differences
//! between an original and what a definition makes are meant.

use std::collections::BTreeMap;

use ovfkit::envelope::Envelope;
use ovfkit::envelope::resolve::{Choices, Controller, View, resolve};
use ovfkit::vm::{Appliance, Content, FileFacts};
use serde_json::Value;

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
        path: ".machines[#].os.id",
        holds: nothing,
        why: "an operating system has a number",
    },
    Accepted {
        path: ".machines[#].eulas[#].license",
        holds: |was, is| {
            was.as_str().map(|was| was.replace("\r\n", "\n")).as_deref() == is.as_str()
        },
        why: "texts have one kind of line end",
    },
    Accepted {
        path: ".disks[#].parent",
        holds: |_, is| is.is_null(),
        why: "a disk is packed whole, and not as the differences to another",
    },
    Accepted {
        path: ".disks[#].populated",
        holds: |_, is| is.is_null(),
        why: "how much is in a disk is measured, and nothing is in a blank one",
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

/// `view` without the names that live only inside a descriptor, and the order of what has none:
/// items of different kinds, files, disks.
pub(crate) fn plain(mut view: View) -> View {
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
                let canonical = ids.entry(id.clone()).or_insert(next);
                id.clone_from(canonical);
            }
        }
    }
    // What no machine has is not packed.
    view.disks.retain(|disk| ids.contains_key(&disk.id));
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
pub(crate) fn differences(path: &str, meant: &Value, is: &Value, all: &mut Vec<String>) {
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

/// The envelope of `appliance`, with files and disks of the sizes `original` tells. `name` tells
/// what the file at a path of the definition is called there.
pub(crate) fn measured(
    appliance: &Appliance,
    original: &Envelope,
    name: impl Fn(&str) -> &str,
) -> Envelope {
    let view = resolve(original, &Choices::default()).expect("resolved");
    let facts = appliance.files.iter().map(|planned| {
        let was = name(match &planned.content {
            Content::Disk(disk) => &disk.image,
            Content::File(path) => path,
            Content::Bytes(_) => &planned.href,
        });
        let file = view.files.iter().find(|file| file.href == was);
        let mut disks = view.disks.iter();
        let disk = disks.find(|disk| disk.file.as_deref() == Some(was));
        FileFacts {
            size: file.and_then(|file| file.size).unwrap_or_default(),
            capacity: disk.and_then(|disk| disk.capacity),
            populated: disk.and_then(|disk| disk.populated),
        }
    });
    appliance.measured(&facts.collect::<Vec<_>>())
}
