//! Converting disks: from any format that is read to any that is written.
//!
//! ```text
//! output  where the image goes: files, a pipe, a device
//! preset  what platforms take
//! report  what was done
//! ```

mod output;
mod preset;
mod report;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

pub use output::Output;
pub(super) use output::{Target, Writing};
pub use preset::{PRESETS, Preset};
pub use report::ConvertReport;

use crate::base::output::Overwrite;
use crate::base::progress::Observer;
use crate::base::writeback::Durability;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::compare::first_difference;
use crate::disk::copy::announce;
use crate::disk::form::Form;
use crate::disk::open::OpenOptions;
use crate::disk::{DiskSource, open};
use crate::ops::image;

/// What to convert, and into what.
#[derive(Debug, Clone)]
pub struct Convert {
    /// The disks, which come one behind the other. Each is a file or device, a file of a
    /// package (`vm.ova:disk1.vmdk`), a package with one disk, or `-`.
    pub sources: Vec<PathBuf>,
    /// How they are read.
    pub open: OpenOptions,
    /// Where the image goes.
    pub output: Output,
    /// What it is to be.
    pub form: Form,
    /// Whether what is there already may be replaced.
    pub overwrite: Overwrite,
    /// Whether to read the image back and compare it with the disks, before it gets its name.
    pub verify: bool,
    /// Whether to wait until the image is on the disk.
    pub durability: Durability,
    /// Threads that encode; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

impl Convert {
    fn writing(&self) -> Writing<'_> {
        Writing {
            output: &self.output,
            form: &self.form,
            overwrite: self.overwrite,
            durability: self.durability,
            threads: self.threads,
        }
    }
}

/// Converts disks as asked. The image appears whole or, if anything fails, not at all.
pub fn convert(request: &Convert, observer: &mut dyn Observer) -> Result<ConvertReport> {
    let begun = Instant::now();
    let writing = request.writing();
    let target = Target::prepare(&writing)?;
    if request.verify {
        target.refuse_pipe()?;
    }
    let image = image::open_all(&request.sources, &request.open, observer)?;
    target.refuse_sources(&image.files)?;
    let source = &*image.source;
    announce(source, &request.output.name(), observer);
    let written = target
        .write(&writing, source, observer)
        .map_err(|error| request.output.place(error))?;
    if request.verify {
        verify(request, source, &written, observer)?;
    }
    let done = written.done;
    written.commit()?;
    Ok(ConvertReport {
        sources: report::sources(&image),
        output: request.output.name(),
        format: request.form.format(),
        capacity: done.capacity,
        size: done.size,
        stored: done.stored,
        verified: request.verify,
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// Reads back what was written and compares it with `source`.
fn verify(
    request: &Convert,
    source: &dyn DiskSource,
    written: &output::Written,
    observer: &mut dyn Observer,
) -> Result<()> {
    let options = OpenOptions {
        format: Some(request.form.format()),
        ..OpenOptions::default()
    };
    let again = open::open(&written.path()?, &options)?;
    observer.begin("comparing", source.capacity());
    match first_difference(source, &*again.source, request.threads, observer)? {
        None => Ok(()),
        Some(offset) => Err(Error::new(
            ErrorKind::Mismatch,
            format!("the image is not what the disk is, from byte {offset} of the disk on"),
        )
        .at(&request.output.path())
        .why("the disk changed while it was read, memory or storage is faulty, or ovfkit is")
        .help("nothing was kept; make sure that nothing writes to the source, and try again")),
    }
}
