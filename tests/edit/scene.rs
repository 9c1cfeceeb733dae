//! Packages to change, and ways to look at them.

use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use ovfkit::base::digest::Algorithm;
use ovfkit::base::output::Overwrite;
use ovfkit::base::progress::Unobserved;
use ovfkit::ops::edit::{
    Destination, Edit, EditReport, ManifestPolicy, NewDescriptor, NewFile, Signing, apply,
};
use ovfkit::ops::validate::{Depth, Validate, validate};
use ovfkit::ova::PackageWriter as _;
use ovfkit::ova::archive::ArchiveWriter;
use ovfkit::ova::manifest::{Entry, Manifest};
use ovfkit::{Error, Result};

/// A descriptor that refers to `files`.
pub(crate) fn descriptor(name: &str, files: &[&str]) -> String {
    let references: Vec<String> = (0..)
        .zip(files)
        .map(|(number, file)| format!("    <File ovf:id=\"f{number}\" ovf:href=\"{file}\"/>\n"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" \
         xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\">\n  <References>\n{}  </References>\n  \
         <VirtualSystem ovf:id=\"{name}\">\n    <Info>A machine</Info>\n  </VirtualSystem>\n</Envelope>\n",
        references.concat()
    )
}

/// The files of most packages here.
pub(crate) const FILES: [&str; 2] = ["a.iso", "b.iso"];

pub(crate) fn content(name: &str) -> Vec<u8> {
    let seed = name.bytes().map(u32::from).sum::<u32>();
    (0..70_000_u32)
        .map(|n| (n.wrapping_mul(seed) >> 3).to_le_bytes()[0])
        .collect()
}

/// The lines of a manifest.
pub(crate) fn manifest(algorithm: Algorithm, files: &[(&str, &[u8])]) -> String {
    let entry = |(name, bytes): &(&str, &[u8])| Entry {
        algorithm,
        name: (*name).to_owned(),
        digest: algorithm.digest(bytes),
    };
    let entries = files.iter().map(entry).collect();
    Manifest { entries }.to_text()
}

/// An OVA as `pack` makes it, with `room` for its descriptor.
pub(crate) fn ova(path: &Path, room: u64) {
    let mut text = descriptor("old", &FILES);
    let least = usize::try_from(room.saturating_sub(511)).expect("it works");
    text.extend(std::iter::repeat_n('\n', least.saturating_sub(text.len())));
    let contents = FILES.map(content);
    let mut listed = vec![("vm.ovf", text.as_bytes())];
    listed.extend(
        FILES
            .iter()
            .zip(&contents)
            .map(|(name, bytes)| (*name, &**bytes)),
    );
    let manifest = manifest(Algorithm::Sha256, &listed);
    listed.push(("vm.mf", manifest.as_bytes()));
    let mut archive =
        ArchiveWriter::new(File::create(path).expect("it works"), 1_000_000_000, None);
    for (name, bytes) in listed {
        add(&mut archive, name, bytes);
    }
    archive.finish().expect("it works");
}

pub(crate) fn add(archive: &mut ArchiveWriter<File>, name: &str, bytes: &[u8]) {
    let added = archive.add(name, &mut |output| {
        output.write_all(bytes).map_err(Error::write)
    });
    added.expect("it works");
}

/// A change of the package at `path` that changes nothing yet.
pub(crate) fn nothing<'e>(path: &'e Path, destination: Destination<'e>) -> Edit<'e> {
    Edit {
        package: path,
        descriptor: None,
        add: Vec::new(),
        replace: Vec::new(),
        remove: Vec::new(),
        destination,
        manifest: ManifestPolicy::Keep,
        signing: Signing::Drop,
    }
}

/// A new descriptor for the package at `path`.
pub(crate) fn describe<'e>(path: &'e Path, text: &str, destination: Destination<'e>) -> Edit<'e> {
    Edit {
        descriptor: Some(NewDescriptor::Text(text.to_owned())),
        ..nothing(path, destination)
    }
}

pub(crate) fn to(path: &Path) -> Destination<'_> {
    Destination::New(path, Overwrite::Never)
}

pub(crate) fn new_file(href: &str, bytes: &[u8]) -> NewFile<'static> {
    NewFile {
        href: href.to_owned(),
        source: Box::new(bytes.to_vec()),
    }
}

pub(crate) fn edit(request: &Edit<'_>) -> Result<EditReport> {
    apply(request, &mut Unobserved)
}

/// The names of what is in a directory.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .expect("it works")
        .map(|entry| {
            entry
                .expect("it works")
                .file_name()
                .into_string()
                .expect("it works")
        })
        .collect();
    names.sort();
    names
}

/// The members GNU tar finds.
pub(crate) fn listed(path: &Path) -> Vec<String> {
    let run = Command::new("tar")
        .arg("-tf")
        .arg(path)
        .output()
        .expect("it works");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.is_empty(), "{said}");
    let text = String::from_utf8(run.stdout).expect("it works");
    text.lines().map(str::to_owned).collect()
}

/// What GNU tar extracts, with a manifest that `sha256sum` finds to hold.
pub(crate) fn extracted(path: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("it works");
    let run = Command::new("tar")
        .arg("-xf")
        .arg(path)
        .arg("-C")
        .arg(directory.path())
        .status();
    assert!(run.expect("it works").success());
    holds(directory.path());
    directory
}

/// Whether `sha256sum` finds that the manifest of a directory holds, and lists all files.
pub(crate) fn holds(directory: &Path) {
    let manifest = directory.join("vm.mf");
    let run = Command::new("sha256sum")
        .args(["--strict", "-c"])
        .arg(&manifest)
        .current_dir(directory)
        .output()
        .expect("it works");
    assert!(run.status.success(), "{run:?}");
    let listed = fs::read_to_string(&manifest)
        .expect("it works")
        .lines()
        .count();
    let seals = names(directory);
    let seals = seals
        .iter()
        .filter(|name| ["vm.mf", "vm.cert"].contains(&name.as_str()));
    assert_eq!(listed, names(directory).len() - seals.count());
}

/// The rules that what is at a path breaks.
pub(crate) fn findings(path: &Path) -> Vec<String> {
    let request = Validate {
        input: path,
        strict: false,
        depth: Depth::Content,
        targets: &[],
    };
    let (_, report) = validate(&request, &mut Unobserved).expect("it works");
    let mut rules: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.rule.clone())
        .collect();
    rules.sort();
    rules
}

/// A directory with `vm.ova` in it.
pub(crate) fn with_ova(room: u64) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("it works");
    let path = directory.path().join("vm.ova");
    ova(&path, room);
    (directory, path)
}
