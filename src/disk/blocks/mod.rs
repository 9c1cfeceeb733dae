//! What VHD and VDI have in common: disks cut into blocks of one size, each stored as it
//! is or not at all, with a parent beneath that is named by an id.

mod fault;
mod layer;
mod uuid;

pub(super) use fault::{Fault, Traits, check_inside};
pub(super) use layer::{Kind, Layer, Layered, Places, Run};
pub use uuid::Uuid;
