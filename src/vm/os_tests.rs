use std::collections::HashSet;

use super::*;

fn os(text: &str) -> GuestOs {
    text.parse().expect(text)
}

#[test]
fn case_and_separators_do_not_matter() {
    for text in [
        "ubuntu24.04",
        "ubuntu-24.04",
        "Ubuntu_24_04",
        "UBUNTU 24.04",
        "ubuntu2404",
    ] {
        let os = os(text);
        assert_eq!(os.name, "ubuntu24.04");
        assert_eq!(
            (os.cim_id, os.version.as_deref(), &*os.os_type),
            (94, Some("24.04"), "ubuntu64Guest")
        );
    }
    assert_eq!(os("Windows-Server-2022"), os("windows2022"));
    assert_eq!(os("win2012R2").name, "windows2012r2");
    assert_eq!(os("Red Hat Enterprise Linux 9"), os("rhel9"));
    assert_eq!(os("openSUSE-Leap-15.6").version.as_deref(), Some("15.6"));
}

#[test]
fn a_point_release_is_its_release() {
    assert_eq!(os("rhel9.4"), os("rhel9"));
    assert_eq!(os("debian-12.5"), os("debian12"));
    assert_eq!(os("freebsd14.1").os_type, "freebsd14_64Guest");
    assert_eq!(os("ubuntu-24.04.1-LTS"), os("ubuntu24.04"));
    assert_eq!(os("windows-10-pro"), os("windows10"));
    assert_eq!(os("ubuntu23.10").name, "ubuntu23.10");
}

#[test]
fn a_version_nobody_listed_is_kept_where_it_changes_nothing() {
    let fedora = os("fedora43");
    assert_eq!(
        (fedora.version.as_deref(), &*fedora.os_type),
        (Some("43"), "fedora64Guest")
    );
    assert_eq!(fedora.description, "Fedora Linux 43 (64-bit)");
    assert!("fedora4x".parse::<GuestOs>().is_err());
}

#[test]
fn newer_windows_gets_the_neutral_id_and_a_telling_description() {
    for (name, description) in [
        ("windows10", "Microsoft Windows 10 (64-bit)"),
        ("windows2019", "Microsoft Windows 2019 Server (64-bit)"),
        ("windows2012r2", "Microsoft Windows 2012 R2 Server (64-bit)"),
    ] {
        assert_eq!(
            (os(name).cim_id, os(name).description.as_str()),
            (102, description)
        );
    }
    assert_eq!(os("windows2008r2").cim_id, 103);
}

#[test]
fn every_listed_name_is_read_back() {
    let mut names = HashSet::new();
    for listed in all() {
        assert_eq!(os(&listed.name), listed);
        assert!(!listed.os_type.is_empty(), "{listed}");
        assert!(
            names.insert(listed.name.clone()),
            "{listed} is listed twice"
        );
    }
}

#[test]
fn the_default_is_the_generic_linux() {
    assert_eq!(os("linux"), GuestOs::default());
}

#[test]
fn unknown_names_are_met_with_suggestions() {
    for (typed, suggestion) in [
        ("ubunto", "`ubuntu`"),
        ("debain12", "`debian12`"),
        ("haiku", "use `linux`"),
        ("debian99", "`debian12` or `debian13`"),
        ("windows", "`windows2022`"),
        ("windows99", "`windows2022`"),
        ("", "use `linux`"),
        ("12", "use `linux`"),
    ] {
        let error = typed.parse::<GuestOs>().expect_err(typed);
        assert_eq!(error.kind(), crate::base::ErrorKind::Usage);
        let help = error.advice().expect("help").to_lowercase();
        assert!(help.contains(suggestion), "{typed}: {help}");
    }
}
