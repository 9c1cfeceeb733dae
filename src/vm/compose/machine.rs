//! The machine as a whole: its name, its guest, its settings, the networks around it.

use indexmap::IndexMap;

use super::given::Given;
use super::model::{self, CONFIG, Compose, Settings, System, Text};
use super::work::{Work, at, over};
use crate::envelope::vmw;
use crate::vm::definition::{Brief, Network, Os, Setting};
use crate::vm::reverse::plain_name;
use crate::vm::{Firmware, GuestOs, os};

/// The settings that the program makes for every machine.
const MADE: [(&str, &str); 20] = [
    (vmw::CPU_HOT_ADD, "false"),
    (vmw::CPU_HOT_REMOVE, "false"),
    (vmw::MEMORY_HOT_ADD, "false"),
    (vmw::FIRMWARE, "bios"),
    ("tools.syncTimeWithHost", "false"),
    ("tools.afterPowerOn", "true"),
    ("tools.afterResume", "true"),
    ("tools.beforeGuestShutdown", "true"),
    ("tools.beforeGuestStandby", "true"),
    ("tools.toolsUpgradePolicy", "manual"),
    ("powerOpInfo.powerOffType", "soft"),
    ("powerOpInfo.resetType", "soft"),
    ("powerOpInfo.suspendType", "hard"),
    ("nestedHVEnabled", "false"),
    ("virtualICH7MPresent", "false"),
    ("virtualSMCPresent", "false"),
    ("flags.vvtdEnabled", "false"),
    ("flags.vbsEnabled", "false"),
    (vmw::SECURE_BOOT, "false"),
    ("powerOpInfo.standbyAction", "checkpoint"),
];
/// VMware's guest id where the file names none.
const GUEST: &str = "other4xLinux64Guest";
/// The number of the operating system where the file has none: a Linux.
const CIM: u16 = 100;

/// Puts what `file` says of the machine as a whole into the definition.
pub(super) fn machine(work: &mut Work<'_>, file: &Compose) {
    let system = &file.system;
    name(work, &system.name);
    platforms(work, &system.platforms);
    guest(work, system);
    settings(work, file);
    networks(work, &file.networks);
    for (key, extra) in &file.extra_configs {
        let to = at("extra-config").key(key);
        let from = at("extra_configs").key(key).key("required");
        let required = extra.required.as_ref();
        let required = required.and_then(|required| work.known(required, &from));
        let required = required.unwrap_or_default();
        // With more to say than a value, a setting is a map.
        let to = if required { to.key("value") } else { to };
        let value = work.text(&extra.value, to).into();
        let setting = Setting { value, required };
        work.definition
            .extra_config
            .insert(key.clone(), Brief(setting));
    }
}

fn name(work: &mut Work<'_>, given: &Text) {
    let Given::Value(name) = given else {
        let name = work.text(given, at("name"));
        work.definition.name = Some(name);
        return;
    };
    let plain = plain_name(name).unwrap_or_else(|| "machine".to_owned());
    if plain != *name {
        work.definition.title = Some(name.as_str().into());
    }
    work.definition.name = Some(plain);
}

/// The virtual hardware: names with blanks between.
fn platforms(work: &mut Work<'_>, given: &Text) {
    let words = |text: &str| -> Vec<String> {
        let words = text.split_whitespace();
        words.map(str::to_owned).collect()
    };
    let from = at("system").key("type");
    let several = given.usual().is_some_and(|text| words(text).len() != 1);
    let text = if several {
        // A parameter is one value of a list.
        work.known(given, &from).unwrap_or_default()
    } else {
        work.text(given, at("hardware"))
    };
    work.definition.hardware = words(&text).into();
}

fn guest(work: &mut Work<'_>, system: &System) {
    let default = Given::Value(GUEST.to_owned());
    let vmware = system.os_vmw.as_ref().unwrap_or(&default);
    let written = system.os_cim.is_some();
    let mut made = Os::default();
    // What the number says that nobody wrote, the guest id knows better.
    let known = vmware
        .literal()
        .filter(|_| !written)
        .and_then(|guest| named(guest));
    match known {
        Some((known, true)) => made.name = Some(known.name),
        known => {
            made.cim = Some(known.map_or(CIM, |(known, _)| known.cim_id));
            made.vmware = Some(work.text(vmware, at("os").key("vmware")));
        }
    }
    if let Some(given) = &system.os_cim {
        let number = work.value(given, at("os").key("cim"), CIM.into());
        let number = u16::try_from(number);
        if number.is_err() {
            let from = at("system").key("os_cim");
            work.wrong(
                &from,
                "there is no operating system of this number",
                "write one of CIM_OperatingSystem, such as 101",
            );
        }
        made.cim = number.ok();
    }
    if let Some(given) = &system.os_name {
        made.description = Some(work.text(given, at("os").key("description")).into());
    }
    work.definition.os = Some(Brief(made));
}

/// What the guest id stands for, and whether its name says the same: the only release there is of
/// that id, or one without a version.
fn named(guest: &str) -> Option<(GuestOs, bool)> {
    let all = || os::all().filter(|os| os.os_type == guest);
    let releases = all().filter(|os| os.version.is_some()).count();
    let wanted = all().find(|os| os.version.is_some() == (releases == 1));
    let alone = wanted.is_some();
    wanted.or_else(|| all().next()).map(|os| (os, alone))
}

fn settings(work: &mut Work<'_>, file: &Compose) {
    let system = &file.system;
    let from = at("system").key("no_default_configs");
    let none = system.no_default_configs.as_ref();
    let none = none.and_then(|none| work.known(none, &from)) == Some(true);
    let made: &[_] = if none { &[] } else { &MADE };
    let mut all = over(made, Some(&file.hardware.config));
    let written = at("hardware").key(CONFIG);
    let mut at_firmware = written.clone().key(vmw::FIRMWARE);
    let mut at_secure = written.key(vmw::SECURE_BOOT);
    if let Some(given) = &system.firmware {
        all.insert(vmw::FIRMWARE.to_owned(), Some(given.clone()));
        at_firmware = at("system").key("firmware");
    }
    if let Some(given) = &system.secure_boot {
        all.insert(vmw::SECURE_BOOT.to_owned(), Some(given.text()));
        at_secure = at("system").key("secure_boot");
    }
    // VMware's products take BIOS where nothing is said.
    let firmware = all.shift_remove(vmw::FIRMWARE).flatten();
    let firmware = firmware.unwrap_or_else(|| Given::Value("bios".to_owned()));
    let text = work.value(&firmware, at("firmware"), "efi".to_owned());
    let chosen = work.check(&at_firmware, text.parse::<Firmware>());
    work.definition.firmware = chosen;
    let sure = firmware.literal().is_some();
    if let Some(given) = truth(&mut all, vmw::SECURE_BOOT) {
        let on = given.usual() == Some(&true);
        if sure && chosen == Some(Firmware::Bios) {
            if on {
                work.lose(format!("`{at_secure}`: BIOS has no secure boot"));
            }
        } else {
            work.definition.secure_boot = Some(work.value(&given, at("secure-boot"), false));
        }
    }
    if let Some(given) = truth(&mut all, vmw::CPU_HOT_ADD) {
        let on = work.value(&given, at("cpus").key("hot-add"), false);
        work.definition.cpus.get_or_insert_default().hot_add = Some(on);
    }
    if let Some(given) = truth(&mut all, vmw::CPU_HOT_REMOVE) {
        let on = work.value(&given, at("cpus").key("hot-remove"), false);
        work.definition.cpus.get_or_insert_default().hot_remove = Some(on);
    }
    if let Some(given) = truth(&mut all, vmw::MEMORY_HOT_ADD) {
        let on = work.value(&given, at("memory").key("hot-add"), false);
        work.definition.memory.get_or_insert_default().hot_add = Some(on);
    }
    work.definition.config = work.write_settings(&all, &at("config"));
}

/// Takes the truth value of `key` out of `settings`, if it is one.
fn truth(settings: &mut Settings, key: &str) -> Option<Given<bool>> {
    let given = match settings.get(key)?.as_ref()? {
        Given::Value(text) => Given::Value(text.parse().ok()?),
        Given::Parameter { name, default } => Given::Parameter {
            name: name.clone(),
            default: match default {
                Some(text) => Some(text.parse().ok()?),
                None => None,
            },
        },
    };
    settings.shift_remove(key);
    Some(given)
}

fn networks(work: &mut Work<'_>, given: &IndexMap<String, model::Network>) {
    let mut networks = IndexMap::new();
    for (id, network) in given {
        let Some(name) = network.name.literal() else {
            // Where networks are described, all have to be; and a key is no parameter.
            work.lose(format!(
                "the descriptions of the networks: the name of `{id}` is a parameter"
            ));
            return;
        };
        let described = network.description.as_ref();
        let described = described.map_or_else(
            || format!("The {name} Network"),
            |text| work.text(text, at("networks").key(name)),
        );
        let network = Network {
            description: described.into(),
        };
        networks.entry(name.clone()).or_insert(Brief(network));
    }
    work.definition.networks = (!networks.is_empty()).then_some(networks);
}
