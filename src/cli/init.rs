//! `ovfkit init`: a definition to begin with.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::document::{self, overwrite};
use super::machine::MachineOptions;
use super::render;
use crate::base::output::directory_of;
use crate::base::{Error, Result};
use crate::ops::define::Defined;
use crate::ops::descriptor::deliver;
use crate::ops::init::{Begun, begin};
use crate::vm::At;

/// Where the schema of definitions is, unless another place is named.
const SCHEMA: &str = "ovfkit.schema.json";

const EXAMPLES: &str = "\
Examples:
  ovfkit init -o web-01.yaml --name web-01 --os ubuntu24.04
  ovfkit init --from noble-server-cloudimg-amd64.img -o web-01.yaml
  ovfkit init --from appliance.ova -o appliance.yaml
  ovfkit init --from web-01/web-01.vmx -o web-01.yaml
  ovfkit init --from photon.yaml -o vm.yaml          # a file for VMware's ova-compose";

// Plain comments: clap would spread help for every value over several lines.
// The format of the definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DefinitionFormat {
    // With comments.
    Yaml,
    // Without comments.
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What to begin with: a disk image, a descriptor, a package, a machine of VMware's products
    /// (its `.vmx` file), or a file for VMware's ova-compose; `-` is a descriptor or package from
    /// standard input
    #[arg(long, value_name = "IMAGE|OVA|OVF|VMX|FILE")]
    from: Option<PathBuf>,
    /// The definition to write [default: standard output]
    #[arg(short, long, value_name = "FILE|-")]
    output: Option<PathBuf>,
    /// Format of the definition [default: that of the output's ending, or yaml]
    #[arg(long, value_enum)]
    format: Option<DefinitionFormat>,
    /// Where editors find the schema of definitions, which `ovfkit schema` prints
    #[arg(long, value_name = "PATH|URL", default_value = SCHEMA)]
    schema: String,
    /// Replace an existing output
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    machine: MachineOptions,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let output = arguments
        .output
        .as_deref()
        .filter(|path| *path != Path::new("-"));
    let format = arguments.format()?;
    let directory = output.map_or(Path::new(""), directory_of);
    let begun = match &arguments.from {
        Some(from) => begin(from, directory).map_err(|error| error.in_option("--from"))?,
        None => Begun::default(),
    };
    let Begun {
        definition,
        mut placeholders,
        mut notes,
        remarks,
        next,
    } = begun;
    let begun = definition.clone();
    let mut defined = Defined::from(definition);
    arguments.machine.apply(&At::default(), &mut defined)?;
    let mut definition = defined.definition;
    if definition.os != begun.os {
        notes.retain(|(key, _)| *key != "os");
    }
    definition.settle(&begun, &mut placeholders)?;
    let text = match format {
        DefinitionFormat::Yaml => {
            definition.to_yaml(&arguments.head(output), &notes, &placeholders)?
        }
        DefinitionFormat::Json => {
            definition.schema = Some(arguments.schema.clone());
            definition.to_json(&placeholders)?
        }
    };
    let text = deliver(text, output, overwrite(arguments.force))?;
    document::print(text)?;
    for remark in &remarks {
        render::warning("not carried over", remark);
    }
    if let Some(next) = next {
        render::note(&next);
    }
    Ok(())
}

impl Arguments {
    fn format(&self) -> Result<DefinitionFormat> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let ending = self.output.as_deref().and_then(Path::extension);
        let ending = ending
            .and_then(|ending| ending.to_str())
            .unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "json" => Ok(DefinitionFormat::Json),
            "toml" => Err(
                Error::usage("definitions are read as TOML, but not written")
                    .in_option("-o")
                    .help("name a file that ends in .yaml or .json"),
            ),
            _ => Ok(DefinitionFormat::Yaml),
        }
    }

    /// The lines above the definition.
    fn head(&self, output: Option<&Path>) -> Vec<String> {
        let name = output.and_then(Path::file_name).unwrap_or("FILE".as_ref());
        vec![
            format!("yaml-language-server: $schema={}", self.schema),
            format!("What `ovfkit pack --definition {}` packs.", name.display()),
            format!("Editors complete and check it by its schema: ovfkit schema > {SCHEMA}"),
        ]
    }
}
