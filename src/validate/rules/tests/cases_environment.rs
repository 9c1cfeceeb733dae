//! Environment documents.

use super::{Case, ENVIRONMENT, case};

pub(super) const CASES: &[Case] = &[
    case(
        "OVE-001",
        ENVIRONMENT,
        &[("http://schemas.dmtf.org/ovf/environment/1", "urn:other")],
    ),
    case(
        "OVE-003",
        ENVIRONMENT,
        &[(
            "<Entity oe:id=\"cache\"/>",
            "<Entity oe:id=\"cache\"/><PropertySection/>",
        )],
    ),
    case(
        "OVE-004",
        ENVIRONMENT,
        &[("<Entity oe:id=\"cache\"/>", "<Entity/>")],
    ),
    case("OVE-004", ENVIRONMENT, &[("\"cache\"", "\"database\"")]),
    case(
        "OVE-005",
        ENVIRONMENT,
        &[
            ("<Locale>en</Locale>", ""),
            ("<Kind>", "<Locale>en</Locale><Kind>"),
        ],
    ),
    case(
        "OVE-005",
        ENVIRONMENT,
        &[("<Locale>", "<Locale>de</Locale><Locale>")],
    ),
    case("OVE-005", ENVIRONMENT, &[("-60", "CET")]),
    case("OVE-006", ENVIRONMENT, &[(" oe:value=\"shop\"", "")]),
    case("OVE-006", ENVIRONMENT, &[("\"db.name\"", "\"\"")]),
    case(
        "OVE-011",
        ENVIRONMENT,
        &[("oe:key=\"web.port\"", "key=\"web.port\"")],
    ),
    case("OVE-011", ENVIRONMENT, &[("<Entity oe:id", "<Entity id")]),
    case(
        "OVE-012",
        ENVIRONMENT,
        &[("<PropertySection>", "<PropertySection><Info/>")],
    ),
    case(
        "OVE-012",
        ENVIRONMENT,
        &[("<PlatformSection>", "<ve:First/><PlatformSection>")],
    ),
    case(
        "OVE-012",
        ENVIRONMENT,
        &[("oe:value=\"\"/>", "oe:value=\"\">text</Property>")],
    ),
];
