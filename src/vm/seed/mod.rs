//! First boot: what a guest's cloud-init or Ignition is told, as properties of the
//! descriptor or as an image for a CD drive.
//!
//! [`CloudInit`] and [`Ignition`] read and check the files a user has. [`make`] turns them into
//! a [`Seed`]: [properties](Properties) that the platform hands to the guest in an OVF
//! environment, or the bytes of a NoCloud image. The same input always gives the same bytes.

mod cloud_init;
mod document;
mod encode;
mod fault;
mod ignition;
mod image;
mod meta_data;
mod properties;
#[cfg(test)]
mod tests;
mod user_data;

use std::path::Path;

use serde_json::Value;

use crate::base::Result;

pub use cloud_init::{CloudInit, Part, split};
pub use document::Document;
pub use fault::SeedFault;
pub use ignition::{Ignition, MAX_IGNITION};
pub use properties::{FILE_KEYS, Properties, SeedProperty, Transport};

/// The most characters of a property's value: vSphere takes no longer string
/// (`vim.vApp.PropertyInfo`, type `string`), and the other importers document no limit.
pub const MAX_PROPERTY_VALUE: usize = 65_535;

/// Reads the text of a file as YAML, of which JSON is a part. It is the caller's, as YAML is no
/// format of this room; errors need the file, line and column.
pub type Reader<'a> = &'a dyn Fn(&Path, &str) -> Result<Value>;

/// How the guest gets what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As properties, which whoever deploys the machine can change.
    Properties,
    /// As a NoCloud image in a CD drive, which any platform can show to a guest.
    SeedImage {
        /// The time of everything in the image, in seconds since 1970 (`SOURCE_DATE_EPOCH`).
        time: u64,
    },
}

/// What is wanted.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What cloud-init is told.
    pub cloud_init: Option<&'a CloudInit>,
    /// What Ignition is told.
    pub ignition: Option<&'a Ignition>,
    /// The machine's name, which becomes its host name where none is given.
    pub machine: &'a str,
    /// How the guest gets it.
    pub mode: Mode,
    /// Reads what is YAML in it.
    pub reader: Reader<'a>,
}

/// What a guest is told, ready to be packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seed {
    /// For the descriptor.
    Properties(Properties),
    /// The bytes of an ISO 9660 image.
    Image(Vec<u8>),
}

/// Makes what `request` wants.
pub fn make(request: &Request<'_>) -> Result<Seed> {
    if request.cloud_init.is_none() && request.ignition.is_none() {
        return Err(SeedFault::Nothing.into());
    }
    match request.mode {
        Mode::Properties => {
            let mut made = Properties::default();
            if let Some(cloud_init) = request.cloud_init {
                made.add_cloud_init(cloud_init, request.machine, request.reader)?;
            }
            if let Some(ignition) = request.ignition {
                made.add_ignition(ignition)?;
            }
            Ok(Seed::Properties(made))
        }
        Mode::SeedImage { time } => {
            if let Some(ignition) = request.ignition {
                return Err(ignition.document().fault(SeedFault::IgnitionInImage));
            }
            let Some(cloud_init) = request.cloud_init else {
                return Err(SeedFault::Nothing.into());
            };
            cloud_init.check_maps(request.reader)?;
            let made = meta_data::default(cloud_init, request.machine);
            let files = cloud_init.files(&made);
            Ok(Seed::Image(image::write(&files, time)?))
        }
    }
}
