//! Inflating the grains of a stream, on any number of threads.

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};

use super::super::grain::inflate;
use super::{FindingKind, Findings};
use crate::base::Result;
use crate::base::deflate::Inflater;
use crate::base::pipeline::ordered;
use crate::base::pool::Pool;
use crate::base::units::to_usize;

/// A grain that stands where it may.
pub(super) struct Grain {
    /// The byte its marker stands at.
    pub(super) at: u64,
    /// The disk's sector it starts at.
    pub(super) lba: u64,
    /// Bytes of it the guest sees.
    pub(super) visible: u64,
    /// The sectors it stands in.
    pub(super) sectors: Vec<u8>,
    /// Its zlib stream in them.
    pub(super) stream: Range<usize>,
}

/// What came of a grain.
struct Inflated {
    grain: Grain,
    /// What is wrong with it.
    wrong: Option<String>,
}

/// Buffers for grains that are under way.
pub(super) type Buffers = Pool<Vec<u8>>;

/// Inflates the `grains` of `size` bytes on as many `threads`; what is wrong with them is
/// found by [`FindingKind::GrainData`]. Answers how many bytes good ones hold.
pub(super) fn inflate_all(
    grains: impl Iterator<Item = Result<Grain>>,
    size: u64,
    threads: NonZeroUsize,
    buffers: &Buffers,
    findings: &mut Findings,
) -> Result<u64> {
    let worker = |_| {
        let (mut inflater, mut whole) = (Inflater::new(), vec![0; to_usize(size)]);
        move |grain: Grain| {
            let stream = &grain.sectors[grain.stream.clone()];
            let wrong = fault(&mut inflater, stream, &mut whole, grain.visible);
            Ok(Inflated { grain, wrong })
        }
    };
    let workers = (0..threads.get()).map(worker).collect();
    let mut populated = 0;
    ordered(grains, workers, |Inflated { grain, wrong }| {
        match wrong {
            None => populated += grain.visible,
            Some(why) => findings.push(FindingKind::GrainData, grain.at, Some(grain.lba), why),
        }
        buffers.put(grain.sectors);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(populated)
}

/// What is wrong with a `stream` that has to inflate to a `whole` grain. The last one of a
/// disk may end where the disk does.
fn fault(inflater: &mut Inflater, stream: &[u8], whole: &mut [u8], visible: u64) -> Option<String> {
    let (consumed, produced) = match inflate(inflater, stream, whole) {
        Ok(done) => (done.consumed, done.produced),
        Err(why) => return Some(why),
    };
    if consumed != stream.len() {
        let more = stream.len() - consumed;
        return Some(format!("{more} bytes follow the zlib stream"));
    }
    let fits = produced == whole.len() || produced as u64 == visible;
    (!fits).then(|| format!("it holds {produced} bytes where {visible} belong"))
}
