//! A package that is there, as what another one is made of: what `fix` and `edit` share.
//!
//! ```text
//! part      a file of the package, where it lies: facts, digests, bytes
//! gather    the files of an OVA
//! seats     which of them are descriptor, manifest and certificate
//! names     the manifest as it was, and what it calls files
//! archive   an OVA written of them
//! replace   what takes the place of a file
//! ```

pub(in crate::ops) mod archive;
pub(in crate::ops) mod gather;
pub(in crate::ops) mod names;
pub(in crate::ops) mod part;
pub(in crate::ops) mod replace;
pub(in crate::ops) mod seats;
