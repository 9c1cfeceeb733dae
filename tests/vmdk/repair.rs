//! What makes the end of a stream right: bytes behind the last grain, and nothing else.

use ovfkit::base::ErrorKind;
use ovfkit::disk::vmdk::{FindingKind, check, repair};
use proptest::prelude::*;

use crate::image::{Layout, Recipe, SECTOR, build, recipe};

/// What `file` becomes by its repair, if it needs one.
fn repaired(file: &[u8]) -> ovfkit::base::Result<Option<Vec<u8>>> {
    let found = repair(&file.to_vec())?;
    Ok(found.map(|repair| {
        let mut mended = file[..usize::try_from(repair.keep).unwrap()].to_vec();
        mended.resize(usize::try_from(repair.length()).unwrap(), 0);
        mended
    }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever stands behind the marker goes, a marker that is missing comes, and what was
    /// good before is as it was.
    #[test]
    fn an_end_is_mended(
        recipe in recipe(),
        zeros in 1..200_usize,
        noise in prop_oneof![Just(0), any::<u8>()],
        sectors in any::<bool>(),
    ) {
        let file = build(&recipe).file;
        prop_assert_eq!(repaired(&file).unwrap(), None);
        if recipe.layout == Layout::Sparse {
            return Ok(());
        }
        let count = if sectors { zeros * SECTOR } else { zeros };
        let longer = [file.clone(), vec![noise; count]].concat();
        let trimmed = repaired(&longer);
        if recipe.layout == Layout::Bare && noise != 0 {
            // Nothing tells that what follows is no part of the stream.
            prop_assert_eq!(trimmed.unwrap_err().kind(), ErrorKind::Invalid);
        } else {
            prop_assert_eq!(trimmed.unwrap(), Some(file.clone()));
        }
        let shorter = &file[..file.len() - SECTOR];
        let cut = repaired(shorter);
        if recipe.layout == Layout::Bare {
            // Nothing tells that no grain is missing.
            prop_assert_eq!(cut.unwrap_err().kind(), ErrorKind::Invalid);
        } else {
            prop_assert_eq!(cut.unwrap(), Some(file.clone()));
            // A part of the marker is the marker with the rest.
            let part = [shorter, &vec![0; zeros]].concat();
            prop_assert_eq!(repaired(&part).unwrap(), Some(file));
        }
    }

    /// A stream that was cut in its grains or tables is no stream that lacks its end.
    #[test]
    fn what_was_cut_is_refused(recipe in recipe(), place in 0.0..1.0_f64) {
        let layout = match recipe.layout {
            Layout::Sparse | Layout::Front => Layout::Front,
            other => other,
        };
        let built = build(&Recipe { layout, ..recipe });
        let first = built.overhead * SECTOR;
        let last = built.grains.iter().map(|(_, sector)| sector * SECTOR).max();
        let Some(last) = last else { return Ok(()) };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let at = first + (place * (last + 1 - first) as f64) as usize;
        let error = repair(&built.file[..at].to_vec()).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::Invalid, "{}", error);
    }
}

/// A grain behind a marker that reads as the end is not thrown away.
#[test]
fn grains_behind_a_gap_are_kept() {
    let recipe = Recipe {
        layout: Layout::Front,
        version: 3,
        grain: 8,
        entries: 128,
        redundant: false,
        missing: 0,
        short_last: false,
        grains: vec![crate::image::Stored::Data(crate::model::Fill::Noise(7)); 3],
    };
    let built = build(&recipe);
    let (_, last) = built.grains[2];
    let mut file = built.file.clone();
    // A sector of zeros in front of the last grain, which its table tells of.
    file.splice(last * SECTOR..last * SECTOR, vec![0; SECTOR]);
    let table = built.tables[0] * SECTOR;
    crate::image::word(&mut file, table + 2 * 4, last + 1);
    let error = repair(&file).unwrap_err();
    assert!(error.message().contains("breaks off"), "{error}");
    let report = check(&*file, 10, std::num::NonZeroUsize::MIN).unwrap();
    assert!(
        report
            .findings
            .iter()
            .any(|one| one.kind == FindingKind::AfterEnd)
    );
}
