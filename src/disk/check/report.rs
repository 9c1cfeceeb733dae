//! What a check found: counts, and the first findings one by one.

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::{Error, ErrorKind, Result};

/// Findings told one by one; the others are counted.
pub const MOST_FINDINGS: usize = 100;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Content is wrong or lost, or will be when the image is written to.
    Corruption,
    /// Room in the file that nothing uses.
    Leak,
    /// Nothing is wrong, but it should be known.
    Note,
}

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, as the image names it, if it is not the one that was named.
    pub file: Option<String>,
    /// Byte offset in the file, where it has one.
    pub offset: Option<u64>,
    /// Line of the file, from 1, where it is text.
    pub line: Option<u32>,
    /// What is wrong, without the place.
    pub message: String,
}

/// What a check found. Names are those of `qemu-img check --output=json`, where they mean the
/// same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Byte behind the last one in use, where the format tells what is in use.
    pub image_end_offset: Option<u64>,
    /// Clusters, grains or blocks of the disk.
    pub total_clusters: Option<u64>,
    /// Those the file holds.
    pub allocated_clusters: Option<u64>,
    /// Those that do not follow the one before them in the file.
    pub fragmented_clusters: Option<u64>,
    /// Those that are compressed.
    pub compressed_clusters: Option<u64>,
    /// Parts of the image that could not be followed, so that what they lead to is not known.
    pub check_errors: u64,
    /// Corruptions there are.
    pub corruptions: u64,
    /// Leaks there are, in clusters, grains or blocks.
    pub leaks: u64,
    /// Corruptions a repair has mended.
    pub corruptions_fixed: u64,
    /// Leaks a repair has freed.
    pub leaks_fixed: u64,
    /// The first findings, in the order they were met.
    pub findings: Vec<Finding>,
    /// Findings that are not told one by one.
    pub findings_left_out: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        !self.is_corrupt() && self.leaks == 0
    }

    /// Whether something is wrong that is worse than leaks.
    pub fn is_corrupt(&self) -> bool {
        self.corruptions > 0 || self.check_errors > 0
    }

    /// Tells of something at `offset`.
    pub(in crate::disk) fn find(
        &mut self,
        severity: Severity,
        offset: impl Into<Option<u64>>,
        message: impl Into<String>,
    ) {
        self.push(Finding {
            severity,
            file: None,
            offset: offset.into(),
            line: None,
            message: message.into(),
        });
    }

    fn push(&mut self, finding: Finding) {
        match finding.severity {
            Severity::Corruption => self.corruptions += 1,
            Severity::Leak => self.leaks += 1,
            Severity::Note => {}
        }
        self.keep(finding);
    }

    /// Remembers a finding that was counted, while there is room.
    fn keep(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.findings_left_out += 1;
        }
    }

    /// Adds what was found in another file of the image, called `file` there.
    pub(in crate::disk) fn add(&mut self, other: Self, file: &str) {
        let sum = |mine: &mut Option<u64>, its: Option<u64>| {
            if let Some(its) = its {
                *mine = Some(mine.unwrap_or_default() + its);
            }
        };
        sum(&mut self.total_clusters, other.total_clusters);
        sum(&mut self.allocated_clusters, other.allocated_clusters);
        sum(&mut self.fragmented_clusters, other.fragmented_clusters);
        sum(&mut self.compressed_clusters, other.compressed_clusters);
        self.check_errors += other.check_errors;
        self.corruptions += other.corruptions;
        self.leaks += other.leaks;
        self.findings_left_out += other.findings_left_out;
        for finding in other.findings {
            self.keep(Finding {
                file: Some(file.to_owned()),
                ..finding
            });
        }
    }

    pub(in crate::disk) fn corrupt(
        &mut self,
        offset: impl Into<Option<u64>>,
        message: impl Into<String>,
    ) {
        self.find(Severity::Corruption, offset, message);
    }

    pub(in crate::disk) fn note(
        &mut self,
        offset: impl Into<Option<u64>>,
        message: impl Into<String>,
    ) {
        self.find(Severity::Note, offset, message);
    }

    /// Tells of a run of `count` leaks as one finding.
    pub(in crate::disk) fn leak(&mut self, offset: u64, count: u64, message: impl Into<String>) {
        self.find(Severity::Leak, offset, message);
        self.leaks += count.saturating_sub(1);
    }

    /// Takes an `error` for a corruption, if it is about the image and not about reading it.
    pub(in crate::disk) fn fault(&mut self, error: impl Into<Error>) -> Result<()> {
        let error = error.into();
        match error.kind() {
            ErrorKind::Invalid | ErrorKind::Mismatch => {
                let (offset, line) = (error.place().offset, error.place().line);
                self.push(Finding {
                    severity: Severity::Corruption,
                    file: None,
                    offset: offset.filter(|_| line.is_none()),
                    line: line.map(|(line, _)| line),
                    message: error.message().to_owned(),
                });
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// What `done` has, or nothing if the image is at fault: what lies behind it is then not
    /// known.
    pub(in crate::disk) fn follow<T>(&mut self, done: Result<T>) -> Result<Option<T>> {
        match done {
            Ok(done) => Ok(Some(done)),
            Err(error) => {
                self.fault(error)?;
                self.check_errors += 1;
                Ok(None)
            }
        }
    }
}
