use super::*;
use crate::base::ErrorKind;
use crate::envelope::Capacity;

/// A descriptor with `inside` in its virtual system.
fn descriptor(inside: &str) -> String {
    format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}'\n\
         xmlns:vmw='http://www.vmware.com/schema/ovf' xmlns:v='urn:v'>\n\
         <References/>\n<VirtualSystem ovf:id='vm'><Info>i</Info>\n{inside}\n\
         </VirtualSystem></Envelope>"
    )
}

fn fails(text: &str) -> Error {
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
    assert_eq!(envelope.references[0].href, "x");
    let disk = envelope.disks().next().expect("a disk");
    assert_eq!(disk.capacity, Capacity::Property("size".to_owned()));
}

#[test]
fn what_the_model_does_not_know_is_named_with_its_place() {
    for (inside, message) in [
        (
            "<v:Thing/>",
            "ovfkit does not know `{urn:v}Thing` in `ovf:VirtualSystem`",
        ),
        (
            "<StartupSection/>",
            "ovfkit does not know `ovf:StartupSection` in `ovf:VirtualSystem`",
        ),
        (
            "<EulaSection v:x='1'><Info/><License/></EulaSection>",
            "ovfkit does not know the attribute `{urn:v}x` on `ovf:EulaSection`",
        ),
        (
            "<EulaSection><Info/><License><b/></License></EulaSection>",
            "ovfkit does not know `ovf:b` in `ovf:License`",
        ),
    ] {
        let error = fails(&descriptor(inside));
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.message(), message);
        assert_eq!(error.place().line.map(|(line, _)| line), Some(5), "{error}");
    }
}

#[test]
fn what_the_standard_requires_is_asked_for() {
    for (inside, message) in [
        (
            "<EulaSection><License/></EulaSection>",
            "`ovf:EulaSection` has no `ovf:Info`",
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
    ] {
        let error = fails(&descriptor(inside));
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Invalid, message)
        );
        assert_eq!(error.place().line.map(|(line, _)| line), Some(5), "{error}");
    }
}

#[test]
fn other_documents_are_told_apart() {
    for (text, kind, message) in [
        (
            "<domain/>".to_owned(),
            ErrorKind::Invalid,
            "the root element is `domain`",
        ),
        (
            format!("<Envelope xmlns='{ENVELOPE_2}'/>"),
            ErrorKind::Unsupported,
            "is OVF 2",
        ),
        (
            format!("<Envelope xmlns='{ENVELOPE_0_9}'/>"),
            ErrorKind::Unsupported,
            "is OVF 0.9",
        ),
        (
            format!("<Envelope xmlns='{ENVELOPE_1}'/>"),
            ErrorKind::Invalid,
            "`ovf:Envelope` has no `ovf:References`",
        ),
        (
            format!(
                "<Envelope xmlns='{ENVELOPE_1}'><References/><VirtualSystemCollection/></Envelope>"
            ),
            ErrorKind::Unsupported,
            "does not know `ovf:VirtualSystemCollection`",
        ),
    ] {
        let error = fails(&text);
        assert_eq!(error.kind(), kind);
        assert!(error.message().contains(message), "{error}");
    }
}
