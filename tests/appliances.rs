//! The descriptors of known appliances, rebuilt from the definitions in `fixtures/appliances`:
//! kept word for word in `golden/appliances/`, valid by the schema, and describing the machines
//! the projects' own templates describe.
//!
//! `OVFKIT_CORPUS` names a directory with those templates in `corpus/ovf`; without it they are
//! not compared with, which is told.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use ovfkit::disk::open::OpenOptions;
use ovfkit::envelope::parse;
use ovfkit::envelope::resolve::{Choices, ControllerKind, DriveKind, MachineView, View, resolve};
use ovfkit::ops::define::{Defined, Files, Order, plan};
use ovfkit::ops::pack::Output;
use ovfkit::schema::{Edition, validate};
use ovfkit::vm::Profile;
use serde_json::Value;

use support::appliances::{APPLIANCES, Appliance};
use support::bench::{Bench, text};
use support::run::{ovfkit, run};
use support::views::{differences, plain};
use support::{corpus, tools};

/// What the schema says of an element that only a schema of its vendor declares.
const VENDORS: &str = "is not declared in schema";

/// Settings that views have words of their own for.
const TOLD: [&str; 2] = ["\"firmware\"", "\"bootOptions.efiSecureBootEnabled\""];

/// The descriptor of a package made of the definition.
fn descriptor(appliance: &Appliance) -> String {
    let name = appliance.name;
    let bench = Bench::new();
    let files = Files {
        paths: vec![appliance.file()],
        parameters: appliance.parameters(bench.root()),
    };
    let defined =
        Defined::load(&files, |_| None).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let order = Order {
        profiles: &[Profile::named("portable").expect("built in")],
        open: &OpenOptions::default(),
        time: 0,
    };
    let output = |name: &str, _: &Profile| Ok(Output::Directory(PathBuf::from(name)));
    let plan = plan(&defined, &order, &output).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let [package] = &plan.packages[..] else {
        panic!("{name}: {} packages", plan.packages.len());
    };
    assert_eq!(package.members.len(), appliance.images.len(), "{name}");
    let facts = vec![appliance.disk; package.members.len()];
    (package.describe)(&facts).expect("a faithful descriptor")
}

/// What `text` describes.
fn view(text: &str) -> View {
    let envelope = parse(text).expect("a readable descriptor");
    resolve(&envelope, &Choices::default()).expect("resolved")
}

/// What `text` describes, without what items are called, by which nothing goes.
fn comparable(text: &str) -> Value {
    let mut view = plain(view(text));
    for machine in &mut view.machines {
        for controller in &mut machine.controllers {
            controller.name.clear();
            controller
                .drives
                .iter_mut()
                .for_each(|one| one.name.clear());
        }
        machine
            .unattached
            .iter_mut()
            .for_each(|one| one.name.clear());
        machine.nics.iter_mut().for_each(|one| one.name.clear());
        machine.others.iter_mut().for_each(|one| one.name.clear());
    }
    serde_json::to_value(view).expect("JSON")
}

/// VMware's settings in `text`, whatever they are about, without those a view tells of in its
/// own words.
fn settings_in(text: &str) -> Vec<&str> {
    let parts = text.split("vmw:key=").skip(1);
    let mut all: Vec<&str> = parts
        .filter_map(|rest| rest.split_once("/>"))
        .map(|(setting, _)| setting.trim())
        .filter(|setting| !TOLD.iter().any(|key| setting.starts_with(key)))
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn descriptors_are_kept_word_for_word() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/appliances");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for appliance in APPLIANCES {
        let text = descriptor(appliance);
        settings.bind(|| insta::assert_snapshot!(appliance.name, text));
    }
}

#[test]
fn descriptors_are_valid_by_the_schema() {
    for appliance in APPLIANCES {
        let mut faults = validate(&descriptor(appliance), Edition::Ovf1).expect("a verdict");
        faults.retain(|fault| !fault.message.ends_with(VENDORS));
        assert!(faults.is_empty(), "{}: {faults:?}", appliance.name);
    }
}

#[test]
fn definitions_describe_what_the_templates_describe() {
    let mut wrong = Vec::new();
    for appliance in APPLIANCES {
        let name = appliance.name;
        let Some(template) = corpus::file(&format!("corpus/ovf/{}.ovf", appliance.original)) else {
            return;
        };
        let mut all = Vec::new();
        let original = appliance.filled(&template);
        let meant = comparable(&original);
        let made = descriptor(appliance);
        assert_eq!(settings_in(&made), settings_in(&original), "{name}");
        differences("", &meant, &comparable(&made), &mut all);
        for (path, why) in appliance.differences {
            if !all.iter().any(|difference| difference.starts_with(path)) {
                wrong.push(format!("{name}: {path}: the same, against: {why}"));
            }
        }
        all.retain(|difference| !appliance.is_meant(difference));
        wrong.extend(all.iter().map(|difference| format!("{name}: {difference}")));
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every definition in the directory is one of the above, so that none is forgotten.
#[test]
fn every_definition_is_looked_at() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/appliances");
    let mut found: Vec<String> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_file())
        .map(|path| corpus::name(&path).to_owned())
        .collect();
    found.sort();
    let known = APPLIANCES.iter().map(|one| format!("{}.yaml", one.name));
    let mut known: Vec<String> = known.collect();
    known.sort();
    assert_eq!(found, known);
}

/// Packs the definition with the program, for readers that want SHA-1.
fn packed(appliance: &Appliance) -> (Bench, PathBuf) {
    let bench = Bench::new();
    let ova = bench.path(&format!("{}.ova", appliance.name));
    let mut command = ovfkit();
    command
        .arg("pack")
        .arg("--definition")
        .arg(appliance.file());
    for (name, value) in appliance.parameters(bench.root()) {
        command.args(["--set", &format!("{name}={value}")]);
    }
    let outcome = run(command.args(["--digest", "sha1", "-o"]).arg(&ova));
    assert!(
        outcome.succeeded(),
        "{}: {}",
        appliance.name,
        outcome.stderr
    );
    (bench, ova)
}

/// The one machine of `appliance`.
fn machine(appliance: &Appliance) -> MachineView {
    let mut machines = view(&descriptor(appliance)).machines;
    assert_eq!(machines.len(), 1, "{}", appliance.name);
    machines.remove(0)
}

/// The kinds of controllers disks are on, as far as CIM tells them apart: to readers that pass
/// over subtypes, `NVMe` is SATA.
fn disks(machine: &MachineView) -> Vec<&'static str> {
    let mut all = Vec::new();
    for controller in &machine.controllers {
        let kind = match controller.kind {
            ControllerKind::Ide => "ide",
            ControllerKind::Scsi => "scsi",
            _ => "sata",
        };
        let drives = controller.drives.iter();
        let disks = drives.filter(|drive| drive.kind == DriveKind::Disk);
        all.extend(disks.map(|_| kind));
    }
    all
}

/// The line of `said` that has `part` in it.
fn line_with<'a>(said: &'a str, part: &str) -> &'a str {
    let line = said.lines().find(|line| line.contains(part));
    line.unwrap_or_else(|| panic!("no `{part}` in:\n{said}"))
        .trim()
}

#[test]
fn cot_reads_the_hardware() {
    if !tools::have(&["cot"]) {
        return;
    }
    for appliance in APPLIANCES {
        let (_bench, ova) = packed(appliance);
        let machine = machine(appliance);
        let outcome = run(tools::program("cot").args(["info", "-v"]).arg(&ova));
        let said = outcome.text();
        let context = format!("{}:\n{said}{}", appliance.name, outcome.stderr);
        assert!(outcome.succeeded(), "{context}");
        assert!(!outcome.stderr.contains("ERROR"), "{context}");
        // Name, CPUs, memory, cards, serial ports, disks / capacity.
        let words: Vec<&str> = line_with(&said, "None (default)")
            .split_whitespace()
            .collect();
        let memory = (machine.memory.expect("memory") >> 30).to_string();
        assert_eq!(
            words[2],
            machine.cpus.expect("CPUs").to_string(),
            "{context}"
        );
        assert_eq!(words[3..5], [memory.as_str(), "GiB"], "{context}");
        assert_eq!(words[5], machine.nics.len().to_string(), "{context}");
        assert_eq!(words[7], disks(&machine).len().to_string(), "{context}");
        for kind in disks(&machine) {
            let place = format!("harddisk @ {} 0:0", kind.to_uppercase());
            assert!(said.contains(&place), "{context}");
        }
        for nic in &machine.nics {
            let model = nic.model.as_deref().expect("a model");
            let card = format!("{model} network adapter on \"{}\"", nic.networks[0]);
            assert!(said.contains(&card), "{context}");
        }
    }
}

#[test]
fn virt_v2v_reads_the_hardware() {
    if !tools::have(&["virt-v2v"]) {
        return;
    }
    for appliance in APPLIANCES {
        let (_bench, ova) = packed(appliance);
        let machine = machine(appliance);
        let mut command = tools::program("virt-v2v");
        command.env("LIBGUESTFS_BACKEND", "direct");
        command.args(["-i", "ova", text(&ova), "-o", "null", "--print-source"]);
        let outcome = run(&mut command);
        let said = outcome.text();
        let context = format!("{}:\n{said}{}", appliance.name, outcome.stderr);
        assert!(outcome.succeeded(), "{context}");
        let value = |key: &str| line_with(&said, key).split_once(": ").expect("a value").1;
        // A machine without a name is called like its file.
        let name = machine.name.as_deref().unwrap_or(appliance.name);
        assert_eq!(value("source name:"), name, "{context}");
        assert_eq!(
            value("nr vCPUs:"),
            machine.cpus.expect("CPUs").to_string(),
            "{context}"
        );
        let memory = format!("{} (bytes)", machine.memory.expect("memory"));
        assert_eq!(value("memory:"), memory, "{context}");
        let firmware = machine.firmware.as_deref().expect("a firmware");
        assert_eq!(
            value("firmware:"),
            firmware.replace("efi", "uefi"),
            "{context}"
        );
        for (index, kind) in disks(&machine).iter().enumerate() {
            let disk = format!("\t{index} [{kind}]\n");
            assert!(said.contains(&disk), "{context}");
        }
        let cards = said.split_once("NICs:").expect("a list of cards").1;
        let cards: Vec<&str> = cards.split_whitespace().collect();
        let nics = machine.nics.iter().map(|nic| {
            let model = nic.model.as_deref().expect("a model");
            format!("Bridge \"{}\" [{}]", nic.networks[0], model.to_lowercase())
        });
        let nics = nics.collect::<Vec<_>>().join(" ");
        assert_eq!(cards.join(" "), nics, "{context}");
    }
}
