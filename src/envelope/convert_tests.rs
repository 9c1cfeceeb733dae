use super::*;
use crate::envelope::ItemKind;
use crate::envelope::parse;
use crate::xml::names::{
    BOOT_CONFIG, BOOT_SOURCE, ENVELOPE_1, ENVELOPE_2, EPASD, RASD, SASD, VSSD, rasd,
};

const ITEMS: &str = "
<Item><rasd:ElementName>bus</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID>
 <rasd:ResourceType>6</rasd:ResourceType></Item>
<StorageItem><sasd:Access x:a='1'>3</sasd:Access>
 <sasd:AllocationUnits x:a='2'>count</sasd:AllocationUnits>
 <sasd:ElementName>Disk 1</sasd:ElementName><sasd:InstanceID>5</sasd:InstanceID>
 <sasd:ResourceType>17</sasd:ResourceType><sasd:VirtualQuantity>9</sasd:VirtualQuantity>
 <sasd:VirtualResourceBlockSize>many</sasd:VirtualResourceBlockSize></StorageItem>
<EthernetPortItem><epasd:AllowedToReceiveVLANs>7</epasd:AllowedToReceiveVLANs>
 <epasd:Connection>lan</epasd:Connection><epasd:ElementName>NIC</epasd:ElementName>
 <epasd:InstanceID>4</epasd:InstanceID><epasd:ResourceType>10</epasd:ResourceType>
 <epasd:VSITypeIDVersion>2</epasd:VSITypeIDVersion></EthernetPortItem>";

/// Everything 1.x has no place for.
fn everything() -> Envelope {
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_2}' xmlns:ovf='{ENVELOPE_2}' xmlns:rasd='{RASD}'
 xmlns:sasd='{SASD}' xmlns:epasd='{EPASD}' xmlns:x='urn:x'><References/>
<NetworkSection><Info/><Network ovf:name='lan'><NetworkPortProfile/>
 <NetworkPortProfileURI>u</NetworkPortProfileURI></Network></NetworkSection>
<SharedDiskSection ovf:required='false'><Info>s</Info>
 <SharedDisk ovf:diskId='quorum' ovf:capacity='1' ovf:readOnly='true'/></SharedDiskSection>
<PlacementGroupSection ovf:id='g' ovf:policy='affinity'><Info/></PlacementGroupSection>
<EncryptionSection><Info/></EncryptionSection>
<VirtualSystemCollection ovf:id='c'><Info/>
<ScaleOutSection ovf:id='vm' ovf:required='true'><Info/><InstanceCount ovf:default='1'/>
</ScaleOutSection>
<VirtualSystem ovf:id='vm'><Info/>
<PlacementSection ovf:group='g'><Info/></PlacementSection>
<EnvironmentFilesSection><Info/></EnvironmentFilesSection>
<BootDeviceSection><Info/><b:CIM_BootConfigSetting xmlns:b='{BOOT_CONFIG}' xmlns:s='{BOOT_SOURCE}'>
 <s:CIM_BootSourceSetting><s:InstanceID>4</s:InstanceID></s:CIM_BootSourceSetting>
 <s:CIM_BootSourceSetting><s:InstanceID>3</s:InstanceID></s:CIM_BootSourceSetting>
 <s:CIM_BootSourceSetting><s:InstanceID>5</s:InstanceID></s:CIM_BootSourceSetting>
</b:CIM_BootConfigSetting></BootDeviceSection>
<ProductSection><Info/><Property ovf:key='k' ovf:type='string' ovf:configuration='big'/>
</ProductSection>
<VirtualHardwareSection><Info/>{ITEMS}</VirtualHardwareSection>
<x:Section><Info/></x:Section>
</VirtualSystem></VirtualSystemCollection>
<Strings xml:lang='de'><Msg ovf:msgid='m' ovf:fileRef='f'/></Strings></Envelope>"
    );
    parse(&text).expect("a good descriptor")
}

fn lowered() -> Envelope {
    to_version(everything(), Version::V1).0
}

#[test]
fn every_loss_is_told() {
    let (envelope, losses) = to_version(everything(), Version::V1);
    assert_eq!(envelope.version, Version::V1);
    let told: Vec<_> = losses.iter().map(|loss| (loss.fate, &*loss.what)).collect();
    let (dropped, changed, kept) = (Fate::Dropped, Fate::Changed, Fate::KeptOptional);
    let expected = [
        (dropped, "`Network` \"lan\": `NetworkPortProfile`"),
        (dropped, "`Network` \"lan\": `NetworkPortProfileURI`"),
        (kept, "`PlacementGroupSection` \"g\""),
        (kept, "`EncryptionSection`"),
        (kept, "`ScaleOutSection` \"vm\""),
        (kept, "`PlacementSection` \"g\""),
        (kept, "`EnvironmentFilesSection`"),
        (dropped, "`BootDeviceSection`: boot source \"3\""),
        (changed, "`BootDeviceSection`"),
        (kept, "`Property` \"k\": `ovf:configuration`"),
        (changed, "`EthernetPortItem` 4 \"NIC\""),
        (
            dropped,
            "`EthernetPortItem` 4 \"NIC\": `epasd:AllowedToReceiveVLANs`",
        ),
        (
            dropped,
            "`EthernetPortItem` 4 \"NIC\": `epasd:VSITypeIDVersion`",
        ),
        (changed, "`StorageItem` 5 \"Disk 1\""),
        (
            kept,
            "`StorageItem` 5 \"Disk 1\": `sasd:VirtualQuantity`, `sasd:AllocationUnits`",
        ),
        (dropped, "`StorageItem` 5 \"Disk 1\": `sasd:Access`"),
        (
            dropped,
            "`StorageItem` 5 \"Disk 1\": `sasd:VirtualResourceBlockSize`",
        ),
        (dropped, "`Strings` \"de\": `Msg` \"m\": `ovf:fileRef`"),
        (changed, "`SharedDisk` \"quorum\""),
        (dropped, "`SharedDisk` \"quorum\": `ovf:readOnly`"),
    ];
    assert_eq!(told, expected);
    assert!(losses.iter().all(|loss| !loss.why.is_empty()));
}

#[test]
fn an_item_is_told_by_what_name_it_has() {
    for (name, told) in [
        ("", "`StorageItem` 5"),
        ("<sasd:Caption>c</sasd:Caption>", "`StorageItem` 5 \"c\""),
    ] {
        let text = format!(
            "<Envelope xmlns='{ENVELOPE_2}' xmlns:sasd='{SASD}'><References/><VirtualSystem><Info/>
             <VirtualHardwareSection><Info/><StorageItem>{name}<sasd:InstanceID>5</sasd:InstanceID>
             </StorageItem></VirtualHardwareSection></VirtualSystem></Envelope>"
        );
        let (_, losses) = to_version(parse(&text).expect("readable"), Version::V1);
        assert_eq!(losses[0].what, told);
    }
}

#[test]
fn items_keep_their_order_and_what_all_items_have() {
    let envelope = lowered();
    let items = &envelope.systems()[0].hardware().expect("hardware").items;
    let ids: Vec<_> = items.iter().map(|item| &*item.instance_id).collect();
    assert_eq!(ids, ["3", "4", "5"]);
    assert!(items.iter().all(|item| item.kind == ItemKind::Item));
    let (port, disk) = (&items[1], &items[2]);
    assert_eq!((disk.access, disk.virtual_quantity), (None, Some(9)));
    let kept: Vec<_> = disk.extra.on_children.iter().map(|on| &on.name).collect();
    assert_eq!(kept, [&rasd("AllocationUnits")]);
    assert!(disk.extra.elements.is_empty());
    assert_eq!(port.connection, ["lan"]);
    assert!(port.allowed_to_receive_vlans.is_empty());
}

#[test]
fn shared_disks_become_disks() {
    let envelope = lowered();
    let Section::DiskSection(section) = &envelope.sections[0] else {
        panic!("{:?}", envelope.sections[0])
    };
    assert_eq!(section.info.text, "s");
    assert_eq!(section.disks[0].read_only, None);

    let mut more = everything();
    let own = DiskSection::default();
    more.sections.push(Section::DiskSection(own));
    let (more, losses) = to_version(more, Version::V1);
    let is_disks = |section: &&Section| matches!(section, Section::DiskSection(_));
    assert_eq!(more.sections.iter().filter(is_disks).count(), 1);
    assert_eq!(more.disks().count(), 1);
    let last = losses.last().expect("losses");
    assert_eq!(last.what, "`SharedDiskSection`: `ovf:required`");
}

#[test]
fn the_boot_order_is_vmwares() {
    let envelope = lowered();
    let sections = envelope.systems()[0].sections.iter();
    let orders: Vec<_> = sections
        .filter_map(|section| match section {
            Section::BootOrderSection(order) => Some(order),
            _ => None,
        })
        .map(|order| [&order.instance_id, &order.kind].map(Option::as_deref))
        .collect();
    assert_eq!(
        orders,
        [[Some("4"), Some("net")], [Some("5"), Some("disk")]]
    );
}

/// Looking through the devices for each source would take minutes.
#[test]
fn a_long_boot_order_is_looked_up_at_once() {
    let item = |id: &str| {
        format!(
            "<Item><rasd:InstanceID>{id}</rasd:InstanceID>\
             <rasd:ResourceType>17</rasd:ResourceType></Item>"
        )
    };
    let source = "<s:CIM_BootSourceSetting><s:InstanceID> d </s:InstanceID>\
                  </s:CIM_BootSourceSetting>";
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_2}' xmlns:ovf='{ENVELOPE_2}' xmlns:rasd='{RASD}'
         xmlns:b='{BOOT_CONFIG}' xmlns:s='{BOOT_SOURCE}'><References/><VirtualSystem ovf:id='vm'>
         <Info/><VirtualHardwareSection><Info/>{}{}</VirtualHardwareSection>
         <BootDeviceSection><Info/><b:CIM_BootConfigSetting>{}</b:CIM_BootConfigSetting>
         </BootDeviceSection></VirtualSystem></Envelope>",
        item("c").repeat(30_000),
        item(" d "),
        source.repeat(40_000),
    );
    let (envelope, _) = to_version(parse(&text).expect("readable"), Version::V1);
    let orders = envelope.systems()[0].sections.iter();
    let orders = orders.filter(|section| matches!(section, Section::BootOrderSection(_)));
    assert_eq!(orders.count(), 40_000);
}

#[test]
fn a_boot_configuration_that_names_no_device_is_optional() {
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_2}'><References/><BootDeviceSection><Info/>
        </BootDeviceSection></Envelope>"
    );
    let (envelope, losses) = to_version(parse(&text).expect("readable"), Version::V1);
    let [Section::BootDeviceSection(boot)] = envelope.sections.as_slice() else {
        panic!("{:?}", envelope.sections)
    };
    let optional = [(ovf("required"), "false".to_owned())];
    assert_eq!(boot.extra.attributes, optional);
    assert_eq!(losses[0].fate, Fate::KeptOptional);
}

#[test]
fn what_vmware_reads_in_1_x_is_optional() {
    let envelope = lowered();
    let Content::VirtualSystemCollection(collection) = &envelope.contents[0] else {
        panic!("{:?}", envelope.contents)
    };
    let Section::ScaleOutSection(scale) = &collection.sections[0] else {
        panic!("{:?}", collection.sections)
    };
    let optional = [(ovf("required"), "false".to_owned())];
    assert_eq!(scale.extra.attributes, optional);
}

#[test]
fn once_is_enough() {
    let once = lowered();
    let (twice, losses) = to_version(once.clone(), Version::V1);
    assert_eq!((twice, losses), (once, Vec::new()));
}

#[test]
fn the_way_up_and_the_way_nowhere_cost_nothing() {
    let same = to_version(everything(), Version::V2);
    assert_eq!(same, (everything(), Vec::new()));
    let text = format!("<Envelope xmlns='{ENVELOPE_1}'><References/></Envelope>");
    let mut old = parse(&text).expect("readable");
    for (from, to) in [
        (Version::V0_9, Version::V1),
        (Version::V1, Version::V2),
        (Version::V1, Version::V1),
    ] {
        old.version = from;
        let (new, losses) = to_version(old.clone(), to);
        assert_eq!((new.version, losses), (to, Vec::new()));
    }
}

#[test]
fn members_that_came_later_go() {
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_2}' xmlns:rasd='{RASD}' xmlns:vssd='{VSSD}'><References/>\
         <VirtualSystem><Info/><VirtualHardwareSection><Info/><System>\
         <vssd:ElementName>s</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID>\
         <vssd:SoID>1</vssd:SoID><vssd:ComponentSetting/><vssd:ComponentSetting/></System>\
         <Item><rasd:ElementName>n</rasd:ElementName><rasd:Generation>2</rasd:Generation>\
         <rasd:InstanceID>1</rasd:InstanceID></Item></VirtualHardwareSection></VirtualSystem>\
         </Envelope>"
    );
    let (envelope, losses) = to_version(parse(&text).expect("readable"), Version::V1);
    let told: Vec<_> = losses.iter().map(|loss| (loss.fate, &*loss.what)).collect();
    let expected = [
        (Fate::Dropped, "`System`: `vssd:ComponentSetting`"),
        (Fate::Dropped, "`System`: `vssd:SoID`"),
        (Fate::Dropped, "`Item` 1 \"n\": `rasd:Generation`"),
    ];
    assert_eq!(told, expected);
    let hardware = envelope.systems()[0].hardware().expect("hardware");
    assert_eq!(hardware.items[0].generation, None);
    assert!(hardware.system.as_ref().expect("kept").extra.is_empty());
}
