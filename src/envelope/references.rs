//! The files a package consists of.

use crate::xml::names::ovf;

use super::record::record;

record! {
/// The files beside the descriptor, in the order they are packed (DSP0243 1.1 §7.1).
pub struct References {
    /// The files.
    files: Vec<File> = child(&ovf("File"));
}
}

record! {
/// A file beside the descriptor (DSP0243 1.1 §7.1).
pub struct File {
    /// The name other parts of the envelope call it by.
    id: String = attribute(&ovf("id"));
    /// Where it is, a URI, usually relative to the descriptor.
    href: String = attribute(&ovf("href"));
    /// Its length in bytes.
    size: Option<u64> = attribute(&ovf("size"));
    /// How it is compressed as a whole: `gzip`, or `identity` for not at all.
    compression: Option<String> = attribute(&ovf("compression"));
    /// The length in bytes of each chunk but the last, for a file cut in chunks.
    chunk_size: Option<u64> = attribute(&ovf("chunkSize"));
}
}
