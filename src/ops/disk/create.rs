//! New images with nothing on them.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::base::output::{Overwrite, directory_of};
use crate::base::progress::Observer;
use crate::base::storage::{FileStorage, Storage};
use crate::base::units::exactly;
use crate::base::writeback::Durability;
use crate::base::{Error, Result};
use crate::disk::about::{About, about};
use crate::disk::blank::Blank;
use crate::disk::detect::Format;
use crate::disk::form::{Form, Parent, Written};
use crate::disk::open::{self, OpenOptions};
use crate::ops::convert::{Output, Target, Writing};

/// An image to be made.
#[derive(Debug, Clone)]
pub struct Create {
    /// Where it goes.
    pub output: Output,
    /// What it is to be.
    pub form: Form,
    /// The size the guest sees, in bytes; without one, that of the backing file.
    pub capacity: Option<u64>,
    /// The image it shows where nothing was written to it.
    pub backing: Option<Backing>,
    /// Whether what is there already may be replaced.
    pub overwrite: Overwrite,
}

/// An image that another one is to show.
#[derive(Debug, Clone)]
pub struct Backing {
    /// Its path, seen from the directory of the image, or an absolute one.
    pub file: String,
    /// How it is read.
    pub open: OpenOptions,
}

/// Makes an empty image as asked; it appears whole or not at all.
pub fn create(request: &Create, observer: &mut dyn Observer) -> Result<Written> {
    // One made on another has an id of its own, or that of the other, in any case.
    let form = match &request.backing {
        None => request.form.clone().unique()?,
        Some(_) => request.form.clone(),
    };
    let writing = Writing {
        output: &request.output,
        form: &form,
        overwrite: request.overwrite,
        durability: Durability::Cached,
        threads: NonZeroUsize::MIN,
    };
    let target = Target::prepare(&writing)?;
    let written = match &request.backing {
        None => {
            let capacity = checked(request.capacity)?;
            target.write(&writing, &Blank::new(capacity), observer)
        }
        Some(backing) => {
            let found = look(backing, &request.output, observer)?;
            let capacity = checked(request.capacity.or(Some(found.capacity)))?;
            if capacity < found.capacity && form.format() == Format::Qcow2 {
                observer.warned(
                    &request.output.name(),
                    &format!(
                        "the disk is smaller than the one it shows, which has {}",
                        exactly(found.capacity)
                    ),
                );
            }
            let parent = Parent {
                name: &backing.file,
                format: found.format,
                capacity: found.capacity,
                about: &found.about,
                changed: found.changed,
            };
            target.overlay(&writing, capacity, &parent)
        }
    };
    let written = written.map_err(|error| request.output.place(error))?;
    let done = written.done;
    written.commit()?;
    Ok(done)
}

fn checked(capacity: Option<u64>) -> Result<u64> {
    match capacity {
        Some(1..) => Ok(capacity.unwrap_or_default()),
        Some(0) => {
            Err(Error::usage("a disk of 0 bytes holds nothing").help("give it a size, such as 20G"))
        }
        None => Err(Error::usage("the image has no size").help("give it a size, such as 20G")),
    }
}

/// What a backing file is.
struct Found {
    capacity: u64,
    format: Format,
    about: About,
    changed: Option<SystemTime>,
}

/// Opens the file that `backing` names for an image at `output`.
fn look(backing: &Backing, output: &Output, observer: &mut dyn Observer) -> Result<Found> {
    let image = output.path();
    let path = directory_of(&image).join(Path::new(&backing.file));
    let opened = open::open(&path, &backing.open)?;
    for warning in &opened.warnings {
        observer.warned(&warning.path, &warning.message);
    }
    let storage = FileStorage::open(&path)?;
    let changed = storage.file().metadata().and_then(|file| file.modified());
    let storage: Arc<dyn Storage> = Arc::new(storage);
    Ok(Found {
        capacity: opened.source.capacity(),
        format: opened.format,
        about: about(&storage, opened.format, &path)?,
        changed: changed.ok(),
    })
}
