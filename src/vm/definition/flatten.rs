//! One deployment option made the only one.

use std::collections::HashSet;

use super::device::Device;
use super::processor::{Cpus, Memory};
use super::{Brief, Definition};

impl Cpus {
    /// What these are where `option` says something else.
    pub(in crate::vm) fn in_option(&self, option: &Self) -> Self {
        Self {
            count: option.count.or(self.count),
            cores_per_socket: option.cores_per_socket.or(self.cores_per_socket),
            min: option.min.or(self.min),
            max: option.max.or(self.max),
            reservation: option.reservation.or(self.reservation),
            limit: option.limit.or(self.limit),
            shares: option.shares.or(self.shares),
            hot_add: option.hot_add.or(self.hot_add),
            hot_remove: option.hot_remove.or(self.hot_remove),
        }
    }
}

impl Memory {
    /// What this is where `option` says something else.
    pub(in crate::vm) fn in_option(&self, option: &Self) -> Self {
        Self {
            size: option.size.or(self.size),
            min: option.min.or(self.min),
            max: option.max.or(self.max),
            reservation: option.reservation.or(self.reservation),
            limit: option.limit.or(self.limit),
            shares: option.shares.or(self.shares),
            hot_add: option.hot_add.or(self.hot_add),
        }
    }
}

impl Definition {
    /// The CPUs in the deployment option `option`.
    pub(in crate::vm) fn cpus_in(&self, option: Option<&str>) -> Cpus {
        let usual = self.cpus.clone().unwrap_or_default().0;
        let own = option.and_then(|option| self.configurations.get(option)?.cpus.as_ref());
        own.map_or_else(|| usual.clone(), |own| usual.in_option(own))
    }

    /// The memory in the deployment option `option`.
    pub(in crate::vm) fn memory_in(&self, option: Option<&str>) -> Memory {
        let usual = self.memory.clone().unwrap_or_default().0;
        let own = option.and_then(|option| self.configurations.get(option)?.memory.as_ref());
        own.map_or_else(|| usual.clone(), |own| usual.in_option(own))
    }

    /// Leaves the deployment option that is taken when nobody chooses, as if there were no
    /// others.
    pub(in crate::vm) fn flatten(&mut self) {
        let default = self
            .configurations
            .iter()
            .find(|(_, option)| option.default);
        let option = default.or(self.configurations.first());
        let Some(option) = option.map(|(name, _)| name.clone()) else {
            return;
        };
        let before = self.networks_in_use();
        self.flatten_to(&option);
        let after = self.networks_in_use();
        if let Some(networks) = &mut self.networks {
            // Those of the adapters of other options have nobody on them.
            networks.retain(|name, _| !before.contains(name) || after.contains(name));
        }
    }

    /// The networks that adapters name, also those of machines in it.
    fn networks_in_use(&self) -> HashSet<String> {
        let own = self.nics.iter().flatten().flat_map(|nic| &nic.network);
        let members = self.machines.iter().flat_map(Self::networks_in_use);
        own.cloned().chain(members).collect()
    }

    fn flatten_to(&mut self, option: &str) {
        if self.configurations.contains_key(option) {
            let cpus = self.cpus_in(Some(option));
            let memory = self.memory_in(Some(option));
            self.cpus = Some(Brief(cpus)).filter(|cpus| **cpus != Cpus::default());
            self.memory = Some(Brief(memory)).filter(|memory| **memory != Memory::default());
        }
        let configured = self.configurations.get(option).cloned().unwrap_or_default();
        for (key, property) in &mut self.properties {
            let value = property.values.shift_remove(option);
            let value = configured.properties.get(key).cloned().or(value);
            property.default = value.or(property.default.take());
            property.values.clear();
        }
        self.properties.retain(|_, property| {
            let kept = is_in(&property.configurations, option);
            property.configurations.clear();
            kept
        });
        macro_rules! keep {
            ($($list:expr),* $(,)?) => {
                $($list.retain_mut(|device| {
                    let kept = is_in(device.common().configurations, option);
                    device.configurations.clear();
                    kept
                });)*
            };
        }
        keep!(
            self.controllers,
            self.disks,
            self.cdroms,
            self.floppies,
            self.serial_ports,
            self.parallel_ports,
            self.usb,
            self.pci,
            self.devices,
        );
        if let Some(nics) = &mut self.nics {
            keep!(nics);
        }
        self.video = self
            .video
            .take()
            .filter(|one| is_in(&one.configurations, option));
        self.sound = self
            .sound
            .take()
            .filter(|one| is_in(&one.configurations, option));
        self.configurations.clear();
        for member in &mut self.machines {
            member.flatten_to(option);
        }
    }
}

/// Whether what is for `options` is there in `option`.
fn is_in(options: &[String], option: &str) -> bool {
    options.is_empty() || options.iter().any(|one| one == option)
}
