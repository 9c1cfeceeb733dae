use super::*;
use crate::base::ErrorKind;
use crate::envelope::{Capacity, Content, Section};
use crate::xml::names::{ENVELOPE_0_9, ENVELOPE_1, ENVELOPE_2, RASD, VSSD};

/// A descriptor with `inside` in its virtual system.
fn descriptor(inside: &str) -> String {
    format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}'\n\
         xmlns:vmw='http://www.vmware.com/schema/ovf' xmlns:v='urn:v'>\n\
         <References/>\n<VirtualSystem ovf:id='vm'><Info>i</Info>\n{inside}\n\
         </VirtualSystem></Envelope>"
    )
}

fn fails(text: &str) -> crate::Error {
    parse(text).expect_err(text)
}

#[test]
fn the_prefix_does_not_matter() {
    let text = format!(
        "<o:Envelope xmlns:o='{ENVELOPE_1}'><o:References><o:File o:id='f' o:href='x'/>\
         </o:References><o:DiskSection><o:Info/><o:Disk o:diskId='d' o:capacity='${{size}}'/>\
         </o:DiskSection><o:VirtualSystem o:id='vm'><o:Info>i</o:Info></o:VirtualSystem>\
         </o:Envelope>"
    );
    let envelope = parse(&text).expect("a good descriptor");
    assert_eq!(envelope.references.files[0].href, "x");
    let disk = envelope.disks().next().expect("a disk");
    assert_eq!(disk.capacity, Capacity::Property("size".to_owned()));
}

/// The faults found in a descriptor with `inside` in its virtual system.
fn faults(inside: &str) -> Vec<String> {
    let reading = read(&descriptor(inside)).expect(inside);
    reading.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn what_the_model_does_not_know_is_kept() {
    let envelope = parse(&descriptor(
        "<v:Thing a='1'/><EulaSection v:x='1'><Info/><License>l</License><v:More/></EulaSection>",
    ))
    .expect("readable");
    let sections = &envelope.systems()[0].sections;
    let [Section::Other(thing), Section::EulaSection(eula)] = sections.as_slice() else {
        panic!("{sections:?}")
    };
    assert_eq!(thing.0.name.to_string(), "{urn:v}Thing");
    assert_eq!(eula.extra.attributes[0].0.to_string(), "{urn:v}x");
    assert_eq!(eula.extra.elements[0].name.to_string(), "{urn:v}More");
    assert_eq!(eula.license.text, "l");
}

#[test]
fn what_does_not_fit_is_a_fault_and_kept() {
    for (inside, fault) in [
        (
            "<EulaSection><License/></EulaSection>",
            "`ovf:EulaSection` has no `ovf:Info`",
        ),
        (
            "<EulaSection><Info/><License><b/></License></EulaSection>",
            "`ovf:License` is \"\", not text alone",
        ),
        (
            "<OperatingSystemSection><Info/></OperatingSystemSection>",
            "`ovf:OperatingSystemSection` has no attribute `ovf:id`",
        ),
        (
            "<OperatingSystemSection ovf:id='-1'><Info/></OperatingSystemSection>",
            "`ovf:id` is \"-1\", not a whole number in range",
        ),
        (
            "<EulaSection><Info/><License/><License/></EulaSection>",
            "`ovf:EulaSection` has more than one `ovf:License`",
        ),
        (
            "<EulaSection>x<Info/><License/></EulaSection>",
            "there is text between the elements of `ovf:EulaSection`",
        ),
        (
            "<VirtualHardwareSection><Info/><Item ovf:required='perhaps'/></VirtualHardwareSection>",
            "`ovf:required` is \"perhaps\", not `true` or `false`",
        ),
        (
            "<OperatingSystemSection id='1'><Info/></OperatingSystemSection>",
            "the attribute `ovf:id` on `ovf:OperatingSystemSection` has no prefix",
        ),
    ] {
        let found = faults(inside);
        assert_eq!(found.first().map(String::as_str), Some(fault), "{found:?}");
    }
}

#[test]
fn a_good_descriptor_has_no_fault() {
    assert_eq!(
        faults("<EulaSection><Info/><License/><v:x/></EulaSection>"),
        [""; 0]
    );
}

#[test]
fn sections_typed_by_an_attribute_are_lifted() {
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_0_9}' xmlns:o='{ENVELOPE_0_9}' \
         xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><References/>\
         <Section xsi:type='o:DiskSection_Type'><Info/><Disk o:diskId='d' o:capacity='1'/></Section>\
         <Content o:id='vm' xsi:type='o:VirtualSystem_Type'><Info/>\
         <Section xsi:type='o:AnnotationSection_Type'><Info/><Annotation>a</Annotation></Section>\
         </Content></Envelope>"
    );
    let reading = read(&text).expect("readable");
    assert_eq!(reading.envelope.version, Version::V0_9);
    assert_eq!(reading.envelope.disks().count(), 1);
    let [Content::VirtualSystem(system)] = reading.envelope.contents.as_slice() else {
        panic!("{:?}", reading.envelope.contents)
    };
    assert!(matches!(system.sections[0], Section::AnnotationSection(_)));
    assert!(reading.faults.is_empty(), "{:?}", reading.faults);
}

#[test]
fn other_documents_are_told_apart() {
    for (text, message) in [
        ("<domain/>".to_owned(), "the root element is `domain`"),
        (
            format!("<DiskSection xmlns='{ENVELOPE_2}'/>"),
            "the root element is `ovf:DiskSection`",
        ),
        (
            "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'/>".to_owned(),
            "`{http://schemas.xmlsoap.org/soap/envelope/}Envelope`",
        ),
    ] {
        let error = fails(&text);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(message), "{error}");
        assert_eq!(error.place().line, Some((1, 1)));
    }
}

#[test]
fn an_edition_yet_to_come_is_no_fault_of_the_file() {
    let error = fails("<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/3'/>");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("envelope/3"), "{error}");
}

#[test]
fn children_without_number_are_read_in_one_pass() {
    let host = "<rasd:HostResource ovf:x='1'>ovf:/disk/d</rasd:HostResource>";
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}' xmlns:rasd='{RASD}'>\
         <References>{}</References><VirtualSystem ovf:id='vm'><Info/>\
         <VirtualHardwareSection><Info/><Item>{}</Item></VirtualHardwareSection>\
         </VirtualSystem></Envelope>",
        "<File/>".repeat(90_000),
        host.repeat(90_000),
    );
    let envelope = parse(&text).expect("readable");
    assert_eq!(envelope.references.files.len(), 90_000);
    let systems = envelope.systems();
    let item = &systems[0].hardware().expect("hardware").items[0];
    let kept = item.extra.elements.len();
    assert_eq!(item.host_resource.len() + kept, 90_000);
    assert_eq!(item.extra.on_children.len(), item.host_resource.len());
    assert!(
        kept > 0,
        "templates look through the attributes of children"
    );
}

#[test]
fn elements_in_no_namespace_are_the_standards_where_only_the_root_is_in_one() {
    for ns in [
        ENVELOPE_0_9,
        ENVELOPE_1,
        "http://schemas.dmtf.org/ovf/envelope/1/",
    ] {
        let text = format!(
            "<o:Envelope xmlns:o='{ns}' xmlns:x='http://www.w3.org/2001/XMLSchema-instance'
            xmlns:s='{VSSD}' xmlns:r='{RASD}' xmlns:v='urn:v'>
            <References><File o:id='f' o:href='a.vmdk'/></References>
            <Section x:type='o:DiskSection_Type'><Info>i</Info><Disk o:diskId='d'/></Section>
            <Content x:type='o:VirtualSystem_Type' o:id='vm'><Info>i</Info>
            <Section x:type='o:VirtualHardwareSection_Type'><Info/><System>
            <s:InstanceId>7</s:InstanceId></System>
            <Item><r:BusNumber>3</r:BusNumber></Item></Section>
            <v:Own><Info>not ours</Info></v:Own></Content></o:Envelope>"
        );
        let envelope = parse(&text).expect("readable");
        assert_eq!(envelope.references.files.len(), 1, "{ns}");
        assert_eq!(envelope.disks().count(), 1, "{ns}");
        let systems = envelope.systems();
        let hardware = systems[0].hardware().expect("hardware");
        assert_eq!(hardware.system.as_ref().expect("a system").instance_id, "7");
        assert_eq!(hardware.items[0].address.as_deref(), Some("3"));
        let Some(Section::Other(own)) = systems[0].sections.last() else {
            panic!("{:?}", systems[0].sections)
        };
        let inner = own.0.elements().next().expect("a child");
        assert_eq!(inner.name, Name::new("", "Info"));
    }
    let foreign = format!("<Envelope xmlns='{ENVELOPE_1}'><Own xmlns=''/></Envelope>");
    let envelope = parse(&foreign).expect("readable");
    let Some(Section::Other(own)) = envelope.sections.first() else {
        panic!("{:?}", envelope.sections)
    };
    assert_eq!(own.0.name, Name::new("", "Own"));
}

#[test]
fn a_value_that_does_not_fit_is_one_fault() {
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}' xmlns:rasd='{RASD}'>
        <References/><VirtualSystem ovf:id='vm'><Info/><VirtualHardwareSection><Info/>
        <Item><rasd:ElementName>m</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID>
        <rasd:VirtualQuantity>many</rasd:VirtualQuantity></Item>
        </VirtualHardwareSection></VirtualSystem></Envelope>"
    );
    let faults = read(&text).expect("readable").faults;
    let [EnvelopeError::WrongValue { name, .. }] = &*faults else {
        panic!("{faults:?}")
    };
    assert_eq!(name, "rasd:VirtualQuantity");
}

#[test]
fn before_the_standard_the_caption_is_the_name() {
    for (ns, name) in [(ENVELOPE_0_9, "Disk 1"), (ENVELOPE_1, "")] {
        let text = format!(
            "<Envelope xmlns='{ns}' xmlns:r='{RASD}'><References/><VirtualSystem><Info/>\
             <VirtualHardwareSection><Info/><Item><r:Caption>Disk 1</r:Caption></Item>\
             </VirtualHardwareSection></VirtualSystem></Envelope>"
        );
        let envelope = parse(&text).expect("readable");
        let item = &envelope.systems()[0].hardware().expect("hardware").items[0];
        assert_eq!(item.element_name, name);
    }
}

#[test]
fn an_attribute_in_two_spellings_is_given_twice() {
    let error = fails(&format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:a='{ENVELOPE_2}' xmlns:b='{ENVELOPE_0_9}'>\n\
         <References/>\n<VirtualSystem a:id='vm' b:id='other'><Info/></VirtualSystem></Envelope>"
    ));
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.place().line, Some((3, 1)));
    assert!(
        error.message().contains("`ovf:id` is given twice"),
        "{error}"
    );
}
