//! Descriptors of representative machines, kept word for word in `golden/`.

use ovfkit::data::Loader;
use ovfkit::envelope::parse;
use ovfkit::template::render;
use ovfkit::vm::{Definition, FileFacts, Profile, build};

const GIB: u64 = 1 << 30;

/// A disk of `capacity` bytes, of which `populated` hold data.
fn disk(capacity: u64, populated: u64) -> FileFacts {
    FileFacts {
        size: populated / 3,
        capacity: Some(capacity),
        populated: Some(populated),
    }
}

/// A file of `size` bytes.
fn file(size: u64) -> FileFacts {
    FileFacts {
        size,
        capacity: None,
        populated: None,
    }
}

/// Compares the descriptor of the machine that `yaml` defines, whose files have `facts`, with
/// `golden/<name>.snap`.
fn compare(name: &str, yaml: &str, facts: &[FileFacts]) {
    let document = Loader::new().text("vm.yaml", yaml, None).load();
    let definition: Definition = document.expect("YAML").read().expect("a definition");
    let profile = Profile::named("portable").expect("built in");
    let appliance = build(&definition, &profile).expect("a machine without contradictions");
    assert_eq!(appliance.files.len(), facts.len());
    let envelope = appliance.measured(facts);
    let text = render(&envelope).expect("a faithful descriptor");
    assert!(text.ends_with("</Envelope>\n"));
    assert_eq!(parse(&text).expect("a readable descriptor"), envelope);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_linux_server_with_all_defaults() {
    let yaml = "{ name: web01, os: debian12, disks: [debian.qcow2] }";
    compare("debian-defaults", yaml, &[disk(20 * GIB, 2 * GIB)]);
}

#[test]
fn windows_11_with_secure_boot_and_a_cd() {
    let yaml = "
name: Desk 11
os: windows11
secure-boot: true
cpus: { count: 4, cores-per-socket: 2 }
hardware: vmx-19
disks: [windows.vmdk]
cdroms: [iso/drivers.iso]
nics: [Office]
";
    let facts = [disk(64 * GIB, 18 * GIB), file(700 << 20)];
    compare("windows11-secure-boot", yaml, &facts);
}

#[test]
fn an_appliance_with_product_properties_and_licence() {
    let yaml = r#"
name: appliance-2.1
os: ubuntu24.04
product: { name: 'Müller & Söhne "Box"', vendor: Müller <GmbH>, version: 2.1 }
annotation: "First line\n\tsecond & last line"
eula: { text: "1. Do good.\r\n\r\n2. Do no \"harm\".\r\n" }
properties:
  hostname: box
  motd: "hello\t\"you\"\nand 'you'"
  ssh_key: ''
disks: [{ image: system.raw, href: box-disk1.vmdk }, { image: data.raw, href: box-disk2.vmdk }]
cdroms: [seed.iso]
nics:
  - { model: vmxnet3, network: outside }
  - { model: e1000, network: inside }
  - { model: vmxnet3, network: outside }
"#;
    let facts = [disk(8 * GIB, GIB), disk(100 * GIB, 0), file(374_784)];
    compare("appliance", yaml, &facts);
}

#[test]
fn a_bsd_with_more_disks_than_one_adapter_holds() {
    let disks: Vec<String> = (1..=17).map(|n| format!("disk{n}.raw")).collect();
    let disks = disks.join(", ");
    let yaml = format!("{{ name: store, os: freebsd14, nics: [], disks: [{disks}] }}");
    compare("freebsd-many-disks", &yaml, &[disk(GIB, GIB / 2); 17]);
}

#[test]
fn nvme_disks_with_efi() {
    let yaml = "
name: fast
os: linux
controller: nvme
firmware: efi
hardware: vmx-21
disks: [fast.raw]
nics: [{ model: e1000e }]
";
    compare("nvme-efi", yaml, &[disk(10 * GIB + 512, 512)]);
}

#[test]
fn an_installer_that_has_no_disk_yet() {
    let yaml = "
name: installer
os: other
controller: ide
hardware: vmx-07
cdroms: [setup.iso]
nics: []
";
    compare("cd-only", yaml, &[file(1 << 20)]);
}
