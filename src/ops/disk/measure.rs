//! How large an image becomes in another format.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::Result;
use crate::base::progress::Observer;
use crate::disk::DiskSource;
use crate::disk::blank::Blank;
use crate::disk::copy::announce;
use crate::disk::detect::Format;
use crate::disk::form::{self, Form, Work};
use crate::disk::open::OpenOptions;
use crate::ops::image;

/// What to measure.
#[derive(Debug, Clone)]
pub enum Subject {
    /// These images, one behind the other.
    Images(Vec<PathBuf>),
    /// A disk of this many bytes with nothing on it.
    Size(u64),
}

/// What an image takes. Sizes are in bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeasureReport {
    /// Its format.
    pub format: Format,
    /// The size the guest sees.
    pub capacity: u64,
    /// The size of the files.
    pub required: u64,
    /// What of it is written: all but holes.
    pub stored: u64,
    /// The files.
    pub files: Vec<MeasuredFile>,
}

/// A file of an image.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeasuredFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Measures what `form` makes of `subject`, to the byte: the image is made, and not kept.
pub fn measure(
    subject: &Subject,
    open: &OpenOptions,
    form: &Form,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
) -> Result<MeasureReport> {
    match subject {
        Subject::Size(capacity) => report(&Blank::new(*capacity), form, threads, observer),
        Subject::Images(named) => {
            let image = image::open_all(named, open, observer)?;
            report(&*image.source, form, threads, observer)
        }
    }
}

fn report(
    source: &dyn DiskSource,
    form: &Form,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
) -> Result<MeasureReport> {
    announce(source, "measuring", observer);
    let name = format!("disk.{}", form.format());
    let work = Work {
        source,
        name: &name,
        threads,
    };
    let measured = form::measure(form, work, observer)?;
    let files = measured.files.into_iter();
    Ok(MeasureReport {
        format: form.format(),
        capacity: measured.written.capacity,
        required: measured.written.size,
        stored: measured.written.stored,
        files: files
            .map(|(name, size)| MeasuredFile { name, size })
            .collect(),
    })
}
