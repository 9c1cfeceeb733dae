//! Grains and tables behind their markers, to the end of the stream.

use std::io::Read;
use std::ops::Range;

use super::super::fault::Fault;
use super::super::format::{GRAIN_MARKER_BYTES, Marker, MarkerKind, SECTOR, Sector, limits};
use super::super::layout::Layout;
use super::super::scan::check_grain;
use super::grains::{Buffers, Grain};
use super::input::Input;
use super::tables::{Tables, Which};
use super::{FindingKind, Findings, TablesAt};
use crate::base::Result;
use crate::base::units::to_usize;
use crate::disk::is_zero;

/// Where `gdOffset` stands, the one thing a footer tells anew.
const DIRECTORY_FIELD: Range<usize> = 56..64;

/// What was met so far.
pub(super) struct Walk<'a> {
    header: &'a Sector,
    layout: &'a Layout,
    tables: &'a mut Tables,
    findings: &'a mut Findings,
    /// Number and sector of every grain, in the order they stand.
    grains: Vec<(u32, u32)>,
    compressed: u64,
    footer: bool,
    buffers: &'a Buffers,
    /// Once the end was met: whether all up to it, an end-of-stream marker or the last
    /// byte, could be made sense of.
    ending: Option<bool>,
}

/// How to go on behind a marker.
enum Next {
    Marker,
    /// There is a grain to inflate.
    Grain(Grain),
    /// The end-of-stream marker was met.
    End,
    /// Nothing tells where the next marker is.
    Lost,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        header: &'a Sector,
        layout: &'a Layout,
        tables: &'a mut Tables,
        findings: &'a mut Findings,
        buffers: &'a Buffers,
    ) -> Self {
        Self {
            header,
            layout,
            tables,
            findings,
            grains: Vec::new(),
            compressed: 0,
            footer: false,
            buffers,
            ending: None,
        }
    }

    /// Bytes compressed, the grains, and whether all of the stream could be made sense of.
    pub(super) fn finish(self) -> (u64, Vec<(u32, u32)>, bool) {
        (self.compressed, self.grains, self.ending == Some(true))
    }

    /// Walks on in `input` to the next grain that stands where it may; none is left at its
    /// end.
    pub(super) fn next_grain<R: Read>(&mut self, input: &mut Input<R>) -> Result<Option<Grain>> {
        while self.ending.is_none() {
            let at = input.position();
            let Some(sector) = input.sector()? else {
                let rest = input.position() - at;
                self.find(
                    FindingKind::End,
                    at,
                    if rest == 0 {
                        "the stream has no end-of-stream marker".to_owned()
                    } else {
                        format!("the stream ends {rest} bytes into a sector, without an end-of-stream marker")
                    },
                );
                self.ending = Some(rest == 0);
                break;
            };
            match self.marker(input, at, &sector)? {
                Next::Marker => {}
                Next::Grain(grain) => return Ok(Some(grain)),
                Next::Lost => {
                    input.drain()?;
                    self.ending = Some(false);
                }
                Next::End => {
                    let end = input.position();
                    let more = input.drain()?;
                    if more > 0 {
                        let message = format!("{more} bytes follow the end-of-stream marker");
                        self.find(FindingKind::AfterEnd, end, message);
                    }
                    self.ending = Some(true);
                }
            }
        }
        Ok(None)
    }

    fn find(&mut self, kind: FindingKind, at: u64, message: String) {
        self.findings.push(kind, at, None, message);
    }

    fn marker<R: Read>(&mut self, input: &mut Input<R>, at: u64, sector: &Sector) -> Result<Next> {
        let (kind, sectors) = match Marker::parse(sector) {
            Marker::Grain { lba, size } => return self.grain(input, at, sector, lba, size),
            Marker::Metadata { kind, sectors } => (kind, sectors),
            Marker::Unknown(kind) => {
                let message = format!("a marker of kind {kind}; 0 to 3 are known");
                self.find(FindingKind::Marker, at, message);
                return Ok(Next::Lost);
            }
        };
        if !is_zero(Marker::padding(sector)) {
            let message = "a marker is padded with other bytes than zeros".to_owned();
            self.find(FindingKind::Padding, at, message);
        }
        if self.footer && kind != MarkerKind::EndOfStream {
            let message = "something else than the end follows the footer".to_owned();
            self.find(FindingKind::Footer, at, message);
        }
        let expected = match kind {
            MarkerKind::EndOfStream => 0,
            MarkerKind::GrainTable => self.layout.table_bytes().div_ceil(SECTOR),
            MarkerKind::GrainDirectory => (self.layout.directory_entries() * 4).div_ceil(SECTOR),
            MarkerKind::Footer => 1,
        };
        if sectors != expected {
            let message = format!("the marker tells of {sectors} sectors, where {expected} belong");
            self.find(FindingKind::Marker, at, message);
            return Ok(Next::Lost);
        }
        let here = input.next_sector();
        let whole = match kind {
            MarkerKind::EndOfStream => {
                self.end(at);
                return Ok(Next::End);
            }
            MarkerKind::GrainTable => {
                let mut entries = Vec::new();
                let whole = input.entries(sectors, &mut entries)?;
                self.tables.add(self.layout, here, &entries, self.findings);
                whole
            }
            MarkerKind::GrainDirectory => {
                let mut entries = Vec::new();
                let whole = input.entries(sectors, &mut entries)?;
                if !self.tables.set_directory(Which::Primary, here, entries) {
                    let message = "there is a grain directory already".to_owned();
                    self.find(FindingKind::Directory, at, message);
                }
                whole
            }
            MarkerKind::Footer => match input.sector()? {
                Some(sector) => {
                    self.footer(here * SECTOR, &sector);
                    true
                }
                None => false,
            },
        };
        Ok(if whole { Next::Marker } else { self.cut(at) })
    }

    fn cut(&mut self, at: u64) -> Next {
        let message = "the stream ends in the middle of what starts here".to_owned();
        self.find(FindingKind::End, at, message);
        Next::Lost
    }

    fn end(&mut self, at: u64) {
        if self.layout.tables != TablesAt::Front && !self.footer {
            let message = "the stream ends without the footer its header promises".to_owned();
            self.find(FindingKind::Footer, at, message);
        }
    }

    fn footer(&mut self, at: u64, sector: &Sector) {
        self.footer = true;
        let differs = |range: Range<usize>| sector[range.clone()] != self.header[range];
        if differs(0..DIRECTORY_FIELD.start) || differs(DIRECTORY_FIELD.end..sector.len()) {
            let message = "the footer differs from the header in more than gdOffset".to_owned();
            self.find(FindingKind::Footer, at, message);
        }
        let told = Layout::parse(sector, at).and_then(|footer| {
            self.layout.replaced_by(&footer, at)?;
            Ok(footer.directory)
        });
        match told {
            Ok(directory) if self.tables.directory() == Some(directory) => {}
            Ok(directory) => {
                let message = format!(
                    "the footer tells of a grain directory at sector {directory}, where none was met"
                );
                self.find(FindingKind::Footer, at, message);
            }
            Err(error) => self.find(FindingKind::Footer, at, error.message().to_owned()),
        }
    }

    fn grain<R: Read>(
        &mut self,
        input: &mut Input<R>,
        at: u64,
        first: &Sector,
        lba: u64,
        size: u32,
    ) -> Result<Next> {
        let bytes = u64::from(size);
        if bytes > self.layout.most_compressed() {
            let message = format!(
                "a grain of {size} compressed bytes; one has {} when it is not",
                self.layout.grain
            );
            self.find(FindingKind::Marker, at, message);
            return Ok(Next::Lost);
        }
        let padded = (GRAIN_MARKER_BYTES as u64 + bytes).next_multiple_of(SECTOR);
        let mut sectors = self.buffers.take();
        sectors.clear();
        sectors.extend_from_slice(first);
        sectors.resize(to_usize(padded), 0);
        let wanted = sectors.len() - first.len();
        let there = input.read(&mut sectors[first.len()..])?;
        if there < wanted {
            return Ok(self.cut(at));
        }
        let stream = GRAIN_MARKER_BYTES..GRAIN_MARKER_BYTES + to_usize(bytes);
        if !is_zero(&sectors[stream.end..]) {
            let message = "a grain is padded with other bytes than zeros".to_owned();
            self.find(FindingKind::Padding, at, message);
        }
        self.compressed += bytes;
        let Some(visible) = self.place(at, lba, size)? else {
            self.buffers.put(sectors);
            return Ok(Next::Marker);
        };
        Ok(Next::Grain(Grain {
            at,
            lba,
            visible,
            sectors,
            stream,
        }))
    }

    /// How many bytes the guest sees of the grain at `at`, if it stands where it may.
    fn place(&mut self, at: u64, lba: u64, size: u32) -> Result<Option<u64>> {
        let number = match check_grain(self.layout, at, lba, size) {
            Ok(number) => number,
            Err(error) => {
                let message = error.message().to_owned();
                self.findings
                    .push(FindingKind::GrainPlace, at, Some(lba), message);
                return Ok(None);
            }
        };
        let Ok(sector) = u32::try_from(at / SECTOR) else {
            let message = "a grain stands beyond the 32 bits a table has for it".to_owned();
            self.find(FindingKind::GrainPlace, at, message);
            return Ok(None);
        };
        if self.grains.len() == limits::LISTED_GRAINS {
            return Err(Fault::TooManyGrains { at }.into());
        }
        if self.grains.last().is_some_and(|(last, _)| *last > number) {
            let message = "grains do not ascend".to_owned();
            self.findings
                .push(FindingKind::GrainOrder, at, Some(lba), message);
        }
        self.grains.push((number, sector));
        Ok(Some(
            self.layout.visible(u64::from(number) * self.layout.grain),
        ))
    }
}
