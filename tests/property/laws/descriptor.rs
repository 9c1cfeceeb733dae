//! What holds for any bytes that are given as a document or a descriptor.

use ovfkit::base::ErrorKind;
use ovfkit::base::error::Fact as _;
use ovfkit::envelope::resolve::{Choices, resolve};
use ovfkit::envelope::{Envelope, Section, Version, localise, parse, read, to_version};
use ovfkit::template::render;
use ovfkit::validate::{Imports, Options, Target, validate};
use ovfkit::xml::names::CARRIED_PREFIXES;
use ovfkit::xml::{
    self, Element, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, Node, decode, read_bytes, write_element,
};

/// A document is refused, or it is within the limits and reads back from what is
/// written of it. Returns whether it was read.
pub fn document(bytes: &[u8]) -> bool {
    let Ok((text, root)) = read_bytes(bytes) else {
        return false;
    };
    assert!(root.span.end <= text.len(), "the root ends in the text");
    assert!(within_limits(&root, 1) <= MAX_ELEMENTS, "too many elements");
    match xml::read(&embedded(&root)) {
        Ok(outer) => assert_eq!(outer.children, [Node::Element(root)]),
        // What is around it and declared anew can be one too many.
        Err(error) => assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}"),
    }
    true
}

/// How many elements there are.
fn within_limits(element: &Element, depth: usize) -> usize {
    assert!(depth <= MAX_DEPTH, "too deep");
    assert!(
        element.attributes.len() <= MAX_ATTRIBUTES,
        "too many attributes"
    );
    let inner = element
        .elements()
        .map(|child| within_limits(child, depth + 1));
    1 + inner.sum::<usize>()
}

/// `element` in a document that declares what it can count on.
pub fn embedded(element: &Element) -> String {
    let declared = CARRIED_PREFIXES.map(|(prefix, ns)| format!(" xmlns:{prefix}='{ns}'"));
    format!("<r{}>{}</r>", declared.concat(), write_element(element))
}

/// A descriptor is refused, or it can be written, in any edition and language, and
/// looked at, in any deployment option; and what is written reads back the same.
/// Returns whether it was read.
pub fn descriptor(bytes: &[u8]) -> bool {
    let Ok(text) = decode(bytes) else {
        return false;
    };
    let Ok(reading) = read(&text) else {
        return false;
    };
    for fault in &reading.faults {
        let place = fault
            .offset()
            .and_then(|offset| usize::try_from(offset).ok());
        assert!(place.is_some_and(|place| place < text.len()), "{fault}");
    }
    let envelope = reading.envelope;
    if let Some(text) = written(&envelope) {
        let again = parse(&text).unwrap();
        assert_eq!(written(&again), Some(text), "written twice is written once");
    }
    for version in [Version::V1, Version::V2] {
        let (converted, _) = to_version(envelope.clone(), version);
        assert_eq!(converted.version, version);
        written(&converted);
        let (again, losses) = to_version(converted.clone(), version);
        assert!(losses.is_empty(), "lost again: {losses:?}");
        assert_eq!(again, converted, "converting twice is converting once");
    }
    looked_at(&envelope);
    in_each_language(&envelope);
    true
}

/// What is written of `envelope`; rendering compares what it reads back itself.
fn written(envelope: &Envelope) -> Option<String> {
    match render(envelope) {
        Ok(text) => Some(text),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
            None
        }
    }
}

fn looked_at(envelope: &Envelope) {
    let options = envelope.sections.iter().flat_map(|section| match section {
        Section::DeploymentOptionSection(options) => options.configurations.as_slice(),
        _ => &[],
    });
    let ids = options.map(|option| Some(option.id.clone()));
    for configuration in std::iter::once(None).chain(ids) {
        let choices = Choices {
            configuration: configuration.clone(),
            ..Choices::default()
        };
        let view = resolve(envelope, &choices).unwrap();
        assert!(configuration.is_none() || view.configuration == configuration);
        assert_eq!(view.machines.len(), envelope.systems().len());
    }
}

fn in_each_language(envelope: &Envelope) {
    let languages = envelope
        .strings
        .iter()
        .filter_map(|strings| strings.lang.clone());
    for language in languages {
        let mut translated = envelope.clone();
        match localise(&mut translated, &[], &language) {
            Ok(()) => drop(written(&translated)),
            Err(error) => assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}"),
        }
    }
}

/// Rules, also those of targets, can be held against anything, and what they find stands in
/// the text. Who refuses it minds an error. Returns whether it is an envelope.
pub fn verdict(bytes: &[u8]) -> bool {
    let beside = |name: &str| name.len().is_multiple_of(2).then_some(512);
    let targets: Vec<_> = Target::all().collect();
    let options = Options {
        strict: true,
        beside: Some(&beside),
        targets: &targets,
        package: None,
    };
    let report = match validate(bytes, &options) {
        Ok(report) => report,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
            return false;
        }
    };
    let length = decode(bytes).map_or(bytes.len(), |text| text.len()) as u64;
    for finding in &report.findings {
        let Some(region) = &finding.region else {
            continue;
        };
        assert!(region.line > 0 && region.column > 0, "{finding:?}");
        let start = (region.line, region.column);
        assert!(start <= (region.end_line, region.end_column), "{finding:?}");
        assert!(
            report.version.is_none() || region.offset + region.length <= length,
            "{finding:?}"
        );
    }
    // Nobody imports an environment document.
    let asked = report.version.is_some();
    assert!(!asked || report.targets.len() == targets.len());
    for outcome in &report.targets {
        let mut findings = report.findings.iter();
        let minds = findings.any(|finding| finding.targets.contains(&outcome.target));
        let refuses = outcome.imports == Imports::No;
        assert!(minds || !refuses, "{outcome:?}");
    }
    report.version.is_some()
}
