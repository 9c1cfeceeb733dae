//! `ovfkit environment`: the document that tells a guest of its deployment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::document::{self, Document};
use crate::base::{Error, Result};
use crate::envelope::environment::{Deployment, PlatformSection};
use crate::ops::environment::{Request, environment};
use crate::template::Overrides;
use crate::xml::is_xml_char;

const EXAMPLES: &str = "\
Examples:
  ovfkit environment vm.ovf --set hostname=web --set password=secret -o ovf-env.xml
  ovfkit environment app.ovf --system db --configuration big --locale de";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    document: Document,
    /// The machine it is for [default: the only one]
    #[arg(long, value_name = "ID")]
    system: Option<String>,
    /// The deployment option [default: the descriptor's]
    #[arg(long, value_name = "ID")]
    configuration: Option<String>,
    /// The value of a property, by its full key `class.key.instance`
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_and_value)]
    values: Vec<(String, String)>,
    /// The language of the place, such as `de`
    #[arg(long, value_name = "L", value_parser = plain_text)]
    locale: Option<String>,
    /// The time zone of the place, in minutes from UTC
    #[arg(long, value_name = "MINUTES", allow_negative_numbers = true)]
    timezone: Option<i32>,
    /// What the platform is
    #[arg(long, value_name = "TEXT", value_parser = plain_text)]
    platform_kind: Option<String>,
    /// The version of the platform
    #[arg(long, value_name = "TEXT", value_parser = plain_text)]
    platform_version: Option<String>,
    /// Who makes the platform
    #[arg(long, value_name = "TEXT", value_parser = plain_text)]
    platform_vendor: Option<String>,
    /// Take templates from here/environment in the place of built-in ones of the same name
    #[arg(long, value_name = "DIR")]
    template: Option<PathBuf>,
}

/// `KEY=VALUE`; the value may be empty.
fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a property is set by `KEY=VALUE`".to_owned()),
    }
}

/// Text that XML can hold.
fn plain_text(text: &str) -> Result<String, String> {
    match text.chars().find(|c| !is_xml_char(*c)) {
        Some(c) => Err(format!("no document can hold the character {c:?}")),
        None => Ok(text.to_owned()),
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let mut values = BTreeMap::new();
    for (key, value) in &arguments.values {
        if values.insert(key.clone(), value.clone()).is_some() {
            return Err(Error::usage(format!("the property `{key}` is set twice"))
                .in_option("--set")
                .help("leave one out"));
        }
    }
    let templates = arguments.template.as_deref().map(Overrides::read);
    let text = environment(&Request {
        input: &arguments.document.input,
        output: arguments.document.output(),
        overwrite: arguments.document.overwrite(),
        system: arguments.system.as_deref(),
        deployment: &Deployment {
            configuration: arguments.configuration.clone(),
            values,
            platform: PlatformSection {
                kind: arguments.platform_kind.clone(),
                version: arguments.platform_version.clone(),
                vendor: arguments.platform_vendor.clone(),
                locale: arguments.locale.clone(),
                timezone: arguments.timezone,
                ..PlatformSection::default()
            },
        },
        templates: templates.transpose()?.as_ref(),
    })?;
    document::print(text)
}
