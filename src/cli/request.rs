//! What several commands ask of their options.

use std::num::NonZeroUsize;

use crate::base::pipeline::available_threads;
use crate::base::{Error, Result};

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
