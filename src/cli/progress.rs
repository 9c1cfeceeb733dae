//! A bar on a terminal for what takes long.

use std::fmt::Write;
use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{interrupt, render};
use crate::base::progress::Observer;
use crate::base::units::human;

/// Letters of a name the line has room for.
const NAME_WIDTH: usize = 22;

/// A run shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// Shows progress on standard error, when that is a terminal, and listens for
/// Ctrl-C.
pub(super) struct Bar {
    line: Option<ProgressBar>,
    begun: Instant,
    shown: bool,
    quiet: bool,
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
            quiet,
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
            bar.set_message(shortened(what));
            bar.set_style(style());
        }
    }

    fn warned(&mut self, about: &str, message: &str) {
        if self.quiet {
            return;
        }
        match &self.line {
            Some(bar) => bar.suspend(|| render::warning(about, message)),
            None => render::warning(about, message),
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

/// The bar takes what the words leave of the line, which must not wrap: a
/// wrapped line cannot be drawn over. It fits 80 columns.
fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{msg} [{wide_bar}] {percent:>3}%  {done} of {all}, {speed}/s, {left} left",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
    .with_key("done", |state: &ProgressState, to: &mut dyn Write| {
        write_to(to, &human(state.pos()));
    })
    .with_key("all", |state: &ProgressState, to: &mut dyn Write| {
        write_to(to, &human(state.len().unwrap_or(0)));
    })
    .with_key("speed", |state: &ProgressState, to: &mut dyn Write| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // A float that is too large becomes the largest integer.
        write_to(to, &human(state.per_sec() as u64));
    })
    .with_key("left", |state: &ProgressState, to: &mut dyn Write| {
        write_to(to, &duration(state.eta().as_secs()));
    })
    .progress_chars("=> ")
}

fn write_to(to: &mut dyn Write, text: &str) {
    // Nothing can be done about a line that cannot be drawn.
    let _ = to.write_str(text);
}

/// The end of a long name tells more than its beginning: the number of the disk.
fn shortened(name: &str) -> String {
    let letters = name.chars().count();
    if letters <= NAME_WIDTH {
        return name.to_owned();
    }
    let end = name.chars().skip(letters + 1 - NAME_WIDTH);
    std::iter::once('…').chain(end).collect()
}

/// A time still to wait, in the two units that matter.
fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours @ ..100, minutes, _) => format!("{hours} h {minutes:02} min"),
        _ => "days".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_times_keep_their_width() {
        assert_eq!(shortened("vm-disk1.vmdk"), "vm-disk1.vmdk");
        let long = shortened("noble-server-cloudimg-amd64-disk1.vmdk");
        assert_eq!(long, "…dimg-amd64-disk1.vmdk");
        assert_eq!(long.chars().count(), NAME_WIDTH);
        for (seconds, text) in [
            (0, "0 s"),
            (61, "1 min 01 s"),
            (7380, "2 h 03 min"),
            (u64::MAX, "days"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
