//! The machine in a descriptor as ovfkit resolves it, against what programs of other
//! lineages make of the same real descriptors: COT, and `XPath` by xmllint.
//!
//! `OVFKIT_CORPUS` names a directory with descriptors in `corpus/ovf`; without it
//! the tests skip aloud.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use ovfkit::envelope::parse;
use ovfkit::envelope::resolve::{Choices, ControllerKind, DriveKind, MachineView, View, resolve};
use ovfkit::xml::decode;

use support::run::run;
use support::{corpus, parallel, tools};

/// The descriptor at `path` with the deployment option `configuration`, or its default;
/// `None` where it is none.
fn view(path: &Path, configuration: Option<&str>) -> Option<View> {
    let bytes = fs::read(path).expect("readable");
    let envelope = decode(&bytes).and_then(|text| parse(&text)).ok()?;
    let choices = Choices {
        configuration: configuration.map(str::to_owned),
        ..Choices::default()
    };
    Some(resolve(&envelope, &choices).expect("an option it has"))
}

/// How many drives of `kind` the machine has, attached or not.
fn drives(machine: &MachineView, kind: DriveKind) -> usize {
    let attached = machine.controllers.iter().flat_map(|one| &one.drives);
    let all = attached.chain(&machine.unattached);
    all.filter(|drive| drive.kind == kind).count()
}

/// Sums `count` over all machines.
fn total(view: &View, count: impl Fn(&MachineView) -> usize) -> usize {
    view.machines.iter().map(count).sum()
}

// --- `XPath` ---

/// What is counted, and the condition on an item for it to count. The numbers are
/// CIM's.
const COUNTED: [(&str, &str); 7] = [
    ("NICs", "TYPE='10'"),
    ("disks", "TYPE='17'"),
    ("CD drives", "TYPE='15' or TYPE='16'"),
    ("floppy drives", "TYPE='14'"),
    ("IDE controllers", "TYPE='5'"),
    // A module of persistent memory is of the type its controller is of.
    (
        "storage controllers",
        "(TYPE='6' or TYPE='20') and not(*[local-name()='ResourceSubType']='vmware.nvdimm.device')",
    ),
    ("processors", "TYPE='3'"),
];

/// Differences there are good reasons for: the descriptor, what differs, and why. One
/// that is gone fails the test.
const ACCEPTED_XPATH: [(&str, &str, &str); 5] = [
    (
        "oVirt+ovirt-engine__vmOvfData.ovf",
        "CPUs",
        "oVirt counts them by sockets, cores and threads",
    ),
    (
        "oVirt+ovirt-engine__vmOvfData.ovf",
        "storage controllers",
        "oVirt's monitors have the number of other storage",
    ),
    (
        "coreos+coreos-assembler__vmware-template.ovf",
        "CPUs",
        "a placeholder is no number",
    ),
    (
        "coreos+coreos-assembler__virtualbox-template.ovf",
        "CPUs",
        "a placeholder is no number",
    ),
    (
        "vmware+open-vmdk__template-hw7.ovf",
        "CPUs",
        "a placeholder is no number",
    ),
];

/// An `XPath` that names elements by their local names alone, and sections as before
/// 1.0 as well.
fn element(names: &[&str]) -> String {
    let tests: Vec<_> = names
        .iter()
        .map(|name| {
            format!(
                "local-name()='{name}' or ((local-name()='Section' or local-name()='Content') \
                 and contains(@*[local-name()='type'],':{name}_Type'))"
            )
        })
        .collect();
    format!("*[{}]", tests.join(" or "))
}

/// The items there are with `configuration`, of the first hardware of every machine.
fn items(configuration: Option<&str>) -> String {
    let configured = match configuration {
        Some(id) => format!(
            "not(@*[local-name()='configuration']) or \
             contains(concat(' ',normalize-space(@*[local-name()='configuration']),' '),' {id} ')"
        ),
        None => "not(@*[local-name()='configuration'])".to_owned(),
    };
    format!(
        "//{}/{}[1]/{}[{configured}][not(@*[local-name()='bound'] and \
         @*[local-name()='bound']!='normal')]",
        element(&["VirtualSystem"]),
        element(&["VirtualHardwareSection"]),
        element(&["Item", "StorageItem", "EthernetPortItem"])
    )
}

/// What `XPath` counts in the descriptor at `path`.
fn by_xpath(path: &Path, configuration: Option<&str>) -> BTreeMap<&'static str, String> {
    let items = items(configuration);
    let mut wanted: Vec<(&'static str, String)> = COUNTED
        .iter()
        .map(|(what, condition)| {
            let condition =
                condition.replace("TYPE", "normalize-space(*[local-name()='ResourceType'])");
            (*what, format!("count({items}[{condition}])"))
        })
        .collect();
    let section =
        |section: &str, part: &str| format!("/*/{}/*[local-name()='{part}']", element(&[section]));
    let member = |kind: u8, member: &str| {
        format!(
            "normalize-space({items}[normalize-space(*[local-name()='ResourceType'])='{kind}']\
             /*[local-name()='{member}'])"
        )
    };
    let disk = section("DiskSection", "Disk");
    wanted.extend([
        (
            "files",
            "count(/*/*[local-name()='References']/*[local-name()='File'])".to_owned(),
        ),
        ("virtual disks", format!("count({disk})")),
        (
            "networks",
            format!("count({})", section("NetworkSection", "Network")),
        ),
        (
            "machines",
            format!("count(//{})", element(&["VirtualSystem"])),
        ),
        ("CPUs", member(3, "VirtualQuantity")),
        ("memory", member(4, "VirtualQuantity")),
        ("its unit", member(4, "AllocationUnits")),
        (
            "capacity",
            format!("string({disk}/@*[local-name()='capacity'])"),
        ),
        (
            "its unit too",
            format!("string({disk}[1]/@*[local-name()='capacityAllocationUnits'])"),
        ),
    ]);
    let parts: Vec<_> = wanted.iter().map(|(_, xpath)| xpath.as_str()).collect();
    let whole = format!("concat({})", parts.join(",'\n',"));
    let outcome = run(tools::program("xmllint")
        .args(["--nonet", "--huge", "--xpath", &whole])
        .arg(path));
    assert!(
        outcome.succeeded(),
        "{}: {}",
        path.display(),
        outcome.stderr
    );
    let said = outcome.text();
    // No newline stands in a normalised value.
    let values = said.split('\n').map(str::to_owned);
    wanted.iter().map(|(what, _)| *what).zip(values).collect()
}

/// The bytes that `number` of `unit` are, by a reading of the commonest units that
/// owes nothing to the program's.
fn bytes(number: &str, unit: &str, unitless: u64) -> Option<u64> {
    let factor = match unit.replace(' ', "").to_ascii_lowercase().as_str() {
        "" => unitless,
        "byte" | "bytes" => 1,
        "byte*2^10" | "kilobytes" => 1 << 10,
        "byte*2^20" | "megabytes" | "mb" => 1 << 20,
        "byte*2^30" | "gigabytes" | "gb" => 1 << 30,
        "byte*2^40" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[test]
fn xpath_finds_what_is_resolved() {
    let Some(files) = corpus::descriptors() else {
        return;
    };
    if !tools::have(&["xmllint"]) {
        return;
    }
    let compared = AtomicUsize::new(0);
    parallel::each(
        &files,
        |path| corpus::name(path).to_owned(),
        |path| {
            let Some(view) = view(path, None) else {
                return;
            };
            let found = by_xpath(path, view.configuration.as_deref());
            let differences: Vec<_> = ours(&view, &found)
                .into_iter()
                .filter(|(what, ours)| (found[what] != *ours) != accepted(path, what))
                .map(|(what, ours)| format!("{what}: {ours}, and {} by XPath", found[what]))
                .collect();
            assert!(differences.is_empty(), "{}", differences.join("; "));
            compared.fetch_add(1, Ordering::Relaxed);
        },
    );
    let compared = compared.into_inner();
    assert!(compared > 480, "{compared} of {}", files.len());
}

fn accepted(path: &Path, what: &str) -> bool {
    let name = corpus::name(path);
    let mut known = ACCEPTED_XPATH.iter();
    known.any(|(descriptor, difference, _)| *descriptor == name && *difference == what)
}

/// What the view has to say of what was `found` by `XPath`.
fn ours(view: &View, found: &BTreeMap<&str, String>) -> Vec<(&'static str, String)> {
    let storage = |machine: &MachineView| {
        let controllers = machine.controllers.iter().filter(|one| {
            use ControllerKind::{Nvdimm, Nvme, Sata, Scsi};
            matches!(one.kind, Scsi | Sata | Nvme | Nvdimm)
        });
        controllers.count()
    };
    let ide = |machine: &MachineView| {
        let controllers = machine.controllers.iter();
        controllers
            .filter(|one| one.kind == ControllerKind::Ide)
            .count()
    };
    let mut ours = vec![
        ("files", view.files.len()),
        ("virtual disks", view.disks.len()),
        ("networks", view.networks.len()),
        ("machines", view.machines.len()),
        ("NICs", total(view, |machine| machine.nics.len())),
        (
            "disks",
            total(view, |machine| drives(machine, DriveKind::Disk)),
        ),
        (
            "CD drives",
            total(view, |machine| drives(machine, DriveKind::Cd)),
        ),
        (
            "floppy drives",
            total(view, |machine| drives(machine, DriveKind::Floppy)),
        ),
        ("IDE controllers", total(view, ide)),
        ("storage controllers", total(view, storage)),
    ]
    .into_iter()
    .map(|(what, count)| (what, count.to_string()))
    .collect::<Vec<_>>();
    // Where there is one, what `XPath` calls the first is the one.
    if let [machine] = &*view.machines
        && found["processors"] == "1"
    {
        let cpus = machine
            .cpus
            .map_or_else(String::new, |cpus| cpus.to_string());
        ours.push(("CPUs", cpus));
        // Memory in no unit is meant in MiB by all who write it so.
        if let Some(memory) = bytes(&found["memory"], &found["its unit"], 1 << 20) {
            assert_eq!(machine.memory, Some(memory), "memory");
        }
    }
    if let [disk] = &*view.disks
        && let Some(capacity) = bytes(&found["capacity"], &found["its unit too"], 1)
    {
        assert_eq!(disk.capacity, Some(capacity), "capacity");
    }
    ours
}

// --- COT ---

/// Of the descriptors of the largest source, every how many is given to COT, which
/// takes half a second each.
const EVERY: usize = 3;
const LARGEST_SOURCE: &str = "vmware+govmomi";

/// Differences there are good reasons for: the descriptor, the column of COT's table
/// that differs, and why.
const ACCEPTED_COT: [(&str, &str, &str); 2] = [
    (
        "OpenXT+manager__uivm.ovf",
        "disks",
        "a `StorageItem` in OVF 1.x, where COT looks for items alone",
    ),
    (
        "glennmatthews+cot__invalid.ovf",
        "memory",
        "memory in no unit is in bytes by CIM's schema, and in MiB for all importers",
    ),
];

/// COT's line on one deployment option.
#[derive(Debug, PartialEq)]
struct Profile {
    name: Option<String>,
    cpus: String,
    memory: String,
    nics: String,
    serials: String,
    disks: String,
    capacity: String,
}

impl Profile {
    const COLUMNS: [&'static str; 6] = ["CPUs", "memory", "NICs", "serials", "disks", "capacity"];

    fn values(&self) -> [&str; 6] {
        [
            &self.cpus,
            &self.memory,
            &self.nics,
            &self.serials,
            &self.disks,
            &self.capacity,
        ]
    }
}

/// Reads the table of deployment options in what COT `said`.
fn profiles(said: &str) -> Vec<Profile> {
    let mut lines = said
        .lines()
        .skip_while(|line| !line.starts_with("Configuration Profiles:"));
    let header = lines.next().expect("a table of profiles");
    let width = header.find("CPUs").expect("a column of CPUs");
    let rows = lines.skip(1).take_while(|line| !line.is_empty());
    let rows = rows.filter(|line| line.contains(" / "));
    rows.map(|line| {
        let (name, values) = line.split_at(width);
        let name = name.trim().trim_end_matches(" (default)");
        let values: Vec<_> = values.split_whitespace().collect();
        let [
            cpus,
            memory,
            unit,
            nics,
            serials,
            disks,
            "/",
            capacity,
            unit_too,
        ] = &*values
        else {
            panic!("a row of another form: {line}")
        };
        Profile {
            name: (name != "None").then(|| name.to_owned()),
            cpus: (*cpus).to_owned(),
            memory: format!("{memory} {unit}"),
            nics: (*nics).to_owned(),
            serials: (*serials).to_owned(),
            disks: (*disks).to_owned(),
            capacity: format!("{capacity} {unit_too}"),
        }
    })
    .collect()
}

/// `bytes` as COT prints them: four digits, without zeros at the end.
fn printed(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let unit = (1..units.len())
        .take_while(|power| bytes >> (10 * power) > 0)
        .count();
    #[allow(clippy::cast_precision_loss)] // Four digits are wanted.
    let value = bytes as f64 / (1_u64 << (10 * unit)) as f64;
    let before = format!("{value:.0}").len();
    let text = format!("{value:.0$}", 4_usize.saturating_sub(before));
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} {}", units[unit])
}

/// The view, told as COT tells it: of the first machine.
fn profile(view: &View, name: Option<String>) -> Profile {
    const SERIAL_PORT: u16 = 21;
    let machine = view.machines.first();
    let count = |count: &dyn Fn(&MachineView) -> usize| machine.map_or(0, count).to_string();
    Profile {
        name,
        cpus: machine
            .and_then(|machine| machine.cpus)
            .unwrap_or(0)
            .to_string(),
        memory: printed(machine.and_then(|machine| machine.memory).unwrap_or(0)),
        nics: count(&|machine| machine.nics.len()),
        serials: count(&|machine| {
            let ports = machine.others.iter();
            ports
                .filter(|one| one.resource_type == Some(SERIAL_PORT))
                .count()
        }),
        disks: count(&|machine| drives(machine, DriveKind::Disk)),
        capacity: printed(view.disks.iter().filter_map(|disk| disk.capacity).sum()),
    }
}

/// Whether COT reads descriptors of the kind: of one machine, with its items named as
/// since 1.0.
fn is_for_cot(path: &Path) -> bool {
    let text = fs::read(path).expect("readable");
    let old = text.windows(11).any(|bytes| bytes == b"InstanceId>");
    let Some(view) = view(path, None).filter(|view| view.version != "0.9" && !old) else {
        return false;
    };
    matches!(&*view.machines, [machine] if machine.collection.is_empty())
}

#[test]
fn cot_finds_what_is_resolved() {
    let Some(files) = corpus::descriptors() else {
        return;
    };
    if !tools::have(&["cot"]) {
        return;
    }
    let (largest, others): (Vec<PathBuf>, Vec<PathBuf>) = files
        .into_iter()
        .filter(|path| is_for_cot(path))
        .partition(|path| corpus::name(path).starts_with(LARGEST_SOURCE));
    let spread: Vec<_> = others
        .into_iter()
        .chain(largest.into_iter().step_by(EVERY))
        .collect();
    let compared = AtomicUsize::new(0);
    parallel::each(
        &spread,
        |path| corpus::name(path).to_owned(),
        |path| {
            let outcome = run(tools::program("cot").arg("info").arg(path));
            // COT takes no placeholders, and one product for a machine.
            if !outcome.succeeded() {
                return;
            }
            compared.fetch_add(1, Ordering::Relaxed);
            for theirs in profiles(&outcome.text()) {
                let view = view(path, theirs.name.as_deref()).expect("what COT reads");
                let ours = profile(&view, theirs.name.clone());
                let columns = Profile::COLUMNS
                    .iter()
                    .zip(ours.values())
                    .zip(theirs.values());
                for ((column, ours), theirs) in columns {
                    let known = ACCEPTED_COT.iter().any(|(descriptor, what, _)| {
                        *descriptor == corpus::name(path) && what == column
                    });
                    assert!(
                        ours == theirs || known,
                        "{column}: {ours}, and {theirs} by COT"
                    );
                }
            }
        },
    );
    let compared = compared.into_inner();
    assert!(compared >= 60, "COT reads {compared} of {}", spread.len());
}
