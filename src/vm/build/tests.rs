//! What is built of definitions, and what is wrong with others.

use super::*;
use crate::data::Loader;
use crate::envelope::{Content as Contents, Item, VirtualSystem, cim::ResourceType};
use crate::vm::ControllerKind;

fn definition(yaml: &str) -> Definition {
    let document = Loader::new().text("vm.yaml", yaml, None).load();
    document.expect("YAML").read().expect("a definition")
}

fn profile(name: &str) -> Profile {
    Profile::named(name).expect("built in")
}

fn built(yaml: &str) -> Appliance {
    match build(&definition(yaml), &profile("portable")) {
        Ok(appliance) => appliance,
        Err(problems) => panic!("{problems:?}"),
    }
}

fn machine(appliance: &Appliance) -> &VirtualSystem {
    let Some(Contents::VirtualSystem(system)) = appliance.envelope.contents.first() else {
        panic!("one machine");
    };
    system
}

fn items(yaml: &str, kind: ResourceType) -> Vec<Item> {
    let appliance = built(yaml);
    let hardware = machine(&appliance).hardware().expect("hardware");
    let of_kind = hardware
        .items
        .iter()
        .filter(|item| item.resource_type == Some(kind));
    of_kind.cloned().collect()
}

/// What is wrong with the machine of `yaml` for the target `target`, each with its place.
fn problems_for(target: &str, yaml: &str) -> Vec<(String, String)> {
    let problems = build(&definition(yaml), &profile(target))
        .err()
        .unwrap_or_default();
    let told = problems
        .iter()
        .map(|problem| (problem.at.to_string(), problem.error.message().to_owned()));
    told.collect()
}

/// That just `message` is wrong with the machine of `yaml`, at `at`.
#[track_caller]
fn complains(yaml: &str, at: &str, message: &str) {
    let found = problems_for("portable", yaml);
    assert_eq!(found, [(at.to_owned(), message.to_owned())], "{yaml}");
}

#[test]
fn processors_and_memory() {
    complains("cpus: 0", "cpus", "the machine has no CPU");
    complains(
        "cpus: { count: 6, cores-per-socket: 4 }",
        "cpus.cores-per-socket",
        "6 CPUs cannot be divided into sockets of 4 cores",
    );
    complains(
        "cpus: { cores-per-socket: 0 }",
        "cpus.cores-per-socket",
        "2 CPUs cannot be divided into sockets of 0 cores",
    );
    complains(
        "cpus: { min: 4 }",
        "cpus",
        "the value is not between its bounds",
    );
    complains(
        "cpus: { reservation: 2000, limit: 1000 }",
        "cpus.reservation",
        "more is reserved than the machine can use",
    );
    for memory in ["0", "1 MiB", "1000000001"] {
        let found = problems_for("portable", &format!("memory: {memory}"));
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .1
                .ends_with("of memory are not a multiple of 4 MiB"),
            "{found:?}"
        );
    }
    complains(
        "memory: { size: 1 GiB, reservation: 2 GiB }",
        "memory.reservation",
        "more is reserved than the machine can use",
    );
    complains(
        "memory: { limit: 5000000 }",
        "memory.limit",
        "the amount is not a whole number of MiB",
    );
}

#[test]
fn firmware_and_hardware_versions() {
    complains(
        "secure-boot: true",
        "secure-boot",
        "secure boot is asked for with BIOS firmware",
    );
    complains(
        "tpm: true",
        "tpm",
        "a trusted platform module is asked for with BIOS firmware",
    );
    complains(
        "{ firmware: efi, secure-boot: true, hardware: vmx-11 }",
        "hardware",
        "secure boot needs vmx-13 or newer, and the machine is vmx-11",
    );
    complains(
        "{ hardware: vmx-10, controller: nvme, disks: [{ size: 1 GiB }] }",
        "hardware",
        "the nvme controller needs vmx-13 or newer, and the machine is vmx-10",
    );
    complains(
        "{ hardware: vmx-04, nics: [{ model: e1000e }, { model: e1000e }] }",
        "hardware",
        "the e1000e network adapter needs vmx-08 or newer, and the machine is vmx-04",
    );
    let chosen_by_target = [
        ("{ firmware: efi, secure-boot: true }", "secure-boot"),
        ("{ firmware: efi, tpm: true }", "tpm"),
        (
            "{ controller: nvme, disks: [{ size: 1 GiB }] }",
            "controller",
        ),
    ];
    for (yaml, key) in chosen_by_target {
        let found = problems_for("vsphere:6.0", yaml);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, key, "{found:?}");
        assert!(found[0].1.ends_with("the machine is vmx-11"), "{found:?}");
    }
    complains(
        "hardware: vmx-05",
        "hardware[0]",
        "there is no hardware version `vmx-05`",
    );
    let xen = built("{ hardware: [xen-3.0-x64, vmx-07], nics: [] }");
    let system = machine(&xen)
        .hardware()
        .and_then(|hardware| hardware.system.clone());
    let types = system.and_then(|system| system.virtual_system_type);
    assert_eq!(types.as_deref(), Some("xen-3.0-x64 vmx-07"));
}

#[test]
fn disks_are_put_where_they_are_wanted() {
    let yaml = "
controller: lsilogic
controllers: [{ type: pvscsi, bus: 1 }, { type: sata, id: media }]
disks:
  - { size: 1 GiB }
  - { size: 1 GiB, at: 'scsi1:3' }
  - { size: 1 GiB, at: scsi1 }
  - { size: 1 GiB, at: nvme }
  - { size: 1 GiB, at: 'media:4' }
  - { size: 1 GiB, at: 'scsi0:0' }
";
    let controllers = items(yaml, ResourceType::SCSI_CONTROLLER);
    let kinds: Vec<_> = controllers
        .iter()
        .map(|item| (item.address.as_deref(), item.resource_sub_type.as_deref()))
        .collect();
    assert_eq!(
        kinds,
        [
            (Some("1"), Some("VirtualSCSI")),
            (Some("0"), Some("lsilogic"))
        ]
    );
    let disks = items(yaml, ResourceType::DISK);
    let places: Vec<_> = disks
        .iter()
        .map(|item| {
            let parent = item.parent.as_deref().expect("attached");
            (parent, item.address_on_parent.as_deref().expect("attached"))
        })
        .collect();
    let (pvscsi, lsilogic) = (&*controllers[0].instance_id, &*controllers[1].instance_id);
    assert_eq!(
        places[0],
        (lsilogic, "1"),
        "what names its place comes first"
    );
    assert_eq!(places[1], (pvscsi, "3"));
    assert_eq!(places[2], (pvscsi, "0"));
    assert_eq!(places[4].1, "4");
    assert_eq!(places[5], (lsilogic, "0"));
}

#[test]
fn the_adapter_keeps_its_own_address() {
    let disks = vec!["{ size: 1 GiB }"; 16].join(", ");
    let yaml = format!("{{ controller: pvscsi, disks: [{disks}] }}");
    let units: Vec<String> = items(&yaml, ResourceType::DISK)
        .into_iter()
        .filter_map(|item| item.address_on_parent)
        .collect();
    let expected = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 0];
    assert_eq!(units, expected.map(|unit: u32| unit.to_string()));
    assert_eq!(items(&yaml, ResourceType::SCSI_CONTROLLER).len(), 2);
}

#[test]
fn a_cd_goes_on_ide_or_beside_sata_disks() {
    let ide = items(
        "{ controller: lsilogic, cdroms: [{}] }",
        ResourceType::IDE_CONTROLLER,
    );
    assert_eq!(ide.len(), 1);
    let yaml = "{ controller: sata, disks: [{ size: 1 GiB }], cdroms: [{}] }";
    assert_eq!(items(yaml, ResourceType::OTHER_STORAGE).len(), 1);
    assert!(items(yaml, ResourceType::IDE_CONTROLLER).is_empty());
    let cd = &items(yaml, ResourceType::CD_DRIVE)[0];
    assert_eq!(cd.address_on_parent.as_deref(), Some("1"));
    assert_eq!(
        cd.automatic_allocation,
        Some(false),
        "there is nothing in it"
    );
}

#[test]
fn every_controller_fills_up_without_sharing_a_place() {
    for kind in ControllerKind::ALL {
        let room = kind.bus().room();
        let disks = |number: u32| {
            let all = vec!["{ size: 1 GiB }"; number as usize].join(", ");
            format!("{{ controller: {kind}, nics: [], disks: [{all}] }}")
        };
        let full = items(&disks(room), ResourceType::DISK);
        let places: HashSet<_> = full
            .iter()
            .map(|item| (item.parent.clone(), item.address_on_parent.clone()))
            .collect();
        assert_eq!(places.len(), room as usize, "{kind}");
        let found = problems_for("portable", &disks(room + 1));
        assert_eq!(found.len(), 1, "{kind}");
        assert_eq!(found[0].0, format!("disks[{room}]"));
    }
}

#[test]
fn places_that_are_not_there() {
    for (address, message) in [
        ("scsi0:7", "the address 7 is the SCSI adapter's own"),
        ("scsi0:16", "there is no address 16 on scsi: the last is 15"),
        ("ide0:2", "there is no address 2 on ide: the last is 1"),
        ("sata9:0", "there is no sata controller 9: the last is 3"),
        ("floppy:0", "there is no controller `floppy`"),
    ] {
        let yaml = format!("disks: [{{ size: 1 GiB, at: '{address}' }}]");
        complains(&yaml, "disks[0].at", message);
    }
    complains(
        "disks: [{ size: 1 GiB, at: 'scsi0:1' }, { size: 1 GiB, at: 'scsi0:1' }]",
        "disks[1].at",
        "another device is at `scsi0:1` already",
    );
    complains(
        "controllers: [{ type: pvscsi, bus: 1 }, { type: lsilogic, bus: 1 }]",
        "controllers[1].bus",
        "two scsi controllers have the number 1",
    );
    complains(
        "controllers: [{}]",
        "controllers[0]",
        "the controller has no type",
    );
}

#[test]
fn networks_and_adapters() {
    complains(
        "{ networks: { LAN: the office }, nics: [{ network: LNA }] }",
        "nics[0].network",
        "there is no network `LNA` under `networks`",
    );
    complains(
        "nics: [' x']",
        "nics[0].network",
        "the network name \" x\" is empty or has blanks around it",
    );
    for mac in ["00:50:56", "01:50:56:00:00:00", "x"] {
        complains(
            &format!("nics: [{{ network: a, mac: '{mac}' }}]"),
            "nics[0].mac",
            &format!("`{mac}` is no MAC address of one adapter"),
        );
    }
    let appliance = built("{ networks: { DMZ: outside, LAN: inside }, nics: [LAN, LAN] }");
    let networks: Vec<&str> = appliance
        .envelope
        .networks()
        .map(|one| &*one.name)
        .collect();
    assert_eq!(networks, ["DMZ", "LAN"]);
    let usual = items("os: windows2022", ResourceType::ETHERNET_ADAPTER);
    assert_eq!(usual[0].resource_sub_type.as_deref(), Some("E1000e"));
    assert!(items("nics: []", ResourceType::ETHERNET_ADAPTER).is_empty());
}

#[test]
fn files_and_their_names() {
    complains(
        "name: a/b",
        "name",
        "the machine name `a/b` contains `/`, which is not allowed",
    );
    complains(
        "{ cdroms: [x/a.iso, y/A.iso] }",
        "cdroms[1].image",
        "two files of the package are called `A.iso`",
    );
    complains(
        "disks: [a.raw, a.raw]",
        "disks[1].image",
        "the machine has the image `a.raw` twice",
    );
    complains(
        "disks: [{}]",
        "disks[0]",
        "the disk has neither an image nor a size",
    );
    complains(
        "disks: [{ size: 0 }]",
        "disks[0].size",
        "the disk `disk1` has a capacity of zero bytes",
    );
    let appliance = built("{ name: vm, files: [{ path: x/vm.nvram, id: nvram }], disks: [a.raw] }");
    let names: Vec<_> = appliance
        .envelope
        .references
        .files
        .iter()
        .map(|f| (&*f.id, &*f.href))
        .collect();
    assert_eq!(names, [("file1", "vm-disk1.vmdk"), ("nvram", "vm.nvram")]);
}

#[test]
fn properties_have_values_of_their_type() {
    complains(
        "properties: { port: { type: uint16, default: 70000 } }",
        "properties.port.default",
        "`70000` cannot be the value: it is no `uint16`",
    );
    complains(
        "properties: { name: { default: x, min-length: 2 } }",
        "properties.name.default",
        "`x` cannot be the value: it has 1 characters, and 2 are the least",
    );
    complains(
        "properties: { mode: { choices: [dhcp, static], default: dynamic } }",
        "properties.mode.default",
        "`dynamic` cannot be the value: it is none of dhcp, static",
    );
    complains(
        "properties: { mode: { type: word } }",
        "properties.mode.type",
        "there is no type of property `word`",
    );
    complains(
        "properties: { 'a b': x }",
        "properties[\"a b\"]",
        "the property key \"a b\" contains a blank, which is not allowed",
    );
    complains(
        "product: [{ name: a }, { name: b }]",
        "product[1]",
        "two products have the same class and instance",
    );
}

#[test]
fn deployment_options() {
    complains(
        "{ configurations: { small: {} }, disks: [{ size: 1 GiB, configurations: smal }] }",
        "disks[0].configurations",
        "there is no deployment option `smal`",
    );
    complains(
        "configurations: { a: { default: true }, b: { default: true } }",
        "configurations.b.default",
        "the deployment option `a` is the default already",
    );
    let yaml = "
configurations: { small: { cpus: 1 }, large: { cpus: 8, memory: 8 GiB } }
disks: [{ size: 1 GiB }, { size: 1 GiB, configurations: [large] }]
";
    let cpus = items(yaml, ResourceType::PROCESSOR);
    let cpus: Vec<_> = cpus
        .iter()
        .map(|item| (item.configuration.as_deref(), item.virtual_quantity))
        .collect();
    assert_eq!(cpus, [(Some("small"), Some(1)), (Some("large"), Some(8))]);
    let disks = items(yaml, ResourceType::DISK);
    assert_eq!(disks[0].configuration, None);
    assert_eq!(disks[1].configuration.as_deref(), Some("large"));
    let mut flat = definition(yaml);
    flat.flatten();
    assert_eq!(flat.cpus.as_deref().and_then(|cpus| cpus.count), Some(1));
    assert_eq!(flat.disks.len(), 1);
    assert!(flat.configurations.is_empty());
}

#[test]
fn machines_of_a_vapp() {
    complains(
        "{ name: app, cpus: 2, machines: [{ name: web }] }",
        "cpus",
        "`cpus` stands beside `machines`, but belongs to a machine",
    );
    complains(
        "{ name: app, machines: [{ name: web, networks: { a: b }, nics: [a] }] }",
        "machines[0].networks",
        "`networks` stands in a machine, but belongs to the whole package",
    );
    complains(
        "{ name: app, machines: [{ name: web }, { name: web }] }",
        "machines[1].name",
        "two machines are called `web`",
    );
    let yaml = "
name: app
machines:
  - { name: db, disks: [db.raw], start: { order: 1, delay: 30 } }
  - { name: web, disks: [web.raw, db.raw], start: { order: 2, stop-action: guest-shutdown } }
";
    let appliance = built(yaml);
    let files: Vec<&str> = appliance.files.iter().map(|file| &*file.href).collect();
    assert_eq!(
        files,
        ["app-disk1.vmdk", "app-disk2.vmdk"],
        "one image is packed once"
    );
    assert_eq!(appliance.envelope.disks().count(), 2);
    let Some(Contents::VirtualSystemCollection(collection)) = appliance.envelope.contents.first()
    else {
        panic!("a collection");
    };
    let starts = collection
        .sections
        .iter()
        .find_map(|section| match section {
            Section::StartupSection(startup) => Some(&startup.items),
            _ => None,
        });
    let starts: Vec<_> = starts
        .into_iter()
        .flatten()
        .map(|one| (&*one.id, one.order))
        .collect();
    assert_eq!(starts, [("db", Some(1)), ("web", Some(2))]);
}

#[test]
fn what_a_machine_starts_from() {
    complains(
        "boot-order: [disk2]",
        "boot-order[0]",
        "there is no device `disk2` to start from",
    );
    let appliance = built("{ disks: [{ size: 1 GiB }], boot-order: [nic, disk1] }");
    let order = machine(&appliance)
        .sections
        .iter()
        .filter_map(|section| match section {
            Section::BootOrderSection(one) => one.kind.as_deref(),
            _ => None,
        });
    assert_eq!(order.collect::<Vec<_>>(), ["net", "disk"]);
}

#[test]
fn texts_and_their_translations() {
    let yaml = "
annotation: { en-GB: colour, en-US: color }
properties: { host: { label: { en-GB: Name, de-DE: Name auf Deutsch } } }
";
    let appliance = built(yaml);
    assert_eq!(appliance.envelope.lang.as_deref(), Some("en-GB"));
    let languages: Vec<_> = appliance
        .envelope
        .strings
        .iter()
        .map(|one| one.lang.as_deref())
        .collect();
    assert_eq!(languages, [Some("de-DE"), Some("en-US")]);
    complains(
        "{ lang: en-US, annotation: { de-DE: Hallo } }",
        "annotation",
        "the text is in `de-DE` first, and the others are in `en-US`",
    );
    complains(
        "annotation: \"a\\u001bb\"",
        "annotation",
        "the text contains the character U+001B, which XML cannot hold",
    );
}

#[test]
fn sections_of_vendors() {
    let yaml = "
sections:
  - <vmw:StorageSection ovf:required=\"false\" vmw:group=\"g\"><Info>x</Info></vmw:StorageSection>
  - { within: envelope, xml: '<x:Own xmlns:x=\"urn:x\" ovf:required=\"false\"><Info>y</Info></x:Own>' }
  - { within: hardware, xml: '<x:Chip xmlns:x=\"urn:x\" ovf:required=\"false\"/>' }
";
    let appliance = built(yaml);
    let own = machine(&appliance).sections.last();
    assert!(matches!(own, Some(Section::StorageSection(_))), "{own:?}");
    assert!(matches!(
        appliance.envelope.sections.last(),
        Some(Section::Other(_))
    ));
    let hardware = machine(&appliance).hardware().expect("hardware");
    assert_eq!(&*hardware.extra.elements[0].name.local, "Chip");
    let found = problems_for("portable", "sections: ['<a><b></a>']");
    assert_eq!(found[0].0, "sections[0].xml");
    complains(
        "sections: [text]",
        "sections[0].xml",
        "there is no element in the XML",
    );
}

#[test]
fn a_target_refuses_what_it_cannot_take() {
    let found = problems_for("proxmox", "{ name: app, machines: [{ name: web }] }");
    assert_eq!(found[0].0, "machines");
    assert_eq!(
        found[0].1,
        "Proxmox VE does not take a package of several machines"
    );
    let found = problems_for("vsphere:6.7", "hardware: vmx-19");
    assert_eq!(
        found,
        [(
            "hardware".to_owned(),
            "vmx-19 is newer than VMware vSphere 6.7".to_owned()
        )]
    );
    let nics = ["a"; 9].join(", ");
    let found = problems_for("virtualbox", &format!("nics: [{nics}]"));
    assert_eq!(
        found[0].1,
        "the machine has 9 network adapters, and Oracle VirtualBox 7 takes 8"
    );
}
