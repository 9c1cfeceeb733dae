//! The guest operating system, by the names `.vmx` files have for it.

use crate::envelope::os_id::{guest_id, guest_title};
use crate::vm::build::family_of;
use crate::vm::definition::{Brief, Os};
use crate::vm::{Family, GuestOs, os};

/// The numbers of CIM for what is not listed: a Linux and anything else, in 32 and in 64 bits.
const LINUX: [u16; 2] = [36, 101];
const OTHER: [u16; 2] = [1, 102];
/// What stands before the names of guests for ARM processors.
const ARM: &str = "arm-";

/// What a definition says to get a guest.
pub(super) struct Guest {
    /// The system; nothing if that is what is taken anyway.
    pub(super) os: Option<Brief<Os>>,
    /// What of the name is not carried over.
    pub(super) loss: Option<&'static str>,
}

/// The guest a `.vmx` file calls `name`, such as `debian12-64`.
pub(super) fn guest(name: &str) -> Guest {
    let lower = name.to_ascii_lowercase();
    let (name, arm) = match lower.strip_prefix(ARM) {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let arm = arm.then_some("that the guest is for ARM processors, which no key says");
    if let Some(id) = guest_id(name) {
        return Guest {
            os: by_id(&id),
            loss: arm,
        };
    }
    // A name VMware does not have, but people do: `archlinux-64`, `windows10-64`.
    let short = lower.trim_start_matches(ARM).trim_end_matches("-64");
    if let Ok(known) = short.parse::<GuestOs>() {
        return Guest {
            os: Some(named(&known)),
            loss: arm,
        };
    }
    let other = if short.contains("linux") {
        "linux"
    } else {
        "other"
    };
    Guest {
        os: other.parse::<GuestOs>().ok().map(|os| named(&os)),
        loss: Some("is no guest ovfkit knows; the next wider one is taken"),
    }
}

/// A system by its name alone.
fn named(os: &GuestOs) -> Brief<Os> {
    Brief(Os {
        name: Some(os.name.clone()),
        ..Os::default()
    })
}

/// What a definition says to get the guest `id` of VMware.
fn by_id(id: &str) -> Option<Brief<Os>> {
    let title = guest_title(id).unwrap_or_default();
    if let Some(known) = listed(id, &title) {
        return (known != GuestOs::default()).then(|| named(&known));
    }
    let wide = usize::from(title.contains("(64-bit)"));
    let numbers = if family_of(id) == Family::Linux {
        LINUX
    } else {
        OTHER
    };
    let cim = numbers[wide];
    Some(Brief(Os {
        vmware: Some(id.to_owned()),
        cim: (cim != GuestOs::default().cim_id).then_some(cim),
        ..Os::default()
    }))
}

/// The system in ovfkit's list that VMware has the guest `id` for, which is called `title`. A
/// guest that stands for several, such as "other", is none of them.
fn listed(id: &str, title: &str) -> Option<GuestOs> {
    let word = title.split(' ').next().unwrap_or_default();
    let is_it = |os: &GuestOs| {
        let makers = ["Microsoft ", "Oracle "];
        let mut bare = makers
            .iter()
            .filter_map(|maker| os.description.strip_prefix(maker));
        os.os_type == id
            && (os.description.starts_with(word) || bare.any(|bare| bare.starts_with(word)))
    };
    let found: Vec<GuestOs> = os::all().filter(is_it).collect();
    let name = title.split(" (").next().unwrap_or_default();
    // Kernels have numbers, but are no release of anything.
    let is_kernel = word == "Linux" && name != "Linux";
    let has_release = name.contains(|c: char| c.is_ascii_digit());
    let mut fitting = found
        .iter()
        .filter(|os| os.version.is_some() == has_release);
    let fitting = fitting.next().or(found.first()).cloned();
    fitting.filter(|_| !is_kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_become_systems_of_the_list() {
        for (name, system) in [
            ("ubuntu-64", "ubuntu"),
            ("debian12-64", "debian12"),
            ("Debian11-64", "debian11"),
            ("rhel9-64", "rhel9"),
            ("centos-64", "centos"),
            ("centos8-64", "centos8"),
            ("rockylinux-64", "rocky"),
            ("almalinux-64", "alma"),
            ("oraclelinux8-64", "oracle8"),
            ("fedora-64", "fedora"),
            ("sles15-64", "sles15"),
            ("opensuse-64", "opensuse"),
            ("amazonlinux3-64", "amazon2023"),
            ("vmware-photon-64", "photon"),
            ("windows9-64", "windows10"),
            ("windows11-64", "windows11"),
            ("windows7srv-64", "windows2008r2"),
            ("windows8srv-64", "windows2012"),
            ("windows9srv-64", "windows2016"),
            ("windows2019srv-64", "windows2019"),
            ("windows2019srvNext-64", "windows2022"),
            ("windows2022srvnext-64", "windows2025"),
            ("freebsd14-64", "freebsd14"),
            ("solaris11-64", "solaris11"),
            ("other-64", "other"),
            ("debian12_64Guest", "debian12"),
            ("archlinux-64", "arch"),
            ("windows10-64", "windows10"),
        ] {
            let guest = guest(name);
            let os = guest.os.expect(name).0;
            assert_eq!(os.name.as_deref(), Some(system), "{name}");
            assert!(os.vmware.is_none() && guest.loss.is_none(), "{name}");
        }
        assert!(guest("otherlinux-64").os.is_none(), "what is taken anyway");
    }

    #[test]
    fn others_keep_vmwares_id() {
        for (name, id, cim) in [
            ("ubuntu", "ubuntuGuest", Some(36)),
            ("other5xlinux-64", "other5xLinux64Guest", None),
            ("other26xlinux", "other26xLinuxGuest", Some(36)),
            ("coreos-64", "coreos64Guest", None),
            ("winxppro", "winXPProGuest", Some(1)),
            ("winnetstandard", "winNetStandardGuest", Some(1)),
            ("longhorn-64", "winLonghorn64Guest", Some(102)),
            ("darwin19-64", "darwin19_64Guest", Some(102)),
            ("vmkernel8", "vmkernel8Guest", Some(36)),
            ("other", "otherGuest", Some(1)),
            ("dos", "dosGuest", Some(1)),
            ("win2000serv", "win2000ServGuest", Some(1)),
        ] {
            let guest = guest(name);
            let os = guest.os.expect(name).0;
            assert_eq!(os.vmware.as_deref(), Some(id), "{name}");
            assert_eq!(os.cim, cim, "{name}");
            assert!(os.name.is_none() && guest.loss.is_none(), "{name}");
        }
    }

    #[test]
    fn what_is_lost_is_told() {
        for (name, system) in [
            ("arm-ubuntu-64", Some("ubuntu")),
            ("plan9", Some("other")),
            ("hannah-montana-linux-64", None),
        ] {
            let guest = guest(name);
            assert!(guest.loss.is_some(), "{name}");
            let os = guest.os.and_then(|os| os.0.name);
            assert_eq!(os.as_deref(), Some(system.unwrap_or("linux")), "{name}");
        }
    }
}
