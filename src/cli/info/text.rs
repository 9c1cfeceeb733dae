//! A resolved descriptor, for people.

use std::fmt::Write as _;

use crate::base::units::human;
use crate::envelope::resolve::{
    CollectionView, DiskView, EulaView, MachineView, OsView, ProductView, PropertyView, View,
};
use crate::ops::info::Report;

use super::super::render::printable;
use super::super::summary::count;
use super::package::package;
use super::tree;

/// The most lines of a note that are shown.
const MAX_NOTE_LINES: usize = 8;

/// What `report`, of the descriptor or package `name`, has to say.
pub(super) fn text(report: &Report, name: &str) -> String {
    let view = &report.view;
    let mut page = Page::default();
    page.line(&headline(view, name));
    options(&mut page, view);
    for one in &view.collections {
        collection(&mut page, one);
    }
    for one in &view.machines {
        machine(&mut page, one);
    }
    files(&mut page, view);
    disks(&mut page, view);
    networks(&mut page, view);
    if let Some(around) = &report.package {
        package(&mut page, around);
    }
    page.text
}

/// Text that grows by lines. Nothing out of a file reaches it but made printable.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(printable(line).trim_end());
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A fact, if there is one.
    pub(super) fn fact(&mut self, label: &str, fact: &str) {
        if !fact.is_empty() {
            self.line(&format!("  {label:10} {}", one_line(fact)));
        }
    }

    /// Rows in columns, under a title.
    pub(super) fn table(&mut self, title: &str, rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        self.blank();
        self.line(title);
        self.rows("  ", rows);
    }

    fn rows(&mut self, indent: &str, rows: &[Vec<String>]) {
        let rows: Vec<Vec<_>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| one_line(cell)).collect())
            .collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<_> = (0..columns)
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                let widest = cells.map(|cell| cell.chars().count()).max();
                // One long text must not push the others off the screen.
                widest.unwrap_or_default().min(MAX_COLUMN)
            })
            .collect();
        for row in rows {
            let mut line = indent.to_owned();
            for (cell, width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
                // Writing to a String cannot fail.
                let _ = write!(line, "{cell:width$}  ");
            }
            self.line(&line);
        }
    }
}

/// The widest a column is made for its longest text.
const MAX_COLUMN: usize = 40;

/// `text` on one line, with single blanks.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn headline(view: &View, name: &str) -> String {
    let mut parts = vec![format!("{name}: OVF {}", view.version)];
    if !view.collections.is_empty() {
        parts.push(count(view.collections.len() as u64, "collection"));
    }
    parts.push(count(view.machines.len() as u64, "machine"));
    parts.push(count(view.disks.len() as u64, "disk"));
    parts.push(format!("texts in {}", view.locale));
    parts.join(", ")
}

/// The deployment options, the chosen one marked.
fn options(page: &mut Page, view: &View) {
    let rows: Vec<_> = view
        .configurations
        .iter()
        .map(|option| {
            let chosen = view.configuration.as_ref() == Some(&option.id);
            let mark = if chosen { "*" } else { " " };
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            vec![
                format!("{mark} {}", option.id),
                text(&option.label),
                text(&option.description),
            ]
        })
        .collect();
    page.table("deployment options (* shown here)", &rows);
}

fn collection(page: &mut Page, collection: &CollectionView) {
    page.blank();
    let title = title(
        &collection.id,
        collection.name.as_ref(),
        &collection.collection,
    );
    page.line(&format!("{title} (collection)"));
    products(page, &collection.products);
    properties(page, &collection.properties, &[]);
    eulas(page, &collection.eulas);
    note(page, collection.annotation.as_ref());
}

fn machine(page: &mut Page, machine: &MachineView) {
    page.blank();
    page.line(&title(
        &machine.id,
        machine.name.as_ref(),
        &machine.collection,
    ));
    page.fact("guest", &machine.os.as_ref().map(os).unwrap_or_default());
    products(page, &machine.products);
    page.fact("platform", &machine.hardware.join(", "));
    page.fact("firmware", &firmware(machine));
    let hardware = tree::hardware(machine, "  ");
    if !hardware.is_empty() {
        page.line("  hardware");
        page.text.push_str(&hardware);
    }
    properties(page, &machine.properties, &machine.transport);
    eulas(page, &machine.eulas);
    note(page, machine.annotation.as_ref());
}

/// The name, the id where it is another, and the collections around.
fn title(id: &str, name: Option<&String>, path: &[String]) -> String {
    let id = one_line(id);
    let name = name.map(|name| one_line(name)).unwrap_or_default();
    let own = if name.is_empty() || name == id {
        id
    } else {
        format!("{name} ({id})")
    };
    if path.is_empty() {
        own
    } else {
        one_line(&format!("{own}, in {}", path.join(" / ")))
    }
}

fn os(os: &OsView) -> String {
    let shown = [&os.description, &os.name, &os.os_type];
    let named = shown
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty());
    let named = named.cloned().unwrap_or_default();
    let ids = [
        os.os_type.clone().filter(|guest| *guest != named),
        os.id.map(|id| format!("id {id}")),
    ];
    let ids: Vec<_> = ids.into_iter().flatten().collect();
    // A description often has the version in it.
    let is_said = |version: &&str| named.split_whitespace().any(|word| word == *version);
    let version = os.version.as_deref().filter(|version| !is_said(version));
    let version = version.unwrap_or_default();
    one_line(&format!("{named} {version} ({})", ids.join(", "))).replace(" ()", "")
}

fn products(page: &mut Page, products: &[ProductView]) {
    for product in products {
        let version = product.full_version.as_ref().or(product.version.as_ref());
        let parts = [product.product.as_ref(), version];
        let mut line = parts.map(|part| part.map_or("", String::as_str)).join(" ");
        if let Some(vendor) = &product.vendor {
            line = format!("{line}, by {vendor}");
        }
        page.fact("product", line.trim_matches([' ', ',']));
    }
}

fn firmware(machine: &MachineView) -> String {
    let firmware = machine
        .firmware
        .as_deref()
        .unwrap_or_default()
        .to_uppercase();
    if machine.secure_boot {
        format!("{firmware} with secure boot")
    } else {
        firmware
    }
}

/// The properties by headings; of passwords only that there is one.
fn properties(page: &mut Page, properties: &[PropertyView], transport: &[String]) {
    if properties.is_empty() {
        return;
    }
    let ways = if transport.is_empty() {
        String::new()
    } else {
        format!(", handed over by {}", transport.join(", "))
    };
    page.line(&format!("  properties{ways}"));
    for group in properties.chunk_by(|one, next| one.category == next.category) {
        if let Some(category) = &group[0].category {
            page.line(&format!("    {}", one_line(category)));
        }
        let rows: Vec<_> = group.iter().map(property).collect();
        page.rows("    ", &rows);
    }
}

fn property(property: &PropertyView) -> Vec<String> {
    let value = match &property.value {
        Some(value) if value.is_empty() => String::new(),
        Some(_) if property.password => "(hidden)".to_owned(),
        Some(value) => format!("\"{value}\""),
        None => String::new(),
    };
    let asked = if property.user_configurable {
        ""
    } else {
        "(fixed)"
    };
    vec![
        property.key.clone(),
        property.value_type.clone(),
        value,
        [property.label.as_deref().unwrap_or_default(), asked].join(" "),
    ]
}

fn eulas(page: &mut Page, eulas: &[EulaView]) {
    for eula in eulas {
        let lines = eula.license.trim().lines().count() as u64;
        page.fact(
            "licence",
            &format!("{}, {}", one_line(&eula.info), count(lines, "line")),
        );
    }
}

fn note(page: &mut Page, note: Option<&String>) {
    let Some(note) = note else { return };
    let lines: Vec<_> = note.trim().lines().collect();
    for (index, line) in lines.iter().take(MAX_NOTE_LINES).enumerate() {
        let label = if index == 0 { "note" } else { "" };
        page.line(&format!("  {label:10} {}", line.trim()));
    }
    if let Some(more @ 1..) = lines.len().checked_sub(MAX_NOTE_LINES) {
        page.line(&format!(
            "  {:10} … {} more",
            "",
            count(more as u64, "line")
        ));
    }
}

fn files(page: &mut Page, view: &View) {
    let rows: Vec<_> = view
        .files
        .iter()
        .map(|file| {
            let compression = file.compression.clone().unwrap_or_default();
            let chunks = file.chunk_size.filter(|size| *size > 0);
            vec![
                file.href.clone(),
                file.size.map(human).unwrap_or_default(),
                compression,
                chunks
                    .map(|size| format!("in chunks of {}", human(size)))
                    .unwrap_or_default(),
            ]
        })
        .collect();
    page.table("files", &rows);
}

fn disks(page: &mut Page, view: &View) {
    let rows: Vec<_> = view.disks.iter().map(disk).collect();
    page.table("disks", &rows);
}

fn disk(disk: &DiskView) -> Vec<String> {
    let format = disk.format.as_deref().unwrap_or_default();
    // What tells formats apart is at the end of the address.
    let format = format.rsplit(['/', '#']).next().unwrap_or_default();
    let capacity = disk
        .capacity
        .map_or_else(|| "of no known size".to_owned(), human);
    vec![
        disk.id.clone(),
        capacity,
        disk.populated
            .map(|bytes| format!("{} data", human(bytes)))
            .unwrap_or_default(),
        disk.file.clone().unwrap_or_else(|| "blank".to_owned()),
        format.to_owned(),
        (disk.parent.as_ref())
            .map(|parent| format!("differences to {parent}"))
            .unwrap_or_default(),
    ]
}

fn networks(page: &mut Page, view: &View) {
    let rows: Vec<_> = view
        .networks
        .iter()
        .map(|network| {
            vec![
                network.name.clone(),
                network.description.clone().unwrap_or_default(),
            ]
        })
        .collect();
    page.table("networks", &rows);
}
