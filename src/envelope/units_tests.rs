use super::*;

fn unit(text: &str) -> Unit {
    text.parse().unwrap()
}

#[test]
fn the_standards_spellings_are_strict() {
    let spellings = [
        ("byte", BaseUnit::Byte, 1),
        ("byte * 2^20", BaseUnit::Byte, 1 << 20),
        ("byte*2^30", BaseUnit::Byte, 1 << 30),
        ("byte * 1024", BaseUnit::Byte, 1024),
        ("byte * 10 * 2^20", BaseUnit::Byte, 10 << 20),
        ("byte\t*\n512", BaseUnit::Byte, 512),
        ("byte * 2^0", BaseUnit::Byte, 1),
        ("hertz * 10^6", BaseUnit::Hertz, 1_000_000),
        ("count", BaseUnit::Count, 1),
        ("percent", BaseUnit::Percent, 1),
    ];
    for (text, base, factor) in spellings {
        let unit = unit(text);
        assert_eq!((unit.base(), unit.factor()), (base, factor), "{text}");
        assert!(unit.is_strict(), "{text}");
    }
}

#[test]
fn loose_spellings_mean_the_same_but_are_not_strict() {
    let spellings = [
        ("byte * 2 ^ 20", "byte * 2^20"),
        ("byte * 2^ 30", "byte * 2^30"),
        (" byte", "byte"),
        ("byte ", "byte"),
        ("Bytes", "byte"),
        ("bytes*10^3", "byte * 10^3"),
        ("Hertz*10^9", "hertz * 10^9"),
        ("BYTE * 2^10", "byte * 2^10"),
        ("KiloBytes", "byte * 2^10"),
        ("MegaBytes", "byte * 2^20"),
        ("GigaBytes", "byte * 2^30"),
        ("TeraBytes", "byte * 2^40"),
        ("KB", "byte * 2^10"),
        ("MB", "byte * 2^20"),
        ("GB", "byte * 2^30"),
        ("TB", "byte * 2^40"),
        ("kilohertz", "hertz * 10^3"),
        ("MegaHertz", "hertz * 10^6"),
        ("GigaHertz", "hertz * 10^9"),
        ("MHz", "hertz * 10^6"),
        ("GHz", "hertz * 10^9"),
        ("Percent", "percent"),
    ];
    for (text, canonical) in spellings {
        assert_eq!(unit(text).to_string(), canonical, "{text}");
        assert_eq!(unit(text), unit(canonical), "{text}");
        assert!(!unit(text).is_strict(), "{text}");
    }
}

#[test]
fn what_is_displayed_is_strict_and_means_the_same() {
    for text in [
        "byte * 2^127",
        "byte * 10^38",
        "byte * 3 * 5",
        "hertz * 10",
        "MB",
    ] {
        let shown = unit(text).to_string();
        assert_eq!(unit(&shown), unit(text), "{shown}");
        assert!(unit(&shown).is_strict(), "{shown}");
    }
    assert_eq!(unit("byte * 3 * 5").to_string(), "byte * 15");
    assert_eq!(Unit::MEGAHERTZ.to_string(), "hertz * 10^6");
}

#[test]
fn other_texts_are_no_units() {
    let hostile = format!("byte{}", " * 9".repeat(100_000));
    let digits = format!("byte * {}", "9".repeat(100_000));
    for text in [
        "",
        "*",
        "byte *",
        "* 2^20",
        "byte * * 2",
        "byte 2^20",
        "byte * 2^",
        "byte * ^20",
        "byte * 2^2^2",
        "byte * -1",
        "byte * +1",
        "byte * 2^-10",
        "byte * 1.5",
        "byte * 0",
        "byte * 0^5",
        "byte / 8",
        "byte * 2^99999999999",
        "byte * 1^99999999999",
        "byte * 2^4294967295",
        "byte * 2^128",
        "byte * 2^64 * 2^64",
        "byte * ٢",
        "Processor Cores",
        "Mega Bytes",
        "${units}",
        &hostile,
        &digits,
    ] {
        assert_eq!(Unit::parse(text), None, "{text:.40}");
    }
    let error = "Ports".parse::<Unit>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Ports` is not a unit such as `byte * 2^20`"
    );
}

#[test]
fn a_huge_power_of_one_is_quick() {
    assert_eq!(unit("byte * 1^4294967295"), Unit::BYTE);
}

#[test]
fn scaling_is_exact_or_nothing() {
    assert_eq!(unit("byte * 2^30").scale(8), Some(8 << 30));
    assert_eq!(unit("byte * 2^60").scale(15), Some(15 << 60));
    assert_eq!(unit("byte * 2^60").scale(16), None);
    assert_eq!(unit("byte").scale(u64::MAX), Some(u64::MAX));
    assert_eq!(unit("byte * 2^127").scale(0), Some(0));
    assert_eq!(unit("byte * 2^127").scale(u64::MAX), None);
}

#[test]
fn capacities_are_in_bytes_unless_they_say_otherwise() {
    assert_eq!(capacity_in_bytes(4096, None), Some(4096));
    assert_eq!(
        capacity_in_bytes(16, Some("byte * 2^30")),
        Some(16_u64 << 30)
    );
    assert_eq!(capacity_in_bytes(16, Some("MegaBytes")), Some(16 << 20));
    assert_eq!(capacity_in_bytes(1 << 40, Some("byte * 2^30")), None);
    assert_eq!(capacity_in_bytes(16, Some("hertz")), None);
    assert_eq!(capacity_in_bytes(16, Some("")), None);
}

#[test]
fn memory_is_in_mebibytes_unless_it_says_otherwise() {
    assert_eq!(memory_in_bytes(512, None), Some(512 << 20));
    assert_eq!(memory_in_bytes(2, Some("byte * 2 ^ 30")), Some(2 << 30));
    assert_eq!(memory_in_bytes(4096, Some("byte")), Some(4096));
    assert_eq!(memory_in_bytes(512, Some("count")), None);
    assert_eq!(memory_in_bytes(u64::MAX, None), None);
}
