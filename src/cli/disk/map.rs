//! `ovfkit disk map`: which parts of a disk are stored.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::base::Result;
use crate::base::units::{human, to_usize};
use crate::cli::images::ImageOptions;
use crate::cli::progress::Bar;
use crate::cli::summary::{Lines, count};
use crate::cli::{interrupt, summary};
use crate::ops::disk::map::{Stretch, map};
use crate::ops::image::open;

const EXAMPLES: &str = "\
Examples:
  ovfkit disk map disk.qcow2
  ovfkit disk map vm.ova:vm-disk1.vmdk --json

The keys of --json are those of `qemu-img map`.";

/// Characters of the bar.
const CELLS: u64 = 64;

/// A cell by how much of it is stored: nothing, up to an eighth, two eighths, ..., all.
const LEVELS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// A disk image: a file or block device, a file of an OVA (vm.ova:disk1.vmdk), or `-`
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    #[command(flatten)]
    input: ImageOptions,
    /// List every stretch below the bar
    #[arg(short, long, help_heading = "Messages")]
    verbose: bool,
    /// Print the stretches as JSON
    #[arg(long, help_heading = "Messages", conflicts_with = "verbose")]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let options = arguments.input.open()?;
    interrupt::catch(false)?;
    let mut bar = Bar::new(false);
    let image = open(&arguments.image, &options, &mut bar)?;
    if arguments.json {
        let mut text = String::from("[");
        map(&image, &mut bar, |stretch| {
            let separator = if text.len() == 1 { "\n" } else { ",\n" };
            text.push_str(separator);
            text.push_str(summary::json(stretch)?.trim_end());
            Ok(())
        })?;
        bar.finish();
        text.push_str("\n]\n");
        return summary::answer(text);
    }
    let capacity = image.source.capacity();
    let mut drawing = Drawing::new(capacity);
    let mut list = String::new();
    map(&image, &mut bar, |stretch| {
        drawing.add(stretch);
        if arguments.verbose {
            // Writing to a String cannot fail.
            let _ = writeln!(
                list,
                "{:>20} {:>20}  {}",
                stretch.start,
                stretch.length,
                kind(stretch)
            );
        }
        Ok(())
    })?;
    bar.finish();
    let mut lines = Lines::default();
    lines.add(
        "disk",
        &format!(
            "{}, {}, {}",
            image.names.join(" + "),
            image.formats[0],
            human(capacity)
        ),
    );
    lines.add("map", &drawing.cells());
    lines.add("", &drawing.legend());
    let mut text = lines.into_text();
    if arguments.verbose {
        let _ = writeln!(text, "{:>20} {:>20}  holds", "offset", "bytes");
        text.push_str(&list);
    }
    summary::answer(text)
}

fn kind(stretch: &Stretch) -> &'static str {
    match (stretch.zero, stretch.compressed) {
        (true, _) => "zeros",
        (false, true) => "data, deflated",
        (false, false) => "data",
    }
}

/// How much of each part of a disk is stored.
struct Drawing {
    capacity: u64,
    /// Bytes of the disk that a cell stands for.
    cell: u64,
    stored: Vec<u64>,
    stretches: u64,
}

impl Drawing {
    fn new(capacity: u64) -> Self {
        let cell = capacity.div_ceil(CELLS).max(1);
        let cells = capacity.div_ceil(cell);
        Self {
            capacity,
            cell,
            stored: vec![0; to_usize(cells)],
            stretches: 0,
        }
    }

    fn add(&mut self, stretch: &Stretch) {
        if !stretch.data {
            return;
        }
        self.stretches += 1;
        let (start, end) = (stretch.start, stretch.start + stretch.length);
        for number in start / self.cell..end.div_ceil(self.cell) {
            let from = start.max(number * self.cell);
            let to = end.min((number + 1) * self.cell);
            if let Some(stored) = self.stored.get_mut(to_usize(number)) {
                *stored += to - from;
            }
        }
    }

    fn cells(&self) -> String {
        let most = LEVELS.len() as u64 - 1;
        let level = |stored: &u64| {
            // Something is never drawn as nothing.
            let eighths = (u128::from(*stored) * u128::from(most)).div_ceil(self.cell.into());
            LEVELS[usize::try_from(eighths).unwrap_or(0).min(LEVELS.len() - 1)]
        };
        self.stored.iter().map(level).collect()
    }

    fn legend(&self) -> String {
        let stored: u64 = self.stored.iter().sum();
        format!(
            "{} of data in {}, of {}; each character is {}",
            human(stored),
            count(self.stretches, "run"),
            human(self.capacity),
            human(self.cell)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(start: u64, length: u64) -> Stretch {
        Stretch {
            start,
            length,
            zero: false,
            data: true,
            compressed: false,
        }
    }

    #[test]
    fn cells_show_how_much_is_stored() {
        let mut drawing = Drawing::new(6400);
        for (start, length) in [(0, 100), (150, 1), (250, 100), (6399, 1)] {
            drawing.add(&stretch(start, length));
        }
        let cells: Vec<_> = drawing.cells().chars().collect();
        assert_eq!(cells.len(), 64);
        assert_eq!(cells[..5], ['█', '▁', '▄', '▄', '·']);
        assert_eq!(cells[63], '▁');
        assert!(cells[4..63].iter().all(|cell| *cell == '·'));
    }

    #[test]
    fn a_small_disk_has_fewer_cells() {
        let mut drawing = Drawing::new(3);
        drawing.add(&stretch(1, 2));
        assert_eq!(drawing.cells(), "·██");
    }
}
