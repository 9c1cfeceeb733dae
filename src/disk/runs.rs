//! What of some data is worth a place in a file with holes.

use std::ops::Range;

use super::is_zero;

/// Zeros shorter than this are written: file systems allocate blocks of 4 KiB.
pub const HOLE: usize = 4 << 10;

/// The stretches of `data` in which no whole [`HOLE`] is zero, counted from its start, in
/// order.
pub fn runs(data: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut skip = |zero: bool| {
            let from = at;
            while at < data.len() && is_zero(&data[at..data.len().min(at + HOLE)]) == zero {
                at += HOLE;
            }
            from..at.min(data.len())
        };
        skip(true);
        let run = skip(false);
        (!run.is_empty()).then_some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_holes_are_left_out() {
        let found = |data: &[u8]| runs(data).collect::<Vec<_>>();
        assert!(found(&[]).is_empty());
        assert!(found(&[0; 3 * HOLE + 5]).is_empty());
        let mut data = vec![0; 5 * HOLE + 5];
        data[HOLE] = 1;
        data[3 * HOLE - 1] = 1;
        assert!(found(&data).into_iter().eq(std::iter::once(HOLE..3 * HOLE)));
        data[5 * HOLE + 4] = 1;
        assert_eq!(found(&data), [HOLE..3 * HOLE, 5 * HOLE..data.len()]);
        data.fill(1);
        assert!(found(&data).into_iter().eq(std::iter::once(0..data.len())));
    }
}
