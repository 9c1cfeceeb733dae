//! `ovfkit edit`: a package, changed.

use std::path::{Path, PathBuf};

use clap::Args;

use super::difference::difference;
use super::document::overwrite;
use super::images::{CompressionOptions, ImageOptions};
use super::machine::{DefinitionOptions, MachineOptions, pair};
use super::progress::Bar;
use super::signing::SigningOptions;
use super::summary::{self, Lines};
use super::{interrupt, render, request};
use crate::base::output::is_stream;
use crate::base::units::human;
use crate::base::{Error, Result};
use crate::ops::define::{NO_MANIFEST, digest};
use crate::ops::edit::{Destination, EditReport, How, ManifestPolicy, SignatureFate, Signing};
use crate::ops::revise::{Outcome, Package, Revise};
use crate::ops::target;
use crate::vm::{At, Profile};

const EXAMPLES: &str = "\
Examples:
  ovfkit edit vm.ova --cpus 8 --mem 16G --in-place
  ovfkit edit vm.ova --definition prod.yaml -o prod.ova
  ovfkit edit vm.ova --nic vmxnet3:LAN --nic vmxnet3:DMZ --dry-run
  ovfkit edit vm.ova --replace vm-disk1.vmdk=new.qcow2 -o new.ova
  ovfkit edit vm.ova --cloud-init user-data --seed iso --in-place
  ovfkit edit vm.ova --hardware vmx-15 --in-place --sign --key me.key --cert me.pem

Options go over what the package says, as they go over a definition for `pack`. In a
definition, files of the package are called `package:NAME`; `ovfkit init --from` shows the
definition of a package.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(super) struct Arguments {
    /// The package: an OVA, or the `.ovf` or the directory of one that is no archive
    package: PathBuf,

    /// Where to write the changed package: an OVA, or a directory for the files of one
    #[arg(short, long, value_name = "OUT", conflicts_with_all = ["in_place", "dry_run"], help_heading = "Output")]
    output: Option<PathBuf>,
    /// Change the package where it is: a crash leaves the old one or the new one
    #[arg(long, conflicts_with = "dry_run", help_heading = "Output")]
    in_place: bool,
    /// Write nothing; show what would become of the descriptor
    #[arg(long, help_heading = "Output")]
    dry_run: bool,
    /// Replace an existing output
    #[arg(long, requires = "output", help_heading = "Output")]
    force: bool,
    /// Whom the package shall be for: what it leaves open is chosen for that platform
    #[arg(short, long, value_name = "TARGET", help_heading = "Output")]
    target: Option<String>,
    /// Digest of the manifest: sha256, sha1 or sha512 [default: the one it has]
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    digest: Option<String>,
    /// Leave the manifest out
    #[arg(long, conflicts_with = "digest", help_heading = "Output")]
    no_manifest: bool,

    /// Which machine of a vApp the options about a machine mean, by its id or name
    #[arg(long, value_name = "ID", help_heading = "Definition")]
    machine_id: Option<String>,
    #[command(flatten)]
    definition: DefinitionOptions,
    #[command(flatten)]
    machine: MachineOptions,

    /// Add a disk image, behind the disks there are; repeatable
    #[arg(long, value_name = "IMAGE", help_heading = "Files")]
    add_disk: Vec<String>,
    /// Add a file as it is; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    add_file: Vec<String>,
    /// Put another image or file in the place of one of the package; repeatable
    #[arg(long, value_name = "NAME=FILE", help_heading = "Files")]
    replace: Vec<String>,
    /// Take a file out, with the disk in it; a drive it is in stays, empty; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Files")]
    remove: Vec<String>,
    /// Take a property out; repeatable
    #[arg(long, value_name = "KEY", help_heading = "Product")]
    remove_property: Vec<String>,

    #[command(flatten)]
    images: ImageOptions,
    #[command(flatten)]
    compression: CompressionOptions,
    #[command(flatten)]
    signing: SigningOptions,

    /// Print a JSON report instead of the summary
    #[arg(long, help_heading = "Messages")]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long, help_heading = "Messages")]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let destination = arguments.destination()?;
    let signer = arguments.signing.signer()?;
    let files = arguments.definition.files()?;
    let mut package = Package::open(&arguments.package, &files, |name| std::env::var_os(name))?;
    arguments.apply(&mut package)?;
    let profile = arguments.profile(&package)?;
    let open = arguments.images.open()?;
    interrupt::catch(arguments.output.as_deref().is_some_and(is_stream))?;
    let mut bar = Bar::new(arguments.quiet);
    let revised = package.revise(
        Revise {
            package: &arguments.package,
            destination,
            manifest: arguments.manifest(&package)?,
            signing: match &signer {
                Some(signer) => Signing::Renew(signer),
                None => Signing::Drop,
            },
            profile: &profile,
            open: &open,
            encode: arguments.compression.encode(&package.defined)?,
            threads: arguments.compression.threads()?,
            time: request::source_date_epoch()?,
        },
        &mut bar,
    );
    bar.finish();
    let outcome = revised?;
    if !arguments.quiet {
        outcome.notes.iter().for_each(|note| render::note(note));
        for warning in &outcome.report.warnings {
            render::warning(&outcome.name, warning);
        }
    }
    let text = if arguments.json {
        summary::json(&outcome.report)?
    } else if arguments.quiet {
        String::new()
    } else {
        text(&outcome, arguments.dry_run)
    };
    summary::print(&text, false)
}

impl Arguments {
    fn destination(&self) -> Result<Destination<'_>> {
        if let Some(output) = &self.output {
            if output == Path::new("-") {
                return Err(
                    Error::usage("an edited package is not written to standard output")
                        .in_option("-o")
                        .help("name a file with `-o`"),
                );
            }
            return Ok(Destination::New(output, overwrite(self.force)));
        }
        if self.in_place {
            return Ok(Destination::InPlace);
        }
        if self.dry_run {
            return Ok(Destination::DryRun);
        }
        Err(
            Error::usage("where the changed package goes is not said").help(
                "name another file with `-o`, change it with `--in-place`, or look at what would \
             be done with `--dry-run`",
            ),
        )
    }

    /// Changes the definition of `package` as the options ask.
    fn apply(&self, package: &mut Package) -> Result<()> {
        let machine = match &self.machine_id {
            Some(name) => package
                .machine(name)
                .map_err(|error| error.in_option("--machine-id"))?,
            None => At::default(),
        };
        self.machine.apply(&machine, &mut package.defined)?;
        for text in &self.replace {
            let (name, file) = pair("--replace", text, "NAME=FILE")?;
            package.replace(&name, &file, "--replace")?;
        }
        for name in &self.remove {
            package.remove(name, "--remove")?;
        }
        for image in &self.add_disk {
            package.add_disk(&machine, image, "--add-disk")?;
        }
        for file in &self.add_file {
            package.add_file(file, "--add-file");
        }
        for key in &self.remove_property {
            package.remove_property(key, "--remove-property")?;
        }
        self.compression.apply(&mut package.defined);
        Ok(())
    }

    /// The target that is named, or the one that leaves most open.
    fn profile(&self, package: &Package) -> Result<Profile> {
        if let Some(name) = &self.target {
            return target::load(name).map_err(|error| error.in_option("--target"));
        }
        let mut profiles = target::named_by(&package.defined)?;
        match profiles.pop() {
            Some(profile) if profiles.is_empty() => Ok(profile),
            _ => {
                let error = Error::usage("a package is edited for one target");
                let error = error.help("choose one of them with `--target`");
                Err(package.defined.at(&At::default().key("target"), error))
            }
        }
    }

    fn manifest(&self, package: &Package) -> Result<ManifestPolicy> {
        if self.no_manifest {
            return Ok(ManifestPolicy::None);
        }
        if let Some(digest) = &self.digest {
            let digest = super::machine::parse("--digest", digest)?;
            return Ok(ManifestPolicy::Algorithm(digest));
        }
        if package.defined.definition.digest.is_none() {
            return Ok(ManifestPolicy::Keep);
        }
        let digest = digest(&package.defined, NO_MANIFEST)?;
        Ok(digest.map_or(ManifestPolicy::None, ManifestPolicy::Algorithm))
    }
}

/// What was done, or would be.
fn text(outcome: &Outcome, dry_run: bool) -> String {
    let report = &outcome.report;
    let mut lines = Lines::default();
    for change in &report.changes {
        let member = change.member.as_deref().unwrap_or_default();
        lines.add(
            "change",
            format!("{member}: {}", change.what).trim_start_matches(": "),
        );
    }
    lines.add("done", &done(report, dry_run));
    match report.signature {
        SignatureFate::None => {}
        SignatureFate::Kept => lines.add("signed", "as it was"),
        SignatureFate::Dropped => lines.add("signed", "not any more: sign it with `--sign`"),
        SignatureFate::Signed => lines.add("signed", "anew"),
    }
    if let Some(written) = &report.written {
        lines.add("output", written);
    }
    let diff = if dry_run && outcome.before != outcome.after {
        difference(&outcome.name, "edited", &outcome.before, &outcome.after)
    } else {
        String::new()
    };
    diff + &lines.into_text()
}

fn done(report: &EditReport, dry_run: bool) -> String {
    let be = if dry_run { "would be" } else { "are" };
    match report.how {
        How::Unchanged => "nothing: it is so already".to_owned(),
        How::Blocks { bytes } => format!("{} {be} overwritten in place", human(bytes)),
        How::Anew if dry_run => {
            "it would be written anew; what stays is copied as it is".to_owned()
        }
        How::Anew => "it is written anew; what stays is copied as it is".to_owned(),
        How::Files => format!("files {be} replaced beside the descriptor"),
    }
}
