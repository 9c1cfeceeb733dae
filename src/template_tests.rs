use super::*;
use crate::envelope::cim::ResourceType;
use crate::envelope::vmw::Config;
use crate::envelope::{
    AnnotationSection, Capacity, Content, Disk, DiskSection, Entry, File, Item, NetworkSection,
    OperatingSystemSection, ProductSection, Property, Section, System, Text,
    VirtualHardwareSection, VirtualSystem,
};

#[expect(clippy::unnecessary_wraps, reason = "it fills optional fields")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn envelope(sections: Vec<Section>) -> Envelope {
    let system = VirtualSystem {
        id: "vm".to_owned(),
        info: "info".into(),
        sections,
        ..VirtualSystem::default()
    };
    Envelope {
        contents: vec![Content::VirtualSystem(system)],
        ..Envelope::default()
    }
}

/// An item with something in every field, and zero or nothing where that is allowed.
fn full_item() -> Item {
    Item {
        required: false,
        configuration: some("big"),
        bound: some("max"),
        address: some("00:50:56:00:00:01"),
        address_on_parent: some("0"),
        allocation_units: some("byte * 2^20"),
        automatic_allocation: Some(false),
        automatic_deallocation: Some(true),
        caption: some(""),
        connection: vec!["lan".to_owned(), " <wan>\r\n".to_owned()],
        consumer_visibility: Some(0),
        description: some("\"two\n\tlines\""),
        host_resource: vec!["ovf:/disk/a&b".to_owned()],
        limit: Some(u64::MAX),
        mapping_behavior: Some(2),
        other_resource_type: some("thing"),
        parent: some("3"),
        pool_id: some("pool"),
        reservation: Some(0),
        resource_sub_type: some("a b"),
        virtual_quantity: Some(0),
        virtual_quantity_units: some("count"),
        weight: Some(0),
        cores_per_socket: Some(2),
        storage_group: some("g"),
        configs: vec![
            Config::optional("a", "1\n2"),
            Config {
                key: String::new(),
                value: "\"'".to_owned(),
                required: true,
                ..Config::default()
            },
        ],
        ..Item::new("1".to_owned(), ResourceType(0), String::new())
    }
}

#[test]
fn every_field_survives() {
    let info = || Text::from("info");
    let mut full = envelope(vec![
        Section::OperatingSystemSection(OperatingSystemSection {
            info: info(),
            id: Some(0),
            version: some(""),
            os_type: some("x"),
            description: Some(" d ".into()),
            ..OperatingSystemSection::default()
        }),
        Section::VirtualHardwareSection(Box::new(VirtualHardwareSection {
            info: info(),
            id: some("first"),
            transport: vec!["iso".to_owned(), "com.vmware.guestInfo".to_owned()],
            system: Some(System {
                caption: some("c"),
                description: some("d"),
                element_name: "family".to_owned(),
                instance_id: "0".to_owned(),
                virtual_system_identifier: some("vm"),
                virtual_system_type: some("vmx-13 vmx-14"),
                ..System::default()
            }),
            items: vec![full_item()],
            configs: vec![Config::optional("firmware", "efi")],
            ..VirtualHardwareSection::default()
        })),
        Section::ProductSection(Box::new(ProductSection {
            info: info(),
            class: some("org.example"),
            instance: some("1"),
            product: Some("p".into()),
            vendor: Some("v".into()),
            version: some("1"),
            full_version: some("1.0"),
            product_url: some("http://p/?a&b"),
            vendor_url: some("http://v"),
            app_url: some("http://${ip}/"),
            entries: vec![
                Entry::Category("c".into()),
                Entry::Property(Box::new(Property {
                    key: "k".to_owned(),
                    value_type: "string".to_owned(),
                    qualifiers: some("MinLen(1)"),
                    user_configurable: false,
                    value: some(""),
                    password: true,
                    label: Some("l".into()),
                    description: Some("d".into()),
                    ..Property::default()
                })),
                Entry::Category("empty".into()),
            ],
            ..ProductSection::default()
        })),
        Section::ProductSection(Box::new(ProductSection {
            info: info(),
            ..ProductSection::default()
        })),
    ]);
    full.references.files.push(File {
        id: "f".to_owned(),
        href: "a b&c.vmdk".to_owned(),
        size: Some(0),
        compression: some("gzip"),
        chunk_size: Some(1),
        ..File::default()
    });
    full.sections.push(Section::DiskSection(DiskSection {
        info: info(),
        disks: vec![Disk {
            disk_id: "d".to_owned(),
            file_ref: some("f"),
            capacity: Capacity::Property("size".to_owned()),
            capacity_allocation_units: some("byte * 2^30"),
            format: some("http://x"),
            populated_size: Some(0),
            parent_ref: some("p"),
            ..Disk::default()
        }],
        ..DiskSection::default()
    }));
    full.sections.push(Section::NetworkSection(NetworkSection {
        info: info(),
        ..NetworkSection::default()
    }));
    let text = render(&full).expect("a faithful descriptor");
    assert_eq!(envelope::parse(&text).expect("readable"), full);
}

#[test]
fn an_empty_envelope_is_small() {
    let text = render(&envelope(Vec::new())).expect("a faithful descriptor");
    let (_, body) = text
        .split_once(".com/schema/ovf\">\n")
        .expect("the root element");
    let expected = "  <References>\n  </References>\n  <VirtualSystem ovf:id=\"vm\">\n    \
                    <Info>info</Info>\n  </VirtualSystem>\n</Envelope>\n";
    assert_eq!(body, expected);
}

#[test]
fn indentation_does_not_creep_into_texts() {
    let annotation = "one\n  two\n\nthree\n".to_owned();
    let section = AnnotationSection {
        info: "info".into(),
        annotation: annotation.into(),
        ..AnnotationSection::default()
    };
    let text = render(&envelope(vec![Section::AnnotationSection(section)])).expect("faithful");
    assert!(
        text.contains("\n      <Annotation>one\n  two\n\nthree\n</Annotation>\n"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_written_is_an_internal_error() {
    let mut impossible = envelope(Vec::new());
    impossible.contents.clear();
    impossible.lang = some("a\0b");
    let error = render(&impossible).expect_err("no XML");
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains("U+0000"), "{error}");
}

#[test]
fn a_difference_is_named() {
    let hardware = VirtualHardwareSection {
        info: "info".into(),
        transport: vec!["two words".to_owned()],
        ..VirtualHardwareSection::default()
    };
    let split = envelope(vec![Section::VirtualHardwareSection(Box::new(hardware))]);
    let error = render(&split).expect_err("a blank separates transports");
    let expected = "`contents[0].sections[0].transport` should be [\"two words\"] and reads \
                    back as [\"two\",\"words\"]";
    assert!(error.message().ends_with(expected), "{error}");
}
