//! The descriptor's text with what was changed in its definition.

use std::collections::HashSet;

use super::{Package, Revise, again, check, in_package};
use crate::base::{Error, Result};
use crate::envelope;
use crate::ops::define::inputs::{self, Look};
use crate::ops::define::plan::{all, once};
use crate::ops::define::seed::{self, Seeding};
use crate::ops::define::texts;
use crate::ops::target::PORTABLE;
use crate::template;
use crate::vm::amend::{Fate, Files, Original, amend, follow_networks};
use crate::vm::{Appliance, At, FileFacts, Problem, Profile, draft};

/// What the descriptor was made of, before and after.
pub(super) struct Texts<'p> {
    original: &'p str,
    /// What is built of the definition as it was.
    before: String,
    pub(super) after: Appliance,
    /// What each file of `after` is.
    pub(super) files: Files,
    /// What is left out, and why.
    pub(super) notes: Vec<String>,
}

impl<'p> Texts<'p> {
    /// Builds what the package describes as it was and as it shall be. All that is wrong with
    /// what was asked for is told at once; what was wrong before is no hindrance.
    pub(super) fn new(package: &'p Package, request: &Revise<'_>) -> Result<Self> {
        let defined = &package.defined;
        let (definition, told) = match (texts::inline(defined), seed::read(defined)) {
            (Ok(definition), Ok(told)) => (definition, told),
            (texts, told) => {
                let problems = texts.err().into_iter().chain(told.err()).flatten();
                return Err(all(defined, problems));
            }
        };
        let mut errors: Vec<Error> = check::check(package)
            .into_iter()
            .map(|(at, error)| defined.at(&at, error))
            .collect();
        let portable = Profile::named(PORTABLE)?;
        let (mut before, known) = draft(&package.recovered.definition, &portable);
        let (mut changed, mut notes) = if request.profile.name == portable.name {
            (definition.clone(), Vec::new())
        } else {
            request.profile.adapt(&definition)
        };
        again::forget(&told, &package.recovered.definition, &mut changed);
        notes.extend(follow_networks(
            &package.recovered.definition,
            &mut changed,
            &request.profile.network,
        ));
        let mut seeding = Seeding::new(request.profile, request.time);
        seeding.apply(&told, &mut changed, &At::default());
        notes.extend(seeding.notes);
        let (mut after, problems) = draft(&changed, request.profile);
        let known: HashSet<String> = known.iter().map(said).collect();
        let new = problems
            .into_iter()
            .filter(|problem| !known.contains(&said(problem)));
        errors.extend(
            (seeding.problems.into_iter().chain(new)).map(|problem| defined.blame(problem)),
        );
        let look = Look {
            open: request.open,
            is_known: &|path| in_package(path).is_some(),
        };
        errors.extend(inputs::check(defined, &definition, &look));
        once(&mut errors);
        if !errors.is_empty() {
            return Err(Error::all(errors));
        }
        let files = amend(
            &Original {
                envelope: &package.descriptor.reading.envelope,
                recovered: &package.recovered,
                in_package: &in_package,
            },
            &mut before,
            &changed,
            &mut after,
        );
        // Of files that stay, nothing is told here as there, so that nothing of it changes.
        let unknown = vec![FileFacts::default(); before.files.len()];
        Ok(Self {
            original: &package.descriptor.text,
            before: template::render(&before.measured(&unknown))?,
            after,
            files,
            notes,
        })
    }

    /// The text, where `facts` are known of the files that are new, in their order.
    pub(super) fn text(&self, facts: &[FileFacts]) -> Result<String> {
        let mut facts = facts.iter();
        let after = self.files.fates.iter().map(|fate| match fate {
            Fate::Kept(_) => FileFacts::default(),
            Fate::Replaced(_) | Fate::New => facts.next().copied().unwrap_or_default(),
        });
        let after = self.after.measured(&after.collect::<Vec<_>>());
        let after = template::render(&after)?;
        if self.before == after {
            return Ok(self.original.to_owned());
        }
        envelope::amend(self.original, &self.before, &after)
    }
}

/// What tells a problem from others.
fn said(problem: &Problem) -> String {
    format!("{} {}", problem.at, problem.error.message())
}
