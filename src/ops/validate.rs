//! Whether a descriptor, a package or a disk keeps the rules.

use std::path::{Path, PathBuf};

use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::ova::open::shown;
use crate::ova::role::Role;
use crate::validate::package::Form;
use crate::validate::{self, Options, Report};

use super::examine::{Examine, Examined, examine};

pub use super::examine::Depth;

/// What to validate.
#[derive(Debug, Clone, Copy)]
pub struct Validate<'v> {
    /// A descriptor, a package or a disk; `-` is standard input.
    pub input: &'v Path,
    /// Also look for what only a schema minds, and take its verdict for an error.
    pub strict: bool,
    /// How far to look.
    pub depth: Depth,
}

/// Holds the rules against what is at a path. Answers what to call the descriptor, or the
/// disk, and what was found.
pub fn validate(request: &Validate<'_>, observer: &mut dyn Observer) -> Result<(String, Report)> {
    let examine_request = Examine {
        input: request.input,
        depth: request.depth,
        also: None,
    };
    let examined = examine(&examine_request, observer)?;
    let names = Names::of(request.input, &examined);
    let mut report = judge(request, &examined).map_err(|error| names.locate(error))?;
    for finding in &mut report.findings {
        finding.file = match &finding.member {
            Some(member) => names.member(member),
            None if finding.whole => names.package.display().to_string(),
            None => names.descriptor(),
        };
    }
    Ok((names.descriptor(), report))
}

fn judge(request: &Validate<'_>, examined: &Examined) -> Result<Report> {
    let (package, strict) = (&examined.package, request.strict);
    let Some(bytes) = &examined.descriptor else {
        return Ok(validate::validate_package(package, strict));
    };
    let beside = |name: &str| examined.length_of(name);
    // Nothing is known of what is around a descriptor from standard input.
    let around = package.form == Form::Archive || examined.path.is_some();
    let options = Options {
        strict,
        beside: around.then_some(&beside),
        package: around.then_some(package),
    };
    validate::validate(bytes, &options)
}

/// What files are called.
struct Names {
    form: Form,
    /// What was asked for; of a directory, its descriptor.
    package: PathBuf,
    /// The descriptor's name in its archive.
    inside: Option<String>,
}

impl Names {
    fn of(input: &Path, examined: &Examined) -> Self {
        let package = &examined.package;
        let inside = package.first(Role::Descriptor);
        let inside = inside.filter(|_| package.form == Form::Archive);
        Self {
            form: package.form,
            package: examined.path.as_deref().unwrap_or(shown(input)).into(),
            inside: inside.map(|number| package.members[number].stored.name.clone()),
        }
    }

    /// The descriptor, or whatever is there in its place.
    fn descriptor(&self) -> String {
        match &self.inside {
            Some(inside) => self.member(inside),
            None => self.package.display().to_string(),
        }
    }

    fn member(&self, name: &str) -> String {
        let package = self.package.display();
        match self.form {
            Form::Archive => format!("{package}:{name}"),
            Form::Directory => self.package.with_file_name(name).display().to_string(),
            Form::Disk => package.to_string(),
        }
    }

    fn locate(&self, error: Error) -> Error {
        let error = error.at(&self.package);
        match &self.inside {
            Some(inside) => error.in_member(inside),
            None => error,
        }
    }
}
