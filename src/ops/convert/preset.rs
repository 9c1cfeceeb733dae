//! What platforms take: a format, with settings.

use crate::base::suggest::nearest;
use crate::base::{Error, Result};
use crate::disk::detect::Format;
use crate::disk::form::Setting;

/// A platform, and the image it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The platform.
    pub name: &'static str,
    /// The format.
    pub format: Format,
    /// Its settings.
    settings: &'static [(&'static str, &'static str)],
    /// What is to be done with the image.
    pub hint: &'static str,
}

/// All of them.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "esxi",
        format: Format::Vmdk,
        settings: &[
            ("subformat", "streamOptimized"),
            ("adapter_type", "lsilogic"),
        ],
        hint: "ESXi runs no machine from it: import it, or copy it there and clone it with `vmkfstools -i`",
    },
    Preset {
        name: "hyperv",
        format: Format::Vhdx,
        settings: &[("subformat", "dynamic"), ("block_size", "1M")],
        hint: "on NTFS the file may not be sparse, compressed or encrypted",
    },
    Preset {
        name: "azure",
        format: Format::Vhd,
        settings: &[("subformat", "fixed"), ("align", "1M")],
        hint: "upload it as a page blob or a managed disk",
    },
    Preset {
        name: "openstack",
        format: Format::Qcow2,
        settings: &[("compat", "1.1")],
        hint: "openstack image create --disk-format qcow2 --container-format bare --file FILE NAME",
    },
    Preset {
        name: "virtualbox",
        format: Format::Vdi,
        settings: &[("subformat", "dynamic")],
        hint: "VBoxManage storageattach takes it as it is",
    },
    Preset {
        name: "kvm",
        format: Format::Qcow2,
        settings: &[("compat", "1.1")],
        hint: "",
    },
];

impl Preset {
    /// The preset called `name`.
    pub fn find(name: &str) -> Result<&'static Self> {
        let found = PRESETS.iter().find(|preset| preset.name == name);
        found.ok_or_else(|| {
            let names = PRESETS.iter().map(|preset| preset.name);
            let error =
                Error::usage(format!("`{name}` is no platform with a preset")).in_option("--for");
            if let Some(near) = nearest(name, names.clone()).first() {
                return error.help(format!("did you mean `{near}`?"));
            }
            let all: Vec<_> = names.collect();
            error.help(format!("choose one of: {}", all.join(", ")))
        })
    }

    /// Its settings, with those of `asked` over them.
    pub fn settings(&self, asked: Vec<Setting>) -> Vec<Setting> {
        let own = self.settings.iter();
        own.map(|(key, value)| Setting::new(key, value))
            .chain(asked)
            .collect()
    }
}
