//! Mending descriptors: what can be mended without asking, as small changes of the text.
//!
//! A fix belongs to a rule and sees what the rule found. It answers with edits, or with
//! why it leaves the place alone. Of edits that are in each other's way the first are made;
//! then the document is read again and looked at anew, until nothing is left to be done.
//! What no edit names stays byte for byte: comments, prefixes, blanks, elements of others.
//!
//! ```text
//! scene   what fixes see
//! table   which fix is for which rule
//! left    which rules have none, and why
//! ```

mod addresses;
mod disks;
mod elements;
mod files;
mod ids;
mod left;
mod names;
mod networks;
mod optional;
mod order;
mod root;
mod scene;
mod table;
mod units;
mod values;
mod vsphere;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::document::{Beside, Document, Parts};
use super::rule::Rule;
use super::sink::{self, Draft, Sink};
use super::{Trees, rule};
use crate::base::Result;
use crate::xml::edit::{Patch, declare_utf8};
use crate::xml::{self, line_column};

pub use left::{AROUND, LEFT, Left, left};
use scene::{Fix, Scene, Spot};
use table::{Fixer, TABLE};

/// How often a document is looked at. Most need two looks: one that mends, and one that
/// finds nothing more.
const MOST_LOOKS: usize = 40;
/// The most findings of one rule that are mended at one look.
const MOST_SPOTS: usize = 1000;
/// The most changes of one rule that are told one by one.
const MOST_TOLD: usize = 20;

/// What is known of a file of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// Its length in bytes.
    pub size: u64,
    /// Whether it is compressed with gzip.
    pub gzip: bool,
    /// What its header says, if it is a disk.
    pub disk: Option<DiskFacts>,
}

/// What the header of a disk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskFacts {
    /// Bytes the guest sees.
    pub capacity: u64,
    /// The URI of its format, if it has a known one.
    pub format: Option<&'static str>,
}

/// Tells of the file of a name relative to the descriptor's directory.
pub type Files<'f> = &'f dyn Fn(&str) -> Option<FileFacts>;

/// How to mend.
#[derive(Clone, Copy, Default)]
pub struct Options<'o> {
    /// Also mend what only a schema minds.
    pub strict: bool,
    /// The files of the package, where they are known.
    pub files: Option<Files<'o>>,
    /// Rules that are left alone.
    pub allow: &'o [String],
    /// Also make it what vSphere takes: the kind of machine, and devices of others.
    pub vsphere: bool,
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The rule.
    pub rule: String,
    /// The line of the document as it was, if a place was at fault.
    pub line: Option<u32>,
    /// What was done, in words.
    pub what: String,
}

/// What could have been mended, and was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Refusal {
    /// The rule.
    pub rule: String,
    /// Why.
    pub why: String,
    /// How often.
    pub count: usize,
}

/// What was changed in the package around the descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackageChange {
    /// The member it is about, if it is about one.
    pub member: Option<String>,
    /// What was done, in words.
    pub what: String,
}

/// What became of a file that was to be mended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mended {
    /// The file that was written; `null` if none was.
    pub written: Option<String>,
    /// What was changed in the descriptor, in the order it was done.
    pub changes: Vec<Change>,
    /// How many changes of it are not told one by one.
    pub more: usize,
    /// What was changed in the package around it.
    pub package: Vec<PackageChange>,
    /// What could have been mended, and was not.
    pub left: Vec<Refusal>,
}

impl Mended {
    /// Whether there was nothing to be done.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.package.is_empty()
    }
}

/// A descriptor that was mended.
#[derive(Debug, Clone, Default)]
pub struct Fixed {
    /// Its text, without a byte order mark; `None` if nothing was changed.
    pub text: Option<String>,
    /// What was changed, in the order it was done.
    pub changes: Vec<Change>,
    /// How many changes are not told one by one.
    pub more: usize,
    /// What was left alone.
    pub left: Vec<Refusal>,
}

/// Mends what can be mended in the descriptor `bytes`.
///
/// A file that is no descriptor stays as it is; only what is beyond the limits of ovfkit is an
/// error.
pub fn fix(bytes: &[u8], options: &Options<'_>) -> Result<Fixed> {
    let Ok(decoded) = xml::decode(bytes) else {
        return Ok(Fixed::default());
    };
    let mut mending = Mending::new(bytes, &decoded, options);
    mending.run()?;
    Ok(mending.finish(&decoded))
}

/// A document between two looks.
struct Mending<'o> {
    options: &'o Options<'o>,
    bytes: &'o [u8],
    first: &'o str,
    text: Cow<'o, str>,
    patches: Vec<Patch>,
    changes: Vec<Change>,
    told: BTreeMap<&'static str, usize>,
    more: usize,
    left: BTreeMap<(&'static str, String), usize>,
}

impl<'o> Mending<'o> {
    fn new(bytes: &'o [u8], text: &'o str, options: &'o Options<'o>) -> Self {
        Self {
            options,
            bytes,
            first: text,
            text: Cow::Borrowed(text),
            patches: Vec::new(),
            changes: Vec::new(),
            told: BTreeMap::new(),
            more: 0,
            left: BTreeMap::new(),
        }
    }

    /// Looks and mends until nothing is left to be done.
    fn run(&mut self) -> Result<()> {
        for _ in 0..MOST_LOOKS {
            let text = std::mem::take(&mut self.text);
            let next = self.look(&text);
            let Some((patch, next)) = next? else {
                self.text = text;
                break;
            };
            // Edits are made to be harmless; a text that cannot be read would still be worse
            // than the one there was.
            if xml::read_lenient(&next).is_err() {
                self.text = text;
                break;
            }
            self.patches.push(patch);
            self.text = Cow::Owned(next);
        }
        Ok(())
    }

    /// One look: what is to be changed, and the text then. `None` if that is nothing.
    fn look(&mut self, text: &str) -> Result<Option<(Patch, String)>> {
        self.left.clear();
        let (written, undeclared) = match xml::read_lenient(text) {
            Ok(read) => read,
            Err(error) if error.kind() == crate::base::ErrorKind::LimitExceeded => {
                return Err(error);
            }
            Err(_) => return Ok(None),
        };
        let mut plan = Plan::default();
        // Before the root is an envelope nothing can be said of what is in it.
        root::fix(text, &written, &undeclared, &mut plan);
        if plan.fixes.is_empty() {
            let Ok(trees) = Trees::read(written) else {
                return Ok(None);
            };
            let size = |name: &str| self.options.files?(name).map(|facts| facts.size);
            let beside: Beside<'_> = &size;
            let document = Document::new(&Parts {
                text,
                bytes: self.bytes,
                written: &trees.written,
                root: &trees.root,
                version: trees.reading.envelope.version,
                faults: &trees.reading.faults,
                undeclared: &undeclared,
                beside: self.options.files.map(|_| beside),
            });
            self.plan(&document, &mut plan);
        }
        Ok(self.make(text, plan))
    }

    /// Asks the fixes of all rules.
    fn plan(&self, document: &Document<'_>, plan: &mut Plan) {
        let scene = Scene::new(document, self.options);
        let template = sink::is_placeholder(document.text);
        for stage in TABLE {
            for (id, fixer) in *stage {
                let allowed = self.options.allow.iter();
                if allowed
                    .clone()
                    .any(|allowed| allowed.eq_ignore_ascii_case(id))
                {
                    continue;
                }
                plan.rule = id;
                if let Fixer::Own(fixer) = fixer {
                    fixer(&scene, plan);
                    continue;
                }
                let Some(rule) = rule(id) else { continue };
                let asked = self.options.strict || !rule.strict;
                if asked && rule.editions.include(document.version) {
                    let spots = spots(document, &scene, template, rule);
                    fixer.run(&scene, &spots, plan);
                }
            }
            // What the fixes of an earlier stage change, those of a later one have to see.
            if !plan.fixes.is_empty() {
                break;
            }
        }
    }

    /// Makes what was planned, as far as it goes together.
    fn make(&mut self, text: &str, plan: Plan) -> Option<(Patch, String)> {
        for (rule, why) in plan.refusals {
            *self.left.entry((rule, why)).or_default() += 1;
        }
        let mut patch = Patch::default();
        for (rule, fix) in plan.fixes {
            if patch.take(text, &fix.edits) {
                self.tell(rule, &fix);
            }
        }
        let next = patch.apply(text);
        (next != text).then_some((patch, next))
    }

    fn tell(&mut self, rule: &'static str, fix: &Fix) {
        let told = self.told.entry(rule).or_default();
        *told += 1;
        if *told > MOST_TOLD {
            self.more += 1;
            return;
        }
        let mut patches = self.patches.iter().rev();
        let origin = patches.by_ref().fold(fix.at, |at, patch| patch.origin(at));
        self.changes.push(Change {
            rule: rule.to_owned(),
            line: Some(line_column(self.first, origin).0),
            what: fix.what.clone(),
        });
    }

    /// The result. Text is written in UTF-8 without a byte order mark, and says so.
    fn finish(mut self, decoded: &str) -> Fixed {
        let bytes = self.bytes;
        let marked = bytes.starts_with("\u{FEFF}".as_bytes());
        let mark = |id: &str| {
            self.options
                .allow
                .iter()
                .any(|one| one.eq_ignore_ascii_case(id))
        };
        if marked && !mark("ENV-032") {
            self.changes.push(Change {
                rule: "ENV-032".to_owned(),
                line: Some(1),
                what: "the byte order mark left out".to_owned(),
            });
        }
        let left = self.left.into_iter();
        let left = left.map(|((rule, why), count)| Refusal {
            rule: rule.to_owned(),
            why,
            count,
        });
        let left = left.collect();
        if self.changes.is_empty() {
            return Fixed {
                left,
                ..Fixed::default()
            };
        }
        let mut text = self.text.into_owned();
        let body = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
        if body != decoded.as_bytes()
            && let Some(declared) = declare_utf8(&text)
        {
            text = declared;
            self.changes.push(Change {
                rule: "ENV-031".to_owned(),
                line: Some(1),
                what: "written in UTF-8, and declared so".to_owned(),
            });
        }
        Fixed {
            text: Some(text),
            changes: self.changes,
            more: self.more,
            left,
        }
    }
}

/// What is to be changed, and what is not.
#[derive(Default)]
struct Plan {
    rule: &'static str,
    fixes: Vec<(&'static str, Fix)>,
    refusals: Vec<(&'static str, String)>,
}

impl Plan {
    /// Takes what became of one place.
    fn take(&mut self, attempt: Attempt) {
        match attempt {
            Ok(fix) => self.fixes.push((self.rule, fix)),
            Err(why) => self.refusals.push((self.rule, why.into_owned())),
        }
    }
}

/// How a place is mended, or why not.
type Attempt = Result<Fix, Cow<'static, str>>;

/// Why nothing was done where the text is not as fixes know it.
const ODD: Cow<'static, str> =
    Cow::Borrowed("it is written in a way that is not changed without a look");

/// What `rule` finds.
fn spots<'d>(
    document: &Document<'d>,
    scene: &Scene<'d>,
    template: bool,
    rule: &'static Rule,
) -> Vec<Spot<'d>> {
    let mut sink = Sink::new(document.text, template, rule, None).with_room(MOST_SPOTS);
    (rule.check)(document, &mut sink);
    let in_descriptor = |draft: Draft| match draft.spot {
        sink::Spot::Descriptor(start, end) => Some(Spot {
            element: draft.element.and_then(|start| scene.element(start)),
            attribute: draft.attribute,
            span: start..end,
        }),
        _ => None,
    };
    sink.told.into_iter().filter_map(in_descriptor).collect()
}
