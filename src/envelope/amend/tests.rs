//! Changes made in a descriptor somebody wrote by hand.

use super::amend;

const ENVELOPE: &str = "xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" \
    xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\" \
    xmlns:rasd=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData\"";

/// The descriptor whose root holds `inside`.
fn envelope(inside: &str) -> String {
    format!("<Envelope {ENVELOPE}>{inside}</Envelope>")
}

/// What becomes of `original` by the change from `before` to `after`.
fn amended(original: &str, before: &str, after: &str) -> String {
    let made = amend(&envelope(original), &envelope(before), &envelope(after)).expect("amended");
    let inside = made
        .strip_prefix(&format!("<Envelope {ENVELOPE}"))
        .and_then(|rest| rest.strip_suffix("</Envelope>"));
    inside.expect(&made).trim_start_matches('>').to_owned()
}

fn item(id: &str, members: &str) -> String {
    format!("<Item><rasd:InstanceID>{id}</rasd:InstanceID>{members}</Item>")
}

#[test]
fn what_did_not_change_stays_as_it_is() {
    let original = "\n  <!-- 1 --><References/>\n  <NetworkSection>\n    <!-- 2 -->\n    <Info>Nets</Info>\
        \n    <Network ovf:name='a' x='1'/> <!-- 3 -->\n    <Network ovf:name='b'>\n      \
        <Description>B</Description>\n    </Network>\n  </NetworkSection>\n";
    let network = |name: &str, about: &str| {
        format!("<Network ovf:name=\"{name}\"><Description>{about}</Description></Network>")
    };
    let section = |networks: &[String]| {
        let networks = networks.concat();
        format!("<References/><NetworkSection><Info>Networks</Info>{networks}</NetworkSection>")
    };
    let (a, b) = (network("a", ""), network("b", "B"));
    let before = section(&[a.clone(), b.clone()]);
    assert_eq!(amended(original, &before, &before), original);
    let after = section(&[a.clone(), network("b", "B 2 &amp; 3"), network("c", "C")]);
    let expected = original.replace(">B<", ">B 2 &amp; 3<").replace(
        "    </Network>\n",
        "    </Network>\n    <Network ovf:name=\"c\">\n      <Description>C</Description>\n    \
         </Network>\n",
    );
    assert_eq!(amended(original, &before, &after), expected);
    let expected = original.replace("\n    <Network ovf:name='a' x='1'/>", "");
    assert_eq!(amended(original, &before, &section(&[b])), expected);
}

#[test]
fn a_quantity_changes_with_its_unit() {
    let memory = |unit: &str, count: u32| {
        item(
            "2",
            &format!(
                "<rasd:AllocationUnits>{unit}</rasd:AllocationUnits><rasd:ResourceType>4\
                 </rasd:ResourceType><rasd:VirtualQuantity>{count}</rasd:VirtualQuantity>"
            ),
        )
    };
    let made = amended(
        &memory("GigaBytes", 2),
        &memory("byte * 2^20", 2048),
        &memory("byte * 2^20", 4096),
    );
    assert_eq!(made, memory("byte * 2^20", 4096));
    let disk = |rest: &str| format!("<DiskSection><Disk ovf:diskId=\"d\" {rest}/></DiskSection>");
    let made = amended(
        &disk("ovf:capacity=\"8589934592\""),
        &disk("ovf:capacity=\"8\" ovf:capacityAllocationUnits=\"byte * 2^30\""),
        &disk("ovf:capacity=\"9\" ovf:capacityAllocationUnits=\"byte * 2^30\""),
    );
    assert_eq!(
        made,
        disk("ovf:capacity=\"9\" ovf:capacityAllocationUnits=\"byte * 2^30\"")
    );
}

#[test]
fn items_of_one_device_change_together() {
    let cpus = |option: &str, count: u32| {
        format!(
            "<Item{option}><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3\
             </rasd:ResourceType><rasd:VirtualQuantity>{count}</rasd:VirtualQuantity></Item>"
        )
    };
    let in_option = |option: &str, count| cpus(&format!(" ovf:configuration=\"{option}\""), count);
    let hardware =
        |items: &str| format!("<VirtualHardwareSection>{items}</VirtualHardwareSection>");
    // One usual item and one for an option are as good as one for each.
    let original = cpus("", 1) + "<!-- kept -->" + &in_option("b", 2) + &item("9", "<x/>");
    let before = in_option("a", 1) + &in_option("b", 2);
    let after = in_option("a", 1) + &in_option("b", 4);
    let made = amended(&hardware(&original), &hardware(&before), &hardware(&after));
    assert_eq!(
        made,
        hardware(&(in_option("a", 1) + &in_option("b", 4) + "<!-- kept -->" + &item("9", "<x/>")))
    );
    // Where each option has one already, no other is touched.
    let original = in_option("a", 1) + "<!-- kept -->" + &in_option("b", 2);
    let made = amended(&hardware(&original), &hardware(&before), &hardware(&after));
    assert_eq!(made, hardware(&original.replace(">2<", ">4<")));
}

#[test]
fn other_editions_are_refused() {
    for (namespace, inside) in [
        ("http://schemas.dmtf.org/ovf/envelope/2", "<References/>"),
        ("http://schemas.dmtf.org/ovf/envelope/1", "<Section/>"),
        (
            "http://schemas.dmtf.org/ovf/envelope/1",
            "<References xmlns=''/>",
        ),
    ] {
        let original = format!("<Envelope xmlns=\"{namespace}\">{inside}</Envelope>");
        let error = amend(&original, &original, &original).expect_err(&original);
        assert!(error.message().contains("none of OVF 1.x"), "{error}");
    }
}
