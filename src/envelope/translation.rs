//! Texts in the language asked for (DSP0243 1.1 §10).

use std::collections::{HashMap, HashSet};

use crate::base::{Error, Result};

use super::copies::Copies;
use super::{Envelope, Strings, Text};

/// The texts that serve a language.
#[derive(Debug)]
pub struct Translation<'s> {
    /// By message id; of several the closest to the language.
    messages: HashMap<&'s str, &'s str>,
    copies: Copies,
}

impl<'s> Translation<'s> {
    /// What `envelope` and `bundles`, which are translations from files beside it,
    /// have for the language `wanted`, or else for the envelope's own. One they have no
    /// text in is an error of kind `Usage` that names those they have.
    pub fn new(
        envelope: &'s Envelope,
        bundles: &'s [Strings],
        wanted: Option<&str>,
    ) -> Result<Self> {
        let own = own_language(envelope);
        let wanted = wanted.unwrap_or(own);
        let rank = |strings: &&Strings| closeness(language(envelope, strings), wanted);
        let all = envelope.strings.iter().chain(bundles);
        let mut strings: Vec<_> = all.filter(|strings| rank(strings).is_some()).collect();
        strings.sort_by_key(rank);
        if strings.is_empty() && closeness(own, wanted).is_none() {
            return Err(no_language(envelope, bundles, wanted));
        }
        let mut messages = HashMap::new();
        for message in strings.iter().flat_map(|strings| &strings.messages) {
            if let Some(id) = &message.msgid {
                messages.entry(&**id).or_insert(&*message.text);
            }
        }
        Ok(Self {
            messages,
            copies: Copies::new(),
        })
    }

    /// The text itself, or its translation.
    pub fn resolve(&self, text: &Text) -> String {
        let translated = text.msgid.as_deref().and_then(|id| self.messages.get(id));
        translated.map_or_else(|| text.text.clone(), |text| self.copies.copy(text))
    }

    /// Whether the translations were not too much.
    pub fn check(&self) -> Result<()> {
        self.copies.check()
    }
}

/// Puts the texts of the language `wanted` in the place of their message ids and
/// leaves the translations out, so that every reader shows that language.
///
/// A text without a translation stays as it is. A language the descriptor has no text
/// in is an error of kind `Usage` that names those it has. After one of kind
/// `LimitExceeded`, for translations that are too much, the envelope means nothing.
pub fn localise(envelope: &mut Envelope, bundles: &[Strings], wanted: &str) -> Result<()> {
    let source = Envelope {
        strings: std::mem::take(&mut envelope.strings),
        lang: envelope.lang.clone(),
        ..Envelope::default()
    };
    let translation = match Translation::new(&source, bundles, Some(wanted)) {
        Ok(translation) => translation,
        Err(refusal) => {
            envelope.strings = source.strings;
            return Err(refusal);
        }
    };
    envelope.visit_texts(&mut |text| {
        text.text = translation.resolve(text);
        text.msgid = None;
    });
    translation.check()?;
    envelope.lang = Some(wanted.replace('_', "-"));
    Ok(())
}

fn no_language(envelope: &Envelope, bundles: &[Strings], wanted: &str) -> Error {
    let own = own_language(envelope);
    let all = envelope.strings.iter().chain(bundles);
    let mut languages = vec![own];
    let mut told = HashSet::from([own]);
    languages.extend(
        all.map(|strings| language(envelope, strings))
            .filter(|language| told.insert(language)),
    );
    Error::usage(format!("the descriptor has no texts in `{wanted}`"))
        .help(format!("it has: {}", languages.join(", ")))
}

/// The language of the envelope's texts; US English unless it says so.
pub fn own_language(envelope: &Envelope) -> &str {
    envelope.lang.as_deref().unwrap_or("en-US")
}

fn language<'s>(envelope: &'s Envelope, strings: &'s Strings) -> &'s str {
    let given = strings.lang.as_deref();
    given.unwrap_or_else(|| own_language(envelope))
}

/// How far a language is from the wanted one: 0 for the same, 1 for the same in
/// another region, nothing for another. `de_DE` is taken for `de-DE`.
fn closeness(language: &str, wanted: &str) -> Option<u8> {
    let plain = |tag: &str| tag.replace('_', "-").to_ascii_lowercase();
    let (language, wanted) = (plain(language), plain(wanted));
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    if language == wanted {
        Some(0)
    } else {
        (primary(&language) == primary(&wanted)).then_some(1)
    }
}

/// A part of the model in which texts may be.
pub(super) trait Texts {
    /// Calls `visit` with each text in it.
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text));
}

impl Texts for Text {
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text)) {
        visit(self);
    }
}

impl<T: Texts> Texts for Option<T> {
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text)) {
        if let Some(inner) = self {
            inner.visit_texts(visit);
        }
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text)) {
        for inner in self {
            inner.visit_texts(visit);
        }
    }
}

impl<T: Texts> Texts for Box<T> {
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text)) {
        (**self).visit_texts(visit);
    }
}

/// Parts in which no text is.
macro_rules! textless {
    ($($type:ty)*) => { $(
        impl Texts for $type {
            fn visit_texts(&mut self, _: &mut dyn FnMut(&mut Text)) {}
        }
    )* };
}

textless!(String bool u8 u16 u32 u64 i32);
textless!(super::Capacity super::cim::ResourceType super::ItemKind super::Version super::Kept);
textless!(super::environment::Section);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::parse;
    use crate::xml::names::ENVELOPE_1;

    fn envelope() -> Envelope {
        let text = format!(
            "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}' xml:lang='en-US'>\
             <References/><VirtualSystem ovf:id='vm'><Info ovf:msgid='i'>info</Info>\
             <ProductSection><Info/><Category ovf:msgid='c'>heading</Category>\
             <Property ovf:key='k' ovf:type='string'><Label ovf:msgid='l'>label</Label></Property>\
             </ProductSection></VirtualSystem>\
             <Strings xml:lang='de_AT'><Msg ovf:msgid='i'>a</Msg><Msg ovf:msgid='l'>b</Msg></Strings>\
             <Strings xml:lang='de-DE'><Msg ovf:msgid='i'>c</Msg></Strings>\
             <Strings xml:lang='de_AT'/></Envelope>"
        );
        parse(&text).expect("readable")
    }

    #[test]
    fn the_closest_translation_wins_and_ids_go() {
        let mut envelope = envelope();
        localise(&mut envelope, &[], "de-DE").expect("German");
        let mut found = Vec::new();
        envelope.visit_texts(&mut |text| {
            assert_eq!(text.msgid, None);
            found.push(text.text.clone());
        });
        assert_eq!(found, ["c", "", "heading", "b"]);
        assert_eq!(envelope.lang.as_deref(), Some("de-DE"));
        assert!(envelope.strings.is_empty());
    }

    #[test]
    fn a_language_that_is_not_there_is_named() {
        let error = localise(&mut envelope(), &[], "fr").expect_err("no French");
        assert_eq!(error.advice(), Some("it has: en-US, de_AT, de-DE"));
        localise(&mut envelope(), &[], "en-GB").expect("its own language");
    }
}
