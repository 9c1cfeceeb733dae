//! Changes of a text: what stands at a place gives way to something else, and all around it
//! stays as it is.

use std::ops::Range;

/// What stands at `span` becomes `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

impl Edit {
    pub(crate) fn replace(span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { span, text }
    }

    pub(crate) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }

    pub(crate) fn delete(span: Range<usize>) -> Self {
        Self::replace(span, "")
    }

    /// Whether the two cannot both be made. Of two insertions at one place nobody could
    /// tell which comes first.
    fn clashes(&self, other: &Self) -> bool {
        let (one, two) = (&self.span, &other.span);
        let overlap = one.start < two.end && two.start < one.end;
        overlap || (one.is_empty() && two.is_empty() && one.start == two.start)
    }
}

/// Edits that can be made at once.
#[derive(Debug, Default)]
pub(crate) struct Patch {
    /// In the order of the text.
    edits: Vec<Edit>,
}

impl Patch {
    /// Takes the edits of a fix, unless one of them is in the way of those there are. The
    /// same edit for two fixes is made once.
    pub(crate) fn take(&mut self, text: &str, edits: &[Edit]) -> bool {
        let changes = |edit: &Edit| text.get(edit.span.clone()) != Some(&*edit.text);
        let mut new: Vec<Edit> = Vec::new();
        for edit in edits.iter().filter(|edit| changes(edit)) {
            if self
                .edits
                .binary_search_by(|known| order(known, edit))
                .is_ok_and(|at| self.edits[at] == *edit)
            {
                continue;
            }
            let known = self.around(edit);
            if known.iter().chain(&new).any(|known| known.clashes(edit)) {
                return false;
            }
            new.push(edit.clone());
        }
        let any = !new.is_empty();
        for edit in new {
            let at = self
                .edits
                .partition_point(|known| order(known, &edit).is_lt());
            self.edits.insert(at, edit);
        }
        any
    }

    /// The edits that could clash with `edit`. None of those there are overlap, so the
    /// neighbours are enough.
    fn around(&self, edit: &Edit) -> &[Edit] {
        let first = self
            .edits
            .partition_point(|known| known.span.end < edit.span.start);
        let last = self
            .edits
            .partition_point(|known| known.span.start <= edit.span.end);
        &self.edits[first.min(last)..last]
    }

    /// The `text` with all edits made.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut made = String::with_capacity(text.len());
        let mut from = 0;
        for edit in &self.edits {
            made.push_str(text.get(from..edit.span.start).unwrap_or_default());
            made.push_str(&edit.text);
            from = edit.span.end;
        }
        made + text.get(from..).unwrap_or_default()
    }

    /// Where what stands at `offset` of the new text stood in the old one.
    pub(crate) fn origin(&self, offset: usize) -> usize {
        let (mut old, mut new) = (0, 0);
        for edit in &self.edits {
            let kept = edit.span.start - old;
            if offset < new + kept {
                break;
            }
            new += kept;
            old = edit.span.start;
            if offset < new + edit.text.len() {
                return old;
            }
            new += edit.text.len();
            old = edit.span.end;
        }
        old + (offset - new)
    }
}

fn order(one: &Edit, two: &Edit) -> std::cmp::Ordering {
    let key = |edit: &Edit| (edit.span.start, edit.span.end);
    key(one).cmp(&key(two))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_that_meet_exclude_each_other_whole() {
        let text = "0123456789";
        let mut patch = Patch::default();
        assert!(patch.take(text, &[Edit::replace(2..4, "ab"), Edit::insert(8, "x")]));
        for clash in [
            Edit::replace(3..5, "y"),
            Edit::insert(3, "y"),
            Edit::insert(8, "y"),
            Edit::delete(0..10),
        ] {
            let with_another = [Edit::insert(6, "z"), clash];
            assert!(!patch.take(text, &with_another), "{with_another:?}");
        }
        // What is there already is no hindrance and no news.
        assert!(!patch.take(text, &[Edit::insert(8, "x")]));
        assert!(patch.take(text, &[Edit::insert(8, "x"), Edit::delete(9..10)]));
        assert!(patch.take(text, &[Edit::insert(4, "c"), Edit::insert(2, "-")]));
        assert!(!patch.take(text, &[Edit::replace(0..1, "0")]));
        assert_eq!(patch.apply(text), "01-abc4567x8");
    }

    #[test]
    fn places_lead_back() {
        let text = "0123456789";
        let mut patch = Patch::default();
        patch.take(text, &[Edit::replace(2..4, "abc"), Edit::insert(8, "xy")]);
        let new = patch.apply(text);
        assert_eq!(new, "01abc4567xy89");
        let origins: Vec<_> = (0..=new.len()).map(|at| patch.origin(at)).collect();
        assert_eq!(origins, [0, 1, 2, 2, 2, 4, 5, 6, 7, 8, 8, 8, 9, 10]);
    }
}
