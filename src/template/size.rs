//! How large an envelope may be to be written.

use std::io;

use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};

use crate::base::{Error, ErrorKind, Result};
use crate::envelope::Envelope;

/// The most values templates are filled in from. A virtual device has 75 of them,
/// most of them absent, and each takes about 1 KiB while it is written: a few bytes
/// of a hostile descriptor could otherwise become any amount of memory.
pub const MAX_VALUES: usize = 1_000_000;

/// That `envelope` is small enough to be written.
pub(super) fn check(envelope: &Envelope) -> Result<()> {
    let mut counter = Serializer::with_formatter(io::sink(), Counter { values: 0 });
    // Nothing else in it can fail.
    envelope.serialize(&mut counter).map_err(|_| {
        let message = format!("the descriptor has more than {MAX_VALUES} values to be written");
        Error::new(ErrorKind::LimitExceeded, message).help("split it into several")
    })
}

/// Counts values in the place of formatting them.
struct Counter {
    values: usize,
}

impl Counter {
    fn count(&mut self) -> io::Result<()> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(io::Error::other("too many values"));
        }
        Ok(())
    }
}

impl Formatter for Counter {
    fn begin_object_key<W: io::Write + ?Sized>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        self.count()
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        self.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::File;

    #[test]
    fn an_envelope_of_too_many_values_is_refused_before_it_is_written() {
        let mut envelope = Envelope::default();
        envelope.references.files = vec![File::default(); MAX_VALUES / 20];
        check(&envelope).expect("a file is less than twenty values");
        envelope.references.files = vec![File::default(); MAX_VALUES / 5];
        let error = super::super::render(&envelope).expect_err("too many");
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    }
}
