//! What the package has as a whole: machines in their collections, networks, deployment
//! options, files.

use indexmap::IndexMap;

use super::{Work, about, machine, plain_name, xml};
use crate::base::{Error, ErrorKind, Result};
use crate::envelope::{
    Content, Network, Section, StartupItem, StartupSection, VirtualSystem, VirtualSystemCollection,
};
use crate::vm::build::names::name_fault;
use crate::vm::build::titles;
use crate::vm::definition::{
    Brief, Configuration, Definition, ExtraFile, LocalText, RawSection, Start, StartAction,
    StopAction, Within,
};

/// The definition of the whole envelope.
pub(super) fn package(work: &mut Work<'_>) -> Result<Definition> {
    let envelope = work.envelope;
    let Some(content) = envelope.contents.first() else {
        return Ok(Definition::default());
    };
    if envelope.contents.len() > 1 {
        work.lose("all machines but the first, of which a descriptor has one");
    }
    work.package = name(work, content).name.unwrap_or_default();
    let mut definition = self::content(work, content)?;
    definition.lang = work.texts.lang();
    options(work, &mut definition);
    networks(work, &mut definition);
    forget_ids(work, &mut definition);
    for section in &envelope.sections {
        match section {
            Section::DiskSection(_)
            | Section::NetworkSection(_)
            | Section::DeploymentOptionSection(_) => {}
            other => raw(work, &mut definition, other, Within::Envelope),
        }
    }
    strings(work);
    disks(work);
    files(work, &mut definition);
    Ok(definition)
}

/// Leaves out the ids of disks that are in one device only, which nobody has to name.
fn forget_ids(work: &Work<'_>, definition: &mut Definition) {
    for disk in &mut definition.disks {
        let once = |id: &String| work.users.get(id).is_none_or(|users| *users < 2);
        if disk.id.as_ref().is_some_and(once) {
            disk.id = None;
        }
    }
    for member in &mut definition.machines {
        forget_ids(work, member);
    }
}

fn identity(content: &Content) -> (&str, Option<&str>) {
    let (id, name) = match content {
        Content::VirtualSystem(system) => (&system.id, &system.name),
        Content::VirtualSystemCollection(collection) => (&collection.id, &collection.name),
    };
    (id, name.as_ref().map(|name| &*name.text))
}

/// A name for files like `id`, or else like `title`.
fn file_name(id: &str, title: &str) -> String {
    let text = if id.is_empty() { title } else { id };
    plain_name(text).unwrap_or_else(|| "machine".to_owned())
}

/// The name of the machine `system` besides its id, if files can have it.
fn identifier(system: &VirtualSystem) -> Option<String> {
    let family = system.hardware()?.system.as_ref()?;
    let name = family.virtual_system_identifier.as_deref()?;
    name_fault(name).is_none().then(|| name.to_owned())
}

/// Names what `content` becomes.
fn name(work: &Work<'_>, content: &Content) -> Definition {
    let (id, title, text) = match content {
        Content::VirtualSystem(system) => (&system.id, &system.name, identity(content).1),
        Content::VirtualSystemCollection(one) => (&one.id, &one.name, identity(content).1),
    };
    let named = match content {
        Content::VirtualSystem(system) => identifier(system),
        Content::VirtualSystemCollection(_) => None,
    };
    let name = named.unwrap_or_else(|| file_name(id, text.unwrap_or_default()));
    let title = match title {
        Some(title) => work.texts.text(title),
        None => LocalText::default(),
    };
    Definition {
        id: (*id != name).then(|| id.clone()),
        title: Some(title).filter(|title| *title != LocalText::from(name.as_str())),
        name: Some(name),
        ..Definition::default()
    }
}

fn content(work: &mut Work<'_>, content: &Content) -> Result<Definition> {
    let mut definition = name(work, content);
    match content {
        Content::VirtualSystem(system) => machine::machine(work, system, &mut definition),
        Content::VirtualSystemCollection(one) => collection(work, one, &mut definition)?,
    }
    Ok(definition)
}

fn collection(
    work: &mut Work<'_>,
    collection: &VirtualSystemCollection,
    definition: &mut Definition,
) -> Result<()> {
    about::about(work, &collection.sections, definition);
    let mut startup: Option<&StartupSection> = None;
    for section in &collection.sections {
        match section {
            Section::StartupSection(section) if startup.is_none() => startup = Some(section),
            Section::ProductSection(_)
            | Section::EulaSection(_)
            | Section::AnnotationSection(_)
            | Section::IpAssignmentSection(_) => {}
            other => raw(work, definition, other, Within::Machine),
        }
    }
    for member in &collection.contents {
        if is_empty(member) {
            let (id, _) = identity(member);
            work.lose(format!(
                "the collection `{id}`, in which there is no machine"
            ));
            continue;
        }
        let mut member_definition = self::content(work, member)?;
        let (id, _) = identity(member);
        let found = startup.and_then(|startup| startup.items.iter().find(|item| item.id == id));
        let index = definition.machines.len();
        member_definition.start = found.map(|item| start(work, item, index));
        definition.machines.push(member_definition);
    }
    // Who starts in the order of the list needs no word of it, if another says that there is one.
    let trivial = |member: &Definition| member.start == Some(Start::default());
    if definition
        .machines
        .iter()
        .any(|member| member.start.is_some() && !trivial(member))
    {
        for member in definition
            .machines
            .iter_mut()
            .filter(|member| trivial(member))
        {
            member.start = None;
        }
    }
    if definition.machines.is_empty() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("there is no machine in the collection `{}`", collection.id),
        )
        .why("a definition is one of machines")
        .help("take the collection out of the descriptor, or put a machine into it"));
    }
    Ok(())
}

/// Whether there is no machine in `content`.
fn is_empty(content: &Content) -> bool {
    content.systems().is_empty()
}

fn start(work: &mut Work<'_>, item: &StartupItem, index: usize) -> Start {
    let action = item.start_action.as_deref().map(|action| match action {
        "powerOn" => Some(StartAction::PowerOn),
        "none" => Some(StartAction::None),
        _ => None,
    });
    let stop = item.stop_action.as_deref().map(|action| match action {
        "powerOff" => Some(StopAction::PowerOff),
        "guestShutdown" => Some(StopAction::GuestShutdown),
        "none" => Some(StopAction::None),
        _ => None,
    });
    if action == Some(None) || stop == Some(None) {
        work.lose(format!("how `{}` starts or stops", item.id));
    }
    Start {
        order: item.order.filter(|order| usize::from(*order) != index),
        delay: item.start_delay,
        wait_for_guest: item.waiting_for_guest,
        action: action.flatten(),
        stop_delay: item.stop_delay,
        stop_action: stop.flatten(),
    }
}

/// The deployment options, before what the machines say differs in them.
fn options(work: &Work<'_>, definition: &mut Definition) {
    let mut configurations: IndexMap<String, Configuration> = IndexMap::new();
    for section in &work.envelope.sections {
        let Section::DeploymentOptionSection(section) = section else {
            continue;
        };
        for option in &section.configurations {
            if configurations.contains_key(&option.id) {
                continue;
            }
            let label = work.texts.or_empty(option.label.as_ref());
            let description = work.texts.or_empty(option.description.as_ref());
            let own = definition
                .configurations
                .get(&option.id)
                .cloned()
                .unwrap_or_default();
            configurations.insert(
                option.id.clone(),
                Configuration {
                    description: Some(description).filter(|text| *text != label),
                    label: Some(label)
                        .filter(|label| *label != LocalText::from(option.id.as_str())),
                    default: work.default > 0 && work.options.get(work.default) == Some(&option.id),
                    ..own
                },
            );
        }
    }
    definition.configurations = configurations;
}

/// The networks, unless they are those the adapters ask for.
fn networks(work: &mut Work<'_>, definition: &mut Definition) {
    let asked = crate::vm::build::networks(definition, &work.profile.network);
    let described = |name: &str| LocalText::from(titles::network(name));
    let mut networks: IndexMap<String, Brief<crate::vm::definition::Network>> = IndexMap::new();
    let all: Vec<&Network> = work.envelope.networks().collect();
    for network in &all {
        let description = work.texts.or_empty(network.description.as_ref());
        let described = Brief(crate::vm::definition::Network { description });
        if networks.insert(network.name.clone(), described).is_some() {
            work.lose(format!("a second network `{}`", network.name));
        }
    }
    for name in &asked {
        if !networks.contains_key(name) {
            let description = described(name);
            let network = Brief(crate::vm::definition::Network { description });
            networks.insert(name.clone(), network);
        }
    }
    let usual = networks
        .iter()
        .zip(&asked)
        .all(|((name, network), asked)| name == asked && network.description == described(name));
    if !usual || networks.len() != asked.len() {
        definition.networks = Some(networks);
    }
}

/// Puts `section`, for which a definition has no words, into `definition` as it is.
pub(super) fn raw(
    work: &mut Work<'_>,
    definition: &mut Definition,
    section: &Section,
    within: Within,
) {
    match xml::of(section) {
        Some(xml) => definition.sections.push(Brief(RawSection { xml, within })),
        None => work.lose("a section that cannot be written by itself"),
    }
}

/// Translations in files: those that were read are said in the texts themselves.
fn strings(work: &mut Work<'_>) {
    let envelope = work.envelope;
    for strings in &envelope.strings {
        let Some(id) = strings.file_ref.as_deref().filter(|id| !id.is_empty()) else {
            continue;
        };
        if work.bundles_read {
            work.said_files.insert(id.to_owned());
        } else {
            work.lose(format!(
                "the translations in file `{id}`, which was not read"
            ));
        }
    }
}

/// Tells of disks that are in no machine.
fn disks(work: &mut Work<'_>) {
    let envelope = work.envelope;
    for disk in envelope.disks() {
        if !work.users.contains_key(&disk.disk_id) {
            work.lose(format!("disk `{}`, which is in no machine", disk.disk_id));
        }
        if disk
            .parent_ref
            .as_deref()
            .is_some_and(|parent| !parent.is_empty())
        {
            work.lose(format!(
                "that disk `{}` holds the differences to another",
                disk.disk_id
            ));
        }
    }
}

/// The files nothing else speaks of, and those that are called by their ids.
fn files(work: &mut Work<'_>, definition: &mut Definition) {
    let envelope = work.envelope;
    let xml: String = definition
        .sections
        .iter()
        .map(|section| &*section.xml)
        .collect();
    for file in &envelope.references.files {
        if work.said_files.contains(&file.id) {
            continue;
        }
        let path = (work.path)(&file.href);
        let own = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = work.name_in_package(&file.href);
        let named = work.named_files.contains(&file.id)
            || (!file.id.is_empty() && xml.contains(&format!("\"{}\"", file.id)));
        definition.files.push(Brief(ExtraFile {
            href: (own != name).then_some(name),
            id: named.then(|| file.id.clone()),
            path,
        }));
    }
}
