//! What holds for any bytes that are given as a manifest.

use ovfkit::ova::listing::Listing;
use ovfkit::ova::manifest::Manifest;
use ovfkit::ova::name::SafeName;
use ovfkit::ova::role::{MAX_MANIFEST_BYTES, Role};

/// A manifest is refused, or it is written again as the same one, and every line is
/// found by the name it is about. Returns whether it was read.
pub fn manifest(bytes: &[u8]) -> bool {
    let Ok(manifest) = Manifest::read(bytes) else {
        return false;
    };
    let text = manifest.to_text();
    // A blank may be added to each line.
    if text.len() as u64 <= MAX_MANIFEST_BYTES {
        assert_eq!(Manifest::parse(&text).unwrap(), manifest);
    }
    assert!(manifest.algorithms().len() <= manifest.entries.len());
    for place in ["vm.mf", "below/vm.mf"] {
        let place = SafeName::new(place.as_bytes()).unwrap();
        listed(&Listing::new(place, manifest.clone()));
    }
    true
}

fn listed(listing: &Listing) {
    let entries = &listing.manifest.entries;
    let beside = |name: &str| listing.path.beside(name);
    let named: Vec<_> = entries.iter().filter_map(|one| beside(&one.name)).collect();
    for entry in entries {
        if let Some(path) = beside(&entry.name) {
            assert!(listing.about(&path).any(|found| found == entry));
        }
    }
    let coverage = listing.coverage(named.iter());
    assert!(coverage.unlisted.is_empty(), "{:?}", coverage.unlisted);
    assert_eq!(coverage.missing.len(), entries.len() - named.len());
    let none = listing.coverage(std::iter::empty());
    assert_eq!(none.missing.len(), entries.len());
    let other = SafeName::new(b"below/another.vmdk").unwrap();
    let about = listing.about(&other).count();
    let alone = listing.coverage(std::iter::once(&other));
    assert_eq!(alone.unlisted.len(), usize::from(about == 0));
    assert_eq!(Role::of(other.as_str()), Role::Content);
}
