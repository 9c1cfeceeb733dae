//! Options about the format of a new image.

use std::path::Path;

use clap::Args;

use super::machine::parse_some;
use super::summary::Lines;
use crate::base::{Error, Result};
use crate::disk::detect::Format;
use crate::disk::form::{Form, Setting, WRITTEN, keys};
use crate::ops::convert::Preset;

/// What `-o` is asked with for its keys.
const HELP: &str = "help";

/// What a new image is to be.
#[derive(Debug, Args)]
pub(super) struct FormOptions {
    /// Format to write: raw, qcow2, vmdk, vhdx, vhd or vdi [default: by the output's ending]
    #[arg(
        short = 'O',
        long,
        value_name = "FORMAT",
        conflicts_with = "platform",
        help_heading = "Output"
    )]
    output_format: Option<String>,
    #[command(flatten)]
    details: FormDetails,
}

/// What a new image is to be but for its format, which another option names.
#[derive(Debug, Args)]
pub(super) struct FormDetails {
    /// Write what this platform takes: esxi, hyperv, azure, openstack, virtualbox or kvm; `-o`
    /// goes over its settings
    #[arg(long = "for", value_name = "PLATFORM", help_heading = "Output")]
    platform: Option<String>,
    /// Settings of the format, KEY=VALUE, with commas between several; `-o help` lists them
    #[arg(
        short = 'o',
        long = "setting",
        value_name = "KEY=VALUE",
        help_heading = "Output"
    )]
    settings: Vec<String>,
    /// Compress, where the format can be compressed
    #[arg(short, long, help_heading = "Output")]
    compress: bool,
}

impl FormOptions {
    /// The keys of the format that is asked for, or of all, if that is what is asked.
    pub(super) fn help(&self) -> Result<Option<String>> {
        Ok(self.details.help(self.asked()?))
    }

    /// The form of an image that is to be called `output`, if it has a name.
    pub(super) fn form(&self, output: Option<&Path>) -> Result<Form> {
        self.details.form(|| self.format(output))
    }

    /// What the platform takes, if one is named.
    pub(super) fn preset(&self) -> Result<Option<&'static Preset>> {
        self.details.preset()
    }

    /// The format that is named.
    fn asked(&self) -> Result<Option<Format>> {
        parse_some("-O", self.output_format.as_deref())
    }

    /// The format to write: as asked, or as the ending of `output` tells.
    fn format(&self, output: Option<&Path>) -> Result<Format> {
        if let Some(format) = self.asked()? {
            return Ok(format);
        }
        let Some(output) = output else {
            return Err(Error::usage("no format is named").help("say it with `-O`"));
        };
        Format::of_ending(output).ok_or_else(|| {
            Error::usage("the output's name does not tell which format is to be written")
                .at(output)
                .help("say it with `-O`, such as `-O qcow2`")
        })
    }
}

impl FormDetails {
    /// The keys of the format `asked`, or of all, if that is what is asked.
    pub(super) fn help(&self, asked: Option<Format>) -> Option<String> {
        if !self.settings.iter().any(|setting| setting == HELP) {
            return None;
        }
        let mut lines = Lines::default();
        let formats = WRITTEN.into_iter();
        for format in formats.filter(|format| asked.is_none_or(|asked| asked == *format)) {
            let name = format.to_string();
            if keys(format).is_empty() {
                lines.add(&name, "no settings");
            }
            for key in keys(format) {
                lines.add(
                    &name,
                    &format!("{}={}: {}", key.name, key.values, key.about),
                );
            }
        }
        Some(lines.into_text())
    }

    /// The form of an image of what the platform takes, or else of a `format`.
    pub(super) fn form(&self, format: impl FnOnce() -> Result<Format>) -> Result<Form> {
        let mut settings = Vec::new();
        for text in &self.settings {
            settings.extend(Setting::several(text).map_err(|error| error.in_option("-o"))?);
        }
        if let Some(preset) = self.preset()? {
            return Form::new(preset.format, self.compress, &preset.settings(settings));
        }
        Form::new(format()?, self.compress, &settings)
    }

    /// What the platform takes, if one is named.
    pub(super) fn preset(&self) -> Result<Option<&'static Preset>> {
        self.platform.as_deref().map(Preset::find).transpose()
    }

    /// An option that says something of an image that is to be written.
    pub(super) fn given(&self) -> Option<&'static str> {
        if self.compress {
            return Some("-c");
        }
        self.settings.first().map(|_| "-o")
    }
}
