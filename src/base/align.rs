//! Which members of a list are which of an older one.

/// The most pairs that are compared.
const MAX_COMPARED: usize = 1 << 20;

/// For each of `new` the one of `old` it is: one that is the `same`, or else the one in the same
/// place between two such.
pub fn align<T>(old: &[T], new: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<Option<usize>> {
    let pairs = common(old, new, &same);
    let mut matched: Vec<Option<usize>> = vec![None; new.len()];
    let ends = std::iter::once((old.len(), new.len()));
    let (mut from_old, mut from_new) = (0, 0);
    for (at_old, at_new) in pairs.into_iter().chain(ends) {
        let between = (from_old..at_old).zip(from_new..at_new);
        for (old, new) in between {
            matched[new] = Some(old);
        }
        if let Some(place) = matched.get_mut(at_new) {
            *place = Some(at_old);
        }
        (from_old, from_new) = (at_old + 1, at_new + 1);
    }
    matched
}

/// The longest list of pairs of the same in both orders.
fn common<T>(old: &[T], new: &[T], same: &impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let front = old.iter().zip(new);
    let front = front.take_while(|(one, other)| same(one, other)).count();
    let (old, new) = (&old[front..], &new[front..]);
    let back = old.iter().rev().zip(new.iter().rev());
    let back = back.take_while(|(one, other)| same(one, other)).count();
    let (rest_old, rest_new) = (old.len() - back, new.len() - back);
    let mut pairs: Vec<(usize, usize)> = (0..front).map(|at| (at, at)).collect();
    if rest_old.saturating_mul(rest_new) <= MAX_COMPARED {
        let middle = middle(&old[..rest_old], &new[..rest_new], same);
        pairs.extend(middle.into_iter().map(|(a, b)| (front + a, front + b)));
    }
    pairs.extend((0..back).map(|at| (front + rest_old + at, front + rest_new + at)));
    pairs
}

/// The same by a table of how long the list is from each pair on.
fn middle<T>(old: &[T], new: &[T], same: &impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut length = vec![0u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            let skip = length[(a + 1) * width + b].max(length[a * width + b + 1]);
            let take = length[(a + 1) * width + b + 1] + 1;
            length[a * width + b] = if same(&old[a], &new[b]) { take } else { skip };
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut pairs = Vec::new();
    while a < old.len() && b < new.len() {
        if same(&old[a], &new[b]) {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if length[(a + 1) * width + b] >= length[a * width + b + 1] {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(old: &str, new: &str) -> Vec<Option<usize>> {
        let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
        align(&old, &new, |one, other| one == other)
    }

    #[test]
    fn the_same_meet_and_others_by_their_places() {
        assert_eq!(aligned("", ""), []);
        assert_eq!(aligned("ab", "ab"), [Some(0), Some(1)]);
        assert_eq!(aligned("ab", "b"), [Some(1)]);
        assert_eq!(aligned("ab", "xab"), [None, Some(0), Some(1)]);
        assert_eq!(aligned("abc", "axc"), [Some(0), Some(1), Some(2)]);
        assert_eq!(aligned("abc", "axyc"), [Some(0), Some(1), None, Some(2)]);
        assert_eq!(aligned("abcd", "bxd"), [Some(1), Some(2), Some(3)]);
        // What changed places is another, since the order means something.
        assert_eq!(aligned("ab", "ba"), [Some(1), None]);
    }

    #[test]
    fn long_lists_take_no_time() {
        let old: Vec<usize> = (0..100_000).collect();
        let new: Vec<usize> = (0..100_000).map(|number| number + 200_000).collect();
        assert_eq!(
            align(&old, &new, |one, other| one == other)[99_999],
            Some(99_999)
        );
    }
}
