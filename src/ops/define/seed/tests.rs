//! What definitions become, and what is wrong with some.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::base::ErrorKind;
use crate::ops::define::Files;
use crate::vm::Profile;
use crate::vm::definition::{Brief, Property};

const USER_DATA: (&str, &str) = ("user-data", "#cloud-config\n{}\n");
const IGNITION: (&str, &str) = ("c.ign", "{\"ignition\": {\"version\": \"3.4.0\"}}");

struct Scene(TempDir, Defined);

/// The definition `text`, with `files` beside it.
fn scene(text: &str, files: &[(&str, &str)]) -> Scene {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, content) in files.iter().chain(&[("vm.yaml", text)]) {
        fs::write(directory.path().join(name), content).expect("written");
    }
    let files = Files {
        paths: vec![directory.path().join("vm.yaml")],
        parameters: Vec::new(),
    };
    let defined = Defined::load(&files, |_| None).expect("a definition");
    Scene(directory, defined)
}

/// What a definition is for a target, with what is noted and what is wrong.
struct Made {
    definition: Definition,
    notes: Vec<String>,
    errors: Vec<Error>,
}

impl Scene {
    fn made_for(&self, target: &str) -> Made {
        let profile = Profile::named(target).expect(target);
        let (mut definition, _) = profile.adapt(&self.1.definition);
        let told = read(&self.1).expect("read");
        let mut seeding = Seeding::new(&profile, 0);
        seeding.apply(&told, &mut definition, &At::default());
        let problems = seeding.problems.into_iter();
        Made {
            definition,
            notes: seeding.notes,
            errors: problems.map(|problem| self.1.blame(problem)).collect(),
        }
    }

    /// What is wrong with the files.
    fn wrong(&self) -> Vec<Error> {
        let problems = read(&self.1).expect_err("wrong").into_iter();
        problems.map(|problem| self.1.blame(problem)).collect()
    }
}

impl Made {
    #[track_caller]
    fn sound(self) -> Definition {
        assert!(self.errors.is_empty(), "{:?}", self.errors);
        assert_eq!(self.notes, [""; 0]);
        self.definition
    }

    /// The one thing that is wrong.
    #[track_caller]
    fn error(mut self) -> Error {
        assert_eq!(self.errors.len(), 1, "{:?}", self.errors);
        self.errors.remove(0)
    }
}

fn property<'d>(definition: &'d Definition, key: &str) -> &'d Property {
    definition
        .properties
        .get(key)
        .map(|Brief(property)| property)
        .expect(key)
}

fn transport(definition: &Definition) -> Vec<&str> {
    let tokens = definition.transport.iter().flat_map(|list| list.iter());
    tokens.map(String::as_str).collect()
}

/// Checks where an error is told, and what it says.
#[track_caller]
fn told(error: &Error, file: &str, line: Option<u32>, what: &str) {
    let text = error.to_string();
    let place = error.place();
    let path = place.path.as_deref().expect(&text);
    assert!(path.ends_with(file), "{text}");
    assert_eq!(place.line.map(|(line, _)| line), line, "{text}");
    assert!(text.contains(what), "{text}");
    assert!(error.advice().is_some(), "{text}");
}

#[test]
fn each_target_has_its_way() {
    let scene = scene(
        "name: web\ndisks: [a.raw]\ncloud-init: user-data\n",
        &[USER_DATA],
    );
    for target in ["vsphere:6.7", "vsphere:8.0", "vcd"] {
        let made = scene.made_for(target).sound();
        assert_eq!(
            property(&made, "hostname").default,
            Some("web".into()),
            "{target}"
        );
        assert!(made.cdroms.is_empty(), "{target}");
        assert_eq!(transport(&made), ["com.vmware.guestInfo"], "{target}");
    }
    for target in ["portable", "esxi:8.0", "workstation", "virtualbox"] {
        let made = scene.made_for(target).sound();
        assert!(made.properties.is_empty(), "{target}");
        assert_eq!(made.cdroms.len(), 1, "{target}");
        assert_eq!(
            made.cdroms[0].image.as_deref(),
            Some("web-seed.iso"),
            "{target}"
        );
        let image = made.cdroms[0].content.as_deref().expect(target);
        assert_eq!(image[0x8001..0x8006], *b"CD001", "{target}");
    }
    for target in ["proxmox", "aws"] {
        let made = scene.made_for(target);
        assert!(made.errors.is_empty() && made.definition.cdroms.is_empty());
        assert!(
            made.notes[0].contains("on a CD is left out"),
            "{:?}",
            made.notes
        );
    }
}

#[test]
fn who_names_a_way_gets_it() {
    let with = |way: &str| {
        let text = format!("cloud-init: {{ user-data: user-data, as: {way} }}\n");
        scene(&text, &[USER_DATA])
    };
    let made = with("iso").made_for("vsphere").sound();
    assert_eq!(made.cdroms[0].image.as_deref(), Some("machine-seed.iso"));
    assert!(made.properties.is_empty());
    let made = with("properties").made_for("portable").sound();
    assert!(made.cdroms.is_empty());
    assert!(made.properties.contains_key("user-data"));
    for target in ["proxmox", "esxi"] {
        let error = with("properties").made_for(target).error();
        told(
            &error,
            "vm.yaml",
            Some(1),
            "does not take first-boot configuration as properties",
        );
        assert!(
            error
                .reason()
                .is_some_and(|reason| reason.contains("not hand them")),
            "{error}"
        );
        assert!(
            error
                .advice()
                .is_some_and(|help| help.contains("leave `as`")),
            "{error}"
        );
    }
}

#[test]
fn own_properties_keep_what_they_say() {
    let text = "\
cloud-init: user-data
properties:
  hostname: { label: Name, default: db }
  public-keys: { label: Key }
  user-data: { default: '', category: Mine }
  port: 80
";
    let made = scene(text, &[USER_DATA]).made_for("vsphere").sound();
    let keys: Vec<&String> = made.properties.keys().collect();
    let expected = [
        "hostname",
        "public-keys",
        "user-data",
        "port",
        "instance-id",
        "password",
    ];
    assert_eq!(keys, expected);
    let label = |key| {
        property(&made, key)
            .label
            .as_ref()
            .map(|label| label.text.as_str())
    };
    assert_eq!(property(&made, "hostname").default, Some("db".into()));
    assert_eq!(label("hostname"), Some("Name"));
    assert_eq!(property(&made, "public-keys").default, Some("".into()));
    assert_eq!(property(&made, "user-data").category, Some("Mine".into()));
    assert_eq!(
        property(&made, "user-data").default,
        Some("I2Nsb3VkLWNvbmZpZwp7fQo=".into())
    );
    assert_eq!(
        property(&made, "password").category,
        Some("First boot".into())
    );
    assert!(property(&made, "password").password);

    let text = "cloud-init: user-data\nproperties:\n  hostname: a\n  user-data: IyEvYmluL3NoCg==\n";
    let error = scene(text, &[USER_DATA]).made_for("vsphere").error();
    told(
        &error,
        "vm.yaml",
        Some(4),
        "the property `user-data` has a value",
    );
}

#[test]
fn keys_stay_plain_beside_products_with_a_class() {
    let classy = "product: { name: Web, class: com.example }\nproperties: { hostname: a }\n";
    let text = format!("cloud-init: user-data\n{classy}");
    let made = scene(&text, &[USER_DATA]).made_for("vsphere").sound();
    assert_eq!(made.properties.len(), 1);
    assert_eq!(made.product.len(), 2);
    assert!(made.product[1].class.is_none());
    assert!(made.product[1].properties.contains_key("hostname"));

    let plain =
        "product: { name: Web, properties: { hostname: a } }\nproperties: { user-data: '' }\n";
    let text = format!("cloud-init: user-data\n{plain}");
    let made = scene(&text, &[USER_DATA]).made_for("vsphere").sound();
    assert_eq!((made.product.len(), made.properties.len()), (1, 1));
    let own = &made.product[0].properties;
    assert_eq!(own["hostname"].default, Some("a".into()));
    assert!(own.contains_key("instance-id") && !own.contains_key("user-data"));
    assert!(
        property(&made, "user-data")
            .default
            .as_ref()
            .is_some_and(|value| !value.is_empty())
    );
}

#[test]
fn a_document_on_a_cd_needs_an_empty_drive() {
    let of = |more: &str| {
        let text = format!("cloud-init: user-data\n{more}\n");
        scene(&text, &[USER_DATA]).made_for("vsphere")
    };
    let both = ["com.vmware.guestInfo", "iso"];
    assert_eq!(transport(&of("cdroms: [{}]").sound()), both);
    assert_eq!(transport(&of("cdroms: [a.iso]").sound()), both[..1]);
    assert_eq!(transport(&of("transport: iso").sound()), both[1..]);
    let error = of("transport: [x]").error();
    told(&error, "vm.yaml", Some(2), "no transport brings the guest");
    let ignition = |more: &str| {
        let text = format!("ignition: c.ign\n{more}\n");
        scene(&text, &[IGNITION]).made_for("vsphere")
    };
    assert_eq!(transport(&ignition("cdroms: [{}]").sound()), both[..1]);
    let error = ignition("transport: iso").error();
    told(&error, "vm.yaml", Some(2), "no transport brings the guest");
}

#[test]
fn ignition_gets_properties_where_there_are_any() {
    let scene = scene("ignition: c.ign\n", &[IGNITION]);
    let made = scene.made_for("vsphere").sound();
    let key = "guestinfo.ignition.config.data";
    assert!(
        property(&made, key)
            .default
            .as_ref()
            .is_some_and(|value| !value.is_empty())
    );
    assert!(
        scene
            .made_for("portable")
            .sound()
            .properties
            .contains_key(key)
    );
    let made = scene.made_for("workstation");
    assert!(made.errors.is_empty() && made.definition.properties.contains_key(key));
    assert!(
        made.notes[0].contains("does not hand to guests"),
        "{:?}",
        made.notes
    );
    for target in ["virtualbox", "proxmox", "esxi"] {
        let made = scene.made_for(target);
        assert!(made.errors.is_empty() && made.definition.properties.is_empty());
        assert!(made.notes[0].contains("is left out"), "{:?}", made.notes);
    }
}

#[test]
fn each_machine_is_told_its_own() {
    let text = "\
machines:
  - { name: a, cloud-init: user-data }
  - { name: b }
  - { id: c, cloud-init: user-data, ignition: c.ign }
";
    let scene = scene(text, &[USER_DATA, IGNITION]);
    let made = scene.made_for("vsphere").sound();
    let names = made.machines.iter().map(|machine| {
        machine
            .properties
            .get("hostname")
            .and_then(|property| property.default.clone())
    });
    assert_eq!(
        names.collect::<Vec<_>>(),
        [Some("a".into()), None, Some("c".into())]
    );
    assert_eq!(transport(&made.machines[2]), ["com.vmware.guestInfo"]);
    let made = scene.made_for("portable").sound();
    assert_eq!(
        made.machines[2].cdroms[0].image.as_deref(),
        Some("c-seed.iso")
    );
    // Ignition has no other way.
    assert_eq!(made.machines[2].properties.len(), 2);
}

#[test]
fn what_cannot_be_read_is_told_where_it_is_named_and_all_at_once() {
    let text = "\
cloud-init:
  user-data: u
  meta-data: m
  vendor-data: user-data
ignition: i
machines:
  - { name: a, cloud-init: { as: iso } }
  - { name: b, ignition: b.bu }
";
    let files = [USER_DATA, ("m", ""), ("b.bu", "variant: fcos\n")];
    let errors = scene(text, &files).wrong();
    assert_eq!(errors.len(), 5, "{errors:?}");
    told(&errors[0], "vm.yaml", Some(2), "u: cannot read");
    told(&errors[1], "m", None, "meta-data is empty");
    told(&errors[2], "vm.yaml", Some(5), "i: cannot read");
    told(&errors[3], "vm.yaml", Some(7), "no user-data is named");
    told(&errors[4], "b.bu", None, "Butane");
    assert_eq!(errors[0].kind(), ErrorKind::Io);
}

#[test]
fn what_a_file_says_wrongly_is_told_there() {
    let text = "cloud-init: { user-data: user-data, meta-data: m.yaml, network-config: n }\n";
    for (meta_data, line, column, what) in [
        ("# x\n- a\n", 2, 1, "a list"),
        ("a: 1\na: 2\n", 2, 1, "`a`"),
        ("a:\n  - {b: ]\n", 2, 9, "not YAML"),
    ] {
        let files = [USER_DATA, ("m.yaml", meta_data), ("n", "version: 2\n")];
        let scene = scene(text, &files);
        for target in ["vsphere", "portable"] {
            let error = scene.made_for(target).error();
            told(&error, "m.yaml", Some(line), what);
            assert_eq!(error.place().line, Some((line, column)), "{error}");
            assert!(error.excerpt().is_some());
        }
    }
    // What has a meaning in definitions has none in others' files.
    let meta_data = "include: [1]\nparameters: ${x}\nlocal-hostname: ${y}\n";
    let files = [USER_DATA, ("m.yaml", meta_data), ("n", "a: ${b}\n")];
    let scene = scene(text, &files);
    assert_eq!(scene.made_for("portable").sound().cdroms.len(), 1);
    let error = scene.made_for("vsphere").error();
    told(
        &error,
        "m.yaml",
        None,
        "`include`, `parameters` of meta-data",
    );
    assert!(scene.0.path().join("m.yaml").exists());
}

#[test]
fn what_stands_beside_machines_is_for_none() {
    let scene = scene(
        "cloud-init: user-data\nmachines: [{ name: a }]\n",
        &[USER_DATA],
    );
    let made = scene.made_for("portable").sound();
    let profile = Profile::named("portable").expect("there");
    let problems = crate::vm::build(&made, &profile).expect_err("refused");
    let named = |problem: &Problem| problem.at.to_string() == "cloud-init";
    assert!(problems.iter().any(named), "{problems:?}");
}
