//! The document, files, disks and networks.

use super::{COLLECTION, Case, MACHINE, OLD, SECOND, case};

pub(super) const CASES: &[Case] = &[
    case("ENV-001", MACHINE, &[("Envelope", "Other")]),
    case("ENV-002", MACHINE, &[("</Envelope>", "")]),
    case("ENV-030", MACHINE, &[("<?xml", "text <?xml")]),
    case(
        "ENV-003",
        MACHINE,
        &[(
            "<References>",
            "<DiskSection><Info/></DiskSection><References>",
        )],
    ),
    case("ENV-004", COLLECTION, &[("<References/>", "")]),
    case(
        "ENV-004",
        COLLECTION,
        &[("<References/>", "<References/><References/>")],
    ),
    case(
        "ENV-005",
        MACHINE,
        &[(
            "<Strings",
            "<VirtualSystem ovf:id='b'><Info/></VirtualSystem><Strings",
        )],
    ),
    case(
        "ENV-007",
        MACHINE,
        &[("</References>", "</References><vmw:Thing/>")],
    ),
    case(
        "ENV-008",
        MACHINE,
        &[("ovf:diskId=\"d1\"", "diskId=\"d1\"")],
    ),
    case(
        "ENV-009",
        MACHINE,
        &[("<Name>Web</Name>", "<Name xmlns=''>Web</Name>")],
    ),
    case(
        "ENV-011",
        MACHINE,
        &[(
            "<Strings",
            "<Section xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='ovf:Other_Type'><Info/></Section><Strings",
        )],
    ),
    case(
        "ENV-017",
        MACHINE,
        &[(
            "<Item ovf:required=\"false\">",
            "<Item ovf:required=\"False\">",
        )],
    ),
    case(
        "ENV-018",
        MACHINE,
        &[(
            "http://schemas.dmtf.org/ovf/envelope/1",
            "http://schemas.dmtf.org/ovf/envelope/2",
        )],
    ),
    case(
        "ENV-019",
        MACHINE,
        &[("xml:lang=\"en-US\"", "ovf:version=\"2.0\"")],
    ),
    case(
        "ENV-021",
        MACHINE,
        &[("<License>Text", "<License><b>Text</b>")],
    ),
    case(
        "ENV-022",
        MACHINE,
        &[("<Info>Disks</Info>", "<Info>Disks</Info> stray")],
    ),
    case(
        "ENV-023",
        MACHINE,
        &[("xml:lang=\"en-US\"", "xml:lang=\"en_US\"")],
    ),
    case(
        "ENV-025",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:size=\"\"")],
    ),
    case(
        "ENV-026",
        COLLECTION,
        &[("ovf:order=\"1\"/>", "ovf:order=\"1\"> </Item>")],
    ),
    case("ENV-027", OLD, &[("ovf:version=\"0.9\"", "")]),
    case(
        "ENV-027",
        OLD,
        &[("ovf:version=\"0.9\"", "ovf:version=\"1.3\"")],
    ),
    case(
        "ENV-029",
        MACHINE,
        &[("ovf:capacity=\"20\"", "ovf:capacity=\"{{ size }}\"")],
    ),
    case(
        "ENV-029",
        MACHINE,
        &[("ovf:capacity=\"20\"", "ovf:capacity=\"{disk_size}\"")],
    ),
    case("ENV-031", MACHINE, &[("UTF-8", "UTF-16")]),
    case("ENV-032", MACHINE, &[("<?xml", "\u{FEFF}<?xml")]),
    case("REF-001", MACHINE, &[("ovf:id=\"f1\"", "")]),
    case(
        "REF-001",
        MACHINE,
        &[("ovf:href=\"disk1.vmdk\"", "ovf:href=\"\"")],
    ),
    case("REF-002", MACHINE, &[("ovf:id=\"f2\"", "ovf:id=\"f1\"")]),
    case("REF-003", MACHINE, &[("disk2.vmdk", "./disk1.vmdk")]),
    case("REF-004", MACHINE, &[("disk2.vmdk", "my disk.vmdk")]),
    case("REF-004", MACHINE, &[("disk2.vmdk", "my%zisk.vmdk")]),
    case(
        "REF-005",
        MACHINE,
        &[("disk2.vmdk", "ftp://example.com/disk.vmdk")],
    ),
    case("REF-006", MACHINE, &[("disk2.vmdk", "disk3.vmdk")]),
    case(
        "REF-006a",
        MACHINE,
        &[
            ("disk1.vmdk", "a.vmdk"),
            ("disk2.vmdk", "b.vmdk"),
            ("tools.iso", "c.iso"),
            ("vm.nvram", "d"),
            ("icon.png", "e"),
        ],
    ),
    case(
        "REF-007",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:size=\"abcd\"")],
    ),
    case(
        "REF-007a",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:size=\"-2\"")],
    ),
    case(
        "REF-007b",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:size=\"1024001\"")],
    ),
    case("REF-008", MACHINE, &[("ovf:size=\"1024000\"", "")]),
    case(
        "REF-009",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:compression=\"bzip2\"")],
    ),
    case(
        "REF-011",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:compression=\"gzip\"")],
    ),
    case(
        "REF-012",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:compression=\"gzip\"")],
    ),
    case(
        "REF-013",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:chunkSize=\"-1\"")],
    ),
    case(
        "REF-014",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:chunkSize=\"1000\"")],
    ),
    case(
        "REF-015",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:compression=\"gzip\"")],
    ),
    case(
        "REF-016",
        MACHINE,
        &[("ovf:fileRef=\"f5\"", "ovf:fileRef=\"f4\"")],
    ),
    case("REF-017", MACHINE, &[("ovf:/file/f4", "ovf:/file/f9")]),
    case("REF-020", MACHINE, &[("disk2.vmdk", "file:///etc/passwd")]),
    case(
        "REF-022",
        MACHINE,
        &[("ovf:size=\"1024000\"", "ovf:size=\"34\"")],
    ),
    case("PKG-013", MACHINE, &[("disk2.vmdk", "disks/disk2.vmdk")]),
    case("PKG-014", MACHINE, &[("disk2.vmdk", "/disk2.vmdk")]),
    case("PKG-014", MACHINE, &[("disk2.vmdk", "c:\\disk2.vmdk")]),
    case("PKG-014a", MACHINE, &[("disk2.vmdk", "../disk2.vmdk")]),
    case("PKG-014a", MACHINE, &[("disk2.vmdk", "%2e%2e/disk2.vmdk")]),
    case("PKG-016", MACHINE, &[("disk2.vmdk", "DISK1.vmdk")]),
    case(
        "PKG-017",
        MACHINE,
        &[(
            "disk2.vmdk",
            "a-name-of-a-file-that-is-so-long-that-there-is-no-room-for-it-in-the-header-of-an-archive-with-tar.vmdk",
        )],
    ),
    case("PKG-023", MACHINE, &[("disk2.vmdk", "disk(2).vmdk")]),
    case("DSK-001", MACHINE, &[("ovf:diskId=\"d2\"", "")]),
    case(
        "DSK-001",
        MACHINE,
        &[("ovf:diskId=\"d2\"", "ovf:diskId=\"d1\"")],
    ),
    case("DSK-002", MACHINE, &[("ovf:capacity=\"20\"", "")]),
    case(
        "DSK-002",
        MACHINE,
        &[("ovf:capacity=\"20\"", "ovf:capacity=\"0\"")],
    ),
    case("DSK-003", MACHINE, &[("\"byte * 2^30\"", "\"hertz\"")]),
    case("DSK-003a", MACHINE, &[("\"byte * 2^30\"", "\"GigaBytes\"")]),
    case(
        "DSK-004",
        MACHINE,
        &[("ovf:capacity=\"20\"", "ovf:capacity=\"${size}\"")],
    ),
    case(
        "DSK-004",
        MACHINE,
        &[("ovf:capacity=\"20\"", "ovf:capacity=\"${host}\"")],
    ),
    case(
        "DSK-005",
        MACHINE,
        &[("ovf:fileRef=\"f2\"", "ovf:fileRef=\"f9\"")],
    ),
    case(
        "DSK-007",
        MACHINE,
        &[("ovf:fileRef=\"f2\"", "ovf:fileRef=\"f1\"")],
    ),
    case(
        "DSK-007a",
        MACHINE,
        &[("ovf:fileRef=\"f2\"", "ovf:fileRef=\"f1\"")],
    ),
    case("DSK-008", MACHINE, &[("ovf:format", "vmw:format")]),
    case(
        "DSK-008a",
        MACHINE,
        &[("ovf:fileRef=\"f2\"", ""), ("ovf:format", "vmw:format")],
    ),
    case(
        "DSK-009",
        MACHINE,
        &[(
            "ovf:populatedSize=\"4194304\"",
            "ovf:populatedSize=\"30000000000\"",
        )],
    ),
    case(
        "DSK-010",
        MACHINE,
        &[(
            "ovf:fileRef=\"f2\"",
            "ovf:fileRef=\"f2\" ovf:parentRef=\"d9\"",
        )],
    ),
    case(
        "DSK-010",
        MACHINE,
        &[(
            "ovf:fileRef=\"f2\"",
            "ovf:fileRef=\"f2\" ovf:parentRef=\"d2\"",
        )],
    ),
    case(
        "DSK-010",
        MACHINE,
        &[(
            "ovf:fileRef=\"f2\"",
            "ovf:fileRef=\"f2\" ovf:parentRef=\"d1\"",
        )],
    ),
    case(
        "DSK-011",
        MACHINE,
        &[(
            "ovf:fileRef=\"f2\"",
            "ovf:fileRef=\"f2\" ovf:parentRef=\"d1\"",
        )],
    ),
    case(
        "DSK-012",
        MACHINE,
        &[(
            "http://www.vmware.com/interfaces/specifications/vmdk.html",
            "http://example.com/format",
        )],
    ),
    case(
        "DSK-016",
        MACHINE,
        &[("ovf:capacity=\"20\"", "ovf:capacity=\"${port}\"")],
    ),
    case("DSK-020", MACHINE, &[("ovf:/disk/d2", "ovf:/disk/d1")]),
    case(
        "DSK-021",
        MACHINE,
        &[("ovf:diskId=\"d2\"", "ovf:diskId=\"d 2\"")],
    ),
    case(
        "DSK-024",
        SECOND,
        &[("ovf:readOnly=\"false\"", "ovf:readOnly=\"maybe\"")],
    ),
    case("DSK-025", MACHINE, &[("10737418240", "10737418752")]),
    case("DSK-025a", MACHINE, &[("10737418240", "10737418241")]),
    case(
        "DSK-027",
        MACHINE,
        &[(
            "ovf:fileRef=\"f1\"",
            "ovf:fileRef=\"f1\" ovf:parentRef=\"d2\"",
        )],
    ),
    case("DSK-028", SECOND, &[("SharedDisk ", "Other ")]),
    case(
        "DSK-029",
        MACHINE,
        &[
            ("ovf:fileRef=\"f1\"", "ovf:fileRef=\"f9\""),
            ("ovf:fileRef=\"f2\"", "ovf:fileRef=\"f1\""),
            ("ovf:fileRef=\"f9\"", "ovf:fileRef=\"f2\""),
        ],
    ),
    case("NET-001", MACHINE, &[("ovf:name=\"wan\"", "")]),
    case(
        "NET-002",
        MACHINE,
        &[("ovf:name=\"wan\"", "ovf:name=\"lan\"")],
    ),
    case(
        "NET-003",
        MACHINE,
        &[("ovf:name=\"wan\"", "ovf:name=\"dmz\"")],
    ),
    case(
        "NET-004",
        MACHINE,
        &[("<Description>The outside</Description>", "")],
    ),
    case("NET-005", MACHINE, &[(">wan<", ">lan<")]),
    case(
        "NET-006",
        MACHINE,
        &[(
            "The outside</Description>",
            "The outside</Description><NetworkPortProfile/>",
        )],
    ),
    case(
        "NET-008",
        MACHINE,
        &[(
            "<rasd:AutomaticAllocation>true",
            "<rasd:Address>00:50:56:00:00:01</rasd:Address><rasd:AutomaticAllocation>true",
        )],
    ),
    case(
        "NET-009",
        MACHINE,
        &[(
            "<rasd:AutomaticAllocation>true",
            "<rasd:Address>01:50:56:00:00:01</rasd:Address><rasd:AutomaticAllocation>true",
        )],
    ),
    case(
        "NET-009",
        MACHINE,
        &[(
            "<rasd:AutomaticAllocation>true",
            "<rasd:Address>none</rasd:Address><rasd:AutomaticAllocation>true",
        )],
    ),
    case("NET-010", MACHINE, &[(">wan<", "> wan<")]),
    case(
        "NET-011",
        SECOND,
        &[("<NetworkPortProfile>", "<NetworkPortProfile ovf:id='x'>")],
    ),
    case("NET-012", SECOND, &[("http://example.com/profile", "")]),
    case(
        "XSD-001",
        SECOND,
        &[("<Info>A</Info>", "<Info>A</Info><Info>A</Info>")],
    ),
    case(
        "XSD-002",
        SECOND,
        &[("<Info>A</Info>", "<Info>A</Info><Info>A</Info>")],
    ),
];
