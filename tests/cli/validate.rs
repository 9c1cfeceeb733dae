//! `ovfkit validate` and `ovfkit explain`: what they tell, and how they end.

use serde_json::Value;

use crate::scene::Scene;
use crate::tar_file::Tar;

/// What the program ends with when it found errors.
const ERRORS_FOUND: i32 = 9;
/// What it ends with when it found warnings, and those are denied.
const WARNINGS_DENIED: i32 = 10;

/// A good descriptor.
pub(crate) const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References><File ovf:id="f1" ovf:href="disk.vmdk" ovf:size="1024"/></References>
  <DiskSection><Info>Disks</Info>
    <Disk ovf:diskId="d1" ovf:fileRef="f1" ovf:capacity="1048576" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="vm"><Info>A machine</Info>
    <OperatingSystemSection ovf:id="101"><Info>OS</Info></OperatingSystemSection>
    <VirtualHardwareSection><Info>Hardware</Info>
      <System><vssd:ElementName>Family</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID><vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType></System>
      <Item><rasd:ElementName>CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ElementName>RAM</rasd:ElementName><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>512</rasd:VirtualQuantity></Item>
      <Item><rasd:ElementName>SCSI</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceType>6</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>Disk</rasd:ElementName><rasd:HostResource>ovf:/disk/d1</rasd:HostResource><rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
"#;

/// A scene with `text` as the descriptor, and its file beside it.
fn scene(text: &str) -> Scene {
    let scene = Scene::new();
    scene.write("out/vm.ovf", text.as_bytes());
    scene.write("out/disk.vmdk", &[0; 1024]);
    scene
}

/// A disk that names another file, and an unusual name of the file.
fn bad() -> String {
    GOOD.replace("ovf:fileRef=\"f1\"", "ovf:fileRef=\"f2\"")
        .replace("ovf:size=\"1024\"", "")
}

#[test]
fn a_good_descriptor_has_no_fault() {
    let run = scene(GOOD).run(&["validate", "vm.ovf", "--strict"]);
    assert_eq!(run.status.code(), Some(0), "{}", run.stderr);
    assert_eq!(run.succeeded().text(), "vm.ovf: no fault found\n");
}

#[test]
fn a_finding_is_told_as_compilers_do() {
    let run = scene(&bad()).run(&["validate", "vm.ovf"]);
    assert_eq!(run.status.code(), Some(ERRORS_FOUND), "{}", run.stderr);
    let told = String::from_utf8(run.stdout).expect("UTF-8");
    let expected = "\
error[DSK-005]: a disk refers to a file that is not in References
   --> vm.ovf:8:27
    8 |     <Disk ovf:diskId=\"d1\" ovf:fileRef=\"f2\" ovf:capacity=\"1048576\" ovf:format=\"http://www.vmware.com/…
      |                           ^^^^^^^^^^^^^^^^ there is no file `f2`
    = DSP0243 1.1 §9.1; the disk has no content; VirtualBox and vSphere refuse the package
    = help: write the `ovf:id` of a `File`, or leave `ovf:fileRef` out for a blank disk
";
    assert!(told.contains(expected), "{told}");
    assert!(
        told.contains("warning[REF-008]: a file has no size\n"),
        "{told}"
    );
    assert!(told.ends_with("\nvm.ovf: 1 error, 2 warnings\n"), "{told}");
    assert!(run.stderr.is_empty() && !told.contains('\x1b'));
}

#[test]
fn rules_can_be_allowed() {
    let scene = scene(&bad());
    let allowed = [
        "validate", "vm.ovf", "--allow", "dsk-005", "--allow", "REF-016",
    ];
    let told = scene.run(&allowed).succeeded().text();
    assert!(told.ends_with("\nvm.ovf: 1 warning\n"), "{told}");
    let denied = [&allowed[..], &["--deny", "warnings"]].concat();
    assert_eq!(scene.run(&denied).status.code(), Some(WARNINGS_DENIED));
    scene.refuses(
        &["validate", "vm.ovf", "--allow", "DSK-999"],
        2,
        &["there is no rule `DSK-999`", "--allow", "explain --list"],
    );
}

#[test]
fn quiet_tells_errors_alone() {
    let run = scene(&bad()).run(&["validate", "vm.ovf", "-q"]);
    let told = String::from_utf8(run.stdout).expect("UTF-8");
    assert!(
        told.starts_with("error[DSK-005]") && !told.contains("warning"),
        "{told}"
    );
    assert!(!told.contains("1 error"), "{told}");
    let run = scene(GOOD).run(&["validate", "vm.ovf", "-q"]).succeeded();
    assert!(run.stdout.is_empty() && run.stderr.is_empty());
}

#[test]
fn files_beside_the_descriptor_are_looked_for() {
    let two = GOOD.replace(
        "</References>",
        "<File ovf:id=\"f2\" ovf:href=\"none.iso\" ovf:size=\"1\"/></References>",
    );
    let run = scene(&two).run(&["validate", "vm.ovf"]);
    let told = String::from_utf8(run.stdout).expect("UTF-8");
    assert!(
        told.contains("error[REF-006]") && told.contains("there is no `none.iso`"),
        "{told}"
    );
    let longer = scene(GOOD);
    longer.write("out/disk.vmdk", &[0; 1025]);
    let run = longer.run(&["validate", "vm.ovf"]);
    let told = String::from_utf8(run.stdout).expect("UTF-8");
    assert!(
        told.contains("error[REF-007b]") && told.contains("has 1025 bytes"),
        "{told}"
    );
}

#[test]
fn several_files_are_judged_and_counted() {
    let scene = scene(&bad());
    scene.write("out/good.ovf", GOOD.as_bytes());
    let run = scene.run(&["validate", "good.ovf", "none.ovf", "vm.ovf"]);
    assert_eq!(
        run.status.code(),
        Some(6),
        "what cannot be read comes first"
    );
    let told = String::from_utf8(run.stdout).expect("UTF-8");
    assert!(told.contains("good.ovf: no fault found\n"), "{told}");
    assert!(
        told.ends_with("all 2 files: 1 error, 2 warnings\n"),
        "{told}"
    );
    assert!(
        run.stderr.starts_with("error: cannot open"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_is_no_descriptor_is_a_finding() {
    for (text, rule) in [
        ("", "ENV-030"),
        ("<html>", "ENV-002"),
        ("<html/>", "ENV-001"),
        ("<!DOCTYPE a><a/>", "ENV-002"),
        ("qcow", "ENV-030"),
    ] {
        let run = scene(text).run(&["validate", "vm.ovf"]);
        assert_eq!(run.status.code(), Some(ERRORS_FOUND), "{text}");
        let told = String::from_utf8(run.stdout).expect("UTF-8");
        assert!(told.starts_with(&format!("error[{rule}]: ")), "{told}");
        assert!(told.ends_with("\nvm.ovf: 1 error\n"), "{told}");
    }
}

#[test]
fn the_json_has_all_that_is_told() {
    let run = scene(&bad()).run(&["validate", "vm.ovf", "--json"]);
    assert_eq!(run.status.code(), Some(ERRORS_FOUND));
    let json: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!((&json["errors"], &json["warnings"]), (&1.into(), &2.into()));
    let file = &json["files"][0];
    assert_eq!(
        (&file["file"], &file["version"]),
        (&"vm.ovf".into(), &"1.x".into())
    );
    let mut findings = file["findings"].as_array().expect("findings").iter();
    let found = findings
        .find(|one| one["rule"] == "DSK-005")
        .expect("the error");
    assert_eq!(found["severity"], "error");
    assert_eq!(found["label"], "there is no file `f2`");
    assert_eq!(
        (&found["region"]["line"], &found["region"]["column"]),
        (&8.into(), &27.into())
    );
}

#[test]
fn sarif_names_rules_and_regions() {
    let run = scene(&bad()).run(&["validate", "vm.ovf", "--sarif"]);
    assert_eq!(run.status.code(), Some(ERRORS_FOUND));
    let log: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let mut results = run["results"].as_array().expect("results").iter();
    let found = results
        .find(|one| one["ruleId"] == "DSK-005")
        .expect("the error");
    let index = usize::try_from(found["ruleIndex"].as_u64().expect("a number")).expect("small");
    assert_eq!(rules[index]["id"], "DSK-005");
    assert!(
        rules[index]["help"]["text"]
            .as_str()
            .is_some_and(|help| !help.is_empty())
    );
    let place = &found["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "vm.ovf");
    assert_eq!(
        (&place["region"]["startLine"], &place["region"]["endColumn"]),
        (&8.into(), &43.into())
    );
}

#[test]
fn the_verdict_of_the_schema_is_an_error_for_the_strict_alone() {
    let text = GOOD.replace(
        "<rasd:ElementName>SCSI</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID>",
        "<rasd:InstanceID>3</rasd:InstanceID><rasd:ElementName>SCSI</rasd:ElementName>",
    );
    let scene = scene(&text);
    let told = scene.run(&["validate", "vm.ovf"]).succeeded().text();
    assert!(told.starts_with("note[XSD-001]"), "{told}");
    let run = scene.run(&["validate", "vm.ovf", "--strict"]);
    assert_eq!(run.status.code(), Some(ERRORS_FOUND));
}

#[test]
fn a_rule_is_explained() {
    let scene = Scene::new();
    let told = scene.run(&["explain", "dsk-005"]).succeeded().text();
    for part in [
        "DSK-005: a disk refers",
        "severity",
        "error",
        "DSP0243 1.1 §9.1",
        "why",
        "help",
    ] {
        assert!(told.contains(part), "{told}");
    }
    let list = scene.run(&["explain", "--list"]).succeeded().text();
    assert!(list.lines().count() > 200, "{list}");
    assert!(
        list.contains("\nREF-008   warning  a file has no size\n"),
        "{list}"
    );
    scene.refuses(&["explain", "DSK-999"], 2, &["there is no rule `DSK-999`"]);
    scene.refuses(
        &["explain", "PKG-011"],
        2,
        &["`PKG-011` is not looked for", "is told by another rule"],
    );
}

#[test]
fn hostile_names_do_not_steer_the_terminal() {
    let text = GOOD.replace("ovf:fileRef=\"f1\"", "ovf:fileRef=\"&#x9b;31m\u{202E}\"");
    let run = scene(&text).run(&["validate", "vm.ovf"]);
    let told = String::from_utf8(run.stdout).expect("UTF-8");
    assert!(
        !told.contains('\u{9b}') && !told.contains('\u{202E}'),
        "{told}"
    );
}

#[test]
fn a_descriptor_in_a_package_is_judged_with_what_is_in_it() {
    let scene = Scene::new();
    for (length, code) in [(1024, 0), (1025, ERRORS_FOUND)] {
        let package = Tar::default().file("vm.ovf", GOOD.as_bytes());
        let package = package.file("disk.vmdk", &vec![0; length]);
        scene.write("out/vm.ova", &package.end());
        let run = scene.run(&["validate", "vm.ova"]);
        let told = String::from_utf8(run.stdout).expect("UTF-8");
        assert_eq!(run.status.code(), Some(code), "{told}");
        let place = told.contains("--> vm.ova:vm.ovf:6:54");
        assert_eq!(
            place && told.contains("has 1025 bytes"),
            code != 0,
            "{told}"
        );
    }
}
