//! The environment document a machine is given when it is deployed.

use std::path::Path;

use crate::base::Result;
use crate::base::output::Overwrite;
use crate::envelope::environment::{Deployment, machine, of};
use crate::envelope::resolve::chosen;
use crate::template::{Overrides, render_environment, render_environment_with};

use super::descriptor;

/// What to do.
#[derive(Debug)]
pub struct Request<'r> {
    /// The descriptor to read; `-` is standard input.
    pub input: &'r Path,
    /// The document to write; without one the text is handed back.
    pub output: Option<&'r Path>,
    /// What to do about an output that is there already.
    pub overwrite: Overwrite,
    /// The machine; it has to be named where there are several.
    pub system: Option<&'r str>,
    /// What is decided about the machine.
    pub deployment: &'r Deployment,
    /// Templates in the place of built-in ones.
    pub templates: Option<&'r Overrides>,
}

/// Makes the document of a machine; hands back its text, unless it was written to a file.
pub fn environment(request: &Request<'_>) -> Result<Option<String>> {
    let descriptor = descriptor::read(request.input)?;
    let envelope = descriptor.reading.envelope;
    let system = machine(&envelope, request.system).map_err(|error| {
        // Where there is none no option helps.
        if envelope.systems().is_empty() {
            descriptor.place.locate(error)
        } else {
            error.in_option("--system")
        }
    })?;
    let configuration = request.deployment.configuration.as_deref();
    chosen(&envelope, configuration).map_err(|error| error.in_option("--configuration"))?;
    let environment =
        of(&envelope, &system.id, request.deployment).map_err(|error| error.in_option("--set"))?;
    let text = match request.templates {
        Some(templates) => render_environment_with(templates, &environment)
            .map_err(|error| error.in_option("--template"))?,
        None => render_environment(&environment).map_err(|error| descriptor.place.locate(error))?,
    };
    descriptor::deliver(text, request.output, request.overwrite)
}
