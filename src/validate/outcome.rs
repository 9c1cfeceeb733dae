//! What the targets make of what the rules found.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::mind;
use super::report::{Finding, More, Report};
use super::rule::{Rule, Severity};
use super::sink::{Draft, Sink, Spot};
use super::target::Target;

/// Whether a target will import the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Imports {
    /// It will.
    Yes,
    /// It will, but something may be lost, or not be as it was meant.
    WithWarnings,
    /// It refuses the package, or makes a machine that lacks what it needs.
    No,
}

/// A rule a target minds that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reason {
    /// The rule.
    pub rule: String,
    /// How bad it is for this target.
    pub severity: Severity,
    /// What is wrong.
    pub title: String,
}

/// What one target makes of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outcome {
    /// The target and its version, such as `vsphere:8.0`.
    #[schemars(with = "String")]
    pub target: Target,
    /// Whether it will import the package.
    pub imports: Imports,
    /// The errors and warnings, the worst first and of those the shortest.
    pub reasons: Vec<Reason>,
}

impl Outcome {
    /// What `target` makes of a package in which `reasons` were found.
    fn new(target: Target, reasons: Vec<Reason>) -> Self {
        let mut outcome = Self {
            target,
            imports: Imports::Yes,
            reasons,
        };
        outcome.conclude();
        outcome
    }

    /// Drops the reasons of which `is_allowed` holds.
    pub(super) fn allow(&mut self, is_allowed: impl Fn(&str) -> bool) {
        self.reasons.retain(|reason| !is_allowed(&reason.rule));
        self.conclude();
    }

    /// Puts the reasons in order and tells what comes of them.
    fn conclude(&mut self) {
        self.reasons
            .sort_by_key(|reason| (Reverse(reason.severity), reason.title.len()));
        self.imports = match self.reasons.first().map(|reason| reason.severity) {
            Some(Severity::Error) => Imports::No,
            Some(Severity::Warning) => Imports::WithWarnings,
            Some(Severity::Info) | None => Imports::Yes,
        };
    }
}

/// What was found, with how bad it is and for whom.
pub(super) struct Weighed {
    pub(super) told: Vec<Draft>,
    pub(super) more: Vec<More>,
    pub(super) outcomes: Vec<Outcome>,
}

/// Tells how bad what was `found` is for the `targets`. What one rule found for several of
/// them follows one another.
///
/// Without targets a finding is as bad as its rule. With some, it is as bad as for the one
/// that minds most; what none of them minds is a step less severe. What a rule of a target
/// tells is not told again by the rules of everybody that it takes the place of, and what one
/// wants just so is not told where nobody minds.
pub(super) fn weigh(found: Vec<Sink<'_>>, targets: &[Target]) -> Weighed {
    let mut instead: HashSet<(&str, Target)> = HashSet::new();
    for sink in found.iter().filter(|sink| !sink.told.is_empty()) {
        if let Some(target) = sink.target {
            instead.extend(sink.rule.instead_of.iter().map(|id| (*id, target)));
        }
    }
    let mut weighed = Weighed {
        told: Vec::new(),
        more: Vec::new(),
        outcomes: Vec::new(),
    };
    let mut reasons: Vec<(Target, Reason)> = Vec::new();
    let mut same = HashMap::new();
    for sink in found.into_iter().filter(|sink| !sink.told.is_empty()) {
        let rule = sink.rule;
        let is_told = |target: &Target| instead.contains(&(rule.id, *target));
        let minding: Vec<_> = match sink.target {
            Some(target) => vec![target],
            None => targets
                .iter()
                .copied()
                .filter(|target| rule.severity_for(target.importer()).is_some())
                .filter(|target| !is_told(target))
                .collect(),
        };
        let is_wanted = |target: &Target| mind::is_wanted(rule, target.importer());
        if minding.is_empty() && targets.iter().any(|one| is_told(one) || is_wanted(one)) {
            continue;
        }
        for &target in &minding {
            if let Some(severity) = rule.severity_for(target.importer())
                && severity > Severity::Info
            {
                let (rule, title) = (rule.id.to_owned(), rule.title.to_owned());
                let reason = Reason {
                    rule,
                    severity,
                    title,
                };
                reasons.push((target, reason));
            }
        }
        weighed.add(sink, &minding, severity(rule, &minding, targets), &mut same);
    }
    let outcome = |&target: &Target| {
        let own = reasons.iter().filter(|(minding, _)| *minding == target);
        Outcome::new(target, own.map(|(_, reason)| reason.clone()).collect())
    };
    weighed.outcomes = targets.iter().map(outcome).collect();
    weighed
}

/// How bad what the `rule` found is, of the `targets` for those that mind.
fn severity(rule: &Rule, minding: &[Target], targets: &[Target]) -> Severity {
    let worst = minding
        .iter()
        .filter_map(|target| rule.severity_for(target.importer()))
        .max();
    match worst {
        Some(worst) => worst,
        // Who asks to be strict wants the schema's verdict, whoever imports.
        None if targets.is_empty() || rule.strict => rule.severity,
        None => rule.severity.lowered(),
    }
}

/// Where what a rule found for an earlier target stands among all that is told, by the rule,
/// the place and the words.
type Same = HashMap<(&'static str, Spot, String), usize>;

impl Weighed {
    /// Adds what the `sink` holds, together with what an earlier target minds as well.
    fn add(&mut self, sink: Sink<'_>, minding: &[Target], severity: Severity, same: &mut Same) {
        let rule = sink.rule;
        for mut draft in sink.told {
            let key = (rule.id, draft.spot.clone(), draft.label.clone());
            let known = same.get(&key).filter(|_| sink.target.is_some());
            if let Some(known) = known.and_then(|index| self.told.get_mut(*index)) {
                known.severity = known.severity.max(severity);
                known.targets.extend_from_slice(minding);
            } else {
                same.insert(key, self.told.len());
                draft.severity = severity;
                minding.clone_into(&mut draft.targets);
                self.told.push(draft);
            }
        }
        if sink.more == 0 {
            return;
        }
        match self.more.last_mut().filter(|more| more.rule == rule.id) {
            Some(more) => {
                more.count = more.count.max(sink.more);
                more.severity = more.severity.max(severity);
            }
            None => self.more.push(More {
                rule: rule.id.to_owned(),
                severity,
                count: sink.more,
            }),
        }
    }
}

/// Adds to the `report` that a file is no descriptor, which none of the `targets` takes.
pub(super) fn refuse(report: &mut Report, mut finding: Finding, targets: &[Target]) {
    targets.clone_into(&mut finding.targets);
    let reason = Reason {
        rule: finding.rule.clone(),
        severity: finding.severity,
        title: finding.title.clone(),
    };
    report.findings.push(finding);
    for outcome in &mut report.targets {
        outcome.reasons.push(reason.clone());
        outcome.conclude();
    }
}
