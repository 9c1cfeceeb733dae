//! One compressed cluster: where its bytes stand, and how they unpack.

use zstd::zstd_safe::{DCtx, find_frame_compressed_size, get_error_name};

use super::format::COMPRESSED_SECTOR;
use super::header::Compression;
use crate::base::deflate::Inflater;
use crate::base::pool::Pool;
use crate::base::units::to_usize;

/// Where a compressed cluster's bytes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CompressedPlace {
    /// Offset in the file, of any alignment.
    pub(super) offset: u64,
    /// Bytes up to the end of the last sector the stream touches; its exact
    /// end only the stream itself tells.
    pub(super) window: u64,
}

impl CompressedPlace {
    /// Takes an L2 entry apart: the low bits hold the offset, the bits above
    /// them, up to bit 61, the sectors after the first.
    pub(super) fn from_entry(entry: u64, cluster_bits: u32) -> Self {
        let offset_bits = 62 - (cluster_bits - 8);
        let offset = entry & ((1 << offset_bits) - 1);
        let sectors = (entry >> offset_bits) & ((1 << (cluster_bits - 8)) - 1);
        Self {
            offset,
            window: (sectors + 1) * COMPRESSED_SECTOR - offset % COMPRESSED_SECTOR,
        }
    }
}

/// Unpacks clusters on any number of threads.
pub(super) struct ClusterInflater {
    deflate: Pool<Inflater>,
    zstd: Pool<DCtx<'static>>,
    compression: Compression,
}

impl ClusterInflater {
    pub(super) fn new(compression: Compression) -> Self {
        Self {
            deflate: Pool::new(Inflater::new),
            zstd: Pool::new(DCtx::create),
            compression,
        }
    }

    /// Fills `cluster` from the stream at the start of `window`, or says why
    /// that cannot be.
    pub(super) fn inflate(&self, window: &[u8], cluster: &mut [u8]) -> Result<(), String> {
        match self.compression {
            Compression::Deflate => self.deflate(window, cluster),
            Compression::Zstd => self.zstd.with(|context| zstd(context, window, cluster)),
        }
    }

    fn deflate(&self, window: &[u8], cluster: &mut [u8]) -> Result<(), String> {
        match self.deflate.with(|inflater| inflater.raw(window, cluster)) {
            Ok(inflated) if inflated.produced == cluster.len() => Ok(()),
            Ok(inflated) => Err(short(inflated.produced, cluster.len())),
            // QEMU takes a stream whose output is full though it has not
            // ended; libdeflate does not. The slower inflater decides.
            Err(_) => deflate_unended(window, cluster),
        }
    }
}

fn deflate_unended(window: &[u8], cluster: &mut [u8]) -> Result<(), String> {
    let mut stream = flate2::Decompress::new(false);
    stream
        .decompress(window, cluster, flate2::FlushDecompress::None)
        .map_err(|error| error.to_string())?;
    let produced = to_usize(stream.total_out());
    if produced == cluster.len() {
        Ok(())
    } else {
        Err(short(produced, cluster.len()))
    }
}

/// The data may be several frames, which together fill the cluster. Where a
/// frame ends its blocks tell, so each unpacks in one go, without a copy
/// through the window a stream would keep.
fn zstd(context: &mut DCtx<'_>, mut window: &[u8], cluster: &mut [u8]) -> Result<(), String> {
    let mut filled = 0;
    while filled < cluster.len() {
        let room = &mut cluster[filled..];
        let (frame, rest) = find_frame_compressed_size(window)
            .map(|length| window.split_at(length.min(window.len())))
            .map_err(|code| format!("{} after {filled} bytes", get_error_name(code)))?;
        filled += context
            .decompress(room, frame)
            .map_err(|code| format!("{} after {filled} bytes", get_error_name(code)))?;
        window = rest;
    }
    Ok(())
}

fn short(produced: usize, size: usize) -> String {
    format!("it holds {produced} bytes where a cluster has {size}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::deflate::Deflater;

    #[test]
    fn places_follow_the_specification() {
        // cluster_bits 16: x = 54, so 54 bits of offset and 8 bits of sectors.
        let place = CompressedPlace::from_entry((3 << 54) | 0x5_0100, 16);
        assert_eq!(place.offset, 0x5_0100);
        assert_eq!(place.window, 4 * 512 - 0x100);
        // cluster_bits 9: one bit of sectors.
        let place = CompressedPlace::from_entry((1 << 61) | 0x3FF, 9);
        assert_eq!((place.offset, place.window), (0x3FF, 2 * 512 - 0x1FF));
        // cluster_bits 21: 13 bits of sectors.
        let place = CompressedPlace::from_entry(0x1FFF << 49, 21);
        assert_eq!((place.offset, place.window), (0, 8192 * 512));
    }

    fn pattern(size: usize) -> Vec<u8> {
        (0..size).map(|n| (n * n / 7).to_le_bytes()[0]).collect()
    }

    #[test]
    fn a_deflate_stream_without_an_end_counts_when_it_fills_the_cluster() {
        let data = pattern(65536);
        let mut zlib = Vec::new();
        Deflater::new(6).zlib(&data, &mut zlib);
        let inflater = ClusterInflater::new(Compression::Deflate);
        // Into a smaller cluster: the output is full, the stream is not over.
        let mut cluster = vec![0; 4096];
        inflater.inflate(&zlib[2..], &mut cluster).expect("full");
        assert_eq!(cluster, data[..4096]);
        // Into a larger one: too little.
        let error = inflater
            .inflate(&zlib[2..], &mut vec![0; 65537])
            .unwrap_err();
        assert!(error.contains("65536"), "{error}");
        assert!(inflater.inflate(&zlib[2..40], &mut vec![0; 65536]).is_err());
    }

    #[test]
    fn zstd_frames_add_up() {
        let data = pattern(65536);
        let inflater = ClusterInflater::new(Compression::Zstd);
        let one = zstd::bulk::compress(&data, 3).unwrap();
        let mut several = zstd::bulk::compress(&data[..1000], 3).unwrap();
        several.extend(zstd::bulk::compress(&data[1000..40000], 3).unwrap());
        several.extend(zstd::bulk::compress(&data[40000..], 3).unwrap());
        for mut window in [one, several.clone()] {
            // The last sector's rest is whatever stands there.
            window.extend([0; 100]);
            let mut cluster = vec![0; 65536];
            inflater.inflate(&window, &mut cluster).expect("unpacks");
            assert!(cluster == data);
        }
        for wrong in [&several[..several.len() / 2], &several[..0], &data[..500]] {
            assert!(inflater.inflate(wrong, &mut vec![0; 65536]).is_err());
        }
        assert!(inflater.inflate(&several, &mut vec![0; 65535]).is_err());
    }
}
