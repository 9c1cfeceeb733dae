//! What a guest is told, from files and names at random: nothing panics, what is taken comes
//! out as it went in, and what is made keeps to the limits.

use std::fs;
use std::path::Path;

use base64ct::{Base64, Encoding as _};
use ovfkit::base::{Error, Result};
use ovfkit::vm::seed::{
    CloudInit, Ignition, MAX_PROPERTY_VALUE, Mode, Properties, Request, Seed, make,
};
use proptest::prelude::*;
use serde_json::Value;

fn read_json(_: &Path, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::usage(error.to_string()))
}

/// Bytes that begin as user-data does, more or less.
fn user_data() -> impl Strategy<Value = Vec<u8>> {
    let front = prop_oneof![
        Just("#cloud-config\n"),
        Just("#!"),
        Just("## template: jinja\n"),
        Just("## template: jinja"),
        Just("MIME-Version: 1.0\n"),
        Just("\u{1f}\u{fffd}"),
        Just(" \r\n"),
        Just("{\"ignition\": {\"version\": \""),
        Just(""),
    ];
    let rest = prop_oneof![
        "\\PC{0,40}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..100),
    ];
    (front, rest).prop_map(|(front, rest)| [front.as_bytes(), &rest].concat())
}

/// What `key` holds.
fn value<'a>(made: &'a Properties, key: &str) -> &'a str {
    let mut properties = made.properties.iter();
    &properties
        .find(|property| property.key == key)
        .unwrap()
        .value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_taken_comes_out_as_it_went_in(user_data in user_data(), machine in "\\PC{0,80}") {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("user-data");
        fs::write(&path, &user_data).unwrap();
        if let Err(error) = Ignition::read(&path) {
            prop_assert!(error.place().path.is_some() && error.advice().is_some());
        }
        let cloud_init = match CloudInit::from_files(&path, None, None, None) {
            Ok(cloud_init) => cloud_init,
            Err(error) => {
                prop_assert!(error.place().path.is_some() && error.advice().is_some());
                return Ok(());
            }
        };
        let of = |mode| make(&Request {
            cloud_init: Some(&cloud_init),
            ignition: None,
            machine: &machine,
            mode,
            reader: &read_json,
        }).unwrap();
        let (Seed::Properties(made), Seed::Image(image)) =
            (of(Mode::Properties), of(Mode::SeedImage { time: 0 }))
        else {
            unreachable!("each was asked for");
        };
        let held = Base64::decode_vec(value(&made, "user-data")).unwrap();
        prop_assert_eq!(&held, &user_data);
        prop_assert!(made.properties.iter().all(|it| it.value.len() <= MAX_PROPERTY_VALUE));
        prop_assert!(image.windows(user_data.len()).any(|window| window == user_data));
        let host = value(&made, "hostname");
        let is_label = |label: &str| {
            let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(inner)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        prop_assert!(host.is_empty() || host.len() <= 253 && host.split('.').all(is_label));
        // The same name in the image, where there is one.
        let line = format!("local-hostname: \"{host}\"\n");
        let there = image.windows(line.len()).any(|window| window == line.as_bytes());
        prop_assert_eq!(there, !host.is_empty());
    }
}
