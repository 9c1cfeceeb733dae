//! What several commands ask of their options, and which option to look at when a
//! request contradicts itself.

use std::num::NonZeroUsize;

use crate::base::pipeline::available_threads;
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

/// More threads than machines have would only use up memory, some MiB each.
const MOST_THREADS: u32 = 512;

/// As many threads as `--threads` asks for, or as there are cores.
pub(super) fn threads(asked: Option<u32>) -> Result<NonZeroUsize> {
    let Some(asked) = asked else {
        return Ok(available_threads());
    };
    usize::try_from(asked)
        .ok()
        .filter(|_| asked <= MOST_THREADS)
        .and_then(NonZeroUsize::new)
        .ok_or_else(|| {
            Error::usage(format!("{asked} threads cannot be used"))
                .in_option("--threads")
                .help(format!(
                    "choose 1 to {MOST_THREADS}, or leave it away for all cores"
                ))
        })
}
