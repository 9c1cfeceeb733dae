//! All-pairs sampling: few cases in which every value of every axis meets
//! every value of every other axis at least once, where the two may meet.

use std::collections::BTreeSet;

/// Combinations of `axes` values (each axis given by how many it has) such that
/// each pair that occurs in any `valid` combination occurs in one returned.
///
/// Greedy: combinations are looked at in a fixed shuffled order, those that
/// bring many new pairs first.
pub(crate) fn cover(axes: &[usize], valid: impl Fn(&[usize]) -> bool) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    let mut combination = vec![0; axes.len()];
    loop {
        if valid(&combination) {
            all.push(combination.clone());
        }
        // Counts up, the first axis fastest.
        let Some(next) = (0..axes.len()).find(|next| combination[*next] + 1 < axes[*next]) else {
            break;
        };
        combination[next] += 1;
        combination[..next].fill(0);
    }
    all.sort_by_key(|combination| shuffled(combination));
    let mut open: BTreeSet<_> = all.iter().flat_map(|one| pairs(one)).collect();
    let mut chosen = Vec::new();
    for least in (1..=axes.len() * (axes.len() - 1) / 2).rev() {
        for one in &all {
            if pairs(one).filter(|pair| open.contains(pair)).count() >= least {
                pairs(one).for_each(|pair| {
                    open.remove(&pair);
                });
                chosen.push(one.clone());
            }
        }
    }
    assert!(open.is_empty(), "pairs never met: {open:?}");
    chosen
}

type Pair = (usize, usize, usize, usize);

fn pairs(one: &[usize]) -> impl Iterator<Item = Pair> {
    (0..one.len()).flat_map(move |a| (0..a).map(move |b| (a, one[a], b, one[b])))
}

/// A hash (FNV-1a), so that neighbours in the order have nothing in common.
fn shuffled(combination: &[usize]) -> u64 {
    combination
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash: u64, value| {
            (hash ^ *value as u64).wrapping_mul(0x100_0000_01B3)
        })
}
