//! Files for Ignition.

use super::*;

const CONFIG: &str = "{\"ignition\": {\"version\": \"3.4.0\"}}";

fn read(content: impl AsRef<[u8]>) -> Result<Ignition> {
    let scene = Scene::new();
    Ignition::read(&scene.file("config.ign", content))
}

fn made(cloud_init: Option<&CloudInit>, ignition: &Ignition) -> Result<Properties> {
    let request = Request {
        cloud_init,
        ignition: Some(ignition),
        machine: "a",
        mode: Mode::Properties,
        reader: &json,
    };
    match make(&request)? {
        Seed::Properties(properties) => Ok(properties),
        Seed::Image(_) => panic!("properties were asked for"),
    }
}

#[test]
fn a_config_becomes_two_properties() {
    for version in ["2.3.0", "3.0.0", "3.5.0-experimental"] {
        let content = CONFIG.replace("3.4.0", version);
        let ignition = read(&content).expect(version);
        assert_eq!(ignition.version(), version);
        let made = made(None, &ignition).expect("made");
        assert_eq!(
            decoded(&made, "guestinfo.ignition.config.data"),
            content.as_bytes()
        );
        let encoding = value(&made, "guestinfo.ignition.config.data.encoding");
        assert_eq!(encoding, Some("base64"));
        assert_eq!(made.properties.len(), 2);
        assert_eq!(made.transports, [Transport::GuestInfo]);
    }
}

#[test]
fn a_large_config_is_compressed() {
    let with = |length| format!("{{\"x\": {:?}, {}", noise(length), &CONFIG[1..]);
    let content = with(70_000);
    let ignition = read(&content).expect("read");
    let made_of = made(None, &ignition).expect("made");
    let encoding = value(&made_of, "guestinfo.ignition.config.data.encoding");
    assert_eq!(encoding, Some("gzip+base64"));
    let held = decoded(&made_of, "guestinfo.ignition.config.data");
    let mut inflated = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&held[..]);
    std::io::Read::read_to_string(&mut decoder, &mut inflated).expect("inflated");
    assert_eq!(inflated, content);

    let ignition = read(with(300_000)).expect("read");
    let error = made(None, &ignition).expect_err("long");
    let what = "the property `guestinfo.ignition.config.data` would have";
    told(
        &error,
        ErrorKind::LimitExceeded,
        what,
        "vSphere",
        "ignition.config.merge",
    );
    let error = read(vec![b' '; (4 << 20) + 1]).expect_err("large");
    told(
        &error,
        ErrorKind::LimitExceeded,
        "more than 4194304 bytes",
        "memory",
        "disk",
    );
}

#[test]
fn both_can_be_told_by_what_both_read() {
    let (_scene, cloud_init) = Scene::with(&[("user-data", "#cloud-config\n")]);
    let ignition = read(CONFIG).expect("read");
    let made = made(Some(&cloud_init), &ignition).expect("made");
    assert_eq!(made.properties.len(), 7);
    assert_eq!(made.transports, [Transport::GuestInfo]);
}

#[test]
fn no_image_is_made_for_it() {
    let ignition = read(CONFIG).expect("read");
    let request = Request {
        cloud_init: None,
        ignition: Some(&ignition),
        machine: "a",
        mode: Mode::SeedImage { time: 0 },
        reader: &json,
    };
    let error = make(&request).expect_err("no image");
    told(
        &error,
        ErrorKind::Unsupported,
        "no seed image is made for Ignition",
        "platform to platform",
        "as properties",
    );
    assert!(error.place().path.is_some());
}

#[test]
fn what_is_no_json_is_told_by_its_place() {
    let error = read("{\"ignition\":\n  {\"version\" \"3.4.0\"}}").expect_err("no JSON");
    let what = "config.ign: 2:14: the Ignition config is not JSON: expected `:`";
    told(&error, ErrorKind::Invalid, what, "nothing else", "butane");
    assert_eq!(error.place().line, Some((2, 14)));
    let excerpt = error.excerpt().expect("shown");
    assert_eq!(
        (&*excerpt.line, excerpt.indent),
        ("  {\"version\" \"3.4.0\"}}", 13)
    );
    let error = read("{\"ignition\": ").expect_err("cut");
    told(
        &error,
        ErrorKind::Invalid,
        "not JSON: EOF while parsing",
        "nothing else",
        "butane",
    );
    assert!(!error.to_string().contains("at line"), "{error}");
    let deep = "[".repeat(100_000);
    assert_eq!(read(deep).expect_err("deep").kind(), ErrorKind::Invalid);
}

#[test]
fn what_else_it_may_be_is_told() {
    let error = read("variant: fcos\nversion: 1.5.0\n").expect_err("Butane");
    told(
        &error,
        ErrorKind::Invalid,
        "Butane config",
        "",
        "butane --strict",
    );
    let error = read("# mine\nvariant: flatcar\n").expect_err("Butane");
    told(
        &error,
        ErrorKind::Invalid,
        "Butane config",
        "",
        "butane --strict",
    );
    let error = read("#cloud-config\n").expect_err("cloud-init");
    told(
        &error,
        ErrorKind::Invalid,
        "user-data for cloud-init",
        "",
        "user-data",
    );
    let error = read("\n").expect_err("empty");
    told(
        &error,
        ErrorKind::Invalid,
        "the Ignition config is empty",
        "",
        "leave it out",
    );
    let error = read(b"\"\xff\"").expect_err("Latin 1");
    told(
        &error,
        ErrorKind::Invalid,
        "the Ignition config is not UTF-8",
        "UTF-8",
        "UTF-8",
    );
    let scene = Scene::new();
    let error = Ignition::read(scene.path()).expect_err("a directory");
    told(&error, ErrorKind::Usage, "is a directory", "", "name");
}

#[test]
fn the_version_is_checked() {
    for none in ["{}", "[]", "7", "{\"ignition\": {}}", "{\"ignition\": 3}"] {
        let error = read(none).expect_err(none);
        told(
            &error,
            ErrorKind::Invalid,
            "does not tell its version",
            "does not know",
            "3.4.0",
        );
    }
    for (config, version) in [
        (CONFIG.replace("3.4.0", "1.0.0"), "1.0.0"),
        (CONFIG.replace("3.4.0", "3.4"), "3.4"),
        (CONFIG.replace("3.4.0", "3..0"), "3..0"),
        (CONFIG.replace("\"3.4.0\"", "3"), "3"),
        ("{\"ignitionVersion\": 1}".to_owned(), "1"),
    ] {
        let error = read(&config).expect_err(version);
        let what = format!("is of version `{version}`");
        told(
            &error,
            ErrorKind::Invalid,
            &what,
            "does not know",
            "2.x.y or 3.x.y",
        );
    }
}
