//! YAML 1.2 with places, aliases and merge keys; as far as it matters, 1.1 as well.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};

use crate::base::position::line_at;
use crate::base::{Error, ErrorKind, Result};

use super::files::Source;
use super::json::given_twice;
use super::limits::{Budget, MAX_DEPTH, too_deep};
use super::node::{Entry, Key, Kind, Node, Scalar, Style, Value};
use super::scalar::resolve;

/// The prefix of YAML's own tags.
const CORE: &str = "tag:yaml.org,2002:";

/// What a text without quotes means in YAML 1.1, and with it in `PyYAML`.
const OLD_TRUTHS: [(&str, bool); 4] = [("yes", true), ("on", true), ("no", false), ("off", false)];

/// How a file of another program is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Dialect {
    /// Whether `yes`, `no`, `on` and `off` are truth values, as in YAML 1.1. All truth values
    /// are `true` or `false` then, however they are written.
    pub(super) old_truths: bool,
    /// A tag of the program's own: what has it becomes a map from the tag to the text.
    pub(super) tag: Option<&'static str>,
}

/// Reads a `source` of YAML. One without a value is nothing.
pub(super) fn read(source: Source<'_>, budget: &mut Budget, dialect: Dialect) -> Result<Node> {
    let text = source.text();
    let mut reader = Reader {
        source,
        dialect,
        budget,
        offsets: Offsets::new(text),
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
    };
    reader.next()?; // of the stream
    let (event, at) = reader.next()?;
    if event == Event::StreamEnd {
        return Ok(Node {
            value: Value::Scalar(Scalar::plain("")),
            span: source.span(0..text.len()),
        });
    }
    debug_assert!(matches!(event, Event::DocumentStart(_)), "{event:?} {at:?}");
    let (event, at) = reader.next()?;
    let root = reader.node(event, at, 1)?;
    reader.next()?; // the end of the document
    let (event, at) = reader.next()?;
    if event != Event::StreamEnd {
        return Err(source
            .invalid(at, "a second document begins here")
            .help("put it into a file of its own, and `include` that or give it as well"));
    }
    Ok(root)
}

struct Reader<'a, 'b> {
    source: Source<'a>,
    dialect: Dialect,
    budget: &'b mut Budget,
    offsets: Offsets,
    events: Parser<'a, StrInput<'a>>,
    /// What has an anchor, by its number; none while it is being read.
    anchors: HashMap<usize, Option<Node>>,
}

/// A map that is being read.
#[derive(Default)]
struct Map {
    entries: Vec<Entry>,
    /// Where its keys were found, by name.
    places: HashMap<String, Range<usize>>,
    /// What `<<` adds.
    merged: Vec<Node>,
}

impl<'a> Reader<'a, '_> {
    fn next(&mut self) -> Result<(Event<'a>, Range<usize>)> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let range =
                    self.offsets.byte(span.start.index())..self.offsets.byte(span.end.index());
                Ok((event, range))
            }
            Some(Err(error)) => Err(self.wrong(&error)),
            // Nobody asks behind the end of the stream.
            None => Ok((Event::StreamEnd, 0..0)),
        }
    }

    /// What the parser says against the text.
    fn wrong(&self, error: &ScanError) -> Error {
        let at = self.offsets.byte(error.marker().index());
        if error.info().contains("recursion limit") {
            return self.source.blame(at..at, too_deep());
        }
        let message = format!("this is not YAML: {}", error.info());
        let error = self.source.invalid(at..at + 1, message);
        let line = line_at(self.source.text(), at);
        match advice(error.message(), line) {
            Some(advice) => error.help(advice),
            None => error,
        }
    }

    fn node(&mut self, event: Event<'a>, at: Range<usize>, depth: usize) -> Result<Node> {
        if depth > MAX_DEPTH {
            return Err(self.source.blame(at, too_deep()));
        }
        let (anchor, value, end) = match event {
            Event::Alias(anchor) => return self.alias(anchor, at, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.take(1, text.len(), &at)?;
                let value = self.single(text.into_owned(), style, tag.as_deref(), &at)?;
                (anchor, value, at.end)
            }
            Event::SequenceStart(anchor, tag) => {
                self.take(1, 0, &at)?;
                self.collection(tag, "seq", &at)?;
                self.anchors.insert(anchor, None);
                let (items, end) = self.list(depth)?;
                (anchor, Value::List(items), end)
            }
            Event::MappingStart(anchor, tag) => {
                self.take(1, 0, &at)?;
                self.collection(tag, "map", &at)?;
                self.anchors.insert(anchor, None);
                let (entries, end) = self.map(depth)?;
                (anchor, Value::Map(entries), end)
            }
            other => {
                let message = format!("the parser gives {other:?} for a value");
                return Err(self
                    .source
                    .blame(at, Error::new(ErrorKind::Internal, message)));
            }
        };
        let span = self.source.span(at.start..end.max(at.start));
        let node = Node { value, span };
        // 0 is none.
        if anchor != 0 {
            let (nodes, text) = node.size();
            self.take(nodes, text, &at)?;
            self.anchors.insert(anchor, Some(node.clone()));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<(Vec<Node>, usize)> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok((items, at.end));
            }
            items.push(self.node(event, at, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<(Vec<Entry>, usize)> {
        let mut map = Map::default();
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                let entries = self.merged(map)?;
                return Ok((entries, at.end));
            }
            let merges =
                matches!(&event, Event::Scalar(key, ScalarStyle::Plain, _, None) if key == "<<");
            let key = self.node(event, at.clone(), depth + 1)?;
            let (value, value_at) = self.next()?;
            let value = self.node(value, value_at, depth + 1)?;
            if merges {
                map.merged.push(value);
                continue;
            }
            let Value::Scalar(Scalar { text, .. }) = key.value else {
                let what = key.what();
                return Err(self
                    .source
                    .invalid(at, format!("a key is {what}; it has to be a text")));
            };
            match map.places.entry(text.clone()) {
                Slot::Occupied(first) => {
                    return Err(given_twice(self.source, &text, first.get().start, at));
                }
                Slot::Vacant(slot) => slot.insert(at.clone()),
            };
            let span = self.source.span(at);
            let key = Key { text, span };
            map.entries.push(Entry { key, value });
        }
    }

    /// The entries of `map` with those it merges, of which its own and the earlier ones win.
    fn merged(&self, map: Map) -> Result<Vec<Entry>> {
        let Map {
            mut entries,
            mut places,
            merged,
        } = map;
        let mut sources = Vec::new();
        for node in merged {
            match node.value {
                Value::List(items) => sources.extend(items),
                _ => sources.push(node),
            }
        }
        for node in sources {
            let (what, span) = (node.what(), node.span);
            let Value::Map(more) = node.value else {
                return Err(self.source.invalid(
                    span.bytes(),
                    format!("`<<` merges maps, and this is {what}"),
                ));
            };
            for entry in more {
                if let Slot::Vacant(slot) = places.entry(entry.key.text.clone()) {
                    slot.insert(entry.key.span.bytes());
                    entries.push(entry);
                }
            }
        }
        Ok(entries)
    }

    /// What an alias stands for.
    fn alias(&mut self, anchor: usize, at: Range<usize>, depth: usize) -> Result<Node> {
        let Some(Some(node)) = self.anchors.get(&anchor) else {
            return Err(self
                .source
                .invalid(at, "the alias stands inside what it stands for"));
        };
        let (nodes, text) = node.size();
        if depth + node.depth() > MAX_DEPTH + 1 {
            return Err(self.source.blame(at, too_deep()));
        }
        let node = node.clone();
        self.take(nodes, text, &at)?;
        Ok(node)
    }

    fn take(&mut self, nodes: usize, text: usize, at: &Range<usize>) -> Result<()> {
        let taken = self
            .budget
            .nodes(nodes)
            .and_then(|()| self.budget.text(text));
        taken.map_err(|error| self.source.blame(at.clone(), error))
    }

    /// A single value, or what one with the dialect's own tag becomes.
    fn single(
        &mut self,
        text: String,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: &Range<usize>,
    ) -> Result<Value> {
        let own = tag.zip(self.dialect.tag);
        let own = own.filter(|(tag, own)| format!("{}{}", tag.handle, tag.suffix) == *own);
        let Some((_, own)) = own else {
            return self.scalar(text, style, tag, at).map(Value::Scalar);
        };
        self.take(1, own.len(), at)?;
        let span = self.source.span(at.clone());
        let key = Key {
            text: own.to_owned(),
            span,
        };
        let value = Node {
            value: Value::Scalar(Scalar::text(text, Style::Quoted)),
            span,
        };
        Ok(Value::Map(vec![Entry { key, value }]))
    }

    /// A value without quotes.
    fn plain(&self, text: String) -> Scalar {
        let scalar = Scalar::plain(text);
        if !self.dialect.old_truths {
            return scalar;
        }
        let lower = scalar.text.to_ascii_lowercase();
        // Of each word there are three forms: `yes`, `Yes`, `YES`.
        let capital = scalar.text.get(1..).is_some_and(|rest| rest == &lower[1..]);
        let form = capital || scalar.text == scalar.text.to_ascii_uppercase();
        let old = OLD_TRUTHS.iter().find(|(word, _)| form && *word == lower);
        match (scalar.kind, old) {
            (Kind::Bool(yes), _) => Scalar::plain(yes.to_string()),
            (_, Some((_, yes))) => Scalar::plain(yes.to_string()),
            _ => scalar,
        }
    }

    fn scalar(
        &self,
        text: String,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: &Range<usize>,
    ) -> Result<Scalar> {
        let Some(tag) = tag else {
            return Ok(match style {
                ScalarStyle::Plain => self.plain(text),
                _ => Scalar::text(text, Style::Quoted),
            });
        };
        let kind = resolve(&text);
        let kind = match (self.core(tag, at)?.as_ref(), kind) {
            ("str" | "!", _) => return Ok(Scalar::text(text, Style::Quoted)),
            ("null", Kind::Null)
            | ("bool", Kind::Bool(_))
            | ("int", Kind::Integer(_))
            | ("float", Kind::Float(_) | Kind::Integer(_)) => kind,
            (name, _) => {
                return Err(self
                    .source
                    .invalid(at.clone(), format!("`{text}` is no `!!{name}`")));
            }
        };
        let style = Style::Plain;
        Ok(Scalar { text, kind, style })
    }

    /// Checks the tag of a list or map.
    fn collection(&self, tag: Option<Cow<'_, Tag>>, own: &str, at: &Range<usize>) -> Result<()> {
        let Some(tag) = tag else { return Ok(()) };
        match self.core(&tag, at)?.as_ref() {
            "!" => Ok(()),
            name if name == own => Ok(()),
            name => Err(self
                .source
                .invalid(at.clone(), format!("this is no `!!{name}`"))),
        }
    }

    /// The name of a tag of YAML's core schema, or `!`.
    fn core<'t>(&self, tag: &'t Tag, at: &Range<usize>) -> Result<Cow<'t, str>> {
        let full = format!("{}{}", tag.handle, tag.suffix);
        match full.strip_prefix(CORE) {
            Some(name @ ("str" | "null" | "bool" | "int" | "float" | "seq" | "map")) => {
                Ok(Cow::Owned(name.to_owned()))
            }
            _ if full == "!" => Ok(Cow::Borrowed("!")),
            _ => {
                let shown = full.replacen(CORE, "!!", 1);
                let error = self
                    .source
                    .invalid(at.clone(), format!("the tag `{shown}` has no meaning here"));
                Err(error.help("remove it; a text that looks like a number goes into quotes"))
            }
        }
    }
}

/// What to do about an error of the parser, as far as the `line` tells.
fn advice(message: &str, line: &str) -> Option<&'static str> {
    if line.contains("${") && message.contains("while parsing a flow") {
        return Some("inside `[…]` and `{…}`, a `${name}` has to be in quotes: `\"${name}\"`");
    }
    if message.contains("tab") {
        return Some("indent with spaces");
    }
    if message.contains("mapping values are not allowed") {
        return Some("check the indentation; a text with `: ` in it goes into quotes");
    }
    if message.contains("unexpected character") {
        return Some("a text that begins with this character goes into quotes");
    }
    None
}

/// Bytes by characters, in which the parser counts.
struct Offsets(Option<Vec<u32>>);

impl Offsets {
    fn new(text: &str) -> Self {
        // Of ASCII, both are the same.
        let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
        let table = || text.char_indices().map(|(at, _)| number(at));
        Self((!text.is_ascii()).then(|| table().chain([number(text.len())]).collect()))
    }

    fn byte(&self, character: usize) -> usize {
        match &self.0 {
            None => character,
            Some(table) => {
                let last = table.last().copied().unwrap_or_default();
                table.get(character).map_or(last, |&at| at) as usize
            }
        }
    }
}
