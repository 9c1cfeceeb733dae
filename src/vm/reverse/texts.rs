//! Texts with their translations.

use indexmap::IndexMap;

use crate::base::Result;
use crate::envelope::{Envelope, Strings, Text, Translation, own_language};
use crate::vm::definition::LocalText;

/// The languages of a descriptor beyond those nobody could read all of.
const MAX_LANGUAGES: usize = 64;

/// The texts of an envelope in all its languages.
pub(super) struct Texts<'e> {
    /// The language of the envelope.
    own: &'e str,
    /// In that language.
    here: Translation<'e>,
    /// In the others.
    others: Vec<(String, Translation<'e>)>,
}

impl<'e> Texts<'e> {
    /// Texts of `envelope`, of which `bundles` have translations, too.
    pub(super) fn new(envelope: &'e Envelope, bundles: &'e [Strings]) -> Result<Self> {
        let own = own_language(envelope);
        let mut others: Vec<(String, Translation<'e>)> = Vec::new();
        for strings in envelope.strings.iter().chain(bundles) {
            let Some(lang) = strings
                .lang
                .as_deref()
                .filter(|_| !strings.messages.is_empty())
            else {
                continue;
            };
            let known = others.iter().any(|(known, _)| known == lang);
            if known || lang.eq_ignore_ascii_case(own) || others.len() == MAX_LANGUAGES {
                continue;
            }
            let translation = Translation::new(envelope, bundles, Some(lang))?;
            others.push((lang.to_owned(), translation));
        }
        Ok(Self {
            own,
            here: Translation::new(envelope, bundles, None)?,
            others,
        })
    }

    /// The language of the envelope, unless it is the usual one.
    pub(super) fn lang(&self) -> Option<String> {
        (self.own != "en-US").then(|| self.own.to_owned())
    }

    /// `text` in all languages.
    pub(super) fn text(&self, text: &Text) -> LocalText {
        let here = self.here.resolve(text);
        let mut translations = IndexMap::new();
        if text.msgid.is_some() {
            for (lang, translation) in &self.others {
                let there = translation.resolve(text);
                if there != here {
                    translations.insert(lang.clone(), there);
                }
            }
        }
        LocalText {
            lang: (!translations.is_empty()).then(|| self.own.to_owned()),
            text: here,
            translations,
        }
    }

    /// `text`; an empty one where there is none.
    pub(super) fn or_empty(&self, text: Option<&Text>) -> LocalText {
        text.map_or_else(LocalText::default, |text| self.text(text))
    }

    /// `text` if there is one.
    pub(super) fn optional(&self, text: Option<&Text>) -> Option<LocalText> {
        text.map(|text| self.text(text))
    }

    /// Whether no more was copied than a descriptor may hold.
    pub(super) fn check(&self) -> Result<()> {
        self.here.check()?;
        self.others.iter().try_for_each(|(_, there)| there.check())
    }
}
