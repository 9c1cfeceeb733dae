//! Extended headers: records that say what the fields of a header cannot.
//!
//! The records are read here and not by the `tar` crate, which splits them at line
//! feeds and so misreads a value that holds one.

/// The records that matter to a package. An empty value takes an earlier one back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Records {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    mtime: Option<u64>,
    /// Whether the member is stored with holes, GNU's way.
    pub(super) sparse: bool,
}

impl Records {
    /// Takes in a header's records: `LENGTH KEY=VALUE`, ended by a line feed, one
    /// behind the other. `None` if they are not so.
    pub(super) fn add(&mut self, mut content: &[u8]) -> Option<()> {
        while !content.is_empty() {
            let blank = content.iter().position(|byte| *byte == b' ')?;
            let digits = std::str::from_utf8(&content[..blank]).ok()?;
            let length: usize = digits.parse().ok()?;
            let record = content.get(blank + 1..length)?.strip_suffix(b"\n")?;
            content = &content[length..];
            let sign = record.iter().position(|byte| *byte == b'=')?;
            let (key, value) = (&record[..sign], &record[sign + 1..]);
            match key {
                b"path" => self.path = (!value.is_empty()).then(|| value.to_vec()),
                b"size" if value.is_empty() => self.size = None,
                b"size" => self.size = Some(whole(value)?),
                // The time is for show; fractions and times before 1970 are not kept.
                b"mtime" => self.mtime = value.split(|byte| *byte == b'.').next().and_then(whole),
                key => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
        Some(())
    }

    /// The name, of this member or of all.
    pub(super) fn path<'r>(&'r self, all: &'r Self) -> Option<&'r [u8]> {
        self.path.as_deref().or(all.path.as_deref())
    }

    /// The size, of this member or of all.
    pub(super) fn size(&self, all: &Self) -> Option<u64> {
        self.size.or(all.size)
    }

    /// The time, of this member or of all.
    pub(super) fn mtime(&self, all: &Self) -> Option<u64> {
        self.mtime.or(all.mtime)
    }
}

fn whole(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    // `parse` would take a sign.
    text.bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_override_and_are_taken_back() {
        let mut all = Records::default();
        all.add(b"13 path=glob\n22 mtime=17.123456789\n").unwrap();
        let mut own = Records::default();
        own.add(b"11 size=99\n14 path=a\nb=c\n11 other=x\n")
            .unwrap();
        assert_eq!(own.path(&all), Some(&b"a\nb=c"[..]));
        assert_eq!(own.size(&all), Some(99));
        assert_eq!(own.mtime(&all), Some(17));
        own.add(b"8 path=\n8 size=\n").unwrap();
        assert_eq!(own.path(&all), Some(&b"glob"[..]));
        assert_eq!(own.size(&all), None);
        assert!(!own.sparse);
        own.add(b"22 GNU.sparse.major=1\n").unwrap();
        assert!(own.sparse);
    }

    #[test]
    fn what_is_no_record_is_told() {
        for content in [
            &b"x"[..],
            b"99 path=a\n",
            b"3 path=a\n",
            b"0 \n",
            b"9 path=a b\n",
            b"12 size=-123\n",
            b"30 size=99999999999999999999\n",
            b"99999999999999999999999 a=b\n",
            b"7 path\n",
            b"\0\0",
        ] {
            assert_eq!(Records::default().add(content), None, "{content:?}");
        }
    }
}
