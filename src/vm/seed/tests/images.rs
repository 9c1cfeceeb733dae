//! Seed images, by what is in their bytes; what other programs make of them is tested by
//! `tests/oracles_seed.rs`.

use super::*;

const FILES: [(&str, &str); 3] = [
    ("user-data", "#cloud-config\npackages: [vim]\n"),
    ("network-config", "{\"version\": 2}"),
    ("vendor-data", "#!/bin/sh\n"),
];

fn contains(image: &[u8], bytes: &[u8]) -> bool {
    image.windows(bytes.len()).any(|window| window == bytes)
}

#[test]
fn equal_input_gives_equal_bytes() {
    let (_scene, read) = Scene::with(&FILES);
    let made = image(&read, 1_700_000_000).expect("made");
    assert_eq!(image(&read, 1_700_000_000).expect("made"), made);
    assert_ne!(image(&read, 1_700_000_001).expect("made"), made);
    assert!(contains(&made, b"2023111422132000"), "its date");
    assert_eq!(&made[0x8001..0x8006], b"CD001");
    assert_eq!(made.len() % 2048, 0);
    let blocks = u32::from_le_bytes(made[0x8050..0x8054].try_into().expect("four"));
    assert_eq!(
        made.len(),
        2048 * blocks as usize,
        "nothing is missing at its end"
    );
}

#[test]
fn the_volume_has_the_name_cloud_init_looks_for() {
    let (_scene, read) = Scene::with(&FILES);
    let made = image(&read, 0).expect("made");
    assert_eq!(&made[0x8028..0x8048], b"CIDATA                          ");
}

#[test]
fn meta_data_is_made_where_there_is_none() {
    let (_scene, read) = Scene::with(&FILES);
    let made = image(&read, 0).expect("made");
    assert!(contains(&made, b"\nlocal-hostname: \"web-01\"\n"));
    assert!(contains(&made, b"instance-id: \"iid-"));
    let given = (
        "meta-data",
        "{\"instance-id\": \"mine\", \"dsmode\": \"net\"}",
    );
    let (_scene, read) = Scene::with(&[FILES[0], given]);
    let made = image(&read, 0).expect("made");
    assert!(contains(&made, given.1.as_bytes()));
    assert!(!contains(&made, b"local-hostname"));
}

#[test]
fn times_are_those_an_image_can_hold() {
    let (_scene, read) = Scene::with(&FILES);
    image(&read, 5_869_583_999).expect("the last second of 2155");
    for late in [5_869_584_000, u64::MAX] {
        let error = image(&read, late).expect_err("late");
        let what = format!("a time of {late} seconds");
        told(
            &error,
            ErrorKind::Usage,
            &what,
            "from 1900",
            "SOURCE_DATE_EPOCH",
        );
    }
}
