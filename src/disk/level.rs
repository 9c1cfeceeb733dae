//! How hard a block is compressed.

use std::borrow::Cow;
use std::fmt;

/// A level of compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// This level, as the format's compressor counts them, for every block.
    Fixed(u8),
    /// Whatever level pays for the block at hand, between 1 and 5: for disks that are
    /// made once and sent often.
    Adaptive,
    /// The same where time counts for more than size, between 1 and 3: for disks that
    /// are converted and read once.
    Brisk,
}

/// Levels by how much bytes repeat in a sample of the block: up to this value of
/// [`repetition`], this level. The last value is the highest there is.
type Class = (u32, u8);

/// The levels of a format that are chosen block by block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Classes {
    pub(super) adaptive: &'static [Class],
    pub(super) brisk: &'static [Class],
}

/// Bytes of a block that are looked at.
const SAMPLES: usize = 512;

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(level) => level.fmt(f),
            Self::Adaptive => f.write_str("adaptive"),
            Self::Brisk => f.write_str("brisk"),
        }
    }
}

impl Level {
    /// The levels it may choose of `classes`, and what each is for.
    fn candidates(self, classes: Classes) -> Cow<'static, [Class]> {
        match self {
            Self::Fixed(level) => Cow::Owned(vec![(u32::MAX, level)]),
            Self::Adaptive => Cow::Borrowed(classes.adaptive),
            Self::Brisk => Cow::Borrowed(classes.brisk),
        }
    }
}

/// A compressor for every level that may be chosen.
pub(super) struct Compressors<C> {
    candidates: Cow<'static, [Class]>,
    /// One of each level.
    made: Vec<C>,
    /// Which of them each candidate is.
    of: Vec<usize>,
}

impl<C> Compressors<C> {
    /// Those of `level`, where `classes` tell of what is chosen.
    pub(super) fn new(level: Level, classes: Classes, make: impl FnMut(u8) -> C) -> Self {
        let candidates = level.candidates(classes);
        let mut levels: Vec<u8> = candidates.iter().map(|(_, level)| *level).collect();
        levels.sort_unstable();
        levels.dedup();
        let of = |(_, level): &Class| levels.binary_search(level).unwrap_or_default();
        Self {
            of: candidates.iter().map(of).collect(),
            made: levels.into_iter().map(make).collect(),
            candidates,
        }
    }

    /// The one that suits `block`.
    pub(super) fn choose(&mut self, block: &[u8]) -> &mut C {
        let candidate = match &*self.candidates {
            [_] => 0,
            several => {
                let repetition = repetition(block);
                let class = several.iter().position(|(most, _)| repetition <= *most);
                class.unwrap_or_default()
            }
        };
        &mut self.made[self.of[candidate]]
    }
}

/// The sum of squared counts of byte values in a sample: 512 bytes all alike
/// give 262,144, evenly spread ones about 1,534.
fn repetition(block: &[u8]) -> u32 {
    let stride = (block.len() / SAMPLES).max(1);
    let mut counts = [0_u32; 256];
    for (n, block) in block.chunks_exact(stride).take(SAMPLES).enumerate() {
        // Not always the same byte of a block: records are often aligned.
        counts[usize::from(block[n * 37 % stride])] += 1;
    }
    counts.iter().map(|count| count * count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: Classes = Classes {
        adaptive: &[(1_650, 1), (5_000, 3), (u32::MAX, 5), (u32::MAX, 3)],
        brisk: &[(u32::MAX, 2)],
    };

    #[test]
    fn there_is_one_compressor_for_a_level() {
        let mut made = Vec::new();
        let mut adaptive = Compressors::new(Level::Adaptive, CLASSES, |level| {
            made.push(level);
            level
        });
        assert_eq!(made, [1, 3, 5]);
        assert_eq!(*adaptive.choose(&[0; 4096]), 5);
        let mut brisk = Compressors::new(Level::Brisk, CLASSES, |level| level);
        assert_eq!(*brisk.choose(&[0; 4096]), 2);
        let mut fixed = Compressors::new(Level::Fixed(12), CLASSES, |level| level);
        assert_eq!(*fixed.choose(&[0; 4096]), 12);
    }

    #[test]
    fn noise_gets_the_least_effort_and_text_the_most() {
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.to_le_bytes()[7]
        })
        .take(65_536)
        .collect();
        let text: Vec<u8> = b"the quick brown fox jumps over the lazy dog. "
            .iter()
            .copied()
            .cycle()
            .take(65_536)
            .collect();
        let mut adaptive = Compressors::new(Level::Adaptive, CLASSES, |level| level);
        let mut level = |block: &[u8]| *adaptive.choose(block);
        assert!(repetition(&noise) < 1_650, "{}", repetition(&noise));
        assert_eq!((level(&noise), level(&vec![0; 65_536])), (1, 5));
        assert!(level(&text) >= 3);
        // Any length will do.
        assert_eq!(level(&[]), 1);
        assert!(level(&text[..100]) >= 1);
    }
}
