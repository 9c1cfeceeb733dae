//! New images with nothing on them.

use std::num::NonZeroUsize;

use crate::base::output::Overwrite;
use crate::base::progress::Observer;
use crate::base::writeback::Durability;
use crate::base::{Error, Result};
use crate::disk::blank::Blank;
use crate::disk::form::{Form, Written};
use crate::ops::convert::{Output, Target, Writing};

/// An image to be made.
#[derive(Debug, Clone)]
pub struct Create {
    /// Where it goes.
    pub output: Output,
    /// What it is to be.
    pub form: Form,
    /// The size the guest sees, in bytes.
    pub capacity: u64,
    /// Whether what is there already may be replaced.
    pub overwrite: Overwrite,
}

/// Makes an empty image as asked; it appears whole or not at all.
pub fn create(request: &Create, observer: &mut dyn Observer) -> Result<Written> {
    if request.capacity == 0 {
        return Err(
            Error::usage("a disk of 0 bytes holds nothing").help("give it a size, such as 20G")
        );
    }
    let writing = Writing {
        output: &request.output,
        form: &request.form,
        overwrite: request.overwrite,
        durability: Durability::Started,
        threads: NonZeroUsize::MIN,
    };
    let target = Target::prepare(&writing)?;
    let written = target
        .write(&writing, &Blank::new(request.capacity), observer)
        .map_err(|error| request.output.place(error))?;
    let done = written.done;
    written.commit()?;
    Ok(done)
}
