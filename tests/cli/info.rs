//! `ovfkit info`: what it shows of a descriptor, and how choices are made.

use serde_json::Value;

use crate::scene::{Run, Scene, finish};
use crate::tar_file::Tar;
use ovfkit::base::digest::Algorithm;

/// Two deployment options, two languages, one of them in a file beside it.
const DESCRIPTOR: &str = r#"<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xml:lang="en-US"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:vmw="http://www.vmware.com/schema/ovf"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:id="f1" ovf:href="web-disk1.vmdk" ovf:size="4718592"/>
    <File ovf:id="f2" ovf:href="de.xml" ovf:size="300"/>
  </References>
  <DiskSection>
    <Info>Disks</Info>
    <Disk ovf:diskId="root" ovf:fileRef="f1" ovf:capacity="20"
        ovf:capacityAllocationUnits="byte * 2^30" ovf:populatedSize="9437184"
        ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
    <Disk ovf:diskId="data" ovf:capacity="10737418240"/>
  </DiskSection>
  <NetworkSection>
    <Info>Networks</Info>
    <Network ovf:name="lan"><Description>The inside</Description></Network>
  </NetworkSection>
  <DeploymentOptionSection>
    <Info>Sizes</Info>
    <Configuration ovf:id="small"><Label>Small</Label><Description>For a try</Description></Configuration>
    <Configuration ovf:id="large" ovf:default="true"><Label>Large</Label><Description>For work</Description></Configuration>
  </DeploymentOptionSection>
  <VirtualSystem ovf:id="web">
    <Info>A machine</Info>
    <Name>Web server</Name>
    <OperatingSystemSection ovf:id="94" vmw:osType="ubuntu64Guest"><Info>OS</Info></OperatingSystemSection>
    <VirtualHardwareSection ovf:transport="com.vmware.guestInfo iso">
      <Info>Hardware</Info>
      <System><vssd:ElementName>h</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID><vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType></System>
      <Item ovf:configuration="small"><rasd:ElementName>1 CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>
      <Item ovf:configuration="large"><rasd:ElementName>8 CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>8</rasd:VirtualQuantity><vmw:CoresPerSocket ovf:required="false">4</vmw:CoresPerSocket></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ElementName>RAM</rasd:ElementName><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>4096</rasd:VirtualQuantity></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:ElementName>SCSI</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>1</rasd:AddressOnParent><rasd:ElementName>b</rasd:ElementName><rasd:HostResource>ovf:/disk/data</rasd:HostResource><rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>a</rasd:ElementName><rasd:HostResource>ovf:/disk/root</rasd:HostResource><rasd:InstanceID>5</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item ovf:required="false"><rasd:ElementName>floppy</rasd:ElementName><rasd:InstanceID>6</rasd:InstanceID><rasd:ResourceType>14</rasd:ResourceType></Item>
      <Item><rasd:AutomaticAllocation>true</rasd:AutomaticAllocation><rasd:Connection>lan</rasd:Connection><rasd:ElementName>n</rasd:ElementName><rasd:InstanceID>7</rasd:InstanceID><rasd:ResourceSubType>VmxNet3</rasd:ResourceSubType><rasd:ResourceType>10</rasd:ResourceType></Item>
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>
    </VirtualHardwareSection>
    <AnnotationSection><Info>Note</Info><Annotation>First line
second line</Annotation></AnnotationSection>
    <ProductSection ovf:class="web">
      <Info>Product</Info><Product>Shop</Product><Vendor>ACME</Vendor><Version>1.2</Version>
      <Category ovf:msgid="net">Network</Category>
      <Property ovf:key="host" ovf:type="string" ovf:value="shop" ovf:userConfigurable="true"><Label ovf:msgid="host">Host name</Label></Property>
      <Property ovf:key="secret" ovf:type="string" ovf:value="s3cret" ovf:password="true" ovf:userConfigurable="true"/>
    </ProductSection>
    <EulaSection><Info>Terms</Info><License>one
two</License></EulaSection>
  </VirtualSystem>
  <Strings xml:lang="fr-FR"><Msg ovf:msgid="host">Nom</Msg></Strings>
  <Strings xml:lang="de-DE" ovf:fileRef="f2"/>
</Envelope>
"#;

const GERMAN: &str = r#"<Strings xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xml:lang="de-DE">
  <Msg ovf:msgid="net">Netz</Msg><Msg ovf:msgid="host">Rechnername</Msg>
</Strings>"#;

const SHOWN: &str = "\
vm.ovf: OVF 1.x, 1 machine, 2 disks, texts in en-US

deployment options (* shown here)
  small    Small  For a try
  * large  Large  For work

Web server (web)
  guest      Ubuntu (64-bit) (ubuntu64Guest, id 94)
  product    Shop 1.2, by ACME
  platform   vmx-13
  firmware   EFI
  hardware
  ├─ 8 CPUs, 4 a socket
  ├─ 4 GiB of memory
  ├─ SCSI controller 0, VirtualSCSI
  │  ├─ 0  disk, web-disk1.vmdk, 20 GiB
  │  └─ 1  disk, blank, 10 GiB
  ├─ floppy drive, empty (optional)
  └─ network adapter, VmxNet3, on \"lan\"
  properties, handed over by com.vmware.guestInfo, iso
    Network
    web.host    string  \"shop\"    Host name
    web.secret  string  (hidden)
  licence    Terms, 2 lines
  note       First line
             second line

files
  web-disk1.vmdk  4.50 MiB
  de.xml          300 bytes

disks
  root  20 GiB  9 MiB data  web-disk1.vmdk  streamOptimized
  data  10 GiB              blank

networks
  lan  The inside
";

/// What is shown besides where files lie beside the descriptor.
const BESIDE: &str = "
members
  vm.ovf  4.52 KiB
  de.xml  212 bytes

package
  form       OVF, files beside the descriptor
  manifest   none
  signature  none
";

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("out/vm.ovf", DESCRIPTOR.as_bytes());
    scene.write("out/de.xml", GERMAN.as_bytes());
    scene
}

fn json(scene: &Scene, arguments: &[&str]) -> Value {
    let all = [&["info", "vm.ovf", "--json"], arguments].concat();
    let run = scene.run(&all).succeeded();
    serde_json::from_str(&run.text()).expect("one JSON value")
}

#[test]
fn people_see_the_machine() {
    let run = scene().run(&["info", "vm.ovf"]).succeeded();
    assert_eq!(run.text(), [SHOWN, BESIDE].concat());
    assert_eq!(run.stderr, "");
}

#[test]
fn programs_get_sizes_in_bytes_and_the_values_as_they_are() {
    let view = json(&scene(), &[]);
    let machine = &view["machines"][0];
    assert_eq!(machine["memory"], 4_294_967_296_u64);
    assert_eq!(machine["cpus"], 8);
    let drives = &machine["controllers"][0]["drives"];
    assert_eq!(drives[0]["file"], "web-disk1.vmdk");
    assert_eq!(drives[1]["capacity"], 10_737_418_240_u64);
    assert_eq!(machine["properties"][1]["value"], "s3cret");
}

#[test]
fn another_option_and_language_are_chosen() {
    let scene = scene();
    let small = json(&scene, &["--configuration", "small", "--locale", "de"]);
    assert_eq!(small["configuration"], "small");
    let machine = &small["machines"][0];
    assert_eq!(machine["cpus"], 1);
    assert_eq!(machine["properties"][0]["category"], "Netz");
    assert_eq!(machine["properties"][0]["label"], "Rechnername");
    let french = json(&scene, &["--locale", "fr_FR"]);
    let property = &french["machines"][0]["properties"][0];
    assert_eq!(
        (&property["label"], &property["category"]),
        (&"Nom".into(), &"Network".into())
    );
}

#[test]
fn choices_there_are_not_are_named() {
    let scene = scene();
    let option = ["info", "vm.ovf", "--configuration", "huge"];
    scene.refuses(
        &option,
        2,
        &["`huge`", "where: --configuration", "small, large"],
    );
    let locale = ["info", "vm.ovf", "--locale", "nl"];
    scene.refuses(
        &locale,
        2,
        &["`nl`", "where: --locale", "it has: en-US, fr-FR, de-DE"],
    );
}

#[test]
fn translations_that_cannot_be_read_matter_only_to_who_asks_for_a_language() {
    let scene = scene();
    std::fs::remove_file(scene.path("out/de.xml")).expect("removed");
    let run = scene.run(&["info", "vm.ovf"]).succeeded();
    assert_eq!(run.text(), SHOWN);
    assert!(run.stderr.contains("de.xml: cannot open"), "{}", run.stderr);
    scene.refuses(&["info", "vm.ovf", "--locale", "de"], 6, &["de.xml"]);
}

#[test]
fn faults_are_told_with_their_line_and_stop_nothing() {
    let scene = scene();
    let faulty = DESCRIPTOR.replace("ovf:capacity=\"20\"", "ovf:capacity=\"twenty\"");
    scene.write("out/vm.ovf", faulty.as_bytes());
    let run = scene.run(&["info", "vm.ovf"]).succeeded();
    assert!(
        run.text().contains("disk, web-disk1.vmdk\n"),
        "{}",
        run.text()
    );
    let line = "warning: vm.ovf:13:5: `ovf:capacity` is \"twenty\", not ";
    assert!(run.stderr.starts_with(line), "{}", run.stderr);
}

#[test]
fn a_version_is_not_said_twice() {
    let scene = scene();
    for (version, description, shown) in [
        ("8", "CentOS 8 (64-bit)", "CentOS 8 (64-bit) (u"),
        ("8", "CentOS", "CentOS 8 (u"),
        ("8", "Debian 18", "Debian 18 8 (u"),
    ] {
        let descriptor = DESCRIPTOR
            .replace(
                "vmw:osType=",
                &format!("ovf:version=\"{version}\" vmw:osType="),
            )
            .replace(
                "<Info>OS</Info>",
                &format!("<Info/><Description>{description}</Description>"),
            );
        scene.write("out/vm.ovf", descriptor.as_bytes());
        let text = scene.run(&["info", "vm.ovf"]).succeeded().text();
        assert!(text.contains(&format!("guest      {shown}")), "{text}");
    }
}

#[test]
fn texts_of_several_lines_are_shown_on_one_and_nothing_without_a_heading() {
    let scene = scene();
    let member = |name: &str, text: &str| format!("<rasd:{name}>{text}</rasd:{name}>");
    let item = ["ElementName", "InstanceID", "ResourceType"];
    let item = item.iter().zip(["\n Some\n card ", "8", "24"]);
    let item: String = item.map(|(name, text)| member(name, text)).collect();
    let descriptor = DESCRIPTOR
        .replace("<Name>Web server</Name>", "<Name>\n  web\n</Name>")
        .replace("<vmw:Config ", &format!("<Item>{item}</Item><vmw:Config "))
        .replace(
            "</Envelope>",
            "<VirtualSystem ovf:id=' b '><Info/><Name>b</Name></VirtualSystem></Envelope>",
        );
    scene.write("out/vm.ovf", descriptor.as_bytes());
    let text = scene.run(&["info", "vm.ovf"]).succeeded().text();
    assert!(text.contains("\nweb\n  guest"), "{text}");
    assert!(text.contains("\n  └─ Some card\n"), "{text}");
    assert!(text.contains("\n\nb\n\nfiles\n"), "{text}");
}

/// What is at fault beside the descriptor has a line too, and is none of its faults.
#[test]
fn of_many_faults_the_first_are_told() {
    let scene = scene();
    let faulty = "<Disk ovf:diskId=\"x\" ovf:capacity=\"much\"/>";
    for (faults, note) in [
        (10, ""),
        (11, "note: there is 1 more fault\n"),
        (14, "note: there are 4 more faults\n"),
    ] {
        let disks = faulty.repeat(faults) + "</DiskSection>";
        let descriptor = DESCRIPTOR.replace("</DiskSection>", &disks);
        scene.write("out/vm.ovf", descriptor.as_bytes());
        scene.write("out/de.xml", b"<Strings");
        let run = scene.run(&["info", "vm.ovf"]).succeeded();
        let told = run.stderr.matches("\"much\", not ").count();
        assert_eq!(told, 10, "{}", run.stderr);
        assert!(run.stderr.contains("de.xml:1:1: "), "{}", run.stderr);
        let notes = run.stderr.split_inclusive('\n');
        let notes: String = notes.filter(|line| line.starts_with("note")).collect();
        assert_eq!(notes, note);
    }
}

#[test]
fn the_descriptor_can_come_from_standard_input() {
    let scene = scene();
    let mut command = scene.command(&["info", "-"]);
    let file = std::fs::File::open(scene.path("out/vm.ovf")).expect("open");
    let child = command.stdin(file).spawn().expect("the program runs");
    let run = crate::scene::finish(child).succeeded();
    assert!(
        run.text().starts_with("(standard input): OVF 1.x"),
        "{}",
        run.text()
    );
    // There is no directory in which the German texts could be.
    assert!(run.stderr.contains("de.xml"), "{}", run.stderr);
    assert!(
        run.stderr.contains("warning: (standard input): "),
        "{}",
        run.stderr
    );
}

/// A package with everything `DESCRIPTOR` refers to but the disk.
fn package() -> Vec<u8> {
    let (token, digest) = ("SHA256", Algorithm::Sha256.digest(DESCRIPTOR.as_bytes()));
    let manifest = format!("{token}(vm.ovf)= {digest}\n{token}(gone.vmdk)= {digest}\n");
    Tar::default()
        .file("vm.ovf", DESCRIPTOR.as_bytes())
        .file("vm.mf", manifest.as_bytes())
        .file("de.xml", GERMAN.as_bytes())
        .end()
}

/// What comes of `arguments` with the file `name` as standard input.
fn piped(scene: &Scene, name: &str, arguments: &[&str]) -> Run {
    let file = std::fs::File::open(scene.path(name)).expect("open");
    let child = scene.command(arguments).stdin(file).spawn();
    finish(child.expect("the program runs"))
}

#[test]
fn a_package_is_looked_into() {
    let scene = Scene::new();
    scene.write("out/vm.img", &package());
    let run = scene.run(&["info", "vm.img"]).succeeded();
    let around = "
members
  vm.ovf  4.52 KiB   sha256 DIGEST…
  vm.mf   165 bytes
  de.xml  212 bytes

package
  form       OVA, tar (ustar)
  manifest   vm.mf, SHA256, does not list de.xml, lists gone.vmdk in vain
  signature  none
";
    let shown = SHOWN.replacen("vm.ovf: ", "vm.img: ", 1);
    let digest = Algorithm::Sha256.digest(DESCRIPTOR.as_bytes());
    let around = around.replace("DIGEST", &digest[..16]);
    assert_eq!(run.text(), shown + &around);
    assert_eq!(run.stderr, "");
}

#[test]
fn programs_get_the_package_and_translations_come_from_inside() {
    let scene = Scene::new();
    scene.write("out/vm.ovf", &package());
    let packed = zstd::encode_all(package().as_slice(), 1).expect("memory");
    scene.write("out/vm.zst", &packed);
    let arguments = ["info", "-", "--json", "--locale", "de"];
    let file = json(&scene, &["--locale", "de"]);
    for (name, wrapper) in [("out/vm.ovf", Value::Null), ("out/vm.zst", "zstd".into())] {
        let text = piped(&scene, name, &arguments).succeeded().text();
        let mut view: Value = serde_json::from_str(&text).expect("one JSON value");
        assert_eq!(view["package"]["wrapper"], wrapper);
        view["package"]["wrapper"] = Value::Null;
        assert_eq!(view, file);
    }
    assert_eq!(file["machines"][0]["properties"][0]["label"], "Rechnername");
    let package = &file["package"];
    assert_eq!(package["form"], "ova");
    assert_eq!(package["members"][0]["listed"], true);
    assert_eq!(package["members"][1]["listed"], Value::Null);
    assert_eq!(package["members"][2]["listed"], false);
    assert_eq!(package["members"][2]["size"], GERMAN.len());
    assert_eq!(package["manifest"]["complete"], false);
    assert_eq!(package["certificate"], Value::Null);
}

#[test]
fn disks_are_told_by_their_headers_and_with_deep_by_all_that_is_on_them() {
    let scene = Scene::new();
    let disk = scene.path("in/disk.raw");
    let disk = disk.to_str().expect("text");
    scene.run(&["pack", disk, "-o", "vm.ova"]).succeeded();
    let view = |arguments: &[&str]| -> Value {
        let all = [&["info", "vm.ova", "--json"], arguments].concat();
        let text = scene.run(&all).succeeded().text();
        serde_json::from_str(&text).expect("one JSON value")
    };
    let member = |view: &Value, part: &str| view["package"]["members"][1][part].clone();
    let seen = member(&view(&[]), "disk");
    assert_eq!(seen["format"], "vmdk");
    assert_eq!(seen["variant"], "streamOptimized");
    assert_eq!(seen["capacity"], 300_032);
    assert_eq!(
        (&seen["data"], &seen["sound"]),
        (&Value::Null, &Value::Null)
    );
    let deep = view(&["--deep"]);
    assert_eq!(member(&deep, "disk")["sound"], true);
    assert!(
        member(&deep, "disk")["data"].as_u64() >= Some(65536),
        "{deep}"
    );
    assert_eq!(member(&deep, "digest")["holds"], true);
    let text = scene.run(&["info", "vm.ova", "--deep"]).succeeded().text();
    for part in [
        "disk files",
        "vmdk, streamoptimized",
        ":1",
        "sound",
        "as the manifest says",
    ] {
        assert!(text.to_lowercase().contains(part), "{part}: {text}");
    }
    // A byte of the disk, and the file is not the one that is listed.
    let mut package = std::fs::read(scene.path("out/vm.ova")).expect("a package");
    let middle = package.len() / 2;
    package[middle] ^= 1;
    scene.write("out/vm.ova", &package);
    let damaged = view(&["--deep"]);
    assert_eq!(member(&damaged, "digest")["holds"], false);
    let run = piped(&scene, "out/vm.ova", &["info", "--deep", "-"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        run.stderr.contains("cannot be read twice"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_descriptor_with_nothing_beside_it_is_alone() {
    let scene = Scene::new();
    scene.write("out/vm.ovf", DESCRIPTOR.as_bytes());
    assert_eq!(json(&scene, &[])["package"], Value::Null);
    let text = piped(&scene, "out/vm.ovf", &["info", "-", "--json"]).text();
    let view: Value = serde_json::from_str(&text).expect("one JSON value");
    assert_eq!(view["package"], Value::Null);
    // Its directory is a package, be it a poor one.
    let run = scene.run(&["info", ".", "--json"]).succeeded();
    let view: Value = serde_json::from_str(&run.text()).expect("one JSON value");
    assert_eq!(view["package"]["members"][0]["name"], "vm.ovf");
}

#[test]
fn other_commands_read_the_descriptor_of_a_package() {
    let scene = Scene::new();
    scene.write("in/vm.ova", &package());
    let run = scene
        .run(&["rewrite", "../in/vm.ova", "--locale", "de"])
        .succeeded();
    assert!(run.text().contains("Rechnername"), "{}", run.text());
    let run = scene.run(&["environment", "../in/vm.ova"]).succeeded();
    assert!(run.text().contains("web.host"), "{}", run.text());
    let poor = Tar::default().file("vm.ovf", DESCRIPTOR.as_bytes()).end();
    scene.write("in/vm.ova", &poor);
    let german = ["rewrite", "../in/vm.ova", "--locale", "de"];
    scene.refuses(
        &german,
        3,
        &["`de.xml` are not in the package", "../in/vm.ova, de.xml"],
    );
    let faulty = DESCRIPTOR.replace("ovf:capacity=\"20\"", "ovf:capacity=\"twenty\"");
    scene.write(
        "in/vm.ova",
        &Tar::default().file("a/vm.ovf", faulty.as_bytes()).end(),
    );
    let run = scene.run(&["info", "../in/vm.ova"]).succeeded();
    assert!(
        run.stderr.contains("warning: ../in/vm.ova:a/vm.ovf:13:"),
        "{}",
        run.stderr
    );
}
