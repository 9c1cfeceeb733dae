//! `ovfkit explain`: what a rule of `validate` is about.

use std::fmt::Write as _;

use clap::Args;

use super::summary;
use crate::base::{Error, Result};
use crate::validate::{Importer, PENDING, Rule, Severity, rule, rules};

const EXAMPLES: &str = "\
Examples:
  ovfkit explain DSK-005
  ovfkit explain --list";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The rule, as `validate` tells it in brackets
    #[arg(value_name = "RULE", required_unless_present = "list")]
    rule: Option<String>,
    /// List all rules
    #[arg(long, conflicts_with = "rule")]
    list: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.rule {
        Some(id) => summary::answer(explained(known(id)?)),
        None => summary::answer(listed()),
    }
}

/// The rule `id`, or that there is none.
pub(super) fn known(id: &str) -> Result<&'static Rule> {
    rule(id).ok_or_else(|| {
        let mut pending = PENDING.iter();
        let waits = pending.find(|one| one.ids.iter().any(|known| known.eq_ignore_ascii_case(id)));
        let error = match waits {
            Some(pending) => {
                Error::usage(format!("the rule `{id}` is not looked for")).why(pending.why)
            }
            None => Error::usage(format!("there is no rule `{id}`")),
        };
        error.help("`ovfkit explain --list` lists all rules")
    })
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn explained(rule: &Rule) -> String {
    let mut text = format!("{}: {}\n\n", rule.id, rule.title);
    let asked = if rule.strict {
        ", with --strict alone"
    } else {
        ""
    };
    let mended = if rule.fixable {
        "without asking"
    } else {
        "by a decision of yours"
    };
    for (label, value) in [
        ("severity", format!("{}{asked}", word(rule.severity))),
        ("family", rule.family().to_owned()),
        ("OVF", rule.editions.name().to_owned()),
        ("minded by", minded_by(rule)),
        ("source", rule.reference.to_owned()),
        ("why", rule.why.to_owned()),
        ("help", rule.help.to_owned()),
        ("mended", mended.to_owned()),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {label:9} {value}");
    }
    text
}

/// The importers that mind, with how bad it is for those for which it is not as bad as the
/// rule says.
fn minded_by(rule: &Rule) -> String {
    let minding = Importer::ALL.into_iter().filter_map(|importer| {
        let severity = rule.severity_for(importer)?;
        Some(if severity == rule.severity {
            importer.to_string()
        } else {
            format!("{importer} ({})", word(severity))
        })
    });
    let minding: Vec<_> = minding.collect();
    let readers = Importer::ALL.iter().filter(|one| !one.takes_disks_alone());
    if minding.is_empty() {
        "no importer".to_owned()
    } else if rule.is_general() && minding.len() == readers.count() {
        "all importers that read descriptors".to_owned()
    } else if rule.is_general() {
        minding.join(", ")
    } else {
        format!("{}; asked for with `--target`", minding.join(", "))
    }
}

fn listed() -> String {
    let mut text = String::new();
    for rule in rules() {
        let strict = if rule.strict { " (--strict)" } else { "" };
        let severity = word(rule.severity);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:11} {severity:8} {}{strict}", rule.id, rule.title);
    }
    text
}
