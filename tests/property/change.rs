//! Bytes with things changed at random, always the same ones.

/// Numbers that look random and are the same in every run (`SplitMix64`).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides.max(1) as u64).unwrap()
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}

/// Runs `law` on `times` changed `seeds`, each given what `change` makes of it; returns
/// how many were read.
pub fn hold(
    times: u64,
    seeds: &[&[u8]],
    law: fn(&[u8]) -> bool,
    change: impl Fn(&mut Dice, &[u8]) -> Vec<u8>,
) -> usize {
    let runs = (0..times).map(|run| {
        let mut dice = Dice::new(run);
        let seed = dice.pick(seeds);
        let bytes = change(&mut dice, seed);
        let held = std::panic::catch_unwind(|| law(&bytes));
        held.unwrap_or_else(|_| panic!("run {run}:\n{}", bytes.escape_ascii()))
    });
    runs.filter(|read| *read).count()
}

/// `seed` with a few changes; `words` may be put in.
pub fn other_bytes(dice: &mut Dice, seed: &[u8], words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.roll(3) {
        if !bytes.is_empty() {
            change_bytes(dice, &mut bytes, words);
        }
    }
    bytes
}

fn change_bytes(dice: &mut Dice, bytes: &mut Vec<u8>, words: &[&[u8]]) {
    let at = dice.roll(bytes.len());
    let end = (at + dice.roll(40)).min(bytes.len());
    match dice.roll(5) {
        0 => bytes[at] ^= 1 << dice.roll(8),
        1 => drop(bytes.drain(at..end)),
        2 => bytes.truncate(at),
        3 => {
            let word = dice.pick(words).iter().copied();
            bytes.splice(at..at, word);
        }
        _ => {
            let copied = bytes[at..end].to_vec();
            let to = dice.roll(bytes.len());
            bytes.splice(to..to, copied);
        }
    }
}
