//! VMware's guest ids for the names `.vmx` files have.

use super::guest::{NAMED, OF_ONE_WIDTH, RELEASES_OF_ONE_WIDTH, WITH_RELEASES, guest_title};

/// Systems a `.vmx` file has other words for than the ids are made of.
const SHORT: [(&str, &str); 6] = [
    ("linux", "otherLinux"),
    ("longhorn", "winLonghorn"),
    ("vmware-photon", "vmwarePhoton"),
    ("windows7srv", "windows7Server"),
    ("windows8srv", "windows8Server"),
    ("windows9srv", "windows9Server"),
];

/// Systems without a number at the end whose ids have a dash before the width all the same.
const DASHED: [&str; 10] = [
    "almalinux",
    "fusionos",
    "kylinlinux",
    "miraclelinux",
    "pardus",
    "prolinux",
    "rockylinux",
    "windows2019srv",
    "windows2019srvNext",
    "windows2022srvNext",
];

/// VMware's guest id (`vmw:osType`) for what a `.vmx` file calls the guest: for `debian12-64` it
/// is `debian12_64Guest`. Case does not matter in `name`. An id is what it is.
pub fn guest_id(name: &str) -> Option<String> {
    if guest_title(name).is_some() {
        return Some(name.to_owned());
    }
    let lower = name.to_ascii_lowercase();
    let (short, wide) = match lower.strip_suffix("-64") {
        Some(short) => (short, true),
        None => (&*lower, false),
    };
    let stem = stem_of(short)?;
    let dashed = stem.ends_with(|c: char| c.is_ascii_digit()) || DASHED.contains(&&*stem);
    let id = match (wide, dashed) {
        (false, _) => format!("{stem}Guest"),
        (true, _) if stem == "other" => "otherGuest64".to_owned(),
        (true, false) => format!("{stem}64Guest"),
        (true, true) => format!("{stem}_64Guest"),
    };
    guest_title(&id).is_some().then_some(id)
}

/// What an id begins with, for the name `short` in lower case.
fn stem_of(short: &str) -> Option<String> {
    if let Some((_, stem)) = SHORT.iter().find(|(known, _)| *known == short) {
        return Some((*stem).to_owned());
    }
    let whole = OF_ONE_WIDTH.iter().chain(&NAMED).chain(&WITH_RELEASES);
    let mut whole = whole.map(|(stem, _)| *stem);
    if let Some(stem) = whole.find(|stem| stem.eq_ignore_ascii_case(short)) {
        return Some(stem.to_owned());
    }
    let digits = short.trim_start_matches(|c: char| !c.is_ascii_digit());
    let before = &short[..short.len() - digits.len()];
    if before == "other" {
        // The kernel of a Linux.
        let major = digits.strip_suffix("xlinux")?;
        return Some(format!("other{major}xLinux"));
    }
    let rows = RELEASES_OF_ONE_WIDTH
        .iter()
        .chain(&WITH_RELEASES)
        .chain(&NAMED);
    let mut stems = rows.map(|(stem, _)| *stem);
    let stem = stems.find(|stem| stem.eq_ignore_ascii_case(before))?;
    Some(format!("{stem}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_vmx_files_have_ids() {
        for (name, id) in [
            ("ubuntu-64", "ubuntu64Guest"),
            ("ubuntu", "ubuntuGuest"),
            ("debian12-64", "debian12_64Guest"),
            ("RHEL8-64", "rhel8_64Guest"),
            ("sles-64", "sles64Guest"),
            ("centos7-64", "centos7_64Guest"),
            ("oraclelinux9-64", "oracleLinux9_64Guest"),
            ("rockylinux-64", "rockylinux_64Guest"),
            ("vmware-photon-64", "vmwarePhoton64Guest"),
            ("linux", "otherLinuxGuest"),
            ("otherlinux-64", "otherLinux64Guest"),
            ("other24xlinux", "other24xLinuxGuest"),
            ("other6xlinux-64", "other6xLinux64Guest"),
            ("other-64", "otherGuest64"),
            ("dos", "dosGuest"),
            ("win2000advserv", "win2000AdvServGuest"),
            ("winnetenterprise-64", "winNetEnterprise64Guest"),
            ("longhorn", "winLonghornGuest"),
            ("windows9-64", "windows9_64Guest"),
            ("windows8srv-64", "windows8Server64Guest"),
            ("windows2019srvnext-64", "windows2019srvNext_64Guest"),
            ("darwin-64", "darwin64Guest"),
            ("darwin19-64", "darwin19_64Guest"),
            ("vmkernel65", "vmkernel65Guest"),
            ("netware6", "netware6Guest"),
            ("fedora64Guest", "fedora64Guest"),
        ] {
            assert_eq!(guest_id(name).as_deref(), Some(id), "{name}");
        }
        for name in [
            "",
            "-64",
            "64",
            "plan9",
            "dos-64",
            "debian012-64",
            "otherx",
            "other-",
            "é1",
            "darwin9",
        ] {
            assert_eq!(guest_id(name), None, "{name}");
        }
    }
}
