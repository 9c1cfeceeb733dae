//! What several commands ask of their options.

use std::num::NonZeroUsize;

use crate::base::pipeline::available_threads;
use crate::base::{Error, Result};
use crate::ova::archive::DEFAULT_TIME;

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

/// The time builds are made reproducible with
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
pub(super) fn source_date_epoch() -> Result<u64> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else {
        return Ok(DEFAULT_TIME);
    };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    // Eleven octal digits hold it, as a tar header has them.
    seconds.filter(|seconds| *seconds < 1 << 33).ok_or_else(|| {
        Error::usage(format!(
            "SOURCE_DATE_EPOCH is `{}`, which is no time",
            text.display()
        ))
        .help("set it to seconds since 1970, such as `git log -1 --format=%ct` prints")
    })
}
