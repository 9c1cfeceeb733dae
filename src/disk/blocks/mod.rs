//! What VHDX, VHD and VDI have in common: disks cut into blocks of one size, each stored
//! as it is or not at all.
//!
//! ```text
//! reading   layer     an image over its parent
//!           fault     what can be wrong with one
//! writing   store     blocks that hold data go to the file, in the guest's order
//!           slots     which ones did, and where they are
//!           target    the file: written at any place, never read
//!           size      whether a disk fits the format
//!           summary   what was written
//!           over      what an image made on another calls it
//! both      uuid      ids, read and made
//! ```

mod fault;
mod layer;
pub(super) mod over;
mod size;
mod slots;
mod store;
mod summary;
mod target;
mod uuid;

pub(super) use fault::{Fault, Traits, check_inside};
pub(super) use layer::{Kind, Layer, Layered, Places, Run};
pub(super) use size::Fits;
pub(super) use slots::{Kept, Plan};
pub(super) use store::store;
pub use summary::WriteSummary;
pub(super) use target::Target;
pub use uuid::Uuid;
