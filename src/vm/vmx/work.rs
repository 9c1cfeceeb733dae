//! A `.vmx` file that is being looked at.

use std::str::FromStr;

use super::{Around, Dictionary, Entry, Found};

/// The most characters of a value that are told.
const SHOWN: usize = 80;
/// The most remarks.
const MAX_REMARKS: usize = 100;

/// A dictionary with what was looked at, and what is not carried over.
pub(super) struct Work<'d> {
    dictionary: &'d Dictionary,
    around: &'d Around<'d>,
    /// Which of the entries were looked at.
    seen: Vec<bool>,
    /// What is not carried over, by the lines it stands in; 0 for what stands in none.
    remarks: Vec<(u32, String)>,
}

impl<'d> Work<'d> {
    pub(super) fn new(dictionary: &'d Dictionary, around: &'d Around<'d>) -> Self {
        Self {
            dictionary,
            around,
            seen: vec![false; dictionary.entries().len()],
            remarks: Vec::new(),
        }
    }

    /// What to call a machine that has no name.
    pub(super) fn name(&self) -> &'d str {
        self.around.name
    }

    /// The file the `.vmx` file calls `name`.
    pub(super) fn file(&self, name: &str) -> Found {
        (self.around.file)(name)
    }

    /// The entry `key`, which is in lower case. It was looked at now.
    pub(super) fn entry(&mut self, key: &str) -> Option<&'d Entry> {
        debug_assert_eq!(
            key,
            key.to_ascii_lowercase(),
            "keys are looked up in lower case"
        );
        let at = self.dictionary.position(key)?;
        self.seen[at] = true;
        self.dictionary.entries().get(at)
    }

    /// The value of `key`, unless it is empty.
    pub(super) fn text(&mut self, key: &str) -> Option<&'d str> {
        let value = self.entry(key)?.value.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Whether `key` is on, where that is said.
    pub(super) fn truth(&mut self, key: &str) -> Option<bool> {
        let value = self.text(key)?;
        let is = |names: [&str; 5]| names.iter().any(|name| name.eq_ignore_ascii_case(value));
        if is(["true", "yes", "on", "1", "t"]) {
            Some(true)
        } else if is(["false", "no", "off", "0", "f"]) {
            Some(false)
        } else {
            self.lose(key, "has to be `TRUE` or `FALSE`");
            None
        }
    }

    /// Whether `key` is on.
    pub(super) fn is_on(&mut self, key: &str) -> bool {
        self.truth(key) == Some(true)
    }

    /// The number at `key`, where there is one.
    pub(super) fn number<T: FromStr>(&mut self, key: &str) -> Option<T> {
        let value = self.text(key)?;
        let number = value.parse().ok();
        if number.is_none() {
            self.lose(key, "has to be a whole number that is not too large");
        }
        number
    }

    /// Notes that `key` is not carried over, and why.
    pub(super) fn lose(&mut self, key: &str, why: &str) {
        if let Some(entry) = self.entry(key) {
            let told = format!("{}: {why}", told(entry));
            self.remarks.push((entry.line, told));
        }
    }

    /// Notes that `what` is not carried over.
    pub(super) fn remark(&mut self, what: impl Into<String>) {
        self.remarks.push((0, what.into()));
    }

    /// The numbers `n` for which something is said of `kind` and `n`, as of `ethernet0`.
    pub(super) fn numbered(&self, kind: &str) -> Vec<u32> {
        let heads = self.dictionary.entries().iter().map(head);
        let mut numbers: Vec<u32> = heads
            .filter_map(|head| number(head.strip_prefix(kind)?))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The places on controllers of `kind` of which something is said, as of `scsi0:1`.
    pub(super) fn places(&self, kind: &str) -> Vec<(u32, u32)> {
        let heads = self.dictionary.entries().iter().map(head);
        let mut places: Vec<(u32, u32)> = heads
            .filter_map(|head| {
                let (bus, unit) = head.strip_prefix(kind)?.split_once(':')?;
                Some((number(bus)?, number(unit)?))
            })
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Passes over all that is said of `device`, such as `floppy0`.
    pub(super) fn skip(&mut self, device: &str) {
        for (entry, seen) in self.dictionary.entries().iter().zip(&mut self.seen) {
            *seen |= head(entry) == device;
        }
    }

    /// The entries that were not looked at.
    pub(super) fn left(&self) -> Vec<&'d Entry> {
        let entries = self.dictionary.entries().iter().zip(&self.seen);
        entries
            .filter(|(_, seen)| !**seen)
            .map(|(entry, _)| entry)
            .collect()
    }

    /// What is not carried over, in the order of the lines.
    pub(super) fn into_remarks(mut self) -> Vec<String> {
        self.remarks.sort_by_key(|(line, _)| *line);
        let more = self.remarks.len().saturating_sub(MAX_REMARKS);
        let mut remarks: Vec<String> = self.remarks.into_iter().map(|(_, told)| told).collect();
        remarks.truncate(MAX_REMARKS);
        if more > 0 {
            remarks.push(format!("{more} settings more"));
        }
        remarks
    }
}

/// The device an entry is about: what stands before the first dot of its key.
pub(super) fn head(entry: &Entry) -> &str {
    entry.lower.split('.').next().unwrap_or_default()
}

/// `text` as a number that is written as people count.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// `entry` for people, with its line.
fn told(entry: &Entry) -> String {
    let mut value: String = entry.value.chars().take(SHOWN).collect();
    if value.len() < entry.value.len() {
        value.push('…');
    }
    let value = value.replace(['\n', '\r'], " ");
    format!("line {}, `{} = \"{value}\"`", entry.line, entry.key)
}
