//! The project's own schemas against DMTF's, by xmllint: both have to accept and
//! refuse the same documents.
//!
//! The documents are descriptors as they are found, and descriptors and samples
//! with one thing changed. `OVFKIT_CORPUS` names a directory that has DMTF's
//! schemas below `xsd` and descriptors in `corpus/ovf`. Without it only the
//! project's own samples and goldens are checked. A missing xmllint skips all
//! aloud, or fails with `OVFKIT_REQUIRE_TOOLS=1`.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use support::run::{Outcome, run};
use support::tools;

/// Differences that are as they should be: a document and a change as the
/// failure tells them, and why. There is none.
const ACCEPTED: [(&str, &str); 0] = [];

/// How many changed descriptors are tried for each version of OVF.
const CHANGED: usize = 3000;
/// How many documents one run of xmllint gets.
const BATCH: usize = 1000;
/// Longer descriptors are not changed: they only repeat what others have.
const LONGEST: usize = 64 * 1024;
/// Where the sequence of random changes starts.
const SEED: u64 = 0x0ddb_a11d_0f0f_2026;

const NAMESPACES: [&str; 2] = [
    "http://schemas.dmtf.org/ovf/envelope/1",
    "http://schemas.dmtf.org/ovf/envelope/2",
];
/// DMTF's schemas import this by address; a copy stands beside them.
const ADDRESS: &str = "http://schemas.dmtf.org/wbem/wscim/1/common.xsd";

/// Two schemas of one thing.
struct Pair {
    ours: &'static str,
    theirs: &'static str,
    sample: &'static str,
}

const ENVELOPES: [Pair; 2] = [
    Pair {
        ours: "ovf-1/envelope.xsd",
        theirs: "1.1.1/dsp8023_1.1.1.xsd",
        sample: "everything-1.ovf",
    },
    Pair {
        ours: "ovf-2/envelope.xsd",
        theirs: "2.0.1/dsp8023_2.0.1.xsd",
        sample: "everything-2.ovf",
    },
];
const ENVIRONMENT: Pair = Pair {
    ours: "environment.xsd",
    theirs: "1.0.0/ovf-environment.xsd",
    sample: "environment.xml",
};

/// A text and what to call it.
#[derive(Clone)]
struct Document {
    name: String,
    text: String,
}

#[test]
fn samples_are_valid_and_schemas_load_silently() {
    if !tools::have(&["xmllint"]) {
        return;
    }
    for pair in ENVELOPES.iter().chain([&ENVIRONMENT]) {
        let sample = own(&format!("samples/{}", pair.sample));
        let outcome = xmllint(&own(pair.ours), &[&sample], None);
        let expected = format!("{} validates\n", sample.display());
        assert_eq!(outcome.stderr, expected, "{}", pair.ours);
    }
}

#[test]
fn goldens_are_valid() {
    if !tools::have(&["xmllint"]) {
        return;
    }
    let place = Place::new("goldens");
    let goldens = goldens();
    assert!(goldens.len() >= 4, "few goldens");
    let paths = place.write(&goldens);
    let verdicts = verdicts(&own(ENVELOPES[0].ours), &paths, None);
    for (path, golden) in paths.iter().zip(&goldens) {
        assert_eq!(verdicts.get(path), Some(&true), "{}", golden.name);
    }
}

#[test]
fn descriptors_as_found() {
    let Some(theirs) = Theirs::find("found") else {
        return;
    };
    let found = theirs.descriptors();
    for (pair, namespace) in ENVELOPES.iter().zip(NAMESPACES) {
        let mut documents = found.clone();
        documents.extend(found.iter().map(|document| moved(document, namespace)));
        let valid = theirs.compare(pair, &documents);
        tell(pair, documents.len(), valid);
    }
}

#[test]
fn samples_with_every_change() {
    let Some(theirs) = Theirs::find("samples") else {
        return;
    };
    for pair in ENVELOPES.iter().chain([&ENVIRONMENT]) {
        let sample = sample(pair);
        let documents: Vec<Document> = changes(&sample.text)
            .iter()
            .map(|change| change.of(&sample))
            .collect();
        let valid = theirs.compare(pair, &documents);
        tell(pair, documents.len(), valid);
    }
}

#[test]
fn descriptors_with_a_random_change() {
    let Some(theirs) = Theirs::find("changed") else {
        return;
    };
    let mut found = theirs.descriptors();
    found.retain(|document| document.text.len() <= LONGEST);
    found.extend(goldens());
    let mut random = Random(SEED);
    for (pair, namespace) in ENVELOPES.iter().zip(NAMESPACES) {
        let moved: Vec<Document> = found
            .iter()
            .map(|document| moved(document, namespace))
            .collect();
        let bases = theirs.valid(pair, &moved);
        assert!(!bases.is_empty(), "no valid descriptors");
        let documents = random_changes(&bases, &mut random);
        let valid = theirs.compare(pair, &documents);
        assert!(documents.len() >= CHANGED, "{} changes", documents.len());
        tell(pair, documents.len(), valid);
    }
}

/// At least [`CHANGED`] changed documents, as many of each base.
fn random_changes(bases: &[Document], random: &mut Random) -> Vec<Document> {
    let each = CHANGED.div_ceil(bases.len());
    let mut documents = Vec::new();
    for base in bases {
        let changes = changes(&base.text);
        for _ in 0..each {
            documents.push(changes[random.below(changes.len())].of(base));
        }
    }
    documents
}

fn tell(pair: &Pair, all: usize, valid: usize) {
    eprintln!(
        "{}: {all} documents, {valid} valid, no difference",
        pair.ours
    );
}

/// DMTF's schemas and the descriptors.
struct Theirs {
    schemas: PathBuf,
    descriptors: PathBuf,
    catalog: PathBuf,
    place: Place,
}

impl Theirs {
    /// All that a comparison needs, or word of what is missing.
    fn find(test: &str) -> Option<Self> {
        let Some(corpus) = env::var_os("OVFKIT_CORPUS").map(PathBuf::from) else {
            eprintln!("SKIPPED: OVFKIT_CORPUS is not set");
            return None;
        };
        let (Ok(schemas), Ok(descriptors)) = (
            corpus.join("xsd").canonicalize(),
            corpus.join("corpus/ovf").canonicalize(),
        ) else {
            eprintln!("SKIPPED: OVFKIT_CORPUS lacks xsd or corpus/ovf");
            return None;
        };
        if !tools::have(&["xmllint"]) {
            return None;
        }
        let place = Place::new(test);
        let catalog = place.0.join("catalog.xml");
        fs::write(&catalog, catalog_for(&schemas)).expect("room for a catalog");
        Some(Self {
            schemas,
            descriptors,
            catalog,
            place,
        })
    }

    /// The descriptors that are text in UTF-8, in the order of their names.
    fn descriptors(&self) -> Vec<Document> {
        let documents: Vec<Document> = files(&self.descriptors, "ovf")
            .iter()
            .filter_map(|path| {
                let text = fs::read_to_string(path).ok()?;
                let name = stem(path);
                Some(Document { name, text })
            })
            .collect();
        assert!(!documents.is_empty(), "no descriptors in the corpus");
        documents
    }

    /// Those of `documents` that DMTF's schema accepts.
    fn valid(&self, pair: &Pair, documents: &[Document]) -> Vec<Document> {
        let paths = self.place.write(documents);
        let verdicts = self.verdicts(pair, &paths);
        let accepted = |path| verdicts.get(path) == Some(&true);
        let judged = paths.iter().zip(documents);
        let valid = judged.filter(|(path, _)| accepted(*path));
        valid.map(|(_, document)| document.clone()).collect()
    }

    /// Fails if the schemas differ on one of `documents`; how many are valid.
    fn compare(&self, pair: &Pair, documents: &[Document]) -> usize {
        let mut valid = 0;
        let mut differences = Vec::new();
        for batch in documents.chunks(BATCH) {
            let paths = self.place.write(batch);
            let (ours, theirs) = thread::scope(|scope| {
                let theirs = scope.spawn(|| self.verdicts(pair, &paths));
                let ours = verdicts(&own(pair.ours), &paths, None);
                (ours, theirs.join().expect("their verdicts"))
            });
            valid += theirs.values().filter(|valid| **valid).count();
            for (path, document) in paths.iter().zip(batch) {
                let (ours, theirs) = (ours.get(path), theirs.get(path));
                if ours != theirs && !accepted(&document.name) {
                    let name = &document.name;
                    differences.push(format!("{name}: ours {ours:?}, theirs {theirs:?}"));
                }
            }
        }
        let count = differences.len();
        differences.truncate(40);
        let told = differences.join("\n");
        assert!(count == 0, "{}: {count} differ:\n{told}", pair.ours);
        valid
    }

    fn verdicts(&self, pair: &Pair, paths: &[PathBuf]) -> BTreeMap<PathBuf, bool> {
        verdicts(&self.schemas.join(pair.theirs), paths, Some(&self.catalog))
    }
}

fn accepted(name: &str) -> bool {
    ACCEPTED.iter().any(|(document, _)| *document == name)
}

/// A catalog that leads xmllint from the address to the copy.
fn catalog_for(schemas: &Path) -> String {
    let copy = schemas.join("1.1.1/common.xsd");
    format!(
        "<catalog xmlns=\"urn:oasis:names:tc:entity:xmlns:xml:catalog\">\
         <system systemId=\"{ADDRESS}\" uri=\"file://{0}\"/>\
         <uri name=\"{ADDRESS}\" uri=\"file://{0}\"/></catalog>",
        copy.display()
    )
}

/// What xmllint says of each document; nothing of those that are no XML.
fn verdicts(schema: &Path, paths: &[PathBuf], catalog: Option<&Path>) -> BTreeMap<PathBuf, bool> {
    let paths: Vec<&PathBuf> = paths.iter().collect();
    let outcome = xmllint(schema, &paths, catalog);
    let compiled = !outcome.stderr.contains("failed to compile");
    assert!(compiled, "{}: {}", schema.display(), outcome.stderr);
    let internal = outcome.stderr.contains("internal error");
    assert!(!internal, "{}: {}", schema.display(), outcome.stderr);
    outcome.stderr.lines().filter_map(verdict).collect()
}

fn verdict(line: &str) -> Option<(PathBuf, bool)> {
    let valid = line.strip_suffix(" validates").map(|path| (path, true));
    let invalid = || {
        line.strip_suffix(" fails to validate")
            .map(|path| (path, false))
    };
    let (path, valid) = valid.or_else(invalid)?;
    Some((PathBuf::from(path), valid))
}

fn xmllint(schema: &Path, paths: &[&PathBuf], catalog: Option<&Path>) -> Outcome {
    let mut command = tools::program("xmllint");
    command
        .args(["--nonet", "--noout", "--huge", "--schema"])
        .arg(schema)
        .args(paths)
        .env("XML_CATALOG_FILES", catalog.unwrap_or(Path::new("")));
    run(&mut command)
}

/// A directory of a test's own.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("xsd_parity-{test}"));
        fs::create_dir_all(&place).expect("a writable directory");
        Self(place)
    }

    /// The documents as files, in their order.
    fn write(&self, documents: &[Document]) -> Vec<PathBuf> {
        let one = |(number, document): (usize, &Document)| {
            let path = self.0.join(format!("{number}.xml"));
            fs::write(&path, &document.text).expect("room for a document");
            path
        };
        documents.iter().enumerate().map(one).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What remains is cargo's to clean.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One of the project's schemas or samples.
fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("xsd").join(name)
}

fn sample(pair: &Pair) -> Document {
    let path = own(&format!("samples/{}", pair.sample));
    Document {
        name: pair.sample.to_owned(),
        text: fs::read_to_string(path).expect("a readable sample"),
    }
}

/// The descriptors in the snapshots: what follows insta's header.
fn goldens() -> Vec<Document> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let document = |path: &PathBuf| {
        let snapshot = fs::read_to_string(path).expect("a readable golden");
        let start = snapshot.find("<?xml").expect("a descriptor in the golden");
        Document {
            name: stem(path),
            text: snapshot[start..].to_owned(),
        }
    };
    files(&directory, "snap").iter().map(document).collect()
}

/// The files of a kind, in the order of their names.
fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a readable directory");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The document as one of the version that `namespace` stands for.
fn moved(document: &Document, namespace: &str) -> Document {
    let mut text = document.text.clone();
    for other in NAMESPACES {
        text = text.replace(&format!("\"{other}\""), &format!("\"{namespace}\""));
    }
    Document {
        name: document.name.clone(),
        text,
    }
}

/// A small generator of random numbers (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound).expect("a length");
        usize::try_from(mixed % bound).expect("less than a length")
    }
}

/// What attributes and texts are set to: right for some types, wrong for others.
const VALUES: [&str; 18] = [
    "",
    " ",
    "-1",
    "0",
    " 1 ",
    "+4",
    "5",
    "65535",
    "65536",
    "4294967296",
    "16777216",
    "18446744073709551616",
    "1.5",
    "yes",
    "true",
    "de_DE",
    "AAA",
    "%zz:://",
];
/// Attributes that are added to every element.
const ADDED: [&str; 6] = [
    "stray='1'",
    "xml:lang='de_DE'",
    "xml:space='odd'",
    "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'",
    "xmlns:c='http://schemas.dmtf.org/wbem/wscim/1/common' c:Key='maybe'",
    "xmlns:o='http://schemas.dmtf.org/ovf/envelope/2' o:required='maybe'",
];
/// Elements that are put where they may not belong.
const FOREIGN: [&str; 3] = [
    "<f:Foreign xmlns:f='urn:example:foreign'/>",
    "<Nowhere xmlns=''/>",
    "<r:Weight xmlns:r='http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/\
     CIM_ResourceAllocationSettingData'>light</r:Weight>",
];
/// Longer than a caption may be.
const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123456789";

/// One thing done to a document.
struct Change {
    what: String,
    /// Ranges and what replaces them, in their order.
    edits: Vec<(Range<usize>, String)>,
}

impl Change {
    fn new(what: String, range: Range<usize>, text: impl Into<String>) -> Self {
        let edits = vec![(range, text.into())];
        Self { what, edits }
    }

    fn of(&self, document: &Document) -> Document {
        let mut text = document.text.clone();
        for (range, replacement) in self.edits.iter().rev() {
            text.replace_range(range.clone(), replacement);
        }
        Document {
            name: format!("{}: {}", document.name, self.what),
            text,
        }
    }
}

/// Every change there is for this document.
fn changes(text: &str) -> Vec<Change> {
    let elements = scan(text);
    let mut changes = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let next = elements[index + 1..]
            .iter()
            .find(|other| other.parent == element.parent);
        if element.parent.is_some() {
            changes.extend(of_place(text, element, next));
        }
        changes.extend(of_names(text, element, next, &elements));
        changes.extend(of_attributes(text, element));
        changes.extend(of_content(text, element));
    }
    changes
}

/// Where a change is, for whoever has to look at it.
fn at(text: &str, element: &Element) -> String {
    let line = text[..element.whole.start].matches('\n').count() + 1;
    format!("{} in line {line}", &text[element.name.clone()])
}

/// Dropped, doubled, swapped with the next, preceded by a foreign element.
fn of_place(text: &str, element: &Element, next: Option<&Element>) -> Vec<Change> {
    let at = at(text, element);
    let whole = element.whole.clone();
    let start = whole.start..whole.start;
    let same = &text[whole.clone()];
    let mut changes = vec![
        Change::new(format!("{at} dropped"), whole.clone(), ""),
        Change::new(format!("{at} doubled"), start.clone(), same),
    ];
    if let Some(next) = next {
        let other = &text[next.whole.clone()];
        changes.push(Change {
            what: format!("{at} swapped"),
            edits: vec![
                (whole, other.to_owned()),
                (next.whole.clone(), same.to_owned()),
            ],
        });
    }
    for foreign in FOREIGN {
        let what = format!("{at} preceded by {foreign}");
        changes.push(Change::new(what, start.clone(), foreign));
    }
    changes
}

/// Renamed: to nothing known, to the parent's name, to the next sibling's.
fn of_names(
    text: &str,
    element: &Element,
    next: Option<&Element>,
    elements: &[Element],
) -> Vec<Change> {
    let own = &text[element.name.clone()];
    let unknown = format!("{own}Unknown");
    let parent = element.parent.map(|parent| &elements[parent]);
    let mut names = BTreeSet::from([unknown.as_str()]);
    names.extend(parent.map(|parent| &text[parent.name.clone()]));
    names.extend(next.map(|next| &text[next.name.clone()]));
    names.remove(own);
    let rename = |name: &&str| Change {
        what: format!("{} renamed {name}", at(text, element)),
        edits: [Some(&element.name), element.close.as_ref()]
            .into_iter()
            .flatten()
            .map(|range| (range.clone(), (*name).to_owned()))
            .collect(),
    };
    names.iter().map(rename).collect()
}

/// Attributes removed, set to other values and added.
fn of_attributes(text: &str, element: &Element) -> Vec<Change> {
    let at = at(text, element);
    let mut changes = Vec::new();
    for attribute in &element.attributes {
        let shown = text[attribute.whole.clone()].trim();
        let what = format!("{at} without {shown}");
        changes.push(Change::new(what, attribute.whole.clone(), ""));
        for value in VALUES {
            let what = format!("{at} with {value:?} for {shown}");
            changes.push(Change::new(what, attribute.value.clone(), value));
        }
    }
    let end = element.name.end..element.name.end;
    for added in ADDED {
        let what = format!("{at} with {added}");
        changes.push(Change::new(what, end.clone(), format!(" {added}")));
    }
    changes
}

/// Stray text and foreign elements put last; the text of a leaf set to others.
fn of_content(text: &str, element: &Element) -> Vec<Change> {
    let at = at(text, element);
    let mut changes = Vec::new();
    for content in FOREIGN.into_iter().chain(["stray", " "]) {
        let what = format!("{at} with {content:?} last");
        changes.push(content_change(text, element, what, content, false));
    }
    if !element.parted {
        for content in VALUES.into_iter().chain([LONG]) {
            let what = format!("{at} with {content:?} for its text");
            changes.push(content_change(text, element, what, content, true));
        }
    }
    changes
}

/// `content` as the last of the element's, or as all of it.
fn content_change(text: &str, element: &Element, what: String, content: &str, all: bool) -> Change {
    let Some(close) = &element.close else {
        let name = &text[element.name.clone()];
        let slash = element.whole.end - 2..element.whole.end;
        return Change::new(what, slash, format!(">{content}</{name}>"));
    };
    let end = close.start - 2;
    let start = if all { element.content } else { end };
    Change::new(what, start..end, content)
}

/// An element, by its place in the text.
struct Element {
    name: Range<usize>,
    /// The name in the closing tag, if there is one.
    close: Option<Range<usize>>,
    whole: Range<usize>,
    attributes: Vec<Attribute>,
    /// Where the content starts.
    content: usize,
    parent: Option<usize>,
    /// Whether it has elements within.
    parted: bool,
}

/// An attribute that is no declaration of a namespace.
struct Attribute {
    /// With the white space before it.
    whole: Range<usize>,
    value: Range<usize>,
}

/// The elements of a well-formed document, in the order of their opening tags.
fn scan(text: &str) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut position = 0;
    while let Some(start) = text[position..].find('<').map(|found| position + found) {
        if let Some(end) = no_element(text, start) {
            position = end;
        } else if text[start..].starts_with("</") {
            position = after(text, start, ">");
            let index = open.pop().expect("an element to close");
            let name = start + 2..position - 1;
            elements[index].close = Some(name.start..name.start + text[name].trim_end().len());
            elements[index].whole.end = position;
        } else {
            let parent = open.last().copied();
            if let Some(parent) = parent {
                elements[parent].parted = true;
            }
            let element = opening_tag(text, start, parent);
            position = element.whole.end;
            if !text[start..position].ends_with("/>") {
                open.push(elements.len());
            }
            elements.push(element);
        }
    }
    elements
}

/// The end of a comment, of CDATA, of an instruction or a declaration.
fn no_element(text: &str, start: usize) -> Option<usize> {
    let kinds = [
        ("<!--", "-->"),
        ("<![CDATA[", "]]>"),
        ("<?", "?>"),
        ("<!", ">"),
    ];
    let (_, end) = kinds
        .into_iter()
        .find(|(opening, _)| text[start..].starts_with(opening))?;
    Some(after(text, start, end))
}

/// The position behind the next `end`.
fn after(text: &str, start: usize, end: &str) -> usize {
    let found = text[start..].find(end).expect("a well-formed document");
    start + found + end.len()
}

/// The element whose opening tag starts at `start`, as far as that tells.
fn opening_tag(text: &str, start: usize, parent: Option<usize>) -> Element {
    let name = start + 1..until(text, start + 1, |c| c.is_whitespace() || "/>".contains(c));
    let mut attributes = Vec::new();
    let mut position = name.end;
    let end = loop {
        let next = until(text, position, |c| !c.is_whitespace());
        if text[next..].starts_with(['/', '>']) {
            break after(text, next, ">");
        }
        let equals = after(text, next, "=");
        let quote = until(text, equals, |c| c == '"' || c == '\'');
        let closing = &text[quote..=quote];
        let behind = after(text, quote + 1, closing);
        if !text[next..].starts_with("xmlns") {
            attributes.push(Attribute {
                whole: position..behind,
                value: quote + 1..behind - 1,
            });
        }
        position = behind;
    };
    Element {
        name,
        close: None,
        whole: start..end,
        attributes,
        content: end,
        parent,
        parted: false,
    }
}

/// The position of the next character that is `wanted`.
fn until(text: &str, start: usize, wanted: impl Fn(char) -> bool) -> usize {
    let found = text[start..].find(wanted).expect("a well-formed document");
    start + found
}
