use super::*;
use crate::envelope::parse;
use crate::xml::names::{ENVELOPE_1, RASD, VMW};

/// A descriptor with `options` outside and `inside` in its one machine.
fn descriptor(options: &str, inside: &str, strings: &str) -> Envelope {
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}' xmlns:rasd='{RASD}' \
         xmlns:vmw='{VMW}'><References><File ovf:id='f' ovf:href='d.vmdk'/></References>\
         <DiskSection><Info/><Disk ovf:diskId='d' ovf:fileRef='f' ovf:capacity='${{size}}' \
         ovf:capacityAllocationUnits='byte * 2^30'/></DiskSection>{options}\
         <VirtualSystem ovf:id='vm'><Info/>{inside}</VirtualSystem>{strings}</Envelope>"
    );
    parse(&text).expect("readable")
}

fn item(attributes: &str, id: u8, kind: u8, members: &str) -> String {
    format!(
        "<Item {attributes}>{members}<rasd:ElementName>n</rasd:ElementName>\
         <rasd:InstanceID>{id}</rasd:InstanceID><rasd:ResourceType>{kind}</rasd:ResourceType></Item>"
    )
}

const OPTIONS: &str = "<DeploymentOptionSection><Info/><Configuration ovf:id='small'/>\
     <Configuration ovf:id='big' ovf:default='true'/></DeploymentOptionSection>";

fn quantity(number: u64) -> String {
    format!("<rasd:VirtualQuantity>{number}</rasd:VirtualQuantity>")
}

fn machine(choices: &Choices) -> MachineView {
    let items = [
        item("ovf:configuration='small'", 1, 3, &quantity(1)),
        item("ovf:configuration='big huge'", 1, 3, &quantity(8)),
        item(
            "",
            2,
            4,
            &format!(
                "<rasd:AllocationUnits>byte * 2^30</rasd:AllocationUnits>{}",
                quantity(4)
            ),
        ),
        item("ovf:bound='min'", 2, 4, &quantity(1)),
        item(
            "",
            3,
            6,
            "<rasd:ResourceSubType>lsilogic, buslogic</rasd:ResourceSubType>",
        ),
        item(
            "",
            5,
            15,
            "<rasd:AddressOnParent>1</rasd:AddressOnParent><rasd:Parent>3</rasd:Parent>",
        ),
        item(
            "",
            4,
            17,
            "<rasd:AddressOnParent>0</rasd:AddressOnParent>\
             <rasd:HostResource>ovf://disk/d</rasd:HostResource><rasd:Parent>3</rasd:Parent>",
        ),
        item("", 6, 10, "<rasd:Connection>lan</rasd:Connection>"),
        item("", 7, 17, "<rasd:Parent>99</rasd:Parent>"),
    ]
    .concat();
    let inside = format!(
        "<VirtualHardwareSection><Info/>{items}<vmw:Config vmw:key='firmware' vmw:value='efi'/>\
         </VirtualHardwareSection><ProductSection ovf:class='c'><Info/>\
         <Category ovf:msgid='m'>heading</Category>\
         <Property ovf:key='size' ovf:type='uint32' ovf:value='2'>\
         <Value ovf:value='20' ovf:configuration='big'/></Property></ProductSection>"
    );
    let strings = "<Strings xml:lang='de-DE'><Msg ovf:msgid='m'>Ueberschrift</Msg></Strings>";
    let envelope = descriptor(OPTIONS, &inside, strings);
    let view = resolve(&envelope, choices).expect("resolvable");
    view.machines.into_iter().next().expect("a machine")
}

fn choose(configuration: &str, locale: &str) -> Choices {
    Choices {
        configuration: Some(configuration.to_owned()),
        locale: Some(locale.to_owned()),
        ..Choices::default()
    }
}

#[test]
fn the_default_option_decides_cpus_and_sizes() {
    let machine = machine(&Choices::default());
    assert_eq!((machine.cpus, machine.memory), (Some(8), Some(4 << 30)));
    assert_eq!(machine.firmware.as_deref(), Some("efi"));
    let [controller] = machine.controllers.as_slice() else {
        panic!("{:?}", machine.controllers)
    };
    assert_eq!(controller.model.as_deref(), Some("lsilogic"));
    let kinds: Vec<_> = controller.drives.iter().map(|drive| drive.kind).collect();
    assert_eq!(kinds, [DriveKind::Disk, DriveKind::Cd], "by address");
    assert_eq!(controller.drives[0].capacity, Some(20 << 30));
    assert_eq!(controller.drives[0].file.as_deref(), Some("d.vmdk"));
    assert_eq!(machine.unattached.len(), 1);
    assert_eq!(machine.nics[0].networks, ["lan"]);
    let property = &machine.properties[0];
    assert_eq!(
        (&*property.key, property.value.as_deref()),
        ("c.size", Some("20"))
    );
    assert_eq!(property.category.as_deref(), Some("heading"));
}

#[test]
fn another_option_and_language_can_be_chosen() {
    let machine = machine(&choose("small", "de"));
    assert_eq!(machine.cpus, Some(1));
    assert_eq!(machine.controllers[0].drives[0].capacity, Some(2 << 30));
    assert_eq!(
        machine.properties[0].category.as_deref(),
        Some("Ueberschrift")
    );
}

#[test]
fn virtualbox_tells_the_firmware_where_vmware_does_not() {
    let account = |firmware: &str| {
        format!(
            "<b:Machine xmlns:b='http://www.virtualbox.org/ovf/machine'><Hardware>\
             <Firmware type='{firmware}'/></Hardware></b:Machine>"
        )
    };
    let setting = "<VirtualHardwareSection><Info/><vmw:Config vmw:key='firmware' \
                   vmw:value='bios'/></VirtualHardwareSection>";
    for (inside, expected) in [
        (account("EFI64"), Some("efi")),
        (account("BIOS"), Some("bios")),
        (account("EFI") + setting, Some("bios")),
        (String::new(), None),
    ] {
        let view = resolve(&descriptor("", &inside, ""), &Choices::default()).expect("resolvable");
        assert_eq!(view.machines[0].firmware.as_deref(), expected, "{inside}");
    }
}

#[test]
fn a_module_of_persistent_memory_is_a_drive_on_its_controller() {
    let model = |name: &str| format!("<rasd:ResourceSubType>{name}</rasd:ResourceSubType>");
    let controller = item("", 3, 20, &model("vmware.nvdimm.controller"));
    let module = "<rasd:HostResource>ovf:/disk/d</rasd:HostResource><rasd:Parent>3</rasd:Parent>";
    let module = item("", 4, 20, &(model("vmware.NVDIMM.device") + module));
    let inside =
        format!("<VirtualHardwareSection><Info/>{controller}{module}</VirtualHardwareSection>");
    let view = resolve(&descriptor("", &inside, ""), &Choices::default()).expect("resolvable");
    let machine = &view.machines[0];
    assert_eq!(machine.controllers[0].kind, ControllerKind::Nvdimm);
    let [drive] = machine.controllers[0].drives.as_slice() else {
        panic!("{machine:?}")
    };
    assert_eq!(drive.kind, DriveKind::Nvdimm);
    assert_eq!(drive.file.as_deref(), Some("d.vmdk"));
    assert_eq!(machine.others, []);
}

#[test]
fn blanks_around_an_id_do_not_part_a_drive_from_its_controller() {
    let controller = item("", 3, 6, "").replace(">3<", ">\n3\n<");
    let drive = item("", 4, 17, "<rasd:Parent> 3</rasd:Parent>");
    let inside =
        format!("<VirtualHardwareSection><Info/>{controller}{drive}</VirtualHardwareSection>");
    let view = resolve(&descriptor("", &inside, ""), &Choices::default()).expect("resolvable");
    assert_eq!(view.machines[0].controllers[0].drives.len(), 1);
}

#[test]
fn an_option_that_is_not_there_is_named() {
    let envelope = descriptor(OPTIONS, "", "");
    let error = resolve(&envelope, &choose("tiny", "en")).expect_err("no such option");
    assert_eq!(error.message(), "there is no deployment option `tiny`");
    assert_eq!(error.advice(), Some("the descriptor has: small, big"));
}

#[test]
fn references_to_one_long_text_cannot_fill_the_memory() {
    let message = "m".repeat(1 << 20);
    let strings = format!("<Strings xml:lang='en-US'><Msg ovf:msgid='m'>{message}</Msg></Strings>");
    let product = "<ProductSection><Info/><Product ovf:msgid='m'>p</Product></ProductSection>";
    let few = descriptor("", &product.repeat(60), &strings);
    resolve(&few, &Choices::default()).expect("60 MiB are allowed");
    let many = descriptor("", &product.repeat(70), &strings);
    let error = resolve(&many, &Choices::default()).expect_err("70 MiB are not");
    assert_eq!(error.kind(), crate::ErrorKind::LimitExceeded);
}

#[test]
fn collections_are_told_with_what_their_members_share() {
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}' xml:lang='de'><References/>\
         <VirtualSystemCollection ovf:id='outer'><Info/><Name>Outer</Name>\
         <ProductSection ovf:class='c' ovf:instance='i'><Info/>\
         <Property ovf:key='k' ovf:type='string' ovf:value='v'/></ProductSection>\
         <VirtualSystemCollection ovf:id='inner'><Info/>\
         <VirtualSystem ovf:id='vm'><Info/></VirtualSystem></VirtualSystemCollection>\
         </VirtualSystemCollection></Envelope>"
    );
    let envelope = parse(&text).expect("readable");
    let view = resolve(&envelope, &Choices::default()).expect("resolvable");
    assert_eq!(view.locale, "de");
    let [outer, inner] = view.collections.as_slice() else {
        panic!("{:?}", view.collections)
    };
    assert_eq!(
        (&*outer.id, outer.name.as_deref()),
        ("outer", Some("Outer"))
    );
    assert_eq!(outer.properties[0].key, "c.k.i");
    assert_eq!(
        (&*inner.id, &inner.collection),
        ("inner", &vec!["outer".to_owned()])
    );
    assert_eq!(view.machines[0].collection, ["outer", "inner"]);
}

#[test]
fn ovirt_tells_cpus_by_sockets_and_addresses_in_a_member_of_its_own() {
    let member = |name: &str, text: &str| format!("<rasd:{name}>{text}</rasd:{name}>");
    let cpus = |members: &[(&str, &str)]| {
        let members: String = members
            .iter()
            .map(|(name, text)| member(name, text))
            .collect();
        let inside = format!(
            "<VirtualHardwareSection><Info/>{}{}</VirtualHardwareSection>",
            item("", 1, 3, &members),
            item("", 2, 10, &member("MACAddress", "00:1a:4a:00:00:01")),
        );
        let view = resolve(&descriptor("", &inside, ""), &Choices::default()).expect("resolvable");
        let machine = &view.machines[0];
        assert_eq!(machine.nics[0].mac.as_deref(), Some("00:1a:4a:00:00:01"));
        (machine.cpus, machine.cores_per_socket)
    };
    let (sockets, cores) = (("num_of_sockets", " 2 "), ("cpu_per_socket", "4"));
    let threads = ("threads_per_cpu", "2");
    assert_eq!(cpus(&[sockets, cores]), (Some(8), Some(4)));
    assert_eq!(cpus(&[sockets, cores, threads]), (Some(16), Some(8)));
    let standard = ("VirtualQuantity", "6");
    assert_eq!(cpus(&[standard, sockets, cores]), (Some(6), Some(4)));
    assert_eq!(cpus(&[sockets]), (None, None));
    assert_eq!(cpus(&[("num_of_sockets", "0"), cores]), (None, Some(4)));
    let vast = ("cpu_per_socket", "4294967295");
    assert_eq!(cpus(&[sockets, vast, threads]), (None, None));
}
