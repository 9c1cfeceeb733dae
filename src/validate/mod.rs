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
mod mind;
mod outcome;
pub mod package;
mod pending;
mod report;
mod rule;
mod rules;
pub mod sarif;
mod scene;
mod sink;
mod target;

pub use document::Beside;
pub use outcome::{Imports, Outcome, Reason};
pub use pending::{PENDING, Pending};
pub use report::{Finding, Judged, More, Region, Report, Seen, Verdict};
pub use rule::{Editions, Rule, Severity};
pub use target::{Importer, Target};

use crate::base::Result;
use crate::envelope::{self, Reading};
use crate::xml::names::{Name, namespace_of};
use crate::xml::{self, Element, Node, UNDECLARED};

use document::{Document, Parts};
use package::{Form, Package};
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
    /// Who is to import it. The rules of these are looked for too, and how bad what is
    /// found is follows them.
    pub targets: &'o [Target],
}

/// All rules, family by family.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let families = rules::FAMILIES.iter().chain(rules::targets::FAMILIES);
    families.copied().flatten()
}

/// The rule `id`, in any case.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// What in the descriptor `bytes` and the package around it breaks the rules. An environment
/// document is held against those for such.
///
/// That a file is no descriptor is a finding too. Only what ovfkit will not look at
/// (a document beyond its limits) is an error.
pub fn validate(bytes: &[u8], options: &Options<'_>) -> Result<Report> {
    let refused = |error, rule| {
        let mut report = judge(None, options);
        let finding = refusal::finding(error, rule)?;
        outcome::refuse(&mut report, finding, options.targets);
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
    // What an archive has in the place of its descriptor has to be one.
    let archive = options
        .package
        .is_some_and(|package| package.form == Form::Archive);
    if written.name.local == "Environment" && !archive {
        return Ok(judge_environment(&text, &written));
    }
    let read = match Trees::as_meant(written) {
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

/// Holds the rules for environment documents against the one of this `root`. Nobody imports
/// one.
fn judge_environment(text: &str, root: &Element) -> Report {
    let template = sink::is_placeholder(text);
    let found = rules().map(|rule| {
        let mut sink = Sink::new(text, template, rule, None);
        (rule.environment)(root, &mut sink);
        sink
    });
    let weighed = outcome::weigh(found.collect(), &[]);
    Report {
        findings: report::locate(text, None, weighed.told),
        more: weighed.more,
        ..Report::default()
    }
}

/// What in a package without a descriptor, or in a disk, breaks the rules.
pub fn validate_package(package: &Package, options: &Options<'_>) -> Report {
    let options = Options {
        package: Some(package),
        ..*options
    };
    judge(None, &options)
}

/// Puts names with undeclared prefixes into the namespaces they are meant to be in; `own` is
/// that of the envelope.
fn bind(element: &mut Element, own: &str) {
    let meant = |name: &mut Name| {
        let known = match name.ns.strip_prefix(UNDECLARED) {
            Some("ovf") => Some(own),
            Some(prefix) => namespace_of(prefix),
            None => None,
        };
        if let Some(known) = known.map(str::to_owned) {
            name.ns = known.into();
        }
    };
    meant(&mut element.name);
    for (name, _) in &mut element.attributes {
        meant(name);
    }
    for child in &mut element.children {
        if let Node::Element(child) = child {
            bind(child, own);
        }
    }
}

/// A document as written, in the names of the model, and typed.
struct Trees {
    written: Element,
    root: Element,
    reading: Reading,
}

impl Trees {
    fn read(written: Element) -> Result<Self, envelope::EnvelopeError> {
        Self::of(written.clone(), written)
    }

    /// Reads a document in which prefixes that nobody declares mean what they do by custom:
    /// that they are undeclared is told by a rule of its own, and every name with one of them
    /// would be a fault besides.
    fn as_meant(written: Element) -> Result<Self, envelope::EnvelopeError> {
        let mut meant = written.clone();
        bind(&mut meant, &written.name.ns);
        Self::of(meant, written)
    }

    fn of(meant: Element, written: Element) -> Result<Self, envelope::EnvelopeError> {
        let mut root = meant.clone();
        envelope::normalise(&mut root)?;
        let reading = envelope::from_tree(meant)?;
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
    // Nobody imports a disk without a package around it.
    let alone = options
        .package
        .is_some_and(|package| package.form == Form::Disk);
    let targets = if alone { &[] } else { options.targets };
    let mut found = Vec::new();
    for rule in rules() {
        let asked = options.strict || !rule.strict;
        let meant = document.map_or(rule.editions == Editions::All, |document| {
            rule.editions.include(document.version)
        });
        if !asked || !meant {
            continue;
        }
        let mut look = |target| {
            let mut sink = Sink::new(text, template, rule, target);
            if let Some(document) = document {
                (rule.check)(document, &mut sink);
            }
            if let Some(scene) = &scene {
                (rule.around)(scene, &mut sink);
            }
            found.push(sink);
        };
        if rule.is_general() {
            look(None);
            continue;
        }
        let minding = targets.iter().copied();
        for target in minding.filter(|target| rule.targets.contains(&target.importer())) {
            look(Some(target));
        }
    }
    let weighed = outcome::weigh(found, targets);
    Report {
        version: document.map(|document| document.version.to_string()),
        findings: report::locate(text, options.package, weighed.told),
        more: weighed.more,
        targets: weighed.outcomes,
        seen: options.package.map(Package::seen),
    }
}
