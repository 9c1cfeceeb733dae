//! The rules of VMware's products.

use super::{Case, MACHINE, PORTABLE, case};

pub(super) const CASES: &[Case] = &[
    case("INT-ESX-01", PORTABLE, &[("envelope/1", "envelope/2")]),
    case(
        "INT-ESX-02",
        PORTABLE,
        &[("vmx-11 vmx-07", "virtualbox-2.2")],
    ),
    case("INT-ESX-02", PORTABLE, &[("vmx-11 vmx-07", "vmx-99")]),
    case("INT-ESX-02", PORTABLE, &[("vmx-11 vmx-07", "vmx-12")]),
    case("INT-ESX-04", PORTABLE, &[(">lsilogic<", ">virtio-scsi<")]),
    case(
        "INT-ESX-05",
        PORTABLE,
        &[(
            "lsilogic</rasd:ResourceSubType><rasd:ResourceType>6<",
            "VirtioSCSI</rasd:ResourceSubType><rasd:ResourceType>20<",
        )],
    ),
    case(
        "INT-ESX-05a",
        PORTABLE,
        &[(
            "lsilogic</rasd:ResourceSubType><rasd:ResourceType>6<",
            "AHCI</rasd:ResourceSubType><rasd:ResourceType>20<",
        )],
    ),
    case("INT-ESX-06", PORTABLE, &[(">E1000<", ">virtio<")]),
    case("INT-ESX-06", PORTABLE, &[(">E1000<", ">3<")]),
    case(
        "INT-ESX-07",
        PORTABLE,
        &[(
            "</System>",
            "</System><Item><rasd:ElementName>USB</rasd:ElementName><rasd:InstanceID>9</rasd:InstanceID><rasd:ResourceType>23</rasd:ResourceType></Item>",
        )],
    ),
    case(
        "INT-ESX-08",
        PORTABLE,
        &[(
            "</System>",
            "</System><Item><rasd:ElementName>Sound</rasd:ElementName><rasd:InstanceID>9</rasd:InstanceID><rasd:ResourceSubType>ensoniq1371</rasd:ResourceSubType><rasd:ResourceType>35</rasd:ResourceType></Item>",
        )],
    ),
    case(
        "INT-ESX-09",
        PORTABLE,
        &[("#streamOptimized", "#monolithicSparse")],
    ),
    case(
        "INT-ESX-10",
        PORTABLE,
        &[(" vmw:osType=\"ubuntu64Guest\"", "")],
    ),
    case(
        "INT-ESX-10",
        PORTABLE,
        &[("vmw:key=\"firmware\"", "vmw:key=\"other\"")],
    ),
    case(
        "INT-ESX-11",
        PORTABLE,
        &[(
            "</VirtualHardwareSection>",
            "</VirtualHardwareSection><ProductSection><Info/><Property ovf:key=\"a\" ovf:type=\"string\"/></ProductSection>",
        )],
    ),
    case(
        "INT-ESX-11",
        PORTABLE,
        &[
            (
                "<VirtualSystem ovf:id=\"web\">",
                "<VirtualSystemCollection ovf:id=\"all\"><Info/><VirtualSystem ovf:id=\"web\">",
            ),
            (
                "</VirtualSystem>",
                "</VirtualSystem></VirtualSystemCollection>",
            ),
        ],
    ),
    case(
        "INT-ESX-12",
        PORTABLE,
        &[("<rasd:AddressOnParent>0<", "<rasd:AddressOnParent>7<")],
    ),
    case(
        "INT-ESX-12",
        PORTABLE,
        &[(
            "</System>",
            "</System><Item><rasd:ElementName>CD</rasd:ElementName><rasd:InstanceID>9</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>15</rasd:ResourceType></Item>",
        )],
    ),
    case(
        "INT-ESX-12",
        PORTABLE,
        &[(
            "</System>",
            "</System><Item><rasd:InstanceID>10</rasd:InstanceID><rasd:ResourceType>6</rasd:ResourceType></Item><Item><rasd:InstanceID>11</rasd:InstanceID><rasd:ResourceType>6</rasd:ResourceType></Item><Item><rasd:InstanceID>12</rasd:InstanceID><rasd:ResourceType>6</rasd:ResourceType></Item><Item><rasd:InstanceID>13</rasd:InstanceID><rasd:ResourceType>6</rasd:ResourceType></Item>",
        )],
    ),
    case(
        "INT-ESX-13",
        PORTABLE,
        &[("94\" vmw:osType=\"ubuntu64Guest\"", "96\"")],
    ),
    case(
        "INT-ESX-14",
        PORTABLE,
        &[(
            "lsilogic</rasd:ResourceSubType><rasd:ResourceType>6<",
            "PIIX4</rasd:ResourceSubType><rasd:ResourceType>5<",
        )],
    ),
    case(
        "INT-ESX-15",
        PORTABLE,
        &[(
            "</NetworkSection>",
            "</NetworkSection><x:ASection xmlns:x=\"urn:x\"><Info/></x:ASection>",
        )],
    ),
    case(
        "INT-ESX-15",
        MACHINE,
        &[("<vbox:Machine ovf:required=\"false\">", "<vbox:Machine>")],
    ),
    case(
        "INT-ESX-16",
        PORTABLE,
        &[("<vmw:Config ovf:required=\"false\"", "<vmw:Config")],
    ),
    case(
        "INT-ESX-17",
        MACHINE,
        &[(
            "<vmw:ExtraConfig ovf:required=\"false\"",
            "<vmw:ExtraConfig",
        )],
    ),
    case(
        "INT-ESX-18",
        PORTABLE,
        &[("ovf:size=", "ovf:compression=\"gzip\" ovf:size=")],
    ),
    case("INT-ESX-19", PORTABLE, &[(" ovf:fileRef=\"f1\"", "")]),
    case(
        "EXT-008",
        PORTABLE,
        &[(
            "</NetworkSection>",
            "</NetworkSection><vmw:OddSection ovf:required=\"false\"><Info/></vmw:OddSection>",
        )],
    ),
    case(
        "EXT-010",
        PORTABLE,
        &[(
            "</NetworkSection>",
            "</NetworkSection><v:NetworkConfigSection xmlns:v=\"http://www.vmware.com/vcloud/v1.5\"><Info/></v:NetworkConfigSection>",
        )],
    ),
    case(
        "COL-102",
        MACHINE,
        &[("vmw:instanceId=\"4\"", "vmw:instanceId=\"44\"")],
    ),
    case(
        "COL-102",
        MACHINE,
        &[("vmw:type=\"disk\"", "vmw:type=\"tape\"")],
    ),
    case("VHW-007", PORTABLE, &[("vmx-11 ", "DMTF:VMware:vmx-11 ")]),
    case(
        "VHW-070",
        PORTABLE,
        &[(
            "</VirtualHardwareSection>",
            "<vmw:Config ovf:required=\"false\" vmw:key=\"flags.vbsEnabled\" vmw:value=\"true\"/></VirtualHardwareSection>",
        )],
    ),
    case(
        "VHW-071",
        PORTABLE,
        &[(
            "</System>",
            "</System><Item><rasd:ElementName>Module</rasd:ElementName><rasd:InstanceID>9</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceSubType>vmware.nvdimm.device</rasd:ResourceSubType><rasd:ResourceType>20</rasd:ResourceType></Item>",
        )],
    ),
    case("SEC-004", PORTABLE, &[("ubuntu64Guest", "ubuntu-64")]),
    case(
        "DSK-022",
        PORTABLE,
        &[
            ("ovf:/disk/d1", "xd1"),
            (
                "</DiskSection>",
                "<Disk ovf:diskId=\"xd1\" ovf:capacity=\"1\"/></DiskSection>",
            ),
        ],
    ),
    case(
        "INT-VCD-01",
        PORTABLE,
        &[(
            "http://schemas.dmtf.org/ovf/envelope/1",
            "http://www.vmware.com/schema/ovf/1/envelope",
        )],
    ),
    case(
        "INT-VCD-03",
        PORTABLE,
        &[("ovf:size=", "ovf:compression=\"gzip\" ovf:size=")],
    ),
    case(
        "INT-VCD-03",
        PORTABLE,
        &[("ovf:size=", "ovf:chunkSize=\"1000\" ovf:size=")],
    ),
    case(
        "INT-VCD-04",
        PORTABLE,
        &[(
            "</NetworkSection>",
            "</NetworkSection><DeploymentOptionSection><Info/></DeploymentOptionSection>",
        )],
    ),
    case(
        "INT-VCD-05",
        PORTABLE,
        &[("\"web\"", "\"the-first-web-server\"")],
    ),
];
