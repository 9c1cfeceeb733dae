//! The hardware of machines.

use super::{COLLECTION, Case, MACHINE, SECOND, case};

pub(super) const CASES: &[Case] = &[
    case(
        "VHW-001",
        MACHINE,
        &[("VirtualHardwareSection", "OtherSection")],
    ),
    case(
        "VHW-002",
        MACHINE,
        &[(
            "<vmw:Config ovf:required=\"false\" vmw:key=\"firmware\"",
            "<System/><vmw:Config ovf:required=\"false\" vmw:key=\"firmware\"",
        )],
    ),
    case(
        "VHW-003",
        MACHINE,
        &[(
            "<AnnotationSection>",
            "<VirtualHardwareSection><Info/></VirtualHardwareSection><AnnotationSection>",
        )],
    ),
    case(
        "VHW-004",
        MACHINE,
        &[("<vssd:ElementName>Family</vssd:ElementName>", "")],
    ),
    case(
        "VHW-004a",
        MACHINE,
        &[(
            "<vssd:VirtualSystemType>",
            "<vssd:Other>1</vssd:Other><vssd:VirtualSystemType>",
        )],
    ),
    case(
        "VHW-004a",
        MACHINE,
        &[(
            "<vssd:VirtualSystemType>",
            "<vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType><vssd:VirtualSystemType>",
        )],
    ),
    case(
        "VHW-004b",
        MACHINE,
        &[
            ("<vssd:InstanceID>0</vssd:InstanceID>", ""),
            ("</System>", "<vssd:InstanceID>0</vssd:InstanceID></System>"),
        ],
    ),
    case(
        "VHW-005",
        MACHINE,
        &[("<vssd:InstanceID>0<", "<vssd:InstanceID>3<")],
    ),
    case("VHW-006", MACHINE, &[("vmx-13 vmx-14", "vmx-13,vmx-14")]),
    case("VHW-008", MACHINE, &[("vmx-13 vmx-14", "virtualbox-2.2")]),
    case(
        "VHW-009",
        MACHINE,
        &[("com.vmware.guestInfo iso", "com.vmware.guestInfo,iso")],
    ),
    case(
        "VHW-010",
        MACHINE,
        &[("<rasd:ResourceType>15<", "<rasd:ResourceType>14<")],
    ),
    case(
        "VHW-011",
        MACHINE,
        &[("ovf:transport=\"com.vmware.guestInfo iso\"", "")],
    ),
    case(
        "VHW-011",
        COLLECTION,
        &[(
            "<VirtualHardwareSection>",
            "<VirtualHardwareSection ovf:transport=\"com.vmware.guestInfo\">",
        )],
    ),
    case(
        "VHW-012",
        MACHINE,
        &[(
            "<rasd:Caption>SCSI</rasd:Caption><rasd:ElementName>SCSI</rasd:ElementName>",
            "<rasd:ElementName>SCSI</rasd:ElementName><rasd:Caption>SCSI</rasd:Caption>",
        )],
    ),
    case(
        "VHW-013",
        MACHINE,
        &[("<rasd:InstanceID>8</rasd:InstanceID>", "")],
    ),
    case(
        "VHW-013a",
        MACHINE,
        &[("<rasd:ElementName>CPU</rasd:ElementName>", "")],
    ),
    case(
        "VHW-014",
        MACHINE,
        &[("<rasd:ResourceType>6</rasd:ResourceType>", "")],
    ),
    case(
        "VHW-014",
        MACHINE,
        &[("<rasd:ResourceType>6<", "<rasd:ResourceType>SCSI<")],
    ),
    case(
        "VHW-014a",
        MACHINE,
        &[("<rasd:ResourceType>6<", "<rasd:ResourceType>35<")],
    ),
    case(
        "VHW-015",
        MACHINE,
        &[("<rasd:InstanceID>5<", "<rasd:InstanceID>4<")],
    ),
    case(
        "VHW-016",
        MACHINE,
        &[("<rasd:InstanceID>8<", "<rasd:InstanceID>6<")],
    ),
    case(
        "VHW-017",
        MACHINE,
        &[("<rasd:InstanceID>8<", "<rasd:InstanceID>nic<")],
    ),
    case(
        "VHW-018",
        MACHINE,
        &[("rasd:InstanceID", "rasd:InstanceId")],
    ),
    case(
        "VHW-019",
        MACHINE,
        &[("<rasd:Parent>3<", "<rasd:Parent>33<")],
    ),
    case(
        "VHW-020",
        MACHINE,
        &[("<rasd:Parent>3<", "<rasd:Parent>2<")],
    ),
    case(
        "VHW-020",
        MACHINE,
        &[(
            "<rasd:Caption>SCSI</rasd:Caption>",
            "<rasd:Parent>3</rasd:Parent>",
        )],
    ),
    case("VHW-020a", MACHINE, &[("<rasd:Parent>3</rasd:Parent>", "")]),
    case(
        "VHW-021",
        MACHINE,
        &[("<rasd:AddressOnParent>1<", "<rasd:AddressOnParent>one<")],
    ),
    case(
        "VHW-021a",
        MACHINE,
        &[("<rasd:AddressOnParent>1<", "<rasd:AddressOnParent>0<")],
    ),
    case(
        "VHW-022",
        MACHINE,
        &[("<rasd:AddressOnParent>1<", "<rasd:AddressOnParent>7<")],
    ),
    case(
        "VHW-023",
        MACHINE,
        &[("<rasd:AddressOnParent>1</rasd:AddressOnParent>", "")],
    ),
    case(
        "VHW-024",
        MACHINE,
        &[("<rasd:AddressOnParent>0<", "<rasd:AddressOnParent>3<")],
    ),
    case(
        "VHW-025",
        MACHINE,
        &[("<rasd:VirtualQuantity>4<", "<rasd:VirtualQuantity>0<")],
    ),
    case(
        "VHW-025",
        MACHINE,
        &[("<rasd:VirtualQuantity>4</rasd:VirtualQuantity>", "")],
    ),
    case(
        "VHW-027",
        MACHINE,
        &[("<rasd:VirtualQuantity>2048</rasd:VirtualQuantity>", "")],
    ),
    case(
        "VHW-027a",
        MACHINE,
        &[(
            "<rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>",
            "",
        )],
    ),
    case("VHW-028", MACHINE, &[("byte * 2^20", "byte * 2^30")]),
    case("VHW-029", MACHINE, &[("byte * 2^20", "byte*2^20")]),
    case("VHW-030", MACHINE, &[("byte * 2^20", "lots")]),
    case("VHW-030a", MACHINE, &[("byte * 2^20", "byte * 2 ^ 20")]),
    case("VHW-030b", MACHINE, &[("byte * 2^20", "MegaBytes")]),
    case(
        "VHW-031",
        MACHINE,
        &[("<rasd:Limit>4096<", "<rasd:Limit>512<")],
    ),
    case(
        "VHW-031a",
        MACHINE,
        &[("<rasd:Reservation>1024<", "<rasd:Reservation>3000<")],
    ),
    case("VHW-033", MACHINE, &[("ovf:/disk/d2", "disk d2")]),
    case("VHW-033a", MACHINE, &[("ovf:/disk/d2", "/disk/d2")]),
    case(
        "VHW-034",
        MACHINE,
        &[(
            "<rasd:HostResource>ovf:/disk/d2",
            "<rasd:HostResource>ovf:/disk/d1</rasd:HostResource><rasd:HostResource>ovf:/disk/d2",
        )],
    ),
    case("VHW-035", MACHINE, &[("ovf:/disk/d2", "ovf:/disk/d9")]),
    case(
        "VHW-035a",
        MACHINE,
        &[("<rasd:HostResource>ovf:/disk/d2</rasd:HostResource>", "")],
    ),
    case("VHW-036", MACHINE, &[("ovf:/disk/d2", "ovf://disk/d2")]),
    case("VHW-037", MACHINE, &[("ovf:/file/f3", "ovf:/disk/d2")]),
    case(
        "VHW-038",
        MACHINE,
        &[(
            "<rasd:AutomaticAllocation>false<",
            "<rasd:AutomaticAllocation>no<",
        )],
    ),
    case(
        "VHW-041",
        MACHINE,
        &[("<rasd:ResourceType>6<", "<rasd:ResourceType>1<")],
    ),
    case(
        "VHW-042",
        MACHINE,
        &[(
            "<Item ovf:configuration=\"large\">",
            "<Item ovf:bound=\"low\">",
        )],
    ),
    case(
        "VHW-043",
        MACHINE,
        &[(
            "<Item ovf:configuration=\"large\">",
            "<Item ovf:bound=\"min\">",
        )],
    ),
    case(
        "VHW-044",
        MACHINE,
        &[(
            "</System>",
            "</System><Item ovf:bound='min'><rasd:ElementName>CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType></Item><Item ovf:bound='min'><rasd:ElementName>CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType></Item>",
        )],
    ),
    case(
        "VHW-045",
        MACHINE,
        &[(
            "</System>",
            "</System><Item ovf:bound='min'><rasd:ElementName>CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>8</rasd:VirtualQuantity></Item>",
        )],
    ),
    case(
        "VHW-047",
        MACHINE,
        &[(
            "</System>",
            "</System><Item><rasd:ElementName>CPU</rasd:ElementName><rasd:InstanceID>11</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>8</rasd:VirtualQuantity></Item>",
        )],
    ),
    case(
        "VHW-048",
        MACHINE,
        &[("<rasd:ResourceType>3<", "<rasd:ResourceType>1<")],
    ),
    case(
        "VHW-050",
        MACHINE,
        &[(
            "<rasd:Caption>SCSI</rasd:Caption>",
            "<rasd:Unknown>1</rasd:Unknown>",
        )],
    ),
    case(
        "VHW-052",
        SECOND,
        &[(
            "<sasd:AddressOnParent>0</sasd:AddressOnParent>",
            "<rasd:AddressOnParent>0</rasd:AddressOnParent>",
        )],
    ),
    case(
        "VHW-054",
        MACHINE,
        &[("</System>", "</System><StorageItem/>")],
    ),
    case(
        "VHW-057",
        MACHINE,
        &[(
            "<vmw:CoresPerSocket ovf:required=\"false\">2<",
            "<vmw:CoresPerSocket ovf:required=\"false\">3<",
        )],
    ),
    case(
        "VHW-058",
        MACHINE,
        &[("vmw:value=\"efi\"", "vmw:value=\"uefi\"")],
    ),
    case(
        "VHW-059",
        MACHINE,
        &[("vmw:value=\"efi\"", "vmw:value=\"bios\"")],
    ),
    case(
        "VHW-060",
        MACHINE,
        &[(
            "<rasd:Caption>SCSI<",
            "<rasd:Caption>The one and only controller of this machine, to which all of its drives are attached<",
        )],
    ),
    case(
        "VHW-061",
        MACHINE,
        &[("<rasd:Limit>4096</rasd:Limit>", "<rasd:Limit/>")],
    ),
    case(
        "VHW-062",
        MACHINE,
        &[(
            "<rasd:Limit>4096</rasd:Limit>",
            "<rasd:Limit>4096</rasd:Limit><rasd:Limit>1</rasd:Limit>",
        )],
    ),
    case(
        "VHW-063",
        MACHINE,
        &[(
            "<vssd:ElementName>",
            "<vssd:CreationTime>today</vssd:CreationTime><vssd:ElementName>",
        )],
    ),
    case(
        "VHW-064",
        MACHINE,
        &[(
            "<vssd:ElementName>",
            "<vssd:AutomaticShutdownAction>never</vssd:AutomaticShutdownAction><vssd:ElementName>",
        )],
    ),
    case(
        "VHW-065",
        MACHINE,
        &[(
            "<rasd:VirtualQuantity>2048</rasd:VirtualQuantity>",
            "<rasd:VirtualQuantity>2048</rasd:VirtualQuantity><rasd:VirtualQuantityUnits>byte</rasd:VirtualQuantityUnits>",
        )],
    ),
    case(
        "VHW-067",
        SECOND,
        &[("<epasd:PortVID>7<", "<epasd:PortVID>70000<")],
    ),
    case(
        "VHW-068",
        MACHINE,
        &[(
            "</System>",
            "</System><Item ovf:configuration=\"small large\"><rasd:ElementName>NIC 2</rasd:ElementName><rasd:InstanceID>8</rasd:InstanceID><rasd:ResourceType>10</rasd:ResourceType></Item>",
        )],
    ),
    case(
        "VHW-069",
        MACHINE,
        &[("<rasd:Limit>4096<", "<rasd:Limit>-1<")],
    ),
];
