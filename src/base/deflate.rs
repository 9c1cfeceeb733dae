//! Deflate (RFC 1951) and zlib (RFC 1950) on whole blocks, by libdeflate.
//!
//! libdeflate works on complete buffers and is the fastest of its kind; disk
//! formats deflate fixed blocks, so nothing here needs a stream. The safe
//! bindings leave out `libdeflate_deflate_decompress_ex`, the call that tells
//! where a stream ends, which passing compressed blocks through depends on. So
//! this module, and it alone, calls the C interface itself.
#![allow(unsafe_code)]

use std::ptr::NonNull;

use libdeflate_sys as c;

/// The levels libdeflate offers: 0 stores, 12 searches longest.
pub const LEVELS: std::ops::RangeInclusive<u8> = 0..=12;

/// Compresses blocks at one level.
#[derive(Debug)]
pub struct Deflater {
    compressor: NonNull<c::libdeflate_compressor>,
    /// Where streams are made. Room for the longest one in the output itself
    /// would have to be cleared for every block.
    stream: Vec<u8>,
}

// SAFETY: a libdeflate compressor is plain memory without ties to the thread
// that made it; `&mut self` on every call keeps its use exclusive.
unsafe impl Send for Deflater {}

impl Deflater {
    /// A compressor of `level`; levels above the highest mean the highest.
    ///
    /// # Panics
    ///
    /// When memory for it cannot be had (about 1 MiB at level 12).
    pub fn new(level: u8) -> Self {
        let level = i32::from(level.min(*LEVELS.end()));
        // SAFETY: the level is within what the function accepts.
        let made = unsafe { c::libdeflate_alloc_compressor(level) };
        Self {
            compressor: NonNull::new(made).expect("memory for a compressor"),
            stream: Vec::new(),
        }
    }

    /// The most bytes [`Self::zlib`] may need for `length` bytes of input.
    pub fn zlib_bound(&mut self, length: usize) -> usize {
        // SAFETY: the pointer came from `libdeflate_alloc_compressor`.
        unsafe { c::libdeflate_zlib_compress_bound(self.compressor.as_ptr(), length) }
    }

    /// Appends `input` as one zlib stream to `output`; returns its length.
    ///
    /// # Panics
    ///
    /// Never, unless libdeflate breaks its own bound.
    pub fn zlib(&mut self, input: &[u8], output: &mut Vec<u8>) -> usize {
        let bound = self.zlib_bound(input.len());
        let room = &mut self.stream;
        room.resize(room.len().max(bound), 0);
        // SAFETY: both pointers are valid for the lengths given with them, and
        // the compressor is live and exclusively borrowed.
        let length = unsafe {
            c::libdeflate_zlib_compress(
                self.compressor.as_ptr(),
                input.as_ptr().cast(),
                input.len(),
                room.as_mut_ptr().cast(),
                room.len(),
            )
        };
        assert!(length > 0, "libdeflate's own bound was too small");
        output.extend_from_slice(&self.stream[..length]);
        length
    }
}

impl Drop for Deflater {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` and freed once.
        unsafe { c::libdeflate_free_compressor(self.compressor.as_ptr()) }
    }
}

/// What one inflated stream took and gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inflated {
    /// Bytes of input up to the exact end of the stream.
    pub consumed: usize,
    /// Bytes of output.
    pub produced: usize,
}

/// Why a block did not inflate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InflateFault {
    /// The input is no deflate stream, ends in the middle of one, or is a zlib
    /// stream whose checksum does not fit.
    BadData,
    /// The stream holds more than the output has room for.
    TooLong,
}

/// What libdeflate's functions that decompress have in common.
type Decompress = unsafe extern "C" fn(
    *mut c::libdeflate_decompressor,
    *const std::ffi::c_void,
    usize,
    *mut std::ffi::c_void,
    usize,
    *mut usize,
    *mut usize,
) -> c::libdeflate_result;

/// Decompresses blocks.
#[derive(Debug)]
pub struct Inflater(NonNull<c::libdeflate_decompressor>);

// SAFETY: as for `Deflater`.
unsafe impl Send for Inflater {}

impl Inflater {
    /// A decompressor.
    ///
    /// # Panics
    ///
    /// When memory for it cannot be had (about 12 KiB).
    pub fn new() -> Self {
        // SAFETY: takes no argument.
        let made = unsafe { c::libdeflate_alloc_decompressor() };
        Self(NonNull::new(made).expect("memory for a decompressor"))
    }

    /// Inflates the raw deflate stream at the start of `input` into `output`.
    /// What follows the stream in `input` is ignored.
    pub fn raw(&mut self, input: &[u8], output: &mut [u8]) -> Result<Inflated, InflateFault> {
        self.with(c::libdeflate_deflate_decompress_ex, input, output)
    }

    /// Inflates the zlib stream at the start of `input` into `output`, and
    /// checks its header and its Adler-32. What follows the stream in `input`
    /// is ignored.
    pub fn zlib(&mut self, input: &[u8], output: &mut [u8]) -> Result<Inflated, InflateFault> {
        self.with(c::libdeflate_zlib_decompress_ex, input, output)
    }

    fn with(
        &mut self,
        decompress: Decompress,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<Inflated, InflateFault> {
        let (mut consumed, mut produced) = (0, 0);
        // SAFETY: `decompress` is one of the two functions above, which take
        // the same arguments; both buffers are valid for the lengths given with
        // them, the two counters outlive the call, and the decompressor is live
        // and exclusively borrowed.
        let verdict = unsafe {
            decompress(
                self.0.as_ptr(),
                input.as_ptr().cast(),
                input.len(),
                output.as_mut_ptr().cast(),
                output.len(),
                &raw mut consumed,
                &raw mut produced,
            )
        };
        match verdict {
            c::libdeflate_result_LIBDEFLATE_SUCCESS => Ok(Inflated { consumed, produced }),
            c::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Err(InflateFault::TooLong),
            _ => Err(InflateFault::BadData),
        }
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` and freed once.
        unsafe { c::libdeflate_free_decompressor(self.0.as_ptr()) }
    }
}

/// Adler-32 of `bytes` (RFC 1950 §8.2), the checksum that ends a zlib stream.
pub fn adler32(bytes: &[u8]) -> u32 {
    // SAFETY: the pointer is valid for the length; 1 is the sum of nothing.
    unsafe { c::libdeflate_adler32(1, bytes.as_ptr().cast(), bytes.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_comes_back_and_tells_its_end() {
        let input: Vec<u8> = (0..65536_u32)
            .map(|n| (n % 251 * (n / 300)).to_le_bytes()[0])
            .collect();
        for level in LEVELS {
            let mut zlib = vec![7; 3];
            let length = Deflater::new(level).zlib(&input, &mut zlib);
            assert_eq!(zlib.len(), 3 + length);
            // Two bytes of header before the raw stream, four of Adler-32 and
            // then garbage after it.
            let mut raw = zlib[5..].to_vec();
            assert_eq!(raw[raw.len() - 4..], adler32(&input).to_be_bytes());
            raw.extend_from_slice(&[0xA5; 700]);
            let mut output = vec![0; input.len()];
            let inflated = Inflater::new().raw(&raw, &mut output).expect("inflates");
            assert_eq!(
                inflated,
                Inflated {
                    consumed: length - 6,
                    produced: input.len()
                }
            );
            assert!(output == input);
            // With its framing it tells the same, and more is verified.
            let inflated = Inflater::new()
                .zlib(&zlib[3..], &mut output)
                .expect("inflates");
            assert_eq!(
                (inflated.consumed, inflated.produced),
                (length, input.len())
            );
            for spoilt in [3, 3 + length - 1] {
                let mut wrong = zlib[3..].to_vec();
                wrong[spoilt - 3] ^= 1;
                assert_eq!(
                    Inflater::new().zlib(&wrong, &mut output),
                    Err(InflateFault::BadData)
                );
            }
        }
    }

    #[test]
    fn broken_and_overlong_streams_are_told_apart() {
        let mut zlib = Vec::new();
        Deflater::new(6).zlib(&[1; 5000], &mut zlib);
        let mut inflater = Inflater::new();
        assert_eq!(
            inflater.raw(&zlib[2..], &mut [0; 4999]),
            Err(InflateFault::TooLong)
        );
        assert_eq!(
            inflater.raw(&zlib[2..6], &mut [0; 5000]),
            Err(InflateFault::BadData)
        );
        assert_eq!(
            inflater.raw(&[0xFF; 40], &mut [0; 5000]),
            Err(InflateFault::BadData)
        );
        assert_eq!(inflater.raw(&[], &mut []), Err(InflateFault::BadData));
    }
}
