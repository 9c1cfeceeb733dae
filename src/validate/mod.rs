//! Whether a descriptor keeps the rules: those of the standard that no schema can tell,
//! and those importers have.
//!
//! A [`Rule`] is a small function in a table ([`rules()`]), a file a family. It sees the
//! text and the tree of the document with places in it, and what lies beside the
//! descriptor if that is known. How bad each is was set by what real descriptors do: an
//! error is what hardly any product writes and importers refuse. What only a schema
//! minds is told when asked to be strict.
//!
//! Every lookup is hashed and a rule tells twenty findings at most, so a hostile
//! descriptor cannot become a long computation or a large answer.

mod document;
pub mod fix;
pub mod package;
mod pending;
mod report;
mod rule;
mod rules;
pub mod sarif;
mod scene;
mod sink;

pub use document::Beside;
pub use pending::{PENDING, Pending};
pub use report::{Finding, Judged, More, Region, Report, Seen, Verdict};
pub use rule::{Editions, Rule, Severity};

use crate::base::Result;
use crate::envelope::{self, Reading};
use crate::xml::{self, Element};

use document::{Document, Parts};
use package::Package;
use rules::refusal;
use scene::Scene;
use sink::Sink;

/// How to validate.
#[derive(Clone, Copy, Default)]
pub struct Options<'o> {
    /// Also look for what only a schema minds, and take its verdict for an error.
    pub strict: bool,
    /// What lies beside the descriptor, where that is known.
    pub beside: Option<Beside<'o>>,
    /// The package around it.
    pub package: Option<&'o Package>,
}

/// All rules, family by family.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::FAMILIES.iter().copied().flatten()
}

/// The rule `id`, in any case.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// What in the descriptor `bytes` and the package around it breaks the rules.
///
/// That a file is no descriptor is a finding too. Only what ovfkit will not look at
/// (a document beyond its limits) is an error.
pub fn validate(bytes: &[u8], options: &Options<'_>) -> Result<Report> {
    let refused = |error, rule| {
        let mut report = judge(None, options);
        report.findings.push(refusal::finding(error, rule)?);
        Ok(report)
    };
    let text = match xml::decode(bytes) {
        Ok(text) => text,
        Err(error) => return refused(error, refusal::NO_DESCRIPTOR),
    };
    let (written, undeclared) = match xml::read_lenient(&text) {
        Ok(read) => read,
        Err(error) => return refused(error, refusal::NOT_WELL_FORMED),
    };
    let read = match Trees::read(written) {
        Ok(trees) => trees,
        Err(fault) => return refused(xml::locate(fault.into(), &text), refusal::NO_ENVELOPE),
    };
    let document = Document::new(&Parts {
        text: &text,
        bytes,
        written: &read.written,
        root: &read.root,
        version: read.reading.envelope.version,
        faults: &read.reading.faults,
        undeclared: &undeclared,
        beside: options.beside,
    });
    Ok(judge(Some(&document), options))
}

/// What in a package without a descriptor, or in a disk, breaks the rules.
pub fn validate_package(package: &Package, strict: bool) -> Report {
    let options = Options {
        strict,
        beside: None,
        package: Some(package),
    };
    judge(None, &options)
}

/// A document as written, in the names of the model, and typed.
struct Trees {
    written: Element,
    root: Element,
    reading: Reading,
}

impl Trees {
    fn read(written: Element) -> Result<Self, envelope::EnvelopeError> {
        let mut root = written.clone();
        envelope::normalise(&mut root)?;
        let reading = envelope::from_tree(written.clone())?;
        Ok(Self {
            written,
            root,
            reading,
        })
    }
}

/// Holds every rule against the `document` and the package around it.
fn judge(document: Option<&Document<'_>>, options: &Options<'_>) -> Report {
    let text = document.map_or("", |document| document.text);
    let template = sink::is_placeholder(text);
    let scene = options.package.map(|package| Scene::new(package, document));
    let (mut drafts, mut more) = (Vec::new(), Vec::new());
    for rule in rules() {
        let asked = options.strict || !rule.strict;
        let meant = document.map_or(rule.editions == Editions::All, |document| {
            rule.editions.include(document.version)
        });
        if !asked || !meant {
            continue;
        }
        let mut sink = Sink::new(text, template, rule);
        if let Some(document) = document {
            (rule.check)(document, &mut sink);
        }
        if let Some(scene) = &scene {
            (rule.around)(scene, &mut sink);
        }
        if sink.more > 0 {
            more.push(More {
                rule: rule.id.to_owned(),
                severity: rule.severity,
                count: sink.more,
            });
        }
        drafts.append(&mut sink.told);
    }
    Report {
        version: document.map(|document| document.version.to_string()),
        findings: report::locate(text, options.package, drafts),
        more,
        seen: options.package.map(Package::seen),
    }
}
