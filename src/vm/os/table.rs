//! The table of guest operating systems.
//!
//! CIM ids follow CIM 2.49. It names no id for most newer distributions, which get
//! 101 (64-bit Linux), and Windows from 2012 on gets 102 (other 64-bit), because CIM,
//! VMware, VirtualBox and Proxmox mean different systems by 112 and above. VMware's
//! guest ids are those of the vSphere API; one that is newer than a host makes it
//! refuse the machine, so a distribution without a version gets a seasoned one.

use super::Family;

/// A distribution, or any system with releases.
pub(super) struct Distribution {
    /// What users type, in lower case without separators; the first is shown.
    pub(super) names: &'static [&'static str],
    /// The value of `CIM_OperatingSystem.OSType`.
    pub(super) cim_id: u16,
    /// VMware's guest id without a version; `None` if a version is needed.
    pub(super) os_type: Option<&'static str>,
    /// Whether any version has the guest id above.
    pub(super) any_version: bool,
    /// The name for people, without the version.
    pub(super) title: &'static str,
    /// Its kind.
    pub(super) family: Family,
    /// The releases with ids of their own, or that are worth listing.
    pub(super) releases: &'static [Release],
}

/// A release of a distribution.
pub(super) struct Release {
    /// The version as users type it and as the descriptor says it.
    pub(super) version: &'static str,
    /// VMware's guest id.
    pub(super) os_type: &'static str,
    /// The value of `OSType` where it is not the distribution's.
    pub(super) cim_id: Option<u16>,
}

/// A release with the distribution's CIM id.
const fn release(version: &'static str, os_type: &'static str) -> Release {
    Release {
        version,
        os_type,
        cim_id: None,
    }
}

/// A Linux whose guest id depends on the release.
const fn linux(
    names: &'static [&'static str],
    cim_id: u16,
    os_type: &'static str,
    title: &'static str,
    releases: &'static [Release],
) -> Distribution {
    let (os_type, any_version, family) = (Some(os_type), false, Family::Linux);
    Distribution {
        names,
        cim_id,
        os_type,
        any_version,
        title,
        family,
        releases,
    }
}

/// A Linux with one guest id for all releases.
const fn rolling(
    names: &'static [&'static str],
    cim_id: u16,
    os_type: &'static str,
    title: &'static str,
    releases: &'static [Release],
) -> Distribution {
    Distribution {
        any_version: true,
        ..linux(names, cim_id, os_type, title, releases)
    }
}

/// A system that is not Linux.
const fn system(
    names: &'static [&'static str],
    cim_id: u16,
    os_type: &'static str,
    title: &'static str,
    family: Family,
    releases: &'static [Release],
) -> Distribution {
    Distribution {
        family,
        ..linux(names, cim_id, os_type, title, releases)
    }
}

/// Every system ovfkit knows by name.
pub(super) const DISTRIBUTIONS: &[Distribution] = &[
    rolling(
        &["linux", "otherlinux", "generic"],
        101,
        "otherLinux64Guest",
        "Linux",
        &[],
    ),
    rolling(
        &["ubuntu"],
        94,
        "ubuntu64Guest",
        "Ubuntu Linux",
        &[
            release("20.04", "ubuntu64Guest"),
            release("22.04", "ubuntu64Guest"),
            release("24.04", "ubuntu64Guest"),
            release("26.04", "ubuntu64Guest"),
        ],
    ),
    linux(
        &["debian"],
        96,
        "debian12_64Guest",
        "Debian GNU/Linux",
        &[
            release("9", "debian9_64Guest"),
            release("10", "debian10_64Guest"),
            release("11", "debian11_64Guest"),
            release("12", "debian12_64Guest"),
            release("13", "debian13_64Guest"),
        ],
    ),
    linux(
        &["rhel", "redhat", "redhatenterpriselinux"],
        80,
        "rhel9_64Guest",
        "Red Hat Enterprise Linux",
        &[
            release("6", "rhel6_64Guest"),
            release("7", "rhel7_64Guest"),
            release("8", "rhel8_64Guest"),
            release("9", "rhel9_64Guest"),
            release("10", "rhel10_64Guest"),
        ],
    ),
    linux(
        &["centos", "centosstream"],
        107,
        "centos64Guest",
        "CentOS",
        &[
            release("6", "centos6_64Guest"),
            release("7", "centos7_64Guest"),
            release("8", "centos8_64Guest"),
            release("9", "centos9_64Guest"),
            // VMware has no id for CentOS 10.
            release("10", "centos9_64Guest"),
        ],
    ),
    rolling(
        &["rocky", "rockylinux"],
        101,
        "rockylinux_64Guest",
        "Rocky Linux",
        &[
            release("8", "rockylinux_64Guest"),
            release("9", "rockylinux_64Guest"),
            release("10", "rockylinux_64Guest"),
        ],
    ),
    rolling(
        &["alma", "almalinux"],
        101,
        "almalinux_64Guest",
        "AlmaLinux",
        &[
            release("8", "almalinux_64Guest"),
            release("9", "almalinux_64Guest"),
            release("10", "almalinux_64Guest"),
        ],
    ),
    linux(
        &["oracle", "oraclelinux", "ol"],
        109,
        "oracleLinux64Guest",
        "Oracle Linux",
        &[
            release("6", "oracleLinux6_64Guest"),
            release("7", "oracleLinux7_64Guest"),
            release("8", "oracleLinux8_64Guest"),
            release("9", "oracleLinux9_64Guest"),
            release("10", "oracleLinux10_64Guest"),
        ],
    ),
    rolling(&["fedora"], 101, "fedora64Guest", "Fedora Linux", &[]),
    linux(
        &["sles", "suse", "sled"],
        85,
        "sles15_64Guest",
        "SUSE Linux Enterprise",
        &[
            release("11", "sles11_64Guest"),
            release("12", "sles12_64Guest"),
            release("15", "sles15_64Guest"),
            release("16", "sles16_64Guest"),
        ],
    ),
    rolling(
        &["opensuse", "opensuseleap", "opensusetumbleweed"],
        83,
        "opensuse64Guest",
        "openSUSE",
        &[],
    ),
    linux(
        &["amazon", "amazonlinux", "amzn", "al"],
        101,
        "amazonlinux2_64Guest",
        "Amazon Linux",
        &[
            release("2", "amazonlinux2_64Guest"),
            release("2023", "amazonlinux3_64Guest"),
        ],
    ),
    rolling(
        &["photon", "photonos"],
        101,
        "vmwarePhoton64Guest",
        "VMware Photon OS",
        &[
            release("3", "vmwarePhoton64Guest"),
            release("4", "vmwarePhoton64Guest"),
            release("5", "vmwarePhoton64Guest"),
        ],
    ),
    rolling(
        &["flatcar"],
        101,
        "coreos64Guest",
        "Flatcar Container Linux",
        &[],
    ),
    rolling(
        &["coreos", "fedoracoreos", "fcos"],
        101,
        "fedora64Guest",
        "Fedora CoreOS",
        &[],
    ),
    rolling(
        &["mint", "linuxmint"],
        94,
        "ubuntu64Guest",
        "Linux Mint (Ubuntu)",
        &[],
    ),
    rolling(
        &["popos", "pop"],
        94,
        "ubuntu64Guest",
        "Pop!_OS (Ubuntu)",
        &[],
    ),
    rolling(
        &["arch", "archlinux"],
        101,
        "other6xLinux64Guest",
        "Arch Linux",
        &[],
    ),
    rolling(
        &["manjaro"],
        101,
        "other6xLinux64Guest",
        "Manjaro Linux",
        &[],
    ),
    rolling(&["gentoo"], 101, "other6xLinux64Guest", "Gentoo Linux", &[]),
    rolling(
        &["alpine", "alpinelinux"],
        101,
        "otherLinux64Guest",
        "Alpine Linux",
        &[],
    ),
    rolling(&["nixos"], 101, "otherLinux64Guest", "NixOS Linux", &[]),
    rolling(
        &["void", "voidlinux"],
        101,
        "otherLinux64Guest",
        "Void Linux",
        &[],
    ),
    rolling(&["mageia"], 90, "mandriva64Guest", "Mageia", &[]),
    Distribution {
        os_type: None,
        ..system(
            &["windows", "windowsserver", "win", "microsoftwindows"],
            102,
            "",
            "Microsoft Windows",
            Family::Windows,
            &[
                Release {
                    version: "7",
                    os_type: "windows7_64Guest",
                    cim_id: Some(105),
                },
                release("10", "windows9_64Guest"),
                release("11", "windows11_64Guest"),
                Release {
                    version: "2008r2",
                    os_type: "windows7Server64Guest",
                    cim_id: Some(103),
                },
                release("2012", "windows8Server64Guest"),
                release("2012r2", "windows8Server64Guest"),
                release("2016", "windows9Server64Guest"),
                release("2019", "windows2019srv_64Guest"),
                release("2022", "windows2019srvNext_64Guest"),
                release("2025", "windows2022srvNext_64Guest"),
            ],
        )
    },
    system(
        &["freebsd"],
        78,
        "freebsd64Guest",
        "FreeBSD",
        Family::Bsd,
        &[
            release("11", "freebsd11_64Guest"),
            release("12", "freebsd12_64Guest"),
            release("13", "freebsd13_64Guest"),
            release("14", "freebsd14_64Guest"),
            release("15", "freebsd15_64Guest"),
        ],
    ),
    Distribution {
        any_version: true,
        ..system(
            &["openbsd"],
            65,
            "otherGuest64",
            "OpenBSD",
            Family::Bsd,
            &[],
        )
    },
    Distribution {
        any_version: true,
        ..system(&["netbsd"], 43, "otherGuest64", "NetBSD", Family::Bsd, &[])
    },
    system(
        &["solaris"],
        81,
        "solaris11_64Guest",
        "Oracle Solaris",
        Family::Other,
        &[release("11", "solaris11_64Guest")],
    ),
    system(&["other"], 102, "otherGuest64", "Other", Family::Other, &[]),
];
