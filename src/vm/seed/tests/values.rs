//! Properties for cloud-init.

use serde_json::json;

use super::*;

const USER_DATA: (&str, &str) = ("user-data", "#cloud-config\npackages: [vim]\n");

fn of(meta_data: &str) -> Result<Properties> {
    let (_scene, read) = Scene::with(&[USER_DATA, ("meta-data", meta_data)]);
    properties(&read)
}

#[test]
fn a_machine_without_meta_data_gets_some() {
    let (_scene, read) = Scene::with(&[USER_DATA]);
    let made = properties(&read).expect("made");
    let keys: Vec<&str> = made.properties.iter().map(|it| it.key).collect();
    let expected = [
        "instance-id",
        "hostname",
        "public-keys",
        "user-data",
        "password",
    ];
    assert_eq!(keys, expected);
    assert_eq!(value(&made, "hostname"), Some("web-01"));
    assert_eq!(value(&made, "public-keys"), Some(""));
    assert_eq!(decoded(&made, "user-data"), USER_DATA.1.as_bytes());
    let hidden: Vec<&str> = made
        .properties
        .iter()
        .filter(|it| it.password)
        .map(|it| it.key)
        .collect();
    assert_eq!(hidden, ["password"]);
    for property in &made.properties {
        assert!(property.user_configurable && property.value_type == "string");
        assert!(!property.label.is_empty() && !property.description.contains("  "));
    }
    let tokens: Vec<&str> = made.transports.iter().map(|way| way.token()).collect();
    assert_eq!(tokens, ["com.vmware.guestInfo", "iso"]);
}

#[test]
fn an_instance_is_told_by_all_it_is_given() {
    let identifier = |files: &[(&str, &str)], machine| {
        let (_scene, read) = Scene::with(files);
        let request = Request {
            machine,
            ..request(&read, Mode::Properties)
        };
        match make(&request).expect("made") {
            Seed::Properties(made) => value(&made, "instance-id").expect("there").to_owned(),
            Seed::Image(_) => unreachable!("properties were asked for"),
        }
    };
    let plain = identifier(&[USER_DATA], "a");
    assert_eq!(plain, identifier(&[USER_DATA], "a"));
    assert_eq!(plain.len(), "iid-".len() + 20);
    let others = [
        identifier(&[USER_DATA], "b"),
        identifier(&[("user-data", "#!/bin/sh\n")], "a"),
        identifier(&[USER_DATA, ("meta-data", "{}")], "a"),
        identifier(&[USER_DATA, ("network-config", "{}")], "a"),
    ];
    for (at, other) in others.iter().enumerate() {
        assert!(*other != plain && !others[..at].contains(other));
    }
}

#[test]
fn meta_data_is_told() {
    let made = of(
        "{\"instance-id\": 7, \"local-hostname\": \"Db.x\", \"public-keys\": [\"ssh-ed25519 A me\\n\"], \
         \"seedfrom\": \"https://example.org/\"}",
    );
    let made = made.expect("made");
    for (key, expected) in [
        ("instance-id", "7"),
        ("hostname", "Db.x"),
        ("public-keys", "ssh-ed25519 A me"),
        ("seedfrom", "https://example.org/"),
    ] {
        assert_eq!(value(&made, key), Some(expected));
    }
    let empty = of("{\"public-keys\": []}").expect("made");
    assert_eq!(value(&empty, "public-keys"), Some(""));
}

#[test]
fn meta_data_no_property_tells_is_refused() {
    let error = of("{\"dsmode\": \"net\", \"network\": {}}").expect_err("untold");
    let what = "`dsmode`, `network`";
    told(
        &error,
        ErrorKind::Unsupported,
        what,
        "OVF environment",
        "seed image",
    );
    assert!(
        error
            .place()
            .path
            .as_deref()
            .expect("told")
            .ends_with("meta-data")
    );
    for keys in ["[\"a\", \"b\"]", "\"a\\nb\""] {
        let error = of(&format!("{{\"public-keys\": {keys}}}")).expect_err(keys);
        let help = "ssh_authorized_keys";
        told(
            &error,
            ErrorKind::Unsupported,
            "has 2 public keys",
            "one key",
            help,
        );
    }
    for (wrong, key) in [
        ("{\"instance-id\": null}", "instance-id"),
        ("{\"hostname\": [\"a\"]}", "hostname"),
        ("{\"public-keys\": [{}]}", "public-keys"),
        ("{\"seedfrom\": true}", "seedfrom"),
    ] {
        let error = of(wrong).expect_err(wrong);
        told(
            &error,
            ErrorKind::Invalid,
            &format!("`{key}` of meta-data is no text"),
            "",
            "quotes",
        );
    }
    let error = of("{\"hostname\": \"a\\nb\"}").expect_err("two lines");
    told(
        &error,
        ErrorKind::Invalid,
        "`hostname` of meta-data holds a control",
        "line feed",
        "one line",
    );
    let long = format!("{{\"seedfrom\": \"{}\"}}", "x".repeat(65_536));
    let error = of(&long).expect_err("long");
    told(
        &error,
        ErrorKind::LimitExceeded,
        "65536 characters; 65535",
        "vSphere",
        "seed image",
    );
}

#[test]
fn what_has_to_be_a_map_is_one() {
    let wrong = [
        ("[1]", "a list"),
        ("7", "a number"),
        ("null", "nothing"),
        ("\"x\"", "a text"),
        ("true", "a boolean"),
    ];
    for (text, is) in wrong {
        for name in ["meta-data", "network-config"] {
            let (_scene, read) = Scene::with(&[USER_DATA, (name, text)]);
            let what = format!("{name} has to be a map, and is {is}");
            for error in [
                properties(&read).expect_err(text),
                image(&read, 0).expect_err(text),
            ] {
                told(&error, ErrorKind::Invalid, &what, "", "key: value");
                assert!(error.place().path.as_deref().expect("told").ends_with(name));
            }
        }
    }
    let error = of("{").expect_err("no YAML");
    assert!(
        error
            .place()
            .path
            .as_deref()
            .expect("told")
            .ends_with("meta-data")
    );
}

#[test]
fn a_network_is_told_below_its_key() {
    let wifi = "network: {version: 2}\n";
    for (text, below) in [
        ("{\"version\": 2}", "network:\n  {\"version\": 2}\n"),
        (
            "{\"network\": {\"version\": 2}}",
            "{\"network\": {\"version\": 2}}",
        ),
        // As cloud-init reads it, `no` is `false`.
        (
            "version: 2\r\nethernets:\r\n  a:\r\n\r\n    dhcp4: no\r\n",
            "network:\n  version: 2\n  ethernets:\n    a:\n\n      dhcp4: no\n",
        ),
        ("\u{feff}a: 1", "network:\n  a: 1\n"),
        (
            "# x\n%YAML 1.2\n--- # y\na: |\n ---\n",
            "network: # y\n  a: |\n   ---\n",
        ),
        (
            "--- {version: 2,\n a: 1}\n...\n",
            "network: {version: 2,\n   a: 1}\n",
        ),
        (wifi, wifi),
    ] {
        let (_scene, read) = Scene::with(&[USER_DATA, ("network-config", text)]);
        let reader = |_: &Path, text: &str| {
            let there = text.contains("network");
            Ok(if there {
                json!({ "network": {} })
            } else {
                json!({})
            })
        };
        let request = Request {
            reader: &reader,
            ..request(&read, Mode::Properties)
        };
        let Seed::Properties(made) = make(&request).expect("made") else {
            panic!("properties were asked for");
        };
        let told = String::from_utf8(decoded(&made, "network-config")).expect("text");
        assert_eq!(told, below);
    }
    let large = format!("{{\"version\": \"{}\"}}", "2".repeat(50_000));
    let (_scene, read) = Scene::with(&[USER_DATA, ("network-config", &large)]);
    let error = properties(&read).expect_err("long");
    let what = "the property `network-config` would have";
    told(
        &error,
        ErrorKind::LimitExceeded,
        what,
        "vSphere",
        "seed image",
    );
    image(&read, 0).expect("an image holds it");
}

#[test]
fn large_user_data_is_compressed() {
    let most = MAX_PROPERTY_VALUE / 4 * 3;
    for (length, compressed) in [(most, false), (most + 1, true), (70_000, true)] {
        let content = noise(length);
        let (_scene, read) = Scene::with(&[("user-data", &content)]);
        let made = properties(&read).expect("made");
        let told = decoded(&made, "user-data");
        assert_eq!(told.starts_with(&[0x1f, 0x8b]), compressed, "{length}");
        if compressed {
            let mut inflated = String::new();
            let mut decoder = flate2::read::GzDecoder::new(&told[..]);
            std::io::Read::read_to_string(&mut decoder, &mut inflated).expect("inflated");
            assert_eq!(inflated, content);
            // Neither flags, a name nor a time.
            assert_eq!(told[3..8], [0; 5]);
        }
        assert_eq!(properties(&read).expect("made"), made, "the same again");
    }
}

#[test]
fn what_is_large_when_compressed_is_refused() {
    let content = noise(300_000);
    let scene = Scene::new();
    for bytes in [content.clone().into_bytes(), gzip(content.as_bytes())] {
        let path = scene.file("user-data", &bytes);
        let read = CloudInit::from_files(&path, None, None, None).expect("read");
        let error = properties(&read).expect_err("long");
        let what = "the property `user-data` would have";
        told(
            &error,
            ErrorKind::LimitExceeded,
            what,
            "vSphere",
            "#include",
        );
        assert_eq!(error.place().path.as_deref(), Some(&*path));
        image(&read, 0).expect("an image holds it");
    }
}

#[test]
fn vendor_data_is_for_images() {
    let (_scene, read) = Scene::with(&[USER_DATA, ("vendor-data", "#cloud-config\n")]);
    let error = properties(&read).expect_err("untold");
    told(
        &error,
        ErrorKind::Unsupported,
        "vendor-data",
        "OVF environment",
        "seed image",
    );
    image(&read, 0).expect("an image holds it");
}

#[test]
fn something_is_asked_for() {
    for mode in [Mode::Properties, Mode::SeedImage { time: 0 }] {
        let request = Request {
            cloud_init: None,
            ignition: None,
            machine: "a",
            mode,
            reader: &json,
        };
        let error = make(&request).expect_err("nothing");
        told(
            &error,
            ErrorKind::Usage,
            "nothing to tell",
            "",
            "cloud-init or for Ignition",
        );
    }
}
