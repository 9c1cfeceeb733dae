//! A strict look at a whole stream, front to back: what a lenient reader puts
//! up with is told here, because importers do not.
//!
//! ```text
//! mod      the verb, and what it answers
//! input    bytes in order, sector by sector
//! front    descriptor and tables before the grains
//! walk     grains and tables behind their markers
//! grains   what grains hold, on all cores
//! tables   what the tables tell, against the grains there were
//! ```

mod front;
mod grains;
mod input;
mod tables;
mod walk;

use std::io::Read;
use std::num::NonZeroUsize;

use super::fault::Fault;
use super::layout::{Layout, TablesAt};
use crate::base::Result;
use grains::{Buffers, inflate_all};
use input::Input;
use tables::Tables;
use walk::Walk;

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// Which rule it breaks.
    pub kind: FindingKind,
    /// Byte offset in the stream.
    pub offset: u64,
    /// Sector of the disk, where it is about a grain.
    pub sector: Option<u64>,
    /// What is wrong, without the place.
    pub message: String,
}

/// The rules of a streamOptimized extent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// Version 3, which ESXi asks for, and closed cleanly.
    Header,
    /// A descriptor that tells of this extent.
    Descriptor,
    /// Markers of known kinds that tell the right sizes.
    Marker,
    /// Zeros between things.
    Padding,
    /// Grains start at a multiple of their size, within the capacity.
    GrainPlace,
    /// Grains ascend.
    GrainOrder,
    /// Every grain is there once.
    GrainRepeated,
    /// A grain is one zlib stream of a grain's bytes.
    GrainData,
    /// Table entries tell where the grains are.
    Table,
    /// Directory entries tell where the tables are.
    Directory,
    /// The redundant directory tells the same.
    Redundant,
    /// The footer repeats the header and tells where the directory is.
    Footer,
    /// An end-of-stream marker ends the stream.
    End,
    /// Nothing follows the end.
    AfterEnd,
}

/// What a stream holds, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Bytes the guest sees.
    pub capacity: u64,
    /// Grains there are, good or bad.
    pub grains: u64,
    /// Bytes of the disk that good grains hold.
    pub populated: u64,
    /// Bytes of all zlib streams.
    pub compressed: u64,
    /// Bytes of the stream.
    pub length: u64,
    /// The first findings, in the order they were met.
    pub findings: Vec<Finding>,
    /// How many there are in all.
    pub total_findings: u64,
    /// The rules that are broken, each once.
    #[serde(skip)]
    pub broken: Vec<FindingKind>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.total_findings == 0
    }
}

/// Checks the streamOptimized extent that `input` gives, to its end, in one
/// pass; at most `most` findings are told one by one. Grains are inflated on as
/// many `threads`.
///
/// Memory grows with the grains there are, by some 16 bytes each, and is
/// bounded by [`super::limits::LISTED_GRAINS`].
///
/// Errors are those of `input`, a header that does not tell where anything is,
/// and an extent without markers, which has no stream to check.
pub fn check(input: impl Read, most: usize, threads: NonZeroUsize) -> Result<Report> {
    let mut input = Input::new(input);
    let Some(header) = input.sector()? else {
        let length = input.position();
        return Err(Fault::ShortHeader { length }.into());
    };
    let layout = Layout::parse(&header, 0)?;
    if !layout.compressed {
        return Err(Fault::Unsupported(
            "it is no streamOptimized extent, so there are no markers to check".to_owned(),
        )
        .into());
    }
    let mut findings = Findings::new(most);
    if layout.version != 3 {
        let message = format!("version {}; ESXi refuses others than 3", layout.version);
        findings.push(FindingKind::Header, 4, None, message);
    }
    if let Some(at) = layout.unclean {
        let message = "not closed by the program that wrote it".to_owned();
        findings.push(FindingKind::Header, at, None, message);
    }
    let mut tables = Tables::default();
    front::read(&mut input, &layout, &mut tables, &mut findings)?;
    let (buffers, mut faults) = (Buffers::new(Vec::new), Findings::new(most));
    let mut walk = Walk::new(&header, &layout, &mut tables, &mut findings, &buffers);
    let met = std::iter::from_fn(|| walk.next_grain(&mut input).transpose());
    let populated = inflate_all(met, layout.grain, threads, &buffers, &mut faults)?;
    let (compressed, grains, ended) = walk.finish();
    findings.merge(faults);
    if ended {
        tables.compare(&layout, grains.clone(), &mut findings);
    }
    Ok(Report {
        capacity: layout.capacity,
        grains: grains.len() as u64,
        populated,
        compressed,
        length: input.position(),
        total_findings: findings.total,
        findings: findings.first,
        broken: findings.kinds,
    })
}

/// Findings, of which the first are kept.
struct Findings {
    first: Vec<Finding>,
    most: usize,
    total: u64,
    /// Of which kinds they are, each once.
    kinds: Vec<FindingKind>,
}

impl Findings {
    fn new(most: usize) -> Self {
        Self {
            first: Vec::new(),
            most,
            total: 0,
            kinds: Vec::new(),
        }
    }

    /// Adds what was found on the same way, each at its place.
    fn merge(&mut self, others: Self) {
        self.total += others.total;
        others.kinds.into_iter().for_each(|kind| self.note(kind));
        self.first.extend(others.first);
        self.first.sort_by_key(|finding| finding.offset);
        self.first.truncate(self.most);
    }

    fn note(&mut self, kind: FindingKind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    fn push(&mut self, kind: FindingKind, offset: u64, sector: Option<u64>, message: String) {
        self.total += 1;
        self.note(kind);
        if self.first.len() < self.most {
            self.first.push(Finding {
                kind,
                offset,
                sector,
                message,
            });
        }
    }
}
