//! The rules of importers other than VMware's.

use super::{Case, PORTABLE, SECOND, case};

/// The machine in a collection.
const COLLECTED: &[(&str, &str)] = &[
    (
        "<VirtualSystem ovf:id=\"web\">",
        "<VirtualSystemCollection ovf:id=\"all\"><Info/><VirtualSystem ovf:id=\"web\">",
    ),
    (
        "</VirtualSystem>",
        "</VirtualSystem></VirtualSystemCollection>",
    ),
];
/// The descriptor as one of OVF 2.x.
const SECOND_EDITION: &[(&str, &str)] = &[("envelope/1", "envelope/2")];
/// A graphics card, which has to be understood.
const GRAPHICS: &[(&str, &str)] = &[(
    "</System>",
    "</System><Item><rasd:ElementName>Card</rasd:ElementName><rasd:InstanceID>9</rasd:InstanceID><rasd:ResourceType>24</rasd:ResourceType></Item>",
)];
/// A disk whose file is compressed.
const COMPRESSED: &[(&str, &str)] = &[("ovf:size=", "ovf:compression=\"gzip\" ovf:size=")];
/// A capacity from a property.
const PROPERTY: &[(&str, &str)] = &[("ovf:capacity=\"20\"", "ovf:capacity=\"${size}\"")];
/// Memory in another unit.
const GIBIBYTES: &[(&str, &str)] = &[("byte * 2^20", "byte * 2^30")];
const NO_PARENT: &[(&str, &str)] = &[("<rasd:Parent>3</rasd:Parent>", "")];
const NO_ADDRESS: &[(&str, &str)] = &[("<rasd:AddressOnParent>0</rasd:AddressOnParent>", "")];
const NO_RESOURCE: &[(&str, &str)] = &[("<rasd:HostResource>ovf:/disk/d1</rasd:HostResource>", "")];
const NO_GUEST: &[(&str, &str)] = &[("94\" vmw:osType=\"ubuntu64Guest\"", "1\"")];
const EFI: &[(&str, &str)] = &[("\"bios\"", "\"efi\"")];
const SERVER: &[(&str, &str)] = &[("ovf:id=\"94\"", "ovf:id=\"113\"")];

pub(super) const CASES: &[Case] = &[
    case(
        "ENV-010",
        PORTABLE,
        &[("xmlns:vssd=", "xmlns:v="), ("vssd:", "v:")],
    ),
    case("DSK-006", PORTABLE, &[(" ovf:fileRef=\"f1\"", "")]),
    case(
        "DEP-007",
        PORTABLE,
        &[(
            "</NetworkSection>",
            "</NetworkSection><DeploymentOptionSection><Info/></DeploymentOptionSection>",
        )],
    ),
    case(
        "COL-106",
        PORTABLE,
        &[(
            "</NetworkSection>",
            "</NetworkSection><x:EncryptedData xmlns:x=\"http://www.w3.org/2001/04/xmlenc#\"/>",
        )],
    ),
    // VirtualBox.
    case("INT-VBX-01", PORTABLE, PROPERTY),
    case(
        "INT-VBX-01",
        PORTABLE,
        &[(
            "ovf:format=\"http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized\"",
            "",
        )],
    ),
    case("INT-VBX-02", PORTABLE, &[("byte * 2^20", "byte * 2 ^ 20")]),
    case(
        "INT-VBX-02",
        PORTABLE,
        &[(
            "<rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>",
            "",
        )],
    ),
    case("INT-VBX-03", PORTABLE, GRAPHICS),
    case(
        "INT-VBX-04",
        PORTABLE,
        &[(
            "lsilogic</rasd:ResourceSubType><rasd:ResourceType>6<",
            "vmware.nvdimm.controller</rasd:ResourceSubType><rasd:ResourceType>20<",
        )],
    ),
    case("INT-VBX-05", PORTABLE, NO_PARENT),
    case(
        "INT-VBX-05",
        PORTABLE,
        &[("<rasd:Parent>3<", "<rasd:Parent>33<")],
    ),
    case("INT-VBX-06", PORTABLE, &[(">lsilogic<", ">VirtualSCSI<")]),
    case(
        "INT-VBX-07",
        PORTABLE,
        &[(
            "</System>",
            "</System><Item><rasd:ElementName>SCSI</rasd:ElementName><rasd:InstanceID>9</rasd:InstanceID><rasd:ResourceType>6</rasd:ResourceType></Item>",
        )],
    ),
    case("INT-VBX-08", PORTABLE, &[(">E1000<", ">VmxNet3<")]),
    case(
        "INT-VBX-09",
        PORTABLE,
        &[("#streamOptimized", "#monolithicSparse")],
    ),
    case("INT-VBX-12", PORTABLE, SERVER),
    case(
        "INT-VBX-13",
        PORTABLE,
        &[(
            "</NetworkSection>",
            "</NetworkSection><StartupSection><Info/></StartupSection>",
        )],
    ),
    case("NET-007", PORTABLE, &[("NAT", "lan")]),
    case("DSK-015", PORTABLE, &[(" ovf:fileRef=\"f1\"", "")]),
    case(
        "DSK-023",
        PORTABLE,
        &[(
            "</System>",
            "</System><Item><rasd:AddressOnParent>1</rasd:AddressOnParent><rasd:ElementName>Disk</rasd:ElementName><rasd:HostResource>ovf:/disk/d1</rasd:HostResource><rasd:InstanceID>9</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>",
        )],
    ),
    case("SEC-005", PORTABLE, NO_GUEST),
    case(
        "VHW-053",
        SECOND,
        &[(
            "<sasd:ResourceType>17</sasd:ResourceType>",
            "<sasd:ResourceType>17</sasd:ResourceType><sasd:VirtualQuantity>5</sasd:VirtualQuantity>",
        )],
    ),
    // Proxmox VE.
    case("INT-PVE-01", PORTABLE, SECOND_EDITION),
    case("INT-PVE-01", PORTABLE, COLLECTED),
    case("INT-PVE-02", PORTABLE, GIBIBYTES),
    case(
        "INT-PVE-02",
        PORTABLE,
        &[(
            "</System>",
            "</System><Item><rasd:ElementName>CPU</rasd:ElementName><rasd:InstanceID>9</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>",
        )],
    ),
    case("INT-PVE-03", PORTABLE, NO_PARENT),
    case("INT-PVE-03", PORTABLE, NO_ADDRESS),
    case("INT-PVE-03", PORTABLE, NO_RESOURCE),
    case("INT-PVE-03", PORTABLE, &[("ovf:/disk/d1", "ovf://disk/d1")]),
    case(
        "INT-PVE-03",
        PORTABLE,
        &[("ovf:/disk/d1", "ovf:/disk/d+1"), ("\"d1\"", "\"d+1\"")],
    ),
    case(
        "INT-PVE-04",
        PORTABLE,
        &[("disk1.vmdk", "disks/disk1.vmdk")],
    ),
    case("INT-PVE-04", PORTABLE, &[("disk1.vmdk", "disk#1.vmdk")]),
    case("INT-PVE-04", PORTABLE, &[("disk1.vmdk", "disk1.img")]),
    case("INT-PVE-05", PORTABLE, COMPRESSED),
    case(
        "INT-PVE-05",
        PORTABLE,
        &[("ovf:size=", "ovf:chunkSize=\"1000\" ovf:size=")],
    ),
    case("INT-PVE-06", PORTABLE, &[("\"web\"", "\"web_1\"")]),
    case(
        "INT-PVE-06",
        PORTABLE,
        &[("<Info>A machine</Info>", "<Info/><Name>The web</Name>")],
    ),
    case("INT-PVE-07", PORTABLE, &[(">E1000<", ">PCNet32<")]),
    case("INT-PVE-08", PORTABLE, EFI),
    case("INT-PVE-09", PORTABLE, SERVER),
    case("REF-018", PORTABLE, &[("\"f1\"", "\"f:1\"")]),
    case(
        "DSK-018",
        PORTABLE,
        &[("ovf:capacityAllocationUnits=\"byte * 2^30\"", "")],
    ),
    // virt-v2v.
    case("INT-V2V-01", PORTABLE, SECOND_EDITION),
    case("INT-V2V-01", PORTABLE, COLLECTED),
    case("INT-V2V-02", PORTABLE, NO_RESOURCE),
    case("INT-V2V-02", PORTABLE, &[("ovf:/disk/d1", "ovf://disk/d1")]),
    case("INT-V2V-02", PORTABLE, &[("ovf:/disk/d1", "ovf:/disk/d2")]),
    case(
        "INT-V2V-02",
        PORTABLE,
        &[("ovf:fileRef=\"f1\"", "ovf:fileRef=\"f2\"")],
    ),
    case(
        "INT-V2V-03",
        PORTABLE,
        &[("ovf:size=", "ovf:compression=\"bzip2\" ovf:size=")],
    ),
    case("INT-V2V-03", PORTABLE, &[("\"bios\"", "\"coreboot\"")]),
    case("INT-V2V-04", PORTABLE, GIBIBYTES),
    case("INT-V2V-04", PORTABLE, NO_PARENT),
    case(
        "INT-V2V-04",
        PORTABLE,
        &[("<rasd:ResourceType>6<", "<rasd:ResourceType>8<")],
    ),
    // oVirt.
    case(
        "INT-OVT-01",
        PORTABLE,
        &[("OperatingSystemSection", "OtherSection")],
    ),
    case(
        "INT-OVT-01",
        PORTABLE,
        &[("xmlns:ovf=", "xmlns:o="), ("ovf:", "o:")],
    ),
    case("INT-OVT-01", PORTABLE, SECOND_EDITION),
    case("INT-OVT-02", PORTABLE, PROPERTY),
    case("INT-OVT-02", PORTABLE, &[("byte * 2^30", "byte * 2 ^ 30")]),
    case("INT-OVT-03", PORTABLE, NO_RESOURCE),
    // KubeVirt and Incus.
    case("INT-KVM-01", PORTABLE, PROPERTY),
    case("INT-KVM-01", PORTABLE, GIBIBYTES),
    case("INT-KVM-01a", PORTABLE, COLLECTED),
    case("INT-KVM-02", PORTABLE, GIBIBYTES),
    case(
        "INT-KVM-02",
        PORTABLE,
        &[(
            "<Info>Disks</Info>",
            "<Info>Disks</Info><Disk ovf:diskId=\"d2\" ovf:capacity=\"1\"/>",
        )],
    ),
    case("INT-KVM-02a", PORTABLE, COLLECTED),
    case("INT-KVM-02a", PORTABLE, COMPRESSED),
    case("INT-KVM-02a", PORTABLE, &[("disk1.vmdk", "disk1.qcow2")]),
    case(
        "INT-KVM-02a",
        PORTABLE,
        &[("disk1.vmdk", "disks/disk1.vmdk")],
    ),
    // CloudStack.
    case(
        "INT-CLS-01",
        PORTABLE,
        &[(
            "</DiskSection>",
            "<Disk ovf:diskId=\"D1\" ovf:capacity=\"1\"/></DiskSection>",
        )],
    ),
    case("DSK-017", PORTABLE, &[("byte * 2^30", "byte*2^30")]),
    case(
        "PRD-015",
        PORTABLE,
        &[(
            "</VirtualHardwareSection>",
            "</VirtualHardwareSection><ProductSection><Info/><Property ovf:key=\"a\" ovf:type=\"string\"/></ProductSection>",
        )],
    ),
    // XenCenter.
    case("INT-XEN-01", PORTABLE, &[("vmx-11 vmx-07", "vmx-11")]),
    case("INT-XEN-02", PORTABLE, GRAPHICS),
    case("REF-019", PORTABLE, &[("disk1.vmdk", "disk1.nvram")]),
    case(
        "VHW-032",
        PORTABLE,
        &[(
            "<rasd:InstanceID>1</rasd:InstanceID>",
            "<rasd:InstanceID>1</rasd:InstanceID><rasd:Limit>1</rasd:Limit>",
        )],
    ),
    // The services.
    case(
        "INT-AWS-01",
        PORTABLE,
        &[("#streamOptimized", "#monolithicSparse")],
    ),
    case(
        "INT-AWS-02",
        PORTABLE,
        &[(
            "</DiskSection>",
            "<Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/><Disk/></DiskSection>",
        )],
    ),
    case(
        "INT-AWS-03",
        PORTABLE,
        &[("94\" vmw:osType=\"ubuntu64Guest\"", "93\"")],
    ),
    case(
        "INT-AWS-04",
        PORTABLE,
        &[("ovf:fileRef=", "ovf:parentRef=\"d0\" ovf:fileRef=")],
    ),
    case(
        "INT-AWS-04",
        PORTABLE,
        &[(
            "</VirtualSystem>",
            "</VirtualSystem><VirtualSystem ovf:id=\"b\"><Info/></VirtualSystem>",
        )],
    ),
    case("INT-AWS-05", PORTABLE, EFI),
    case("INT-GCE-01", PORTABLE, COLLECTED),
    case("INT-GCE-01", PORTABLE, &[("DiskSection", "OtherSection")]),
    case(
        "INT-GCE-01",
        PORTABLE,
        &[("<rasd:ResourceType>6<", "<rasd:ResourceType>1<")],
    ),
    case("INT-GCE-02", PORTABLE, NO_PARENT),
    case("INT-GCE-02", PORTABLE, NO_ADDRESS),
    case("INT-GCE-02", PORTABLE, PROPERTY),
    case(
        "INT-GCE-03",
        PORTABLE,
        &[(
            "<rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>",
            "",
        )],
    ),
    case("INT-GCE-04", PORTABLE, NO_GUEST),
];
