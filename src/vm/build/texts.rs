//! Texts with translations, and where the translations go.

use indexmap::IndexMap;

use super::problem::{At, Problems};
use crate::envelope::{Strings, Text};
use crate::vm::Contradiction;
use crate::vm::definition::LocalText;

/// The texts of an envelope, as they are put into it.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// The language of the envelope, as far as it is known.
    lang: Option<String>,
    /// Translations by language, in the order they were met.
    strings: IndexMap<String, Vec<Text>>,
}

impl Texts {
    /// Texts of an envelope in `lang`, if that is written.
    pub(super) fn new(lang: Option<&str>) -> Self {
        Self {
            lang: lang.map(str::to_owned),
            strings: IndexMap::new(),
        }
    }

    /// `text`, which stands at `at`, as the envelope has it. Its message id is its place.
    pub(super) fn text(&mut self, text: &LocalText, at: &At, problems: &mut Problems) -> Text {
        let mut made = Text::from(unix_lines(&text.text));
        if let Some(own) = &text.lang {
            match &self.lang {
                Some(lang) if !lang.eq_ignore_ascii_case(own) => {
                    problems.add(
                        at.clone(),
                        Contradiction::OtherLanguage {
                            lang: lang.clone(),
                            own: own.clone(),
                        },
                    );
                }
                Some(_) => {}
                None => self.lang = Some(own.clone()),
            }
        }
        if !text.translations.is_empty() {
            made.msgid = Some(at.to_string());
        }
        for (lang, translation) in &text.translations {
            let messages = self.strings.entry(lang.clone()).or_default();
            messages.push(Text {
                msgid: made.msgid.clone(),
                ..Text::from(unix_lines(translation))
            });
        }
        made
    }

    /// `text`, if there is one.
    pub(super) fn optional(
        &mut self,
        text: Option<&LocalText>,
        at: &At,
        problems: &mut Problems,
    ) -> Option<Text> {
        text.map(|text| self.text(text, at, problems))
    }

    /// The language of the envelope, and the translations.
    pub(super) fn finish(self) -> (Option<String>, Vec<Strings>) {
        let strings = self.strings.into_iter().map(|(lang, messages)| Strings {
            lang: Some(lang),
            messages,
            ..Strings::default()
        });
        (self.lang, strings.collect())
    }
}

/// XML has one kind of line end, and a file from Windows has another.
pub(super) fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}
