//! What a plan has to be like before anything is written.

use std::collections::{BTreeSet, HashSet};
use std::path::{Component, Path};

use super::Pack;
use super::plan::Package;
use super::source::Input;
use crate::base::storage::FileIdentity;
use crate::base::{Error, ErrorKind, Result};
use crate::ova::archive::check_name;

/// Refuses packages that cannot be made of `inputs`, or not beside each other.
pub(super) fn check(request: &Pack, inputs: &[Input<'_>]) -> Result<()> {
    if request.packages.is_empty() {
        return Err(Error::usage("no package is to be made"));
    }
    let read: HashSet<&FileIdentity> = inputs.iter().flat_map(Input::files).collect();
    for (index, package) in request.packages.iter().enumerate() {
        check_sources(package, inputs.len())?;
        check_names(package)?;
        refuse_input(package, &read)?;
        check_beside(package, &request.packages[..index])?;
    }
    let members = request.packages.iter().flat_map(|package| &package.members);
    let held: BTreeSet<usize> = members.map(|member| member.source).collect();
    let mut sources = request.sources.iter().enumerate();
    match sources.find(|(index, _)| !held.contains(index)) {
        None => Ok(()),
        Some((_, source)) => Err(Error::new(
            ErrorKind::Internal,
            format!("`{}` would be read, and no package holds it", source.name()),
        )),
    }
}

/// All packages are filled while the sources are read one after the other.
fn check_sources(package: &Package, sources: usize) -> Result<()> {
    let mut next = 0;
    for member in &package.members {
        if member.source < next || member.source >= sources {
            return Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "the file `{}` of `{}` holds source {} of {sources}, where {next} or a later \
                     one may come",
                    member.href, package.name, member.source
                ),
            ));
        }
        next = member.source + 1;
    }
    Ok(())
}

/// Every name has to fit an archive and mean a file of the package, and no two may be one on
/// systems that ignore case.
fn check_names(package: &Package) -> Result<()> {
    let (descriptor, manifest) = (package.descriptor(), package.manifest());
    let members = package.members.iter().map(|member| &*member.href);
    let mut taken = HashSet::new();
    for name in [&*descriptor, &*manifest].into_iter().chain(members) {
        check_name(name)?;
        let parts = Path::new(name).components();
        let inside = parts
            .into_iter()
            .all(|part| matches!(part, Component::Normal(_)));
        if name.is_empty() || !inside {
            return Err(
                Error::usage(format!("the name `{name}` means no file of the package"))
                    .help("give the file a name without a directory"),
            );
        }
        if !taken.insert(name.to_lowercase()) {
            return Err(
                Error::usage(format!("two files of the package are called `{name}`"))
                    .why("on systems that ignore case one would overwrite the other")
                    .help("give the files names that differ in more than case"),
            );
        }
    }
    Ok(())
}

/// An output that replaced an input would destroy what is being read.
fn refuse_input(package: &Package, read: &HashSet<&FileIdentity>) -> Result<()> {
    let own = [package.descriptor(), package.manifest()];
    let members = package.members.iter().map(|member| &*member.href);
    let replaced = package
        .output
        .replaced(members.chain(own.iter().map(String::as_str)));
    if replaced.iter().any(|file| read.contains(file)) {
        return Err(Error::usage("the output is one of the files to be read")
            .in_option("-o")
            .help("choose another name for the output"));
    }
    Ok(())
}

/// Refuses what cannot be written beside the packages before it.
fn check_beside(package: &Package, others: &[Package]) -> Result<()> {
    let output = &package.output;
    let mut all = others.iter().map(|other| &other.output).chain([output]);
    if let Some(stream) = all.find(|output| !others.is_empty() && output.is_stream()) {
        return Err(stream.place(
            Error::usage("a pipe, a device or standard output takes one package only")
                .in_option("-o")
                .help("name a file for each package, or make one package at a time"),
        ));
    }
    if let Some(other) = others.iter().find(|other| other.output.collides(output)) {
        return Err(output.place(
            Error::usage("two packages would have the same output, or one inside the other")
                .in_option("-o")
                .why(format!("the other is `{}`", other.output.name()))
                .help("give every package an output of its own"),
        ));
    }
    Ok(())
}
