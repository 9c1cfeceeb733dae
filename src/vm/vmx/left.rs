//! What is left when everything a definition has keys for was taken.

use super::Entry;
use super::machine::set;
use super::work::{Work, head};
use crate::vm::definition::Definition;

/// Settings that VMware's products write by themselves, or that are about the host and not the
/// machine. Their own export of OVF leaves them out as well.
const OWN: [&str; 44] = [
    ".encoding",
    "checkpoint.vmstate",
    "checkpoint.vmstate.readonly",
    "chipset.onlinestandby",
    "cleanshutdown",
    "config.version",
    "ctkenabled",
    "deploymentplatform",
    "extendedconfigfile",
    "guestinfo.appinfo",
    "guestinfo.detailed.data",
    "guestinfo.ovfenv",
    "guestos.detailed.data",
    "guestosaltname",
    "hpet0.present",
    "keyboardandmouseprofile",
    "mem.allowautoscaledown",
    "memallowautoscaledown",
    "migrate.encryptionmode",
    "migrate.hostlog",
    "monitor.phys_bits_used",
    "msg.autoanswer",
    "mks.enable3d",
    "nvram",
    "policy.vm.mvmtid",
    "replay.filename",
    "replay.supported",
    "sched.cpu.units",
    "sched.mem.minsize",
    "snapshot.action",
    "softpoweroff",
    "svga.autodetect",
    "svga.graphicsmemorykb",
    "svga.guestbackedprimaryaware",
    "svga.present",
    "tools.reminder",
    "tools.remindinstall",
    "tools.upgrade.policy",
    "usb.vbluetooth.startconnected",
    "virtualhw.productcompatibility",
    "vm.createdate",
    "vm.genid",
    "vm.genidx",
    "vmx.buildtype",
];

/// What such settings begin with.
const OWN_BEGIN: [&str; 24] = [
    "disk.scrubber",
    "ft.",
    "gui.",
    "guestinfo.driver.",
    "guestinfo.vmtools.",
    "guestinfo.vmware.",
    "hgfs.",
    "mainmem.",
    "managedvm.",
    "numa.autosize.",
    "pcibridge",
    "prefvmx.",
    "priority.",
    "sched.swap.",
    "sharedfolder",
    "toolsinstallmanager.",
    "ulm.",
    "unity.",
    "uuid.",
    "vc.",
    "viv.",
    "vmci0.",
    "vmotion.",
    "vmxstats.",
];

/// What such settings of single devices are called.
const OWN_OF_DEVICES: [&str; 15] = [
    "addresstype",
    "autodetect",
    "bsdname",
    "checkmacaddress",
    "ctkenabled",
    "displayname",
    "externalid",
    "generatedaddress",
    "generatedaddressoffset",
    "linkstatepropagation.enable",
    "pcislotnumber",
    "redo",
    "saswwid",
    "uptcompatibility",
    "vnet",
];

/// What says what is so anyway.
const USUAL: [(&str, &[&str]); 5] = [
    ("sched.cpu.affinity", &["all"]),
    ("sched.cpu.latencysensitivity", &["normal", "medium"]),
    ("sched.mem.affinity", &["all"]),
    ("sched.mem.pin", &["false"]),
    ("usb.autoconnect.device0", &[""]),
];

/// Settings for the guest that appliances carry as lines for the `.vmx` file, and vSphere is
/// known to take so.
const EXTRA: [&str; 8] = [
    "disable_acceleration",
    "disk.enableuuid",
    "remotedisplay.maxconnections",
    "svga.maxheight",
    "svga.maxwidth",
    "tools.guestlib.enablehostinfo",
    "tools.setinfo.sizelimit",
    "vmgencounter.enable",
];
/// What such settings begin with.
const EXTRA_BEGIN: [&str; 4] = [
    "guestinfo.",
    "isolation.tools.",
    "time.synchronize.",
    "uefi.secureboot.",
];

/// Puts what is left where it can be said, and tells what is not carried over.
pub(super) fn take(work: &mut Work<'_>, definition: &mut Definition) {
    for entry in work.left() {
        if is_own(entry) {
            continue;
        }
        let key = &*entry.lower;
        let extra = EXTRA.contains(&key) || EXTRA_BEGIN.iter().any(|begin| key.starts_with(begin));
        if extra && !entry.value.contains(['\n', '\r']) {
            set(&mut definition.extra_config, &entry.key, &entry.value);
        } else {
            work.lose(key, "a definition has no key for it");
        }
    }
}

/// Whether `entry` is VMware's own affair, or says what is so anyway.
fn is_own(entry: &Entry) -> bool {
    let key = &*entry.lower;
    let value = entry.value.trim();
    let tail = key.strip_prefix(head(entry)).unwrap_or_default();
    let tail = tail.strip_prefix('.').unwrap_or_default();
    let absent = tail == "present" && value.eq_ignore_ascii_case("false");
    // What VMware puts on USB controllers.
    let on_usb = ["usb:", "usb_xhci:", "ehci:"]
        .iter()
        .any(|bus| key.starts_with(bus));
    let usual = USUAL.iter().any(|(known, values)| {
        *known == key && values.iter().any(|usual| usual.eq_ignore_ascii_case(value))
    });
    // A share or a cap of a device that is none.
    let of_disk = key.starts_with("sched.") && {
        let free = ["normal", "off", "none", ""];
        free.iter().any(|free| free.eq_ignore_ascii_case(value))
    };
    OWN.contains(&key)
        || OWN_BEGIN.iter().any(|begin| key.starts_with(begin))
        || OWN_OF_DEVICES.contains(&tail)
        || absent
        || on_usb
        || usual
        || of_disk
}
