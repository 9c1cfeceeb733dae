//! Collections, translations, extensions.

use super::{COLLECTION, Case, MACHINE, SECOND, case};

pub(super) const CASES: &[Case] = &[
    case(
        "COL-001",
        COLLECTION,
        &[("ovf:order=\"1\"", "ovf:order=\"-1\"")],
    ),
    case(
        "COL-002",
        COLLECTION,
        &[("<Item ovf:id=\"b\"", "<Item ovf:id=\"c\"")],
    ),
    case(
        "COL-002",
        COLLECTION,
        &[("<Item ovf:id=\"b\"", "<Item ovf:id=\"a\"")],
    ),
    case(
        "COL-003",
        COLLECTION,
        &[("ovf:startDelay=\"10\"", "ovf:startDelay=\"-1\"")],
    ),
    case("COL-003a", COLLECTION, &[("guestShutdown", "suspend")]),
    case(
        "COL-006",
        COLLECTION,
        &[(
            "<rasd:Reservation>500</rasd:Reservation>",
            "<rasd:Parent>3</rasd:Parent>",
        )],
    ),
    case(
        "COL-007",
        MACHINE,
        &[
            ("VirtualSystem>", "VirtualSystemCollection>"),
            ("<VirtualSystem ", "<VirtualSystemCollection "),
        ],
    ),
    case(
        "COL-008",
        SECOND,
        &[("ovf:minimum=\"1\"", "ovf:minimum=\"9\"")],
    ),
    case(
        "COL-008",
        SECOND,
        &[(
            "<ScaleOutSection ovf:id=\"a\">",
            "<ScaleOutSection ovf:id=\"z\">",
        )],
    ),
    case("COL-009", SECOND, &[("ovf:policy=\"affinity\"", "")]),
    case(
        "COL-010",
        SECOND,
        &[("ovf:group=\"g1\"", "ovf:group=\"g2\"")],
    ),
    case(
        "COL-011",
        COLLECTION,
        &[("vmw:group=\"g1\"", "vmw:group=\"g2\"")],
    ),
    case(
        "COL-011",
        COLLECTION,
        &[(
            "<References/>",
            "<References/><vmw:TagBasedPlacementSection ovf:required=\"false\" vmw:group=\"g1\"><Info/></vmw:TagBasedPlacementSection>",
        )],
    ),
    case(
        "COL-011a",
        COLLECTION,
        &[(
            "<ovf2:ScaleOutSection ovf:required=\"false\"",
            "<ovf2:ScaleOutSection",
        )],
    ),
    case(
        "COL-012",
        COLLECTION,
        &[(
            "</VirtualSystemCollection>",
            "<VirtualSystemCollection ovf:id='c'><Info/><VirtualSystemCollection ovf:id='d'><Info/></VirtualSystemCollection></VirtualSystemCollection></VirtualSystemCollection>",
        )],
    ),
    case(
        "COL-013",
        SECOND,
        &[(
            "<InstanceCount ",
            "<InstanceCount ovf:default='1'/><InstanceCount ",
        )],
    ),
    case(
        "COL-101",
        SECOND,
        &[("<boots:InstanceID>4", "<boots:InstanceID>44")],
    ),
    case(
        "COL-103",
        SECOND,
        &[("ovf:path=\"init.txt\"", "ovf:path=\"../init.txt\"")],
    ),
    case(
        "COL-104",
        SECOND,
        &[("xenc:EncryptedKey", "xenc:EncryptedData")],
    ),
    case(
        "COL-105",
        COLLECTION,
        &[
            (
                "ovf2:ScaleOutSection ovf:required=\"false\" ovf2:id",
                "ScaleOutSection ovf:id",
            ),
            ("ovf2:ScaleOutSection", "ScaleOutSection"),
        ],
    ),
    case("COL-107", SECOND, &[("URI=\"#d\"", "")]),
    case(
        "I18N-001",
        MACHINE,
        &[("<References>", "<Strings xml:lang='fr'/><References>")],
    ),
    case(
        "I18N-001a",
        MACHINE,
        &[("<Strings xml:lang=\"de\">", "<Strings>")],
    ),
    case(
        "I18N-002",
        MACHINE,
        &[("<Msg ", "<Msg ovf:msgid='os'>Noch eins</Msg><Msg ")],
    ),
    case(
        "I18N-003",
        MACHINE,
        &[("<Name>", "<Name ovf:msgid='name'>")],
    ),
    case(
        "I18N-004",
        MACHINE,
        &[("<Msg ", "<Msg ovf:msgid='other'>Noch eins</Msg><Msg ")],
    ),
    case(
        "I18N-005",
        MACHINE,
        &[(
            "<Strings xml:lang=\"de\">",
            "<Strings xml:lang=\"de\" ovf:fileRef='f9'>",
        )],
    ),
    case(
        "I18N-006",
        MACHINE,
        &[(
            "<Strings xml:lang=\"de\">",
            "<Strings xml:lang=\"de\" ovf:fileRef='f5'>",
        )],
    ),
    case(
        "I18N-007",
        MACHINE,
        &[("<Strings ", "<Strings xml:lang='de'/><Strings ")],
    ),
    case(
        "I18N-008",
        MACHINE,
        &[("<EulaSection>", "<EulaSection ovf:msgid='os'>")],
    ),
    case(
        "I18N-009",
        SECOND,
        &[(
            "<Msg ovf:msgid=\"long\" ovf:fileRef=\"f2\"",
            "<Msg ovf:msgid=\"long\" ovf:fileRef=\"f9\"",
        )],
    ),
    case("EXT-001", MACHINE, &[("<Info>Boot</Info>", "")]),
    case(
        "EXT-002",
        MACHINE,
        &[(
            "<vmw:BootOrderSection ovf:required=\"false\"",
            "<vmw:BootOrderSection",
        )],
    ),
    case(
        "EXT-002a",
        MACHINE,
        &[(
            "<EulaSection>",
            "<x:Section xmlns:x='urn:x'><Info/></x:Section><EulaSection>",
        )],
    ),
    case(
        "EXT-003",
        MACHINE,
        &[(
            "<Disk ovf:diskId=\"d1\"",
            "<vmw:Thing/><Disk ovf:diskId=\"d1\"",
        )],
    ),
    case(
        "EXT-004",
        MACHINE,
        &[("<vmw:Config ovf:required=\"false\"", "<vmw:Config")],
    ),
    case(
        "EXT-005",
        MACHINE,
        &[("ovf:diskId=\"d1\"", "ovf:diskId=\"d1\" colour=\"red\"")],
    ),
    case(
        "EXT-006",
        MACHINE,
        &[("ovf:diskId=\"d1\"", "ovf:diskId=\"d1\" ovf:boot=\"true\"")],
    ),
    case(
        "EXT-006a",
        MACHINE,
        &[(
            "<DiskSection>",
            "<OtherSection ovf:required=\"false\"><Info/></OtherSection><DiskSection>",
        )],
    ),
    case(
        "EXT-009",
        MACHINE,
        &[("<vbox:Machine ovf:required=\"false\">", "<vbox:Machine>")],
    ),
    case(
        "EXT-011",
        MACHINE,
        &[("</DiskSection>", "<x:Thing/></DiskSection>")],
    ),
    case(
        "EXT-011a",
        MACHINE,
        &[("xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\"", "")],
    ),
    case("EXT-011b", MACHINE, &[("vmw:osType", "ovf:osType")]),
    case(
        "EXT-012",
        MACHINE,
        &[(
            "The outside</Description>",
            "The outside</Description><vmw:Thing/>",
        )],
    ),
    case(
        "EXT-013",
        MACHINE,
        &[("</DiskSection>", "<Thing xmlns=''/></DiskSection>")],
    ),
    case(
        "EXT-015",
        MACHINE,
        &[(
            "<DiskSection>",
            "<OtherSection><Info/></OtherSection><DiskSection>",
        )],
    ),
    case(
        "EXT-015",
        MACHINE,
        &[("<Product>Shop</Product>", "<Product>Shop</Product><Price/>")],
    ),
];
