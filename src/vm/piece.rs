//! Which item of a hardware section is what of a machine's definition.

/// What of a machine's definition an item of its hardware is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// The CPUs.
    Cpus,
    /// The memory.
    Memory,
    /// A controller, by what places on it are called by, such as `scsi0`.
    Controller(String),
    /// A device under a key such as `disks`, with its index there; 0 where there is but one.
    Device(&'static str, usize),
}

/// The pieces of a machine, each with the `InstanceID` of its items.
pub type Pieces = Vec<(Piece, String)>;

/// The `InstanceID` of `piece`, if it is among `pieces`.
pub fn instance_of<'p>(pieces: &'p Pieces, piece: &Piece) -> Option<&'p str> {
    let found = pieces.iter().find(|(known, _)| known == piece);
    found.map(|(_, id)| id.as_str())
}
