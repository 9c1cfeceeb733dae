//! Virtual systems, their sections, properties and deployment options.

use super::{COLLECTION, Case, MACHINE, SECOND, case};

pub(super) const CASES: &[Case] = &[
    case("ENV-012", MACHINE, &[("ovf:id=\"web\"", "")]),
    case("ENV-012", MACHINE, &[("<Info>A machine</Info>", "")]),
    case(
        "ENV-013",
        MACHINE,
        &[
            ("<Name>Web</Name>", ""),
            ("</VirtualSystem>", "<Name>Web</Name></VirtualSystem>"),
        ],
    ),
    case("ENV-013a", MACHINE, &[("<Info>Machine</Info>", "")]),
    case("ENV-014", COLLECTION, &[("ovf:id=\"b\"", "ovf:id=\"a\"")]),
    case(
        "ENV-014a",
        COLLECTION,
        &[("ovf:id=\"all\"", "ovf:id=\"a\"")],
    ),
    case("ENV-015", MACHINE, &[("<Info>Disks</Info>", "")]),
    case(
        "ENV-015",
        MACHINE,
        &[("<Info>Disks</Info>", "<Info>Disks</Info><Info/>")],
    ),
    case(
        "ENV-016",
        COLLECTION,
        &[(
            "</VirtualSystemCollection>",
            "<VirtualSystemCollection ovf:id='c'><Info/></VirtualSystemCollection></VirtualSystemCollection>",
        )],
    ),
    case(
        "ENV-024",
        MACHINE,
        &[(
            "</VirtualSystem>",
            "<VirtualSystem ovf:id='in'><Info/></VirtualSystem></VirtualSystem>",
        )],
    ),
    case("ENV-028", MACHINE, &[("<Name>Web</Name>", "<Name/>")]),
    case(
        "ENV-101",
        MACHINE,
        &[(
            "<Name>Web</Name>",
            "<Name>Web</Name><DiskSection><Info/></DiskSection>",
        )],
    ),
    case(
        "ENV-101",
        MACHINE,
        &[(
            "<DiskSection>",
            "<DiskSection><Info/></DiskSection><DiskSection>",
        )],
    ),
    case(
        "ENV-102",
        MACHINE,
        &[(
            "<Name>Web</Name>",
            "<Name>Web</Name><NetworkSection><Info/></NetworkSection>",
        )],
    ),
    case(
        "ENV-103",
        MACHINE,
        &[(
            "<Name>Web</Name>",
            "<Name>Web</Name><DeploymentOptionSection><Info/></DeploymentOptionSection>",
        )],
    ),
    case(
        "ENV-104",
        SECOND,
        &[(
            "<Info>A</Info>",
            "<Info>A</Info><SharedDiskSection><Info/></SharedDiskSection>",
        )],
    ),
    case(
        "ENV-105",
        SECOND,
        &[(
            "<Info>A</Info>",
            "<Info>A</Info><PlacementGroupSection><Info/></PlacementGroupSection>",
        )],
    ),
    case(
        "ENV-106",
        SECOND,
        &[(
            "<Info>A</Info>",
            "<Info>A</Info><EncryptionSection><Info/></EncryptionSection>",
        )],
    ),
    case(
        "ENV-107",
        MACHINE,
        &[(
            "<DiskSection>",
            "<VirtualHardwareSection><Info/></VirtualHardwareSection><DiskSection>",
        )],
    ),
    case(
        "ENV-108",
        MACHINE,
        &[(
            "<DiskSection>",
            "<OperatingSystemSection><Info/></OperatingSystemSection><DiskSection>",
        )],
    ),
    case(
        "ENV-109",
        MACHINE,
        &[(
            "<DiskSection>",
            "<InstallSection><Info/></InstallSection><DiskSection>",
        )],
    ),
    case(
        "ENV-110",
        SECOND,
        &[(
            "<Info>All</Info>",
            "<Info>All</Info><EnvironmentFilesSection><Info/></EnvironmentFilesSection>",
        )],
    ),
    case(
        "ENV-111",
        SECOND,
        &[(
            "<Info>All</Info>",
            "<Info>All</Info><BootDeviceSection><Info/></BootDeviceSection>",
        )],
    ),
    case(
        "ENV-112",
        SECOND,
        &[(
            "<NetworkSection>",
            "<PlacementSection><Info/></PlacementSection><NetworkSection>",
        )],
    ),
    case(
        "ENV-113",
        MACHINE,
        &[(
            "<DiskSection>",
            "<ProductSection><Info/></ProductSection><DiskSection>",
        )],
    ),
    case(
        "ENV-114",
        MACHINE,
        &[(
            "<DiskSection>",
            "<EulaSection><Info/></EulaSection><DiskSection>",
        )],
    ),
    case(
        "ENV-115",
        MACHINE,
        &[(
            "<DiskSection>",
            "<AnnotationSection><Info/></AnnotationSection><DiskSection>",
        )],
    ),
    case(
        "ENV-116",
        MACHINE,
        &[(
            "<DiskSection>",
            "<ResourceAllocationSection><Info/></ResourceAllocationSection><DiskSection>",
        )],
    ),
    case(
        "ENV-117",
        MACHINE,
        &[(
            "<DiskSection>",
            "<StartupSection><Info/></StartupSection><DiskSection>",
        )],
    ),
    case(
        "ENV-118",
        SECOND,
        &[(
            "<Info>A</Info>",
            "<Info>A</Info><ScaleOutSection><Info/></ScaleOutSection>",
        )],
    ),
    case("SEC-001", MACHINE, &[("ovf:id=\"94\"", "")]),
    case("SEC-001a", MACHINE, &[("ovf:id=\"94\"", "ovf:id=\"-100\"")]),
    case(
        "SEC-002",
        COLLECTION,
        &[("ovf:id=\"101\"", "ovf:id=\"113\"")],
    ),
    case("SEC-006", MACHINE, &[("<Annotation>Text</Annotation>", "")]),
    case("SEC-007", MACHINE, &[("<License>Text</License>", "")]),
    case(
        "SEC-008",
        MACHINE,
        &[("<License>Text</License>", "<License/>")],
    ),
    case("SEC-009", SECOND, &[("ovf:initialBootStopDelay=\"0\"", "")]),
    case(
        "SEC-009a",
        MACHINE,
        &[(
            "ovf:initialBootStopDelay=\"0\"",
            "ovf:initialBootStopDelay=\"long\"",
        )],
    ),
    case(
        "SEC-010",
        MACHINE,
        &[("OperatingSystemSection", "AnnotationSection")],
    ),
    case(
        "SEC-011",
        MACHINE,
        &[(
            "<Description ovf:msgid=\"os\">",
            "<vmw:Thing ovf:required='false'/><Description ovf:msgid=\"os\">",
        )],
    ),
    case(
        "PRD-001",
        MACHINE,
        &[
            ("<Product>Shop</Product>", ""),
            ("</AppUrl>", "</AppUrl><Product>Shop</Product>"),
        ],
    ),
    case(
        "PRD-002",
        MACHINE,
        &[(
            "<EulaSection>",
            "<ProductSection ovf:class='web'><Info/></ProductSection><EulaSection>",
        )],
    ),
    case("PRD-004", MACHINE, &[("ovf:key=\"port\"", "")]),
    case("PRD-004", MACHINE, &[("ovf:type=\"uint16\"", "")]),
    case(
        "PRD-005",
        MACHINE,
        &[("ovf:key=\"port\"", "ovf:key=\"host\"")],
    ),
    case(
        "PRD-006",
        MACHINE,
        &[("ovf:key=\"port\"", "ovf:key=\"web.port\"")],
    ),
    case(
        "PRD-007",
        MACHINE,
        &[("ovf:type=\"uint16\"", "ovf:type=\"nosuchtype\"")],
    ),
    case(
        "PRD-007a",
        MACHINE,
        &[("ovf:type=\"uint16\"", "ovf:type=\"int\"")],
    ),
    case(
        "PRD-008",
        MACHINE,
        &[("ovf:value=\"80\"", "ovf:value=\"70000\"")],
    ),
    case(
        "PRD-008",
        MACHINE,
        &[
            ("ovf:type=\"uint16\"", "ovf:type=\"sint8\""),
            ("ovf:value=\"80\"", "ovf:value=\"-129\""),
        ],
    ),
    case(
        "PRD-008a",
        MACHINE,
        &[(
            "ovf:type=\"boolean\" ovf:value=\"true\"",
            "ovf:type=\"boolean\" ovf:value=\"True\"",
        )],
    ),
    case("PRD-009", MACHINE, &[("MinLen(2),MaxLen(9)", "Longish(2)")]),
    case("PRD-009", MACHINE, &[("MinLen(2),MaxLen(9)", "MinLen(2")]),
    case(
        "PRD-010",
        MACHINE,
        &[("MinLen(2),MaxLen(9)", "MinLen(5),MaxLen(9)")],
    ),
    case(
        "PRD-010",
        MACHINE,
        &[(
            "MinLen(2),MaxLen(9)",
            "ValueMap{&quot;a&quot;,&quot;b&quot;}",
        )],
    ),
    case(
        "PRD-010",
        MACHINE,
        &[("MinLen(2),MaxLen(9)", "MinLen(9) MaxLen(2)")],
    ),
    case("PRD-012", MACHINE, &[("Ip('lan')", "Ip(&quot;dmz&quot;)")]),
    case(
        "PRD-013",
        MACHINE,
        &[(
            "ovf:userConfigurable=\"true\"",
            "ovf:userConfigurable=\"maybe\"",
        )],
    ),
    case(
        "PRD-016",
        MACHINE,
        &[("ovf:password=\"true\"", "ovf:password=\"yes\"")],
    ),
    case(
        "PRD-017",
        MACHINE,
        &[(
            "ovf:password=\"true\"",
            "ovf:password=\"true\" ovf:value=\"x\"",
        )],
    ),
    case(
        "PRD-018",
        MACHINE,
        &[(
            "<Value ovf:value=\"bigshop\" ovf:configuration=\"large\"/>",
            "<Value ovf:value=\"bigshop\" ovf:configuration=\"huge\"/>",
        )],
    ),
    case(
        "PRD-018",
        MACHINE,
        &[("<Value ovf:value=\"bigshop\"", "<Value")],
    ),
    case(
        "PRD-019",
        MACHINE,
        &[
            ("<Label>Host</Label>", ""),
            (
                "Its name</Description>",
                "Its name</Description><Label>Host</Label>",
            ),
        ],
    ),
    case(
        "PRD-020",
        MACHINE,
        &[("ovf:fileRef=\"f5\"", "ovf:fileRef=\"f9\"")],
    ),
    case(
        "PRD-020a",
        MACHINE,
        &[("ovf:width=\"16\"", "ovf:width=\"wide\"")],
    ),
    case(
        "PRD-021",
        MACHINE,
        &[("https://example.com/shop", "example")],
    ),
    case("PRD-022", MACHINE, &[("${web.host}", "${web.site}")]),
    case(
        "PRD-022a",
        MACHINE,
        &[("ovf:value=\"${host}\"", "ovf:value=\"${site}\"")],
    ),
    case(
        "PRD-023",
        SECOND,
        &[("ovf:configuration=\"big\"", "ovf:configuration=\"huge\"")],
    ),
    case(
        "PRD-024",
        MACHINE,
        &[(
            "<Category>Network</Category>",
            "<Category>Empty</Category><Category>Network</Category>",
        )],
    ),
    case("DEP-001", MACHINE, &[("<Label>Large</Label>", "")]),
    case(
        "DEP-001a",
        MACHINE,
        &[
            ("<Configuration ", "<Other "),
            ("</Configuration>", "</Other>"),
        ],
    ),
    case(
        "DEP-002",
        MACHINE,
        &[("ovf:id=\"large\"", "ovf:id=\"small\"")],
    ),
    case(
        "DEP-002",
        MACHINE,
        &[("ovf:id=\"large\"", "ovf:id=\"very large\"")],
    ),
    case(
        "DEP-003",
        MACHINE,
        &[("ovf:id=\"large\"", "ovf:id=\"large\" ovf:default=\"true\"")],
    ),
    case(
        "DEP-004",
        MACHINE,
        &[(
            "<Item ovf:configuration=\"large\">",
            "<Item ovf:configuration=\"huge\">",
        )],
    ),
    case(
        "DEP-006",
        MACHINE,
        &[(
            "<Item ovf:configuration=\"large\">",
            "<Item ovf:configuration=\"small large\">",
        )],
    ),
    case(
        "DEP-008",
        MACHINE,
        &[(
            "<Item><rasd:AllocationUnits>",
            "<Item ovf:configuration=\"large\"><rasd:AllocationUnits>",
        )],
    ),
    case("DEP-009", MACHINE, &[("ovf:configuration=\"large\"", "")]),
    case("COL-001", COLLECTION, &[("ovf:order=\"1\"", "")]),
];
