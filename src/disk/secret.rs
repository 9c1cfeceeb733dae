//! The secrets of encrypted images: what was given, what a user is asked for, and the keys they
//! led to.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::base::{Error, Result};

/// The key of a disk.
pub(super) type Key = Zeroizing<Vec<u8>>;

/// A password or passphrase. Its memory is overwritten when it is dropped, and it is never
/// shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A secret of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Asks for the secret of an image; none if there is nobody to ask.
pub type Ask = dyn Fn(&Path) -> Result<Option<Secret>> + Send + Sync;

/// Who knows secrets. Clones share what was asked for and found, so that nobody is asked, and
/// no key derived, twice.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Shared>);

#[derive(Default)]
struct Shared {
    given: Vec<Secret>,
    ask: Option<Box<Ask>>,
    asked: Mutex<Vec<Secret>>,
    /// Keys by the headers they open.
    keys: Mutex<Vec<(Vec<u8>, Key)>>,
}

impl Secrets {
    /// These secrets, each of which may open any image.
    pub fn given(secrets: Vec<Secret>) -> Self {
        Self(Arc::new(Shared {
            given: secrets,
            ..Shared::default()
        }))
    }

    /// Whatever `ask` answers, for images that no answer before has opened.
    pub fn asking(ask: Box<Ask>) -> Self {
        Self(Arc::new(Shared {
            ask: Some(ask),
            ..Shared::default()
        }))
    }

    /// Whether there are secrets to try.
    pub(super) fn are_given(&self) -> bool {
        !self.0.given.is_empty() || !lock(&self.0.asked).is_empty()
    }

    /// The key that the first fitting secret has `open` find for `image`, which is told from
    /// others by its `header`.
    pub(super) fn key(
        &self,
        image: &Path,
        header: &[u8],
        open: &dyn Fn(&Secret) -> Result<Option<Key>>,
    ) -> Result<Option<Key>> {
        if let Some(key) = self.known(header) {
            return Ok(Some(key));
        }
        let asked = lock(&self.0.asked).clone();
        for secret in self.0.given.iter().chain(&asked) {
            if let Some(key) = open(secret)? {
                return Ok(Some(self.keep(header, key)));
            }
        }
        let Some(secret) = self.ask(image)? else {
            return Ok(None);
        };
        let key = open(&secret)?;
        lock(&self.0.asked).push(secret);
        Ok(key.map(|key| self.keep(header, key)))
    }

    /// The secret of `image`, of which nothing tells whether it is the right one.
    pub(super) fn only(&self, image: &Path) -> Result<Option<Key>> {
        match self.0.given.as_slice() {
            [] => {}
            [secret] => return Ok(Some(secret.0.clone())),
            _ => {
                return Err(
                    Error::usage("which of the secrets is that of the image is not known")
                        .at(image)
                        .why("the old encryption of qcow2 does not tell whether a secret is right")
                        .help("give the secret of this image alone"),
                );
            }
        }
        let name = image.as_os_str().as_encoded_bytes();
        if let Some(key) = self.known(name) {
            return Ok(Some(key));
        }
        let secret = self.ask(image)?;
        Ok(secret.map(|secret| self.keep(name, secret.0)))
    }

    fn ask(&self, image: &Path) -> Result<Option<Secret>> {
        self.0.ask.as_ref().map_or(Ok(None), |ask| ask(image))
    }

    fn known(&self, header: &[u8]) -> Option<Key> {
        let keys = lock(&self.0.keys);
        let known = keys.iter().find(|(opened, _)| opened == header);
        known.map(|(_, key)| key.clone())
    }

    fn keep(&self, header: &[u8], key: Key) -> Key {
        lock(&self.0.keys).push((header.to_vec(), key.clone()));
        key
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// A panic elsewhere cannot leave a list half-pushed.
fn lock<T>(list: &Mutex<Vec<T>>) -> std::sync::MutexGuard<'_, Vec<T>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn key(of: &Secret) -> Option<Key> {
        (of.bytes() == b"right").then(|| Zeroizing::new(b"key".to_vec()))
    }

    fn found(secrets: &Secrets, header: &[u8]) -> Option<Key> {
        let found = secrets.key(Path::new("image"), header, &|secret| Ok(key(secret)));
        found.expect("no error")
    }

    #[test]
    fn the_first_fitting_secret_is_found_and_its_key_kept() {
        let given = |secrets: &[&str]| {
            let secrets = secrets
                .iter()
                .map(|text| Secret::new(text.as_bytes().to_vec()));
            Secrets::given(secrets.collect())
        };
        let image = Path::new("image");
        let secrets = given(&["wrong", "right"]);
        assert_eq!(
            found(&secrets, b"header").as_deref(),
            Some(&b"key".to_vec())
        );
        let again = secrets.clone();
        let again = again.key(image, b"header", &|_| panic!("derived twice"));
        assert!(again.expect("kept").is_some());
        assert!(found(&given(&["wrong"]), b"header").is_none());
        assert!(found(&Secrets::default(), b"header").is_none());
        // Where nothing tells right from wrong, there may be one alone.
        assert!(given(&["a"]).only(image).expect("one").is_some());
        assert!(given(&["a", "b"]).only(image).is_err());
        assert!(Secrets::default().only(image).expect("nobody").is_none());
        assert_eq!(
            format!("{secrets:?} {:?}", Secret::new(b"right".to_vec())),
            "Secrets Secret"
        );
    }

    #[test]
    fn nobody_is_asked_twice() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let secrets = Secrets::asking(Box::new(|_| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            Ok(Some(Secret::new(b"right".to_vec())))
        }));
        assert!(!secrets.are_given());
        for header in [&b"overlay"[..], b"base", b"overlay"] {
            assert!(found(&secrets, header).is_some());
        }
        assert!(secrets.are_given());
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
        // A secret that cannot be tried is asked for with each image.
        for image in ["a", "b", "a"] {
            assert!(secrets.only(Path::new(image)).expect("no error").is_some());
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), 3);
    }
}
