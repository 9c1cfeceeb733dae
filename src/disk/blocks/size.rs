//! Whether a disk fits a format.

use crate::base::units::{exactly, human};
use crate::base::{Error, ErrorKind, Result};

/// What sizes a disk can have in an image.
pub(in crate::disk) struct Fits {
    /// What the image is called: `fixed VHD`.
    pub(in crate::disk) name: &'static str,
    /// Bytes it is a multiple of.
    pub(in crate::disk) unit: u64,
    /// Bytes it has at most.
    pub(in crate::disk) most: u64,
    /// What takes a larger one.
    pub(in crate::disk) instead: &'static str,
}

impl Fits {
    /// The size a disk of `capacity` bytes has in the image: that, rounded up.
    pub(in crate::disk) fn rounded(&self, capacity: u64) -> Result<u64> {
        let name = self.name;
        if capacity == 0 {
            let message = format!("a {name} cannot hold a disk of no bytes");
            return Err(Error::new(ErrorKind::Unsupported, message)
                .why("no program reads such an image")
                .help("give the disk a size, or write it as qcow2"));
        }
        let rounded = capacity.checked_next_multiple_of(self.unit);
        rounded
            .filter(|rounded| *rounded <= self.most)
            .ok_or_else(|| {
                let message = format!("a disk of {} is too large for a {name}", exactly(capacity));
                Error::new(ErrorKind::LimitExceeded, message)
                    .why(format!("it holds at most {}", human(self.most)))
                    .help(self.instead)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_to_the_limit_and_not_over_it() {
        let fits = |unit, most| Fits {
            name: "VHD",
            unit,
            most,
            instead: "choose another format",
        };
        assert_eq!(fits(512, 1024).rounded(1).expect("fits"), 512);
        assert_eq!(fits(512, 1024).rounded(1024).expect("fits"), 1024);
        let error = fits(512, 1024).rounded(1025).expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert!(error.message().contains("1025 bytes"), "{error}");
        assert_eq!(error.advice(), Some("choose another format"));
        let error = fits(512, u64::MAX).rounded(u64::MAX).expect_err("no room");
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        let error = fits(512, 1024).rounded(0).expect_err("nothing");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
