//! A bar on a terminal for what takes long.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::interrupt;
use crate::base::progress::Observer;

/// A run shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// Shows progress on standard error, when that is a terminal, and listens for
/// Ctrl-C.
pub(super) struct Bar {
    line: Option<ProgressBar>,
    begun: Instant,
    shown: bool,
}

impl Bar {
    /// A bar, or silence when `quiet` or when nobody watches.
    pub(super) fn new(quiet: bool) -> Self {
        let watched = !quiet && std::io::stderr().is_terminal();
        Self {
            line: watched
                .then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())),
            begun: Instant::now(),
            shown: false,
        }
    }

    /// Removes the bar.
    pub(super) fn finish(self) {
        if let Some(bar) = self.line {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Bar {
    fn begin(&mut self, what: &str, total: u64) {
        if let Some(bar) = &self.line {
            bar.reset();
            bar.set_length(total);
            bar.set_message(what.to_owned());
            bar.set_style(style());
        }
    }

    fn wants_totals(&self) -> bool {
        self.line.is_some()
    }

    fn advanced(&mut self, amount: u64) -> ControlFlow<()> {
        if let Some(bar) = &self.line {
            if !self.shown && self.begun.elapsed() > PATIENCE {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                self.shown = true;
            }
            bar.inc(amount);
        }
        if interrupt::requested() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{msg} [{bar:28}] {percent:>3}% {bytes}/{total_bytes} {binary_bytes_per_sec}, {eta} left",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .progress_chars("=> ")
}
