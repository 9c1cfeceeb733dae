//! `ovfkit sign`: a package gets a signature.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::progress::Bar;
use super::signing::passphrase;
use super::summary::{self, Lines};
use super::{interrupt, render};
use crate::base::digest::Algorithm;
use crate::base::output::{Overwrite, is_stream};
use crate::base::{Error, Result};
use crate::ops::sign::{Sign, SignReport, sign};

// Plain comments: clap would spread help for every value over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl From<Digest> for Algorithm {
    fn from(digest: Digest) -> Self {
        match digest {
            Digest::Sha256 => Self::Sha256,
            Digest::Sha384 => Self::Sha384,
            Digest::Sha512 => Self::Sha512,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  ovfkit sign vm.ova --key me.key --cert me.pem -o vm-signed.ova
  ovfkit sign vm.ova --key me.key --cert me.pem --in-place
  ovfkit sign vm/vm.ovf --key me.key --cert me.pem";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(super) struct Arguments {
    /// The package: an OVA, or the `.ovf` or the directory of one that is no archive
    package: PathBuf,
    /// The signer's private key in PEM: PKCS #8, also encrypted, PKCS #1 or SEC 1
    #[arg(long, value_name = "KEY")]
    key: PathBuf,
    /// The signer's certificate in PEM
    #[arg(long, value_name = "CERT")]
    cert: PathBuf,
    /// Write the further certificates in CERT, too; the standard provides for one
    #[arg(long)]
    with_chain: bool,
    /// A file with the key's passphrase [default: ask on the terminal]
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The OVA to write
    #[arg(short, long, value_name = "OUT", conflicts_with = "in_place")]
    output: Option<PathBuf>,
    /// Change the OVA itself; a directory is always signed where it is
    #[arg(long)]
    in_place: bool,
    /// Replace an existing output or signature
    #[arg(long)]
    force: bool,
    /// The digest to sign [default: that of the manifest; SHA-256 for SHA-1]
    #[arg(long, value_enum)]
    digest: Option<Digest>,
    /// Print a JSON report instead of the summary
    #[arg(long)]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.output.as_deref() == Some(Path::new("-")) {
        return Err(
            Error::usage("a signed OVA is not written to standard output")
                .in_option("-o")
                .help("name a file with `-o`"),
        );
    }
    interrupt::catch(arguments.output.as_deref().is_some_and(is_stream))?;
    let mut bar = Bar::new(arguments.quiet);
    let signed = sign(
        Sign {
            package: &arguments.package,
            key: &arguments.key,
            certificate: &arguments.cert,
            with_chain: arguments.with_chain,
            output: arguments.output.as_deref(),
            in_place: arguments.in_place,
            overwrite: if arguments.force {
                Overwrite::Allowed
            } else {
                Overwrite::Never
            },
            digest: arguments.digest.map(Algorithm::from),
            passphrase: &mut || passphrase(arguments.passphrase_file.as_deref(), &arguments.key),
        },
        &mut bar,
    );
    bar.finish();
    let report = signed?;
    if !arguments.quiet {
        for warning in &report.warnings {
            render::warning(&arguments.cert.display().to_string(), warning);
        }
    }
    let text = if arguments.json {
        summary::json(&report)?
    } else if arguments.quiet {
        String::new()
    } else {
        text(&report)
    };
    summary::print(&text, false)
}

fn text(report: &SignReport) -> String {
    let mut lines = Lines::default();
    lines.add("signer", &report.subject);
    lines.add("key", &format!("{}, over {}", report.key, report.algorithm));
    lines.add("sha256", &report.fingerprint);
    let made = if report.manifest_made {
        "made"
    } else {
        "as it was"
    };
    lines.add("manifest", &format!("{}, {made}", report.manifest));
    lines.add("output", &report.output);
    lines.into_text()
}
