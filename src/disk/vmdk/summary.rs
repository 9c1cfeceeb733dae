//! What an extent says of itself, without a look at its grains.

use std::path::Path;

use super::description::Description;
use super::layout::{Layout, TablesAt};
use crate::base::Result;
use crate::base::storage::Storage;

/// What header, footer and descriptor tell.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// 1 to 3.
    pub version: u32,
    /// `createType`, such as `streamOptimized`.
    pub create_type: Option<String>,
    /// Bytes the guest sees.
    pub capacity: u64,
    /// Bytes of a grain.
    pub grain_size: u64,
    /// Whether grains are compressed, by deflate.
    pub compressed: bool,
    /// Where the grain tables are.
    pub tables: TablesAt,
    /// Names the content.
    pub cid: Option<u32>,
    /// Content id of the disk this one holds changes to.
    pub parent_cid: Option<u32>,
    /// `ddb.adapterType`: the controller the geometry is for.
    pub adapter_type: Option<String>,
    /// The disk data base: names and values, in order.
    pub ddb: Vec<(String, String)>,
}

/// Reads header, footer and descriptor of the extent in `storage`, called
/// `path` in errors. A file without a descriptor of its own has no summary.
pub fn summary(storage: &dyn Storage, path: &Path) -> Result<Summary> {
    let read = || {
        let layout = Layout::read(storage)?;
        let description = Description::embedded(storage, &layout)?;
        Ok(Summary {
            version: layout.version,
            adapter_type: description.ddb("ddb.adapterType"),
            create_type: description.create_type,
            capacity: layout.capacity,
            grain_size: layout.grain,
            compressed: layout.compressed,
            tables: layout.tables,
            cid: description.cid,
            parent_cid: description.parent_cid,
            ddb: description.ddb,
        })
    };
    read().map_err(|error: crate::base::Error| error.at(path))
}
