//! What machines may ask for and not every platform has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::definition::{Definition, is_default};

/// Declares the features: what they are called, whether a definition asks for one, under
/// which key, and how the definition is without it.
macro_rules! features {
    ($($(#[$about:meta])* $feature:ident($title:literal, $key:literal):
        |$definition:ident| $used:expr, |$without:ident| $drop:expr;)*) => {
        /// Something a machine may ask for and not every platform has.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Feature {
            $($(#[$about])* $feature,)*
        }

        impl Feature {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$feature),*];

            /// What it is called in a sentence.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$feature => $title,)*
                }
            }

            /// The key under which `definition` itself asks for it, if it does.
            pub(in crate::vm) fn used(self, definition: &Definition) -> Option<String> {
                match self {
                    $(Self::$feature => {
                        let $definition = definition;
                        let used: bool = $used;
                        used.then(|| $key.to_owned())
                    })*
                }
            }

            /// Leaves it out of `definition` itself.
            fn drop_from(self, definition: &mut Definition) {
                match self {
                    $(Self::$feature => {
                        let $without = definition;
                        $drop
                    })*
                }
            }
        }
    };
}

features! {
    /// A name for people besides that of the files.
    Title("a title", "title"): |d| d.title.is_some(), |d| d.title = None;
    /// UEFI Secure Boot.
    SecureBoot("secure boot", "secure-boot"):
        |d| d.secure_boot == Some(true), |d| d.secure_boot = None;
    /// A trusted platform module.
    Tpm("a trusted platform module", "tpm"): |d| d.tpm == Some(true), |d| d.tpm = None;
    /// Bounds of CPUs and memory.
    Ranges("a range of CPUs or memory", "cpus"):
        |d| d.cpus.as_ref().is_some_and(|cpus| cpus.min.is_some() || cpus.max.is_some())
            || d.memory.as_ref().is_some_and(|memory| memory.min.is_some() || memory.max.is_some()),
        |d| {
            if let Some(cpus) = &mut d.cpus {
                (cpus.min, cpus.max) = (None, None);
            }
            if let Some(memory) = &mut d.memory {
                (memory.min, memory.max) = (None, None);
            }
        };
    /// Reservations, limits and shares of CPUs and memory.
    Allocation("a reservation, a limit or shares", "cpus"):
        |d| d.cpus.as_ref().is_some_and(|cpus| {
                cpus.reservation.is_some() || cpus.limit.is_some() || cpus.shares.is_some()
            })
            || d.memory.as_ref().is_some_and(|memory| {
                memory.reservation.is_some() || memory.limit.is_some() || memory.shares.is_some()
            }),
        |d| {
            if let Some(cpus) = &mut d.cpus {
                (cpus.reservation, cpus.limit, cpus.shares) = (None, None, None);
            }
            if let Some(memory) = &mut d.memory {
                (memory.reservation, memory.limit, memory.shares) = (None, None, None);
            }
        };
    /// Adding and removing CPUs and memory while the machine runs.
    HotAdd("adding CPUs or memory to a running machine", "cpus"):
        |d| d.cpus.as_ref().is_some_and(|cpus| cpus.hot_add.is_some() || cpus.hot_remove.is_some())
            || d.memory.as_ref().is_some_and(|memory| memory.hot_add.is_some()),
        |d| {
            if let Some(cpus) = &mut d.cpus {
                (cpus.hot_add, cpus.hot_remove) = (None, None);
            }
            if let Some(memory) = &mut d.memory {
                memory.hot_add = None;
            }
        };
    /// Blank disks.
    BlankDisks("a blank disk", "disks"):
        |d| d.disks.iter().any(|disk| disk.image.is_none()),
        |d| d.disks.retain(|disk| disk.image.is_some());
    /// Disks several machines write to.
    SharedDisks("a shared disk", "disks"):
        |d| d.disks.iter().any(|disk| disk.shared == Some(true)),
        |d| d.disks.iter_mut().for_each(|disk| disk.shared = None);
    /// Disks the guest cannot write to.
    ReadOnlyDisks("a read-only disk", "disks"):
        |d| d.disks.iter().any(|disk| disk.read_only == Some(true)),
        |d| d.disks.iter_mut().for_each(|disk| disk.read_only = None);
    /// CD drives without an image.
    EmptyCdroms("an empty CD drive", "cdroms"):
        |d| d.cdroms.iter().any(|drive| drive.image.is_none()),
        |d| d.cdroms.retain(|drive| drive.image.is_some());
    /// CD drives.
    Cdroms("a CD drive", "cdroms"):
        |d| !d.cdroms.is_empty(),
        |d| {
            d.cdroms.clear();
            d.boot_order.retain(|name| !name.starts_with("cd"));
        };
    /// Floppy drives.
    Floppies("a floppy drive", "floppies"):
        |d| !d.floppies.is_empty(),
        |d| {
            d.floppies.clear();
            d.boot_order.retain(|name| !name.starts_with("floppy"));
        };
    /// Fixed MAC addresses.
    MacAddresses("a fixed MAC address", "nics"):
        |d| d.nics.iter().flatten().any(|nic| nic.fixed_mac().is_some()),
        |d| d.nics.iter_mut().flatten().for_each(|nic| nic.mac = None);
    /// Serial ports.
    SerialPorts("a serial port", "serial-ports"):
        |d| !d.serial_ports.is_empty(), |d| d.serial_ports.clear();
    /// Parallel ports.
    ParallelPorts("a parallel port", "parallel-ports"):
        |d| !d.parallel_ports.is_empty(), |d| d.parallel_ports.clear();
    /// Settings of the graphics card.
    Video("a graphics card", "video"): |d| d.video.is_some(), |d| d.video = None;
    /// USB controllers.
    Usb("a USB controller", "usb"): |d| !d.usb.is_empty(), |d| d.usb.clear();
    /// Sound cards.
    Sound("a sound card", "sound"): |d| d.sound.is_some(), |d| d.sound = None;
    /// PCI devices of the host.
    Pci("a PCI device of the host", "pci"): |d| !d.pci.is_empty(), |d| d.pci.clear();
    /// Devices of other kinds.
    Devices("a device of another kind", "devices"):
        |d| !d.devices.is_empty(), |d| d.devices.clear();
    /// VMware's boot order.
    BootOrder("a boot order", "boot-order"):
        |d| !d.boot_order.is_empty(), |d| d.boot_order.clear();
    /// VMware's settings.
    Config("a setting of VMware", "config"): |d| !is_default(&d.config), |d| d.config.clear();
    /// Lines for the `.vmx` file.
    ExtraConfig("a line for the .vmx file", "extra-config"):
        |d| !is_default(&d.extra_config),
        |d| {
            // What only a line refers to, such as the firmware's variables, is of no use.
            let lines = std::mem::take(&mut d.extra_config);
            let refers = |id: &str| lines.values().any(|line| *line.value == *format!("ovf:/file/{id}"));
            d.files.retain(|file| !file.id.as_deref().is_some_and(refers));
        };
    /// Properties.
    Properties("a property", "properties"):
        |d| !d.properties.is_empty() || d.product.iter().any(|one| !one.properties.is_empty()),
        |d| {
            d.properties.clear();
            d.transport = None;
            for product in &mut *d.product {
                product.properties.clear();
                // An address made of properties leads nowhere without them.
                product.app_url = product.app_url.take().filter(|url| !url.contains("${"));
            }
        };
    /// VMware's ways to give addresses.
    IpAssignment("the assignment of IP addresses", "ip-assignment"):
        |d| d.ip_assignment.is_some(), |d| d.ip_assignment = None;
    /// Licences.
    Eula("a licence to accept", "eula"): |d| !d.eula.is_empty(), |d| d.eula.clear();
    /// Deployment options.
    Configurations("a choice of deployment options", "configurations"):
        |d| !d.configurations.is_empty(), |d| d.flatten();
    /// Several machines.
    Machines("a package of several machines", "machines"): |d| !d.machines.is_empty(), |_d| {};
    /// Sections of vendors.
    Sections("a section of a vendor", "sections"): |d| !d.sections.is_empty(), |d| d.sections.clear();
    /// Translations in files of their own.
    Strings("a file of translations", "strings"): |d| !d.strings.is_empty(), |d| d.strings.clear();
    /// Files beside the disks.
    Files("a file beside the disks", "files"): |d| !d.files.is_empty(), |d| d.files.clear();
}

impl Feature {
    /// Leaves it out of `definition` and all machines in it; whether it was there.
    pub(in crate::vm) fn leave_out(self, definition: &mut Definition) -> bool {
        let used = self.used(definition).is_some();
        if used {
            self.drop_from(definition);
        }
        let members = definition.machines.iter_mut();
        members.fold(used, |used, member| self.leave_out(member) | used)
    }
}
