//! What a rule is.

use schemars::JsonSchema;
use serde::Serialize;

use crate::envelope::Version;

use super::document::Document;
use super::scene::Scene;
use super::sink::Sink;

/// How bad what a rule finds is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Importers do not mind, but it is worth knowing.
    Info,
    /// The standard advises against it, or some importers stumble over it.
    Warning,
    /// The standard forbids it, and importers refuse it or do what was not meant.
    Error,
}

/// The editions of the standard a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editions {
    /// All of them.
    All,
    /// Before the standard.
    Before,
    /// All since 1.0.
    Standard,
    /// 1.0 and 1.1.
    V1,
    /// 2.0 and 2.1.
    V2,
}

impl Editions {
    /// Whether a document of `version` has to keep the rule.
    pub fn include(self, version: Version) -> bool {
        match self {
            Self::All => true,
            Self::Before => version == Version::V0_9,
            Self::Standard => version != Version::V0_9,
            Self::V1 => version == Version::V1,
            Self::V2 => version == Version::V2,
        }
    }

    /// As people write them.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "0.9, 1.x, 2.x",
            Self::Before => "0.9",
            Self::Standard => "1.x, 2.x",
            Self::V1 => "1.x",
            Self::V2 => "2.x",
        }
    }
}

/// Looks for what breaks a rule in a descriptor.
pub(super) type Check = fn(&Document<'_>, &mut Sink<'_>);
/// Looks for what breaks a rule in a package.
pub(super) type Around = fn(&Scene<'_>, &mut Sink<'_>);

/// A rule for descriptors and packages. Its title says what is wrong where it is broken.
pub struct Rule {
    /// The family and a number, such as `DSK-005`; a letter behind the number tells
    /// the milder part of a rule.
    pub id: &'static str,
    /// What is wrong.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The editions it is for.
    pub editions: Editions,
    /// Where the standard says so, or whose practice it is.
    pub reference: &'static str,
    /// Why it matters, and what importers make of it.
    pub why: &'static str,
    /// How to mend it.
    pub help: &'static str,
    /// Whether it is looked for only when asked to be strict: nobody but a schema minds.
    pub strict: bool,
    /// Whether a program could mend it without asking.
    pub fixable: bool,
    pub(super) check: Check,
    pub(super) around: Around,
}

impl Rule {
    const fn new(severity: Severity, id: &'static str, title: &'static str) -> Self {
        Self {
            id,
            title,
            severity,
            editions: Editions::All,
            reference: "",
            why: "",
            help: "",
            strict: false,
            fixable: false,
            check: |_, _| {},
            around: |_, _| {},
        }
    }

    pub(super) const fn error(id: &'static str, title: &'static str) -> Self {
        Self::new(Severity::Error, id, title)
    }

    pub(super) const fn warning(id: &'static str, title: &'static str) -> Self {
        Self::new(Severity::Warning, id, title)
    }

    pub(super) const fn info(id: &'static str, title: &'static str) -> Self {
        Self::new(Severity::Info, id, title)
    }

    pub(super) const fn reference(mut self, reference: &'static str) -> Self {
        self.reference = reference;
        self
    }

    pub(super) const fn why(mut self, why: &'static str) -> Self {
        self.why = why;
        self
    }

    pub(super) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    pub(super) const fn only(mut self, editions: Editions) -> Self {
        self.editions = editions;
        self
    }

    pub(super) const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    pub(super) const fn fixable(mut self) -> Self {
        self.fixable = true;
        self
    }

    pub(super) const fn check(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    pub(super) const fn around(mut self, around: Around) -> Self {
        self.around = around;
        self
    }

    /// The family in words, by the letters of the id.
    pub fn family(&self) -> &'static str {
        let letters = self.id.split('-').next().unwrap_or_default();
        match letters {
            "ENV" => "envelope",
            "PKG" => "package",
            "REF" => "references",
            "DSK" => "disks",
            "NET" => "networks",
            "VHW" => "hardware",
            "SEC" => "system sections",
            "PRD" => "product",
            "DEP" => "deployment",
            "COL" => "collections",
            "I18N" => "strings",
            "EXT" => "extensions",
            _ => "schema",
        }
    }
}
