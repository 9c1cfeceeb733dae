//! What validation says of a descriptor.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::error::Excerpt;

use super::fix::Mended;
use super::package::{Member, Package};
use super::rule::{Rule, Severity};
use super::sink::{Draft, Spot};

/// How many characters around a fault are looked at for the line shown; more than an
/// [`Excerpt`] shows.
const AROUND: usize = 400;

/// Where in a file something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Region {
    /// The first byte, counted from 0 in the decoded text.
    pub offset: u64,
    /// How many bytes there are.
    pub length: u64,
    /// The line of the first character, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
    /// The line of the character behind the last one.
    pub end_line: u32,
    /// Its column.
    pub end_column: u32,
}

/// One thing that breaks a rule.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Finding {
    /// The rule, such as `DSK-005`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in general.
    pub title: String,
    /// What is wrong here, in particular; it may be empty.
    pub label: String,
    /// Where the standard says so, or whose practice it is.
    pub reference: String,
    /// Why it matters.
    pub why: String,
    /// How to mend it.
    pub help: String,
    /// Whether a program could mend it without asking.
    pub fixable: bool,
    /// The file it is about, with its package's in front: the descriptor, unless it is
    /// about a member or the package as a whole.
    pub file: String,
    /// The member of the package it is about, if that is not the descriptor.
    pub member: Option<String>,
    /// Whether it is about the package as a whole.
    #[serde(skip)]
    pub whole: bool,
    /// Where it is, in text; `null` if no place is at fault.
    pub region: Option<Region>,
    /// Where it is, in a member that is no text: a byte, counted from 0.
    pub offset: Option<u64>,
    /// The line it is about.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

impl Finding {
    /// What `rule` finds, without a place.
    pub(super) fn new(rule: &Rule, label: String) -> Self {
        Self {
            rule: rule.id.to_owned(),
            severity: rule.severity,
            title: rule.title.to_owned(),
            label,
            reference: rule.reference.to_owned(),
            why: rule.why.to_owned(),
            help: rule.help.to_owned(),
            fixable: rule.fixable,
            file: String::new(),
            member: None,
            whole: false,
            region: None,
            offset: None,
            excerpt: None,
        }
    }
}

/// How often a rule is broken beyond the findings that are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct More {
    /// The rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// How many findings are not told.
    pub count: usize,
}

/// All that was found in one file.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Report {
    /// The edition of the standard, if the file is a descriptor: `0.9`, `1.x` or `2.x`.
    pub version: Option<String>,
    /// What was found, in the order of the file.
    pub findings: Vec<Finding>,
    /// What was found too often to be told one by one.
    pub more: Vec<More>,
    /// What is around the descriptor; `null` of a descriptor alone.
    pub seen: Option<Seen>,
}

impl Report {
    /// How much of `severity` was found.
    pub fn count(&self, severity: Severity) -> usize {
        let told = self
            .findings
            .iter()
            .filter(|finding| finding.severity == severity);
        let more = self.more.iter().filter(|more| more.severity == severity);
        told.count() + more.map(|more| more.count).sum::<usize>()
    }

    /// Drops what the `rules` found.
    pub fn allow(&mut self, rules: &[String]) {
        let allowed = |id: &String| rules.iter().any(|rule| rule.eq_ignore_ascii_case(id));
        self.findings.retain(|finding| !allowed(&finding.rule));
        self.more.retain(|more| !allowed(&more.rule));
    }
}

/// How far was looked, and what there was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Seen {
    /// Members of the package.
    pub members: u64,
    /// Bytes that were read for digests.
    pub digested: u64,
    /// Disks that were read to their end.
    pub disks: u64,
    /// Grains of streams that were inflated.
    pub grains: u64,
}

/// The report on one of several files.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Judged {
    /// The file, as it was asked for.
    pub file: String,
    /// What was found in it; if it was mended, what remains.
    #[serde(flatten)]
    pub report: Report,
    /// What was mended, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mended: Option<Mended>,
}

/// What was found in all files that were asked for.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Verdict {
    /// The files that could be judged, in the order they were asked for.
    pub files: Vec<Judged>,
    /// How many errors there are.
    pub errors: usize,
    /// How many warnings there are.
    pub warnings: usize,
    /// How many notes there are.
    pub notes: usize,
}

impl Verdict {
    /// Adds the `report` on `file`.
    pub fn add(&mut self, file: String, report: Report) {
        self.add_mended(file, report, None);
    }

    /// Adds the `report` on what remains in `file`, and what was `mended`.
    pub fn add_mended(&mut self, file: String, report: Report, mended: Option<Mended>) {
        self.errors += report.count(Severity::Error);
        self.warnings += report.count(Severity::Warning);
        self.notes += report.count(Severity::Info);
        self.files.push(Judged {
            file,
            report,
            mended,
        });
    }
}

/// Gives the `drafts` places: first those about the package, then those in its members,
/// then those in the descriptor, whose text is `text`.
pub(super) fn locate(
    text: &str,
    package: Option<&Package>,
    mut drafts: Vec<Draft>,
) -> Vec<Finding> {
    drafts.sort_by(|one, other| one.spot.cmp(&other.spot));
    let offsets = drafts.iter().filter_map(|draft| match draft.spot {
        Spot::Descriptor(start, end) => Some([start, end]),
        _ => None,
    });
    let places = Places::new(text, offsets.flatten().collect());
    let members = package.map_or(&[][..], |package| &package.members);
    let finding = |draft: Draft| {
        let mut finding = Finding::new(draft.rule, draft.label);
        let named = |number: usize| {
            let member = members.get(number)?;
            Some(member.stored.name.clone())
        };
        match draft.spot {
            Spot::Package => finding.whole = true,
            Spot::Member(number, offset) => {
                finding.member = named(number);
                finding.offset = offset;
            }
            Spot::Text(number, start, end) => {
                finding.member = named(number);
                let content = members
                    .get(number)
                    .and_then(Member::text)
                    .unwrap_or_default();
                mark(&mut finding, &content, &(start..end), None);
            }
            Spot::Descriptor(start, end) => {
                mark(&mut finding, text, &(start..end), Some(&places));
            }
        }
        finding
    };
    drafts.into_iter().map(finding).collect()
}

/// Gives `finding` the place `span` of `text`, whose `places` may be known.
fn mark(finding: &mut Finding, text: &str, span: &Range<usize>, places: Option<&Places>) {
    let region = match places {
        Some(places) => places.region(span),
        None => Places::new(text, vec![span.start, span.end]).region(span),
    };
    finding.region = Some(region);
    finding.excerpt = excerpt(text, span);
}

/// Lines and columns of some offsets, found in one pass over the text.
struct Places {
    /// Offset, line and column, by offset.
    known: Vec<(usize, u32, u32)>,
}

impl Places {
    fn new(text: &str, mut offsets: Vec<usize>) -> Self {
        offsets.sort_unstable();
        offsets.dedup();
        let mark = text.len() - text.trim_start_matches('\u{FEFF}').len();
        let (mut at, mut line, mut column) = (mark, 1_u32, 1_u32);
        let mut known = Vec::with_capacity(offsets.len());
        for offset in offsets {
            for c in text.get(at..offset).unwrap_or_default().chars() {
                if c == '\n' {
                    line = line.saturating_add(1);
                    column = 1;
                } else {
                    column = column.saturating_add(1);
                }
            }
            at = at.max(offset);
            known.push((offset, line, column));
        }
        Self { known }
    }

    fn at(&self, offset: usize) -> (u32, u32) {
        match self.known.binary_search_by_key(&offset, |known| known.0) {
            Ok(index) => (self.known[index].1, self.known[index].2),
            Err(_) => (1, 1),
        }
    }

    fn region(&self, span: &Range<usize>) -> Region {
        let (line, column) = self.at(span.start);
        let (end_line, end_column) = self.at(span.end);
        Region {
            offset: span.start as u64,
            length: span.len() as u64,
            line,
            column,
            end_line,
            end_column,
        }
    }
}

/// The line of the fault at `span`, as far as it is looked at.
fn excerpt(text: &str, span: &Range<usize>) -> Option<Excerpt> {
    let (before, from) = (text.get(..span.start)?, text.get(span.start..)?);
    let here = |c: &char| *c != '\n';
    let left: Vec<char> = before.chars().rev().take_while(here).take(AROUND).collect();
    let shown = left
        .iter()
        .rev()
        .filter(|c| **c != '\u{FEFF}')
        .collect::<String>();
    let indent = shown.chars().count();
    let marked = text
        .get(span.clone())?
        .chars()
        .take_while(here)
        .take(AROUND);
    let width = marked.count();
    let line: String = shown
        .chars()
        .chain(from.chars().take_while(here).take(AROUND))
        .collect();
    let column = u32::try_from(indent + 1).unwrap_or(u32::MAX);
    (!line.trim_ascii().is_empty()).then(|| Excerpt::new(&line, column, width.max(1)))
}
