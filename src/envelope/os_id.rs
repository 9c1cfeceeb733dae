//! What the numbers and names of operating systems mean (DSP0243 1.1 §9.9).
//!
//! `ovf:id` is a value of `CIM_OperatingSystem.OSType`. Up to 111 all agree on the
//! values. CIM leaves out 112, and who numbered its list by position is one off from
//! there; newer Windows also got numbers in another order by each vendor. So the
//! [`Producer`] of a descriptor has to be known to read those. Where VMware's
//! `vmw:osType` stands beside the number it is the better witness: [`guest_title`].

mod guest;
mod short_name;

pub use guest::guest_title;
pub use short_name::guest_id;

/// Who wrote a descriptor, by whose numbering its `ovf:id` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Producer {
    /// VMware's products and their kin.
    VMware,
    /// VirtualBox.
    VirtualBox,
    /// Proxmox VE, which only reads descriptors: what it takes a number for.
    Proxmox,
    /// oVirt and its kin.
    OVirt,
    /// Anybody who follows CIM 2.49.
    Standard,
}

/// The name of the operating system that `producer` means by `id`.
///
/// Up to 111 these are CIM's own names, with their spelling. `None` for a number
/// that means nothing to `producer`.
pub fn name(id: u16, producer: Producer) -> Option<&'static str> {
    if let Some(name) = AGREED.get(usize::from(id)) {
        return Some(name);
    }
    match producer {
        Producer::VMware => vmware(id),
        Producer::VirtualBox => virtualbox(id),
        Producer::Proxmox => proxmox(id),
        Producer::OVirt => ovirt(id),
        Producer::Standard => standard(id),
    }
}

/// CIM 2.49.
fn standard(id: u16) -> Option<&'static str> {
    Some(match id {
        113 => "Microsoft Windows Server 2012",
        114 => "Microsoft Windows 8",
        115 => "Microsoft Windows 8 64-bit",
        116 => "Microsoft Windows Server 2012 R2",
        117 => "Microsoft Windows Server 2016",
        118 => "Microsoft Windows 8.1",
        119 => "Microsoft Windows 8.1 64-bit",
        120 => "Microsoft Windows 10",
        121 => "Microsoft Windows 10 64-bit",
        _ => return None,
    })
}

/// CIM 2.49 and two numbers more.
fn ovirt(id: u16) -> Option<&'static str> {
    match id {
        122 => Some("Microsoft Windows Server 2019"),
        125 => Some("Red Hat CoreOS"),
        _ => standard(id),
    }
}

/// One number for several releases.
fn vmware(id: u16) -> Option<&'static str> {
    Some(match id {
        112 => "Microsoft Windows Server 2012, 2016 or 2019",
        113 => "Microsoft Windows 8 or 10",
        114 => "Microsoft Windows 8 or 10 64-bit",
        115 => "Microsoft Windows Server 2012 R2",
        _ => return None,
    })
}

/// Also used for the releases that came after.
fn virtualbox(id: u16) -> Option<&'static str> {
    Some(match id {
        112 => "Microsoft Windows Server 2012",
        113 => "Microsoft Windows 8",
        114 => "Microsoft Windows 8 64-bit",
        115 => "Microsoft Windows Server 2012 R2",
        116 => "Microsoft Windows 8.1",
        117 => "Microsoft Windows 8.1 64-bit",
        118 => "Microsoft Windows Server 2016 or later",
        119 => "Microsoft Windows 10",
        120 => "Microsoft Windows 10 or 11 64-bit",
        _ => return None,
    })
}

/// CIM's order, without the number it leaves out, and what came after.
fn proxmox(id: u16) -> Option<&'static str> {
    match id {
        121 => Some("Microsoft Windows Server 2019"),
        122 => Some("Microsoft Windows 11 64-bit"),
        123 => Some("Microsoft Windows Server 2022"),
        112..=120 => standard(id + 1),
        _ => None,
    }
}

/// The names of 0 to 111.
const AGREED: [&str; 112] = [
    "Unknown",
    "Other",
    "MACOS",
    "ATTUNIX",
    "DGUX",
    "DECNT",
    "Tru64 UNIX",
    "OpenVMS",
    "HPUX",
    "AIX",
    "MVS",
    "OS400",
    "OS/2",
    "JavaVM",
    "MSDOS",
    "WIN3x",
    "WIN95",
    "WIN98",
    "WINNT",
    "WINCE",
    "NCR3000",
    "NetWare",
    "OSF",
    "DC/OS",
    "Reliant UNIX",
    "SCO UnixWare",
    "SCO OpenServer",
    "Sequent",
    "IRIX",
    "Solaris",
    "SunOS",
    "U6000",
    "ASERIES",
    "HP NonStop OS",
    "HP NonStop OSS",
    "BS2000",
    "LINUX",
    "Lynx",
    "XENIX",
    "VM",
    "Interactive UNIX",
    "BSDUNIX",
    "FreeBSD",
    "NetBSD",
    "GNU Hurd",
    "OS9",
    "MACH Kernel",
    "Inferno",
    "QNX",
    "EPOC",
    "IxWorks",
    "VxWorks",
    "MiNT",
    "BeOS",
    "HP MPE",
    "NextStep",
    "PalmPilot",
    "Rhapsody",
    "Windows 2000",
    "Dedicated",
    "OS/390",
    "VSE",
    "TPF",
    "Windows (R) Me",
    "Caldera Open UNIX",
    "OpenBSD",
    "Not Applicable",
    "Windows XP",
    "z/OS",
    "Microsoft Windows Server 2003",
    "Microsoft Windows Server 2003 64-Bit",
    "Windows XP 64-Bit",
    "Windows XP Embedded",
    "Windows Vista",
    "Windows Vista 64-Bit",
    "Windows Embedded for Point of Service",
    "Microsoft Windows Server 2008",
    "Microsoft Windows Server 2008 64-Bit",
    "FreeBSD 64-Bit",
    "RedHat Enterprise Linux",
    "RedHat Enterprise Linux 64-Bit",
    "Solaris 64-Bit",
    "SUSE",
    "SUSE 64-Bit",
    "SLES",
    "SLES 64-Bit",
    "Novell OES",
    "Novell Linux Desktop",
    "Sun Java Desktop System",
    "Mandriva",
    "Mandriva 64-Bit",
    "TurboLinux",
    "TurboLinux 64-Bit",
    "Ubuntu",
    "Ubuntu 64-Bit",
    "Debian",
    "Debian 64-Bit",
    "Linux 2.4.x",
    "Linux 2.4.x 64-Bit",
    "Linux 2.6.x",
    "Linux 2.6.x 64-Bit",
    "Linux 64-Bit",
    "Other 64-Bit",
    "Microsoft Windows Server 2008 R2",
    "VMware ESXi",
    "Microsoft Windows 7",
    "CentOS 32-bit",
    "CentOS 64-bit",
    "Oracle Linux 32-bit",
    "Oracle Linux 64-bit",
    "eComStation 32-bitx",
    "Microsoft Windows Server 2011",
];

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Producer; 5] = [
        Producer::VMware,
        Producer::VirtualBox,
        Producer::Proxmox,
        Producer::OVirt,
        Producer::Standard,
    ];

    #[test]
    fn everybody_agrees_up_to_111() {
        for (id, expected) in [
            (0, "Unknown"),
            (1, "Other"),
            (14, "MSDOS"),
            (29, "Solaris"),
            (36, "LINUX"),
            (42, "FreeBSD"),
            (58, "Windows 2000"),
            (65, "OpenBSD"),
            (67, "Windows XP"),
            (80, "RedHat Enterprise Linux 64-Bit"),
            (94, "Ubuntu 64-Bit"),
            (96, "Debian 64-Bit"),
            (101, "Linux 64-Bit"),
            (102, "Other 64-Bit"),
            (104, "VMware ESXi"),
            (107, "CentOS 64-bit"),
            (111, "Microsoft Windows Server 2011"),
        ] {
            for producer in ALL {
                assert_eq!(name(id, producer), Some(expected), "{id} {producer:?}");
            }
        }
    }

    #[test]
    fn from_112_upward_each_has_its_own() {
        for (id, expected) in [
            (
                112,
                [
                    "Server 2012, 2016 or 2019",
                    "Server 2012",
                    "Server 2012",
                    "",
                    "",
                ],
            ),
            (
                115,
                [
                    "Server 2012 R2",
                    "Server 2012 R2",
                    "Server 2012 R2",
                    "8 64-bit",
                    "8 64-bit",
                ],
            ),
            (
                118,
                ["", "Server 2016 or later", "8.1 64-bit", "8.1", "8.1"],
            ),
            (121, ["", "", "Server 2019", "10 64-bit", "10 64-bit"]),
            (122, ["", "", "11 64-bit", "Server 2019", ""]),
        ] {
            let names = ALL.map(|producer| {
                let name = name(id, producer).unwrap_or_default();
                name.strip_prefix("Microsoft Windows ").unwrap_or(name)
            });
            assert_eq!(names, expected, "{id}");
        }
    }

    #[test]
    fn the_last_number_of_each_is_its_last() {
        let last = |producer| (0..=u16::MAX).rfind(|&id| name(id, producer).is_some());
        assert_eq!(ALL.map(last), [115, 120, 123, 125, 121].map(Some));
    }
}
