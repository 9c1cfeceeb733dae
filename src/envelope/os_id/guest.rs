//! VMware's guest ids in words.

/// Systems of one width, so their titles need not tell it.
pub(super) const OF_ONE_WIDTH: [(&str, &str); 20] = [
    ("dos", "MS-DOS"),
    ("win31", "Windows 3.1"),
    ("win95", "Windows 95"),
    ("win98", "Windows 98"),
    ("winMe", "Windows Me"),
    ("winNT", "Windows NT"),
    ("win2000Pro", "Windows 2000 Professional"),
    ("win2000Serv", "Windows 2000 Server"),
    ("win2000AdvServ", "Windows 2000 Advanced Server"),
    ("windowsHyperV", "Microsoft Hyper-V Server"),
    ("os2", "OS/2"),
    ("eComStation", "eComStation"),
    ("eComStation2", "eComStation 2"),
    ("nld9", "Novell Linux Desktop 9"),
    ("oes", "Novell Open Enterprise Server"),
    ("sjds", "Sun Java Desktop System"),
    ("vmkernel", "VMware ESX 4"),
    ("vmkernel65", "VMware ESXi 6.5"),
    ("crxPod1", "VMware CRX Pod 1"),
    ("crxSys1", "VMware CRX System 1"),
];

/// Systems of one width with releases, whose ids end in the number.
pub(super) const RELEASES_OF_ONE_WIDTH: [(&str, &str); 4] = [
    ("vmkernel", "VMware ESXi"),
    ("netware", "Novell NetWare"),
    ("openServer", "SCO OpenServer"),
    ("unixWare", "SCO UnixWare"),
];

/// Systems whose titles no rule gives. VMware numbers Windows by what it was called
/// before its release.
pub(super) const NAMED: [(&str, &str); 43] = [
    ("winXPHome", "Windows XP Home"),
    ("winXPPro", "Windows XP Professional"),
    ("winNetWeb", "Windows Server 2003 Web"),
    ("winNetStandard", "Windows Server 2003 Standard"),
    ("winNetEnterprise", "Windows Server 2003 Enterprise"),
    ("winNetDatacenter", "Windows Server 2003 Datacenter"),
    ("winNetBusiness", "Windows Small Business Server 2003"),
    ("winVista", "Windows Vista"),
    ("winLonghorn", "Windows Server 2008"),
    ("windows7", "Windows 7"),
    ("windows7Server", "Windows Server 2008 R2"),
    ("windows8", "Windows 8"),
    ("windows8Server", "Windows Server 2012"),
    ("windows9", "Windows 10"),
    ("windows9Server", "Windows Server 2016"),
    ("windows11", "Windows 11"),
    ("windows12", "Windows 12"),
    ("windows2019srv", "Windows Server 2019"),
    ("windows2019srvNext", "Windows Server 2022"),
    ("windows2022srvNext", "Windows Server 2025"),
    ("ubuntu", "Ubuntu"),
    ("fedora", "Fedora"),
    ("redhat", "Red Hat Linux"),
    ("suse", "SUSE Linux"),
    ("opensuse", "openSUSE"),
    ("mandrake", "Mandrake Linux"),
    ("mandriva", "Mandriva Linux"),
    ("turboLinux", "Turbolinux"),
    ("rockylinux", "Rocky Linux"),
    ("almalinux", "AlmaLinux"),
    ("coreos", "CoreOS"),
    ("vmwarePhoton", "VMware Photon OS"),
    ("miraclelinux", "MIRACLE LINUX"),
    ("pardus", "Pardus"),
    ("prolinux", "ProLinux"),
    ("fusionos", "FusionOS"),
    ("kylinlinux", "Kylin Linux"),
    ("genericLinux", "Linux"),
    ("otherLinux", "Linux"),
    ("other24xLinux", "Linux 2.4.x"),
    ("other26xLinux", "Linux 2.6.x"),
    ("darwin", "Mac OS X 10.5"),
    ("other", "Other"),
];

/// Systems with releases, whose ids end in the number; without it they are bare.
pub(super) const WITH_RELEASES: [(&str, &str); 9] = [
    ("debian", "Debian"),
    ("rhel", "Red Hat Enterprise Linux"),
    ("centos", "CentOS"),
    ("oracleLinux", "Oracle Linux"),
    ("sles", "SUSE Linux Enterprise"),
    ("amazonlinux", "Amazon Linux"),
    ("asianux", "Asianux"),
    ("freebsd", "FreeBSD"),
    ("solaris", "Solaris"),
];

/// The name for people of one of VMware's guest ids (`vmw:osType`): for
/// `debian12_64Guest` it is "Debian 12 (64-bit)".
///
/// Releases newer than this table are known too where the id follows the family's
/// rule. `None` for any other text.
pub fn guest_title(os_type: &str) -> Option<String> {
    let (stem, bits) = stem_and_bits(os_type)?;
    if bits == 32
        && let Some(title) = one_width(stem)
    {
        return Some(title);
    }
    let title = exact(&NAMED, stem)
        .or_else(|| kernel(stem))
        .or_else(|| mac(stem))
        .or_else(|| exact(&WITH_RELEASES, stem))
        .or_else(|| released(&WITH_RELEASES, stem))?;
    Some(format!("{title} ({bits}-bit)"))
}

/// What stands before `Guest` and the width, and the width.
fn stem_and_bits(os_type: &str) -> Option<(&str, u8)> {
    if let Some(stem) = os_type.strip_suffix("Guest64") {
        return Some((stem, 64));
    }
    let stem = os_type.strip_suffix("Guest")?;
    let wide = stem.strip_suffix("_64").or(stem.strip_suffix("64"));
    Some(wide.map_or((stem, 32), |stem| (stem, 64)))
}

/// The title of a system that exists in one width only.
fn one_width(stem: &str) -> Option<String> {
    exact(&OF_ONE_WIDTH, stem).or_else(|| released(&RELEASES_OF_ONE_WIDTH, stem))
}

/// The title of the row that is called `stem`.
fn exact(rows: &[(&str, &str)], stem: &str) -> Option<String> {
    let (_, title) = rows.iter().find(|(known, _)| *known == stem)?;
    Some((*title).to_owned())
}

/// The title of the row whose name and a release make up `stem`.
fn released(rows: &[(&str, &str)], stem: &str) -> Option<String> {
    rows.iter().find_map(|(known, title)| {
        let release = release(stem.strip_prefix(known)?)?;
        Some(format!("{title} {release}"))
    })
}

/// A Linux known by its kernel's major version, as `other5xLinux`.
fn kernel(stem: &str) -> Option<String> {
    let digit = stem.strip_prefix("other")?.strip_suffix("xLinux")?;
    let major = release(digit).filter(|major| *major < 10)?;
    Some(format!("Linux {major}.x"))
}

/// Apple's system by the number of its kernel, as `darwin19`.
fn mac(stem: &str) -> Option<String> {
    let darwin = release(stem.strip_prefix("darwin")?)?;
    Some(match darwin {
        10..=11 => format!("Mac OS X 10.{}", darwin - 4),
        12..=15 => format!("OS X 10.{}", darwin - 4),
        16..=19 => format!("macOS 10.{}", darwin - 4),
        20..=24 => format!("macOS {}", darwin - 9),
        _ => return None,
    })
}

/// A release: one or two digits, the first of them not zero.
fn release(digits: &str) -> Option<u8> {
    let plain = digits.len() <= 2 && digits.starts_with(|c: char| ('1'..='9').contains(&c));
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_ids_have_titles() {
        for (os_type, title) in [
            ("debian12_64Guest", "Debian 12 (64-bit)"),
            ("debian13_64Guest", "Debian 13 (64-bit)"),
            ("debian4Guest", "Debian 4 (32-bit)"),
            ("ubuntu64Guest", "Ubuntu (64-bit)"),
            ("ubuntuGuest", "Ubuntu (32-bit)"),
            ("rhel7_64Guest", "Red Hat Enterprise Linux 7 (64-bit)"),
            ("rhel10_64Guest", "Red Hat Enterprise Linux 10 (64-bit)"),
            ("redhatGuest", "Red Hat Linux (32-bit)"),
            ("centos64Guest", "CentOS (64-bit)"),
            ("centos8_64Guest", "CentOS 8 (64-bit)"),
            ("oracleLinux9_64Guest", "Oracle Linux 9 (64-bit)"),
            ("rockylinux_64Guest", "Rocky Linux (64-bit)"),
            ("sles15_64Guest", "SUSE Linux Enterprise 15 (64-bit)"),
            ("slesGuest", "SUSE Linux Enterprise (32-bit)"),
            ("amazonlinux3_64Guest", "Amazon Linux 3 (64-bit)"),
            ("vmwarePhoton64Guest", "VMware Photon OS (64-bit)"),
            ("otherLinux64Guest", "Linux (64-bit)"),
            ("otherLinuxGuest", "Linux (32-bit)"),
            ("other24xLinuxGuest", "Linux 2.4.x (32-bit)"),
            ("other26xLinux64Guest", "Linux 2.6.x (64-bit)"),
            ("other3xLinux64Guest", "Linux 3.x (64-bit)"),
            ("other5xLinux64Guest", "Linux 5.x (64-bit)"),
            ("freebsd64Guest", "FreeBSD (64-bit)"),
            ("freebsd15_64Guest", "FreeBSD 15 (64-bit)"),
            ("solaris11_64Guest", "Solaris 11 (64-bit)"),
            ("dosGuest", "MS-DOS"),
            ("win2000ProGuest", "Windows 2000 Professional"),
            ("winXPProGuest", "Windows XP Professional (32-bit)"),
            ("winXPPro64Guest", "Windows XP Professional (64-bit)"),
            (
                "winNetEnterprise64Guest",
                "Windows Server 2003 Enterprise (64-bit)",
            ),
            ("winLonghorn64Guest", "Windows Server 2008 (64-bit)"),
            ("windows7Server64Guest", "Windows Server 2008 R2 (64-bit)"),
            ("windows8Server64Guest", "Windows Server 2012 (64-bit)"),
            ("windows9Guest", "Windows 10 (32-bit)"),
            ("windows9_64Guest", "Windows 10 (64-bit)"),
            ("windows9Server64Guest", "Windows Server 2016 (64-bit)"),
            ("windows2019srv_64Guest", "Windows Server 2019 (64-bit)"),
            ("windows2019srvNext_64Guest", "Windows Server 2022 (64-bit)"),
            ("windows2022srvNext_64Guest", "Windows Server 2025 (64-bit)"),
            ("vmkernelGuest", "VMware ESX 4"),
            ("vmkernel5Guest", "VMware ESXi 5"),
            ("vmkernel65Guest", "VMware ESXi 6.5"),
            ("vmkernel8Guest", "VMware ESXi 8"),
            ("netware6Guest", "Novell NetWare 6"),
            ("darwin64Guest", "Mac OS X 10.5 (64-bit)"),
            ("darwin11Guest", "Mac OS X 10.7 (32-bit)"),
            ("darwin19_64Guest", "macOS 10.15 (64-bit)"),
            ("darwin23_64Guest", "macOS 14 (64-bit)"),
            ("otherGuest", "Other (32-bit)"),
            ("otherGuest64", "Other (64-bit)"),
        ] {
            assert_eq!(guest_title(os_type).as_deref(), Some(title), "{os_type}");
        }
    }

    #[test]
    fn other_texts_have_none() {
        for os_type in [
            "",
            "Guest",
            "64Guest",
            "_64Guest",
            "Guest64",
            "debian12_64",
            "debian012_64Guest",
            "debian123_64Guest",
            "debian1x_64Guest",
            "debian+1Guest",
            "debian٣Guest",
            "ubuntu24_64Guest",
            "other0xLinuxGuest",
            "other50xLinuxGuest",
            "darwin9Guest",
            "darwin99_64Guest",
            "netwareGuest",
            "vmkernel64Guest",
            "${OS_TYPE}",
            "plan9Guest",
        ] {
            assert_eq!(guest_title(os_type), None, "{os_type}");
        }
    }
}
