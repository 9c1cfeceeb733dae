//! Texts in the language asked for (DSP0243 1.1 §10).

use super::Choices;
use crate::envelope::{Envelope, Strings, Text};

/// The translations that serve a language, the closest first.
pub(super) struct Texts<'e> {
    strings: Vec<&'e Strings>,
}

impl<'e> Texts<'e> {
    pub(super) fn new(envelope: &'e Envelope, choices: &'e Choices) -> Self {
        let own = envelope.lang.as_deref().unwrap_or("en-US");
        let wanted = choices.locale.as_deref().unwrap_or(own);
        let all = || envelope.strings.iter().chain(&choices.bundles);
        let rank = |strings: &&Strings| closeness(strings.lang.as_deref().unwrap_or(own), wanted);
        let mut strings: Vec<_> = all().filter(|strings| rank(strings) < 2).collect();
        strings.sort_by_key(rank);
        Self { strings }
    }

    /// The text itself, or its translation.
    pub(super) fn resolve(&self, text: &Text) -> String {
        let translation = text.msgid.as_ref().and_then(|id| {
            let mut messages = self.strings.iter().flat_map(|strings| &strings.messages);
            messages.find(|message| message.msgid.as_ref() == Some(id))
        });
        translation.unwrap_or(text).text.clone()
    }
}

/// How far a language is from the wanted one: 0 for the same, 1 for the same in
/// another region, 2 for another. `de_DE` is taken for `de-DE`.
fn closeness(language: &str, wanted: &str) -> u8 {
    let plain = |tag: &str| tag.replace('_', "-").to_ascii_lowercase();
    let (language, wanted) = (plain(language), plain(wanted));
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    if language == wanted {
        0
    } else if primary(&language) == primary(&wanted) {
        1
    } else {
        2
    }
}
