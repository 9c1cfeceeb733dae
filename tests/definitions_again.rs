//! Definitions that are built, and made of what was built, are the same.

use ovfkit::data::{Format, Loader};
use ovfkit::envelope::resolve::{Choices, Controller, View, resolve};
use ovfkit::vm::reverse::{Around, reverse};
use ovfkit::vm::{Content, Definition, FileFacts, Profile, build};
use proptest::collection::{hash_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn read(text: &str) -> Definition {
    let document = Loader::new()
        .text("vm.yaml", text, Some(Format::Yaml))
        .load();
    let read = document.and_then(|document| document.read());
    read.unwrap_or_else(|error| panic!("{error:?} in\n{text}"))
}

/// What is made of the envelope that `definition` becomes.
fn again(definition: &Definition) -> Definition {
    let profile = Profile::named("portable").expect("built in");
    let appliance = build(definition, &profile).unwrap_or_else(|problems| {
        let all = problems
            .iter()
            .map(|one| format!("{}: {}", one.at, one.error));
        panic!("{}", all.collect::<Vec<_>>().join("\n"));
    });
    let facts: Vec<FileFacts> = appliance
        .files
        .iter()
        .map(|planned| FileFacts {
            size: 1000,
            capacity: matches!(planned.content, Content::Disk(_)).then_some(1 << 30),
            populated: None,
        })
        .collect();
    let envelope = appliance.measured(&facts);
    // The files stand where they were.
    let path = |href: &str| {
        let planned = appliance.files.iter().find(|planned| planned.href == href);
        match planned.map(|planned| &planned.content) {
            Some(Content::Disk(disk)) => disk.image.clone(),
            Some(Content::File(path)) => path.clone(),
            _ => href.to_owned(),
        }
    };
    let around = Around {
        bundles: &[],
        path: &path,
    };
    let recovered = reverse(&envelope, &around).expect("it can be made");
    assert_eq!(recovered.remarks, [""; 0]);
    recovered.definition
}

#[track_caller]
fn check(text: &str) {
    let definition = read(text);
    let again = again(&definition);
    let yaml = |definition: &Definition| definition.to_yaml(&[], &[], &[]).expect("written");
    assert_eq!(yaml(&again), yaml(&definition), "{text}");
    assert_eq!(again, definition, "{text}");
}

/// Definitions that use everything there is.
const DEFINITIONS: &[&str] = &[
    "name: web-01\nos: ubuntu24.04\ncpus: 4\nmemory: 4 GiB\n\
     disks: [noble-server-cloudimg-amd64.img, { size: 20 GiB }]\n\
     nics: [{ network: LAN, model: e1000 }]\n\
     properties:\n  hostname: { label: Host name, default: web-01 }\n",
    "name: a\ndisks: [a.img]\n",
    "name: a\nid: 'A, the first'\ntitle: { en-US: A machine, de-DE: Eine Maschine }\n\
     os: { cim: 94, vmware: ubuntu64Guest, version: '24.04', description: Noble }\n\
     cpus: { count: 8, cores-per-socket: 4, min: 2, max: 16, reservation: 1000, limit: 2000, \
     shares: 4000, hot-add: true, hot-remove: false }\n\
     memory: { size: 8 GiB, min: 4 GiB, max: 16 GiB, reservation: 1 GiB, limit: 8 GiB, \
     shares: 100, hot-add: true }\n\
     firmware: efi\nsecure-boot: true\ntpm: true\nhardware: [vmx-19, vmx-17]\ndisks: [a.img]\n",
    "name: a\ncontrollers: [{ type: nvme, title: Fast }, { type: lsilogic, bus: 2 }]\n\
     disks: [a.img, { size: 1 GiB, at: 'scsi2:3', title: Data, required: false, config: { x: y } }, \
     { size: 2 GiB, at: 'nvme0:0', read-only: true }]\n\
     cdroms: [{ image: tools.iso, at: 'sata0:3' }, { connected: true }]\nfloppies: [{ image: f.flp }, {}]\n\
     nics: []\n",
    "name: a\ndisks: [a.img]\n\
     nics: [LAN, { network: [DMZ, LAN], mac: '00:50:56:01:02:03', connected: false, title: Outer }]\n\
     networks: { DMZ: Outside, LAN: Inside, Other: { description: { en-US: Else, fr: Autre } } }\n\
     serial-ports: [{ backing: uri, connected: true }, {}]\nparallel-ports: [{ backing: file }]\n\
     video: { memory: 16 MiB, displays: 2, accelerated: true, config: { useAutoDetect: false } }\n\
     usb: [{ model: xhci }, { model: ehci, title: Old }]\nsound: { model: hdaudio }\n\
     pci: [{ kind: dvx, config: { vmiop.x: 1 } }]\n\
     devices: [{ type: 1, model: vmware.vmci, address: 0, connected: false }]\n\
     boot-order: [nic2, disk1]\nconfig: { tools.syncTimeWithHost: false, \
     nestedHVEnabled: { value: true, required: true } }\nextra-config: { disk.enableUUID: true }\n",
    "name: a\ndisks: [a.img]\n\
     product:\n  - { name: One, vendor: V, version: '1.0', full-version: 1.0-2, \
     url: 'http://a/', vendor-url: 'http://b/', app-url: 'http://$${ip}/', class: com.one, instance: x }\n  \
     - { name: Two, class: com.two, properties: { b: '1' } }\n\
     properties:\n  ip: { vmware-qualifiers: Ip, category: Network, description: The address }\n  \
     port: { type: uint16, default: 80, user-configurable: false, category: Network }\n  \
     name: { min-length: 1, max-length: 9, password: true, category: Else }\n  \
     kind: { choices: [a, 'b \"c\"'], default: a, category: Else }\n  \
     odd: { qualifiers: MaxLen(3)  MinLen(1), category: Else }\n\
     transport: [iso, com.vmware.guestInfo]\n\
     ip-assignment: { protocols: IPv4, schemes: [dhcp, ovfenv] }\nannotation: |\n  One\n  Two\n\
     eula: [{ text: Do, info: First }, { text: 'Do not' }]\n",
    "name: app\nmachines:\n  - { name: db, disks: [db.img], start: { delay: 60, action: power-on } }\n  \
     - { name: web, disks: [web.img, { size: 1 GiB, id: quorum }], start: { order: 5, stop-action: guest-shutdown } }\n  \
     - name: inner\n    title: Inside\n    product: Inner\n    machines:\n      - { name: x, disks: [{ size: 1 GiB, id: quorum }], nics: [] }\n",
    "name: a\ndisks: [a.img, { size: 1 GiB, configurations: large }]\n\
     properties: { size: { default: s, values: { large: l } }, only: { configurations: large } }\n\
     configurations:\n  small: { label: Small, description: For few }\n  \
     large: { default: true, cpus: 8, memory: { size: 16 GiB } }\n",
    "name: a\ndisks: [a.img]\nsections:\n  \
     - '<vmw:StorageSection vmw:group=\"g\" ovf:required=\"false\"><ovf:Info>The group</ovf:Info></vmw:StorageSection>'\n\
     files: [b.nvram]\n",
];

#[test]
fn examples_come_back() {
    for text in DEFINITIONS
        .iter()
        .filter(|text| !text.ends_with("cpus: 2\n"))
    {
        check_mostly(text);
    }
}

/// What differs in the usual deployment option is said of the machine instead.
#[track_caller]
fn check_mostly(text: &str) {
    let first = again(&read(text));
    assert_eq!(again(&first), first, "{text}");
    check(&first.to_yaml(&[], &[], &[]).expect("written"));
    if !text.contains("large: { default") {
        check(text);
    }
}

#[test]
fn what_is_usual_is_left_out() {
    let first = again(&read(
        "name: a\nid: a\ntitle: a\nlang: en-US\nos: linux\ncpus: 2\nmemory: 2 GiB\nfirmware: bios\n\
         hardware: vmx-14\ncontroller: pvscsi\ncontrollers: [pvscsi]\n\
         disks: [{ image: a.img, at: 'scsi0:0', href: a-disk1.vmdk, title: Hard disk 1, required: true }]\n\
         nics: [{ network: VM Network, model: vmxnet3, connected: true, address: 7 }]\n\
         networks: { VM Network: The VM Network network }\n",
    ));
    assert_eq!(first, read("name: a\ndisks: [a.img]\n"));
}

#[test]
fn examples_of_the_guide_describe_the_same_again() {
    let guide = include_str!("../docs/definitions.md");
    let mut examples = 0;
    for block in guide.split("```yaml\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        // Those that need files beside them, or values.
        if ["include:", "parameters:", "eula:"]
            .iter()
            .any(|key| block.contains(key))
        {
            continue;
        }
        let line = |key: &str| block.lines().any(|line| line.starts_with(key));
        let name = if line("name:") { "" } else { "name: vm\n" };
        let disks = if line("disks:") || line("machines:") {
            ""
        } else {
            "disks: [vm.img]\n"
        };
        let definition = read(&format!("{name}{disks}{block}"));
        let first = again(&definition);
        assert_eq!(again(&first), first, "{block}");
        assert_eq!(shown(&first), shown(&definition), "{block}");
        examples += 1;
    }
    assert!(examples >= 6, "{examples} examples");
}

/// What is seen of the envelope `definition` becomes. Controllers stand in any order.
fn shown(definition: &Definition) -> View {
    let profile = Profile::named("portable").expect("built in");
    let envelope = build(definition, &profile).expect("fine").envelope;
    let mut view = resolve(&envelope, &Choices::default()).expect("resolved");
    for machine in &mut view.machines {
        let order = |controller: &Controller| (format!("{:?}", controller.kind), controller.bus);
        machine.controllers.sort_by_key(order);
        for controller in &mut machine.controllers {
            controller.id.clear();
            // Images are as large as they are.
            for drive in controller
                .drives
                .iter_mut()
                .filter(|drive| drive.file.is_some())
            {
                drive.capacity = None;
            }
        }
    }
    for disk in view.disks.iter_mut().filter(|disk| disk.file.is_some()) {
        disk.capacity = None;
    }
    view
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 .:#'\"-]{1,20}",
        select(vec!["true", "1.10", "~", "${x}", "a: b", "ä\nö"]).prop_map(str::to_owned)
    ]
    .prop_filter("blanks at the edges", |text| text.trim() == text)
}

/// Lines of a definition as JSON, which is YAML.
fn json(text: &str) -> String {
    serde_json::to_string(&text.replace("${", "$${")).expect("JSON")
}

prop_compose! {
    fn disks()(
        kinds in vec(option::of(select(vec!["scsi0", "scsi1", "sata0", "ide1", "nvme0"])), 1..6),
        sizes in vec(1_u64..1000, 6),
        titles in vec(option::of(texts()), 6),
        units in subsequence((0..15).filter(|unit| *unit != 7).collect::<Vec<_>>(), 6),
    ) -> String {
        let disks = kinds.iter().enumerate().map(|(index, kind)| {
            let title = titles[index].as_ref().map(|title| format!(", title: {}", json(title)));
            let unit = if *kind == Some("ide1") { index % 2 } else { units[index] };
            let at = kind.map(|kind| format!(", at: '{kind}:{unit}'"));
            let (at, title) = (at.unwrap_or_default(), title.unwrap_or_default());
            format!("{{ size: {} MiB{at}{title} }}", sizes[index] * 4)
        });
        // Of two at one place, the first stays.
        let mut places = std::collections::HashSet::new();
        let disks = disks.filter(|disk| {
            let place = disk.split_once("at: '").map(|(_, rest)| rest.split('\'').next().unwrap_or_default().to_owned());
            place.is_none_or(|place| places.insert(place))
        });
        format!("disks: [{}]\n", disks.collect::<Vec<_>>().join(", "))
    }
}

prop_compose! {
    fn definitions()(
        os in option::of(select(vec!["windows2022", "freebsd14", "debian12", "other", "rocky9"])),
        cpus in option::of(1_u32..64),
        memory in option::of(1_u64..4096),
        efi in any::<bool>(),
        disks in disks(),
        nics in option::of(vec((texts(), select(vec!["e1000", "e1000e", "vmxnet3", "pcnet32"])), 0..4)),
        properties in hash_set("[a-z]{1,6}", 0..4),
        values in vec(texts(), 4),
        note in option::of(texts()),
    ) -> String {
        use std::fmt::Write as _;
        let mut text = String::from("name: vm\n");
        let mut line = |line: String| { let _ = writeln!(text, "{line}"); };
        if let Some(os) = os { line(format!("os: {os}")); }
        if let Some(cpus) = cpus { line(format!("cpus: {cpus}")); }
        if let Some(memory) = memory { line(format!("memory: {} MiB", memory * 4)); }
        if efi { line("firmware: efi".to_owned()); }
        line(disks.trim_end().to_owned());
        if let Some(nics) = nics {
            let nics = nics.iter().map(|(network, model)| format!("{{ network: {}, model: {model} }}", json(network)));
            line(format!("nics: [{}]", nics.collect::<Vec<_>>().join(", ")));
        }
        let entries = properties.iter().zip(&values);
        let entries: Vec<String> = entries.map(|(key, value)| format!("{}: {{ default: {} }}", json(key), json(value))).collect();
        if !entries.is_empty() { line(format!("properties: {{ {} }}", entries.join(", "))); }
        if let Some(note) = note { line(format!("annotation: {}", json(&note))); }
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    })]

    #[test]
    fn random_definitions_come_back(text in definitions()) {
        let first = again(&read(&text));
        prop_assert_eq!(&again(&first), &first, "{}", text);
        let written = first.to_yaml(&[], &[], &[]).expect("written");
        prop_assert_eq!(&read(&written), &first, "{}", written);
        // Nothing is lost on the way: what was built is built again.
        prop_assert_eq!(shown(&first), shown(&read(&text)), "{}", text);
    }
}

#[test]
fn more_than_anybody_has_is_refused() {
    let envelope = |options: usize, machines: usize, items: usize| {
        let options: Vec<String> = (0..options)
            .map(|id| {
                format!("<Configuration ovf:id=\"o{id}\"><Label/><Description/></Configuration>")
            })
            .collect();
        let options = options.concat();
        let item = "<Item><rasd:InstanceID>1</rasd:InstanceID></Item>".repeat(items);
        let hardware = format!("<VirtualHardwareSection><Info/>{item}</VirtualHardwareSection>");
        let machines: Vec<String> = (0..machines)
            .map(|id| format!("<VirtualSystem ovf:id=\"m{id}\"><Info/>{hardware}</VirtualSystem>"))
            .collect();
        let machines = machines.concat();
        let text = format!(
            "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" \
             xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\" \
             xmlns:rasd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData\">\
             <References/><DeploymentOptionSection><Info/>{options}</DeploymentOptionSection>\
             <VirtualSystemCollection ovf:id=\"c\"><Info/>{machines}</VirtualSystemCollection></Envelope>"
        );
        ovfkit::envelope::parse(&text).expect("an envelope")
    };
    let around = Around {
        bundles: &[],
        path: &str::to_owned,
    };
    assert!(reverse(&envelope(3, 3, 3), &around).is_ok());
    for (envelope, what) in [
        (envelope(300, 1, 1), "300 deployment options"),
        (envelope(1, 2000, 0), "2000 machines"),
        (envelope(1, 1, 5000), "5000 devices"),
    ] {
        let error = reverse(&envelope, &around).expect_err(what);
        assert_eq!(error.kind(), ovfkit::ErrorKind::LimitExceeded);
        assert!(error.message().contains(what), "{}", error.message());
    }
}
