//! The machine itself: its name, guest, firmware, and VMware's settings.

use super::guest::guest;
use super::work::Work;
use crate::vm::build::{At, Chosen, Problems};
use crate::vm::definition::{Brief, Definition, LocalText, Setting, Settings};
use crate::vm::reverse::plain_name;
use crate::vm::{Firmware, HardwareVersion, Profile};

/// Switches that are off unless they are said to be on: keys, and VMware's settings for them.
const SWITCHES: [(&str, &str); 7] = [
    ("vhv.enable", "nestedHVEnabled"),
    ("vpmc.enable", "vPMCEnabled"),
    ("vvtd.enable", "flags.vvtdEnabled"),
    ("windows.vbs.enabled", "flags.vbsEnabled"),
    ("tools.synctime", "tools.syncTimeWithHost"),
    ("ich7m.present", "virtualICH7MPresent"),
    ("smc.present", "virtualSMCPresent"),
];
/// Switches that are on unless they are said to be off.
const SCRIPTS: [(&str, &str); 4] = [
    ("toolscripts.afterpoweron", "tools.afterPowerOn"),
    ("toolscripts.afterresume", "tools.afterResume"),
    ("toolscripts.beforepoweroff", "tools.beforeGuestShutdown"),
    ("toolscripts.beforesuspend", "tools.beforeGuestStandby"),
];
/// What buttons do, with what they do unless something else is said.
const BUTTONS: [(&str, &str, &str); 3] = [
    ("powertype.poweroff", "powerOpInfo.powerOffType", "soft"),
    ("powertype.reset", "powerOpInfo.resetType", "soft"),
    ("powertype.suspend", "powerOpInfo.suspendType", "soft"),
];

/// What the machine is called, and what is said of it.
pub(super) fn about(work: &mut Work<'_>, definition: &mut Definition) {
    let title = work.text("displayname").unwrap_or(work.name());
    let name = plain_name(title).unwrap_or_else(|| "machine".to_owned());
    // Files are named after it, and importers differ about blanks in their names.
    let name = name.replace(' ', "-");
    definition.title = (title != name).then(|| title.into());
    definition.name = Some(name);
    let note = work
        .text("annotation")
        .map(|note| note.replace("\r\n", "\n"));
    definition.annotation = note.map(|note| LocalText::from(note.replace('\r', "\n")));
    match work.text("guestos") {
        Some(name) => {
            let guest = guest(name);
            definition.os = guest.os;
            if let Some(loss) = guest.loss {
                work.lose("guestos", loss);
            }
        }
        None => work.remark("the guest operating system, which the file does not name"),
    }
}

/// What the machine is made for, what starts it, and VMware's settings.
pub(super) fn hardware(work: &mut Work<'_>, profile: &Profile, definition: &mut Definition) {
    if let Some(number) = work.number::<u8>("virtualhw.version") {
        match HardwareVersion::new(number) {
            Ok(version) if version.to_string() == profile.hardware => {}
            Ok(version) => definition.hardware = vec![version.to_string()].into(),
            Err(_) => work.lose("virtualhw.version", "there is no such virtual hardware"),
        }
    }
    let firmware = match work.text("firmware") {
        Some(name) => {
            let known = name.parse::<Firmware>();
            if known.is_err() {
                work.lose("firmware", "is no firmware; it has to be `bios` or `efi`");
            }
            known.unwrap_or(Firmware::Bios)
        }
        None => Firmware::Bios,
    };
    let usual = {
        let at = At::default();
        Chosen::new(definition, at, profile, &mut Problems::default()).firmware
    };
    definition.firmware = Some(firmware).filter(|firmware| *firmware != usual);
    let is_efi = firmware == Firmware::Efi;
    let secure = work.truth("uefi.secureboot.enabled");
    if secure == Some(true) && !is_efi {
        work.lose(
            "uefi.secureboot.enabled",
            "means nothing without `firmware = \"efi\"`",
        );
    }
    definition.secure_boot = secure.filter(|on| *on && is_efi);
    tpm(work, is_efi, definition);
    let variables = work.text("nvram").is_some();
    if variables && is_efi {
        work.lose(
            "nvram",
            "boot entries and other variables of the firmware are made anew",
        );
    }
    for (key, setting) in SWITCHES {
        if work.is_on(key) {
            set(&mut definition.config, setting, "true");
        }
    }
    for (key, setting) in SCRIPTS {
        if work.truth(key) == Some(false) {
            set(&mut definition.config, setting, "false");
        }
    }
    for (key, setting, usual) in BUTTONS {
        match work.text(key).map(str::to_ascii_lowercase).as_deref() {
            None | Some("default" | "preset") => {}
            Some(kind @ ("soft" | "hard")) => {
                if kind != usual {
                    set(&mut definition.config, setting, kind);
                }
            }
            Some(_) => work.lose(key, "has to be `soft`, `hard` or `default`"),
        }
    }
    match work.text("tools.upgrade.policy") {
        Some(policy) if policy.eq_ignore_ascii_case("upgradeAtPowerCycle") => {
            let setting = "tools.toolsUpgradePolicy";
            set(&mut definition.config, setting, "upgradeAtPowerCycle");
        }
        _ => {}
    }
}

/// The trusted platform module.
fn tpm(work: &mut Work<'_>, is_efi: bool, definition: &mut Definition) {
    let keys = ["vtpm.present", "managedvm.autoaddvtpm"];
    let present = work.is_on(keys[0]);
    let added = work
        .text(keys[1])
        .is_some_and(|how| how.eq_ignore_ascii_case("software"));
    if !present && !added {
        return;
    }
    let key = keys[usize::from(!present)];
    if is_efi {
        definition.tpm = Some(true);
        work.lose(
            key,
            "the machine gets a module, without what this one holds",
        );
    } else {
        work.lose(key, "there is no such module without `firmware = \"efi\"`");
    }
}

/// Sets `key` to `value`, which platforms that do not know it may pass over.
pub(super) fn set(settings: &mut Settings, key: &str, value: &str) {
    let setting = Setting {
        value: value.into(),
        required: false,
    };
    settings.insert(key.to_owned(), Brief(setting));
}
