//! What ovfkit does, one verb a file. An operation brings disks, descriptors
//! and packages together and knows the bytes of none of them.

mod assemble;
pub mod check;
pub mod convert;
pub mod define;
pub mod descriptor;
pub mod disk;
pub mod edit;
pub mod environment;
mod examine;
pub mod fix;
pub mod image;
mod in_place;
pub mod info;
pub mod init;
mod integrity;
mod members;
pub mod pack;
pub mod revise;
pub mod rewrite;
pub mod sign;
pub mod target;
pub mod unpack;
pub mod validate;
pub mod verify;
