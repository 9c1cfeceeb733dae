//! What ovfkit does, one verb a file. An operation brings disks, descriptors
//! and packages together and knows the bytes of none of them.

pub mod descriptor;
pub mod environment;
mod examine;
pub mod fix;
pub mod info;
pub mod init;
mod integrity;
pub mod define;
mod members;

pub mod pack;
pub mod rewrite;
pub mod sign;
pub mod unpack;
pub mod validate;
pub mod verify;
