//! How hard a grain is compressed.

use std::fmt;

/// A level of compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// libdeflate's level, 0 to 12, for every grain.
    Fixed(u8),
    /// Whatever level pays for the grain at hand, between 1 and 5.
    Adaptive,
}

/// Levels by how much bytes repeat in a sample of the grain: up to this value
/// of [`repetition`], this level.
///
/// Measured on the root file systems of a plain and of a developer's Debian.
/// Each class has the lowest level from which no higher one saves 5.5 MB per
/// second of computing or more. Data that is compressed or random already
/// (first row; evenly spread bytes give 1,534) gains nothing from a long
/// search. Together the output is about 1 % smaller than level 4's, for half of
/// the time that level 5 costs over level 4.
const CLASSES: [(u32, u8); 5] = [
    (1_650, 1),
    (5_000, 3),
    (15_000, 5),
    (45_000, 3),
    (u32::MAX, 5),
];

/// The levels [`Level::Adaptive`] chooses from.
const ADAPTIVE_LEVELS: [u8; 3] = [1, 3, 5];

/// Bytes of a grain that are looked at.
const SAMPLES: usize = 512;

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(level) => level.fmt(f),
            Self::Adaptive => f.write_str("adaptive"),
        }
    }
}

impl Level {
    /// The levels it may choose.
    pub(super) fn candidates(self) -> Vec<u8> {
        match self {
            Self::Fixed(level) => vec![level],
            Self::Adaptive => ADAPTIVE_LEVELS.to_vec(),
        }
    }

    /// Which of the candidates suits `grain`.
    pub(super) fn choose(self, grain: &[u8]) -> usize {
        match self {
            Self::Fixed(_) => 0,
            Self::Adaptive => {
                let repetition = repetition(grain);
                let class = CLASSES.iter().find(|(most, _)| repetition <= *most);
                let level = class.map_or(1, |(_, level)| *level);
                ADAPTIVE_LEVELS
                    .iter()
                    .position(|candidate| *candidate == level)
                    .unwrap_or(0)
            }
        }
    }
}

/// The sum of squared counts of byte values in a sample: 512 bytes all alike
/// give 262,144, evenly spread ones about 1,534.
fn repetition(grain: &[u8]) -> u32 {
    let stride = (grain.len() / SAMPLES).max(1);
    let mut counts = [0_u32; 256];
    for (n, block) in grain.chunks_exact(stride).take(SAMPLES).enumerate() {
        // Not always the same byte of a block: records are often aligned.
        counts[usize::from(block[n * 37 % stride])] += 1;
    }
    counts.iter().map(|count| count * count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_candidate() {
        for (_, level) in CLASSES {
            assert!(ADAPTIVE_LEVELS.contains(&level));
        }
        assert_eq!(Level::Fixed(12).candidates(), [12]);
        assert_eq!(Level::Fixed(12).choose(&vec![0; 65_536]), 0);
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
        let level = |grain: &[u8]| ADAPTIVE_LEVELS[Level::Adaptive.choose(grain)];
        assert!(repetition(&noise) < 1_650, "{}", repetition(&noise));
        assert_eq!((level(&noise), level(&vec![0; 65_536])), (1, 5));
        assert!(level(&text) >= 3);
        // Any length will do.
        assert_eq!(level(&[]), 1);
        assert!(level(&text[..100]) >= 1);
    }
}
