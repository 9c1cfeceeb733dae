//! From a definition to the packages it becomes, one for each target.

use std::path::{Path, PathBuf};

use super::inputs::Look;
use super::seed::{self, Seeding, Told};
use super::{Defined, inputs, texts};
use crate::base::digest::Algorithm;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::open::OpenOptions;
use crate::disk::vmdk::AdapterType;
use crate::ops::pack::{Facts, Output, Package, PlannedMember, Source};
use crate::template;
use crate::validate::Target;
use crate::vm::{
    Appliance, At, Content, ControllerKind, Definition, FileFacts, Planned, Problem, Profile, build,
};

/// How the packages of a definition are made.
#[derive(Debug)]
pub struct Order<'o> {
    /// The targets; at least one.
    pub profiles: &'o [Profile],
    /// How disk images are opened that say nothing themselves.
    pub open: &'o OpenOptions,
    /// The time of all there is in images that are made, in seconds since 1970.
    pub time: u64,
}

/// Sources and packages, as [`Pack`](crate::ops::pack::Pack) wants them.
#[derive(Debug, Default)]
pub struct Plan {
    /// What the packages hold.
    pub sources: Vec<Source>,
    /// The packages.
    pub packages: Vec<Package>,
}

/// Plans a package of `defined` for each target of `order`. `output` tells where the package of
/// a name goes that is for a target.
///
/// All that is wrong with the definition is told at once.
pub fn plan(
    defined: &Defined,
    order: &Order<'_>,
    output: &dyn Fn(&str, &Profile) -> Result<Output>,
) -> Result<Plan> {
    let (definition, told) = match (texts::inline(defined), seed::read(defined)) {
        (Ok(definition), Ok(told)) => (definition, told),
        (texts, told) => {
            let problems = texts.err().into_iter().chain(told.err()).flatten();
            return Err(all(defined, problems));
        }
    };
    let mut plan = Plan::default();
    let mut keys: Vec<(PathBuf, Content)> = Vec::new();
    let mut errors: Vec<Error> = Vec::new();
    for profile in order.profiles {
        match appliance(&definition, &told, profile, order.time) {
            Ok((mut appliance, notes)) => {
                let files = &appliance.files;
                let mut members = members(defined, order, files, &mut plan.sources, &mut keys)?;
                // Files are read one after the other for all packages, so they stand in all of
                // them in one order.
                appliance.reorder_by(|index| members[index].source);
                members.sort_by_key(|member| member.source);
                let package = Package {
                    members,
                    digest: digest(defined, &profile.digest)?,
                    output: output(&appliance.name, profile)?,
                    name: appliance.name.clone(),
                    machines: appliance.machines.clone(),
                    notes,
                    describe: Box::new(move |facts| describe(&appliance, facts)),
                };
                plan.packages.push(package);
            }
            // What is wrong for every target is told once.
            Err(problems) => errors.extend(problems.into_iter().map(|one| defined.blame(one))),
        }
    }
    let look = Look {
        open: order.open,
        is_known: &|_| false,
    };
    errors.extend(inputs::check(defined, &definition, &look));
    once(&mut errors);
    if errors.is_empty() {
        Ok(plan)
    } else {
        Err(Error::all(errors))
    }
}

/// The `problems` in their places.
pub(in crate::ops) fn all(defined: &Defined, problems: impl Iterator<Item = Problem>) -> Error {
    Error::all(problems.map(|one| defined.blame(one)))
}

/// Puts errors in the order of the files, and leaves out what is said again.
pub(in crate::ops) fn once(errors: &mut Vec<Error>) {
    errors.sort_by_key(|error| {
        let place = error.place();
        (place.path.clone(), place.line)
    });
    let mut told = Vec::new();
    errors.retain(|error| {
        let this = (error.message().to_owned(), error.place().clone());
        let new = !told.contains(&this);
        told.push(this);
        new
    });
}

/// The appliance for the target `profile`, whose guests are `told` something, and what it does
/// without there.
fn appliance(
    definition: &Definition,
    told: &Told,
    profile: &Profile,
    time: u64,
) -> Result<(Appliance, Vec<String>), Vec<Problem>> {
    if let Some(why) = &profile.no_package {
        let error = Error::new(
            ErrorKind::Unsupported,
            format!("{} takes no packages", profile.title),
        );
        return Err(vec![Problem {
            at: At::default().key("target"),
            error: error
                .why(why.clone())
                .help("give it the disk alone, converted with `ovfkit unpack --disks`"),
        }]);
    }
    let (mut adapted, mut notes) = profile.adapt(definition);
    let mut seeding = Seeding::new(profile, time);
    seeding.apply(told, &mut adapted, &At::default());
    notes.extend(seeding.notes);
    if !takes_dots(profile) {
        notes.extend(remarks(&adapted));
    }
    match build(&adapted, profile) {
        Ok(appliance) if seeding.problems.is_empty() => Ok((appliance, notes)),
        Ok(_) => Err(seeding.problems),
        Err(problems) => Err(seeding.problems.into_iter().chain(problems).collect()),
    }
}

/// What stands where a digest would, for no manifest.
pub const NO_MANIFEST: &str = "none";

/// The digest of the manifest that `defined` asks for, or else the `usual` one; nothing for no
/// manifest.
pub fn digest(defined: &Defined, usual: &str) -> Result<Option<Algorithm>> {
    let asked = defined.definition.digest.as_deref();
    match asked.unwrap_or(usual) {
        NO_MANIFEST => Ok(None),
        name => {
            let at = At::default().key("digest");
            name.parse()
                .map(Some)
                .map_err(|error| defined.at(&at, error))
        }
    }
}

/// The members of a package, whose content is added to `sources` where it is not there yet.
fn members(
    defined: &Defined,
    order: &Order<'_>,
    files: &[Planned],
    sources: &mut Vec<Source>,
    keys: &mut Vec<(PathBuf, Content)>,
) -> Result<Vec<PlannedMember>> {
    let mut members = Vec::new();
    for file in files {
        let (path, key) = key(defined, file);
        let known = keys
            .iter()
            .position(|known| *known == (path.clone(), key.clone()));
        let source = if let Some(known) = known {
            known
        } else {
            sources.push(source(&path, file, order)?);
            keys.push((path, key));
            sources.len() - 1
        };
        members.push(PlannedMember {
            source,
            href: file.href.clone(),
            adapter: adapter_of(&file.content),
        });
    }
    Ok(members)
}

/// What tells the content of `file` from that of others: its path, and how it is read.
fn key(defined: &Defined, file: &Planned) -> (PathBuf, Content) {
    match &file.content {
        Content::Disk(content) => {
            let path = defined.path(&file.at, &content.image);
            let mut content = content.clone();
            // For whom it is read makes no difference to what is read.
            (content.controller, content.disk) = (None, 0);
            (path, Content::Disk(content))
        }
        Content::File(path) => (defined.path(&file.at, path), Content::File(path.clone())),
        Content::Bytes(_) => (PathBuf::from(&file.href), file.content.clone()),
    }
}

/// How an image is opened that has `format` and `snapshot` of its own, and else what `usual`
/// says.
pub(in crate::ops) fn how(
    format: Option<&str>,
    snapshot: Option<&String>,
    usual: &OpenOptions,
) -> Result<OpenOptions> {
    let format = format.map(str::parse).transpose()?;
    Ok(OpenOptions {
        format: format.or(usual.format),
        snapshot: snapshot.cloned().or_else(|| usual.snapshot.clone()),
        ..usual.clone()
    })
}

fn source(path: &Path, file: &Planned, order: &Order<'_>) -> Result<Source> {
    Ok(match &file.content {
        Content::Disk(content) => {
            let (format, snapshot) = (content.format.as_deref(), content.snapshot.as_ref());
            Source::Disk {
                path: path.to_owned(),
                open: how(format, snapshot, order.open)?,
                capacity: content.size,
            }
        }
        Content::File(_) => Source::File {
            path: path.to_owned(),
        },
        Content::Bytes(bytes) => Source::Bytes {
            name: file.href.clone(),
            bytes: bytes.clone(),
        },
    })
}

/// The geometry a disk gets for its controller.
pub(in crate::ops) fn adapter_of(content: &Content) -> AdapterType {
    let controller = match content {
        Content::Disk(content) => content.controller,
        Content::File(_) | Content::Bytes(_) => None,
    };
    match controller {
        Some(ControllerKind::Ide) => AdapterType::Ide,
        Some(ControllerKind::BusLogic) => AdapterType::BusLogic,
        _ => AdapterType::LsiLogic,
    }
}

/// The descriptor of `appliance`, of whose files `facts` are known.
fn describe(appliance: &Appliance, facts: &[Facts]) -> Result<String> {
    let facts = facts.iter().map(|facts| FileFacts {
        size: facts.size,
        capacity: facts.disk.map(|disk| disk.capacity),
        populated: facts.disk.map(|disk| disk.populated),
    });
    template::render(&appliance.measured(&facts.collect::<Vec<_>>()))
}

/// Whether the importer of `profile` takes keys with dots, as VMware's products do.
fn takes_dots(profile: &Profile) -> bool {
    let importer = profile.importer.as_deref();
    let target = importer.and_then(|name| name.parse::<Target>().ok());
    target.is_some_and(|target| target.importer().is_vmware())
}

/// What is remarkable about `definition`.
fn remarks(definition: &Definition) -> Vec<String> {
    let own = definition.properties.keys();
    let products = definition.product.iter();
    let keys = own.chain(products.flat_map(|product| product.properties.keys()));
    let dotted = keys.filter(|key| key.contains('.')).map(|key| {
        format!(
            "property `{key}`: DSP0243 1.1 §9.5 allows no dot in a key; vSphere takes it, other \
             importers may not"
        )
    });
    let members = definition.machines.iter().flat_map(remarks);
    dotted.chain(members).collect()
}
