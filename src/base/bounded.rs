//! Reading what may be larger than anybody wants.

use std::io::{self, Read};

/// What `reader` has, up to `limit` bytes and one more, which tells that there is more. The
/// length that a pipe or a device tells means nothing.
pub fn read_up_to(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_more_tells_that_there_is_more() {
        for (limit, found) in [(0, 1), (3, 4), (4, 5), (5, 5), (u64::MAX, 5)] {
            let bytes = read_up_to(&b"12345"[..], limit).expect("memory");
            assert_eq!(bytes.len(), found, "{limit}");
        }
    }
}
