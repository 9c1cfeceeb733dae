//! Files of ova-compose, and the definitions that are made of them.

use std::path::Path;

use super::*;
use crate::data::Loader;
use crate::vm::Profile;
use crate::vm::build;

/// A file with every section and every kind of hardware.
const WHOLE: &str = include_str!("whole.yaml");

/// The least there is, with `more` lines behind it, in the hardware.
fn small(more: &str) -> String {
    format!("system: {{ name: vm, type: vmx-14 }}\nhardware:\n  cpus: 1\n  memory: 64\n{more}")
}

fn read(text: &str) -> Result<Composed> {
    let document = Document::python(Path::new("vm.yaml"), text, TAG)?;
    let around = Around {
        path: &|path| format!("in/{path}"),
        exists: &|path| path != "gone.raw",
        read: &|path| match path {
            "note.txt" => Ok("A note\n".to_owned()),
            path => Err(Error::usage("there is no such file").at(Path::new(path))),
        },
    };
    compose(&document, &around)
}

#[track_caller]
fn composed(text: &str) -> Composed {
    read(text).unwrap_or_else(|error| panic!("{text}\n{:?}", told(error)))
}

/// The definition without comments, and its first lines.
#[track_caller]
fn written(made: &Composed) -> String {
    let text = made.definition.to_yaml(&[], &[], &made.placeholders);
    let text = text.expect("written");
    let lines = text.lines().filter(|line| !line.is_empty());
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn told(error: Error) -> Vec<String> {
    let all = error.each();
    let all = all.iter().map(|error| {
        let text = error.to_string();
        text.strip_prefix("vm.yaml: ")
            .map_or(text.clone(), str::to_owned)
    });
    all.collect()
}

/// What is told of a file with `more` in its hardware that is wrong.
#[track_caller]
fn wrong(more: &str) -> Vec<String> {
    told(read(&small(more)).expect_err(more))
}

/// The lines of the definition made of `text` that begin with one of `keys`.
#[track_caller]
fn lines(text: &str, keys: &[&str]) -> Vec<String> {
    let all = written(&composed(text));
    let wanted = all
        .lines()
        .filter(|line| keys.iter().any(|key| line.starts_with(&format!("{key}:"))));
    wanted.map(str::to_owned).collect()
}

#[test]
fn a_whole_file_becomes_the_definition_of_its_machine() {
    let made = composed(WHOLE);
    let text = written(&made);
    assert_eq!(text, include_str!("whole-definition.yaml"));
    assert_eq!(
        made.remarks,
        [
            "`hardware.root.file_id`: files are numbered when they are packed",
            "`hardware.old.disk_image`: the disk is made of the other image",
            "`hardware.old.sector_size`: the setting is there, but the image is written with \
             sectors of 512 bytes",
            "`product.info`",
            "`environment.properties.port.required`",
            "`annotation.info`",
            "`ip_assignment_settings.required`",
        ]
    );
}

/// What is written is a definition, from which the parameters' defaults make what was meant.
#[test]
fn what_is_written_is_read_again() {
    let made = composed(WHOLE);
    let text = written(&made);
    let read = |set: &[(&str, &str)]| -> Definition {
        let mut loader = Loader::new().text("vm.yaml", text.as_str(), None);
        for (name, value) in set {
            loader = loader.set(*name, *value);
        }
        let document = loader.load().expect("a definition");
        document.read().expect("of a machine")
    };
    let required = [("email", "a@b"), ("mac", "00:50:56:00:00:01")];
    let again = read(&required);
    // Where nothing has to be set, it is what the defaults make.
    let mut meant = made.definition.clone();
    meant.parameters.clear();
    meant.nics.clone_from(&again.nics);
    meant.properties.clone_from(&again.properties);
    assert_eq!(again, meant);
    let set = read(&[&required[..], &[("cpus", "8"), ("memory", "8192")]].concat());
    assert_eq!(set.cpus.as_ref().and_then(|cpus| cpus.count), Some(8));
    let grande = set.configurations.get("grande").expect("the option");
    let memory = grande.memory.as_ref().and_then(|memory| memory.size);
    assert_eq!(memory.map(|size| size.0), Some(8 << 30));
    let mac = set.nics.as_ref().and_then(|nics| nics[0].mac.clone());
    assert_eq!(mac.as_deref(), Some("00:50:56:00:00:01"));
    assert!(build(&set, &Profile::named("portable").expect("built in")).is_ok());
}

#[test]
fn json_and_words_of_old_yaml_are_read() {
    let json = r#"{"system": {"name": "vm", "type": "vmx-14", "firmware": "efi", "secure_boot": true},
        "hardware": {"cpus": {"number": 2}, "memory": {"size": 512}}}"#;
    assert_eq!(
        lines(json, &["cpus", "memory", "secure-boot"]),
        [
            "cpus: { count: 2, hot-add: false, hot-remove: false }",
            "memory: { size: 512 MiB, hot-add: false }",
            "secure-boot: true",
        ]
    );
    let yes = small("").replace("vmx-14", "vmx-14, firmware: efi, secure_boot: Yes");
    assert_eq!(lines(&yes, &["secure-boot"]), ["secure-boot: true"]);
}

#[test]
fn the_defaults_are_those_of_the_program() {
    let text = small("");
    assert_eq!(
        lines(&text, &["name", "os", "firmware", "nics", "networks"]),
        [
            "name: vm",
            "os: { cim: 100, vmware: other4xLinux64Guest }",
            "firmware: bios",
            "nics: []",
        ]
    );
    let made = composed(&text);
    assert_eq!(made.definition.config.len(), 15);
    assert_eq!(made.remarks, [""; 0]);
    let bare = text.replace("vmx-14", "vmx-14, no_default_configs: true");
    let made = composed(&bare);
    assert!(made.definition.config.is_empty());
    assert_eq!(made.definition.firmware, Some(crate::vm::Firmware::Bios));
    assert_eq!(
        lines(&bare, &["cpus", "memory"]),
        ["cpus: 1", "memory: 64 MiB"]
    );
}

#[test]
fn settings_have_the_fields_there_are_for_them() {
    let text = small(
        "  config: { firmware: efi, cpuHotAddEnabled: true, tools.afterResume: ~, a.b: No,\n    \
         bootOptions.efiSecureBootEnabled: !param sb=true, memoryHotAddEnabled: maybe }\n",
    );
    assert_eq!(
        lines(
            &text,
            &["parameters", "cpus", "memory", "firmware", "secure-boot"]
        ),
        [
            "parameters: { sb: true }",
            "cpus: { count: 1, hot-add: true, hot-remove: false }",
            "memory: 64 MiB",
            "firmware: efi",
            "secure-boot: '${sb}'",
        ]
    );
    let config = &composed(&text).definition.config;
    assert_eq!(&*config["a.b"].value, "false");
    assert_eq!(&*config["memoryHotAddEnabled"].value, "maybe");
    assert!(!config.contains_key("tools.afterResume"));
    // What the system says goes over it.
    let text = text.replace("vmx-14", "vmx-14, firmware: bios, secure_boot: true");
    let made = composed(&text);
    assert_eq!(made.definition.firmware, Some(crate::vm::Firmware::Bios));
    assert_eq!(made.definition.secure_boot, None);
    assert_eq!(
        made.remarks,
        ["`system.secure_boot`: BIOS has no secure boot"]
    );
}

#[test]
fn an_operating_system_is_known_by_its_guest_id() {
    for (given, expected) in [
        ("os_vmw: debian12_64Guest", "os: debian12"),
        ("os_vmw: vmwarePhoton64Guest", "os: photon"),
        (
            "os_vmw: vmwarePhoton64Guest, os_cim: 36, os_name: Photon OS",
            "os: { cim: 36, vmware: vmwarePhoton64Guest, description: Photon OS }",
        ),
        ("os_vmw: amiga", "os: { cim: 100, vmware: amiga }"),
        ("os_vmw: !param os", "os: { cim: 100, vmware: '${os}' }"),
        (
            "os_cim: !param n=101",
            "os: { cim: '${n}', vmware: other4xLinux64Guest }",
        ),
    ] {
        let text = small("").replace("vmx-14", &format!("vmx-14, {given}"));
        assert_eq!(lines(&text, &["os"]), [expected], "{given}");
    }
}

#[test]
fn names_that_no_file_can_have_are_titles() {
    let text = small("").replace("name: vm", "name: 'A/B: C'");
    assert_eq!(
        lines(&text, &["name", "title"]),
        ["name: A-B- C", "title: 'A/B: C'"]
    );
}

#[test]
fn platforms_may_be_several_or_a_parameter() {
    for (given, expected) in [
        ("vmx-14 vmx-20", "hardware: [vmx-14, vmx-20]"),
        ("!param hw=vmx-17", "hardware: '${hw}'"),
        ("!param hw=vmx-14 vmx-20", "hardware: [vmx-14, vmx-20]"),
        ("!param hw", "hardware: '${hw}'"),
    ] {
        let text = small("").replace("vmx-14", given);
        assert_eq!(lines(&text, &["hardware"]), [expected]);
    }
    let text = small("").replace("vmx-14", "!param hw=vmx-14 vmx-20");
    assert_eq!(
        composed(&text).remarks,
        ["the parameter `hw` at `system.type`: its default, `vmx-14 vmx-20`, is put there"]
    );
}

#[test]
fn places_are_counted_without_the_adapter_itself() {
    let disks = (0..9).map(|number| {
        format!("  d{number}: {{ type: hard_disk, parent: scsi, disk_capacity: 1 }}\n")
    });
    let disks: Vec<String> = disks.collect();
    let scsi = "  scsi: { type: scsi_controller, subtype: lsilogic }\n";
    let made = composed(&small(&(scsi.to_owned() + &disks.concat())));
    let places = made.definition.disks.iter().map(|disk| disk.at.clone());
    let places: Vec<String> = places.flatten().map(|at| at.to_string()).collect();
    assert_eq!(places[6..], ["scsi0:6", "scsi0:8", "scsi0:9"]);
    assert_eq!(
        made.remarks,
        ["place 7 of `hardware.d7`, which is the controller's own: it gets scsi0:8"]
    );
    assert!(
        build(
            &made.definition,
            &Profile::named("portable").expect("built in")
        )
        .is_ok()
    );
}

#[test]
fn controllers_count_by_their_bus_and_may_stand_behind() {
    let made = composed(&small(
        "  d: { type: hard_disk, parent: b, disk_capacity: 1 }\n  \
         a: { type: scsi_controller }\n  b: { type: scsi_controller }\n  \
         m: { type: nvme_controller }\n  i: { type: ide_controller }\n  \
         e: { type: hard_disk, parent: m, disk_image: e.vmdk }\n",
    ));
    let text = written(&made);
    for line in [
        "  - { type: pvscsi, bus: 1, title: b }",
        "  - { type: nvme, bus: 0, title: m }",
        "  - { type: ide, bus: 0, title: i }",
        "  - { size: 1 MiB, at: scsi1:0, title: d }",
        "  - { image: in/e.vmdk, at: nvme0:0, title: e }",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
}

#[test]
fn a_raw_image_is_taken_if_it_is_there() {
    let disk = "  s: { type: sata_controller }\n  d: { type: hard_disk, parent: s, disk_image: d.vmdk, raw_image: RAW }\n";
    for (raw, expected) in [
        ("d.raw", "in/d.raw"),
        ("gone.raw", "in/d.vmdk"),
        ("!param raw=x.raw", "in/x.raw"),
    ] {
        let made = composed(&small(&disk.replace("RAW", raw)));
        assert_eq!(made.definition.disks[0].image.as_deref(), Some(expected));
    }
}

#[test]
fn parameters_keep_their_defaults_and_names() {
    let text = small(
        "  s: { type: sata_controller }\n  \
         d: { type: hard_disk, parent: !param bus=s, disk_image: !param disk 1 = a.vmdk }\n  \
         e: { type: hard_disk, parent: s, disk_image: !param disk 1=b.vmdk }\n  \
         f: { type: hard_disk, parent: s, disk_image: !param other }\n",
    );
    let made = composed(&text);
    assert_eq!(
        made.remarks,
        [
            "the parameter `bus` at `hardware.d.parent`: its default, `s`, is put there",
            "the name of the parameter `disk 1`: it is `disk_1`",
            "the default `in/b.vmdk` of the parameter `disk_1`, which has another elsewhere",
        ]
    );
    let text = written(&made);
    assert!(
        text.starts_with("parameters: { disk_1: in/a.vmdk, other: { required: true } }\n")
            || text.starts_with("parameters:\n  disk_1: in/a.vmdk\n  other: { required: true }\n"),
        "{text}"
    );
    assert!(text.contains("image: '${other}'"), "{text}");
}

#[test]
fn options_go_over_parameters() {
    let mut made = composed(&small("").replace("cpus: 1", "cpus: !param n=2"));
    let before = made.definition.clone();
    made.definition.cpus.get_or_insert_default().count = Some(7);
    made.definition
        .settle(&before, &mut made.placeholders)
        .expect("settled");
    let text = written(&made);
    assert!(text.contains("cpus: { count: 7, "), "{text}");
    assert!(!text.contains("parameters"), "{text}");
}

#[test]
fn texts_with_our_own_signs_stay_what_they_are() {
    let text = small("annotation: { text: 'costs ${x}' }\n");
    assert_eq!(lines(&text, &["annotation"]), ["annotation: 'costs $${x}'"]);
}

#[test]
fn several_products_have_their_own_properties() {
    let text = small(
        "product_sections:\n\
         - { product: A, class: a, transports: [iso], properties: { x: { type: string } } }\n\
         - { instance: b, class: a, transports: [iso, com.vmware.guestInfo],\n    \
             categories: { c: C }, properties: { w: { type: boolean, value: yes, category: c },\n    \
             z: { type: ip, user_configurable: !param ask=false } } }\n",
    );
    let made = composed(&text);
    let text = written(&made);
    let expected = "product:
  - { name: A, class: a }
  - class: a
    instance: b
    properties:
      z: { type: ip, user-configurable: '${ask}' }
      w: { type: boolean, default: true, category: C, user-configurable: false }
properties:
  x: { user-configurable: false }
transport: [iso, com.vmware.guestInfo]
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn wrong_files_are_told_with_their_places() {
    for (more, expected) in [
        (
            "  d: { type: hard_disc, parent: s }\n",
            &["5:14: there is no kind of hardware `hard_disc`"][..],
        ),
        (
            "  d: { type: hard_disk, parent: s }\n  e: {}\n",
            &[
                "6:6: hardware.e: the key `type` is missing",
                "5:33: hardware.d.parent: there is no controller `s`",
                "5:6: hardware.d: there is nothing in the disk",
            ],
        ),
        (
            "  n: { type: ethernet, network: x, subtype: VmxNet3, configuration: big }\n",
            &[
                "5:69: hardware.n.configuration: there is no deployment option `big`",
                "5:33: hardware.n.network: there is no network `x`",
            ],
        ),
        (
            "  d: { type: !param t }\n",
            &["5:14: hardware.d.type: no parameter of a definition can stand here"],
        ),
        (
            "  s: { type: scsi_controller, subtype: sata }\n",
            &["5:40: `sata` is no model of a SCSI controller"],
        ),
        (
            "  s: { type: sata_controller }\n  d: { type: hard_disk, parent: s, disk_image: x, units: miles, sector_size: 1 }\n",
            &[
                "6:58: hardware.d.units: there are no such units",
                "6:78: hardware.d.sector_size: no disk has sectors of 1 bytes",
            ],
        ),
        (
            "colour: red\nproduct: { properties: { a: { type: string, category: b } } }\n",
            &["5:1: there is no key `colour`"],
        ),
        (
            "product: { properties: { a: { type: string, category: b } } }\neula: {}\n",
            &[
                "5:55: product.properties.a.category: there is no category `b`",
                "6:7: eula: there is no text",
            ],
        ),
        (
            "product: {}\nproduct_sections: [{}]\n",
            &["6:19: `product` and `product_sections` are both there"],
        ),
        (
            "annotation: { file: gone.txt }\n",
            &["gone.txt: there is no such file"],
        ),
        (
            "  more: { type: memory, size: !param m=lots }\n",
            &[
                "5:31: hardware.more.size: the default of the parameter `m` has to be a whole number, and is `lots`",
            ],
        ),
        (
            "  more: { type: cpus }\n",
            &["5:9: hardware.more: the key `number` is missing"],
        ),
        (
            "  s: { type: sata_controller }\n  d: { type: hard_disk, parent: s, disk_capacity: 99999999999999999 }\n",
            &["6:51: the size is beyond any disk"],
        ),
    ] {
        assert_eq!(wrong(more), expected, "{more}");
    }
    for (text, expected) in [
        (
            small("").replace("vmx-14", "vmx-14, firmware: open, default_configuration: x"),
            &[
                "1:45: there is no firmware `open`",
                "1:74: system.default_configuration: there is no deployment option `x`",
            ][..],
        ),
        (
            small("").replace("vmx-14", "vmx-14, os_cim: 70000"),
            &["1:43: there is no operating system of this number"],
        ),
        (
            "system: {}\n".to_owned(),
            &["1:9: system: the key `name` is missing"],
        ),
    ] {
        let mut all = told(read(&text).expect_err(&text));
        all.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(all, expected, "{text}");
    }
}

#[test]
fn what_has_no_use_is_told() {
    let made = composed(&small(
        "  s: { type: sata_controller, subtype: x }\n  f: { type: floppy, parent: s }\n  \
         more: { type: cpus, number: 3, config: { a: b } }\n",
    ));
    assert_eq!(
        made.remarks,
        [
            "`hardware.s.subtype`: such a device has no use for it",
            "`hardware.f.parent`: such a device has no use for it",
            "`hardware.more.config`",
            "a second number of CPUs, `more`: it is 1",
        ]
    );
}

/// Whatever is done to a file, it is read or refused.
#[test]
fn damaged_files_never_stop_the_program() {
    for cut in (0..WHOLE.len()).step_by(7) {
        let _ = read(&WHOLE[..cut]);
    }
    let lines: Vec<&str> = WHOLE.lines().collect();
    for number in 0..lines.len() {
        let mut fewer = lines.clone();
        let line = fewer.remove(number);
        let _ = read(&fewer.join("\n"));
        let Some((key, _)) = line.split_once(':') else {
            continue;
        };
        for value in [
            "",
            "[]",
            "{}",
            "-1",
            "!param",
            "!param x",
            "${x}",
            "[[]]",
            "99999999999999999999999",
        ] {
            let mut changed = lines.clone();
            let line = format!("{key}: {value}");
            changed[number] = &line;
            if let Ok(made) = read(&changed.join("\n")) {
                let _ = made.definition.to_yaml(&[], &[], &made.placeholders);
            }
        }
    }
}

#[test]
fn such_files_are_told_from_definitions() {
    let is = |text: &str| {
        let document = Document::python(Path::new("x"), text, TAG).expect("YAML");
        is_compose(document.root())
    };
    assert!(is("system: {}\n"));
    assert!(is("hardware: { cpus: 1 }\n"));
    assert!(!is("hardware: vmx-14\nname: x\n"));
    assert!(!is("hardware: [vmx-14]\n"));
    assert!(!is("[system]\n"));
    assert!(!is(""));
}
