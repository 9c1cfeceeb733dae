//! Which option to look at when a request contradicts itself.

use crate::base::{Error, Result};
use crate::vm::{Contradiction, Machine, contradictions};

/// Refuses what cannot be, naming the option, before any disk is opened.
pub(super) fn check(machine: &Machine) -> Result<()> {
    let Some(found) = contradictions(machine).into_iter().next() else {
        return Ok(());
    };
    let option = option_of(&found);
    let error = Error::from(found);
    Err(match option {
        Some(option) => error.in_option(option),
        None => error,
    })
}

fn option_of(contradiction: &Contradiction) -> Option<&'static str> {
    Some(match contradiction {
        Contradiction::NoCpu => "--cpus",
        Contradiction::UnevenSockets { .. } => "--cores-per-socket",
        Contradiction::UnevenMemory { .. } => "--mem",
        Contradiction::SecureBootWithoutEfi => "--secure-boot",
        Contradiction::HardwareTooOld { .. } => "--hardware",
        Contradiction::BadName { .. } => "--name",
        Contradiction::BadNetwork { .. } => "--nic",
        Contradiction::BadPropertyKey { .. } | Contradiction::DuplicateProperty { .. } => {
            "--property"
        }
        _ => return None,
    })
}
