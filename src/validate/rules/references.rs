//! Files beside the descriptor.

use std::collections::{HashMap, HashSet};

use super::{Document, Rule, Sink, repetitions, require, shown, wrong_values};
use crate::envelope::HostResource;
use crate::validate::document::{attr, attr_anywhere, file_ref, standard};
use crate::xml::Element;

/// The smallest file that can hold a virtual disk: one sector.
const SMALLEST_DISK: u64 = 512;
/// The longest name a header of the archive has room for without its prefix field.
const MAX_NAME: usize = 100;

pub(super) const RULES: &[Rule] = &[
    Rule::error("REF-001", "a file has no id or no href")
        .reference("DSP0243 1.1 §7.1")
        .why("disks refer to files by id, and the href is where the file is")
        .help("give each `File` an `ovf:id` and an `ovf:href`")
        .check(identity),
    Rule::error("REF-002", "two files have one id")
        .reference("DSP0243 1.1 §7.1")
        .why("a disk that refers to the id gets the content of one of the two")
        .help("give each file an id of its own")
        .fixable()
        .check(ids),
    Rule::error("REF-003", "two files have one href")
        .reference("DSP0243 1.1 §7.1")
        .why("a file may be listed once; OVF Tool refuses the package")
        .help("keep one `File` and refer to it from both places")
        .check(hrefs),
    Rule::warning("REF-004", "an href holds characters that have to be encoded")
        .reference("DSP0243 1.1 §7.1; RFC 3986 §2")
        .why("a URI has blanks, braces and letters beyond ASCII as `%` and two digits; importers differ in whether they decode")
        .help("rename the file to plain letters, digits, `-`, `_` and `.`")
        .check(encoding),
    Rule::warning("REF-005", "an href has an unusual scheme")
        .reference("DSP0243 1.1 §7.1")
        .why("importers fetch files with no scheme, and at most `file`, `http` and `https`")
        .help("put the file beside the descriptor")
        .check(schemes),
    Rule::error("REF-006", "a file of the package is missing")
        .reference("DSP0243 1.1 §7.1")
        .why("the disk has no content, and the import fails once it gets there")
        .help("put the file beside the descriptor, or take it out of `References`")
        .check(presence),
    Rule::info("REF-006a", "no file of the package is beside the descriptor")
        .reference("DSP0243 1.1 §7.1")
        .why("the descriptor can be judged without them, but not imported")
        .help("put the files into the directory of the descriptor")
        .check(alone),
    Rule::error("REF-007", "the size of a file is no number")
        .reference("DSP0243 1.1 §7.1")
        .why("importers plan and verify the transfer by it, and refuse what they cannot read")
        .help("write the length in bytes, or leave `ovf:size` out")
        .fixable()
        .check(size_form),
    Rule::warning("REF-007a", "the size of a file is negative")
        .reference("DSP0243 1.1 §7.1")
        .why("OVF Tool takes it for unknown, others refuse it")
        .help("write the length in bytes, or leave `ovf:size` out")
        .fixable()
        .check(negative_size),
    Rule::error("REF-007b", "the size of a file is not that of the file")
        .reference("DSP0243 1.1 §7.1")
        .why("vSphere stops the import when fewer or more bytes arrive than announced")
        .help("write the length of the file as it is stored")
        .fixable()
        .check(true_size),
    Rule::warning("REF-008", "a file has no size")
        .reference("practice of VMware")
        .why("without `ovf:size` an importer can neither show progress nor see that a file is cut short")
        .help("write the length in bytes")
        .fixable()
        .check(no_size),
    Rule::error("REF-009", "the compression of a file is unknown")
        .reference("DSP0243 1.1 §7.1")
        .why("the standard has `gzip` and `identity`; with another the content cannot be read")
        .help("store the file uncompressed and leave `ovf:compression` out")
        .check(compression),
    Rule::info("REF-011", "a stream-optimised disk is compressed once more")
        .reference("DSP0243 1.1 §7.1")
        .why("its grains are compressed already; OVF Tool writes this, but it costs time and gains nothing")
        .help("unpack the file with `gunzip`")
        .check(twice_compressed),
    Rule::warning("REF-012", "a file is compressed with gzip")
        .reference("practice of Proxmox VE, oVirt, forklift and Incus")
        .why("those importers do not look at `ovf:compression` and take the bytes for a disk")
        .help("unpack the file, and leave `ovf:compression` out")
        .check(gzip),
    Rule::error("REF-013", "the chunk size of a file is no positive number")
        .reference("DSP0243 1.1 §7.1")
        .why("importers cannot tell how many chunks there are")
        .help("write the length of the chunks in bytes, or leave `ovf:chunkSize` out")
        .check(chunk_size),
    Rule::warning("REF-014", "a file is cut in chunks")
        .reference("practice of VirtualBox, virt-v2v, Proxmox VE, oVirt, forklift and Incus")
        .why("only OVF Tool and vSphere put chunks together again")
        .help("join the chunks, and leave `ovf:chunkSize` out")
        .check(chunks),
    Rule::warning("REF-015", "the name of a compressed file does not tell its format")
        .reference("practice of VirtualBox")
        .why("VirtualBox takes the last extension off and guesses the format by the one before")
        .help("name it as `disk.vmdk.gz`")
        .check(compressed_name),
    Rule::warning("REF-016", "nothing refers to a file")
        .reference("DSP0243 1.1 §7.1; practice of XenCenter")
        .why("it is transferred for nothing, or what should refer to it was forgotten")
        .help("refer to it, or take it out of `References`")
        .check(unused),
    Rule::error("REF-017", "VMware's setting `nvram` refers to no file")
        .reference("practice of VMware")
        .why("vSphere refuses the package as it cannot find the variables of the firmware")
        .help("name a `File` by its id in `ovf:/file/<id>`, or remove the setting")
        .check(nvram),
    Rule::error("REF-020", "an href names a file by the scheme `file`")
        .reference("security of importers; RFC 8089")
        .why("it reaches out of the package into the file system of whoever imports it")
        .help("put the file beside the descriptor and write its name")
        .check(local_files),
    Rule::warning("REF-022", "the file of a disk is too small to be one")
        .reference("practice of VMware")
        .why("it is shorter than a sector, so it was cut short or its size was not filled in")
        .help("write the true length, or export the disk again")
        .check(small_disk),
    Rule::info("PKG-013", "a file is in a directory below the descriptor")
        .reference("practice of Proxmox VE")
        .why("Proxmox VE takes no separators in the names of files")
        .help("put all files into the directory of the descriptor")
        .check(subdirectories),
    Rule::error("PKG-014", "an href leads out of the package")
        .reference("security of importers; RFC 3986 §4.2")
        .why("an absolute path, a drive or a backslash names a file of whoever imports the package")
        .help("put the file beside the descriptor and write its name")
        .check(absolute),
    Rule::warning("PKG-014a", "an href leads to a directory above the descriptor")
        .reference("security of importers; practice of virt-v2v")
        .why("in an archive there is no such place, and careful importers refuse it in a directory too")
        .help("put the file beside the descriptor and write its name")
        .check(above),
    Rule::warning("PKG-016", "the names of two files differ in case alone")
        .reference("practice of VirtualBox and XenCenter")
        .why("on many file systems they are one file")
        .help("rename one of them")
        .check(case),
    Rule::warning("PKG-017", "the name of a file is longer than 100 bytes")
        .reference("POSIX ustar")
        .why("the archive has no room for it in the field all readers know")
        .help("give the file a shorter name")
        .check(long_names),
    Rule::warning("PKG-023", "the name of a file has unusual characters")
        .reference("practice of Proxmox VE and XenCenter")
        .why("Proxmox VE takes letters, digits, blanks and `-._+=` alone")
        .help("rename the file")
        .check(unusual_names),
];

/// The hrefs that are not empty.
fn with_href<'d>(document: &Document<'d>) -> impl Iterator<Item = (&'d Element, &'d str)> {
    let all = document.files.iter();
    all.filter_map(|file| Some((*file, attr(file, "href").filter(|href| !href.is_empty())?)))
}

/// The scheme of an href. A single letter is a drive.
fn scheme(href: &str) -> Option<&str> {
    let (scheme, _) = href.split_once(':')?;
    let mut letters = scheme.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let rest = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (first && scheme.len() > 1 && letters.all(rest)).then_some(scheme)
}

/// The hrefs without a scheme: names of files of the package.
fn names<'d>(document: &Document<'d>) -> impl Iterator<Item = (&'d Element, &'d str)> {
    with_href(document).filter(|(_, href)| scheme(href).is_none())
}

/// Whether a file is a gzip file for its own sake, and no disk that was compressed.
pub(in crate::validate) fn is_named_gzip(href: &str) -> bool {
    let name = href.to_ascii_lowercase();
    [".gz", ".tgz"].iter().any(|known| name.ends_with(known))
}

pub(in crate::validate) fn is_gzip(file: &Element) -> bool {
    attr(file, "compression").is_some_and(|value| value.eq_ignore_ascii_case("gzip"))
}

pub(in crate::validate) fn is_chunked(file: &Element) -> bool {
    let chunk = attr(file, "chunkSize").and_then(|size| size.trim_ascii().parse::<u64>().ok());
    chunk.is_some_and(|size| size > 0)
}

fn size(file: &Element) -> Option<u64> {
    attr(file, "size")?.trim_ascii().parse().ok()
}

fn identity(document: &Document<'_>, sink: &mut Sink<'_>) {
    require(document.files.iter().copied(), "id", sink);
    require(document.files.iter().copied(), "href", sink);
}

fn ids(document: &Document<'_>, sink: &mut Sink<'_>) {
    let id = |file: &'_ Element| {
        attr(file, "id")
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
    };
    for file in repetitions(document.files.iter().copied(), id) {
        sink.on(file, "id", "is taken");
    }
}

fn hrefs(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, _) in repetitions(with_href(document), |(_, href)| Some(plain(href))) {
        sink.on(file, "href", "listed before");
    }
}

/// An href without the steps that lead nowhere.
pub(in crate::validate) fn plain(href: &str) -> String {
    let steps = href.split('/').filter(|step| *step != ".");
    steps.collect::<Vec<_>>().join("/")
}

fn encoding(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in names(document) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%?#\\".contains(c);
        if let Some(other) = href.chars().find(|&c| !allowed(c)) {
            sink.on(file, "href", format!("`{other}` has to be encoded"));
        } else if !percents_are_codes(href) {
            sink.on(file, "href", "a `%` without two digits behind it");
        }
    }
}

fn percents_are_codes(href: &str) -> bool {
    href.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        (0..2).all(|_| digits.next().is_some_and(|byte| byte.is_ascii_hexdigit()))
    })
}

fn schemes(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in with_href(document) {
        if let Some(scheme) = scheme(href)
            && !["file", "http", "https"]
                .iter()
                .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            sink.on(file, "href", format!("the scheme is `{}`", shown(scheme)));
        }
    }
}

/// The files without a scheme that are one piece, each with its length if it is there: by
/// its name as it is, or decoded.
fn found<'d>(document: &Document<'d>) -> Vec<(&'d Element, &'d str, Option<u64>)> {
    let Some(beside) = document.beside else {
        return Vec::new();
    };
    let whole = names(document).filter(|(file, _)| !is_chunked(file));
    // What lies outside the directory is not looked at.
    let inside = whole
        .map(|(file, href)| (file, href, plain(href)))
        .filter(|(.., name)| {
            let steps = decoded(name);
            !steps.contains("..") && !steps.starts_with('/') && !steps.contains(['\\', ':'])
        });
    let sized = inside.map(|(file, href, name)| {
        let size = beside(&name).or_else(|| beside(&decoded(&name)));
        (file, href, size)
    });
    sized.collect()
}

/// A name with its `%` codes put back into characters.
pub(in crate::validate) fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = (first == b'%').then(|| behind.get(..2)).flatten();
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = &behind[if byte.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether no file of the package is beside the descriptor.
fn is_alone(found: &[(&Element, &str, Option<u64>)]) -> bool {
    found.iter().all(|(.., size)| size.is_none())
}

fn alone(document: &Document<'_>, sink: &mut Sink<'_>) {
    let found = found(document);
    if let Some((file, ..)) = found.first()
        && is_alone(&found)
    {
        sink.on(file, "href", "neither this one nor another is there");
    }
}

fn presence(document: &Document<'_>, sink: &mut Sink<'_>) {
    let found = found(document);
    if is_alone(&found) {
        return;
    }
    for (file, href, size) in found {
        if size.is_none() {
            sink.on(file, "href", format!("there is no `{}`", shown(href)));
        }
    }
}

fn true_size(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, _, there) in found(document) {
        if let (Some(there), Some(declared)) = (there, size(file))
            && there != declared
        {
            sink.on(file, "size", format!("the file has {there} bytes"));
        }
    }
}

/// Whether a number is one below zero.
fn is_negative(value: &str) -> bool {
    let digits = value.trim_ascii().strip_prefix('-');
    digits.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn size_form(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, value| {
        let here = element.name.local == "File" && local == "size";
        here && !is_negative(value) && !value.trim_ascii().is_empty()
    });
}

fn negative_size(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in &document.files {
        if attr(file, "size").is_some_and(is_negative) {
            sink.on(file, "size", "below zero");
        }
    }
}

fn no_size(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in &document.files {
        if attr(file, "size").is_none() {
            sink.at(file, "has no `ovf:size`");
        }
    }
}

fn compression(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in &document.files {
        let value = attr(file, "compression").unwrap_or_default();
        if !["", "identity", "gzip"]
            .iter()
            .any(|known| value.eq_ignore_ascii_case(known))
        {
            sink.on(file, "compression", "neither `gzip` nor `identity`");
        }
    }
}

fn twice_compressed(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        let format = attr(disk, "format")
            .unwrap_or_default()
            .to_ascii_lowercase();
        if let Some(file) = document.file_behind(disk)
            && is_gzip(file)
            && format.ends_with("#streamoptimized")
        {
            sink.on(file, "compression", "the disk is compressed within");
        }
    }
}

fn gzip(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in document.files.iter().filter(|file| is_gzip(file)) {
        sink.on(file, "compression", "");
    }
}

fn chunk_size(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in &document.files {
        if let Some(value) = attr(file, "chunkSize")
            && !is_chunked(file)
        {
            sink.on(file, "chunkSize", format!("`{}`", shown(value)));
        }
    }
}

fn chunks(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in document.files.iter().filter(|file| is_chunked(file)) {
        sink.on(file, "chunkSize", "");
    }
}

fn compressed_name(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in names(document).filter(|(file, _)| is_gzip(file)) {
        let name = href.rsplit('/').next().unwrap_or(href);
        if name.matches('.').count() < 2 {
            sink.on(file, "href", "has one extension");
        }
    }
}

/// The file VMware's setting for the variables of the firmware names, with the setting.
fn nvram_files<'d>(document: &Document<'d>) -> Vec<(&'d Element, String)> {
    let settings = document.hardware.iter().flat_map(|hardware| {
        let children = hardware.element.elements();
        children.filter(|child| child.name.local == "ExtraConfig")
    });
    let named = settings.filter_map(|setting| {
        let nvram = attr_anywhere(setting, "key")? == "nvram";
        match HostResource::parse(attr_anywhere(setting, "value")?) {
            Some(HostResource::File(id)) if nvram => Some((setting, id)),
            _ => None,
        }
    });
    named.collect()
}

fn unused(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut used: HashSet<String> = HashSet::new();
    let disks = document.disks.iter().filter_map(|disk| file_ref(disk));
    used.extend(disks.map(str::to_owned));
    for resource in document.items().flat_map(|item| &item.resources) {
        match HostResource::parse(resource) {
            Some(HostResource::File(id)) => used.extend([id]),
            Some(HostResource::Disk(_)) => {}
            // oVirt names the file itself.
            None => used.extend([resource.clone()]),
        }
    }
    used.extend(nvram_files(document).into_iter().map(|(_, id)| id));
    document.each(&mut |element, _| {
        if standard(element) != Some("Disk") {
            used.extend(attr_anywhere(element, "fileRef").map(str::to_owned));
        }
    });
    // Sections of vendors refer to files in attributes of the same name.
    for section in document
        .sections
        .iter()
        .filter(|at| standard(at.element).is_none())
    {
        let inside = section.element.elements();
        used.extend(
            inside
                .filter_map(|one| attr_anywhere(one, "fileRef"))
                .map(str::to_owned),
        );
    }
    for file in &document.files {
        let id = attr(file, "id").unwrap_or_default();
        let by_href = attr(file, "href").is_some_and(|href| used.contains(href));
        if !id.is_empty() && !used.contains(id) && !by_href {
            sink.on(file, "id", "nothing refers to it");
        }
    }
}

fn nvram(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (setting, id) in nvram_files(document) {
        if !document.file_of.contains_key(id.as_str()) {
            sink.on(
                setting,
                "value",
                format!("there is no file `{}`", shown(&id)),
            );
        }
    }
}

fn local_files(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in with_href(document) {
        if scheme(href).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file")) {
            sink.on(file, "href", "");
        }
    }
}

fn small_disk(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        if let Some(file) = document.file_behind(disk)
            && !is_gzip(file)
            && let Some(size) = size(file)
            && size < SMALLEST_DISK
        {
            sink.on(file, "size", format!("{size} bytes"));
        }
    }
}

fn subdirectories(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in names(document) {
        let inside = !href.starts_with('/') && !href.split('/').any(|step| step == "..");
        if inside && plain(href).contains('/') {
            sink.on(file, "href", "has a directory");
        }
    }
}

fn absolute(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in names(document) {
        let drive = href.as_bytes().get(1) == Some(&b':');
        if href.starts_with('/') || drive || href.contains('\\') {
            sink.on(file, "href", "no path below the descriptor");
        }
    }
}

fn above(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in names(document) {
        if decoded(href).split(['/', '\\']).any(|step| step == "..") {
            sink.on(file, "href", "goes up by `..`");
        }
    }
}

fn case(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut known: HashMap<String, &str> = HashMap::new();
    for (file, href) in names(document) {
        let before = *known.entry(href.to_lowercase()).or_insert(href);
        if before != href {
            sink.on(file, "href", format!("there is `{}` too", shown(before)));
        }
    }
}

fn long_names(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in names(document).filter(|(_, href)| href.len() > MAX_NAME) {
        sink.on(file, "href", format!("{} bytes", href.len()));
    }
}

fn unusual_names(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (file, href) in names(document) {
        let usual = |c: char| c.is_ascii_alphanumeric() || " -._+=/%\\:".contains(c);
        if let Some(other) = href.chars().find(|&c| !usual(c)) {
            sink.on(file, "href", format!("has `{other}`"));
        }
    }
}
