//! `ovfkit verify`: whether a package is as its signer made it.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use super::progress::Bar;
use super::summary::{self, Lines};
use super::{interrupt, render};
use crate::base::Result;
use crate::ops::verify::{MemberState, SignatureReport, Trust, Verify, VerifyReport, verify};

const EXAMPLES: &str = "\
Examples:
  ovfkit verify vm.ova --ca company-root.pem
  ovfkit verify vm/vm.ovf --unsigned-ok
  ovfkit verify vm.ova --json | jq .signature.fingerprint";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(super) struct Arguments {
    /// The package: an OVA, or the `.ovf` or the directory of one that is no archive
    package: PathBuf,
    /// Trust these certificates (PEM) and no others; repeatable [default: the system's]
    #[arg(long, value_name = "FILE|DIR")]
    ca: Vec<PathBuf>,
    /// Take a package without a signature whose manifest holds
    #[arg(long)]
    unsigned_ok: bool,
    /// Take certificates that have expired, with a warning
    #[arg(long)]
    expired_ok: bool,
    /// Print one JSON object, whose schema is `schema/verify.json`
    #[arg(long)]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    interrupt::catch(false)?;
    let mut bar = Bar::new(arguments.quiet);
    let verified = verify(
        &Verify {
            package: &arguments.package,
            roots: &arguments.ca,
            unsigned_ok: arguments.unsigned_ok,
            expired_ok: arguments.expired_ok,
            at: SystemTime::now(),
        },
        &mut bar,
    );
    bar.finish();
    let report = verified?;
    if arguments.json {
        summary::answer(&summary::json(&report)?)?;
    } else if !arguments.quiet {
        summary::answer(text(&report))?;
    }
    if !arguments.quiet {
        for warning in &report.warnings {
            render::warning(&report.package, warning);
        }
    }
    report.failure().map_or(Ok(()), Err)
}

fn text(report: &VerifyReport) -> String {
    let mut lines = Lines::default();
    lines.add("package", &report.package);
    if let Some(manifest) = &report.manifest {
        let holding = (report.members.iter())
            .filter(|member| member.state == MemberState::Holds)
            .count();
        let files = summary::count(holding as u64, "file");
        lines.add("manifest", &format!("{manifest}, in which {files} hold"));
    }
    if let Some(signature) = &report.signature {
        add_signature(&mut lines, signature);
    }
    for problem in &report.problems {
        lines.add("problem", &problem.what);
    }
    let verdict = match (report.holds, &report.signature) {
        (true, Some(_)) => "the package is as its signer made it",
        (true, None) => "the package is as its manifest says; nobody signed it",
        (false, _) => "the package does not hold",
    };
    lines.add("verdict", verdict);
    lines.into_text()
}

fn add_signature(lines: &mut Lines, signature: &SignatureReport) {
    lines.add("signer", &signature.subject);
    lines.add("issuer", &signature.issuer);
    lines.add("serial", &signature.serial);
    let (from, to) = (&signature.not_before, &signature.not_after);
    lines.add("valid", &format!("from {from} to {to}"));
    lines.add("sha256", &signature.fingerprint);
    let key = signature.key.as_deref().unwrap_or("of an unknown kind");
    lines.add("key", &format!("{key}, over {}", signature.algorithm));
    let trust = match (signature.trust, signature.chain.last()) {
        (Trust::Trusted, Some(root)) => format!("by {root}"),
        (Trust::SelfSigned, _) => "none; the certificate is self-signed".to_owned(),
        _ => "none".to_owned(),
    };
    lines.add("trust", &trust);
}
